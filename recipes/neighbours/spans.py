# SPDX-License-Identifier: Apache-2.0
"""Answers as spans of their context: where they stand, as tokens and back as characters."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

import numpy as np

from recipes.common.reading import Splits
from recipes.common.running import Run
from recipes.formats.nested import innermost

LEAST_CONTEXT = 8  # tokens that a question leaves room for
together = itemgetter("context")  # questions on one text stay in one split


def questions(row: Any, columns: dict[str, str]) -> list:
    """A row per question, its answers as a list of texts; SQuAD's and SQuAD 2.0's need no conversion.

    Where `starts` holds numbers, as text, they say at which character each answer begins.
    """
    rows = innermost(row, "paragraphs", "qas")
    for one in rows:
        name = columns["text"] if columns["text"] in one else "answers" if "answers" in one else columns["text"]
        answers = one.get(name)
        listed = answers if isinstance(answers, list) else [answers]
        if isinstance(answers, dict):
            texts, starts = answers.get("text") or [], answers.get("answer_start") or []
        else:
            texts = [each.get("text") if isinstance(each, dict) else each for each in listed]
            starts = [each.get("answer_start") if isinstance(each, dict) else None for each in listed]
        impossible = str(one.get("is_impossible")).lower() == "true"
        one[name] = [] if impossible else list(texts) if isinstance(texts, list) else [texts]
        known = not impossible and starts and all(str(start).isdigit() for start in starts)
        one["starts"] = " ".join(map(str, starts)) if known else ""
    return rows


def place(row: dict) -> tuple[int, int] | None:
    """(first character, the one behind the last) of the first answer that stands in the context, or None."""
    starts = [int(start) for start in row["starts"].split()]
    for number, answer in enumerate(row["text"]):
        told = starts[number] if number < len(starts) else -1
        start = told if told >= 0 and row["context"].startswith(answer, told) else row["context"].find(answer)
        if answer and start >= 0:
            return start, start + len(answer)
    return None


def missed(row: dict) -> bool:
    """Whether there are answers, but none in the context."""
    return bool(row["text"]) and place(row) is None


def look(splits: Splits, settings: Any, run: Run) -> None:
    """Note what has no answer; where training rows have none, no answer may be given, unless settings say how often."""
    splits.remark("questions have no answer", lambda row: not row["text"])
    splits.remark("answers do not stand in their context, and are learned as none", missed)
    if settings.null_score_diff_threshold is None and any(not row["text"] for row in splits["train"]):
        settings.null_score_diff_threshold = run.record["settings"]["null_score_diff_threshold"] = 0.0


def refuse(row: dict, settings: Any, tokenizer: Any) -> tuple[str, str] | None:
    """(reason, detail) where the question leaves too little room for a context, else None."""
    needed = LEAST_CONTEXT + beside_context(row, tokenizer)
    detail = f"the question is never cut, and this one needs --max_source_length {needed}"
    return ("the question is too long", detail) if needed > settings.max_source_length else None


def beside_context(row: dict, tokenizer: Any) -> int:
    """The tokens of the question and the special ones."""
    question = tokenizer(row["question"], add_special_tokens=False)["input_ids"]
    return len(question) + tokenizer.num_special_tokens_to_add(pair=True)


def features_of(row: dict, limit: int, shared: int, tokenizer: Any, learn: bool) -> Iterator[dict]:
    """A feature for each window of the context, all with the whole question.

    `places` holds for each token the characters of the context that it is, first and behind the last, or -1 and -1;
    labels are the first and the last token of the answer, 0 and 0 where it is not whole in this window.
    """
    room = limit - beside_context(row, tokenizer)
    shared = min(shared, room // 2)  # after a long question, too, the next window goes on
    how = {"truncation": "only_second", "max_length": limit, "stride": shared, "return_overflowing_tokens": True}
    made = tokenizer(row["question"], row["context"], return_offsets_mapping=True, **how)
    length, answer = len(tokenizer(row["question"], row["context"])["input_ids"]), place(row) if learn else None
    for number, ids in enumerate(made["input_ids"]):
        own = [sequence == 1 for sequence in made.sequence_ids(number)]
        pairs = zip(own, made["offset_mapping"][number], strict=True)
        places = [end if inside else -1 for inside, span in pairs for end in span]
        source = f"{row['question']}\n{row['context']}"
        feature = {"source": source, "input_ids": ids, "length": length, "places": places}
        if "token_type_ids" in made:
            feature["token_type_ids"] = made["token_type_ids"][number]
        if learn:
            feature["labels"] = tokens_of(places, answer)
        yield feature


def tokens_of(places: list[int], answer: tuple[int, int] | None) -> list[int]:
    """The first and the last token that hold the answer; [0, 0] where the window does not have all of it."""
    starts, ends = np.array(places[::2]), np.array(places[1::2])
    if answer is None or not (starts >= 0).any() or starts[starts >= 0].min() > answer[0] or ends.max() < answer[1]:
        return [0, 0]
    inside = np.flatnonzero((starts >= 0) & (starts < answer[1]) & (ends > answer[0]))
    return [int(inside[0]), int(inside[-1])]


def best(answer: np.ndarray, places: list[int], longest: int) -> tuple[list[int], float]:
    """([first character, behind the last], its score less that of no answer) of a window's best span.

    Args:
        answer: scores as start and as end, shape (tokens, 2), perhaps padded.
        longest: tokens of an answer.
    """
    starts, ends = np.array(places[::2]), np.array(places[1::2])
    answer = answer[: len(starts)].astype(np.float64)
    first, last = np.where(starts >= 0, answer[:, 0], -np.inf), np.where(starts >= 0, answer[:, 1], -np.inf)
    sums = first[:, None] + last[None, :]
    distance = np.arange(len(starts))[None, :] - np.arange(len(starts))[:, None]
    sums[(distance < 0) | (distance >= longest)] = -np.inf
    one, two = np.unravel_index(int(sums.argmax()), sums.shape)
    if not np.isfinite(sums[one, two]):
        return [0, 0], -1e9
    return [int(starts[one]), int(ends[two])], float(sums[one, two] - answer[0].sum())
