# SPDX-License-Identifier: Apache-2.0
"""Documents that are longer than a model reads: read through windows, and what is said of each is joined.

In training, a window is to say those sentences of the target that come from it: a sentence comes from the passage of
the document that has most of its words, rare words above all. Of the windows from which nothing comes, most of a long
document, only as many are learned as of the others: with all of them a model learns to be silent.
"""

import dataclasses
import functools
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from datasets import Dataset
from transformers import PreTrainedTokenizerBase
from transformers.hf_argparser import HfArg

from recipes.common.arguments import RecipeSettings
from recipes.common.decoding import Output
from recipes.common.features import references
from recipes.common.tasks import Task
from recipes.formats.windows import windows
from recipes.metrics import words
from recipes.typed.templates import fill, source_template

SHARED = 0.1  # of --max_source_length that neighbouring windows have in common
PASSAGE = 60  # words that a sentence of a summary comes from, at most
SILENT = 1  # windows that learn to say nothing, at most, for each that learns to say something


@dataclass
class Settings(RecipeSettings):
    long_source: Literal["cut", "windows"] = HfArg(
        default="cut", help="cut: leave the end of a long source out; windows: read it in parts, and join what is said."
    )

    def problems(self) -> list[str]:
        """Windows are joined, so that several outputs of one would be, too."""
        if self.long_source == "windows" and (self.num_return_sequences or 1) > 1:
            return ["--long_source windows: joins one output of each window; leave --num_return_sequences out"]
        return []


def reader(field: str) -> Callable[[Task, Settings], Task]:
    """A recipe's `with_settings`: its task as it is; or, with --long_source windows, windows on the text of `field`."""
    return lambda task, settings: _through_windows(task, field) if settings.long_source == "windows" else task


def _through_windows(task: Task, field: str) -> Task:
    parts = functools.partial(sources, template=task.source, field=field)
    told = functools.partial(sentences_of, template=task.source, target=task.target, field=field)
    return dataclasses.replace(task, prepare=parts, learned=told, select=with_few_silent, finish=joined)


def _around(row: Mapping[str, Any], settings: Any, template: str, field: str) -> list[str]:
    """The source before and after the document."""
    return fill(source_template(template, settings.source_prefix), {**row, field: "\0"}).split("\0", 1)


def sources(row: Mapping[str, Any], settings: Any, tokenizer: Any, template: str, field: str) -> list[str]:
    """The source of a row, or as many as there are windows on a text that is too long for one."""
    before, after = _around(row, settings, template, field)
    limit = room = settings.max_source_length
    while True:
        made = windows(before, after, row[field], room, int(SHARED * limit), tokenizer)
        # Words have other tokens behind a line break than alone, which is how windows() counts them.
        over = max(map(len, tokenizer(made)["input_ids"])) - limit
        if over <= 0 or room - over < limit / 2:
            return made
        room -= over


def sentences_of(row: Mapping[str, Any], source: str, settings: Any, template: str, target: str, field: str) -> str:
    """Those sentences of the first target that come from this window; the whole of it, where all of them do."""
    text, document = references(row, target)[0], row[field]
    before, after = _around(row, settings, template, field)
    window = source.removeprefix(before).removesuffix(after)
    start = document.find(window)
    told = _origins(document, text)
    kept = [sentence for sentence, place in told if start <= place < start + len(window)]
    return text if len(kept) == len(told) else " ".join(kept)


@functools.lru_cache(maxsize=1)  # asked for each window on a document
def _origins(document: str, text: str) -> list[tuple[str, int]]:
    """The sentences of a target, and the middle of the passage that each comes from, as a place in the document.

    Every place lies in a window, so that no sentence is lost.
    """
    places = [
        (match.start(), word) for match in re.finditer(r"\S{1,20}", document) for word in words.tokenize(match[0])
    ]
    counts = Counter(word for _, word in places)
    return [
        (sentence, _origin(set(words.tokenize(sentence)), places, counts)) for sentence in words.split_sentences(text)
    ]


def _origin(wanted: set[str], places: list[tuple[int, str]], counts: Mapping[str, int]) -> int:
    """The middle of the passage with most of the wanted words, each worth less the more often the document has it."""
    found = [number for number, (_, word) in enumerate(places) if word in wanted]
    held, worth, first = Counter(), 0.0, 0
    best, middle = 0.0, 0
    for number in found:
        word = places[number][1]
        worth += 0 if held[word] else 1 / counts[word]
        held[word] += 1
        while number - found[first] >= PASSAGE or held[places[found[first]][1]] > 1:
            gone = places[found[first]][1]
            held[gone] -= 1
            worth -= 0 if held[gone] else 1 / counts[gone]
            first += 1
        if worth > best + 1e-9:
            best, middle = worth, (found[first] + number) // 2
    return places[middle][0] if places else 0


def with_few_silent(table: Dataset, tokenizer: PreTrainedTokenizerBase) -> tuple[Dataset, list[str]]:
    """The training features with no more silent windows than others, evenly spread; and a note that counts them."""
    silent = np.array(table["target_length"][:]) <= len(tokenizer(text_target="")["input_ids"])
    places, told = np.flatnonzero(silent), int((~silent).sum())
    kept = places[np.linspace(0, len(places) - 1, min(SILENT * told, len(places))).astype(int)]
    counts = f"train: {len(table.unique('example')):,} rows are read in {len(table):,} parts, {told:,} with something"
    left_out = f"to say; of the others {len(kept):,} are learned as silent, {len(places) - len(kept):,} are left out"
    chosen = table.select(np.sort(np.concatenate([np.flatnonzero(~silent), kept])))
    return chosen, [f"{counts} {left_out}"] if len(places) else []


def joined(row: Mapping[str, Any], outputs: Iterable[Output]) -> str:
    """What was said of all windows, in their order, no sentence twice; a single text as it is."""
    texts, said = [one.text for one in outputs if one.text], dict[Any, str]()
    for sentence in itertools.chain.from_iterable(map(words.split_sentences, texts)):
        said.setdefault(tuple(words.tokenize(sentence)) or sentence, sentence)
    return texts[0] if len(texts) == 1 else " ".join(said.values())
