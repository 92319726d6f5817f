# SPDX-License-Identifier: Apache-2.0
"""docs/traps.md keeps its promises: each sentence of a section that is marked tested has a test that exists."""

import ast
import re

import harness
import pytest
import torch
import yaml
from conftest import ROOT, make_model
from harness import make_trainer

from recipes.common import decoding

PAGE = (ROOT / "docs/traps.md").read_text(encoding="utf-8")
TESTS = yaml.safe_load((ROOT / "tests/traps.yaml").read_text(encoding="utf-8"))


def sections():
    """{number: (the sentences of its promise, its status)}"""
    found = re.split(r"\n## Trap (\d+):", PAGE)[1:]
    made = {}
    for number, body in zip(map(int, found[::2]), found[1::2], strict=True):
        promise = " ".join(re.search(r"\*\*Here\*\* (.*?)\n\n", body, re.S)[1].split())
        made[number] = re.split(r"(?<=[.!?]) (?=[A-Z`(-])", promise), re.search(r"Status: (\w+)", body)[1]
    return made


def functions():
    """{file: names} of all tests that are not skipped."""
    named = {}
    for path in (ROOT / "tests").glob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        skipped = {f.name for f in defined if any(re.search("skip|xfail", ast.unparse(d)) for d in f.decorator_list)}
        named[path.stem.removeprefix("test_")] = {f.name for f in defined} - skipped
    return named


TESTED = [number for number, (_, status) in sections().items() if status == "tested"]


def test_there_are_forty_one_traps_with_a_status():
    assert list(sections()) == list(range(1, 42))
    assert {status for _, status in sections().values()} <= {"tested", "planned"}


@pytest.mark.parametrize("number", TESTED)
def test_every_promise_of_a_tested_section_has_its_test(number):
    sentences = sections()[number][0]
    assert number in TESTS, f"trap {number} is marked tested: name the test of each sentence in tests/traps.yaml"
    told = "\n".join(f"{place}. {sentence}" for place, sentence in enumerate(sentences, 1))
    assert len(TESTS[number]) == len(sentences), f"tests/traps.yaml has {len(TESTS[number])} lines for\n{told}"
    known = functions()
    for sentence, names in zip(sentences, TESTS[number], strict=True):
        assert names, f"no test for: {sentence}"
        for name in names:
            file, _, function = name.partition("::")
            assert f"test_{function}" in known.get(file, ()), f"there is no test {name}, which shall hold: {sentence}"


# ---------------------------------------------------------------- promises that no other file is about


def test_trap_20_no_logits_are_kept(tokenizer, tmp_path):
    """What evaluation gathers of a batch: generated ids, and four numbers or so of each row."""
    small = harness.Small("summarize_t5", tmp_path)
    _, args, _ = harness.parse(
        small.recipe, small.flags(output_dir=tmp_path / "out", eval_strategy="no", save_strategy="no")
    )
    model = make_model("t5", tokenizer)
    table = harness.tokenize(
        [{"id": str(n), "document": "Ann wants a lamp", "summary": "Ann"} for n in range(3)],
        "{document}", "{summary}", tokenizer, small.recipe.Settings(max_source_length=16, max_target_length=8),
    )  # fmt: skip
    args.generation_config = decoding.generation_config(small.recipe.Settings(max_target_length=4), model)
    trainer = make_trainer(model, args, table, tokenizer, small.recipe, "{summary}")
    trainer.callback_handler.eval_dataloader = trainer.get_eval_dataloader(table)
    batch = next(iter(trainer.callback_handler.eval_dataloader))
    loss, ids, more = trainer.prediction_step(model, batch, prediction_loss_only=False)
    assert loss is None and ids.dtype == torch.int64 and ids.shape[1] <= 5
    assert all(one.numel() <= 3 * ids.shape[2] for one in more)


@pytest.mark.parametrize("name", harness.NAMES)
def test_trap_25_unused_parameters_are_not_looked_for(name, smalls):
    assert harness.parse(smalls(name).recipe, smalls(name).flags())[1].ddp_find_unused_parameters is False


@pytest.mark.parametrize("name", harness.NAMES)
def test_trap_40_nothing_is_compiled_unasked(name, smalls):
    assert harness.parse(smalls(name).recipe, smalls(name).flags())[1].torch_compile is False
