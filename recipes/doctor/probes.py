# SPDX-License-Identifier: Apache-2.0
"""Checks that take steps of training."""

from collections.abc import Iterator

from recipes.doctor.findings import Finding
from recipes.doctor.patient import Patient


def examine(patient: Patient, overfit: int) -> Iterator[Finding]:
    """All findings of a few steps."""
    return iter(())
