# SPDX-License-Identifier: Apache-2.0
"""A run's model in another form, and proven: asked in a process of its own, it says what the trained model says."""

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerBase

from recipes import disk
from recipes.common import UserError, short
from recipes.prediction import Predictor, record_of
from recipes.report import write_report

REPOSITORY = Path(__file__).resolve().parents[2]
# Format -> its module here, if it is not transformers' own, and the precisions that it has.
FORMATS = {
    "merged": (None, ("fp32", "bf16")),
    "ctranslate2": ("ctranslate", ("fp32", "bf16", "int8")),
    "onnx": ("onnx", ("fp32", "int8")),
}
# Percent of the texts that may differ: of two sums in another order one may be a hair greater, and rounded weights
# choose another word where two are nearly as likely.
TOLERANCE = {"fp32": 1.0, "bf16": 10.0, "int8": 20.0}
LISTED = "exports.json"


def export(
    run: Path,
    form: str,
    precision: str = "fp32",
    output: Path | None = None,
    rows: int = 200,
    tolerance: float | None = None,
    patience: float | None = None,
    trust_recipe: bool = False,
) -> dict:
    """Write the model of `run` to a folder that `predict` and `demo` take for a run, and compare their texts.

    Args:
        form, precision: see FORMATS.
        output: the folder; by default RUN/export/FORMAT-PRECISION.
        rows: how many of the run's own sources are asked, the first.
        tolerance: percent of the texts that may differ; by default that of the precision.
        patience: of CTranslate2's beams; see there.
    Returns:
        What was found, as it is also listed in RUN/exports.json.
    Raises:
        UserError: nothing of that kind can be made, or the texts differ; then what was made stays beside `output`.
    """
    output = output or run / "export" / f"{form}-{precision}"
    unfinished = output.with_name(f"{output.name}.unfinished")
    module, precisions = FORMATS[form]
    if precision not in precisions:
        raise UserError(f"--precision {precision}: {form} has {', '.join(precisions)}")
    found = record_of(run)
    if "export" in found:
        raise UserError(f"--run {run}: is an export itself; name the run that it was made of")
    if os.path.lexists(output):
        raise UserError(f"--output {output}: exists; name a new folder, or remove it")
    sources = own_sources(run, rows)
    convert = importlib.import_module(f"recipes.shipping.{module}").convert if module else _merged
    about = {"format": form, "precision": precision, "run": found["recipe"]["name"]}
    if patience is not None:
        about["patience"] = patience
    found["files"] = {}  # those of the run
    try:
        unfinished.mkdir(parents=True)
    except FileExistsError:
        why = "an export that failed left it, or another makes it now"
        raise UserError(f"{unfinished}: exists; {why}: remove it, or name another --output") from None
    try:
        _write(unfinished, run, found | {"export": about}, convert, sources[0], trust_recipe)
        made = compare(run, unfinished, sources, trust_recipe)
        allowed = TOLERANCE[precision] if tolerance is None else tolerance
        made = {**about, "folder": str(output), "tolerance": allowed, **made}
        differing = made.pop("differing")
        disk.write_json(unfinished / "run.json", found | {"export": {**about, "compared": made}})
        disk.write_lines(unfinished / "differences.jsonl", differing)
    except BaseException:  # such as a full disk, whose room this gives back
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    if len(differing) > made["tolerance"] / 100 * made["rows"]:
        first = differing[0]
        raise UserError(
            f"{form} {precision}: {len(differing)} of {made['rows']} texts differ from the trained model's, and "
            f"{made['tolerance']:g} % may; all are in {unfinished / 'differences.jsonl'}, such as "
            f"{short(first['trained'])} there, {short(first['exported'])} now"
        )
    unfinished.rename(output)
    known = (disk.read_json(run / LISTED) or {}).get("exports", [])
    disk.write_json(run / LISTED, {"exports": [one for one in known if one["folder"] != made["folder"]] + [made]})
    if (run / "report.html").exists():
        write_report(run)
    return made


def _write(folder: Path, run: Path, record: dict, convert: Callable, source: str, trust_recipe: bool) -> None:
    """All of an export in `folder`, with `record` as its run.json; graphs are traced with `source`."""
    trained = Predictor(run, device="cpu", trust_recipe=trust_recipe)
    model, tokenizer = trained.engine.model, trained.tokenizer
    convert(folder, model, tokenizer, record["export"]["precision"], trained.encode_sources([source])[0])
    tokenizer.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    disk.write_json(folder / "run.json", record)
    for name in ("recipe.py", "all_results.json"):
        if (run / name).exists():
            shutil.copyfile(run / name, folder / name)


def told(made: dict) -> str:
    """A line of what `export` found."""
    (old, new), (before, after) = made["megabytes"], made["rows_per_second"]
    score = made["score_difference"]
    apart = "" if score is None else f", whose scores differ by {score:.2g} at most"
    return (
        f"{made['format']} {made['precision']}: {made['equal']} of {made['rows']} texts equal{apart}; "
        f"{old} -> {new} MB, {before} -> {after} rows/s ({made['speed']} x)"
    )


def _merged(folder: Path, model: torch.nn.Module, tokenizer: PreTrainedTokenizerBase, precision: str, _) -> None:
    """As `from_pretrained` takes it; LoRA was merged when the run was saved."""
    model.to({"fp32": torch.float32, "bf16": torch.bfloat16}[precision]).save_pretrained(folder)


def own_sources(run: Path, rows: int) -> list[str]:
    """The first sources of the run's own predictions, as the model read them."""
    path = run / "predictions.jsonl"
    if not path.is_file():
        raise UserError(f"{path}: no such file, so there is nothing to compare with; run the recipe with --do_predict")
    with open(path, encoding="utf-8") as file:
        return [json.loads(line)["source"] for _, line in zip(range(rows), file, strict=False)]


def compare(run: Path, folder: Path, sources: list[str], trust_recipe: bool = False) -> dict:
    """What two folders make of the same sources, each in a new process, one after the other.

    Where the run draws its outputs at random, both are asked for the likeliest text: no two programs draw alike.

    Returns:
        rows, equal; score_difference, the greatest between the scores of equal texts (mean log-probability of a token);
        rows_per_second and megabytes, [trained, exported]; speed, their ratio; differing, a list of both texts.
    """
    with tempfile.TemporaryDirectory() as scratch:
        asked = Path(scratch, "sources.json")
        disk.write_json(asked, sources)
        one, two = (
            _ask(place, asked, Path(scratch, f"{number}.json"), trust_recipe)
            for number, place in enumerate((run, folder))
        )
    pairs = list(zip(sources, one["texts"], two["texts"], strict=True))
    equal = [number for number, (_, old, new) in enumerate(pairs) if old == new]
    return {
        "rows": len(sources),
        "equal": len(equal),
        "score_difference": max((abs(one["scores"][number] - two["scores"][number]) for number in equal), default=None),
        "rows_per_second": [round(len(sources) / each["seconds"], 2) for each in (one, two)],
        "megabytes": [each["megabytes"] for each in (one, two)],
        "speed": round(one["seconds"] / two["seconds"], 2),
        "differing": [{"source": source, "trained": old, "exported": new} for source, old, new in pairs if old != new],
    }


def _ask(folder: Path, asked: Path, answer: Path, trust_recipe: bool) -> dict:
    words = [sys.executable, "-m", "recipes.shipping.ask", str(folder.absolute()), str(asked), str(answer)]
    done = subprocess.run(words + ["--trust_recipe"] * trust_recipe, cwd=REPOSITORY, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"{folder}: cannot be loaded and asked: {done.stderr.strip().splitlines()[-1:] or 'no reason'}")
    return disk.read_json(answer)
