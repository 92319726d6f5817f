# SPDX-License-Identifier: Apache-2.0
"""Generation settings, and ids back to text."""

import contextlib
import dataclasses
from collections import namedtuple

import numpy as np
import torch
from transformers import DynamicCache, EncoderDecoderCache, GenerationConfig

from recipes.common import UserError
from recipes.common.learning.loss import decoder_states, token_loss

# One generated text. score: mean log-probability of its tokens, to choose among the sources of one row by; None where
# a row has one source. hit_limit: whether it ended at the length limit rather than at an end token.
Output = namedtuple("Output", "text score hit_limit")


def generation_config(settings, model):
    """The one GenerationConfig of a run: used to score, written at every save, so what is served is what was scored.

    Built from nothing but the recipe's settings and the model's token ids: an old config.json may carry another task's
    minimum length or beams (trap 37), and a config left to the Trainer ends at 20 tokens (trap 6).

    Args:
        settings: any field of it that GenerationConfig knows (num_beams, length_penalty, top_k ...) is taken;
            max_target_length, in tokens, becomes max_new_tokens.
        model: gives the special token ids and, where its family needs one, the forced first or last token.
    """
    old = model.generation_config
    kept = (
        "decoder_start_token_id",
        "pad_token_id",
        "eos_token_id",
        "bos_token_id",
        "forced_bos_token_id",
        "forced_eos_token_id",
    )
    ids = {name: getattr(old, name, None) for name in kept}
    ids = {name: getattr(model.config, name, None) if value is None else value for name, value in ids.items()}
    return GenerationConfig(**ids, **chosen_settings(settings))


def chosen_settings(settings):
    """The generation settings among a recipe's settings, as GenerationConfig names them.

    With do_sample off, those that say how to draw are left out: the library would refuse to save them.

    Raises:
        UserError: out of range, or they contradict each other; the library would find out when the model is saved,
            or never.
    """
    known = set(GenerationConfig().to_dict())
    chosen = {f.name: getattr(settings, f.name) for f in dataclasses.fields(settings) if f.name in known}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    if chosen.get("do_sample") is False:
        chosen = {name: value for name, value in chosen.items() if name not in ("top_k", "top_p", "temperature")}
    least, most = chosen.get("min_new_tokens", 0), settings.max_target_length
    wrong = {
        "num_return_sequences": chosen.get("num_return_sequences", 1) < 1 and "must be at least 1",
        "min_new_tokens": not 0 <= least <= most and f"must be at least 0, at most --max_target_length {most}",
        "top_k": chosen.get("top_k", 0) < 0 and "must be at least 0",
        "top_p": not 0 < chosen.get("top_p", 1) <= 1 and "must be above 0, at most 1",
        "temperature": chosen.get("temperature", 1) <= 0 and "must be above 0; for greedy decoding, --do_sample False",
    }
    problems = [f"--{name} {chosen[name]}: {problem}" for name, problem in wrong.items() if problem]
    if problems:
        raise UserError(*problems)
    chosen["max_new_tokens"] = most
    try:
        GenerationConfig(**chosen).validate(strict=True)
    except ValueError as error:
        raise UserError(" ".join(str(error).split())) from None
    return chosen


def inherited_settings(model, config):
    """Generation settings of the checkpoint that this run does not take over, as {name: value}."""
    old, new = model.generation_config.to_diff_dict(), config.to_diff_dict()
    # The others change no text.
    ignored = {"transformers_version", "_from_model_config", "use_cache", "output_attentions", "output_hidden_states"}
    return {name: value for name, value in old.items() if name not in ignored and new.get(name) != value}


def generate_ids(model, encoded, attention_mask, config, with_scores=False):
    """Generate from what the encoder made.

    Args:
        encoded: the encoder's output, whose states have shape (batch, source length, width).
        attention_mask: shape (batch, source length).
        with_scores: also compute each output's mean log-probability, in fp32.
    Returns:
        (ids, scores): shapes (batch, output length, sequences) and (batch, sequences); the scores are 0 if not wanted.
    """
    count = config.num_return_sequences or 1
    # A copy: generate() repeats the encoder's states in place, once per beam.
    ids = model.generate(
        attention_mask=attention_mask,
        encoder_outputs=type(encoded)(**encoded),
        generation_config=config,
        past_key_values=_shared_cache(model, encoded, attention_mask, config),
    )
    scores = ids.new_zeros(len(ids), dtype=torch.float32)
    if with_scores:
        states = type(encoded)(last_hidden_state=encoded.last_hidden_state.repeat_interleave(count, 0))
        labels = ids[:, 1:].clone()
        ends = torch.isin(labels, torch.as_tensor(config.eos_token_id, device=ids.device))
        labels[ends.cumsum(1) - ends.int() > 0] = -100  # what follows the first end token
        inputs = {"attention_mask": attention_mask.repeat_interleave(count, 0), "encoder_outputs": states}
        hidden, head = decoder_states(model, {**inputs, "decoder_input_ids": ids[:, :-1]})
        scores = -token_loss(hidden, head, labels, reduction="none").sum(1) / (labels != -100).sum(1)
    return ids.view(-1, count, ids.shape[1]).transpose(1, 2), scores.view(-1, count)


class BeamCache(EncoderDecoderCache):
    """The beams of a source all look at the same encoder states: to change places, they need not be moved."""

    def reorder_cache(self, beam_idx):
        self.self_attention_cache.reorder_cache(beam_idx)


def _shared_cache(model, encoded, attention_mask, config):
    """A cache whose cross-attention is computed once per source, not once per beam; None where that saves nothing.

    With four beams of t5-small the library spends a sixth of its time on those copies.
    """
    copies = config.num_beams if (config.num_beams or 1) > 1 else config.num_return_sequences or 1
    if copies == 1 or not getattr(model, "_supports_default_dynamic_cache", bool)():
        return None
    text = model.config.get_text_config(decoder=True)
    once = EncoderDecoderCache(DynamicCache(config=text), DynamicCache(config=text))
    states = encoded.last_hidden_state
    start = torch.full((len(states), 1), config.decoder_start_token_id, device=states.device)
    asked = {"encoder_hidden_states": states, "encoder_attention_mask": attention_mask, "past_key_values": once}
    model.get_decoder()(input_ids=start, **asked, use_cache=True)
    cache = BeamCache(DynamicCache(config=text), DynamicCache(config=text))
    for number in [number for number, filled in once.is_updated.items() if filled]:
        layer = once.cross_attention_cache.layers[number]
        shared = (part.repeat_interleave(copies, 0) for part in (layer.keys, layer.values))
        cache.cross_attention_cache.update(*shared, number)
        cache.is_updated[number] = True
    return cache


def read_outputs(ids, scores, tokenizer, config, with_scores=False):
    """What `generate_ids` made of all features, padded with anything below 0, as one list of Output per feature."""
    ids = np.asarray(ids)
    features, _, count = ids.shape
    flat = ids.transpose(0, 2, 1).reshape(features * count, -1)
    values = np.asarray(scores, dtype=float).ravel().tolist() if with_scores else [None] * len(flat)
    cut = hit_limit(flat, config.eos_token_id).tolist()
    outputs = [Output(*parts) for parts in zip(decode_ids(flat, tokenizer), values, cut, strict=True)]
    return [outputs[start : start + count] for start in range(0, len(outputs), count)]


@contextlib.contextmanager
def sampled(config, seed):
    """Where outputs are sampled: draw those of a batch from `seed`, and give the random state back as it was.

    Two evaluations of the same weights then give the same texts, and an evaluation leaves the training as it is. The
    seed is the run's and the number of the batch's first feature, so that batches do not draw alike.
    """
    devices = [torch.cuda.current_device()] if config.do_sample and torch.cuda.is_available() else []
    with torch.random.fork_rng(devices, enabled=bool(config.do_sample)):
        if config.do_sample:
            torch.manual_seed(seed)
        yield


def first_output(row, outputs):
    """The default `finish`: the prediction is the first text generated for the row's first source."""
    return outputs[0].text


def best_output(row, outputs):
    """A `finish` for rows with several sources: of those that found something, the surest; "" if none did."""
    found = [output for output in outputs if output.text] or outputs
    return max(found, key=lambda output: output.score).text


def decode_ids(ids, tokenizer):
    """Turn generated ids or labels back into text.

    Args:
        ids: integers, shape (num_examples, max_len in tokens); ids below 0 or at or above len(tokenizer) are read as
            padding (-100 means "no token"; T5 has 32,128 rows for 32,100 tokens).
        tokenizer: the one that made the ids.
    Returns:
        num_examples strings without special tokens or outer spaces; a row of padding gives "".
    Raises:
        ValueError: wrong shape.
    Source:
        -100 is the default ignore_index of torch.nn.CrossEntropyLoss.
    """
    ids = np.asarray(ids)
    if ids.ndim != 2:
        raise ValueError(f"ids must have shape (num_examples, max_len), got {ids.shape}")
    if not len(ids):
        return []  # batch_decode takes an empty array for one text
    ids = np.where((ids < 0) | (ids >= len(tokenizer)), tokenizer.pad_token_id, ids)
    texts = tokenizer.batch_decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return [text.strip() for text in texts]


def hit_limit(ids, eos_token_id):
    """Which outputs stopped at the length limit rather than at an end token: booleans, shape (num_examples,).

    Args:
        ids: generated ids, shape (num_examples, max_len); the first is the start token, which BART shares with the end.
    """
    return ~np.isin(np.asarray(ids)[:, 1:], np.atleast_1d(eos_token_id)).any(axis=1)
