# SPDX-License-Identifier: Apache-2.0
"""Checkpoints that are whole, and this run's, or not there: the manifest is written last, and has their hashes."""

import errno
import re
import shutil
from pathlib import Path

import transformers
from torch import nn

from recipes import disk
from recipes.common.running import ending
from recipes.machines import processes


class Checkpoints(transformers.TrainerCallback):
    """After each save: write its manifest, then delete all but the last and the best, or the one before the last.

    The library would delete the older ones first, by their number, and take the newest for whole (trap 13). If the run
    was asked to stop, it saves after this step and leaves with all processes together (trap 14). What this run did not
    write is never deleted, nor written over.

    Args:
        run: has an `identity`, and a `lock` that knows whether its folder is still where it was.
    """

    leaving = False

    def __init__(self, run):
        self.run = run

    def on_train_begin(self, args, state, control, model=None, **kwargs):
        if state.is_world_process_zero and args.save_strategy != "no":
            found = by_age(args.output_dir)
            for path in found:
                if int(path.name.split("-")[1]) > state.global_step:  # its number comes again
                    shutil.rmtree(path) if self._ours(path) else disk.move_aside(path)
            check_room(args.output_dir, model, max(1, 3 - len(found)))  # the best, the last, and the one being written

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
            processes.wait_for_all()
            raise ending.Interrupted("while it was scoring, from the last checkpoint")

    def on_save(self, args, state, control, **kwargs):
        processes.wait_for_all()  # every process writes its own random state
        if state.is_world_process_zero:
            self._keep_newest(Path(args.output_dir), state)
        if self.leaving:
            processes.wait_for_all()
            raise ending.Interrupted(f"after step {state.global_step}, which is saved")

    def _check_room(self, args, state, control, model):
        if control.should_save and state.is_world_process_zero:
            self.run.lock.check()
            check_room(args.output_dir, model)

    def _keep_newest(self, folder, state):
        newest = folder / f"checkpoint-{state.global_step}"
        write_manifest(newest, self.run.identity)
        best = folder / Path(state.best_model_checkpoint or newest).name  # its folder may have been moved since
        older = [path for path in by_age(folder) if path != newest and self._ours(path)]
        whole = [path for path in older if (path / "manifest.json").exists()]
        # Two always: should the newest be damaged later, there is one before.
        kept = {best} if best != newest else set(whole[:1])
        for old in (path for path in older if path not in kept):
            old.rename(folder / f".{old.name}")  # a half deleted one is none
        for gone in folder.glob(".checkpoint-*"):
            shutil.rmtree(gone)

    def _ours(self, path):
        """Whether this run wrote it, and not through a link to another disk."""
        manifest = disk.read_json(path / "manifest.json")
        whole = isinstance(manifest, dict) and manifest.get("run") == self.run.identity
        return not path.is_symlink() and (whole or (path / disk.UNFINISHED).exists())


def by_age(folder: str | Path) -> list[Path]:
    """All checkpoints of a folder, the newest first; "checkpoint-best" or "checkpoint-16-mine" is somebody's own."""
    found = [path for path in Path(folder).glob("checkpoint-*") if re.fullmatch(r"checkpoint-[0-9]{1,18}", path.name)]
    return sorted(found, key=lambda path: int(path.name.split("-")[1]), reverse=True)


def check_room(folder: str | Path, model: nn.Module, count: int = 1) -> None:
    """Raise OSError (ENOSPC) unless `count` checkpoints fit on the disk of `folder`: weights and both moments."""
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    kept = learned if hasattr(model, "peft_config") else model.parameters()
    size = count * (sum(p.numel() * p.element_size() for p in kept) + sum(8 * p.numel() for p in learned))
    free = shutil.disk_usage(folder).free
    if free < size:
        raise OSError(errno.ENOSPC, f"{size / 1e6:,.0f} MB needed for checkpoints, {free / 1e6:,.0f} MB free")


def write_manifest(checkpoint: str | Path, identity: str) -> None:
    """Put every file on the disk, then say in manifest.json which there are, and whose."""
    checkpoint = Path(checkpoint)
    found = [path for path in checkpoint.rglob("*") if path.name not in ("manifest.json", disk.UNFINISHED)]
    disk.write_json(checkpoint / "manifest.json", {"run": identity, "files": disk.seal(checkpoint, found)})
    (checkpoint / disk.UNFINISHED).unlink(missing_ok=True)


def fault(checkpoint: str | Path, identity: str | None = None) -> str | None:
    """Why nobody can go on from a checkpoint, or None."""
    manifest = disk.read_json(Path(checkpoint) / "manifest.json")
    if not (isinstance(manifest, dict) and isinstance(manifest.get("files"), dict) and manifest["files"]):
        return "it is not whole: it has no manifest.json, which is written last"
    if identity and manifest.get("run") != identity:
        return "it belongs to a run with other settings, other data or another base model"
    reason = disk.fault(checkpoint, manifest["files"])
    return reason and f"it is not whole: {reason}"


def newest_whole(folder: str | Path, identity: str | None = None) -> tuple[Path | None, list[str]]:
    """(the newest whole checkpoint of a run or None, [why each newer one was passed over])."""
    passed = []
    for checkpoint in by_age(folder):
        reason = fault(checkpoint, identity)
        if not reason:
            state = disk.read_json(checkpoint / "trainer_state.json") or {}
            best = Path(folder) / Path(state.get("best_model_checkpoint") or checkpoint).name
            reason = fault(best, identity) if best != checkpoint else None
            reason = reason and f"its best one so far is {best.name}, and {reason}"
        if not reason:
            return checkpoint, passed
        passed.append(f"{checkpoint.name} is passed over: {reason}")
    return None, passed
