# SPDX-License-Identifier: Apache-2.0
"""Read the phrases: the YAML files in phrases/, each of which says what its names and slots mean.

A file belongs to the module of its name, which names what it uses; what is more than a list or a mapping of words, such
as a dataclass, the module makes of what it read.
"""

from functools import cache
from pathlib import Path

import yaml

PHRASES = Path(__file__).resolve().parent / "phrases"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # the C library is ten times as fast, and not everywhere
    sequence = tuple


def _items(loader, node):
    return loader.construct_sequence(node, deep=True)


def _joined(loader, node):
    """The items in one row: an alias stands for all the items of its list."""
    parts = zip(node.value, _items(loader, node), strict=True)
    return [item for part, value in parts for item in (value if isinstance(part, yaml.SequenceNode) else [value])]


def _mapping(loader, node):
    """A mapping that refuses a key twice, of which YAML would quietly keep the last."""
    loader.flatten_mapping(node)
    pairs = [(loader.construct_object(key), loader.construct_object(value, deep=True)) for key, value in node.value]
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = sorted({repr(key) for key in keys if keys.count(key) > 1})
        raise ValueError(f"{str(node.start_mark).strip()}: a mapping with {', '.join(twice)} twice; keep one of them")
    return mapping


_Loader.add_constructor("tag:yaml.org,2002:seq", lambda loader, node: loader.sequence(_items(loader, node)))
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("!join", lambda loader, node: loader.sequence(_joined(loader, node)))
_Loader.add_constructor("!set", lambda loader, node: set(_joined(loader, node)))


@cache
def load(name: str, sequence: type = tuple) -> dict[str, object]:
    """Read phrases/<name>.yaml as {name: value}; its lists become tuples, or what sequence says.

    !join [*SOME, more] is one list of what is in SOME and more; !set makes a set in the same way.
    """
    with open(PHRASES / f"{name}.yaml", encoding="utf-8") as file:
        loader = _Loader(file)
        loader.sequence = sequence
        return loader.get_single_data()


def rows(entries: dict[str, dict]) -> dict[str, tuple]:
    """Of entries with named fields, the fields as tuples, in the order of the file."""
    return {key: tuple(fields.values()) for key, fields in entries.items()}
