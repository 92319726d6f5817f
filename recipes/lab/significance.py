# SPDX-License-Identifier: Apache-2.0
"""Is one system better than another on the same rows, or is it chance? Tests and intervals of SciPy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sacrebleu.metrics import BLEU, CHRF, TER
from scipy import stats

from recipes.metrics.scores import corpus_score, corpus_statistics

SURE = 0.05  # of pairs of equal systems, this share is called different
SAMPLES = 9999  # random exchanges of the two systems' rows, and resamples of the rows


@dataclass(frozen=True)
class Difference:
    """What the second system has more than the first: `low` to `high` is its 95 % interval, None where not known."""

    value: float
    p: float
    low: float | None = None
    high: float | None = None

    @property
    def found(self) -> bool:
        return self.p < SURE


def of_rows(one: Sequence[float], two: Sequence[float], seed: int = 42, samples: int = SAMPLES) -> Difference:
    """The difference of two means over the same rows.

    The p value is that of approximate randomisation: how often chance alone, exchanging the two systems' scores row by
    row, makes a difference as large. The interval is that of a paired bootstrap.

    Args:
        one, two: a score per row, in the same order.
    Source:
        Noreen 1989, "Computer-Intensive Methods for Testing Hypotheses"; Koehn 2004 for the bootstrap.
    """
    change = np.asarray(two, dtype=float) - np.asarray(one, dtype=float)
    if not change.any():
        return Difference(0.0, 1.0, 0.0, 0.0)
    options = {"n_resamples": samples, "vectorized": True, "batch": 500}
    test = stats.permutation_test((change,), np.mean, permutation_type="samples", rng=seed, **options)
    interval = (change[0], change[0])
    if len(change) > 1:
        interval = stats.bootstrap((change,), np.mean, method="percentile", rng=seed, **options).confidence_interval
    return Difference(float(change.mean()), float(test.pvalue), *map(float, interval))


def of_corpus(
    metric: str, one: list[str], two: list[str], references: list, tok: str = "13a", seed: int = 42, samples: int = 999
) -> Difference:
    """The difference of BLEU, chrF or TER, which are no means of rows: each exchange is scored as a whole by sacrebleu.

    sacrebleu's own paired test takes exchanges that change nothing for evidence: of two systems that differ in one row
    of 200, its approximate randomisation (2.6) says p 0.0005. SciPy counts them.

    Args:
        references: for each row a text or several.
        tok: sacrebleu's name of how BLEU finds words.
    """
    kind = {"bleu": lambda: BLEU(tokenize=tok, force=True), "chrf": CHRF, "ter": TER}[metric]()
    counts = np.array(
        [*corpus_statistics(kind, one, references), *corpus_statistics(kind, two, references)], dtype=float
    )
    if one == two:
        return Difference(0.0, 1.0, 0.0, 0.0)
    return of_sums(counts, lambda sums: corpus_score(kind, sums.tolist()), seed, samples)


def of_sums(counts: np.ndarray, score: Callable[[np.ndarray], float], seed: int = 42, samples: int = 999) -> Difference:
    """The difference of a score that is no mean of rows but made of sums over them: each exchange is scored anew.

    Args:
        counts: those of the first system's rows, then of the second's; shape (2 * rows, columns).
        score: of their sums over some rows.
    """
    rows = np.arange(len(counts) // 2)
    systems = rows, rows + len(rows)

    def change(first, second):
        before, after = (score(counts[part].sum(0)) for part in (first, second))
        return after - before

    value = change(*systems)
    if not (counts[systems[0]] - counts[systems[1]]).any():
        return Difference(0.0, 1.0, 0.0, 0.0)
    options = {"n_resamples": samples, "vectorized": False}
    test = stats.permutation_test(systems, change, permutation_type="samples", rng=seed, **options)
    interval = stats.bootstrap(systems, change, paired=True, method="percentile", rng=seed, **options)
    return Difference(value, float(test.pvalue), *map(float, interval.confidence_interval))


def f1_of_classes(sums: np.ndarray, average: str) -> float:
    """Macro or micro F1 of sums of metrics.classes.statistics_of: of the classes that occur, as scikit-learn has it."""
    hits, given, wanted = sums[1:].reshape(-1, 3).T
    if average == "micro":
        return 200 * hits.sum() / max(given.sum() + wanted.sum(), 1)
    occur = given + wanted > 0
    return 200 * float(np.mean(hits[occur] / (given + wanted)[occur])) if occur.any() else 0.0


def corrected(values: Sequence[float]) -> list[float]:
    """p values of several comparisons, so that chance finds no more in many than in one (Benjamini and Hochberg)."""
    return stats.false_discovery_control(values).tolist() if len(values) else []
