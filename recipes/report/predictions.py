# SPDX-License-Identifier: Apache-2.0
"""A run's predictions.jsonl as people look at it: what goes wrong, with which texts, and a few rows to read.

The file is read line by line and only what is counted is kept, so that its size does not matter.
"""

import json
import math
import random
from collections import Counter
from dataclasses import dataclass

from recipes.metrics.scores import METRICS, bootstrap_interval
from recipes.report import differences

# What can be wrong with outputs: name -> (label of one, "outputs that ...", what exactly is counted).
FLAGS = {
    "unsupported": (
        "unsupported",
        "say something unsupported",
        "a number, date, amount, code or name that the source does not have",
    ),
    "hit_limit": ("at the limit", "hit the limit", "stopped at the length limit, without an end token"),
    "repeats": (
        "repeats",
        "repeat themselves",
        "four words in a row come twice (eight characters in scripts without spaces), or one word thrice running",
    ),
    "copies": ("copy", "copy the source", "the whole output, five words or more, stands in the source word for word"),
    "empty": ("empty", "are empty", "no text at all"),
}
ALSO_OF_REFERENCES = ("repeats", "copies", "empty")
COPYING = ("novel_bigrams", "coverage", "density", "compression")  # of recipes.common.faithfulness
LONGEST = {"text": 1500, "source": 2500, "id": 80}  # characters that are shown


@dataclass
class Line:
    """One line of predictions.jsonl: what is counted of it, and where it stands."""

    number: int
    place: int
    score: float | None
    length: int
    copying: dict
    equal: bool
    flags: list
    reference_flags: list
    kinds: list

    def faults(self):
        """The flags, less those that are right because a reference is just so."""
        return [flag for flag in self.flags if not (self.equal and flag in ALSO_OF_REFERENCES)]


def number(value):
    """`value` if it is a finite number, else None."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if usable else None


def rows_of(path):
    """(line number from 1, byte offset, row) of each line that holds a JSON object; none where there is no file."""
    if not path.is_file():
        return
    place = 0
    with open(path, "rb") as file:
        for count, line in enumerate(file, start=1):
            row = _parsed(line)
            if row is not None:
                yield count, place, row
            place += len(line)


def _parsed(line):
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def first_row(path):
    return next((row for *_, row in rows_of(path)), {})


def row_metric(row, wanted):
    """The per-row score to rank by: `wanted` if the rows have it, else the first that is known, else None."""
    names = [wanted, *(name for name in row if name in METRICS)]
    return next((name for name in names if number(row.get(name)) is not None), None)


def read(path, metric, raised=FLAGS):
    """A Line for each row, with those of `raised` among its flags; `metric`, if any, ranks rows."""
    return [_line(count, place, row, metric, raised) for count, place, row in rows_of(path)]


def _line(count, place, row, metric, raised):
    source, output, references = (_texts(row, name) for name in ("source", "prediction", "reference"))
    source, output = source[0], output[0]
    flags = [name for name, there in wrong_with(output, source).items() if there]
    flags += ["unsupported"] * bool(row.get("unsupported")) + ["hit_limit"] * (row.get("hit_limit") is True)
    return Line(
        number=count,
        place=place,
        score=number(row.get(metric)),
        length=len(source),
        copying={name: row[name] for name in COPYING if number(row.get(name)) is not None},
        equal=output in references,
        flags=[flag for flag in flags if flag in raised],
        reference_flags=[name for name, there in wrong_with(references[0], source).items() if there],
        kinds=[flag.get("kind") for flag in unsupported(row)],
    )


def _texts(row, name):
    """The field as a list of at least one text."""
    value = row.get(name)
    texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
    return texts or [""]


def wrong_with(text, source):
    return {"repeats": differences.repeats(text), "copies": differences.copies(text, source), "empty": not text.strip()}


def unsupported(row):
    """The row's flags of recipes.metrics.faithfulness."""
    flags = row.get("unsupported")
    return [flag for flag in flags if isinstance(flag, dict)] if isinstance(flags, list) else []


def count_flags(lines, known, examples, names=True):
    """[{"label", "help", "count", "percent", "references", "examples"}] of FLAGS; `known` names those to leave in.

    Args:
        examples: flag -> numbers of the rows that are shown for it.
        names: whether names were judged.
    """
    return [
        {
            "label": label,
            "help": explanation if names else explanation.replace(", code or name", " or code"),
            "count": (count := sum(name in line.flags for line in lines)),
            "percent": 100 * count / len(lines),
            "references": sum(name in line.reference_flags for line in lines) if name in ALSO_OF_REFERENCES else None,
            "examples": examples.get(name, []),
        }
        for name, (_, label, explanation) in FLAGS.items()
        if name in known
    ]


def count_kinds(lines):
    """What the unsupported pieces are: [(kind, how many)], the most frequent first."""
    return Counter(str(kind) for line in lines for kind in line.kinds).most_common(10)


def means(lines):
    """The means of COPYING over the rows that have them."""
    values = {name: [line.copying[name] for line in lines if name in line.copying] for name in COPYING}
    return {name: sum(each) / len(each) for name, each in values.items() if each}


def by_quartile(lines, value, least=8):
    """The mean score of each quarter of the rows, from the lowest to the highest of `value(line)`.

    Rows with the same value stay together, so that there may be fewer than four groups.

    Returns:
        [{"low", "high", "count", "mean", "ci_low", "ci_high"}], or [] with fewer than `least` rows or one group only.
    """
    pairs = [(value(line), line.score) for line in lines if line.score is not None and value(line) is not None]
    if len(pairs) < least:
        return []
    ordered = sorted(x for x, _ in pairs)
    edges = [ordered[len(ordered) * quarter // 4 - 1] for quarter in (1, 2, 3)]
    groups = {}
    for x, score in sorted(pairs):
        groups.setdefault(sum(x > edge for edge in edges), []).append((x, score))
    result = []
    for members in groups.values():
        low, high = bootstrap_interval([score for _, score in members])
        mean = sum(score for _, score in members) / len(members)
        result.append({"low": members[0][0], "high": members[-1][0], "count": len(members), "mean": mean})
        result[-1] |= {"ci_low": low, "ci_high": high}
    return result if len(result) > 1 else []


def choose(lines, metric, seed, each=5, for_flag=3):
    """Rows to show: {"worst": [...], "best": [...], "random": [...], flag: [...]}, lists of Lines.

    All are drawn from one shuffled order: rows of equal score come in random order, and "random" is blind to scores.
    """
    shuffled = random.Random(seed).sample(lines, len(lines))
    each = min(each, -(-len(lines) // 2))
    scored = [line for line in shuffled if line.score is not None]
    flagged = {flag: [line for line in shuffled if flag in line.faults()][:for_flag] for flag in FLAGS}
    ranked = sorted(scored, key=lambda line: line.score, reverse=not METRICS.get(metric, True))
    groups = {"worst": ranked[:each], "best": ranked[each:][::-1][:each], "random": shuffled[:each]}
    return groups | flagged


def cards(path, groups, metric):
    """The rows of `groups` for the template, each once, in the first group that has it.

    Returns:
        [(group, cards, numbers of the rows that an earlier group shows)]; the groups named after flags are one, "flag".
    """
    order = [(name if name not in FLAGS else "flag", line) for name, lines in groups.items() for line in lines]
    shown, result = set(), {}
    with open(path, "rb") as file:
        for name, line in order:
            mine, again = result.setdefault(name, ([], []))
            if line.number not in shown:
                file.seek(line.place)
                mine.append(_card(json.loads(file.readline()), line, metric))
            elif name != "flag":
                again.append(line.number)
            shown.add(line.number)
    return [(name, *parts) for name, parts in result.items()]


def _card(row, line, metric):
    source, output, references = (_texts(row, name) for name in ("source", "prediction", "reference"))
    output, reference = output[0], differences.closest(references, output[0])
    missing, extra = differences.differences(reference, output) if output.strip() else ([], [])
    flags = [flag for flag in unsupported(row) if _is_span(flag, output)]
    spans = {"extra": extra, "unsupported": [(flag["start"], flag["end"]) for flag in flags]}
    return {
        "number": line.number,
        "id": shorten(str(row.get("id", "")), LONGEST["id"]),
        "score": line.score,
        "metric": metric,
        "flags": [FLAGS[name][0] for name in FLAGS if name in line.faults()],
        "references": len(references),
        "reference": shown_text(reference, {"missing": missing}),
        "output": shown_text(output, spans),
        "others": [shorten(text, LONGEST["text"]) for text in _others(row, output)],
        "unsupported": [(str(flag.get("kind")), output[flag["start"] : flag["end"]][:80]) for flag in flags[:20]],
        "source": shown_text(source[0], {}, LONGEST["source"]),
        "source_length": len(source[0]),
    }


def _others(row, output):
    """What was generated for the row besides `output`, each text once."""
    return [text for text in dict.fromkeys(_texts(row, "variants")) if text not in (output, "")][:10]


def _is_span(flag, text):
    start, end = flag.get("start"), flag.get("end")
    return type(start) is int and type(end) is int and 0 <= start < end <= len(text)


def shown_text(text, spans, longest=LONGEST["text"]):
    """{"pieces": see differences.cut, "more": how many characters are left away}."""
    return {"pieces": differences.cut(text[:longest], spans), "more": max(0, len(text) - longest)}


def shorten(text, longest):
    return text if len(text) <= longest else text[: longest - 1] + "…"
