# SPDX-License-Identifier: Apache-2.0
"""recipes/tables.py and common/features.py: which tables are found again at a second start, and which never are."""

import dataclasses
import multiprocessing
import os
from pathlib import Path
from types import SimpleNamespace

import datasets
import pytest
from conftest import make_tokenizer

from recipes import tables
from recipes.common import UserError
from recipes.common.arguments import RecipeSettings
from recipes.common.features import tokenize

ROWS = [{"id": str(n), "document": f"Ann asks\n for {n}\u2028", "summary": ["Ann asks", "a mug"]} for n in range(5)]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "generator"


@dataclasses.dataclass
class Settings(RecipeSettings):
    doc_stride: int = 4
    length_penalty: float = 1.0


class Counting:
    """A `prepare` that counts the rows it was asked for."""

    def __init__(self):
        self.rows = 0

    def __call__(self, row, settings, tokenizer):
        self.rows += 1
        return [row["document"]]


def task_of(prepare=None, recipe=Path(__file__)):
    return SimpleNamespace(
        recipe=recipe, source="{document}", target="{summary}", prepare=prepare, learned=None, select=None, encode=None
    )


def made(rows=ROWS, tokenizer=None, prepare=None, **settings):
    """(tables, how many rows were prepared for them)."""
    prepare = prepare or Counting()
    splits = {"train": rows, "validation": rows[:2]}
    tables = tokenize(splits, task_of(prepare), tokenizer or make_tokenizer(), Settings(**settings))
    return tables, prepare.rows


def test_trap_30_a_second_start_tokenizes_nothing_and_finds_the_same():
    first, asked = made()
    again, asked_again = made()
    assert (asked, asked_again) == (7, 0)
    for split in ("train", "validation"):
        assert again[split].column_names == first[split].column_names
        assert again[split].to_list() == first[split].to_list()
    assert [one["row"] for one in again["train"]] == ROWS


def test_a_split_may_have_any_name():
    rows = {"": ROWS, "a/b": ROWS[:1]}
    for _ in range(2):
        tables = tokenize(rows, task_of(), make_tokenizer(), Settings())
        assert {split: table["row"][:] for split, table in tables.items()} == rows


@pytest.mark.parametrize(
    "change",
    [
        {"rows": [{**ROWS[0], "document": "Ann asks for 0 "}, *ROWS[1:]]},
        {"rows": ROWS[::-1]},
        {"rows": ROWS[:4]},
        {"tokenizer": make_tokenizer(pad="<nothing>")},
        {"max_source_length": 5},
        {"max_target_length": 5},
        {"source_prefix": "sum: "},
        {"doc_stride": 5},
    ],
    ids=lambda change: next(iter(change)),
)
def test_made_anew_when_what_it_depends_on_has_changed(change):
    made()
    _, asked = made(**change)
    assert asked == len(change.get("rows", ROWS)) + (0 if change.get("rows") == ROWS[:4] else 2)


def test_made_anew_when_the_code_has_changed(tmp_path):
    """The recipe, what lies beside it, and the repository's own code."""
    recipe = tmp_path / "headlines.py"
    recipe.write_text("")

    def asked():
        prepare = Counting()
        tokenize({"train": ROWS}, task_of(prepare, recipe), make_tokenizer(), Settings())
        return prepare.rows

    assert [asked(), asked()] == [5, 0]
    recipe.write_text("# changed")
    assert [asked(), asked()] == [5, 0]
    (tmp_path / "beside.py").write_text("# imported by it")
    assert [asked(), asked()] == [5, 0]


def test_a_fault_of_a_row_is_said_as_it_is():
    def refuse(row, settings, tokenizer):
        raise UserError("no room")

    with pytest.raises(UserError, match="no room"):
        made(prepare=refuse)


@pytest.mark.parametrize("change", [{"num_beams": 4}, {"length_penalty": 2.0}, {"eval_sample_size": 9}])
def test_found_again_with_other_settings_of_what_comes_later(change):
    made()
    assert made(**change)[1] == 0


def test_a_folder_that_cannot_be_written_to_costs_time_and_nothing_else(place):
    place.parent.mkdir()
    place.write_text("a file where the folder belongs")
    assert made()[1] == made()[1] == 7


def test_a_killed_write_is_no_table(place):
    made()
    for folder in place.glob("*/0.0.0"):  # as the library names what it has not finished
        folder.rename(folder.with_name("0.0.0.incomplete"))
    assert made()[1] == 7
    assert made()[1] == 0


@pytest.mark.parametrize("damage", ["cut", "emptied", "deleted"])
@pytest.mark.parametrize("part", ["*.arrow", "dataset_info.json"])
def test_a_damaged_table_is_made_anew_and_kept_again(place, part, damage):
    wanted, _ = made()
    path = max(place.rglob(part), key=lambda path: path.stat().st_size)
    whole = path.read_bytes()
    path.unlink()
    if damage != "deleted":
        path.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"")
    again, asked = made()
    assert asked == 5 if part == "*.arrow" else asked <= 7
    assert again["train"].to_list() == wanted["train"].to_list()
    assert made()[1] == 0


def test_the_least_recently_used_goes_first(place, monkeypatch):
    monkeypatch.setattr(tables, "KEPT", 4)
    for number, length in enumerate((11, 12, 11, 13)):
        made(max_source_length=length)
        for path in place.iterdir():
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 100 + number))
    assert [made(max_source_length=length)[1] for length in (13, 11, 12)] == [0, 0, 7]


def _one(queue, place):
    datasets.config.HF_DATASETS_CACHE = place
    queue.put(made()[1])


def test_trap_35_of_the_processes_of_a_machine_one_tokenizes(place):
    """No collective has a part in it: however slow the first is, no time limit of the others runs out."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    processes = [context.Process(target=_one, args=(queue, str(place.parent))) for _ in range(2)]
    for process in processes:
        process.start()
    assert sorted(queue.get(timeout=120) for _ in processes) == [0, 7]
    for process in processes:
        process.join()
