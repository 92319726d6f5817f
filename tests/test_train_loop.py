# SPDX-License-Identifier: Apache-2.0
"""scripts/train_loop.py, the loop without a Trainer, is the same training as the recipe."""

from argparse import Namespace

import pytest
import torch
from helpers import as_flags, read_json, records, run_recipe, write_jsonl

from recipes import summarize_t5
from scripts import train_loop


def test_its_losses_are_the_recipes(checkpoint, tmp_path):
    """20 rows in steps of 8: two epochs, each with a step that is not full."""
    train_file = write_jsonl(tmp_path / "train.jsonl", records("train", 20))
    validation_file = write_jsonl(tmp_path / "validation.jsonl", records("validation", 3))
    chosen = Namespace(model=str(checkpoint), train_file=train_file, steps=6, batch_size=8, learning_rate=3e-4, seed=42)
    losses = list(train_loop.train(chosen))
    never = {"eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False, "do_train": True}
    same = {"train_sampling_strategy": "random", "bf16": False, "max_steps": 6, "logging_steps": 1}
    files = {"train_file": train_file, "validation_file": validation_file, "output_dir": tmp_path / "out"}
    assert (
        run_recipe(
            as_flags(model_name_or_path=checkpoint, **files, **never, **same, max_target_length=128), summarize_t5.main
        )
        == 0
    )
    history = read_json(tmp_path / "out/trainer_state.json")["log_history"]
    assert [entry["loss"] for entry in history if "loss" in entry] == pytest.approx(losses, rel=1e-5)


def test_shift_right():
    """Worked out by hand: the start token comes first, the last label goes, -100 becomes padding."""
    labels = torch.tensor([[7, 8, 1], [9, 1, -100]])
    assert train_loop.shift_right(labels, start_id=0, pad_id=0).tolist() == [[0, 7, 8], [0, 9, 1]]
