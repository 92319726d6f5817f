# SPDX-License-Identifier: Apache-2.0
"""Plumbing shared by the recipes. It knows no task, no column, no prompt and no model name."""


class UserError(Exception):
    """The settings or the data are wrong: shown without a traceback, exit code 2, nothing written.

    Args:
        problems: one sentence each, naming the culprit (flag, file, row, column, value) and what would be accepted.
        shown: how many of them to print; the rest is counted.
    """

    def __init__(self, *problems, shown=10):
        self.problems = [str(problem) for problem in problems]
        more = len(self.problems) - shown
        super().__init__("\n".join(self.problems[:shown] + ([f"... and {more} more like these"] if more > 0 else [])))
