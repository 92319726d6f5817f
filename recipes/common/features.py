# SPDX-License-Identifier: Apache-2.0
"""Text to ids: templates, tokenization, what the length limits cut and what the tokenizer loses."""

import dataclasses
import hashlib
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import datasets
import numpy as np
import tokenizers
import transformers
from datasets import Dataset, List, Value
from transformers import PreTrainedTokenizerBase

from recipes.common import arguments, disk
from recipes.common.tasks import Task
from recipes.typed.templates import escape, fields_of, fill, source_template

__all__ = ["Tables", "encode", "escape", "fill", "sample", "source_template", "tokenize"]
BATCH = 1000  # rows tokenized at a time
KEPT = 48  # tables in the cache; the least recently used go first
RECIPES = Path(__file__).resolve().parents[1]
# Settings that change no feature: those of the decoding, and where the rows come from, which are hashed as they are.
SHARED = {one.name for one in dataclasses.fields(arguments.RecipeSettings)}
INDIFFERENT = {"given", "notes", "trains", *SHARED}
INDIFFERENT -= {"max_source_length", "max_target_length", "source_prefix"}


class Tables(dict):
    """Split -> features. `lengths` and `lost` say what the model will not see; `notes` are for the screen."""

    def __init__(self, tables: dict[str, Dataset], lengths: dict, lost: dict[str, int]):
        super().__init__(tables)
        self.lengths, self.lost, self.notes = lengths, lost, []

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
    tables = {split: _kept(rows, task, tokenizer, settings) for split, rows in splits.items()}
    # Until here the tokenizer may use all cores. A process that is forked later, such as a worker that loads batches,
    # would wait for those threads for ever, or warn that it does without.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    lost = lost_characters(next(iter(tables.values())), task.target, tokenizer)
    return Tables(tables, length_report(tables, settings), lost)


def encode(
    numbered: list[tuple[int, dict]], task: Task, tokenizer: PreTrainedTokenizerBase, settings, learn: bool = True
) -> Iterator[dict]:
    """The features of rows that are given with their numbers; without labels unless `learn`."""
    template = source_template(task.source, settings.source_prefix)
    prepare = task.prepare or (lambda row, *_: [fill(template, row)])
    for start in range(0, len(numbered), BATCH):
        features = [
            {"example": number, "row": row, "source": source}
            for number, row in numbered[start : start + BATCH]
            for source in prepare(row, settings, tokenizer)
        ]
        sources = [one["source"] for one in features]
        input_ids, lengths = _encode(tokenizer, "text", sources, settings.max_source_length)
        for one, ids, length in zip(features, input_ids, lengths, strict=True):
            one |= {"input_ids": ids, "length": length}
        if learn:
            targets = [_target(one["row"], one["source"], task, settings) for one in features]
            labels, lengths = _encode(tokenizer, "text_target", targets, settings.max_target_length)
            for one, ids, length in zip(features, labels, lengths, strict=True):
                one |= {"labels": ids, "target_length": length}
        yield from features


def references(row: dict, target: str) -> list[str]:
    """All target texts of a row, as the data has them: never cut, never through the tokenizer.

    An empty list of texts gives one reference, made of the empty text.
    """
    fields = {name: row[name] for name in fields_of(target)}
    several = [name for name, value in fields.items() if isinstance(value, list)]
    if not several:
        return [fill(target, fields)]
    (name,) = several
    return [fill(target, {**fields, name: value}) for value in fields[name] or [""]]


def sample(table: Dataset, size: int, seed: int) -> Dataset:
    """At most `size` examples of `table`, drawn with the seed, in their order, each with all its features."""
    examples = sorted(table.unique("example"))
    if len(examples) <= size:
        return table
    kept = set(random.Random(seed).sample(examples, size))
    return table.select([n for n, example in enumerate(table["example"]) if example in kept])


def _target(row: dict, source: str, task: Task, settings) -> str:
    return task.learned(row, source, settings) if task.learned else references(row, task.target)[0]


def _encode(tokenizer, side: str, texts: list[str], limit: int) -> tuple[list[list[int]], list[int]]:
    """(ids within `limit` tokens, lengths before cutting). The tokenizer cuts, since it knows its own end tokens.

    A tokenizer that was trained by hand may add no end token to targets, and the model would never learn to stop.
    """
    end = tokenizer.eos_token_id
    if side == "text_target" and end is not None and end not in tokenizer(**{side: ["a"]})["input_ids"][0]:
        ids = [row + [end] for row in tokenizer(**{side: texts})["input_ids"]]
        return [row if len(row) <= limit else [*row[: limit - 1], end] for row in ids], [len(row) for row in ids]
    ids = tokenizer(**{side: texts})["input_ids"]
    lengths = [len(row) for row in ids]
    long = [number for number, length in enumerate(lengths) if length > limit]
    if long:
        shorter = tokenizer(**{side: [texts[n] for n in long]}, truncation=True, max_length=limit)["input_ids"]
        for number, row in zip(long, shorter, strict=True):
            ids[number] = row
    return ids, lengths


# --- The cache: a second start tokenizes nothing ----------------------------------------------------------------------


def _kept(rows: list[dict], task: Task, tokenizer: PreTrainedTokenizerBase, settings) -> Dataset:
    """The features of `rows`, made now or found in the cache of the datasets library.

    The library lets one process of a machine make a table while the others wait, without a time limit, and puts it in
    its place when it is whole. Where nothing can be kept, each process makes its own.
    """
    where = {"numbered": list(enumerate(rows)), "task": task, "tokenizer": tokenizer, "settings": settings}
    columns = _columns(rows[0])
    table, workers = None, settings.preprocessing_num_workers
    if workers:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if tokenizer.is_fast:  # of others nothing tells two apart for sure
        key = _key(rows, task, tokenizer, settings)
        place = Path(datasets.config.HF_DATASETS_CACHE) / "generator" / f"default-fingerprint={key}"
        for _ in range(2):
            try:
                table = Dataset.from_generator(encode, columns, gen_kwargs=where, fingerprint=key, num_proc=workers)
                os.utime(place)
                _forget(place.parent)
                break
            except datasets.exceptions.DatasetGenerationError as error:
                if not isinstance(error.__cause__, OSError):
                    raise error.__cause__ from None  # a row's fault
            except (OSError, ValueError):  # a file of it is damaged, or nothing can be kept there
                shutil.rmtree(place, ignore_errors=True)
    if table is None:
        table = Dataset.from_list(list(encode(**where)), columns)
    return table.add_column("feature", range(len(table)))


def _columns(row: dict) -> datasets.Features:
    ids, number, text = List(Value("int32")), Value("int64"), Value("string")
    fields = {name: List(text) if isinstance(value, list) else text for name, value in row.items()}
    source = {"example": number, "row": fields, "source": text, "input_ids": ids, "length": number}
    return datasets.Features(source | {"labels": ids, "target_length": number})


def _key(rows: list[dict], task: Task, tokenizer: PreTrainedTokenizerBase, settings) -> str:
    """A hash of all that decides what these rows become."""
    key = hashlib.sha256(f"{tokenizers.__version__} {transformers.__version__}".encode())
    for row in rows:
        key.update(disk.json_line(row).encode())
    key.update(tokenizer.backend_tokenizer.to_str().encode())
    chosen = {name: value for name, value in vars(settings).items() if name not in INDIFFERENT}
    key.update(disk.json_line(chosen).encode())
    for path in sorted({*task.recipe.parent.glob("*.py"), *RECIPES.rglob("*.py")}):
        key.update(path.read_bytes())
    return f"recipes-{key.hexdigest()[:32]}"


def _forget(place: Path) -> None:
    """Delete all of our tables but the most recently used."""
    ours = sorted(place.glob("default-fingerprint=recipes-*"), key=lambda path: path.stat().st_mtime)
    for old in ours[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


# --- What the model will not see --------------------------------------------------------------------------------------


def length_report(tables: dict[str, Dataset], settings) -> dict:
    """{split: {side: counts}} of lengths in tokens: median, 95th percentile, longest, how many the limits cut.

    `histogram` counts them in bins of `width` tokens, the first from 0; the last holds all that are longer, too.
    """
    limits = {"length": settings.max_source_length, "target_length": settings.max_target_length}
    sides = {"source": "length", "target": "target_length"}
    return {
        split: {side: _lengths(table.with_format("numpy")[column][:], limits[column]) for side, column in sides.items()}
        for split, table in tables.items()
    }


def _lengths(lengths: np.ndarray, limit: int, bins: int = 24) -> dict:
    median, high = np.percentile(lengths, [50, 95])
    cut = int((lengths > limit).sum())
    # Up to twice the 95th percentile: one endless text must not leave a single bar for all others.
    top = int(min(lengths.max(), 2 * high))
    width = top // bins + 1
    return {
        "median": int(median),
        "p95": int(high),
        "max": int(lengths.max()),
        "limit": limit,
        "cut": cut,
        "cut_percent": round(100 * cut / len(lengths), 2),
        "histogram": {"width": width, "counts": np.bincount(np.minimum(lengths // width, top // width)).tolist()},
    }


def lost_characters(table: Dataset, target: str, tokenizer: PreTrainedTokenizerBase) -> dict[str, int]:
    """Characters that do not survive the tokenizer, as {character: number of texts that hold it} (trap 19).

    Each distinct character is tried once, so the cost hardly grows with the data. T5 loses line breaks, braces and `<`.
    """
    features = table.select_columns(["source", "row"])
    texts = [text for one in features for text in (one["source"], references(one["row"], target)[0])]
    lost_ones = lost(sorted(set().union(*texts)), tokenizer)
    return {character: sum(character in text for text in texts) for character in lost_ones}


def lost(characters: list[str], tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """Those of `characters` that do not come back from the tokenizer when they stand between two letters."""
    characters = [character for character in characters if character != " "]
    if not characters:
        return []
    ids = tokenizer([f"a{character}a" for character in characters], add_special_tokens=False)["input_ids"]
    # Without special tokens: the unknown one's name may hold the character. Spaces beside it may move.
    texts = tokenizer.batch_decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return [character for character, text in zip(characters, texts, strict=True) if character not in text]
