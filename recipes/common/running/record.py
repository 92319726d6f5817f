# SPDX-License-Identifier: Apache-2.0
"""run.json as it is read again: by another start, by `predict`, by the report; anybody may have changed it since."""

import json
from pathlib import Path

from recipes.common import UserError, arguments, disk

# What everyone who reads a record relies on; a run writes all of it from its start on.
SHAPE = {"status": str, "recipe": dict, "settings": dict, "arguments": dict, "data": dict, "metrics": list}


def find(folder: str | Path) -> dict | None:
    """The record of the run in `folder`; None where there is none, or something that no run wrote."""
    found = disk.read_json(Path(folder) / "run.json")
    whole = isinstance(found, dict) and all(isinstance(found.get(name), kind) for name, kind in SHAPE.items())
    return found if whole else None


def read_done(folder: str | Path) -> dict:
    """The record of a run that is done; a UserError where there is none."""
    found = find(folder)
    if found is None:
        raise UserError(f"{folder}: no run.json in it that a run wrote, so it is not the folder of a run")
    if found["status"] != "done":
        raise UserError(f"{folder}: this run is {found['status']}; the command that began it goes on with it")
    return found


def changes(old: dict, new: dict) -> list[tuple]:
    """[(name, before, now)] of everything that decides the result of two records."""
    with_data = "data" in old and "data" in new
    before, now = _decisive(old, with_data), _decisive(new, with_data)
    names = sorted(before.keys() | now.keys())
    return [(name, before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name)]


def _decisive(record: dict, with_data: bool) -> dict:
    flat = {**record["arguments"], **record["settings"], "world_size": record.get("world_size")}
    flat = {name: value for name, value in flat.items() if name not in arguments.INDIFFERENT}
    flat["recipe"] = record["recipe"]
    if with_data:
        flat["data"] = record["data"]
    return json.loads(json.dumps(flat, default=str))
