# SPDX-License-Identifier: Apache-2.0
"""What is made for an output file until it is whole: kept piece by piece and batch by batch, so that a kill loses one.

OUTPUT.unfinished/predictions.SUFFIX has the pieces that are done, journal.jsonl the batches of the piece after them.
"""

import contextlib
import json
import os
from pathlib import Path

from recipes import disk
from recipes.common import UserError, decoding


class Unfinished:
    """The folder OUTPUT.unfinished, which one process holds while it makes OUTPUT, and which it leaves if it is killed.

    Args:
        output: a file that is not there yet.
    Raises:
        UserError: OUTPUT is there, another process is making it, or somebody's own files have that name.
    """

    def __init__(self, output: str | Path):
        self.output, self.folder = Path(output), Path(f"{output}.unfinished")
        self.journal = self.folder / "journal.jsonl"
        self.whole = self.folder / f"predictions{self.output.suffix}"

    def __enter__(self):
        self._refuse_existing()
        if not self.output.absolute().parent.is_dir():
            raise UserError(f"--output {self.output}: there is no such folder")
        known = {disk.LOCK, self.journal.name, self.whole.name}
        if os.path.lexists(self.folder) and not (
            self.folder.is_dir() and {path.name.removesuffix(".tmp") for path in self.folder.iterdir()} <= known
        ):
            raise UserError(f"--output {self.output}: {self.folder} is in the way; move it, or name another output")
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise UserError(f"--output {self.output}: {self.folder}: {error.strerror}") from None
        self.lock = disk.FolderLock(self.folder, f"--output {self.output}")
        try:
            self._refuse_existing()  # one that was finished a moment ago
        except UserError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.lock.release()
        with contextlib.suppress(OSError):
            self.folder.rmdir()  # only if nothing was made

    def begin(self, belongs_to: dict) -> "Journal":
        """The journal of what was made for the same output before, with the file of whole pieces cut to what it says.

        Args:
            belongs_to: see Journal.
        """
        journal = Journal(self.journal, belongs_to)
        with open(self.whole, "ab") as file:
            if file.tell() < journal.size:
                raise UserError(f"{self.whole}: was cut short; remove its folder, and begin anew")
            file.truncate(journal.size)
        return journal

    def add(self, journal: "Journal", text: str, rows: int) -> None:
        """Put a whole piece, `text` of `rows` input rows, on the disk; its batches are no longer needed."""
        with open(self.whole, "ab") as file:
            file.write(text.encode(errors="backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
            journal.forget(journal.rows + rows, file.tell())

    def finish(self) -> None:
        """Make what there is OUTPUT, in one step."""
        try:
            os.link(self.whole, self.output)
        except FileExistsError:
            self._refuse_existing(f"; what was made for it is {self.whole}")
        except OSError:  # a file system without links
            self._refuse_existing(f"; what was made for it is {self.whole}")
            os.replace(self.whole, self.output)
        self.whole.unlink(missing_ok=True)
        self.journal.unlink(missing_ok=True)

    def _refuse_existing(self, more: str = "") -> None:
        if os.path.lexists(self.output):
            raise UserError(f"--output {self.output}: exists; name a new file{more}")


class Journal(dict):
    """{first place of a batch in its piece: its outputs}, kept in a file line by line, so that what was killed goes on.

    `rows` and `size` say how many rows of input, and bytes of output, whole pieces before this one have.

    Args:
        path: of the file; there is none before the first batch is done.
        belongs_to: what the outputs depend on, as JSON; it is the file's first line.
    Raises:
        UserError: the file belongs to something else, or was changed.
    """

    def __init__(self, path: str | Path, belongs_to: dict):
        super().__init__()
        self.path, self.head = Path(path), disk.json_line(belongs_to)
        self.rows = self.size = 0
        if not self.path.exists():
            return
        try:
            head, *lines = self.path.read_text(encoding="utf-8").splitlines(True)
            # A kill in the middle of a write leaves half a line, the last.
            whole = [line for line in lines if line.endswith("\n")]
            found = [json.loads(line) for line in whole]
            if found and found[0][0] == "done":
                self.rows, self.size = map(int, found.pop(0)[1:])
            known = {
                int(place): [[decoding.Output(*one) for one in several] for several in made] for place, made in found
            }
        except (ValueError, TypeError, IndexError, KeyError, RecursionError):
            raise UserError(f"{self.path}: damaged; remove its folder, and begin anew") from None
        if head != self.head:
            what = "another model, input, decoding or batch size"
            raise UserError(f"{self.path}: was begun with {what}; finish that, or remove its folder")
        disk.write_text(self.path, "".join([head, *whole]))
        self.update(known)

    def __setitem__(self, place, made):
        super().__setitem__(place, made)
        if not self.path.exists():
            disk.write_text(self.path, self.head)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(disk.json_line([place, made]))

    def forget(self, rows: int, size: int) -> None:
        """Begin a new piece, after so many rows and bytes."""
        self.clear()
        self.rows, self.size = rows, size
        disk.write_text(self.path, self.head + disk.json_line(["done", rows, size]))
