# SPDX-License-Identifier: Apache-2.0
"""The feedback assistant: its steps, a second round that is equal, its report, new feedback through all of it."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT
from helpers import read_jsonl, run_recipe, write_jsonl

import scripts.assistant as assistant
from recipes.assistant import chain, page, steps
from recipes.common import UserError
from recipes.common.reading import Splits

TEXT = "With Taskwren 4.12 there is no sound."
SCORES = {"accuracy": 75.0, "f1_macro": 70.0, "f1": 80.0, "rougeL": 60.0}


def write_round(folder, accuracy=75.0, runtime=1.0):
    """Runs of all steps, as far as figures, predictions and the report are read from them."""
    for step in steps.STEPS:
        place = folder / step
        place.mkdir(parents=True)
        metrics = list(page.SHOWN.get(step, ("accuracy", "f1_macro")))
        scores = {**SCORES, "accuracy": accuracy}
        known = {f"predict_{name}{end}": scores[name] for name in metrics for end in ("", "_ci_low", "_ci_high")}
        (place / "predict_results.json").write_text(json.dumps(known | {"predict_runtime": runtime}))
        none = {"untuned": {name: 10.0 for name in metrics}, "trivial": {name: 20.0 for name in metrics}}
        (place / "baseline_results.json").write_text(json.dumps({"trivial_name": "guess", "rows": 4, **none}))
        record = {"status": "done", "recipe": {}, "arguments": {}, "data": {}, "metrics": metrics, "files": {}}
        record |= {"settings": {"model_name_or_path": "data/models/tiny"}}
        (place / "run.json").write_text(json.dumps(record))
        categories = ["bug", "bug", "praise", "urgent"]
        rows = [
            {"id": f"test-{number}", "source": TEXT, "reference": category, "prediction": category, "entities": []}
            for number, category in enumerate(categories)
        ]
        rows[1]["prediction"] = "else" if step == "category" else rows[1]["prediction"]
        for name in steps.PREDICTIONS:
            write_jsonl(place / name, rows)
    return folder


def test_figures_are_all_scores_and_no_times(tmp_path):
    found = steps.figures(write_round(tmp_path))
    assert found["category predict predict_accuracy"] == 75.0
    assert found["entities baseline untuned f1"] == 10.0
    assert not [name for name in found if "runtime" in name]


@pytest.mark.parametrize("accuracy", [75.0, 75.5])
def test_a_second_round_is_compared_with_the_first(tmp_path, monkeypatch, accuracy):
    """Times may differ; one figure that does is named, and the second round stays to be looked at."""
    first = write_round(tmp_path / "first")
    monkeypatch.setattr(steps, "train", lambda folder, flags: write_round(folder, accuracy, runtime=2.0))
    if accuracy == 75.0:
        assert steps.verify(first, []).startswith("verified  ")
        assert not (first / "again").exists()
    else:
        with pytest.raises(UserError, match="category predict predict_accuracy: 75.0 then, 75.5 now"):
            steps.verify(first, [])
        assert (first / "again").is_dir()


def test_other_predictions_with_equal_figures_are_told(tmp_path, monkeypatch):
    def train(folder, flags):
        write_round(folder)
        write_jsonl(folder / "reply" / "predictions.jsonl", [{"id": "test-0", "prediction": "other"}])

    first = write_round(tmp_path / "first")
    monkeypatch.setattr(steps, "train", train)
    with pytest.raises(UserError, match="reply/predictions.jsonl: other predictions"):
        steps.verify(first, [])


def test_the_report_has_scores_beside_baselines_and_rows_of_each_category(tmp_path):
    runs = steps.finished(write_round(tmp_path))
    said = page.write(tmp_path, runs)
    assert said.splitlines()[-1] == "Category and all entities are right in 3 of 4 test rows."
    lines = {line.split("  ")[0]: line for line in said.splitlines()}
    assert lines["category, accuracy"].split()[2:] == [*["75.0", "(75.0", "to", "75.0)"] * 2, "20.0", "guess"]
    assert lines["reply, rougeL"].split()[2:] == ["60.0", "(60.0", "to", "60.0)", "10.0", "20.0", "guess"]
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.chosen(runs) == [0, 2, 3]  # one of each category; there is no second of two of them
    assert all(f"test-{number}" in html for number in (0, 2, 3))


class Fake:
    """A Predictor that knows the answer."""

    task = settings = None

    def __init__(self, folder):
        self.step = folder.name

    def read_pieces(self, path):
        rows = read_jsonl(path)
        splits = Splits({"new": [{"id": row["id"], "text": row["text"]} for row in rows]}, [], [])
        splits.rows = rows
        yield splits

    def read(self, path):
        return next(self.read_pieces(path))["new"], []

    def predict(self, rows):
        more = {"category": {"probabilities": {"bug": 1.0}}, "entities": {"entities": [{"label": "product"}]}}
        return [
            {"id": row["id"], "prediction": f"{self.step} of {row['text']}", **more.get(self.step, {})} for row in rows
        ]


def trained(folder):
    for step in chain.CHAIN:
        (folder / step).mkdir(parents=True)
        (folder / step / "run.json").write_text("{}")
    return folder


def test_new_feedback_goes_through_all_steps(tmp_path, monkeypatch, capsys):
    """With the columns that the assistant does not fill; that it fills one of theirs is said."""
    monkeypatch.setattr(chain, "Predictor", Fake)
    monkeypatch.setattr(chain, "reading_settings", lambda *_: None)
    rows = [{"id": "7", "text": "no sound", "by": "Ann", "reply": "old"}, {"id": "8", "text": "thanks", "by": "Bo"}]
    new = write_jsonl(tmp_path / "new.jsonl", rows)
    flags = ["--out", str(trained(tmp_path / "run")), "--predict", new, "--output", str(tmp_path / "out.jsonl")]
    assert run_recipe(flags, assistant.main) == 0
    assert read_jsonl(tmp_path / "out.jsonl")[0] == {
        "id": "7", "text": "no sound", "by": "Ann", "category": "category of no sound", "probabilities": {"bug": 1.0},
        "entities": [{"label": "product"}], "summary": "summary of no sound", "reply": "reply of no sound",
    }  # fmt: skip
    assert "new.jsonl: reply: the assistant's own stand in their place" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--output": None}, "give both"),
        ({"--output": "out.csv"}, "name a .jsonl"),
        ({"--output": "there.jsonl"}, "is there already"),
        ({"--output": "no/out.jsonl"}, "no is no folder"),
        ({"--out": "empty"}, "no trained assistant in it"),
    ],
)
def test_bad_input(tmp_path, monkeypatch, capsys, changed, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chain, "Predictor", Fake)
    monkeypatch.setattr(chain, "reading_settings", lambda *_: None)
    trained(tmp_path / "run")
    (tmp_path / "there.jsonl").write_text("mine")
    write_jsonl("new.jsonl", [{"id": "7", "text": "no sound"}])
    flags = {"--out": "run", "--predict": "new.jsonl", "--output": "out.jsonl", **changed}
    assert run_recipe([word for pair in flags.items() if pair[1] for word in pair], assistant.main) == 2
    assert said in capsys.readouterr().err
    assert (tmp_path / "there.jsonl").read_text() == "mine" and not (tmp_path / "out.jsonl").exists()


def test_a_step_that_fails_is_named(tmp_path, monkeypatch, capsys):
    def train(program, flags, folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"run/{folder.name}.log").write_text("error: none.jsonl: no such file\n")
        return 2 if "tag_bert" in program else 0

    monkeypatch.setattr(steps.candidates, "train", train)
    assert run_recipe(["--out", str(tmp_path / "run")], assistant.main) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: entities: exit 2: error: none.jsonl: no such file; ")


@pytest.mark.slow
def test_all_steps_for_real(tmp_path):
    """On a few rows of the bundled data, twice, and then new feedback."""
    few = ["--max_train_samples", "64", "--max_eval_samples", "8", "--max_predict_samples", "8"]
    command = [sys.executable, str(ROOT / "scripts/assistant.py"), "--out", str(tmp_path / "run")]
    made = subprocess.run(
        [*command, "--verify", *few, "--num_train_epochs", "1"], capture_output=True, text=True, cwd=ROOT
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines()[-1].startswith("verified  ")
    (tmp_path / "new.csv").write_text(f'text,by\n"{TEXT}\n""Really""",Ann\n,Bo\nThank you!,Clara\n')
    new = ["--predict", str(tmp_path / "new.csv"), "--output", str(tmp_path / "out.jsonl")]
    assert subprocess.run([*command, *new], cwd=ROOT).returncode == 2  # a text is empty
    assert subprocess.run([*command, *new, "--on_bad_row", "skip"], cwd=ROOT).returncode == 0
    rows = read_jsonl(tmp_path / "out.jsonl")
    assert [(row["text"], row["by"]) for row in rows] == [(f'{TEXT}\n"Really"', "Ann"), ("Thank you!", "Clara")]
    assert all({"category", "entities", "summary", "reply"} <= row.keys() for row in rows)
