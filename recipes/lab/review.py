# SPDX-License-Identifier: Apache-2.0
"""People's judgement: a sheet to fill in, read back from one rater or several; and a blind sheet for two runs."""

import csv
import io
import math
import random
import re
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
from scipy import stats

from recipes import disk
from recipes.common import UserError
from recipes.files import read_file
from recipes.files.rows import Row
from recipes.lab import candidates, showing
from recipes.lab.finished import Finished, read_all, references
from recipes.metrics.scores import bootstrap_interval
from recipes.report import spot_check, write_report
from recipes.report.spot_check import harmless

QUESTIONS = {
    "adequacy": "adequacy 1-5: how much of what matters is there (5 all, 3 much, 1 none)",
    "fluency": "fluency 1-5: how well it reads by itself (5 as by a person, 3 with mistakes, 1 not at all)",
    "faithfulness": "faithfulness 1-5: how much of it the source says (5 all, 3 most, 1 nothing)",
}
BETTER = "better: 1, 2 or ="
RESULTS = "spot_check_results.json"


def write_sheet(run: Finished, path: Path, size: int, seed: int) -> str:
    """A seeded sample of the run's rows as CSV, with empty cells; what the screen shows."""
    _write_new(path, spot_check(run.rows, list(QUESTIONS.values()), seed, size))
    count = min(size, len(run.rows))
    then = f"Give a copy to each rater, then: make spotcheck RUN={run.folder} FILLED=..."
    return f"wrote     {path}: {count} {run.split} rows\n{then}"


def write_blind(folders: Sequence[Path], split: str, path: Path, size: int, seed: int) -> str:
    """Two runs' outputs side by side in random order, where they differ; which is whose stands in PATH.key.json."""
    one, two = read_all(folders, split)
    pairs = [(a, b) for a, b in zip(one.rows, two.rows, strict=True) if a["prediction"] != b["prediction"]]
    if not pairs:
        raise UserError(
            f"{one.folder} and {two.folder}: all {len(one.rows)} outputs are equal; there is nothing to choose"
        )
    chance = random.Random(seed)
    drawn = [pairs[place] for place in sorted(chance.sample(range(len(pairs)), min(size, len(pairs))))]
    text, first = io.StringIO(), {}
    text.write("\ufeff")  # without it Excel takes the file for another encoding
    writer = csv.writer(text)
    writer.writerow(["id", "source", "reference", "1", "2", BETTER, "note"])
    for a, b in drawn:
        first[str(a["id"])] = name = chance.choice("AB")
        texts = [a["prediction"], b["prediction"]] if name == "A" else [b["prediction"], a["prediction"]]
        cells = [str(a["id"]), a["source"], " | ".join(references(a)), *texts]
        writer.writerow([*map(harmless, cells), "", ""])
    _write_new(path, text.getvalue())
    disk.write_json(f"{path}.key.json", {"A": str(one.folder), "B": str(two.folder), "first": first})
    return f"wrote     {path}: {len(drawn)} of {len(pairs)} {split} rows that differ; which is whose: {path}.key.json"


def _write_new(path: Path, text: str) -> None:
    if path.exists():
        raise UserError(f"--sheet {path}: exists; name a new file")
    if not path.absolute().parent.is_dir():
        raise UserError(f"--sheet {path}: there is no such folder")
    disk.write_text(path, text)


def read_sheet(
    path: Path, known: Collection[str], titles: Sequence[str], form: Any
) -> tuple[dict[str, Row], list[str]]:
    """({id: row} of a filled sheet in whatever order, what is wrong with it).

    Args:
        known: ids that there may be; titles: of columns that there must be.
        form: with the encoding, where it is not UTF-8.
    """
    sheet = read_file(path, form)
    rows: dict[str, Row] = {}
    problems = []
    for title in titles if sheet else ():
        if title not in sheet[0]:
            problems.append(f"{path}: has no column {title!r}; leave the columns as they were, and cells empty")
    for row in sheet:
        name, place = str(row.get("id")).lstrip("'"), f"{path} line {row.line}"
        if row.broken:
            problems.append(f"{place}: {': '.join(map(str, filter(None, row.broken)))}")
        elif name not in known:
            problems.append(f"{place}: id {name!r} is not one of those that the sheet was made of")
        elif name in rows:
            problems.append(f"{place}: id {name!r} stands there twice")
        rows[name] = row
    return rows, problems


def read_filled(paths: Sequence[Path], run: Finished, form: Any = None) -> str:
    """Means, intervals and agreement of filled sheets, into the run's folder and report; what the screen shows.

    Raises:
        UserError: a cell is no number from 1 to 5, an id is not the run's, or nothing is filled in.
    """
    known = {str(row["id"]).lstrip("'") for row in run.rows}
    given: dict[str, list[dict[str, float]]] = {name: [] for name in QUESTIONS}
    problems: list[str] = []
    for path in paths:
        rows, faults = read_sheet(path, known, list(QUESTIONS.values()), form)
        problems += faults
        for name, title in QUESTIONS.items():
            answers = {}
            for one, row in rows.items():
                cell = str(row.get(title) or "").strip()
                number = re.fullmatch("([1-5])(?:[.,]0+)?", cell)  # a spreadsheet may write 4 as 4.0
                if number:
                    answers[one] = float(number[1])
                elif cell:
                    said = f"{name} is {cell!r}; needed: a whole number from 1 to 5, or nothing"
                    problems.append(f"{path} line {row.line}: {said}")
            given[name].append(answers)
    if problems:
        raise UserError(*dict.fromkeys(problems))
    found = {name: _summary(answers) for name, answers in given.items() if any(answers)}
    if not found:
        raise UserError(
            f"{paths[0]}: nothing is filled in yet; needed: numbers from 1 to 5 under {', '.join(QUESTIONS)}"
        )
    disk.write_json(run.folder / RESULTS, {"raters": len(paths), "questions": found})
    candidates.reseal(run.folder, {})
    write_report(run.folder)
    header = ["", "mean", "95 %", "rows", "agreement"]
    rows = [
        [name, f"{one['mean']:.2f}", f"{one['low']:.2f} to {one['high']:.2f}", str(one["rows"]), told(one["alpha"])]
        for name, one in found.items()
    ]
    worst = min(found, key=lambda name: found[name]["mean"])
    alphas = [one["alpha"] for one in found.values() if one["alpha"] is not None]
    said = f"Work on {worst}: people rate it lowest, {found[worst]['mean']:.2f} of 5."
    if alphas and min(alphas) < 0.4:
        said = (
            "Agree on the scale first: the raters do not see the same thing (an agreement below 0.4 decides nothing)."
        )
    return "\n".join([showing.table(header, rows), "", f"wrote     {run.folder}/{RESULTS} and the report", said])


def told(alpha: float | None) -> str:
    return "one rater" if alpha is None else f"{alpha:.2f}"


def agreement(answers: Sequence[dict[str, Any]], level: str) -> float | None:
    """Krippendorff's alpha, 1 for raters that agree and 0 for chance; None with one rater or one answer a row."""
    rows = sorted(set().union(*answers))
    several = [row for row in rows if sum(row in one for one in answers) > 1]
    if len(answers) < 2 or not several:
        return None
    table = np.array([[one.get(row, math.nan) for row in rows] for one in answers], dtype=float)
    if len(np.unique(table[~np.isnan(table)])) == 1:
        return 1.0  # all say the same of all: alpha is not defined
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement=level))


def _summary(answers: list[dict[str, float]]) -> dict[str, Any]:
    rows = sorted(set().union(*answers))
    means = [float(np.mean([one[row] for one in answers if row in one])) for row in rows]
    low, high = bootstrap_interval(means)
    return {
        "mean": float(np.mean(means)),
        "low": low,
        "high": high,
        "rows": len(rows),
        "alpha": agreement(answers, "ordinal"),
    }


def read_blind(paths: Sequence[Path], key: Path, form: Any = None) -> str:
    """Which of two runs people prefer; what the screen shows.

    A row counts once: for the run that more of its raters prefer. The p value is that of the sign test.
    """
    known = disk.read_json(key)
    if not known:
        raise UserError(f"--key {key}: no such file; it was written beside the sheet")
    answers: list[dict[str, float]] = []
    problems: list[str] = []
    for path in paths:
        rows, faults = read_sheet(path, known["first"], [BETTER], form)
        problems += faults
        answers.append({})
        for name, row in rows.items():
            cell = str(row.get(BETTER) or "").strip(" '")
            if cell in ("1", "2") and name in known["first"]:
                answers[-1][name] = 1.0 if (cell == "1") == (known["first"][name] == "B") else -1.0
            elif cell == "=":
                answers[-1][name] = 0.0
            elif cell:
                problems.append(f"{path} line {row.line}: {BETTER!r} is {cell!r}; needed: 1, 2, = or nothing")
    if problems:
        raise UserError(*problems)
    judged = sorted(set().union(*answers))
    if not judged:
        raise UserError(f"{paths[0]}: nothing is filled in yet; needed: 1, 2 or = under {BETTER!r}")
    wins = Counter(np.sign(sum(one.get(row, 0) for one in answers)) for row in judged)
    for_b, for_a = wins[1.0], wins[-1.0]
    p = stats.binomtest(for_b, for_a + for_b).pvalue if for_a + for_b else 1.0
    header = ["", "rows preferred", "share"]
    table = [
        [f"{name} {known[name]}", str(count), f"{100 * count / len(judged):.0f} %"]
        for name, count in (("A", for_a), ("B", for_b))
    ]
    table.append(["neither", str(wins[0.0]), f"{100 * wins[0.0] / len(judged):.0f} %"])
    said = f"Take {known['B' if for_b > for_a else 'A']}: people prefer it ({showing.chance(p)})."
    if p >= 0.05:
        said = f"People do not tell them apart ({showing.chance(p)}): take the cheaper one, or ask about more rows."
    lines = [showing.table(header, table), "", f"agreement {told(agreement(answers, 'nominal'))}", said]
    return "\n".join(lines)
