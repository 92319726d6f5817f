# SPDX-License-Identifier: Apache-2.0
"""A recipe copied under a new name, with the settings of its bundled run, so that it runs before anything is edited."""

import re
from pathlib import Path

from recipes.common import UserError, did_you_mean

ROOT = Path(__file__).resolve().parents[2]
TO_EDIT = r"^(?:(SOURCE|TARGET|COLUMNS|METRICS|DEFAULTS)\b.*=|def (score|trivial|prepare|reshape|finish)\()"


def copy_recipe(name: str, original: str, root: Path = ROOT) -> list[str]:
    """Write recipes/{name}.py and, where the original has one, configs/embedded/{name}.yaml.

    Args:
        name: of the copy: its file, its target of make, its folder below outputs/.
        original: a target of make, such as summarize, or the stem of a recipe's file.
    Returns:
        Lines that say what was written, how to run it and what to edit.
    Raises:
        UserError: there is no such recipe, the name is no name or is taken; nothing was written.
    """
    recipes, targets = root / "recipes", _targets(root)
    stems = sorted({*targets.values(), *(path.stem for path in recipes.glob("*.py") if _is_recipe(path))})
    stem = targets.get(original, original)
    problems = []
    if stem not in stems:
        known = ", ".join(targets)
        problems.append(f"FROM={original}: no such recipe{did_you_mean([original], targets) or f'; known: {known}'}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        problems.append(f"NAME={name}: letters from a to z, figures and _ make a name, such as headlines")
    elif (recipes / f"{name}.py").exists() or (recipes / name).exists() or name in _rules(root):
        problems.append(f"NAME={name}: is taken; choose another name")
    if problems:
        raise UserError(*problems)
    target = next((one for one, recipe in targets.items() if recipe == stem), stem)
    text = (recipes / f"{stem}.py").read_text(encoding="utf-8")
    text = re.sub(rf"\bmake {target}\b", f"make {name}", text)
    text = re.sub(rf"\b(recipes[./]|outputs/){stem}\b", rf"\g<1>{name}", text)
    written = [recipes / f"{name}.py"]
    written[0].write_text(text, encoding="utf-8")
    config = root / f"configs/embedded/{target}.yaml"
    if config.exists():
        written.append(config.with_name(f"{name}.yaml"))
        written[1].write_text(config.read_text(encoding="utf-8").replace(f"make {target}", f"make {name}"), "utf-8")
    lines = [f"wrote     {' and '.join(str(path.relative_to(root)) for path in written)}"]
    lines += [f"run it    make {name}".ljust(48) + "as it is, on the bundled data"] if config.exists() else []
    lines += [f"          make {name} TRAIN=mine.csv".ljust(48) + "on your own; add ARGS=--dry_run to look first"]
    marks = [(number, line) for number, line in enumerate(text.splitlines(), 1) if re.match(TO_EDIT, line)]
    edit = [f"line {number:<4} {line[:90]}" for number, line in marks]
    return [*lines, *(f"{'edit' if not place else '':9} {line}" for place, line in enumerate(edit))]


def _rules(root: Path) -> list[str]:
    return re.findall(r"^([a-z0-9_-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.M)


def _targets(root: Path) -> dict[str, str]:
    """{target of make: stem of the recipe that it runs}; a recipe without a line of its own is its own target."""
    text = (root / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+):.*\n\t.* recipes/(\w+)\.py", text, re.M))


def _is_recipe(path: Path) -> bool:
    return re.search(r"^def main\(", path.read_text(encoding="utf-8"), re.M) is not None
