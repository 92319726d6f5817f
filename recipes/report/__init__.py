# SPDX-License-Identifier: Apache-2.0
"""What a run is shown as: a bar while it works, then report.html, the model card, a sheet for a person's judgement."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from jinja2 import TemplateError

from recipes.common import UserError
from recipes.common.running import Run
from recipes.report.card import write_card
from recipes.report.page import write_report
from recipes.report.progress import Progress
from recipes.report.spot_check import spot_check
from recipes.report.table import print_table
from recipes.shipping import push

__all__ = ["Progress", "show", "spot_check", "write", "write_card", "write_report"]


def write(run: Run) -> None:
    """Write README.md, the model card, and report.html from the other files of a run's folder.

    With --push_to_hub the finished model goes up then; the Trainer would push each epoch's checkpoint and its logs.
    """
    if run.is_main:
        write_report(run.folder)
        write_card(run.folder)  # with the notices of the report
        if run.push_to:
            address, _ = push.push(run.folder, run.push_to, bool(run.args.hub_private_repo))
            print(f"pushed    {address}")


def show(run: Run) -> None:
    """Print the table at the end; a page or card that is not there, as after a kill, is written first."""
    with readable(run.folder):
        if not all((run.folder / name).is_file() for name in ("README.md", "report.html")):
            write(run)
        if run.is_main:
            print_table(run.folder)


@contextlib.contextmanager
def readable(folder: str | Path) -> Iterator[None]:
    """Files that somebody has changed since the run end in one sentence."""
    try:
        yield
    except (
        AttributeError,
        ArithmeticError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
        TemplateError,
    ) as error:
        said = f"its files are not what a run wrote: {type(error).__name__}: {error}"
        raise UserError(f"{folder}: {said}") from error
