# SPDX-License-Identifier: Apache-2.0
"""Every command in the README, the recipes' docstrings and CONTRIBUTING.md: offline ones run, the others parse."""

import importlib
import os
import re
import shlex
import subprocess

import harness
import pytest
import yaml
from conftest import ROOT
from helpers import finish, forked, start

RECIPES = sorted(path.stem for path in (ROOT / "recipes").glob("[a-z]*_*.py"))
DOCUMENTS = ["README.md", "CONTRIBUTING.md", *(f"recipes/{name}.py" for name in RECIPES), "scripts/train_loop.py"]
DOCUMENTS += [f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")]


def commands(document):
    """The lines that a reader would paste into a shell."""
    text = (ROOT / document).read_text(encoding="utf-8").replace("\\\n", "")
    found = re.findall(r"^ *((?:make|python|torchrun) [^`\n]*|make)$", text, re.M)
    found += re.findall(r"`((?:make|python|torchrun) [^`]*)`", text)
    # In a docstring a remark stands behind the command, two spaces apart.
    return [re.split(r"  +|  #", command)[0].strip() for command in found if "…" not in command]


def expand(command):
    """A make command as the one shell command that it echoes; others as they are."""
    words = shlex.split(command)
    if words[0] != "make":
        return command
    lines = subprocess.run(
        [*words, "-n", "-o", "requirements.txt", "VENV=/nowhere"], cwd=ROOT, capture_output=True, text=True
    )
    assert lines.returncode == 0, f"{command}: {lines.stderr}"
    return lines.stdout.strip().splitlines()[-1]


ALL = sorted({(document, command) for document in DOCUMENTS for command in commands(document)})


def test_there_are_commands():
    assert len(ALL) > 15


@pytest.mark.parametrize(("document", "command"), ALL)
def test_command_is_accepted(document, command, monkeypatch, tmp_path):
    """Targets exist, scripts exist, and a recipe takes every flag."""
    words = shlex.split(expand(command))
    script = next((word for word in words if word.endswith(".py")), None)
    if script is None:
        return
    path = ROOT / script
    if not path.exists():  # the copy that the README makes
        assert "headlines" in script
        path = ROOT / "recipes/summarize_t5.py"
    flags = words[words.index(script) + 1 :]
    if path.parent.name != "recipes" or "--help" in flags:
        return
    recipe = importlib.import_module(f"recipes.{path.stem}")
    flags = [str(ROOT / "configs/embedded/summarize.yaml") if flag == "mine.yaml" else flag for flag in flags]
    monkeypatch.chdir(ROOT)
    alone = ["--dry_run", "True"] if words[0] == "torchrun" else []  # what needs several processes runs dry in one
    harness.parse(recipe, [*flags, *alone, "--output_dir", str(tmp_path)])


@pytest.mark.parametrize("target", ["summarize", "run RECIPE=x", "predict"])
def test_names_reach_the_recipe_as_they_are(target, tmp_path):
    """Blanks, two of them, quotes, dollars, what a shell would run, other letters; and ~ is the home folder."""
    (tmp_path / "bin").mkdir()
    (tmp_path / ".requirements").touch()
    (tmp_path / "bin/python").write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n')
    (tmp_path / "bin/python").chmod(0o755)
    name = 'my data/it\'s  "x" $HOME `ls` $(ls); *ü東.csv'
    given = {"RUN": "a b", "INPUT": name, "OUTPUT": "~/o p"} if target == "predict" else {
        "TRAIN": name, "TEST": "it's", "MODEL": "a  b", "CONFIG": "c d.yaml", "OUT": "~/o p", "ARGS": "--x 'y z'"
    }  # fmt: skip
    words = ["make", *target.split(), "-s", "-o", "requirements.txt", f"VENV={tmp_path}", *map("=".join, given.items())]
    printed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "HOME": "/home/me"})
    lines = printed.stdout.splitlines()
    wanted = {"/home/me/o p" if value == "~/o p" else value for value in given.values()} - {"--x 'y z'"}
    assert wanted < set(lines), printed.stderr
    if "ARGS" in given:
        assert lines[-2:] == ["--x", "y z"]
        assert lines[lines.index("--output_dir") + 1] == "/home/me/o p"


def test_plain_make_names_every_target():
    printed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.M)
    assert targets
    for target in targets:
        assert f"make {target} " in printed
    for path in re.findall(r"your own: (recipes/\S+)", printed):  # no room of recipes/ is taken for a recipe
        assert "\ndef main(" in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "begin"), [(RECIPES[0], "new process"), *((name, "fork") for name in RECIPES)])
def test_help_shows_the_defaults(name, begin):
    """One of them as a shell starts it; the others in a process that has imported the libraries."""
    words = (f"recipes/{name}.py", "--help")
    code, out, err = finish(start("python", *words)) if begin == "new process" else forked(*words)
    assert code == 0, err
    recipe = importlib.import_module(f"recipes.{name}")
    shown = " ".join(out.split())
    assert f"--learning_rate {recipe.DEFAULTS['learning_rate']} " in shown
    assert f"--model_name_or_path {harness.default(recipe, 'model_name_or_path')} " in shown


@pytest.mark.parametrize("path", sorted((ROOT / "configs/embedded").glob("*.yaml")), ids=lambda path: path.stem)
def test_bundled_settings_name_files_that_exist(path):
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name in ("model_name_or_path", "train_file", "validation_file", "test_file"):
        assert (ROOT / settings[name]).exists(), settings[name]


def test_files_named_in_the_readme_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target


def test_first_result_within_25_lines():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert "make summarize" in lines[:25]


def test_no_document_names_a_line_longer_than_120():
    for document in DOCUMENTS:
        for number, line in enumerate((ROOT / document).read_text(encoding="utf-8").splitlines(), 1):
            assert len(line) <= 120 or line.startswith("|"), f"{document}:{number}"
