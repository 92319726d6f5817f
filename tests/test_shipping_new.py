# SPDX-License-Identifier: Apache-2.0
"""make new: a copied recipe runs under its own target, with nothing edited and the Makefile untouched."""

import importlib.util
import re
import shutil
import sys

import pytest
from conftest import ROOT
from helpers import as_flags, finish, read_json, records, start, write_jsonl

from recipes.common import UserError
from recipes.shipping.new import copy_recipe


@pytest.fixture
def repository(tmp_path):
    """A copy of what `make` needs, with this Python as its environment."""
    folder = tmp_path / "repository"
    shutil.copytree(ROOT / "recipes", folder / "recipes", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("scripts", "configs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "Makefile", folder / "Makefile")
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/.requirements").touch()
    (folder / ".venv/bin/python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (folder / ".venv/bin/python").chmod(0o755)
    (folder / "requirements.txt").touch()
    return folder


def make(folder, *words):
    # make says which folder it enters where another make called it, as `make test` does
    return finish(start("make", "--no-print-directory", "-o", "requirements.txt", *words, cwd=folder))


def test_a_copy_runs_at_once_under_its_own_target_on_ones_own_file(repository, checkpoint, tmp_path):
    code, out, err = make(repository, "new", "NAME=headlines", "FROM=summarize")
    assert code == 0, err
    lines = (repository / "recipes/headlines.py").read_text(encoding="utf-8").splitlines()
    named = [line.split() for line in out.splitlines() if " line " in line]
    for *_, number, word in [words[: words.index("line") + 3] for words in named]:
        assert word in lines[int(number) - 1]  # what is to be edited stands where it says
    assert {"SOURCE", "TARGET", "COLUMNS", "DEFAULTS"} <= {words[words.index("line") + 2] for words in named}
    files = {name: write_jsonl(tmp_path / f"{name}.jsonl", records(name, 8)) for name in ("TRAIN", "VALIDATION")}
    more = as_flags(max_steps=1, bf16=False, disable_tqdm=True, max_target_length=8)
    words = [f"{name}={path}" for name, path in files.items()]
    code, out, err = make(repository, "headlines", f"MODEL={checkpoint}", *words, f"ARGS={' '.join(more)}")
    assert code == 0, err
    record = read_json(repository / "outputs/headlines/run.json")
    assert (record["status"], record["recipe"]["name"]) == ("done", "headlines")


def test_what_a_copy_says_is_held_against_all_fields_that_it_reads(tmp_path):
    """A table has many of them: what stands in the second is no invention."""
    columns = ", ".join(f'"{name}": ("{name}_column", ("{name}",))' for name in ("name", "seats", "text"))
    text = (ROOT / "recipes/summarize_t5.py").read_text(encoding="utf-8")
    path = tmp_path / "places.py"
    path.write_text(re.sub(r"COLUMNS = {\n.*?\n}", f"COLUMNS = {{{columns}}}", text, flags=re.S), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("places", path)
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    rows = [{"name": "Alma", "seats": "12", "text": "Alma has 12 seats."}] * 2
    found = recipe.score(["Alma has 12 seats.", "Alma has 13 seats."], [["Alma has 12 seats."]] * 2, rows, None)
    assert (found.totals["unsupported_rows"], found.totals["unsupported_number"]) == (50.0, 1)


def test_without_a_file_of_ones_own_it_runs_as_its_original_does(repository):
    copy_recipe("answers", "qa_t5", repository)
    copy_recipe("again", "answers", repository)  # a copy of a copy
    for name in ("answers", "again"):
        code, out, _ = make(repository, "-n", name)
        assert (code, out) == (0, f".venv/bin/python recipes/{name}.py --config configs/embedded/{name}.yaml\n")
        text = (repository / f"recipes/{name}.py").read_text(encoding="utf-8")
        assert f"make {name} " in text and f"outputs/{name} " in text and "qa_t5" not in text
        assert (repository / f"configs/embedded/{name}.yaml").exists()
    code, out, _ = make(repository, "-n", "again", "TRAIN=mine.csv")
    assert out == ".venv/bin/python recipes/again.py --train_file 'mine.csv'\n"
    assert "make answers " in make(repository, "help")[1]


@pytest.mark.parametrize(
    ("name", "original", "said"),
    [
        ("headlines", "sumarize", "FROM=sumarize: no such recipe; did you mean 'summarize'?"),
        ("head lines", "qa", "NAME=head lines: letters from a to z"),
        ("../evil", "qa", "NAME=../evil: letters"),
        ("qa", "qa", "NAME=qa: is taken"),  # a target
        ("qa_t5", "qa", "NAME=qa_t5: is taken"),  # a recipe
        ("common", "qa", "NAME=common: is taken"),  # a folder
    ],
)
def test_what_cannot_be_copied_is_said_and_nothing_is_written(repository, name, original, said):
    before = sorted(repository.rglob("*"))
    with pytest.raises(UserError) as raised:
        copy_recipe(name, original, repository)
    assert said in str(raised.value)
    assert sorted(repository.rglob("*")) == before
