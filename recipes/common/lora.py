# SPDX-License-Identifier: Apache-2.0
"""LoRA: a frozen base with small trained matrices beside some of its layers; merged at the end, and kept apart, too.

The weights W of a layer stay as they are; what is learned is a product of two thin matrices, W + (alpha / r) B A, with
r columns and r rows. B begins as zero, so training begins with the base model.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import transformers
from huggingface_hub import try_to_load_from_cache
from peft import LoraConfig, PeftModelForSeq2SeqLM
from torch import nn
from transformers.hf_argparser import HfArg

from recipes.common import UserError
from recipes.common.arguments import RecipeSettings
from recipes.common.disk import write_json

# The projections of attention, as the families call them.
ATTENTION = {"q", "k", "v", "o", "q_proj", "k_proj", "v_proj", "out_proj"}


@dataclass
class LoraSettings(RecipeSettings):
    lora_r: int = HfArg(default=16, help="Rank of the adapter; 0 trains all weights, without LoRA.")
    lora_alpha: float = HfArg(default=32, help="What LoRA adds is multiplied by lora_alpha / lora_r.")
    lora_dropout: float = HfArg(default=0.05, help="Share of a layer's inputs that LoRA does not see.")
    lora_targets: str = HfArg(default="attention", help="attention, all-linear, or names of layers such as q,v.")


class LoraModel(PeftModelForSeq2SeqLM):
    """peft's model, which also knows what it was put on: `base` is {"name", "revision", "commit", "sha256"}."""

    def save_pretrained(self, save_directory, **options):
        # Left to itself, peft asks the Hub at every save how many rows the base's vocabulary had.
        super().save_pretrained(save_directory, save_embedding_layers=False, **options)


def wrap(model: nn.Module, settings: LoraSettings, seed: int) -> nn.Module:
    """`model` with its weights frozen and LoRA beside the chosen layers; `model` itself if settings.lora_r is 0."""
    if not settings.lora_r:
        return model
    base = {"name": model.name_or_path, "revision": settings.model_revision}
    base["commit"] = None if Path(base["name"]).is_dir() else _commit(**base)
    base["sha256"] = None if model.device.type == "meta" else fingerprint(model)
    config = LoraConfig(
        task_type="SEQ_2_SEQ_LM",
        r=settings.lora_r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=target_modules(model, settings.lora_targets),
        base_model_name_or_path=base["name"],
        revision=base["revision"],
    )
    transformers.set_seed(seed)  # the Trainer sets it only after the matrices were drawn
    model = LoraModel(model, config)
    model.base = base
    return model


def _commit(name: str, revision: str | None) -> str | None:
    """The commit of a model on the Hub: in the library's cache a folder is named after it."""
    found = try_to_load_from_cache(name, "config.json", revision=revision)
    return Path(found).parent.name if isinstance(found, str) else None


def target_modules(model: nn.Module, targets: str) -> list[str]:
    """The names of the layers that get LoRA; peft would pass over a wrong name among right ones.

    Args:
        targets: "attention" for its four projections, "all-linear" for every linear layer but the head, or the names of
            layers, separated by commas: "q,v".
    """
    layers = [(name, one) for name, one in model.named_modules() if isinstance(one, nn.Linear)]
    linear = {name.rpartition(".")[2] for name, one in layers if one is not model.get_output_embeddings()}
    wanted = {"attention": linear & ATTENTION, "all-linear": linear}.get(targets, set(targets.split(",")))
    if not wanted or wanted - linear:
        there = ", ".join(sorted(linear))
        raise UserError(f"--lora_targets {targets}: not all of these are layers here; its linear layers are {there}")
    return sorted(wanted)


def count(model: nn.Module) -> dict[str, float]:
    """{"all", "trained", "trained_percent"}: parameters."""
    whole, trained = model.num_parameters(), model.num_parameters(only_trainable=True)
    return {"all": whole, "trained": trained, "trained_percent": round(100 * trained / whole, 2)}


def describe(model: nn.Module) -> str:
    """A line for the screen: how much of the model is trained, and where."""
    line = "trained   {trained:,} of {all:,} parameters ({trained_percent} %)".format(**count(model))
    for config in getattr(model, "peft_config", {}).values():
        line += f": LoRA of rank {config.r} beside {', '.join(sorted(config.target_modules))}"
    return line


def merge(model: nn.Module) -> None:
    """Add what LoRA learned to the frozen weights, in fp32 (trap 29): what is scored from here on is what is saved."""
    if isinstance(model, LoraModel):
        model.merge_adapter(safe_merge=True)


def save(model: nn.Module, folder: Path | None) -> nn.Module:
    """A merged model with plain layers; the adapter is written to `folder`, if given, with what identifies its base."""
    if not isinstance(model, LoraModel):
        return model
    if folder:
        model.save_pretrained(folder)
        write_json(Path(folder) / "base.json", model.base)
    return model.unload()


def fingerprint(model: nn.Module) -> str:
    """SHA-256 of the weights of a model without LoRA, as fp32."""
    result = hashlib.sha256()
    for name, weight in sorted(model.named_parameters()):
        result.update(name.encode())
        result.update(weight.detach().float().cpu().contiguous().numpy())
    return result.hexdigest()
