# SPDX-License-Identifier: Apache-2.0
"""Where a recipe starts: no module that only Unix has, and not only from this folder."""

import ast
import re
import sys

import pytest
from conftest import ROOT
from helpers import finish, start

HIDDEN = """
import importlib, sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name in ("fcntl", "resource", "pwd", "grp", "termios"):
            raise ImportError(f"no module named {name} on this system")

mine = [name for name in ("fcntl", "resource", "pwd", "grp", "termios") if name in sys.modules]
for name in mine:
    del sys.modules[name]
# What the libraries need of them is the libraries' affair.
import datasets, filelock, matplotlib.pyplot, nltk, peft, rouge_score, sacrebleu, torch, transformers

for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Hidden())
sys.path.insert(0, sys.argv[1])
for path in sys.argv[2:]:
    name, config = path.split(":")
    recipe = importlib.import_module(f"recipes.{name}")
    code = recipe.running.command_line(lambda: recipe.main(["--config", config, "--dry_run", "--use_cpu"]))
    assert code == 0, (name, code)
print("all started")
"""
RECIPES = {
    "summarize_t5": "summarize",
    "paraphrase_bart": "paraphrase",
    "translate_mt5_lora": "translate",
    "qa_t5": "qa",
    "convo_flant5": "convo",
    "text_to_text": "text2text",
}


def test_every_recipe_starts_without_unix_modules(tmp_path):
    """As on Windows, as far as this can be tried elsewhere: each is imported and dry-run."""
    names = [f"{name}:configs/embedded/{config}.yaml" for name, config in RECIPES.items()]
    assert {path.stem for path in (ROOT / "recipes").glob("[a-z]*_*.py")} == set(RECIPES)
    script = tmp_path / "hidden.py"
    script.write_text(HIDDEN, encoding="utf-8")
    code, out, err = finish(start("python", script, ROOT, *names))
    assert (code, out.splitlines()[-1]) == (0, "all started"), err


@pytest.mark.parametrize("command", ["from recipes.prediction import Predictor; print(Predictor.__name__)"])
def test_the_package_can_be_imported_from_anywhere(tmp_path, command):
    """With the repository on the path, as `pip install -e .` puts it there."""
    code, out, err = finish(start("python", "-c", command, cwd=tmp_path, PYTHONPATH=str(ROOT)))
    assert (code, out) == (0, "Predictor\n"), err


# Modules whose package has another name.
PACKAGES = {"yaml": "pyyaml", "google": "protobuf"}


def test_what_is_imported_is_what_is_installed():
    """Each foreign module that a recipe, a script or a test imports on top is a line of a requirements file.

    What another package happened to bring is missing in the next environment, or gone with its next version.
    """
    lines = "\n".join(path.read_text() for path in ROOT.glob("requirements*.txt")).lower().replace("-", "_")
    pinned = set(re.findall(r"^([a-z0-9_]+)==", lines, re.M))
    files = [path for folder in ("recipes", "scripts", "tests") for path in (ROOT / folder).rglob("*.py")]
    own = {"recipes", "scripts", "world", *(path.stem for path in files)}
    for path in files:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in {name.partition(".")[0] for name in names} - own - set(sys.stdlib_module_names):
                assert PACKAGES.get(name, name).lower() in pinned, f"{path.relative_to(ROOT)}: {name}"
