# SPDX-License-Identifier: Apache-2.0
"""Checks of the texts alone: rows, pairs, splits. Each is a short question to the survey's table of numbers."""

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np

from recipes.doctor import columns
from recipes.doctor.findings import Finding, Found, at, finding
from recipes.doctor.survey import (
    PATTERNS,
    SAID_OFTEN,
    SIDES,
    Survey,
    alike,
    all_rows,
    first_of_each,
    in_training,
)

ALIKE = 0.88  # of their pairs of neighbouring words: of 32 words, one differs
LONG_TEXT = 40  # characters from which on a whole is a text, and not a number
HELD_OUT = ("validation", "test")


def examine(survey: Survey) -> Iterator[Finding]:
    """All findings about the texts."""
    for name in PATTERNS:
        yield finding("rows", name, marked(survey, name))
    yield finding("rows", "absurd_length", absurd_length(survey))
    near = list(alike(survey, ALIKE))
    for name, look in PAIRS.items():
        yield finding("pairs", name, look(survey, near))
    yield from leaks(survey, near)
    yield columns.unlike(survey)


# --- Rows -------------------------------------------------------------------------------------------------------------


def marked(survey: Survey, name: str) -> Found:
    """Rows in which a pattern of the table is found, on either side."""
    bit = 1 << list(PATTERNS).index(name)
    sides = {side: (survey[f"{side}_marks"] & bit) > 0 for side in SIDES}
    found = at(survey, np.flatnonzero(sides["source"] | sides["target"]), all_rows(survey))
    found.examples = []
    for texts, row in found.rows[:2]:
        texts_of_row = ((side, text) for side in SIDES for text in texts.parts(side, row))
        side, match = next((side, match) for side, text in texts_of_row if (match := PATTERNS[name].search(text)))
        around = match.string[max(0, match.start() - 15) : match.end() + 15]
        found.examples.append(f"{texts.place(row)} {side}: {around!r}")
    return found


def absurd_length(survey: Survey) -> Found:
    """Ten times the length of 95 % of the rows, and more than a page."""
    wrong = np.zeros(all_rows(survey), bool)
    for side in SIDES:
        length = survey[f"{side}_length"]
        wrong |= length > max(1000, 10 * np.percentile(length, 95))
    return at(survey, np.flatnonzero(wrong), len(wrong), "source")


# --- Pairs ------------------------------------------------------------------------------------------------------------


def duplicate(survey: Survey, near: list) -> Found:
    """The second and all later rows of the same words on both sides, in training."""
    training = in_training(survey)
    first = first_of_each((survey["source_plain"] * 31 + survey["target_plain"])[training])
    again = np.flatnonzero(first < np.arange(len(first))).tolist()
    return at(survey, again, len(first), partner={number: int(first[number]) for number in again})


def _one_whole(survey, one, other):
    texts, row = survey.at(one)
    texts_of_other, row_of_other = survey.at(other)
    if texts is not texts_of_other or texts.wholes is None:
        return False
    return texts.wholes[row] == texts.wholes[row_of_other]


def near_duplicate(survey: Survey, near: list) -> Found:
    training, partner = in_training(survey), {}
    for one, other in near:
        if training[one] and training[other] and not _one_whole(survey, one, other):
            partner.setdefault(max(one, other), min(one, other))
    return at(survey, sorted(partner), int(training.sum()), partner=partner)


def contradiction(survey: Survey, near: list) -> Found:
    """Training rows whose source stands there before, with another target; what is said often is no contradiction."""
    training = in_training(survey)
    first = np.arange(all_rows(survey))
    first[training] = first_of_each(survey["source_plain"][training])
    target, long = survey["target_plain"], survey["source_words"] >= SAID_OFTEN
    again = np.flatnonzero(training & long & (target != target[first]))
    return at(survey, again, int(training.sum()), partner={int(one): int(first[one]) for one in again})


def copied(survey: Survey, near: list) -> Found:
    same = (survey["source_plain"] == survey["target_plain"]) & (survey["source_words"] > 1)
    return at(survey, np.flatnonzero(same), len(same), "source")


def longer_target(survey: Survey, near: list) -> Found:
    """By a fifth, in words, where nine of ten targets have less than 70 % of their source's."""
    source, target = survey["source_words"], survey["target_words"]
    few = np.percentile(target / np.maximum(source, 1), 90) < 0.7
    return at(survey, np.flatnonzero(few & (target > 1.2 * source) & ~_copies(survey)), len(source), "target")


def _copies(survey):
    return survey["source_plain"] == survey["target_plain"]


def odd_ratio(survey: Survey, near: list) -> Found:
    """In characters: beyond the quartiles by three times their distance, and four times as much as the median."""
    source, target = survey["source_length"], survey["target_length"]
    ratio = np.log((target + 10) / (source + 10))  # short texts vary more
    low, middle, high = np.percentile(ratio, [25, 50, 75])
    beyond = np.maximum(ratio - high, low - ratio)
    wrong = (beyond > 3 * max(high - low, 0.1)) & (np.abs(ratio - middle) > np.log(4)) & (target > 0)
    return at(survey, np.flatnonzero(wrong), len(wrong), "target")


def little_overlap(survey: Survey, near: list) -> Found:
    overlap, enough = survey["overlap"], survey["target_words"] >= SAID_OFTEN
    usual = enough.any() and np.percentile(overlap[enough], 5) > 0.2
    return at(survey, np.flatnonzero(usual & enough & (overlap == 0)), len(overlap), "target")


def much_overlap(survey: Survey, near: list) -> Found:
    overlap, enough = survey["overlap"], survey["target_words"] >= SAID_OFTEN
    usual = enough.any() and np.percentile(overlap[enough], 90) < 0.5
    return at(survey, np.flatnonzero(usual & enough & (overlap > 0.8) & ~_copies(survey)), len(overlap), "target")


def other_script(survey: Survey, near: list) -> Found:
    """Rows whose main script on a side fewer than one in a hundred have."""
    wrong = np.zeros(all_rows(survey), bool)
    for side in SIDES:
        names, inverse, counts = np.unique(survey[f"{side}_script"], return_inverse=True, return_counts=True)
        rare = (counts < max(0.01 * len(wrong), 1.5)) & (names != "")
        wrong |= rare[inverse] if counts.max() > 10 else False
    return at(survey, np.flatnonzero(wrong), len(wrong), "target")


def other_language(survey: Survey, near: list) -> Found:
    return at(survey, np.flatnonzero(survey["foreign"]), all_rows(survey), "target")


PAIRS: dict[str, Callable[[Survey, list], Found]] = {
    look.__name__: look
    for look in (
        duplicate, near_duplicate, contradiction, copied, longer_target, odd_ratio, little_overlap, much_overlap,
        other_script, other_language, *columns.LOOKS,
    )
}  # fmt: skip


# --- Splits -----------------------------------------------------------------------------------------------------------


def leaks(survey: Survey, near: list) -> Iterator[Finding]:
    """Rows of a split that is scored which stand in another: the same pair, the same source, nearly the same source."""
    starts = np.cumsum([0, *map(len, survey.texts)])
    parts = {one.split: range(starts[n], starts[n + 1]) for n, one in enumerate(survey.texts)}
    held = [name for name in parts if name in HELD_OUT]
    found: dict[str, dict] = defaultdict(dict)  # check -> (held out, known) -> Found
    for name in held:
        for known in [other for other in parts if other != name and (other not in held or other == "validation")]:
            if known in held and name == "validation":
                continue
            for check, one in _leaks(survey, near, parts, name, known).items():
                found[check][name, known] = one
    for check in ("same_pair", "same_source", "near_source", "same_whole"):
        worst = max(found[check].items(), key=lambda item: item[1].count, default=(("", ""), Found()))
        for (name, known), one in found[check].items() or [worst]:
            if one.count or (name, known) == worst[0]:
                one.words |= {"held_out": name, "known": known}
                yield finding("splits", check, one)


def _leaks(survey, near, parts, name, known):
    """{check: what rows of `name` have in common with rows of `known`}; each row is counted once, by the worst."""
    ours, theirs = (np.array(parts[split], int) for split in (name, known))
    long = survey["source_words"] >= SAID_OFTEN
    both = survey["source_plain"] * 31 + survey["target_plain"]
    exact = survey["source_exact"] * 31 + survey["target_exact"]
    pair = long[ours] & np.isin(both[ours], both[theirs])
    source = long[ours] & ~pair & np.isin(survey["source_plain"][ours], survey["source_plain"][theirs])
    made = {"same_pair": _held(survey, ours[pair], theirs, both), "same_source": _held(
        survey, ours[source], theirs, survey["source_plain"])}  # fmt: skip
    made["same_pair"].words["exact"] = int(np.isin(exact[ours[pair]], exact[theirs]).sum())
    told, partner = set(ours[pair | source].tolist()), {}
    for pair_of_rows in near:
        for one, other in (pair_of_rows, pair_of_rows[::-1]):
            if one in parts[name] and other in parts[known] and one not in told:
                partner.setdefault(one, other)
    made["near_source"] = at(survey, sorted(partner), len(ours), partner=partner)
    made["near_source"].rows = [survey.at(other) for other in partner.values()]
    wholes = [{one for one in texts.wholes or () if isinstance(one, str) and len(one) >= LONG_TEXT}
              for split in (name, known) for texts in survey.texts if texts.split == split]  # fmt: skip
    shared = wholes[0] & wholes[1]
    if shared:
        mine = next(texts for texts in survey.texts if texts.split == name)
        told |= set(partner)
        rows = [number for number in parts[name] if number not in told and mine.wholes[survey.at(number)[1]] in shared]
        made["same_whole"] = at(survey, rows, len(ours), "source")
    return made


def _held(survey, numbers, theirs, keys):
    """As `at`, with the first of `theirs` that has the same key; what --write_clean takes out is theirs."""
    order = np.argsort(keys[theirs], kind="stable")
    places = theirs[order[np.searchsorted(keys[theirs], keys[numbers], sorter=order)]] if len(numbers) else []
    partner = {int(one): int(other) for one, other in zip(numbers, places, strict=True)}
    ours = sum(len(texts) for texts in survey.texts if texts is survey.at(int(numbers[0]))[0]) if len(numbers) else 0
    found = at(survey, numbers, ours, partner=partner)
    wanted = np.isin(keys[theirs], keys[numbers])
    found.rows = [survey.at(int(number)) for number in theirs[wanted]]
    return found
