# SPDX-License-Identifier: Apache-2.0
"""Words with tags: lists, CoNLL files or spans of characters; and back to spans of the text as it was."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from recipes import files
from recipes.common import UserError
from recipes.common.learning.batches import LABEL_PAD
from recipes.common.reading import Splits
from recipes.metrics.entities import per_type, spans

WORD = re.compile(r"\w+|[^\w\s]")


def kinds(new: bool) -> dict[str, Callable]:
    """What reads which kind of file; a .txt of `new` rows has no tags, so it holds texts."""
    return dict.fromkeys([".conll", ".iob", ".bio", *([] if new else [".txt"])], read_conll)


def read_conll(path: Path, form: files.Form) -> Iterator[files.Row]:
    """A word a line, its tag last; an empty line ends a sentence. -DOCSTART- lines are no words."""
    words, tags, start = [], [], 1
    for number, line in enumerate([*files.text_lines(path, form.encoding), ""], 1):
        cells = line.split()
        if cells and cells[0] != "-DOCSTART-":
            start = start if words else number
            words.append(cells[0])
            tags.append(cells[-1] if len(cells) > 1 else "")
        elif words:
            yield files.Row({"tokens": words, "tags": tags}, path, start)
            words, tags = [], []


def reshaped(row: files.Row, columns: dict[str, str], names: list[str], new: bool) -> list[files.Row]:
    """The row with tokens, tags as one text, and the text that the tokens are of, if there is one.

    Args:
        columns: field -> the row's column of it.
        names: of the tags 0, 1, ...
    """
    words, tags = (row.get(columns[field]) for field in ("words", "tags"))
    text, marked = row.get(columns["text"]), row.get("entities")
    if not isinstance(words, list) and isinstance(text, str):
        words = WORD.findall(text)
        if isinstance(marked, list):
            tags = tags_of(text, words, marked)
    if not isinstance(words, list) or not words:
        fault = "no list of words and no text, such as {'tokens': ['Ann', 'waits'], 'tags': ['B-PER', 'O']}"
        return [row.reshaped(broken=("no words", fault))]
    made = {"id": row.get("id"), columns["words"]: list(map(str, words))}
    made[columns["text"]] = text if isinstance(text, str) else ""
    if new:
        return [row.reshaped(made)]
    if not isinstance(tags, list) or len(tags) != len(words):
        found = f"{len(tags)} tags" if isinstance(tags, list) else "no list of tags"
        return [row.reshaped(broken=("words and tags of other numbers", f"{len(words)} words but {found}"))]
    tags = [names[int(tag)] if str(tag).isdigit() and int(tag) < len(names) else str(tag) for tag in tags]
    wrong = next((tag for tag in tags if not re.fullmatch(r"O|[BIESLU]-\S+|[BIESLU]", tag)), None)
    if wrong is not None:
        fault = f"{wrong!r} is no tag such as O or B-PER; name numbers with --tag_names"
        return [row.reshaped(broken=("no tag", fault))]
    return [row.reshaped({**made, columns["tags"]: " ".join(tags)})]


def tags_of(text: str, words: list[str], marked: list[dict]) -> list[str]:
    """The tags of words that spans of characters, {"start", "end", "label"}, touch."""
    tags, places = ["O"] * len(words), offsets(words, text)
    for one in marked:
        touched = [n for n, (start, end) in enumerate(places) if start < int(one["end"]) and int(one["start"]) < end]
        for number in touched:
            tags[number] = f"{'B' if number == touched[0] else 'I'}-{one['label']}"
    return tags


def offsets(words: list[str], text: str) -> list[tuple[int, int]]:
    """Where each word stands in the text, one after the other; a word that is not there has no length."""
    places, last = [], 0
    for word in words:
        start = text.find(word, last)
        places.append((start, start + len(word)) if start >= 0 else (last, last))
        last = places[-1][1]
    return places


def marked(row: dict, tags: list[str]) -> list[dict]:
    """The entities that tags of a row's words make, as spans of its text, or of its words with spaces between them."""
    text = row["text"] or " ".join(row["words"])
    places, found = offsets(row["words"], text), []
    for label, first, last in spans(tags):
        start, end = places[first][0], places[last][1]
        found.append({"start": start, "end": end, "label": label, "text": text[start:end]})
    return found


def features_of(row: dict, limit: int, shared: int, known: list[str], every: bool, tokenizer: Any, learn: bool) -> list:
    """The features of a row's words: windows of `limit` tokens that share some.

    `words` holds of each token the number of the word that it begins, else -1; labels are those of first pieces, or
    with `every` of all pieces of a word, and -100 elsewhere.
    """
    options = {"truncation": True, "max_length": limit, "stride": shared, "return_overflowing_tokens": True}
    made = tokenizer(row["words"], is_split_into_words=True, return_offsets_mapping=True, **options)
    tags = row["tags"].split() if learn else []
    length = len(tokenizer(row["words"], is_split_into_words=True)["input_ids"])
    features = []
    for number, ids in enumerate(made["input_ids"]):
        owners = [-1 if word is None else word for word in made.word_ids(number)]
        places = zip(owners, made["offset_mapping"][number], strict=True)
        first = [word if start == 0 else -1 for word, (start, _) in places]
        feature = {"source": row["text"] or " ".join(row["words"]), "input_ids": ids, "length": length, "words": first}
        if learn:
            own = [tags[word] if word >= 0 else None for word in (owners if every else first)]
            feature["labels"] = [known.index(tag) if tag in known else LABEL_PAD for tag in own]
        features.append(feature)
    return features


def read(numbers: Any, feature: dict, known: list[str]) -> list[list]:
    """[word, its tag, how far from the nearer end of the window it stands] of the words of a feature."""
    size = len(feature["words"])
    return [
        [word, known[int(numbers[place])], min(place, size - 1 - place)]
        for place, word in enumerate(feature["words"])
        if word >= 0
    ]


def joined(count: int, windows: list[list[list]]) -> list[str]:
    """A tag for each of `count` words, from the window in which it has most context; O where no window has it."""
    best = {}
    for one in sorted((one for window in windows for one in window), key=lambda one: one[2]):
        best[one[0]] = one[1]
    return [best.get(word, "O") for word in range(count)]


def tables(rows: list[dict]) -> dict[str, list[list[str]]]:
    """What the report shows of each type of entity, made of the lines of predictions.jsonl."""
    return (
        {"Entities": per_type(*([row[side] for row in rows] for side in ("prediction", "reference")))} if rows else {}
    )


def name_tags(splits: Splits, settings: Any) -> None:
    """Set settings.labels to the tags of training, O first; note how many entities of each type there are."""
    tags = {tag for row in splits["train"] for tag in row["tags"].split()}
    if tags <= {"O"}:
        raise UserError("no training row has an entity: there is nothing to learn")
    settings.labels = ["O", *sorted(tags - {"O"}, key=lambda tag: (tag[1:], tag))]
    for split, rows in splits.items():
        counts = Counter(kind for row in rows for kind, _, _ in spans(row["tags"].split()))
        splits.notes.append(f"{split}: entities: {', '.join(f'{kind} {n:,}' for kind, n in counts.most_common())}")
        lacking = sorted({tag for row in rows for tag in row["tags"].split()} - set(settings.labels))
        if lacking:
            splits.notes.append(f"{split}: tags that training lacks, and no prediction has: {', '.join(lacking)}")
