# SPDX-License-Identifier: Apache-2.0
"""What holds for each recipe of recipes/neighbours/, through its real command, as for those of test_every_recipe.py."""

import math
import signal

import harness
import pytest
from harness import NEIGHBOURS, Predictor, predict
from helpers import as_flags, read_json, read_jsonl, write_jsonl
from test_every_recipe import SPEED, batch_of, log_of, timeless

every = pytest.mark.parametrize("small", NEIGHBOURS, indirect=True)
FILES = {
    "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "train_results.json",
    "eval_results.json", "predict_results.json", "all_results.json", "trainer_state.json", "baseline_results.json",
    "predictions.jsonl", "eval_predictions.jsonl", "run.json", "recipe.py", "README.md", "report.html",
}  # fmt: skip


def scored(folder):
    """All that a run has found out, without times."""
    return {name: timeless(read_json(folder / f"{name}_results.json")) for name in ("all", "baseline")}


@every
def test_exact_files(small, done):
    names = {path.name for path in done.folder.iterdir() if not path.name.startswith("checkpoint-")}
    assert names == FILES | set(small.kind.files)


@every
def test_scores_with_their_intervals_beside_baselines(small, done):
    found, baselines = (read_json(done.folder / f"{name}_results.json") for name in ("all", "baseline"))
    assert all(math.isfinite(value) for value in found.values())
    assert {"train_loss", "eval_loss", "predict_loss", *(f"predict_{name}" for name in SPEED)} <= found.keys()
    assert baselines["trivial_name"] == small.kind.trivial
    for name in small.metrics:
        low, value, high = (found[f"predict_{name}{end}"] for end in ("_ci_low", "", "_ci_high"))
        assert low <= value <= high, name
        assert baselines["tuned"][name] == value
        assert {name, f"{name}_ci_low"} <= baselines["untuned"].keys() & baselines["trivial"].keys()
    assert found["predict_loss"] < baselines.get("untuned", {}).get("loss", math.inf)


@every
def test_one_prediction_per_row_in_order(small, done):
    rows = read_jsonl(done.folder / "predictions.jsonl")
    wanted = small.kind.ids(small.rows["test"])
    assert wanted is None or [row["id"] for row in rows] == wanted
    assert all({"source", "reference", "prediction"} <= row.keys() for row in rows)


@every
def test_the_table_at_the_end(small, done):
    lines = done.printed.splitlines()
    assert lines[0] == f"{small.model} on {small.folder / 'train.jsonl'}"
    assert any(line.startswith(f"rows      {small.kind.counts}") for line in lines)
    first = next(number for number, line in enumerate(lines) if line.startswith("test, "))
    assert sorted(lines[first].split()[3:]) == sorted(small.metrics)  # the one that chose the model comes first
    assert [line.split("  ")[0] for line in lines[first + 1 : first + 4]] == ["untuned", small.kind.trivial, "tuned"]


@every
def test_predict_gives_the_runs_own_predictions(small, done, tmp_path):
    """From a file without the target, through the script and from Python."""
    own = read_jsonl(done.folder / "predictions.jsonl")
    bare = [{k: v for k, v in row.items() if k not in small.kind.target} for row in small.rows["test"]]
    path = write_jsonl(tmp_path / "bare.jsonl", bare)
    predict(as_flags(run=done.folder, input=path, output=tmp_path / "out.jsonl"))
    made = read_jsonl(tmp_path / "out.jsonl")
    assert [row["id"] for row in made] == [row["id"] for row in bare]
    if small.kind.ids(bare) is not None:  # else a run's rows are blocks of texts
        kept = made[0].keys() & own[0].keys()
        made = [{name: row[name] for name in kept} for row in made]
        assert made == [{name: row[name] for name in kept} for row in own]
    predictor = Predictor(done.folder)
    rows, _ = predictor.read(path)
    assert predictor(rows) == [row["prediction"] for row in made]


@every
def test_a_finished_run_prints_its_table(small, done, run, capsys):
    before = {path: path.stat().st_mtime_ns for path in done.folder.rglob("*")}
    assert run(output_dir=done.folder) == 0
    printed = capsys.readouterr().out
    assert printed[printed.index("\ntest, ") :] == done.printed[done.printed.index("\ntest, ") :]
    assert {path: path.stat().st_mtime_ns for path in done.folder.rglob("*")} == before


@every
def test_equal_numbers_for_equal_seeds(small, done, run, tmp_path):
    assert run(output_dir=tmp_path / "same") == 0
    assert run(output_dir=tmp_path / "other", seed=7) == 0
    assert scored(tmp_path / "same") == scored(done.folder)
    weights = [(folder / "model.safetensors").read_bytes() for folder in (tmp_path / "same", done.folder)]
    assert weights[0] == weights[1]
    assert scored(tmp_path / "other") != scored(done.folder)


@every
@pytest.mark.parametrize("step", [2, 4])
def test_an_interrupted_run_goes_on_to_the_same_bits(small, done, run, tmp_path, monkeypatch, step):
    """In the first epoch and in the second, by a checkpoint after each step."""
    each = {"save_strategy": "steps", "eval_strategy": "steps", "save_steps": 1, "eval_steps": 1}
    each["early_stopping_patience"] = 0
    assert run(output_dir=tmp_path / "whole", **each) == 0
    begun = harness.stop_training(monkeypatch, step, KeyboardInterrupt())
    assert run(**each) == 75
    assert run(**each) == 0
    assert begun.count(step) == 2 and begun.count(step - 1) == 1
    assert scored(tmp_path / "out") == scored(tmp_path / "whole")
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("out", "whole")]
    assert weights[0] == weights[1]


@pytest.mark.slow
@every
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("point", ["between steps", "in a save, before the manifest", "before the model is saved"])
def test_a_killed_process_goes_on_to_the_same_bits(small, done, tmp_path, point, sent):
    """A process of its own, struck in the second epoch, in a save, or at the end; then the same command again."""
    import chaos

    flags = small.flags(output_dir=tmp_path / "out")
    struck = chaos.wait(chaos.launch(small.name, flags, tmp_path / "first", point=point, sent=sent))
    assert struck in ((-signal.SIGKILL,) if sent == signal.SIGKILL else (75, 0))  # asked at its end, it finishes
    assert chaos.wait(chaos.launch(small.name, flags, tmp_path / "log")) == 0, log_of(tmp_path)
    one, two = scored(tmp_path / "out"), scored(done.folder)
    for each in (one, two):  # the mean of what was logged: losses since the last line of the log are no part of it
        each["all"].pop("train_loss")
    assert one == two
    for name in ("model.safetensors", "predictions.jsonl", "eval_predictions.jsonl"):
        assert (tmp_path / "out" / name).read_bytes() == (done.folder / name).read_bytes(), name


@every
def test_trap_1_accumulation_changes_nothing(small, done, run, tmp_path):
    """Steps of the same rows, in one batch or in several of uneven lengths: the same losses and scores."""
    size = batch_of(small)
    assert run(per_device_train_batch_size=size // 4, gradient_accumulation_steps=4) == 0
    one, two = (timeless(read_json(folder / "all_results.json")) for folder in (done.folder, tmp_path / "out"))
    one.pop("total_flos"), two.pop("total_flos")  # padding counts there
    assert two == pytest.approx(one, rel=2e-3)


@every
def test_trap_41_two_processes_train_one_model(small, done, tmp_path):
    import chaos

    size = batch_of(small)
    flags = small.flags(output_dir=tmp_path / "out", per_device_train_batch_size=size // 2)
    assert chaos.wait(chaos.launch(small.name, flags, tmp_path / "log", processes=2)) == 0, log_of(tmp_path)
    one, two = (timeless(read_json(folder / "all_results.json")) for folder in (done.folder, tmp_path / "out"))
    one.pop("total_flos"), two.pop("total_flos")
    assert two == pytest.approx(one, rel=2e-3)
    rows = [read_jsonl(folder / "predictions.jsonl") for folder in (done.folder, tmp_path / "out")]
    assert [row["prediction"] for row in rows[0]] == [row["prediction"] for row in rows[1]]
