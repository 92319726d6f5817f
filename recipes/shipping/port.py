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
LIBRARIES = ("transformers", "datasets", "evaluate", "peft")
GONE_METHODS = [name for name in KNOWN["methods"] if not hasattr(transformers.PreTrainedTokenizerBase, name)]
Found = tuple[int, str, str]  # line, name, what to write


def port(path: Path) -> list[Found]:
    """What is gone of a .py, a notebook, or a page with blocks of Python.

    Raises:
        UserError: it cannot be read, or holds no Python.
    """
    try:
        blocks = list(_blocks(path, path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    trees, faults = [], []
    for start, block in blocks:
        try:
            trees.append((start, ast.parse(block)))
        except SyntaxError as error:
            faults.append(f"line {start + (error.lineno or 1)}: {error.msg}")
    if faults and not trees:
        raise UserError(f"{path}: {faults[0]}; Python is needed")
    places = {name: (path.with_name(f"{name}.py"), path.parent / name / "__init__.py") for name in LIBRARIES}
    own = {name: "" for name, files in places.items() if any(file.exists() for file in files)}
    return _dead_names(trees, own)


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


def dead_names(code: str) -> list[Found]:
    """What is gone of some Python."""
    return _dead_names([(0, ast.parse(code))], {})


def _dead_names(trees: list[tuple[int, ast.Module]], own: dict[str, str]) -> list[Found]:
    """Of the pieces of one program, each with the lines before it; `own`: libraries that here are something else."""
    names = {"self": ""}
    for _, tree in trees:
        _learn(tree, names)
    names |= own
    uses = any(name.partition(".")[0] == "transformers" for name in names.values())
    found = set()
    for start, tree in trees:
        for node in ast.walk(tree):
            for line, name, *instead in _of_node(node, names, uses):
                found.add((start + line, name, instead[0] if instead else _instead(name)))
    return sorted(found)


def _learn(tree: ast.Module, names: dict[str, str]) -> None:
    """Add what the names in some code stand for, such as {"tf": "transformers"}; "" is something of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update({one.asname: one.name for one in node.names if one.asname})
            first = [one.name.partition(".")[0] for one in node.names if not one.asname]
            names.update(zip(first, first, strict=True))
        elif isinstance(node, ast.ImportFrom):
            module = "" if node.level else f"{node.module}."
            names.update({one.asname or one.name: module and module + one.name for one in node.names})
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            names[node.name] = ""
        elif isinstance(node, ast.ClassDef):  # without fields and __init__ it takes what its parent takes
            fields = [
                one for one in node.body if isinstance(one, ast.AnnAssign) or getattr(one, "name", "") == "__init__"
            ]
            names[node.name] = "" if fields or not node.bases else _full(node.bases[0], names)


def _full(node: ast.AST, names: dict[str, str]) -> str:
    """Such as transformers.Trainer, which a name that nothing here defines is taken for; .save of a variable's."""
    match node:
        case ast.Name(id=name):
            return names.get(name, f"transformers.{name}")
        case ast.Attribute(value=ast.Name(id=name), attr=last) if name in names and name != "self":
            return names[name] and f"{names[name]}.{last}"
        case ast.Attribute(attr=last):
            return f".{last}"
    return ""


def _of_node(node: ast.AST, names: dict[str, str], uses: bool) -> Iterator[tuple]:
    match node:
        case ast.Import() | ast.ImportFrom(level=0):
            module = getattr(node, "module", None)
            for name in [f"{module}.{one.name}" if module else one.name for one in node.names]:
                before, _, last = name.rpartition(".")
                library = name.partition(".")[0]
                if before and library in LIBRARIES and names.get(library) != "" and not _is_there(before, last):
                    yield node.lineno, name
        case ast.Attribute(value=ast.Name(id=name), attr=last) if names.get(name) in LIBRARIES:
            if not _is_there(names[name], last):
                yield node.lineno, f"{names[name]}.{last}"
        case ast.Attribute(attr=last, value=ast.Attribute(attr=before)) if f"{before}.{last}" in KNOWN["attributes"]:
            yield node.lineno, f".{before}.{last}", KNOWN["attributes"][f"{before}.{last}"]
        case ast.Call() if uses:
            yield from _of_call(node, names)


def _of_call(call: ast.Call, names: dict[str, str]) -> Iterator[tuple]:
    full = _full(call.func, names)
    library, name = full.partition(".")[0], full.rpartition(".")[2]
    given = {one.arg: one.value for one in call.keywords if one.arg}
    if library in LIBRARIES and name in KNOWN["classes"]:
        there = inspect.signature(getattr(transformers, name).__init__).parameters
        for keyword in given.keys() - there.keys():
            guess = did_you_mean([keyword], there, "{}") or "leave it out"
            yield given[keyword].lineno, f"{name}({keyword}=)", KNOWN["classes"][name].get(keyword, guess)
    elif full:
        known = KNOWN["functions"]["any"] | KNOWN["functions"].get(name, {})
        for keyword in given.keys() & known.keys():
            yield given[keyword].lineno, f"{name}({keyword}=)", known[keyword]
    if isinstance(call.func, ast.Name) and name not in names and f"datasets.{name}" in KNOWN["imports"]:
        yield call.lineno, f"datasets.{name}"  # a page's block, whose import is in another
    if library in LIBRARIES and name == "pipeline":
        task = call.args[0] if call.args else given.get("task")
        if isinstance(task, ast.Constant) and task.value not in PIPELINE_REGISTRY.get_supported_tasks():
            yield task.lineno, f"pipeline({task.value!r})", KNOWN["tasks"]
    elif not library and name in GONE_METHODS:
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
    known = f"from {library} import {last}" if last in there else KNOWN["imports"].get(f"{library}.{last}")
    return known or did_you_mean([last], there, "{}") or "gone, with nothing like it"
