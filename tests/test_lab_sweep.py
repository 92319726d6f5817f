# SPDX-License-Identifier: Apache-2.0
"""make sweep, make baseline and make challenge: runs of a recipe that the lab makes."""

import csv
import json
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT
from helpers import finish, read_json, read_jsonl, run_recipe, start

from recipes.common import UserError
from recipes.lab import baseline, candidates, challenge, sweep
from recipes.lab.finished import Finished
from recipes.report import table
from scripts import baseline as baseline_script
from scripts import sweep as sweep_script

RECIPE = "summarize_t5"


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch, small):
    """Runs that would have a process of their own are made here; returns the folders of those that were begun."""
    begun = []

    def train(recipe, flags, folder):
        begun.append(folder.name)
        folder.parent.mkdir(parents=True, exist_ok=True)
        return run_recipe([*flags, "--output_dir", str(folder)], small.main)

    monkeypatch.setattr(candidates, "train", train)
    return begun


def without_test(small, **changed):
    return small.flags(**{"num_train_epochs": 1, **changed})


GRID = "learning_rate=3e-3,3e-1 seed=1,2"


def test_a_sweep_is_made_shown_and_gone_on_with(small, in_this_process, tmp_path, capsys):
    """Four runs, one that fails to begin with; the second start makes only what is missing; no test row is scored."""
    flags = ["--recipe", "summarize", "--grid", GRID, "--out", str(tmp_path / "sweep"), *without_test(small)]
    interrupted = "learning_rate=0.3_seed=1"
    made = candidates.train

    def stopped(recipe, flags, folder):
        return 75 if len(in_this_process) == 2 else made(recipe, flags, folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "train", stopped)
        assert run_recipe(flags, sweep_script.main) == 75
    assert len(in_this_process) == 2
    capsys.readouterr()
    assert run_recipe(flags, sweep_script.main) == 0
    assert len(in_this_process) == 4 and interrupted.replace("0.3", "3e-1") in in_this_process
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.endswith("is there") for line in lines) == 2
    start = next(number for number, line in enumerate(lines) if line.startswith("  validation"))
    assert lines[start].split()[:4] == ["validation", "rougeL", "over", "seeds"]
    assert lines[start + 1].startswith("* learning_rate=") and lines[start + 2].startswith("  learning_rate=")
    assert lines[-1].startswith("Take learning_rate=") and "on validation, in " in lines[-1]
    assert "<svg" in (tmp_path / "sweep/sweep.html").read_text(encoding="utf-8")
    for folder in in_this_process:
        assert not (tmp_path / "sweep" / folder / "predict_results.json").exists()
    with pytest.raises(UserError, match="holds a sweep with other settings"):
        sweep.sweep(RECIPE, GRID, ["--num_beams", "2"], tmp_path / "sweep")


def run_with(score, differs=False):
    """A run of one score, which nothing tells from others unless it `differs`."""
    one = object.__new__(Finished)
    one.scores, one.folder, one.name = {"rougeL": score}, "there", str(score)
    one.difference = lambda *_: type("Difference", (), {"found": differs})
    return one


@pytest.mark.parametrize(
    ("best", "other", "same"),
    [([91, 93], [90, 92], True), ([91, 93], [88, 90.9], False), ([91, 93], [91, 80], True)],
)
def test_seeds_that_overlap_are_no_difference(best, other, same):
    groups = {"a": list(map(run_with, best)), "b": list(map(run_with, other))}
    assert sweep.overlap(groups["a"], groups["b"], "rougeL") is same
    said = sweep.verdict(["a", "b"], groups, {"a": best, "b": other}, "rougeL")
    assert ("nothing tells it from b (their seeds overlap)" in said) is same
    assert ("all others are worse by more than chance" in said) is not same


def test_of_one_seed_the_rows_decide():
    assert not sweep.overlap([run_with(91, differs=True)], [run_with(90)], "rougeL")
    assert sweep.overlap([run_with(91)], [run_with(90)], "rougeL")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        *((name, "summarize_t5") for name in ("summarize", "summarize_t5", "recipes/summarize_t5.py")),
        ("text2text", "text_to_text"),
        *((name, "classify_distilbert") for name in ("classify", "recipes/neighbours/classify_distilbert.py")),
        ("continue", "continue_gpt2_lora"),
    ],
)
def test_names_of_recipes(name, found):
    assert sweep.recipe_named(name) == found


def test_an_unknown_recipe():
    """Programs that are no recipes, such as planning.py, are not offered."""
    with pytest.raises(UserError, match="--recipe sing: is not one of adapt_mlm, classify_distilbert, ") as caught:
        sweep.recipe_named("sing")
    assert "planning" not in str(caught.value)


@pytest.mark.parametrize("small", ["neighbours.classify_distilbert"], indirect=True)
def test_a_sweep_of_a_neighbour(small, tmp_path, capsys):
    flags = ["--recipe", "classify", "--grid", "learning_rate=3e-3,1e-9", "--out", str(tmp_path / "sweep")]
    assert run_recipe([*flags, *small.flags()], sweep_script.main) == 0
    lines = capsys.readouterr().out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("  validation"))
    assert lines[start].split()[1] == "accuracy"
    assert lines[start + 1].startswith("* learning_rate=3e-3") and lines[-1].startswith("Take learning_rate=3e-3")


@pytest.mark.parametrize("small", ["neighbours.classify_distilbert"], indirect=True)
def test_what_writes_no_texts_has_no_prompt(small, tmp_path, capsys, in_this_process):
    flags = ["--recipe", "classify", "--out", str(tmp_path / "asked"), *small.flags()]
    assert run_recipe(flags, baseline_script.main) == 2
    assert "classify_distilbert makes no text of a row" in capsys.readouterr().err and not in_this_process


def test_two_runs_of_one_name(tmp_path):
    with pytest.raises(UserError, match="two runs would have the name 'model_name_or_path=t5'"):
        sweep.sweep(RECIPE, "model_name_or_path=a/t5,b/t5", [], tmp_path / "sweep")
    assert not (tmp_path / "sweep").exists()


# ---------------------------------------------------------------- baseline


def test_zero_shot_and_with_examples(small, tmp_path, capsys):
    flags = ["--recipe", "summarize", "--shots", "2", "--out", str(tmp_path / "base"), *small.flags()]
    assert run_recipe(flags, baseline_script.main) == 0
    lines = capsys.readouterr().out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("validation, 6 rows"))
    assert [line.split()[0] for line in lines[start + 1 : start + 3]] == ["zero-shot", "2-shot"]
    assert lines[-1].startswith("Fine-tuning has to beat rougeL")
    assert any("% of the outputs" in line or line.startswith("None of the") for line in lines)
    asked = read_json(tmp_path / "base/2_shot/run.json")["settings"]
    known = {f"summarize: {row['document']}\n{row['summary']}" for row in small.rows["train"]}
    parts = asked["source_prefix"].split("\n\n")
    assert {*parts[:2]} <= known and parts[2] == "summarize: "
    assert asked["max_source_length"] > 48
    assert not list((tmp_path / "base").rglob("*.safetensors"))
    assert read_jsonl(tmp_path / "base/2_shot/eval_predictions.jsonl")[0]["source"].startswith(parts[0])


def test_a_run_s_table_shows_it(small, run, tmp_path, capsys):
    assert run() == 0
    assert run_recipe(["--run", str(tmp_path / "out"), "--shots", "1"], baseline_script.main) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("the run's table has 1-shot now")
    table.print_table(tmp_path / "out")
    labels = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()[2:6]]
    assert labels == ["untuned", "1-shot", "lead sentence", "tuned"]
    with pytest.raises(UserError, match="name a recipe or a run"):
        baseline_script.main([])


def test_errors_are_told_by_frequency():
    run = object.__new__(Finished)
    texts = ["", "", "<extra_id_0> a", "fine"]
    run.rows = [{"id": str(n), "prediction": text, "source": "x y", "reference": "z"} for n, text in enumerate(texts)]
    first, second = baseline.errors(run)
    assert first.startswith("50 % of the outputs are empty: ") and "such as 0, ''" in first
    assert second.startswith("25 % of the outputs hold sentinels: ") and "such as 2" in second
    run.rows = run.rows[3:]
    assert baseline.errors(run) == ["None of the 1 outputs is empty, copied, repeated, cut or unsupported."]


# ---------------------------------------------------------------- the mini challenge


def test_the_challenge(small, tmp_path, monkeypatch):
    monkeypatch.setitem(challenge.LEARN, "num_train_epochs", 1)
    flags = small.flags(num_train_epochs=None)
    said = challenge.challenge(flags, tmp_path / "challenge").splitlines()
    assert said[0].split()[3:6] == ["rouge1", "rouge2", "rougeL"]
    assert [line.split()[0] for line in said[1:3]] == ["greedy-3grams", "beam-3grams"]
    assert sum(line.strip().startswith("note ") for line in said) == 10
    assert said[-1].startswith(("Nothing tells", "Take "))
    assert read_json(tmp_path / "challenge/beam-3grams/run.json")["decoding"].items() >= {
        "num_beams": 4, "no_repeat_ngram_size": 3
    }.items()  # fmt: skip


def test_notes_name_what_the_source_lacks():
    flags = [{"kind": "number", "text": "13"}, {"kind": "name", "text": "Ann"}]
    assert challenge.note(flags) == "the source does not have the number '13', the name 'Ann'"
    assert "stands in the source" in challenge.note([])


@pytest.mark.slow
def test_a_sweep_in_processes_of_its_own(small, tmp_path):
    """As `make sweep` runs it: each run has a process and a log."""
    words = [
        sys.executable,
        "scripts/sweep.py",
        "--recipe",
        "summarize",
        "--grid",
        "seed=1,2",
        "--out",
        str(tmp_path / "s"),
    ]
    made = subprocess.run([*words, *without_test(small)], cwd=ROOT, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert "Take all: rougeL" in made.stdout and (tmp_path / "s/seed=1.log").stat().st_size
    assert json.loads((tmp_path / "s/sweep.json").read_text())["recipe"] == "summarize_t5" and csv


@pytest.mark.slow
def test_a_sweep_that_is_asked_to_stop_tells_its_run(small, tmp_path):
    """SIGTERM to `make sweep` alone, as schedulers send it: the run saves and ends, and the same command goes on."""
    words = ["python", "scripts/sweep.py", "--recipe", "summarize", "--grid", "seed=1,2", "--out", tmp_path / "s"]
    words += without_test(small, num_train_epochs=400, eval_strategy="no", load_best_model_at_end=False)
    process, begun = start(*words), tmp_path / "s/seed=1/run.json"
    began = time.monotonic()
    while not begun.exists() and time.monotonic() - began < 300:
        pass
    process.send_signal(signal.SIGTERM)
    code, _, err = finish(process)
    assert code == 75, err
    assert read_json(begun)["status"] == "interrupted"
