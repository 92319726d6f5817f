# SPDX-License-Identifier: Apache-2.0
"""The memory of training, estimated and counted."""

import gc
import sys
from types import SimpleNamespace

import pytest
import torch
from conftest import ROOT
from transformers import AutoModelForSeq2SeqLM, BartConfig, T5Config

from recipes import planning
from recipes.common.loss import decoder_states, token_loss
from recipes.common.upstream import cpu

ROWS, SOURCE, TARGET = 4, 160, 48
SHAPES = {
    "t5": T5Config(
        d_model=256, d_kv=32, num_heads=8, d_ff=512, num_layers=2, vocab_size=8000, decoder_start_token_id=0
    ),
    "bart": BartConfig(
        d_model=256, encoder_layers=2, decoder_layers=2, encoder_ffn_dim=512, decoder_ffn_dim=512, vocab_size=8000,
        encoder_attention_heads=8, decoder_attention_heads=8,
    ),
}  # fmt: skip


def most_in_use(model, precision):
    """The most bytes that lie there in a step, as torch's own tracker counts every tensor."""
    from torch.distributed._tools.mem_tracker import MemTracker

    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    source, target = torch.randint(3, 8000, (ROWS, SOURCE)), torch.randint(3, 8000, (ROWS, TARGET))

    def step():
        mode = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
        with mode, cpu.fast_training(model):
            inputs = {"input_ids": source, "attention_mask": torch.ones_like(source), "decoder_input_ids": target}
            hidden, head = decoder_states(model, inputs)
            loss = token_loss(hidden, head, target)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    step()  # the optimizer's numbers lie there from now on
    tracker = MemTracker()
    tracker.track_external(model, optimizer)
    with tracker:
        step()
    return tracker.get_tracker_snapshot("peak")[torch.device("cpu")]["Total"]


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("family", SHAPES)
def test_estimate_of_a_step(family, precision):
    """Within 10 %; on a GPU see test_gpu.py."""
    torch.manual_seed(0)
    model = AutoModelForSeq2SeqLM.from_config(SHAPES[family]).train()
    estimated = planning.memory(model, ROWS, SOURCE, TARGET, precision=precision).peak
    assert estimated == pytest.approx(most_in_use(model, precision), rel=0.1)


def test_parts_by_hand(monkeypatch):
    """Each weight has four bytes, its gradient as many, AdamW keeps eight; ten tokens have 8,000 logits of 12 bytes."""
    monkeypatch.setattr(planning, "kept", lambda model, rows, *_: 1000 + 100 * rows)
    model = AutoModelForSeq2SeqLM.from_config(SHAPES["t5"])
    count, head = model.num_parameters(), 8000 * 256
    found = planning.memory(model, rows=2, source_length=3, target_length=5, precision="fp32")
    assert (found.weights, found.gradients, found.optimizer) == (4 * count, 4 * count, 8 * count)
    assert found.step == 1200 + 12 * 10 * 8000 + 4 * head // 2
    assert found.peak == 12 * count + max(4 * count, found.step)
    shared = planning.memory(model, 2, 3, 5, "fp32", processes=4, sharded="fsdp")
    assert (shared.weights, shared.gradients, shared.optimizer) == (count, count, 2 * count)
    # In no block: the table and the last norms. A decoder's block: eight matrices of attention, two after it, norms.
    block, outside = 8 * 256 * 256 + 2 * 256 * 512 + 3 * 256, head + 2 * 256
    first = 8 * 32  # the first block of each stack has the table of distances
    assert shared.gathered == 4 * outside + 8 * outside + 2 * 8 * (block + first)
    assert shared.peak == 4 * count + shared.gathered + found.step
    zero = planning.memory(model, 2, 3, 5, "fp32", processes=4, sharded="deepspeed")
    assert (zero.weights, zero.gradients, zero.optimizer) == (4 * count, 5 * count, 3 * count)
    assert planning.memory(model, 2, 3, 5, "fp32", processes=4).gradients == 8 * count


def tensors():
    gc.collect()
    return sum(isinstance(one, torch.Tensor) for one in gc.get_objects())


def test_nothing_is_left_behind():
    model = AutoModelForSeq2SeqLM.from_config(SHAPES["t5"]).eval()
    planning.kept(model, 1, 8, 8, "fp32")
    before, state = tensors(), torch.random.get_rng_state()
    planning.kept(model, 1, 8, 8, "fp32")
    assert tensors() <= before + 2  # the state of the random numbers, and its copy
    assert torch.equal(state, torch.random.get_rng_state())
    assert not model.training and all(weight.grad is None for weight in model.parameters())


def test_a_shape_is_estimated_from_two_of_its_layers():
    config = T5Config(**{**SHAPES["t5"].to_dict(), "num_layers": 5, "num_decoder_layers": 5})
    whole = planning.memory(AutoModelForSeq2SeqLM.from_config(config), ROWS, SOURCE, TARGET)
    assert planning.memory_of_shape(config, ROWS, SOURCE, TARGET).peak == pytest.approx(whole.peak, rel=0.01)


# ---------------------------------------------------------------- the scripts

sys.path.append(str(ROOT / "scripts"))
import gpu  # noqa: E402
import plan  # noqa: E402


def test_a_plan_names_the_first_way_that_fits(tmp_path, monkeypatch, capsys):
    """Memory in GiB, as if: 8 as it is, 7 with checkpointing, 3 in parts, 2 with both, 5 and 4 with LoRA."""
    SHAPES["t5"].save_pretrained(tmp_path)
    needed = iter([8, 7, 3, 2, 5, 4])
    monkeypatch.setattr(plan, "estimate", lambda *_, **__: SimpleNamespace(peak=next(needed) * planning.GIB))
    assert plan.main(["--model", str(tmp_path), "--gpus", "4", "--memory", "6"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["8.0", "GiB", "each", "as", "it", "is"]
    assert lines[-1] == "with 6 GiB on each: --fsdp full_shard"


def test_a_plan_of_one_gpu(tmp_path, capsys):
    SHAPES["t5"].save_pretrained(tmp_path)
    assert (
        plan.main(["--model", str(tmp_path), "--batch", "1", "--source", "8", "--target", "8", "--memory", "99"]) == 0
    )
    out = capsys.readouterr().out
    assert "fsdp" not in out and out.endswith("with 99 GiB on each: it fits as it is\n")
    whole, checkpointed, lora, both = (float(line.split()[0]) for line in out.splitlines()[1:5])
    assert whole >= checkpointed and lora >= both


def test_a_plan_of_no_model(capsys):
    assert plan.main(["--model", "google-t5/t5-bse"]) == 2
    assert "did you mean 'google-t5/t5-base'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name, millions", [("google-t5/t5-small", 60.5), ("google/flan-t5-small", 77.0), ("facebook/bart-base", 139.4)]
)
def test_known_sizes_have_their_published_number_of_parameters(name, millions):
    options = SimpleNamespace(batch=1, source=8, target=8, precision="fp32", gpus=1)
    assert plan.estimate(plan.config_of(name), options).weights / 4e6 == pytest.approx(millions, abs=0.06)


def test_make_gpu_without_one_says_so(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu.main([]) == 2
    assert "no GPU here" in capsys.readouterr().out
