# SPDX-License-Identifier: Apache-2.0
"""Texts with fields in braces. What stands in braces is a name and nothing else: no place, width, attribute or code."""

import re
from collections.abc import Mapping
from typing import Any

PART = re.compile(r"{{|}}|{([^{}]+)}|[{}]")  # a brace that is written twice, a field, a brace that is neither


def fields_of(*templates: str) -> list[str]:
    """The field names of templates, in order: ("summarize: {document}",) -> ["document"].

    Raises:
        ValueError: a brace that belongs to no field and is not written twice.
    """
    parts = [part for template in templates for part in PART.finditer(template)]
    if any(part[0] in "{}" for part in parts):
        raise ValueError("a brace that is no field; write it twice")
    return list(dict.fromkeys(part[1] for part in parts if part[1]))


def fill(template: str, row: Mapping[str, Any]) -> str:
    """`template` with the row's values as text in the place of its fields, and one brace for two."""
    return PART.sub(lambda part: str(row[part[1]]) if part[1] else part[0][0], template)


def escape(text: str) -> str:
    """A text that gives itself where it is part of a template."""
    return text.replace("{", "{{").replace("}", "}}")


def source_template(template: str, prefix: str | None) -> str:
    """`template` with the text before its first field replaced by `prefix`; as it is where that is None."""
    if prefix is None:
        return template
    first = next((part for part in PART.finditer(template) if part[1]), None)
    return escape(prefix) + (template[first.start() :] if first else "")


def references(row: dict, target: str) -> list[str]:
    """All target texts of a row, as the data has them: never cut, never through the tokenizer.

    An empty list of texts gives one reference, made of the empty text.
    """
    fields = {name: row[name] for name in fields_of(target)}
    several = [name for name, value in fields.items() if isinstance(value, list)]
    if not several:
        return [fill(target, fields)]
    (name,) = several
    return [fill(target, {**fields, name: value}) for value in fields[name] or [""]]
