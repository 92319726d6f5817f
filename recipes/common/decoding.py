# SPDX-License-Identifier: Apache-2.0
"""Generation settings, and ids back to text."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from transformers import GenerationConfig, PreTrainedTokenizerBase
from transformers.utils import ModelOutput

from recipes.common.loss import decoder_states, token_loss
from recipes.common.upstream.beams import shared_cache
from recipes.pretrained.agreement import special_tokens
from recipes.pretrained.parts import innermost
from recipes.typed.generation import chosen_settings


class Output(NamedTuple):
    text: str
    score: float | None  # mean log-probability of its tokens, to choose among a row's sources; None where it has one
    hit_limit: bool  # whether it ended at the length limit rather than at an end token


def generation_config(settings: Any, model: nn.Module) -> GenerationConfig:
    """The one GenerationConfig of a run: used to score, written at every save, so what is served is what was scored.

    Built from nothing but the recipe's settings (num_beams, top_k ...; max_target_length becomes max_new_tokens) and
    the model's token ids: an old config.json may carry another task's minimum length or beams (trap 37), and a config
    left to the Trainer ends at 20 tokens (trap 6).
    """
    ids = {f"{role}_token_id": token for role, token in special_tokens(model).items()}
    return GenerationConfig(**ids, **chosen_settings(settings))


def encode(model: nn.Module, batch: Mapping[str, Tensor]) -> ModelOutput:
    """What the encoder makes of a batch: of its sources, and of what else the family's reads beside them."""
    beside = ("feature", "labels", "decoder_input_ids")
    return model.get_encoder()(**{name: value for name, value in batch.items() if name not in beside})


def generate_ids(
    model: nn.Module, encoded: ModelOutput, mask: Tensor, config: GenerationConfig, scored: bool = False, **more: Any
) -> tuple[Tensor, Tensor]:
    """Generate from what the encoder made.

    Args:
        encoded, mask: shapes (batch, source length, width) and (batch, source length).
        config: becomes the model's own: the library takes what it leaves open from the innermost model, which below
            LoRA is the checkpoint's, with a minimum length that would be scored and not saved (trap 6).
        scored: also compute each output's mean log-probability, in fp32.
        more: of generate(), such as logits_processor.
    Returns:
        (ids, scores): shapes (batch, output length, sequences) and (batch, sequences); the scores are 0 if not wanted.
    """
    count, owner = config.num_return_sequences or 1, innermost(model)
    owner.generation_config = config
    cache = shared_cache(owner, encoded, mask, config)
    # A copy: generate() repeats the encoder's states in place, once per beam.
    given = {"attention_mask": mask, "encoder_outputs": type(encoded)(**encoded), "past_key_values": cache}
    ids = owner.generate(generation_config=config, **given, **more)
    scores = ids.new_zeros(len(ids), dtype=torch.float32)
    if scored:
        states = type(encoded)(last_hidden_state=encoded.last_hidden_state.repeat_interleave(count, 0))
        labels = labels_of(ids, config)
        inputs = {"attention_mask": mask.repeat_interleave(count, 0), "encoder_outputs": states}
        hidden, head = decoder_states(model, {**inputs, "decoder_input_ids": ids[:, :-1]})
        scores = -token_loss(hidden, head, labels, reduction="none").sum(1) / (labels != -100).sum(1)
    return ids.view(-1, count, ids.shape[1]).transpose(1, 2), scores.view(-1, count)


def labels_of(ids: Tensor, config: GenerationConfig) -> Tensor:
    """What was generated after the start token, (sequences, length), with -100 behind the first end token."""
    labels = ids[:, 1:].clone()
    ends = torch.isin(labels, torch.as_tensor(config.eos_token_id, device=ids.device))
    labels[ends.cumsum(1) - ends.int() > 0] = -100
    return labels


def read_outputs(
    ids: Any, scores: Any, tokenizer: PreTrainedTokenizerBase, config: GenerationConfig, with_scores: bool = False
) -> list[list[Output]]:
    """What `generate_ids` made of all features, padded with anything below 0, as one list of Output per feature."""
    ids = np.asarray(ids)
    features, _, count = ids.shape
    flat = ids.transpose(0, 2, 1).reshape(features * count, -1)
    values = np.asarray(scores, dtype=float).ravel().tolist() if with_scores else [None] * len(flat)
    cut = hit_limit(flat, config.eos_token_id).tolist()
    outputs = [Output(*parts) for parts in zip(decode_ids(flat, tokenizer), values, cut, strict=True)]
    return [outputs[start : start + count] for start in range(0, len(outputs), count)]


@contextlib.contextmanager
def sampled(config: GenerationConfig, seed: int) -> Iterator[None]:
    """Where outputs are sampled: draw those of a batch from `seed`, and give the random state back as it was.

    Two evaluations of the same weights then give the same texts, and an evaluation leaves the training as it is. The
    seed is the run's and the number of the batch's first feature, so that batches do not draw alike.
    """
    devices = [torch.cuda.current_device()] if config.do_sample and torch.cuda.is_available() else []
    with torch.random.fork_rng(devices, enabled=bool(config.do_sample)):
        if config.do_sample:
            torch.manual_seed(seed)
        yield


def first_output(row: dict, outputs: list[Output]) -> str:
    """The default `finish`: the prediction is the first text generated for the row's first source."""
    return outputs[0].text


def decode_ids(ids: Any, tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """Generated ids or labels, shape (num_examples, max_len), as texts without special tokens or outer spaces.

    Ids below 0 or beyond the tokenizer's are read as padding: -100 means "no token" (torch's ignore_index), and T5 has
    32,128 rows for 32,100 tokens. A row of padding gives "".
    """
    ids = np.asarray(ids)
    if ids.ndim != 2:
        raise ValueError(f"ids must have shape (num_examples, max_len), got {ids.shape}")
    if not len(ids):
        return []  # batch_decode takes an empty array for one text
    ids = np.where((ids < 0) | (ids >= len(tokenizer)), tokenizer.pad_token_id, ids)
    texts = tokenizer.batch_decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return [text.strip() for text in texts]


def hit_limit(ids: Any, eos_token_id: int | list[int]) -> np.ndarray:
    """Which outputs, shape (num_examples, max_len), stopped at the length limit rather than at an end token."""
    # The first id is the start token, which BART shares with the end.
    return np.logical_not(np.isin(np.asarray(ids)[:, 1:], np.atleast_1d(eos_token_id)).any(axis=1))
