# SPDX-License-Identifier: Apache-2.0
"""Know one recipe and you know them all: the same headings in the same order, short, nothing nested, plumbing apart."""

import ast
import dataclasses
import importlib
import re
from pathlib import Path

import pytest
from transformers import Seq2SeqTrainingArguments

from recipes.common.arguments import RecipeSettings

ROOT = Path(__file__).resolve().parents[1]
RECIPES = sorted((ROOT / "recipes").glob("[a-z]*_*.py"))
HEADINGS = ["Settings", "Data", "Model", "Features", "Trainer", "Train", "Evaluate", "Predict", "Save"]
recipes = pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@recipes
def test_main_walks_down_the_same_headings(path):
    main = functions(path)["main"]
    lines = path.read_text(encoding="utf-8").splitlines()[main.lineno - 1 : main.end_lineno]
    assert [line.strip("# ").strip() for line in lines if re.fullmatch(r"    # [A-Z][a-z]+", line)] == HEADINGS
    assert any("trainer.train(" in line for line in lines)


@recipes
def test_sizes(path):
    main = functions(path)["main"]
    code = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()[main.lineno - 1 : main.end_lineno]
        if line.strip()
    ]
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 220
    assert len(code) <= 70


@recipes
def test_task_functions_stand_at_module_level(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = [
        f.name
        for f in tree.body
        if isinstance(f, ast.FunctionDef)
        for g in ast.walk(f)
        if g is not f and isinstance(g, ast.FunctionDef)
    ]
    assert not inner


@recipes
def test_settings_have_one_name(path):
    """A recipe's own settings never repeat a setting of the library, and each says what it is."""
    recipe = importlib.import_module(f"recipes.{path.stem}")
    library = {field.name for field in dataclasses.fields(Seq2SeqTrainingArguments)}
    assert issubclass(recipe.Settings, RecipeSettings)
    assert set(recipe.DEFAULTS) <= library
    for field in dataclasses.fields(recipe.Settings):
        assert field.name not in library
        assert field.metadata["help"]


def test_common_knows_no_task():
    """No prompt, no column, no model name, no recipe in common/."""
    for path in (ROOT / "recipes/common").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        code = re.sub(r'""".*?"""|#[^\n]*', "", text, flags=re.S)
        assert not re.search(
            r"summarize_|paraphrase_|translate_|qa_t5|convo_|if task|\"summary\"|\"document\"", code
        ), path
        assert not re.search(r"from recipes\.(?!common)", code), path
