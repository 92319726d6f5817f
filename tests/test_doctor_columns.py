# SPDX-License-Identifier: Apache-2.0
"""What the doctor says of a side or a split as a whole, each beside a neighbour of which it says nothing."""

import random

import pytest
from conftest import WORDS
from damages import GERMAN

from recipes.doctor import texts
from recipes.doctor.survey import Texts, survey

CHANCE = random.Random(0)
SOURCES = [" ".join(CHANCE.choices(WORDS, k=20)).capitalize() for _ in range(100)]
TARGETS = [" ".join(source.split()[3:12]).capitalize() + "." for source in SOURCES]
REFUSAL = "I am sorry, but I cannot help with that."


def said(target=TARGETS, source=SOURCES, **held_out):
    """{check: what it says} of those checks that warn; `held_out`: split -> (sources, targets)."""
    splits = {"train": (source, target), **held_out}
    made = [Texts(name, name, [str(n) for n in range(len(one[0]))], *map(list, one)) for name, one in splits.items()]
    return {one.check: one.said for one in texts.examine(survey(made)) if one.level != "pass"}


def test_nothing_is_said_of_good_rows():
    assert said(TARGETS[:80], SOURCES[:80], test=(SOURCES[80:], TARGETS[80:])) == {}


def test_a_pattern_is_looked_for_in_each_field_of_a_source():
    """A question on a context that is no text; and a document with a line that is none, which may be meant."""
    rows = [["Who asks?", "N/A" if n == 7 else text] for n, text in enumerate(SOURCES)]
    whole = list(map("\n".join, rows))
    ids = list(map(str, range(100)))
    found = [list(texts.examine(survey([Texts("train", "f", ids, whole, TARGETS, None, one)]))) for one in (rows, None)]
    told = [one.examples for some in found for one in some if one.check == "word_for_nothing"]
    assert told == [["f id 7 source: 'N/A'"], []]


def test_few_rows():
    assert said(TARGETS[:19], SOURCES[:19])["few_rows"].startswith("19 training rows are few: ")
    assert said(TARGETS[:20], SOURCES[:20]) == {}


def test_a_refusal_in_every_twentieth_row():
    found = said([REFUSAL if n % 20 == 0 else text for n, text in enumerate(TARGETS)])
    assert found["said_again"] == (
        "5 of 100 training rows have one and the same target, "
        "'I am sorry, but I cannot help with that.', where others differ"
    )
    assert "said_again" not in said([REFUSAL if n % 26 == 0 else text for n, text in enumerate(TARGETS)])  # four
    classes = [("a long name of one class", "a long name of another")[n % 2] for n in range(100)]
    assert "said_again" not in said(classes)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: f"Here is the {text}", "begin with 'Here is the'"),
        (lambda text: f"Summary: {text}", "begin with 'Summary:'"),
        (lambda text: f"{text} Hope this helps!", "end with 'Hope this helps!'"),
        (lambda text: f"{text} ###", "end with '###'"),
        (lambda text: f'"{text}"', "stand in '\" \"'"),
        (lambda text: f"„{text}“", "stand in '„ “'"),
    ],
)
def test_what_stands_round_all_targets(change, told):
    found = said(list(map(change, TARGETS)))
    assert found["framed"] == f"100 of 100 targets {told}: the model spends its words on it, and scores rise by it"
    assert "framed" not in said([text if n % 8 == 0 else change(text) for n, text in enumerate(TARGETS)])


@pytest.mark.parametrize("end", [" ...", "…", "[...]"])
def test_targets_cut_at_an_ellipsis(end):
    cut = [text.removesuffix(".") + end if n % 20 == 0 else text for n, text in enumerate(TARGETS)]
    assert said(cut)["cut_off"].startswith("5 of 100 targets end in an ellipsis: ")
    assert "cut_off" not in said(cut[:2] + TARGETS[2:])  # one, which may be meant
    assert "cut_off" not in said(cut, [text + end if n % 20 == 0 else text for n, text in enumerate(SOURCES)])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (str.lower, "test sources are in small letters: 100 %, in training 0 %"),
        (lambda text: " ".join(text.split()[:5]), "test sources have 5 words (median), in training 20"),
        (lambda text: " ".join(CHANCE.choices(GERMAN, k=20)).capitalize(), "test sources are in another language or"),
    ],
    ids=["case", "length", "language"],
)
def test_a_split_that_is_unlike_training(change, told):
    other = list(map(change, SOURCES[70:]))
    found = said(TARGETS[:70], SOURCES[:70], test=(other, TARGETS[70:]))
    assert told in found["unlike"], found["unlike"]
    half = [text if n % 2 else one for n, (text, one) in enumerate(zip(SOURCES[70:], other, strict=True))]
    assert "unlike" not in said(TARGETS[:70], SOURCES[:70], test=(half, TARGETS[70:]))
    assert "unlike" not in said(TARGETS[:70], SOURCES[:70], test=(other[:10], TARGETS[70:80]))  # too few to judge
