# SPDX-License-Identifier: Apache-2.0
"""From rows to examples: columns are found, rows are judged, a validation split is cut, limits are kept."""

import random
from collections.abc import Collection
from itertools import chain, combinations
from pathlib import Path
from typing import Any

from recipes import disk
from recipes.common import UserError, did_you_mean, listed, short
from recipes.common.reading.hub import read_dataset
from recipes.common.reading.splits import Splits, first_five
from recipes.common.tasks import Task
from recipes.files import TABLES, Rows, kind_of, read_file, read_written
from recipes.files.values import Fault, text_of

LIMITS = {"train": "max_train_samples", "validation": "max_eval_samples"}
LIMITS |= dict.fromkeys(("test", "second_test"), "max_predict_samples")


def load(
    task: Task,
    settings: Any,
    *,
    seed: int,
    several: Collection[str] = (),
    allow_none: Collection[str] = (),
    may_be_empty: Collection[str] = (),
    tokenizer: Any = None,
    validation_share: float = 0.1,
    validation_most: int | None = 1000,
) -> Splits:
    """Examples of the files, or of the data set, that the settings name; UserError says all that is wrong with them.

    Args:
        settings: arguments.RecipeSettings with the flags that the task's columns name.
        several: fields that may hold a list of texts, and then always are a list.
        allow_none: those of `several` whose list may be empty: that there is no text is known, not forgotten.
        may_be_empty: fields that may be missing, null or empty, and then are the empty text.
        tokenizer: for the task's `refuse`.
        validation_share, validation_most: how many training rows, or wholes that the task's `together` makes of them,
            become a validation split where there is none; 0 for no split, None for no limit.
    """
    splits = Splits(several=several, may_be_empty=may_be_empty)
    problems = _read_splits(splits, task, settings)
    chosen = {field: getattr(settings, flag) for field, (flag, _) in task.columns.items() if flag}
    make_examples(splits, problems, task, task.columns, chosen, settings, tokenizer, allow_none, new=False)
    _cut_validation(splits, seed, validation_share, validation_most, task.together)
    if task.unwanted and "train" in splits:
        _leave_out_unwanted(splits, task, settings)
    for split, examples in splits.items():
        limit = getattr(settings, LIMITS[split])
        if limit and limit < len(examples):
            splits.notes.append(f"{split}: the first {limit} of {len(examples)} rows (--{LIMITS[split]})")
            splits[split] = examples[:limit]
    return splits


def read_rows(task: Task, settings: Any, path: str | Path, new: bool) -> Rows:
    rows = task.read(path, settings, new=new) if task.read else read_file(path, settings)
    return rows if isinstance(rows, Rows) else Rows(rows)


def _read_splits(splits, task, settings):
    """Put rows and sources into `splits`; returns what is wrong with the flags and the files."""
    files = {split: getattr(settings, f"{split}_file") for split in LIMITS if getattr(settings, f"{split}_file")}
    name, config, problems = settings.dataset_name, settings.dataset_config_name, []
    if config and not name:
        problems.append(f"--dataset_config_name {config}: needs --dataset_name")
    for split, file in files.items():
        try:
            rows = read_rows(task, settings, file, new=False)
            origin = {"file": str(file), "sha256": disk.sha256(file), "rows": len(rows)}
            splits[split], splits.sources[split] = rows, origin | rows.origin
            splits.notes += rows.notes
        except UserError as error:
            problems += [f"--{split}_file {problem}" for problem in error.problems]
    if not name and "train" not in files and (settings.trains or not files):
        remedy = "give --train_file, or --dataset_name with a name on the Hub or a folder"
        problems.append(f"no train split: {remedy}; to score a model without training add --do_train False")
    for one, two in combinations(splits, 2):
        if splits.sources[one]["sha256"] == splits.sources[two]["sha256"]:
            splits.notes.append(f"--{two}_file holds the same bytes as --{one}_file: its scores tell nothing new")
    if name and not files:
        try:
            read_dataset(splits, settings)
        except UserError as error:
            problems += error.problems
    return problems


def make_examples(splits, problems, task, fields, chosen, settings, tokenizer, allow_none, new):
    """Put examples in the place of rows, or raise what is wrong with these together with the `problems` before."""
    if task.reshape:
        for split, rows in splits.items():
            parts = ([row] if row.broken else task.reshape(row, settings, new=new) for row in rows)
            splits[split] = list(chain.from_iterable(parts))
    lacking = _find_columns(splits, fields, {field: chosen[field] for field in fields if chosen.get(field)})
    if lacking:
        raise UserError(*problems, *lacking)  # every row would be found to lack the column
    if settings.fill_missing:
        _fill_gaps(splits, settings.fill_missing)
    problems = problems + _judge(splits, task, settings, tokenizer, allow_none)
    if problems:
        raise UserError(*problems)


def _find_columns(splits, fields, chosen):
    """Find the column of each field, the same in all splits; returns a sentence for each that a split lacks."""
    problems = []
    present = {rows[0].file: list(dict.fromkeys(chain.from_iterable(rows))) for rows in splits.values() if rows}
    for field, (flag, known) in fields.items():
        names = [chosen[field]] if field in chosen else [name for name in known if name not in chosen.values()]
        for file, there in present.items():
            here = [name for name in names if name in there]
            if len(here) > 1:
                splits.notes.append(f"{file}: {field} is column {here[0]!r}; --{flag} can choose {listed(here[1:])}")
            if here:
                names, splits.columns[field] = here[:1], here[0]
            elif field in splits.may_be_empty:
                splits.columns.setdefault(field, names[0])
            elif there:  # a file of nothing but broken rows has no columns; its rows will be named
                lacks = f"{file}: no column {' or '.join(map(repr, names))} for {field}; it has {listed(there)}"
                guess = did_you_mean(names, there, f"; did you mean --{flag} {{}}?" if flag else "; did you mean {!r}?")
                header = "; for a file without a line of names, --columns" if kind_of(Path(file)) in TABLES else ""
                problems.append(lacks + (guess or (f"; name one with --{flag}{header}" if flag else "")))
    return problems


def _fill_gaps(splits, text):
    """Put `text` where a row that could be read lacks a field, or has it null or empty; note how often."""
    for rows in splits.values():
        for field, column in splits.columns.items():
            gaps = [row for row in rows if not row.broken and text_of(row.get(column))[1] in (Fault.NULL, Fault.EMPTY)]
            for row in gaps:
                row[column] = text
            if gaps:
                splits.notes.append(f"{gaps[0].file}: {field} was missing in {len(gaps)} rows and is now {text!r}")


def _judge(splits, task, settings, tokenizer, allow_none):
    """Rows become examples where they can be used; returns a sentence for each that stops the run.

    Their ids are the rows' own, if these are there and all different; else they are numbered like the rows, from 1.
    """
    problems = []
    for split, rows in splits.items():
        good, bad = [], []
        for number, row in enumerate(rows, splits.first):
            example, fault = _example(row, splits, allow_none)
            if not fault and task.refuse:
                fault = task.refuse(example, settings, tokenizer)
            if fault:
                bad.append((row, *fault))
            else:
                good.append((number, row, example))
        told = [f"{row.file} {row.unit} {row.line}: {detail}" for row, _, detail in bad if not row.unwanted]
        if not good:
            problems += [f"{rows[0].file if rows else split}: none of its {len(rows)} rows can be used", *told]
        elif told and settings.on_bad_row == "error":
            empty = "; --may_be_empty NAME takes an empty field as it is" if hasattr(settings, "may_be_empty") else ""
            problems += [f"{told[0]} (--on_bad_row skip leaves such rows out and counts them{empty})", *told[1:]]
        left_out = _note(splits, [(row.file, reason, row.unit, row.line) for row, reason, _ in bad], "rows left out")
        splits.counts[split] = {"read": len(rows), "used": len(good), "left_out": left_out}
        _note(splits, [(row.file, row.remark, row.unit, row.line) for row in rows if row.remark], "of its rows")
        ids = [text_of(row.get("id"))[0] for _, row, _ in good]
        if not splits.own_ids or None in ids or len(set(ids)) < len(ids):
            splits.own_ids = False
            if any(ids):
                splits.notes.append(f"{split}: ids are row numbers, for 'id' is not a different text in each row")
            ids = [str(number) for number, _, _ in good]
        splits[split] = [{"id": name, **example} for name, (_, _, example) in zip(ids, good, strict=True)]
        splits.rows = [row for _, row, _ in good] if split == "new" else []
    return problems


def _example(row, splits, allow_none):
    """(field -> text, None), or ({}, (reason, detail)) of a row that is left out."""
    if row.broken or row.unwanted:
        return {}, row.broken or (row.unwanted, row.unwanted)
    example = {}
    for field, column in splits.columns.items():
        value, may_be_list = row.get(column), field in splits.several
        listed_texts = read_written(value) if may_be_list and isinstance(value, str) else None
        if isinstance(listed_texts, list) and set(map(type, listed_texts)) == {str} and set(value) & set("\"'"):
            value, row.remark = listed_texts, row.remark or f"column {column!r} has a list, written as text: it is read"
        is_list = may_be_list and isinstance(value, list | tuple)
        texts = [text_of(one) for one in (value if is_list else [value])]
        fault = next((fault for _, fault in texts if fault), None)
        if field in splits.may_be_empty and fault in (Fault.NULL, Fault.EMPTY):
            texts, fault = [("", None)], None
        elif column not in row:
            fault = Fault.MISSING
        elif not texts and field not in allow_none:
            fault = Fault.NO_ITEMS
        if fault:
            what = f"column {column!r} {'has an item that ' if is_list and texts else ''}{fault.value}"
            shown = "" if value is None else f" ({short(value)})"
            needed = "text that is not empty" + (", or a list of such texts" if may_be_list else "")
            return {}, (what, f"{what}{shown}; needed: {needed}")
        example[field] = [text for text, _ in texts] if may_be_list else texts[0][0]
    return example, None


def _cut_validation(splits, seed, share, most, together):
    """Where there is no validation split, move a seeded share of the training rows there, at least one.

    After the rows were judged: cut before, the split might hold nothing that can be used.
    """
    if "validation" in splits or "train" not in splits or not share:
        return
    rows = splits["train"]
    wholes = [together(row) for row in rows] if together else range(len(rows))
    distinct = list(dict.fromkeys(wholes))
    if len(distinct) == 1:
        what = "training rows that belong together" if len(rows) > 1 else "one training row"
        raise UserError(f"no validation split, and {what} cannot be divided: give --validation_file")
    count = max(1, round(share * len(distinct)))
    cut = set(random.Random(seed).sample(distinct, min(most or count, count)))
    splits["train"] = [row for row, whole in zip(rows, wholes, strict=True) if whole not in cut]
    splits["validation"] = [row for row, whole in zip(rows, wholes, strict=True) if whole in cut]
    count = len(splits["validation"])
    splits.sources["validation"] = {"cut_from": "train", "seed": seed, "rows": count}
    splits.notes.append(f"no validation split: {count} of {len(rows)} training rows set aside for it (seed {seed})")


def _leave_out_unwanted(splits, task, settings):
    """Take the training examples for which the task has a reason out, and count them by their ids."""
    examples, source, counts = splits["train"], splits.sources["train"], splits.counts["train"]
    file = source.get("file") or source["dataset"]
    reasons = {example["id"]: task.unwanted(example, settings) for example in examples}
    places = [(file, reason, "id", name) for name, reason in reasons.items() if reason]
    counts["left_out"] += _note(splits, places, "rows left out")
    counts["used"] -= len(places)
    splits["train"] = [example for example in examples if not reasons[example["id"]]]
    if not splits["train"]:
        told = ", ".join(dict.fromkeys(reasons.values()))
        raise UserError(f"{file}: none of its {len(examples)} examples is left: {told}")


def _note(splits, places, what):
    """Note and return each group of (file, reason, unit, line) that differ in nothing but the line."""
    groups = {}
    for file, reason, unit, line in places:
        groups.setdefault((file, reason, unit), []).append(line)
    for (file, reason, unit), lines in groups.items():
        splits.notes.append(f"{file}: {reason}: {len(lines)} {what}, {unit} {first_five(lines)}")
    return [{"file": file, "reason": why, "unit": unit, "lines": lines} for (file, why, unit), lines in groups.items()]
