# SPDX-License-Identifier: Apache-2.0
"""What a start has made, found again by everything it depends on: a second one tokenizes nothing."""

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
import torch
import transformers

from recipes.common.arguments import RecipeSettings
from recipes.common.running import checkpoints, disk

KEPT = 16  # the least recently used go first
# Of the settings that all recipes share, those that decide what a row becomes; which rows there are is seen in them.
DECISIVE = {"max_source_length", "max_target_length", "source_prefix"}
SHARED = {field.name for field in dataclasses.fields(RecipeSettings)} - DECISIVE
DECODING = set(transformers.GenerationConfig().to_dict())


def tables(splits, tokenizer, settings, make):
    """`make()`, a dict of tables made of `splits`, or what it gave for the same rows, tokenizer, settings and code.

    Each machine has its own cache, beside that of the datasets library. Of the processes of a machine, the first
    makes the tables while the others wait, without a time limit. Where nothing can be kept, each makes its own.
    """
    if not tokenizer.is_fast:
        return make()  # nothing tells two of them apart for sure
    place = Path(datasets.config.HF_DATASETS_CACHE) / "recipes"
    folder = place / _key(splits, tokenizer, settings)
    try:
        with _alone(place, folder.name):
            if checkpoints.fault(folder):  # there is none, or a file of it is no longer whole
                shutil.rmtree(folder, ignore_errors=True)
                _keep(make(), folder)
            os.utime(folder)
            kept = datasets.load_from_disk(str(folder))
            return {split: kept[str(number)] for number, split in enumerate(splits)}
    except OSError:
        return make()


def remembered(told, make):
    """`make()`, JSON, or what it gave for the same `told`, parts of text or bytes. All processes have to call it.

    What the first process has found is what all go by: an evaluation needs every one of them.
    """

    def look():
        key = hashlib.sha256()
        for part in told:
            key.update(part if isinstance(part, bytes) else part.encode())
        path = Path(datasets.config.HF_DATASETS_CACHE) / "recipes" / f"{key.hexdigest()[:32]}.json"
        return path, disk.read_json(path)

    path, found = disk.first_decides(look)
    if found is not None:
        return found
    value = make()
    if not torch.distributed.is_initialized() or torch.distributed.get_rank() == 0:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            disk.write_text(path, disk.json_line(value))
            _forget(path.parent.glob("*.json"))
    return value


def spelled_out(tokenizer):
    """All that a tokenizer does, as text; of one without a fast backend its name and special tokens."""
    return tokenizer.backend_tokenizer.to_str() if tokenizer.is_fast else repr(tokenizer)


def weights(model):
    """All of a model's numbers, part by part, as bytes."""
    for name, tensor in model.state_dict().items():
        yield f"{name} {tensor.dtype} {tuple(tensor.shape)}"
        yield tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()


def _key(splits, tokenizer, settings):
    told = hashlib.sha256()
    for split, rows in splits.items():
        told.update(f"{split} {len(rows)}\n".encode())
        for row in rows:
            told.update(disk.json_line(row).encode())
    chosen = {name: value for name, value in vars(settings).items() if name not in SHARED | DECODING}
    told.update(disk.json_line(chosen | {"tokenizers": tokenizers.__version__}).encode())
    told.update(spelled_out(tokenizer).encode())
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
    numbered = {str(number): table for number, table in enumerate(made.values())}  # a name need not suit a folder
    datasets.DatasetDict(numbered).save_to_disk(str(scratch))
    checkpoints.write_manifest(scratch)
    scratch.rename(folder)
    _forget(path for path in folder.parent.iterdir() if path.is_dir())


def _forget(paths):
    """Delete all but the most recently used."""
    for old in sorted(paths, key=lambda path: path.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)
        (old.parent / f"{old.name}.lock").unlink(missing_ok=True)
