# SPDX-License-Identifier: Apache-2.0
"""What an output says without its source; expected values worked out by hand."""

import json
import random
import re
from pathlib import Path

import pytest

from recipes.metrics.facts import mentions
from recipes.metrics.faithfulness import check, copying, fragments, score
from recipes.metrics.subsequences import longest_matches
from recipes.metrics.words import split_sentences


def flags(output, source, **settings):
    return [(flag["kind"], flag["text"]) for flag in check(output, source, **settings)["unsupported"]]


@pytest.mark.parametrize(
    ("output", "source"),
    [
        ("12 mugs", "twelve mugs"),
        ("twelve mugs", "12 mugs"),
        ("two dozen eggs", "24 eggs"),
        ("1 mug", "one mug"),
        ("25 mugs", "twenty-five mugs"),
        ("205 mugs", "two hundred and five mugs"),
        ("2,300,000 people", "two million three hundred thousand people"),
        ("a 3rd letter", "my third letter"),
        ("1,200 pieces", "1200 pieces"),
        ("1.200,50 m", "1,200.50 m"),
        ("2k views", "2,000 views"),
        ("zwölf tassen", "12 cups"),
        ("order 48213", "order #48213"),
        ("room 1234", "room AB-1234"),
        ("20 kg", "20kg"),
        ("a 78-year-old", "78 years old"),
        ("by 3 March", "before March 3rd"),
        ("by the third of March", "before 3 March"),
        ("on 2024-03-05", "on 5 March 2024"),
        ("am 5. März 2024", "on March 5, 2024"),
        ("on 5.3.2024", "on 5 March 2024"),
        ("on 3/5/2024", "on 5 March 2024"),
        ("on 3 March", "between 3 and 5 March"),
        ("on the 3rd", "on 3 March"),
        ("on 3 March", "in March, on the 3rd"),
        ("in May", "on 5 May"),
        ("on Monday", "on Mon, as always"),
        ("at 3:30", "at half past three"),
        ("at 17:30", "at 5:30 pm"),
        ("at 5 pm", "at 17:00"),
        ("€20", "20 euros"),
        ("20 EUR", "€20.00"),
        ("five hundred dollars", "$500"),
        ("$12.50", "12 dollars 50 cents"),
        ("€20", "between 20 and 30 euros"),
        ("code AB1234", "code AB-1234"),
        ("mail ann@shop.example", "at Ann@shop.example, please"),
        ("He met Mr. Brown's son.", "I am Brown."),
        ("He lives in Germany.", "in GERMANY"),
        ("No one waits a second.", "Nobody waits."),
        ("You may march.", "Go on."),
        ("May I go?", "Go on."),
    ],
)
def test_supported(output, source):
    assert flags(output, source) == []


@pytest.mark.parametrize(
    ("output", "source", "expected"),
    [
        ("13 mugs", "twelve mugs", [("number", "13")]),
        ("Ann has thirteen mugs", "Ann: 12 mugs", [("number", "thirteen")]),
        ("1,300 pieces", "1200 pieces", [("number", "1,300")]),
        ("order 48214", "order 48213, 2 pieces", [("number", "48214")]),
        ("by 4 March", "by March 3rd", [("date", "4 March")]),
        ("by 3 April", "by March 3rd", [("date", "3 April")]),
        ("by 3 March", "in March", [("date", "3 March")]),
        ("by 3 March 2025", "by 3 March 2024", [("date", "3 March 2025")]),
        ("on 2024-03-06", "on 5 March 2024", [("date", "2024-03-06")]),
        ("on Tuesday", "on Monday", [("date", "Tuesday")]),
        ("at 3:45", "at half past three", [("date", "3:45")]),
        ("for €21", "for 20 euros", [("amount", "€21")]),
        ("for €20", "for 20 dollars", [("amount", "€20")]),
        ("for 20 dollars", "for 20 people", [("amount", "20 dollars")]),
        ("for $1", "one of them pays $5", [("amount", "$1")]),
        ("code AB-1235", "code AB-1234", [("code", "AB-1235")]),
        ("mail ann@shop.example", "mail bo@shop.example", [("code", "ann@shop.example")]),
        ("The mug is for Bea Smith.", "Bo Smith wants a mug.", [("name", "Bea")]),
        ("He met Mr. Green.", "I am Brown.", [("name", "Green")]),
        ("Bea Green wants a mug.", "Bo wants a mug.", [("name", "Bea Green")]),
    ],
)
def test_unsupported(output, source, expected):
    assert flags(output, source) == expected


def test_flags_point_into_the_output():
    output = "Ann wants 13 mugs by 3 March."
    (flag,) = check(output, "Ann here. Please send twelve mugs before March 3rd.")["unsupported"]
    assert flag == {"kind": "number", "text": "13", "start": 10, "end": 12}


def test_a_first_word_is_a_name_unless_the_run_knows_it():
    output, source = "Bea wants a mug.", "Bo wants a mug."
    assert flags(output, source) == []
    assert flags(output, source, known={"refund"}) == [("name", "Bea")]
    assert flags("Refund wanted.", source, known={"refund"}) == []
    assert flags(output, source, known={"refund"}, names=False) == []


def test_nouns_with_capitals_switch_names_off():
    german = ["Die Kundin möchte eine Tasse und einen Teller bestellen.", "Der Hund mag den Garten."]
    scores = score(german, ["The customer orders.", "The dog."])
    assert scores.totals["unsupported_name"] == 0 and "names:no" in scores.signatures["faithfulness"]
    english = ["The customer met Bea in the garden."]
    assert score(english, ["The customer."]).totals["unsupported_name"] == 1


def test_mentions_take_each_stretch_once():
    text = "Two AB-12 for €1,200 by 3 and 5 March 2024, 5 $20 vouchers, 3rd try"
    found = [(mention.kind, text[mention.start : mention.end]) for mention in mentions(text)[0]]
    assert found == [
        ("number", "Two"),
        ("code", "AB-12"),
        ("amount", "€1,200"),
        ("date", "3 and 5 March 2024"),
        ("date", "3 and 5 March 2024"),
        ("number", "5"),
        ("amount", "$20"),
        ("number", "3rd"),
    ]


def test_fragments_by_hand():
    def lengths(source, output):
        return fragments(source.split(), output.split())

    assert lengths("the cat sat on the mat", "the mat sat on it") == [2, 2]
    assert lengths("the cat sat on the mat", "a dog") == []
    assert lengths("the cat sat on the mat", "the cat sat on the mat") == [6]
    # The paper's search goes on behind a match: "a a b" is not found inside of "a a a b", where "a a" was taken.
    assert lengths("a a a b", "a a b") == [2, 1]


def test_coverage_density_compression_and_novelty_by_hand():
    # Fragments: "the mat", "sat on"; "it" is new. Bigrams: "mat sat" and "on it" are new of four.
    row = copying("The mat sat on it.", "The cat sat on the mat.")
    assert row == {
        "novel_unigrams": 20.0,
        "novel_bigrams": 50.0,
        "novel_trigrams": 100.0,
        "coverage": 0.8,
        "density": 1.6,
        "compression": 1.2,
    }


@pytest.mark.parametrize(("output", "source"), [("", ""), ("", "a b"), ("...", "")])
def test_nothing_is_no_error(output, source):
    row = check(output, source)
    assert row["unsupported"] == [] and row["coverage"] == row["density"] == row["novel_unigrams"] == 0


def test_a_runaway_output_is_no_error():
    for output in (
        "9" * 5000,
        "a" + "9" * 5000,
        "9" * 400 + ",5",
        "1." * 3000,
        "½ m² ٣ 31.31.99 99:59 $",
        "may " * 500,
    ):
        assert check(output, output, known={"a"})["coverage"] in (0, 1)
        check(output, "a")


def test_a_copy_is_supported_whatever_it_is():
    pieces = (
        "12 3. 3/4/5 March märz may €5 $ 5 cents AB-12 #4 1.200,50 twelve hundred and five second half past quarter to "
    )
    pieces = (pieces + "x@y.z http://a ½ ² ٣ İ ß 今天 😀 \0 ' ’ “ Mr. Ann Bo's").split(" ") + ["\n", "\u00a0", "\u202f"]
    generator = random.Random(1)
    for _ in range(500):
        text = "".join(
            part for _ in range(20) for part in (generator.choice(pieces), generator.choice(["", " ", "-", ",", "."]))
        )
        assert check(text, text, known={"a"})["unsupported"] == []


def test_a_run_counts_flags_and_gives_intervals():
    outputs = ["12 mugs for Bo by Monday.", "13 mugs for €5.", "The mug is for Bea.", ""]
    sources = ["Bo: twelve mugs, by Monday", "12 mugs, 5 euros", "A mug for Bo", "x"]
    scores = score(outputs, sources, samples=200)
    assert [len(row["unsupported"]) for row in scores.rows] == [0, 1, 1, 0]
    assert scores.totals["unsupported_rows"] == 50.0
    assert scores.totals["supported_figures"] == 75.0  # 13 is wrong; 12, Monday and €5 are right
    assert (scores.totals["unsupported_number"], scores.totals["unsupported_name"]) == (1, 1)
    assert scores.totals["unsupported_rows_ci_low"] < 50 < scores.totals["unsupported_rows_ci_high"]
    assert score([], []).rows == []


def test_planted_errors_in_the_bundled_summaries():
    """A changed order number or weekday is found in every row; the untouched summary has no flag."""
    lines = (Path(__file__).parents[1] / "data/tickets/test.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    sources = [row["document"] for row in rows]
    clean = score([row["summary"] for row in rows], sources, samples=10)
    assert clean.totals["unsupported_rows"] <= 5
    planted = [re.sub(r"\b(\d{4,})(\d)\b", lambda m: m[1] + str((int(m[2]) + 5) % 10), row["summary"]) for row in rows]
    found = score(planted, sources, samples=10).rows
    changed = [row for row, old, new in zip(found, rows, planted, strict=True) if old["summary"] != new]
    missed = [row for row in changed if not any(flag["kind"] == "number" for flag in row["unsupported"])]
    assert len(changed) > 100 and len(missed) <= len(changed) // 20


def test_figures_only_for_outputs_in_another_language():
    """Numbers, dates and amounts are compared across languages; neither names nor copied words are judged."""
    sources = ["Ann wants 13 mugs for €12.50 by 3 March.", "Please call London on 0290 932261."]
    outputs = ["Ann möchte bis zum 3. März 14 Becher für 12,50 €.", "Appelez Londres au 0290 932261."]
    scores = score(outputs, sources, figures_only=True)
    assert [[flag["text"] for flag in row["unsupported"]] for row in scores.rows] == [["14"], []]
    assert [set(row) for row in scores.rows] == [{"unsupported", "figures"}] * 2
    assert scores.totals["unsupported_rows"] == 50 and scores.totals["unsupported_name"] == 0
    assert "coverage" not in scores.totals and "names:no|ngrams:no" in scores.signatures["faithfulness"]


# ---------------------------------------------------------------- long texts

LONG = {
    "digits": "1234567890" * 20_000,
    "stops": "。" * 200_000,
    "one endless sentence": "word " * 40_000,
    "letters": "ACGT" * 50_000,
    "Chinese": "北京市是中国的首都" * 22_222,
    "numbers": ", ".join(str(number % 60) for number in range(50_000)),
    "parts": "ab_" * 66_666,
    "halves of an address": "a." * 99_999 + "@",
    "months": "May " * 50_000,
    "names": "Ann Weber " * 20_000,
    "codes": " ".join(f"AB-{number}" for number in range(20_000)),
}


@pytest.mark.parametrize("name", LONG)
def test_long_texts(name):
    """No time is measured: what takes steps by the square of the length would not come to an end here."""
    text = LONG[name]
    found = check(text, text)
    assert found["unsupported"] == []
    assert found["coverage"] == 1.0 or name == "stops"
    assert split_sentences(text)


def test_many_numbers_before_a_month():
    """Of a long list, the last ten belong to the date at most; it once took 309 s to find that there was none."""
    text = ", ".join(["7"] * 2_500)
    assert [mention.kind for mention in mentions(text)[0]] == ["number"] * 2_500
    days = [mention for mention in mentions(f"{text} and 9 March")[0] if mention.kind == "date"]
    assert [mention.values for mention in days[-2:]] == [{("day", 3, 7, None)}, {("day", 3, 9, None)}]


def test_longest_matches_by_hand_and_by_search():
    assert longest_matches(["the", "cat", "sat"], ["cat", "sat", "the", "dog", "sat"]) == [2, 1, 1, 0, 1]
    assert longest_matches([], ["a"]) == [0] and longest_matches(["a"], []) == []
    chance = random.Random(5)
    for _ in range(300):
        source, output = ("".join(chance.choices("abc", k=chance.randint(0, 14))) for _ in range(2))
        lengths = [
            max(size for size in range(len(output) - place + 1) if output[place : place + size] in source)
            for place in range(len(output))
        ]
        assert longest_matches(source, output) == lengths


def test_fragments_of_texts_that_repeat_themselves():
    """'b' is nowhere in the source, 'a' everywhere: place by place would take 10¹⁰ steps."""
    assert fragments(["a"] * 100_000, ["a", "b"] * 50_000) == [1] * 50_000
