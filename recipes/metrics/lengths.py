# SPDX-License-Identifier: Apache-2.0
"""How long texts are, and how many of them a limit cuts."""

import numpy as np


def spread(lengths: np.ndarray, limit: int, bins: int = 24) -> dict:
    """Median, 95th percentile, longest, how many are above the limit.

    `histogram` counts them in bins of `width`, the first from 0; the last holds all that are longer, too.
    """
    median, high = np.percentile(lengths, [50, 95])
    cut = int((lengths > limit).sum())
    # Up to twice the 95th percentile: one endless text must not leave a single bar for all others.
    top = int(min(lengths.max(), 2 * high))
    width = top // bins + 1
    return {
        "median": int(median),
        "p95": int(high),
        "max": int(lengths.max()),
        "limit": limit,
        "cut": cut,
        "cut_percent": round(100 * cut / len(lengths), 2),
        "histogram": {"width": width, "counts": np.bincount(np.minimum(lengths // width, top // width)).tolist()},
    }
