# SPDX-License-Identifier: Apache-2.0
"""A run survives: its folder and record, checkpoints, signals, exit codes."""

from recipes.common.running.run import Run, callbacks, command_line, peak_memory_gib

__all__ = ["Run", "callbacks", "command_line", "peak_memory_gib"]
