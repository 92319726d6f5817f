# SPDX-License-Identifier: Apache-2.0
"""Names in a recipe's file that nothing defines, such as one left in a copy: found before anything is read."""

import ast
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping

from recipes.typed.templates import fields_of
from recipes.wording import UserError, did_you_mean, listed

OF_FILES = ("read", "reshape")  # functions that get rows as a file has them, with columns of any name


def undefined(
    file: str,
    templates: Mapping[str, str],
    functions: Collection[Callable],
    columns: Collection[str],
    settings: Collection[str],
) -> Iterator[str]:
    """A sentence for each name that a template or a function uses and that is neither a column's nor a setting's."""
    for title, template in templates.items():
        try:
            fields = fields_of(template)
        except ValueError as error:
            raise UserError(f"{file}: {title} {template!r} has {error}") from None
        for unknown in [one for one in fields if one not in columns and one not in settings]:
            yield _missing(file, f"{title} has {{{unknown}}}", unknown, columns)
    for function in functions:
        yield from _in_function(file, function, columns, settings)


def _missing(place: str, what: str, unknown: str, columns: Collection[str]) -> str:
    guess = did_you_mean([unknown], columns)
    return f"{place}: {what}, but COLUMNS has no {unknown!r}{guess or f'; it has {listed(columns)}'}"


def _in_function(file: str, function: Callable, columns: Collection[str], settings: Collection[str]) -> Iterator[str]:
    """`row["x"]` and `settings.x` in a function's own lines, where there is no such field or setting."""
    try:
        lines, start = inspect.getsourcelines(function)
    except OSError:  # made without a file
        return
    name = function.__name__
    for node in ast.walk(ast.parse("".join(lines))):
        place = f"{file} line {start + getattr(node, 'lineno', 1) - 1}"
        match node:
            case ast.Subscript(value=ast.Name(id="row"), slice=ast.Constant(value=str(key))):
                if key not in {"id", "variants", *columns} and name not in OF_FILES:
                    yield _missing(place, f"{name} reads row[{key!r}]", key, columns)
            case ast.Attribute(value=ast.Name(id="settings"), attr=key):
                if key not in settings and not key.startswith("__"):
                    guess = did_you_mean([key], settings)
                    yield f"{place}: {name} reads settings.{key}, which nothing defines{guess}"
