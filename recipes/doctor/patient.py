# SPDX-License-Identifier: Apache-2.0
"""All that is known of a run before its first step, as its own recipe made it."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow
from torch import nn
from transformers import PreTrainedConfig, PreTrainedTokenizerBase, TrainingArguments

from recipes.common.features import Tables
from recipes.common.reading import Splits
from recipes.common.tasks import Task
from recipes.doctor.survey import Texts, texts_of
from recipes.pretrained.parts import innermost


@dataclass
class Patient:
    """What `look` is given; `trainer` only where the doctor lets the recipe make one."""

    task: Task
    settings: Any
    args: TrainingArguments
    splits: Splits
    tables: Tables
    model: nn.Module
    tokenizer: PreTrainedTokenizerBase
    trainer: Any = None

    @property
    def config(self) -> PreTrainedConfig:
        return innermost(self.model).config

    @functools.cached_property
    def texts(self) -> list[Texts]:
        """The splits as texts, training first."""
        return sorted(texts_of(self.splits, self.task), key=lambda one: one.split != "train")

    def place(self, feature: int) -> str:
        """Where the row of a training feature stands."""
        return self.texts[0].place(self.tables["train"][feature]["example"])

    def lengths(self, name: str) -> np.ndarray:
        """Tokens of each training feature before cutting: `length` or `target_length`."""
        return self.tables["train"].with_format("numpy")[name][:]

    def column(self, name: str) -> pyarrow.ListArray:
        """A column of ids of the training features."""
        column = self.tables["train"].with_format("arrow")[name][:]
        return column.combine_chunks() if isinstance(column, pyarrow.ChunkedArray) else column
