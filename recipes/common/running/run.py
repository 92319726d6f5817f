# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: what is in it, whether to go on, and a record that tells the truth about how it ended."""

import dataclasses
import errno
import os
import platform
import re
import shutil
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import torch
import transformers
from transformers import TrainingArguments

from recipes.common import UserError, console, disk, features, lora
from recipes.common.judging import Judge
from recipes.common.reading import Splits
from recipes.common.running import checkpoints, ending, machine, record
from recipes.common.tasks import Task

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 75
BASELINE_ROWS = 500
_current = None  # the run that `command_line` tells how it ended


class Run:
    """One output folder. Nothing is written before `start`.

    Args:
        settings, args: from `arguments.parse`.
    """

    def __init__(self, task: Task, settings, args: TrainingArguments):
        self.task, self.settings, self.args = task, settings, args
        self.folder, self.is_main = Path(args.output_dir), args.process_index == 0
        self.seconds: dict[str, float] = {}
        self._mark = time.perf_counter()
        self.record = {
            "status": "running",
            "recipe": {"name": task.recipe.stem, "sha256": disk.sha256(task.recipe)},
            "source": features.source_template(task.source, settings.source_prefix),
            "target": task.target,
            "metrics": list(task.metrics),
            "settings": dataclasses.asdict(settings),
            "arguments": args.to_dict(),
            "world_size": args.world_size,
            "seed": args.seed,
            "command": [Path(sys.executable).name, *_without_token(sys.argv)],
            "versions": machine.versions(),
            "machine": machine.hardware(args),
            "commit": machine.commit(task.recipe.parent),
        }
        console.begin(settings, args)

    def is_done(self, splits: Splits) -> bool:
        """Whether this very run is finished; from here on `split` is the one that is scored at the end.

        Raises:
            UserError: --output_dir holds a run with other settings, or files that are no run's, or cannot be written.
        """
        self.record["data"] = splits.report
        self.split = "test" if self.args.do_predict and "test" in splits else "validation"
        return not self.settings.dry_run and disk.from_first_process(self._is_done)

    def _is_done(self) -> bool:
        old, explicit = record.find(self.folder), "output_dir" in self.settings.given
        there = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        if not (there.is_dir() and os.access(there, os.W_OK)) and (old or {}).get("status") != "done":
            raise UserError(f"--output_dir {self.folder}: {there} cannot be written to")
        if old is None:
            if explicit and self._files():
                raise UserError(
                    f"--output_dir {self.folder}: not empty and not a run of these recipes; name another folder"
                )
            return False
        changed = record.changes(old, self.record)
        if changed and explicit:
            raise UserError(
                f"--output_dir {self.folder}: holds a run with other settings; name another folder or remove it",
                *[f"{name}: {before!r} there, {now!r} now" for name, before, now in changed],
            )
        return not changed and old["status"] == "done"

    def _files(self) -> list[Path]:
        """What the folder holds, beside the lock of a run that was killed."""
        there = self.folder.iterdir() if self.folder.is_dir() else []
        return [path for path in there if path.name != disk.LOCK]

    def callbacks(self) -> list[transformers.TrainerCallback]:
        """Early stopping where there are evaluations to stop on, whole checkpoints, and what a person sees."""
        patience = self.settings.early_stopping_patience if self.args.eval_strategy != "no" else 0
        early = [transformers.EarlyStoppingCallback(patience)] if patience else []
        return [*early, checkpoints.Checkpoints(), console.Progress(self.task.metrics)]

    def start(self, tables: features.Tables, **more) -> None:
        """Take possession of the folder; an old default folder with other settings moves to the next free `.N`.

        Args:
            more: what else run.json shall hold.
        """
        global _current
        decoding = self.args.generation_config.to_diff_dict()
        self.record |= {"lengths": tables.lengths, "lost": tables.lost, "notes": tables.notes, "decoding": decoding}
        self.record |= more
        ending.install()
        if self.is_main:
            _release()  # a process has one run at a time
            self.folder.mkdir(parents=True, exist_ok=True)
            self.lock = disk.FolderLock(self.folder)
            old = record.find(self.folder)
            if self._files() and (old is None or record.changes(old, self.record)):
                self.lock.release()
                number = next(n for n in range(1, 10_000) if not Path(f"{self.folder}.{n}").exists())
                self.folder.rename(f"{self.folder}.{number}")
                print(f"kept      the old run with other settings is now {self.folder}.{number}")
                self.folder.mkdir()
                self.lock = disk.FolderLock(self.folder)
            disk.write_bytes(self.folder / "recipe.py", self.task.recipe.read_bytes())
            _current = self
            self.write()
        disk.wait_for_all()
        self.lap("preparation")

    def checkpoint(self) -> str | None:
        """The newest checkpoint that is whole, or None; it says which, and why not a newer one (trap 13).

        Raises:
            UserError: another machine does not see it, and would begin anew (trap 35).
        """
        chosen, passed = disk.from_first_process(lambda: checkpoints.newest_whole(self.folder))
        if chosen and checkpoints.fault(chosen):
            raise UserError(
                f"--output_dir {self.folder}: {chosen.name} is whole on the first machine, but {platform.node()} does "
                "not see it so; name a folder on a file system that all machines share"
            )
        if self.is_main and (chosen or passed):
            for reason in passed:
                print(f"          {reason}")
            print(f"goes on   from {chosen}" if chosen else "          so it begins anew", flush=True)
        return str(chosen) if chosen else None

    def compare(self, judge: Judge, trainer: transformers.Trainer, tables: features.Tables) -> None:
        """Score the untuned model and the trivial answer, unless an earlier start of this run has."""
        self.compared = features.sample(tables[self.split], BASELINE_ROWS, self.args.seed)
        judge.baselines = disk.from_first_process(lambda: self.read("baseline_results.json"))
        if not judge.baselines:
            judge.baselines = {"split": self.split, **judge.compare(trainer, self.compared)}
            self.write_json("baseline_results.json", judge.baselines)
        self.lap("baselines")

    def save_metrics(self, split: str, metrics: dict[str, float], rows: list[dict] | None = None) -> None:
        """Write {split}_results.json and all_results.json, and {split}_predictions.jsonl of `rows`, if given."""
        self.lap(split)
        if not self.is_main:
            return
        if rows:
            disk.write_lines(self.folder / f"{split}_predictions.jsonl", rows)
        # Times of a stage that was over before the run was started again are in the file already.
        disk.write_json(self.folder / f"{split}_results.json", (self.read(f"{split}_results.json") or {}) | metrics)
        disk.write_json(self.folder / "all_results.json", (self.read("all_results.json") or {}) | metrics)

    def save(self, trainer: transformers.Trainer, judge: Judge) -> None:
        """Write predictions, baselines, and the model ready for `from_pretrained` with the settings that scored."""
        self.record["parameters"] = lora.count(trainer.model)
        if judge.rows and self.is_main:
            disk.write_lines(self.folder / "predictions.jsonl", judge.rows)
        if self.is_main:
            model = lora.save(trainer.model, self.folder / "adapter")
            model.generation_config = self.args.generation_config
            model.save_pretrained(self.folder)
            trainer.processing_class.save_pretrained(self.folder)
        if judge.baselines:
            tuned = {"tuned": judge.tuned(self.compared)} if judge.rows else {}
            self.write_json("baseline_results.json", judge.baselines | tuned)
        trainer.save_state()
        self.record.pop("reason", None)
        self.write(status="done", signatures=judge.signatures, peak_memory_gib=machine.peak_memory_gib())

    def lap(self, stage: str) -> None:
        """Note the seconds since the last lap under `stage`."""
        now = time.perf_counter()
        self.seconds[stage] = round(now - self._mark, 2)
        self._mark = now

    def write(self, **more) -> None:
        """Replace run.json in one step, so that a scheduler never reads half of it."""
        self.record.update(more, seconds=self.seconds)
        self.write_json("run.json", self.record)

    def write_json(self, name: str, value) -> None:
        if self.is_main:
            disk.write_json(self.folder / name, value)

    def write_text(self, name: str, text: str) -> None:
        if self.is_main:
            disk.write_text(self.folder / name, text)

    def read(self, name: str):
        """The content of one of the run's JSON files, or None."""
        return disk.read_json(self.folder / name)


def command_line(main: Callable) -> int:
    """Run a recipe's `main` and turn how it ended into an exit code; run.json's status tells the same."""
    try:
        main()
        return DONE
    except UserError as error:
        # Every process finds the same fault; one of each machine says it.
        if os.environ.get("LOCAL_RANK", "0") == "0":
            print(f"error: {error}", file=sys.stderr)
        return WRONG_INPUT
    except (KeyboardInterrupt, ending.Interrupted) as stopped:
        _end("interrupted", str(stopped) or "before anything was written")
        if os.environ.get("LOCAL_RANK", "0") == "0":
            print(f"\n{f'interrupted {stopped}'.strip()}; the same command goes on", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        reason = _known_failure(error)
        _end("failed", reason or f"{type(error).__name__}: {error}")
        print(f"error: {reason}", file=sys.stderr) if reason else traceback.print_exc()
        return FAILED
    finally:
        _release()


def _known_failure(error: Exception) -> str | None:
    """What to say of a failure that is no fault of the program's."""
    if isinstance(error, FloatingPointError):
        return str(error)
    if isinstance(error, torch.OutOfMemoryError):
        return (
            "the GPU's memory is used up: halve --per_device_train_batch_size and double --gradient_accumulation_steps "
            "(the same training), or lower --max_source_length, --per_device_eval_batch_size or --num_beams"
        )
    full = isinstance(error, OSError) and error.errno == errno.ENOSPC
    if _current and (full or shutil.disk_usage(_current.folder).free < 2**20):
        for checkpoint in checkpoints.by_age(_current.folder):
            if checkpoints.fault(checkpoint):
                shutil.rmtree(checkpoint)  # half a checkpoint is none; its room will hold run.json
        said = f" ({error.strerror})" if isinstance(error, OSError) and full and "needed" in str(error) else ""
        return f"the disk of {_current.folder} is full{said}; what is whole there stays: free some space, and go on"
    if re.search("closed by peer|reset by peer|remote process has failed", str(error)):
        return "another process of this run has ended; its own message says why"
    return None


def _end(status: str, reason: str) -> None:
    if _current is not None and _current.record["status"] != "done":
        _current.write(status=status, reason=reason)


def _release() -> None:
    global _current
    if _current is not None:
        _current.lock.release()
        _current = None


def _without_token(words: list[str]) -> list[str]:
    """A command line that can be shown to others."""
    shown = [re.sub("^--hub_token=.*", "--hub_token=<HUB_TOKEN>", word) for word in words]
    for place in [place for place, word in enumerate(words[:-1]) if word == "--hub_token"]:
        shown[place + 1] = "<HUB_TOKEN>"
    return shown
