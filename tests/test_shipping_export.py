# SPDX-License-Identifier: Apache-2.0
"""make export: what is shipped says what was trained, and where it does not, the command fails (traps 27, 28, 29)."""

import json
import shutil
import sys

import pytest
import torch
from conftest import ROOT
from harness import NAMES, predict
from helpers import as_flags, files_of_at_most, read_json, read_jsonl, run_recipe, write_jsonl
from safetensors.torch import load_file

from recipes.common import UserError
from recipes.report import write_report
from recipes.shipping import ctranslate, export

sys.path.append(str(ROOT / "scripts"))
import export as script  # noqa: E402

RECIPE = "summarize_t5"


@pytest.fixture
def here(monkeypatch):
    """The fresh processes of `compare` as calls in this one, which spares their start; one test has the real ones."""
    from recipes.shipping import ask

    def answer(folder, asked, answer, trust_recipe):
        ask.main([str(folder), str(asked), str(answer)])
        return read_json(answer)

    monkeypatch.setattr(export, "_ask", answer)


@pytest.fixture
def run_of(smalls, tmp_path):
    """run_of(recipe): a copy of a small run, which an export may write to; without blocked repetitions.

    Those of a model of random weights are many, and CTranslate2 gives a blocked token's probability to the others.
    """

    def copy(name, blocked=0):
        folder = tmp_path / name
        shutil.copytree(smalls(name).done.folder, folder, ignore=shutil.ignore_patterns("checkpoint-*"))
        path = folder / "generation_config.json"
        decoding = read_json(path)
        if decoding.get("no_repeat_ngram_size") and not blocked:
            del decoding["no_repeat_ngram_size"]
            path.write_text(json.dumps(decoding))
            path = folder / "run.json"
            record = read_json(path)
            path.write_text(json.dumps(record | {"files": {}}))
            output = tmp_path / "again.jsonl"
            flags = {"run": folder, "input": smalls(name).folder / "test.jsonl", "output": output}
            assert run_recipe(as_flags(**flags), predict) == 0
            shutil.move(output, folder / "predictions.jsonl")
        return folder

    return copy


FAST = {
    ("ctranslate2", "paraphrase_bart"),
    ("ctranslate2", "translate_mt5_lora"),
    ("onnx", "qa_t5"),
    ("merged", "convo_flant5"),
}
CASES = [
    pytest.param(form, name, marks=[] if (form, name) in FAST else pytest.mark.slow)
    for form in ("ctranslate2", "onnx", "merged")
    for name in NAMES
]


@pytest.mark.parametrize(("form", "name"), CASES)
def test_trap_28_every_form_gives_the_runs_own_predictions(run_of, smalls, tmp_path, here, form, name):
    """Through predict, from the run's own rows; drawn texts come from other random numbers, the likeliest do not."""
    run, small = run_of(name), smalls(name)
    made = export.export(run, form)
    assert made["equal"] == made["rows"] == len(read_jsonl(run / "predictions.jsonl"))
    assert made["score_difference"] < 1e-3
    output, drawn = tmp_path / "out.jsonl", name == "paraphrase_bart"
    decoding = {"preset": "fast"} if drawn and form != "merged" else {}
    asked = {"run": made["folder"], "input": small.folder / "test.jsonl", "output": output, **decoding}
    assert run_recipe(as_flags(**asked), predict) == 0
    own = read_jsonl(run / "predictions.jsonl")
    if decoding:
        assert run_recipe(as_flags(**asked | {"run": run, "output": tmp_path / "own.jsonl"}), predict) == 0
        own = read_jsonl(tmp_path / "own.jsonl")
    assert [row["prediction"] for row in read_jsonl(output)] == [row["prediction"] for row in own]


@pytest.mark.slow
def test_the_fresh_process_is_one(run_of):
    """A real one, for the trained model and for the export; its findings are listed for the report."""
    run = run_of(RECIPE)
    assert script_run(run, "merged", "bf16", tolerance=100) == 0
    (made,) = read_json(run / "exports.json")["exports"]
    assert (made["format"], made["precision"], made["rows"]) == ("merged", "bf16", 13)
    assert made["megabytes"][1] < 0.6 * made["megabytes"][0]
    folder = run / "export/merged-bf16"
    weights = load_file(folder / "model.safetensors")
    assert {weight.dtype for weight in weights.values()} == {torch.bfloat16}
    config = read_json(folder / "config.json")  # trap 27: other runtimes would tie and scale a head of its own
    assert ("lm_head.weight" in weights, config["tie_word_embeddings"]) == (True, False)
    page = write_report(run).read_text(encoding="utf-8")
    assert "merged bf16" in page and f"{made['equal']} of 13" in page
    assert "export" in read_json(folder / "run.json") and (folder / "recipe.py").is_file()


def script_run(run, form, precision, **more):
    return run_recipe(as_flags(run=run, format=form, precision=precision, **more), script.main)


def test_int8_is_smaller_and_its_tolerance_is_stated(run_of, here):
    run = run_of(RECIPE)
    made = export.export(run, "ctranslate2", "int8", tolerance=100)
    assert made["megabytes"][1] < 0.5 * made["megabytes"][0]
    assert made["tolerance"] == 100


def test_above_the_tolerance_it_fails_and_says_what_differs(run_of, here, capsys):
    run = run_of(RECIPE, blocked=3)
    assert script_run(run, "ctranslate2", "fp32") == 2
    err = capsys.readouterr().err
    assert "of 13 texts differ from the trained model's, and 1 % may; all are in" in err
    unfinished = run / "export/ctranslate2-fp32.unfinished"
    differing = read_jsonl(unfinished / "differences.jsonl")
    assert differing and all(row["trained"] != row["exported"] for row in differing)
    assert not (run / "export/ctranslate2-fp32").exists() and not (run / "exports.json").exists()


def test_trap_27_a_head_of_its_own_is_not_scaled(run_of, here, monkeypatch):
    """The converter left to itself takes what the configuration of every T5 says to mean so, and tells nobody."""

    def left_alone(self, model_class, name, **options):
        self.model.config.tie_word_embeddings = True
        return self.model

    run = run_of(RECIPE)
    monkeypatch.setattr(ctranslate.Converter, "load_model", left_alone)
    with pytest.raises(UserError, match="of 13 texts differ"):
        export.export(run, "ctranslate2")


def test_trap_29_predict_runs_the_adapter_beside_its_base(smalls, tmp_path):
    small = smalls("translate_mt5_lora")
    output = tmp_path / "out.jsonl"
    flags = {"run": small.done.folder / "adapter", "input": small.folder / "test.jsonl", "output": output}
    assert run_recipe(as_flags(**flags), predict) == 0
    own = read_jsonl(small.done.folder / "predictions.jsonl")
    assert [row["prediction"] for row in read_jsonl(output)] == [row["prediction"] for row in own]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"form": "onnx", "precision": "bf16"}, "--precision bf16: onnx has fp32, int8"),
        ({"form": "merged", "precision": "int8"}, "--precision int8: merged has fp32, bf16"),
        ({"form": "merged", "rows": 0}, "--rows 0: must be at least 1"),
    ],
)
def test_what_cannot_be_exported_is_said(done, capsys, no_weights, flags, said):
    form, precision = flags.pop("form"), flags.pop("precision", "fp32")
    assert script_run(done.folder, form, precision, **flags) == 2
    assert said in capsys.readouterr().err


def test_an_export_is_not_overwritten_and_not_exported_again(run_of, here):
    run = run_of(RECIPE)
    made = export.export(run, "merged")
    with pytest.raises(UserError, match="exists; name a new folder"):
        export.export(run, "merged")
    with pytest.raises(UserError, match="is an export itself"):
        export.export(run / "export/merged-fp32", "ctranslate2")
    assert made["folder"] == str(run / "export/merged-fp32")


def test_what_lies_in_the_place_of_an_unfinished_export_is_not_removed(run_of, here):
    """It is what a failed export has to show, another's that runs now, or the user's own."""
    run = run_of(RECIPE)
    notes = run / "export/merged-fp32.unfinished/notes.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("precious")
    with pytest.raises(UserError, match="merged-fp32.unfinished: exists; .*: remove it, or name another --output"):
        export.export(run, "merged")
    assert notes.read_text() == "precious"


@pytest.mark.parametrize("form", ["ctranslate2", "onnx", "merged"])
def test_a_full_disk_leaves_nothing_that_could_be_taken_for_an_export(run_of, here, capsys, form):
    run = run_of(RECIPE)
    with files_of_at_most(5000):
        assert script_run(run, form, "fp32") == 1
    assert " is full" in capsys.readouterr().err
    assert list((run / "export").iterdir()) == []
    assert script_run(run, form, "fp32") == 0


def test_settings_that_ctranslate2_would_not_follow(run_of, here):
    run = run_of(RECIPE)
    path = run / "generation_config.json"
    path.write_text(json.dumps(read_json(path) | {"diversity_penalty": 0.5, "num_beam_groups": 2}))
    with pytest.raises(UserError, match="CTranslate2 has no .*FORMAT=merged keeps them"):
        export.export(run, "ctranslate2")


def test_without_its_package_an_export_says_what_to_install(run_of, here, tmp_path, monkeypatch, capsys):
    run = run_of(RECIPE)
    made = export.export(run, "ctranslate2")
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    monkeypatch.delitem(sys.modules, "recipes.shipping.ctranslate")
    flags = {"run": made["folder"], "input": write_jsonl(tmp_path / "a.jsonl", [{"document": "Ann"}])}
    assert run_recipe(as_flags(**flags, output=tmp_path / "b.jsonl"), predict) == 2
    assert "ctranslate2, which is not installed: pip install -r requirements-export.txt" in capsys.readouterr().err
