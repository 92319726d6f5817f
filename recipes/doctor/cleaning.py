# SPDX-License-Identifier: Apache-2.0
"""A copy of the data without the rows that the doctor would leave out, and a list of these and why."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from recipes import disk
from recipes.common import UserError
from recipes.common.reading import Splits, read_file
from recipes.common.reading.hub import read_dataset
from recipes.doctor.findings import Finding
from recipes.doctor.patient import Patient
from recipes.doctor.survey import TABLE
from recipes.files import Row

LEFT_OUT = "left_out.jsonl"


def check_folder(folder: Path) -> None:
    """Raise a UserError unless `folder` is new or empty, so that nothing is overwritten."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"--write_clean {folder}: exists and is not empty; name a new folder")


def write_clean(folder: Path, patient: Patient, findings: Iterable[Finding]) -> list[str]:
    """Write {split}.jsonl, the records as they were read, and left_out.jsonl; the input stays as it is.

    A record that holds several rows, such as a conversation, is left out as soon as one of them is.

    Returns:
        A line for each file.
    """
    check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    reasons = _reasons(patient, findings)
    lines, left_out = [], []
    for split, rows in _read_again(patient).items():
        kept = []
        unusable = {
            line: one["reason"]
            for one in patient.splits.counts.get(split, {}).get("left_out", ())
            if one["unit"] != "id"
            for line in one["lines"]
        }
        for row, names in _named(rows, patient, split):
            why = next((reasons[split, name] for name in names if (split, name) in reasons), unusable.get(row.line))
            if why:
                left_out.append({"file": row.file, row.unit: row.line, "why": why, "record": dict(row)})
            else:
                kept.append(dict(row))
        disk.write_lines(folder / f"{split}.jsonl", kept)
        lines.append(f"wrote     {folder / f'{split}.jsonl'}, {len(kept):,} of {len(rows):,} records")
    disk.write_lines(folder / LEFT_OUT, left_out)
    return [*lines, f"wrote     {folder / LEFT_OUT}, {len(left_out):,} records and why they were left out"]


def _reasons(patient: Patient, findings: Iterable[Finding]) -> dict[tuple[str, str], str]:
    """(split that the row was read in, its id) -> why it is left out."""
    reasons: dict[tuple[str, str], str] = {}
    for one in findings:
        told = TABLE[one.group][one.check]
        if one.level != "pass" and told.get("clean"):
            for texts, row in one.rows:
                split = patient.splits.sources.get(texts.split, {}).get("cut_from", texts.split)
                reasons.setdefault((split, texts.ids[row]), f"{one.group}: {one.check}")
    return reasons


def _read_again(patient: Patient) -> Splits:
    """The records of the files or of the data set, as they stand there."""
    settings, again = patient.settings, Splits()
    if settings.dataset_name:
        read_dataset(again, settings.dataset_name, settings.dataset_config_name, settings.dataset_revision)
        return again
    for split in patient.splits:
        path = getattr(settings, f"{split}_file")
        if path:
            read = patient.task.read
            again[split] = read(path, settings, new=False) if read else read_file(path, settings)
    return again


def _named(rows: list[Row], patient: Patient, split: str) -> Iterator[tuple[Row, list[str]]]:
    """Each record with the ids that its rows have as examples; see reading.examples for how these are given."""
    reshape, settings = patient.task.reshape, patient.settings
    parts = [[row] if row.broken or not reshape else reshape(row, settings, new=False) for row in rows]
    own = [str(part["id"]) for several in parts for part in several if part.get("id") is not None]
    splits = [name for name in patient.splits if name == split or _cut_from(patient, name) == split]
    known = {row["id"] for name in splits for row in patient.splits[name]}
    by_name = len(set(own)) == len(own) and known <= set(own)
    number = 0
    for row, several in zip(rows, parts, strict=True):
        names = []
        for part in several:
            number += 1
            names.append(str(part.get("id")) if by_name else str(number))
        yield row, names


def _cut_from(patient: Patient, split: str) -> str | None:
    return (patient.splits.sources.get(split) or {}).get("cut_from")
