# SPDX-License-Identifier: Apache-2.0
"""Fine-tune a summarizer with a plain loop: everything that a Trainer does for you, in the open.

    python scripts/train_loop.py --steps 50

It sees the batches of recipes/summarize_t5.py in the same order and gives the same losses (a test compares them).
"""

import argparse
import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

import numpy as np
import torch
import transformers
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, get_linear_schedule_with_warmup, set_seed

from recipes.common.learning.batches import TrainingBatches
from recipes.summarize_t5 import SOURCE, TARGET


def shift_right(labels, start_id, pad_id):
    """Decoder inputs: the labels one place to the right, behind the start token, with padding where they have -100."""
    shifted = torch.full_like(labels, start_id)
    shifted[:, 1:] = labels[:, :-1]
    return shifted.masked_fill(shifted == -100, pad_id)


def make_batch(rows, tokenizer, config, max_source_length=512, max_target_length=128):
    """Records to tensors, each of shape (rows, longest of them in tokens)."""
    limits = {"truncation": True, "padding": True, "return_tensors": "pt"}
    batch = tokenizer([SOURCE.format(**row) for row in rows], max_length=max_source_length, **limits)
    targets = tokenizer(text_target=[TARGET.format(**row) for row in rows], max_length=max_target_length, **limits)
    labels = targets["input_ids"].masked_fill(targets["attention_mask"] == 0, -100)  # padding is no part of the loss
    decoder_input_ids = shift_right(labels, config.decoder_start_token_id, config.pad_token_id)
    return {**batch, "decoder_input_ids": decoder_input_ids}, labels


def train(args):
    """Yield the loss of each step: the mean over the step's target tokens."""
    rows = [json.loads(line) for line in Path(args.train_file).read_text(encoding="utf-8").splitlines()]
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModelForSeq2SeqLM.from_pretrained(args.model, dtype=torch.float32)
    set_seed(args.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.learning_rate, weight_decay=0.0)
    schedule = get_linear_schedule_with_warmup(optimizer, int(np.ceil(0.05 * args.steps)), args.steps)
    order = TrainingBatches(len(rows), args.batch_size, 1, args.seed)
    model.train()
    for step in range(args.steps):
        if step % len(order) == 0:
            order.set_epoch(step // len(order))
            batches = list(order)
        chosen = [rows[number] for number in batches[step % len(order)] if number < len(rows)]
        inputs, labels = make_batch(chosen, tokenizer, model.config)
        logits = model(**inputs, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())  # skips -100
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        yield loss.item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="data/models/tiny-t5")
    parser.add_argument("--train_file", default="data/tickets/train.jsonl")
    parser.add_argument("--steps", type=int, default=50, help="optimizer updates")
    parser.add_argument("--batch_size", type=int, default=8)
    parser.add_argument("--learning_rate", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=42)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    for step, loss in enumerate(train(parser.parse_args()), 1):
        print(f"step {step:4} loss {loss:.5f}", flush=True)


if __name__ == "__main__":
    main()
