# SPDX-License-Identifier: Apache-2.0
"""Which values of a row are text: strings and numbers, as they stand there."""

import enum
import math
import numbers
import re
from typing import Any


class Fault(enum.Enum):
    """Why a value is no text that can be used."""

    MISSING = "is missing"
    NULL = "is null"
    EMPTY = "is empty"
    NO_ITEMS = "is an empty list"
    NOT_FINITE = "is no finite number"
    NOT_TEXT = "is neither text nor a number"
    HALF_A_PAIR = "holds half of a surrogate pair, which tokenizers refuse"


def text_of(value: Any) -> tuple[str | None, Fault | None]:
    """(the text as it is, None or what is wrong with it)."""
    if value is None or value != value:  # NaN: what pandas writes for a missing value into Parquet and JSON
        return None, Fault.NULL
    # A boolean is no text: nobody could say whether True, true or yes was meant.
    if isinstance(value, bool) or not isinstance(value, str | numbers.Number):
        return None, Fault.NOT_TEXT
    if value in (math.inf, -math.inf):
        return None, Fault.NOT_FINITE
    text = str(value)
    if not text.isascii() and re.search("[\ud800-\udfff]", text):
        return None, Fault.HALF_A_PAIR
    return text, None if text.strip() else Fault.EMPTY
