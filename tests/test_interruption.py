# SPDX-License-Identifier: Apache-2.0
"""A run that was killed anywhere goes on by the same command to the same bits; see chaos.py."""

import json
import signal
from types import SimpleNamespace

import chaos
import pytest

from recipes import report


@pytest.fixture(scope="module")
def harness(tmp_path_factory):
    return chaos.Harness(tmp_path_factory.mktemp("runs"))


def strike(harness, point, sent, processes=1, **more):
    codes, status, differs, log = harness.disturbed(processes, point, sent, **more)
    assert codes[-1] == 0, log
    assert not differs, (differs, log)
    assert "Traceback" not in log, log
    return codes[0], status


QUICK = ["in the middle of a step", "in a save, before the manifest", "while it generates on the way", "in prediction"]
ALL = [pytest.param(point, marks=() if point in QUICK else pytest.mark.slow) for point in chaos.POINTS]


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("point", ALL)
def test_trap_13_a_killed_run_goes_on_to_the_same_bits(harness, point, processes):
    code, status = strike(harness, point, signal.SIGKILL, processes)
    assert code == -signal.SIGKILL
    assert status in ("running", "failed", "done" if "report" in point else "running")


@pytest.mark.parametrize("sent", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("point", ALL)
def test_trap_14_a_run_that_is_told_to_stop_goes_on_to_the_same_bits(harness, point, processes, sent):
    last = processes - 1  # a signal to one process stops all
    code, status = strike(harness, point, sent, processes, to=0 if "write" in point or "report" in point else last)
    assert (code, status) in ((75, "interrupted"), (0, "done"))


VARIANTS = {
    "early stopping": {"early_stopping_patience": 1, "num_train_epochs": 9, "learning_rate": 1e-9},
    "evaluations within an epoch": {
        "eval_strategy": "steps",
        "eval_steps": 2,
        "save_strategy": "steps",
        "save_steps": 2,
    },
    "random batches": {"train_sampling_strategy": "random"},
    "batches of tokens": {"max_tokens_per_batch": 120, "max_source_length": 40},
    "no best model": {"load_best_model_at_end": False, "early_stopping_patience": 0, "metric_for_best_model": None},
}


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("point", ["in the backward pass", "in the evaluation at the end"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_trap_39_a_killed_run_of_another_kind_goes_on_to_the_same_bits(harness, variant, point, processes):
    number = {"early stopping": 3}.get(variant) if "end" in point else None
    code, _ = strike(harness, point, signal.SIGKILL, processes, number=number, **VARIANTS[variant])
    assert code == -signal.SIGKILL


@pytest.fixture(scope="module")
def lora(tmp_path_factory):
    return chaos.Harness(tmp_path_factory.mktemp("lora"), "translate_mt5_lora", **chaos.LORA)


IN_LORA = ["in the backward pass", "in a save, before the optimizer", "before the best model is loaded"]
IN_LORA += ["in prediction", "before the model is saved"]


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("sent", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
@pytest.mark.parametrize("point", [IN_LORA[0], *(pytest.param(point, marks=pytest.mark.slow) for point in IN_LORA[1:])])
def test_trap_39_a_killed_run_with_lora_goes_on_to_the_same_bits(lora, point, sent, processes):
    """With dropout, label smoothing, an adapter in every checkpoint and a merge at the end."""
    code, status = strike(lora, point, sent, processes, to=processes - 1)
    if sent == signal.SIGKILL:
        assert code == -signal.SIGKILL
    else:
        assert (code, status) in ((75, "interrupted"), (0, "done"))


PARTS = ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json", "manifest.json")
QUICK_DAMAGES = [("optimizer.pt", "deleted"), ("model.safetensors", "a folder"), ("manifest.json", "emptied")]


@pytest.mark.parametrize(
    "part, damage",
    [
        pytest.param(part, damage, marks=() if (part, damage) in QUICK_DAMAGES else pytest.mark.slow)
        for part in PARTS
        for damage in ("cut", "emptied", "deleted", "flipped", "a folder")
    ],
)
def test_trap_13_a_damaged_checkpoint_is_passed_over_for_the_one_before(harness, part, damage):
    """After step 7 there are checkpoints of the steps 3 and 6; that of 6 is damaged."""

    def spoil(out):
        path = out / "checkpoint-6" / part
        whole = path.read_bytes()
        path.unlink()
        half = len(whole) // 2
        flipped = whole[:half] + bytes(byte ^ 255 for byte in whole[half : half + 64]) + whole[half + 64 :]
        if damage == "a folder":
            path.mkdir()  # which the checkpoint of step 6 cannot be written over
        elif damage != "deleted":
            path.write_bytes({"cut": whole[:half], "emptied": b"", "flipped": flipped}[damage])

    codes, _, differs, log = harness.disturbed(1, "between steps", signal.SIGKILL, number=8, between=spoil)
    assert codes == [-signal.SIGKILL, 0], log
    assert not differs
    reason = "it has no manifest.json" if part == "manifest.json" else f"{part} "
    assert f"checkpoint-6 is passed over: it is not whole: {reason}" in log
    assert "goes on   from" in log and "checkpoint-3\n" in log


MOVED = {"learning_rate": 1e-6, "early_stopping_patience": 0}


@pytest.mark.parametrize(
    "point", ["in the evaluation at the end", pytest.param("between steps", marks=pytest.mark.slow)]
)
def test_a_run_that_was_moved_ends_with_the_best_checkpoint_all_the_same(harness, tmp_path, monkeypatch, point):
    """The checkpoint has the best one's path of then; first the run was begun with a relative path, too."""
    expected, _ = harness.undisturbed(1, **MOVED)
    monkeypatch.chdir(tmp_path)
    log = str(tmp_path / "log")
    first = chaos.launch(harness.recipe, harness.argv("here", 1, MOVED), log, 1, point, signal.SIGKILL)
    assert chaos.wait(first) == -signal.SIGKILL
    (tmp_path / "here").rename(tmp_path / "there")
    again = chaos.launch(harness.recipe, harness.argv(tmp_path / "there", 1, MOVED), log)
    assert chaos.wait(again) == 0, (tmp_path / "log.0").read_text()
    assert chaos.outcome(tmp_path / "there") == expected
    state = json.loads((tmp_path / "there/trainer_state.json").read_text())
    assert state["best_global_step"] < state["global_step"] == 9


def test_a_kill_in_the_report_leaves_a_run_that_completes_itself(tmp_path, monkeypatch):
    """It is done, and the same command writes what is missing and prints the table; nothing is trained again."""
    written = []
    run = SimpleNamespace(folder=tmp_path, is_main=True)
    monkeypatch.setattr(report, "write", written.append)
    monkeypatch.setattr(report, "print_table", lambda folder: None)
    (tmp_path / "README.md").write_text("card")
    report.show(run)
    assert written == [run]
    (tmp_path / "report.html").write_text("page")
    report.show(run)
    assert written == [run]
