# SPDX-License-Identifier: Apache-2.0
"""What the lab shows: tables on the screen, and the same on a page with pictures and texts side by side."""

import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from recipes.report import differences, pictures


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of text; the first is aligned left, the others right."""
    lines = [list(map(str, line)) for line in (header, *rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(header))]
    parts = [
        [line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))] for line in lines
    ]
    return "\n".join("  ".join(line).rstrip() for line in parts)


def score(scores: dict[str, float], metric: str) -> str:
    """A score with its 95 % interval."""
    value, low, high = (scores.get(f"{metric}{end}") for end in ("", "_ci_low", "_ci_high"))
    if value is None:
        return "-"
    return f"{value:.1f}" if low is None else f"{value:.1f} ({low:.1f} to {high:.1f})"


def chance(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p {p:.3f}"


def side_by_side(reference: str, *texts: str) -> list[Any]:
    """The reference and each text as pieces; in a text, the words that the first of them has not are marked."""
    first, *more = texts
    extra = differences.differences(first, more[0])[1] if more else []
    lacking = differences.differences(first, more[0])[0] if more else []
    return [
        differences.cut(reference, {}),
        differences.cut(first, {"missing": lacking}),
        *(differences.cut(text, {"extra": extra}) for text in more),
    ]


def dots(name: str, title: str, points: dict[str, tuple[float, float, float]], axis: str) -> Markup:
    """A dot and its interval for each label: (value, low, high)."""

    def paint(axes):
        for place, (value, low, high) in enumerate(points.values()):
            axes.hlines(place, low, high, color=pictures.BLUE, linewidth=1.6)
            axes.plot([value], [place], marker="D", color=pictures.BLUE, linestyle="none", zorder=3, clip_on=False)
        axes.set_yticks(range(len(points)), list(points))
        axes.set_ylim(len(points) - 0.5, -0.5)
        axes.set_xlabel(axis)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0, labelcolor=pictures.INK)

    return Markup(pictures.draw(name, title, 0.8 + 0.3 * len(points), paint))


def speed(name: str, title: str, points: dict[str, tuple[float, float]], axis: str, chosen: str) -> Markup:
    """Score over seconds a row, each point with its label; the chosen one is filled."""

    def paint(axes):
        for label, (seconds, value) in points.items():
            look = {"color": pictures.ORANGE, "fillstyle": "full"} if label == chosen else {"color": pictures.BLUE}
            axes.plot([1000 * seconds], [value], marker="o", linestyle="none", **{"fillstyle": "none", **look})
        (low, high), (left, right) = axes.get_ylim(), axes.get_xlim()
        line, reach = (high - low) / 20, (right - left) / 3  # what a label takes of the picture, about
        used: list[tuple[float, float]] = []
        for label, (seconds, value) in sorted(points.items(), key=lambda item: -item[1][1]):
            x, y = 1000 * seconds, value
            while any(abs(y - other) < 0.95 * line and abs(x - there) < reach for there, other in used):
                y -= line
            used.append((x, y))
            axes.annotate(label, (x, y), xytext=(6, 0), textcoords="offset points", fontsize=7.5, va="center")
        axes.set_xlabel("milliseconds a row")
        axes.set_ylabel(axis)
        axes.set_xlim(left, right + 0.28 * (right - left))

    return Markup(pictures.draw(name, title, 3.2, paint))


@functools.lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    folders = [Path(__file__).parent, Path(__file__).parents[1] / "report"]
    loader = jinja2.FileSystemLoader(folders)
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template(
        "lab.html.jinja"
    )


def write_page(path: Path, title: str, verdict: str, blocks: Sequence[dict[str, Any]]) -> Path:
    """A self-contained page.

    Args:
        verdict: the sentence that says what to do.
        blocks: each with a "title", and one of "table" (header, rows; and "words", if its cells are no numbers),
            "picture", "texts" (a list of {"title", "parts": [(label, pieces)]}) and "list" (sentences).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".tmp")
    scratch.write_text(_template().render(title=title, verdict=verdict, blocks=blocks), encoding="utf-8")
    os.replace(scratch, path)
    return path
