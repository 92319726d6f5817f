# SPDX-License-Identifier: Apache-2.0
"""recipes/report/spot_check.py: what a person judges by hand."""

import csv
import io

from recipes.report.spot_check import harmless, spot_check

ROWS = [{"id": str(n), "source": f"s{n}", "reference": f"r{n}", "prediction": f"p{n}"} for n in range(50)]


def read(text):
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def test_twenty_rows_in_their_order_by_the_seed():
    header, *rows = read(spot_check(ROWS, ["good 1-5"], seed=1))
    assert header == ["id", "source", "reference", "prediction", "good 1-5", "note"]
    assert len(rows) == 20
    numbers = [int(row[0]) for row in rows]
    assert numbers == sorted(set(numbers))
    assert rows == read(spot_check(ROWS, ["good 1-5"], seed=1))[1:] != read(spot_check(ROWS, ["good 1-5"], seed=2))[1:]


def test_few_rows_and_several_references():
    odd = {"id": "1", "source": 'two\nlines, "quoted"', "reference": ["a", "b"], "prediction": ""}
    assert read(spot_check([odd], [], seed=1))[1:] == [["1", 'two\nlines, "quoted"', "a | b", "", ""]]
    assert len(read(spot_check([], [], seed=1))) == 1


def test_no_cell_is_a_formula():
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"):
        assert harmless(text) == f"'{text}"
    assert harmless("a = b") == "a = b"
    row = {"id": "=1", "source": "-", "reference": "@x", "prediction": "+49 30 1234"}
    assert read(spot_check([row], [], seed=1))[1][:4] == ["'=1", "'-", "'@x", "'+49 30 1234"]
