# SPDX-License-Identifier: Apache-2.0
"""Settings that all recipes share: how outputs are made, which weights are learned, and from what."""

from types import SimpleNamespace

import pytest
import torch
from conftest import make_model, make_tokenizer
from harness import NAMES
from helpers import read_json, read_jsonl
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from recipes import prediction
from recipes.common import UserError, lora, models
from recipes.common.arguments import RecipeSettings
from recipes.common.learning import Collator

RECIPE = "summarize_t5"
BEAMS = {
    "do_sample": False, "num_beams": 3, "length_penalty": 0.5, "early_stopping": True, "no_repeat_ngram_size": 2,
    "repetition_penalty": 1.2, "min_new_tokens": 3, "num_return_sequences": 2,
}  # fmt: skip
DRAWN = {"do_sample": True, "num_beams": 1, "top_k": 7, "top_p": 0.8, "temperature": 1.3, "num_return_sequences": 2}
LORA = {"lora_r": 4, "lora_alpha": 8.0, "lora_dropout": 0.1, "lora_targets": "all-linear", "learning_rate": 3e-2}
PLAIN = {"lora_r": 0}
GROUPS = {
    "beams": BEAMS,
    "drawn": DRAWN,
    "lora": LORA,
    "dora": LORA | {"use_dora": True, "lora_dropout": 0.0},
    "rslora": LORA | {"use_rslora": True, "lora_targets": "attention"},
    "a layer": PLAIN | {"freeze": "1", "dropout": 0.2, "mask_special_tokens": True},
    "encoder": PLAIN | {"freeze": "encoder"},
    "embeddings": PLAIN | {"freeze": "embeddings"},
}


def is_frozen(name, group):
    """Whether the group's --freeze names a weight; tiny models have one layer."""
    name = name.removeprefix("model.")
    table = name == "shared.weight" or "embed_" in name
    layer = name.startswith(("encoder.block.", "encoder.layers."))
    encoder = name.startswith("encoder.") or name == "shared.weight"
    return {"embeddings": table, "a layer": table or layer, "encoder": encoder}[group]


def every_pair():
    """Each group with each recipe; one recipe a group is quick, and convo learns new tokens with LoRA."""
    quick = [NAMES[(place + 1) % len(NAMES)] for place in range(len(GROUPS))]
    quick[list(GROUPS).index("lora")] = "convo_flant5"
    for group, fast in zip(GROUPS, quick, strict=True):
        for name in NAMES:
            yield pytest.param(name, group, marks=[] if name == fast else pytest.mark.slow, id=f"{name}-{group}")


@pytest.mark.parametrize(("small", "group"), [*every_pair()], indirect=["small"])
def test_every_switch_in_every_recipe(small, group, run, tmp_path):
    """The settings are in the record and do what they say to texts and weights."""
    chosen = GROUPS[group]
    assert run(max_steps=3, **chosen) == 0
    out = tmp_path / "out"
    record = read_json(out / "run.json")
    assert record["settings"].items() >= {k: v for k, v in chosen.items() if k != "learning_rate"}.items()
    rows = read_jsonl(out / "predictions.jsonl")
    if group in ("beams", "drawn"):
        saved = read_json(out / "generation_config.json")
        assert saved.items() >= {name: value for name, value in chosen.items() if value is not False}.items()
        assert all(len(row["variants"]) == 2 for row in rows)
        assert small.name == "qa_t5" or [row["variants"][0] for row in rows] == [row["prediction"] for row in rows]
    before, after = load_file(small.model / "model.safetensors"), load_file(out / "model.safetensors")
    old = len(AutoTokenizer.from_pretrained(small.model))  # rows that convo's new tokens get come after them
    same = {name for name in before if name in after and torch.equal(before[name][:old], after[name][:old])}
    if chosen.get("lora_r"):
        assert (out / "adapter/adapter_model.safetensors").exists() and not list(out.glob("adapter_*"))
        assert record["parameters"]["trained_percent"] < 100
        assert not [name for name in before if "norm" in name and name not in same], "a frozen weight moved"
        check_adapter(small, out)
    elif chosen.get("freeze"):
        wanted = {name for name in before if is_frozen(name, group)}
        assert wanted and wanted <= same
        # relative_attention_bias of T5: buckets of distances that these short texts have not
        assert not [name for name in same - wanted if "layer_norm" in name or "attn" in name or ".q." in name]
        assert 0 < record["parameters"]["trained_percent"] < 100
    if "dropout" in chosen:
        config = read_json(out / "config.json")
        assert 0.2 in (config.get("dropout_rate"), config.get("dropout"))


def check_adapter(small, out):
    """The adapter beside its base gives the merged model's logits (trap 29)."""
    tokenizer = AutoTokenizer.from_pretrained(out)
    base, merged = (AutoModelForSeq2SeqLM.from_pretrained(folder).eval() for folder in (small.model, out))
    models.untie(base)
    adapted = prediction.load_adapter(out / "adapter", base).eval()
    inputs = tokenizer(["Ann wants a lamp", "Bo\n{x}"], padding=True, return_tensors="pt")
    inputs["decoder_input_ids"] = inputs["input_ids"][:, :4]
    with torch.no_grad():
        torch.testing.assert_close(adapted(**inputs).logits, merged(**inputs).logits, rtol=1e-4, atol=1e-4)


CONTRADICTIONS = {
    "--top_p 0.9: does nothing without --do_sample True": {"top_p": 0.9},
    "--temperature 0.7: does nothing without --do_sample True": {"temperature": 0.7, "num_beams": 4},
    "--early_stopping True: does nothing without --num_beams 2 or more": {"early_stopping": True, "num_beams": 1},
    "--num_return_sequences 5: without --do_sample True at most --num_beams 4": {"num_return_sequences": 5},
    "--min_new_tokens 25: must be at most --max_target_length 24": {"min_new_tokens": 25},
    "--freeze encoder: with LoRA all weights are frozen": {"freeze": "encoder", "lora_r": 4},
    "--use_dora True: needs --lora_r above 0": {"use_dora": True},
    "--lora_alpha 16.0: needs --lora_r above 0": {"lora_alpha": 16},
    "--no_repeat_ngram_size -1: must be at least 0": {"no_repeat_ngram_size": -1},
}


@pytest.mark.parametrize("said", CONTRADICTIONS)
def test_settings_that_contradict_each_other_are_one_sentence(refused, said):
    told = refused(**CONTRADICTIONS[said])
    assert told.startswith(f"error: {said}") and told.count("\n") == 1


@pytest.mark.parametrize(
    "changed", [{"freeze": "decoder"}, {"freeze": "2"}, {"freeze": "0"}, {"lora_r": 2, "lora_targets": "q,x"}]
)
def test_a_dry_run_finds_names_that_the_model_lacks(run, changed, capsys):
    assert run(dry_run=True, **changed) == 2
    flag, value = list(changed.items())[-1]
    assert f"--{flag} {value}: " in capsys.readouterr().err


def test_special_tokens_out_of_the_loss():
    """BART's <s> is no longer learned; </s> still is, or no output would end; the decoder reads all of them."""
    tokenizer = make_tokenizer(bos="<s>")
    model = make_model("bart", tokenizer)
    ids = tokenizer("Ann wants")["input_ids"]
    features = [
        {"input_ids": ids, "labels": ids},
        {"input_ids": ids, "labels": [*ids[:-1], tokenizer.unk_token_id, ids[-1]]},
    ]
    plain, masked = (Collator(tokenizer, model, switch)(features) for switch in (False, True))
    assert torch.equal(plain["decoder_input_ids"], masked["decoder_input_ids"])
    first, second = masked["labels"].tolist()
    assert first[: len(ids)] == [-100, *ids[1:]] and second[: len(ids) + 1] == [-100, *ids[1:-1], -100, ids[-1]]
    assert plain["labels"][0, 0] == tokenizer.bos_token_id


@pytest.mark.parametrize(("family", "tied"), [("t5", True), ("t5", False), ("mt5", False), ("bart", True)])
def test_trap_16_lora_learns_new_tokens(family, tied, tmp_path):
    """Their rows move in encoder, decoder and head alike, no old row does; merged, saved and as an adapter, too."""
    tokenizer = make_tokenizer(bos="<s>" if family == "bart" else None)
    model = make_model(family, tokenizer, tied=tied)
    model.save_pretrained(tmp_path / "base")
    model = type(model).from_pretrained(tmp_path / "base")  # whose encoder and decoder have a table each, of one weight
    models.untie(model)
    old, tokens = len(tokenizer), [f"¶{number}" for number in range(9)]  # more than there are rows to spare
    models.add_tokens({}, tokens, tokenizer, model)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    adapted = lora.wrap(model, RecipeSettings(lora_r=4, lora_dropout=0.0), seed=1)
    batch = tokenizer(["Ann ¶0 wants ¶8", "Bo ¶3"], padding=True, return_tensors="pt")
    labels = batch["input_ids"].clone()
    optimizer = torch.optim.AdamW([one for one in adapted.parameters() if one.requires_grad], lr=1e-2)
    for _ in range(5):
        adapted(**batch, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    with torch.no_grad():
        wanted = adapted.eval()(**batch, labels=labels).logits
        lora.merge(adapted)
        plain = lora.save(adapted, tmp_path / "adapter")
        torch.testing.assert_close(plain(**batch, labels=labels).logits, wanted, rtol=1e-4, atol=1e-4)
        after = dict(plain.named_parameters())
        for layer in (plain.get_input_embeddings(), plain.get_output_embeddings()):
            (name,) = [name for name, weight in after.items() if weight is layer.weight]
            moved = (before[name] != after[name]).any(1).nonzero().flatten().tolist()
            assert {old, old + 3, old + 8} <= set(moved) and min(moved) >= old, name
        base = type(model).from_pretrained(tmp_path / "base").eval()
        models.untie(base)
        again = prediction.load_adapter(tmp_path / "adapter", base).eval()
        torch.testing.assert_close(again(**batch, labels=labels).logits, wanted, rtol=1e-4, atol=1e-4)


def test_dropout_is_that_of_the_configuration(tmp_path):
    """Under the name that the family has for it, in both halves of a pair; FSMT and the like have one, too."""
    tokenizer = make_tokenizer()
    make_model("t5", tokenizer).save_pretrained(tmp_path)
    args = SimpleNamespace(fp16=False)
    config = models.load_config(RecipeSettings(model_name_or_path=str(tmp_path), dropout=0.3), args)
    assert config.dropout_rate == 0.3
    monkey = models.DROPOUT
    try:
        models.DROPOUT = ()
        with pytest.raises(UserError, match="--dropout 0.3: a t5 model has no such setting"):
            models.load_config(RecipeSettings(model_name_or_path=str(tmp_path), dropout=0.3), args)
    finally:
        models.DROPOUT = monkey
