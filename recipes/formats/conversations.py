# SPDX-License-Identifier: Apache-2.0
"""The turns of a conversation: found in the forms in use, made rows of one reply each, shortened at the start.

A turn is {"from": speaker, "value": text}; the speakers are "human", "gpt" and any others, such as "system".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import datasets
import torch

from recipes.common import listed, short
from recipes.files import Row, read_written
from recipes.formats.nested import or_broken

Turn = dict[str, Any]


class FeaturesOfFile(torch.utils.data.Dataset):
    """A table of features as a map-style data set of torch's, to be given a name by a recipe."""

    def __init__(self, table: datasets.Dataset):
        self.table = table

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, place: int) -> dict[str, Any]:
        return self.table[place]


# Where a record has its turns, in this order: the first that is there and not null.
LISTS = ("conversations", "conversation", "messages", "turns", "dialog", "dialogue", "items", "data", "chosen")
# Records of one turn and its reply, as Alpaca, Dolly and others have them; the second of three may be missing or empty.
PAIRS = (
    ("instruction", "input", "output"),
    ("instruction", "context", "response"),
    ("prompt", "input", "response"),
    ("prompt", "input", "completion"),
    ("prompt", "input", "chosen"),
    ("question", "context", "answer"),
    ("query", "context", "response"),
)
SYSTEM = ("system", "system_prompt")
ROLE_KEYS, TEXT_KEYS = ("from", "role", "speaker"), ("value", "content", "text", "utterance")


def find_turns(row: Mapping[str, Any]) -> tuple[Any, tuple[str, str] | None]:
    """The turns of a record in any of the forms above, as read_turns takes them; and None, or (reason, detail).

    Of LMSYS' pairs of conversations the one that won, of a tree of OpenAssistant's the branch that was ranked best.
    """
    better = "conversation_b" if row.get("winner") == "model_b" else "conversation_a"
    there = [read_written(row[name]) for name in (*LISTS, better) if row.get(name) is not None]
    for turns in there:
        if isinstance(turns, list):
            return turns, None
        if isinstance(turns, dict) and turns and all(isinstance(one, list) for one in turns.values()):
            return [dict(zip(turns, turn, strict=True)) for turn in zip(*turns.values(), strict=False)], None
    if isinstance(row.get("prompt"), dict):
        return list(_best_branch(row["prompt"])), None
    for asked, more, answered in PAIRS:
        if row.get(asked) is not None:
            said = "\n".join(str(text) for text in (row[asked], row.get(more)) if text)
            system = next((row[name] for name in SYSTEM if row.get(name)), None)
            before = [{"from": "system", "value": system}] if system else []
            for pair in row.get("history") or []:
                before += [{"from": who, "value": text} for who, text in zip(("human", "gpt"), pair, strict=False)]
            after = [{"from": "gpt", "value": row[answered]}] if row.get(answered) is not None else []
            if after or not any(row.get(other) is not None for _, _, other in PAIRS):
                return [*before, {"from": "human", "value": said}, *after], None
    if there:
        return there[0], None
    known = " or ".join([*LISTS[:3], *(f"{asked} and {answered}" for asked, _, answered in PAIRS[:3])])
    return None, ("no conversation", f"no column has turns; known are {known}; it has {listed(row)}")


def _best_branch(message: Mapping[str, Any] | None) -> Iterator[Turn]:
    while message:
        yield {"from": message.get("role"), "value": message.get("text")}
        replies = [one for one in message.get("replies") or () if isinstance(one, dict)]
        ranked = [one for one in replies if str(one.get("rank")).isdigit()]
        message = min(ranked, key=lambda one: int(one["rank"]), default=replies[0] if replies else None)


def _first(turn: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((turn[key] for key in keys if turn.get(key) is not None), None)


def _said(text: Any) -> Any:
    """The text of a turn; of OpenAI's parts, where all are text, one after the other."""
    parts = [one.get("text") if isinstance(one, dict) else one for one in text] if isinstance(text, list) else []
    return "\n".join(parts) if parts and all(isinstance(one, str) for one in parts) else text


def read_turns(given: Any, roles: Mapping[str, str]) -> tuple[list[Turn], tuple[str, str] | None]:
    """Turns, and None or (reason, detail) of what cannot be used; turns in a row of one speaker become one, of lines.

    Args:
        given: ShareGPT's {"from", "value"} or messages' {"role", "content"}, in order; or texts, by turns.
        roles: role, in small letters -> speaker.
    """
    if not isinstance(given, list):
        return [], ("no list of turns", f"{short(given)} is not a list of turns")
    if given and all(isinstance(turn, str) for turn in given):
        given = [{"from": ("human", "gpt")[place % 2], "value": text} for place, text in enumerate(given)]
    turns: list[Turn] = []
    for number, turn in enumerate(given, 1):
        turn = turn if isinstance(turn, dict) else {}
        role, text = _first(turn, ROLE_KEYS), _said(_first(turn, TEXT_KEYS))
        if str(role).lower() not in roles:
            return [], ("unknown role", f"turn {number} has role {short(role)}; known: {', '.join(roles)}")
        if not isinstance(text, str) or not text.strip():
            return [], ("a turn without text", f"turn {number} ({role}) has no text but {short(text)}")
        speaker = roles[str(role).lower()]
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


@or_broken
def rows_of_replies(
    row: Row, roles: Mapping[str, str], pair: Callable[[list[list[Turn]], int], list[dict]], most: int, new: bool
) -> list[Row]:
    """Rows of a conversation, each with the id "<conversation>/<number of the reply>".

    Args:
        row: the one that holds it.
        roles: as for read_turns.
        pair: (conversations, most) -> the values of a row for each reply, in order; see the recipe.
        most: turns before a reply; older ones are left out, as they would not fit into as many tokens. Without that,
            a conversation of 5,000 turns would be kept 2,500 times.
        new: where a human spoke last, only the row of the reply to come; else that turn is left out and counted.
    """
    if row.broken:
        return [row]
    found, fault = find_turns(row)
    turns, fault = ([], fault) if fault else read_turns(found, roles)
    if fault:
        return [row.reshaped(broken=fault)]
    joined = len(turns) < len(found)
    unanswered = turns[-1]["from"] != "gpt"
    if unanswered:
        turns.append({"from": "gpt", "value": None})
    name, conversation = row.get("id") or row.line, {"conversation": str(row.line)}
    rows = [
        row.reshaped({"id": f"{name}/{number}", **conversation, **values})
        for number, values in enumerate(pair([turns], most), 1)
    ]
    if unanswered and new:
        rows = rows[-1:]
    elif unanswered:
        rows[-1] = row.reshaped(unwanted="ends without a reply")
    if turns[0]["from"] == "gpt":
        rows.append(row.reshaped(unwanted="begins with the assistant, whose first turn replies to nobody"))
    if joined:
        rows[0].remark = "turns in a row of one speaker were joined by a line break"
    elif len(turns) > most + 1:
        rows[0].remark = f"has more than {most:,} turns, which are more than fit: each reply has the last before it"
    return rows


def before(turns: Sequence[Turn], place: int, most: int | None = None) -> list[Turn]:
    """The turns before a place, or the last `most` of them, the first one of a system among them."""
    start = max(0, place - (most or place))
    system = [turns[0]] if start and turns[0]["from"] == "system" else []
    return [*system, *turns[start + len(system) : place]]


def as_turns(row: Mapping[str, Any]) -> list[Turn]:
    """The turns of a row's "history"; a text alone is a human's; speakers that are not named alternate up to one."""
    values = [row["history"]] if isinstance(row["history"], str) else row["history"]
    speakers = row.get("speakers")
    if not speakers:
        from_the_end = ["human" if place % 2 == 0 else "gpt" for place in range(len(values))]
        speakers = from_the_end[::-1]
    return [{"from": speaker, "value": value} for speaker, value in zip(speakers, values, strict=True)]


def shortened(turns: Sequence[Turn], out: int) -> list[Turn]:
    """`turns` without `out` of them, at most as many as `most_out` says: the oldest fall out first.

    A system's turn at the start holds for all that follow, and falls out last.
    """
    if turns[0]["from"] == "system" and 0 < out < most_out(turns):
        return [turns[0], *turns[out + 1 :]]
    return list(turns[out:])


def most_out(turns: Sequence[Turn]) -> int:
    """How many turns stand before the last human one."""
    return next(place for place in range(len(turns) - 1, -1, -1) if turns[place]["from"] == "human")


def longest(
    turns: Sequence[Turn],
    text_of: Callable[[list[Turn]], str],
    limit: int,
    tokenize: Callable[[list[str]], Mapping[str, list[int]]],
) -> str:
    """The text of as many turns as fit within `limit` tokens, or of the last alone where not even that does.

    From the end, with twice as many each time until they are too many, then by halving: what a long conversation began
    with is not tokenized anew for each of its replies.

    Args:
        tokenize: list of texts -> {"input_ids_lens": lengths in tokens}.
    """
    most = most_out(turns)

    def fits(kept: int) -> bool:
        return tokenize([text_of(shortened(turns, most - kept))])["input_ids_lens"][0] <= limit

    good, bad = 0, 1  # of the turns before the last human one
    while bad <= most and fits(bad):
        good, bad = bad, 2 * bad
    bad = min(bad, most + 1)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return text_of(shortened(turns, most - good))


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
    turns = as_turns(row)
    # Texts get shorter with each turn that falls out: those that are longer than the source need no look.
    low, high = 0, most_out(turns)
    while low < high:
        middle = (low + high) // 2
        fits = len(text_of("", shortened(turns, middle))) <= len(source)
        low, high = (low, middle) if fits else (middle + 1, high)
    return next(out for out in range(low, len(turns)) if source.endswith(text_of("", shortened(turns, out))))
