# SPDX-License-Identifier: Apache-2.0
"""recipes/common/upstream/: what is private in other libraries is used there alone, and is still what it was."""

import ast
import inspect

import pytest
import torch
import transformers
from conftest import ROOT

FOREIGN = [path for path in sorted((ROOT / "recipes").rglob("*.py")) if "upstream" not in path.parts]
# sacrebleu has no public way to score a corpus from the statistics of its rows; recipes/metrics stands alone.
ALLOWED = {
    "recipes/metrics/scores.py": {"_extract_corpus_statistics", "_compute_score_from_stats"},
    "recipes/common/running/ending.py": {"_exit"},  # os._exit, Python's own
}


def private_names(path):
    """`thing._name` where `thing` is not the object itself."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith("__"):
            continue
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            continue
        if isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "super":
            continue
        yield node.attr


@pytest.mark.parametrize("path", FOREIGN, ids=lambda path: str(path.relative_to(ROOT / "recipes")))
def test_nothing_private_outside_upstream(path):
    name = path.relative_to(ROOT).as_posix()
    assert set(private_names(path)) <= ALLOWED.get(name, set())


def test_overridden_methods_are_still_there():
    """A method that the library no longer calls would be overridden in vain."""
    trainer = transformers.Trainer
    for name, arguments in {
        "_get_grad_norm": ["self", "model", "grad_norm"],
        "_get_eval_sampler": ["self", "eval_dataset"],
        "_load_best_model": ["self"],
        "_prepare_inputs": ["self", "inputs"],
    }.items():
        assert list(inspect.signature(getattr(trainer, name)).parameters)[: len(arguments)] == arguments, name
    assert list(inspect.signature(trainer._load_from_checkpoint).parameters)[1] == "resume_from_checkpoint"
    source = inspect.getsource(trainer)
    for call in ("._get_grad_norm(", "._get_eval_sampler", "._load_best_model("):
        assert call in source, call


def test_accelerate_marks_a_prepared_model():
    """`forget_preparation` takes this mark away; without it `train` would leave the model without its wrapper."""
    import accelerate

    assert "_is_accelerate_prepared" in inspect.getsource(accelerate.Accelerator)
    model = torch.nn.Linear(2, 2)
    accelerate.Accelerator(cpu=True).prepare_model(model, evaluation_mode=True)
    assert model.__dict__["_is_accelerate_prepared"] is True
