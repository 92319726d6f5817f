# SPDX-License-Identifier: Apache-2.0
"""The table on the screen at the end of a run."""

import json
from pathlib import Path

from recipes.common import show


def print_table(folder: Path) -> None:
    """Untuned, trivial and tuned side by side, what it took, and where to look; read from the run's files."""
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    path = folder / "baseline_results.json"
    baselines = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if baselines:
        title = f"{baselines['split']}, {baselines['rows']} rows"
        show("", f"{title:<22}" + "".join(f"{name:>24}" for name in record["metrics"]))
        for label in [name for name in ("untuned", "prompted", "trivial", "tuned") if name in baselines]:
            title = baselines.get(f"{label}_name", label)
            cells = [_with_interval(baselines[label], name) for name in record["metrics"]]
            show(f"{title:<22}" + "".join(f"{cell:>24}" for cell in cells))
    second = folder / "second_test_results.json"
    if baselines and second.exists():
        scores, data = json.loads(second.read_text(encoding="utf-8")), record["data"]
        title = f"{Path(data['sources']['second_test']['file']).stem}, {data['rows']['second_test']['used']} rows"
        cells = [_with_interval(scores, f"second_test_{name}") for name in record["metrics"]]
        show(f"{title:<22}" + "".join(f"{cell:>24}" for cell in cells))
    for title, (header, *rows) in (record.get("tables") or {}).items():
        widths = [max(map(len, column)) for column in zip(*rows, [title, *header[1:]], strict=True)]
        lines = [zip(row, widths, strict=True) for row in ([title, *header[1:]], *rows)]
        show("", *("   ".join(cell.ljust(width) for cell, width in line).rstrip() for line in lines))
    show("", "took      " + ", ".join(f"{stage} {value:.0f} s" for stage, value in record.get("seconds", {}).items()))
    if record.get("peak_memory_gib"):
        show(f"memory    {record['peak_memory_gib']} GiB at most")
    show(f"look at   {folder}/report.html; the model and its card are beside it")


def _with_interval(scores: dict[str, float], name: str) -> str:
    value, low, high = (scores.get(f"{name}{suffix}") for suffix in ("", "_ci_low", "_ci_high"))
    return "-" if value is None else f"{value:.1f} ({low:.1f} to {high:.1f})"
