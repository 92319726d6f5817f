# SPDX-License-Identifier: Apache-2.0
"""Rows of JSON: one object per line, or all in one value."""

import ast
import contextlib
import io
import json
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from recipes.files.rows import Form, Row
from recipes.files.text import open_text, sound, text_lines
from recipes.wording import UserError, listed, short

MOST = 2**30  # characters of a file that has to be read whole
GAP = re.compile(r"[,\s]*|$")  # between objects
SPLITS = {"train", "validation", "valid", "dev", "val", "test"}
HOLDERS = ("data", "instances", "examples", "rows", "records")  # keys below which a JSON object has its rows


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        (name, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"key {name!r} stands twice in one object: {short(made)}")
    return made


# Numbers as written, 1.50 or 30 digits: they end up as text.
JSON = json.JSONDecoder(parse_int=str, parse_float=str, object_pairs_hook=_object)


def decode(text: str) -> Any:
    """The value in a JSON text; a ValueError says where it is none."""
    try:
        return JSON.decode(text)
    except RecursionError:
        raise ValueError("too many brackets within brackets") from None
    except json.JSONDecodeError as error:
        raise ValueError(_fault(text, error)) from error


def _fault(text: str, error: json.JSONDecodeError) -> str:
    comma = "a comma too many? " if text[max(0, error.pos - 20) : error.pos].rstrip().endswith(",") else ""
    near = f"near {text[max(0, error.pos - 20) : error.pos + 20]!r}"
    return f"not JSON: {comma}{error.msg} at column {error.colno}, {near}"


def read_written(value: Any) -> Any:
    """The list or dictionary that a text holds, as JSON or as Python and numpy print it; anything else as it is."""
    if not isinstance(value, str) or not re.fullmatch(r"\s*(\[.*\]|\{.*\})\s*", value, re.DOTALL):
        return value
    with contextlib.suppress(ValueError):
        return decode(value)
    try:
        plain = re.sub(r"\barray\((\[.*?\])(?:,\s*dtype=\w+)?\)", r"\1", value.strip(), flags=re.DOTALL)
        words = [one for one in tokenize.generate_tokens(io.StringIO(plain).readline) if one.string.strip()]
        # numpy prints no comma between texts, and Python would make one text of two.
        marked = [one.string + "," * (one.type == after.type == tokenize.STRING) for one, after in pairwise(words)]
        return ast.literal_eval(" ".join([*marked, words[-1].string]))
    except (ValueError, SyntaxError, tokenize.TokenError, MemoryError, RecursionError):
        return value


def _json_row(value: Any, path: Path, number: int, unit: str, form: Form) -> Row:
    if isinstance(value, list) and len(value) == len(form.columns or ()):
        value = dict(zip(form.columns or (), value, strict=True))
    if isinstance(value, dict):
        return Row(value, path, number, unit)
    names = "; --columns names those of a list" if isinstance(value, list) else ""
    detail = f'{short(value)} is not an object such as {{"column": "text"}}{names}'
    return Row({}, path, number, unit, broken=("not an object", detail))


def read_jsonl(path: Path, form: Form) -> Iterable[Row]:
    first = next((line.strip() for line in text_lines(path, form.encoding) if line.strip()), "")
    whole = first == "{" or first.startswith("[") and not form.columns
    return read_json(path, form) if whole else _json_lines(path, form)


def _json_lines(path: Path, form: Form) -> Iterator[Row]:
    commas = 0
    for number, line in enumerate(text_lines(path, form.encoding), 1):
        text = line.strip()
        commas += text.endswith(",")
        try:
            if text:
                yield _json_row(decode(text.removesuffix(",")), path, number, "line", form)
        except ValueError as error:
            told = "a dictionary of Python's, and no JSON: it is read"
            faulty = Row({}, path, number, broken=("not JSON", f"{error}; each line needs one whole object"))
            python = read_written(text) if error.__cause__ else None  # not where a key stands twice
            yield Row(python, path, number, remark=told) if isinstance(python, dict) else faulty
    if commas:
        form.notes.append(f"{commas} lines end in a comma, which is left out")


def read_json(path: Path, form: Form) -> Iterable[Row]:
    """A list of objects, one in an object, a table of columns, one object, or one object per line."""
    with open_text(path, form.encoding) as file:
        text = sound(path, file.read(MOST), 1, file.encoding)
    if len(text) == MOST:
        raise UserError(f"{path}: more than {MOST:,} characters of JSON; write one object per line, as .jsonl")
    try:
        value = _values(text)
    except ValueError as error:
        cause = error.__cause__
        if getattr(cause, "msg", "") == "Extra data":
            return _json_lines(path, form)
        line = f" line {cause.lineno}" if isinstance(cause, json.JSONDecodeError) else ""
        raise UserError(f"{path}{line}: {error}") from None
    if isinstance(value, dict) and value.keys() <= SPLITS and len(value) > 1:
        raise UserError(f"{path}: holds several splits, {listed(value)}; write a file for each")
    return (_json_row(one, path, number, "row", form) for number, one in enumerate(_records(value, form), 1))


def _values(text: str) -> Any:
    """The value of a file; objects that are written over several lines, one after the other, as a list."""
    if not re.match(r"\s*\{\s*\n", text):
        return decode(text) if text.strip() else []
    values, place = [], len(text) - len(text.lstrip())
    while place < len(text):
        try:
            value, place = JSON.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise ValueError(_fault(text, error)) from error
        except RecursionError:
            raise ValueError("too many brackets within brackets") from None
        values.append(value)
        place = next(GAP.finditer(text, place)).end()
    return values if len(values) > 1 else values[0]


def _records(value: Any, form: Form) -> Iterable[Any]:
    """The records in a list, in an object that holds one, or in columns, as pandas writes them in four ways."""
    if not isinstance(value, dict):
        return value if isinstance(value, list) else [value]
    columns = list(value.values())
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        form.columns = value["columns"]
    within = next((value[name] for name in HOLDERS if isinstance(value.get(name), list)), None)
    if within is not None:  # as the Hub's viewer gives rows: each in an object with its number
        return [one["row"] if isinstance(one, dict) and {"row", "row_idx"} <= one.keys() else one for one in within]
    if columns and all(isinstance(one, dict) and one and all(map(str.isdigit, one)) for one in columns):
        return [{name: one.get(key) for name, one in value.items()} for key in columns[0]]
    named = len(columns) > 1 and all(isinstance(one, dict) and one.keys() == columns[0].keys() for one in columns)
    if named:
        return [{"id": name, **one} for name, one in value.items()]
    flat = len(columns) > 1 and all(isinstance(one, list) and not isinstance((one or [0])[0], dict) for one in columns)
    if flat and len({len(one) for one in columns}) == 1:
        return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]
    return [value]
