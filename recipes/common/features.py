# SPDX-License-Identifier: Apache-2.0
"""Text to ids: templates, tokenization, what the length limits cut and what the tokenizer loses."""

import itertools
import os
import random
import re
import string
from bisect import bisect_right

import datasets
import numpy as np

from recipes.common import UserError, cache, short


def template_fields(*templates):
    """The field names of format strings, in order: ("summarize: {document}",) -> ["document"]."""
    names = [name for template in templates for _, name, _, _ in string.Formatter().parse(template) if name]
    return list(dict.fromkeys(names))


def fill(template):
    """The default `prepare`: one source per row, made from the template."""
    return lambda row, settings, tokenizer: [template.format(**row)]


def tokenize(splits, prepare, target, tokenizer, settings, keep=True):
    """Rows to features: one per source that `prepare` makes of a row, in row order, nothing padded.

    Args:
        splits: {"train": rows, ...}; a row is {"id", field: text}; a target field may hold a list of references.
        prepare: (row, settings, tokenizer) -> list of source texts, at least one.
        target: template of the target text; or (row, source) -> text where the sources of a row differ in it; or None
            for rows to predict, which have no target.
        keep: find the tables again at the next start; see cache.tables.
    Returns:
        {"train": Dataset, ...} with columns input_ids, labels, length and target_length (tokens before cutting), source
        (text), row (as given), example (the row's number in its split) and feature (its own number).
    """

    def encode(batch):
        rows = [
            (n, row, prepare(row, settings, tokenizer)) for n, row in zip(batch["example"], batch["row"], strict=True)
        ]
        pairs = [(n, row, source) for n, row, sources in rows for source in sources]
        columns = dict(zip(("example", "row", "source"), map(list, zip(*pairs, strict=True)), strict=True))
        input_ids, length = _encode(tokenizer, "text", columns["source"], settings.max_source_length)
        columns |= {"input_ids": input_ids, "length": length}
        if target is None:
            return columns
        learned = target if callable(target) else lambda row, source: references(row, target)[0]
        targets = [learned(row, source) for _, row, source in pairs]
        labels, target_length = _encode(tokenizer, "text_target", targets, settings.max_target_length)
        return columns | {"labels": labels, "target_length": target_length}

    def make():
        tables, workers = {}, settings.preprocessing_num_workers
        if workers:
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        for split, rows in splits.items():
            table = datasets.Dataset.from_dict({"example": range(len(rows)), "row": rows})
            table = table.map(encode, batched=True, num_proc=workers)
            tables[split] = table.add_column("feature", range(len(table)))
        return tables

    made = cache.tables(splits, tokenizer, settings, make) if keep else make()
    # Until here the tokenizer may use all cores. A process that is forked later, such as a worker that loads batches,
    # would wait for those threads for ever, or warn that it does without.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    return made


def windows(before, after, text, limit, shared, tokenizer):
    """Sources of at most `limit` tokens: before + text + after, or several with parts of the text, cut between words.

    Args:
        shared: tokens that neighbours have in common, but no more than half of their room: a phrase that is no longer
            is whole in one of them.
    Raises:
        UserError: no room is left for the text.
    """
    used = len(tokenizer(before + after)["input_ids"])
    if used + len(tokenizer(text, add_special_tokens=False)["input_ids"]) <= limit:
        return [before + text + after]
    if used >= limit:
        raise UserError(f"{short(before)}: {used} tokens leave no room for a text in --max_source_length {limit}")
    words = re.findall(r"\S{1,20}\s*", text)  # and pieces of what is written without spaces
    stripped = [word.strip() for word in words]  # a space at the end would be one more token to some tokenizers
    sizes = [len(ids) for ids in tokenizer(stripped, add_special_tokens=False)["input_ids"]]
    ends = list(itertools.accumulate(sizes, initial=0))  # tokens before each word, and of all
    start, stop, sources, room = 0, 0, [], limit - used
    while stop < len(words):
        stop = max(bisect_right(ends, ends[start] + room) - 1, start + 1)
        sources.append(before + "".join(words[start:stop]).strip() + after)
        start = max(bisect_right(ends, ends[stop] - min(shared, room // 2)) - 1, start + 1)
    return sources


def _encode(tokenizer, side, texts, limit):
    """(ids within `limit` tokens, lengths before cutting). The tokenizer cuts, since it knows its own end tokens."""
    ids = tokenizer(**{side: texts})["input_ids"]
    lengths = [len(row) for row in ids]
    long = [number for number, length in enumerate(lengths) if length > limit]
    if long:
        shorter = tokenizer(**{side: [texts[n] for n in long]}, truncation=True, max_length=limit)["input_ids"]
        for number, row in zip(long, shorter, strict=True):
            ids[number] = row
    return ids, lengths


def references(row, target):
    """All target texts of a row, as the data has them: never cut, never through the tokenizer.

    An empty list of texts gives one reference, made of the empty text.
    """
    fields = {name: row[name] for name in template_fields(target)}
    several = [name for name, value in fields.items() if isinstance(value, list)]
    if not several:
        return [target.format(**fields)]
    (name,) = several
    return [target.format(**{**fields, name: value}) for value in fields[name] or [""]]


def sample(table, size, seed):
    """At most `size` examples of `table`, drawn with the seed, in their order, each with all its features."""
    examples = sorted(set(table["example"]))
    if len(examples) <= size:
        return table
    kept = set(random.Random(seed).sample(examples, size))
    return table.select([n for n, example in enumerate(table["example"]) if example in kept])


def inspect(tables, target, tokenizer, settings):
    """What the model will not see: {"lengths": see length_report, "lost": see lost_characters, in training}."""
    lost = lost_characters(tables["train"], target, tokenizer)
    return {"lengths": length_report(tables, settings), "lost": lost}


def length_report(tables, settings):
    """{split: {side: counts}} of lengths in tokens: median, 95th percentile, longest, how many the limits cut.

    `histogram` counts them in bins of `width` tokens, the first from 0; the last holds all that are longer, too.
    """
    limits = {"length": settings.max_source_length, "target_length": settings.max_target_length}
    sides = {"source": "length", "target": "target_length"}
    return {
        split: {side: _lengths(table.with_format("numpy")[column][:], limits[column]) for side, column in sides.items()}
        for split, table in tables.items()
    }


def _lengths(lengths, limit):
    median, high = np.percentile(lengths, [50, 95])
    cut = int((lengths > limit).sum())
    share = round(100 * cut / len(lengths), 2)
    return {
        "median": int(median),
        "p95": int(high),
        "max": int(lengths.max()),
        "limit": limit,
        "cut": cut,
        "cut_percent": share,
        "histogram": _histogram(lengths, int(min(lengths.max(), 2 * high))),
    }


def _histogram(lengths, top, bins=24):
    """Counts up to `top` tokens: one endless text must not leave a single bar for all others."""
    width = top // bins + 1
    places = np.minimum(lengths // width, top // width)
    return {"width": width, "counts": np.bincount(places).tolist()}


def lost_characters(table, target, tokenizer):
    """Characters that do not survive the tokenizer, as {character: number of texts that hold it} (trap 19).

    Each distinct character is tried once between two letters, so the cost hardly grows with the data. T5 loses line
    breaks, braces and `<` this way.
    """
    features = table.select_columns(["source", "row"])
    texts = [text for one in features for text in (one["source"], references(one["row"], target)[0])]
    lost = _lost(sorted(set().union(*texts)), tokenizer)
    return {character: sum(character in text for text in texts) for character in lost}


def lost_signs(signs, rows, fields, tokenizer):
    """Those of `signs` that occur in these fields of the rows, texts or lists of texts, and do not survive."""
    values = (row[name] for row in rows for name in fields)
    texts = (text for value in values for text in ([value] if isinstance(value, str) else value))
    held = set().union(*texts)
    return _lost([sign for sign in signs if sign in held], tokenizer)


def _lost(characters, tokenizer):
    characters = [character for character in characters if character != " "]
    if not characters:
        return []
    ids = tokenizer([f"a{character}a" for character in characters], add_special_tokens=False)["input_ids"]
    # Without special tokens: the unknown one's name may hold the character. Spaces beside it may move.
    texts = tokenizer.batch_decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return [character for character, text in zip(characters, texts, strict=True) if character not in text]
