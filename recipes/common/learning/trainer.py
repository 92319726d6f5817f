# SPDX-License-Identifier: Apache-2.0
"""Seq2SeqTrainer with its loss and its evaluation put right, and the guards of a run."""

import contextlib

import numpy as np
import torch
import transformers
from transformers.trainer_callback import ExportableState
from transformers.trainer_pt_utils import nested_gather
from transformers.trainer_utils import EvalLoopOutput, TrainOutput

from recipes.common.decoding import generate_ids, read_outputs, sampled
from recipes.common.learning.batches import TrainingBatches, lengths_of
from recipes.common.learning.loss import decoder_states, token_loss
from recipes.common.running import checkpoints, disk, ending
from recipes.common.upstream import cpu


class LossBefore(transformers.TrainerCallback, ExportableState):
    """The summed loss of the steps before this run of the program, kept in checkpoints."""

    def __init__(self, total=0.0):
        self.total = total

    def state(self):
        return {"args": {"total": self.total}, "attributes": {}}


def stopped_early(checkpoint):
    """Whether training ended with this checkpoint because the evaluations no longer brought a better one."""
    state = disk.read_json(f"{checkpoint}/trainer_state.json")
    callback = state["stateful_callbacks"].get("EarlyStoppingCallback")
    if not callback:
        return False
    return callback["attributes"]["early_stopping_patience_counter"] >= callback["args"]["early_stopping_patience"]


class Seq2SeqTrainer(transformers.Seq2SeqTrainer):
    """The library's trainer with its repairs, each a short override.

    - compute_loss: one sum over tokens, divided once by the tokens of the whole step (trap 1).
    - prediction_step: that same loss, unsmoothed and kept per row; generation with the run's one GenerationConfig,
      which the library would fill with its defaults and save (trap 6); one pass of the encoder for both.
    - evaluation_loop: each feature once, in input order, whatever the sampler and the number of processes (traps 7, 8,
      9); the loss as a mean over tokens (trap 24); scores against the references as the data has them.
    - get_train_dataloader: steps of the same rows, however they are split; train_dataset ends in a blank row.
    - _get_eval_sampler: longest first, so that batches carry little padding and memory runs out at once or never.

    Args:
        score: (outputs, table) -> {metric: value}; one list of decoding.Output per feature of the table, in order.
        All others as transformers.Seq2SeqTrainer; args.generation_config must be set, args.max_tokens_per_batch may be.
    """

    def __init__(self, *args, score=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.score = score
        self.add_callback(LossBefore())
        for callback in (transformers.PrinterCallback, transformers.ProgressCallback):
            self.remove_callback(callback)
        self.texts_in_training = {}  # optimizer step -> {feature: text}
        # compute_loss divides by num_items_in_batch itself: the Trainer counts the items, but must not divide again.
        self.model_accepts_loss_kwargs = True
        self.loss_is_scaled_for_ga = True

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        inputs = dict(inputs)
        labels = inputs.pop("labels")
        inputs.pop("feature", None)
        hidden, head = decoder_states(model, inputs)
        with self.accelerator.autocast():  # the head in bf16, too; what is summed is fp32
            loss = token_loss(hidden, head, labels, label_smoothing=self.args.label_smoothing_factor)
        tokens = (labels != -100).sum() if num_items_in_batch is None else num_items_in_batch
        # DistributedDataParallel averages gradients over processes, each of which holds a part of the sum.
        loss = loss / tokens * (1 if num_items_in_batch is None else self.accelerator.num_processes)
        return (loss, {"hidden": hidden}) if return_outputs else loss

    def train(self, resume_from_checkpoint=None, **kwargs):
        if resume_from_checkpoint and stopped_early(resume_from_checkpoint):
            return self._end_again(resume_from_checkpoint)
        # A model that was evaluated before its first step carries accelerate's mark "prepared" and would not be wrapped
        # in DistributedDataParallel: every process would train a model of its own, without a word.
        self.model.__dict__.pop("_is_accelerate_prepared", None)
        result = super().train(resume_from_checkpoint, **kwargs)
        self.score.rows = []  # those of the evaluations on the way are not the chosen model's
        if self.state.global_step == self._initial_global_step:
            return self._untimed()
        return result

    def _end_again(self, checkpoint):
        """What follows early stopping; the library forgets that it stopped, and would train to the next evaluation."""
        self.state = transformers.TrainerState.load_from_json(f"{checkpoint}/trainer_state.json")
        self._loss_before().total = self.state.stateful_callbacks["LossBefore"]["args"]["total"]
        if self.args.load_best_model_at_end:
            self._load_best_model()
        else:
            self._load_from_checkpoint(checkpoint)
        return self._untimed()

    def _untimed(self):
        """The result of a training whose steps all lie before the last start: no seconds can be told of them."""
        loss = self._loss_before().total / max(self.state.global_step, 1)
        return TrainOutput(self.state.global_step, loss, {"train_loss": loss, "epoch": self.state.epoch})

    def training_step(self, model, inputs, num_items_in_batch=None):
        with cpu.fast_training(self.accelerator.unwrap_model(model)):
            loss = super().training_step(model, inputs, num_items_in_batch)
        self._refuse_non_finite("loss", loss)
        return loss

    def _get_grad_norm(self, model, grad_norm=None):
        norm = super()._get_grad_norm(model, grad_norm)
        if norm is not None and not self.args.fp16:  # fp16's scaler meets infinities and skips their steps
            self._refuse_non_finite("gradient", torch.as_tensor(norm))
        return norm

    def _refuse_non_finite(self, name, value):
        """Stop where the library would print a loss of 0.0 and go on (trap 2)."""
        if torch.isfinite(value):
            return
        hint = ", or leave --fp16 out, which overflows on T5 models" if self.args.fp16 else ""
        raise FloatingPointError(
            f"the {name} is {value.item()} at step {self.state.global_step + 1}: training has diverged. "
            f"Lower --learning_rate{hint}"
        )

    def _loss_so_far(self):
        """The summed loss of all steps, also of those before a resume; every process has to ask."""
        # The library takes the loss of the steps after the last logged one from the first process alone.
        unlogged = nested_gather(self._tr_loss, self.args.parallel_mode).mean().item()
        return self._loss_before().total + self._total_loss_scalar + unlogged

    def _loss_before(self):
        return next(one for one in self.callback_handler.callbacks if isinstance(one, LossBefore))

    def _finalize_training(self, *args, **kwargs):
        # The library's train_loss tells of the steps since the last resume; this one of all.
        mean = self._loss_so_far() / max(self.state.global_step, 1)
        own = mean * (self.state.global_step - self._initial_global_step) - self._total_loss_scalar
        self._tr_loss = torch.tensor(own, dtype=torch.float64)
        return super()._finalize_training(*args, **kwargs)

    def _save_checkpoint(self, *args, **kwargs):
        before = self._loss_before()
        before.total, kept = self._loss_so_far(), before.total
        if self.is_world_process_zero():
            checkpoints.check_room(self.args.output_dir, self.model)
        super()._save_checkpoint(*args, **kwargs)
        before.total = kept

    def prediction_step(self, model, inputs, prediction_loss_only, ignore_keys=None, **gen_kwargs):
        """One batch of evaluation.

        Returns:
            (None, ids, (feature, loss, tokens, scores)): generated ids, shape (batch, length, sequences), or zeros of
            length 1 where nothing is generated; per row its number, the summed loss of its target, its number of target
            tokens, and the scores of what was generated.
        """
        if ending.wanted():
            disk.wait_for_all()
            raise ending.Interrupted("while it was scoring, from the last checkpoint")
        inputs = dict(self._prepare_inputs(inputs))
        feature, labels = inputs.pop("feature"), inputs.pop("labels")
        # Scores that leave training come from fp32, as the model is saved; those on the way from training's precision.
        model = self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=self.is_in_train)
        precision = self.accelerator.autocast() if self.is_in_train else contextlib.nullcontext()
        with torch.no_grad(), precision:
            encoded = model.get_encoder()(inputs["input_ids"], attention_mask=inputs["attention_mask"])
            inputs["encoder_outputs"] = encoded
            hidden, head = decoder_states(model, {k: v for k, v in inputs.items() if k != "input_ids"})
            losses = token_loss(hidden, head, labels, reduction="none").sum(dim=1)
            ids, scores = feature.new_zeros(len(feature), 1, 1), losses.new_zeros(len(feature), 1)
            if self.args.predict_with_generate:
                config = self.args.generation_config
                # Seeded batch by batch: to begin with a data loader draws, too, and prediction has none.
                with sampled(config, self.args.seed + int(feature[0])):
                    ids, scores = generate_ids(model, encoded, inputs["attention_mask"], config, self.with_scores)
        return None, ids, (feature, losses, (labels != -100).sum(dim=1), scores)

    def evaluation_loop(
        self, dataloader, description, prediction_loss_only=None, ignore_keys=None, metric_key_prefix="eval"
    ):
        """As the library's, but `predictions` holds a list of outputs per feature and `label_ids` is None."""
        features, config = dataloader.dataset, self.args.generation_config
        self.with_scores = len(set(features["example"])) < len(features)  # some row has several to choose among
        output = super().evaluation_loop(dataloader, description, False, ignore_keys, metric_key_prefix)
        number, losses, tokens, scores = (np.asarray(part) for part in output.label_ids)
        # Processes get equal shares by repeating rows: np.unique keeps the first of each number, in order.
        number, first = np.unique(number, return_index=True)
        if len(number) != len(features):
            raise RuntimeError(f"evaluated {len(number)} of {len(features)} features")
        metrics = {f"{metric_key_prefix}_loss": float(losses[first].sum() / tokens[first].sum())}
        outputs = None
        if self.args.predict_with_generate:
            made = output.predictions[first], scores[first]
            outputs = read_outputs(*made, self.processing_class, config, self.with_scores)
            totals = self.score(outputs, features) if self.score else {}
            if metric_key_prefix == "eval":
                texts = [[output.text for output in several] for several in outputs]
                totals |= self._compare_precision(dict(zip(number.tolist(), texts, strict=True)))
            metrics.update({f"{metric_key_prefix}_{name}": value for name, value in totals.items()})
        return EvalLoopOutput(predictions=outputs, label_ids=None, metrics=metrics, num_samples=len(features))

    def _compare_precision(self, texts):
        """How many of the texts that chose the best checkpoint, in training's precision, come out otherwise in fp32."""
        if self.is_in_train:
            self.texts_in_training[self.state.global_step] = texts
        chosen = self.texts_in_training.get(self.state.best_global_step, {})
        shared = [number for number in chosen if number in texts]
        if self.is_in_train or not shared or not (self.args.bf16 or self.args.fp16):
            return {}
        return {"texts_changed_by_fp32": 100 * sum(chosen[n] != texts[n] for n in shared) / len(shared)}

    def _maybe_log_save_evaluate(self, tr_loss, grad_norm, model, *args, **kwargs):
        """As the library's, after a step or an epoch; then, if asked to stop, save and leave together (trap 14)."""
        # Where an evaluation or a save is due, now or when the epoch ends, that comes first and makes the checkpoint: a
        # resume after step N never makes up for N's evaluation, and the best model would be another.
        due = self.control.should_evaluate or self.control.should_save or self.control.should_training_stop
        due = due or self.state.global_step % (len(self.order) // self.order.per_step) == 0
        super()._maybe_log_save_evaluate(tr_loss, grad_norm, model, *args, **kwargs)
        if not due and ending.wanted():
            self._save_checkpoint(model, trial=None)
            self.control = self.callback_handler.on_save(self.args, self.state, self.control)
            disk.wait_for_all()
            raise ending.Interrupted(f"after step {self.state.global_step}, which is saved")

    def get_train_dataloader(self):
        args = self.args
        options = ("num_workers", "pin_memory", "persistent_workers", "prefetch_factor", "in_order")
        options += ("multiprocessing_context",)
        self.order = TrainingBatches(
            rows=len(self.train_dataset) - 1,  # the last one is blank
            batch_size=self._train_batch_size,
            per_step=args.gradient_accumulation_steps * args.world_size,
            seed=args.seed if args.data_seed is None else args.data_seed,
            lengths=lengths_of(self.train_dataset) if args.train_sampling_strategy == "group_by_length" else None,
            max_tokens=getattr(args, "max_tokens_per_batch", None),
            shuffle=args.train_sampling_strategy != "sequential",
        )
        loader = torch.utils.data.DataLoader(
            self.train_dataset,
            batch_sampler=self.order,
            collate_fn=self.data_collator,
            **{name: getattr(args, f"dataloader_{name}") for name in options},
        )
        return self.accelerator.prepare(loader)

    def _run_epoch(self, *, epoch, **kwargs):
        # On a resume with several processes the library's own set_epoch does not reach through three wrappers.
        self.order.set_epoch(epoch)
        super()._run_epoch(epoch=epoch, **kwargs)

    def _get_eval_sampler(self, eval_dataset):
        lengths = np.asarray(eval_dataset["length"])
        return np.argsort(-lengths, kind="stable").tolist()
