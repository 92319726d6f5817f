# SPDX-License-Identifier: Apache-2.0
"""One token-level cross-entropy for training and for evaluation."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from recipes.common.upstream import heads
from recipes.pretrained.parts import innermost

# More logits than this, 256 MB of them in fp32, are never all in memory: mT5 has 250,112 for each target token.
MANY_LOGITS = 2**26
# Target tokens at a time. For 1,024 tokens of mT5 two threads take 4.4 s with 128, 3.6 s with 256, and 3.5 s and 0.7 GB
# more with all at once; torch's own choice takes 90 s.
CHUNK = 256


@dataclass
class Head:
    """A linear output layer: maps (..., width) to logits (..., vocabulary)."""

    weight: torch.Tensor
    bias: torch.Tensor | None = None

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        logits = nn.functional.linear(states, self.weight)
        return logits if self.bias is None else logits + self.bias


def token_loss(
    hidden: torch.Tensor,
    head: Callable[[torch.Tensor], torch.Tensor],
    labels: torch.Tensor,
    label_smoothing: float = 0.0,
    reduction: str = "sum",
) -> torch.Tensor:
    """Cross-entropy of every target token, summed, in fp32.

    The models of transformers 5 return a mean over their own batch and ignore `num_items_in_batch`, which makes the
    loss N times too big with N accumulation steps and again with N processes (trap 1). A sum, divided
    once by the number of tokens of the whole step, is right however the step is split.

    Args:
        hidden: decoder states, shape (batch, target length, width): what the head is applied to.
        head: maps (..., width) to logits (..., vocabulary); where it is a Head with a large vocabulary, the logits are
            made in pieces.
        labels: token ids, shape (batch, target length); -100 is "no token".
        label_smoothing: share of the probability spread evenly over the vocabulary, 0 to 1.
        reduction: "sum" for a scalar, "none" for shape (batch, target length) with 0 where there is no token.
    Returns:
        The loss in fp32. Divide by `(labels != -100).sum()` over all parts of a step for the mean.
    Source:
        Szegedy et al. 2016, section 7, for the smoothing; -100 is torch's default ignore_index.
    """
    real = labels != -100
    states, targets = hidden[real], labels[real]  # padding costs no logits
    if isinstance(head, Head) and len(targets) * len(head.weight) > MANY_LOGITS:
        losses = _chunked_loss(states, head, targets, label_smoothing, reduction)
    else:
        logits = _at_least_fp32(head(states))
        losses = nn.functional.cross_entropy(logits, targets, reduction=reduction, label_smoothing=label_smoothing)
    return losses if reduction == "sum" else losses.new_zeros(labels.shape).masked_scatter(real, losses)


def _at_least_fp32(tensor):
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def _chunked_loss(states, head, targets, label_smoothing, reduction):
    """The same in pieces of CHUNK tokens, in fp32: a loss summed in bf16 would have three digits.

    With cross-entropy CE, the logit t of the target and the mean m of all logits, the smoothed loss is CE + s (t - m):
    exact, and the two extra terms need no logits but one.
    """
    with torch.autocast(states.device.type, enabled=False):
        states, weight = _at_least_fp32(states), _at_least_fp32(head.weight)
        bias = None if head.bias is None else head.bias.to(weight.dtype)
        options = nn.LinearCrossEntropyOptions(chunking_method=None, batch_chunk_size=CHUNK)
        losses = nn.functional.linear_cross_entropy(
            states, weight, targets, linear_bias=bias, reduction=reduction, options=options
        )
        if not label_smoothing:
            return losses
        away = (states * (weight[targets] - weight.mean(0))).sum(1)
        away = away if bias is None else away + bias[targets] - bias.mean()
        return losses + label_smoothing * (away.sum() if reduction == "sum" else away)


def decoder_states(model: nn.Module, inputs: dict) -> tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]]:
    """Run `model` and return (hidden, head): what its output layer gets, and the Head that makes logits of it.

    The head is bypassed rather than called, so that `token_loss` alone decides how logits are made. The call still goes
    through `model.forward`, since DistributedDataParallel and autocast live there.

    Args:
        model: an encoder-decoder model with a linear head, perhaps wrapped.
        inputs: its keyword arguments, with decoder_input_ids and without labels.
    """
    owner = innermost(model)
    head = owner.get_output_embeddings()
    # A head with an adapter, or soft-capped logits, are more than head(hidden).
    text = owner.config.get_text_config(decoder=True)
    if type(head) is not nn.Linear or getattr(text, "final_logit_softcapping", None) is not None:
        return model(**inputs, use_cache=False).logits, nn.Identity()
    extra = getattr(owner, "final_logits_bias", None)  # BART's family adds it to the logits
    bias = sum(part.flatten() for part in (head.bias, extra) if part is not None)
    with heads.bypassed(owner, head):
        hidden = model(**inputs, use_cache=False).logits
    return hidden, Head(head.weight, bias if torch.is_tensor(bias) else None)
