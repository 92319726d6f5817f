# SPDX-License-Identifier: Apache-2.0
"""Other decodings of a finished model, on its validation split: what each costs and brings, and which one to take."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from transformers import GenerationConfig

from recipes import record
from recipes.common import UserError
from recipes.lab import candidates, showing
from recipes.lab.finished import Finished, better
from recipes.metrics.words import tokenize
from recipes.prediction import Predictor, record_of
from recipes.report import differences, write_card, write_report

HEADER = ("words", "repeats", "copies", "unsupported", "at the limit", "ms a row")
COUNTS = ("words", "ms a row")  # the others are percent
OWN = "as it is"
NEAR = 1.1  # for less than a tenth of its time nobody changes a decoding
TIMED, ROUNDS = 32, 3  # rows by which decodings are timed, and how often
SAID = (
    "Words of an output; of the outputs, how many repeat themselves, copy their source, say something that it does not "
    f"have, or end at the length limit. Times are the least of {ROUNDS} rounds in turn, on {TIMED} rows."
)


def decode(folder: Path, names: Sequence[str], grid: str, rows: int) -> tuple[str, str]:
    """Score decodings of the run in `folder`; (what the screen shows, the name of the recommended one).

    Args:
        names: of presets; the run's own decoding is always tried, too.
        grid: settings and their values, for every combination (see candidates.grid).
        rows: at most so many validation rows, the first.
    """
    found = record_of(folder)
    recipe = candidates.recipe_of(found)
    wanted = {OWN: own_decoding(found), **{name: candidates.preset(name) for name in names}}
    wanted |= {candidates.label_of(one): one for one in candidates.grid(grid)}
    flags = [*candidates.flags_of(found), "--model_name_or_path", str(folder)]
    flags += ["--max_eval_samples", str(min(rows, found["settings"].get("max_eval_samples") or rows))]
    runs, refused = {}, []
    seen: dict[tuple[str, ...], str] = {}
    for number, (name, chosen) in enumerate(wanted.items(), 1):
        place, asked = folder_of(folder, name), candidates.decoding_flags(_typed(chosen))
        same = seen.setdefault(tuple(asked), name)
        if same != name:
            refused.append(f"left out  {name}: the same as {same}")
            continue
        print(f"scores    {name} ({number} of {len(wanted)})", flush=True)
        fault = candidates.score(recipe, flags + asked, place)
        if fault:
            refused.append(f"left out  {name}: {fault.removeprefix('error: ')}")
        else:
            runs[name] = Finished(place, "validation", name)
    if not runs:
        raise UserError(*refused)
    print("times     them in turn", flush=True)
    for name, seconds in in_turn(folder, runs).items():
        runs[name].seconds_a_row = seconds
    return _show(folder, runs, refused)


def in_turn(folder: Path, runs: dict[str, Finished]) -> dict[str, float]:
    """Seconds a row of each decoding: the least of some rounds, so that what else the machine does falls on all alike.

    On a machine with other work, two scorings with the same settings took 155 and 801 ms a row.
    """
    predictor = Predictor(folder)
    ids = predictor.encode_sources([row["source"] for row in next(iter(runs.values())).rows[:TIMED]])
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            predictor.engine.config = GenerationConfig.from_pretrained(run.folder)
            began = time.perf_counter()
            predictor.generate(ids)
            taken[name].append((time.perf_counter() - began) / len(ids))
    return {name: min(rounds) for name, rounds in taken.items()}


def folder_of(run: Path, name: str) -> Path:
    return run / "decode" / name.replace(" ", "_").replace("/", "_")


def own_decoding(found: dict[str, Any]) -> dict[str, Any]:
    """The settings of a run's decoding that differ from the neutral ones."""
    known = {name: found["settings"].get(name) for name in candidates.PRESETS["neutral"]}
    drawn, beams = bool(known.get("do_sample")), (known.get("num_beams") or 1) > 1
    means = {"": True, "draws": drawn, "beams": beams}
    usual = candidates.PRESETS["neutral"]
    chosen = {name: value for name, value in known.items() if value is not None and means[usual[name][1]]}
    return {name: value for name, value in chosen.items() if value != usual[name][0]}


def _typed(chosen: dict[str, Any]) -> dict[str, Any]:
    """Values of a grid, which are words, as what they mean in YAML."""
    return {name: yaml.safe_load(value) if isinstance(value, str) else value for name, value in chosen.items()}


def measures(run: Finished) -> dict[str, float]:
    """What HEADER names, but for the score."""
    texts = [row["prediction"] for row in run.rows]
    share = 100 / max(len(texts), 1)
    return {
        "words": sum(len(tokenize(text)) for text in texts) / max(len(texts), 1),
        "repeats": share * sum(differences.repeats(text) for text in texts),
        "copies": share * sum(differences.copies(row["prediction"], row["source"]) for row in run.rows),
        "unsupported": share * sum(bool(row.get("unsupported")) for row in run.rows),
        "at the limit": share * sum(bool(row.get("hit_limit")) for row in run.rows),
        "ms a row": 1000 * run.seconds_a_row,
    }


def recommend(runs: dict[str, Finished], metric: str) -> tuple[str, str]:
    """(the name of the fastest decoding that nothing tells from the best one, the sentence that says so).

    One that says more without support than the best by two rows in a hundred is not taken for its speed, and the run's
    own is kept where it is as good and about as fast.
    """
    ranked = sorted(runs, key=lambda name: runs[name].scores[metric], reverse=better(metric))
    best = runs[ranked[0]]
    most = measures(best)["unsupported"] + 2
    equal = [name for name in ranked[1:] if not best.difference(runs[name], metric).found]
    equal = [name for name in equal if measures(runs[name])["unsupported"] <= most]
    chosen = min([ranked[0], *equal], key=lambda name: runs[name].seconds_a_row)
    if OWN in (ranked[0], *equal) and runs[OWN].seconds_a_row < NEAR * runs[chosen].seconds_a_row:
        chosen = OWN
    value, time_taken = runs[chosen].scores[metric], 1000 * runs[chosen].seconds_a_row
    told = f"{'Keep it' if chosen == OWN else 'Take'} {chosen}: {metric} {value:.1f} at {time_taken:.0f} ms a row"
    if chosen == ranked[0]:
        return chosen, f"{told}; nothing scores better."
    return chosen, f"{told}; nothing tells it from {ranked[0]}, the best, which takes {1000 * best.seconds_a_row:.0f}."


def _show(folder: Path, runs: dict[str, Finished], refused: list[str]) -> tuple[str, str]:
    first, presets = next(iter(runs.values())), candidates.PRESETS["presets"]
    metric = first.metric
    chosen, said = recommend(runs, metric)
    if chosen != OWN:
        said += f" make decode RUN={folder} ARGS='--apply \"{chosen}\"' writes it into the model."
    rows = []
    for name, run in runs.items():
        numbers = measures(run)
        cells = [f"{numbers[one]:.0f}{'' if one in COUNTS else ' %'}" for one in HEADER]
        rows.append([f"{'*' if name == chosen else ' '} {name}", showing.score(run.scores, metric), *cells])
    header = [f"  validation, {len(first.rows)} rows", metric, *HEADER]
    points = {name: (run.seconds_a_row, run.scores[metric]) for name, run in runs.items()}
    settings = [[name, candidates.label_of(own_decoding(run.record)) or "greedy"] for name, run in runs.items()]
    blocks = [
        {"title": "Decodings", "table": (header, rows), "said": SAID},
        {"title": "Quality and speed", "picture": showing.speed("speed", metric, points, metric, chosen)},
        {"title": "Their settings", "table": (["decoding", "settings"], settings), "words": True},
        {"title": "What they are for", "list": [f"{one}: {presets[one]['why']}." for one in runs if one in presets]},
        {"title": "The same rows", "texts": _texts(runs)},
    ]
    page = showing.write_page(folder / "decode.html", f"Decodings of {folder.name}", said, blocks)
    return "\n".join([showing.table(header, rows), *refused, "", f"wrote     {page}", said]), chosen


def _texts(runs: dict[str, Finished], most: int = 5) -> list[dict[str, Any]]:
    """The first rows on which decodings differ, with what each makes of them."""
    cards: list[dict[str, Any]] = []
    for place, row in enumerate(next(iter(runs.values())).rows):
        texts = {name: run.rows[place]["prediction"] for name, run in runs.items()}
        if len(set(texts.values())) > 1 and len(cards) < most:
            first = next(iter(texts.values()))
            extra = {name: differences.differences(first, text)[1] for name, text in texts.items()}
            parts = [(name, differences.cut(text, {"extra": extra[name]})) for name, text in texts.items()]
            cards.append({"title": str(row["id"]), "parts": parts})
    return cards


def apply(folder: Path, name: str) -> str:
    """Let the model in `folder` generate by a decoding that was tried: generation_config.json, run.json, card, report.

    Raises:
        UserError: it was not tried on this run.
    """
    place, found = folder_of(folder, name), record_of(folder)
    tried = record.find(place)
    if not tried or tried.get("status") != "done":
        there = sorted(path.name for path in (folder / "decode").glob("*") if path.is_dir())
        raise UserError(f"--apply {name}: was not tried on this run; tried are {', '.join(there) or 'none'}")
    GenerationConfig.from_pretrained(place).validate(strict=True)
    scratch = folder / "generation_config.json.tmp"
    shutil.copyfile(place / "generation_config.json", scratch)
    scratch.replace(folder / "generation_config.json")
    changed = {one: tried["settings"].get(one) for one in candidates.PRESETS["neutral"]}
    scored = found.get("scored_decoding") or found["decoding"]  # what the scores in the folder were made with
    decoding = {"decoding": tried["decoding"], "scored_decoding": scored, "applied": name}
    candidates.reseal(folder, decoding | {"settings": found["settings"] | changed})
    write_card(folder)
    write_report(folder)
    return f"wrote     {folder}/generation_config.json and run.json: the model decodes by {name} from now on"
