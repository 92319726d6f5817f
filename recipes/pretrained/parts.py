# SPDX-License-Identifier: Apache-2.0
"""The parts of a model, whatever its family calls them and whatever was put around it."""

import hashlib
import re

from accelerate.utils import extract_model_from_parallel
from torch import nn
from transformers.pytorch_utils import Conv1D

from recipes.wording import UserError


def innermost(model: nn.Module) -> nn.Module:
    """The library's own model, below what processes, compilation and LoRA put around it."""
    model = extract_model_from_parallel(model, keep_torch_compile=False)
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def frozen(model: nn.Module, which: str | None) -> list[nn.Parameter]:
    """The weights that --freeze names: "embeddings", "encoder", or embeddings and a number of the encoder's layers."""
    encoder = model.get_encoder()
    if which in (None, "encoder"):
        return list(encoder.parameters()) if which else []
    layers = next((one for one in encoder.modules() if isinstance(one, nn.ModuleList)), [])
    count = 0 if which == "embeddings" else int(which) if which.isdecimal() and int(which) else len(layers) + 1
    if count > len(layers):
        raise UserError(f"--freeze {which}: name embeddings, encoder, or a number of its {len(layers)} layers")
    stacks = (encoder, model.get_decoder())
    tables = [one for stack in stacks for one in stack.children() if isinstance(one, nn.Embedding)]
    tables += [stack.get_input_embeddings() for stack in stacks]
    return [weight for part in (*tables, *layers[:count]) for weight in part.parameters()]


def target_modules(model: nn.Module, targets: str) -> list[str]:
    """The names of the layers that --lora_targets means; peft would pass over a wrong name among right ones."""
    head = model.get_output_embeddings()
    kinds = nn.Linear | Conv1D  # the latter is GPT-2's
    layers = [name.split(".") for name, one in model.named_modules() if isinstance(one, kinds) and one is not head]
    linear = {name for *_, name in layers}
    attention = {name for *_, parent, name in layers if re.search("att|self", parent.lower())}  # whatever their names
    wanted = {"attention": attention, "all-linear": linear}.get(targets, set(targets.split(",")))
    if not wanted or wanted - linear:
        there = ", ".join(sorted(linear))
        raise UserError(f"--lora_targets {targets}: not all of these are layers here; its linear layers are {there}")
    return sorted(wanted)


def fingerprint(model: nn.Module) -> str:
    """SHA-256 of the weights of a model without LoRA, as fp32."""
    result = hashlib.sha256()
    for name, weight in sorted(model.named_parameters()):
        result.update(name.encode())
        result.update(weight.detach().float().cpu().contiguous().numpy())
    return result.hexdigest()
