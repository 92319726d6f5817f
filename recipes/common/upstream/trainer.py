# SPDX-License-Identifier: Apache-2.0
"""Private parts of transformers.Trainer (read in 5.23) under names of our own, each with what is lost without it."""

from pathlib import Path

import torch
import transformers
from datasets import Dataset


class Hooks(transformers.Trainer):
    """The library's trainer with a public method for each private one that the recipes need."""

    def check_gradient(self, norm: torch.Tensor) -> None:
        """Look at a step's gradient norm before the optimizer's step. Without it NaN reaches the weights (trap 2)."""

    def evaluation_order(self, dataset: Dataset) -> list[int]:
        """The order in which rows are evaluated. The library would group by length at random (trap 9)."""
        return list(range(len(dataset)))

    def forget_preparation(self) -> None:
        """Let `train` wrap a model that was evaluated before its first step.

        accelerate marks such a model as prepared and would not put it into DistributedDataParallel: every process would
        train a model of its own, without a word.
        """
        self.model.__dict__.pop("_is_accelerate_prepared", None)

    def restore(self, checkpoint: str) -> None:
        """Take state and weights from a checkpoint that ended training. The library would train on from there."""
        self.state = transformers.TrainerState.load_from_json(f"{checkpoint}/trainer_state.json")
        self.find_best()
        if self.args.load_best_model_at_end:
            self._load_best_model()
        else:
            self._load_from_checkpoint(checkpoint)

    def find_best(self) -> None:
        """Look for the best checkpoint where the run is now. The library has its path of then, and keeps the last."""
        best = Path(self.args.output_dir, f"checkpoint-{self.state.best_global_step}")
        self.state.best_model_checkpoint = str(best) if best.is_dir() else None

    @property
    def batch_size(self) -> int:
        """Rows of a batch now: --auto_find_batch_size halves it where the memory is used up, and says so here alone."""
        return self._train_batch_size

    def on_device(self, inputs: dict) -> dict:
        """A batch's tensors on the model's device. The library's own prediction_step calls this, too."""
        return dict(self._prepare_inputs(inputs))

    def _get_grad_norm(self, model, grad_norm=None):
        norm = super()._get_grad_norm(model, grad_norm)
        if norm is not None and not self.args.fp16:  # fp16's scaler meets infinities and skips their steps
            norm = torch.as_tensor(norm)
            self.check_gradient(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)
        return norm

    def _get_eval_sampler(self, eval_dataset):
        return self.evaluation_order(eval_dataset)
