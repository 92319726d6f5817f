# SPDX-License-Identifier: Apache-2.0
"""New feedback through all trained steps."""

from collections.abc import Callable, Sequence
from pathlib import Path

from recipes import disk
from recipes.assistant.steps import CHAIN
from recipes.common import UserError
from recipes.prediction import Predictor
from recipes.shipping.rows import reading_settings

TOLD = {"category": ("probabilities",), "entities": ("entities",)}  # of a step's answer, beside its prediction


def predict(
    folder: Path, path: Path, output: Path, flags: Sequence[str] = (), progress: Callable[[str], None] = print
) -> int:
    """Write {"id", "text", other columns, "category", "probabilities", "entities", "summary", "reply"} for each row.

    Args:
        path: of any kind that the recipes read, with a column `text`; of a .txt, each line is a row.
        flags: how it is read, such as --on_bad_row skip.
    Returns:
        How many rows there are.
    Raises:
        UserError: a step is not trained, the file cannot be read, or the output is there already.
    """
    if output.suffix != ".jsonl":
        raise UserError(f"--output {output}: entities are lists, so name a .jsonl")
    if output.exists():
        raise UserError(f"--output {output}: is there already; name a new file")
    if not output.parent.is_dir():
        raise UserError(f"--output {output}: {output.parent} is no folder")
    if not all((folder / step / "run.json").is_file() for step in CHAIN):
        raise UserError(f"{folder}: no trained assistant in it; train one: make assistant")
    predictors = {step: Predictor(folder / step) for step in CHAIN}
    for one in predictors.values():
        one.reading = reading_settings(one.task, one.settings, flags)
    made = given(predictors[CHAIN[0]], path, progress)
    for step, predictor in predictors.items():
        progress(f"step      {step}")
        answers = one_step(predictor, step, path)
        made = [row | answer for row, answer in zip(made, answers, strict=True)]
    disk.write_lines(output, made)
    return len(made)


def given(predictor: Predictor, path: Path, progress: Callable[[str], None]) -> list[dict]:
    """The rows of the file with all their columns but those that the assistant fills; what is left out is said."""
    splits = next(predictor.read_pieces(path))
    if not splits["new"]:
        raise UserError(f"--predict {path}: has no rows")
    ours = {"id", "text", *CHAIN, *(name for names in TOLD.values() for name in names)}
    lost = sorted({name for row in splits.rows for name in row} & ours - {"id", "text"})
    notes = [*splits.notes, *([f"{path}: {', '.join(lost)}: the assistant's own stand in their place"] if lost else [])]
    for note in notes:
        progress(f"note      {note}")
    more = [{name: value for name, value in row.items() if name not in ours} for row in splits.rows]
    return [{"id": row["id"], "text": row["text"], **columns} for row, columns in zip(splits["new"], more, strict=True)]


def one_step(predictor: Predictor, step: str, path: Path) -> list[dict]:
    """Of each row, what a step makes of it."""
    rows, _ = predictor.read(path)
    found = []
    for answer in predictor.predict(rows):
        told = {name: answer[name] for name in TOLD.get(step, ())}
        own = {} if step == "entities" else {step: answer["prediction"]}  # its tags say no more than the spans do
        found.append(own | told)
    return found
