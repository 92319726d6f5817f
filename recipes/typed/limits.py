# SPDX-License-Identifier: Apache-2.0
"""What a table says of the values of settings: numbers that are out of range, what does nothing, what must stay."""

import math
import operator
from collections.abc import Collection, Iterator
from typing import Any

SWITCHED_OFF = (None, "", False, [])
HOLDS = {"at least": operator.ge, "at most": operator.le, "above": operator.gt, "below": operator.lt}
HOLDS["other than"] = operator.ne


def faults(tables: dict[str, dict], values: dict[str, Any], given: Collection[str]) -> Iterator[str]:
    """A sentence for each value that the tables forbid.

    Args:
        tables: "ranges", "fixed", "useless", "needs" and "may_be_empty", as in common/flags.yaml.
        given: the names of `values` that somebody typed.
    """
    for name, value in values.items():
        fault = fault_of_number(value, tables["ranges"].get(name, {})) if isinstance(value, (int, float)) else None
        if fault:
            yield f"--{name} {value}: {fault}"
    for name, (value, reason) in tables["fixed"].items():
        if name in given and values[name] != value:
            yield f"--{name} {values[name]}: must be {value} here; {reason}"
    for name, reason in tables["useless"].items():
        if values[name] not in SWITCHED_OFF:
            yield f"--{name} {values[name]}: {reason}"
    for name, (needed, said) in tables["needs"].items():
        if name in given and values[name] not in SWITCHED_OFF and not values[needed]:
            yield f"--{name} {values[name]}: {said}"
    for name in sorted({*given} - {*tables["may_be_empty"]}):
        if values[name] == "":
            yield f"--{name}: is empty; give a value, or leave it out"


def fault_of_number(value: float, limits: dict[str, float]) -> str | None:
    """Why a number cannot have this value, such as "must be above 0"."""
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number"
    if not all(HOLDS[word](value, limit) for word, limit in limits.items()):
        return f"must be {', '.join(f'{word} {limit:,}' for word, limit in limits.items())}"
    return f"must be at most {2**63:,}" if value > 2**63 else None
