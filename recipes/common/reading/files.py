# SPDX-License-Identifier: Apache-2.0
"""Rows of files and of data sets on the Hub, as they stand there: text stays text, and every row knows its line.

A function raises one UserError with all that it found wrong, or adds that to the list given as `problems`.
"""

import csv
import gzip
import hashlib
import json
import re
import zlib
from collections import Counter
from itertools import chain, combinations
from pathlib import Path

from recipes.common import UserError, did_you_mean, listed, short

SPELLINGS = {"train": ("train",), "validation": ("validation", "valid", "dev", "val"), "test": ("test",)}


class Row(dict):
    """One record, column -> value.

    `broken`: None, or (reason, detail) of a row that could not be read; `unwanted`: None, or why a sound row
    is left out; `remark`: None, or what was done to it.
    """

    # A __dict__ for each of 100,000 rows would double their memory.
    __slots__ = ("file", "line", "unit", "broken", "unwanted", "remark")

    def __init__(self, values, file, line, unit="line", broken=None, unwanted=None, remark=None):
        super().__init__(values)
        self.file, self.line, self.unit, self.broken, self.unwanted = str(file), line, unit, broken, unwanted
        self.remark = remark

    def reshaped(self, values=(), broken=None, unwanted=None, remark=None):
        """A row made of this one: from the same place, with other values."""
        return Row(values, self.file, self.line, self.unit, broken, unwanted, remark)

    def innermost(self, *names):
        """The records at the bottom of nested lists, each with the fields around it; without such a list, itself.

        With "parts", "pages" the record {"title": "a", "parts": [{"pages": [{"id": 1}, {"id": 2}]}]} gives
        {"title": "a", "id": 1} and {"title": "a", "id": 2}. What is no object in a list counts as one without fields.
        """
        if not names or names[0] not in self:
            return [self]
        name, *deeper = names
        around = {key: value for key, value in self.items() if key != name}
        found = []
        for number, one in enumerate(self[name] if isinstance(self[name], list) else [None], 1):
            row = self.reshaped({**around, **(one if isinstance(one, dict) else {})})
            row.line = f"{self.line}, {name} {number}"
            found += row.innermost(*deeper)
        return found


class Splits(dict):
    """Split -> rows or examples. `notes`: sentences for the user; `sources`: split -> its origin, for run.json."""

    def __init__(self, splits=(), notes=(), sources=()):
        super().__init__(splits)
        self.notes, self.sources = list(notes), dict(sources)


def settle(found, problems):
    if problems is not None:
        problems.extend(found)
    elif found:
        raise UserError(*found)


def read_file(path, more=()):
    """Read a .csv .tsv .json .jsonl or .parquet file (text also as .gz) into a list of Row.

    Strings stay as they are: no word means "missing", nothing is stripped; JSON numbers become their own spelling.
    Rows that cannot be read are in the list as broken rows; UserError is for a file that cannot be read.

    Args:
        more: other kinds of files, {suffix with its dot: path -> rows}. A list of rows may have an `origin`, what
            run.json shall tell of it beside the file's fingerprint.
    """
    readers = {**READERS, **dict(more)}
    path = Path(path)
    kind = Path(path.name.lower().removesuffix(".gz")).suffix
    try:
        if path.is_dir():
            raise UserError(f"{path}: is a folder; name a file in it, or load it whole with --dataset_name {path}")
        if kind not in readers or path.name.lower().endswith(".parquet.gz"):
            known = " ".join([".csv .tsv .json .jsonl (also with .gz) .parquet", *dict(more)])
            raise UserError(f"{path}: unknown kind of file; known: {known}")
        rows = readers[kind](path)
        rows = rows if isinstance(rows, list) else list(rows)
    except FileNotFoundError:
        near = did_you_mean([path.name], [file.name for file in path.parent.glob("*")])
        raise UserError(f"{path}: no such file{near}") from None
    except (gzip.BadGzipFile, zlib.error):
        raise UserError(f"{path}: not a gzip file, or damaged; without compression, drop .gz from its name") from None
    except EOFError:
        raise UserError(f"{path}: the gzip file ends too early; copy or download it again") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not rows:
        raise UserError(f"{path}: holds no row; at least one record is needed")
    return rows


def _lines(path):
    """Yield the lines of a text file with their ends; a lone CR ends a line too, as in old files from the Mac."""
    offset = 0
    with gzip.open(path) if path.suffix.lower() == ".gz" else open(path, "rb") as file:
        # Decoded line by line, so that an error can name both the line and the byte.
        for number, line in enumerate(file, 1):
            try:
                text = line.decode().removeprefix("" if offset else "\ufeff")
            except UnicodeDecodeError as error:
                likely = "UTF-16" if line[:2] in (b"\xff\xfe", b"\xfe\xff") else "WINDOWS-1252"
                byte = f"byte 0x{line[error.start]:02x} at offset {offset + error.start}"
                remedy = f"save it as UTF-8, for example with iconv -f {likely} -t UTF-8"
                raise UserError(f"{path} line {number}: not UTF-8: {byte}; {remedy}") from None
            if "\0" in text:
                raise UserError(f"{path} line {number}: holds a NUL byte; plain text in UTF-8 is needed, not UTF-16")
            offset += len(line)
            yield from re.split(r"(?<=\r)(?!\n)", text) if "\r" in text.rstrip("\r\n") else (text,)


def read_lines(path):
    """The lines of a text file; a line feed ends one and nothing else does, so that parallel files stay parallel."""
    lines = "".join(_lines(Path(path))).split("\n")
    return [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]


def _read_csv(path, mark=","):
    csv.field_size_limit(2**31 - 1)  # the default, 131,072 characters, is shorter than many a document
    rows = _csv_rows(path, csv.reader(_lines(path), delimiter=mark, strict=True))
    start, header, fault = next(rows, (1, [], None))
    repeated = [name for name, count in Counter(header).items() if count > 1]
    other = next((other for other in ";\t|," if len(header) == 1 and other in header[0]), None)
    if fault:
        raise UserError(f"{path} line {start}: the header cannot be read: {fault}")
    if repeated:
        raise UserError(f"{path} line {start}: the header names column {repeated[0]!r} twice; give it once")
    if other:
        raise UserError(f"{path} line {start}: separate columns with {mark!r}, not {other!r}: {short(header[0])}")
    for line, cells, fault in rows:
        if fault:
            yield Row({}, path, line, broken=("quotes do not pair up", fault))
        elif len(cells) != len(header):
            detail = f"{len(cells)} fields where the header has {len(header)}; quote a field that holds {mark!r}"
            yield Row({}, path, line, broken=("too many or too few fields", detail))
        else:
            yield Row(zip(header, cells, strict=True), path, line)


def _csv_rows(path, reader):
    """Yield (first line, cells, what is wrong) of each row. A blank line is no row: writers quote a lone empty cell."""
    cells = True
    while cells is not None:
        line, fault = reader.line_num + 1, None
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if "end of data" in str(error):
                # Not one bad row to skip: the open quote has swallowed all the rows below it.
                raise UserError(f"{path} line {line}: a quote opens in this row and never closes") from None
            cells, fault = [], f'{error}; write a quote inside quotes as ""'.replace("\t", "\\t")
        if cells or fault:
            yield line, cells, fault


class _Decoder(json.JSONDecoder):
    def decode(self, text):
        try:
            return super().decode(text)
        except RecursionError:
            raise json.JSONDecodeError("too many brackets within brackets", text, 0) from None


JSON = _Decoder(parse_int=str, parse_float=str)  # as written, 1.50 or 30 digits: they end up as text


def _json_fault(text, error):
    return f"not JSON: {error.msg} at column {error.colno}, near {text[max(0, error.pos - 20) : error.pos + 20]!r}"


def _json_row(value, path, number, unit):
    if isinstance(value, dict):
        return Row(value, path, number, unit)
    detail = f'{short(value)} is not an object such as {{"column": "text"}}'
    return Row({}, path, number, unit, ("not an object", detail))


def _read_jsonl(path):
    for number, line in enumerate(_lines(path), 1):
        try:
            if line.strip():
                yield _json_row(JSON.decode(line), path, number, "line")
        except json.JSONDecodeError as error:
            detail = f"{_json_fault(line, error)}; each line needs one whole object"
            yield Row({}, path, number, broken=("not JSON", detail))


def _read_json(path):
    """A list of objects, {"data": [objects]}, one object, or one object per line."""
    text = "".join(_lines(path))
    try:
        value = JSON.decode(text) if text.strip() else []
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return _read_jsonl(path)
        raise UserError(f"{path} line {error.lineno}: {_json_fault(text, error)}") from None
    value = value["data"] if isinstance(value, dict) and isinstance(value.get("data"), list) else value
    values = value if isinstance(value, list) else [value]
    return (_json_row(value, path, number, "row") for number, value in enumerate(values, 1))


def _read_parquet(path):
    import pyarrow
    import pyarrow.parquet

    try:
        with open(path, "rb") as file:
            batches = pyarrow.parquet.ParquetFile(file).iter_batches(batch_size=1000)
            values = chain.from_iterable(batch.to_pylist() for batch in batches)
            yield from (Row(value, path, number, "row") for number, value in enumerate(values, 1))
    except (pyarrow.ArrowException, ValueError) as error:
        raise UserError(f"{path}: not a Parquet file, or damaged: {str(error).splitlines()[0]}") from None


READERS = {
    ".csv": _read_csv,
    ".tsv": lambda path: _read_csv(path, "\t"),
    ".json": _read_json,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}


def fingerprint(path):
    """Return the SHA-256 of a file, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_splits(
    *, train_file=None, validation_file=None, test_file=None, dataset_name=None, dataset_config_name=None,
    dataset_revision=None, needed=("train",), read=read_file, problems=None,
):  # fmt: skip
    """Read the splits that there are from files, or from a data set: a name on the Hub or a local folder.

    Args:
        read: file name -> rows, for kinds of files of a recipe's own.
        needed: splits without which there is no point in going on.
        problems: a list that takes what is wrong; without it a UserError is raised.
    """
    files = {"train": train_file, "validation": validation_file, "test": test_file}
    files = {split: file for split, file in files.items() if file}
    splits, found = Splits(), []
    if dataset_name and files:
        given = ", ".join(f"--{split}_file" for split in files)
        found.append(f"--dataset_name {dataset_name}: not together with {given}; give a data set or files")
    if dataset_config_name and not dataset_name:
        found.append(f"--dataset_config_name {dataset_config_name}: needs --dataset_name")
    for split, file in files.items():
        try:
            splits[split] = read(file)
            origin = {"file": str(file), "sha256": fingerprint(file), "rows": len(splits[split])}
            splits.sources[split] = origin | getattr(splits[split], "origin", {})
        except UserError as error:
            found.extend(f"--{split}_file {problem}" for problem in error.problems)
    for split in [] if dataset_name else [split for split in needed if split not in files]:
        found.append(f"no {split} split: give --{split}_file, or --dataset_name with a name on the Hub or a folder")
    for one, two in combinations(splits, 2):
        if splits.sources[one]["sha256"] == splits.sources[two]["sha256"]:
            splits.notes.append(f"--{two}_file holds the same bytes as --{one}_file: its scores tell nothing new")
    if dataset_name and not files:
        try:
            _load_dataset(splits, dataset_name, dataset_config_name, dataset_revision, needed)
        except UserError as error:
            found.extend(error.problems)
    settle(found, problems)
    return splits


def _load_dataset(splits, name, config, revision, needed):
    import datasets

    if Path(name).is_file():
        raise UserError(f"--dataset_name {name}: is a file; give it with --train_file")
    offline = datasets.config.HF_HUB_OFFLINE
    # An unreachable Hub would be tried for 23 seconds before the library looks into its cache.
    datasets.config.HF_HUB_OFFLINE = offline or not (Path(name).is_dir() or hub_answers())
    try:
        loaded = _load_as_text(name, config, revision)
    except Exception as error:  # whatever it raises is about the name, the network, the cache or the files
        raise UserError(f"--dataset_name {name}: {_dataset_fault(error)}") from error
    finally:
        datasets.config.HF_HUB_OFFLINE = offline
    names = {split: next((one for one in spellings if loaded.get(one)), None) for split, spellings in SPELLINGS.items()}
    for split, spelling in names.items():
        if spelling is None:
            continue
        data = loaded[spelling]
        splits[split] = [Row(row, f"{name} ({spelling})", number, "row") for number, row in enumerate(data, 1)]
        # The folder in the library's cache is named after the commit on the Hub, or a hash of the local files.
        commit = Path(data.cache_files[0]["filename"]).parent.name if data.cache_files else None
        origin = {"dataset": name, "config": config, "revision": revision, "split": spelling, "commit": commit}
        splits.sources[split] = {**origin, "fingerprint": data._fingerprint, "rows": len(data)}
    missing = [split for split in needed if split not in splits]
    if missing:
        raise UserError(f"--dataset_name {name}: has no rows for {listed(missing)}; its splits: {listed([*loaded])}")
    unused = [spelling for spelling in loaded if spelling not in names.values()]
    if unused:
        splits.notes.append(f"--dataset_name {name}: splits not used: {listed(unused)}")


def hub_answers():
    """Whether the Hub can be reached at all; never, where HF_HUB_OFFLINE is set."""
    from huggingface_hub import constants, get_session

    try:
        get_session().head(constants.ENDPOINT, timeout=10)
    except Exception:  # the errors of whichever HTTP library is underneath: it has changed before
        return False
    return True


def _load_as_text(name, config, revision):
    import datasets

    # CSV is read with pandas there: "N/A" and "null" become missing, 007 becomes 7. Only that builder knows these two
    # settings (1,000: more columns than any table has); the others refuse them with a ValueError and have types.
    try:
        texts = {"na_filter": False, "converters": dict.fromkeys(range(1000), str)}
        return datasets.load_dataset(name, config, revision=revision, **texts)
    except ValueError:
        return datasets.load_dataset(name, config, revision=revision)


def _dataset_fault(error):
    if isinstance(error, ConnectionError):
        reach = "no folder of this name is here, the Hub is out of reach, and its cache holds no copy"
        return f"{reach}; offline, give --train_file FILE, or a folder of data files as --dataset_name"
    if "scripts are no longer supported" in str(error):
        remedy = "take the Hub's Parquet copy of it with --dataset_revision refs/convert/parquet, or give files"
        return f"this data set is a script, which datasets 4 and later does not run; {remedy}"
    while error.__cause__:
        error = error.__cause__
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
