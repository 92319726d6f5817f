# SPDX-License-Identifier: Apache-2.0
"""Rows of tables that are kept by columns: Parquet and Arrow."""

import contextlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from recipes.files.rows import Form, Row
from recipes.wording import UserError

NO_TEXT = re.compile(r"list<\w+: (half)?(float|double)|: (large_)?binary")  # Arrow's types of vectors and images


def read_parquet(path: Path, form: Form) -> Iterator[Row]:
    try:
        with open(path, "rb") as file:
            parquet = pyarrow.parquet.ParquetFile(file)
            names = [one.name for one in parquet.schema_arrow if not NO_TEXT.search(str(one.type))]
            _once(path, parquet.schema_arrow.names)
            return arrow_rows(parquet.read(columns=names), path)
    except (pyarrow.ArrowException, ValueError) as error:
        raise UserError(f"{path}: not a Parquet file, or damaged: {str(error).splitlines()[0]}") from None


def read_arrow(path: Path, form: Form) -> Iterator[Row]:
    try:
        with pyarrow.memory_map(str(path)) as file:
            try:
                table = pyarrow.ipc.open_file(file).read_all()
            except pyarrow.ArrowInvalid:
                table = pyarrow.ipc.open_stream(file).read_all()
            _once(path, table.column_names)
            return arrow_rows(table, path)
    except (pyarrow.ArrowException, ValueError) as error:
        raise UserError(f"{path}: not an Arrow file, or damaged: {str(error).splitlines()[0]}") from None


def _once(path: Path, names: Sequence[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise UserError(f"{path}: has column {repeated[0]!r} twice; give it once")


def arrow_rows(table: pyarrow.Table, file: str | Path) -> Iterator[Row]:
    """The rows of a table, without its images and vectors."""
    names = [one.name for one in table.schema if not NO_TEXT.search(str(one.type))]
    columns = [_values(table.column(name)) for name in names]
    rows = enumerate(zip(*columns, strict=True), 1)
    return (Row(zip(names, values, strict=True), file, number, "row") for number, values in rows)


def _values(column: pyarrow.ChunkedArray) -> list[Any]:
    """A value that Python has not is the error that it makes: a year 30000, an unknown time zone, broken UTF-8."""
    with contextlib.suppress(Exception):
        return (column.cast("string") if pyarrow.types.is_binary(column.type) else column).to_pylist()
    values = []
    for scalar in column:
        try:
            values.append(scalar.as_py())
        except Exception as error:  # of whichever library
            values.append(error)
    return values
