# SPDX-License-Identifier: Apache-2.0
"""What a finished run is shown as: report.html, the model card, a sheet for a person's judgement."""

from pathlib import Path

from recipes.report.card import write_card
from recipes.report.page import write_report
from recipes.report.spot_check import spot_check

__all__ = ["spot_check", "write", "write_card", "write_report"]


def write(folder: str | Path) -> None:
    """Write README.md, the model card, and report.html from the other files of a run's folder."""
    write_card(folder)
    write_report(folder)
