# SPDX-License-Identifier: Apache-2.0
"""More than a hundred bad inputs, generated: damaged data of all five tasks, settings, checkpoints.

Each has to end in one clear error or, where it can be used after all, as a run: no traceback, no hang, nothing that
was there overwritten.
"""

import gzip
import importlib
import json
import random
import shutil
import signal

import pytest
from conftest import make_model, make_tokenizer
from helpers import contents, run_recipe

RECIPES = {
    "summarize_t5": {"document": "Ann asks for the lamp please", "summary": "Ann asks"},
    "paraphrase_bart": {"original": "Ann wants the blue lamp today", "paraphrase": "Today Bo has a green mug"},
    "translate_mt5_lora": {"en": "the order is late", "de": "a broken mug"},
    "qa_t5": {"context": "Ann wants the blue lamp today", "question": "who wants it", "text": ["Ann"]},
    "convo_flant5": {
        "conversations": [{"from": "human", "value": "hello"}, {"from": "gpt", "value": "thanks Ann"}] * 2,
    },
}


def rows(recipe, count=12):
    """Good rows that differ."""
    text = json.dumps(RECIPES[recipe])
    return [json.loads(text.replace("Ann", f"Ann {number}")) | {"id": str(number)} for number in range(count)]


def lines(made):
    return "".join(json.dumps(row) + "\n" for row in made).encode()


def with_value(value):
    """The first field of the fourth row becomes `value`."""

    def damage(made):
        made[3][next(name for name in made[3] if name != "id")] = value
        return lines(made)

    return damage


def without_field(made):
    del made[3][next(name for name in made[3] if name != "id")]
    return lines(made)


def renamed(made):
    return lines([{f"{name}_x": value for name, value in row.items()} for row in made])


def in_the_middle(piece):
    return lambda made: lines(made[:6])[:-20] + piece + lines(made[6:])


# name of the file -> what becomes of twelve good rows, as bytes
DATA = {
    "empty.jsonl": lambda made: b"",
    "blank.jsonl": lambda made: b"\n\n \n",
    "one.jsonl": lambda made: lines(made[:1]),
    "cut.jsonl": lambda made: lines(made)[:-30],
    "page.jsonl": lambda made: b"<!DOCTYPE html><html><body>404</body></html>",
    "list.jsonl": lambda made: lines(made) + b"[1, 2]\n",
    "null.jsonl": lambda made: lines(made) + b"null\n",
    "nul.jsonl": in_the_middle(b"\x00\x00"),
    "latin.jsonl": in_the_middle(b"\xe9\xff"),
    "utf16.jsonl": lambda made: lines(made).decode().encode("utf-16"),
    "bom.jsonl": lambda made: b"\xef\xbb\xbf" + lines(made),
    "number.jsonl": with_value(7),
    "nothing.jsonl": with_value(None),
    "blanks.jsonl": with_value("  \n"),
    "object.jsonl": with_value({"a": {"b": "c"}}),
    "nested.jsonl": with_value([[["Ann"]]]),
    "true.jsonl": with_value(True),
    "surrogate.jsonl": with_value("\ud83d"),
    "controls.jsonl": with_value("\x00\x01\u202e\ufeff"),
    "missing.jsonl": without_field,
    "renamed.jsonl": renamed,
    "empty.json": lambda made: b"",
    "object.json": lambda made: b"{}",
    "text.json": lambda made: b'"text"',
    "no_rows.json": lambda made: b'{"data": []}',
    "cut.json": lambda made: json.dumps(made).encode()[:-9],
    "deep.json": lambda made: b"[" * 100_000,
    "infinite.json": lambda made: json.dumps([{**row, "more": float("inf")} for row in made]).encode(),
    "head.csv": lambda made: ",".join(made[0]).encode() + b"\n",
    "comma.csv": lambda made: b"document,summary,en,de\nAnn,asks,Bo,says,more\nAnn,asks,Bo,says\n",
    "quote.csv": lambda made: b'document,summary,en,de\n"Ann,asks,Bo,says\nAnn,asks,Bo,says\n',
    "twice.csv": lambda made: b"document,document,en,en\nAnn,asks,Bo,says\n",
    "zeros.csv": lambda made: bytes(1000),
    "short.tsv": lambda made: b"document\tsummary\ten\tde\nAnn\n",
    "no.parquet": lambda made: lines(made),
    "cut.parquet": lambda made: b"PAR1" + bytes(50),
    "no.jsonl.gz": lambda made: lines(made),
    "cut.jsonl.gz": lambda made: gzip.compress(lines(made))[:-12],
    "unknown.xyz": lambda made: lines(made),
}
# Among what the search found: brackets in brackets until Python gives up, numbers no integer of torch holds, a thousand
# sextillion workers that were really started, a weights file cut short, "[]" for a tokenizer.
VALUES = ["-1", "0", "nan", "inf", "1e400", "", "abc", "99999999999999999999999", "None", "[]", "0.5", "1e-400"]
SETTINGS = [
    "learning_rate", "num_train_epochs", "per_device_train_batch_size", "per_device_eval_batch_size",
    "max_source_length", "max_steps", "max_target_length", "num_beams", "eval_sample_size", "seed",
    "warmup_steps", "label_smoothing_factor", "gradient_accumulation_steps", "logging_steps", "save_steps",
    "eval_steps", "weight_decay", "max_grad_norm", "length_penalty", "no_repeat_ngram_size",
    "max_train_samples", "early_stopping_patience", "max_tokens_per_batch", "dataloader_num_workers",
    "preprocessing_num_workers", "save_total_limit", "eval_strategy", "save_strategy", "lr_scheduler_type",
    "optim", "metric_for_best_model", "bf16", "adam_beta1", "data_seed", "source_prefix",
]  # fmt: skip
CHECKPOINT = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "generation_config.json")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with a good T5 and a good BART."""
    folder = tmp_path_factory.mktemp("models")
    for family in ("t5", "bart"):
        tokenizer = make_tokenizer(bos="<s>") if family == "bart" else make_tokenizer()
        make_model(family, tokenizer).save_pretrained(folder / family)
        tokenizer.save_pretrained(folder / family)
    return folder


@pytest.fixture
def attempt(tmp_path, models, capfd):
    """attempt(recipe, file or None, model or None, flags): the exit code; fails where the promise is broken."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "precious.txt").write_text("mine")
    good = tmp_path / "good"
    good.mkdir()

    def hangs(*_):
        raise AssertionError("it hangs")

    def run(recipe, file=None, model=None, *flags):
        for name in RECIPES:
            (good / f"{name}.jsonl").write_bytes(lines(rows(name)))
        clean = good / f"{recipe}.jsonl"
        before = {path: path.read_bytes() for path in (*good.iterdir(), *kept.iterdir())}
        family = models / ("bart" if "bart" in recipe else "t5")
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        words = ["--model_name_or_path", str(model or family), "--train_file", str(file or clean)]
        words += ["--validation_file", str(clean), "--output_dir", str(out), "--max_target_length", "6"]
        words += ["--disable_tqdm", "True", "--num_train_epochs", "1", "--bf16", "False"]
        # The refusals are the subject: of the runs that are none, two rows are scored, and one beam is enough.
        words += ["--max_eval_samples", "2", "--eval_sample_size", "2"]
        words += [] if "length_penalty" in "".join(flags) else ["--num_beams", "1"]
        words += flags
        signal.signal(signal.SIGALRM, hangs)
        signal.alarm(120)
        try:
            code = run_recipe(words, importlib.import_module(f"recipes.{recipe}").main)
        finally:
            signal.alarm(0)
        printed = capfd.readouterr()
        told = f"{recipe} {file} {model} {flags}: exit {code}\n{printed.out[-1500:]}\n{printed.err[-3000:]}"
        assert code in (0, 1, 2), told
        assert "Traceback" not in printed.err, told
        if code:
            assert printed.err.startswith("error: ") or "\nerror: " in printed.err, told
            assert len(printed.err) < 6000, told
        if code == 2:
            assert not contents(out), told
        assert {path: path.read_bytes() for path in before} == before, told
        return code

    return run


@pytest.mark.parametrize("recipe", RECIPES)
def test_damaged_data(attempt, tmp_path, recipe):
    """Each kind of damage in the training data of each task, up to the first step; most are refused."""
    codes = {}
    for name, damage in DATA.items():
        path = tmp_path / name
        path.write_bytes(damage(rows(recipe)))
        codes[name] = attempt(recipe, path, None, "--dry_run")
    (tmp_path / "folder.jsonl").mkdir()
    codes["folder"] = attempt(recipe, tmp_path / "folder.jsonl", None, "--dry_run")
    codes["missing"] = attempt(recipe, tmp_path / "nobody.jsonl", None, "--dry_run")
    assert set(codes.values()) <= {0, 2}
    fine = [name for name, code in codes.items() if code == 0]
    assert len(fine) < len(codes) / 3, fine


def bad_settings(count=60):
    chance = random.Random(7)
    return [(chance.choice(SETTINGS), chance.choice(VALUES)) for _ in range(count)]


@pytest.mark.parametrize("part", range(3))
def test_bad_settings(attempt, part):
    """Sixty settings with values that nobody means, on runs of two steps."""
    for name, value in bad_settings()[part::3]:
        recipe = "translate_mt5_lora" if name in ("length_penalty",) else "summarize_t5"
        attempt(recipe, None, None, f"--{name}={value}", *([] if name == "max_steps" else ["--max_steps", "2"]))


@pytest.mark.parametrize(
    "name", ["per_device_train_batch_size", "max_target_length", "dataloader_num_workers", "num_beams", "seed"]
)
def test_numbers_beyond_all_sense(attempt, name):
    for value in ("99999999999999999999999", "-99999999999999999999999"):
        assert attempt("summarize_t5", None, None, f"--{name}", value) == 2


@pytest.mark.parametrize("part", CHECKPOINT)
def test_damaged_checkpoints(attempt, models, tmp_path, part):
    """Each file of a model, cut, emptied, replaced or deleted."""
    for damage in ("cut", "emptied", "replaced", "deleted"):
        folder = tmp_path / f"model-{damage}"
        shutil.copytree(models / "t5", folder)
        whole = (folder / part).read_bytes()
        (folder / part).unlink()
        if damage != "deleted":
            (folder / part).write_bytes({"cut": whole[: len(whole) // 2], "emptied": b"", "replaced": b"[]"}[damage])
        code = attempt("summarize_t5", None, folder, "--max_steps", "1")
        assert code == 2 or part in ("generation_config.json", "tokenizer_config.json"), (part, damage)
