# SPDX-License-Identifier: Apache-2.0
"""recipes/common/models.py: what is refused before a weight is read, and how weights are loaded."""

import json
import os
import shutil
from types import SimpleNamespace

import pytest
import torch
from conftest import make_model, make_tokenizer
from helpers import block_sockets, read_json
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM, GPT2Config

from recipes.common import UserError
from recipes.common.arguments import RecipeSettings
from recipes.common.models import load_config, load_model, load_tokenizer


def settings(name, **changed):
    return RecipeSettings(model_name_or_path=str(name), **changed)


def load(folder, tokenizer, **changed):
    chosen = settings(folder, **changed)
    return load_model(chosen, load_config(chosen, SimpleNamespace(fp16=False)), tokenizer)


def refused(name, fp16=False, **changed):
    with pytest.raises(UserError) as caught:
        load_config(settings(name, **changed), SimpleNamespace(fp16=fp16))
    return caught.value.problems


@pytest.fixture
def bart(tmp_path):
    tokenizer = make_tokenizer(bos="<s>")
    make_model("bart", tokenizer).save_pretrained(tmp_path / "bart")
    tokenizer.save_pretrained(tmp_path / "bart")
    return tmp_path / "bart"


@pytest.fixture
def copy(checkpoint, tmp_path):
    return shutil.copytree(checkpoint, tmp_path / "copy")


# ---------------------------------------------------------------- told from the configuration


def test_an_encoder_decoder_is_accepted(checkpoint, bart):
    assert load_config(settings(checkpoint), SimpleNamespace(fp16=False)).model_type == "t5"
    limits = {"max_source_length": 256, "max_target_length": 256}
    assert load_config(settings(bart, **limits), SimpleNamespace(fp16=True)).model_type == "bart"


def test_a_decoder_alone_is_refused(tmp_path):
    GPT2Config(n_layer=1, n_head=1, n_embd=8).save_pretrained(tmp_path)
    (problem,) = refused(tmp_path)
    assert "a gpt2 model is not an encoder-decoder" in problem
    assert "google-t5/t5-small" in problem


def test_positions_of_the_model(bart):
    """BART has a table of positions; beyond its end it would fail in the middle of the training."""
    assert refused(bart, max_source_length=512, max_target_length=257) == [
        "--max_source_length 512: this model has 256 positions",
        "--max_target_length 257: this model has 256 positions",
    ]


@pytest.mark.parametrize("family", ["t5", "mt5"])
def test_trap_2_fp16_is_refused(tokenizer, tmp_path, family):
    make_model(family, tokenizer).config.save_pretrained(tmp_path)
    (problem,) = refused(tmp_path, fp16=True)
    assert f"--fp16 with a {family}" in problem and "--force_fp16" in problem
    assert load_config(settings(tmp_path, force_fp16=True), SimpleNamespace(fp16=True)).model_type == family


def test_a_folder_that_is_no_checkpoint(tmp_path):
    assert refused(tmp_path) == [
        f"--model_name_or_path {tmp_path}: the folder has no config.json, so it is no checkpoint"
    ]


@pytest.mark.parametrize("name", ["/nowhere/model", "./model", "a/b/model", ""])
def test_a_folder_that_is_not_there(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (problem,) = refused(name)
    assert problem.startswith("--model_name_or_path") and "folder" in problem


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"x")
    assert "no such folder" in refused(tmp_path / "model.bin")[0]


def test_a_configuration_that_is_broken(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "t5"')
    assert "config.json" in refused(tmp_path)[0]


@pytest.mark.parametrize("offline", ["0", "1"])
def test_hub_out_of_reach(monkeypatch, offline, capfd):
    """Told to be offline, or without a network: one sentence, at once, without ten lines about retries."""
    import huggingface_hub

    naps = []
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", naps.append)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", offline == "1")
    monkeypatch.setitem(os.environ, "HF_HUB_OFFLINE", offline)
    block_sockets(monkeypatch)
    (problem,) = refused("google-t5/no-such-t5")
    assert "the Hugging Face Hub is out of reach" in problem
    assert "Offline, name a checkpoint folder" in problem
    assert sum(naps) == 0, "it waits for the Hub, again and again"
    assert capfd.readouterr().err == ""


# ---------------------------------------------------------------- the tokenizer


def test_tokenizer_of_the_checkpoint_or_another(checkpoint, bart):
    assert load_tokenizer(settings(checkpoint)).bos_token is None
    assert load_tokenizer(settings(checkpoint, tokenizer_name=str(bart))).bos_token == "<s>"


def test_a_checkpoint_without_a_tokenizer(copy):
    """transformers 5 would make an empty one, in which every letter is unknown, and train on that."""
    for path in copy.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(UserError, match="tokenizer"):
        load_tokenizer(settings(copy))


def test_a_tokenizer_whose_unknown_token_is_none(copy):
    """The library would look for it for ever, and end with a RecursionError."""
    config = read_json(copy / "tokenizer_config.json")
    (copy / "tokenizer_config.json").write_text(json.dumps(config | {"unk_token": ""}))
    with pytest.raises(UserError, match="the unknown token '' is not in its vocabulary"):
        load_tokenizer(settings(copy))


def test_a_tokenizer_of_another_model(checkpoint):
    class Larger:
        def __len__(self):
            return 500

    rows = read_json(checkpoint / "config.json")["vocab_size"]
    with pytest.raises(UserError, match=f"the tokenizer has 500 ids, but the model has rows for {rows}"):
        load(checkpoint, Larger())


# ---------------------------------------------------------------- the weights


@pytest.mark.parametrize("family", ["t5", "bart"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_trap_21_half_precision_is_loaded_as_fp32(tokenizer, tmp_path, family, dtype):
    make_model(family, make_tokenizer(bos="<s>")).to(dtype).save_pretrained(tmp_path)
    assert read_json(tmp_path / "config.json")["dtype"] == str(dtype).removeprefix("torch.")
    model = load(tmp_path, tokenizer, max_source_length=64, max_target_length=64)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert {buffer.dtype for buffer in model.buffers() if buffer.is_floating_point()} <= {torch.float32}


@pytest.mark.parametrize("family", ["t5", "mt5"])
def test_trap_3_a_head_of_its_own_survives_a_resize(tokenizer, tmp_path, family):
    make_model(family, tokenizer).save_pretrained(tmp_path)
    model = load(tmp_path, tokenizer)
    assert model.config.tie_word_embeddings is False
    before = model.lm_head.weight.detach().clone()
    model.resize_token_embeddings(len(before) + 1)
    model.tie_weights()
    assert torch.equal(model.lm_head.weight[:-1], before)
    assert not torch.equal(model.lm_head.weight[:-1], model.shared.weight[:-1])


def test_trap_27_what_is_saved_says_that_the_head_is_its_own(checkpoint, tokenizer, tmp_path):
    load(checkpoint, tokenizer).save_pretrained(tmp_path)
    assert read_json(tmp_path / "config.json")["tie_word_embeddings"] is False
    assert "lm_head.weight" in load_file(tmp_path / "model.safetensors")


@pytest.mark.parametrize("family", ["t5", "bart"])
def test_a_tied_head_stays_tied(tmp_path, family):
    tokenizer = make_tokenizer(bos="<s>")
    make_model(family, tokenizer, tied=True).save_pretrained(tmp_path)
    model = load(tmp_path, tokenizer, max_source_length=64, max_target_length=64)
    assert model.config.tie_word_embeddings is True
    assert model.lm_head.weight is model.get_input_embeddings().weight


def test_a_weight_that_is_missing(copy, tokenizer):
    """The library would fill it with random numbers and print a line about it."""
    weights = load_file(copy / "model.safetensors")
    name = "decoder.block.0.layer.0.SelfAttention.q.weight"
    weights.pop(name)
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError, match=f"the checkpoint lacks 1 weights, such as {name}"):
        load(copy, tokenizer)


def test_no_weights_at_all(copy, tokenizer):
    (copy / "model.safetensors").unlink()
    with pytest.raises(UserError, match=f"--model_name_or_path {copy}: "):
        load(copy, tokenizer)


def test_dry_run_reads_no_weight(checkpoint, tokenizer, monkeypatch):
    monkeypatch.setattr(AutoModelForSeq2SeqLM, "from_pretrained", None)
    model = load(checkpoint, tokenizer, dry_run=True)
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}


@pytest.mark.parametrize("family", ["t5", "mt5", "bart"])
def test_trap_40_both_attentions_give_the_same_logits(family):
    """The fast one is the default; T5's bias of relative positions and the padding mask reach both."""
    tokenizer = make_tokenizer(bos="<s>") if family == "bart" else make_tokenizer()
    model = make_model(family, tokenizer).eval()
    assert model.config._attn_implementation == "sdpa"
    ids = torch.arange(5, 5 + 4 * 9).view(4, 9)
    mask = torch.ones_like(ids)
    mask[2, 5:] = 0
    asked = {"input_ids": ids, "attention_mask": mask, "decoder_input_ids": ids[:, :6]}
    fast = model(**asked).logits
    model.set_attn_implementation("eager")
    torch.testing.assert_close(model(**asked).logits, fast, rtol=1e-4, atol=1e-5)


def test_a_folder_that_holds_an_adapter_as_well(checkpoint, tmp_path):
    """The library would load it by itself and freeze the model: no parameter would be trained."""
    folder = shutil.copytree(checkpoint, tmp_path / "both")
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(UserError, match="the folder holds an adapter, too: .*; move adapter_config.json away"):
        load_config(SimpleNamespace(model_name_or_path=str(folder)), None)
