# SPDX-License-Identifier: Apache-2.0
"""recipes/pretrained/tokens.py: control tokens that stand in texts are texts, and what of them is lost is counted."""

import json

import pytest
import transformers
from conftest import make_tokenizer
from helpers import as_flags, records, run_recipe, write_jsonl

from recipes import summarize_t5
from recipes.common import models
from recipes.pretrained.tokens import Encoder, control_tokens, lost

TEXTS = ["Ann </s> Bo", "<s> Ann </s>", "<pad>", "Ann<pad>Bo </s> </s>", "<unk> a", "</s>"]


def byte_tokenizer():
    """As BART's: bytes, so that any text can be spelled."""
    from tokenizers import ByteLevelBPETokenizer

    names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    core = ByteLevelBPETokenizer(vocab={piece: n for n, piece in enumerate(names + letters())}, merges=[])
    core.add_special_tokens(names)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )


def letters():
    from tokenizers.pre_tokenizers import ByteLevel

    return sorted(ByteLevel.alphabet())


@pytest.mark.parametrize("make", [make_tokenizer, byte_tokenizer, transformers.ByT5Tokenizer])
def test_no_text_is_a_control_token(make):
    """T5's Unigram pieces hold `</s>` as well: the library's split_special_tokens would give the end token."""
    tokenizer = make()
    control = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    encoder = Encoder(tokenizer)
    for side in ("text", "text_target"):
        found, lengths = encoder(side, TEXTS, 99)
        for ids, length in zip(found, lengths, strict=True):
            assert ids[-1] == tokenizer.eos_token_id or side == "text"
            body = ids[:-1] if ids[-1] == tokenizer.eos_token_id else ids
            assert not control & set(body) and len(ids) == length


def test_texts_come_back_where_the_tokenizer_can_spell_them():
    tokenizer = byte_tokenizer()
    ids, _ = Encoder(tokenizer)("text_target", TEXTS, 99)
    assert [tokenizer.decode(one, skip_special_tokens=True) for one in ids] == TEXTS
    assert lost(["</s>", "<pad>", "{"], tokenizer) == []


def test_the_templates_own_stay_control_tokens():
    tokenizer = make_tokenizer()
    tokenizer.add_special_tokens({"extra_special_tokens": ["<sep>"]})
    sep, end = tokenizer.convert_tokens_to_ids("<sep>"), tokenizer.eos_token_id
    (ids,), _ = Encoder(tokenizer, "{a} <sep> {b}")("text", ["Ann <sep> Bo </s>"], 99)
    assert ids.count(sep) == 1 and ids.count(end) == 1 and ids[-1] == end
    (ids,), _ = Encoder(tokenizer)("text", ["Ann <sep> Bo"], 99)
    assert sep not in ids


def test_control_tokens_of_texts_are_counted_in_texts():
    tokenizer = make_tokenizer()
    assert control_tokens(TEXTS, tokenizer, "") == {"</s>": 4, "<pad>": 2, "<unk>": 1}
    assert control_tokens(["a </s> b", "a </s> </s>"], tokenizer, "{x} </s> {y}") == {"</s>": 1}


def test_cutting_keeps_what_stands_around():
    tokenizer = make_tokenizer(bos="<s>")
    encoder = Encoder(tokenizer)
    body = tokenizer("Ann wants a lamp", add_special_tokens=False)["input_ids"]
    start, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    assert encoder("text", ["Ann wants a lamp"], 4) == ([[start, *body[:2], end]], [len(body) + 2])
    tokenizer.truncation_side = "left"
    assert Encoder(tokenizer)("text", ["Ann wants a lamp"], 4)[0] == [[start, *body[-2:], end]]


def run(folder, tmp_path, rows, **flags):
    files = {f"{split}_file": write_jsonl(tmp_path / f"{split}.jsonl", rows) for split in ("train", "validation")}
    return run_recipe(
        as_flags(model_name_or_path=folder, output_dir=tmp_path / "out", dry_run=True, **files, **flags),
        summarize_t5.main,
    )


def test_a_run_says_what_is_lost(checkpoint, tmp_path, capsys):
    """T5 has no `<`: what stands in 3 targets as `</s>` cannot be kept."""
    rows = records("train", 9)
    for row in rows[:3]:
        row["summary"] += " </s> second point"
    assert run(checkpoint, tmp_path, rows) == 0
    assert "'</s>'" in capsys.readouterr().out


def test_a_run_says_what_the_template_shares_with_texts(checkpoint, tmp_path, capsys):
    rows = records("train", 9)
    rows[0]["document"] += " </s>"
    assert run(checkpoint, tmp_path, rows, source_prefix="read </s> ") == 0
    out = capsys.readouterr().out
    assert "'</s>' is a control token in 1 texts, too: the template has it" in out
    said = next(line for line in out.splitlines() if line.startswith("input_ids"))
    assert json.loads(said.removeprefix("input_ids")).count(1) == 3


def test_padding_on_the_left_is_put_right_and_said(checkpoint):
    model, tokenizer = models.load(
        summarize_t5.Settings(str(checkpoint)), transformers.TrainingArguments("x", use_cpu=True, report_to="none")
    )
    tokenizer.padding_side = "left"
    assert models.agree(model, tokenizer) == ["the tokenizer pads on the left; here padding is on the right"]
    assert tokenizer.padding_side == "right"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("字 Ann Ann Ann", None),
        ("字 " * 40 + "Ann", "% of the tokens of sources)"),
        ("字" * 40, "of the sources is lost"),
    ],
)
def test_sources_of_another_script(document, said, checkpoint, tmp_path, capsys):
    """The targets are fine; where more than 30 % of the tokens or half of the letters is unknown, the run stops."""
    rows = [{"document": f"{document} {number}", "summary": f"Ann {number}"} for number in range(9)]
    assert run(checkpoint, tmp_path, rows) == (2 if said else 0)
    captured = capsys.readouterr()
    assert said in captured.err if said else "unknown tokens" in captured.out
