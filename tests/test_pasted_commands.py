# SPDX-License-Identifier: Apache-2.0
"""Commands from elsewhere, as they stand there: each runs to the end of a dry run, or is refused with its reason."""

import importlib
import re
import shlex
import subprocess
import sys

import harness
import pytest
import torch
import transformers
import yaml
from conftest import ROOT
from helpers import read_json, run_recipe, write_jsonl

from recipes.common.tasks import task_of_module
from recipes.typed.flags import of_words

COMMANDS = yaml.safe_load((ROOT / "tests/pasted_commands.yaml").read_text(encoding="utf-8"))
DOCUMENT = ROOT / "docs/flags.md"
MODELS = ("model_name_or_path", "model", "tokenizer_name")
FILES = {"train_file": "train", "data_path": "train", "validation_file": "validation", "test_file": "test"}
DATA_SETS = ("dataset_name", "dataset_config", "dataset_config_name")
LANGUAGES = {"source_lang": "en", "src_lang": "en", "target_lang": "de", "tgt_lang": "de"}


@pytest.fixture
def local(smalls, tmp_path, monkeypatch):
    """A function: the flags of a command, with a tiny model and its data in the place of what the command names."""

    def flags(entry):
        small = smalls(entry["recipe"]) if entry["recipe"] in harness.NAMES else smalls("summarize_t5")
        columns = dict(zip(columns_of(entry["recipe"]), names_of(small), strict=False))
        words = shlex.split(entry["command"])
        script = max(place for place, word in enumerate(words) if word.endswith(".py"))
        typed = of_words(words[script + 1 :])
        languages = {LANGUAGES[name]: values[0] for name, values in typed if name in LANGUAGES}
        for split, rows in small.rows.items():
            write_jsonl(tmp_path / f"{split}.jsonl", [{languages.get(k, k): v for k, v in row.items()} for row in rows])
        changed = {}
        for name, values in typed:
            if name in FILES:
                values = [tmp_path / f"{FILES[name]}.jsonl"]
            elif name in MODELS:
                values = [small.model]
            elif name == "output_dir":
                values = [tmp_path / "out"]
            elif name in columns:
                values = [columns[name]]
            if name not in DATA_SETS or entry.get("both"):
                changed[name] = values
        given = {*changed}
        if not given & {"train_file", "data_path"}:
            changed |= {f"{split}_file": [tmp_path / f"{split}.jsonl"] for split in ("train", "validation")}
        if not given & {*MODELS}:
            changed["model_name_or_path"] = [small.model]
        return [word for name, values in changed.items() for word in (f"--{name}", *map(str, values))]

    monkeypatch.chdir(tmp_path)
    return flags


def columns_of(recipe):
    return [flag for flag, _ in task_of_module(importlib.import_module(f"recipes.{recipe}")).columns.values()]


def names_of(small):
    return [name for name in next(iter(small.rows.values()))[0] if name != "id"]


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry["from"])
def test_runs_or_is_refused(entry, local, monkeypatch, capsys):
    monkeypatch.setattr("recipes.typed.trial.get_token", lambda: None)
    main = importlib.import_module(f"recipes.{entry['recipe']}").main
    code = run_recipe([*local(entry), "--dry_run", "True"], main)
    out, err = capsys.readouterr()
    if "refused" in entry:
        assert (code, entry["refused"] in err) == (2, True), err
    else:
        assert code == 0, err
        assert "input_ids" in out


@pytest.mark.slow
def test_fastchat_s_command_trains_in_parts(local, smalls, tmp_path):
    """As it stands in FastChat's README, with two processes instead of four, on a tiny model and its data."""
    entry = next(entry for entry in COMMANDS if entry["from"] == "FastChat, README.md, FastChat-T5")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    scripts = [ROOT / "tests/parts_on_cpu.py", ROOT / f"recipes/{entry['recipe']}.py"]
    flags = local(entry)
    write_jsonl(tmp_path / "train.jsonl", smalls(entry["recipe"]).rows["train"][:6])  # a few short conversations
    run = subprocess.run([*launch, *scripts, *flags], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    record = read_json(tmp_path / "out/run.json")
    asked = {name: record["arguments"][name] for name in ("fsdp", "bf16", "activation_checkpointing", "save_steps")}
    assert asked == {"fsdp": True, "bf16": True, "activation_checkpointing": True, "save_steps": 300}
    assert (record["status"], record["world_size"]) == ("done", 2)
    assert len(record["peak_memory_of_processes"]) == 2
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "out")
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def table():
    """What docs/flags.md says of the commands; `python tests/test_pasted_commands.py` writes it anew."""
    lines = ["| command | recipe | outcome |", "|---|---|---|"]
    for entry in COMMANDS:
        outcome = f"refused: `{entry['refused'].rstrip(': ')}`" if "refused" in entry else "runs"
        lines.append(f"| {entry['from']} | {entry['recipe']} | {outcome} |")
    return "\n".join(lines)


def test_the_page_has_the_outcome_of_each_command():
    assert table() in DOCUMENT.read_text(encoding="utf-8")


if __name__ == "__main__":
    page = DOCUMENT.read_text(encoding="utf-8")
    before, after = re.split(r"\| command \| recipe.*?\n\n", page, flags=re.S)
    DOCUMENT.write_text(f"{before}{table()}\n\n{after}", encoding="utf-8")
