# SPDX-License-Identifier: Apache-2.0
"""What the doctor's look at the texts costs, for `make bench`: python scripts/benchmark_doctor.py 10000

Prints JSON: seconds of a core for all checks of the texts of so many generated rows of 60 and 12 words, and the GiB
that they take beside the rows themselves.
"""

import json
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

import numpy as np

from recipes.doctor import texts
from recipes.doctor.survey import Texts, survey
from recipes.machines.facts import peak_memory_gib


def rows(count, words=60, vocabulary=5000):
    """Texts whose words are as frequent as those of a language; a target begins as its source does."""
    draw, names = np.random.default_rng(0), [f"w{number}" for number in range(vocabulary)]
    share = 1 / np.arange(1, vocabulary + 1)
    source = []
    for start in range(0, count, 10_000):
        drawn = draw.choice(vocabulary, (min(10_000, count - start), words), p=share / share.sum())
        source += [" ".join(map(names.__getitem__, row)) for row in drawn.tolist()]
    return Texts("train", "rows", list(map(str, range(count))), source, [" ".join(one.split()[:12]) for one in source])


def main(argv=None):
    made = rows(int((argv or sys.argv[1:])[0]))
    before, began = peak_memory_gib() or 0, time.process_time()
    found = list(texts.examine(survey([made])))
    seconds = time.process_time() - began
    wrong = sum(one.level != "pass" for one in found)
    print(json.dumps({"seconds": seconds, "memory": (peak_memory_gib() or 0) - before, "wrong": wrong}))


if __name__ == "__main__":
    main()
