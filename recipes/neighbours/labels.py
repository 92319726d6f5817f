# SPDX-License-Identifier: Apache-2.0
"""Labels of whole texts: one of each, or any number; words or numbers; how often each occurs."""

from collections import Counter

import torch

from recipes.common import UserError, listed
from recipes.common.decoding import Output
from recipes.common.learning.batches import LABEL_PAD
from recipes.common.reading import Splits
from recipes.common.reading.splits import first_five
from recipes.files import Row
from recipes.metrics import classes

MARK = ", "  # between the labels of a row that has several


def split(text: str, settings) -> list[str]:
    """The labels in a text; one with commas is several where rows may have several."""
    return [one.strip() for one in text.split(",") if one.strip()] if settings.multi_label else [text]


def taken(texts: list[str], settings) -> list:
    """Labels as scores take them: texts, or lists of them where a row may have several."""
    return [split(text, settings) for text in texts] if settings.multi_label else list(texts)


def numbers(text: str, settings) -> list[int]:
    """What a model learns: the number of the class, -100 where training lacks it; or 1 or 0 for each class."""
    own = split(text, settings)
    if settings.multi_label:
        return [int(name in own) for name in settings.labels]
    return [settings.labels.index(name) if name in settings.labels else LABEL_PAD for name in own]


def read(chances: dict[str, float], settings) -> Output:
    """The likeliest label, or all that are likelier than not, as one text; its score is how probable each is."""
    likely = [name for name, chance in chances.items() if chance > 0.5]
    best = likely if settings.multi_label else [max(chances, key=lambda name: chances[name])]
    return Output(MARK.join(best), {name: round(chance, 4) for name, chance in chances.items()}, False)


def named(row: Row, column: str, settings) -> list[Row]:
    """The row with its labels named as --class_names says, and several of them as one text."""
    label, names = row.get(column), settings.class_names.split(",") if settings.class_names else []
    if label is None:
        return [row]
    if isinstance(label, list) and not settings.multi_label:
        return [row.reshaped(broken=("several labels", f"column {column!r} holds a list; give --multi_label"))]
    found = [str(one).strip() for one in label] if isinstance(label, list) else split(str(label), settings)
    found = [names[int(one)] if one.isdigit() and int(one) < len(names) else one for one in found]
    return [row.reshaped({**row, column: MARK.join(found)})]


def tables(rows: list[dict], settings) -> dict[str, list[list[str]]]:
    """What the report shows of each class, made of the lines of predictions.jsonl."""
    given, wanted = (taken([row[side] for row in rows], settings) for side in ("prediction", "reference"))
    found = {"Classes": classes.per_class(given, wanted)} if rows else {}
    return found if settings.multi_label or not rows else found | {"Confusion": classes.confusion(given, wanted)}


def count(splits: Splits, field: str, settings) -> Counter:
    """How often each label occurs in training; settings.labels becomes their list, sorted, numbers by value."""
    found = {name: Counter(one for row in rows for one in split(row[field], settings)) for name, rows in splits.items()}
    counts = found["train"]
    settings.labels = sorted(counts, key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0, name))
    total = sum(counts.values())
    shown = [f"{name!r} {count:,} ({100 * count / total:.0f} %)" for name, count in counts.most_common()]
    splits.notes.append(f"labels of training: {', '.join(shown[:20])}" + (", ..." if len(shown) > 20 else ""))
    alike = Counter(name.strip().casefold() for name in counts)
    for lower in [one for one, often in alike.items() if often > 1]:
        same = [one for one in counts if one.strip().casefold() == lower]
        splits.notes.append(f"labels {listed(same)} differ in case or spaces only, and are learned as different")
    if len(counts) < 2:
        raise UserError(f"all training rows have the label {settings.labels[0]!r}: there is nothing to tell apart")
    if len(counts) > max(50, total / 2):
        raise UserError(
            f"{len(counts):,} different labels in {total:,} training rows, such as {listed(settings.labels[:3])}: "
            "these are no classes; name the column of the labels"
        )
    for name, counted in found.items():
        unknown = sorted(counted.keys() - counts.keys())
        if unknown:
            rows = [row["id"] for row in splits[name] if set(split(row[field], settings)) & set(unknown)]
            what = f"{len(rows)} rows have labels that training lacks, {listed(unknown)}, and count as wrong"
            splits.notes.append(f"{name}: {what}: id {first_five(rows)}")
    return counts


def balanced(counts: Counter, labels: list[str]) -> torch.Tensor:
    """Weights under which all classes weigh alike and a row 1 on average: rows / (classes x rows of the class)."""
    return torch.tensor([counts.total() / (len(labels) * counts[name]) for name in labels])
