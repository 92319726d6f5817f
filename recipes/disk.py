# SPDX-License-Identifier: Apache-2.0
"""Files that are replaced in one step, so that nobody reads half of one; folders that one process has at a time."""

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

import filelock

from recipes.wording import UserError, show

# Line ends that JSON leaves as they are, but at which many readers would cut a row in two.
LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}
LOCK, UNFINISHED = ".lock", "unfinished"  # the second is in a checkpoint from its first file on to its last


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


def seal(folder: Path, found: Iterable[Path]) -> dict[str, str]:
    """Put files below `folder` on the disk, readable for whom the umask allows it; {name in the folder: SHA-256}."""
    os.umask(mask := os.umask(0))  # the only way to read it
    files = sorted(path for path in found if path.is_file())
    for path in files:
        with open(path, "r+b") as file:
            os.fsync(file.fileno())
        if path.stat().st_mode & 0o777 == 0o600:  # as safetensors has it, whatever the umask
            path.chmod(0o666 & ~mask)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def fault(folder: str | Path, files: dict[str, str]) -> str | None:
    """The first of `files` that is not as it was sealed, or None."""
    for name, wanted in files.items():
        path = Path(folder) / name
        try:
            if not path.is_file():
                return f"{name} is missing"
            if sha256(path) != wanted:
                return f"{name} is not what was written"
        except OSError as error:
            return f"{name}: {error.strerror}"
    return None


def move_aside(path: Path) -> Path:
    """Rename to the next free `path.N`, and say so."""
    number = next(n for n in range(1, 10_000) if not os.path.lexists(f"{path}.{n}"))
    show(f"kept      {path} is now {path}.{number}")
    return path.rename(f"{path}.{number}")


class FolderLock:
    """Keeps other processes out of a folder until it is released or the process ends; forks of it do not hold it.

    Args:
        told: what the user named the folder with.
    Raises:
        UserError: another process has the folder.
    """

    def __init__(self, folder: Path, told: str | None = None):
        self.path, self.inode = folder / LOCK, os.stat(folder).st_ino
        self.lock = filelock.FileLock(self.path, thread_local=False)
        try:
            self.lock.acquire(timeout=0)
        except filelock.Timeout:
            told = told or f"--output_dir {folder}"
            raise UserError(f"{told}: another run is writing there; wait for it, or name another") from None
        except (OSError, NotImplementedError):
            pass  # some network file systems cannot lock

    def check(self) -> None:
        """Raise OSError if the folder was moved or removed: what is there now may be another run's."""
        there = self.path.parent
        if not there.is_dir() or os.stat(there).st_ino != self.inode:
            raise OSError(errno.ENOENT, "was moved or removed while this was writing there", str(there))

    def release(self) -> None:
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)  # while it is held: afterwards it may be another's
        self.lock.release()
