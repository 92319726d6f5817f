# SPDX-License-Identifier: Apache-2.0
"""Rows of files, as they stand there: text stays text, and every row knows its line."""

import csv
import functools
import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from recipes.common import UserError, did_you_mean, short


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


class Splits(dict):
    """Split -> rows as they were read, and examples {"id", field: text or, for a field of `several`, texts} in the end.

    `columns`: field -> column; `counts`: split -> {"read", "used", "left_out": [{"file", "reason", "unit", "lines"}]};
    `sources`: split -> its origin; `notes`: sentences for the user.
    """

    def __init__(self, splits: Iterable = (), several: Iterable[str] = (), may_be_empty: Iterable[str] = ()):
        super().__init__(splits)
        self.may_be_empty = list(may_be_empty)
        self.several, self.columns, self.counts, self.sources, self.notes = list(several), {}, {}, {}, []

    @property
    def report(self) -> dict[str, Any]:
        """What run.json tells of the data."""
        about = {"columns": self.columns, "several": self.several, "may_be_empty": self.may_be_empty}
        return about | {"rows": self.counts, "sources": self.sources, "notes": self.notes}

    def remark(self, what: str, applies: Callable[[dict], bool]) -> None:
        """Note for each split in how many of its examples `applies`, and which."""
        for split, examples in self.items():
            ids = [example["id"] for example in examples if applies(example)]
            if ids:
                self.notes.append(f"{split}: {len(ids)} of {len(examples)} {what}: id {first_five(ids)}")


def first_five(items: Sequence[object]) -> str:
    """The first of them, and whether there are more: 1, 2, 3, 4, 5, ..."""
    return ", ".join(map(str, items[:5])) + (", ..." if len(items) > 5 else "")


def read_file(path: str | Path, more: Mapping[str, Callable] | None = None) -> list[Row]:
    """Read a .csv .tsv .json .jsonl or .parquet file (text also as .gz).

    Strings stay as they are: no word means "missing", nothing is stripped; JSON numbers become their own spelling.
    Rows that cannot be read are in the list as broken rows; UserError is for a file that cannot be read.

    Args:
        more: other kinds of files, {suffix with its dot: path -> rows}. A list of rows may have an `origin`, what
            run.json shall tell of it beside the file's fingerprint.
    """
    path, more = Path(path), more or {}
    readers = {**READERS, **more}
    kind = Path(path.name.lower().removesuffix(".gz")).suffix
    try:
        if path.is_dir():
            raise UserError(f"{path}: is a folder; name a file in it, or load it whole with --dataset_name {path}")
        if kind not in readers or path.name.lower().endswith(".parquet.gz"):
            known = " ".join([".csv .tsv .json .jsonl (also with .gz) .parquet", *more])
            raise UserError(f"{path}: unknown kind of file; known: {known}")
        rows = readers[kind](path)
        rows = rows if isinstance(rows, list) else list(rows)
    except FileNotFoundError:
        near = did_you_mean([path.name], [file.name for file in path.parent.glob("*")])
        raise UserError(f"{path}: no such file{near}") from None
    except (gzip.BadGzipFile, zlib.error):
        raise UserError(f"{path}: not a gzip file, or damaged; without compression, drop .gz from its name") from None
    except EOFError:
        raise UserError(f"{path}: the gzip file ends too early; copy or download it again") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not rows:
        raise UserError(f"{path}: holds no row; at least one record is needed")
    return rows


def text_lines(path: Path) -> Iterator[str]:
    """The lines of a text file with their ends; a lone CR ends a line too, as in old files from the Mac."""
    offset = 0
    with gzip.open(path) if path.suffix.lower() == ".gz" else open(path, "rb") as file:
        # Decoded line by line, so that an error can name both the line and the byte.
        for number, line in enumerate(file, 1):
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                likely = "UTF-16" if line[:2] in (b"\xff\xfe", b"\xfe\xff") else "WINDOWS-1252"
                byte = f"byte 0x{line[error.start]:02x} at offset {offset + error.start}"
                remedy = f"save it as UTF-8, for example with iconv -f {likely} -t UTF-8"
                raise UserError(f"{path} line {number}: not UTF-8: {byte}; {remedy}") from None
            if "\0" in text:
                raise UserError(f"{path} line {number}: holds a NUL byte; plain text in UTF-8 is needed, not UTF-16")
            offset += len(line)
            if number == 1:
                text = text.removeprefix("\ufeff")  # the byte order mark that some programs write
            yield from re.split(r"(?<=\r)(?!\n)", text) if "\r" in text.rstrip("\r\n") else [text]


def _read_csv(path: Path, mark: str = ",") -> Iterator[Row]:
    csv.field_size_limit(2**31 - 1)  # the default, 131,072 characters, is shorter than many a document
    # Files with tabs, as Tatoeba, MRPC and PAWS are, know no quotes: one at the start of a field is a text's own.
    if mark == "\t":
        reader = csv.reader(text_lines(path), delimiter=mark, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(text_lines(path), delimiter=mark, strict=True)
    rows = _csv_rows(path, reader)
    start, header, fault = next(rows, (1, [], None))
    repeated = [name for name, count in Counter(header).items() if count > 1]
    other = next((other for other in ";\t|," if len(header) == 1 and other in header[0]), None)
    if fault:
        raise UserError(f"{path} line {start}: the header cannot be read: {fault}")
    if repeated:
        raise UserError(f"{path} line {start}: the header names column {repeated[0]!r} twice; give it once")
    if other:
        raise UserError(f"{path} line {start}: separate columns with {mark!r}, not {other!r}: {short(header[0])}")
    for line, cells, fault in rows:
        if fault:
            yield Row({}, path, line, broken=("quotes do not pair up", fault))
        elif len(cells) != len(header):
            remedy = f"quote a field that holds {mark!r}"
            if mark == "\t":
                remedy = "a field of a .tsv holds no tab; write .csv"
            detail = f"{len(cells)} fields where the header has {len(header)}; {remedy}"
            yield Row({}, path, line, broken=("too many or too few fields", detail))
        else:
            yield Row(zip(header, cells, strict=True), path, line)


def _csv_rows(path: Path, reader: Any) -> Iterator[tuple[int, list[str], str | None]]:
    """(first line, cells, what is wrong) of each row. A blank line is no row: writers quote a lone empty cell."""
    while True:
        line, cells, fault = reader.line_num + 1, [], None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "end of data" in str(error):  # only its text tells
                # Not one bad row to skip: the open quote has swallowed all the rows below it.
                raise UserError(f"{path} line {line}: a quote opens in this row and never closes") from None
            fault = f'{error}; write a quote inside quotes as ""'.replace("\t", "\\t")
        if cells or fault:
            yield line, cells, fault


JSON = json.JSONDecoder(parse_int=str, parse_float=str)  # as written, 1.50 or 30 digits: they end up as text


def _decode(text: str) -> Any:
    try:
        return JSON.decode(text)
    except RecursionError:
        raise json.JSONDecodeError("too many brackets within brackets", text, 0) from None


def _json_fault(text: str, error: json.JSONDecodeError) -> str:
    return f"not JSON: {error.msg} at column {error.colno}, near {text[max(0, error.pos - 20) : error.pos + 20]!r}"


def _json_row(value: Any, path: Path, number: int, unit: str) -> Row:
    if isinstance(value, dict):
        return Row(value, path, number, unit)
    detail = f'{short(value)} is not an object such as {{"column": "text"}}'
    return Row({}, path, number, unit, broken=("not an object", detail))


def _read_jsonl(path: Path) -> Iterator[Row]:
    for number, line in enumerate(text_lines(path), 1):
        try:
            if line.strip():
                yield _json_row(_decode(line), path, number, "line")
        except json.JSONDecodeError as error:
            detail = f"{_json_fault(line, error)}; each line needs one whole object"
            yield Row({}, path, number, broken=("not JSON", detail))


def _read_json(path: Path) -> Iterable[Row]:
    """A list of objects, {"data": [objects]}, one object, or one object per line."""
    text = "".join(text_lines(path))
    try:
        value = _decode(text) if text.strip() else []
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return _read_jsonl(path)
        raise UserError(f"{path} line {error.lineno}: {_json_fault(text, error)}") from None
    value = value["data"] if isinstance(value, dict) and isinstance(value.get("data"), list) else value
    values = value if isinstance(value, list) else [value]
    return (_json_row(value, path, number, "row") for number, value in enumerate(values, 1))


def _read_parquet(path: Path) -> Iterator[Row]:
    try:
        with open(path, "rb") as file:
            batches = pyarrow.parquet.ParquetFile(file).iter_batches(batch_size=1000)
            values = chain.from_iterable(batch.to_pylist() for batch in batches)
            yield from (Row(value, path, number, "row") for number, value in enumerate(values, 1))
    except (pyarrow.ArrowException, ValueError) as error:
        raise UserError(f"{path}: not a Parquet file, or damaged: {str(error).splitlines()[0]}") from None


READERS: dict[str, Callable] = {
    ".csv": _read_csv,
    ".tsv": functools.partial(_read_csv, mark="\t"),
    ".json": _read_json,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}
