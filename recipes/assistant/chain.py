# SPDX-License-Identifier: Apache-2.0
"""New feedback through all trained steps."""

from collections.abc import Callable
from pathlib import Path

from recipes import disk
from recipes.assistant.steps import CHAIN
from recipes.common import UserError
from recipes.prediction import Predictor

TOLD = {"category": ("probabilities",), "entities": ("entities",)}  # of a step's answer, beside its prediction


def predict(folder: Path, path: Path, output: Path, progress: Callable[[str], None] = print) -> int:
    """Write {"id", "text", "category", "probabilities", "entities", "summary", "reply"} for each row of a file.

    Args:
        path: of any kind that the recipes read, with a column `text`; of a .txt, each line is a row.
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
    made: list[dict] = []
    for step in CHAIN:
        progress(f"step      {step}")
        answers = one_step(Predictor(folder / step), step, path)
        made = [row | answer for row, answer in zip(made, answers, strict=True)] if made else answers
    disk.write_lines(output, made)
    return len(made)


def one_step(predictor: Predictor, step: str, path: Path) -> list[dict]:
    """Of each row, its id, its text, and what a step makes of it."""
    rows, _ = predictor.read(path)
    if not rows:
        raise UserError(f"--predict {path}: has no rows")
    answers = predictor.predict(rows)
    texts = [row["text"] for row in rows] if step == "category" else []
    found = []
    for place, answer in enumerate(answers):
        told = {name: answer[name] for name in TOLD.get(step, ())}
        own = {} if step in told else {step: answer["prediction"]}  # tags of words say no more than the spans do
        found.append(({"id": answer["id"], "text": texts[place]} if texts else {}) | own | told)
    return found
