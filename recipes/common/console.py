# SPDX-License-Identifier: Apache-2.0
"""What a person sees while a recipe runs: one line per fact, a bar while it works."""

import dataclasses
import logging
import math
import sys
import warnings
from collections.abc import Sequence

import datasets
import torch
import transformers
from datasets import Dataset
from tqdm.auto import tqdm
from transformers import PreTrainedTokenizerBase, TrainingArguments

from recipes.common.features import Tables
from recipes.common.learning.batches import TrainingBatches, lengths_of
from recipes.common.reading import Splits


def quiet(log_level: str = "error") -> None:
    """Silence what means nothing to a user; `--log_level info` brings the libraries' messages back."""
    if log_level in ("error", "critical"):
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        datasets.utils.logging.set_verbosity_error()
        datasets.disable_progress_bars()
        logging.getLogger("accelerate").setLevel(logging.ERROR)
        logging.getLogger("torch.distributed").setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module=r"(torch|transformers|accelerate|datasets)\b")


def say(args: TrainingArguments, *lines: str) -> None:
    """Print on the first process only."""
    if args.process_index == 0:
        for line in lines:
            print(line, flush=True)


def begin(settings, args: TrainingArguments) -> None:
    """Silence the libraries and say, first of all, which model meets which data."""
    quiet(args.log_level)
    say(args, f"{settings.model_name_or_path} on {settings.dataset_name or settings.train_file}")
    say(args, *(f"flags     {note}" for note in settings.notes))


def describe(
    tables: Tables, splits: Splits, tokenizer: PreTrainedTokenizerBase, settings, args: TrainingArguments
) -> None:
    """Split sizes, what the limits cut, what the tokenizer loses, the arithmetic of a step; more with --dry_run."""
    rows = {split: len(table.unique("example")) for split, table in tables.items()}
    say(args, "rows      " + ", ".join(f"{split} {count:,}" for split, count in rows.items()))
    say(args, *(f"          {note}" for note in splits.notes))
    for side, cut in tables.lengths["train"].items():
        counts = f"{cut['median']} tokens (median), {cut['p95']} (95 %), {cut['max']} (longest)"
        say(args, f"{side:9} {counts}; {cut['cut']:,} cut at {cut['limit']} ({cut['cut_percent']} %)")
    say(args, *(f"          {note}" for note in tables.notes))
    if tables.lost:
        say(args, f"lost      the tokenizer cannot keep {_ranked(tables.lost)}")
    describe_step(args, settings, tables["train"])
    if settings.dry_run:
        show_example(tables["train"][0], tokenizer, settings, args)


def _ranked(lost: dict[str, int], most: int = 8) -> str:
    ranked = sorted(lost.items(), key=lambda item: -item[1])
    more = f" and {len(ranked) - most} more" if len(ranked) > most else ""
    return ", ".join(f"{character!r} (in {count:,} texts)" for character, count in ranked[:most]) + more


def describe_step(args: TrainingArguments, settings, table: Dataset) -> None:
    """The arithmetic of one optimizer update."""
    size, accumulated, processes = args.per_device_train_batch_size, args.gradient_accumulation_steps, args.world_size
    most, per_step = settings.max_tokens_per_batch, accumulated * processes
    lengths = lengths_of(table) if most else None
    per_epoch = len(TrainingBatches(len(table), size, per_step, args.seed, lengths, most)) // per_step
    batches = f"up to {most:,} tokens" if most else size
    total = f"some {len(table) / max(per_epoch, 1):.0f} rows" if most else size * per_step
    steps = args.max_steps if args.max_steps > 0 else math.ceil(per_epoch * args.num_train_epochs)
    precision = "bf16" if args.bf16 else "fp16" if args.fp16 else "fp32"
    per_device = f"batch     {batches} per device x {accumulated} accumulated x {processes} processes"
    say(args, f"{per_device} = {total} a step, at most {steps:,} steps, {precision} on {args.device.type}")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if processes == 1 and gpus > 1:
        more = f"make NPROC={gpus}, or torchrun --nproc_per_node={gpus}"
        say(args, f"          1 of {gpus} GPUs is used; for all: {more}")


def show_example(feature: dict, tokenizer: PreTrainedTokenizerBase, settings, args: TrainingArguments) -> None:
    """What --dry_run adds: every setting, and one example with its ids decoded back."""
    given = sorted((name, value) for name, value in dataclasses.asdict(settings).items() if value is not None)
    say(args, "", *(f"{name} {value}" for name, value in given))
    say(args, "", f"record    {feature['row']}", f"source    {feature['source']!r}")
    special = {name: getattr(tokenizer, f"{name}_token") for name in ("bos", "eos", "unk", "pad")}
    ids = {name: tokenizer.convert_tokens_to_ids(token) for name, token in special.items() if token}
    say(args, "special   " + ", ".join(f"{name} {special[name]!r} is id {number}" for name, number in ids.items()))
    for name in ("input_ids", "labels"):
        say(args, f"{name:9} {feature[name]}", f"  decoded {tokenizer.decode(feature[name])!r}")


class Progress(transformers.TrainerCallback):
    """One bar for training, one for evaluation, and a line for each evaluation's scores."""

    def __init__(self, metrics: Sequence[str]):
        self.metrics = metrics
        self.bars: dict[str, tqdm] = {}

    def on_train_begin(self, args, state, control, **kwargs):
        self._bar("train", state.max_steps, args).update(state.global_step)

    def on_step_end(self, args, state, control, **kwargs):
        self.bars["train"].update(1)

    def on_prediction_step(self, args, state, control, eval_dataloader=None, **kwargs):
        self._bar("evaluate", len(eval_dataloader), args).update(1)

    def on_evaluate(self, args, state, control, metrics=None, **kwargs):
        self._close("evaluate")
        if "train" in self.bars and state.is_world_process_zero:
            scores = ", ".join(f"{name} {metrics[f'eval_{name}']:.2f}" for name in self.metrics)
            tqdm.write(f"epoch {state.epoch:<5.2f} loss {metrics['eval_loss']:.3f}, {scores}", file=sys.stdout)

    def on_predict(self, args, state, control, metrics, **kwargs):
        self._close("evaluate")

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "train" in self.bars and logs and "loss" in logs:
            self.bars["train"].set_postfix(loss=f"{logs['loss']:.3f}", lr=f"{logs['learning_rate']:.1e}")

    def on_train_end(self, args, state, control, **kwargs):
        self._close("train")

    def _bar(self, name, total, args):
        if name not in self.bars:
            # disable=None: no bar where the output is a file.
            disable = True if args.process_index or args.disable_tqdm else None
            options = {"desc": name, "leave": name == "train", "disable": disable, "dynamic_ncols": True}
            self.bars[name] = tqdm(total=total, **options)
        return self.bars[name]

    def _close(self, name):
        if name in self.bars:
            self.bars.pop(name).close()
