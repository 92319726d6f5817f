# SPDX-License-Identifier: Apache-2.0
"""What a file becomes: rows that know where they stand; and how it is written, where that is said."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipes.wording import UserError

ENCODINGS = ("cp1252", "cp1251", "gb18030", "shift_jis")
OTHER_ENCODINGS = "cp1250 cp1253 euc_kr big5 utf-16"


class Row(dict):
    """One record, column -> value, and where it stands: a file, and the number of the line (or other unit) in it.

    `broken`: None, or (reason, detail) of a row that cannot be used; `unwanted`: None, or why a sound row is left out;
    `remark`: None, or what was done to it.
    """

    # A __dict__ for each of 100,000 rows would double their memory.
    __slots__ = ("file", "line", "unit", "broken", "unwanted", "remark")

    def __init__(self, values: Iterable, file: str | Path, line: int | str, unit: str = "line", **marks: Any):
        super().__init__(values)
        self.file, self.line, self.unit = str(file), line, unit
        self.broken = self.unwanted = self.remark = None
        for name, value in marks.items():
            setattr(self, name, value)

    def reshaped(self, values: Iterable = (), **marks: Any) -> "Row":
        """A row made of this one: from the same place, with other values, and broken, unwanted or remark."""
        return Row(values, self.file, self.line, self.unit, **marks)


class Rows(list):
    """The rows of a file; `origin` is what run.json shall tell of it beside its hash, `notes` are for the user."""

    def __init__(self, rows: Iterable = (), origin: dict[str, Any] | None = None):
        super().__init__(rows)
        self.origin, self.notes = origin or {}, []


@dataclass
class Form:
    """How a file is written, where that is said and not to be found out; and what was found, as notes."""

    encoding: str | None = None
    delimiter: str | None = None
    columns: list[str] | None = None
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, settings: Any) -> "Form":
        """The form that --encoding, --delimiter and --columns ask for."""
        encoding, delimiter, columns = (getattr(settings, name, None) for name in ("encoding", "delimiter", "columns"))
        try:
            "a".encode(encoding or "utf-8", "surrogateescape")  # by which wrong bytes are found
        except (LookupError, UnicodeError):
            raise UserError(
                f"--encoding {encoding}: unknown; such as cp1252 cp1251 gb18030 shift_jis {OTHER_ENCODINGS}"
            ) from None
        delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter)
        if delimiter and (len(delimiter) > 1 or delimiter in '"\r\n'):
            raise UserError(f"--delimiter {delimiter!r}: must be one character, or the word tab")
        return cls(encoding, delimiter, [name.strip() for name in columns.split(",")] if columns else None)
