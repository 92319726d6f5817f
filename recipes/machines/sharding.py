# SPDX-License-Identifier: Apache-2.0
"""Weights in parts over several processes (FSDP 2). Read in transformers 5.23, accelerate 1.15 and torch 2.13."""

import contextlib
import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.fsdp import FSDPModule, register_fsdp_forward_method

from recipes.common import UserError
from recipes.pretrained.parts import innermost


def arguments(fsdp: str, config: dict | str | None) -> dict[str, Any]:
    """--fsdp and --fsdp_config as transformers 5 has them, of words such as "full_shard auto_wrap offload".

    Checkpoints are in parts, too: a whole one cannot be loaded again with several processes (accelerate 1.15).
    """
    options: Any = config or {}
    if isinstance(options, str):
        try:
            options = json.loads(options if options.lstrip().startswith("{") else Path(options).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"--fsdp_config {config}: neither JSON nor a file of it: {error}") from error
    offload: dict[str, Any] = {"cpu_offload": True} if "offload" in str(fsdp).split() else {}
    return {"fsdp": True, "fsdp_config": {"state_dict_type": "SHARDED_STATE_DICT", **offload, **options}}


def share_embeddings(model: nn.Module) -> None:
    """Let encoder and decoder look up in one module where they have one table: a table of two modules is refused."""
    owner = innermost(model)
    one = owner.get_encoder().get_input_embeddings()
    for part in (owner.get_decoder(), owner):
        if part.get_input_embeddings().weight is one.weight:
            part.set_input_embeddings(one)


@contextlib.contextmanager
def whole(trainer: transformers.Trainer) -> Iterator[None]:
    """Within this, a model that is still whole is evaluated as it is: parts are made in training."""
    enabled = trainer.is_fsdp_enabled
    trainer.is_fsdp_enabled = enabled and isinstance(trainer.model, FSDPModule)
    try:
        yield
    finally:
        trainer.is_fsdp_enabled = enabled


def in_one_forward(model: nn.Module, work: Callable[[], Any]) -> Any:
    """`work()` while the outer parts of `model` are gathered, as they are in its own `forward` and nowhere else."""
    if not isinstance(model, FSDPModule):
        return work()
    model.run_gathered = lambda: work()
    register_fsdp_forward_method(model, "run_gathered")
    return model.run_gathered()


def outline(model: nn.Module) -> nn.Module:
    """A copy of `model` without numbers, in which weights are shared as they are in `model`."""
    numbers = {id(one): one.to("meta") for one in model.buffers() if one is not None}
    for weight in model.parameters():
        numbers[id(weight)] = nn.Parameter(weight.to("meta"), requires_grad=weight.requires_grad)
    return copy.deepcopy(model, numbers)


def gathered(model: nn.Module, outline: nn.Module | None) -> nn.Module:
    """The model in one piece, on the first process's CPU; all processes have to call this.

    Args:
        outline: what `outline` made of it before it was in parts.
    """
    if not isinstance(model, FSDPModule) or outline is None:
        return model
    state = get_model_state_dict(model, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
    if torch.distributed.get_rank():
        return model
    first: dict[int, torch.Tensor] = {}  # names of one weight get one tensor
    for name, weight in outline.named_parameters(remove_duplicate=False):
        state[name] = first.setdefault(id(weight), state[name])
    outline.load_state_dict(state, assign=True)
    return outline.eval()
