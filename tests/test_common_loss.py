# SPDX-License-Identifier: Apache-2.0
"""recipes/common/loss.py against torch, transformers' LabelSmoother and numbers worked out by hand."""

import math

import pytest
import torch
from conftest import make_model, make_tokenizer
from torch import nn
from transformers.trainer_pt_utils import LabelSmoother

from recipes.common import loss as loss_module
from recipes.common.learning.batches import Collator
from recipes.common.loss import Head, decoder_states, token_loss

FAMILIES = ["t5-tied", "t5-untied", "mt5", "bart"]


@pytest.fixture(scope="module")
def bart_tokenizer():
    return make_tokenizer(bos="<s>")


@pytest.fixture(params=FAMILIES)
def model(request, tokenizer, bart_tokenizer):
    family, _, tied = request.param.partition("-")
    model = make_model(family, bart_tokenizer if family == "bart" else tokenizer, tied=tied == "tied")
    if family == "bart":
        torch.manual_seed(1)
        model.final_logits_bias = torch.randn_like(model.final_logits_bias)
    return model.eval()


def batch_of(model, rows=3, length=7, seed=2):
    """Random inputs with some padding on the right, and decoder inputs."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(4, 60, (rows, length), generator=generator)
    mask = (torch.arange(length) < torch.tensor([[length], [length - 2], [3]])).long()
    start = torch.full((rows, 1), model.config.decoder_start_token_id)
    decoder = torch.cat([start, torch.randint(4, 60, (rows, 4), generator=generator)], dim=1)
    return {"input_ids": ids * mask, "attention_mask": mask, "decoder_input_ids": decoder}


# ---------------------------------------------------------------- token_loss


# Two tokens of a vocabulary of two: probabilities (1/4, 3/4) with label 1, and (1/2, 1/2) with label 0; between them a
# position without a token.
LOGITS = torch.tensor([[[0.0, math.log(3)], [9.0, -9.0], [0.0, 0.0]]])
LABELS = torch.tensor([[1, -100, 0]])
FIRST, SECOND = math.log(4 / 3), math.log(2)


def test_two_tokens_by_hand():
    assert token_loss(LOGITS, nn.Identity(), LABELS).item() == pytest.approx(math.log(8 / 3), rel=1e-6)
    each = token_loss(LOGITS, nn.Identity(), LABELS, reduction="none")
    assert each.shape == (1, 3)
    assert each[0].tolist() == pytest.approx([FIRST, 0.0, SECOND], rel=1e-6)


def test_two_tokens_smoothed_by_hand():
    """0.8 of the weight on the label, 0.2 spread over both tokens: 0.1 on the other one."""
    expected = 0.9 * FIRST + 0.1 * math.log(4) + SECOND
    loss = token_loss(LOGITS, nn.Identity(), LABELS, label_smoothing=0.2)
    assert loss.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_agrees_with_torch_and_label_smoother_in_float64(smoothing):
    torch.manual_seed(0)
    logits = torch.randn(4, 9, 31, dtype=torch.float64)
    labels = torch.randint(31, (4, 9)).masked_fill(torch.rand(4, 9) < 0.4, -100)
    labels[2] = -100  # a row without any token
    tokens = (labels != -100).sum()
    loss = token_loss(logits, nn.Identity(), labels, label_smoothing=smoothing)
    plain = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), label_smoothing=smoothing) * tokens
    library = LabelSmoother(epsilon=smoothing)({"logits": logits}, labels) * tokens
    assert loss.item() == pytest.approx(plain.item(), rel=1e-6)
    assert loss.item() == pytest.approx(library.item(), rel=1e-6)
    each = token_loss(logits, nn.Identity(), labels, label_smoothing=smoothing, reduction="none")
    assert each.sum().item() == pytest.approx(plain.item(), rel=1e-6)
    assert not each[labels == -100].any()


def test_logits_are_judged_in_fp32():
    torch.manual_seed(0)
    logits, labels = torch.randn(2, 5, 31).bfloat16(), torch.randint(31, (2, 5))
    loss = token_loss(logits, nn.Identity(), labels)
    assert loss.dtype == torch.float32
    assert loss == token_loss(logits.float(), nn.Identity(), labels)


@pytest.mark.parametrize("reduction", ["sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("has_bias", [False, True])
def test_in_pieces_it_is_the_same_in_float64(monkeypatch, reduction, smoothing, has_bias):
    """Values, and gradients of states, head and bias; 300 tokens are three pieces, the last one not full."""

    def run(most):
        monkeypatch.setattr(loss_module, "MANY_LOGITS", most)
        generator = torch.Generator().manual_seed(0)
        shapes = [(5, 70, 8), (37, 8), *([(37,)] if has_bias else [])]
        leaves = [torch.randn(s, generator=generator, dtype=torch.float64).requires_grad_() for s in shapes]
        labels = torch.randint(37, (5, 70), generator=generator)
        labels[:, 60:] = -100
        losses = token_loss(leaves[0], Head(*leaves[1:]), labels, smoothing, reduction)
        assert losses.shape == (() if reduction == "sum" else (5, 70))
        (losses * torch.linspace(1, 2, losses.numel(), dtype=torch.float64).view(losses.shape)).sum().backward()
        return [losses.detach(), *(leaf.grad for leaf in leaves)]

    for whole, pieces in zip(run(10**9), run(0), strict=True):
        torch.testing.assert_close(pieces, whole, rtol=1e-6 if pieces.dtype == torch.float32 else 1e-9, atol=1e-9)


def test_in_pieces_bf16_states_give_an_fp32_loss(monkeypatch):
    """torch's chunked call would sum in bf16: 300 losses of about 4 would come out as a multiple of 8."""
    monkeypatch.setattr(loss_module, "MANY_LOGITS", 0)
    torch.manual_seed(0)
    states, head, labels = torch.randn(1, 300, 8).bfloat16(), Head(torch.randn(37, 8)), torch.randint(37, (1, 300))
    loss = token_loss(states, head, labels)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(
        token_loss(states.double(), Head(head.weight.double()), labels).item(), rel=1e-5
    )


def test_a_frozen_head_gets_no_gradient_and_no_tokens_give_zero(monkeypatch):
    for most in (0, 10**9):
        monkeypatch.setattr(loss_module, "MANY_LOGITS", most)
        states, head = torch.randn(2, 3, 8, requires_grad=True), Head(torch.randn(37, 8))
        token_loss(states, head, torch.randint(37, (2, 3)), 0.1).backward()
        assert states.grad.abs().sum() > 0 and head.weight.grad is None
        empty = token_loss(states, head, torch.full((2, 3), -100), 0.1)
        empty.backward()
        assert empty.item() == 0


# ---------------------------------------------------------------- decoder_states


def test_head_of_the_states_gives_the_logits(model):
    """T5 scales its states when tied, BART adds a bias to its logits: nothing of it may be lost, or happen twice."""
    inputs = batch_of(model)
    with torch.no_grad():
        hidden, head = decoder_states(model, inputs)
        assert hidden.shape == (3, 5, model.config.d_model)
        assert torch.equal(head(hidden), model(**inputs).logits)


def test_bias_of_bart_matters(bart_tokenizer):
    """Guards the test above: with the bias at zero it could not tell."""
    model = make_model("bart", bart_tokenizer).eval()
    model.final_logits_bias = torch.ones_like(model.final_logits_bias)
    inputs = batch_of(model)
    with torch.no_grad():
        hidden, head = decoder_states(model, inputs)
        assert torch.allclose(head(hidden), model.lm_head(hidden) + 1)


def test_head_is_put_back(model):
    inputs, bias = batch_of(model), model._buffers.get("final_logits_bias")
    with torch.no_grad():
        before = model(**inputs).logits
        decoder_states(model, inputs)
        assert torch.equal(model(**inputs).logits, before)
    assert model._buffers.get("final_logits_bias") is bias


def test_head_is_put_back_after_an_exception(model):
    inputs, bias = batch_of(model), model._buffers.get("final_logits_bias")

    def fail(*_):
        raise RuntimeError("out of memory")

    hook = model.get_decoder().register_forward_hook(fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        decoder_states(model, inputs)
    hook.remove()
    assert "forward" not in vars(model.get_output_embeddings())
    assert model._buffers.get("final_logits_bias") is bias
    with torch.no_grad():
        hidden, head = decoder_states(model, inputs)
        assert torch.equal(head(hidden), model(**inputs).logits)


def test_wrapped_model(model):
    """As DistributedDataParallel does: the call goes through the wrapper, the head is found inside."""

    class Wrapper(nn.DataParallel):
        calls = 0

        def forward(self, *args, **kwargs):
            self.calls += 1
            return self.module(*args, **kwargs)

    wrapped, inputs = Wrapper(model), batch_of(model)
    with torch.no_grad():
        hidden, head = decoder_states(wrapped, inputs)
        assert torch.equal(head(hidden), model(**inputs).logits)
    assert wrapped.calls == 1


def test_a_head_that_is_more_than_linear_is_called(tokenizer):
    class Capped(nn.Linear):
        def forward(self, states):
            return 5 * torch.tanh(super().forward(states) / 5)

    model = make_model("t5", tokenizer).eval()
    model.lm_head.__class__ = Capped
    inputs = batch_of(model)
    with torch.no_grad():
        hidden, head = decoder_states(model, inputs)
        assert torch.equal(head(hidden), model(**inputs).logits)


# ---------------------------------------------------------------- padding


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_trap_18_fifty_pads_leave_the_loss_unchanged(model, tokenizer, bart_tokenizer, smoothing):
    """Rows of 6 and 3 tokens alone, and beside a row of 60 that makes the collator pad them by more than 50."""
    tokenizer = bart_tokenizer if model.config.model_type == "bart" else tokenizer
    end = tokenizer.eos_token_id
    short = [
        {"input_ids": [9, 8, 7, 6, 5, end], "labels": [11, 12, 13, 14, 15, end]},
        {"input_ids": [5, 6, end], "labels": [16, end]},
    ]
    long = {"input_ids": [4] * 59 + [end], "labels": [4] * 59 + [end]}
    collate = Collator(tokenizer, model)

    def loss_of(batch, rows):
        inputs = dict(batch)
        labels = inputs.pop("labels")
        with torch.no_grad():
            hidden, head = decoder_states(model, inputs)
        return token_loss(hidden[:rows], head, labels[:rows], label_smoothing=smoothing).item()

    alone, padded = collate(short), collate([*short, long])
    assert padded["labels"].shape[1] - alone["labels"].shape[1] >= 50
    assert padded["input_ids"].shape[1] - alone["input_ids"].shape[1] >= 50
    assert loss_of(padded, rows=2) == pytest.approx(loss_of(alone, rows=2), rel=1e-6)
