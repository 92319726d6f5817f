# SPDX-License-Identifier: Apache-2.0
"""Rows for a model, and what it made of them, as files of any kind: piece by piece, so that memory does not grow."""

import array
import csv
import hashlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from recipes import disk
from recipes.common import UserError
from recipes.files.text import sound, text_lines
from recipes.prediction import Predictor

PIECE = 10_000  # rows that are read, sorted by length and written together
LINES = 1000  # of standard input
KINDS = (".jsonl", ".csv", ".tsv", ".txt")
OURS = ("prediction", "score", "variants")


class Input:
    """The rows of a file, or the lines of standard input, in pieces.

    Args:
        path: a file of rows; a .txt or "-", whose lines are rows of the only field of a source. An empty line is a row
            that no model is asked about.
    """

    def __init__(self, predictor: Predictor, path: str):
        self.predictor, self.path = predictor, path
        self.is_text = path == "-" or ".txt" in Path(path.lower()).suffixes[-2:]
        self.own_ids = True
        self.rows, self.columns, self.notes, self.hash = 0, [], [], None
        if self.is_text:
            self.field = predictor.only_field()
            self.columns = [self.field]

    def look(self) -> None:
        """Read all of a file once, so that what is wrong with it is said before anything is generated."""
        if self.path == "-":
            return
        digest, ids = hashlib.sha256(), array.array("Q")
        for examples, rows in self.pieces():
            self.rows += len(examples)
            self.columns = list(dict.fromkeys([*self.columns, *(name for row in rows for name in row)]))
            digest.update("".join(map(disk.json_line, examples)).encode())
            ids.extend(hash(one["id"]) % 2**64 for one in examples)  # eight bytes a row
        self.hash = digest.hexdigest()
        if self.own_ids and len(np.unique(np.frombuffer(ids, "uint64"))) < self.rows:
            self.own_ids = False
            self.notes.append("ids are row numbers, for 'id' is not a different text in each row")

    def pieces(self, after: int = 0) -> Iterator[tuple[list[dict], list[dict]]]:
        """(examples, the columns that they stand in) of each piece; `after` so many rows, the end of some piece."""
        read = self._lines() if self.is_text else self._rows()
        for examples, rows in read:
            if after <= 0:
                yield examples, rows
            after -= len(examples)

    def _lines(self) -> Iterator[tuple[list[dict], list[dict]]]:
        size = LINES if self.path == "-" else PIECE
        piece: list[dict] = []
        for number, line in enumerate(_open_lines(self.path, self.predictor.reading.encoding), 1):
            piece.append({"id": str(number), self.field: line.rstrip("\r\n")})
            if len(piece) == size:
                yield piece, [{self.field: row[self.field]} for row in piece]
                piece = []
        if piece:
            yield piece, [{self.field: row[self.field]} for row in piece]

    def _rows(self) -> Iterator[tuple[list[dict], list[dict]]]:
        for splits in self.predictor.read_pieces(self.path, size=PIECE, own_ids=self.own_ids):
            self.own_ids = splits.own_ids
            self.notes += [note for note in splits.notes if note not in self.notes]
            for start in range(0, len(splits["new"]), PIECE):  # a row of a file may be many, or all come at once
                end = start + PIECE
                yield splits["new"][start:end], splits.rows[start:end]


def _open_lines(path: str, encoding: str | None) -> Iterator[str]:
    try:
        if path == "-":
            for number, line in enumerate(sys.stdin.buffer, 1):
                yield sound(Path("-"), line.decode("utf-8-sig", "surrogateescape"), number, "utf-8")
        else:
            yield from text_lines(Path(path), encoding)
    except OSError as error:
        raise UserError(f"--input {path}: {error.strerror or error}") from None


def predict_piece(predictor: Predictor, examples: list[dict], is_text: bool, **how) -> list[dict]:
    """Predictions for a piece, in its order; empty lines of text stay empty, and no model is asked about them."""
    if not is_text:
        return predictor.predict(examples, **how)
    field = predictor.only_field()
    asked = [row for row in examples if row[field].strip()]
    made = {entry["id"]: entry for entry in predictor.predict(asked, **how)}
    empty = {"source": "", "prediction": "", "score": None, "hit_limit": False, "source_cut": False}
    return [made.get(row["id"], {"id": row["id"], **empty}) for row in examples]


class Rendered:
    """Predictions as the lines of a kind of file.

    Args:
        kind: one of KINDS.
        columns: of the input that are kept beside the predictions; None: only id and source.
        several: whether there are variants.
    Raises:
        UserError: a column of the input has the name of one of ours.
    """

    def __init__(self, kind: str, columns: list[str] | None, several: bool):
        if kind not in KINDS:
            raise UserError(
                f"--output: {kind or 'no suffix'} is no kind of file that is written; known: {', '.join(KINDS)}"
            )
        taken = [name for name in columns or [] if name in OURS]
        if taken:
            raise UserError(f"--keep_columns: the input has a column {taken[0]!r}, and so has the output; rename it")
        self.kind, self.columns, self.joined = kind, columns, 0
        before = ["id", "source"] if columns is None else ["id", *(name for name in columns if name != "id")]
        self.names = [*before, "prediction", "score", *(["variants"] if several else [])]

    def head(self) -> str:
        return self._table([self.names]) if self.kind in (".csv", ".tsv") else ""

    def __call__(self, entries: list[dict], rows: list[dict]) -> str:
        """`entries` as text; `rows` are the columns of the input."""
        made = []
        for entry, row in zip(entries, rows, strict=True):
            kept = {} if self.columns is None else row  # its own id, too, though it be that of other rows
            made.append({"id": entry["id"], **kept, **{name: entry[name] for name in OURS if name in entry}})
            if self.columns is None:
                made[-1]["source"] = entry["source"]
        if self.kind == ".jsonl":
            return "".join(disk.json_line({name: one[name] for name in self.names if name in one}) for one in made)
        if self.kind == ".txt":
            return "".join(f"{self._one_line(one['prediction'])}\n" for one in made)
        return self._table([[self._cell(one.get(name)) for name in self.names] for one in made])

    def _cell(self, value) -> str:
        text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return self._one_line(text) if self.kind == ".tsv" else text

    def _one_line(self, text: str) -> str:
        """A line or a field of a .tsv cannot hold a line break or a tab."""
        line = " ".join(text.replace("\t", " ").splitlines())
        self.joined += line != text
        return line

    def _table(self, rows: list[list[str]]) -> str:
        file = io.StringIO()
        if self.kind == ".tsv":
            return "".join("\t".join(row) + "\n" for row in rows)
        csv.writer(file).writerows(rows)
        return file.getvalue()
