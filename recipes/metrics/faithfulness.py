# SPDX-License-Identifier: Apache-2.0
"""What an output says that its source does not: numbers, dates, amounts, codes, names; and how much of it is copied.

    row = check("Ann wants 13 mugs by 3 March.", "Ann here. Please send twelve mugs before March 3rd.")
    row["unsupported"]    [{"kind": "number", "text": "13", "start": 10, "end": 12}]
    found = score(outputs, sources)       # totals, rows and signatures, as in scores.py

Only the surface is compared, in English and German. A number that the source has, but for something else, passes; so do
a lost "not", swapped people and invented deeds. A sum or a count that the output works out by itself is flagged.
"""

import re
from collections.abc import Iterable, Sequence
from functools import partial

from recipes.metrics.facts import CENT, CODE, Mention, mentions, starts_sentence
from recipes.metrics.scores import Scores, summarize
from recipes.metrics.subsequences import longest_matches
from recipes.metrics.words import tokenize

KINDS = ("number", "date", "amount", "code", "name")
ENOUGH_WORDS = 500  # as many different words tell which capitals are only those of a sentence's first word
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
CAPITAL = re.compile(r" [A-Z]\w")
NOT_NAMES = {"i", "mr", "mrs", "ms", "miss", "dr", "prof", "sir", "madam", "herr", "frau", "ok", "am", "pm"}
GERMAN = {"der", "die", "das", "und", "ist", "nicht", "ein", "eine", "einen", "den", "mit", "von", "auf", "für"}


class Source:
    """What a source supports: `supports(mention)`, and its words."""

    def __init__(self, text):
        found, rest = mentions(text)
        self.text = text
        self.words = {_stem(word.casefold()) for word in WORD.findall(f"{text} {rest}")}
        values = {kind: set() for kind in (*KINDS, "weak")}
        for mention in found:
            values["weak" if mention.weak else mention.kind] |= mention.values
        self.dates, weak, amounts = values["date"], values["weak"], values["amount"]
        self.parts = {part.casefold() for part in re.findall(r"\d+|[^\W\d_]+", text)}
        self.codes = {code.casefold() for code in re.findall(CODE, text)}
        # The 14th of "14 March", the 5 of 17:00 and the 1234 of AB-1234 may be said alone.
        self.numbers = values["number"] | {part for kind, *parts in self.dates if kind == "day" for part in parts[1:]}
        times = [parts for kind, *parts in self.dates if kind == "time"]
        self.numbers |= {number for hour, minute in times for number in (hour, hour + 12, minute)}
        self.numbers |= {int(digits) for code in values["code"] for digits in re.findall(r"\d{3,300}", code)}
        self.units: dict = {}  # number -> the units it stands with
        for number, unit in amounts:
            self.units.setdefault(number, set()).add(unit)
        self.all_units = {unit for _, unit in amounts}
        self.all_numbers = self.numbers | weak | self.units.keys()
        self.days: dict = {}  # month -> its days and years
        for kind, month, *day in self.dates:
            if kind == "day":
                self.days.setdefault(month, set()).add(tuple(day))

    def supports(self, mention: Mention) -> bool:
        holds = {"number": self._number, "amount": self._amount, "code": self._code, "date": self._date}[mention.kind]
        return any(holds(value) for value in mention.values)

    def _number(self, value):
        return value in self.all_numbers

    def _amount(self, value):
        number, unit = value
        known = self.units.get(number, set())
        if unit in known or known and (unit == CENT or CENT in known):
            return True
        # "between 20 and 30 euros", "five ninety-nine"
        said = number in self.numbers or {number // 1, round(100 * (number % 1))} <= self.numbers
        return said and unit in self.all_units

    def _code(self, value):
        if not re.fullmatch(r"[\w/-]+", value):  # an address
            return value.casefold() in self.text.casefold()
        if value.casefold() in self.codes:
            return True
        found = re.findall(r"\d+|[^\W\d_]+", value)
        if not all(part.casefold() in self.parts for part in found):  # most often; searching takes longer
            return False
        parts = r"[\s_/.:#-]*".join(map(re.escape, found))
        return re.search(rf"(?<![^\W_]){parts}(?![^\W_])", self.text, re.IGNORECASE) is not None

    def _date(self, value):
        kind, first, *rest = value
        if kind == "time" and rest[0] in self.numbers | {0} and {first, first + 12} & self.numbers:
            return True
        if kind != "day":
            return value in self.dates
        day, year = rest
        return any(
            (day in (None, its_day) or its_day is None and day in self.numbers)
            and (year in (None, its_year) or its_year is None and year in self.numbers)
            for its_day, its_year in self.days.get(first, ())
        )


def _stem(word):
    """The word without 's, 'll, 'd and the like."""
    return re.sub("['’][a-z]{0,2}$", "", word)


def _names(rest, source, known):
    """Capitalised words that the source has in no spelling; those that start a sentence only if not `known`."""
    found = []
    for match in WORD.finditer(rest):
        word = _stem(match.group().casefold())
        stems = {word, f"{word}s", *(word.removesuffix(end) for end in ("s", "n", "an", "ian", "es", "ese", "ish"))}
        if not match.group()[0].isupper() or word in NOT_NAMES or stems & source.words:
            continue
        alone = not CAPITAL.match(rest, match.end())
        if starts_sentence(match) and (word in known if known else alone):
            continue
        if found and rest[found[-1].end : match.start()] in (" ", "-", ". "):
            found[-1].end = match.end()
        else:
            found.append(Mention("name", *match.span(), {word}))
    return found


def _capitals_everywhere(texts):
    inner = [match.group() for text in texts for match in WORD.finditer(text) if not starts_sentence(match)]
    german, capitals = sum(word in GERMAN for word in inner), sum(word[0].isupper() for word in inner)
    return german > 0.05 * len(inner) or capitals > 0.5 * len(inner)


def fragments(source, output):
    """Lengths of the pieces that `output` copies from `source` (both tokens), greedily the longest from left to right.

    The paper goes on behind a match with its search; where texts repeat themselves so much that this takes long, every
    place of the source is looked at instead.

    Source:
        Grusky, Naaman and Artzi 2018, "Newsroom", figure 3.
    """
    where, lengths, i, steps = {}, [], 0, 0
    for j, token in enumerate(source):
        where.setdefault(token, []).append(j)
    known = None
    while i < len(output):
        longest = beyond = 0
        if steps > 50 * (len(source) + len(output)):  # text that repeats itself: without a bound, hours
            known = known or longest_matches(source, output)
            longest = known[i]
        for j in where.get(output[i], []) if known is None else []:
            steps += 1
            if j < beyond:  # inside of a match already seen
                continue
            length = 1
            while output[i + length : i + length + 1] == source[j + length : j + length + 1] != []:
                length += 1
            longest, beyond, steps = max(longest, length), j + length, steps + length
        lengths += [longest] if longest else []
        i += max(longest, 1)
    return lengths


def copying(output: str, source: str) -> dict[str, float]:
    """Novel n-grams, in percent of the output's, and coverage (0 to 1), density and compression of Grusky et al."""
    output, source = tokenize(output), tokenize(source)
    row = {}
    for n, name in enumerate(("novel_unigrams", "novel_bigrams", "novel_trigrams"), start=1):
        grams, old = (list(zip(*(words[i:] for i in range(n)), strict=False)) for words in (output, source))
        old = set(old)
        row[name] = 100 * sum(gram not in old for gram in grams) / max(len(grams), 1)
    lengths, size = fragments(source, output), max(len(output), 1)
    row |= {"coverage": sum(lengths) / size, "density": sum(length**2 for length in lengths) / size}
    return {name: round(value, 4) for name, value in (row | {"compression": len(source) / size}).items()}


def check(output: str, source: str, known: set[str] | None = None, names: bool = True) -> dict:
    """What one output says without support, and how much it copies.

    Args:
        known: lower-case words, no names when they start a sentence; without it only "Ann Weber" is judged there.
        names: False where common nouns have capitals, as in German.
    Returns:
        {"unsupported": [{"kind": ..., "text": ..., "start": ..., "end": ...}, ...]} with the offsets in the output,
        "figures": how many numbers, dates, amounts and codes were checked, and what `copying` gives.
    """
    facts, (found, rest) = Source(source), mentions(output)
    figures = [mention for mention in found if not mention.weak]
    wrong = [mention for mention in figures if not facts.supports(mention)]
    wrong += _names(rest, facts, known) if names else []
    spans = sorted({(mention.start, mention.end, mention.kind) for mention in wrong})
    flags = [{"kind": kind, "text": output[start:end], "start": start, "end": end} for start, end, kind in spans]
    return {"unsupported": flags, "figures": len(figures), **copying(output, source)}


def _mean(sums: Sequence[float], column: int, rows: int, times: float = 1) -> float:
    return times * sums[column] / rows


def _supported_figures(sums: Sequence[float]) -> float:
    figures, without_support, *_ = sums
    return 100 * (1 - without_support / figures) if figures else 100.0


def score(
    outputs: Iterable[str],
    sources: Iterable[str],
    seed: int = 42,
    samples: int = 1000,
    figures_only: bool = False,
) -> Scores:
    """`check` for each row; for the run, with intervals, the means of `copying` and two shares in percent.

    `unsupported_rows` are the rows with a flag, `supported_figures` the numbers, dates, amounts and codes without one.
    `unsupported_<kind>` counts flags. Names are not judged in German and in headlines, where a capital says nothing.

    Args:
        figures_only: for outputs in another language than their sources: neither names nor copied words are judged.
    """
    outputs, sources = list(outputs), list(sources)
    known = {word for text in (*outputs, *sources) for word in WORD.findall(text) if word[0].islower()}
    names = not figures_only and not _capitals_everywhere(outputs)
    known = known if len(known) >= ENOUGH_WORDS else None
    rows = [check(output, source, known, names) for output, source in zip(outputs, sources, strict=True)]
    flags = [[flag["kind"] for flag in row["unsupported"]] for row in rows]
    copied = [] if figures_only else list(copying("", ""))
    if figures_only:
        rows = [{name: row[name] for name in ("unsupported", "figures")} for row in rows]
    statistics = [
        [row["figures"], len(kinds) - kinds.count("name"), len(kinds) > 0, *map(row.get, copied)]
        for row, kinds in zip(rows, flags, strict=True)
    ]
    scores = {name: partial(_mean, column=column, rows=len(rows)) for column, name in enumerate(copied, start=3)}
    scores["unsupported_rows"] = partial(_mean, column=2, rows=len(rows), times=100)
    scores["supported_figures"] = _supported_figures
    totals = summarize(statistics, scores, seed, samples)
    totals |= {f"unsupported_{kind}": sum(kinds.count(kind) for kinds in flags) for kind in KINDS}
    signature = f"surface|en,de|names:{'yes' if names else 'no'}|ngrams:{'words' if copied else 'no'}"
    return Scores(totals, rows, {"faithfulness": signature})
