# SPDX-License-Identifier: Apache-2.0
"""Generation settings, and ids back to text."""

import dataclasses

import numpy as np
from transformers import GenerationConfig

from recipes.common import UserError


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

    Raises:
        UserError: they contradict each other; the library would find out when the model is saved.
    """
    known = set(GenerationConfig().to_dict())
    chosen = {f.name: getattr(settings, f.name) for f in dataclasses.fields(settings) if f.name in known}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    chosen["max_new_tokens"] = settings.max_target_length
    try:
        GenerationConfig(**chosen).validate(strict=True)
    except ValueError as error:
        raise UserError(" ".join(str(error).split())) from None
    return chosen


def inherited_settings(model, config):
    """Generation settings of the checkpoint that this run does not take over, as {name: value}."""
    old, new = model.generation_config.to_diff_dict(), config.to_diff_dict()
    ignored = {"transformers_version", "_from_model_config"}
    return {name: value for name, value in old.items() if name not in ignored and new.get(name) != value}


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
