# SPDX-License-Identifier: Apache-2.0
"""Which weights are learned: all, those that are not frozen, or LoRA: small matrices beside layers that stay.

With LoRA the weights W of a layer stay as they are; what is learned is a product of two thin matrices, W + (alpha / r)
B A, with r columns and r rows. B begins as zero, so training begins with the base. Merged at the end, and kept apart.
"""

from pathlib import Path

import transformers
from peft import LoraConfig, PeftModel
from torch import nn

from recipes.disk import write_json
from recipes.pretrained.opening import model_commit
from recipes.pretrained.parts import fingerprint, frozen, target_modules


class LoraModel(PeftModel):
    """peft's model, which also knows what it was put on: `base` is {"name", "revision", "commit", "sha256"}."""

    def save_pretrained(self, save_directory, **options):
        # Left to itself, peft asks the Hub at every save how many rows the base's vocabulary had.
        super().save_pretrained(save_directory, save_embedding_layers=False, **options)


def wrap(model: nn.Module, settings, seed: int) -> nn.Module:
    """`model` with the weights that settings.freeze names frozen; or, if settings.lora_r is above 0, with LoRA."""
    for weight in frozen(model, settings.freeze):
        weight.requires_grad = False
    if not settings.lora_r:
        return model
    base = {"name": model.name_or_path, "revision": settings.model_revision}
    base["commit"] = None if Path(base["name"]).is_dir() else model_commit(**base)
    base["sha256"] = None if model.device.type == "meta" else fingerprint(model)
    base["new_rows"] = getattr(model, "new_rows", [])
    config = LoraConfig(
        task_type="SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM",
        fan_in_fan_out=model.config.model_type == "gpt2",  # whose layers are written the other way round
        r=settings.lora_r,
        target_modules=target_modules(model, settings.lora_targets),
        trainable_token_indices=_new_tokens(model, base["new_rows"]) if base["new_rows"] else None,
        **{name: getattr(settings, name) for name in ("lora_alpha", "lora_dropout", "use_dora", "use_rslora")},
        base_model_name_or_path=base["name"],
        revision=base["revision"],
    )
    transformers.set_seed(seed)  # the Trainer sets it only after the matrices were drawn
    tables = [part.get_input_embeddings().weight for part in (model.get_encoder(), model.get_decoder())]
    model = LoraModel(model, config)
    if base["new_rows"] and tables[0] is tables[1]:  # peft would learn a row for each of them
        read, written = (one.get_input_embeddings().token_adapter for one in (model.get_encoder(), model.get_decoder()))
        written.trainable_tokens_delta = read.trainable_tokens_delta
    model.base = base
    return model


def _new_tokens(model: nn.Module, rows: list[int]) -> list[int] | dict[str, list[int]]:
    """What peft has to be told for added tokens to be learned (trap 16): their rows, of each layer if they differ."""
    head = model.get_output_embeddings()
    if head.weight is model.get_input_embeddings().weight:
        return rows
    parts = {part: part.get_input_embeddings() for part in (model.get_encoder(), model.get_decoder())} | {model: head}
    names = [name for part, layer in parts.items() for name, one in part.named_modules() if one is layer]
    return {name.rpartition(".")[2]: rows for name in names}


def count(model: nn.Module) -> dict[str, float]:
    """{"all", "trained", "trained_percent"}: parameters."""
    whole, trained = model.num_parameters(), model.num_parameters(only_trainable=True)
    return {"all": whole, "trained": trained, "trained_percent": round(100 * trained / whole, 2)}


def describe(model: nn.Module) -> str:
    """A line for the screen: how much of the model is trained, and where."""
    line = "trained   {trained:,} of {all:,} parameters ({trained_percent} %)".format(**count(model))
    for config in getattr(model, "peft_config", {}).values():
        kind = "DoRA" if config.use_dora else "rsLoRA" if config.use_rslora else "LoRA"
        line += f": {kind} of rank {config.r} beside {', '.join(sorted(config.target_modules))}"
    stuck = type(model) is not LoraModel and hasattr(model, "new_rows") and not next(model.parameters()).requires_grad
    return line + ("; new tokens are not learned" if stuck else "")


def merge(model: nn.Module) -> None:
    """Add what LoRA learned to the frozen weights, in fp32 (trap 29)."""
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
