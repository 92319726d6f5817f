# SPDX-License-Identifier: Apache-2.0
"""recipes/common/tasks.py: what a recipe's file says of its task, and names in it that nothing defines."""

import dataclasses
import importlib.util
import sys

import pytest
from conftest import ROOT

from recipes.common import UserError
from recipes.common.tasks import task_of_module
from recipes.typed.templates import escape, fields_of, fill

RECIPES = sorted((ROOT / "recipes").glob("[a-z]*_*.py"))


def load(path):
    spec = importlib.util.spec_from_file_location(f"copy_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def copied(tmp_path, *changes, recipe="summarize_t5"):
    """The task of a copy of the recipe with texts replaced."""
    text = (ROOT / f"recipes/{recipe}.py").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "headlines.py"
    path.write_text(text, encoding="utf-8")
    return task_of_module(load(path))


def test_fields_of():
    assert fields_of("summarize: {document}") == ["document"]
    assert fields_of("{question} in {context}", "{answer} {question}") == ["question", "context", "answer"]
    assert fields_of("no field, {{braces}}") == []
    assert fields_of("{a b} {x.__class__} {x:>99999} {x!r} {0}") == ["a b", "x.__class__", "x:>99999", "x!r", "0"]


@pytest.mark.parametrize("template", ["{", "}", "a {} b", "{a", "{{a}", "{a{b}", "{a}}"])
def test_a_brace_that_is_no_field(template):
    with pytest.raises(ValueError, match="a brace that is no field; write it twice"):
        fields_of(template)


def test_what_stands_in_braces_is_a_name_and_nothing_else():
    """No attribute, format, conversion or place, and a value is never a template itself."""
    assert fill("say {x}, {{x}} and {{{x}}}", {"x": "{x} {{"}) == "say {x} {{, {x} and {{x} {{}"
    for name in ("x.__class__", "x:>99999999", "x!r", "x[0]", "0"):
        with pytest.raises(KeyError):
            fill(f"{{{name}}}", {"x": "text"})
        assert fill(f"{{{name}}}", {name: "text"}) == "text"
        assert fill(escape(f"{{{name}}} {{{{"), {}) == f"{{{name}}} {{{{"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_is_sound(path):
    task = task_of_module(load(path))
    assert task.recipe == path
    assert {field for field in fields_of(task.target)} <= set(task.columns)


def test_flags_follow_from_columns(tmp_path):
    """Two templates and the names in COLUMNS are all that has to change."""
    names = ('"document": ("text_column"', '"article": ("article_column"')
    task = copied(tmp_path, names, ("{document}", "{article}"))
    flags = {one.name for one in dataclasses.fields(task.settings)}
    assert "article_column" in flags
    assert "text_column" not in flags
    assert task.settings().article_column is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([("{document}", "{article}")], "headlines.py: SOURCE has {article}, but COLUMNS has no 'article'"),
        (
            [("{summary}", "{summry}")],
            "headlines.py: TARGET has {summry}, but COLUMNS has no 'summry'; did you",
        ),
        (
            [("{document}", "{document.__class__}")],
            "headlines.py: SOURCE has {document.__class__}, but COLUMNS has no 'document.__class__'; it has",
        ),
        ([("{document}", "{document:>99999999}")], "COLUMNS has no 'document:>99999999'; it has 'document', 'summary'"),
        ([("{document}", "{document} {")], "headlines.py: SOURCE 'summarize: {document} {' has a brace that is no"),
        ([("def trivial(row)", "def trival(row)")], "headlines.py: defines no trivial"),
        (
            [("row[TEXT]", 'row["article"]')],
            "trivial reads row['article'], but COLUMNS has no 'article'; it has 'document', 'summary'",
        ),
        (
            [
                (
                    '    """Lead sentence: a summary that needs no model."""\n',
                    "    settings = None\n    settings.text_colum\n",
                )
            ],
            "trivial reads settings.text_colum, which nothing defines; did you mean 'text_column'?",
        ),
    ],
)
def test_a_name_that_nothing_defines_is_one_sentence(tmp_path, changes, says):
    with pytest.raises(UserError) as error:
        copied(tmp_path, *changes)
    assert says in str(error.value)


def test_all_of_them_at_once_with_their_lines(tmp_path):
    with pytest.raises(UserError) as error:
        copied(tmp_path, ('"document": ("text_column"', '"article": ("text_column"'), ("row[TEXT]", 'row["document"]'))
    problems = error.value.problems
    assert len(problems) == 2
    assert problems[0].startswith("headlines.py: SOURCE has {document}")
    lines = (tmp_path / "headlines.py").read_text(encoding="utf-8").splitlines()
    for problem in problems[1:]:
        number = int(problem.split(" line ")[1].split(":")[0])
        assert 'row["document"]' in lines[number - 1]
