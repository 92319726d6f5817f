# SPDX-License-Identifier: Apache-2.0
"""What a batch is made of: the order of the rows, and how rows become tensors."""

from dataclasses import dataclass

import numpy as np
import torch
from transformers import DataCollatorForSeq2Seq

LABEL_PAD = -100


class TrainingOrder(torch.utils.data.Sampler):
    """Every row once an epoch, in an order drawn anew each epoch from the seed and the epoch alone.

    A step takes the next `step_size` numbers, however they are split over accumulation and processes: the same rows
    meet in a step on one process and on four. The last step is filled with the number of the blank row (see
    `with_blank`), where the library would repeat rows and weigh them twice.

    Args:
        costs: per row, in tokens; rows of like cost meet in a step. None: any rows do.
        rows: how many there are; they are numbered from 0, and `rows` itself is the blank one.
        step_size: rows of an optimizer update: per device x accumulation x processes.
        shuffle: False keeps the order of the data.
    """

    def __init__(self, rows, step_size, seed, costs=None, shuffle=True):
        self.rows, self.step_size, self.seed, self.costs, self.shuffle = rows, step_size, seed, costs, shuffle
        self.epoch = 0

    def __len__(self):
        return -(-self.rows // self.step_size) * self.step_size

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __iter__(self):
        generator = np.random.default_rng([self.seed, self.epoch])
        order = generator.permutation(self.rows) if self.shuffle else np.arange(self.rows)
        if self.costs is not None:
            order = self._grouped(order, generator)
        filled = np.concatenate([order, np.full(len(self) - self.rows, self.rows)])
        return iter(filled.tolist())

    def _grouped(self, order, generator):
        """Sort within pools of up to 50 steps, then shuffle whole steps; the one that is not full stays last."""
        pool = self.step_size * max(1, min(50, self.rows // (4 * self.step_size)))
        pools = [order[start : start + pool] for start in range(0, self.rows, pool)]
        order = np.concatenate([part[np.argsort(-self.costs[part], kind="stable")] for part in pools])
        full = self.rows // self.step_size * self.step_size
        steps = generator.permutation(order[:full].reshape(-1, self.step_size))
        return np.concatenate([steps.ravel(), order[full:]])


def with_blank(table):
    """`table` with one more row that has no target and so no part in the loss: what fills the last step."""
    if not len(table):
        return table
    blank = {**table[int(np.argmin(table["length"]))], "labels": [LABEL_PAD], "feature": len(table)}
    return table.add_item(blank)


@dataclass
class Collator:
    """Pad a batch on the right; labels with -100, so that padding is no part of the loss (trap 18).

    `feature` is the row's number among the features: predictions find their way back to their inputs by it, whatever
    the order or the number of processes (traps 8 and 9).
    """

    tokenizer: object
    model: object = None  # makes decoder_input_ids of the labels; without it the model does so itself

    def __post_init__(self):
        self.pad = DataCollatorForSeq2Seq(
            self.tokenizer, model=self.model, pad_to_multiple_of=8, label_pad_token_id=LABEL_PAD
        )

    def __call__(self, features):
        names = [name for name in ("input_ids", "labels", "feature") if name in features[0]]
        return self.pad([{name: feature[name] for name in names} for feature in features])
