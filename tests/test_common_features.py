# SPDX-License-Identifier: Apache-2.0
"""recipes/common/features.py: templates, ids, cutting, the fixed sample, what the tokenizer loses."""

from pathlib import Path
from types import SimpleNamespace

import datasets
import pytest
from conftest import make_tokenizer
from tokenizers import processors

from recipes.common.features import (
    encode,
    fill,
    length_report,
    references,
    sample,
    source_template,
    tokenize,
)
from recipes.pretrained.tokens import lost_in

TARGET = "{summary}"


def settings(source=100, target=100, workers=None):
    limits = {"max_source_length": source, "max_target_length": target, "preprocessing_num_workers": workers}
    return SimpleNamespace(source_prefix=None, **limits)


def task_of(source="summarize: {document}", prepare=None):
    return SimpleNamespace(
        recipe=Path(__file__), source=source, target=TARGET, prepare=prepare, learned=None, select=None, encode=None
    )


def row(name, document, summary):
    return {"id": name, "document": document, "summary": summary}


ROWS = [
    row("a", "Ann asks.", "Ann asks"),
    row("b", "Bo wants the lamp and the mug and the chair.", "Bo wants the lamp"),
    row("c", "Carla says hello to Dev.", "hello"),
]


def table_of(tokenizer, rows=ROWS, prepare=None, **limits):
    return tokenize({"train": rows}, task_of(prepare=prepare), tokenizer, settings(**limits))["train"]


def test_the_template_makes_one_source(tokenizer):
    rows = [(0, row("a", "Ann: {hi}\n", "x")), (1, row("b", "Bo", "x"))]
    for prefix, before in ((None, "summarize: "), ("tl;dr ", "tl;dr ")):
        chosen = SimpleNamespace(**vars(settings()) | {"source_prefix": prefix})
        made = [one["source"] for one in encode(rows, task_of(), tokenizer, chosen)]
        assert made == [f"{before}Ann: {{hi}}\n", f"{before}Bo"]


def test_references_as_the_data_has_them():
    assert references(row("a", "x", " N/A \n"), "{summary}") == [" N/A \n"]
    assert references(row("a", "x", ["one", "two"]), "[{summary}]") == ["[one]", "[two]"]
    assert references({"id": "a", "who": "Ann", "what": ["asks", "says"]}, "{who} {what}") == ["Ann asks", "Ann says"]


def test_features(tokenizer):
    table = table_of(tokenizer)
    assert set(table.column_names) == {
        "example", "row", "source", "input_ids", "labels", "length", "target_length", "feature",
    }  # fmt: skip
    assert table["example"][:] == table["feature"][:] == [0, 1, 2]
    assert [feature["row"] for feature in table] == ROWS
    assert table["source"][0] == "summarize: Ann asks."
    for feature, given in zip(table, ROWS, strict=True):
        assert feature["input_ids"] == tokenizer("summarize: " + given["document"])["input_ids"]
        assert feature["labels"] == tokenizer(text_target=given["summary"])["input_ids"]
        assert feature["length"] == len(feature["input_ids"])
        assert feature["target_length"] == len(feature["labels"])


def test_trap_18_nothing_is_padded(tokenizer):
    for feature in table_of(tokenizer):
        assert tokenizer.pad_token_id not in feature["input_ids"] + feature["labels"]


def test_cut_rows_keep_their_end_and_their_length(tokenizer):
    """The length is that before cutting: the report counts by it. The last token is </s> all the same."""
    whole, cut = table_of(tokenizer), table_of(tokenizer, source=8, target=3)
    end = tokenizer.eos_token_id
    for before, after in zip(whole, cut, strict=True):
        assert after["input_ids"] == [*before["input_ids"][: min(8, before["length"]) - 1], end]
        assert after["labels"] == [*before["labels"][: min(3, before["target_length"]) - 1], end]
        assert (after["length"], after["target_length"]) == (before["length"], before["target_length"])
    assert max(whole["length"]) > 8


def test_targets_end_where_the_tokenizer_adds_no_end():
    """A tokenizer that was trained by hand adds none, and the model would never learn to stop."""
    tokenizer = make_tokenizer()
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(single="$A")
    end = tokenizer.eos_token_id
    (feature, *_), (cut, *_) = table_of(tokenizer), table_of(tokenizer, target=2)
    assert feature["labels"] == [*tokenizer("Ann asks")["input_ids"], end]
    assert (cut["labels"], cut["target_length"]) == ([feature["labels"][0], end], len(feature["labels"]))
    assert end not in feature["input_ids"]


def test_a_prefix_with_braces_is_text():
    for prefix in ('{"a": 1} ', "TL{DR ", "{} ", "{0}", "{document.__class__}"):
        assert fill(source_template("summarize: {document}", prefix), row("a", "Ann", "x")) == f"{prefix}Ann"


def test_several_sources_of_a_row(tokenizer):
    """Windows: example counts the rows, feature counts the sources; the first reference is learned."""
    rows = [row("a", "Ann Bo Carla", ["hello", "thanks"]), row("b", "Dev", ["no"])]
    table = table_of(tokenizer, rows, prepare=lambda row, *_: row["document"].split())
    assert table["source"][:] == ["Ann", "Bo", "Carla", "Dev"]
    assert table["example"][:] == [0, 0, 0, 1]
    assert table["feature"][:] == [0, 1, 2, 3]
    assert table["labels"][0] == tokenizer(text_target="hello")["input_ids"]


def test_two_processes_give_the_same_features(tokenizer):
    rows = [row(str(n), "Ann " * (n + 1), "hello") for n in range(4)]
    assert table_of(tokenizer, rows, workers=2).to_list() == table_of(tokenizer, rows).to_list()


# ---------------------------------------------------------------- the sample


def numbered(examples):
    return datasets.Dataset.from_dict({"example": examples, "feature": range(len(examples))})


def test_trap_20_sample_is_seeded_and_keeps_whole_examples_in_order():
    """Examples of 1, 2 and 3 features in turn; 7 of 30 are drawn."""
    examples = [number for number in range(30) for _ in range(number % 3 + 1)]
    drawn = sample(numbered(examples), 7, seed=1)
    kept = sorted(set(drawn["example"]))
    assert len(kept) == 7
    assert drawn["example"][:] == [number for number in kept for _ in range(number % 3 + 1)]
    assert drawn["feature"][:] == sorted(drawn["feature"])
    assert drawn["feature"][:] == sample(numbered(examples), 7, seed=1)["feature"][:]
    assert drawn["feature"][:] != sample(numbered(examples), 7, seed=2)["feature"][:]


def test_a_small_table_is_its_own_sample():
    table = numbered([0, 0, 1])
    assert sample(table, 2, seed=1) is table


# ---------------------------------------------------------------- reports


def test_length_report_by_hand():
    """Lengths 1 to 100: median 50.5, 95th percentile 95.05; 10 lie above 90."""
    lengths = list(range(1, 101))
    table = datasets.Dataset.from_dict({"length": lengths, "target_length": [4] * 100})
    report = length_report({"train": table}, settings(source=90, target=4))["train"]
    source = {"median": 50, "p95": 95, "max": 100, "limit": 90, "cut": 10, "cut_percent": 10.0}
    target = {"median": 4, "p95": 4, "max": 4, "limit": 4, "cut": 0, "cut_percent": 0.0}
    assert report["source"].items() >= source.items()
    assert report["target"].items() >= target.items()


def test_lost_characters(tokenizer):
    """The tokenizer of the tests has no braces and no line breaks, like T5's; texts are counted, not occurrences."""
    rows = [row("a", "Ann {{{", "Ann"), row("b", "Bo\nwants }", "{ Bo"), row("c", "Carla", "says ok.")]
    lost = tokenize({"train": rows}, task_of(), tokenizer, settings()).lost
    assert lost == {"{": 2, "}": 1, "\n": 1}


@pytest.mark.parametrize("text", ["Ann asks: 12, ok?", ""])
def test_nothing_lost(tokenizer, text):
    assert lost_in([text, "Bo"], tokenizer) == ({}, {})
