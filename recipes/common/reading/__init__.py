# SPDX-License-Identifier: Apache-2.0
"""Text comes in: files, data sets, columns, examples."""

from recipes.common.reading.examples import load
from recipes.common.reading.splits import Splits
from recipes.files import Row, read_file

__all__ = ["Row", "Splits", "load", "read_file"]
