# SPDX-License-Identifier: Apache-2.0
"""The bundled data sets: what is in data/ is what the generator makes, and the splits share only what they may."""

import functools
import hashlib
import itertools
import json
import os
import pickle
import random
import re
import sys
from collections import Counter

import pytest
import sacrebleu
from conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import make_data  # noqa: E402
from world import corpus, feedback, lexicon, shop, splits  # noqa: E402

SIZES = {"train": 2000, "validation": 200, "test": 200}
OTHER_SIZES = {
    "faq": {"train": 3000},
    "policies": {"train": 4000},
    "chats": {"train": 1400, "validation": 80, "test": 80},
}
COLUMNS = {
    "tickets": ["id", "document", "summary"],
    "products": ["id", "original", "paraphrase"],
    "faq": ["id", "en", "de"],
    "policies": ["id", "context", "question", "text"],
    "chats": ["id", "conversations"],
}
TARGET = {"tickets": "summary", "products": "paraphrase", "faq": "de", "policies": "text", "chats": "conversations"}
NAMES = {*lexicon.FEMALE, *lexicon.MALE, *lexicon.SURNAMES}
PARAGRAPHS = 4000


def sources():
    """The generator's code and phrases."""
    inside = (
        path for path in (ROOT / "scripts/world").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    )
    return [ROOT / "scripts/make_data.py", *sorted(inside)]


@functools.cache
def made():
    """(files, pre-training text) of the generator; a minute's work, kept until a source of it changes."""
    key = hashlib.sha256(sys.version.encode())
    for path in sources():
        key.update(f"{path.relative_to(ROOT)} {len(path.read_bytes())}\n".encode() + path.read_bytes())
    folder = ROOT / ".pytest_cache/made"
    kept = folder / f"{key.hexdigest()[:32]}.pickle"
    if not kept.exists():
        text = "\n".join(itertools.islice(corpus.paragraphs(random.Random(3)), PARAGRAPHS))
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        scratch = folder / f"{os.getpid()}.tmp"
        scratch.write_bytes(pickle.dumps((make_data.build(), text)))
        scratch.rename(kept)
    return pickle.loads(kept.read_bytes())


@pytest.fixture(scope="module")
def files():
    return made()[0]


@pytest.fixture(scope="module")
def rows(files):
    return {
        name.removesuffix(".jsonl"): [json.loads(line) for line in text.decode().split("\n")[:-1]]
        for name, text in files.items()
        if name.endswith(".jsonl")
    }


@pytest.fixture(scope="module")
def pretraining():
    return made()[1]


def test_a_changed_source_is_built_anew():
    """What is kept belongs to every file that the generator imports or reads."""
    used = {module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] in ("world", "make_data")}
    assert used <= {str(path) for path in sources()}


def sizes(task):
    return SIZES | OTHER_SIZES.get(task, {})


def numbers(text):
    return set(re.findall(r"\d+", text))


def names(text):
    return set(re.findall(r"\w+", text)) & NAMES


def whole(records):
    return "\n".join(text_of(value) for record in records for key, value in record.items() if key != "id")


def text_of(value):
    """A column's text; that of a conversation is all its turns."""
    return value if isinstance(value, str) else "\n".join(turn["value"] for turn in value)


def replies(record):
    return [turn["value"] for turn in record["conversations"] if turn["from"] == "gpt"]


def targets(record, task):
    """What skeletons are counted of: the target column, each reply of a chat, a question with its short answer."""
    if task == "chats":
        return replies(record)
    return [f"{record['question']} {record['text']}" if task == "policies" else record[TARGET[task]]]


skeleton = functools.cache(shop.skeleton)


def skeletons(records, task):
    return Counter(skeleton(text) for record in records for text in targets(record, task))


def test_committed_files_are_what_the_generator_makes(files):
    assert list(make_data.differences(files, ROOT / "data")) == []


def test_a_changed_file_is_named_and_exits_1(files, tmp_path, monkeypatch):
    make_data.write(files, tmp_path)
    with open(tmp_path / "tickets" / "test.jsonl", "a", encoding="utf-8") as file:
        file.write("{}\n")
    monkeypatch.setattr(sys, "argv", ["make_data.py", "--check", "--data_dir", str(tmp_path)])
    monkeypatch.setattr(make_data, "build", lambda *_: files)
    with pytest.raises(SystemExit) as stop:
        make_data.main()
    assert str(tmp_path / "tickets" / "test.jsonl") in stop.value.code
    assert "train.jsonl" not in stop.value.code


def test_the_readme_shows_a_real_row_and_the_counts(files, rows):
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```json\n(.*?)\n```", readme, re.DOTALL)[1]
    assert shown in files["tickets/test.jsonl"].decode().splitlines()
    for task in COLUMNS:
        cells = re.search(rf"`{task}/`.*?\| ([\d,| ]+) \|$", readme, re.M)[1].split("|")
        assert [int(cell.replace(",", "")) for cell in cells] == [len(rows[f"{task}/{split}"]) for split in SIZES]


def test_another_seed_makes_other_rows(files, monkeypatch):
    monkeypatch.setattr(corpus, "TASKS", ("tickets",))
    assert make_data.build(seed=18)["tickets/test.jsonl"] != files["tickets/test.jsonl"]


@pytest.mark.parametrize("task", COLUMNS)
def test_counts_columns_and_ids(rows, task):
    for split, size in sizes(task).items():
        records = rows[f"{task}/{split}"]
        assert len(records) == size
        assert all(list(record) == COLUMNS[task] for record in records)
        assert len({record["id"] for record in records}) == size


@pytest.mark.parametrize("task", COLUMNS)
def test_skeletons(rows, task):
    train, test = skeletons(rows[f"{task}/train"], task), skeletons(rows[f"{task}/test"], task)
    assert len(train) >= 300
    assert max(train.values()) <= 0.02 * train.total()
    assert max(test.values()) <= 0.02 * test.total()
    assert 0.18 <= len(test.keys() - train.keys()) / len(test) <= 0.22


def test_unseen_skeletons_are_made_of_known_words(rows):
    known = {word for skeleton in skeletons(rows["tickets/train"], "tickets") for word in skeleton.split()}
    assert {word for skeleton in skeletons(rows["tickets/test"], "tickets") for word in skeleton.split()} <= known


@pytest.mark.parametrize("task", COLUMNS)
def test_names_numbers_and_dates_belong_to_one_split(rows, pretraining, task):
    texts = {split: whole(rows[f"{task}/{split}"]) for split in SIZES} | {"pretrain": pretraining}
    for split, text in texts.items():
        assert len(names(text)) >= 50
        assert len(numbers(text)) >= 100
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


@pytest.mark.parametrize("task", ["products", "faq"])
def test_no_sentence_of_a_row_stands_in_the_pretraining_text(rows, pretraining, task):
    told = {sentence for line in pretraining.splitlines() for sentence in splits.SENTENCE_END.split(line)}
    for split in SIZES:
        for sentence in splits.SENTENCE_END.split(whole(rows[f"{task}/{split}"]).replace("\n", " ")):
            assert sentence not in told


@pytest.mark.parametrize("task", ["products", "faq", "policies", "chats"])
def test_unseen_skeletons_of_the_other_tasks_are_made_of_known_words(rows, task):
    known = {word for skeleton in skeletons(rows[f"{task}/train"], task) for word in skeleton.split()}
    assert {word for skeleton in skeletons(rows[f"{task}/test"], task) for word in skeleton.split()} <= known


def test_a_paraphrase_tells_the_same_in_other_words(rows):
    for split in SIZES:
        records = rows[f"products/{split}"]
        for record in records:
            original, paraphrase = record["original"], record["paraphrase"]
            assert sorted(re.findall(r"\d+", original)) == sorted(re.findall(r"\d+", paraphrase))
            assert names(original) == names(paraphrase)
            assert set(shop.MASKED.findall(original)) == set(shop.MASKED.findall(paraphrase))
        copies = sum(record["original"] == record["paraphrase"] for record in records) / len(records)
        assert 0.02 < copies < 0.05 if split == "train" else copies == 0
        originals, paraphrases = zip(*[(row["original"], row["paraphrase"]) for row in records], strict=True)
        assert sacrebleu.corpus_bleu(originals, [paraphrases]).score < 20


def test_a_translation_has_the_same_values_in_german_writing(rows):
    for split in SIZES:
        for record in rows[f"faq/{split}"]:
            english, german = record["en"], record["de"]
            assert sorted(re.findall(r"\d+", english)) == sorted(re.findall(r"\d+", german))
            assert names(english) == names(german)
            assert not re.search(r"[{}|\"”£]|\d\.\d|€\d|  | [.,;:!?]", german)
            assert german.count("„") == german.count("“") == english.count("“") == english.count("”")
            assert len(re.findall(r"\d+,\d\d €", german)) == len(re.findall(r"€\d+\.\d\d", english))
            assert len(splits.SENTENCE_END.split(german)) == len(splits.SENTENCE_END.split(english)) <= 2


def test_an_answer_stands_once_in_its_context_and_the_question_says_it_otherwise(rows):
    for split, size in sizes("policies").items():
        records = rows[f"policies/{split}"]
        assert len({record["context"] for record in records}) == size
        for record in records:
            context, question, answer = record["context"], record["question"], record["text"]
            assert context.count(answer) == 1
            assert 1 <= len(answer.split()) <= 8
            assert answer not in question and question.endswith(("?", "."))
            assert 3 <= len(re.findall(r"[.!?](?= |$)", context)) <= 8
            assert not re.search(r"[{}\[\]|]|  | [.,;:!?]", context + question)


def test_contexts_and_chats_are_not_in_the_pretraining_text(rows, pretraining):
    for split in SIZES:
        assert not any(record["context"] in pretraining for record in rows[f"policies/{split}"])
        for record in rows[f"chats/{split}"]:
            assert not all(reply in pretraining for reply in replies(record))


def test_chats_alternate_and_name_only_what_was_said(rows):
    for split in SIZES:
        for record in rows[f"chats/{split}"]:
            turns = record["conversations"]
            roles = [turn["from"] for turn in turns]
            assert roles[roles[0] == "system" :] == ["human", "gpt"] * len(replies(record))
            assert 2 <= len(replies(record)) <= 5
            for number, turn in enumerate(turns):
                said = text_of(turns[:number])
                if turn["from"] == "gpt":
                    assert numbers(turn["value"]) <= numbers(said)
                    assert names(turn["value"]) <= names(said)
                assert not re.search(r"[\[\]|]|  | [.,;:!?]|\{(?![A-Z]+\d+\})", turn["value"])


def test_some_chats_hold_lines_tabs_braces_and_a_system_turn(rows):
    for split in SIZES:
        written = [text for record in rows[f"chats/{split}"] for text in replies(record)]
        assert all(any(mark in text for text in written) for mark in ("\n", "\t", "{", "}"))
        assert any(record["conversations"][0]["from"] == "system" for record in rows[f"chats/{split}"])
    assert sum(len(replies(record)) for record in rows["chats/train"]) >= 2000


def test_the_dummy_conversation_is_an_array_of_such_chats(files):
    chats = json.loads(files["dummy_conversation.json"])
    assert len(chats) == 12
    assert all(list(chat) == COLUMNS["chats"] and len(replies(chat)) >= 2 for chat in chats)


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


# ---------------------------------------------------------------- feedback


def entity_texts(record, label):
    return {record["text"][one["start"] : one["end"]] for one in record["entities"] if one["label"] == label}


def masked(record):
    """The text with PRODUCT, VERSION and PLATFORM for what is marked."""
    text = record["text"]
    for one in reversed(record["entities"]):
        text = f"{text[: one['start']]}{one['label'].upper()}{text[one['end'] :]}"
    return text


def wordings(split, category):
    """Whatever the generator says in this split of a category that tells it from the others, every alternative."""
    made = [way for ways in feedback.PHRASES[category].values() for way in feedback.part(ways, split)]
    if category == "feature":
        made = [
            wish.replace("{what}", way) for wish in feedback.part(feedback.PHRASES["WISHES"], split, 3) for way in made
        ]
    return {*made, *feedback.part(feedback.PHRASES["TELLING"][category], split, 2)}


def test_feedback_counts_columns_and_classes(rows):
    for split, size in SIZES.items():
        records = rows[f"feedback/{split}"]
        assert len(records) == size == len({record["text"] for record in records})
        assert all(list(one) == ["id", "text", "category", "entities", "summary", "reply"] for one in records)
        assert {one["category"] for one in records} == {"bug", "feature", "praise", "urgent"}
        assert all(entity_texts(record, "product") for record in records)


def test_names_and_versions_of_feedback_belong_to_one_split(rows):
    for label in ("product", "version"):
        found = {
            split: set().union(*(entity_texts(one, label) for one in rows[f"feedback/{split}"])) for split in SIZES
        }
        for one, two in itertools.combinations(SIZES, 2):
            assert not found[one] & found[two]
    for split in SIZES:
        texts = "\n".join(record["text"] for record in rows[f"feedback/{split}"])
        assert {shop.pool_of(value) for value in numbers(texts)} == {split}


def test_a_summary_of_feedback_has_the_product_of_its_text(rows):
    for split in SIZES:
        for record in rows[f"feedback/{split}"]:
            product = next(one for one in record["entities"] if one["label"] == "product")
            assert record["text"][product["start"] : product["end"]] in record["summary"]
            assert numbers(record["summary"]) <= numbers(record["text"])


def test_what_tells_the_category_is_worded_otherwise_in_each_split():
    for category in feedback.CATEGORIES:
        said = {split: wordings(split, category) for split in SIZES}
        assert min(map(len, said.values())) >= 10
        for one, two in itertools.combinations(SIZES, 2):
            assert not said[one] & said[two]


def test_no_sentence_that_tells_the_matter_stands_in_two_splits(rows):
    """Sentences with the product, names masked; those of fewer than nine words stand beside it and are shared."""
    found = {}
    for split in SIZES:
        texts = [one for row in rows[f"feedback/{split}"] for one in re.split(r"(?<=[.!?]) ", masked(row))]
        found[split] = {one for one in texts if "PRODUCT" in one and len(one.split()) > 8}
        assert len(found[split]) > 100
    for one, two in itertools.combinations(SIZES, 2):
        assert not found[one] & found[two]


def test_the_sentences_around_it_tell_nothing_of_the_category(rows):
    """Each frame of training stands with each category about as often as the category occurs."""
    frames = {one.split("{", 1)[0] for one in feedback.PHRASES["FRAMES"][:-6] if not one.startswith(("{", "["))}
    shares = Counter(row["category"] for row in rows["feedback/train"])
    for frame in frames:
        found = Counter(row["category"] for row in rows["feedback/train"] if frame in row["text"])
        assert found.keys() == shares.keys(), frame
        for category, count in found.items():
            assert count / found.total() < 2 * shares[category] / shares.total(), (frame, category)


def test_unseen_wordings_of_feedback_are_made_of_known_words(rows):
    texts = {split: " ".join(map(masked, rows[f"feedback/{split}"])) for split in SIZES}
    words = {split: {one.lower() for one in re.findall(r"[A-Za-z]+", text)} for split, text in texts.items()}
    for split in ("validation", "test"):
        assert words[split] - words["train"] <= {one.lower() for one in {*NAMES, *shop.COUNTS}}
