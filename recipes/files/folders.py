# SPDX-License-Identifier: Apache-2.0
"""Folders of data files, in splits by their names, as the library `datasets` finds them."""

import hashlib
from pathlib import Path
from typing import Any

import datasets

from recipes import disk
from recipes.files import READERS, Rows, arrow_rows, kind_of, read_file
from recipes.wording import listed

SAVED = ("state.json", "dataset_dict.json")  # what save_to_disk leaves, whose folders load_dataset refuses


def read_folder(folder: str, config: str | None, settings: Any) -> dict[str, Rows]:
    """Split -> rows, each file read as any other; none where one of them is of a kind that only the library reads.

    For its reader of CSV takes N/A for missing and 007 for 7, lets a quote in a .tsv swallow rows, and wants the same
    columns in all files.

    Args:
        config: of a folder whose README.md names several.
    """
    root = Path(folder).resolve()
    if any((root / name).is_file() for name in SAVED):
        return _saved(folder)
    builder = datasets.load_dataset_builder(folder, config)
    found = {str(split): [Path(one) for one in paths] for split, paths in (builder.config.data_files or {}).items()}
    used = {path for paths in found.values() for path in paths}
    if any(not path.is_file() or kind_of(path) not in READERS or kind_of(path) == ".txt" for path in used):
        return {}
    others = [path.name for path in root.rglob("*") if kind_of(path) in READERS and path not in used]
    notes = [f"{folder}: files not used: {listed(others)}"] if others and builder.config.name == "default" else []
    splits = {}
    for split, paths in found.items():
        parts = [read_file(Path(folder) / path.relative_to(root), settings) for path in paths]
        splits[split] = Rows([row for part in parts for row in part], _origin(paths))
        splits[split].notes = notes + [note for part in parts for note in part.notes]
        notes = []
    return splits


def _saved(folder: str) -> dict[str, Rows]:
    loaded, origin = datasets.load_from_disk(folder), _origin(sorted(Path(folder).rglob("*.arrow")))
    splits = loaded if isinstance(loaded, datasets.DatasetDict) else {"train": loaded}
    tables = {split: data.with_format("arrow")[:] for split, data in splits.items()}
    return {split: Rows(arrow_rows(table, f"{folder} ({split})"), origin) for split, table in tables.items()}


def _origin(paths: list[Path]) -> dict[str, Any]:
    return {"fingerprint": hashlib.sha256("".join(map(disk.sha256, paths)).encode()).hexdigest(), "files": len(paths)}
