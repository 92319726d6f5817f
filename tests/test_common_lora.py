# SPDX-License-Identifier: Apache-2.0
"""recipes/common/lora.py on tiny models of three families."""

import pytest
import torch
from conftest import make_model, make_tokenizer
from helpers import read_json

from recipes import prediction
from recipes.common import UserError, lora
from recipes.common.arguments import RecipeSettings
from recipes.common.loss import decoder_states
from recipes.pretrained.parts import fingerprint

FAMILIES = {"t5": None, "mt5": None, "bart": "<s>"}


def settings(**changed):
    return RecipeSettings(**{"lora_r": 4, "lora_alpha": 8, "lora_dropout": 0.0, **changed})


def make(family):
    tokenizer = make_tokenizer(bos=FAMILIES[family])
    return make_model(family, tokenizer).eval(), tokenizer


def moved(model):
    """`model` as if it had been trained: B is no longer zero."""
    torch.manual_seed(5)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.1)
    return model


def inputs(tokenizer):
    batch = tokenizer(["Ann wants a lamp", "Bo"], padding=True, return_tensors="pt")
    return {**batch, "decoder_input_ids": torch.tensor([[2, 5, 9, 4], [2, 7, 3, 3]])}


def logits(model, tokenizer):
    with torch.no_grad():
        return model.eval()(**inputs(tokenizer)).logits


@pytest.mark.parametrize("family", FAMILIES)
def test_training_begins_with_the_base(family):
    model, tokenizer = make(family)
    before = logits(model, tokenizer)
    assert torch.equal(logits(lora.wrap(model, settings(), 1), tokenizer), before)
    assert lora.wrap(model, settings(lora_r=0), 1) is model


def test_parameters_are_counted():
    """Frozen ones count in the first number only; without LoRA all are trained."""
    model, whole = make("t5")[0], sum(weight.numel() for weight in make("t5")[0].parameters())
    assert lora.count(model) == {"all": whole, "trained": whole, "trained_percent": 100}
    model.lm_head.weight.requires_grad = False
    trained = whole - model.lm_head.weight.numel()
    assert lora.count(model) == {"all": whole, "trained": trained, "trained_percent": round(100 * trained / whole, 2)}
    assert lora.describe(model) == f"trained   {trained:,} of {whole:,} parameters ({100 * trained / whole:.2f} %)"
    said = lora.describe(lora.wrap(make("t5")[0], settings(), 1))
    assert said.startswith("trained   6,144 of ") and said.endswith(": LoRA of rank 4 beside k, o, q, v")


def test_attention_alone_by_default():
    """Two layers with four projections each of 32 x 32 in the encoder, eight in the decoder's two attentions."""
    for family in FAMILIES:
        model = lora.wrap(make(family)[0], settings(), 1)
        assert lora.count(model)["trained"] == 24 * 4 * (32 + 32), family


def test_all_linear_layers_but_the_head():
    """T5's feed-forward layer has two ways in and one way out of 64 units."""
    model = lora.wrap(make("t5")[0], settings(lora_targets="all-linear"), 1)
    assert lora.count(model)["trained"] == 24 * 4 * (32 + 32) + 4 * 3 * 4 * (32 + 64)
    assert not [name for name, weight in model.named_parameters() if weight.requires_grad and "lm_head" in name]


def test_layers_by_name():
    model = lora.wrap(make("t5")[0], settings(lora_targets="q,v"), 1)
    assert lora.count(model)["trained"] == 12 * 4 * (32 + 32)
    with pytest.raises(UserError, match=r"--lora_targets q,value: .* k, o, q, v, wi_0, wi_1, wo"):
        lora.wrap(make("t5")[0], settings(lora_targets="q,value"), 1)


def test_the_seed_decides():
    def weights(seed):
        torch.rand(3)
        model = lora.wrap(make("t5")[0], settings(), seed)
        return torch.cat([w.flatten() for n, w in model.named_parameters() if "lora_A" in n])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


@pytest.mark.parametrize("family", FAMILIES)
def test_trap_1_states_and_head_give_the_models_logits(family):
    """The head is found below the wrapper, and LoRA acts on the states."""
    model, tokenizer = make(family)
    plain = logits(model, tokenizer)
    model = moved(lora.wrap(model, settings(lora_targets="all-linear"), 1))
    with torch.no_grad():
        hidden, head = decoder_states(model, inputs(tokenizer))
        torch.testing.assert_close(head(hidden), logits(model, tokenizer))
    assert (head(hidden) - plain).abs().max() > 0.01


@pytest.mark.parametrize("family", FAMILIES)
def test_trap_29_merged_saved_and_loaded(family, tmp_path):
    model, tokenizer = make(family)
    model.save_pretrained(tmp_path / "base")
    base = type(model).from_pretrained(tmp_path / "base")
    adapted = moved(lora.wrap(model, settings(), 1))
    expected = logits(adapted, tokenizer)
    lora.merge(adapted)
    torch.testing.assert_close(logits(adapted, tokenizer), expected, rtol=1e-5, atol=1e-5)
    plain = lora.save(adapted, tmp_path / "adapter")
    assert not [name for name, _ in plain.named_parameters() if "lora" in name]
    plain.save_pretrained(tmp_path / "merged")
    merged = type(model).from_pretrained(tmp_path / "merged")
    torch.testing.assert_close(logits(merged, tokenizer), expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        logits(prediction.load_adapter(tmp_path / "adapter", base), tokenizer), expected, rtol=1e-5, atol=1e-5
    )


def test_trap_29_another_base_is_refused(tmp_path):
    model, tokenizer = make("t5")
    adapted = moved(lora.wrap(model, settings(), 1))
    lora.merge(adapted)
    lora.save(adapted, tmp_path / "adapter")
    with pytest.raises(UserError, match="belongs to"):
        prediction.load_adapter(tmp_path / "adapter", make_model("t5", tokenizer, seed=1))
    with pytest.raises(UserError, match="no base.json"):
        prediction.load_adapter(tmp_path, make_model("t5", tokenizer))


def test_fingerprint_is_that_of_the_base():
    model = make("t5")[0]
    before = fingerprint(model)
    wrapped = moved(lora.wrap(model, settings(), 1))
    assert wrapped.base["sha256"] == before
    lora.merge(wrapped)
    assert wrapped.base["sha256"] == before != fingerprint(lora.save(wrapped, None))


def test_a_dry_run_has_no_weights_to_identify():
    with torch.device("meta"):
        model = make("t5")[0]
    assert lora.wrap(model, settings(), 1).base["sha256"] is None


def test_base_json_says_where_the_base_came_from(tmp_path, monkeypatch):
    """The commit is that of the library's cache, laid out as it lays it out."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    cached = tmp_path / "hub/models--some--model"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs/v2").write_text("abc")
    (cached / "snapshots/abc").mkdir(parents=True)
    (cached / "snapshots/abc/config.json").write_text("{}")
    model, _ = make("t5")
    model.name_or_path = "some/model"
    wrapped = lora.wrap(model, settings(model_revision="v2"), 1)
    lora.merge(wrapped)
    lora.save(wrapped, tmp_path)
    base = read_json(tmp_path / "base.json")
    assert base == wrapped.base and len(base.pop("sha256")) == 64
    assert base == {"name": "some/model", "revision": "v2", "commit": "abc", "new_rows": []}
    with pytest.raises(UserError, match=r"belongs to some/model \(revision v2\)"):
        prediction.load_adapter(tmp_path, make_model("t5", make_tokenizer(), seed=1))


def test_no_save_asks_the_hub(tmp_path, monkeypatch):
    """peft would look up the vocabulary of a base that is not in a local folder."""
    model, _ = make("t5")
    model.name_or_path = "some/model"
    asked = []
    monkeypatch.setattr("peft.utils.save_and_load.check_file_exists_on_hf_hub", lambda *_, **__: asked.append(1))
    lora.wrap(model, settings(), 1).save_pretrained(tmp_path)
    assert (tmp_path / "adapter_model.safetensors").is_file() and not asked


def test_a_full_model_passes_through(tmp_path):
    model = make("t5")[0]
    lora.merge(model)
    assert lora.save(model, tmp_path / "adapter") is model
    assert not (tmp_path / "adapter").exists()
