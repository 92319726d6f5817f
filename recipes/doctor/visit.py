# SPDX-License-Identifier: Apache-2.0
"""A visit at the doctor's: a recipe's own `main` is run up to its first step, and all that it made is looked at."""

import contextlib
import importlib
import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from recipes.common import UserError, arguments, did_you_mean
from recipes.common import show as shown
from recipes.common.tasks import task_of_module
from recipes.doctor import probes, screen, texts, tokens
from recipes.doctor.findings import Finding, Found, finding, table
from recipes.doctor.patient import Patient
from recipes.doctor.survey import survey

RECIPES = Path(__file__).resolve().parents[1]
waiting: "Visit | None" = None  # the visit that the next `look` belongs to


class Reached(Exception):
    """The recipe has come to its first step: the visit has all that it needs."""


@dataclass
class Visit:
    """What the recipe made, and what its reading refused at first."""

    patient: Patient | None = None
    refused: tuple[str, ...] = ()

    def meet(self, run, patient: Patient) -> None:
        """Called by `look`: let the recipe go on until its trainer is there, and write nothing."""
        self.patient = patient

        def take(judge, trainer, tables):
            patient.trainer = trainer
            raise Reached

        run.start, run.compare = (lambda *_, **__: None), take


def visit(module: ModuleType, flags: list[str], overfit: int = 0) -> tuple[Patient | None, list[Finding]]:
    """What the doctor finds with a recipe, given the flags that a run would be given.

    Args:
        overfit: how many training rows are learned by heart, to see whether learning works at all; 0 for none.
    Returns:
        (all that the recipe made, or None where it refused to begin, findings)
    """
    main, output_dir = module.main, ""
    with contextlib.suppress(UserError):  # which the run will tell
        output_dir = arguments.parse(task_of_module(module), flags)[1].output_dir
    seen = _run(main, flags)
    if seen.patient is None and not any(flag.startswith("--on_bad_row") for flag in flags):
        again = _run(main, [*flags, "--on_bad_row", "skip"])
        if again.patient is not None:
            again.refused, seen = seen.refused, again
    found = [refusal(seen)]
    if seen.patient is None:
        return None, found
    found += examine(seen.patient)
    if seen.patient.trainer is not None:
        found += probes.examine(seen.patient, overfit, output_dir)
    return seen.patient, found


def examine(patient: Patient) -> list[Finding]:
    """All checks that need no step of training."""
    return [*texts.examine(survey(patient.texts)), *tokens.examine(patient)]


def refusal(seen: Visit) -> Finding:
    """What the reading of rows, or the start of the run, refused."""
    found = Found(len(seen.refused), 0, list(seen.refused))
    if seen.patient is not None:
        return finding("rows", "unusable", found)
    return finding("start", "refused", found)


def _run(main: Callable, flags: list[str]) -> Visit:
    """Run `main` up to its first step, its output folder a scratch one."""
    global waiting
    waiting = seen = Visit()
    try:
        with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
            main([*flags, "--output_dir", str(Path(folder) / "run"), "--do_train", "True"])
    except Reached:
        pass
    except UserError as error:
        seen.refused = tuple(error.problems)
    finally:
        waiting = None
    return seen


def find_recipe(name: str) -> ModuleType:
    """The module of a recipe: its file, the stem of a file in recipes/, or how `make` calls it.

    Raises:
        UserError: there is none.
    """
    stems = {path.stem: path for path in RECIPES.glob("*.py") if "def main(" in path.read_text(encoding="utf-8")}
    short = {stem.partition("_")[0]: path for stem, path in stems.items()} | {"text2text": stems.get("text_to_text")}
    path = Path(name) if name.endswith(".py") else stems.get(name) or short.get(name)
    if path is None or not path.is_file():
        known = [*short, *stems]
        raise UserError(f"{name}: no such recipe{did_you_mean([name], known) or '; known: ' + ', '.join(known)}")
    if path.resolve().parent == RECIPES:
        return importlib.import_module(f"recipes.{path.stem}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def verdict(findings: Iterable[Finding], strict: bool = False) -> int:
    """The exit code: 2 for failures, and with `strict` for warnings; else 0."""
    levels = {one.level for one in findings}
    return 2 if "fail" in levels or strict and "warn" in levels else 0


def show(patient: Patient | None, findings: list[Finding]) -> None:
    """The whole table, check by check, below what every run says first."""
    if patient is not None:
        screen.describe(patient)
        shown(*screen.side_by_side(patient), "")
    shown(*table(findings, everything=True))
