# SPDX-License-Identifier: Apache-2.0
"""Models: what can be told from their configuration before any weight is read, then loading them in fp32."""

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import AddedToken
from torch import nn
from transformers import PreTrainedConfig, PreTrainedTokenizerBase, TrainingArguments

from recipes.common import UserError, lora
from recipes.common.arguments import RecipeSettings
from recipes.common.reading.hub import hub_answers

# Pre-trained in bf16: activations of the feed-forward layer exceed fp16's 65504 (trap 2).
OVERFLOWS_IN_FP16 = {"t5", "mt5", "umt5", "longt5"}
DROPOUT = ("dropout_rate", "dropout", "hidden_dropout_prob")  # as the families call it


def load(settings: RecipeSettings, args: TrainingArguments) -> tuple[nn.Module, PreTrainedTokenizerBase]:
    """(model, tokenizer), checked before any weight is read; see load_model for the model's weights."""
    config = load_config(settings, args)
    tokenizer = load_tokenizer(settings)
    return load_model(settings, config, tokenizer), tokenizer


def load_config(settings: RecipeSettings, args: TrainingArguments) -> PreTrainedConfig:
    """The model's configuration, checked: an encoder-decoder, at a length and precision it can work with.

    Raises:
        UserError: no such model, no checkpoint folder, not an encoder-decoder, too long, fp16 with a T5.
    """
    name, problems = settings.model_name_or_path, []
    _check_folder(name)
    config = _from_hub(transformers.AutoConfig, settings)
    if type(config) not in transformers.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING and not settings.trust_remote_code:
        problems.append(
            f"--model_name_or_path {name}: a {config.model_type} model is not an encoder-decoder for text; "
            "choose one such as google-t5/t5-small, facebook/bart-base or google/mt5-small"
        )
    positions = getattr(config, "max_position_embeddings", None)
    for length in ("max_source_length", "max_target_length"):
        if positions and getattr(settings, length) > positions:
            problems.append(f"--{length} {getattr(settings, length)}: this model has {positions} positions")
    if args.fp16 and config.model_type in OVERFLOWS_IN_FP16 and not settings.force_fp16:
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
    return config


def load_tokenizer(settings: RecipeSettings) -> PreTrainedTokenizerBase:
    """The tokenizer of the checkpoint (or of --tokenizer_name)."""
    name = settings.tokenizer_name or settings.model_name_or_path
    flag = "--tokenizer_name" if settings.tokenizer_name else "--model_name_or_path"
    vocabularies = ("tokenizer*", "vocab*", "*.model", "*.spm")
    if Path(name).is_dir() and not any(next(Path(name).glob(pattern), None) for pattern in vocabularies):
        # transformers 5 would make an empty one, to which every letter is unknown.
        raise UserError(f"{flag} {name}: the folder has no tokenizer; add its files, or name one with --tokenizer_name")
    tokenizer = _from_hub(transformers.AutoTokenizer, settings, flag)
    if tokenizer.pad_token_id is None:
        raise UserError(f"{flag} {name}: its tokenizer has no padding token")
    tokenizer.padding_side = "right"  # decoder inputs are made of labels that begin at the left
    return tokenizer


def load_model(settings: RecipeSettings, config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase) -> nn.Module:
    """The model with fp32 weights, whatever they are stored in (trap 21), and its head tied only where it is tied.

    With --dry_run no weight is read: the model has shapes but no values.

    Raises:
        UserError: weights are missing or unreadable, or the tokenizer has ids the model has no row for.
    """
    if settings.dry_run:
        with torch.device("meta"):
            model = transformers.AutoModelForSeq2SeqLM.from_config(config, trust_remote_code=settings.trust_remote_code)
    else:
        options = {"config": config, "dtype": torch.float32, "output_loading_info": True}
        model, loading = _from_hub(transformers.AutoModelForSeq2SeqLM, settings, **options)
        # Sines and cosines of positions, as PEGASUS and FSMT have them, are computed by the library, and in no file.
        tables = {f"{name}.weight" for name, one in model.named_modules() if "Sinusoidal" in type(one).__name__}
        missing = sorted(set(loading["missing_keys"]) - tables)
        if missing:
            lacks = f"the checkpoint lacks {len(missing)} weights, such as {missing[0]}"
            raise UserError(f"--model_name_or_path {settings.model_name_or_path}: {lacks}")
    untie(model)
    find_start_token(model, tokenizer)
    lora.frozen(model, settings.freeze)  # here, and again by lora.wrap: what is wrong with them, --dry_run finds, too
    lora.target_modules(model, settings.lora_targets if settings.lora_r else "all-linear")
    rows = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > rows:
        too_many = f"the tokenizer has {len(tokenizer)} ids, but the model has rows for {rows}"
        raise UserError(f"{too_many}: they do not belong together")
    return model


def find_start_token(model: nn.Module, tokenizer: PreTrainedTokenizerBase) -> None:
    """Set the token that the decoder begins with where the configuration lacks it, as self-made folders do.

    Raises:
        UserError: neither the generation settings nor the tokenizer knows one.
    """
    if model.config.is_encoder_decoder and getattr(model.config, "decoder_start_token_id", None) is None:
        language = getattr(tokenizer, "tgt_lang", None) or getattr(tokenizer, "src_lang", None)  # mBART's first token
        padding = tokenizer.pad_token_id if model.config.model_type in OVERFLOWS_IN_FP16 else None  # T5's
        known = [model.generation_config.decoder_start_token_id, tokenizer.bos_token_id, padding]
        if language:
            known.insert(1, tokenizer.convert_tokens_to_ids(language))
        start = next((one for one in known if one is not None), None)
        if start is None:
            raise UserError(
                f"--model_name_or_path {model.name_or_path}: its config.json has no decoder_start_token_id, and "
                "neither generation_config.json nor the tokenizer says what the decoder begins with; add it there"
            )
        model.config.decoder_start_token_id = start


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
    special_tokens_dict: dict[str, str], other_tokens: list[str], tokenizer: PreTrainedTokenizerBase, model: nn.Module
) -> None:
    """Add tokens to both; their rows are the exact mean of those before them, in the input and in the output.

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
    add_rows(model, list(range(old, size)))


def add_rows(model: nn.Module, rows: list[int]) -> None:
    """The rows of tokens that are new, in the input and in the output; with LoRA, they are learned, too."""
    untie(model)
    model.new_rows = rows
    if rows[-1] >= model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(rows[-1] + 1, mean_resizing=False)
    with torch.no_grad():
        for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
            if layer is not None:
                layer.weight[rows] = layer.weight[: rows[0]].mean(0)


def _check_folder(name: str) -> None:
    path = Path(name)
    if not name:
        raise UserError("--model_name_or_path: name a Hub model or a local folder")
    looks_local = path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1
    if path.is_dir() and not (path / "config.json").is_file():
        raise UserError(f"--model_name_or_path {name}: the folder has no config.json, so it is no checkpoint")
    if (path / "adapter_config.json").is_file():
        raise UserError(
            f"--model_name_or_path {name}: the folder holds an adapter, too: the library would load it, and freeze the "
            "model; move adapter_config.json away, or merge it first"
        )
    if path.is_file() or (looks_local and not path.exists()):
        raise UserError(f"--model_name_or_path {name}: no such folder; name a checkpoint folder or a Hub model")


def _from_hub(auto_class: Any, settings: RecipeSettings, flag: str = "--model_name_or_path", **options: Any) -> Any:
    """`auto_class.from_pretrained` of what `flag` names, with the library's errors turned into one helpful sentence."""
    name = getattr(settings, flag.removeprefix("--"))
    options["revision"] = settings.model_revision if flag == "--model_name_or_path" else None
    options["trust_remote_code"] = settings.trust_remote_code
    # Without this the library asks an unreachable Hub six times, for 23 seconds, before it looks into its cache.
    options["local_files_only"] = not Path(name).is_dir() and not hub_answers()
    try:
        return auto_class.from_pretrained(name, **options)
    except Exception as error:  # what a damaged file can lead to has no common type
        reason = " ".join(str(error).split())
        if not isinstance(error, (OSError, ValueError, ImportError, RuntimeError)):
            reason = f"its files cannot be read: {type(error).__name__}: {reason}"
        if options["local_files_only"]:
            reason = (
                "the Hugging Face Hub is out of reach and the model is not in the local cache. "
                "Offline, name a checkpoint folder, or give neither MODEL nor DATASET to use the bundled model and data"
            )
        raise UserError(f"{flag} {name}: {reason[:400]}") from error
