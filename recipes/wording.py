# SPDX-License-Identifier: Apache-2.0
"""What people are told: one error, texts in one line, the name that was meant."""

import difflib
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable


class UserError(Exception):
    """The settings or the data are wrong: shown without a traceback, exit code 2, nothing written.

    Args:
        problems: one sentence each, naming the culprit (flag, file, row, column, value) and what would be accepted.
        shown: how many of them to print; the rest is counted.
    """

    def __init__(self, *problems, shown=10):
        self.problems = [plain(str(problem)) for problem in problems]
        more = len(self.problems) - shown
        super().__init__("\n".join(self.problems[:shown] + ([f"... and {more} more like these"] if more > 0 else [])))


def plain(text: str) -> str:
    """Anybody's text in one line that a terminal only shows, without escape sequences, line breaks, bidi controls.

    The joiners of emoji, Persian and Indic words stay.
    """
    escaped = (one if one.isprintable() or one in "\u200c\u200d\xa0" else repr(one)[1:-1] for one in text)
    return text if text.isprintable() else "".join(escaped)


def show(*lines: object, err: bool = False) -> None:
    """Print lines, to the standard error output if `err`; what nobody reads any more does not end a run."""
    stream = sys.stderr if err else sys.stdout
    for line in lines:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        text = plain(str(line)).encode(encoding, "backslashreplace").decode(encoding)
        try:
            print(_wrapped(text) if stream.isatty() else text, file=stream, flush=True)
        except OSError:  # `| head` has seen enough, or the disk of the log is full
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _wrapped(text: str) -> str:
    """`text` in lines of the terminal, below what follows the first word, as all lines of ours begin."""
    columns = shutil.get_terminal_size().columns
    if len(text) <= columns or columns < 40:
        return text
    wrapper = textwrap.TextWrapper(columns, subsequent_indent=" " * 10)
    wrapper.break_long_words = wrapper.break_on_hyphens = False  # paths and names are there to be copied
    return "\n".join(wrapper.wrap(text))


def short(value: object, length: int = 60) -> str:
    """A value as Python writes it, shortened for an error message."""
    text = repr(value[: length + 1] if isinstance(value, str) else value)
    return text if len(text) <= length + 2 else text[:length] + "..."


def listed(names: Iterable[str]) -> str:
    """At most twelve names, quoted, and how many more there are."""
    names = list(names)
    more = [f"... {len(names) - 12} more"] if len(names) > 12 else []
    return ", ".join([short(name) for name in names[:12]] + more)


def did_you_mean(wanted: Iterable[str], there: Iterable[str], form: str = "; did you mean {!r}?") -> str:
    """The name among `there` that is most like one of `wanted`, put into `form`; "" if none is."""
    lower = {name.lower(): name for name in there}
    for name in wanted:
        close = difflib.get_close_matches(name.lower(), lower, 1, 0.7)
        if close:
            return form.format(lower[close[0]])
    return ""
