# SPDX-License-Identifier: Apache-2.0
"""Unlabelled text of the bundled world, for pre-training: every task module tells about the same shop."""

import random
from importlib import import_module
from importlib.util import find_spec

# Of twelve paragraphs, how many are by which module. Each has rows(seed) and paragraphs(rng), which never ends.
WEIGHTS = {"tickets": 3, "products": 2, "faq": 2, "policies": 2.5, "chats": 2.5}
TASKS = tuple(task for task in WEIGHTS if find_spec(f"world.{task}"))
DATA = (*TASKS, "feedback")  # what data sets are made of; no text of feedback is for pre-training


def module_of(task):
    return import_module(f"world.{task}")


def paragraphs(rng):
    """Yield paragraphs without end, one string each, mixed over the tasks by WEIGHTS.

    Their names, numbers and dates come from the pool "pretrain", which no split of the data shares.
    """
    makers = [module_of(task).paragraphs(random.Random(rng.random())) for task in TASKS]
    weights = [WEIGHTS[task] for task in TASKS]
    while True:
        yield next(rng.choices(makers, weights)[0])
