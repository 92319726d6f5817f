# SPDX-License-Identifier: Apache-2.0
"""Parts of a model on each process: FSDP 2, ZeRO-2. Read in transformers 5.23, accelerate 1.15, DeepSpeed 0.19."""

import contextlib
import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch
import transformers
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.fsdp import FSDPModule, register_fsdp_forward_method

from recipes.pretrained.parts import innermost


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
    enabled = trainer.is_fsdp_enabled, trainer.is_deepspeed_enabled
    trainer.is_fsdp_enabled &= isinstance(trainer.model, FSDPModule)
    trainer.is_deepspeed_enabled &= trainer.deepspeed is not None
    try:
        yield
    finally:
        trainer.is_fsdp_enabled, trainer.is_deepspeed_enabled = enabled


def autocast(trainer: transformers.Trainer) -> Any:
    """Training's precision; where the library is told of none, without a cache that would keep a whole model."""
    if trainer.args.bf16 and trainer.accelerator.mixed_precision == "no":
        return torch.autocast(trainer.args.device.type, torch.bfloat16, cache_enabled=False)
    return trainer.accelerator.autocast()


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
