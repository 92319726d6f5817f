# SPDX-License-Identifier: Apache-2.0
"""What a text must be for a tokenizer: cut into windows where it is too long, and of signs that the tokenizer keeps."""

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

from recipes.common import UserError, short
from recipes.pretrained import tokens


def windows(before: str, after: str, text: str, limit: int, shared: int, tokenizer: Any) -> list[str]:
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
    distinct = list(dict.fromkeys(stripped))  # a book has a few thousand
    sizes = dict(zip(distinct, map(len, tokenizer(distinct, add_special_tokens=False)["input_ids"]), strict=True))
    ends = list(
        itertools.accumulate(map(sizes.__getitem__, stripped), initial=0)
    )  # tokens before each word, and of all
    room = limit - used
    start, stop, sources = 0, 0, []
    while stop < len(words):
        stop = max(bisect_right(ends, ends[start] + room) - 1, start + 1)
        sources.append(before + "".join(words[start:stop]).strip() + after)
        start = max(bisect_right(ends, ends[stop] - min(shared, room // 2)) - 1, start + 1)
    return sources


def lost_signs(signs: str, rows: Iterable[Mapping[str, Any]], fields: Iterable[str], tokenizer: Any) -> list[str]:
    """Those of `signs` that occur in these fields of the rows, texts or lists of texts, and do not survive."""
    values = [row[field] for row in rows for field in fields]
    texts = itertools.chain.from_iterable([value] if isinstance(value, str) else value for value in values)
    held = set().union(*set(texts))  # a turn is in the history of each reply after it
    return tokens.lost([sign for sign in signs if sign in held], tokenizer)
