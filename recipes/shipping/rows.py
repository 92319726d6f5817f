# SPDX-License-Identifier: Apache-2.0
"""New rows of any kind of file for a trained model: as in training, without those columns that only training needs."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recipes.common.reading import Splits
from recipes.common.reading.examples import make_examples, read_rows
from recipes.common.tasks import Task
from recipes.files import read_pieces
from recipes.typed.templates import fields_of


def load_new(task: Task, settings: Any, path: str | Path, report: Mapping[str, Any], tokenizer: Any) -> Splits:
    """All examples of a file without targets; see load_pieces."""
    return next(load_pieces(task, settings, path, report, tokenizer))


def load_pieces(
    task: Task,
    settings: Any,
    path: str | Path,
    report: Mapping[str, Any],
    tokenizer: Any,
    size: int | None = None,
    own_ids: bool = True,
) -> Iterator[Splits]:
    """Examples of a file without targets, as split "new", piece by piece, each with the rows that became them.

    Args:
        report: that of the run's own splits.
        size: rows of a piece; None: all.
        own_ids: False: number the rows, though they may have ids.
    """
    columns, first = report["columns"], 1
    fields = {field: one for field, one in task.columns.items() if field not in fields_of(task.target)}
    for rows in [read_rows(task, settings, path, new=True)] if task.read else read_pieces(path, settings, size=size):
        splits = Splits({"new": rows}, report["several"], report["may_be_empty"])
        splits.first, splits.own_ids, splits.notes = first, own_ids, rows.notes
        make_examples(splits, [], task, fields, columns, settings, tokenizer, allow_none=(), new=True)
        columns, first = splits.columns, first + splits.counts["new"]["read"]
        yield splits
