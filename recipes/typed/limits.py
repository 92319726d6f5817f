# SPDX-License-Identifier: Apache-2.0
"""What flags.yaml says of the values of settings: what is out of range, what does nothing, what must stay."""

import math
import operator
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

TABLES = yaml.safe_load(Path(__file__).with_name("flags.yaml").read_text(encoding="utf-8"))
FIXED, INDIFFERENT = TABLES["fixed"], TABLES["indifferent"]
SWITCHED_OFF = (None, "", False, [])
HOLDS = {"at least": operator.ge, "at most": operator.le, "above": operator.gt, "below": operator.lt}
HOLDS["other than"] = operator.ne


def faults(values: dict[str, Any], given: Collection[str]) -> Iterator[str]:
    """A sentence for each value that cannot be; `given` are the names of those that somebody typed."""
    for name, value in values.items():
        fault = fault_of_number(name, value) if isinstance(value, (int, float)) else None
        if fault:
            yield f"--{name} {value}: {fault}"
    for name, (value, reason) in FIXED.items():
        if name in given and values[name] != value:
            yield f"--{name} {values[name]}: must be {value} here; {reason}"
    for name, reason in TABLES["useless"].items():
        if values[name] not in SWITCHED_OFF:
            yield f"--{name} {values[name]}: {reason}"
    for name, (needed, said) in TABLES["needs"].items():
        if name in given and values[name] not in SWITCHED_OFF and not values[needed]:
            yield f"--{name} {values[name]}: {said}"
    for name in sorted({*given} - {*TABLES["may_be_empty"]}):
        if values[name] == "":
            yield f"--{name}: is empty; give a value, or leave it out"


def fault_of_number(name: str, value: float) -> str | None:
    """Why a setting cannot have this value, such as "must be above 0"."""
    limits = TABLES["ranges"].get(name, {})
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number"
    if not all(HOLDS[word](value, limit) for word, limit in limits.items()):
        return f"must be {', '.join(f'{word} {limit:,}' for word, limit in limits.items())}"
    return f"must be at most {2**63:,}" if value > 2**63 else None
