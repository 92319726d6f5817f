# SPDX-License-Identifier: Apache-2.0
"""What a person is told before training: sizes, lengths, what is lost, the arithmetic of a step, one example."""

import dataclasses
import math
import textwrap

import numpy as np
import torch
from datasets import Dataset
from transformers import PreTrainedTokenizerBase, TrainingArguments

from recipes.common.console import say
from recipes.common.features import Tables
from recipes.common.learning import Collator
from recipes.common.learning.batches import LABEL_PAD, TrainingBatches, lengths_of
from recipes.doctor.patient import Patient


def describe(patient: Patient) -> None:
    """Split sizes, what the limits cut, what the tokenizer loses, the arithmetic of a step."""
    args, tables = patient.args, patient.tables
    rows = {split: len(table.unique("example")) for split, table in tables.items()}
    say(args, "rows      " + ", ".join(f"{split} {count:,}" for split, count in rows.items()))
    say(args, *(f"          {note}" for note in patient.splits.notes))
    for side, cut in next(iter(tables.lengths.values())).items():
        counts = f"{cut['median']} tokens (median), {cut['p95']} (95 %), {cut['max']} (longest)"
        say(args, f"{side:9} {counts}; {cut['cut']:,} cut at {cut['limit']} ({cut['cut_percent']} %)")
    tables.notes += windows(tables)
    say(args, *(f"          {note}" for note in tables.notes))
    if tables.lost:
        say(args, f"lost      the tokenizer cannot keep {_ranked(tables.lost)}")
    if args.do_train:
        steps = describe_step(args, patient.settings, tables["train"])
        say(args, *schedule(args, patient.settings, steps, rows.get("validation", 0)))


def windows(tables: Tables) -> list[str]:
    """A sentence for each split some of whose rows are read in several parts, unless its parts are counted already."""
    notes = []
    counted = {note.partition(": ")[0] for note in tables.notes}
    for split, table in [item for item in tables.items() if item[0] not in counted]:
        parts = np.unique(table.with_format("numpy")["example"][:], return_counts=True)[1]
        if len(parts) and parts.max() > 1:
            several = f"{int((parts > 1).sum()):,} of {len(parts):,} rows are read in parts"
            notes.append(f"{split}: {several}, {int(parts[parts > 1].sum()):,} in all, {int(parts.max())} at most")
    return notes


def _ranked(lost: dict[str, int], most: int = 8) -> str:
    ranked = sorted(lost.items(), key=lambda item: -item[1])
    more = f" and {len(ranked) - most} more" if len(ranked) > most else ""
    return ", ".join(f"{character!r} (in {count:,} texts)" for character, count in ranked[:most]) + more


def describe_step(args: TrainingArguments, settings, table: Dataset) -> int:
    """The arithmetic of one optimizer update; returns how many there will be."""
    size, accumulated, processes = args.per_device_train_batch_size, args.gradient_accumulation_steps, args.world_size
    most, per_step = settings.max_tokens_per_batch, accumulated * processes
    lengths = lengths_of(table) if most else None
    per_epoch = len(TrainingBatches(len(table), size, per_step, args.seed, lengths, most)) // per_step
    batches = f"up to {most:,} tokens" if most else size
    total = f"some {len(table) / max(per_epoch, 1):.0f} rows" if most else size * per_step
    steps = args.max_steps if args.max_steps > 0 else math.ceil(per_epoch * args.num_train_epochs)
    precision = "bf16" if args.bf16 else "fp16" if args.fp16 else "fp32"
    per_device = f"batch     {batches} per device x {accumulated} accumulated x {processes} processes"
    say(args, f"{per_device} = {total} a step, {precision} on {args.device.type}")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if processes == 1 and gpus > 1:
        more = f"make NPROC={gpus}, or torchrun --nproc_per_node={gpus}"
        say(args, f"          1 of {gpus} GPUs is used; for all: {more}")
    return steps


def schedule(args: TrainingArguments, settings, steps: int, rows: int) -> list[str]:
    """What is learned how fast, and when it is scored on how many of `rows` validation rows."""
    length = f"{steps:,} steps" if args.max_steps > 0 else f"{args.num_train_epochs:g} epochs, {steps:,} steps"
    kind, warmup = args.lr_scheduler_type.value.replace("_", " "), args.get_warmup_steps(steps)
    plan = f"plan      {length}, learning rate {args.learning_rate:g}, {kind}"
    plan += f", {warmup:,} to warm up" if warmup else ""
    kept = f"the {'best' if args.load_best_model_at_end else 'last'} model is kept"
    if args.eval_strategy == "no":
        return [plan, f"scores    at the end alone; {kept}"]
    every = args.eval_steps if args.eval_strategy == "steps" else None
    often = f"every {every if every >= 1 else math.ceil(every * steps):,.0f} steps" if every else "each epoch"
    metric, scored = (args.metric_for_best_model or "loss").removeprefix("eval_"), min(rows, settings.eval_sample_size)
    scores = f"scores    {metric} on {scored:,} of {rows:,} validation rows {often}; {kept}"
    patience = settings.early_stopping_patience
    scores += f"; training ends early after {patience} evaluations that are no better" if patience else ""
    return [plan, *textwrap.wrap(scores, 80, subsequent_indent=" " * 10)]


def show_example(feature: dict, tokenizer: PreTrainedTokenizerBase, settings, args: TrainingArguments) -> None:
    """What --dry_run adds: every setting, and one example with its ids decoded back."""
    given = sorted((name, value) for name, value in dataclasses.asdict(settings).items() if value is not None)
    say(args, "", *(f"{name} {value}" for name, value in given))
    say(args, "", f"record    {feature['row']}", f"source    {feature['source']!r}")
    special = {name: getattr(tokenizer, f"{name}_token") for name in ("bos", "eos", "unk", "pad")}
    ids = {name: tokenizer.convert_tokens_to_ids(token) for name, token in special.items() if token}
    say(args, "special   " + ", ".join(f"{name} {special[name]!r} is id {number}" for name, number in ids.items()))
    for name in ("input_ids", "labels"):
        say(args, f"{name:9} {feature[name]}")
        if name == "input_ids" or "target_length" in feature:  # labels of other tasks are no tokens
            say(args, f"  decoded {tokenizer.decode(feature[name])!r}")


def side_by_side(patient: Patient, first: int = 7) -> list[str]:
    """The first two rows of training as the model gets them, in tokens: what the decoder reads, and what it writes.

    They are one place apart, the labels end with the end token, and padding is -100 there: it is not learned.

    Args:
        first: places that are shown from the start; two before and two after the end follow.
    """
    tokenizer, table = patient.tokenizer, patient.tables["train"]
    collate = patient.trainer.data_collator if patient.trainer else Collator(tokenizer, patient.model)
    batch = collate([table[place] for place in range(min(2, len(table)))])
    lines = ["", "first rows, in tokens: what is read, and below each token of the decoder's what it is to write there"]
    for row in range(len(batch["labels"])):
        labels, source = batch["labels"][row].tolist(), batch["input_ids"][row].tolist()
        reads = batch["decoder_input_ids"][row].tolist() if "decoder_input_ids" in batch else [None, *labels[:-1]]
        size = len(labels) - labels[::-1].count(LABEL_PAD)
        places = [*range(min(first, size)), *range(max(first, size - 2), min(size + 2, len(labels)))]
        pairs = [[_token(one[place], tokenizer) for one in (reads, labels)] for place in places]
        if size - 2 > first:
            pairs.insert(first, ["…", "…"])
        wide = [max(map(len, pair)) for pair in pairs]
        lines.append("source    " + " ".join(_token(one, tokenizer) for one in source[:first]) + " …")
        for name, side in (("decoder", 0), ("labels", 1)):
            row_of = " ".join(pair[side].ljust(width) for pair, width in zip(pairs, wide, strict=True))
            lines.append(f"{name:9} {row_of}".rstrip())
    return lines


def _token(number: int | None, tokenizer: PreTrainedTokenizerBase) -> str:
    if number is None or number == LABEL_PAD:
        return str(number or "")
    return tokenizer.convert_ids_to_tokens(number)
