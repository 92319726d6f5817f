# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: what is in it, whether to go on, and a record that tells the truth about how it ended."""

import contextlib
import dataclasses
import hashlib
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import transformers
from transformers import TrainingArguments

from recipes import disk, record
from recipes.common import UserError, console, features, lora, models, show
from recipes.common.judging import Judge
from recipes.common.reading import Splits
from recipes.common.running import checkpoints, ending
from recipes.common.tasks import Task
from recipes.machines import facts, failures, processes, sharding
from recipes.typed import flags

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 75
BASELINE_ROWS = 500
# Splits that are predicted, each with the prefix of its metrics; the last one is what predictions.jsonl holds.
TESTS = (("second_test", "second_test"), ("test", "predict"))
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
            "command": [Path(sys.executable).name, *flags.without_tokens(sys.argv)],
            "versions": facts.versions(),
            "machine": facts.hardware(args.device.type),
            "commit": facts.commit(task.recipe.parent),
        }
        self.push_to, args.push_to_hub = args.push_to_hub and (args.hub_model_id or self.folder.name), False
        console.begin(settings, args)
        if settings.model_name_or_path and not task.load:  # before the data are read
            models.load_config(settings, args)

    def is_done(self, splits: Splits) -> bool:
        """Whether this very run is finished; from here on `tests` are predicted, and `split` is what is compared.

        Raises:
            UserError: --output_dir holds a run with other settings, or files that are no run's, or cannot be written.
        """
        base = processes.from_first_process(lambda: record.base_of(self.settings))
        self.record |= {"data": splits.report, "base": base}
        self.tests = [(split, name) for split, name in TESTS if self.args.do_predict and split in splits]
        self.split = "test" if ("test", "predict") in self.tests else "validation"
        return not self.settings.dry_run and processes.from_first_process(self._is_done)

    def _is_done(self) -> bool:
        old, explicit = record.find(self.folder), "output_dir" in self.settings.given
        there = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        if not (there.is_dir() and os.access(there, os.W_OK)) and (old or {}).get("status") != "done":
            raise UserError(f"--output_dir {self.folder}: {there} cannot be written to")
        if old is None and explicit and self._files():
            problem = "not empty and not a run of these recipes; name another folder"
            raise UserError(f"--output_dir {self.folder}: {problem}")
        changed = record.changes(old, self.record) if old else []
        if changed and explicit:
            raise UserError(
                f"--output_dir {self.folder}: holds a run with other settings; name another folder or remove it",
                *[f"{name}: {before!r} there, {now!r} now" for name, before, now in changed],
            )
        if old is None or changed or old["status"] != "done":
            return False
        reason = disk.fault(self.folder, old["files"])
        if reason:
            again = "put it back, or move the folder away to train again"
            raise UserError(f"--output_dir {self.folder}: this run was done, and now {reason}; {again}")
        return True

    def _files(self) -> list[Path]:
        """What the folder holds, beside the lock of a run that was killed."""
        there = self.folder.iterdir() if self.folder.is_dir() else []
        return [path for path in there if path.name != disk.LOCK]

    def callbacks(self) -> list[transformers.TrainerCallback]:
        """Early stopping where there are evaluations to stop on, and whole checkpoints."""
        patience = self.settings.early_stopping_patience if self.args.eval_strategy != "no" else 0
        early = [transformers.EarlyStoppingCallback(patience)] if patience else []
        return [*early, checkpoints.Checkpoints(self)]

    def start(self, tables: features.Tables, **more) -> None:
        """Take possession of the folder; an old default folder with other settings moves to the next free `.N`.

        Args:
            more: what else run.json shall hold.
        """
        config = self.args.generation_config
        self.record |= {"lengths": tables.lengths, "lost": tables.lost, "notes": tables.notes}
        self.record |= {"decoding": config.to_diff_dict() if config else {}, **more}
        if not Path(self.settings.model_name_or_path).is_dir():
            self.record["base"] = record.base_of(self.settings)  # loading it has asked the Hub for its newest commit
        ending.install()
        self.identity = processes.from_first_process(self._take_folder)
        self.lap("preparation")

    def _take_folder(self) -> str:
        """The run's identity, a hash of all that decides its result."""
        global _current
        _release()  # a process has one run at a time
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = disk.FolderLock(self.folder)
        _current = self
        if self._is_done():  # another start may have been faster
            raise UserError(f"--output_dir {self.folder}: another start of this run has just finished it")
        old = record.find(self.folder)
        if self._files() and (old is None or record.changes(old, self.record)):
            self.lock.path = disk.move_aside(self.folder) / disk.LOCK
            self.lock.release()
            self.folder.mkdir()
            self.lock = disk.FolderLock(self.folder)
        disk.write_bytes(self.folder / "recipe.py", self.task.recipe.read_bytes())
        self.write()
        decided = json.dumps(record.decisive(self.record), sort_keys=True)
        return hashlib.sha256(decided.encode()).hexdigest()

    def checkpoint(self) -> str | None:
        """The newest checkpoint that is whole, or None; it says which, and why not a newer one (trap 13).

        Raises:
            UserError: another machine does not see it, and would begin anew (trap 35).
        """
        chosen, passed = processes.from_first_process(lambda: checkpoints.newest_whole(self.folder, self.identity))
        if chosen and checkpoints.fault(chosen, self.identity):
            raise UserError(
                f"--output_dir {self.folder}: {chosen.name} is whole on the first machine, but {platform.node()} does "
                "not see it so; name a folder on a file system that all machines share"
            )
        if self.is_main and (chosen or passed):
            show(*(f"          {reason}" for reason in passed))
            show(f"goes on   from {chosen}" if chosen else "          so it begins anew")
        return str(chosen) if chosen else None

    def compare(self, judge: Judge, trainer: transformers.Trainer, tables: features.Tables) -> None:
        """Score the untuned model and the trivial answer, unless an earlier start of this run has."""
        self.compared = features.sample(tables[self.split], BASELINE_ROWS, self.args.seed)
        judge.baselines = processes.from_first_process(lambda: self.read("baseline_results.json"))
        if not judge.baselines:
            judge.baselines = {"split": self.split, **judge.compare(trainer, self.compared)}
            self.write_json("baseline_results.json", judge.baselines)
        self.lap("baselines")

    def save_metrics(self, split: str, metrics: dict[str, float], rows: list[dict] | None = None) -> None:
        """Write {split}_results.json and all_results.json, and {split}_predictions.jsonl of `rows`, if given."""
        self.lap(split)
        if rows and split != "predict" and self.is_main:  # the test split's lie in predictions.jsonl
            disk.write_lines(self.folder / f"{split}_predictions.jsonl", rows)
        for name in (f"{split}_results.json", "all_results.json"):
            # Times of a stage that was over before the run was started again are in the file already.
            self.write_json(name, (self.read(name) or {}) | metrics)

    def save(self, trainer: transformers.Trainer, judge: Judge) -> None:
        """Write predictions, baselines, and the model ready for `from_pretrained` with the settings that scored."""
        self.record["parameters"] = lora.count(trainer.model)
        whole = sharding.gathered(trainer.model, trainer.outline)
        if self.is_main:
            self.lock.check()
            if judge.rows:
                disk.write_lines(self.folder / "predictions.jsonl", judge.rows)
            if whole is trainer.outline:
                lora.merge(whole)
            model = lora.save(whole, self.folder / "adapter")
            if self.args.generation_config:
                model.generation_config = self.args.generation_config
            model.save_pretrained(self.folder)
            trainer.processing_class.save_pretrained(self.folder)
        if judge.baselines:
            tuned = {"tuned": judge.tuned(self.compared)} if judge.rows else {}
            self.write_json("baseline_results.json", judge.baselines | tuned)
        trainer.save_state()
        self.record.pop("reason", None)
        files = disk.seal(self.folder, record.files_of_model(self.folder)) if self.is_main else {}
        peaks = processes.from_all(facts.peak_memory_gib())
        self.record |= {"peak_memory_gib": max(peaks, key=lambda peak: peak or 0), "peak_memory_of_processes": peaks}
        self.write(files=files, status="done", signatures=judge.signatures)

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
            self.lock.check()
            disk.write_json(self.folder / name, value)

    def write_text(self, name: str, text: str) -> None:
        if self.is_main:
            disk.write_text(self.folder / name, text)

    def read(self, name: str):
        """The content of one of the run's JSON files, or None."""
        return disk.read_json(self.folder / name)


def command_line(main: Callable) -> int:
    """Run a recipe's `main` and turn how it ended into an exit code; run.json's status tells the same."""
    # Every process finds the same fault; one of each machine says it.
    first = os.environ.get("LOCAL_RANK", "0") == "0" or "WORLD_SIZE" not in os.environ
    try:
        main()
        processes.part()
        return DONE
    except UserError as error:
        if first:
            show(*f"error: {error}".splitlines(), err=True)
        return WRONG_INPUT
    except (KeyboardInterrupt, ending.Interrupted) as stopped:
        _end("interrupted", str(stopped) or "before anything was written")
        if first:
            show("", f"{f'interrupted {stopped}'.strip()}; the same command goes on", err=True)
        return INTERRUPTED
    except Exception as error:
        reason = failures.known(error, _current.folder if _current else None)
        _end("failed", reason or f"{type(error).__name__}: {error}")
        show(*[f"error: {reason}"] if reason else traceback.format_exc().splitlines(), err=True)
        return FAILED
    finally:
        _release()


def _end(status: str, reason: str) -> None:
    if _current is not None and _current.record["status"] != "done":
        with contextlib.suppress(OSError):  # the folder is gone, or not even this fits on the disk
            _current.write(status=status, reason=reason)


def _release() -> None:
    global _current
    if _current is not None:
        _current.lock.release()
        _current = None
