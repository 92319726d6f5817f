# SPDX-License-Identifier: Apache-2.0
"""A run survives: its folder and record, checkpoints, signals, exit codes."""

from recipes.common.running.run import Run, command_line

__all__ = ["Run", "command_line"]
