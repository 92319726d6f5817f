# SPDX-License-Identifier: Apache-2.0
"""Perplexity, and how many tokens were the likeliest: both counted over all rows, so long rows weigh more.

found = scored([(loss, tokens, right), ...])    # of each row: the summed loss, its tokens, how many were the likeliest
found.totals    {"perplexity": 57.1, "perplexity_ci_low": ..., "accuracy": 31.0, ...}
"""

import math
from collections.abc import Iterable, Sequence

from .scores import Scores, summarize


def scored(statistics: Sequence[tuple[float, int, int]]) -> Scores:
    """The scores with 95 % bootstrap intervals; a row tells its tokens, too, so that runs can be compared by it."""
    rows = [{"perplexity": round(_perplexity(one), 4), "tokens": one[1], "right": one[2]} for one in statistics]
    return Scores(summarize(statistics, PARTS), rows, {"perplexity": "exp(mean loss of a token)"})


def statistics_of(rows: Iterable[dict]) -> list[list[float]]:
    """What `scored` took, of the rows that it gave."""
    return [[math.log(max(row["perplexity"], 1)) * row["tokens"], row["tokens"], row["right"]] for row in rows]


def _perplexity(sums):
    return math.exp(min(sums[0] / sums[1], 700)) if sums[1] else 0.0


def _accuracy(sums):
    return 100 * sums[2] / sums[1] if sums[1] else 0.0


PARTS = {"perplexity": _perplexity, "accuracy": _accuracy}
