# SPDX-License-Identifier: Apache-2.0
"""Training steps on a CPU: attention and dropout where torch has no fast kernel. Read in transformers 5.23, torch 2.13.

torch's fused attention takes no dropout and no trained position bias on a CPU: it falls back to fp32 matrices whatever
autocast says. And unless the CPU is Intel's, one thread draws the random numbers of dropout one by one. Together that
was a fourth of a step of t5-small with 168 tokens, and nearly half with 448.
"""

import contextlib
import math

import torch
from torch import nn
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface, eager_mask

NAME = "cpu_training"
STEPS_OF_16_BITS = 2**16


def dropout(states, share):
    """As torch.nn.functional.dropout in training: sixteen random bits decide about a number, four at a draw.

    Args:
        share: of numbers put to 0, to 1 / 65,536; the others grow, so that the mean stays.
    """
    count = states.numel()
    bits = torch.empty(math.ceil(count / 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)[:count]
    dropped = bits < round(share * STEPS_OF_16_BITS) - STEPS_OF_16_BITS // 2
    return states.masked_fill(dropped.view(states.shape), 0).mul_(1 / (1 - share))  # keeps a byte a number, not four


def attention(module, query, key, value, attention_mask, scaling=None, dropout=0.0, position_bias=None, **kwargs):
    """As transformers' eager attention: products in autocast's precision, softmax in fp32.

    Args:
        query, key, value: shape (batch, heads, tokens, width of a head).
        attention_mask: added to the scores; shape (batch, 1, tokens of query, tokens of key), or None.
        position_bias: likewise; shape (1, heads, tokens of query, tokens of key), or None.
    Returns:
        (states, probabilities): shapes (batch, tokens, heads, width) and (batch, heads, query, key).
    """
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    scores = torch.matmul(query * scaling if scaling != 1 else query, key.transpose(2, 3))
    for part in (position_bias, attention_mask):
        scores = scores if part is None else scores + part
    shares = nn.functional.softmax(scores, dim=-1, dtype=torch.float32).to(value.dtype)
    shares = _drop(shares, dropout) if dropout else shares
    return torch.matmul(shares, value).transpose(1, 2).contiguous(), shares


_drop = dropout  # `attention` has an argument of that name
AttentionInterface.register(NAME, attention)
AttentionMaskInterface.register(NAME, eager_mask)


@contextlib.contextmanager
def fast_training(model):
    """Within this, a `model` on a CPU trains with the functions above; nothing of it is saved with the model."""
    if next(model.parameters()).device.type != "cpu":
        yield
        return
    layers = [module for module in model.modules() if type(module) is nn.Dropout and module.p]
    usual = model.config._attn_implementation
    # Without dropout torch's own attention stays: it keeps the scores in fp32, and short texts gain nothing here.
    share = getattr(model.config, "attention_dropout", None) or getattr(model.config, "dropout_rate", 0)
    switch = bool(share) and usual == "sdpa" and model._can_set_attn_implementation()
    try:
        for layer in layers:
            layer.forward = lambda states, layer=layer: dropout(states, layer.p) if layer.training else states
        if switch:
            model.set_attn_implementation(NAME)
        yield
    finally:
        for layer in layers:
            del layer.forward
        if switch:
            model.set_attn_implementation(usual)
