# SPDX-License-Identifier: Apache-2.0
"""Rows of cells: CSV and its relatives, and sheets of Excel's."""

import csv
import datetime
import functools
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import openpyxl

from recipes.files.rows import Form, Row
from recipes.files.text import LONGEST, text_lines
from recipes.wording import UserError, listed

HEAD = 50  # lines that tell how a file is taken apart


def read_csv(path: Path, form: Form, usual: str = ",") -> Iterator[Row]:
    csv.field_size_limit(LONGEST)  # the default, 131,072 characters, is shorter than many a document
    lines, start = text_lines(path, form.encoding), 1
    head = list(islice(lines, HEAD))
    said = re.match(r'"?sep=(.)"?\s*$', head[0]) if head else None  # Excel's own first line
    if said:
        head, start = head[1:], 2
    dialect = _dialect(head, form.delimiter or (said[1] if said else None), usual, len(form.columns or ()))
    mark = dialect["delimiter"]
    if mark != usual and not form.delimiter:
        form.notes.append(f"columns are separated by {mark!r}; --delimiter can name another mark")
    if mark == "\t" and "strict" in dialect and not form.delimiter:
        form.notes.append("quotes between tabs are read as those of a CSV")
    if dialect.get("skipinitialspace"):
        form.notes.append(f"blanks after {mark!r} are no part of a field")
    remedy = f"quote a field that holds {mark!r}"
    if dialect.get("quoting"):
        remedy = "a field between tabs holds no tab, unless --delimiter tab reads it as a CSV"
        if any(re.search(r'(?:^|\t)"[^\t]*""[^\t]*"\s*(?:\t|$)', line) for line in head):
            form.notes.append("quotes between tabs are text; --delimiter tab reads them as those of a CSV")
    return _table(path, _csv_rows(path, csv.reader(chain(head, lines), **dialect), start), form, remedy)


def _dialect(head: list[str], said: str | None, usual: str, named: int) -> dict[str, Any]:
    """How lines are taken apart: at the mark that was said, else at the first one by which they make a table.

    Files with tabs, as Tatoeba, MRPC and PAWS are, know no quotes: one at the start of a field is a text's own, and
    would swallow all rows to the next. They do where --delimiter names the tab, where all names stand in quotes, and
    where the lines make a table in no other way.

    Args:
        named: how many columns there are; 0 where that is not known.
    """
    choices = [{"delimiter": mark, "strict": True} for mark in ([said] if said else usual + ",;|\t")]
    if not said and not re.fullmatch(r'(?:"[^"]*"\s*)+', head[0] if head else ""):
        place = next(place for place, one in enumerate(choices) if one["delimiter"] == "\t")
        choices.insert(place, {"delimiter": "\t", "quoting": csv.QUOTE_NONE})
    found = []
    for choice in choices:
        rows, whole = _parsed(head, choice)
        later = [cell for number, row in enumerate(rows) for cell in row[1:] if not number or cell.startswith(' "')]
        if "strict" in choice and any(cell.startswith(" ") for cell in later):
            choice["skipinitialspace"] = True
            rows, whole = _parsed(head, choice)
        width = len(_trimmed(rows[0])) if rows else 0
        fits = whole and all(len(row) >= width and not any(row[width:]) for row in rows)
        found.append(((named not in (0, width), width < 2, width > 1 and not fits, len(found)), choice))
    return min(found, key=itemgetter(0))[1]


def _parsed(head: list[str], dialect: dict[str, Any]) -> tuple[list[list[str]], bool]:
    """(rows, whether all lines could be read; the last may go on below)."""
    rows = []
    try:
        rows += (row for row in csv.reader(head, **dialect) if row)
    except csv.Error as error:
        return rows, "end of data" in str(error) and len(head) >= HEAD - 1
    return rows, True


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at the end that spreadsheets leave."""
    return cells[: max((number for number, cell in enumerate(cells, 1) if cell.strip()), default=0)]


def _csv_rows(path: Path, reader: Any, start: int) -> Iterator[tuple[int, list[str], str | None]]:
    """(first line, cells, what is wrong) of each row. A blank line is no row: writers quote a lone empty cell."""
    while True:
        line, cells, fault = reader.line_num + start, [], None
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


def _table(path: Path, rows: Iterator, form: Form, remedy: str) -> Iterator[Row]:
    """Rows of cells become rows with the names of the first, or with those of --columns."""
    start, first, fault = next(rows, (1, [], None))
    names = [name.strip() for name in form.columns or _trimmed(first)]
    repeated = [name for name, count in Counter(names).items() if name and count > 1]
    if fault:
        raise UserError(f"{path} line {start}: the header cannot be read: {fault}")
    if repeated:
        raise UserError(f"{path} line {start}: the header names column {repeated[0]!r} twice; give it once")
    if form.columns and len(names) != len(first):
        raise UserError(f"{path} line {start}: {len(first)} fields where --columns names {len(names)}: {listed(first)}")
    if form.columns and [cell.strip() for cell in first] != names:
        rows = chain([(start, first, None)], rows)
    names = [name or f"column {number}" for number, name in enumerate(names, 1)]
    for line, cells, fault in rows:
        if fault:
            yield Row({}, path, line, broken=("quotes do not pair up", fault))
        elif len(cells) < len(names) or any(cells[len(names) :]):
            detail = f"{len(cells)} fields where the header has {len(names)}; {remedy}"
            yield Row({}, path, line, broken=("too many or too few fields", detail))
        else:
            yield Row(zip(names, cells, strict=False), path, line)


read_tsv = functools.partial(read_csv, usual="\t")


def read_txt(path: Path, form: Form) -> Iterator[Row]:
    """A table, or lines of text to which --columns gives a name."""
    first = next(text_lines(path, form.encoding), "")
    if not form.columns and not form.delimiter and not any(mark in first for mark in ",;\t|"):
        raise UserError(f"{path}: has no columns; if each line is a text, name them with --columns text")
    return read_tsv(path, form)


def read_xlsx(path: Path, form: Form) -> Iterator[Row]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        first, *others = book.worksheets
        lines = [[_cell(cell) for cell in row] for row in first.iter_rows()]
    except Exception as error:  # of any of the libraries that unpack and parse it
        raise UserError(f"{path}: not an Excel workbook, or damaged: {error}") from None
    if others:
        form.notes.append(f"sheet {first.title!r} is read; others are not: {listed(sheet.title for sheet in others)}")
    rows = ((number, cells, None) for number, cells in enumerate(lines, 1) if any(cells))
    for row in _table(path, rows, form, "a cell has no name above it"):
        row.unit = "row"
        yield row


def _cell(cell: Any) -> str:
    """A cell as Excel shows it: 7 and not 7.0, 15 digits, a day without a time."""
    value = cell.value
    if isinstance(value, datetime.datetime) and (
        "h" not in cell.number_format.lower() or value.time() == datetime.time.min
    ):
        value = value.date()
    if isinstance(value, bool):
        return str(value).upper()
    return "" if value is None else f"{value:.15g}" if isinstance(value, float) else str(value)
