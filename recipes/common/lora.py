# SPDX-License-Identifier: Apache-2.0
"""LoRA: a frozen base with small trained matrices beside some of its layers; merged at the end, and kept apart, too.

The weights W of a layer stay as they are; what is learned is a product of two thin matrices, W + (alpha / r) B A, with
r columns and r rows. B begins as zero, so training begins with the base model.
"""

import functools
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import transformers
from torch import nn

from recipes.common import UserError
from recipes.common.arguments import RecipeSettings
from recipes.common.models import count_parameters
from recipes.common.running.disk import read_json, write_json

# The projections of attention, as the families call them.
ATTENTION = {"q", "k", "v", "o", "q_proj", "k_proj", "v_proj", "out_proj"}


@dataclass
class LoraSettings(RecipeSettings):
    lora_r: int = field(default=16, metadata={"help": "Rank of the adapter; 0 trains all weights, without LoRA."})
    lora_alpha: float = field(default=32, metadata={"help": "What LoRA adds is multiplied by lora_alpha / lora_r."})
    lora_dropout: float = field(default=0.05, metadata={"help": "Share of a layer's inputs that LoRA does not see."})
    lora_targets: str = field(
        default="attention", metadata={"help": "attention, all-linear, or names of layers such as q,v."}
    )


def problems(settings):
    """What is wrong with the settings of LoRA, as sentences."""
    wrong = {
        f"--lora_r {settings.lora_r}: at least 0 is needed": settings.lora_r < 0,
        f"--lora_alpha {settings.lora_alpha}: more than 0 is needed": settings.lora_alpha <= 0,
        f"--lora_dropout {settings.lora_dropout}: 0 to less than 1 is needed": not 0 <= settings.lora_dropout < 1,
    }
    return [sentence for sentence, is_wrong in wrong.items() if is_wrong]


def wrap(model, settings, seed):
    """`model` with all its weights frozen and LoRA beside the chosen layers; `model` itself if settings.lora_r is 0.

    Args:
        settings: lora_r, lora_alpha, lora_dropout, lora_targets (see target_modules), model_revision.
        seed: the Trainer would set it only after the matrices were drawn.
    """
    if not settings.lora_r:
        return model
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        task_type="SEQ_2_SEQ_LM",
        r=settings.lora_r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=target_modules(model, settings.lora_targets),
        revision=settings.model_revision,
    )
    transformers.set_seed(seed)
    model = get_peft_model(model, config)
    # Else every save asks the Hub how many rows the base's vocabulary had.
    model.save_pretrained = functools.partial(model.save_pretrained, save_embedding_layers=False)
    return model


def target_modules(model, targets):
    """Which layers get LoRA.

    Args:
        targets: "attention" for its four projections, "all-linear" for every linear layer but the head, or the names of
            layers, separated by commas: "q,v".
    """
    linear = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and module is not model.get_output_embeddings()
    }
    wanted = {"attention": linear & ATTENTION, "all-linear": linear}.get(targets, set(targets.split(",")))
    if not wanted or wanted - linear:
        there = ", ".join(sorted(linear))
        raise UserError(f"--lora_targets {targets}: not all of these are layers here; its linear layers are {there}")
    return sorted(wanted)


def count(model):
    """{"all", "trained", "trained_percent"}: parameters."""
    whole, trained = count_parameters(model)
    return {"all": whole, "trained": trained, "trained_percent": round(100 * trained / whole, 2)}


def describe(model):
    """A line for the screen: how much of the model is trained, and where."""
    line = "trained   {trained:,} of {all:,} parameters ({trained_percent} %)".format(**count(model))
    if not _has_lora(model):
        return line
    config = model.peft_config["default"]
    return f"{line}: LoRA of rank {config.r} beside {', '.join(sorted(config.target_modules))}"


def merge(model):
    """Add what LoRA learned to the frozen weights, so that what is scored from here on is what `save` leaves.

    The thin matrices stay as they are beside them. The weights are in fp32, where nothing is rounded away (trap 29).
    """
    if _has_lora(model):
        model.base_sha256 = fingerprint(model)
        model.merge_adapter(safe_merge=True)


def save(model, folder):
    """Write the adapter, if there is one, with what identifies its base.

    Args:
        model: one that went through `merge`.
        folder: for adapter_config.json, adapter_model.safetensors and base.json; None writes nothing.
    Returns:
        The model with plain layers, which hold the sum.
    """
    if not _has_lora(model):
        return model
    if folder:
        model.save_pretrained(folder)
        name, config = model.config.name_or_path, model.peft_config["default"]
        commit = getattr(model.config, "_commit_hash", None)
        base = {"name": name, "revision": config.revision, "commit": commit, "sha256": model.base_sha256}
        write_json(Path(folder) / "base.json", base)
    return model.unload()


def load(folder, model):
    """`model` with the adapter in `folder`.

    Raises:
        UserError: the adapter was trained beside other weights than the model's.
    """
    from peft import PeftModel

    base = read_json(Path(folder) / "base.json")
    if not base:
        raise UserError(f"{folder}: no adapter of these recipes: it has no base.json")
    if fingerprint(model) != base["sha256"]:
        revision = base["revision"] or base["commit"] or "main"
        raise UserError(
            f"{folder}: this adapter belongs to {base['name']} (revision {revision}) in fp32, and this is another "
            "model, another revision, or loaded in half precision"
        )
    return PeftModel.from_pretrained(model, folder)


def fingerprint(model):
    """SHA-256 of a model's weights as fp32, leaving aside what LoRA added to it."""
    base, result = model.get_base_model() if _has_lora(model) else model, hashlib.sha256()
    weights = {name.replace(".base_layer", ""): weight for name, weight in base.named_parameters()}
    for name in sorted(name for name in weights if ".lora_" not in name):
        result.update(name.encode())
        result.update(weights[name].detach().float().cpu().numpy().tobytes())
    return result.hexdigest()


def _has_lora(model):
    return hasattr(model, "peft_config")
