# SPDX-License-Identifier: Apache-2.0
"""Know one recipe and you know them all: the same lines in the same order, short, nothing nested, plumbing apart."""

import ast
import collections
import dataclasses
import difflib
import importlib
import re

import pytest
from conftest import ROOT
from transformers import Seq2SeqTrainingArguments

from recipes.common.arguments import RecipeSettings

# ---------------------------------------------------------------- the limits

FIRST = "summarize_t5"  # the recipe that the others are compared with
LINES, MAIN = {FIRST: 135}, {FIRST: 46}  # of a file; of its main, empty lines not counted
OTHERS_LINES, OTHERS_MAIN = 205, 57
SHARED_LINES = 36  # lines of main, headings among them, that all recipes have, in this order
OWN_LINES = 16  # lines of main that only this recipe has
COMMON = 2534  # lines of Python below recipes/common/
# Rooms below it that stand alone, each with the other rooms that it may use beside `wording`.
ALONE = {
    "wording": set(),
    "metrics": set(),
    "typed": set(),
    "disk": set(),
    "tables": set(),
    "files": {"disk"},
    "pretrained": set(),
    "machines": {"disk", "pretrained"},
    "record": {"disk", "pretrained", "typed"},
}
# Keys of DEFAULTS that most recipes name and these do not, and why.
NOT_NAMED = {"paraphrase_bart": {"num_beams"}, "convo_flant5": {"num_beams"}}  # one draws, one is greedy
OTHER_WORDS = {"train_file", "validation_file"}  # flags whose help may differ: what a task reads, and what it cuts off
PACKED = set()  # recipes with lines that a formatter or linter is kept from
FOREIGN = {"recipes/metrics/scores.py": 2}  # private names of other libraries outside common/upstream: file -> uses
OWN_PRIVATE = set()  # private names that one room of ours may use of another's object

PUBLIC = {"_replace", "_asdict", "_fields", "_make", "_exit"}  # of a namedtuple, and os._exit
HEADINGS = ["Settings", "Data", "Model", "Features", "Trainer", "Train", "Evaluate", "Predict", "Save"]
RECIPES = sorted((ROOT / "recipes").glob("[a-z]*_*.py"))
recipes = pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def main_of(path):
    """The lines of main, without empty ones."""
    main = functions(path)["main"]
    lines = path.read_text(encoding="utf-8").splitlines()[main.lineno - 1 : main.end_lineno]
    return [line for line in lines if line.strip()]


def recipe_of(path):
    return importlib.import_module(f"recipes.{path.stem}")


# ---------------------------------------------------------------- the neighbours

NEIGHBOURS = sorted((ROOT / "recipes/neighbours").glob("[a-z]*_*.py"))
neighbours = pytest.mark.parametrize("path", NEIGHBOURS, ids=lambda path: path.stem)


@neighbours
def test_a_neighbour_reads_like_the_recipes(path):
    """The same headings, the same walk, most of the same lines; no more than 170 of them, nothing packed or nested."""
    test_main_walks_down_the_same_headings(path)
    test_nothing_is_packed(path)
    test_task_functions_stand_at_module_level(path)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 170
    assert len(main_of(path)) <= 48
    first = main_of(ROOT / f"recipes/{FIRST}.py")
    matcher = difflib.SequenceMatcher(None, first, main_of(path), autojunk=False)
    assert sum(block.size for block in matcher.get_matching_blocks()) >= 27


# ---------------------------------------------------------------- main


@recipes
def test_main_walks_down_the_same_headings(path):
    lines = main_of(path)
    assert [line.strip("# ").strip() for line in lines if re.fullmatch(r"    # [A-Z][a-z]+", line)] == HEADINGS
    assert any("trainer.train(" in line for line in lines)


def test_main_has_the_same_lines_everywhere():
    """Most of it is the same in all recipes and in one order: a line that was changed or moved in one is missed."""
    mains = {path.stem: main_of(path) for path in RECIPES}
    lacking = collections.defaultdict(list)
    for name, lines in mains.items():
        matcher = difflib.SequenceMatcher(None, mains[FIRST], lines, autojunk=False)
        found = {place for block in matcher.get_matching_blocks() for place in range(block.a, block.a + block.size)}
        for place in set(range(len(mains[FIRST]))) - found:
            lacking[place].append(name)
    missed = "\n".join(f"{mains[FIRST][place]}  <- not in {', '.join(lacking[place])}" for place in sorted(lacking))
    assert len(mains[FIRST]) - len(lacking) >= SHARED_LINES, missed


@recipes
def test_main_has_few_lines_of_its_own(path):
    first = main_of(ROOT / f"recipes/{FIRST}.py")
    own = [line for line in difflib.ndiff(first, main_of(path)) if line.startswith("+ ")]
    assert len(own) <= OWN_LINES, "\n".join(own)


@recipes
def test_sizes(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES.get(path.stem, OTHERS_LINES)
    assert len(main_of(path)) <= MAIN.get(path.stem, OTHERS_MAIN)


@recipes
def test_nothing_is_packed(path):
    """A limit is met by less, not by lines that a formatter would break."""
    marks = re.findall(r"# (?:noqa|fmt: ?(?:skip|off))[^\n]*", path.read_text(encoding="utf-8"))
    assert not marks or path.stem in PACKED, marks


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


# ---------------------------------------------------------------- settings


@recipes
def test_settings_have_one_name(path):
    """A recipe's own settings never repeat a setting of the library, and each says what it is."""
    recipe = recipe_of(path)
    library = {field.name for field in dataclasses.fields(Seq2SeqTrainingArguments)}
    assert issubclass(recipe.Settings, RecipeSettings)
    own = {field.name for field in dataclasses.fields(recipe.Settings)}
    assert set(recipe.DEFAULTS) <= library | own
    for field in dataclasses.fields(recipe.Settings):
        assert field.name not in library
        assert field.metadata["help"]


def test_what_most_recipes_set_all_recipes_set():
    """And in one order, so that two of them can be laid side by side."""
    keys = {path.stem: list(recipe_of(path).DEFAULTS) for path in RECIPES}
    counted = collections.Counter(key for names in keys.values() for key in names)
    usual = [key for key in keys[FIRST] if counted[key] > len(RECIPES) / 2]
    assert {key for key, count in counted.items() if count > len(RECIPES) / 2} <= set(usual), f"{FIRST} lacks one"
    for name, names in keys.items():
        wanted = [key for key in usual if key not in NOT_NAMED.get(name, ())]
        assert [key for key in names if key in usual] == wanted, name


def test_one_flag_has_one_help():
    said = collections.defaultdict(set)
    for path in RECIPES:
        for field in dataclasses.fields(recipe_of(path).Settings):
            said[field.name].add(field.metadata["help"])
    assert {name: helps for name, helps in said.items() if len(helps) > 1 and name not in OTHER_WORDS} == {}


# ---------------------------------------------------------------- plumbing


def test_common_is_small():
    files = (ROOT / "recipes/common").rglob("*.py")
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) <= COMMON


def rooms_used(path):
    """The rooms of recipes/ that a file imports: {"disk", "files"}."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [one.name for one in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name}" for name in names]
        yield from (name.split(".")[1] for name in names if name.startswith("recipes."))


def files_of(room):
    return [*(ROOT / "recipes" / room).rglob("*.py"), *(ROOT / "recipes").glob(f"{room}.py")]


def test_common_knows_no_task():
    """No prompt, no column, no model name, no recipe in common/; and no room but those that stand alone."""
    for path in files_of("common"):
        text = path.read_text(encoding="utf-8")
        code = re.sub(r'""".*?"""|#[^\n]*', "", text, flags=re.S)
        assert not re.search(
            r"summarize_|paraphrase_|translate_|qa_t5|convo_|if task ==|\"summary\"|\"document\"", code
        ), path
        assert set(rooms_used(path)) <= {"common", *ALONE}, path


@pytest.mark.parametrize("room", ALONE)
def test_rooms_that_stand_alone(room):
    assert files_of(room)
    for path in files_of(room):
        assert set(rooms_used(path)) <= {room, "wording", *ALONE[room]}, path


def foreign_names(path):
    """`thing._name` where the thing is not the object or class itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            if node.attr in PUBLIC:
                continue
            if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
                continue
            yield f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"


def test_private_names_of_others_are_fenced():
    """They stand in common/upstream, under names of ours; an upgrade breaks them there."""
    for path in (ROOT / "recipes").rglob("*.py"):
        if "upstream" in path.parts or path.is_symlink():
            continue
        found = [one for one in foreign_names(path) if one.rpartition(".")[2] not in OWN_PRIVATE]
        assert len(found) <= FOREIGN.get(str(path.relative_to(ROOT)), 0), found
