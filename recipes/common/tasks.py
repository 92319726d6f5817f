# SPDX-License-Identifier: Apache-2.0
"""What a recipe's file says of its task, collected by name and checked before anything is read."""

import dataclasses
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from transformers.hf_argparser import HfArg

from recipes.common import UserError
from recipes.typed import names


@dataclass(frozen=True)
class Task:
    """A recipe's constants and functions, under the names that they have in its file.

    It has to define

        score(predictions, references, rows, settings) -> scores.Scores      rows have the `variants` made for them
        trivial(row) -> text                           an answer without a model; its docstring begins with its name

    and may define, each under this name:

    A row is {"id", field: text} with the fields of COLUMNS; in `read` and `reshape` it is still a reading.Row, with the
    columns of the file.

        with_settings(task, settings) -> Task          the task where templates or columns depend on settings
        read(path, settings, new) -> rows              a kind of file of the task's own; `new` rows have no target
        reshape(row, settings, new) -> rows            records that are not flat; may mark a row broken or unwanted
        refuse(row, settings, tokenizer) -> (reason, detail) or None         a row that cannot be used
        unwanted(row, settings) -> reason or None      a training row that is left out on purpose
        together(row) -> value                         rows with equal values stay in one split
        prepare(row, settings, tokenizer) -> sources   one source or several; by default SOURCE, filled in
        learned(row, source, settings) -> text         what training sees; by default the first reference
        select(table, tokenizer) -> (table, notes)     which of the training features are learned
        finish(row, outputs) -> prediction             from the outputs of all sources; by default the first text
        details(row, outputs) -> {column: value}       what predictions.jsonl tells of a row besides

    and, where nothing is generated:

        load(settings, args) -> (model, tokenizer)     of a finished run, too; by default models.load
        encode(row, settings, tokenizer, learn) -> features   {"source", "input_ids", "length", "labels", ...}
        answers(outputs, labels) -> tensor             what is kept of the model's outputs, shape (batch, ...)
        decode(answer, feature, settings, tokenizer) -> Output    of one of them, padded with -100
    """

    recipe: Path
    source: str  # SOURCE, a template
    target: str  # TARGET, a template
    columns: dict[str, tuple[str | None, tuple[str, ...]]]  # COLUMNS: field -> (flag, names in known data sets)
    metrics: tuple[str, ...]  # METRICS
    defaults: dict[str, Any]  # DEFAULTS
    settings: type  # Settings, with a field for each flag that COLUMNS names
    score: Callable
    trivial: Callable
    with_settings: Callable | None = None
    read: Callable | None = None
    reshape: Callable | None = None
    refuse: Callable | None = None
    unwanted: Callable | None = None
    together: Callable | None = None
    prepare: Callable | None = None
    learned: Callable | None = None
    select: Callable | None = None
    finish: Callable | None = None
    details: Callable | None = None
    load: Callable | None = None
    encode: Callable | None = None
    answers: Callable | None = None
    decode: Callable | None = None


FUNCTIONS = [one.name for one in dataclasses.fields(Task)][7:]  # from `score` on


def task_of(module_name: str) -> Task:
    """The task of the module `module_name`, a recipe that is running or has been imported.

    Raises:
        UserError: a template or a function uses a field that COLUMNS does not have, or a setting that there is not.
    """
    return task_of_module(sys.modules[module_name])


def task_of_module(module: ModuleType) -> Task:
    """As `task_of`, of the module itself."""
    functions = {name: getattr(module, name) for name in FUNCTIONS if hasattr(module, name)}
    recipe = Path(str(module.__file__)).resolve()
    missing = [name for name in ("score", "trivial") if name not in functions]
    if missing:
        raise UserError(f"{recipe.name}: defines no {' and no '.join(missing)}; see common/tasks.py")
    task = Task(
        recipe=recipe,
        source=module.SOURCE,
        target=module.TARGET,
        columns=module.COLUMNS,
        metrics=tuple(module.METRICS),
        defaults=module.DEFAULTS,
        settings=with_column_flags(module.Settings, module.COLUMNS),
        **functions,
    )
    own = [one for one in functions.values() if inspect.isfunction(one) and one.__module__ == module.__name__]
    settings = {*dir(task.settings), *(one.name for one in dataclasses.fields(task.settings))}
    problems = names.undefined(recipe.name, {"SOURCE": task.source, "TARGET": task.target}, own, task.columns, settings)
    if found := dict.fromkeys(problems):
        raise UserError(*found)
    return task


def with_column_flags(settings: type, columns: dict[str, tuple[str | None, tuple[str, ...]]]) -> type:
    """`settings`, a dataclass, with an optional text for each flag that `columns` names."""
    own = {one.name for one in dataclasses.fields(settings)}
    added = [
        (flag, str | None, HfArg(default=None, help=f"The column of `{name}`, if it is none of {', '.join(known)}."))
        for name, (flag, known) in columns.items()
        if flag and flag not in own
    ]
    return dataclasses.make_dataclass(settings.__name__, added, bases=(settings,)) if added else settings
