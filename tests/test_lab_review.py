# SPDX-License-Identifier: Apache-2.0
"""make spotcheck: sheets for people, read back."""

import csv
import random
import shutil

import pytest
from helpers import read_json, read_jsonl, run_recipe, write_jsonl

from recipes.common import UserError
from recipes.lab import review
from recipes.lab.finished import Finished
from scripts import spotcheck as script

RECIPE = "summarize_t5"


@pytest.fixture
def finished(done, tmp_path):
    return shutil.copytree(done.folder, tmp_path / "run")


def filled(sheet, path, answer):
    """A copy of a sheet whose empty cells under a question are answer(id, question)."""
    with open(sheet, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for name, title in review.QUESTIONS.items():
            row[title] = answer(row["id"], name)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def big_run(finished, count=60):
    """The run with more rows, so that agreement by chance is near 0."""
    row = read_jsonl(finished / "predictions.jsonl")[0]
    write_jsonl(finished / "predictions.jsonl", [{**row, "id": f"row-{number}"} for number in range(count)])
    return finished


def test_a_sheet_filled_at_random_and_with_copies(finished, tmp_path, capsys):
    """Three raters: at random they agree as chance has it, copies agree wholly."""
    run = big_run(finished)
    assert run_recipe(["--run", str(run), "--size", "60"], script.main) == 0
    sheet = run / "spot_check_test.csv"
    assert capsys.readouterr().out.startswith(f"wrote     {sheet}: 60 test rows")
    chance = random.Random(1)
    raters = [filled(sheet, tmp_path / f"{n}.csv", lambda *_: chance.randint(1, 5)) for n in range(3)]
    assert run_recipe(["--run", str(run), "--filled", *map(str, raters)], script.main) == 0
    found = read_json(run / review.RESULTS)
    assert found["raters"] == 3
    for one in found["questions"].values():
        assert abs(one["alpha"]) < 0.25 and one["rows"] == 60 and one["low"] < one["mean"] < one["high"]
    assert "Agree on the scale first" in capsys.readouterr().out
    copies = [shutil.copy(raters[0], tmp_path / f"copy{n}.csv") for n in range(3)]
    assert run_recipe(["--run", str(run), "--filled", *map(str, copies)], script.main) == 0
    said = capsys.readouterr().out
    assert all(one["alpha"] == 1 for one in read_json(run / review.RESULTS)["questions"].values())
    assert said.splitlines()[-1].startswith("Work on ")
    assert "What people say" in (run / "report.html").read_text(encoding="utf-8")


def test_agreement_by_hand():
    """Krippendorff's own example of two raters with binary data, 2011: alpha 0.095."""
    one = dict(enumerate([0, 1, 0, 0, 0, 0, 0, 0, 1, 0]))
    two = dict(enumerate([1, 1, 1, 0, 0, 1, 0, 0, 0, 0]))
    assert review.agreement([one, two], "nominal") == pytest.approx(0.095, abs=0.001)
    assert review.agreement([one], "nominal") is None
    assert review.agreement([{"a": 3.0}, {"a": 3.0}], "ordinal") == 1


def test_one_rater_with_gaps(finished, tmp_path):
    sheet = tmp_path / "sheet.csv"
    review.write_sheet(Finished(finished, "test"), sheet, 5, 42)
    rated = filled(sheet, tmp_path / "a.csv", lambda name, question: 4 if question == "fluency" else "")
    said = review.read_filled([rated], Finished(finished, "test"))
    assert "fluency  4.00  4.00 to 4.00     5  one rater" in said and "adequacy" not in said


@pytest.mark.parametrize("cell", ["6", "0", "good", "3.5"])
def test_what_is_no_rating(finished, tmp_path, cell):
    sheet = tmp_path / "sheet.csv"
    review.write_sheet(Finished(finished, "test"), sheet, 3, 42)
    with pytest.raises(UserError, match="a.csv line 2: adequacy is"):
        review.read_filled([filled(sheet, tmp_path / "a.csv", lambda *_: cell)], Finished(finished, "test"))
    with pytest.raises(UserError, match="nothing is filled in yet"):
        review.read_filled([sheet], Finished(finished, "test"))
    with pytest.raises(UserError, match="exists; name a new file"):
        review.write_sheet(Finished(finished, "test"), sheet, 3, 42)


def saved_by(sheet, path, encoding="utf-8-sig", delimiter=";"):
    """A sheet as a spreadsheet saves it that separates by semicolons, its rows in another order."""
    with open(sheet, encoding="utf-8-sig", newline="") as file:
        head, *rows = list(csv.reader(file))
    with open(path, "w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([head, *reversed(rows)])
    return path


def test_a_sheet_as_spreadsheets_save_it(finished, tmp_path, capsys):
    """Semicolons, a byte order mark, other order, 4.0 for 4, and an encoding that is named: the same ratings."""
    rows = read_jsonl(finished / "predictions.jsonl")
    write_jsonl(finished / "predictions.jsonl", [{**row, "source": "Käse; und mehr, bitte"} for row in rows])
    run, sheet = Finished(finished, "test"), tmp_path / "sheet.csv"
    review.write_sheet(run, sheet, 5, 42)
    ratings = {name: dict(zip("abcdefgh", "12345432", strict=True)) for name in review.QUESTIONS}
    count = iter(range(100))
    plain = filled(sheet, tmp_path / "a.csv", lambda *_: ratings["fluency"]["abcdefgh"[next(count) % 8]])
    other = saved_by(plain, tmp_path / "b.csv")
    said = review.read_filled([plain, other], run)
    assert all(line.endswith("1.00") for line in said.splitlines()[1:4])
    text = saved_by(plain, tmp_path / "c.csv", "cp1252").read_text(encoding="cp1252").replace(";3;", ";3,0;")
    (tmp_path / "c.csv").write_text(text, encoding="cp1252")
    flags = ["--run", str(finished), "--filled", str(plain), str(tmp_path / "c.csv")]
    assert run_recipe(flags, script.main) == 2
    assert "--encoding NAME reads it" in capsys.readouterr().err
    # The plain one has an umlaut, too, and is another encoding: one is named for all.
    assert run_recipe([*flags[:-2], str(tmp_path / "c.csv"), "--encoding", "cp1252"], script.main) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows + rows[:1], "line 5: id '.*' stands there twice"),
        (lambda rows: [{**rows[0], "id": "nobody"}, *rows[1:]], "line 2: id 'nobody' is not one of those"),
        (lambda rows: [{k: v for k, v in row.items() if "fluency" not in k} for row in rows], "has no column 'fluency"),
    ],
)
def test_a_sheet_that_was_changed(finished, tmp_path, change, said):
    run, sheet = Finished(finished, "test"), tmp_path / "sheet.csv"
    review.write_sheet(run, sheet, 3, 42)
    path = filled(sheet, tmp_path / "a.csv", lambda *_: 4)
    with open(path, encoding="utf-8", newline="") as file:
        rows = change(list(csv.DictReader(file)))
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(UserError, match=said):
        review.read_filled([path], run)
    assert not (finished / review.RESULTS).exists()


def test_two_runs_blind(finished, done, tmp_path, capsys):
    """Who prefers the reference finds the run that has it, whichever column it stands in."""
    better = big_run(shutil.copytree(done.folder, tmp_path / "better"), 30)
    big_run(finished, 30)
    rows = read_jsonl(better / "predictions.jsonl")
    write_jsonl(better / "predictions.jsonl", [{**row, "prediction": "=SUM right"} for row in rows])
    sheet = tmp_path / "blind.csv"
    assert run_recipe(["--blind", str(finished), str(better), "--sheet", str(sheet)], script.main) == 0
    assert "30 of 30 test rows that differ" in capsys.readouterr().out
    with open(sheet, encoding="utf-8-sig", newline="") as file:
        cards = list(csv.DictReader(file))
    assert {card["1"] == "'=SUM right" for card in cards} == {True, False}  # in random order, and no formula
    for card in cards:
        card[review.BETTER] = "1" if card["1"] == "'=SUM right" else "2"
    with open(tmp_path / "ann.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, cards[0].keys())
        writer.writeheader()
        writer.writerows(cards)
    key, ann = f"{sheet}.key.json", str(tmp_path / "ann.csv")
    assert run_recipe(["--key", key, "--filled", ann, ann], script.main) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1].startswith(f"A {finished}") and said[1].split()[-3:] == ["0", "0", "%"]
    assert said[-2] == "agreement 1.00" and said[-1] == f"Take {better}: people prefer it (p < 0.001)."
    assert run_recipe([], script.main) == 2
