# SPDX-License-Identifier: Apache-2.0
"""recipes/metrics/classes.py and entities.py: the digits of scikit-learn and seqeval, intervals, tables."""

import json

import pytest
from conftest import ROOT

from recipes.metrics import classes, entities

KNOWN = json.loads((ROOT / "tests/references/labels.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", KNOWN["tags"])
def test_entities_are_those_of_seqeval(case):
    """Tags of several schemes, mixed and wrong: what an entity is, and each score to the digit."""
    assert [[list(one) for one in entities.spans(text.split())] for text in case["references"]] == case["spans"]
    found = entities.entities(case["predictions"], case["references"], samples=2).totals
    assert {name: found[name] for name in entities.PARTS} == pytest.approx(
        {name: case[name] for name in entities.PARTS}, abs=6e-5
    )


@pytest.mark.parametrize("case", [*KNOWN["one_label"], *KNOWN["several_labels"]])
def test_labels_score_as_in_scikit_learn(case):
    found = classes.classes(case["predictions"], case["references"], samples=2).totals
    names = case.keys() - {"references", "predictions"}
    assert {name: found[name] for name in names} == pytest.approx({name: case[name] for name in names}, abs=6e-5)


def test_perfect_empty_and_wrong():
    assert classes.classes(["a", "b"], ["a", "b"]).totals["f1_macro"] == 100
    assert classes.classes(["", ""], ["a", "b"]).totals["accuracy"] == 0
    assert classes.classes([[], ["a"]], [[], ["a"]]).totals["accuracy"] == 100
    assert entities.entities(["O O"], ["O O"]).totals["f1"] == 0  # as seqeval: nothing was there to find
    assert entities.entities(["O O"], ["O O"]).rows == [{"f1": 100.0}]
    with pytest.raises(ValueError, match="1 predictions but 2 references"):
        classes.classes(["a"], ["a", "b"])


def test_intervals_hold_the_score():
    """Of ten rows nine are right: 90, and the resampled shares lie between 70 and 100."""
    found = classes.classes(["a"] * 9 + ["b"], ["a"] * 10).totals
    assert (found["accuracy"], found["accuracy_ci_low"], found["accuracy_ci_high"]) == (90, 70, 100)


def test_tables():
    """By hand: of three a, two were given a and one b; the b was given b."""
    given, wanted = ["a", "a", "b", "b"], ["a", "a", "a", "b"]
    header, first, second = classes.per_class(given, wanted)
    assert header == ["class", "precision", "recall", "F1", "rows"]
    assert [cell.split()[0] for cell in first] == ["a", "100.0", "66.7", "80.0", "3"]
    assert [cell.split()[0] for cell in second] == ["b", "50.0", "100.0", "66.7", "1"]
    header, first, second = classes.confusion(given, wanted)
    assert header == ["class", "given a", "given b"]
    assert first[1].startswith("2: 67 % (") and first[2].startswith("1: 33 % (")
    assert second[1] == "0" and second[2] == "1: 100 % (100 to 100)"
    assert entities.per_type(["B-x O"], ["B-x B-y"])[1:] == [
        ["x", *["100.0 (100.0 to 100.0)"] * 3, "1"],
        ["y", *["0.0 (0.0 to 0.0)"] * 3, "1"],
    ]
