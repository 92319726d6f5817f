# SPDX-License-Identifier: Apache-2.0
"""What a check found: a level, a count, two examples, a remedy; and how that is shown."""

import dataclasses
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from recipes.common import short
from recipes.doctor.survey import TABLE, Survey, Texts

GROUPS = [name for name, one in TABLE.items() if isinstance(one, dict)]
MARKS = {"pass": "ok", "warn": "warn", "fail": "FAIL"}
EXAMPLES = 2


@dataclass
class Found:
    """What a check function returns: how many, where, and the words that its sentence has room for."""

    count: int = 0
    of: int = 0  # of how many rows, texts or labels; 0 where it is not a question of rows
    examples: list[str] = field(default_factory=list)
    words: dict[str, Any] = field(default_factory=dict)
    level: str | None = None  # where it is not the table's
    rows: list[tuple[Texts, int]] = field(default_factory=list)  # all of them, for --write_clean


@dataclass
class Finding:
    """A line of the doctor's table."""

    check: str
    group: str
    level: str  # pass, warn or fail
    count: int
    of: int
    said: str
    examples: list[str]
    remedy: str
    rows: list[tuple[Texts, int]] = field(default_factory=list, repr=False)

    @property
    def record(self) -> dict[str, Any]:
        """As JSON, without the rows."""
        names = [one.name for one in dataclasses.fields(self) if one.name != "rows"]
        return {name: getattr(self, name) for name in names}


def finding(group: str, check: str, found: Found) -> Finding:
    """The line of the table that `found` makes, with the sentence and the remedy of checks.yaml."""
    told = TABLE[group][check]
    enough = found.count > told.get("share", 0) * found.of if found.of else found.count
    level = (found.level or told.get("level", "warn")) if enough else "pass"
    said, remedy = (told[name].format_map(Blank(found.words)) for name in ("finds", "remedy"))
    if found.of and found.count:
        said = f"{found.count:,} of {found.of:,} {said}"
    elif found.count > 1:
        said = f"{found.count:,} {said}"
    if level == "pass" and not told.get("told"):
        said = remedy = ""
    return Finding(check, group, level, found.count, found.of, said, found.examples[:EXAMPLES], remedy, found.rows)


class Blank(dict):
    """Words for a sentence; those that a check did not give are left empty."""

    def __missing__(self, name: str) -> str:
        return ""


def example(texts: Texts, row: int, side: str = "", cut: int = 40) -> str:
    """A row by file and id, with the beginning of one of its sides."""
    shown = f" {short(getattr(texts, side)[row], cut)}" if side else ""
    return texts.place(row) + shown


def at(survey: Survey, numbers: Iterable[int], of: int, side: str = "", partner: dict | None = None) -> Found:
    """What was found in the rows of these numbers; `partner` names the row that one is held against."""
    places = [survey.at(int(number)) for number in numbers]
    examples = [example(texts, row, side) for texts, row in places[:2]]
    if partner is not None:
        others = [survey.at(partner[int(number)]) for number in list(numbers)[:2]]
        examples = [f"{one} and {texts.place(row)}" for one, (texts, row) in zip(examples, others, strict=True)]
    return Found(len(places), of, examples, rows=places)


def table(findings: Iterable[Finding], everything: bool = False) -> list[str]:
    """Lines for the screen: what is wrong with examples and remedy; what is well is counted, or named, too."""
    findings = list(findings)
    wrong = [one for one in findings if one.level != "pass"]
    lines = []
    for group in GROUPS if everything else ():
        well = [one for one in findings if one.group == group and one.level == "pass"]
        names = [one.check for one in well if not TABLE[group][one.check].get("told")]
        lines += wrapped(f"{MARKS['pass']:9} {group}: none {', '.join(names)}") if names else []
        lines += [f"{MARKS['pass']:9} {group}: {one.said}" for one in well if one.check not in names and one.said]
    for one in wrong:
        said = wrapped(f"{MARKS[one.level]:9} {one.group}: {one.said}")
        strong = TABLE[one.group][one.check].get("bold") and sys.stdout.isatty()
        lines += [f"\033[1m{line}\033[0m" for line in said] if strong else said
        lines += [f"          {place}" for place in one.examples]
        lines += wrapped(f"          -> {one.remedy}") if one.remedy else []
    counted = {level: sum(one.level == level for one in findings) for level in MARKS}
    told = ", ".join(f"{counted[level]} {word}" for level, word in (("fail", "failures"), ("warn", "warnings")))
    lines.append(f"doctor    {len(findings)} checks: {told if wrong else 'nothing wrong'}")
    return lines


def wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, 120, subsequent_indent=" " * 10, break_long_words=False, break_on_hyphens=False)
