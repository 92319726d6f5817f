# SPDX-License-Identifier: Apache-2.0
"""The pre-training script's noise can be undone, and the bundled models are what the documentation says they are."""

import json
import random
import re
import sys

import numpy as np
import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import pretrain_tiny

SENTINELS = list(range(1000, 1100))
SAMPLE = "Dear team,\n\norder 48213 (Größe 42, 19,90 €) – “late”…  {a} <b> \\ ~ it's ½ 😀 ł\nÄpfel"
TINY_T5 = ROOT / "data/models/tiny-t5"
BUNDLED = [path for path in (TINY_T5, ROOT / "data/models/tiny-bart") if path.is_dir()]


@pytest.mark.parametrize("length, rate, mean", [(9, 0.15, 3), (40, 0.3, 3), (256, 0.2, 6), (10, 0.9, 2)])
def test_span_corruption_can_be_undone(length, rate, mean):
    rng = np.random.default_rng(0)
    ids = rng.integers(3, 900, length)
    for _ in range(50):
        spans = pretrain_tiny.random_spans(length, rate, mean, rng)
        assert all(0 <= a < b <= length for a, b in spans)
        assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))
        source, target = pretrain_tiny.replace_spans(ids, spans, SENTINELS)
        assert len(source) + len(target) == length + 2 * len(spans)
        assert pretrain_tiny.restore_spans(source, target, SENTINELS).tolist() == ids.tolist()


def test_span_corruption_by_hand():
    source, target = pretrain_tiny.replace_spans(np.array([5, 6, 7, 8, 9]), [(1, 3), (4, 5)], SENTINELS)
    assert source.tolist() == [5, 1000, 8, 1001]
    assert target.tolist() == [1000, 6, 7, 1001, 9]


def test_what_comes_next_is_a_sentence_or_a_line_and_all_before_it_is_read():
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(TINY_T5)
    noise, rng = pretrain_tiny.Noise(tokenizer, "t5"), np.random.default_rng(0)
    text = "We open at nine. Bo comes late.\nWho comes late?\nBo"
    ids = np.array(tokenizer(text, add_special_tokens=False)["input_ids"])
    seen = set()
    for _ in range(50):
        source, target = noise.next(ids, rng)
        before, told = tokenizer.decode(source[:-1]), tokenizer.decode(target)
        assert source[-1] == noise.sentinels[0]
        assert text.startswith(before) and text[len(before) :].strip().startswith(told.strip())
        seen.add(told.strip())
    assert seen == {"Bo comes late.", "Who comes late?", "Bo"}


def test_a_scrambled_text_has_other_people_and_things_everywhere_and_the_same_words_between():
    text = "Anna Huxwell wants two teapots. Anna, a teapot? anna.huxwell@mail.example"
    seen = [pretrain_tiny.scramble(text, random.Random(seed), {"ac": 1.0, "uart": 1.0}) for seed in range(40)]
    for new in seen:
        first, last, *_ = new.split()
        assert f"{first}, a " in new and f"{first.lower()}.{last.lower()}@mail.example" in new
        two, one = re.search(r"wants two (\w+)s\. .* a (\w+)\?", new).groups()
        assert two == one
    assert sum("Anna" not in new for new in seen) > 30  # nine in ten
    assert 0 < sum("teapot" not in new for new in seen) < 20  # a quarter


def test_the_vocabulary_is_made_of_texts_without_names():
    assert pretrain_tiny.without_people("Anna Huxwell, a.huxwell@mail.example: anna, 7") == " , a.@mail.example: , 7"


def test_random_words_belong_to_no_split():
    rng = random.Random(0)
    for word in ("Hanna", "48213", "WF20204148GB", "B7"):
        new = pretrain_tiny.random_word(word, rng)
        assert pretrain_tiny.pool_of(new) == "pretrain"
        assert [c.isdigit() for c in new] == [c.isdigit() for c in word] or word == "Hanna"


@pytest.mark.parametrize("folder", BUNDLED, ids=lambda path: path.name)
def test_tokenizer_round_trip(folder, tmp_path):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    documents = [json.loads(line)["document"] for line in (ROOT / "data/tickets/test.jsonl").open(encoding="utf-8")]
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    for text in [SAMPLE, *documents]:
        ids = tokenizer(text)["input_ids"]
        assert tokenizer.unk_token_id not in ids
        assert tokenizer.decode(ids, skip_special_tokens=True) == text
        assert again(text)["input_ids"] == ids
    assert len(tokenizer("48213", add_special_tokens=False)["input_ids"]) >= 5


@pytest.mark.parametrize("folder", BUNDLED, ids=lambda path: path.name)
def test_folder_is_small_and_loads(folder):
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= 8_000_000
    model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.pad_token_id == model.config.pad_token_id
    assert tokenizer.eos_token_id == model.config.eos_token_id
    assert len(tokenizer) <= model.get_input_embeddings().num_embeddings
    assert json.loads((folder / "generation_config.json").read_text()).keys() <= {
        "_from_model_config", "bos_token_id", "decoder_start_token_id", "eos_token_id", "pad_token_id",
        "transformers_version",
    }  # fmt: skip
    if folder == TINY_T5:
        config = json.loads((folder / "config.json").read_text())
        assert config["feed_forward_proj"] == "gated-gelu"
        assert config["tie_word_embeddings"] is False
        assert not torch.equal(model.lm_head.weight, model.shared.weight)
        assert tokenizer.convert_tokens_to_ids(["<pad>", "</s>", "<unk>"]) == [0, 1, 2]
        assert tokenizer.convert_tokens_to_ids("<extra_id_0>") == len(tokenizer) - 1
        assert config["decoder_start_token_id"] == 0


def test_a_deeper_model_computes_the_same_until_it_is_trained():
    import torch
    from transformers import AutoModelForSeq2SeqLM

    model = AutoModelForSeq2SeqLM.from_pretrained(TINY_T5, dtype=torch.float32).eval()
    grown = pretrain_tiny.deeper(model).eval()
    layers = [(one.config.num_layers, one.config.num_decoder_layers) for one in (model, grown)]
    assert layers[1] == (layers[0][0] + 1, layers[0][1] + 1)
    assert grown.lm_head.weight is not grown.shared.weight
    asked = {"input_ids": torch.tensor([[40, 50, 60, 1]]), "labels": torch.tensor([[70, 80, 1]])}
    assert torch.equal(model(**asked).logits, grown(**asked).logits)
    grown(**asked).loss.backward()
    new = [name for name, _ in grown.named_parameters() if ".block.2." in name and name.endswith("o.weight")]
    assert new and all(grown.get_parameter(name).grad.any() for name in new)
