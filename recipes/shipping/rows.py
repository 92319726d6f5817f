# SPDX-License-Identifier: Apache-2.0
"""New rows of any kind of file for a trained model: as in training, without those columns that only training needs."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import Seq2SeqTrainingArguments

from recipes.common import UserError
from recipes.common.reading import Splits
from recipes.common.reading.examples import make_examples, read_rows
from recipes.common.tasks import Task
from recipes.files import read_pieces
from recipes.typed.flags import Parser
from recipes.typed.templates import fields_of

FORM = ("encoding", "delimiter", "columns")  # how one file is written says nothing of another


def reading_settings(task: Task, settings: Any, words: Sequence[str] = ()) -> Any:
    """A run's settings for new files, with the flags of training that `words` give for them, such as --text_column.

    Raises:
        UserError: other flags, or values that are not accepted.
    """
    read = Parser(task.settings, Seq2SeqTrainingArguments, prog="predict").read(list(words))
    known = [*FORM, "on_bad_row", "fill_missing", *(flag for flag, _ in task.columns.values() if flag)]
    there = ", ".join(f"--{name}" for name in known)
    wrong = [f"--{name}: not for new rows; how they are read is said by {there}" for name in read.given.keys() - known]
    if read.problems or wrong:
        raise UserError(*read.problems, *sorted(wrong))
    chosen = dataclasses.replace(settings, **dict.fromkeys(FORM) | read.given)
    chosen.given = frozenset(read.given)
    return chosen


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
        settings: reading_settings.
        report: that of the run's own splits; where a file lacks a column of theirs, known names are tried.
        size: rows of a piece; None: all.
        own_ids: False: number the rows, though they may have ids.
    """
    targets = set(fields_of(task.target)) - set(fields_of(task.source))
    fields = {field: one for field, one in task.columns.items() if field not in targets}
    columns = {field: getattr(settings, flag) for field, (flag, _) in fields.items() if flag in settings.given}
    before, first = {field: report["columns"].get(field) for field in fields}, 1
    for field, (flag, known) in fields.items():
        fields[field] = (flag, tuple(dict.fromkeys(filter(None, (before[field], *known)))))
    for rows in [read_rows(task, settings, path, new=True)] if task.read else read_pieces(path, settings, size=size):
        splits = Splits({"new": rows}, report["several"], report["may_be_empty"])
        splits.first, splits.own_ids, splits.notes = first, own_ids, rows.notes
        make_examples(splits, [], task, fields, columns, settings, tokenizer, allow_none=(), new=True)
        for field, column in splits.columns.items():
            if before[field] and column != before[field] and field not in columns:
                splits.notes.append(f"{path}: {field} is column {column!r}; in training it was {before[field]!r}")
        columns, first = splits.columns, first + splits.counts["new"]["read"]
        yield splits
