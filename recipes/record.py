# SPDX-License-Identifier: Apache-2.0
"""run.json as it is read again: by another start, by `predict`, by the report; anybody may have changed it since."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from recipes import disk
from recipes.pretrained.opening import model_commit
from recipes.typed.limits import INDIFFERENT

# What everyone who reads a record relies on; a run writes all of it from its start on.
SHAPE = {"status": str, "recipe": dict, "settings": dict, "arguments": dict, "data": dict, "metrics": list}
# What a model is made of, and what is told of it; a card, a page and a person's notes may change.
MODEL = ("*.json", "*.jsonl", "*.safetensors", "*.bin", "*.model", "vocab.*", "merges.txt", "*.jinja", "adapter/*")


def find(folder: str | Path) -> dict | None:
    """The record of the run in `folder`; None where there is none, or something that no run wrote."""
    found = disk.read_json(Path(folder) / "run.json")
    if not isinstance(found, dict) or not isinstance(found.setdefault("files", {}), dict):
        return None
    return found if all(isinstance(found.get(name), kind) for name, kind in SHAPE.items()) else None


def changes(old: dict, new: dict) -> list[tuple]:
    """[(name, before, now)] of everything that decides the result of two records; names of inner parts have dots."""
    before, now = decisive(old), decisive(new)
    if not (before["base"] and now["base"]):  # the Hub's cache did not know a commit yet
        before["base"] = now["base"]
    before, now = dict(_parts(before)), dict(_parts(now))
    names = sorted(before.keys() | now.keys())
    return [(name, before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name)]


def _parts(found: dict, prefix: str = "") -> Iterator[tuple[str, object]]:
    """What nested dictionaries hold, by dotted names: so that a difference is one line, not two whole tables."""
    for name, value in found.items():
        if isinstance(value, dict):
            yield from _parts(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def decisive(record: dict) -> dict:
    """What decides the result of a run, as JSON: settings, recipe, data, the model that it begins with."""
    flat = {**record["arguments"], **record["settings"]}
    flat = {name: value for name, value in flat.items() if name not in INDIFFERENT}
    flat |= {name: record.get(name) for name in ("world_size", "recipe", "data", "base")}
    return json.loads(json.dumps(flat, default=str))


def base_of(settings) -> dict[str, str]:
    """What identifies model and tokenizer beyond their names: a hash of their files, or the commit on the Hub."""
    found = {}
    for name, revision in ((settings.tokenizer_name, None), (settings.model_name_or_path, settings.model_revision)):
        with contextlib.suppress(OSError, ValueError):  # what is wrong with it is said where it is loaded
            if name and Path(name).is_dir():
                hashes = {path.name: disk.sha256(path) for path in files_of_model(Path(name))}
                found[name] = hashlib.sha256(disk.json_line(hashes).encode()).hexdigest()
            elif name and (commit := model_commit(name, revision)):
                found[name] = commit
    return found


def files_of_model(folder: Path) -> list[Path]:
    """The files in a folder that make a model and its tokenizer, and what a run says of them."""
    found = {path for pattern in MODEL for path in folder.glob(pattern) if path.is_file()}
    return sorted(found - {folder / "run.json"})
