# SPDX-License-Identifier: Apache-2.0
"""The bundled data sets: what is in data/ is what the generator makes, and the splits share only what they may."""

import itertools
import json
import random
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import make_data  # noqa: E402
from world import corpus, lexicon, shop  # noqa: E402

SIZES = {"train": 2000, "validation": 200, "test": 200}
COLUMNS = {"tickets": ["id", "document", "summary"]}
TARGET = {"tickets": "summary"}
NAMES = {*lexicon.FEMALE, *lexicon.MALE, *lexicon.SURNAMES}
PARAGRAPHS = 4000


@pytest.fixture(scope="module")
def files():
    return make_data.build()


@pytest.fixture(scope="module")
def rows(files):
    return {
        name.removesuffix(".jsonl"): [json.loads(line) for line in text.splitlines()] for name, text in files.items()
    }


@pytest.fixture(scope="module")
def pretraining():
    return "\n".join(itertools.islice(corpus.paragraphs(random.Random(3)), PARAGRAPHS))


def numbers(text):
    return set(re.findall(r"\d+", text))


def names(text):
    return set(re.findall(r"\w+", text)) & NAMES


def whole(records):
    return "\n".join(str(value) for record in records for key, value in record.items() if key != "id")


def skeletons(records, task):
    return Counter(shop.skeleton(record[TARGET[task]]) for record in records)


def test_committed_files_are_what_the_generator_makes(files):
    assert list(make_data.differences(files, ROOT / "data")) == []


def test_a_changed_file_is_named_and_exits_1(files, tmp_path, monkeypatch):
    make_data.write(files, tmp_path)
    with open(tmp_path / "tickets" / "test.jsonl", "a", encoding="utf-8") as file:
        file.write("{}\n")
    monkeypatch.setattr(sys, "argv", ["make_data.py", "--check", "--data_dir", str(tmp_path)])
    with pytest.raises(SystemExit) as stop:
        make_data.main()
    assert str(tmp_path / "tickets" / "test.jsonl") in stop.value.code
    assert "train.jsonl" not in stop.value.code


def test_the_readme_shows_a_real_row_and_the_counts(files, rows):
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```json\n(.*?)\n```", readme, re.DOTALL)[1]
    assert shown in files["tickets/test.jsonl"].decode().splitlines()
    counts = [
        int(count.replace(",", ""))
        for count in re.search(r"`tickets/`.*?\| ([\d,| ]+) \|$", readme, re.M)[1].split("|")
    ]
    assert counts == [len(rows[f"tickets/{split}"]) for split in SIZES]


def test_another_seed_makes_other_rows(files):
    assert make_data.build(seed=18)["tickets/test.jsonl"] != files["tickets/test.jsonl"]


@pytest.mark.parametrize("task", COLUMNS)
def test_counts_columns_and_ids(rows, task):
    for split, size in SIZES.items():
        records = rows[f"{task}/{split}"]
        assert len(records) == size
        assert all(list(record) == COLUMNS[task] for record in records)
        assert len({record["id"] for record in records}) == size


@pytest.mark.parametrize("task", COLUMNS)
def test_skeletons(rows, task):
    train, test = skeletons(rows[f"{task}/train"], task), skeletons(rows[f"{task}/test"], task)
    assert len(train) >= 300
    assert max(train.values()) <= 0.02 * SIZES["train"]
    assert max(test.values()) <= 0.02 * SIZES["test"]
    assert 0.18 <= len(test.keys() - train.keys()) / len(test) <= 0.22


def test_unseen_skeletons_are_made_of_known_words(rows):
    known = {word for skeleton in skeletons(rows["tickets/train"], "tickets") for word in skeleton.split()}
    assert {word for skeleton in skeletons(rows["tickets/test"], "tickets") for word in skeleton.split()} <= known


@pytest.mark.parametrize("task", COLUMNS)
def test_names_numbers_and_dates_belong_to_one_split(rows, pretraining, task):
    texts = {split: whole(rows[f"{task}/{split}"]) for split in SIZES} | {"pretrain": pretraining}
    for split, text in texts.items():
        assert len(names(text)) >= 50
        assert len(numbers(text)) >= 200
        assert {shop.pool_of(value) for value in names(text) | numbers(text)} == {split}


def test_documents_are_distinct_and_two_to_eight_sentences(rows):
    documents = [record["document"] for split in SIZES for record in rows[f"tickets/{split}"]]
    assert len(set(documents)) == sum(SIZES.values())
    for document in documents:
        assert 2 <= len(re.findall(r"[.!?](?= |$)", document)) <= 8
        assert not re.search(r"[{}\[\]|]|  | [.,;:!?]", document)


def test_a_summary_tells_nothing_that_its_document_does_not(rows):
    for split in SIZES:
        for record in rows[f"tickets/{split}"]:
            document, summary = record["document"], record["summary"]
            assert numbers(summary) <= numbers(document)
            assert names(summary) <= names(document)
            for word in shop.MASKED.findall(summary):
                assert re.search(rf"\b{word}\b", document, re.IGNORECASE), (word, summary, document)


def test_the_request_is_seldom_the_first_sentence(rows):
    """ROUGE-1 recall of the words, roughly: the first sentence holds less than half of the summary."""
    shares = []
    for record in rows["tickets/test"]:
        lead = set(re.findall(r"\w+", re.split(r"(?<=[.!?]) ", record["document"])[0].lower()))
        summary = re.findall(r"\w+", record["summary"].lower())
        shares.append(sum(word in lead for word in summary) / len(summary))
    assert sum(shares) / len(shares) < 0.4


def test_no_row_stands_in_the_pretraining_text(rows, pretraining):
    lines = set(pretraining.splitlines())
    assert len(lines) > 0.99 * PARAGRAPHS
    for split in SIZES:
        for record in rows[f"tickets/{split}"]:
            assert record["document"] not in lines
            assert record["summary"] not in pretraining


def test_draws_of_a_split_stay_in_its_pool():
    for split in shop.SPLITS:
        draw = shop.Draw(random.Random(1), split)
        drawn = [
            text
            for _ in range(200)
            for text in (draw.name(), draw.order(), draw.customer(), draw.tracking(), draw.voucher(), draw.phone())
            + (draw.amount(), draw.amount("de"), draw.date(), draw.date("de"), draw.address(), draw.address("de"))
        ]
        assert {shop.pool_of(value) for text in drawn for value in numbers(text) | names(text)} == {split}


def test_nouns_decline():
    umbrella = next(item for item in shop.PRODUCTS if item.en == "umbrella")
    assert (umbrella.a, umbrella.the, umbrella.plural) == ("an umbrella", "the umbrella", "umbrellas")
    assert [umbrella.de_the(case) for case in ("nom", "acc", "dat")] == [
        "der Regenschirm",
        "den Regenschirm",
        "dem Regenschirm",
    ]
    teapot = next(item for item in shop.PRODUCTS if item.en == "teapot")
    assert (teapot.de_a("acc"), teapot.de_the("dat")) == ("eine Teekanne", "der Teekanne")


def test_skeleton_masks_what_fills_slots():
    text = "Ann Weber wants a refund of £24.90 for an umbrella from order 48213 by 14 March because it is too small."
    assert shop.skeleton(text) == (
        "NAME wants a refund of AMOUNT for a ITEM from order # by # MONTH because it is too small."
    )


def test_expand_and_sentence():
    rng = random.Random(0)
    assert {shop.expand(rng, "a[b|c[d|e]|]f") for _ in range(100)} == {"abf", "acdf", "acef", "af"}
    assert shop.sentence("it  is late , so [go].") == "It is late, so [go]."
