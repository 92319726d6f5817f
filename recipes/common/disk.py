# SPDX-License-Identifier: Apache-2.0
"""Files that are replaced in one step, so that nobody reads half of one; and processes that agree on what is there."""

import contextlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import filelock
import torch

from recipes.common import UserError

# Line ends that JSON leaves as they are, but at which many readers would cut a row in two.
LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}
LOCK = ".lock"


def read_json(path: str | Path):
    """The file's content, or None where there is no such file or no JSON in it."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_json(path: str | Path, value) -> None:
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def json_line(row) -> str:
    """A row as one line that any reader cuts where it ends."""
    return json.dumps(row, ensure_ascii=False).translate(LINE_ENDS) + "\n"


def write_lines(path: str | Path, rows: Iterable) -> None:
    """One JSON object per line, whatever line breaks are in the texts (trap 38)."""
    write_text(path, "".join(map(json_line, rows)))


def write_text(path: str | Path, text: str) -> None:
    scratch = Path(path).with_name(Path(path).name + ".tmp")
    try:
        with open(scratch, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except OSError:  # such as a full disk
        scratch.unlink(missing_ok=True)
        raise


class FolderLock:
    """Keeps other runs out of a folder until it is released or the process ends.

    Raises:
        UserError: another process has the folder.
    """

    def __init__(self, folder: Path):
        self.path = folder / LOCK
        self.lock = filelock.FileLock(self.path, thread_local=False)
        try:
            self.lock.acquire(timeout=0)
        except filelock.Timeout:
            raise UserError(
                f"--output_dir {folder}: another run is writing there; wait for it, or name another"
            ) from None
        except (OSError, NotImplementedError):
            pass  # some network file systems cannot lock

    def release(self) -> None:
        self.lock.release()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def wait_for_all() -> None:
    """Let no process go on before all have come here."""
    if torch.distributed.is_initialized():
        torch.distributed.barrier()


def from_first_process(make: Callable):
    """What `make()` gives, or its UserError, from the first process to all of them; every process has to call it."""
    if not torch.distributed.is_initialized():
        return make()
    answer = [None, None]  # the value, or what was wrong
    if torch.distributed.get_rank() == 0:
        try:
            answer[0] = make()
        except UserError as error:
            answer[1] = error.problems
    torch.distributed.broadcast_object_list(answer)
    value, problems = answer
    if problems:
        raise UserError(*problems)
    return value
