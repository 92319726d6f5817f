# SPDX-License-Identifier: Apache-2.0
"""recipes/common/upstream/cpu.py: the same mathematics as the library's, and no trace of it afterwards."""

import json

import pytest
import torch
from conftest import make_model, make_tokenizer
from torch import nn

from recipes.common.upstream import cpu


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dropout_drops_the_share_and_keeps_the_mean(share, dtype):
    """Of a million numbers the dropped ones differ from the share by five standard deviations at most: 0.0025."""
    torch.manual_seed(0)
    ones = torch.ones(1000, 999, dtype=dtype)  # no multiple of four
    made = cpu.dropout(ones, share)
    assert made.dtype == dtype and made.shape == ones.shape
    assert abs(float((made == 0).float().mean()) - share) < 0.0025
    left = made[made != 0]
    assert left.unique().numel() == 1
    assert float(left[0]) == pytest.approx(1 / (1 - share), rel=0.004 if dtype == torch.bfloat16 else 1e-6)
    # Neighbours are drawn together, sixteen bits of sixty-four each; none follows the one before.
    dropped = (made == 0).double().flatten()
    together = torch.corrcoef(torch.stack([dropped[:-1], dropped[1:]]))[0, 1]
    assert abs(float(together)) < 0.005


def test_dropout_follows_the_seed_and_lets_gradients_through_where_it_kept():
    states = torch.ones(7, 5, requires_grad=True)
    torch.manual_seed(3)
    first = cpu.dropout(states, 0.5)
    second = cpu.dropout(states, 0.5)
    torch.manual_seed(3)
    assert torch.equal(cpu.dropout(states, 0.5), first)
    assert not torch.equal(second, first)
    first.sum().backward()
    assert torch.equal(states.grad, first.detach())


def step(model, fast):
    """Loss and gradients of one step in fp32, on rows of uneven length."""
    ids = torch.arange(5, 5 + 3 * 11).view(3, 11)
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    labels = ids[:, :7].flip(0).clone()
    labels[2, 4:] = -100
    model.train().zero_grad()
    with cpu.fast_training(model) if fast else torch.enable_grad():
        assert (model.config._attn_implementation == cpu.NAME) == fast
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
    return loss.detach(), {name: part.grad for name, part in model.named_parameters() if part.grad is not None}


@pytest.mark.parametrize("family", ["t5", "mt5", "bart"])
def test_attention_gives_the_library_s_loss_and_gradients(family):
    """Padding, what comes later in the target, and T5's position bias are all minded."""
    tokenizer = make_tokenizer(bos="<s>") if family == "bart" else make_tokenizer()
    model = make_model(family, tokenizer)
    # Named afterwards: the layers were made without, and what is compared is exact.
    model.config.attention_dropout = model.config.dropout_rate = 0.1
    loss, gradients = step(model, False)
    fast_loss, fast_gradients = step(model, True)
    torch.testing.assert_close(fast_loss, loss)
    assert fast_gradients.keys() == gradients.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(fast_gradients[name], gradient, rtol=1e-4, atol=1e-6, msg=name)


@pytest.mark.parametrize("family", ["t5", "bart"])
def test_dropout_reaches_layers_and_attention_and_leaves_no_trace(family, tmp_path, monkeypatch):
    tokenizer = make_tokenizer(bos="<s>") if family == "bart" else make_tokenizer()
    model = make_model(family, tokenizer, dropout=0.25)
    if family == "bart":
        model.config.attention_dropout = 0.25
        for module in model.modules():
            if hasattr(module, "is_causal"):
                module.dropout = 0.25
    shapes = set()
    usual = cpu.dropout
    monkeypatch.setattr(cpu, "dropout", lambda states, share: shapes.add(states.dim()) or usual(states, share))
    monkeypatch.setattr(cpu, "_drop", cpu.dropout)
    monkeypatch.setattr(nn.functional, "scaled_dot_product_attention", None)
    step(model, True)
    assert 4 in shapes  # probabilities
    if family == "t5":
        assert 3 in shapes  # nn.Dropout layers; BART calls the function
    monkeypatch.undo()
    assert model.config._attn_implementation == "sdpa"
    assert not any("forward" in vars(module) for module in model.modules())
    model.save_pretrained(tmp_path)
    assert cpu.NAME not in json.dumps(json.loads((tmp_path / "config.json").read_text()))
    model.eval()
    ids = torch.arange(5, 16)[None]
    with cpu.fast_training(model), torch.no_grad():
        once, again = (model(input_ids=ids, decoder_input_ids=ids).logits for _ in range(2))
    assert torch.equal(once, again)


def test_torch_s_attention_stays_where_nothing_is_dropped():
    model = make_model("t5", make_tokenizer()).train()
    with cpu.fast_training(model):
        assert model.config._attn_implementation == "sdpa"
