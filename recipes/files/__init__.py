# SPDX-License-Identifier: Apache-2.0
"""Files become rows, as they stand there: text stays text, and every row knows its line. Knows no task."""

import stat
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from recipes.files.columns import arrow_rows, read_arrow, read_parquet
from recipes.files.delimited import read_csv, read_tsv, read_txt, read_xlsx
from recipes.files.objects import read_json, read_jsonl, read_written
from recipes.files.rows import Form, Row, Rows
from recipes.files.text import PACKED, text_lines
from recipes.wording import UserError, did_you_mean

__all__ = [
    "READERS",
    "Form",
    "TABLES",
    "Row",
    "Rows",
    "arrow_rows",
    "kind_of",
    "read_file",
    "read_pieces",
    "read_written",
    "text_lines",
]

TABLES = (".csv", ".tsv", ".tab", ".txt", ".xlsx")
READERS: dict[str, Callable] = {
    ".csv": read_csv,
    **dict.fromkeys((".tsv", ".tab"), read_tsv),
    ".txt": read_txt,
    ".json": read_json,
    **dict.fromkeys((".jsonl", ".ndjson"), read_jsonl),
    ".xlsx": read_xlsx,
    ".parquet": read_parquet,
    **dict.fromkeys((".arrow", ".feather"), read_arrow),
}


def kind_of(path: Path) -> str:
    """The suffix that tells the kind of a file, packed or not."""
    return (Path(path.stem) if path.suffix.lower() in PACKED else path).suffix.lower()


def read_file(path: str | Path, settings: Any = None, more: Mapping[str, Callable] | None = None) -> Rows:
    """All rows of a file; see read_pieces."""
    return next(read_pieces(path, settings, more))


def read_pieces(
    path: str | Path, settings: Any = None, more: Mapping[str, Callable] | None = None, size: int | None = None
) -> Iterator[Rows]:
    """Read a file of any of the kinds in READERS; text may be packed as well.

    Strings stay as they are: no word means "missing", nothing is stripped; JSON numbers become their own spelling.
    Rows that cannot be read are in the list as broken rows; UserError is for a file that cannot be read.

    Args:
        settings: with the flags that Form.of reads.
        more: other kinds of files, {suffix with its dot: (path, Form) -> rows}.
        size: rows of a piece; None: all. Of what is text or Parquet no more than a piece is in memory.
    """
    path, readers, form = Path(path), {**READERS, **(more or {})}, Form.of(settings)
    kind, packed = kind_of(path), path.suffix.lower() in PACKED
    try:
        str(path).encode()
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UserError(f"{path}: is a folder; name a file in it, or load it whole with --dataset_name {path}")
        if not stat.S_ISREG(mode):
            raise UserError(f"{path}: is a pipe or a device, and can be read only once; save it as a file")
        if kind not in readers or packed and readers[kind] in (read_parquet, read_arrow, read_xlsx):
            raise UserError(f"{path}: unknown kind of file; known: {' '.join(readers)}, text also with .gz .bz2 .zst")
        found, empty = readers[kind](path, form), True
        rest = iter(found)
        while piece := Rows(islice(rest, size), getattr(found, "origin", None)):
            piece.notes = [f"{path}: {note}" for note in form.notes] + getattr(found, "notes", [])
            empty, form.notes[:] = False, []
            yield piece
    except FileNotFoundError:
        near = did_you_mean([path.name], [file.name for file in path.parent.glob("*") if file.exists()])
        raise UserError(f"{path}: no such file{near}") from None
    except UnicodeEncodeError:
        raise UserError(f"{str(path).encode(errors='replace').decode()}: its name is not UTF-8; rename it") from None
    except UnicodeError as error:
        raise UserError(f"{path}: is not written in {form.encoding or 'UTF-16'}: {error}") from None
    except OSError as error:
        damaged = f"damaged, or not packed as its name says: {error}; copy it again"
        raise UserError(f"{path}: {f'cannot be read: {error.strerror}' if error.strerror else damaged}") from None
    except MemoryError:
        raise UserError(f"{path}: does not fit into memory; split it, or use .jsonl or .parquet") from None
    if empty:
        raise UserError(f"{path}: holds no row; at least one record is needed")
