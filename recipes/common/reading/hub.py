# SPDX-License-Identifier: Apache-2.0
"""Data sets: from the Hub, from the copy of one in the library's cache, or from a local folder."""

import hashlib
from pathlib import Path
from typing import Any

import datasets
from huggingface_hub import constants, get_session

from recipes.common import UserError, disk, listed
from recipes.common.reading.splits import Splits
from recipes.common.upstream import hub
from recipes.files import READERS, Rows, arrow_rows, kind_of, read_file

SPELLINGS = {"train": ("train",), "validation": ("validation", "valid", "dev", "val"), "test": ("test",)}


def read_dataset(splits: Splits, settings: Any) -> None:
    """Put rows and sources of --dataset_name into `splits`.

    Raises:
        UserError: it cannot be loaded, or has nothing to train on.
    """
    name, config, revision = settings.dataset_name, settings.dataset_config_name, settings.dataset_revision
    if Path(name).is_file():
        raise UserError(f"--dataset_name {name}: is a file; give it with --train_file")
    try:
        files = _files(splits, name, config) if Path(name).is_dir() and not hub.is_saved(name) else None
        from_cache = not (Path(name).is_dir() or hub_answers())
        loaded = files or hub.load_as_text(name, config, revision, from_cache)
    except Exception as error:  # whatever it raises is about the name, the network, the cache or the files
        raise UserError(f"--dataset_name {name}: {_fault(error)}") from error
    unused = list(loaded)
    for split, spellings in SPELLINGS.items():
        spelling = next((one for one in spellings if loaded.get(one)), None)  # a split without rows is false
        if spelling is None:
            continue
        origin: dict[str, Any] = {"dataset": name, "config": config, "revision": revision, "split": spelling}
        rows = _rows_of_files(loaded[spelling], settings) if files else _rows(loaded[spelling], f"{name} ({spelling})")
        splits[split], splits.sources[split] = rows, origin | rows.origin | {"rows": len(rows)}
        splits.notes += rows.notes
        unused.remove(spelling)
    if "train" not in splits:
        raise UserError(f"--dataset_name {name}: has no rows for 'train'; its splits: {listed(loaded)}")
    if unused:
        splits.notes.append(f"--dataset_name {name}: splits not used: {listed(unused)}")


def _rows(data: datasets.Dataset, place: str) -> Rows:
    origin = {"commit": hub.commit(data), "fingerprint": hub.fingerprint(data)}
    return Rows(arrow_rows(data.with_format("arrow")[:], place), origin)


def _files(splits: Splits, name: str, config: str | None) -> dict[str, list[Path]]:
    """Split -> data files of a folder, as the library finds them; none if one of them is of a kind of its own.

    We read them ourselves: the library's CSV reader takes N/A for missing and 007 for 7, a quote in a .tsv swallows
    rows, and all files must have the same columns.
    """
    builder = datasets.load_dataset_builder(name, config)
    found = {str(split): [Path(one) for one in paths] for split, paths in (builder.config.data_files or {}).items()}
    used = {path for paths in found.values() for path in paths}
    folder = Path(name).resolve()
    if any(not path.is_file() or kind_of(path) not in READERS or kind_of(path) == ".txt" for path in used):
        return {}
    others = [path for path in folder.rglob("*") if kind_of(path) in READERS and path not in used]
    if others and builder.config.name == "default":
        splits.notes.append(f"--dataset_name {name}: files not used: {listed(path.name for path in others)}")
    return {split: [Path(name) / path.relative_to(folder) for path in paths] for split, paths in found.items()}


def _rows_of_files(paths: list[Path], settings: Any) -> Rows:
    parts = [read_file(path, settings) for path in paths]
    hashes = {str(path): disk.sha256(path) for path in paths}
    rows = Rows([row for part in parts for row in part], {"files": hashes})
    rows.origin["fingerprint"] = hashlib.sha256("".join(hashes.values()).encode()).hexdigest()
    rows.notes = [note for part in parts for note in part.notes]
    return rows


def hub_answers() -> bool:
    """Whether the Hub can be reached at all; never, where HF_HUB_OFFLINE is set."""
    try:
        get_session().head(constants.ENDPOINT, timeout=10)
    except Exception:  # the errors of whichever HTTP library is underneath: it has changed before
        return False
    return True


def _fault(error):
    if isinstance(error, ConnectionError):
        reach = "no folder of this name is here, the Hub is out of reach, and its cache holds no copy"
        return f"{reach}; offline, give --train_file FILE, or a folder of data files as --dataset_name"
    if "scripts are no longer supported" in str(error):  # a RuntimeError like others; only its text tells
        remedy = "take the Hub's Parquet copy of it with --dataset_revision refs/convert/parquet, or give files"
        return f"this data set is a script, which datasets 4 and later does not run; {remedy}"
    while error.__cause__:
        error = error.__cause__
    return f"{type(error).__name__}: {' '.join(str(error).split())[:600]}"
