# SPDX-License-Identifier: Apache-2.0
"""The doctor: what it finds in texts, tokens, checkpoints and labels, and that it finds nothing else."""

import pytest
from helpers import read_json, write_jsonl

RECIPE = "summarize_t5"


def documents(split, count):
    """Rows of eleven words that have nothing in common but their kind."""
    return [
        {
            "id": f"{split}-{number}",
            "document": f"{split} {number} Ann asks for a blue lamp, order {7 * number + 1000} please.",
            "summary": f"Ann asks {number} {split}.",
        }
        for number in range(count)
    ]


@pytest.fixture
def told(small, tmp_path, capsys):
    """told(train, validation, ...): (exit code, what the table of a dry run says)."""

    def run(train, validation, **changed):
        files = {"train": train, "validation": validation}
        paths = {f"{name}_file": write_jsonl(tmp_path / f"{name}.jsonl", rows) for name, rows in files.items()}
        code = small.run(**paths, test_file=None, dry_run=True, output_dir=tmp_path / "out", **changed)
        return code, capsys.readouterr().out.replace("\n          ", " ")

    return run


def test_a_leaked_validation_file_is_said_and_stops_nothing(told):
    train = documents("train", 20)
    code, out = told(train, [*documents("held", 1), *train[:10]])
    assert code == 0
    assert "10 of 11 validation rows stand in train, too (10 letter by letter): their scores tell nothing new" in out
    assert "validation.jsonl id train-0 and" in out
    assert "--write_clean takes them out of train" in out


def test_nothing_is_said_of_good_rows(told):
    code, out = told(documents("train", 20), documents("held", 5))
    assert code == 0
    assert "checks: nothing wrong" in out
    assert "warn" not in out and "FAIL" not in out


def test_a_run_keeps_what_the_doctor_found(done):
    found = read_json(done.folder / "run.json")["doctor"]
    assert {"pass", "warn"} >= {one["level"] for one in found}
    assert {"rows", "pairs", "splits", "lengths", "tokens", "checkpoint", "labels"} == {one["group"] for one in found}
    assert "doctor    " in done.printed
