# SPDX-License-Identifier: Apache-2.0
"""Real shapes of data for recipes/neighbours/: CoNLL's and SQuAD's files, windows, labels as people type them."""

import json
import re
from types import SimpleNamespace

import pytest
from conftest import make_plain
from helpers import write_jsonl

from recipes import files
from recipes.neighbours import spans, tagging

CONLL = """-DOCSTART- -X- -X- O

Ann NNP B-NP I-PER
Miller NNP I-NP I-PER
met VBD B-VP O
Leeds NNP B-NP I-LOC
Vienna NNP B-NP B-LOC


-DOCSTART- -X- O O

It PRP B-NP O
"""
COLUMNS = {"words": "tokens", "tags": "tags", "text": "text"}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["train.conll", "train.txt"])
def test_a_conll_file_of_four_columns(tmp_path, name, ends):
    """Documents' marks and empty lines are no words; the last column has the tags; rows know their first line."""
    (tmp_path / name).write_bytes(CONLL.replace("\n", ends).encode())
    found = list(files.read_file(tmp_path / name, SimpleNamespace(), tagging.kinds(new=False)))
    assert found == [
        {"tokens": ["Ann", "Miller", "met", "Leeds", "Vienna"], "tags": ["I-PER", "I-PER", "O", "I-LOC", "B-LOC"]},
        {"tokens": ["It"], "tags": ["O"]},
    ]
    assert [row.line for row in found] == [3, 12]


def test_iob1_and_iob2_say_the_same_entities():
    """By hand: Ann Miller; Leeds and Vienna stand side by side and are two."""
    row = {"words": ["Ann", "Miller", "met", "Leeds", "Vienna"], "text": ""}
    one = tagging.marked(row, ["I-PER", "I-PER", "O", "I-LOC", "B-LOC"])
    two = tagging.marked(row, ["B-PER", "I-PER", "O", "B-LOC", "B-LOC"])
    assert one == two
    assert [(entity["text"], entity["start"], entity["label"]) for entity in one] == [
        ("Ann Miller", 0, "PER"), ("Leeds", 15, "LOC"), ("Vienna", 21, "LOC"),
    ]  # fmt: skip


def test_new_lines_without_tags_are_texts():
    assert ".txt" not in tagging.kinds(new=True)


# ---------------------------------------------------------------- answers

CONTEXT = "Ann was born in Leeds. Leeds is a city."
KNOWN = {"context": "context", "question": "question", "text": "text"}


def article(**answer):
    """A record of a SQuAD file: an article, its paragraphs, their questions."""
    question = {"id": "q1", "question": "Where is a city?", **answer}
    return files.Row({"title": "T", "paragraphs": [{"context": CONTEXT, "qas": [question]}]}, "train.json", 1)


def test_squad_one_and_two():
    """The second answer begins at the 24th character, which its text alone would not say; version 2 has none at all."""
    (one,) = spans.questions(article(answers=[{"text": "Leeds", "answer_start": 23}]), KNOWN)
    assert (one["context"], one["answers"], one["starts"]) == (CONTEXT, ["Leeds"], "23")
    assert spans.place({**one, "text": one["answers"]}) == (23, 28)
    none = {"answers": [], "plausible_answers": [{"text": "Leeds", "answer_start": 16}], "is_impossible": True}
    (two,) = spans.questions(article(**none), KNOWN)
    assert (two["answers"], two["starts"]) == ([], "")
    assert spans.place({**two, "text": two["answers"]}) is None


def test_a_long_question_leaves_windows_that_go_on():
    """The windows share no more than half of what the question leaves; the library would end the program."""
    tokenizer, _ = make_plain("bert")
    row = {"question": "lamp " * 40, "context": "Ann wants " * 40, "text": [], "starts": ""}
    found = list(spans.features_of(row, 64, 32, tokenizer, learn=True))
    assert all(len(one["input_ids"]) <= 64 for one in found)
    assert {place for one in found for place in one["places"]} >= set(range(0, 390, 10))  # every "Ann" is read


def test_a_question_without_room_for_a_context_is_a_bad_row():
    """[CLS], 4 words, two [SEP] and the 8 tokens that every context gets make 15."""
    tokenizer, _ = make_plain("bert")
    row = {"question": "lamp lamp lamp lamp"}
    assert spans.refuse(row, SimpleNamespace(max_source_length=15), tokenizer) is None
    assert spans.refuse(row, SimpleNamespace(max_source_length=14), tokenizer)[1].endswith("--max_source_length 15")


@pytest.mark.parametrize("small", ["neighbours.tag_bert", "neighbours.extract_bert"], indirect=True)
def test_windows_that_share_most_are_refused(small, refused):
    said = refused(max_source_length=40, doc_stride=21)
    assert "--doc_stride 21: windows of --max_source_length 40 share at most 20" in said


# ---------------------------------------------------------------- labels


@pytest.mark.parametrize("small", ["neighbours.classify_distilbert"], indirect=True)
def test_labels_as_people_type_them(small, tmp_path, capsys):
    """Blank labels are told by line; labels that differ in case alone are learned as different, which is told, too."""
    rows = [("no sound", "Bug"), ("it closes", "bug"), ("thanks", "yes"), ("so good", "1")] * 8
    blank = [*rows, ("no label", " ")]
    (tmp_path / "mine.csv").write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in blank))
    flags = {"train_file": tmp_path / "mine.csv", "validation_file": None, "test_file": None, "dry_run": True}
    assert small.run(**flags) == 2
    assert "mine.csv line 34: column 'label' is empty" in capsys.readouterr().err
    assert small.run(**flags, on_bad_row="skip") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "column 'label' is empty: 1 rows left out, line 34" in said
    assert re.search("labels '[Bb]ug', '[Bb]ug' differ in case or spaces only, and are learned as different", said)
    assert all(re.search(rf"'{label}' \d+ \(\d+ %\)", said) for label in ("1", "yes", "Bug", "bug"))


def test_a_squad_file_through_the_recipe(smalls, tmp_path, capsys):
    """Questions without an answer are counted, and then none may be the answer."""
    small = smalls("neighbours.extract_bert")
    some = [{"id": "q0", "question": "Where?", "answers": [{"text": "Leeds", "answer_start": 16}]}]
    some.append({"id": "q1", "question": "Whom?", "answers": [], "is_impossible": True})
    data = [{"title": str(n), "paragraphs": [{"context": f"{n} {CONTEXT}", "qas": some}]} for n in range(10)]
    (tmp_path / "train.json").write_text(json.dumps({"version": "v2.0", "data": data}))
    york = {"question": "Where?", "answers": [{"text": "York", "answer_start": 16}]}
    wrong = write_jsonl(tmp_path / "dev.jsonl", [{"context": CONTEXT, **york}] * 3)
    assert small.run(train_file=tmp_path / "train.json", validation_file=wrong, test_file=None, dry_run=True) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "null_score_diff_threshold 0.0" in said
    assert "train: 10 of 20 questions have no answer" in said
    assert "validation: 3 of 3 answers do not stand in their context, and are learned as none" in said
