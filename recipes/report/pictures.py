# SPDX-License-Identifier: Apache-2.0
"""The report's pictures: inline SVG that takes its colours and its font from the page around it.

Every system and every curve differs by shape or dash as well as by colour, from the palette of Okabe and Ito. The same
numbers give the same bytes.
"""

import io
import itertools
import logging
import re

from recipes.metrics.scores import METRICS

# Colour in matplotlib -> the page's variable, so that a picture is right in dark mode and in print.
COLOURS = {
    "#1a1a1a": "var(--ink)",
    "#767676": "var(--soft)",
    "#d9d9d9": "var(--line)",
    "#0072b2": "var(--blue)",
    "#d55e00": "var(--orange)",
    "#009e73": "var(--green)",
}
INK, SOFT, LINE, BLUE, ORANGE, GREEN = COLOURS
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "text.parse_math": False,
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
    "hatch.linewidth": 0.5,
}
WIDTH = 4.4  # inches: near the width of a phone, where a wider picture would shrink its letters
MOST_POINTS = 400  # of a curve


def draw(name, title, height, paint):
    """An `<svg>` element: `paint(axes)` on a figure of `height` inches.

    Args:
        name: unique on the page; it keeps the ids of two pictures apart.
        title: what a screen reader says.
    """
    name = re.sub(r"[^\w-]", "", name)  # it may come from a file that somebody has changed
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # "building the font cache"
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        paint(figure.subplots())
        file = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(file, format="svg", transparent=True, metadata=nothing)
    return _inline(file.getvalue(), name, title)


def _inline(svg, name, title):
    """The picture without what only a file needs: namespaces, sizes, fonts, a style sheet that would reach the page."""
    from markupsafe import escape

    box, body = re.search(r'viewBox="([^"]*)"[^>]*>(.*)</svg>', svg, re.S).groups()
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>|<metadata>.*?</metadata>", "", body, flags=re.S)
    body = re.sub(r" font-family: [^;\"]*;?| transform=\"rotate\(-0 [^\"]*\"", "", body)
    body = body.replace("xlink:href", "href")
    used = set(re.findall(r'(?:href="#|url\(#)([^")]*)', body))
    body = re.sub(r' id="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", body)
    body = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", body)
    body = re.sub(r"\s*\n\s*", " ", body).replace("> <", "><")
    for colour, variable in COLOURS.items():
        body = body.replace(colour, variable)
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(title)}">{body.strip()}</svg>'


def intervals(systems, metrics):
    """Dot and whisker for each metric and system.

    Args:
        systems: label -> {metric: value, metric_ci_low: ..., metric_ci_high: ...}, the one that matters last.
    """
    styles = [(SOFT, "o", "none"), (ORANGE, "s", "none"), (BLUE, "D", "full")][-len(systems) :]

    def paint(axes):
        for place, ((label, scores), (colour, marker, fill)) in enumerate(zip(systems.items(), styles, strict=True)):
            known = [(y, *bounds(scores, metric)) for y, metric in enumerate(metrics) if metric in scores]
            if not known:
                continue
            heights, values, lows, highs = zip(*known, strict=True)
            offset = 0.24 * (place - (len(systems) - 1) / 2)
            heights = [y + offset for y in heights]
            axes.hlines(heights, lows, highs, color=colour, linewidth=1.6)
            look = {"marker": marker, "color": colour, "fillstyle": fill, "linestyle": "none", "label": label}
            axes.plot(values, heights, clip_on=False, zorder=3, **look)
        axes.set_yticks(range(len(metrics)), map(directed, metrics))
        axes.set_ylim(len(metrics) - 0.5, -0.5)
        low, high = axes.get_xlim()
        axes.set_xlim(min(-2, low), max(102, high))  # so that a dot at 0 stays clear of the labels
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        _legend(axes)

    return draw("intervals", "Scores with 95 % intervals", 0.75 + 0.52 * len(metrics), paint)


def directed(metric):
    """The metric's name, with an arrow where less is better."""
    return metric if METRICS.get(metric, True) else f"{metric} ↓"


def bounds(scores, metric):
    """(value, low, high); the value alone where there is no interval."""
    value = scores[metric]
    return value, scores.get(f"{metric}_ci_low", value), scores.get(f"{metric}_ci_high", value)


def curves(name, title, lines, chosen=None):
    """Values over the training steps, at most MOST_POINTS each.

    Args:
        lines: label -> [(step, value) or (step, value, low, high), ...]; short ones get markers.
        chosen: the step of the checkpoint that was kept, or None.
    """
    looks = itertools.cycle(zip((BLUE, ORANGE, GREEN, SOFT, INK), ("-", "--", "-.", ":", "-"), "oDs^v", strict=True))

    def paint(axes):
        for (label, points), (colour, dash, marker) in zip(lines.items(), looks, strict=False):
            steps, values, *interval = zip(*points[:: -(-len(points) // MOST_POINTS)], strict=True)
            look = {"color": colour, "linestyle": dash, "label": label}
            axes.plot(steps, values, marker=marker if len(steps) <= 30 else None, fillstyle="none", **look)
            if interval:
                axes.fill_between(steps, *interval, color=colour, alpha=0.13, linewidth=0)
        if chosen is not None:
            look = {"color": INK, "linewidth": 1.1, "linestyle": (0, (1, 1.5)), "label": f"chosen: step {chosen:,}"}
            axes.axvline(chosen, zorder=1, **look)
        axes.xaxis.set_major_locator(_whole_numbers())
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel("optimizer step")
        _legend(axes)

    return draw(name, title, 2.7, paint)


def _whole_numbers():
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=5, integer=True)


def histogram(name, title, lengths):
    """How many texts have which length in tokens, and what the limit cuts.

    Args:
        lengths: of a split's side, from features.length_report.
    """
    width, counts = lengths["histogram"]["width"], lengths["histogram"]["counts"]
    limit, end = lengths["limit"], width * len(counts)
    longer = lengths["max"] >= end

    def paint(axes):
        edges = [width * place for place in range(len(counts) + 1)]
        axes.stairs(counts, edges, fill=True, color=BLUE, alpha=0.35, linewidth=0)
        axes.stairs(counts, edges, color=BLUE, linewidth=1.2)
        if limit < end:
            axes.axvline(limit, color=ORANGE, linestyle="--")
            axes.axvspan(limit, end, facecolor="none", edgecolor=ORANGE, hatch="///", linewidth=0, alpha=0.45)
        text = f"cut at {limit:,}" + (" →" if limit >= end else "")
        right = limit > 0.6 * end
        place = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points", "fontsize": 8, "color": ORANGE}
        place |= {"xytext": (-4 if right else 4, 4), "ha": "right" if right else "left", "va": "bottom"}
        axes.annotate(text, (min(limit, end), 1.0), annotation_clip=False, **place)
        axes.set_xlim(0, end)
        axes.set_xlabel("tokens" + (f"; the last bar holds all from {end - width:,} to {lengths['max']:,}" * longer))
        axes.xaxis.set_major_locator(_whole_numbers())
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.yaxis.set_major_locator(_whole_numbers())
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.grid(visible=False, axis="x")

    return draw(name, title, 2.1, paint)


def _legend(axes, columns=3):
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2, columnspacing=1.4)
