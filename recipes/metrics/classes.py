# SPDX-License-Identifier: Apache-2.0
"""Scores of labels against labels, from 0 to 100 with 95 % bootstrap intervals, as scikit-learn's to the digit.

found = classes(predictions, references)          # a label for each row, or a set of labels
found.totals    {"accuracy": 91.0, "accuracy_ci_low": 87.5, ..., "f1_macro": 90.1, ...}
per_class(predictions, references)                # a table: precision, recall, F1, rows of each class
confusion(predictions, references)                # a table: what was predicted, of each class
"""

import functools
from collections.abc import Callable, Collection, Sequence

import numpy as np

from .scores import Scores, summarize

Labels = Sequence[str] | Sequence[Collection[str]]


def classes(predictions: Labels, references: Labels, seed: int = 42, samples: int = 1000) -> Scores:
    """Accuracy, a mean over rows, and F1, a mean over the classes that occur in either list (0 where all is wrong).

    Where rows are sets of labels, a row is right if its set is; `f1_micro` counts labels whatever their class.
    """
    statistics, names = statistics_of(predictions, references)
    several = not all(isinstance(one, str) for one in references)
    scores: dict[str, Callable] = {"accuracy": functools.partial(_accuracy, rows=len(statistics))}
    scores |= {"f1_macro": _f1_macro} | ({"f1_micro": _f1_micro} if several else {})
    rows = [{"accuracy": 100.0 * right} for right, *_ in statistics]
    averaged = f"classes:{len(names)}|zero_division:0|{'sets' if several else 'single'}"
    return Scores(summarize(statistics, scores, seed, samples), rows, {"classes": averaged})


def per_class(predictions: Labels, references: Labels) -> list[list[str]]:
    """A row for each class, most frequent first: its name, precision, recall and F1 with intervals, and its rows."""
    statistics, names = statistics_of(predictions, references)
    table = [["class", "precision", "recall", "F1", "rows"]]
    parts = {"precision": _precision, "recall": _recall, "f1": _f1}
    for place in _by_frequency(statistics, names):
        scores = {name: functools.partial(_of_class, part=part, place=place) for name, part in parts.items()}
        found = summarize(statistics, scores)
        cells = [f"{found[n]:.1f} ({found[n + '_ci_low']:.1f} to {found[n + '_ci_high']:.1f})" for n in parts]
        _, _, wanted = np.sum(statistics, axis=0)[1:].reshape(-1, 3)[place]
        table.append([names[place], *cells, f"{wanted:.0f}"])
    return table


def confusion(predictions: Sequence[str], references: Sequence[str]) -> list[list[str]]:
    """A row for each class: the share of its rows that were given each label, in %, with intervals, and their count."""
    statistics, names = statistics_of(predictions, references)
    order = [names[place] for place in _by_frequency(statistics, names)]
    table = [["class", *(f"given {name}" for name in order)]]
    for wanted in [name for name in order if name in references]:
        given = [p for p, r in zip(predictions, references, strict=True) if r == wanted]
        shares = [[float(one == name) for name in order] for one in given]
        cells = []
        for place in range(len(order)):
            found = summarize(shares, {"share": functools.partial(_share, place=place, rows=len(given))})
            low, high = found["share_ci_low"], found["share_ci_high"]
            count = given.count(order[place])
            cells.append(f"{count}: {found['share']:.0f} % ({low:.0f} to {high:.0f})" if count else "0")
        table.append([wanted, *cells])
    return table


def statistics_of(predictions: Labels, references: Labels) -> tuple[list[list[float]], list[str]]:
    """(of each row: whether it is right, and of each class whether it was hit, given and wanted; names of classes)."""
    given, wanted = (
        [{one} if isinstance(one, str) else set(one) for one in side] for side in (predictions, references)
    )
    if len(given) != len(wanted):
        raise ValueError(f"{len(given)} predictions but {len(wanted)} references")
    names = sorted(set().union(*given, *wanted))
    statistics = [
        [float(one == two), *(float(n in s) for n in names for s in (one & two, one, two))]
        for one, two in zip(given, wanted, strict=True)
    ]
    return statistics, names


def _by_frequency(statistics, names):
    wanted = np.sum(statistics, axis=0)[3::3]
    return sorted(range(len(names)), key=lambda place: (-wanted[place], names[place]))


def _accuracy(sums, rows):
    return 100 * sums[0] / rows


def _share(sums, place, rows):
    return 100 * sums[place] / rows


def _of_class(sums, part, place):
    return part(*sums[1 + 3 * place : 4 + 3 * place])


def _precision(hits, given, wanted):
    return 100 * hits / given if given else 0.0


def _recall(hits, given, wanted):
    return 100 * hits / wanted if wanted else 0.0


def _f1(hits, given, wanted):
    return 200 * hits / (given + wanted) if given + wanted else 0.0


def _f1_macro(sums):
    parts = [_f1(*sums[place : place + 3]) for place in range(1, len(sums), 3)]
    return sum(parts) / len(parts)


def _f1_micro(sums):
    return _f1(*(sum(sums[1 + part :: 3]) for part in range(3)))
