# SPDX-License-Identifier: Apache-2.0
"""Checks of a side or a split as a whole: what no single row shows."""

import re
from collections import Counter
from collections.abc import Callable

import numpy as np

from recipes.common import short
from recipes.doctor.findings import Finding, Found, at, example, finding
from recipes.doctor.survey import SAID_OFTEN, SIDES, Survey, Texts, in_training, words_of

FEW = 20  # rows, of which nothing can be said as a whole
ENOUGH, MOST = 100, 1_000  # rows between which chance is told from a bond of source and target
NEARLY_ALL = 0.9  # of the targets
SIGN = re.compile(r"https?://\S+|[\w.:/-]*\d[\w.:/-]*")
QUOTES = {
    ('"', '"'),
    ("'", "'"),
    ("\u201c", "\u201d"),
    ("\u201e", "\u201c"),
    ("\u201e", "\u201d"),
    ("\u00ab", "\u00bb"),
    ("`", "`"),
}
CUT_OFF = ("...", "\u2026", "[...]", "[\u2026]", "(...)")
ONE_WORD = re.compile(r"\w+\W?")


def few_rows(survey: Survey, near: list) -> Found:
    """Fewer training rows than what can be judged as a whole."""
    count = len(survey.texts[0])
    return Found(count if count < FEW else 0)


def one_target(survey: Survey, near: list) -> Found:
    """More than six of ten training targets are one text; of fewer than 20 rows nothing is said."""
    targets = survey["target_plain"][in_training(survey)]
    values, first, counts = np.unique(targets, return_index=True, return_counts=True)
    most = int(np.argmax(counts)) if len(values) else 0
    if len(targets) < FEW or counts[most] <= 0.6 * len(targets):
        return Found()
    texts, row = survey.at(int(first[most]))
    words = {"target": short(texts.target[row], 40)}
    return Found(int(counts[most]), len(targets), [texts.place(row)], words)


def said_again(survey: Survey, near: list) -> Found:
    """One target of several words in a twentieth of the training rows or more, where targets differ: a refusal."""
    numbers = np.flatnonzero(in_training(survey) & (survey["target_words"] >= SAID_OFTEN))
    values, first, counts = np.unique(survey["target_plain"][numbers], return_index=True, return_counts=True)
    rows, most = len(survey.texts[0]), int(np.argmax(counts)) if len(values) else 0
    if rows < FEW or len(values) < 0.2 * rows or not max(3, 0.05 * rows) <= counts[most] <= 0.6 * rows:
        return Found()
    texts, row = survey.at(int(numbers[first[most]]))
    return Found(int(counts[most]), rows, [texts.place(row)], {"target": short(texts.target[row], 60)})


def ids(survey: Survey, near: list) -> Found:
    """A side that is one sign such as 48213, a7-03 or an address in nine of ten rows, another in each of them."""
    texts = survey.texts[0]
    for side, other in (SIDES, SIDES[::-1]):
        own, others = getattr(texts, side), getattr(texts, other)
        found = [row for row, text in enumerate(own) if SIGN.fullmatch(text.strip()) and text not in others[row]]
        if len(own) >= FEW and len(found) > 0.9 * len(own) and len({own[row] for row in found}) > 0.9 * len(found):
            return Found(len(found), len(own), [example(texts, row, side) for row in found[:2]], {"side": side})
    return Found()


def turned_round(survey: Survey, near: list) -> Found:
    """Half of the targets are at least three times as long as their source and hold four of five of its words."""
    source, target, share = survey["source_words"], survey["target_words"], survey["overlap"]
    long = (source >= SAID_OFTEN) & (target > 3 * source)
    if len(source) < FEW or long.sum() <= 0.5 * len(source):
        return Found()
    some = np.flatnonzero(long)[:: max(1, int(long.sum()) // 1000)]
    held = []
    for number in some[share[some] > 0]:
        texts, row = survey.at(int(number))
        words = set(words_of(texts.source[row]))
        held += [len(words & set(words_of(texts.target[row]))) > 0.8 * len(words)]
    return at(survey, np.flatnonzero(long), len(source), "target") if sum(held) > 0.5 * len(some) else Found()


def unrelated(survey: Survey, near: list) -> Found:
    """Targets that have no more words of their source than of one half the file away, and no length that goes with it.

    Both are held against chance, at three standard errors: a column that slipped by a line or was sorted alone.
    """
    texts = survey.texts[0]
    rows = np.arange(len(texts))[:: max(1, len(texts) // MOST)]
    targets, lengths = survey["target_plain"][rows], [np.log(survey[f"{side}_length"][rows] + 1) for side in SIDES]
    if len(rows) < ENOUGH or len(np.unique(targets)) < 0.2 * len(rows):
        return Found()
    words = [[set(words_of(getattr(texts, side)[row])) for row in rows] for side in SIDES]
    far = len(rows) // 2
    gain = np.array([
        (len(said & words[0][n]) - len(said & words[0][n - far])) / max(len(said), 1) for n, said in enumerate(words[1])
    ])  # fmt: skip
    centred = [one - one.mean() for one in lengths]
    alike_lengths = (centred[0] @ centred[1]) / max(np.linalg.norm(centred[0]) * np.linalg.norm(centred[1]), 1e-9)
    scale = np.sqrt(len(rows))
    if max(alike_lengths, gain.mean() / max(gain.std(), 1e-9)) * scale > 3:
        return Found()
    return Found(len(texts), len(texts), [example(texts, int(row), "target") for row in rows[:2]])


def _differ(survey: Survey) -> bool:
    """Whether the training rows and their different targets are enough to say something of all."""
    targets = survey["target_plain"][in_training(survey)]
    return len(targets) >= FEW and len(np.unique(targets)) >= 0.2 * len(targets)


def _quotes(text: str) -> str:
    pair = text.strip()[:1], text.strip()[-1:]
    return f"{pair[0]} {pair[1]}" if pair in QUOTES else ""


# What nearly all targets may have in common: three words, or a first one with a colon, or a last one that is a sign.
FRAMES: dict[str, list[Callable[[str], str]]] = {
    "begin with": [
        lambda text: " ".join(text.split()[:3]),
        lambda text: next((word for word in text.split()[:1] if word.endswith(":")), ""),
    ],
    "end with": [
        lambda text: " ".join(text.split()[-3:]),
        lambda text: next((word for word in text.split()[-1:] if not ONE_WORD.fullmatch(word)), ""),
    ],
    "stand in": [_quotes],
}


def framed(survey: Survey, near: list) -> Found:
    """Nine of ten targets begin or end alike, or stand in quotes."""
    texts = survey.texts[0]
    some = texts.target[:: max(1, len(texts) // MOST)]
    for where, frame in [(where, one) for where, several in FRAMES.items() for one in several if _differ(survey)]:
        common, count = Counter(map(frame, some)).most_common(1)[0]
        if common and count > NEARLY_ALL * len(some):
            rows = [row for row, text in enumerate(texts.target) if frame(text) == common]
            places = [example(texts, row, "target") for row in rows[:2]]
            return Found(len(rows), len(texts), places, {"where": where, "frame": repr(common)})
    return Found()


def cut_off(survey: Survey, near: list) -> Found:
    """Targets that end in an ellipsis, where sources do so at most half as often."""
    texts = survey.texts[0]
    ends = {
        side: [row for row, text in enumerate(getattr(texts, side)) if text.rstrip().endswith(CUT_OFF)]
        for side in SIDES
    }
    if len(texts) < FEW or len(ends["target"]) <= 2 * len(ends["source"]):
        return Found(0, len(texts))
    return at(survey, ends["target"], len(texts), "target")


LOOKS: tuple[Callable[[Survey, list], Found], ...] = (
    few_rows, one_target, said_again, ids, turned_round, unrelated, framed, cut_off,
)  # fmt: skip


# --- A split beside the training --------------------------------------------------------------------------------------


def unlike(survey: Survey) -> Finding:
    """A held-out split whose letters, language or lengths are not those of training."""
    training, *others = survey.texts
    told = {one.split: _differences(training, one) for one in others if min(len(training), len(one)) >= FEW}
    said = "; ".join(f"{split} {what}" for split, found in told.items() for what in found)
    return finding("splits", "unlike", Found(int(bool(said)), words={"said": said}))


def _differences(training: Texts, other: Texts) -> list[str]:
    found = []
    for side in SIDES:
        texts = [getattr(one, side)[:: max(1, len(one) // MOST)] for one in (training, other)]
        small = [np.mean([text == text.lower() for text in some]) for some in texts]
        if abs(small[0] - small[1]) > 0.7:
            found.append(f"{side}s are in small letters: {100 * small[1]:.0f} %, in training {100 * small[0]:.0f} %")
        words = [[words_of(text) for text in some] for some in texts]
        medians = [max(1, int(np.median([len(said) for said in some]))) for some in words]
        if max(medians) >= 3 * min(medians) and max(medians) >= 10:
            found.append(f"{side}s have {medians[1]} words (median), in training {medians[0]}")
        counts = [Counter(word for said in some for word in said if not word.isdigit()) for some in words]
        frequent = {word for word, _ in counts[0].most_common(100)}
        shares = [sum(one[word] for word in frequent) / max(one.total(), 1) for one in counts]
        if shares[1] < shares[0] / 4 and shares[0] > 0.2:
            found.append(
                f"{side}s are in another language or of another kind: the 100 words that are most frequent in training "
                f"are {100 * shares[1]:.0f} % of their words, there {100 * shares[0]:.0f} %"
            )
    return found
