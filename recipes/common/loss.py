# SPDX-License-Identifier: Apache-2.0
"""One token-level cross-entropy for training and for evaluation."""

import contextlib

from torch import nn


def token_loss(hidden, head, labels, label_smoothing=0.0, reduction="sum"):
    """Cross-entropy of every target token, summed, in fp32.

    The models of transformers 5 return a mean over their own batch and ignore `num_items_in_batch`, which makes the
    loss N times too big with N accumulation steps and again with N processes (trap 1). A sum, divided
    once by the number of tokens of the whole step, is right however the step is split.

    Args:
        hidden: decoder states, shape (batch, target length, width): what the head is applied to.
        head: maps (..., width) to logits (..., vocabulary).
        labels: token ids, shape (batch, target length); -100 is "no token".
        label_smoothing: share of the probability spread evenly over the vocabulary, 0 to 1.
        reduction: "sum" for a scalar, "none" for shape (batch, target length) with 0 where there is no token.
    Returns:
        The loss in fp32. Divide by `(labels != -100).sum()` over all parts of a step for the mean.
    Source:
        Szegedy et al. 2016, section 7, for the smoothing; -100 is torch's default ignore_index.
    """
    logits = head(hidden).float()
    losses = nn.functional.cross_entropy(
        logits.flatten(0, 1), labels.flatten(), reduction=reduction, label_smoothing=label_smoothing
    )
    return losses if reduction == "sum" else losses.view_as(labels)


def decoder_states(model, inputs):
    """Run `model` and return (hidden, head): what its output layer gets, and a function that makes logits of it.

    The head is bypassed rather than called, so that `token_loss` alone decides how logits are made. The call still goes
    through `model.forward`, since DistributedDataParallel and autocast live there.

    Args:
        model: an encoder-decoder model with a linear head, perhaps wrapped.
        inputs: its keyword arguments, with decoder_input_ids and without labels.
    """
    base = getattr(model, "module", model)
    owner = base.get_base_model() if hasattr(base, "get_base_model") else base
    head = owner.get_output_embeddings()
    if not _is_plain(head, owner):
        return model(**inputs, use_cache=False).logits, nn.Identity()
    bias = getattr(owner, "final_logits_bias", None)  # BART's family adds it to the logits
    with _bypassed(owner, head):
        hidden = model(**inputs, use_cache=False).logits
    return hidden, lambda states: head(states) if bias is None else head(states) + bias


def _is_plain(head, owner):
    """Whether logits are head(hidden) and nothing more (a LoRA head or soft-capped logits are more)."""
    return type(head) is nn.Linear and getattr(owner.config, "final_logit_softcapping", None) is None


@contextlib.contextmanager
def _bypassed(owner, head):
    bias = owner._buffers.get("final_logits_bias")
    head.forward = lambda states: states
    if bias is not None:
        owner._buffers["final_logits_bias"] = bias.new_zeros(1, 1)
    try:
        yield
    finally:
        del head.forward
        if bias is not None:
            owner._buffers["final_logits_bias"] = bias
