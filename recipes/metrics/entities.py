# SPDX-License-Identifier: Apache-2.0
"""Entities in tagged words, and their precision, recall and F1 as seqeval's (conlleval's) to the digit.

found = entities(["B-PER I-PER O"], ["B-PER I-PER O"])        # tags by spaces, a text for each row
found.totals    {"f1": 100.0, "f1_ci_low": 100.0, ..., "precision": ..., "recall": ...}
"""

import functools
from collections.abc import Sequence

import numpy as np

from .classes import _f1, _precision, _recall
from .scores import Scores, summarize

PARTS = {"f1": _f1, "precision": _precision, "recall": _recall}


def spans(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """(type, first word, last word) of each entity; tags as IOB1, IOB2, IOE or IOBES write them, or badly so."""
    found, begin, before, kind = [], 0, "O", ""
    for place, tag in enumerate([*tags, "O"]):
        sign, type_ = tag[:1], tag[1:].split("-", maxsplit=1)[-1] or "_"
        other = kind != type_
        inside = before not in ("O", ".")
        if before in ("E", "S") or (before in ("B", "I") and sign in ("B", "S", "O")) or (inside and other):
            found += [(kind, begin, place - 1)]
        if (
            sign in ("B", "S")
            or (before in ("E", "S", "O") and sign in ("E", "I"))
            or (sign not in ("O", ".") and other)
        ):
            begin = place
        before, kind = sign, type_
    return found


def entities(predictions: Sequence[str], references: Sequence[str], seed: int = 42, samples: int = 1000) -> Scores:
    """Precision, recall and F1 of whole entities, counted over all rows."""
    statistics = statistics_of(predictions, references)
    scores = {name: functools.partial(_of, part=part) for name, part in PARTS.items()}
    rows = [{"f1": 100.0 if not given + wanted else _f1(hits, given, wanted)} for hits, given, wanted in statistics]
    return Scores(summarize(statistics, scores, seed, samples), rows, {"entities": "entities:conlleval|average:micro"})


def per_type(predictions: Sequence[str], references: Sequence[str]) -> list[list[str]]:
    """A table: a row for each type of entity with its scores, their intervals, and how many there are."""
    kinds = sorted({kind for text in [*predictions, *references] for kind, _, _ in spans(text.split())})
    table = [["entity", *PARTS, "entities"]]
    for kind in kinds:
        statistics = statistics_of(predictions, references, kind)
        found = summarize(statistics, {name: functools.partial(_of, part=part) for name, part in PARTS.items()})
        cells = [f"{found[n]:.1f} ({found[n + '_ci_low']:.1f} to {found[n + '_ci_high']:.1f})" for n in PARTS]
        table.append([kind, *cells, f"{np.sum(statistics, axis=0)[2]:.0f}"])
    return table


def statistics_of(predictions, references, kind=None):
    """Of each row: entities that are right, given and wanted."""
    if len(predictions) != len(references):
        raise ValueError(f"{len(predictions)} predictions but {len(references)} references")
    sides = [[spans(text.split()) for text in side] for side in (predictions, references)]
    sides = [[{one for one in found if kind in (None, one[0])} for found in side] for side in sides]
    return [[len(given & wanted), len(given), len(wanted)] for given, wanted in zip(*sides, strict=True)]


def _of(sums, part):
    return part(*sums)
