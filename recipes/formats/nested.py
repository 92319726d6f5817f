# SPDX-License-Identifier: Apache-2.0
"""Records with lists of records in them, as SQuAD's articles have paragraphs and these have questions."""

import functools
from collections.abc import Callable

from recipes.files import Row


def or_broken(reshape: Callable[..., list[Row]]) -> Callable[..., list[Row]]:
    """`reshape`, of a row, where lists, objects and texts may be in each other's places: such a row is a broken one."""

    @functools.wraps(reshape)
    def reshaped(row: Row, *args, **more) -> list[Row]:
        try:
            return reshape(row, *args, **more)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            told = f"its lists and objects are in no form that is known ({type(error).__name__}: {error})"
            return [row.reshaped(broken=("an unknown form", told))]

    return reshaped


def innermost(row: Row, *names: str) -> list[Row]:
    """The records at the bottom of nested lists, each with the fields around it; without such a list, the row itself.

    With "parts", "pages" the record {"title": "a", "parts": [{"pages": [{"id": 1}, {"id": 2}]}]} gives
    {"title": "a", "id": 1} and {"title": "a", "id": 2}. An item of a list that is no object gives a record with the
    fields around it alone.
    """
    if not names or names[0] not in row:
        return [row]
    name, *deeper = names
    around = {key: value for key, value in row.items() if key != name}
    found = []
    for number, item in enumerate(row[name] if isinstance(row[name], list) else [None], 1):
        inner = row.reshaped({**around, **(item if isinstance(item, dict) else {})})
        inner.line = f"{row.line}, {name} {number}"
        found += innermost(inner, *deeper)
    return found
