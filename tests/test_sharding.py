# SPDX-License-Identifier: Apache-2.0
"""Parts of a model on two processes train, score and save what whole ones do, and survive being killed.

accelerate makes FSDP's parts on accelerators alone and falls back to DistributedDataParallel on CPUs without a word;
here it is told otherwise. Where DeepSpeed is installed (requirements-deepspeed.txt), it is tested, too.
"""

import signal
from importlib.util import find_spec
from pathlib import Path

import chaos
import parts_on_cpu
import pytest
import torch
from conftest import ROOT, make_model, make_tokenizer
from helpers import read_json, read_jsonl
from safetensors.torch import load_file

from recipes.machines import sharding

SHARDED = {"fsdp": "full_shard"}
ENGINES = {"fsdp": SHARDED}  # and a file that only this engine's checkpoints have
FILES = {"fsdp": "pytorch_model_fsdp_0/*.distcp", "deepspeed": "global_step*/zero_pp_rank_1*"}
if find_spec("deepspeed"):
    ENGINES["deepspeed"] = {"deepspeed": ROOT / "configs/deepspeed/zero2.json"}
RECIPES = ["summarize_t5", pytest.param("paraphrase_bart", marks=pytest.mark.slow), "translate_mt5_lora"]


@pytest.fixture(autouse=True, scope="module")
def parts_on_a_cpu():
    with pytest.MonkeyPatch.context() as patch:
        parts_on_cpu.allow(patch)
        yield


def finished(small, folder, **more):
    """The folder of a run of two processes."""
    argv = small.flags(output_dir=folder, use_cpu=True, per_device_train_batch_size=4, logging_steps=1, **more)
    code = chaos.wait(chaos.launch(small.name, argv, f"{folder}.log", processes=2))
    assert code == 0, Path(f"{folder}.log.0").read_text()
    return folder


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("small", RECIPES, indirect=True)
def test_parts_are_trained_and_saved_as_whole_weights_are(small, engine, tmp_path):
    """T5 in bf16: the engines' own 16 bits would be those of the weights, of sums of gradients, of scores."""
    bf16 = small.name == "summarize_t5"
    whole = finished(small, tmp_path / "whole", bf16=bf16)
    parts = finished(small, tmp_path / "parts", bf16=bf16, **ENGINES[engine])
    assert list(parts.glob(f"checkpoint-*/{FILES[engine]}"))  # they were in parts indeed
    states = [read_json(folder / "trainer_state.json")["log_history"] for folder in (whole, parts)]
    for name in ("loss", "grad_norm", "eval_loss"):
        one, other = ([entry[name] for entry in entries if name in entry] for entries in states)
        assert other == pytest.approx(one, rel=1e-5)
    weights, others = (load_file(folder / "model.safetensors") for folder in (whole, parts))
    assert weights.keys() == others.keys()
    for name in weights:
        torch.testing.assert_close(others[name], weights[name], rtol=1e-4, atol=1e-5)
    lines, others = (read_jsonl(folder / "predictions.jsonl") for folder in (whole, parts))
    assert [line["prediction"] for line in others] == [line["prediction"] for line in lines]
    scores, others = (read_json(folder / "all_results.json") for folder in (whole, parts))
    for name in small.metrics:
        assert others[f"predict_{name}"] == pytest.approx(scores[f"predict_{name}"])
    assert (whole / "adapter").exists() == (parts / "adapter").exists()


POINTS = ["in the backward pass", "in a save, before the optimizer", "in a save, before the manifest",
          "while it generates on the way", "in prediction"]  # fmt: skip


@pytest.fixture(scope="module")
def harness(tmp_path_factory):
    return chaos.Harness(tmp_path_factory.mktemp("parts"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("sent", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
@pytest.mark.parametrize("point", [POINTS[0], *(pytest.param(point, marks=pytest.mark.slow) for point in POINTS[1:])])
def test_a_stopped_run_in_parts_goes_on_to_the_same_bits(harness, point, sent, engine):
    codes, status, differs, log = harness.disturbed(2, point, sent, **ENGINES[engine])
    assert codes[-1] == 0, log
    assert not differs, (differs, log)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_in_parts_whose_training_had_ended_early_goes_on(harness, engine):
    early = {"early_stopping_patience": 1, "num_train_epochs": 9, "learning_rate": 1e-3}
    codes, status, differs, log = harness.disturbed(2, "in prediction", signal.SIGKILL, **early, **ENGINES[engine])
    assert "goes on   from" in log and codes[-1] == 0, log
    assert not differs, (differs, log)


@pytest.mark.parametrize("small", ["summarize_t5"], indirect=True)
def test_parts_need_several_processes(refused):
    assert "--fsdp full_shard: needs several processes" in refused(**SHARDED)


def test_tables_of_one_weight_are_one_module(small_model):
    sharding.share_embeddings(small_model)
    assert small_model.encoder.embed_tokens is small_model.decoder.embed_tokens is small_model.shared


@pytest.fixture
def small_model():
    return make_model("t5", make_tokenizer(), tied=True)


def test_an_outline_has_no_numbers_and_shares_what_was_shared(small_model):
    made = sharding.outline(small_model)
    assert {weight.device.type for weight in made.parameters()} == {"meta"}
    assert made.lm_head.weight is made.shared.weight is made.encoder.embed_tokens.weight
    assert len(list(made.parameters())) == len(list(small_model.parameters()))
