# SPDX-License-Identifier: Apache-2.0
"""What holds for each recipe, through its real command: what a run leaves, says and repeats, and ways to start it."""

import json
import math
import shutil

import harness
import pytest
from conftest import ROOT
from harness import NAMES, Predictor, predict
from helpers import as_flags, contents, forked, ranks_of, read_json, read_jsonl, write_jsonl
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

every_recipe = pytest.mark.parametrize("small", NAMES, indirect=True)
FILES = {
    "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
    "train_results.json", "eval_results.json", "predict_results.json", "all_results.json", "trainer_state.json",
    "baseline_results.json", "predictions.jsonl", "eval_predictions.jsonl", "run.json", "recipe.py", "README.md",
    "report.html",
}  # fmt: skip
SPEED = ("runtime", "samples_per_second", "steps_per_second")


def timeless(metrics):
    return {name: value for name, value in metrics.items() if not name.endswith(SPEED)}


# ---------------------------------------------------------------- what a run leaves


@every_recipe
def test_exact_files(small, done):
    names = {path.name for path in done.folder.iterdir()}
    checkpoints = {name for name in names if name.startswith("checkpoint-")}
    assert names - checkpoints == FILES | set(small.kind.files)
    last = read_json(done.folder / "trainer_state.json")["global_step"]
    assert f"checkpoint-{last}" in checkpoints  # the best may be another
    assert len(checkpoints) <= 2
    for name in checkpoints:
        assert "manifest.json" in contents(done.folder / name)
    assert (done.folder / "recipe.py").read_bytes() == (ROOT / f"recipes/{small.name}.py").read_bytes()


@every_recipe
def test_scores_with_their_intervals(small, done):
    train, evaluated, predicted, everything = (
        read_json(done.folder / f"{name}_results.json") for name in ("train", "eval", "predict", "all")
    )
    assert everything == train | evaluated | predicted
    assert all(math.isfinite(value) for value in everything.values())
    assert {"predict_loss", "predict_hit_limit", *(f"predict_{name}" for name in SPEED)} <= set(predicted)
    for prefix, scores in (("eval", evaluated), ("predict", predicted)):
        for name in small.metrics:
            low, value, high = (scores[f"{prefix}_{name}{end}"] for end in ("_ci_low", "", "_ci_high"))
            assert low <= value <= high, name


@every_recipe
def test_a_second_test_file_is_a_row_of_its_own(small, tmp_path, capsys):
    """Three of its rows are scored as the test split is, which stays what is kept."""
    few = small.kind.rows()["test"][:3]
    files = {"second_test_file": write_jsonl(tmp_path / "by hand.jsonl", few), "output_dir": tmp_path / "out"}
    assert small.run(**files, max_steps=1, max_predict_samples=3) == 0
    scores = read_json(tmp_path / "out/second_test_results.json")
    lines = read_jsonl(tmp_path / "out/second_test_predictions.jsonl")
    assert [line["id"] for line in lines] == small.kind.ids(few)[:3]
    kept = read_jsonl(tmp_path / "out/predictions.jsonl")
    assert [line["id"] for line in kept] == small.kind.ids(small.rows["test"])[:3]
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("by hand, "))
    chosen = harness.default(small.recipe, "metric_for_best_model")
    chosen = chosen if chosen in small.metrics else small.metrics[0]  # the loss is not in the table
    assert row.split()[4] == f"{scores[f'second_test_{chosen}']:.1f}"


@every_recipe
def test_baselines(small, done):
    """Of the untuned model, of the answer that needs none, and of the tuned model on the same rows, here all."""
    baselines, predicted = (read_json(done.folder / f"{name}_results.json") for name in ("baseline", "predict"))
    assert (baselines["split"], baselines["trivial_name"]) == ("test", small.kind.trivial)
    assert baselines["rows"] == len(read_jsonl(done.folder / "predictions.jsonl"))
    names = {f"{name}{end}" for name in small.metrics for end in ("", "_ci_low", "_ci_high")}
    for system in ("untuned", "trivial", "tuned"):
        assert set(baselines[system]) >= names
    for name in names:
        assert baselines["tuned"][name] == predicted[f"predict_{name}"]


@every_recipe
def test_one_prediction_per_input_in_order(small, done):
    rows = read_jsonl(done.folder / "predictions.jsonl")
    assert [row["id"] for row in rows] == small.kind.ids(small.rows["test"])
    for row in rows:
        assert {"source", "reference", "prediction", "hit_limit"} <= set(row)
    assert len({row["prediction"] for row in rows}) > 1


@every_recipe
def test_the_card_holds_no_row_and_all_notices(small, done):
    """Whoever puts a model on the Hub shows nobody's letters; what is wrong with the model is said."""
    card = (done.folder / "README.md").read_text(encoding="utf-8")
    rows = [row for name in ("predictions", "eval_predictions") for row in read_jsonl(done.folder / f"{name}.jsonl")]
    texts = {
        text for row in rows for text in (row["source"], row["prediction"], row["reference"]) if isinstance(text, str)
    }
    texts |= {text for split in small.rows.values() for row in split for text in row.values() if isinstance(text, str)}
    texts = {text for text in texts if len(text) > 12}
    assert len(texts) > 20 and [text for text in texts if text in card] == []
    notices = read_json(done.folder / "run.json")["notices"]
    assert notices and all(f"\n- {sentence}\n" in card for sentence in notices)


@every_recipe
def test_the_table_at_the_end(small, done):
    lines = done.printed.splitlines()
    assert lines[0] == f"{small.model} on {small.folder / 'train.jsonl'}"
    assert f"rows      {small.kind.counts}" in lines
    rows = len(read_jsonl(done.folder / "predictions.jsonl"))
    first = next(number for number, line in enumerate(lines) if line.startswith(f"test, {rows} rows"))
    chosen = harness.default(small.recipe, "metric_for_best_model")
    names = sorted(small.metrics, key=lambda name: name != chosen)  # it comes first, the others as far as there is room
    assert lines[first].split()[3:] == names[: len(lines[first].split()) - 3]
    assert all(len(line) <= 80 for line in lines[first : first + 4])
    notices = read_json(done.folder / "run.json")["notices"]
    said = " ".join(" ".join(lines[first + 4 :]).replace("note", "").split())
    assert all(sentence.replace("\u00a0", " ") in said.replace("\u00a0", " ") for sentence in notices[:4])
    assert [line.split("  ")[0] for line in lines[first + 1 : first + 4]] == ["untuned", small.kind.trivial, "tuned"]
    assert str(done.folder) in lines[-1]


CASES = [(name, {}) for name in NAMES if name != "translate_mt5_lora"]
CASES += [("translate_mt5_lora", {"lora_r": rank}) for rank in (0, 4)]


@pytest.mark.parametrize(("small", "changed"), CASES, indirect=["small"])
def test_trap_6_plain_generate_of_the_saved_folder_gives_the_scored_texts(small, changed, run, tmp_path):
    """On a checkpoint with generation settings of its own, which must reach neither the scores nor the folder."""
    odd = {"min_length": 9, "num_beams": 3, "repetition_penalty": 1.7, "suppress_tokens": [5, 6, 7], "max_length": 12}
    model = shutil.copytree(small.model, tmp_path / "odd")
    settings = read_json(model / "generation_config.json") | odd
    (model / "generation_config.json").write_text(json.dumps(settings), encoding="utf-8")
    if small.name == "paraphrase_bart":
        changed = {"do_sample": False, "num_return_sequences": 1, "num_beams": 2}
    assert run(model_name_or_path=model, **changed) == 0
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    saved = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "out").eval()
    limit = read_json(tmp_path / "out/run.json")["settings"]["max_source_length"]
    scored = read_jsonl(tmp_path / "out/predictions.jsonl")
    for row in [row for row in scored if "\n" not in row["source"]]:  # of several windows the best is taken
        inputs = tokenizer(row["source"], truncation=True, max_length=limit, return_tensors="pt")
        made = tokenizer.batch_decode(saved.generate(**inputs), skip_special_tokens=True)
        assert made[0].strip() == row["prediction"], row["id"]


# ---------------------------------------------------------------- the same again


@every_recipe
def test_equal_numbers_for_equal_seeds(small, done, run, tmp_path):
    """Also where chance has been used before; and another seed makes another model."""
    import torch

    torch.rand(3)
    assert run(output_dir=tmp_path / "same") == 0
    assert run(output_dir=tmp_path / "other", seed=7) == 0

    def left(folder, name):
        path = folder / f"{name}_results.json"
        return timeless(read_json(path)) if path.exists() else (folder / name).read_bytes()

    adapter = ["adapter/adapter_model.safetensors"] if "adapter" in small.kind.files else []
    for name in ("all", "baseline", "model.safetensors", "predictions.jsonl", *adapter):
        assert left(tmp_path / "same", name) == left(done.folder, name), name
    for name in ("all", "model.safetensors", *adapter):
        assert left(tmp_path / "other", name) != left(done.folder, name), name
    other = read_json(tmp_path / "other/all_results.json")["train_loss"]
    assert other != read_json(done.folder / "all_results.json")["train_loss"]


@every_recipe
def test_trap_5_predict_gives_the_runs_own_predictions(small, done, tmp_path):
    """Through the script and from Python, from the test file and from one without the target's columns."""
    kept = ("id", "source", "prediction", "variants")
    own = [{k: row[k] for k in kept if k in row} for row in read_jsonl(done.folder / "predictions.jsonl")]
    bare = [{k: v for k, v in row.items() if k not in small.kind.target} for row in small.rows["test"]]
    for number, path in enumerate((small.folder / "test.jsonl", write_jsonl(tmp_path / "bare.jsonl", bare))):
        output = tmp_path / f"{number}.jsonl"
        predict(as_flags(run=done.folder, input=path, output=output))
        assert [{k: row[k] for k in kept if k in row} for row in read_jsonl(output)] == own
    predictor = Predictor(done.folder)
    rows, _ = predictor.read(tmp_path / "bare.jsonl")
    assert predictor(rows) == [row["prediction"] for row in own]


@every_recipe
def test_a_finished_run_prints_its_table(small, done, run, no_weights, capsys):
    before = {path: path.stat().st_mtime_ns for path in done.folder.rglob("*")}
    assert run(output_dir=done.folder) == 0
    printed = capsys.readouterr().out
    first = printed.index("\ntest, ")
    assert printed[first:] == done.printed[done.printed.index("\ntest, ") :]
    assert {path: path.stat().st_mtime_ns for path in done.folder.rglob("*")} == before


@every_recipe
def test_trap_41_two_processes_train_one_model(small, done, tmp_path):
    """Each with half of the rows of a step: the same texts and numbers.

    But padding counts in total_flos; and what is drawn is drawn batch by batch, of which each process has its own.
    """
    import chaos

    out = tmp_path / "out"
    size = batch_of(small)
    flags = small.flags(output_dir=out, per_device_train_batch_size=size // 2)
    assert chaos.wait(chaos.launch(small.name, flags, tmp_path / "log", processes=2)) == 0, log_of(tmp_path)
    assert f"{size // 2} per device x 1 accumulated x 2 processes = {size} a step" in log_of(tmp_path)
    record = read_json(out / "run.json")
    assert (record["status"], record["world_size"]) == ("done", 2)
    one, two = (timeless(read_json(folder / "all_results.json")) for folder in (done.folder, out))
    drawn = harness.default(small.recipe, "do_sample") if small.name == "paraphrase_bart" else False
    kept = [name for name in one if name != "total_flos" and (not drawn or name.endswith("loss"))]
    assert {name: two[name] for name in kept} == pytest.approx({name: one[name] for name in kept}, rel=1e-4)
    assert set(two) == set(one)
    one, two = (read_jsonl(folder / "predictions.jsonl") for folder in (done.folder, out))
    assert [row["id"] for row in one] == [row["id"] for row in two]
    assert drawn or [row["prediction"] for row in one] == [row["prediction"] for row in two]


def batch_of(small):
    size = small.settings().get("per_device_train_batch_size")
    return size or harness.default(small.recipe, "per_device_train_batch_size")


def log_of(folder):
    return "".join(path.read_text() for path in sorted(folder.glob("log.?")))


# ---------------------------------------------------------------- settings


@every_recipe
def test_no_test_split(small, run, tmp_path):
    """Then the validation split is what predictions and baselines are of."""
    assert run(test_file=None, max_steps=1, num_beams=1) == 0
    rows = read_jsonl(tmp_path / "out/predictions.jsonl")
    if "validation" in small.rows:
        assert [row["id"] for row in rows] == small.kind.ids(small.rows["validation"])
    else:
        used = read_json(tmp_path / "out/run.json")["data"]["sources"]["validation"]["rows"]
        assert len(rows) == used > 0
    assert read_json(tmp_path / "out/baseline_results.json")["split"] == "validation"
    assert not (tmp_path / "out/predict_results.json").exists()


@every_recipe
def test_dry_run(small, run, tmp_path, request, capsys):
    """Everything up to the first step is said, and nothing is written; only new tokens need the model."""
    if small.name != "convo_flant5":
        request.getfixturevalue("no_weights")
    assert run(dry_run=True) == 0
    shown(small, capsys.readouterr().out)
    assert not contents(tmp_path)


@every_recipe
def test_a_prefix_is_text_and_nothing_else(small, run, capsys):
    """No field, place, attribute or width in it is looked at, and two braces stay two."""
    prefix = "{0} {{x}} {} {x.__class__} {context} {x:>99999999} {x!r} { "
    assert run(dry_run=True, source_prefix=prefix, max_source_length=200, model_max_length=None) == 0
    assert f"source    {prefix!r}"[:-1] in capsys.readouterr().out


def shown(small, said):
    """What a dry run says: splits, limits, the arithmetic of a step, one example with its ids decoded back."""
    settings = small.settings()
    cut = settings["max_source_length"] or settings["model_max_length"]
    for part in (
        f"rows      {small.kind.counts}",
        f" cut at {cut} (",
        f"max_target_length {settings['max_target_length']}",
        "source    '",
        "input_ids [",
        "labels    [",
        f"batch     {batch_of(small)} per device x 1 accumulated x 1 processes = {batch_of(small)} a step, ",
    ):
        assert part in said
    if small.kind.decoded:
        start = "<s> " if small.kind.family == "bart" else ""
        assert f"decoded {start + small.rows['train'][0][small.kind.decoded] + '</s>'!r}" in said
    assert said.count("input_ids") == 1


@every_recipe
@pytest.mark.parametrize("way", ["script", "module", "torchrun module"])
def test_ways_to_start(small, way, tmp_path):
    """From anywhere. How new processes start it, and torchrun, is in test_recipes and test_convo_flant5."""
    words = [ROOT / f"recipes/{small.name}.py"] if way == "script" else ["-m", f"recipes.{small.name}"]
    told = ranks_of(1)[0] if "torchrun" in way else {}
    cwd = tmp_path if way == "script" else ROOT
    code, out, err = forked(*words, *small.flags(dry_run=True), cwd=cwd, **told)
    assert code == 0, err
    shown(small, out)
    assert err == ""
