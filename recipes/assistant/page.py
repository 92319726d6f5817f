# SPDX-License-Identifier: Apache-2.0
"""The assistant's report: each step's scores beside what needs no training, its time, and rows all the way through."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recipes import disk
from recipes.lab import showing
from recipes.lab.finished import Finished, references
from recipes.report import differences

SHOWN = {"category": ("accuracy", "f1_macro"), "entities": ("f1",), "summary": ("rougeL",), "reply": ("rougeL",)}
MOST = 5  # rows


def write(folder: Path, steps: dict[str, Finished]) -> str:
    """Write report.html; what the screen shows."""
    header, rows = scores(steps)
    times = ["step", "model", "ms a row", "training, s"], [_costs(name, run) for name, run in steps.items()]
    said = verdict(steps)
    blocks: list[dict[str, Any]] = [
        {"title": "Scores on the test split, with 95 % intervals", "table": (header, rows)},
        {"title": "Time", "table": times, "said": "Of scoring the test split in batches, on this machine."},
        {"title": "Rows all the way through", "texts": [_card(row, steps) for row in chosen(steps)]},
    ]
    page = showing.write_page(folder / "report.html", "Customer-feedback assistant", said, blocks)
    return "\n\n".join([showing.table(header, rows), showing.table(*times), f"look at   {page}\n{said}"])


def scores(steps: dict[str, Finished]) -> tuple[list[str], list[list[str]]]:
    """A row for each score of each step: trained (first, so that a telephone shows it), without training, no model."""
    rows = []
    for name, metrics in SHOWN.items():
        known = disk.read_json(steps[name].folder / "baseline_results.json") or {}
        untrained = steps["zero_shot"].scores if name == "category" else known["untuned"]
        for metric in metrics:
            cells = [showing.score(found, metric) for found in (steps[name].scores, untrained, known["trivial"])]
            rows.append([f"{name}, {metric}", *cells, known["trivial_name"]])
    return [f"{len(steps['category'].rows)} rows", "trained", "zero-shot", "no model", "which is"], rows


def verdict(steps: dict[str, Finished]) -> str:
    """How many rows are right in category and entities alike: what triage needs."""
    category, entities = (steps[name].rows for name in ("category", "entities"))
    pairs = list(zip(category, entities, strict=True))
    right = sum(all(row["prediction"] == references(row)[0] for row in pair) for pair in pairs)
    return f"Category and all entities are right in {right} of {len(pairs)} test rows."


def chosen(steps: dict[str, Finished]) -> Sequence[int]:
    """Places of rows, one of each category as often as they go, in the order of the file: neither best nor worst."""
    by_category: dict[str, list[int]] = {}
    for place, row in enumerate(steps["category"].rows):
        by_category.setdefault(row["reference"], []).append(place)
    turns = [place for several in zip(*by_category.values(), strict=False) for place in several]
    return turns[:MOST]


def _costs(name: str, run: Finished) -> list[str]:
    model = Path(run.record["settings"]["model_name_or_path"]).name
    return [name, model, f"{1000 * run.seconds_a_row:.1f}", f"{run.record.get('seconds', {}).get('train', 0):.0f}"]


def _card(place: int, steps: dict[str, Finished]) -> dict[str, Any]:
    row = {name: run.rows[place] for name, run in steps.items()}
    category = row["category"]
    marked = ", ".join(f"{one['text']} ({one['label']})" for one in row["entities"]["entities"]) or "none"
    texts = {"text": category["source"], "category": f"{category['prediction']}; right: {category['reference']}"}
    texts["zero-shot"] = row["zero_shot"]["prediction"]
    texts["entities"] = marked
    for name in ("summary", "reply"):
        texts[name], texts[f"{name}, wanted"] = row[name]["prediction"], references(row[name])[0]
    parts = [(label, differences.cut(text, {})) for label, text in texts.items()]
    return {"title": str(category["id"]), "parts": parts}
