# SPDX-License-Identifier: Apache-2.0
"""Models: what can be told from their configuration before any weight is read, then loading them in fp32."""

from typing import Any

import torch
import transformers
from tokenizers import AddedToken
from torch import nn
from transformers import PreTrainedConfig, PreTrainedTokenizerBase, TrainingArguments

from recipes.common import UserError, show
from recipes.common.arguments import RecipeSettings
from recipes.pretrained import families, four_bits
from recipes.pretrained.agreement import agree
from recipes.pretrained.opening import check_folder, from_hub, load_tokenizer
from recipes.pretrained.parts import frozen, target_modules

DROPOUT = ("dropout_rate", "dropout", "hidden_dropout_prob")  # as the families call it


def load(settings: RecipeSettings, args: TrainingArguments) -> tuple[nn.Module, PreTrainedTokenizerBase]:
    """(model, tokenizer), checked before any weight is read; see load_model for the model's weights."""
    config = load_config(settings, args)
    tokenizer = load_tokenizer(settings)
    return load_model(settings, config, tokenizer), tokenizer


def load_config(settings: RecipeSettings, args: TrainingArguments) -> PreTrainedConfig:
    """The model's configuration, checked: an encoder-decoder, at a length and precision it can work with."""
    name = settings.model_name_or_path
    check_folder(name)
    config = from_hub(transformers.AutoConfig, settings)
    family = families.of(config)
    if not family and not settings.trust_remote_code:
        family = {"refused": "is not an encoder-decoder for text"}
    if "refused" in family:
        choose = "choose one such as google-t5/t5-small, facebook/bart-base or google/mt5-small"
        raise UserError(f"--model_name_or_path {name}: a {config.model_type} model {family['refused']}; {choose}")
    problems = []
    for length, positions in zip(("max_source_length", "max_target_length"), families.positions(config), strict=True):
        if positions and getattr(settings, length) > positions:
            problems.append(f"--{length} {getattr(settings, length)}: this model has {positions} positions")
    if args.fp16 and family.get("fp16") is False and not settings.force_fp16:
        problems.append(
            f"--fp16 with a {config.model_type} overflows to NaN on most checkpoints; leave it out (bf16 is chosen "
            "where the machine has it, else fp32), or add --force_fp16 to try all the same"
        )
    parts = (config, getattr(config, "encoder", None), getattr(config, "decoder", None))
    found = [(part, name) for part in parts for name in DROPOUT if hasattr(part, name)]
    if settings.dropout is not None and not found:
        problems.append(f"--dropout {settings.dropout}: a {config.model_type} model has no such setting")
    for part, name in found if settings.dropout is not None else []:
        setattr(part, name, settings.dropout)
    if problems:
        raise UserError(*problems)
    try:
        families.check_numbers(config)
        _without_weights(config, settings)
    except Exception as error:  # what a wrong number or name leads to has no common type
        reason = " ".join(f"{type(error).__name__}: {error}".split()).removeprefix("UserError: ")
        raise UserError(f"--model_name_or_path {name}: its config.json describes no model: {reason[:300]}") from error
    return config


def load_model(settings: RecipeSettings, config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase) -> nn.Module:
    """The model with fp32 weights, whatever they are stored in (trap 21), and its head tied only where it is tied.

    With --dry_run no weight is read: the model has shapes but no values.

    Raises:
        UserError: weights are missing, unreadable or no numbers, or model and tokenizer do not belong together.
    """
    if settings.dry_run:
        model = _without_weights(config, settings)
    else:
        options = {"config": config, "dtype": torch.float32, "output_loading_info": True, **four_bits.options(settings)}
        model, loading = from_hub(transformers.AutoModelForSeq2SeqLM, settings, **options)
        # Sines and cosines of positions, as PEGASUS has them, are computed by the library, and in no file.
        tables = {f"{name}.weight" for name, one in model.named_modules() if "Sinusoidal" in type(one).__name__}
        missing = sorted(set(loading["missing_keys"]) - tables)
        broken = [name for name, one in model.named_parameters() if not torch.isfinite(one).all()]
        for names, what in ((missing, "lacks {} weights"), (broken, "has {} weights that are infinite or no numbers")):
            if names:
                said = f"the checkpoint {what.format(len(names))}, such as {names[0]}"
                raise UserError(f"--model_name_or_path {settings.model_name_or_path}: {said}")
    untie(model)
    frozen(model, settings.freeze)  # here, and again by lora.wrap: what is wrong with them, --dry_run finds, too
    target_modules(model, settings.lora_targets if settings.lora_r else "all-linear")
    rows = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > rows:
        too_many = f"the tokenizer has {len(tokenizer)} ids, but the model has rows for {rows}"
        raise UserError(f"{too_many}: they do not belong together")
    for note in agree(model, tokenizer):
        show(f"beware    {note}")
    return model


def _without_weights(config: PreTrainedConfig, settings: RecipeSettings) -> nn.Module:
    with torch.device("meta"):
        return transformers.AutoModelForSeq2SeqLM.from_config(config, trust_remote_code=settings.trust_remote_code)


def untie(model: nn.Module) -> None:
    """Tell the configuration when the head has weights of its own.

    transformers 5 sets tie_word_embeddings on T5 1.1, flan-T5 and mT5, whose heads are separate: any later resize or
    tie_weights() would overwrite the head with the input embeddings (trap 3), and other runtimes would tie and scale
    the saved model (trap 27).
    """
    head = model.get_output_embeddings()
    inputs = (model.get_input_embeddings(), model.get_decoder().get_input_embeddings())  # Marian may have two of them
    if head is not None and all(head.weight is not one.weight for one in inputs):
        model.config.tie_word_embeddings = False


def add_tokens(
    special_tokens_dict: dict[str, Any],
    other_tokens: list[str],
    tokenizer: PreTrainedTokenizerBase,
    model: nn.Module,
    like: list[int] | None = None,
) -> None:
    """Add tokens to both; their rows are the exact mean of those before them (or of `like`), in input and output.

    The library's mean_resizing draws rows around the mean, and its resize would tie a head of its own (trap 3). Rows
    that a model has to spare are used, never cut off.

    Args:
        special_tokens_dict: such as {"sep_token": "<sep>"}; left out of decoded text.
        other_tokens: texts, such as a line break; kept in decoded text.
    """
    old = len(tokenizer)
    tokenizer.add_special_tokens(special_tokens_dict)
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in other_tokens])
    size = len(tokenizer)
    if size == old:
        return
    add_rows(model, list(range(old, size)), like)


def add_rows(model: nn.Module, rows: list[int], like: list[int] | None = None) -> None:
    """The rows of tokens that are new, in the input and in the output; with LoRA, they are learned, too."""
    untie(model)
    model.new_rows = rows
    if rows[-1] >= model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(rows[-1] + 1, mean_resizing=False)
    with torch.no_grad():
        for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
            if layer is not None:
                layer.weight[rows] = layer.weight[like or slice(rows[0])].mean(0)
