# SPDX-License-Identifier: Apache-2.0
"""QLoRA and AdamW in eight bits, where bitsandbytes is installed (requirements-bitsandbytes.txt); on a CPU here."""

import signal
from importlib.util import find_spec

import chaos
import harness
import pytest
import torch
import transformers
from helpers import read_json, read_jsonl
from safetensors.torch import load_file

RECIPE = "translate_mt5_lora"


def test_bitsandbytes_and_lora_are_needed(refused):
    assert "--load_in_4bit True: needs --lora_r above 0" in refused(load_in_4bit=True, lora_r=0)


if find_spec("bitsandbytes"):

    @pytest.fixture
    def wide(small, tmp_path):
        """A model whose rows are blocks of 64 numbers, as bitsandbytes wants them on a CPU."""
        tokenizer = transformers.AutoTokenizer.from_pretrained(small.model)
        ids = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id}
        torch.manual_seed(0)
        config = transformers.T5Config(
            d_model=64, d_kv=32, num_heads=2, num_layers=1, d_ff=128, vocab_size=-(-len(tokenizer) // 8) * 8,
            dropout_rate=0, decoder_start_token_id=tokenizer.pad_token_id, **ids,
        )  # fmt: skip
        transformers.T5ForConditionalGeneration(config).save_pretrained(tmp_path / "wide")
        tokenizer.save_pretrained(tmp_path / "wide")
        return tmp_path / "wide"

    def test_what_qlora_saves_is_what_it_scored(run, small, wide, tmp_path):
        out = tmp_path / "out"
        assert run(model_name_or_path=wide, load_in_4bit=True, lora_targets="all-linear", output_dir=out) == 0
        assert "quantization_config" not in read_json(out / "config.json")
        before, after = load_file(wide / "model.safetensors"), load_file(out / "model.safetensors")
        assert {weight.dtype for weight in after.values()} == {torch.float32}
        assert torch.equal(before["shared.weight"], after["shared.weight"])
        assert not torch.allclose(before["encoder.block.0.layer.0.SelfAttention.q.weight"],
                                  after["encoder.block.0.layer.0.SelfAttention.q.weight"], atol=1e-3)  # fmt: skip
        texts = [line["prediction"] for line in read_jsonl(out / "predictions.jsonl")]
        sources = [row["en"] for row in read_jsonl(small.folder / "test.jsonl")]
        assert harness.Predictor(out)(sources) == texts
        assert harness.Predictor(out / "adapter")(sources) == texts

    @pytest.mark.slow
    def test_adamw_in_eight_bits_goes_on_to_the_same_bits(tmp_path):
        killed = chaos.Harness(tmp_path, optim="adamw_bnb_8bit")
        codes, _, differs, log = killed.disturbed(1, "in the backward pass", signal.SIGKILL, number=14)
        assert "goes on   from" in log and codes[-1] == 0, log
        assert not differs, (differs, log)
