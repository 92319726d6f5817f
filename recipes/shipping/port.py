# SPDX-License-Identifier: Apache-2.0
"""Code for transformers 4, line by line: which of its names transformers 5 no longer has, and what to write instead.

Nothing is run. A name is reported where the installed library does not have it; port.yaml knows what to write.
"""

import ast
import importlib
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import transformers
import yaml
from transformers.pipelines import PIPELINE_REGISTRY

from recipes.common import UserError, did_you_mean

KNOWN = yaml.safe_load(Path(__file__).with_name("port.yaml").read_text(encoding="utf-8"))
LIBRARIES = ("transformers", "datasets", "evaluate")
GONE_METHODS = [name for name in KNOWN["methods"] if not hasattr(transformers.PreTrainedTokenizerBase, name)]
FOUND_BY_TYPE = tuple(KNOWN["keywords"])  # classes whose arguments are compared with the installed signature


def port(path: Path) -> list[tuple[int, str, str]]:
    """[(line, name, what to write)] of a .py, a notebook, or a page with blocks of Python.

    Raises:
        UserError: it cannot be read, or holds no Python.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found, first = [], None
        for start, block in _blocks(path, text):
            try:
                found += [(start + line, *rest) for line, *rest in dead_names(block)]
            except SyntaxError as error:
                first = first or f"line {start + (error.lineno or 1)}: {error.msg}"
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    if first and not found:
        raise UserError(f"{path}: {first}; Python is needed")
    return sorted(set(found))


def _blocks(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """(lines before it, Python) of each piece of code; lines for the shell, as notebooks have, are empty."""
    if path.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell.get("cell_type") == "code"]
        pieces = [(0, "".join(cell["source"])) for cell in cells]
    elif path.suffix in (".md", ".markdown"):
        blocks = re.finditer(r"```(?:python|py)\n(.*?)```", text, re.S)
        pieces = [(text.count("\n", 0, block.start(1)), block[1]) for block in blocks]
    else:
        pieces = [(0, text)]
    for start, piece in pieces:
        yield start, textwrap.dedent(re.sub(r"^\s*[!%].*$", "", piece, flags=re.M))


def dead_names(code: str) -> list[tuple[int, str, str]]:
    """[(line, name, what to write)] of some Python."""
    tree, found = ast.parse(code), []
    modules = {name: name for name in LIBRARIES}  # what a name in this code stands for
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {one.asname or one.name: one.name for one in node.names if one.name in LIBRARIES}
    uses = bool(re.search(r"\btransformers\b", code))
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in LIBRARIES:
                found += [
                    (node.lineno, f"{module}.{one.name}") for one in node.names if not _is_there(module, one.name)
                ]
            case ast.Attribute(value=ast.Name(id=name)) if name in modules and not _is_there(modules[name], node.attr):
                found.append((node.lineno, f"{modules[name]}.{node.attr}"))
            case ast.Call():
                found += list(_of_call(node, uses))
    return [(line, name, rest[0] if rest else _instead(name)) for line, name, *rest in found]


def _of_call(call: ast.Call, uses: bool) -> Iterator[tuple]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = {one.arg: one.value.lineno for one in call.keywords if one.arg}
    if name in FOUND_BY_TYPE:
        there = inspect.signature(getattr(transformers, name).__init__).parameters
        for keyword, line in given.items():
            if keyword not in there:
                guess = did_you_mean([keyword], there, "{}") or "leave it out"
                yield line, f"{name}({keyword}=)", KNOWN["keywords"][name].get(keyword, guess)
    elif name == "from_pretrained":
        for keyword in given.keys() & KNOWN["from_pretrained"].keys():
            yield given[keyword], f"from_pretrained({keyword}=)", KNOWN["from_pretrained"][keyword]
    elif name == "pipeline" and call.args and isinstance(call.args[0], ast.Constant):
        task = str(call.args[0].value)
        if task not in PIPELINE_REGISTRY.get_supported_tasks() and not task.startswith("translation_xx"):
            yield call.lineno, f"pipeline({task!r})", KNOWN["tasks"]
    elif uses and isinstance(call.func, ast.Attribute) and name in GONE_METHODS:
        yield call.lineno, f".{name}()", KNOWN["methods"][name]


def _is_there(module: str, name: str) -> bool:
    """Whether the installed library has it; a library that is not installed is believed to."""
    try:
        found = importlib.import_module(module)
        return name == "*" or hasattr(found, name) or importlib.util.find_spec(f"{module}.{name}") is not None
    except ModuleNotFoundError as error:
        return error.name not in (module, f"{module}.{name}") or module in LIBRARIES
    except ImportError:
        return True


def _instead(name: str) -> str:
    library, *_, last = name.split(".")
    there = dir(importlib.import_module(library))
    return (
        KNOWN["imports"].get(f"{library}.{last}") or did_you_mean([last], there, "{}") or "gone, with nothing like it"
    )
