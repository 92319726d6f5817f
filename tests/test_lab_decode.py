# SPDX-License-Identifier: Apache-2.0
"""make decode: presets and grids on the validation split of a finished run, and what is applied is what is served."""

import shutil

import pytest
from harness import NEIGHBOURS, Predictor
from helpers import as_flags, read_json, read_jsonl, run_recipe
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from recipes import disk
from recipes.common import UserError
from recipes.lab import candidates, decode
from recipes.lab.finished import Finished
from scripts import decode as script

RECIPE = "summarize_t5"


@pytest.fixture
def finished(done, tmp_path):
    return shutil.copytree(done.folder, tmp_path / "run")


def test_presets_grid_and_apply(finished, small, capsys):
    """Scores, a picture, one recommendation; then predict and plain generate() give the texts of what was applied."""
    before = (finished / "predictions.jsonl").read_bytes()
    flags = [
        "--run",
        str(finished),
        "--presets",
        "greedy",
        "concise-factual",
        "--grid",
        "num_beams=2 min_new_tokens=1,9",
    ]
    assert run_recipe(flags, script.main) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert lines[0] == "scores    as it is (1 of 5)" and lines[-1].startswith(("Take ", "Keep it as it is"))
    labels = ["as it is", "greedy", "concise-factual", "num_beams=2 min_new_tokens=1", "num_beams=2 min_new_tokens=9"]
    start = next(number for number, line in enumerate(lines) if line.startswith("  validation, 6 rows"))
    assert [line[2:].split("  ")[0].strip() for line in lines[start + 1 : start + 6]] == labels
    assert sum(line.startswith("* ") for line in lines) == 1
    assert "<svg" in (finished / "decode.html").read_text(encoding="utf-8")
    tried = finished / "decode/num_beams=2_min_new_tokens=9"
    assert not list(tried.glob("*.safetensors")) and not (tried / "predictions.jsonl").read_text().count("test-")
    assert (finished / "predictions.jsonl").read_bytes() == before
    own = [row["prediction"] for row in read_jsonl(finished / "decode/as_it_is/eval_predictions.jsonl")]
    assert own == [row["prediction"] for row in read_jsonl(finished / "eval_predictions.jsonl")]

    assert run_recipe(["--run", str(finished), "--apply", labels[-1]], script.main) == 0
    record = read_json(finished / "run.json")
    assert (record["decoding"]["num_beams"], record["decoding"]["min_new_tokens"], record["applied"]) == (
        2,
        9,
        labels[-1],
    )
    assert record["settings"]["min_new_tokens"] == 9 and record["scored_decoding"]["num_beams"] == 4
    assert disk.fault(finished, record["files"]) is None
    wanted = read_jsonl(tried / "eval_predictions.jsonl")
    predictor = Predictor(finished)
    rows, _ = predictor.read(small.folder / "validation.jsonl")
    assert predictor(rows) == [row["prediction"] for row in wanted]
    tokenizer, model = (kind.from_pretrained(finished) for kind in (AutoTokenizer, AutoModelForSeq2SeqLM))
    for row in wanted:
        inputs = tokenizer(row["source"], truncation=True, max_length=48, return_tensors="pt")
        made = tokenizer.batch_decode(model.generate(**inputs), skip_special_tokens=True)
        assert made[0].strip() == row["prediction"]


def test_what_cannot_be_tried_is_left_out_and_said(finished, capsys):
    said, chosen = decode.decode(finished, [], "top_p=0.5,0.9", 3)
    assert chosen == decode.OWN and "validation, 3 rows" in said
    assert said.count("left out  top_p=") == 2 and "does nothing without --do_sample True" in said


def test_a_decoding_that_is_there_already_is_not_scored_twice(finished):
    """The run decodes as `news` does."""
    said, chosen = decode.decode(finished, ["news"], "", 3)
    assert chosen == decode.OWN and "left out  news: the same as as it is" in said
    assert not decode.folder_of(finished, "news").exists()


def run_of(scores, seconds):
    """A run with a score a row and a time."""
    one = object.__new__(Finished)
    one.rows = [{"prediction": "a", "source": "b c", "rougeL": score} for score in scores]
    one.scores, one.seconds_a_row, one.record = {"rougeL": sum(scores) / len(scores)}, seconds, {}
    return one


@pytest.mark.parametrize(
    ("seconds", "chosen", "said"),
    [
        ((1.0, 0.95), "as it is", "Keep it as it is: rougeL 50.0 at 1000 ms a row; nothing scores better."),
        ((1.0, 0.5), "b", "Take b: rougeL 49.0 at 500 ms a row; nothing tells it from as it is, the best, which takes"),
    ],
)
def test_a_decoding_that_is_hardly_faster_is_no_reason_to_change(seconds, chosen, said):
    runs = {"as it is": run_of([50.0] * 5, seconds[0]), "b": run_of([45.0, 50.0, 50.0, 50.0, 50.0], seconds[1])}
    name, sentence = decode.recommend(runs, "rougeL")
    assert name == chosen and sentence.startswith(said)


def test_a_decoding_that_was_not_tried(finished):
    before = read_json(finished / "run.json")
    with pytest.raises(UserError, match="--apply beam: was not tried on this run; tried are none"):
        decode.apply(finished, "beam")
    with pytest.raises(UserError, match="did you mean 'greedy'"):
        decode.decode(finished, ["gredy"], "", 5)
    assert read_json(finished / "run.json") == before


def test_presets_are_what_they_say():
    """None has a setting that does nothing, and the sources' are as the sources have them."""
    presets = candidates.PRESETS["presets"]
    assert presets["paraphrase"]["settings"].items() >= {"top_k": 50, "top_p": 0.9, "temperature": 0.9}.items()
    assert presets["news"]["settings"] == {"num_beams": 4, "length_penalty": 1.0, "no_repeat_ngram_size": 3}
    assert not presets["concise-factual"]["settings"].get("do_sample") and presets["concise-factual"]["why"]
    assert {*candidates.PRESETS["usual"]} <= {*presets}
    for one in presets.values():
        needs = {candidates.PRESETS["neutral"][name][1] for name in one["settings"]}
        assert "draws" not in needs or one["settings"]["do_sample"]
        assert "beams" not in needs or one["settings"]["num_beams"] > 1


def test_grids():
    assert list(candidates.grid("a=1,2 b+c=x+y,z+w")) == [
        {"a": "1", "b": "x", "c": "y"}, {"a": "1", "b": "z", "c": "w"},
        {"a": "2", "b": "x", "c": "y"}, {"a": "2", "b": "z", "c": "w"},
    ]  # fmt: skip
    assert list(candidates.grid("")) == []
    for wrong in ("a", "a=", "=1", "a=1,,2", "a+b=1", "a=1 a=2"):
        with pytest.raises(UserError, match="--grid"):
            candidates.grid(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("small", ["paraphrase_bart", "translate_mt5_lora", "qa_t5", "convo_flant5"], indirect=True)
def test_every_recipe(small, finished, capsys):
    """The run's own decoding gives its own texts again, whatever a recipe draws, cuts or windows."""
    said, _ = decode.decode(finished, ["greedy", "beam"], "", 500)
    own = [row["prediction"] for row in read_jsonl(finished / "decode/as_it_is/eval_predictions.jsonl")]
    assert own == [row["prediction"] for row in read_jsonl(finished / "eval_predictions.jsonl")]
    assert said.splitlines()[-1].startswith(("Take ", "Keep it as it is"))


def test_a_recipe_that_has_changed_is_refused(finished):
    record = read_json(finished / "run.json")
    record["recipe"]["sha256"] = "0" * 64
    disk.write_json(finished / "run.json", record)
    with pytest.raises(UserError, match="is not the one that made this run"):
        decode.decode(finished, [], "", 5)
    assert as_flags(a=1) == candidates.words({"a": 1})


@pytest.mark.parametrize("small", NEIGHBOURS, indirect=True)
def test_what_makes_no_text_has_no_decoding(small, capsys):
    before = {path for path in small.done.folder.rglob("*")}
    assert run_recipe(["--run", str(small.done.folder)], script.main) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {small.name.partition('.')[2]} makes no text of a row, so there is no decoding")
    assert told.count("\n") == 1 and {path for path in small.done.folder.rglob("*")} == before
