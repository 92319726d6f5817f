# SPDX-License-Identifier: Apache-2.0
"""Plumbing shared by the recipes. It knows no task, no column, no prompt and no model name."""

from recipes.wording import UserError, did_you_mean, listed, plain, short, show

__all__ = ["UserError", "did_you_mean", "listed", "plain", "short", "show"]
