# SPDX-License-Identifier: Apache-2.0
"""The turns of a conversation: read from the two forms in use, made rows of one reply each, shortened at the start.

A turn is {"from": speaker, "value": text}; the speakers are "human", "gpt" and any others, such as "system".
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import datasets
import torch

from recipes.common import short
from recipes.files import Row

Turn = dict[str, Any]


class FeaturesOfFile(torch.utils.data.Dataset):
    """A table of features as a map-style data set of torch's, to be given a name by a recipe."""

    def __init__(self, table: datasets.Dataset):
        self.table = table

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, place: int) -> dict[str, Any]:
        return self.table[place]


def read_turns(listed: Any, roles: Mapping[str, str]) -> tuple[list[Turn], tuple[str, str] | None]:
    """Turns, and None or (reason, detail) of what cannot be used; turns in a row of one speaker become one, of lines.

    Args:
        listed: ShareGPT's {"from", "value"} or messages' {"role", "content"}, in order.
        roles: role, in small letters -> speaker.
    """
    if not isinstance(listed, list):
        return [], ("no list of turns", f"{short(listed)} is not a list of turns")
    turns: list[Turn] = []
    for number, turn in enumerate(listed, 1):
        turn = turn if isinstance(turn, dict) else {}
        role, text = turn.get("from", turn.get("role")), turn.get("value", turn.get("content"))
        if str(role).lower() not in roles:
            return [], ("unknown role", f"turn {number} has role {short(role)}; known: {', '.join(roles)}")
        if not isinstance(text, str) or not text.strip():
            return [], ("a turn without text", f"turn {number} ({role}) has no text but {short(text)}")
        speaker = roles[role.lower()]
        if turns and turns[-1]["from"] == speaker:
            turns[-1]["value"] += f"\n{text}"
        else:
            turns.append({"from": speaker, "value": text})
    if not turns:
        return [], ("no turns", "its list of turns is empty")
    if "human" not in [turn["from"] for turn in turns]:
        return [], (
            "no turn of a human",
            f"none of its {len(turns)} turns is a human's, so there is nothing to reply to",
        )
    return turns, None


def rows_of_replies(
    row: Row, listed: Any, roles: Mapping[str, str], pair: Callable[[list[list[Turn]]], list[dict]], new: bool
) -> list[Row]:
    """Rows of a conversation, each with the id "<conversation>/<number of the reply>".

    Args:
        row: the one that holds it.
        listed, roles: as for read_turns.
        pair: conversations -> the values of a row for each reply, in order; see the recipe.
        new: where a human spoke last, only the row of the reply to come; else that turn is left out and counted.
    """
    turns, fault = read_turns(listed, roles)
    if fault:
        return [row.reshaped(broken=fault)]
    joined = len(turns) < len(listed)
    unanswered = turns[-1]["from"] != "gpt"
    if unanswered:
        turns.append({"from": "gpt", "value": None})
    name, conversation = row.get("id") or row.line, {"conversation": str(row.line)}
    rows = [
        row.reshaped({"id": f"{name}/{number}", **conversation, **values})
        for number, values in enumerate(pair([turns]), 1)
    ]
    if unanswered and new:
        rows = rows[-1:]
    elif unanswered:
        rows[-1] = row.reshaped(unwanted="ends without a reply")
    if turns[0]["from"] == "gpt":
        rows.append(row.reshaped(unwanted="begins with the assistant, whose first turn replies to nobody"))
    if joined:
        rows[0].remark = "turns in a row of one speaker were joined by a line break"
    return rows


def as_turns(row: Mapping[str, Any]) -> list[Turn]:
    """The turns of a row's "history"; a text alone is a human's; speakers that are not named alternate up to one."""
    values = [row["history"]] if isinstance(row["history"], str) else row["history"]
    speakers = row.get("speakers")
    if not speakers:
        from_the_end = ["human" if place % 2 == 0 else "gpt" for place in range(len(values))]
        speakers = from_the_end[::-1]
    return [{"from": speaker, "value": value} for speaker, value in zip(speakers, values, strict=True)]


def shortened(turns: Sequence[Turn]) -> list[list[Turn]]:
    """`turns`, then each time one fewer: the oldest fall out first, and never the last human one.

    A system's turn at the start holds for all that follow, and falls out last.
    """
    last = max(place for place, turn in enumerate(turns) if turn["from"] == "human")
    if turns[0]["from"] != "system" or last == 0:
        return [list(turns[start:]) for start in range(last + 1)]
    kept = [[turns[0], *turns[start:]] for start in range(1, last + 1)]
    return [*kept, list(turns[last:])]


def longest(texts: Sequence[str], limit: int, tokenize: Callable[[list[str]], Mapping[str, list[int]]]) -> str:
    """The first text within `limit` tokens, or the last where none is.

    Args:
        texts: each shorter than the one before, so that halving finds it: a long conversation is not tokenized as often
            as it has turns.
        tokenize: list of texts -> {"input_ids_lens": lengths in tokens}.
    """
    first, last = 0, len(texts) - 1
    while first < last:
        middle = (first + last) // 2
        if tokenize([texts[middle]])["input_ids_lens"][0] <= limit:
            last = middle
        else:
            first = middle + 1
    return texts[first]


def fallen_out(tables: Mapping[str, Any], text_of: Callable[[str, list[Turn]], str]) -> list[str]:
    """Sentences on the turns that were left out of sources.

    Args:
        tables: split -> features, each source of which ends in text_of("", the turns that were kept).
    """
    notes = []
    for split, table in tables.items():
        counts = [_fallen_out(one["row"], one["source"], text_of) for one in table.select_columns(["row", "source"])]
        if any(counts):
            much = f"{sum(counts):,} turns of {sum(count > 0 for count in counts):,} histories"
            notes.append(f"{split}: {much} fell out, the oldest first, to fit into --max_source_length")
    return notes


def _fallen_out(row: Mapping[str, Any], source: str, text_of: Callable[[str, list[Turn]], str]) -> int:
    choices = shortened(as_turns(row))
    kept = next(turns for turns in choices if source.endswith(text_of("", turns)))
    return len(choices[0]) - len(kept)
