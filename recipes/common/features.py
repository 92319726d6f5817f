# SPDX-License-Identifier: Apache-2.0
"""Text to ids: templates, tokenization, what the length limits cut and what the tokenizer loses."""

import hashlib
import os
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tokenizers
import transformers
from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from recipes import disk, tables
from recipes.common.tasks import Task
from recipes.metrics import lengths
from recipes.pretrained import tokens
from recipes.typed import limits
from recipes.typed.templates import escape, fill, references, source_template

__all__ = ["Tables", "encode", "escape", "fill", "references", "sample", "source_template", "tokenize"]
BATCH = 1000  # rows tokenized at a time
RECIPES = Path(__file__).resolve().parents[1]
# Settings that change no feature: those of the decoding, and where the rows come from, which are hashed as they are.
INDIFFERENT = {"given", "notes", "trains", *limits.TABLES["settings"]}
INDIFFERENT -= {"max_source_length", "max_target_length", "source_prefix"}


class Tables(dict):
    """Split -> features. `lengths` and `lost` say what the model will not see; `notes` are for the screen."""

    def __init__(self, tables: dict[str, Dataset], lengths: dict, lost: dict[str, int], notes: list[str]):
        super().__init__(tables)
        self.lengths, self.lost, self.notes = lengths, lost, notes

    def __missing__(self, split: str) -> Dataset:
        return next(iter(self.values()))  # as in Splits


def tokenize(splits: dict[str, list[dict]], task: Task, tokenizer: PreTrainedTokenizerBase, settings) -> Tables:
    """Rows to features: one per source that the task makes of a row, in row order, nothing padded.

    Args:
        splits: {"train": rows, ...}; a row is {"id", field: text}; a target field may hold a list of references.
    Returns:
        Split -> Dataset with columns input_ids, labels, length and target_length (tokens before cutting), source
        (text), row (as given), example (the row's number in its split) and feature (its own number).
    """
    made, notes = {split: _table(rows, task, tokenizer, settings) for split, rows in splits.items()}, []
    if task.select and "train" in made:
        made["train"], notes = task.select(made["train"], tokenizer)
    # Until here the tokenizer may use all cores. A process that is forked later, such as a worker that loads batches,
    # would wait for those threads for ever, or warn that it does without.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    found = Tables(made, length_report(made, settings), {}, notes)
    if not task.encode:
        template = source_template(task.source, settings.source_prefix) + task.target
        rows = next(iter(made.values())).select_columns(["source", "row"])
        texts = [text for one in rows for text in (one["source"], references(one["row"], task.target)[0])]
        found.lost, shared = tokens.lost_in(texts, tokenizer, template)
        also = "is a control token in {:,} texts, too: the template has it"
        found.notes += [f"{token!r} {also.format(count)}" for token, count in shared.items()]
    return found


def encode(
    numbered: list[tuple[int, dict]], task: Task, tokenizer: PreTrainedTokenizerBase, settings, learn: bool = True
) -> Iterator[dict]:
    """The features of rows that are given with their numbers; without labels unless `learn`."""
    template = source_template(task.source, settings.source_prefix)
    prepare = task.prepare or (lambda row, *_: [fill(template, row)])
    learned = task.learned or (lambda row, *_: references(row, task.target)[0])
    if task.encode:
        made = ((number, row, one) for number, row in numbered for one in task.encode(row, settings, tokenizer, learn))
        yield from ({"example": number, "row": row, **one} for number, row, one in made)
        return
    encoder = tokens.Encoder(tokenizer, template + task.target)
    for start in range(0, len(numbered), BATCH):
        features = [
            {"example": number, "row": row, "source": source}
            for number, row in numbered[start : start + BATCH]
            for source in prepare(row, settings, tokenizer)
        ]
        sides = [("text", [one["source"] for one in features], settings.max_source_length, "input_ids", "length")]
        if learn:
            targets = [learned(one["row"], one["source"], settings) for one in features]
            sides.append(("text_target", targets, settings.max_target_length, "labels", "target_length"))
        for side, texts, limit, *names in sides:
            for one, found in zip(features, zip(*encoder(side, texts, limit), strict=True), strict=True):
                one |= dict(zip(names, found, strict=True))
        yield from features


def sample(table: Dataset, size: int, seed: int) -> Dataset:
    """At most `size` examples of `table`, drawn with the seed, in their order, each with all its features."""
    examples = sorted(table.unique("example"))
    if len(examples) <= size:
        return table
    kept = set(random.Random(seed).sample(examples, size))
    return table.select([n for n, example in enumerate(table["example"]) if example in kept])


def _table(rows: list[dict], task: Task, tokenizer: PreTrainedTokenizerBase, settings) -> Dataset:
    """The features of `rows`, made now or kept since an earlier start."""
    where = {"numbered": list(enumerate(rows)), "task": task, "tokenizer": tokenizer, "settings": settings}
    one = {"example": 0, "row": rows[0], "source": "", "input_ids": [], "length": 0, "labels": [], "target_length": 0}
    columns = tables.columns_of(next(encode([(0, rows[0])], task, tokenizer, settings)) if task.encode else one)
    workers = settings.preprocessing_num_workers
    if workers:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    key = _key(rows, task, tokenizer, settings) if tokenizer.is_fast else None  # of others nothing tells two apart
    table = tables.kept(encode, where, columns, key, workers)
    return table.add_column("feature", range(len(table)))


def _key(rows: list[dict], task: Task, tokenizer: PreTrainedTokenizerBase, settings) -> str:
    """A hash of all that decides what these rows become."""
    key = hashlib.sha256(f"{tokenizers.__version__} {transformers.__version__}".encode())
    for row in rows:
        key.update(disk.json_line(row).encode())
    key.update(tokenizer.backend_tokenizer.to_str().encode())
    key.update(repr([tokens.frame(tokenizer, side) for side in ("text", "text_target")]).encode())
    chosen = {name: value for name, value in vars(settings).items() if name not in INDIFFERENT}
    key.update(disk.json_line(chosen).encode())
    for path in sorted({*task.recipe.parent.glob("*.py"), *RECIPES.rglob("*.py")}):
        key.update(path.read_bytes())
    return key.hexdigest()[:32]


def length_report(tables: dict[str, Dataset], settings) -> dict:
    """{split: {side: counts}} of lengths in tokens; see metrics/lengths.py."""
    sides = {"length": ("source", settings.max_source_length), "target_length": ("target", settings.max_target_length)}
    return {
        split: {
            side: lengths.spread(np.asarray(table[column][:]), limit)
            for column, (side, limit) in sides.items()
            if column in table.column_names
        }
        for split, table in tables.items()
    }
