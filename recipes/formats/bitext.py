# SPDX-License-Identifier: Apache-2.0
"""Pairs of text files whose lines belong together."""

import functools
from collections.abc import Callable
from pathlib import Path

from recipes import disk, files
from recipes.common import UserError, listed
from recipes.formats.languages import language_names


def readers(first: str, second: str, alone: bool = False) -> dict[str, Callable[[Path, files.Form], files.Rows]]:
    """Readers of pairs of text files, {suffix: (path, form) -> rows}: mine.en with mine.de makes columns en and de.

    Args:
        first, second: the languages; the columns have these names.
        alone: whether the second file may be missing, as it is where there is nothing yet to compare with.
    """
    read = functools.partial(read_pair, first=first, second=second, alone=alone)
    return {f".{name.lower()}": read for name in language_names(first)}


def read_pair(path: Path, form: files.Form, first: str, second: str, alone: bool = False) -> files.Rows:
    """Row N is line N of `path` and line N of the file of the same name in the second language."""
    stem = path.name.removesuffix(".gz").rpartition(".")[0]
    names = [f"{stem}.{name}{zipped}" for name in language_names(second) for zipped in ("", ".gz")]
    other = next((file for file in map(path.with_name, names) if file.is_file()), None)
    lines = read_lines(path, form.encoding)
    if other is None and alone:
        return files.Rows(files.Row({first: text}, path, number) for number, text in enumerate(lines, 1))
    if other is None:
        there = [file.name for file in sorted(path.parent.glob(f"{stem}.*")) if file != path]
        more = f"; beside it lie {listed(there)}: name their language with --target_lang" if there else ""
        raise UserError(f"{path}: {path.with_name(names[0])} is not there; line N of it must translate line N{more}")
    others = read_lines(other, form.encoding)
    if len(lines) != len(others):
        counts = f"{path} has {len(lines):,} lines and {other} has {len(others):,}"
        raise UserError(f"{counts}; line N of one must translate line N of the other")
    pairs = enumerate(zip(lines, others, strict=True), 1)
    origin = {"beside": str(other), "beside_sha256": disk.sha256(other)}
    return files.Rows((files.Row({first: one, second: two}, path, number) for number, (one, two) in pairs), origin)


def read_lines(path: Path, encoding: str | None = None) -> list[str]:
    """The lines of a text file; a line feed ends one and nothing else does, so that parallel files stay parallel."""
    lines = "".join(files.text_lines(path, encoding)).split("\n")
    return [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]
