# SPDX-License-Identifier: Apache-2.0
"""From rows to checked examples: pick the columns, judge the rows, cut a validation split.

`load` walks all the way from a recipe's settings. A recipe whose records are not flat takes the steps itself and
reshapes the rows between them.
"""

import functools
import hashlib
import numbers
import random
import unicodedata
from itertools import chain

from recipes.common import UserError, did_you_mean, listed, short
from recipes.common.reading.files import Splits, load_splits, settle

ABSENT = ("is missing", "is null", "is empty", "is an empty list")


def load(settings, fields, seed, unwanted=None, judge=None, tokenizer=None, **options):
    """`load_examples` with the files, columns and limits from a recipe's settings.

    Args:
        settings: an arguments.RecipeSettings; the flags that `fields` names are its attributes.
        fields: template field -> (flag, known column names); no flag for a column that `reshape` makes.
        unwanted: (example, settings) -> why a training example is left out on purpose, or None; see leave_out.
        judge, tokenizer: (example, settings, tokenizer) -> (reason, detail) why it cannot be used, or None.
        options: as for load_examples, whose `reshape` gets a row and the settings.
    Returns:
        (splits, found): examples by split, and the record of what was read, used and left out.
    """
    where = ("train_file", "validation_file", "test_file", "dataset_name", "dataset_config_name", "dataset_revision")
    chosen = {field: getattr(settings, flag) for field, (flag, _) in fields.items() if flag}
    options["fill_missing"] = settings.fill_missing
    if judge:
        options["judge"] = functools.partial(judge, settings=settings, tokenizer=tokenizer)
    if "reshape" in options:
        options["reshape"] = functools.partial(options["reshape"], settings=settings)
    splits, columns, counts = load_examples(
        fields, chosen, settings.on_bad_row, seed=seed, **{name: getattr(settings, name) for name in where}, **options
    )
    if unwanted:
        leave_out(splits, counts, functools.partial(unwanted, settings=settings))
    limits = {"train": "max_train_samples", "validation": "max_eval_samples", "test": "max_predict_samples"}
    for split, rows in splits.items():
        limit = getattr(settings, limits[split])
        if limit and limit < len(rows):
            splits.notes.append(f"{split}: the first {limit} of {len(rows)} rows (--{limits[split]})")
            splits[split] = rows[:limit]
    found = {"columns": columns, "several": list(options.get("several", ()))}
    return splits, {**found, "rows": counts, "sources": splits.sources, "notes": splits.notes}


def pick_columns(splits, fields, chosen=None, allow_missing=(), problems=None):
    """Find the column of each template field; all splits must have the same one.

    Args:
        fields: template field -> (flag that names its column, names in known data sets, best first).
        chosen: template field -> column that the user asked for, or None.
        allow_missing: fields that a split may lack.
    Returns:
        Template field -> column.
    """
    chosen = {field: column for field, column in (chosen or {}).items() if column}
    columns, found = {}, []
    present = {rows[0].file: list(dict.fromkeys(chain.from_iterable(rows))) for rows in splits.values() if rows}
    # A file of nothing but broken rows has no columns; its rows will be named.
    present = {file: there for file, there in present.items() if there}
    for field, (flag, known) in fields.items():
        names = [chosen[field]] if field in chosen else [name for name in known if name not in chosen.values()]
        for file, there in present.items():
            here = [name for name in names if name in there]
            if len(here) > 1:
                splits.notes.append(f"{file}: {field} is column {here[0]!r}; --{flag} can choose {listed(here[1:])}")
            if here:
                names, columns[field] = here[:1], here[0]
            elif field not in allow_missing or (field in chosen and field not in columns):
                lacks = f"{file}: no column {' or '.join(map(repr, names))} for {field}; it has {listed(there)}"
                guess = did_you_mean(names, there, f"; did you mean --{flag} {{}}?")
                found.append(lacks + (guess or f"; name one with --{flag}"))
    settle(found, problems)
    return columns


def _text_of(value, several=False):
    """Return (text, None), the text as it is, or (None, why there is none)."""
    if several and isinstance(value, list | tuple):
        items = [_text_of(item) for item in value]
        fault = next((f"has an item that {reason}" for _, reason in items if reason), None)
        return [text for text, _ in items], fault if items else "is an empty list"
    if value is None or value != value:  # NaN: what pandas writes for a missing value into Parquet and JSON
        return None, "is null"
    # A boolean is no text: nobody could say whether True, true or yes was meant.
    if isinstance(value, bool) or not isinstance(value, str | numbers.Number):
        return None, "is neither text nor a number"
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return None, "holds half of a surrogate pair, which tokenizers refuse"
    return ([text] if several else text), None if text.strip() else "is empty"


def _example(row, columns, allow_missing, several, allow_none, judge):
    """Return (field -> text, None) or (None, (reason, detail))."""
    if row.broken or row.unwanted:
        return None, row.broken or (row.unwanted, row.unwanted)
    example = {}
    for field, column in columns.items():
        text, reason = _text_of(row[column], field in several) if column in row else (None, "is missing")
        if reason in ABSENT and field in allow_missing:
            text, reason = [] if field in several else "", None
        if reason == "is an empty list" and field in allow_none:
            reason = None
        if reason:
            shown = f" ({short(row[column])})" if row.get(column) is not None else ""
            needed = "text that is not empty" + ", or a list of such texts" * (field in several)
            return None, (f"column {column!r} {reason}", f"column {column!r} {reason}{shown}; needed: {needed}")
        example[field] = text
    fault = judge(example) if judge else None
    return (None, fault) if fault else (example, None)


def usable_rows(
    splits,
    columns,
    on_bad_row="error",
    allow_missing=(),
    several=(),
    id_column="id",
    problems=None,
    allow_none=(),
    judge=None,
):
    """Turn rows into examples {"id": ..., field: text}, texts unchanged, in the order of the rows.

    Args:
        on_bad_row: "error" refuses rows that cannot be used; "skip" leaves them out and counts them.
        allow_missing: fields that may be missing, null or empty, and then are "" (in `several`: an empty list).
        several: fields that may hold a list of texts, and then always are a list.
        allow_none: those of `several` whose list may be empty: that there is no text is known, not forgotten.
        judge: example, still without id -> (reason, detail) why it cannot be used, or None.
        id_column: names the examples if it is there and unique; else they are numbered like the rows, from 1.
    Returns:
        Splits of examples, and split -> {"read", "used", "left_out": [{"file", "reason", "unit", "lines"}]}.
    """
    examples, counts, found = Splits((), splits.notes, splits.sources), {}, []
    for split, rows in splits.items():
        judged = [_example(row, columns, allow_missing, several, allow_none, judge) for row in rows]
        bad = [(row, fault) for row, (_, fault) in zip(rows, judged, strict=True) if fault]
        used = len(rows) - len(bad)
        if not used:
            found.append(f"{rows[0].file if rows else split}: none of its {len(rows)} rows can be used")
        faulty = [(row, fault) for row, fault in bad if not row.unwanted]
        if faulty and (on_bad_row == "error" or not used):
            details = [f"{row.file} {row.unit} {row.line}: {detail}" for row, (_, detail) in faulty]
            hint = " (--on_bad_row skip leaves such rows out and counts them)" if used else ""
            found += [details[0] + hint, *details[1:]]
        left_out = _left_out(bad)
        for group in left_out:
            lines = ", ".join(map(str, group["lines"][:5])) + ", ..." * (len(group["lines"]) > 5)
            where = f"{len(group['lines'])} rows left out, {group['unit']} {lines}"
            examples.notes.append(f"{group['file']}: {group['reason']}: {where}")
        for group in _left_out([(row, (row.remark, None)) for row in rows if row.remark]):
            lines = ", ".join(map(str, group["lines"][:5])) + ", ..." * (len(group["lines"]) > 5)
            where = f"{len(group['lines'])} of its rows, {group['unit']} {lines}"
            examples.notes.append(f"{group['file']}: {group['reason']}: {where}")
        ids = _ids(split, rows, judged, id_column, examples.notes)
        pairs = zip(ids, judged, strict=True)
        examples[split] = [{"id": name, **example} for name, (example, fault) in pairs if not fault]
        counts[split] = {"read": len(rows), "used": used, "left_out": left_out}
    settle(found, problems)
    return examples, counts


def _left_out(bad):
    groups = {}
    for row, (reason, _) in bad:
        groups.setdefault((row.file, reason, row.unit), []).append(row.line)
    return [{"file": f, "reason": reason, "unit": unit, "lines": lines} for (f, reason, unit), lines in groups.items()]


def _ids(split, rows, judged, column, notes):
    own = [_text_of(row.get(column))[0] for row in rows]
    used = [name for name, (_, fault) in zip(own, judged, strict=True) if not fault]
    if None not in used and len(set(used)) == len(used):
        return own
    if any(used):
        notes.append(f"{split}: ids are row numbers, for {column!r} is not a different text in each row")
    return [str(number) for number in range(1, len(rows) + 1)]


def cut_validation(splits, seed, share=0.1, most=1000, together=None):
    """Where there is no validation split, move a seeded share of the training rows there, at least one unless it is 0.

    After the rows were judged: cut before, the split might hold nothing that can be used.

    Args:
        together: example -> what it is a part of, such as its conversation; parts of one thing stay in one split, and
            `share` and `most` count those things. None: every row is its own.
        most: None for no limit.
    """
    rows = splits.get("train", ())
    if "validation" in splits or not rows or not share:
        return splits
    wholes = [together(row) for row in rows] if together else range(len(rows))
    distinct = list(dict.fromkeys(wholes))
    if len(distinct) == 1:
        rows = "training rows that belong together" if len(rows) > 1 else "one training row"
        raise UserError(f"no validation split, and {rows} cannot be divided: give --validation_file")
    count = max(1, round(share * len(distinct)))
    cut = set(random.Random(seed).sample(distinct, min(most or count, count)))
    splits["train"] = [row for row, whole in zip(rows, wholes, strict=True) if whole not in cut]
    splits["validation"] = [row for row, whole in zip(rows, wholes, strict=True) if whole in cut]
    count = len(splits["validation"])
    splits.sources["validation"] = {"cut_from": "train", "seed": seed, "rows": count}
    splits.notes.append(f"no validation split: {count} of {len(rows)} training rows set aside for it (seed {seed})")
    return splits


def leave_out(splits, counts, unwanted, split="train"):
    """Take the examples for which `unwanted(example)` gives a reason out of a split, and count them by their ids."""
    reasons = [unwanted(example) for example in splits[split]]
    origin = splits.sources.get(split, {})
    groups = {}
    for example, reason in zip(splits[split], reasons, strict=True):
        if reason:
            groups.setdefault(reason, []).append(example["id"])
    place = origin.get("file") or origin.get("dataset") or split
    for reason, ids in groups.items():
        counts[split]["left_out"].append({"file": place, "reason": reason, "unit": "id", "lines": ids})
        shown = ", ".join(ids[:5]) + ", ..." * (len(ids) > 5)
        splits.notes.append(f"{place}: {reason}: {len(ids)} rows left out, id {shown}")
    if groups and all(reasons):
        raise UserError(f"{place}: none of its {len(reasons)} examples is left: {', '.join(groups)}")
    splits[split] = [example for example, reason in zip(splits[split], reasons, strict=True) if not reason]
    counts[split]["used"] -= sum(map(len, groups.values()))


def load_examples(
    fields,
    chosen=None,
    on_bad_row="error",
    allow_missing=(),
    several=(),
    id_column="id",
    seed=42,
    validation_share=0.1,
    validation_most=1000,
    reshape=None,
    together=None,
    allow_none=(),
    judge=None,
    fill_missing=None,
    **where,
):
    """Take all the steps; `where` goes to load_splits. Returns (Splits of examples, field -> column, counts).

    Args:
        reshape: row -> rows, for records that are not flat, made with Row.reshaped; a row may be marked broken or
            unwanted there.
        together, validation_share, validation_most: see cut_validation.
        fill_missing: a text for fields that are missing, null or empty; see fill_gaps.
    """
    problems = []
    splits = load_splits(**where, problems=problems)
    files_wrong = len(problems)
    if reshape:
        splits = reshape_rows(splits, reshape)
    columns = pick_columns(splits, fields, chosen, allow_missing, problems)
    if len(problems) > files_wrong:
        raise UserError(*problems)  # every row would be found to lack the column
    if fill_missing:
        fill_gaps(splits, columns, fill_missing)
    examples, counts = usable_rows(
        splits, columns, on_bad_row, allow_missing, several, id_column, problems, allow_none, judge
    )
    settle(problems, None)
    return cut_validation(examples, seed, validation_share, validation_most, together), columns, counts


def fill_gaps(splits, columns, text):
    """Put `text` where a row that could be read lacks a field, or has it null or empty; notes how often."""
    for rows in splits.values():
        for field, column in columns.items():
            gaps = [row for row in rows if not row.broken and _text_of(row.get(column))[1] in ("is null", "is empty")]
            for row in gaps:
                row[column] = text
            if gaps:
                splits.notes.append(f"{gaps[0].file}: {field} was missing in {len(gaps)} rows and is now {text!r}")


def remark(splits, what, applies):
    """Note for each split in how many of its examples `applies`, and which."""
    for split, rows in splits.items():
        ids = [row["id"] for row in rows if applies(row)]
        if ids:
            shown = ", ".join(ids[:5]) + ", ..." * (len(ids) > 5)
            splits.notes.append(f"{split}: {len(ids)} of {len(rows)} {what}: id {shown}")


def reshape_rows(splits, reshape):
    """`reshape(row)` in the place of each row that could be read."""
    changed = {
        split: list(chain.from_iterable([row] if row.broken else reshape(row) for row in rows))
        for split, rows in splits.items()
    }
    return Splits(changed, splits.notes, splits.sources)


def _keys(row, fields):
    """Hashes of the exact and the normalised texts: short, so that 100,000 long rows fit into memory again."""
    exact = "\0".join(row[field] if isinstance(row[field], str) else "\0".join(row[field]) for field in fields)
    normalised = " ".join(unicodedata.normalize("NFKC", exact).casefold().split())
    return tuple(hashlib.blake2b(text.encode(), digest_size=12).digest() for text in (exact, normalised))


def overlap(splits, fields):
    """Count the rows of a split that repeat an earlier one of it, and those that occur in an earlier split.

    Args:
        splits: split -> examples.
        fields: those that make two rows the same, for example the source alone.
    Returns:
        "test" or "train/test" -> {"exact", "normalised", "examples"}: rows counted, as they are and without regard to
        letter case, Unicode form and white space, and up to five pairs of ids, the earlier row first.
    """
    seen, result = {}, {}
    for split, rows in splits.items():
        seen[split] = ({}, {})
        for one in seen:
            result[split if one == split else f"{one}/{split}"] = {"exact": 0, "normalised": 0, "examples": []}
        for row in rows:
            exact, normalised = _keys(row, fields)
            for one, (known, alike) in seen.items():
                entry = result[split if one == split else f"{one}/{split}"]
                entry["exact"] += exact in known
                entry["normalised"] += normalised in alike
                entry["examples"] += [[alike[normalised], row["id"]]] if normalised in alike else []
                del entry["examples"][5:]
            seen[split][0].setdefault(exact, row["id"])
            seen[split][1].setdefault(normalised, row["id"])
    return result
