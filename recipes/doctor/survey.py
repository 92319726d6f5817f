# SPDX-License-Identifier: Apache-2.0
"""One pass over the texts of all splits: what the checks ask about each row becomes a number in a table."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import rensa
import yaml

from recipes.common.features import references
from recipes.common.reading import Splits
from recipes.common.tasks import Task
from recipes.typed.templates import fields_of

TABLE = yaml.safe_load(Path(__file__).with_name("checks.yaml").read_text(encoding="utf-8"))
PATTERNS = {name: re.compile(one["pattern"]) for name, one in TABLE["rows"].items() if "pattern" in one}
TRIGGER = re.compile(TABLE["trigger"])  # a text without any of these characters matches none of the patterns
WORD = re.compile(r"\w+")
# Scripts without spaces between words count by characters: Thai to Myanmar, Khmer, kana, Chinese.
WORD_OR_SIGN = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|\w+")
LETTER, NOT_LATIN = re.compile(r"[^\W\d_]"), re.compile(r"[^\x00-\u024f\u1e00-\u1eff\W\d_]")
ONE_SCRIPT = dict.fromkeys(("HIRAGANA", "KATAKANA", "CJK"), "HAN")
SIDES = ("source", "target")
# MinHash: 128 minima in 16 bands of 8. Of pairs that share 85 % of their pairs of words, it finds 99 %; of those that
# share half, it looks at 6 %.
MINIMA, BANDS, CHUNK, MOST_WORDS = 128, 16, 5_000, 400
SAID_OFTEN = 5  # words; a shorter source, such as a greeting, may well be said twice
SAMPLE = 2_000  # rows of which the frequent words of a side are taken


@dataclass
class Texts:
    """The rows of a split as the checks see them: what the model is to read and to write, without prompts."""

    split: str
    file: str
    ids: list[str]
    source: list[str]
    target: list[str]
    wholes: list | None = None  # rows of equal value belong together, such as the questions on one text
    fields: list[list[str]] | None = None  # what the sources are made of, where it is several fields

    def __len__(self) -> int:
        return len(self.ids)

    def parts(self, side: str, row: int) -> list[str]:
        """A side of a row, field by field."""
        return self.fields[row] if self.fields and side == "source" else [getattr(self, side)[row]]

    def place(self, row: int) -> str:
        """Where a person finds the row."""
        return f"{self.file} id {self.ids[row]}"


@dataclass
class Survey:
    """Numbers of the rows of all splits, one behind the other; `splits[n]` and `row[n]` say where number n stands."""

    texts: list[Texts]
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    bands: np.ndarray | None = None  # shape (rows, BANDS): equal in a band, perhaps alike

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def at(self, number: int) -> tuple[Texts, int]:
        """(the split, the row in it)."""
        for texts in self.texts:
            if number < len(texts):
                return texts, number
            number -= len(texts)
        raise IndexError(number)


def texts_of(splits: Splits, task: Task) -> list[Texts]:
    """What the fields of the two templates hold, for each split."""
    made = []
    for split, rows in splits.items():
        origin = splits.sources.get(split) or {}
        origin = splits.sources[origin["cut_from"]] if "cut_from" in origin else origin
        names = [name for name in fields_of(task.source) if rows and name in rows[0]]
        fields = [[_text(row[name]) for name in names] for row in rows]
        made.append(
            Texts(
                split,
                str(origin.get("file") or origin.get("dataset") or split),
                [row["id"] for row in rows],
                list(map("\n".join, fields)),
                [references(row, task.target)[0] for row in rows],
                [task.together(row) for row in rows] if task.together else None,
                fields if len(names) > 1 else None,
            )
        )
    return made


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "\n".join(value)


def survey(texts: list[Texts]) -> Survey:
    """Look at every row once. Time and memory grow with the rows: some 60 microseconds and 300 bytes for each."""
    total = sum(map(len, texts))
    frequent = _frequent_words(texts[0])
    kinds = {"overlap": np.float32, "source_script": "U8", "target_script": "U8", "foreign": np.int8}
    kinds |= {f"{side}_{what}": np.int32 for side in SIDES for what in ("length", "words", "marks")}
    kinds |= {f"{side}_{what}": np.int64 for side in SIDES for what in ("exact", "plain")}
    columns = {name: np.zeros(total, kind) for name, kind in kinds.items()}
    bands, shingles, number = np.zeros((total, BANDS), np.uint64), [], 0
    for one in texts:
        for row, pair in enumerate(zip(one.source, one.target, strict=True)):
            words = [words_of(text) for text in pair]
            for side, text, said in zip(SIDES, pair, words, strict=True):
                columns[f"{side}_length"][number] = len(text)
                columns[f"{side}_words"][number] = len(said)
                columns[f"{side}_marks"][number] = _marks(one.parts(side, row))
                columns[f"{side}_exact"][number] = hash(text)
                columns[f"{side}_plain"][number] = hash(" ".join(said) if said else text)
                columns[f"{side}_script"][number] = script(text)
            distinct = set(words[1])
            columns["overlap"][number] = len(distinct.intersection(words[0])) / max(len(distinct), 1)
            columns["foreign"][number] = _foreign(words, frequent)
            shingles.append(shingles_of(words[0]))
            number += 1
            if len(shingles) == CHUNK:
                bands[number - CHUNK : number] = _bands(shingles)
                shingles = []
    if shingles:
        bands[number - len(shingles) : number] = _bands(shingles)
    return Survey(texts, columns, bands)


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation; characters where a script has no spaces."""
    return (WORD if text.isascii() else WORD_OR_SIGN).findall(text.casefold())


def shingles_of(words: list[str]) -> list[str]:
    """Pairs of neighbouring words, of the first 400: what two texts that are nearly the same have in common."""
    words = words[:MOST_WORDS]
    return list(map(" ".join, pairwise(words))) or words


def _bands(shingles: list[list[str]]) -> np.ndarray:
    """MinHash digests by the library, each band of eight minima folded into one number; shape (rows, BANDS)."""
    digests = np.array(rensa.RMinHash.digest_matrix_from_token_sets(shingles, MINIMA, 1).to_rows(), np.uint64)
    folded, step = np.zeros((len(shingles), BANDS), np.uint64), MINIMA // BANDS
    for place in range(step):
        folded = folded * np.uint64(0x9E3779B97F4A7C15) + digests[:, place::step]
    return folded


def _marks(texts: list[str]) -> int:
    """Bit n is set where pattern n is found in one of the texts."""
    marks = 0
    for text in texts:
        if len(text) < 12 or TRIGGER.search(text):
            for bit, pattern in enumerate(PATTERNS.values()):
                if pattern.search(text):
                    marks |= 1 << bit
    return marks


def script(text: str) -> str:
    """The script of most letters of a text, as Unicode names it: LATIN, CYRILLIC, HAN ...; "" without letters."""
    if text.isascii():
        return "LATIN" if LETTER.search(text) else ""
    others, letters = NOT_LATIN.findall(text), len(LETTER.findall(text))
    if 2 * len(others) <= letters:
        return "LATIN" if letters else ""
    name = unicodedata.name(Counter(others).most_common(1)[0][0], "").split(" ")[0]
    return ONE_SCRIPT.get(name, name)[:8]


def _frequent_words(texts: Texts) -> tuple[set[str], set[str]]:
    """Words that are frequent on one side and not on the other: by them a language is known. Empty where both agree.

    No lists of any language: whatever two languages the data have, their small words differ.
    """
    counted = []
    for side in SIDES:
        some = getattr(texts, side)[:: max(1, len(texts) // SAMPLE)]
        counted.append(Counter(word for text in some for word in set(words_of(text)) if not word.isdigit()))
    top = [{word for word, _ in one.most_common(40)} for one in counted]
    if len(texts) < 50 or len(top[0] & top[1]) > 15:
        return set(), set()
    wide = [{word for word, count in one.items() if count > 0.01 * len(some)} for one in counted]
    return top[0] - wide[1], top[1] - wide[0]


def _foreign(words: list[list[str]], frequent: tuple[set[str], set[str]]) -> int:
    """1 where the source, 2 where the target is written in the other side's language, judged by frequent words."""
    found = 0
    if frequent[0] and frequent[1]:
        for place, said in enumerate(words):
            own, other = (sum(word in frequent[side] for word in said) for side in (place, 1 - place))
            if not own and other >= 2 and 6 * other >= len(said):
                found |= 1 << place
    return found


def alike(survey: Survey, least: float, fewest_words: int = 8) -> Iterator[tuple[int, int]]:
    """Pairs of rows whose sources are nearly the same: these share `least` of their pairs of words, counted exactly.

    A row is compared with those next to it in each band, so that the work is linear in the rows even where thousands
    are alike.
    """
    count, plain = survey["source_words"], survey["source_plain"]
    rows = np.flatnonzero(count >= fewest_words)
    seen = []
    for band in survey.bands[rows].T if len(rows) else ():
        order = rows[np.argsort(band, kind="stable")]
        key = np.sort(band, kind="stable")
        same = np.flatnonzero(key[1:] == key[:-1])
        seen.append(np.stack([order[same], order[same + 1]], 1))
    candidates = np.unique(np.concatenate(seen), axis=0) if seen else np.zeros((0, 2), int)
    short, long = np.sort(count[candidates], axis=1).T if len(candidates) else (np.zeros(0), np.zeros(0))
    likely = candidates[(short >= least * long) & (plain[candidates[:, 0]] != plain[candidates[:, 1]])]
    for one, other in likely.tolist():
        sets = []
        for number in (one, other):
            texts, row = survey.at(number)
            sets.append(set(shingles_of(words_of(texts.source[row]))))
        if len(sets[0] & sets[1]) >= least * len(sets[0] | sets[1]):
            yield one, other


def first_of_each(values: np.ndarray) -> np.ndarray:
    """For each place the first place of the same value."""
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    return first[inverse]


def all_rows(survey: Survey) -> int:
    """How many rows all splits have."""
    return len(survey["overlap"])


def in_training(survey: Survey) -> np.ndarray:
    """Which rows are of the first split."""
    return np.arange(all_rows(survey)) < len(survey.texts[0])
