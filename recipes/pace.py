# SPDX-License-Identifier: Apache-2.0
"""How far a long piece of work is: one bar on a terminal; elsewhere, as in a log file, a line now and then."""

import shutil
import sys
import time
from collections.abc import Callable

from tqdm import tqdm

from recipes.machines import facts as machine
from recipes.wording import show

REDRAWN = 0.2  # seconds between two pictures of a bar
# Seconds to the first line, and between two of them at least and at most; how many lines a longer work has.
FIRST, OFTEN, SELDOM, LINES = 10, 60, 600, 50
BAR = 26  # columns for name, percentage and the bar itself


class Bar(tqdm):
    """tqdm's bar with facts of our own behind it."""

    facts = ""

    @property
    def format_dict(self):
        return super().format_dict | {"facts": self.facts}


class Meter:
    """The progress of a work of `total` parts.

    Lines come ten seconds after the beginning and then each minute; of a work of more than fifty minutes some fifty,
    but one every ten minutes.

    Args:
        name: at most nine letters, the head of the bar and of each line.
        total: None where nobody knows.
        unit: what is counted.
        shown: False where nobody is to see anything, as on all processes but the first.
        bar: whether there may be a bar, where the standard error output is a terminal.
        err: whether lines go to the standard error output.
        clock: seconds, from any point in time.
    """

    def __init__(
        self,
        name: str,
        total: int | None,
        unit: str = "rows",
        shown: bool = True,
        bar: bool = True,
        err: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.name, self.total, self.unit, self.err, self.clock = name, total, unit, err, clock
        bar = shown and bar and sys.stderr.isatty()
        self.lines = shown and not (bar and (err or sys.stdout.isatty()))
        form = f"{name:9}" + ("{percentage:3.0f}% |{bar}| {facts}" if total else "{facts}")
        self.bar = Bar(total=total, bar_format=form, leave=False, dynamic_ncols=True, disable=not bar)
        self.began = clock()
        self.drawn, self.due = self.began - REDRAWN, self.began + FIRST

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def update(self, done: float, told: Callable[[], list[str]]) -> None:
        """So many parts are done in all; `told` gives facts for the end of the bar or line, the most important first.

        It is asked only where something is shown.
        """
        now = self.clock()
        count = f"{done:,.0f}" + (f" of {self.total:,}" if self.total else "") + f" {self.unit}"
        if not self.bar.disable and now - self.drawn >= REDRAWN:
            self.drawn = now
            facts = [*told(), count] if self.total else [count, *told()]
            self.bar.n, self.bar.facts = done, fitting(facts, shutil.get_terminal_size().columns - BAR)
            self.bar.refresh()
        if self.lines and now >= self.due and done != self.total:  # what follows says that it is done
            expected = (now - self.began) / done * self.total if self.total and done else 0
            self.due = now + min(max(OFTEN, expected / LINES), SELDOM)
            show(f"{self.name:9} " + ", ".join([count, *told()]), err=self.err)

    def close(self) -> None:
        self.bar.close()


class Rows(Meter):
    """The progress of rows, each of which takes about as long as the others."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.done, self.first = 0.0, (0.0, self.clock())

    def add(self, count: float) -> None:
        """So many more are done."""
        if not self.done:
            self.first = count, self.clock()  # what came before had to warm up
        self.done += count
        self.update(self.done, self._facts)

    def _facts(self) -> list[str]:
        done, seconds = self.done - self.first[0], self.clock() - self.first[1]
        if done <= 0 or seconds <= 0:
            return memory()
        left = [f"{spoken((self.total - self.done) * seconds / done)} left"] if self.total else []
        return [*left, rate(done / seconds), *memory()]


def above(line: str) -> None:
    """Print a line above whatever bar there is."""
    with tqdm.external_write_mode(file=sys.stdout):
        show(line)


def memory() -> list[str]:
    """The most that was in use so far, where the machine tells."""
    most = machine.peak_memory_gib()
    return [f"{most:.1f} GiB"] if most else []


def rate(rows: float) -> str:
    """Rows of a second."""
    return f"{rows:,.0f} rows/s" if rows >= 10 else f"{rows:.1f} rows/s"


def spoken(seconds: float) -> str:
    """A time, as exact as one cares to know."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def fitting(facts: list[str], columns: int) -> str:
    """The first facts, as many as there is room for, at least one."""
    while len(facts) > 1 and len(", ".join(facts)) > columns:
        facts = facts[:-1]
    return ", ".join(facts)
