# SPDX-License-Identifier: Apache-2.0
"""The table on the screen at the end of a run."""

import json
import textwrap
from pathlib import Path

from recipes.common import show

WIDTH, TITLE, FIRST = 80, 21, 23  # columns of a line, of its title, of the metric with its interval
NOTICES = 4


def print_table(folder: Path) -> None:
    """Untuned, trivial and tuned side by side, what it took, what to look at; read from the run's files.

    The metric that chose the model comes first, with its interval; the others follow as far as 80 columns go.
    """
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    chosen = str((record.get("arguments") or {}).get("metric_for_best_model")).removeprefix("eval_")
    first, *others = sorted(record["metrics"], key=lambda name: name != chosen)
    systems = _systems(folder, record)
    if systems:
        widths = {name: max(len(name), 5) + 2 for name in others}
        room = WIDTH - max(TITLE, *map(len, systems)) - FIRST
        shown = [name for place, name in enumerate(others) if sum(widths[one] for one in others[: place + 1]) <= room]
        show("")
        for title, scores in systems.items():
            cells = [_value(scores, name) if scores else name for name in shown]
            line = f"{title:<{TITLE}}{_with_interval(scores, first) if scores else first:>{FIRST}}"
            show(line + "".join(f"{cell:>{widths[name]}}" for name, cell in zip(shown, cells, strict=True)))
    for title, (header, *rows) in (record.get("tables") or {}).items():
        widths = [max(map(len, column)) for column in zip(*rows, [title, *header[1:]], strict=True)]
        lines = [zip(row, widths, strict=True) for row in ([title, *header[1:]], *rows)]
        show("", *("   ".join(cell.ljust(width) for cell, width in line).rstrip() for line in lines))
    show("", "took      " + ", ".join(f"{stage} {value:.0f} s" for stage, value in record.get("seconds", {}).items()))
    if record.get("peak_memory_gib"):
        show(f"memory    {record['peak_memory_gib']} GiB at most")
    for sentence in record.get("notices", [])[:NOTICES]:
        show(*textwrap.wrap(sentence, WIDTH, initial_indent="note      ", subsequent_indent=" " * 10))
    show(f"look at   {folder}/report.html; the model and its card are beside it")


def _systems(folder: Path, record: dict) -> dict[str, dict | None]:
    """{title: scores} of each line; a title without scores heads those that follow."""
    baselines = _read(folder / "baseline_results.json")
    if baselines:
        labels = [label for label in ("untuned", "prompted", "trivial", "tuned") if label in baselines]
        systems = {baselines.get(f"{label}_name", label): baselines[label] for label in labels}
        systems = {f"{baselines['split']}, {baselines['rows']} rows": None, **systems}
    else:  # scored without training
        split = "test" if (folder / "predict_results.json").exists() else "validation"
        scores = _read(folder / f"{'predict' if split == 'test' else 'eval'}_results.json")
        systems = {split: None, "this model": _plain(scores)} if scores else {}
    second, data = _read(folder / "second_test_results.json"), record.get("data") or {}
    if second and systems:
        rows = data["rows"]["second_test"]["used"]
        systems[f"{Path(data['sources']['second_test']['file']).stem}, {rows} rows"] = _plain(second)
    return systems


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _plain(scores: dict[str, float]) -> dict[str, float]:
    """Scores under their metrics' names, as they are without the name of a split before them."""
    prefixes = ("second_test_", "predict_", "eval_")
    return {next((key[len(one) :] for one in prefixes if key.startswith(one)), key): scores[key] for key in scores}


def _value(scores: dict[str, float], name: str) -> str:
    return f"{scores[name]:.1f}" if scores.get(name) is not None else "-"


def _with_interval(scores: dict[str, float], name: str) -> str:
    low, high = (scores.get(f"{name}_ci_{end}") for end in ("low", "high"))
    return _value(scores, name) + ("" if low is None or high is None else f" ({low:.1f} to {high:.1f})")
