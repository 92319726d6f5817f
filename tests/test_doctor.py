# SPDX-License-Identifier: Apache-2.0
"""The doctor: what it finds in texts, tokens, checkpoints and labels, and that it finds nothing else."""

import json
import re
import shutil
import sys

import damages
import harness
import pytest
from conftest import ROOT
from helpers import read_json, read_jsonl, run_recipe, write_jsonl
from transformers import AutoModelForSeq2SeqLM

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
    "null": "FAIL rows: rows that cannot be used",
    "blank": "FAIL rows: rows that cannot be used",
    "broken line": "FAIL rows: rows that cannot be used",
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
    "JSON": "warn rows: 1 of 84 rows hold JSON, a list in brackets or \\n as two signs",
    "a list in brackets": "warn rows: 1 of 84 rows hold JSON, a list in brackets or \\n as two signs",
    "line breaks as signs": "warn rows: 1 of 84 rows hold JSON, a list in brackets or \\n as two signs",
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
MENDED = {("qa_t5", "JSON"), ("qa_t5", "a list in brackets")}  # its reading takes the text out of a context
ALL = [(recipe, name) for recipe in harness.NAMES for name in SAID if (recipe, name) not in MENDED]
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


# ---------------------------------------------------------------- whole files, whole columns, settings, checkpoints


def every(side, change, splits=("train", "validation", "test")):
    """The text of a side of all rows, changed; `change` takes the text and the number of the row."""

    def damage(data):
        for split in splits:
            for number, row in enumerate(data.splits[split]):
                data.put(row, side, change(data.get(row, side), number))

    return damage


def swapped(data):
    for rows in data.splits.values():
        for row in rows:
            source, target = data.get(row, "source"), data.get(row, "target")
            data.put(row, "source", " ".join(target.split()[:5]))
            data.put(row, "target", source)


def slipped(data):
    """Each target belongs to the line before; of sixty rows nothing can be told from chance, of 180 it can."""
    chance = damages.random.Random(1)
    train = data.splits["train"] = [damages._good(data.recipe, "train", number) for number in range(180)]
    for row in train:  # sources of all lengths: their targets' go with them
        long = " ".join(chance.choices(damages.WORDS, k=chance.randint(10, 22)))
        data.put(row, "source", long)
        data.put(row, "target", " ".join(chance.choices(damages.GERMAN, k=len(long.split()))))
    targets = [data.get(row, "target") for row in train]
    for row, target in zip(train, targets[1:] + targets[:1], strict=True):
        data.put(row, "target", target)


def without_column(name):
    def damage(data):
        for rows in data.splits.values():
            for row in rows:
                del row[name]

    return damage


def same_ids(data):
    data.splits["train"][5]["id"] = data.splits["train"][6]["id"]


def validation_is_train(data):
    data.splits["validation"] = data.splits["train"]


def nothing(data):
    pass


def bytes_of(content):
    return lambda path: path.write_bytes(content(path.read_bytes()))


def checkpoint_file(name, **changed):
    def damage(folder):
        path = folder / name
        path.write_text(json.dumps(read_json(path) | changed), encoding="utf-8")

    return damage


def other_model(folder):
    """A model with rows for far more tokens than the tokenizer has."""
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    model.resize_token_embeddings(2000)
    model.save_pretrained(folder)


PREFIXES = {"summarization": {"prefix": "summarize: "}, "translation": {"prefix": "translate English to German: "}}
# What is wrong -> (recipe, what is done to the data, to the training file, to the checkpoint, flags, exit code, what is
# said of it, whole: the sentence, the examples, the remedy)
WHOLE = {
    "nothing": ("summarize_t5", nothing, bytes_of(lambda text: b""), None, {}, 2,
        "FAIL start: problems that keep the run from beginning --train_file train.jsonl: holds no row; at "
        "least one record is needed -> as the message says"),
    "a picture": ("paraphrase_bart", nothing, bytes_of(lambda text: b"\x89PNG\r\n\x1a\n\0\0"), None, {}, 2,
        "FAIL start: problems that keep the run from beginning --train_file train.jsonl line 1: not UTF-8: "
        "byte 0x89; --encoding NAME reads it, by cp1252 '‰PNG', cp1251 '‰PNG', gb18030 '塒NG', shift_jis "
        "'臼NG'; others are cp1250 cp1253 euc_kr big5 utf-16 -> as the message says"),
    "another encoding": (
        "translate_mt5_lora", every("target", lambda text, number: f"{text} für"),
        bytes_of(lambda text: text.decode().encode("latin-1")), None, {}, 2,
        "FAIL start: problems that keep the run from beginning --train_file train.jsonl line 1: not UTF-8: "
        "byte 0xfc; --encoding NAME reads it, by cp1252 'r will wegen Paket für\"}', cp1251 'r will wegen "
        "Paket fьr\"}', gb18030 'r will wegen Paket f黵\"}'; others are cp1250 cp1253 euc_kr big5 utf-16 -> as"
        " the message says"),
    "no such column": ("qa_t5", without_column("question"), None, None, {}, 2,
        "FAIL start: 3 problems that keep the run from beginning train.jsonl: no column 'question' or "
        "'query' or 'question_text' for question; it has 'id', 'context', 'text'; name one with "
        "--question_column validation.jsonl: no column 'question' or 'query' or 'question_text' for "
        "question; it has 'id', 'context', 'text'; name one with --question_column -> as the message says"),
    "no such file": ("convo_flant5", nothing, None, None, {"train_file": "no.jsonl"}, 2,
        "FAIL start: problems that keep the run from beginning --train_file no.jsonl: no such file -> as "
        "the message says"),
    "no target at all": (
        "summarize_t5", every("target", lambda text, number: None, ("train",)), None, None, {}, 2,
        "FAIL start: 61 problems that keep the run from beginning train.jsonl: none of its 60 rows can be "
        "used train.jsonl line 1: column 'summary' is null; needed: text that is not empty, or a list of "
        "such texts -> as the message says"),
    "two rows of one id": ("paraphrase_bart", same_ids, None, None, {}, 0,
        "train: ids are row numbers, for 'id' is not a different text in each row validation: ids"),
    "one target for all": (
        "summarize_t5", every("target", lambda text, number: "Ann asks for a lamp."), None, None, {}, 0,
        "warn pairs: 60 of 60 training rows have one and the same target, 'Ann asks for a lamp.': there is "
        "little to learn train.jsonl id train-0 -> look at the target's column: it may be the wrong one"),
    "ids for targets": (
        "paraphrase_bart", every("target", lambda text, number: f"A-{7000 + number}"), None, None, {}, 0,
        "warn pairs: 60 of 60 targets are numbers, ids or addresses that their other side does not hold "
        "train.jsonl id train-0 'A-7000' train.jsonl id train-1 'A-7001' -> look at the target's column: it"
        " may be the wrong one"),
    "addresses for sources": (
        "summarize_t5", every("source", lambda text, number: f"https://example.org/{number}"), None, None, {}, 0,
        "warn pairs: 60 of 60 sources are numbers, ids or addresses that their other side does not hold "
        "train.jsonl id train-0 'https://example.org/0' train.jsonl id train-1 'https://example.org/1' -> "
        "look at the source's column: it may be the wrong one"),
    "source and target changed places": (
        "summarize_t5", swapped, None, None, {}, 0,
        "warn pairs: 84 of 84 targets hold their whole source and much more: source and target may have "
        "changed places train.jsonl id train-0 'of asks parcel her please blue lamp ord... train.jsonl id "
        "train-1 'is mug your says order number reports p... -> give the columns the other way round"),
    "targets slipped by a line": (
        "translate_mt5_lora", slipped, None, None, {}, 0,
        "warn pairs: 180 of 180 targets have, by words and lengths, no more to do with their sources than "
        "with those of other rows train.jsonl id train-0 'kaputter mit ihre wegen das wegen das s... "
        "train.jsonl id train-1 'auf heute ein hallo Paket das wegen von... -> look at some rows: a column "
        "may have slipped by a line, or was sorted without the other"),
    "validation is training": (
        "translate_mt5_lora", validation_is_train, None, None, {}, 0,
        "warn splits: 60 of 60 validation rows stand in train, too (60 letter by letter): their scores tell"
        " nothing new validation.jsonl id train-0 and train.jsonl id train-0 validation.jsonl id train-1 "
        "and train.jsonl id train-1 -> --write_clean takes them out of train"),
    "sources cut": (
        "summarize_t5", nothing, None, None, {"max_source_length": 8}, 0,
        "warn lengths: 60 of 60 sources are cut (100.0 %): 75 % of the text is never read train.jsonl id "
        "train-0: 29 tokens train.jsonl id train-1: 31 tokens -> --max_source_length 35 would cut 1 %, or "
        "--long_source windows"),
    "targets cut": (
        "paraphrase_bart", nothing, None, None, {"max_target_length": 8}, 0,
        "warn lengths: 60 of 60 targets are cut (100.0 %), and the model learns to end in the middle "
        "train.jsonl id train-0: 21 tokens train.jsonl id train-1: 23 tokens -> --max_target_length 24 "
        "would cut 1 %"),
    "targets shorter than allowed": (
        "qa_t5", nothing, None, None, {"min_new_tokens": 40}, 0,
        "warn lengths: 60 of 60 targets are shorter than --min_new_tokens 40: the model is kept from "
        "writing them train.jsonl id train-0 train.jsonl id train-1 -> --min_new_tokens 3"),
    "another script": (
        "translate_mt5_lora", every("target", lambda text, number: damages.RUSSIAN), None, None, {}, 2,
        "warn pairs: 60 of 60 training rows have one and the same target, 'Лампа не пришла, пожалуйста, "
        "верните де...: there is little to learn train.jsonl id train-0 -> look at the target's column: it "
        "may be the wrong one FAIL tokens: 60 texts hold characters that the tokenizer cannot keep: 'Л', "
        "'а', 'в', 'г', 'д', 'е', 'ж', 'и', 'й', 'к', 'л', 'м', ... 9 more -> 96 % of the targets is lost: "
        "choose a model whose tokenizer knows this script, such as google/mt5-small FAIL tokens: 60 of 60 "
        "texts have unknown tokens (42.9 % of the tokens of targets) train.jsonl id train-0 train.jsonl id "
        "train-1 -> choose a model whose tokenizer knows this script, such as google/mt5-small"),
    "another end token": (
        "summarize_t5", nothing, None, checkpoint_file("config.json", eos_token_id=5), {}, 0,
        "beware the checkpoint says eos_token_id 5; 1 is taken, which its tokenizer's targets ask for"),
    "another padding token": (
        "qa_t5", nothing, None, checkpoint_file("generation_config.json", pad_token_id=4), {"dry_run": False}, 0,
        "beware the checkpoint says pad_token_id 4; 0 is taken, which its tokenizer's targets ask for"),
    "padding on the left": (
        "summarize_t5", nothing, None, checkpoint_file("tokenizer_config.json", padding_side="left"), {}, 0,
        "warn checkpoint: the tokenizer's files say padding_side left: pads on the right here, whatever "
        "they say -> none is needed"),
    "a vocabulary of another size": (
        "summarize_t5", nothing, None, other_model, {}, 0,
        "warn checkpoint: rows for 2000 tokens, and a tokenizer of 139: it may be another model's -> name "
        "the model's own tokenizer, or leave --tokenizer_name out"),
    "no prefix": (
        "summarize_t5", nothing, None, checkpoint_file("config.json", task_specific_params=PREFIXES),
        {"source_prefix": ""}, 0,
        "warn checkpoint: 60 of 60 sources begin with none of the prefixes that this checkpoint was trained"
        " with: 'summarize: ', 'translate English to German: ' train.jsonl id train-0 'of asks parcel her "
        "please blue lamp ord... -> --source_prefix 'summarize: '"),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_wrong_as_a_whole(name, doctor, smalls, tmp_path):
    recipe, damage, damage_file, damage_model, flags, wanted, said = WHOLE[name]
    data = damages.good(recipe)
    damage(data)
    if damage_model:
        model = tmp_path / "model"
        shutil.copytree(smalls(recipe).model, model)
        damage_model(model)
        flags = flags | {"model_name_or_path": model}
    if damage_file:
        write, data.write = data.write, lambda folder: damaged_file(write(folder), damage_file)
    code, out = doctor(recipe, data, **flags)
    assert said in out.replace(f"{tmp_path}/data/", ""), out
    assert code == wanted, out


def damaged_file(paths, damage):
    damage(paths["train_file"])
    return paths


def test_forty_kinds_of_damage():
    """Each with its message and exit code: those of a row, of a whole, of a recipe's labels and sources."""
    assert len(SAID) + len(WHOLE) + len(FAULTS) >= 53


# ---------------------------------------------------------------- the doctor's own flags


def test_strict_makes_a_warning_a_failure(doctor):
    data = damages.good(RECIPE)
    damages.ROWS["HTML"][1](data, 7)
    assert doctor(RECIPE, data)[0] == 0
    code, out = doctor(RECIPE, data, "--strict")
    assert code == 2 and "warn rows: 1 of 84 rows hold HTML" in out


def test_json_is_all_that_is_printed(doctor, smalls, tmp_path, capsys):
    data = damages.good(RECIPE)
    damages.ROWS["HTML"][1](data, 7)
    flags = smalls(RECIPE).flags(**data.write(tmp_path / "data"), dry_run=True)
    assert doctor_script.main([RECIPE, "--json", *flags]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["exit_code"] == 0
    (html,) = [one for one in told["findings"] if one["check"] == "html"]
    assert (html["level"], html["count"], html["of"], html["group"]) == ("warn", 1, 84, "rows")
    assert "train.jsonl id train-7" in html["examples"][0] and "--write_clean" in html["remedy"]


def test_write_clean_leaves_out_what_it_names_and_touches_nothing(doctor, tmp_path):
    data = damages.good(RECIPE)
    wanted = {}
    for place, name in ((3, "HTML"), (7, "N/A"), (11, "copied"), (15, "blank")):
        for row in damages.ROWS[name][1](data, place):
            wanted[row] = damages.ROWS[name][0]
    damages.ROWS["broken line"][1](data, 0)
    leaked = damages.ROWS["leaked"][1](data, 20)[1]  # its twin in training goes, that of the test split stays
    clean = tmp_path / "clean"
    code, out = doctor(RECIPE, data, "--write_clean", str(clean))
    given = tmp_path / "data"
    assert code == 2  # rows that cannot be read
    before = {path.name: path.read_bytes() for path in given.iterdir()}
    left = read_jsonl(clean / "left_out.jsonl")
    assert {one["record"]["id"]: one["why"].partition(": ")[2] for one in left if "id" in one["record"]} == {
        "train-3": "html", "train-7": "word_for_nothing", "train-11": "copied", leaked: "same_pair",
        "train-15": next(one["why"] for one in left if one["record"].get("id") == "train-15").partition(": ")[2],
    }  # fmt: skip
    assert [one["line"] for one in left if "id" not in one["record"]] == [61]
    assert all(one["file"].endswith("train.jsonl") for one in left)
    kept = [row["id"] for row in read_jsonl(clean / "train.jsonl")]
    assert kept == [f"train-{n}" for n in range(60) if n not in (3, 7, 11, 15, 20)]
    for split in ("validation", "test"):
        assert read_jsonl(clean / f"{split}.jsonl") == data.splits[split]
    assert "55 of 61 records" in out and "left_out.jsonl, 6 records" in out
    again = {"train_file": clean / "train.jsonl", "validation_file": clean / "validation.jsonl"}
    code, out = doctor(RECIPE, data, test_file=clean / "test.jsonl", **again)
    assert (code, "nothing wrong" in out) == (0, True), out
    assert {path.name: path.read_bytes() for path in given.iterdir()} == before
    code, out = doctor(RECIPE, data, "--write_clean", str(clean))
    assert code == 2 and "exists and is not empty; name a new folder" in out


def test_the_first_rows_stand_side_by_side_one_place_apart(doctor):
    code, out = doctor(RECIPE)
    start = out.index("decoder <pad>")
    reads, writes = out[start:].split(" source ")[0].split(" labels ")[0].split()[1:], out[start:].split(" labels ")[1]
    writes = writes.split(" source ")[0].split()
    assert reads[1:7] == writes[:6]
    assert "</s>" in writes


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
    return visit.visit(visit.find_recipe(recipe), ["--config", config, "--dry_run", *words])


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


# ---------------------------------------------------------------- steps of training, in recipes with a fault

COLLATOR = "data_collator=learning.Collator(tokenizer, model, settings.mask_special_tokens)"
FAULTY = """
def collator(tokenizer, model):
    good = learning.Collator(tokenizer, model)
    {before}

    def collate(features):
        batch = dict(good(features))
        {after}
        return batch

    return collate


# ---------------------------------------------------------------- Main
"""
FAULTS = {
    "labels that are not shifted": (
        {"after": 'batch["decoder_input_ids"] = batch["labels"].clamp(min=0)'},
        "FAIL labels: the decoder reads the very tokens that it shall write: labels are not shifted",
    ),
    "padding that counts": (
        {"after": 'batch["labels"] = batch["labels"].masked_fill(batch["labels"] == -100, tokenizer.pad_token_id)'},
        "of 8 labels of a batch hold the padding token '<pad>' behind their end, and padding is learned",
    ),
    "padding on the left": (
        {"before": 'tokenizer.padding_side = "left"'},
        "FAIL labels: 2 sources and labels of a batch are padded on the left",
    ),
}


@pytest.fixture
def own_recipe(tmp_path):
    """own_recipe({text: another}): a copy of summarize_t5.py with other lines, as a user makes one."""

    def write(changes):
        text = (ROOT / "recipes/summarize_t5.py").read_text(encoding="utf-8")
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "headlines.py"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def probed(doctor, smalls, capsys, tmp_path):
    """probed(recipe's file or name, words): (exit code, the table) with steps of training."""

    def run(recipe, *words, **changed):
        limits = {"max_source_length": 64, "max_target_length": 24}
        paths = damages.good("summarize_t5").write(tmp_path / "data")
        flags = smalls("summarize_t5").flags(**{**limits, **paths, **changed})
        code = doctor_script.main([recipe, *words, *flags])
        return code, " ".join(capsys.readouterr().out.split())

    return run


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_collator_is_named(name, own_recipe, probed):
    parts, said = FAULTS[name]
    code_of_it = FAULTY.format(**{"before": "", "after": "", **parts})
    main = "\n# ---------------------------------------------------------------- Main\n"
    code, out = probed(own_recipe({COLLATOR: "data_collator=collator(tokenizer, model)", main: code_of_it}))
    assert code == 2
    assert said in out, out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('SOURCE = "summarize: {document}"', 'SOURCE = "summarize: {document} {summary}"',
         "SOURCE and TARGET both have {summary}: the model reads what it shall write"),
        ("def trivial(row):", "def prepare(row, settings, tokenizer):\n"
         '    return [f"{row[\'document\']} It is about: {row[\'summary\'][0]} and so on"]\n\n\n'
         "def learned(row, source, settings):\n    return row['summary'][0]\n\n\ndef trivial(row):",
         "the source holds the target, which its fields do not: the model reads what it shall write"),
    ],
    ids=["template", "prepare"],
)  # fmt: skip
def test_answers_in_the_source_are_named(old, new, said, own_recipe, doctor, smalls, tmp_path, capsys):
    data = damages.good("summarize_t5")
    for rows in data.splits.values():  # of words that stand elsewhere in the document
        for row in rows:
            row["summary"] = " ".join(row["summary"].split()[::-1])
    flags = smalls("summarize_t5").flags(**data.write(tmp_path / "data"), dry_run=True)
    code = doctor_script.main([own_recipe({old: new}), *flags])
    assert said in " ".join(capsys.readouterr().out.split())
    assert code == 2


def test_learning_and_machine(probed):
    """The untrained weights are known by their loss; eight rows are learned by heart."""
    code, out = probed("summarize_t5", "--overfit", "8", learning_rate=3e-3)
    assert code == 0
    assert "the checkpoint does not know these tokens; it is untrained" in out
    assert "ok learning: on 60 rows the loss goes from " in out
    assert "ok machine: " in out and " GiB for batches of 8 rows of " in out and " s an epoch of 8 steps" in out
    heart = re.search(r"(ok|warn|FAIL) learning: 8 rows learned by heart: loss (\S+) after \d+ steps, (\d) of 8", out)
    assert heart and float(heart[2]) < 0.1 and int(heart[3]) >= 7, out


def test_lora_is_probed_twice(smalls, tmp_path, capsys):
    """The trainer merges what LoRA learned at its end; the second probe begins with it apart again, and at zero."""
    flags = smalls("translate_mt5_lora").flags(**damages.good("translate_mt5_lora").write(tmp_path / "data"))
    doctor_script.main(["translate_mt5_lora", "--overfit", "4", *flags])
    out = " ".join(capsys.readouterr().out.split())
    assert "learning: on 60 rows the loss goes from " in out
    assert "learning: 4 rows learned by heart: loss " in out


def test_what_was_learned_by_heart_and_does_not_come_back(own_recipe, probed):
    """Unshifted labels bring the loss to nothing: the decoder only copies what it reads."""
    main = "\n# ---------------------------------------------------------------- Main\n"
    code_of_it = FAULTY.format(before="", **FAULTS["labels that are not shifted"][0])
    recipe = own_recipe({COLLATOR: "data_collator=collator(tokenizer, model)", main: code_of_it})
    code, out = probed(recipe, "--overfit", "8", learning_rate=3e-3)
    assert code == 2
    assert "0 of 8 targets come back word for word" in out, out
    assert "look at decoder_input_ids and labels" in out


def test_the_tokenizer_of_another_model_is_named(tmp_path, capsys):
    """The bundled T5 with a tokenizer that has as many pieces, under other numbers."""
    rows = read_jsonl(ROOT / "data/tickets/train.jsonl")[:80]
    flags = ["--train_file", write_jsonl(tmp_path / "train.jsonl", rows), "--max_source_length", "128"]
    own = ["--model_name_or_path", str(ROOT / "data/models/tiny-t5")]
    code = doctor_script.main(["summarize", *flags, *own])
    assert "does not know these tokens" not in " ".join(capsys.readouterr().out.split())
    assert code == 0
    other = tmp_path / "other"
    shutil.copytree(ROOT / "data/models/tiny-t5", other)
    told = read_json(other / "tokenizer.json")
    special = {token["content"] for token in told["added_tokens"]}
    pieces = [piece for piece in told["model"]["vocab"] if piece not in special]
    numbers = [told["model"]["vocab"][piece] for piece in pieces]
    told["model"]["vocab"] |= dict(zip(pieces, numbers[::-1], strict=True))
    (other / "tokenizer.json").write_text(json.dumps(told), encoding="utf-8")
    doctor_script.main(["summarize", *flags, *own, "--tokenizer_name", str(other)])
    out = " ".join("".join(capsys.readouterr()).split())
    assert "the checkpoint does not know these tokens; it is untrained, or the tokenizer is another model's" in out, out


@pytest.mark.slow
@pytest.mark.parametrize("recipe", BUNDLED)
def test_64_rows_of_each_bundled_task_are_learned_by_heart(recipe, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    config = f"configs/embedded/{BUNDLED[recipe][0]}.yaml"
    code = doctor_script.main([recipe, "--overfit", "64", "--json", "--config", config])
    found = {one["check"]: one for one in json.loads(capsys.readouterr().out)["findings"]}
    assert code == 0
    assert found["by_heart"]["level"] == "pass", found["by_heart"]


# ---------------------------------------------------------------- what stops a run


def test_trap_18_padding_in_the_labels_stops_the_run(own_recipe, smalls, tmp_path, capsys):
    """A recipe that pads its targets before the collator sees them, as old scripts do."""
    padded = '    tables["train"] = tables["train"].map(lambda one: {"labels": (one["labels"] + [0] * 24)[:24]})\n'
    look = "    doctor.look(run, splits"
    recipe = visit.find_recipe(own_recipe({look: padded + look}))
    flags = smalls("summarize_t5").flags(**damages.good("summarize_t5").write(tmp_path / "data"))
    assert run_recipe([*flags, "--output_dir", str(tmp_path / "out")], recipe.main) == 2
    assert "60 of 60 labels hold the padding token '<pad>', which is learned like any other" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_trap_19_a_tokenizer_that_loses_most_of_the_targets_stops_the_run(smalls, tmp_path, capsys):
    data = damages.good("summarize_t5")
    for rows in data.splits.values():
        for row in rows:
            row["summary"] = damages.RUSSIAN
    flags = smalls("summarize_t5").flags(**data.write(tmp_path / "data"), max_target_length=128)
    assert run_recipe([*flags, "--output_dir", str(tmp_path / "out")], smalls("summarize_t5").main) == 2
    said = capsys.readouterr().err
    assert "of the targets is lost: choose a model whose tokenizer knows this script, such as google/mt5-small" in said
    assert not (tmp_path / "out").exists()
