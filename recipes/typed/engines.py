# SPDX-License-Identifier: Apache-2.0
"""What --fsdp, --deepspeed and --load_in_4bit ask for. Read in transformers 5.23 and DeepSpeed 0.19."""

import json
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

# What DeepSpeed is told by the training arguments; without the first it would not clip gradients.
AUTO = ("gradient_clipping", "gradient_accumulation_steps", "train_micro_batch_size_per_gpu")


# Packages of their own, each with the flag that needs it.
PACKAGES = {"deepspeed": "deepspeed", "load_in_4bit": "bitsandbytes"}


def faults(values: dict[str, Any]) -> Iterator[str]:
    """A sentence for each reason why the model cannot be held as it is asked for."""
    chosen = [f"--{name} {values[name]}" for name in ("fsdp", "deepspeed") if values[name]]
    if values["dry_run"]:
        pass
    elif chosen and os.environ.get("WORLD_SIZE", "1") == "1":
        yield f"{chosen[0]}: needs several processes; start them with make NPROC=N, or torchrun"
    elif values["fsdp"] and on_cpu(values):
        yield f"{chosen[0]}: needs GPUs; on CPUs every process would have the whole model, without a word"
    if len(chosen) > 1:
        yield f"{' and '.join(chosen)}: give one of them"
    if chosen and values["fp16"]:
        yield f"{chosen[0]}: does not go with --fp16; use --bf16"
    if chosen and values["load_in_4bit"]:
        yield f"{chosen[0]}: does not go with --load_in_4bit; leave one of them out"
    for flag, package in PACKAGES.items():
        if values[flag] and not values["dry_run"] and find_spec(package) is None:
            yield f"--{flag} {values[flag]}: needs {package}; pip install -r requirements-{package}.txt"


def on_cpu(values: dict[str, Any]) -> bool:
    """Where accelerate makes no parts for FSDP, and trains whole weights (1.15)."""
    return values["use_cpu"] or not torch.accelerator.is_available()


def arguments(values: dict[str, Any]) -> dict[str, Any]:
    """The training arguments that follow; {} where each process has the whole model.

    The engines are told of no 16 bits, and steps are autocast: with them weights would be read, gradients summed and
    scores made in 16 bits (FSDP 2), or the weights saved (DeepSpeed), other than with whole weights.

    Raises:
        ValueError: a configuration is not there, is no JSON, or asks for what does not work.
    """
    if values["fsdp"]:
        # Checkpoints are in parts, too: a whole one cannot be loaded again with several processes (accelerate 1.15).
        options = {"state_dict_type": "SHARDED_STATE_DICT", "cpu_offload": "offload" in str(values["fsdp"]).split()}
        return {"fsdp": True, "fsdp_config": options | _read("fsdp_config", values["fsdp_config"]), "bf16": False}
    if not values["deepspeed"]:
        return {}
    config = {**dict.fromkeys(AUTO, "auto"), **_read("deepspeed", values["deepspeed"])}
    if config.get("zero_optimization", {}).get("stage", 0) > 2:
        raise ValueError(f"--deepspeed {values['deepspeed']}: ZeRO-3 fails to save; take stage 2, or --fsdp full_shard")
    config = {name: value for name, value in config.items() if name not in ("bf16", "fp16")}
    alone = os.environ.get("WORLD_SIZE", "1") == "1"  # a dry run: there is nobody to share with
    return {"deepspeed": None if alone else config, "bf16": False}


def _read(flag: str, config: dict | str | None) -> dict[str, Any]:
    """What a flag that is JSON, or names a file of it, holds."""
    if not isinstance(config, str):
        return config or {}
    try:
        return dict(json.loads(config if config.lstrip().startswith("{") else Path(config).read_text("utf-8")))
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"--{flag} {config}: neither JSON nor a file of it: {error}") from error
