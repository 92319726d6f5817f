# SPDX-License-Identifier: Apache-2.0
"""Data sets: from the Hub, from the copy of one in the library's cache, or from a local folder."""

from pathlib import Path
from typing import Any

from recipes.common import UserError, listed
from recipes.common.reading.splits import Splits
from recipes.common.upstream import hub
from recipes.files import Rows, arrow_rows
from recipes.files.folders import read_folder
from recipes.pretrained.opening import hub_answers

SPELLINGS = {"train": ("train",), "validation": ("validation", "valid", "dev", "val"), "test": ("test",)}


def read_dataset(splits: Splits, settings: Any) -> None:
    """Put rows and sources of --dataset_name into `splits`.

    Raises:
        UserError: it cannot be loaded, or has nothing to train on.
    """
    name, config, revision = settings.dataset_name, settings.dataset_config_name, settings.dataset_revision
    if Path(name).is_file():
        raise UserError(f"--dataset_name {name}: is a file; give it with --train_file")
    here = Path(name).is_dir()
    try:
        loaded = read_folder(name, config, settings) if here else {}
        loaded = loaded or hub.load_as_text(name, config, revision, from_cache=not (here or hub_answers()))
    except UserError as error:
        raise UserError(*(f"--dataset_name {problem}" for problem in error.problems)) from None
    except Exception as error:  # whatever it raises is about the name, the network, the cache or the files
        raise UserError(f"--dataset_name {name}: {_fault(error)}") from error
    unused = list(loaded)
    for split, spellings in SPELLINGS.items():
        spelling = next((one for one in spellings if loaded.get(one)), None)  # a split without rows is false
        if spelling is None:
            continue
        origin: dict[str, Any] = {"dataset": name, "config": config, "revision": revision, "split": spelling}
        rows = loaded[spelling]
        if not isinstance(rows, Rows):
            origin |= {"commit": hub.commit(rows), "fingerprint": hub.fingerprint(rows)}
            rows = Rows(arrow_rows(rows.with_format("arrow")[:], f"{name} ({spelling})"))
        splits[split], splits.sources[split] = rows, origin | rows.origin | {"rows": len(rows)}
        splits.notes += rows.notes
        unused.remove(spelling)
    if "train" not in splits:
        raise UserError(f"--dataset_name {name}: has no rows for 'train'; its splits: {listed(loaded)}")
    if unused:
        splits.notes.append(f"--dataset_name {name}: splits not used: {listed(unused)}")


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
