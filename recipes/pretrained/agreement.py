# SPDX-License-Identifier: Apache-2.0
"""Which tokens a model and its tokenizer begin with, end with and pad with: the same for both."""

from typing import Any

import numpy as np
from torch import nn
from transformers import PreTrainedTokenizerBase

from recipes.pretrained import families, tokens
from recipes.wording import UserError

SPECIAL_TOKENS = ("decoder_start", "pad", "eos", "bos", "forced_bos", "forced_eos")


def special_tokens(model: nn.Module) -> dict[str, Any]:
    """{role: id, ids or None} as the checkpoint says: its settings of generation, or else its configuration."""
    sources = (model.generation_config, model.config)
    named = {role: [getattr(one, f"{role}_token_id", None) for one in sources] for role in SPECIAL_TOKENS}
    return {role: first if first is not None else second for role, (first, second) in named.items()}


def agree(model: nn.Module, tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """Have model and tokenizer name the same tokens, as training and generation need it.

    The decoder begins with what the family or its configuration says, or with the language that mBART's and PLBart's
    targets end with; what is generated begins with the language that mBART-50's and NLLB's targets begin with, and
    ends with the tokenizer's end. Returns a sentence for each id of the checkpoint's own that was changed.
    """
    config, generation, notes = model.config, model.generation_config, []
    before, after = tokens.frame(tokenizer, "text_target")
    own = special_tokens(model)
    known = {role: getattr(tokenizer, f"{role}_token_id") for role in ("pad", "eos", "bos", "cls", "sep")}
    language = after[-1] if after and after[-1] not in known.values() else None
    first_is_said = own["forced_bos"] is not None
    starts = (language, own["decoder_start"], known[families.of(config).get("start", "bos")])
    wanted = own | {
        "decoder_start": next((one for one in starts if one is not None), None),
        "pad": known["pad"],
        "eos": own["eos"] if known["eos"] in np.atleast_1d(own["eos"]) else known["eos"],
        "forced_bos": before[0] if before and (first_is_said or before[0] not in known.values()) else None,
        "forced_eos": None if own["forced_eos"] is None else known["eos"],
    }
    if tokenizer.padding_side == "left":  # decoder inputs are made of labels that begin at the left
        tokenizer.padding_side = "right"
        notes.append("the tokenizer pads on the left; here padding is on the right")
    where = f"--model_name_or_path {model.name_or_path}: its configuration"
    if wanted["decoder_start"] is None:
        raise UserError(f"{where} has no decoder_start_token_id: add what the decoder begins with to config.json")
    rows = model.get_input_embeddings().num_embeddings
    for role, new in wanted.items():
        name, old = f"{role}_token_id", own[role]
        beyond = [one for one in np.atleast_1d(new) if one is not None and not 0 <= one < rows]
        if beyond:
            raise UserError(f"{where} says {name} {beyond[0]}, but the model has rows for {rows} tokens")
        if old not in (None, new):
            notes.append(f"the checkpoint says {name} {old}; {new} is taken, which its tokenizer's targets ask for")
        setattr(generation, name, new)
        if not role.startswith("forced") or (new is None and hasattr(config, name)):  # the library saves no such config
            setattr(config, name, new)
    return notes
