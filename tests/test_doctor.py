# SPDX-License-Identifier: Apache-2.0
"""The doctor: what it finds in texts, tokens, checkpoints and labels, and that it finds nothing else."""

import sys

import damages
import harness
import pytest
from conftest import ROOT
from helpers import read_json, read_jsonl, write_jsonl

sys.path.append(str(ROOT / "scripts"))
import doctor as doctor_script  # noqa: E402

from recipes.doctor import visit  # noqa: E402

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


# ---------------------------------------------------------------- damaged inputs

# damage -> the sentence, the same for all tasks ({train} and {held} rows: those of all splits), and where it is found
SAID = {
    "null": "FAIL rows: rows cannot be used",
    "blank": "FAIL rows: rows cannot be used",
    "broken line": "FAIL rows: rows cannot be used",
    "N/A": "warn rows: 1 of 84 rows hold a word for nothing, such as N/A or null, which is learned as text",
    "null as text": "warn rows: 1 of 84 rows hold a word for nothing, such as N/A or null, which is learned as text",
    "signs alone": "warn rows: 1 of 84 rows hold neither a letter nor a digit",
    "bell": "warn rows: 1 of 84 rows hold control or invisible characters",
    "zero width": "warn rows: 1 of 84 rows hold control or invisible characters",
    "wrong encoding": "warn rows: 1 of 84 rows were read in a wrong encoding once, as Ã¼ for ü",
    "wrong quotes": "warn rows: 1 of 84 rows were read in a wrong encoding once, as Ã¼ for ü",
    "HTML": "warn rows: 1 of 84 rows hold HTML tags or entities",
    "entity": "warn rows: 1 of 84 rows hold HTML tags or entities",
    "Markdown": "warn rows: 1 of 84 rows hold Markdown",
    "link": "warn rows: 1 of 84 rows hold Markdown",
    "endless": "warn rows: 1 of 84 rows are more than ten times as long as 95 % of the others",
    "twice": "warn pairs: 1 of 61 training rows stand there twice",
    "nearly twice": "warn pairs: 1 of 61 training rows have nearly the source of another one",
    "two targets": "warn pairs: 3 of 63 training rows have the same source and another target",
    "copied": "warn pairs: 1 of 84 rows have the source as their target",
    "long target": "warn pairs: 1 of 84 rows have a target far longer or shorter for its source than others",
    "Cyrillic": "warn pairs: 1 of 84 rows are written in a script that this side does not have otherwise",
    "Chinese": "warn pairs: 1 of 84 rows are written in a script that this side does not have otherwise",
    "leaked": "warn splits: 1 of 13 test rows stand in train, too (1 letter by letter): their scores tell nothing new",
    "leaked in capitals": "warn splits: 1 of 13 validation rows have a source that stands in train, too",
    "nearly leaked": "warn splits: 1 of 13 test rows have nearly a source of train",
}
ALL = [(recipe, name) for recipe in harness.NAMES for name in SAID]
ONE_EACH = [(harness.NAMES[place % 5], name) for place, name in enumerate(SAID)]  # the others are slow


@pytest.fixture
def doctor(smalls, tmp_path, capsys):
    """doctor(recipe, data, flags): (exit code, the table without its line breaks) of `python scripts/doctor.py`."""

    def run(recipe, data=None, *words, flags=(), **changed):
        limits = {"max_source_length": None, "model_max_length": None, "max_target_length": 256}
        limits |= {"max_train_samples": None, "dry_run": True}
        paths = (data or damages.good(recipe)).write(tmp_path / "data")
        flags = [*smalls(recipe).flags(**{**limits, **paths, **changed}), *flags]
        code = doctor_script.main([recipe, *words, *flags])
        out, err = capsys.readouterr()
        return code, " ".join((out + err).split())

    return run


@pytest.mark.parametrize("recipe", harness.NAMES)
def test_good_data_of_every_task_are_clean(recipe, doctor):
    code, out = doctor(recipe)
    assert code == 0
    assert "checks: nothing wrong" in out, out


def damaged_is_told(recipe, name, doctor):
    check, damage = damages.ROWS[name]
    data = damages.good(recipe)
    touched = damage(data, 7)
    code, out = doctor(recipe, data)
    assert SAID[name] in out, out
    assert code == (2 if check == "unusable" else 0)
    return touched, out


@pytest.mark.parametrize(("recipe", "name"), ONE_EACH)
def test_one_defect_one_message(recipe, name, doctor):
    touched, out = damaged_is_told(recipe, name, doctor)
    place = "line 61" if name == "broken line" else "line 8" if name in ("null", "blank") else f"id {touched[0]}"
    assert f"train.jsonl {place}" in out or f"id {touched[0]}" in out, out


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "name"), [one for one in ALL if one not in ONE_EACH])
def test_every_defect_in_every_task(recipe, name, doctor):
    damaged_is_told(recipe, name, doctor)


# ---------------------------------------------------------------- the bundled data, and seventeen defects in each

BUNDLED = {
    "summarize_t5": ("summarize", "tickets"), "paraphrase_bart": ("paraphrase", "products"),
    "translate_mt5_lora": ("translate", "faq"), "qa_t5": ("qa", "policies"), "convo_flant5": ("convo", "chats"),
}  # fmt: skip
one_is_fast = pytest.mark.parametrize(
    "recipe", [pytest.param(name, marks=[pytest.mark.slow] * (name != "translate_mt5_lora")) for name in BUNDLED]
)


def visited(recipe, *words):
    """What the doctor finds in a bundled run, without a step of training."""
    config = str(ROOT / f"configs/embedded/{BUNDLED[recipe][0]}.yaml")
    return visit.visit(visit.find_recipe(recipe).main, ["--config", config, "--dry_run", *words])


@pytest.fixture
def bundled(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)

    def read(recipe):
        folder, splits = ROOT / "data" / BUNDLED[recipe][1], ("train", "validation", "test")
        return damages.Data(recipe, {name: read_jsonl(folder / f"{name}.jsonl") for name in splits})

    return read


@one_is_fast
def test_the_bundled_data_are_clean(recipe, bundled):
    _, found = visited(recipe)
    assert {(one.check, one.said) for one in found if one.level != "pass"} == set()


@one_is_fast
def test_seventeen_planted_defects_are_found_and_nothing_else(recipe, bundled, tmp_path):
    data, wanted = bundled(recipe), {}
    for number, name in enumerate(damages.PLANTED):
        check, damage = damages.ROWS[name]
        wanted.setdefault(check, set()).update(damage(data, 21 + 7 * number))
    assert len(damages.PLANTED) == 17
    paths = data.write(tmp_path / "planted")
    _, found = visited(recipe, *(word for name, path in paths.items() for word in (f"--{name}", str(path))))
    wrong = {one.check: one for one in found if one.level != "pass"}
    assert set(wanted) <= set(wrong), set(wanted) - set(wrong)
    assert wrong["unusable"].count == 2  # null and the broken line
    planted = set().union(*wanted.values())
    for one in wrong.values():
        named = {texts.ids[row].partition("/")[0] for texts, row in one.rows}
        assert named <= planted, (one.check, named - planted)
        assert one.check in ("unusable", "lost") or named & wanted.get(one.check, planted), one.check
    # What is not about a row: the bell, and the letters of the planted texts that the tokenizer has not.
    assert {name for name, one in wrong.items() if not one.rows} <= {"unusable", "lost", "target_cut"}
