# SPDX-License-Identifier: Apache-2.0
"""What a batch is made of: the order of the rows, and how rows become tensors."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
import torch
from datasets import Dataset
from transformers import DataCollatorForSeq2Seq, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from recipes.pretrained import families

LABEL_PAD = -100
PAD_TO = 8  # lengths of a batch are multiples of it, for tensor cores


class TrainingBatches(torch.utils.data.Sampler):
    """Batches of row numbers: every row once an epoch, in an order drawn anew from the seed and the epoch alone.

    A step takes the next `per_step` batches, however they are split over accumulation and processes: the same rows
    meet in a step on one process and on four. The last step is filled with the number of the blank row (see
    `with_blank`), where the library would repeat rows and weigh them twice.

    Args:
        rows: how many there are; they are numbered from 0, and `rows` itself is the blank one.
        batch_size: rows of a batch.
        per_step: batches of an optimizer update: accumulation x processes.
        lengths: tokens of source and target, shape (rows, 2); rows of like length meet in a step. None: any rows do.
        max_tokens: batches of as many rows as this holds, padding and both sides counted, instead of `batch_size`.
        shuffle: False keeps the order of the data.
    """

    def __init__(
        self,
        rows: int,
        batch_size: int,
        per_step: int,
        seed: int,
        lengths: np.ndarray | None = None,
        max_tokens: int | None = None,
        shuffle: bool = True,
    ):
        self.rows, self.per_step, self.seed = rows, per_step, seed
        self.batch_size: Any = batch_size
        self.lengths, self.max_tokens, self.shuffle = lengths, max_tokens, shuffle
        self.epoch = 0
        # Only what is long decides where batches of tokens end, not the draw: there are as many in every epoch.
        self.batches = sum(1 for _ in self) if max_tokens else math.ceil(rows / (batch_size * per_step)) * per_step
        if max_tokens:
            self.batch_size = None  # accelerate then takes batches as they come

    def __len__(self) -> int:
        return self.batches

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        generator = np.random.default_rng([self.seed, self.epoch])
        order = generator.permutation(self.rows) if self.shuffle else np.arange(self.rows)
        if self.max_tokens:
            return iter(self._by_tokens(order, generator))
        if self.lengths is not None:
            order = self._grouped(order, generator)
        filled = np.append(order, np.full(len(self) * self.batch_size - self.rows, self.rows))
        return iter(filled.reshape(-1, self.batch_size).tolist())

    def _grouped(self, order, generator):
        """Sort within pools of up to 100 steps, then shuffle whole steps; the one that is not full stays last.

        Half of the rows are a pool at most: which rows meet has to differ from epoch to epoch.
        """
        step = self.batch_size * self.per_step
        pool = step * max(1, min(100, self.rows // (2 * step)))
        order = np.concatenate([self._sorted(order[start : start + pool]) for start in range(0, self.rows, pool)])
        full = self.rows // step * step
        steps = generator.permutation(order[:full].reshape(-1, step))
        return np.concatenate([steps.ravel(), order[full:]])

    def _sorted(self, rows):
        """The longest first, as padded: by the side whose lengths differ most, then by the other, then as they come."""
        padded = _padded(self.lengths[rows])
        return rows[np.lexsort(-padded.T[np.argsort(self.lengths.std(axis=0), kind="stable")])]

    def _by_tokens(self, order, generator):
        """Fill batches with rows of like length, then shuffle whole steps."""
        padded = _padded(self.lengths)
        batches, widest = [[]], np.zeros(2, dtype=int)
        for row in self._sorted(order).tolist():
            wider = np.maximum(widest, padded[row])
            if batches[-1] and wider.sum() * (len(batches[-1]) + 1) > self.max_tokens:
                batches.append([])
                wider = padded[row]
            batches[-1].append(row)
            widest = wider
        while len(batches) % self.per_step:
            batches.append([self.rows])
        steps = [batches[start : start + self.per_step] for start in range(0, len(batches), self.per_step)]
        return [batch for number in generator.permutation(len(steps)) for batch in steps[number]]


def _padded(lengths: np.ndarray) -> np.ndarray:
    """Lengths as they are in a batch: rounded up to a multiple of PAD_TO."""
    return np.ceil(lengths / PAD_TO).astype(int) * PAD_TO


def lengths_of(table: Dataset) -> np.ndarray:
    """Tokens of source and target of each feature, as cut; shape (features, 2)."""
    columns = table.with_format("arrow")
    return np.stack([pc.list_value_length(columns[name][:]).to_numpy() for name in ("input_ids", "labels")], axis=1)


def with_blank(table: Dataset) -> Dataset:
    """`table` with one more row that has no target and so no part in the loss: what fills the last step."""
    if not len(table):
        return table
    blank = table[int(np.argmin(table["length"]))]
    return table.add_item({**blank, "labels": [LABEL_PAD] * len(blank["labels"]), "feature": len(table)})


@dataclass
class Collator:
    """Pad a batch on the right; labels with -100, so that padding is no part of the loss (trap 18).

    `feature` is the row's number among the features: predictions find their way back to their inputs by it, whatever
    the order or the number of processes (traps 8 and 9).
    """

    tokenizer: PreTrainedTokenizerBase
    model: PreTrainedModel | None = None  # its configuration says what the decoder begins with; without it: no inputs
    mask_special_tokens: bool = False  # leave special tokens but the end token out of the loss

    def __post_init__(self):
        self.masked = torch.tensor(sorted({*self.tokenizer.all_special_ids} - {self.tokenizer.eos_token_id}))
        self.pad = DataCollatorForSeq2Seq(self.tokenizer, pad_to_multiple_of=PAD_TO, label_pad_token_id=LABEL_PAD)

    def __call__(self, features: list[dict]) -> dict[str, torch.Tensor]:
        names = [name for name in ("input_ids", "token_type_ids", "labels", "feature") if name in features[0]]
        batch = self.pad([{name: feature[name] for name in names} for feature in features])
        if self.model is not None and "labels" in names:
            batch["decoder_input_ids"] = decoder_inputs(batch["labels"], self.model.config)
        if self.mask_special_tokens and "labels" in names:
            batch["labels"][torch.isin(batch["labels"], self.masked)] = LABEL_PAD
        if self.model is not None and "global" in families.of(self.model.config):  # all others see the first token
            mask = torch.zeros_like(batch["input_ids"]).index_fill(1, torch.tensor(0), 1)
            batch[families.of(self.model.config)["global"]] = mask
        return batch


def decoder_inputs(labels: torch.Tensor, config: PreTrainedConfig) -> torch.Tensor:
    """What the decoder reads while it learns `labels`, shape (batch, target length): they, one place to the right.

    It begins with the start token, for mBART and PLBart the language. Their own method looks for it at the end of the
    labels, where the blank row has none, and M2M100, NLLB and Blenderbot have no such method.
    """
    start = torch.full_like(labels[:, :1], config.decoder_start_token_id)
    shifted = torch.cat([start, labels[:, :-1]], dim=1)
    return shifted.masked_fill(shifted == LABEL_PAD, config.pad_token_id)
