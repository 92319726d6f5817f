# SPDX-License-Identifier: Apache-2.0
"""Runs of a recipe that the lab makes: one that only scores a finished model, or a whole new one."""

import contextlib
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from recipes import disk, record
from recipes.common import UserError, did_you_mean, running
from recipes.common.tasks import task_of_module

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("recipes", "recipes/neighbours")
PRESETS = yaml.safe_load(Path(__file__).with_name("presets.yaml").read_text(encoding="utf-8"))
# Of a run's settings: those that say where its model came from and how it was trained, not what is scored.
OF_TRAINING = {
    "model_name_or_path", "model_revision", "tokenizer_name", "config", "dry_run", "output_dir", "test_file", "freeze",
    "dropout", "mask_special_tokens", "early_stopping_patience", "eval_sample_size", "max_tokens_per_batch",
    "force_fp16", "lora_r", "lora_alpha", "lora_dropout", "lora_targets", "use_dora", "use_rslora",
}  # fmt: skip


def recipes() -> dict[str, Path]:
    """Name -> file of each recipe, those of one's own and of recipes/neighbours among them."""
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("[a-z]*.py"))]
    return {path.stem: path for path in found if "\ndef main(" in path.read_text(encoding="utf-8")}


def recipe_of(found: dict[str, Any]) -> ModuleType:
    """The repository's recipe that made a run, if it still is the same.

    Raises:
        UserError: it is not here, makes no texts, or has changed since.
    """
    name = found["recipe"]["name"]
    module = writer(name) if name in recipes() else None
    if module is None or disk.sha256(module.__file__) != found["recipe"]["sha256"]:
        raise UserError(f"{name}.py is not the one that made this run: bring that one back, or train anew")
    return module


def writer(name: str) -> ModuleType:
    """The recipe of this name, which makes a text of a row: it can be decoded otherwise, and asked by a prompt.

    Raises:
        UserError: it finds labels, spans or perplexities.
    """
    path = recipes()[name]
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if task_of_module(module).answers is not None:
        told = f"{name} makes no text of a row, so there is no decoding to choose and nothing to prompt"
        raise UserError(f"{told}; for such runs there are make sweep, make compare and make zeroshot")
    return module


def flags_of(found: dict[str, Any]) -> list[str]:
    """Flags with which a recipe scores the validation rows of a run as the run has, and nothing of its test split."""
    chosen = {name: value for name, value in found["settings"].items() if name not in OF_TRAINING}
    if chosen.get("validation_file"):
        chosen |= {"train_file": None, "max_train_samples": None}
    chosen = {name: value for name, value in chosen.items() if name not in PRESETS["neutral"]}
    chosen |= {name: found["arguments"][name] for name in ("seed", "per_device_eval_batch_size")}
    return words(chosen) + words({"do_train": False, "do_eval": True, "do_predict": False, "disable_tqdm": True})


def words(chosen: dict[str, Any]) -> list[str]:
    """{"num_beams": 4} -> ["--num_beams", "4"]; what is None or an empty list is left out."""
    flags = []
    for name, value in chosen.items():
        if value is not None and value != []:
            flags += [f"--{name}", *map(str, value if isinstance(value, list) else [value])]
    return flags


def decoding_flags(chosen: dict[str, Any]) -> list[str]:
    """Flags that decode by `chosen` alone, whatever a recipe's defaults say."""
    drawn, beams = chosen.get("do_sample", False), chosen.get("num_beams", 1) > 1
    means = {"": True, "draws": drawn, "beams": beams}
    neutral = {name: value for name, (value, needs) in PRESETS["neutral"].items() if means[needs]}
    return words(neutral | chosen)


def score(recipe: ModuleType, flags: list[str], folder: Path) -> str | None:
    """Run the recipe's main, into `folder`, with what it prints in log.txt there; None, or why it did not work.

    The weights that it writes are those of the model that was scored: they are removed.

    Raises:
        KeyboardInterrupt: it was asked to stop.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    log = folder.with_suffix(".log")
    with open(log, "w", encoding="utf-8") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        code = running.command_line(lambda: recipe.main([*flags, "--output_dir", str(folder)]))
    if code == 75:
        raise KeyboardInterrupt
    if code:
        said = [line for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
        return said[-1] if said else f"exit {code}"
    log.unlink()
    for weights in folder.glob("*.safetensors"):
        weights.unlink()
    reseal(folder, {})
    return None


def reseal(folder: Path, changed: dict[str, Any]) -> None:
    """Write the record of the run in `folder` with `changed`, and with the files that are there now."""
    found = (record.find(folder) or {}) | changed
    disk.write_json(folder / "run.json", found | {"files": disk.seal(folder, record.files_of_model(folder))})


def train(recipe: str, flags: list[str], folder: Path) -> int:
    """The exit code of a run of the recipe in a process of its own, which goes on where it stopped, if it did.

    What it says stands in FOLDER.log.

    Args:
        recipe: the name of a recipe, or a program below the repository, such as scripts/zero_shot.py.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    program = ROOT / recipe if recipe.endswith(".py") else recipes()[recipe]
    command = [sys.executable, str(program), *flags, "--output_dir", str(folder)]
    with open(f"{folder}.log", "a", encoding="utf-8") as log:
        child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=os.environ)
        # A scheduler asks this process alone: the run has to hear of it, save, and be waited for.
        before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        try:
            while True:
                try:
                    return child.wait()
                except KeyboardInterrupt:  # the terminal has told the run, too
                    continue
        finally:
            signal.signal(signal.SIGTERM, before)


def last_words(folder: Path) -> str:
    """The last line that a run in a process of its own has said."""
    log = Path(f"{folder}.log")
    said = log.read_text(encoding="utf-8").strip().splitlines() if log.is_file() else []
    return said[-1] if said else "it said nothing"


def is_done(folder: Path) -> bool:
    return (record.find(folder) or {}).get("status") == "done"


def grid(text: str) -> Iterator[dict[str, str]]:
    """Every combination of settings, the last changing fastest.

    "num_beams=1,4 length_penalty=0.8" gives two of two settings; "a+b=1+x,2+y" changes a and b together.

    Raises:
        UserError: it is not of this form, or the same setting stands there twice.
    """
    axes: list[list[dict[str, str]]] = []
    seen: set[str] = set()
    for part in text.split():
        names, equals, values = part.partition("=")
        keys = names.removeprefix("--").split("+")
        choices = [value.split("+") if len(keys) > 1 else [value] for value in values.split(",")]
        if not equals or not all(keys) or any(len(one) != len(keys) or not all(one) for one in choices):
            raise UserError(f"--grid {part}: write name=value,value, or one+other=1+a,2+b for two that change together")
        if seen & {*keys}:
            raise UserError(f"--grid {part}: {', '.join(sorted(seen & {*keys}))} stands there twice")
        seen |= {*keys}
        axes.append([dict(zip(keys, one, strict=True)) for one in choices])
    found: list[dict[str, str]] = [{}]
    for axis in axes:
        found = [one | more for one in found for more in axis]
    return iter(found if axes else [])


def label_of(chosen: dict[str, Any]) -> str:
    """A name for the screen and for a folder."""
    return " ".join(f"{name}={str(value).rstrip('/').rpartition('/')[2]}" for name, value in chosen.items())


def preset(name: str) -> dict[str, Any]:
    """The settings of a preset; a UserError says which there are."""
    known = PRESETS["presets"]
    if name not in known:
        raise UserError(f"--presets {name}: known are {', '.join(known)}{did_you_mean([name], known)}")
    return known[name]["settings"]
