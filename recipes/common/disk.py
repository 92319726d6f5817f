# SPDX-License-Identifier: Apache-2.0
"""Files that are replaced in one step, so that nobody reads half of one; and processes that agree on what is there."""

import contextlib
import hashlib
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


def sha256(path: str | Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: str | Path):
    """The file's content, or None where there is no such file or no JSON in it."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # the last: ten thousand brackets
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
    # Half a surrogate pair, as Python has it for file names that are no UTF-8, becomes what JSON writes for it.
    write_bytes(path, text.encode(errors="backslashreplace"))


def write_bytes(path: str | Path, content: bytes) -> None:
    scratch = Path(path).with_name(Path(path).name + ".tmp")
    try:
        scratch.unlink(missing_ok=True)  # through a link that lay there, the file of another would be written
        with open(scratch, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except OSError:  # such as a full disk
        scratch.unlink(missing_ok=True)
        raise


class FolderLock:
    """Keeps other processes out of a folder until it is released or the process ends; forks of it do not hold it.

    Args:
        told: what the user named the folder with.
    Raises:
        UserError: another process has the folder.
    """

    def __init__(self, folder: Path, told: str | None = None):
        self.path = folder / LOCK
        self.lock = filelock.FileLock(self.path, thread_local=False)
        try:
            self.lock.acquire(timeout=0)
        except filelock.Timeout:
            told = told or f"--output_dir {folder}"
            raise UserError(f"{told}: another run is writing there; wait for it, or name another") from None
        except (OSError, NotImplementedError):
            pass  # some network file systems cannot lock

    def release(self) -> None:
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)  # while it is held: afterwards it may be another's
        self.lock.release()


def wait_for_all() -> None:
    """Let no process go on before all have come here."""
    if torch.distributed.is_initialized():
        torch.distributed.barrier()


def from_first_process(make: Callable):
    """What `make()` gives, or its UserError, from the first process to all of them; every process has to call it."""
    answer = [None, None]  # the value, or what was wrong
    several = torch.distributed.is_initialized()
    if not several or torch.distributed.get_rank() == 0:
        try:
            answer[0] = make()
        except UserError as error:
            answer[1] = error.problems
    if several:
        torch.distributed.broadcast_object_list(answer)
    if answer[1]:
        raise UserError(*answer[1])
    return answer[0]
