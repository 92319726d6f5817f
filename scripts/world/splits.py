# SPDX-License-Identifier: Apache-2.0
"""Rows of a task by plan: train first, then validation and test with a fixed share of patterns that training lacks."""

import random
import re
from collections import Counter

from world import lexicon, shop

UNSEEN = 0.2  # share of the skeletons of validation and test that do not occur in training
MOST = 0.018  # of the rows, for one skeleton
SENTENCE_END = re.compile(rf"(?<=[.!?:]) (?!{'|'.join(shop.MONTHS.values())})")  # not within "4. März"
NAMES = {*lexicon.FEMALE, *lexicon.MALE, *lexicon.SURNAMES}


def build(task, seed, counts, draw_plan, render, target):
    """Return {"train": [...], "validation": [...], "test": [...]}, each row without its id.

    Args:
        counts: rows of each split.
        draw_plan: function of an rng; returns what is to be told, without names and numbers.
        render: function of a Draw and a plan; returns a row, or None if that plan cannot be told with this draw.
        target: column whose skeletons are counted.
    """
    rng = random.Random(f"{task} {seed}")
    plans, rows = _train(rng, counts["train"], draw_plan, render, target)
    seen = Counter(shop.skeleton(row[target]) for row in rows)
    splits, taken = {"train": rows}, set(seen)
    for split in ("validation", "test"):
        unseen = round(UNSEEN * counts[split])
        new = _rows(rng, split, unseen, lambda: draw_plan(rng), render, target, _is_new(taken, _words(seen)))
        old = _rows(
            rng, split, counts[split] - unseen, lambda: rng.choice(plans), render, target, seen.keys().__contains__
        )
        taken |= {shop.skeleton(row[target]) for row in new}
        splits[split] = [*new, *old]
        rng.shuffle(splits[split])
    return {
        split: [{"id": f"{split}-{number:04}"} | row for number, row in enumerate(rows, 1)]
        for split, rows in splits.items()
    }


def _train(rng, count, draw_plan, render, target):
    draw, plans, rows, found, texts = shop.Draw(rng, "train"), [], [], Counter(), set()
    while len(rows) < count:
        plan = draw_plan(rng)
        row = render(draw, plan)
        if row is None or row[target] in texts or not _apart(row, "train"):
            continue
        skeleton = shop.skeleton(row[target])
        if found[skeleton] < MOST * count:
            found[skeleton] += 1
            texts.add(row[target])
            plans.append(plan)
            rows.append(row)
    return plans, rows


def _rows(rng, split, count, draw_plan, render, target, fits):
    """Rows of pairwise different skeletons that fit."""
    draw, rows = shop.Draw(rng, split), {}
    while len(rows) < count:
        row = render(draw, draw_plan())
        if row is not None and _apart(row, split) and fits(skeleton := shop.skeleton(row[target])):
            rows.setdefault(skeleton, row)
    return list(rows.values())


def _words(skeletons):
    return {word for skeleton in skeletons for word in skeleton.split()}


def _is_new(taken, words):
    return lambda skeleton: skeleton not in taken and words.issuperset(skeleton.split())


def _apart(row, split):
    return all(apart(text, split) for text in row.values())


def apart(text, split):
    """Whether no sentence of the text can also occur between pretraining and the splits.

    A sentence with a name or number cannot, for these belong to one split. Any other is told either in the
    pretraining text or in the splits, by a hash.
    """
    for sentence in SENTENCE_END.split(text):
        tied = re.search(r"\d", sentence) or NAMES & set(re.findall(r"\w+", sentence))
        if not tied and (shop.pool_of(sentence) == "pretrain") != (split == "pretrain"):
            return False
    return True
