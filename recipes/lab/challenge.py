# SPDX-License-Identifier: Apache-2.0
"""The mini challenge: a hundred articles, one-sentence summaries, greedy against four beams, five notes."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recipes.common import UserError
from recipes.lab import candidates, compare, showing
from recipes.lab.finished import Finished, references
from recipes.prediction import record_of
from recipes.report import differences

RECIPE, METRICS, NOTES = "summarize_t5", ("rouge1", "rouge2", "rougeL"), 5
SIDES = ("greedy-3grams", "beam-3grams")
LEARN = {
    "max_train_samples": 100,
    "num_train_epochs": 20,
    "early_stopping_patience": 0,
    "do_predict": False,
    "disable_tqdm": True,
}


def challenge(flags: Sequence[str], folder: Path) -> str:
    """Train, or go on, then score both sides on the validation split; what the screen shows."""
    run = folder / "run"
    print(f"trains    on {LEARN['max_train_samples']} articles, into {run}", flush=True)
    code = 0 if candidates.is_done(run) else candidates.train(RECIPE, [*candidates.words(LEARN), *flags], run)
    if code == 75:
        raise KeyboardInterrupt
    if code:
        raise UserError(f"training: exit {code}: {candidates.last_words(run)}")
    found = record_of(run)
    made = []
    for name in SIDES:
        print(f"scores    {name}", flush=True)
        place = folder / name
        wanted = candidates.decoding_flags(candidates.preset(name))
        fault = candidates.score(
            candidates.recipe_of(found), [*candidates.flags_of(found), "--model_name_or_path", str(run), *wanted], place
        )
        if fault:
            raise UserError(f"{name}: {fault}")
        made.append(Finished(place, "validation", name))
    header = [f"validation, {len(made[0].rows)} rows", *METRICS, "ms a row"]
    rows = [
        [one.name, *(showing.score(one.scores, name) for name in METRICS), f"{1000 * one.seconds_a_row:.0f}"]
        for one in made
    ]
    said = compare.verdict(*made, "rougeL", made[0].difference(made[1], "rougeL"))
    cards = notes(made)
    blocks = [
        {"title": "Scores", "table": (header, rows), "said": "Both never say three tokens twice."},
        {"title": f"{NOTES} examples, with notes on faithfulness", "texts": cards},
    ]
    page = showing.write_page(folder / "challenge.html", "The mini challenge", said, blocks)
    told = [
        f"{card['title']}\n"
        + "\n".join(f"  {label:14} {''.join(p for p, _ in pieces)}" for label, pieces in card["parts"])
        for card in cards
    ]
    return "\n".join([showing.table(header, rows), "", *told, "", f"wrote     {page}", said])


def notes(made: list[Finished]) -> list[dict[str, Any]]:
    """Rows drawn with the seed, what each side says of them, and what of it the source does not have."""
    places = random.Random(42).sample(range(len(made[0].rows)), min(NOTES, len(made[0].rows)))
    cards = []
    for place in sorted(places):
        row = made[0].rows[place]
        parts = [
            ("source", differences.cut(row["source"][:400], {})),
            ("reference", differences.cut(references(row)[0], {})),
        ]
        for one in made:
            flags = one.rows[place].get("unsupported") or []
            spans = [(flag["start"], flag["end"]) for flag in flags]
            parts.append((one.name, differences.cut(one.rows[place]["prediction"], {"unsupported": spans})))
            parts.append(("note", [(note(flags), [])]))
        cards.append({"title": str(row["id"]), "parts": parts})
    return cards


def note(flags: list[dict[str, Any]]) -> str:
    """What is said without support, in a sentence."""
    if not flags:
        return "every number, date, amount, code and name of it stands in the source"
    return "the source does not have " + ", ".join(f"the {flag['kind']} {flag['text']!r}" for flag in flags)
