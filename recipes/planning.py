# SPDX-License-Identifier: Apache-2.0
"""What training will cost: its memory, from what one row keeps on this machine, not from a formula per family."""

import contextlib
import copy
import dataclasses
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import AutoModelForSeq2SeqLM, PretrainedConfig, TrainingArguments

from recipes.common import loss
from recipes.common.upstream import cpu
from recipes.machines import facts as machine
from recipes.pretrained.parts import innermost

GIB = 2**30
# Bytes of a step beside the weights, each of four bytes: what the optimizer keeps for a trained number.
OPTIMIZERS = {"adamw": 8, "sgd": 0, "adafactor": 0, "8bit": 2}
# Logits are made in 16 bits or in 32, and lie there three times in 32 when their gradient is made; in pieces, once.
BYTES_PER_LOGIT = {"fp32": 12, "bf16": 14, "fp16": 14}
BYTES_IN_PIECES = 5
BUCKET = 50_000_000  # gradients that DeepSpeed sends at once, as configs/deepspeed/zero2.json has it
LAYERS = ("num_layers", "num_decoder_layers", "encoder_layers", "decoder_layers", "num_hidden_layers")


@dataclass(frozen=True)
class Memory:
    """Bytes of one process while it trains; `step` is all that a step keeps on its way, for all its rows."""

    weights: int
    gradients: int
    optimizer: int
    step: int
    gathered: int = 0  # what FSDP holds whole for a while, beside the parts
    whole_gradients: bool = False  # they lie there while a step begins: with accumulation, or several processes

    @property
    def peak(self) -> int:
        """The most that lies there at one time: gradients come while what the step kept goes."""
        most = self.gradients + self.step if self.whole_gradients else max(self.gradients, self.step)
        return self.weights + self.optimizer + self.gathered + most


def memory(
    model: nn.Module,
    rows: int,
    source_length: int,
    target_length: int,
    precision: str = "bf16",
    optimizer: str = "adamw",
    accumulated: int = 1,
    processes: int = 1,
    sharded: str = "",
    checkpointing: bool = False,
) -> Memory:
    """The memory of training `model`, where it lies, with batches of `rows` rows.

    Args:
        source_length, target_length: of the longest batch, in tokens.
        precision: "bf16" or "fp16", with weights in fp32; or "fp32".
        optimizer: one of OPTIMIZERS; "adamw" keeps two numbers of 32 bits for each weight.
        accumulated, processes: batches of a step, and processes that share them.
        sharded: "fsdp", where processes hold a part of weights, gradients and optimizer each; "deepspeed", where they
            hold a part of gradients and optimizer, and of the weights a second time.
        checkpointing: a layer's inner values are made anew in the backward pass (--activation_checkpointing).
    """
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    weights, gradients = (
        sum(one.numel() * one.element_size() for one in some) for some in (model.parameters(), trained)
    )
    step = _step(model, rows, source_length, target_length, precision)
    if checkpointing:  # one layer at a time is whole
        layers = sum(getattr(model.config, name, 0) or 0 for name in LAYERS[:4]) or 1
        model.activation_checkpointing_enable()
        step = _step(model, rows, source_length, target_length, precision) + step // layers
        model.activation_checkpointing_disable()
    step += logits(model, rows * target_length, precision)
    found = Memory(
        weights=weights,
        gradients=gradients,
        optimizer=OPTIMIZERS[optimizer] * sum(weight.numel() for weight in trained),
        step=step,
        whole_gradients=accumulated > 1,
    )
    if processes == 1:
        return found
    if not sharded:  # DistributedDataParallel has the gradients a second time, in its buckets
        return dataclasses.replace(found, gradients=2 * gradients, whole_gradients=True)
    if sharded == "deepspeed":
        optimizer, part = (found.optimizer + gradients) // processes, gradients // processes
        part += min(gradients, 4 * BUCKET)
        return dataclasses.replace(found, optimizer=optimizer, gradients=part, whole_gradients=True)
    parts = {name: getattr(found, name) // processes for name in ("weights", "gradients", "optimizer")}
    return dataclasses.replace(found, **parts, gathered=_gathered(model), whole_gradients=True)


def _gathered(model: nn.Module) -> int:
    """Bytes that FSDP 2 has whole at a time: what is in no block, all along, and two blocks; with their gradients.

    And what is in no block once more, on its way; a family that names no blocks is whole in every step.
    """
    kinds = getattr(model, "_no_split_modules", None) or []
    blocks = [module for module in model.modules() if type(module).__name__ in kinds]
    inside = {id(weight) for block in blocks for weight in block.parameters()}
    outside = [weight for weight in model.parameters() if id(weight) not in inside]
    sent = sum(weight.numel() * weight.element_size() for weight in outside)
    return sent + _held(outside) + 2 * max((_held(list(block.parameters())) for block in blocks), default=0)


def _held(weights: list[nn.Parameter]) -> int:
    """Bytes of weights, and of the gradients of those that are trained."""
    return sum((1 + weight.requires_grad) * weight.numel() * weight.element_size() for weight in weights)


def told(model: nn.Module, args: TrainingArguments, settings: Any, lengths: dict) -> list[str]:
    """A line for the screen: what training will take here, with its longest batch; none where nobody can tell.

    Args:
        lengths: of features.Tables.
    """
    config = innermost(model).config
    if not config.is_encoder_decoder or args.fsdp or args.deepspeed:
        return []
    sides = lengths["train"] if "train" in lengths else next(iter(lengths.values()))
    source, target = (max(1, min(side["max"], side["limit"])) for side in (sides["source"], sides["target"]))
    rows, most = args.per_device_train_batch_size, settings.max_tokens_per_batch
    if most:
        rows = max(1, most // (source + target))
    how = {"precision": "bf16" if args.bf16 else "fp16" if args.fp16 else "fp32"}
    how |= {"accumulated": args.gradient_accumulation_steps, "processes": args.world_size}
    how["checkpointing"] = args.activation_checkpointing
    found = memory(model, rows, source, target, **how)
    needed = found.peak / GIB
    if args.device.type == "cpu":  # beside what the libraries and the data take, the weights with it
        needed += (machine.peak_memory_gib() or 0) - found.weights / GIB
    where = "" if args.device.type == "cpu" else " of GPU"
    return [f"memory    about {needed:.1f} GiB{where}: batches of at most {rows} rows of {source} and {target} tokens"]


def _step(model: nn.Module, rows: int, *more) -> int:
    """What `rows` rows keep, from what one and two do: weights in 16 bits are there once, whatever the rows."""
    one, two = (kept(model, count, *more) for count in (1, 2))
    return one + (rows - 1) * (two - one)


def kept(model: nn.Module, rows: int, source_length: int, target_length: int, precision: str) -> int:
    """Bytes that a batch keeps for its backward pass up to the output layer, beside the weights themselves."""
    device = next(model.parameters()).device
    ids, labels = (
        torch.ones((rows, length), dtype=torch.long, device=device) for length in (source_length, target_length)
    )
    known = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    found: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            found[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()  # the tensor itself, where it is a node's output, would keep its node for ever

    inputs = {"input_ids": ids, "attention_mask": ids, "decoder_input_ids": labels}
    was_training = model.training
    devices = [device] if device.type == "cuda" else []
    noting = torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor)
    with torch.random.fork_rng(devices), _autocast(device, precision), cpu.fast_training(model.train()), noting:
        hidden, _ = loss.decoder_states(model, inputs)  # as long as this lies here, what was kept for it does, too
    model.train(was_training)
    del hidden
    return sum(found.values())


def logits(model: nn.Module, tokens: int, precision: str) -> int:
    """Bytes that the loss of so many target tokens takes, at its widest."""
    head = model.get_output_embeddings()
    vocabulary, width = head.weight.shape
    gradient = (
        4 * vocabulary * width if head.weight.requires_grad else 0
    )  # the first to come, while all else lies there
    if tokens * vocabulary <= loss.MANY_LOGITS:
        return BYTES_PER_LOGIT[precision] * tokens * vocabulary + gradient // 2
    return BYTES_IN_PIECES * loss.CHUNK * vocabulary + gradient


def memory_of_shape(config: PretrainedConfig, rows: int, source_length: int, target_length: int, **more) -> Memory:
    """As `memory`, of a model that is not there: from its first and second layers.

    Args:
        more: as for `memory`; and `adapt`, a function that gets the model and returns it, with LoRA around it.
    """
    adapt = more.pop("adapt", lambda model: model)
    layers = max(getattr(config, name, 0) or 0 for name in LAYERS)
    found = []
    for count in (1, 2):
        smaller = copy.deepcopy(config)
        for name in LAYERS:
            if getattr(smaller, name, None):
                setattr(smaller, name, count)
        for name in ("encoder_layerdrop", "decoder_layerdrop"):  # a step that drops none is the largest
            if getattr(smaller, name, None):
                setattr(smaller, name, 0.0)
        found.append(
            memory(adapt(AutoModelForSeq2SeqLM.from_config(smaller)), rows, source_length, target_length, **more)
        )
    one, two = (dataclasses.asdict(each) for each in found)
    whole = {name: one[name] + (layers - 1) * (two[name] - one[name]) for name in one if name != "whole_gradients"}
    return Memory(**whole, whole_gradients=one["whole_gradients"])


def _autocast(device: torch.device, precision: str) -> contextlib.AbstractContextManager:
    if precision == "fp32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, torch.bfloat16 if precision == "bf16" else torch.float16)
