# SPDX-License-Identifier: Apache-2.0
"""What was read, split by split, and what there is to say of it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any


class Splits(dict):
    """Split -> rows as they were read, and examples {"id", field: text or, for a field of `several`, texts} in the end.

    `columns`: field -> column; `counts`: split -> {"read", "used", "left_out": [{"file", "reason", "unit", "lines"}]};
    `sources`: split -> its origin; `notes`: sentences for the user. Of new rows, which come in pieces: `rows` as they
    were read, the number of the `first`, and whether their `own_ids` name them.
    """

    def __init__(self, splits: Iterable = (), several: Iterable[str] = (), may_be_empty: Iterable[str] = ()):
        super().__init__(splits)
        self.may_be_empty = list(may_be_empty)
        self.several, self.columns, self.counts, self.sources, self.notes = list(several), {}, {}, {}, []
        self.first, self.own_ids, self.rows = 1, True, []

    def __missing__(self, split: str) -> Any:
        """Where a model is only scored, some splits are not there; the first one tells as much of the data."""
        return next(iter(self.values()))

    @property
    def report(self) -> dict[str, Any]:
        """What run.json tells of the data."""
        about = {"columns": self.columns, "several": self.several, "may_be_empty": self.may_be_empty}
        return about | {"rows": self.counts, "sources": self.sources, "notes": self.notes}

    def remark(self, what: str, applies: Callable[[dict], bool]) -> None:
        """Note for each split in how many of its examples `applies`, and which."""
        for split, examples in self.items():
            ids = [example["id"] for example in examples if applies(example)]
            if ids:
                self.notes.append(f"{split}: {len(ids)} of {len(examples)} {what}: id {first_five(ids)}")


def first_five(items: Sequence[object]) -> str:
    """The first of them, and whether there are more: 1, 2, 3, 4, 5, ..."""
    return ", ".join(map(str, items[:5])) + (", ..." if len(items) > 5 else "")
