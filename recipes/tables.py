# SPDX-License-Identifier: Apache-2.0
"""Tables that are kept: what was made once is found again at the next start, by all that it depends on."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import datasets
from datasets import Dataset, List, Value

KEPT = 48  # tables in the cache; the least recently used go first


def kept(
    make: Callable[..., Iterator[dict]],
    options: dict[str, Any],
    columns: datasets.Features,
    key: str | None,
    workers: int | None = None,
) -> Dataset:
    """The rows that `make(**options)` yields, made now or found in the cache of the datasets library.

    The library lets one process of a machine make a table while the others wait, without a time limit, and puts it in
    its place when it is whole. Where nothing can be kept, each process makes its own.

    Args:
        key: a hash of all that decides what the rows are; None: they are made anew.
        workers: processes that share the first list among `options`.
    """
    name = f"recipes-{key}"
    place = Path(datasets.config.HF_DATASETS_CACHE) / "generator" / f"default-fingerprint={name}"
    for _ in range(2 if key else 0):
        try:
            table = Dataset.from_generator(make, columns, gen_kwargs=options, fingerprint=name, num_proc=workers)
            os.utime(place)
            _forget(place.parent)
            return table
        except datasets.exceptions.DatasetGenerationError as error:
            if not isinstance(error.__cause__, OSError):
                raise error.__cause__ from None  # a row's fault
        except (OSError, ValueError):  # a file of it is damaged, or nothing can be kept there
            shutil.rmtree(place, ignore_errors=True)
    return Dataset.from_list(list(make(**options)), columns)


def _forget(place: Path) -> None:
    """Delete all of our tables but the most recently used."""
    ours = sorted(place.glob("default-fingerprint=recipes-*"), key=lambda path: path.stat().st_mtime)
    for old in ours[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def columns_of(feature: dict[str, Any]) -> datasets.Features:
    """The types of a table's columns, of one feature: numbers, texts, lists of ids, and `row`, a dict of texts."""
    text, kinds = Value("large_string"), {int: Value("int64"), str: Value("large_string"), list: List(Value("int32"))}
    fields = {name: List(text) if isinstance(value, list) else text for name, value in feature["row"].items()}
    return datasets.Features({name: kinds.get(type(value), fields) for name, value in feature.items()})
