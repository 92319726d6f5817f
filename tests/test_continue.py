# SPDX-License-Identifier: Apache-2.0
"""continue_gpt2_lora.py: what has a loss, and that the merged model is the adapter beside its base."""

import pytest
import torch
from conftest import make_plain
from harness import Predictor
from helpers import read_json

from recipes.neighbours import following

RECIPE = "neighbours.continue_gpt2_lora"


def test_each_token_is_followed_by_the_next_and_the_last_by_one_end():
    tokenizer, _ = make_plain("gpt")
    ann, bo, lamp, end = tokenizer.convert_tokens_to_ids(["Ann", "Bo", "lamp", "<|endoftext|>"])
    (whole,) = following.features_of("Ann Bo lamp", 9, tokenizer)
    assert whole["input_ids"] == [end, ann, bo, lamp]
    assert whole["labels"] == [ann, bo, lamp, end]
    parts = list(following.features_of("Ann Bo lamp", 3, tokenizer))
    assert [one["labels"] for one in parts] == [[ann, bo, lamp], [end]]


def test_padding_has_no_loss_and_the_end_has(small, done):
    """Perplexity of a text is the same beside a longer one, which makes it padded."""
    texts = ["Ann", " ".join(["lamp"] * 15)]
    predictor = Predictor(done.folder)
    alone, beside = predictor.predict([{"text": texts[0]}]), predictor.predict([{"text": text} for text in texts])
    losses = [one[0]["prediction"] for one in (alone, beside)]
    assert (losses[0].count, losses[1].count) == (2, 2)  # Ann, and that it ends
    assert losses[0].loss == pytest.approx(losses[1].loss, rel=1e-4)


def test_merged_is_the_adapter_beside_its_base(small, done):
    found = read_json(done.folder / "run.json")["merged"]
    assert found["samples"] == found["samples_alike"] == following.SAMPLES
    assert found["merged_loss"] == pytest.approx(found["adapter_loss"], rel=1e-5)
    assert any(line.startswith("adapter   loss ") for line in done.printed.splitlines())
    assert read_json(done.folder / "adapter" / "adapter_config.json")["target_modules"] == ["c_attn"]


def test_random_weights_and_lora_are_refused(small, refused):
    assert "give --lora_r 0" in refused(from_scratch=True)


def test_perplexity_of_a_text_is_that_of_the_library(small, done):
    """The library's own loss, which shifts by itself, on the text between two end tokens."""
    predictor = Predictor(done.folder)
    (entry,) = predictor.predict([{"text": "Ann wants a lamp"}])
    ids = torch.tensor([[0, *predictor.tokenizer("Ann wants a lamp")["input_ids"], 0]])
    with torch.no_grad():
        wanted = predictor.engine.model(input_ids=ids, labels=ids).loss.item()
    made = entry["prediction"]
    assert made.loss / made.count == pytest.approx(wanted, rel=1e-4)
