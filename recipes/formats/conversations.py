# SPDX-License-Identifier: Apache-2.0
"""The turns of a conversation: read from the two forms in use, made rows of one reply each, shortened at the start."""

from bisect import bisect_left

from recipes.common import short


def read_turns(listed, roles):
    """Turns as {"from": speaker, "value": text}; turns in a row of one speaker become one, of several lines.

    Args:
        listed: ShareGPT's {"from", "value"} or messages' {"role", "content"}, in order.
        roles: role, in small letters -> speaker.
    Returns:
        (turns, how many were joined to the one before, None), or (None, 0, (reason, detail)) of what cannot be used.
    """
    if not isinstance(listed, list):
        return None, 0, ("no list of turns", f"{short(listed)} is not a list of turns")
    turns = []
    for number, turn in enumerate(listed, 1):
        turn = turn if isinstance(turn, dict) else {}
        role, text = turn.get("from", turn.get("role")), turn.get("value", turn.get("content"))
        if str(role).lower() not in roles:
            return None, 0, ("unknown role", f"turn {number} has role {short(role)}; known: {', '.join(roles)}")
        if not isinstance(text, str) or not text.strip():
            return None, 0, ("a turn without text", f"turn {number} ({role}) has no text but {short(text)}")
        speaker = roles[role.lower()]
        if turns and turns[-1]["from"] == speaker:
            turns[-1]["value"] += f"\n{text}"
        else:
            turns.append({"from": speaker, "value": text})
    if not turns:
        return None, 0, ("no turns", "its list of turns is empty")
    return turns, len(listed) - len(turns), None


def shortened(turns):
    """`turns`, then each time one fewer: the oldest fall out first, and never the last human one.

    A system's turn at the start holds for all that follow, and falls out last.
    """
    last = max(place for place, turn in enumerate(turns) if turn["from"] == "human")
    first = turns[:1] if turns[0]["from"] == "system" and last else []
    return [*(first + turns[start:] for start in range(len(first), last + 1)), *([turns[last:]] if first else [])]


def longest(texts, limit, tokenize):
    """The first text within `limit` tokens, or the last where none is.

    Args:
        texts: each shorter than the one before.
        tokenize: list of texts -> {"input_ids_lens": lengths in tokens}.
    """
    place = bisect_left(texts, True, hi=len(texts) - 1, key=lambda text: tokenize([text])["input_ids_lens"][0] <= limit)
    return texts[place]


def rows_of_replies(row, listed, roles, pair, recorded):
    """Rows of a conversation, each with the id "<conversation>/<number of the reply>".

    Args:
        row: the data.Row that holds it.
        listed, roles: as for read_turns; the speakers are "human", "gpt" and any others.
        pair: list of conversations -> flat values of each reply, in order; see the recipe.
        recorded: True for the replies that are there; False also for the one to come where a human spoke last, alone.
    """
    turns, joined, fault = read_turns(listed, roles)
    if not fault and "human" not in [turn["from"] for turn in turns]:
        fault = ("no turn of a human", f"none of its {len(turns)} turns is a human's, so there is nothing to reply to")
    if fault:
        return [row.reshaped(broken=fault)]
    asked = turns[-1]["from"] != "gpt"
    values = pair([turns + [{"from": "gpt", "value": None}] * asked])
    name, key = row.get("id") or row.line, {"conversation": str(row.line)}
    rows = [row.reshaped({"id": f"{name}/{number}", **key, **one}) for number, one in enumerate(values, 1)]
    if asked:
        rows = [*rows[:-1], row.reshaped(unwanted="ends without a reply")] if recorded else rows[-1:]
    if turns[0]["from"] == "gpt":
        rows.append(row.reshaped(unwanted="begins with the assistant, whose first turn replies to nobody"))
    if joined:
        rows[0].remark = "turns in a row of one speaker were joined by a line break"
    return rows


def as_turns(row):
    """The turns of a row's "history"; a text alone is a human's; speakers that are not named alternate up to one."""
    values = [row["history"]] if isinstance(row["history"], str) else row["history"]
    speakers = row.get("speakers") or [("human", "gpt")[place % 2] for place in range(len(values))][::-1]
    return [{"from": speaker, "value": value} for speaker, value in zip(speakers, values, strict=True)]


def fallen_out(tables, text_of):
    """Sentences on the turns that were left out of sources.

    Args:
        tables: split -> features, each source of which ends in text_of("", the turns that were kept).
    """
    notes = []
    for split, table in tables.items():
        counts = [_fallen_out(one["row"], one["source"], text_of) for one in table.select_columns(["row", "source"])]
        if any(counts):
            much = f"{sum(counts):,} turns of {sum(map(bool, counts)):,} histories"
            notes.append(f"{split}: {much} fell out, the oldest first, to fit into --max_source_length")
    return notes


def _fallen_out(row, source, text_of):
    options = shortened(as_turns(row))
    kept = next(kept for kept in options if source.endswith(text_of("", kept)))
    return len(options[0]) - len(kept)
