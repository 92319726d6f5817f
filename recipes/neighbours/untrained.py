# SPDX-License-Identifier: Apache-2.0
"""How probable each label is of each text, by models that were never trained on these labels."""

import random
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional
from tqdm.auto import tqdm
from transformers import PreTrainedTokenizerBase, pipeline

from recipes.common.learning.batches import LABEL_PAD

Chances = list[dict[str, float]]  # of each text: label -> from 0 to 1
MOST = 32  # pairs of a text and a label at a time


def by_entailment(
    model: nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    words: dict[str, str],
    hypothesis: str,
    several: bool,
) -> Chances:
    """Whether a text entails a sentence on the label, by the library's zero-shot pipeline.

    Args:
        model: classifies pairs of sentences, and one of its labels begins with "entail".
        words: label -> what stands for it in the hypothesis.
        hypothesis: with {} for these words.
        several: each label is asked for by itself, entailed or not; else their chances sum up to 1.
    """
    label_of = {word: label for label, word in words.items()}
    device = next(model.parameters()).device
    classify = pipeline("zero-shot-classification", model=model, tokenizer=tokenizer, device=device)
    asked = {"candidate_labels": list(label_of), "hypothesis_template": hypothesis, "multi_label": several}
    # A generator, of which the pipeline makes batches; a list would be asked text by text.
    answers = classify((text for text in texts), batch_size=MOST, **asked)
    found = tqdm(answers, total=len(texts), desc="zero-shot", unit="row", disable=None)
    return [dict(zip(map(label_of.get, one["labels"]), one["scores"], strict=True)) for one in found]


def prompt(text: str, labels: Sequence[str], examples: Sequence[tuple[str, str]]) -> str:
    """A question with solved examples before it."""
    question = f"Is the text {', '.join(labels[:-1])} or {labels[-1]}?"
    solved = [f"{question}\nText: {example}\nAnswer: {label}\n\n" for example, label in examples]
    return f"{''.join(solved)}{question}\nText: {text}\nAnswer:"


def examples_of(rows: Sequence[tuple[str, str]], labels: Sequence[str], count: int, seed: int) -> list[tuple[str, str]]:
    """`count` of (text, label), each label as often as any other, in any order; short ones leave more room."""
    draw, short = random.Random(seed), sorted(rows, key=lambda row: len(row[0]))[: max(count, len(rows) // 2)]
    of_label = {label: [row for row in short if row[1] == label] for label in labels}
    chosen: list[tuple[str, str]] = []
    for place in range(count):
        left = [row for row in of_label[labels[place % len(labels)]] if row not in chosen]
        chosen += [draw.choice(left)] if left else []
    return draw.sample(chosen, len(chosen))


def by_prompt(
    model: nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    labels: Sequence[str],
    examples: Sequence[tuple[str, str]],
    limit: int,
) -> Chances:
    """How readily an encoder-decoder answers with each label: the softmax of their mean log-probabilities a token.

    Every label gets a chance, so that no answer has to be guessed from what the model writes.

    Args:
        limit: of a prompt, in tokens; one that is longer loses its examples first, then the end of its text.
    """
    device, found = next(model.parameters()).device, []
    answers = tokenizer(text_target=list(labels), padding=True, return_tensors="pt")["input_ids"].to(device)
    answers[answers == tokenizer.pad_token_id] = LABEL_PAD
    for text in tqdm(texts, desc="prompts", unit="row", disable=None):
        kept = list(examples)
        while kept and len(tokenizer(prompt(text, labels, kept))["input_ids"]) > limit:
            kept.pop(0)
        made = tokenizer(prompt(text, labels, kept), truncation=True, max_length=limit, return_tensors="pt").to(device)
        with torch.inference_mode():
            read = model.get_encoder()(input_ids=made["input_ids"], attention_mask=made["attention_mask"])
            read.last_hidden_state = read.last_hidden_state.expand(len(labels), -1, -1)
            mask = made["attention_mask"].expand(len(labels), -1)
            logits = model(encoder_outputs=read, attention_mask=mask, labels=answers).logits
        losses = functional.cross_entropy(logits.float().transpose(1, 2), answers, reduction="none")
        means = losses.sum(1) / (answers != LABEL_PAD).sum(1)
        found.append(dict(zip(labels, (-means).softmax(0).tolist(), strict=True)))
    return found
