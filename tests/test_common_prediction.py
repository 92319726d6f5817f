# SPDX-License-Identifier: Apache-2.0
"""recipes/prediction.py and scripts/predict.py: a trained run gives on new rows what it gave on its own."""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from conftest import make_model, make_tokenizer
from harness import Predictor, predict
from helpers import as_flags, contents, finish, read_json, read_jsonl, records, run_recipe, start, write_jsonl

from recipes import summarize_t5
from recipes.common import UserError, decoding
from recipes.shipping.unfinished import Journal, Unfinished

TEST = records("test", 11, most=40)


@pytest.fixture(scope="module")
def run(checkpoint, tmp_path_factory):
    """A run of two steps whose sources come from a prefix of the user's own."""
    folder = tmp_path_factory.mktemp("run")
    files = {
        "train_file": write_jsonl(folder / "train.jsonl", records("train", 16)),
        "validation_file": write_jsonl(folder / "validation.jsonl", records("validation", 4)),
        "test_file": write_jsonl(folder / "test.jsonl", TEST),
    }
    sizes = {"max_source_length": 24, "max_target_length": 12, "max_steps": 2, "per_device_eval_batch_size": 4}
    given = {"model_name_or_path": checkpoint, "source_prefix": "tell: ", "bf16": False, "output_dir": folder / "out"}
    assert run_recipe(as_flags(**files, **sizes, **given), summarize_t5.main) == 0
    return folder / "out"


def ask(run, rows, folder, **flags):
    """(exit code, the output's rows or None)."""
    given = {"run": run, "input": write_jsonl(folder / "new.jsonl", rows), "output": folder / "out.jsonl", **flags}
    code = run_recipe(as_flags(**given), predict)
    return code, read_jsonl(folder / "out.jsonl") if (folder / "out.jsonl").exists() else None


def without_scores(entries):
    """A prediction's score is a mean log-probability: below 0."""
    assert all(entry["score"] < 0 for entry in entries)
    return [{name: entry[name] for name in ("id", "source", "prediction")} for entry in entries]


def test_trap_5_the_runs_own_rows_give_its_own_predictions(run, tmp_path):
    """In input order, without the target's column; every source cut as in training."""
    own = read_jsonl(run / "predictions.jsonl")
    rows = [{name: row[name] for name in ("id", "document")} for row in TEST]
    code, made = ask(run, rows, tmp_path)
    assert code == 0
    assert without_scores(made) == [{name: entry[name] for name in ("id", "source", "prediction")} for entry in own]
    assert len({entry["prediction"] for entry in made}) > 1
    assert all(entry["source"].startswith("tell: ") for entry in made)


@pytest.mark.parametrize("half_a_line", [False, True])
def test_a_killed_prediction_goes_on_where_it_was(run, tmp_path, monkeypatch, half_a_line):
    """Eleven rows in batches of four: the first two batches are done, the third is made by the second start."""
    made, generate = [], decoding.generate_ids

    def killed(*args, **kwargs):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(1)
        return generate(*args, **kwargs)

    rows = [{name: row[name] for name in ("id", "document")} for row in TEST]
    monkeypatch.setattr(decoding, "generate_ids", killed)
    assert ask(run, rows, tmp_path) == (75, None)
    partial = tmp_path / "out.jsonl.unfinished/journal.jsonl"
    assert len(read_jsonl(partial)) == 3  # what it belongs to, and two batches
    assert ask(run, rows[1:], tmp_path) == (2, None)  # other rows
    if half_a_line:
        partial.write_text(partial.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    again = []
    monkeypatch.setattr(decoding, "generate_ids", lambda *args, **more: again.append(1) or generate(*args, **more))
    code, entries = ask(run, rows, tmp_path)
    assert (code, len(again)) == (0, 2 if half_a_line else 1)
    own = read_jsonl(run / "predictions.jsonl")
    assert without_scores(entries) == [{name: entry[name] for name in ("id", "source", "prediction")} for entry in own]
    assert not partial.parent.exists()


def test_two_predictions_with_one_output(run, tmp_path, capsys):
    """The second is refused, before a model loads, and takes nothing from the first."""
    with Unfinished(tmp_path / "out.jsonl"):
        assert ask(tmp_path, TEST, tmp_path) == (2, None)
        assert "out.jsonl: another run is writing there; wait for it, or name another" in capsys.readouterr().err
    assert ask(run, TEST[:2], tmp_path)[0] == 0
    assert contents(tmp_path) == ["new.jsonl", "out.jsonl"]


@pytest.mark.parametrize("links", [True, False])
def test_an_output_that_appears_meanwhile_is_not_overwritten(run, tmp_path, monkeypatch, capsys, links):
    out, generate = tmp_path / "out.jsonl", decoding.generate_ids

    def meanwhile(*args, **kwargs):
        out.write_text('"precious"\n')
        return generate(*args, **kwargs)

    def no_links(*_):
        raise OSError("Operation not supported")

    monkeypatch.setattr(decoding, "generate_ids", meanwhile)
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    assert ask(run, TEST[:3], tmp_path) == (2, ["precious"])
    made = tmp_path / "out.jsonl.unfinished/predictions.jsonl"
    assert f"exists; name a new file; what was made for it is {made}" in capsys.readouterr().err
    out.unlink()
    monkeypatch.setattr(decoding, "generate_ids", None)  # nothing is generated again
    assert ask(run, TEST[:3], tmp_path) == (0, read_jsonl(out))
    assert len(read_jsonl(out)) == 3


def test_files_of_others_beside_the_output_stay(run, tmp_path, capsys):
    (tmp_path / "out.jsonl.tmp").write_text("precious")
    (tmp_path / "out.jsonl.unfinished").mkdir()
    (tmp_path / "out.jsonl.unfinished/thesis.tex").write_text("precious")
    assert ask(run, TEST[:2], tmp_path) == (2, None)
    assert "out.jsonl.unfinished is in the way; move it, or name another output" in capsys.readouterr().err
    (tmp_path / "out.jsonl.unfinished/thesis.tex").unlink()
    assert ask(run, TEST[:2], tmp_path)[0] == 0
    assert (tmp_path / "out.jsonl.tmp").read_text() == "precious"


@pytest.mark.parametrize(
    "line", ["", "7", "[[[[", '["a", 1]', "[0, [[[1, 2, 3, 4, 5, 6, 7]]]]", "[" * 20_000, "\udcff"]
)
def test_a_journal_that_was_changed(tmp_path, line):
    path = tmp_path / "journal.jsonl"
    Journal(path, {"run": 1})[0] = [[decoding.Output("Ann", None, False)]]
    with open(path, "a", encoding="utf-8", errors="surrogateescape") as file:
        file.write(line + "\n")
    with pytest.raises(UserError, match="journal.jsonl: damaged"):
        Journal(path, {"run": 1})


def test_trap_5_three_lines_of_python(run):
    """The order of the texts survives, though batches are made by length."""
    predict_ = Predictor(run)
    texts = [row["document"] for row in TEST]
    own = [entry["prediction"] for entry in read_jsonl(run / "predictions.jsonl")]
    assert predict_(texts) == own
    assert predict_([{"document": text} for text in texts]) == own
    assert predict_([]) == []


@pytest.fixture
def edited(run, tmp_path):
    """A copy of the run whose recipe.py is none of the repository's; importing it leaves a mark."""
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    source = (copy / "recipe.py").read_text(encoding="utf-8")
    source = source.replace('"summarize: {document}"', '"in short: {document}"')
    (copy / "recipe.py").write_text(f"{source.partition('if __name__')[0]}\nPath({str(tmp_path / 'ran')!r}).touch()\n")
    record = read_json(copy / "run.json")
    record["settings"]["source_prefix"] = None
    (copy / "run.json").write_text(json.dumps(record))
    return copy


@pytest.mark.parametrize("recorded", [True, False])
def test_a_recipe_of_somebody_elses_does_not_run_unasked(edited, tmp_path, capsys, recorded):
    """Even where run.json, which came with it, has its hash."""
    record = read_json(edited / "run.json")
    if recorded:
        record["recipe"]["sha256"] = hashlib.sha256((edited / "recipe.py").read_bytes()).hexdigest()
        (edited / "run.json").write_text(json.dumps(record))
    assert ask(edited, TEST[:2], tmp_path) == (2, None)
    assert "recipe.py: a program, and none of the recipes in" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()
    assert contents(tmp_path / "run") == contents(edited)


def test_the_recipe_that_ran_formats_the_rows(run, edited, tmp_path, capsys):
    """A recipe edited since the run does not change what its model is asked; that it was edited is said."""
    assert Predictor(run).changed() is None
    record = read_json(edited / "run.json")
    record["recipe"]["sha256"] = "another"
    (edited / "run.json").write_text(json.dumps(record))
    path = list(sys.path)
    code = run_recipe([*as_flags(run=edited, input=write_jsonl(tmp_path / "new.jsonl", TEST[:2]),
                                 output=tmp_path / "out.jsonl"), "--trust_recipe"], predict)  # fmt: skip
    assert code == 0
    assert [entry["source"].partition(":")[0] for entry in read_jsonl(tmp_path / "out.jsonl")] == ["in short"] * 2
    assert "summarize_t5.py has changed since; this run's own recipe.py is used" in capsys.readouterr().out
    assert sys.path == path


def test_a_record_cannot_ask_for_the_models_own_code(run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    record = read_json(copy / "run.json")
    record["settings"]["trust_remote_code"] = True
    (copy / "run.json").write_text(json.dumps(record))
    assert Predictor(copy).settings.trust_remote_code is False
    assert Predictor(copy, trust_recipe=True).settings.trust_remote_code is True


@pytest.mark.parametrize("text", ["[]", '"done"', "null", "{}", '{"status": "done"}', "[" * 20_000, "{", "\x00"])
def test_a_record_that_no_run_wrote(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(UserError, match="run.json"):
        Predictor(tmp_path)


def test_what_cannot_be_used_is_said_before_a_model_loads(run, tmp_path, capsys, monkeypatch):
    assert ask(run, [{"body": 1}], tmp_path)[0] == 2
    assert "for document; it has 'body'" in capsys.readouterr().err
    assert ask(run, [TEST[0], {"id": "b", "document": ""}], tmp_path)[0] == 2
    assert "new.jsonl line 2: column 'document' is empty" in capsys.readouterr().err
    assert ask(tmp_path, TEST, tmp_path)[0] == 2
    assert "no run.json in it" in capsys.readouterr().err
    assert ask(run, TEST, tmp_path, batch_size=-1)[0] == 2
    assert "--batch_size -1: must be at least 1" in capsys.readouterr().err
    (tmp_path / "out.jsonl").write_text("precious")
    assert run_recipe(as_flags(run=run, input="x", output=tmp_path / "out.jsonl"), predict) == 2
    assert (tmp_path / "out.jsonl").read_text() == "precious"
    record = read_json(run / "run.json")
    (tmp_path / "run.json").write_text(json.dumps(record | {"status": "interrupted"}))
    with pytest.raises(UserError, match="this run is interrupted"):
        Predictor(tmp_path)


def test_from_python_nothing_is_printed(run):
    """As the README has it: no bar, no warning, only what the program prints."""
    command = f"from recipes.prediction import Predictor; predict = Predictor({str(run)!r}); "
    command += "print(predict(['Ann asks.']) == [predict('Ann asks.')])"
    code, out, err = finish(start("python", "-c", command))
    assert (code, out, err) == (0, "True\n", "")


# ---------------------------------------------------------------- several sources, several sequences

RECIPE = """
from dataclasses import dataclass
from recipes.common import arguments

SOURCE, TARGET = "{text} {end}", "{answer}"
METRICS, DEFAULTS = (), {}
COLUMNS = {name: (f"{name}_column", (name,)) for name in ("text", "end", "answer")}


@dataclass
class Settings(arguments.RecipeSettings):
    num_return_sequences: int = 1


def score(predictions, references, rows, settings):
    pass


def trivial(row):
    pass


def prepare(row, settings, tokenizer):
    return row["text"].split()


def finish(row, outputs):
    return str([output.score is not None for output in outputs])
"""


def make_run(folder, sequences=1, **decoding):
    from recipes.common.decoding import GenerationConfig

    tokenizer = make_tokenizer()
    model = make_model("t5", tokenizer)
    ids = {name: getattr(model.config, name) for name in ("decoder_start_token_id", "pad_token_id", "eos_token_id")}
    model.generation_config = GenerationConfig(**ids, max_new_tokens=6, num_return_sequences=sequences, **decoding)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    settings = {"max_source_length": 16, "num_return_sequences": sequences, "source_prefix": None}
    data = {"columns": {}, "several": [], "may_be_empty": []}
    record = {
        "status": "done",
        "data": data,
        "metrics": [],
        "settings": settings,
        "arguments": {"per_device_eval_batch_size": 2},
        "seed": 7,
    }
    Path(folder, "run.json").write_text(json.dumps(record | {"recipe": {"name": "windows", "sha256": ""}}))
    Path(folder, "recipe.py").write_text(RECIPE)
    return folder


def test_trap_31_all_sources_of_a_row_meet_in_finish_with_their_scores(tmp_path):
    predictor = Predictor(make_run(tmp_path), trust_recipe=True)
    made = predictor.predict([{"text": "Ann Bo Carla"}, {"text": "Dev"}])
    assert [entry["source"] for entry in made] == ["Ann\nBo\nCarla", "Dev"]
    assert [entry["prediction"] for entry in made] == ["[True, True, True]", "[True]"]


def test_one_text_gives_one_prediction(tmp_path):
    predictor = Predictor(make_run(tmp_path), trust_recipe=True)
    assert predictor({"text": "Dev"}) == "[True]"
    assert predictor([{"text": "Dev"}]) == ["[True]"]
    with pytest.raises(UserError, match="a source is made of text, end: give rows"):
        predictor(["Ann"])


def test_trap_37_several_sequences_are_the_rows_variants(tmp_path):
    predictor = Predictor(make_run(tmp_path, sequences=3, do_sample=True), trust_recipe=True)
    rows = [{"text": "Ann"}, {"text": "hello"}, {"text": "lamp"}]
    made = predictor.predict(rows)
    assert [len(entry["variants"]) for entry in made] == [3, 3, 3]
    assert len({text for entry in made for text in entry["variants"]}) > 3
    assert predictor.predict(rows) == made  # the seed of the run, each time
