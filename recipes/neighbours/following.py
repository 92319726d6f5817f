# SPDX-License-Identifier: Apache-2.0
"""Texts that go on: of each token the one that follows it, samples of what a model writes, LoRA against merged."""

import itertools
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from datasets import Dataset
from torch.nn import functional

from recipes.common.console import say
from recipes.common.decoding import Output
from recipes.prediction import load_adapter

BEGUN = 5  # words of a text that a sample goes on from
SAMPLES = 4
LONGEST = 40  # tokens of a sample
COMPARED = 20  # texts whose loss is asked of the adapter and of the merged model
WIDTHS = 22, 54  # columns of the screen


def features_of(text: str, limit: int, tokenizer: Any) -> Iterator[dict]:
    """The features of a text, up to `limit` tokens each: labels are the ids one place further on.

    A text stands between two end tokens (GPT-2 has no other), so its first word is learned, too, and that it ends.
    The labels are made here: padding is added later and has none, though its id is that of the end token.
    """
    begin = tokenizer.eos_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    marks = [[] if one is None else [one] for one in (begin, tokenizer.eos_token_id)]
    ids = [*marks[0], *tokenizer(text, add_special_tokens=False)["input_ids"], *marks[1]]
    for start in range(0, len(ids) - 1, limit):
        part = ids[start : start + limit + 1]
        yield {"source": text, "input_ids": part[:-1], "labels": part[1:], "length": len(part) - 1}


def read(likeliest: list[int], losses: Any, labels: Sequence[int], tokenizer: Any) -> Output:
    """The likeliest tokens as a text; its score: the summed loss, how many labels, how many are the likeliest."""
    right = sum(made == label for made, label in zip(likeliest, labels, strict=True))
    text = tokenizer.decode(likeliest, skip_special_tokens=True)
    return Output(text, [float(losses.sum()), len(labels), right], False)


@torch.no_grad()
def sample(model: torch.nn.Module, tokenizer: Any, begun: str, seed: int) -> str:
    """What the model writes after `begun`, drawn among the 40 likeliest tokens; without padding, so alone."""
    ids = next(features_of(begun, len(begun) + 2, tokenizer))["input_ids"]
    ids = torch.tensor([ids], device=model.device)
    chance = torch.Generator(model.device).manual_seed(seed)
    first = ids.shape[1]
    while ids.shape[1] < first + LONGEST:
        values, tokens = model(input_ids=ids, use_cache=False).logits[0, -1].float().topk(40)
        drawn = tokens[torch.multinomial(values.softmax(0), 1, generator=chance)]
        if drawn == tokenizer.eos_token_id:
            break
        ids = torch.cat([ids, drawn[None]], dim=1)
    return tokenizer.decode(ids[0, first:])


def samples(model: torch.nn.Module, tokenizer: Any, table: Dataset, seed: int) -> list[tuple[str, str]]:
    """(beginning, what the model writes after it): one from nothing, others from the first words of texts."""
    begun = ["", *(" ".join(one["text"].split()[:BEGUN]) for one in table["row"][: SAMPLES - 1])]
    model.eval()
    return [(text, sample(model, tokenizer, text, seed + number)) for number, text in enumerate(begun)]


def as_table(made: list[tuple[str, str]]) -> list[list[str]]:
    """Samples as rows that the screen has room for."""
    rows = [["", "the model goes on"]]
    for begun, text in made:
        sides = (textwrap.wrap(side, width) for side, width in zip((begun, text), WIDTHS, strict=True))
        rows += [list(pair) for pair in itertools.zip_longest(*sides, fillvalue="")] or [["", ""]]
    return rows


def compare_adapter(run: Any, load: Callable, table: Dataset, made: list[tuple[str, str]]) -> None:
    """Whether the base with the adapter beside it writes and scores as the merged model: a line, and in run.json.

    Both are read from their files, as anybody would who uses them.

    Args:
        load: the recipe's function of this name.
        made: `samples` of the run's own model.
    """
    folder, args = run.folder / "adapter", run.args
    if not (run.is_main and folder.is_dir()):
        return
    base, tokenizer = load(run.settings, args)
    merged = type(base).from_pretrained(run.folder, dtype=torch.float32)
    losses, alike = [], []
    for model in (load_adapter(folder, base), merged):
        losses.append(mean_loss(model.eval(), table.select(range(min(COMPARED, len(table))))))
        alike.append(sum(a == b for a, b in zip(samples(model, tokenizer, table, args.seed), made, strict=True)))
    found = {"adapter_loss": losses[0], "merged_loss": losses[1], "samples": len(made), "samples_alike": min(alike)}
    told = f"{losses[0]:.4f} beside its base, {losses[1]:.4f} merged; {min(alike)} of {len(made)} samples alike"
    say(args, f"adapter   loss {told}")
    run.write(merged=found)


@torch.no_grad()
def mean_loss(model: torch.nn.Module, table: Dataset) -> float:
    """The loss of a token, text by text: nothing is padded."""
    total, count = 0.0, 0
    for one in table:
        logits = model(input_ids=torch.tensor([one["input_ids"]], device=model.device)).logits[0].float()
        labels = torch.tensor(one["labels"], device=model.device)
        total += float(functional.cross_entropy(logits, labels, reduction="sum"))
        count += len(labels)
    return total / count
