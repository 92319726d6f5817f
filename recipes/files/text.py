# SPDX-License-Identifier: Apache-2.0
"""The text of a file: unpacked, decoded, line by line."""

import codecs
import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow

from recipes.files.rows import ENCODINGS, OTHER_ENCODINGS
from recipes.wording import UserError

LONGEST = 2**26  # characters of a line, and of a field: a file without line ends is no table, whatever its size
BLANK = 10**6  # empty lines in a row, the same
SIGNS = {
    b"\x1f\x8b": ".gz",
    b"BZh": ".bz2",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"PK\x03\x04": ".zip",
}  # how packed files begin
PACKED = (".gz", ".bz2", ".zst", ".lz4")  # as pyarrow unpacks them


def open_text(path: Path, encoding: str | None) -> io.TextIOWrapper:
    """The text of a file, unpacked, with its line ends; a byte order mark decides, and is no text.

    Bytes that are wrong become surrogates, for `sound` to find.
    """
    open(path, "rb").close()  # whose errors have a number, as pyarrow's have not
    packed = path.suffix.lower() in PACKED
    raw = io.BufferedReader(pyarrow.input_stream(str(path))) if packed else open(path, "rb")  # noqa: SIM115
    mark = raw.peek(4)[:4]
    kind = next((name for sign, name in SIGNS.items() if mark.startswith(sign)), None)
    if kind:
        raise UserError(
            f"{path}: is a packed file, {kind}; unpack it" + (f", or add {kind} to its name" * (kind in PACKED))
        )
    if mark in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        encoding = "utf-32"
    elif mark[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        encoding = "utf-16"
    elif mark[:3] == codecs.BOM_UTF8:
        encoding = "utf-8-sig"
    return io.TextIOWrapper(raw, encoding or "utf-8", errors="surrogateescape", newline="")


def _read(piece: bytes, encoding: str) -> str:
    """The text of a piece, whose last letter may be cut off; "" where it is not written in this encoding."""
    for cut in (piece, piece[:-1]):
        with contextlib.suppress(UnicodeDecodeError):
            return cut.decode(encoding).strip()
    return ""


def sound(path: Path, text: str, line: int, encoding: str) -> str:
    """`text`, which begins at this line, or a UserError where a byte of it was no text."""
    wrong = None if text.isascii() else re.search("[\udc80-\udcff]", text)
    place = wrong.start() if wrong else text.find("\0")
    line += text.count("\n", 0, max(place, 0))
    if wrong:
        start = max(text.rfind("\n", 0, place) + 1, place - 20)
        piece = text[start : place + 20].partition("\n")[0].encode(errors="surrogateescape")
        shown = ", ".join(f"{name} {_read(piece, name)!r}" for name in ENCODINGS if _read(piece, name))
        remedy = f"--encoding NAME reads it, by {shown}; others are {OTHER_ENCODINGS}"
        raise UserError(f"{path} line {line}: not {encoding.upper()}: byte 0x{ord(wrong[0]) - 0xDC00:02x}; {remedy}")
    if place >= 0:
        raise UserError(f"{path} line {line}: holds a NUL byte; text is needed; UTF-16 is read by --encoding utf-16-le")
    return text


def text_lines(path: Path, encoding: str | None = None) -> Iterator[str]:
    """The lines of a text file with their ends; a lone CR ends a line too, as in old files from the Mac."""
    blank = 0
    with open_text(path, encoding) as file:
        try:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST), ""), 1):
                blank = 0 if line.strip() else blank + 1
                if len(line) == LONGEST or blank > BLANK:
                    what = (
                        f"more than {BLANK:,} empty lines" if blank else f"a line of more than {LONGEST:,} characters"
                    )
                    raise UserError(f"{path} line {number}: {what}; this is no file of rows")
                yield sound(path, line, number, file.encoding)
        except UnicodeError as error:
            raise UserError(f"{path}: is not written in {file.encoding}: {error}") from None
