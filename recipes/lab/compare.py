# SPDX-License-Identifier: Apache-2.0
"""Two finished runs, or several, on the same rows: which is better, how sure that is, and what differs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recipes import record
from recipes.common import UserError, did_you_mean
from recipes.lab import showing
from recipes.lab.finished import Finished, better, read_all, references
from recipes.lab.significance import SURE, Difference, corrected

MOST = 10  # rows that are shown
ENDS = ("", "_ci_low", "_ci_high")
# Of what differs between two runs: where files lie, and what is said beside the table.
LEFT_OUT = ("train_file", "validation_file", "test_file", "output_dir", "logging_dir", "recipe", "data")


def compare(folders: Sequence[str | Path], split: str, metric: str | None, page: Path) -> str:
    """Write the page and return what the screen shows, which ends with what to do."""
    runs = read_all(folders, split)
    known = [name for name in runs[0].metrics if all(name in run.scores for run in runs)]
    if metric and metric not in known:
        raise UserError(f"--metric {metric}: these runs have {', '.join(known)}{did_you_mean([metric], known)}")
    metric = metric or (runs[0].metric if runs[0].metric in known else known[0])
    return _two(*runs, metric, page) if len(runs) == 2 else _several(runs, metric, page)


def _two(one: Finished, two: Finished, metric: str, page: Path) -> str:
    labels = [f"A {one.name}", f"B {two.name}"]
    found = {name: one.difference(two, name) for name in one.metrics if name in two.scores}
    scores = [[_directed(name), *_scores([one, two], name), *_cells(found[name])] for name in found]
    header = [f"{one.split}, {len(one.rows)} rows", *labels, "B - A", "95 %", "p"]
    by_row = one.of_rows(metric)
    counted = "B wins {} rows, A {}, {} ties by {}".format(*_wins(one, two, by_row), by_row)
    costs, changed = _costs(one, two), _settings(one, two) or [["no setting", "", ""]]
    said = verdict(one, two, metric, found[metric])
    blocks = [
        {"title": "Scores", "table": (header, scores), "said": f"{counted}. p is that of approximate randomisation."},
        {"title": "Time and memory", "table": (["", *labels], costs)},
        {"title": "What differs", "table": (["setting", *labels], changed), "words": True},
        {"title": f"The {MOST} rows that changed most", "texts": _changed_most(one, two, by_row)},
    ]
    showing.write_page(page, f"{one.name} and {two.name}", said, blocks)
    tables = [showing.table(header, scores), counted, showing.table(["", *labels], costs)]
    tables.append(showing.table(["differs in", *labels], changed))
    return "\n\n".join([*tables, f"wrote     {page}\n{said}"])


def _several(runs: list[Finished], metric: str, page: Path) -> str:
    """All against the best of them."""
    best, *more = sorted(runs, key=lambda run: run.scores[metric], reverse=better(metric))
    tested = [best.difference(run, metric) for run in more]
    adjusted = corrected([one.p for one in tested])
    equal = [run for run, p in zip(more, adjusted, strict=True) if p >= SURE]
    rows = [[f"* {best.name}", *_scores_of(best, best.metrics), "", "the best"]]
    for run, one, p in zip(more, tested, adjusted, strict=True):
        told = f"{showing.chance(p)}  {'worse' if p < SURE else 'not told apart'}"
        rows.append([f"  {run.name}", *_scores_of(run, best.metrics), f"{one.value:+.1f}", told])
    header = [f"{best.split}, {len(best.rows)} rows", *best.metrics, f"{metric} - best", "against the best"]
    said = f"Take {best.name}: the best by {metric}, and chance does not explain it."
    if equal:
        fastest = min([best, *equal], key=lambda run: run.seconds_a_row).name
        names = ", ".join(run.name for run in equal)
        said = f"Nothing tells {best.name} from {names} by {metric}: take {fastest}, the fastest of them."
    points = {run.name: tuple(run.scores[f"{metric}{end}"] for end in ENDS) for run in [best, *more]}
    blocks = [
        {"title": "Scores", "table": (header, rows), "said": "p values are corrected for their number."},
        {"title": metric, "picture": showing.dots("runs", f"{metric} with 95 % intervals", points, metric)},
    ]
    showing.write_page(page, f"{len(runs)} runs", said, blocks)
    return "\n\n".join([showing.table(header, rows), f"wrote     {page}\n{said}"])


def _directed(metric: str) -> str:
    return metric if better(metric) else f"{metric} ↓"


def _scores(runs: list[Finished], metric: str) -> list[str]:
    return [showing.score(run.scores, metric) for run in runs]


def _scores_of(run: Finished, metrics: list[str]) -> list[str]:
    return [showing.score(run.scores, name) for name in metrics]


def verdict(one: Finished, two: Finished, metric: str, found: Difference) -> str:
    """What to do, in one sentence."""
    if not found.found:
        cheap = min((one, two), key=lambda run: run.seconds_a_row)
        told = f"Nothing tells {two.name} from {one.name} by {metric} ({found.value:+.1f}, {showing.chance(found.p)})"
        return f"{told}: keep the cheaper one, {cheap.name} by time a row, or score more rows."
    best = two if (found.value > 0) == better(metric) else one
    return f"Take {best.name}: better by {abs(found.value):.1f} {metric} ({showing.chance(found.p)})."


def _cells(found: Difference) -> list[str]:
    interval = "" if found.low is None else f"{found.low:+.1f} to {found.high:+.1f}"
    return [f"{found.value:+.1f}", interval, showing.chance(found.p).removeprefix("p ")]


def _wins(one: Finished, two: Finished, metric: str) -> tuple[int, int, int]:
    """(rows that the second wins, that the first wins, ties)."""
    changes = [b[metric] - a[metric] for a, b in zip(one.rows, two.rows, strict=True)]
    up, down = sum(change > 0 for change in changes), sum(change < 0 for change in changes)
    return (up, down, len(changes) - up - down) if better(metric) else (down, up, len(changes) - up - down)


def _costs(one: Finished, two: Finished) -> list[list[str]]:
    def cells(name, value):
        return [name, *(value(run) for run in (one, two))]

    def trained(run):
        return (
            "{trained_percent} % of {all:,}".format(**run.record["parameters"]) if "parameters" in run.record else "-"
        )

    return [
        cells("parameters trained", trained),
        cells("training", lambda run: f"{run.record.get('seconds', {}).get('train', 0):.0f} s"),
        cells("scoring a row", lambda run: f"{1000 * run.seconds_a_row:.0f} ms"),
        cells("memory at most", lambda run: f"{run.record.get('peak_memory_gib')} GiB"),
    ]


def _settings(one: Finished, two: Finished) -> list[list[str]]:
    """[setting, A, B] of what decides a run's result and differs; of the data, only whether they do."""
    changed = record.changes(one.record, two.record)
    found = [[name, str(a)[:60], str(b)[:60]] for name, a, b in changed if name.split(".")[0] not in LEFT_OUT]
    code = [one.record["recipe"]["sha256"], two.record["recipe"]["sha256"]]
    return found + ([["recipe.py", code[0][:8], code[1][:8]]] if code[0] != code[1] else [])


def _changed_most(one: Finished, two: Finished, metric: str) -> list[dict[str, Any]]:
    pairs = [(b[metric] - a[metric], a, b) for a, b in zip(one.rows, two.rows, strict=True)]
    pairs = [pair for pair in pairs if pair[1]["prediction"] != pair[2]["prediction"]]
    pairs.sort(key=lambda pair: -abs(pair[0]))
    cards = []
    for change, a, b in pairs[:MOST]:
        labels = ("reference", f"A {one.name}: {a[metric]:.0f}", f"B {two.name}: {b[metric]:.0f}")
        pieces = showing.side_by_side(references(a)[0], a["prediction"], b["prediction"])
        cards.append({"title": f"{a['id']}: {change:+.0f} {metric}", "parts": list(zip(labels, pieces, strict=True))})
    return cards
