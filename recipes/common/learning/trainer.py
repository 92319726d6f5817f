# SPDX-License-Identifier: Apache-2.0
"""The library's trainers with their loss, their order and their evaluation put right."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from datasets import Dataset
from transformers.trainer_utils import EvalPrediction, TrainOutput

from recipes.common import lora
from recipes.common.decoding import encode, generate_ids, sampled
from recipes.common.learning.batches import TrainingBatches, lengths_of, with_blank
from recipes.common.loss import decoder_states, token_loss
from recipes.common.upstream import cpu
from recipes.common.upstream.trainer import Hooks
from recipes.disk import UNFINISHED, read_json, write_json
from recipes.machines import sharding
from recipes.pretrained import four_bits

TEXTS = "texts.json"  # of a checkpoint: what its evaluation generated, {feature: texts}


class Trainer(Hooks):
    """The library's plain trainer with the repairs that every task needs, each a short override.

    - training_step, check_gradient: a loss or gradient that is no number ends the run (trap 2).
    - get_train_dataloader: steps of the same rows, however they are split; a blank row fills the last one.
    - evaluation_order: longest first, so that batches carry little padding and memory runs out at once or never.
    - train: goes on where early stopping had ended; train_loss is that of all steps, also of those before a resume.

    Args: as for the library's, but compute_metrics is a judging.Judge; max_tokens_per_batch makes batches of so many
        tokens instead of args.per_device_train_batch_size rows.
    """

    def __init__(
        self, *args, train_dataset: Dataset, compute_metrics: Any, max_tokens_per_batch: int | None = None, **kwargs
    ):
        self.judge, self.max_tokens_per_batch, self.outline = compute_metrics, max_tokens_per_batch, None
        kwargs["callbacks"] = [Epochs(self), *(kwargs.get("callbacks") or [])]  # first, so that manifests have its file
        super().__init__(*args, train_dataset=with_blank(train_dataset), compute_metrics=self._score, **kwargs)
        for callback in (transformers.PrinterCallback, transformers.ProgressCallback):
            self.remove_callback(callback)

    def training_step(self, model, inputs, num_items_in_batch=None):
        with cpu.fast_training(self.accelerator.unwrap_model(model)):
            loss = super().training_step(model, inputs, num_items_in_batch)
        self._refuse_non_finite("loss", loss)
        return loss

    def check_gradient(self, norm: torch.Tensor) -> None:
        self._refuse_non_finite("gradient", norm)

    def _refuse_non_finite(self, name: str, value: torch.Tensor) -> None:
        """Stop where the library would print a loss of 0.0 and go on (trap 2)."""
        if torch.isfinite(value):
            return
        hint = ", or leave --fp16 out, which overflows on T5 models" if self.args.fp16 else ""
        raise FloatingPointError(
            f"the {name} is {value.item()} at step {self.state.global_step + 1}: training has diverged. "
            f"Lower --learning_rate{hint}"
        )

    def train(self, resume_from_checkpoint: str | None = None, **kwargs) -> TrainOutput:
        self.forget_preparation()
        if self.is_fsdp_enabled:
            self.outline = sharding.outline(self.model)
            sharding.share_embeddings(self.model)
        if resume_from_checkpoint and stopped_early(resume_from_checkpoint):
            self.restore(resume_from_checkpoint)
            metrics = {"epoch": self.state.epoch}
        else:
            metrics = super().train(resume_from_checkpoint, **kwargs).metrics
        if not self.is_fsdp_enabled:  # weights in parts are merged when they are one again
            lora.merge(four_bits.settle(self))  # what is scored from here on is what is saved
        metrics["train_loss"] = mean_loss(self.state)
        return TrainOutput(self.state.global_step, metrics["train_loss"], metrics)

    def save_model(self, output_dir: str | None = None, **kwargs) -> None:
        """As the library's; what is not finished yet bears a mark, so that it is not taken for somebody's own."""
        if output_dir and self.is_world_process_zero():
            Path(output_dir).mkdir(parents=True, exist_ok=True)
            Path(output_dir, UNFINISHED).touch()
        super().save_model(output_dir, **kwargs)

    def get_train_dataloader(self) -> torch.utils.data.DataLoader:
        args = self.args
        options = "num_workers pin_memory persistent_workers prefetch_factor in_order multiprocessing_context"
        self.order = TrainingBatches(
            rows=len(self.train_dataset) - 1,  # the last one is blank
            batch_size=self.batch_size,
            per_step=args.gradient_accumulation_steps * args.world_size,
            seed=args.seed if args.data_seed is None else args.data_seed,
            lengths=lengths_of(self.train_dataset) if args.train_sampling_strategy == "group_by_length" else None,
            max_tokens=self.max_tokens_per_batch,
            shuffle=args.train_sampling_strategy != "sequential",
        )
        loader = torch.utils.data.DataLoader(
            self.train_dataset,
            batch_sampler=self.order,
            collate_fn=self.data_collator,
            **{name: getattr(args, f"dataloader_{name}") for name in options.split()},
        )
        return self.accelerator.prepare(loader)

    def evaluation_order(self, dataset: Dataset) -> list[int]:
        return np.argsort(-np.asarray(dataset["length"]), kind="stable").tolist()

    def evaluate(self, *args, **kwargs) -> dict[str, float]:
        metrics = super().evaluate(*args, **kwargs)
        return metrics if self.is_in_train else metrics | self._precision_gap()

    def _score(self, made: EvalPrediction) -> dict[str, float]:
        metrics = self.judge(made, self.callback_handler.eval_dataloader.dataset)
        self.__dict__.pop("model_preparation_time", None)  # the library would add it to the scores
        return metrics

    def _precision_gap(self) -> dict[str, float]:
        """How many of the texts that chose the best checkpoint, in training's precision, come out otherwise in fp32."""
        best = Path(self.args.output_dir, f"checkpoint-{self.state.best_global_step}", TEXTS)
        chosen, now = read_json(best) or {}, {str(number): texts for number, texts in self.judge.texts.items()}
        shared = [number for number in chosen if number in now]
        if not shared or not (self.args.bf16 or self.args.fp16):
            return {}
        return {"eval_texts_changed_by_fp32": 100 * sum(chosen[n] != now[n] for n in shared) / len(shared)}


class Seq2SeqTrainer(Trainer, transformers.Seq2SeqTrainer):
    """The same for encoder-decoder models; args.generation_config must be set.

    - compute_loss: one sum over tokens, divided once by the tokens of the whole step (trap 1).
    - prediction_step: that same loss, unsmoothed and kept per row; generation with the run's one GenerationConfig,
      which the library would fill with its defaults and save (trap 6); one pass of the encoder for both.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # compute_loss divides by num_items_in_batch itself: the Trainer counts the items, but must not divide again.
        self.model_accepts_loss_kwargs = True
        self.loss_is_scaled_for_ga = True

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        inputs = dict(inputs)
        labels = inputs.pop("labels")
        inputs.pop("feature", None)
        with sharding.autocast(self):  # the head in bf16, too; what is summed is fp32
            hidden, head = decoder_states(model, inputs)
            loss = token_loss(hidden, head, labels, label_smoothing=self.args.label_smoothing_factor)
        tokens = (labels != -100).sum() if num_items_in_batch is None else num_items_in_batch
        # DistributedDataParallel averages gradients over processes, each of which holds a part of the sum.
        loss = loss / tokens * (1 if num_items_in_batch is None else self.accelerator.num_processes)
        return (loss, {"hidden": hidden}) if return_outputs else loss

    def prediction_step(self, model, inputs, prediction_loss_only, ignore_keys=None, **gen_kwargs):
        """(None, ids, (feature, loss, tokens, scores)) of a batch: generated ids, shape (batch, length, sequences).

        Per row its number, the summed loss of its target, its target tokens, the scores of what was generated.
        """
        inputs = self.on_device(inputs)
        feature, labels = inputs.pop("feature"), inputs.pop("labels")
        table = self.callback_handler.eval_dataloader.dataset
        with_scores = len(table.unique("example")) < len(table)  # some row has several sources to choose among
        # Scores that leave training come from fp32, as the model is saved; those on the way from training's precision.
        model = self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=self.is_in_train)
        precision = sharding.autocast(self) if self.is_in_train else contextlib.nullcontext()
        config = self.args.generation_config

        def answer():
            encoded = encode(model, inputs)
            inputs["encoder_outputs"] = encoded
            hidden, head = decoder_states(model, {k: v for k, v in inputs.items() if k != "input_ids"})
            losses = token_loss(hidden, head, labels, reduction="none").sum(dim=1)
            # Seeded batch by batch: to begin with a data loader draws, too, and prediction has none.
            with sampled(config, self.args.seed + int(feature[0])):
                return losses, *generate_ids(model, encoded, inputs["attention_mask"], config, with_scores)

        with torch.no_grad(), precision:
            losses, ids, scores = sharding.in_one_forward(model, answer)
        return None, ids, (feature, losses, (labels != -100).sum(dim=1), scores)

    def evaluation_loop(self, *args, **kwargs):
        with sharding.whole(self):
            return super().evaluation_loop(*args, **kwargs)


class Epochs(transformers.TrainerCallback):
    """Gives each epoch its order, logs the loss wherever a checkpoint may be, keeps its texts beside a checkpoint."""

    def __init__(self, trainer: Trainer):
        self.trainer = trainer

    def on_train_begin(self, args, state, control, **kwargs):
        self.trainer.find_best()

    def on_save(self, args, state, control, **kwargs):
        if state.is_world_process_zero:  # beside the weights, so that another start of the run has them, too
            write_json(Path(args.output_dir, f"checkpoint-{state.global_step}", TEXTS), self.trainer.judge.texts)

    def on_epoch_begin(self, args, state, control, **kwargs):
        # On a resume with several processes the library's own set_epoch does not reach through three wrappers.
        self.trainer.order.set_epoch(int(state.epoch or 0))

    def on_step_end(self, args, state, control, **kwargs):
        control.should_log = control.should_log or control.should_save or state.global_step >= state.max_steps

    def on_epoch_end(self, args, state, control, **kwargs):
        control.should_log = True


def mean_loss(state: transformers.TrainerState) -> float:
    """The training loss of all steps; the library's train_loss tells of those since the last resume."""
    logs = [(entry["step"], entry["loss"]) for entry in state.log_history if "loss" in entry]
    steps = np.diff([0, *(step for step, _ in logs)])
    return float(np.dot(steps, [loss for _, loss in logs]) / max(steps.sum(), 1))


def stopped_early(checkpoint: str) -> bool:
    """Whether training ended with this checkpoint because the evaluations no longer brought a better one."""
    state = transformers.TrainerState.load_from_json(f"{checkpoint}/trainer_state.json")
    callback = state.stateful_callbacks.get("EarlyStoppingCallback")
    if not callback:
        return False
    return callback["attributes"]["early_stopping_patience_counter"] >= callback["args"]["early_stopping_patience"]
