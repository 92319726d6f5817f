# SPDX-License-Identifier: Apache-2.0
"""How far a long work is: on a terminal one bar, elsewhere few lines, at times that a clock of the test's tells."""

import io
import re
import sys
from types import SimpleNamespace

import pytest

from recipes import pace, planning
from recipes.report import progress
from recipes.wording import show

RECIPE = "summarize_t5"


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(pace, "memory", lambda: ["1.2 GiB"])
    return Clock()


def lines_of(clock, seconds, total, capsys):
    """What is said of `total` rows, of which each takes `seconds`: [(seconds since the beginning, line)]."""
    found, meter, began = [], pace.Rows("score", total, clock=clock), clock.now
    for _ in range(total):
        clock.now += seconds
        meter.add(1)
        said = capsys.readouterr()
        assert said.err == "" and "\r" not in said.out
        found += [(clock.now - began, line) for line in said.out.splitlines()]
    return found


def test_a_line_after_ten_seconds_and_then_each_minute(clock, capsys):
    """After 10 s of 150 s: 10 of 150 rows, one a second, the first of which does not count; the end has no line."""
    found = lines_of(clock, 1, 150, capsys)
    assert [when for when, _ in found] == [10, 70, 130]
    assert found[0][1] == "score     10 of 150 rows, 140 s left, 1.0 rows/s, 1.2 GiB".replace("140 s", "2 min")
    assert found[2][1] == "score     130 of 150 rows, 20 s left, 1.0 rows/s, 1.2 GiB"


@pytest.mark.parametrize("hours, pause", [(2, 144), (24, 600)])
def test_a_long_work_says_little(clock, capsys, hours, pause):
    """Two hours: fifty lines, one each 144 s; a day: one each ten minutes."""
    times = [when for when, _ in lines_of(clock, 12, hours * 300, capsys)]
    assert {round(after - before) for before, after in zip(times[1:], times[2:], strict=False)} == {pause}


def test_a_terminal_has_a_bar_and_no_lines(clock, monkeypatch):
    """Half done after 100 s; in 60 columns the facts behind the third have no room."""
    out, err = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("COLUMNS", "60")
    with pace.Rows("score", 21, clock=clock) as meter:
        meter.add(1)
        for _ in range(10):
            clock.now += 10
            meter.add(1)
        assert out.getvalue() == ""
        last = err.getvalue().split("\r")[-1]
    assert last.startswith("score     52% |") and last.rstrip().endswith("| 100 s left, 0.1 rows/s, 1.2 GiB")
    assert err.getvalue().endswith("\r")  # it leaves nothing behind


@pytest.mark.parametrize("out, err, lines, bar", [(1, 1, 0, 1), (0, 1, 1, 1), (1, 0, 1, 0), (0, 0, 1, 0)])
def test_what_is_no_terminal_gets_lines(monkeypatch, out, err, lines, bar):
    """The bar lies on the standard error output, the lines in the other: each may be a file."""
    for name, terminal in (("stdout", out), ("stderr", err)):
        monkeypatch.setattr(sys, name, Terminal() if terminal else io.StringIO())
    meter = pace.Meter("train", 10)
    assert (meter.lines, not meter.bar.disable) == (bool(lines), bool(bar))
    meter = pace.Meter("train", 10, bar=False)
    assert (meter.lines, meter.bar.disable) == (True, True)
    meter = pace.Meter("train", 10, shown=False)
    assert (meter.lines, meter.bar.disable) == (False, True)


@pytest.mark.parametrize(
    "seconds, said", [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2.0 h"), (90000, "25.0 h")]
)
def test_times_in_words(seconds, said):
    assert pace.spoken(seconds) == said


# ---------------------------------------------------------------- training


def state(step, **more):
    """Of 40 steps in four epochs."""
    known = {"global_step": step, "epoch": step / 10, "max_steps": 40, "num_train_epochs": 4, "eval_steps": 8}
    return SimpleNamespace(**known | more)


@pytest.mark.parametrize("strategy, evaluations", [("no", 0), ("epoch", 3), ("steps", 4)])
def test_time_left_in_training(strategy, evaluations):
    """Steps of 2 s, an evaluation of 20 s with a save of 10 s after it; the first step, of 100 s, does not count.

    After step 12 of 40 there are 28 left, and three ends of an epoch, or steps 16, 24, 32 and 40.
    """
    clock = Clock()
    schedule = progress.Schedule(SimpleNamespace(eval_strategy=strategy), state(0), clock)
    for step in range(1, 13):
        clock.now += 100 if step == 1 else 2
        schedule.step()
        if step == 10:
            clock.now += 20
            schedule.pause(evaluated=True)
            clock.now += 10
            schedule.pause()
    assert (schedule.steps, schedule.seconds) == (11, 22)
    assert schedule.seconds_left(state(12)) == 28 * 2 + evaluations * 30


@pytest.mark.parametrize(
    "best, value, greater, expected",
    [(None, 1, True, True), (5, 6, True, True), (5, 5, True, False), (5, 4, True, False), (5, 4, False, True)],
)
def test_the_best_so_far(best, value, greater, expected):
    args = SimpleNamespace(metric_for_best_model="rougeL", greater_is_better=greater)
    assert progress._is_best(args, SimpleNamespace(best_metric=best), value) == expected


def test_a_run_in_a_log_file(run, monkeypatch, capsys):
    """A line for each step, as if each took minutes; the second epoch knows the best score of the first."""
    monkeypatch.setattr(pace, "FIRST", 0)
    monkeypatch.setattr(pace, "OFTEN", 0)
    monkeypatch.setattr(pace, "SELDOM", 0)
    assert run(num_train_epochs=2, logging_steps=1, metric_for_best_model="rouge1", eval_sample_size=2) == 0
    said = capsys.readouterr()
    assert said.err == "" and "\r" not in said.out
    lines = said.out.splitlines()
    number = r"[\d,.]+"
    for wanted in (
        "plan      2 epochs, 6 steps, learning rate 0.003, linear",
        "scores    rouge1 on 2 of 6 validation rows each epoch; the best model is kept;",
        rf"memory    about {number} GiB: batches of at most 8 rows of \d+ and \d+ tokens",
        rf"train     1 of 6 steps, {number} GiB",
        rf"train     5 of 6 steps, {number} s left, best rouge1 {number}, {number} rows/s, {number} GiB, "
        rf"loss {number}, lr [-\de.]+",
        "train     3 of 6 steps, scoring 2 of 2 rows",
        rf"epoch 1.00 rouge1 {number}, the best so far, loss {number}, rouge2 {number}, rougeL {number}, .*",
    ):
        assert [line for line in lines if re.fullmatch(wanted + r"[^|]*", line)], f"{wanted}\n{said.out}"


def test_the_estimate_leaves_the_training_as_it_is(run, tmp_path, monkeypatch):
    """The same bits with it and without."""
    weights = []
    for told in (planning.told, lambda *_: []):
        monkeypatch.setattr(planning, "told", told)
        assert run(num_train_epochs=1, output_dir=tmp_path / str(len(weights))) == 0
        weights.append((tmp_path / str(len(weights)) / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_a_long_line_is_broken_where_a_terminal_ends_and_nowhere_else(monkeypatch, capsys):
    """Forty columns; a path stays whole, for it is there to be copied."""
    line = "look at   /a/path/that/is/longer/than/forty-columns and the card beside it"
    monkeypatch.setenv("COLUMNS", "40")
    show(line)
    assert capsys.readouterr().out == f"{line}\n"
    monkeypatch.setattr(sys, "stdout", Terminal())
    show(line, "a fact")
    assert sys.stdout.getvalue().splitlines() == [
        "look at",
        "          /a/path/that/is/longer/than/forty-columns",
        "          and the card beside it",
        "a fact",
    ]
