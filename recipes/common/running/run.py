# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: what is in it, whether to go on, and a record that tells the truth about how it ended."""

import dataclasses
import errno
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import time
import traceback
from pathlib import Path

import transformers

from recipes.common import UserError
from recipes.common.running import checkpoints, ending
from recipes.common.running.disk import (
    first_decides,
    lock,
    read_json,
    wait_for_all,
    write_json,
    write_lines,
    write_text,
)

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 75
LIBRARIES = (
    "torch",
    "transformers",
    "datasets",
    "accelerate",
    "peft",
    "tokenizers",
    "rouge_score",
    "sacrebleu",
    "nltk",
)
# Settings that change neither the weights nor the scores: a run may go on with other values.
INDIFFERENT = {
    "output_dir", "config", "dry_run", "preprocessing_num_workers", "run_name", "disable_tqdm", "report_to",
    "log_level", "log_level_replica", "log_on_each_node", "local_rank", "resume_from_checkpoint",
    "dataloader_num_workers", "dataloader_pin_memory", "logging_first_step", "hub_token", "push_to_hub", "ddp_timeout",
}  # fmt: skip

_current = None


class Run:
    """One output folder. Made at once, written to only after `start()`.

    Args:
        recipe: the recipe's file; kept as recipe.py, since people edit recipes.
        settings, args, given: from `arguments.parse`.
        task: {"source": …, "target": …}: the templates, and whatever else `predict` needs to format a new row.
    """

    def __init__(self, recipe, settings, args, given, **task):
        self.recipe = Path(recipe).resolve()
        self.folder = Path(args.output_dir)
        self.is_main = args.process_index == 0
        self.explicit = "output_dir" in given
        self.begun = time.time()
        self.seconds = {}
        self._mark = time.perf_counter()
        self.record = {
            "status": "running",
            "recipe": {"name": self.recipe.stem, "sha256": sha256(self.recipe)},
            **task,
            "settings": dataclasses.asdict(settings),
            "arguments": args.to_dict(),
            "world_size": args.world_size,
            "seed": args.seed,
            "command": [Path(sys.executable).name, *sys.argv],
            "versions": {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES},
            "machine": _machine(args),
            "commit": _commit(self.recipe.parent),
        }

    def previous(self):
        """How far an earlier run in this folder came: None, "done" or "unfinished".

        Raises:
            UserError: --output_dir holds a run with other settings, or files that are no run's, or cannot be written.
        """
        return first_decides(self._previous)

    def _previous(self):
        old = self.read("run.json")
        there = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        if not (there.is_dir() and os.access(there, os.W_OK)) and (old or {}).get("status") != "done":
            raise UserError(f"--output_dir {self.folder}: {there} cannot be written to")
        if old is None:
            if self.explicit and self.folder.is_dir() and any(self.folder.iterdir()):
                raise UserError(
                    f"--output_dir {self.folder}: not empty and not a run of these recipes; name another folder"
                )
            return None
        changed = _changes(old, self.record)
        if not changed:
            return "done" if old["status"] == "done" else "unfinished"
        if self.explicit:
            raise UserError(
                f"--output_dir {self.folder}: holds a run with other settings; name another folder or remove it",
                *[f"{name}: {before!r} there, {now!r} now" for name, before, now in changed],
            )
        return None

    def start(self, **more):
        """Take possession of the folder; an old default folder with other settings moves to the next free `.N`."""
        global _current
        self.record.update(more)
        ending.install()
        if self.is_main:
            before, _current = _current, None
            if before:
                before.release()  # a process has one run at a time
            self._take_lock()
            old = self.read("run.json")
            if self.folder.is_dir() and any(self.folder.iterdir()) and (old is None or _changes(old, self.record)):
                number = next(n for n in range(1, 10_000) if not Path(f"{self.folder}.{n}").exists())
                self.folder.rename(f"{self.folder}.{number}")
                print(f"kept      the old run with other settings is now {self.folder}.{number}")
                self.folder.mkdir()
                self._take_lock()
            shutil.copyfile(self.recipe, self.folder / "recipe.py")
            _current = self
            self.write()
        wait_for_all()
        self.lap("preparation")

    def _take_lock(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = lock(self.folder)
        if self._lock is None:
            raise UserError(f"--output_dir {self.folder}: another run is writing there; wait for it, or name another")

    def release(self):
        """Let another run have the folder; otherwise the end of the process does."""
        os.close(self._lock)

    def lap(self, stage):
        """Note the seconds since the last lap under `stage`."""
        now = time.perf_counter()
        self.seconds[stage] = round(now - self._mark, 2)
        self._mark = now

    def write(self, **more):
        """Replace run.json in one step, so that a scheduler never reads half of it."""
        self.record.update(more, seconds=self.seconds)
        if self.is_main:
            write_json(self.folder / "run.json", self.record)

    def finish(self, trainer):
        """The last write: everything the run left is in place."""
        trainer.save_state()
        self.record.pop("reason", None)
        self.write(status="done", signatures=trainer.score.signatures, peak_memory_gib=peak_memory_gib())

    def write_json(self, name, value):
        if self.is_main:
            write_json(self.folder / name, value)

    def write_text(self, name, text):
        if self.is_main:
            write_text(self.folder / name, text)

    def write_predictions(self, rows):
        """One JSON object per line; no rows, no file."""
        if rows and self.is_main:
            write_lines(self.folder / "predictions.jsonl", rows)

    def save_metrics(self, split, metrics):
        """Write {split}_results.json and merge it into all_results.json, under the library's names; ends a lap."""
        self.lap(split)
        if not self.is_main:
            return
        # Times of a stage that was over before the run was started again are in the file already.
        write_json(self.folder / f"{split}_results.json", (self.read(f"{split}_results.json") or {}) | metrics)
        merged = read_json(self.folder / "all_results.json") or {}
        write_json(self.folder / "all_results.json", merged | metrics)

    def save_model(self, model, tokenizer, config):
        """Write the model ready for `from_pretrained`, with the generation settings that were scored."""
        if self.is_main:
            model.generation_config = config
            model.save_pretrained(self.folder)
            tokenizer.save_pretrained(self.folder)

    def checkpoint(self):
        """The newest checkpoint that is whole, or None; it says which, and why not a newer one (trap 13).

        Raises:
            UserError: another machine does not see it, and would begin anew (trap 35).
        """
        chosen, passed = first_decides(lambda: checkpoints.newest_whole(self.folder))
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

    def read(self, name):
        """The content of one of the run's JSON files, or None."""
        return read_json(self.folder / name)


def callbacks(settings, args):
    """Whole checkpoints, and early stopping where there are evaluations to stop on."""
    patience = settings.early_stopping_patience if args.eval_strategy != "no" else 0
    stopping = [transformers.EarlyStoppingCallback(patience)] if patience else []
    return [*stopping, checkpoints.Checkpoints()]


def peak_memory_gib():
    """Most memory in use so far: of the GPU where there is one, else of this process."""
    import torch

    if torch.cuda.is_available():
        return round(torch.cuda.max_memory_allocated() / 2**30, 2)
    status = Path("/proc/self/status")  # getrusage tells, on Linux, of the process that started this one, if larger
    if status.exists():
        return round(int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 2**20, 2)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**30, 2)  # in bytes on a Mac


def command_line(main):
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
        told = _known_failure(error)
        _end("failed", told or f"{type(error).__name__}: {error}")
        print(f"error: {told}", file=sys.stderr) if told else traceback.print_exc()
        return FAILED


def _known_failure(error):
    """What to say of a failure that is no fault of the program's, or None."""
    import torch

    if isinstance(error, FloatingPointError):
        return str(error)
    if isinstance(error, torch.OutOfMemoryError):
        return (
            "the GPU's memory is used up: halve --per_device_train_batch_size and double --gradient_accumulation_steps "
            "(the same training), or lower --max_source_length, --per_device_eval_batch_size or --num_beams"
        )
    if _current and (getattr(error, "errno", 0) == errno.ENOSPC or shutil.disk_usage(_current.folder).free < 2**20):
        for checkpoint in checkpoints.by_age(_current.folder):
            if not checkpoints.is_whole(checkpoint):
                shutil.rmtree(checkpoint)  # half a checkpoint is none; its room will hold run.json
        said = f" ({error.strerror})" if getattr(error, "errno", 0) == errno.ENOSPC and "needed" in str(error) else ""
        return f"the disk of {_current.folder} is full{said}; what is whole there stays: free some space, and go on"
    if re.search("closed by peer|reset by peer|remote process has failed", str(error)):
        return "another process of this run has ended; its own message says why"
    return None


def _end(status, reason):
    if _current is not None and _current.record["status"] != "done":
        _current.write(status=status, reason=reason)


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _changes(old, new):
    """[(name, before, now)] of everything that decides the result."""

    def decisive(record):
        flat = {**record.get("arguments", {}), **record.get("settings", {}), "world_size": record.get("world_size")}
        flat = {name: value for name, value in flat.items() if name not in INDIFFERENT}
        flat["recipe"] = record.get("recipe")
        if "data" in old and "data" in new:
            flat["data"] = record.get("data")
        return json.loads(json.dumps(flat, default=str))

    before, now = decisive(old), decisive(new)
    names = sorted(before.keys() | now.keys())
    return [(n, before.get(n), now.get(n)) for n in names if before.get(n) != now.get(n)]


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _machine(args):
    import torch

    gpu = torch.cuda.get_device_name() if args.device.type == "cuda" else None
    return {"device": args.device.type, "gpu": gpu, "cpus": os.cpu_count(), "system": platform.system()}


def _commit(folder):
    """The repository's commit, with "+" where files differ from it; None outside of git."""
    try:
        options = {"cwd": folder, "capture_output": True, "text": True, "timeout": 10}
        commit = subprocess.run(["git", "rev-parse", "HEAD"], check=True, **options).stdout.strip()
        dirty = subprocess.run(["git", "status", "--porcelain"], check=True, **options).stdout.strip()
        return commit + ("+" if dirty else "")
    except (OSError, subprocess.SubprocessError):
        return None
