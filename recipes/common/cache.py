# SPDX-License-Identifier: Apache-2.0
"""Prepared tables on disk, found again by everything they depend on: a second start tokenizes nothing."""

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import shutil
import sys
import sysconfig
from pathlib import Path

import datasets
import tokenizers
import transformers

from recipes.common import files
from recipes.common.arguments import RecipeSettings

KEPT = 16  # the least recently used go first
# Of the settings that all recipes share, those that decide what a row becomes; which rows there are is seen in them.
DECISIVE = {"max_source_length", "max_target_length", "source_prefix"}
SHARED = {field.name for field in dataclasses.fields(RecipeSettings)} - DECISIVE
DECODING = set(transformers.GenerationConfig().to_dict())


def tables(splits, tokenizer, settings, make):
    """`make()`, a dict of tables made of `splits`, or what it gave for the same rows, tokenizer, settings and code.

    Each machine has its own cache, in the folder of the datasets library. Of the processes of a machine, the first
    makes the tables while the others wait, without a time limit. Where nothing can be kept, each makes its own.
    """
    if not tokenizer.is_fast:
        return make()  # nothing tells two of them apart for sure
    place = Path(datasets.config.HF_DATASETS_CACHE) / "recipes"
    folder = place / _key(splits, tokenizer, settings)
    try:
        with _alone(place, folder.name):
            if not folder.is_dir():
                _keep(make(), folder)
            os.utime(folder)
            return dict(datasets.load_from_disk(str(folder)))
    except OSError:
        return make()


def _key(splits, tokenizer, settings):
    told = hashlib.sha256()
    for split, rows in splits.items():
        told.update(f"{split} {len(rows)}\n".encode())
        for row in rows:
            told.update(files.json_line(row).encode())
    chosen = {name: value for name, value in vars(settings).items() if name not in SHARED | DECODING}
    told.update(files.json_line(chosen | {"tokenizers": tokenizers.__version__}).encode())
    told.update(tokenizer.backend_tokenizer.to_str().encode())
    for code in _own_code():
        told.update(code)
    return told.hexdigest()[:32]


def _own_code():
    """All source in use that belongs to no library: the recipe, what it imports, this plumbing."""
    libraries = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    paths = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    paths = {path for path in paths if path and path.endswith(".py") and not path.startswith(libraries)}
    return sorted(Path(path).read_bytes() for path in paths if os.path.isfile(path))


@contextlib.contextmanager
def _alone(place, name):
    """One process at a time."""
    place.mkdir(parents=True, exist_ok=True)
    with open(place / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _keep(made, folder):
    scratch = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(scratch, ignore_errors=True)  # a killed run's
    datasets.DatasetDict(made).save_to_disk(str(scratch))
    scratch.rename(folder)
    kept = sorted((path for path in folder.parent.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for old in kept[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
        (old.parent / f"{old.name}.lock").unlink(missing_ok=True)
