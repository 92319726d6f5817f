# SPDX-License-Identifier: Apache-2.0
"""make predict with --glossary: words that outputs must have."""

import pytest
import torch
from conftest import make_model, make_tokenizer
from harness import predict
from helpers import as_flags, read_jsonl, run_recipe, write_jsonl

from recipes.common import UserError
from recipes.shipping.glossary import Glossary, Terms

RECIPE = "summarize_t5"


@pytest.mark.parametrize("family", ["t5", "bart"])
@pytest.mark.parametrize("beams", [1, 3])
def test_terms_are_said_and_only_where_they_are_wanted(family, beams):
    tokenizer = make_tokenizer()
    model = make_model(family, tokenizer).eval()
    inputs = tokenizer(["Ann wants a lamp", "Bo"], padding=True, return_tensors="pt")
    held = Terms([["blue mug", "Monday"], []], tokenizer, [tokenizer.eos_token_id], 12, boost=50.0)
    options = {"max_new_tokens": 12, "num_beams": beams, "do_sample": False}
    made = model.generate(**inputs, logits_processor=[held], **options)
    texts = tokenizer.batch_decode(made, skip_special_tokens=True)
    assert "blue mug" in texts[0] and "Monday" in texts[0]
    plain = tokenizer.batch_decode(model.generate(**inputs, **options), skip_special_tokens=True)
    assert texts[1] == plain[1] and texts[0] != plain[0]


def test_where_the_model_would_end_what_is_missing_is_appended_and_it_ends_then():
    """A model that wants nothing but its end token says the two terms, one after the other, and ends."""
    tokenizer = make_tokenizer()
    end = tokenizer.eos_token_id
    held = Terms([["blue mug", "Monday"]], tokenizer, [end], 40)
    scores = torch.zeros(1, len(tokenizer))
    scores[0, end] = 9.0
    said = [tokenizer.pad_token_id]
    while said[-1] != end and len(said) < 40:
        said.append(int(held(torch.tensor([said]), scores).argmax()))
    assert tokenizer.decode(said, skip_special_tokens=True).split() == ["blue", "mug", "Monday"]


def test_a_term_has_a_head_start_and_no_end_comes_before_it():
    tokenizer = make_tokenizer()
    held = Terms([["blue"]], tokenizer, [tokenizer.eos_token_id], 40, boost=3.0)
    scores = torch.zeros(1, len(tokenizer))
    scores[0, tokenizer.unk_token_id] = 9.0
    changed = held(torch.tensor([[tokenizer.pad_token_id]]), scores)[0]
    (first, *_) = tokenizer(" blue", add_special_tokens=False)["input_ids"]
    assert changed[first] == 3 and changed[tokenizer.eos_token_id] == -torch.inf and (changed == 0).sum() > 10


def test_which_words_a_source_wants(tmp_path):
    """Whole words, in any case; a word that two terms share once."""
    path = write_jsonl(
        tmp_path / "g.jsonl",
        [
            {"source": "Lamp", "target": "blue mug"},
            {"source": "lamps", "target": "blue mug"},
            {"source": "cup", "target": "Bo"},
        ],
    )
    glossary = Glossary.read(path, make_tokenizer())
    assert glossary.wanted("A LAMP, two lamps and a cupboard") == ["blue mug"]
    assert glossary.wanted("a cup.") == ["Bo"] and glossary.wanted("nothing") == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"source": "lamp", "target": " "}], "line 1: needed: a text in each of the columns source and target"),
        ([{"en": "lamp", "de": "Lampe"}], "line 1: needed: a text in each of the columns"),
        ([{"source": "a", "target": "Bo"}, {"source": "A", "target": "Ann"}], "line 2: 'A' stands there twice"),
        ([{"source": "a", "target": "灯"}], "line 1: the model's tokenizer cannot write '灯'"),
    ],
)
def test_what_is_wrong_with_a_glossary(tmp_path, rows, said):
    with pytest.raises(UserError, match=said):
        Glossary.read(write_jsonl(tmp_path / "g.jsonl", rows), make_tokenizer())


def test_predict_holds_to_it(done, small, tmp_path):
    """Every output has its word, though this model ends at the length limit alone; the others are as they were."""
    rows = [{"document": row["document"]} for row in small.rows["test"]][:4]
    given = {"run": done.folder, "input": write_jsonl(tmp_path / "new.jsonl", rows)}
    first = rows[0]["document"].split()[0].strip(".,")
    glossary = write_jsonl(tmp_path / "g.jsonl", [{"source": first, "target": "mug"}])
    assert run_recipe(as_flags(**given, output=tmp_path / "plain.jsonl"), predict) == 0
    assert run_recipe(as_flags(**given, output=tmp_path / "held.jsonl", glossary=glossary), predict) == 0
    plain, held = (read_jsonl(tmp_path / f"{name}.jsonl") for name in ("plain", "held"))
    for row, one, other in zip(rows, plain, held, strict=True):
        wanted = first.lower() in row["document"].lower().replace(".", " ").replace(",", " ").split()
        assert ("mug" in other["prediction"]) if wanted else one["prediction"] == other["prediction"]
