# SPDX-License-Identifier: Apache-2.0
"""Words of a command and lines of a YAML file, in the names of these recipes or of other tools, as settings."""

import difflib
import json
import os
import re
import textwrap
from argparse import Namespace
from dataclasses import MISSING, fields
from pathlib import Path
from reprlib import repr as short
from typing import Any, NamedTuple

import yaml
from transformers import HfArgumentParser

WORDS = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
TAKEN, NEEDLESS, REFUSED, ENVIRONMENT = (WORDS[name] for name in ("taken", "needless", "refused", "environment"))
OFF = ("", "false", "none", "no", "0")
KIND = "tag:yaml.org,2002:"
KINDS = [KIND + name for name in ("int", "float", "bool", "null", "str", "seq", "map", "timestamp", "merge", "value")]
LARGEST = 100_000  # bytes of a YAML file; seconds to read

Flag = tuple[str, list[str]]  # a name without dashes, its words joined by underscores, and what stands after it


class Read(NamedTuple):
    given: dict[str, Any]  # {setting: value}
    notes: list[str]  # on what was taken in other words
    problems: list[str]


class Parser(HfArgumentParser):
    """The library's parser, which tells what was typed from what is a default, knows other tools' words and reads YAML.

    Args:
        own: a dataclass whose settings come before all words of other tools.
    """

    def __init__(self, own: type, library: type, **options):
        super().__init__([own, library], allow_abbrev=False, conflict_handler="resolve", **options)
        trackers = {"default": self.get_default("report_to"), "help": "Trackers, one or several, such as wandb."}
        self.add_argument("--report_to", "--report-to", nargs="+", **trackers)  # the library takes one only
        self.own = [one.name for one in fields(own)]
        self.names = [one.name for owner in (own, library) for one in fields(owner) if one.init]

    def error(self, message: str) -> None:
        raise ValueError(textwrap.shorten(message, 300))

    def read(self, words: list[str]) -> Read:
        """What the words of a command line say, which come before the lines of the file that its --config names."""
        read = Read({}, [], [])
        try:
            typed = of_words(words)
            files = [file for name, values in typed if name == "config" for file in values]
            if len(files) > 1:
                raise ValueError(f"--config {' and '.join(files)}: give one file")
            for flags in (*map(of_file, files), typed):
                read.given.update(self._values(flags, read))
        except ValueError as error:
            read.problems.append(str(error))
        return read

    def _values(self, flags: list[Flag], read: Read) -> dict[str, Any]:
        """{setting: value} of flags; two names of one setting may be given only if they agree."""
        named: dict[str, dict] = {}
        for name, values in flags:
            try:
                taken, note = ([(name, values)], None) if name in self.own else here(name, values, self.names)
                if note and note not in read.notes:
                    read.notes.append(note)
                for setting, value in [one for flag in taken for one in self._parsed(*flag).items()]:
                    named.setdefault(setting, {})[name] = value
            except ValueError as error:
                read.problems.append(str(error))
        for given in named.values():
            if len(set(map(str, given.values()))) > 1:
                said = " and ".join(f"--{name} {value}" for name, value in given.items())
                read.problems.append(f"{said}: two names of one setting; give one of them")
        return {setting: next(iter(given.values())) for setting, given in named.items()}

    def _parsed(self, name: str, values: list[str]) -> dict[str, Any]:
        words = [f"--{name}={values[0]}"] if len(values) == 1 else [f"--{name}", *values]
        namespace, unknown = self.parse_known_args(words, Namespace(**dict.fromkeys(self.names, MISSING)))
        if unknown and unknown[0] == words[0]:
            guess = difflib.get_close_matches(name, [*self.names, *TAKEN], 1, 0.7)
            raise ValueError(f"--{name}: unknown flag; {f'did you mean --{guess[0]}?' if guess else 'see --help'}")
        if unknown:
            raise ValueError(f"{unknown[0]!r}: not a flag; flags start with --")
        return {name: value for name, value in vars(namespace).items() if value is not MISSING}

    def page(self, own: dict[str, str]) -> str:
        """Help for one screen: what matters most, in groups, with the defaults; `own` are {setting: help} more."""
        lines = [f"{self.prog}: settings and their defaults; --help all shows every flag"]
        for group, helps in {**WORDS["help"], "Of this recipe": own}.items():
            lines += ["", group] if helps else []
            for name, text in helps.items():
                value = self.get_default(name)
                shown = "" if value is False or value in (None, "", []) else getattr(value, "value", value)
                flag = f"  --{name} {shown}"
                lines.append(f"{flag:42} {textwrap.shorten(text.replace('%%', '%'), 36, placeholder=' ...')}")
        return "\n".join(lines)


def of_words(words: list[str]) -> list[Flag]:
    """["--num-beams", "4", "--seed=1"] -> [("num_beams", ["4"]), ("seed", ["1"])]"""
    flags: list[Flag] = []
    for word in words:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            flags.append((name.replace("-", "_"), [value] if equals else []))
        elif flags:
            flags[-1][1].append(word)
        else:
            raise ValueError(f"{word!r}: not a flag; flags start with --")
    return flags


def without_tokens(words: list[str]) -> list[str]:
    """A command line that can be shown to others."""
    shown = list(words)
    for place, word in enumerate(words):
        name, equals, _ = word.removeprefix("--").partition("=")
        if ENVIRONMENT.get(name.replace("-", "_")) == "HF_TOKEN" and word.startswith("--"):
            shown[place : place + 2 - bool(equals)] = [f"--{name}{equals}<TOKEN>"] if equals else [word, "<TOKEN>"]
    return shown


def here(name: str, values: list[str], known: list[str]) -> tuple[list[Flag], str | None]:
    """What a flag of other tools, or of an older library, is here: flags among those that are known, and a note on it.

    Raises:
        ValueError: it means something else than anything here.
    """
    value, rule, typed = " ".join(values).lower() if values else "true", TAKEN.get(name), f"--{name}"
    if isinstance(rule, dict):
        rule, typed = rule.get(value, rule.get("any")), " ".join([typed, *values])
    templates = [rule] if isinstance(rule, str) else rule or []
    for template in templates:
        flags = [(new, old if old and old != ["{}"] else values) for new, old in of_words(template.split())]
        if all(new in known for new, _ in flags):
            said = template.replace("{}", " ".join(values))
            return flags, f"here {typed} is {said}" if said else f"{typed} changes nothing here"
    if name in ENVIRONMENT:
        os.environ[ENVIRONMENT[name]] = " ".join(values)
        return [], f"here {typed} is the environment variable {ENVIRONMENT[name]}"
    if name in NEEDLESS:
        return [], f"{typed} is not needed here: {NEEDLESS[name]}"
    if name in REFUSED and name not in TAKEN and value in OFF:
        return [], f"{typed} is off here"
    if name in REFUSED or templates:
        raise ValueError(f"--{name}: {REFUSED.get(name) or f'is {templates[0]}, which this recipe has not'}")
    return [(name, values)], None


def of_file(path: str) -> list[Flag]:
    """The lines of a YAML file as flags. Texts stay as they are written: `no`, `010` and `1:30` are texts.

    Raises:
        ValueError: no file, no YAML, too large, a name twice, an alias of a list, a tag, a name that is no setting.
    """
    place = Path(path)
    try:
        if place.exists() and not place.is_file():
            raise ValueError("not a file; name a YAML file")
        if place.stat().st_size > LARGEST:
            raise ValueError(f"larger than {LARGEST:,} bytes; a setting is a line of 'name: value'")
        root = yaml.compose(place.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
        entries = {} if root is None else _plain(root, set())
        if not isinstance(entries, dict):
            raise ValueError(f"expected lines of 'name: value', found {type(entries).__name__}")
        return [(name, _words(name, value)) for name, value in entries.items() if value is not None]
    except OSError as error:
        fault = f"{error.strerror}; name a YAML file"
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        fault = f"not YAML: {' '.join(str(error).split())}"
    except ValueError as error:
        fault = str(error)
    raise ValueError(f"--config {path}: {fault}")


def _plain(node: yaml.Node, seen: set[int], depth: int = 0) -> Any:
    """A YAML node as None, text, list or dict; only within a setting that is a dict are numbers more than texts."""
    line = f"line {node.start_mark.line + 1}"
    if node.tag not in KINDS:
        raise ValueError(f"{line}: {node.tag.replace(KIND, '!!')} is not taken; write a text, a number or a list")
    if isinstance(node, yaml.ScalarNode):
        if node.tag == KIND + "null":
            return None
        return yaml.safe_load(node.value) if depth > 1 and node.tag in KINDS[:3] and not node.style else node.value
    if id(node) in seen or depth > 5:
        raise ValueError(f"{line}: an alias of a list, or lists in lists; write the values out")
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, seen, depth + 1) for one in node.value]
    entries: dict[str, Any] = {}
    for key, value in node.value:
        name = str(_plain(key, seen)).replace("-", "_")
        if name in entries:
            raise ValueError(f"line {key.start_mark.line + 1}: {name!r} is there twice; give it once")
        entries[name] = _plain(value, seen, depth + 1)
    return entries


def _words(name: str, value: Any) -> list[str]:
    """What would stand after the name on a command line."""
    if name in ("config", "help") or not re.fullmatch(r"[A-Za-z]\w*", name):
        raise ValueError(f"{short(name)} is no setting that a file can have")
    words = value if isinstance(value, list) else [json.dumps(value) if isinstance(value, dict) else value]
    for word in words:
        if not isinstance(word, str) or isinstance(value, list) and word.startswith("--"):
            raise ValueError(f"{name}: {short(word)} in its list is no text; texts do not begin with --")
    return words
