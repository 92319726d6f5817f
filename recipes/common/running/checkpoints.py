# SPDX-License-Identifier: Apache-2.0
"""Checkpoints that are whole or not there: the manifest is written last, nothing goes before a newer one verifies."""

import errno
import os
import re
import shutil
from pathlib import Path

import transformers
from torch import nn

from recipes.common import disk
from recipes.common.running import ending


class Checkpoints(transformers.TrainerCallback):
    """After each save: write its manifest, then delete all but the last and the best, or the one before the last.

    The library would delete the older ones first, by their number, and take the newest for whole (trap 13). If the run
    was asked to stop, it saves after this step and leaves with all processes together (trap 14).
    """

    leaving = False

    def on_train_begin(self, args, state, control, model=None, **kwargs):
        if state.is_world_process_zero and args.save_strategy != "no":
            there = len(by_age(args.output_dir))
            check_room(args.output_dir, model, max(1, 3 - there))  # the best, the last, and the one being written

    def on_step_end(self, args, state, control, model=None, **kwargs):
        # At the end of an epoch or of the training an evaluation may be due, which a resume never makes up for.
        if not float(state.epoch).is_integer() and not control.should_training_stop and ending.wanted():
            control.should_save = self.leaving = True
        self._check_room(args, state, control, model)

    def on_epoch_end(self, args, state, control, model=None, **kwargs):
        if ending.wanted():
            control.should_save = self.leaving = True
        self._check_room(args, state, control, model)

    def on_prediction_step(self, args, state, control, **kwargs):
        if ending.wanted():
            disk.wait_for_all()
            raise ending.Interrupted("while it was scoring, from the last checkpoint")

    def on_save(self, args, state, control, **kwargs):
        disk.wait_for_all()  # every process writes its own random state
        if state.is_world_process_zero:
            self._keep_newest(Path(args.output_dir), state)
        if self.leaving:
            disk.wait_for_all()
            raise ending.Interrupted(f"after step {state.global_step}, which is saved")

    def _check_room(self, args, state, control, model):
        if control.should_save and state.is_world_process_zero:
            check_room(args.output_dir, model)

    def _keep_newest(self, folder, state):
        newest = folder / f"checkpoint-{state.global_step}"
        write_manifest(newest)
        reason = fault(newest)
        if reason:
            raise OSError(f"{newest}: not whole after it was saved: {reason}")
        best = Path(state.best_model_checkpoint or newest)
        older = [path for path in by_age(folder) if path != newest]
        # Two always: should the newest be damaged later, there is one before.
        for old in older[1:] if best == newest else set(older) - {best}:
            (old / "manifest.json").unlink(missing_ok=True)  # a half deleted one is none
            shutil.rmtree(old)


def by_age(folder: str | Path) -> list[Path]:
    """All checkpoints of a folder, the newest first; "checkpoint-best" or "checkpoint-16-mine" is somebody's own."""
    found = [path for path in Path(folder).glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", path.name)]
    return sorted(found, key=lambda path: int(path.name.split("-")[1]), reverse=True)


def check_room(folder: str | Path, model: nn.Module, count: int = 1) -> None:
    """Raise OSError (ENOSPC) unless `count` checkpoints fit on the disk of `folder`: weights and both moments."""
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    kept = learned if hasattr(model, "peft_config") else model.parameters()
    size = count * (sum(p.numel() * p.element_size() for p in kept) + sum(8 * p.numel() for p in learned))
    free = shutil.disk_usage(folder).free
    if free < size:
        raise OSError(errno.ENOSPC, f"{size / 1e6:,.0f} MB needed for checkpoints, {free / 1e6:,.0f} MB free")


def write_manifest(checkpoint: str | Path) -> None:
    """Put every file on the disk, then say in manifest.json which there are and how large."""
    found = sorted(path for path in Path(checkpoint).rglob("*") if path.is_file() and path.name != "manifest.json")
    for path in found:
        with open(path, "rb") as file:
            os.fsync(file.fileno())
    disk.write_json(
        Path(checkpoint) / "manifest.json", {str(path.relative_to(checkpoint)): path.stat().st_size for path in found}
    )


def fault(checkpoint: str | Path) -> str | None:
    """Why a checkpoint is not whole, or None."""
    checkpoint = Path(checkpoint)
    manifest = disk.read_json(checkpoint / "manifest.json")
    if not manifest:
        return "it has no manifest.json, which is written last"
    for name, size in manifest.items():
        path = checkpoint / name
        if not path.is_file():
            return f"{name} is missing"
        if path.stat().st_size != size:
            return f"{name} has {path.stat().st_size:,} bytes instead of {size:,}"
    return None


def newest_whole(folder: str | Path) -> tuple[Path | None, list[str]]:
    """(the newest whole checkpoint or None, [why each newer one was passed over])."""
    passed = []
    for checkpoint in by_age(folder):
        reason = fault(checkpoint)
        if not reason:
            return checkpoint, passed
        passed.append(f"{checkpoint.name} is not whole: {reason}")
    return None, passed
