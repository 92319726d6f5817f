# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with data, one defect each, done to the records of any of the five tasks."""

import copy
import json
import random
from dataclasses import dataclass, field

from conftest import WORDS

GERMAN_TEXT = """
    Anna Otto Klara fragt will meldet sagt Bestellung Nummer Paket zu lange kaputter Becher Lampe Stuhl blau gelb bitte
    die der das ein eine von mit und ist war nicht hat mit heute morgen Montag danke hallo ihre sein unser wegen auf
"""
GERMAN = GERMAN_TEXT.split()
MAIN_TEXT = {"summarize_t5": ("document", "summary"), "paraphrase_bart": ("original", "paraphrase"),
             "translate_mt5_lora": ("en", "de"), "qa_t5": ("context", "text")}  # fmt: skip


@dataclass
class Data:
    """The records of a task's splits, and where in them a source and a target stand."""

    recipe: str
    splits: dict[str, list[dict]]
    lines: dict[str, list[str]] = field(default_factory=dict)  # split -> lines that are no records
    touched: dict[str, list[str]] = field(default_factory=dict)  # damage -> ids of the rows that are wrong now

    def get(self, row, side):
        if self.recipe == "convo_flant5":
            return row["conversations"][0 if side == "source" else 1]["value"]
        return row[MAIN_TEXT[self.recipe][side == "target"]]

    def put(self, row, side, text):
        if self.recipe == "convo_flant5":
            row["conversations"][0 if side == "source" else 1]["value"] = text
        else:
            row[MAIN_TEXT[self.recipe][side == "target"]] = text

    def write(self, folder):
        """Files of these splits, and their paths as settings."""
        folder.mkdir(exist_ok=True)
        paths = {}
        for split, rows in self.splits.items():
            lines = [json.dumps(row, ensure_ascii=False) for row in rows] + self.lines.get(split, [])
            paths[f"{split}_file"] = folder / f"{split}.jsonl"
            paths[f"{split}_file"].write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogatepass")
        return paths


def good(recipe):
    """Sixty rows for training and twelve each for the others, with nothing wrong in them."""
    return Data(recipe, {split: [_good(recipe, split, n) for n in range(count)]
                         for split, count in (("train", 60), ("validation", 12), ("test", 12))})  # fmt: skip


def _good(recipe, split, number):
    chance = random.Random(f"{recipe} {split} {number}")
    words = chance.choices(WORDS, k=chance.randint(16, 22))
    text, name = " ".join(words), {"id": f"{split}-{number}"}
    if recipe == "summarize_t5":
        return name | {"document": f"{text}.", "summary": " ".join(words[2:10])}
    if recipe == "paraphrase_bart":
        return name | {"original": text, "paraphrase": " ".join(words[::-1])}
    if recipe == "translate_mt5_lora":
        return name | {"en": text, "de": " ".join(chance.choices(GERMAN, k=len(words)))}
    if recipe == "qa_t5":
        question = f"{' '.join(chance.choices(WORDS, k=5))}?"
        return name | {"context": f"{text}.", "question": question, "text": " ".join(words[3 : chance.randint(5, 8)])}
    return name | {"conversations": [{"from": "human", "value": text}, {"from": "gpt", "value": " ".join(words[::-1])}]}


# ---------------------------------------------------------------- rows of the training split


def train(data, place):
    row = data.splits["train"][place]
    return row


def text_becomes(side, change):
    def damage(data, place):
        row = train(data, place)
        data.put(row, side, change(data.get(row, side)))
        return [row["id"]]

    return damage


def in_the_middle(side, piece):
    def change(text):
        half = text.find(" ", len(text) // 2) + 1
        return f"{text[:half]}{piece}{text[half:]}"

    return text_becomes(side, change)


def broken_line(data, place):
    data.lines.setdefault("train", []).append('{"id": "broken", ')
    return []


def again(change, ids=True):
    """Another row, made of the one at this place, behind all others."""

    def damage(data, place):
        row = copy.deepcopy(train(data, place))
        row["id"] = f"again-{place}-{change.__name__}"
        change(data, row)
        data.splits["train"].append(row)
        return [row["id"], train(data, place)["id"]]

    return damage


def the_same(data, row):
    pass


def longer(data, row):
    """So long that one word more changes nothing."""
    data.put(row, "source", data.get(row, "source") + " Indeed")


def with_another_target(data, row):
    words = data.get(row, "target").split()
    data.put(row, "target", " ".join(words[len(words) // 2 :] + words[: len(words) // 2] + ["indeed"]))


def long_source(data, place):
    """A source long enough that two that differ in a word are nearly the same."""
    row = train(data, place)
    extra = "We ordered it last week and it came in two boxes of which the second one was open and wet at one side"
    if data.recipe == "translate_mt5_lora":
        data.put(row, "target", f"{data.get(row, 'target')} {' '.join(GERMAN[:20])}")
    data.put(row, "source", f"{data.get(row, 'source')} {extra}")
    return [row["id"]]


def near(data, place):
    return long_source(data, place) + again(longer)(data, place)


def copied(data, place):
    """Paraphrases: in the test split, for such training rows are left out by the recipe."""
    row = data.splits["test" if data.recipe == "paraphrase_bart" else "train"][place]
    text = f"{row['question']} {row['context']}" if data.recipe == "qa_t5" else data.get(row, "source")
    data.put(row, "target", text)
    return [row["id"]]


def several(damage, count):
    def do(data, place):
        return [name for number in range(count) for name in damage(data, place + number)]

    return do


# ---------------------------------------------------------------- rows of another split


def held_out(split, change, prepare=None):
    """A row of `split` becomes the training row at this place, changed."""

    def damage(data, place):
        names = prepare(data, place) if prepare else []
        row = copy.deepcopy(train(data, place))
        row["id"] = f"leak-{split}-{place}"
        change(data, row)
        data.splits[split].append(row)
        return [*names, row["id"], train(data, place)["id"]]

    return damage


def other_case(data, row):
    """The same words in capitals, with another target."""
    data.put(row, "source", data.get(row, "source").upper())
    if data.recipe == "qa_t5":
        row["question"] = row["question"].upper()
    with_another_target(data, row)


def about_the_same_text(data, row):
    row["question"] = "What about the parcel today please thanks?"


# ---------------------------------------------------------------- all of them: name -> (check, damage)

RUSSIAN = "Лампа не пришла, пожалуйста, верните деньги как можно скорее"
CHINESE = "灯没有到请尽快退款谢谢您的帮助我们等了很久"
ROWS = {
    "null": ("unusable", text_becomes("target", lambda text: None)),
    "blank": ("unusable", text_becomes("source", lambda text: " \t ")),
    "broken line": ("unusable", broken_line),
    "N/A": ("word_for_nothing", text_becomes("target", lambda text: "N/A")),
    "null as text": ("word_for_nothing", text_becomes("target", lambda text: "null")),
    "signs alone": ("no_letter", text_becomes("target", lambda text: "?!")),
    "bell": ("control", in_the_middle("source", "\x07")),
    "zero width": ("control", in_the_middle("source", "a\u200bb ")),
    "wrong encoding": ("mojibake", in_the_middle("source", "KÃ¼hler ")),
    "wrong quotes": ("mojibake", in_the_middle("source", "donâ€™t ")),
    "HTML": ("html", in_the_middle("source", "<br/><b>now</b> ")),
    "entity": ("html", in_the_middle("source", "cats &amp; dogs ")),
    "Markdown": ("markdown", in_the_middle("source", "**very** soon ")),
    "link": ("markdown", in_the_middle("source", "[here](https://example.org/a) ")),
    "JSON": ("encoded", text_becomes("source", lambda text: json.dumps({"text": text}))),
    "a list in brackets": ("encoded", text_becomes("source", lambda text: str([text]))),
    "line breaks as signs": ("encoded", in_the_middle("source", "\\n\\nBest, ")),
    "endless": ("absurd_length", text_becomes("source", lambda text: f"{text} " * 150)),
    "twice": ("duplicate", again(the_same)),
    "nearly twice": ("near_duplicate", near),
    "two targets": ("contradiction", several(again(with_another_target), 3)),
    "copied": ("copied", copied),
    "long target": ("odd_ratio", text_becomes("target", lambda text: f"{text} " * 30)),
    "Cyrillic": ("other_script", text_becomes("target", lambda text: RUSSIAN)),
    "Chinese": ("other_script", text_becomes("target", lambda text: CHINESE)),
    "leaked": ("same_pair", held_out("test", the_same)),
    "leaked in capitals": ("same_source", held_out("validation", other_case)),
    "nearly leaked": ("near_source", held_out("test", longer, long_source)),
}
PLANTED = [name for name in ROWS if name not in ("null as text", "zero width", "wrong quotes", "entity", "link",
                                                 "two targets", "Chinese", "blank", "JSON", "a list in brackets",
                                                 "line breaks as signs")]  # fmt: skip
