# SPDX-License-Identifier: Apache-2.0
"""How weights change: which rows meet in a step, what a batch is, the loss, the trainer."""

from recipes.common.learning.batches import Collator, TrainingBatches
from recipes.common.learning.trainer import Seq2SeqTrainer, Trainer

__all__ = ["Collator", "Seq2SeqTrainer", "Trainer", "TrainingBatches"]
