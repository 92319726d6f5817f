# SPDX-License-Identifier: Apache-2.0
"""Documents that are longer than a model reads: read through windows, and what is said of each is joined.

In training, a window is to say those sentences of the target whose words it has; where it has none, to say nothing.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from transformers.hf_argparser import HfArg

from recipes.common.arguments import RecipeSettings
from recipes.common.decoding import Output
from recipes.common.features import references
from recipes.common.tasks import Task
from recipes.formats.windows import windows
from recipes.metrics import words
from recipes.typed.templates import fill, source_template

SHARED = 0.1  # of --max_source_length that neighbouring windows have in common
MOST_OF_IT = 0.8  # of a sentence's words that the document has, the window has so many


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
    told = functools.partial(sentences_of, target=task.target, field=field)
    return dataclasses.replace(task, prepare=parts, learned=told, finish=joined)


def sources(row: Mapping[str, Any], settings: Any, tokenizer: Any, template: str, field: str) -> list[str]:
    """The source of a row, or as many as there are windows on a text that is too long for one."""
    whole = fill(source_template(template, settings.source_prefix), {**row, field: "\0"})
    before, after = whole.split("\0", 1)
    limit = room = settings.max_source_length
    while True:
        made = windows(before, after, row[field], room, int(SHARED * limit), tokenizer)
        # Words have other tokens behind a line break than alone, which is how windows() counts them.
        over = max(map(len, tokenizer(made)["input_ids"])) - limit
        if over <= 0 or room - over < limit / 2:
            return made
        room -= over


def sentences_of(row: Mapping[str, Any], source: str, settings: Any, target: str, field: str) -> str:
    """Those sentences of the first target that a window has the words for; the whole of it, where it has all."""
    text = references(row, target)[0]
    document, window = (set(words.tokenize(one)) for one in (row[field], source))
    kept, every = [], words.split_sentences(text)
    for sentence in every:
        known = set(words.tokenize(sentence)) & document
        if len(known & window) >= MOST_OF_IT * len(known):
            kept.append(sentence)
    return text if len(kept) == len(every) else " ".join(kept)


def joined(row: Mapping[str, Any], outputs: Iterable[Output]) -> str:
    """What was said of all windows, in their order, nothing twice."""
    return " ".join(dict.fromkeys(one.text for one in outputs if one.text))
