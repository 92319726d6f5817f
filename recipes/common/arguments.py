# SPDX-License-Identifier: Apache-2.0
"""Flags, YAML files and defaults: from what a person typed to two checked objects.

Every flag is either the library's own (Seq2SeqTrainingArguments) or one of RecipeSettings, under the names that the
Hugging Face example scripts made known. Flags win over the YAML file, the file wins over the recipe's defaults.
"""

import dataclasses
import difflib
import json
import math
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from recipes.common import UserError
from recipes.metrics.scores import METRICS as GREATER_IS_BETTER

# What people type from older scripts and tutorials -> what to type instead. The first group left transformers with 5.0,
# the second belongs to the Hugging Face example scripts and has no counterpart here.
REMOVED = {
    "evaluation_strategy": "use --eval_strategy",
    "warmup_ratio": "use --warmup_steps with a share below 1, such as --warmup_steps 0.1",
    "overwrite_output_dir": "not needed: an old run is never overwritten; choose another --output_dir",
    "logging_dir": "set the environment variable TENSORBOARD_LOGGING_DIR",
    "group_by_length": "use --train_sampling_strategy group_by_length",
    "save_safetensors": "not needed: weights are always written as safetensors",
    "no_cuda": "use --use_cpu",
    "use_mps_device": "not needed: the accelerator is found by itself",
    "tokenizer": "use --tokenizer_name",
    "per_gpu_train_batch_size": "use --per_device_train_batch_size",
    "per_gpu_eval_batch_size": "use --per_device_eval_batch_size",
    "include_inputs_for_metrics": "use --include_for_metrics inputs",
    "fp16_opt_level": "apex is gone; use --bf16",
    "fp16_backend": "use --fp16 or --bf16",
    "half_precision_backend": "use --fp16 or --bf16",
    "adafactor": "use --optim adafactor",
    "sharded_ddp": "sharded weights are not supported; use torchrun",
    "fsdp_transformer_layer_cls_to_wrap": "sharded weights are not supported; use torchrun",
    "include_tokens_per_second": "use --include_num_input_tokens_seen",
    "fsdp_min_num_params": "sharded weights are not supported; use torchrun",
    "use_legacy_prediction_loop": "gone; there is one evaluation loop",
    "mp_parameters": "gone with SageMaker's model parallelism; use torchrun",
    "torchdynamo": "use --torch_compile_backend",
    "ray_scope": "gone; searches are not part of these recipes",
    "tpu_num_cores": "not supported: these recipes run on CPUs and GPUs",
    "tpu_metrics_debug": "not supported: these recipes run on CPUs and GPUs",
    "past_index": "not used by encoder-decoder models",
    "jit_mode_eval": "use --torch_compile",
    "push_to_hub_model_id": "use --hub_model_id",
    "push_to_hub_organization": "use --hub_model_id organization/name",
    "push_to_hub_token": "use --hub_token",
    "evaluate_during_training": "use --eval_strategy",
    "sortish_sampler": "does nothing in transformers 5; use --train_sampling_strategy group_by_length",
    "generation_max_length": "use --max_target_length",
    "generation_num_beams": "use --num_beams",
    "gradient_checkpointing": "use --activation_checkpointing",
    "gradient_checkpointing_kwargs": "use --activation_checkpointing_kwargs",
    "cache_dir": "set the environment variable HF_HOME",
    "config_name": "the configuration always comes with the model; use --model_name_or_path",
    "use_fast_tokenizer": "not needed: transformers 5 has fast tokenizers only",
    "use_auth_token": "log in with 'hf auth login'; no token is read from the command line",
    "token": "log in with 'hf auth login'; no token is read from the command line",
    "overwrite_cache": "not needed: prepared data are found by content",
    "pad_to_max_length": "not needed: batches are padded to their longest row",
    "ignore_pad_token_for_loss": "not needed: padding is never part of the loss",
    "val_max_target_length": "not needed: references are scored whole; use --max_target_length for the output's limit",
    "max_seq_length": "use --max_source_length",
    "max_answer_length": "use --max_target_length",
    "lang": "use --source_lang and --target_lang",
    "forced_bos_token": "not supported: these recipes name the language in the source text",
    "resize_position_embeddings": "not supported: choose a --max_source_length within the model's limit",
    "doc_stride": "not used by this recipe",
    "version_2_with_negative": "not needed: unanswerable questions are recognised by their empty answer",
    "n_best_size": "not used: answers are generated, not extracted",
    "null_score_diff_threshold": "not used: answers are generated, not extracted",
}

# Owned by the recipes' own trainer: another value would make it wrong without an error.
FIXED = {
    "remove_unused_columns": (False, "the collator picks the columns itself"),
    "average_tokens_across_devices": (True, "the loss is one mean over all tokens of a step"),
    "batch_eval_metrics": (False, "scores need all rows at once"),
    "eval_do_concat_batches": (True, "scores need all rows at once"),
    "predict_with_generate": (True, "scores are those of generated texts"),
    "prediction_loss_only": (False, "scores are those of generated texts"),
    "restore_callback_states_from_checkpoint": (True, "early stopping has to remember its patience"),
}


# Least and greatest value that can mean something; None: no greatest.
RANGES = {
    "max_source_length": (2, 10**6),
    "max_target_length": (2, 10**6),
    "num_beams": (1, 1000),
    "eval_sample_size": (1, None),
    "early_stopping_patience": (0, None),
    "doc_stride": (0, None),
    "max_train_samples": (1, None),
    "max_eval_samples": (1, None),
    "max_predict_samples": (1, None),
    "preprocessing_num_workers": (1, 1000),
    "dataloader_num_workers": (0, 1000),
    "per_device_train_batch_size": (1, 10**6),
    "per_device_eval_batch_size": (1, 10**6),
    "gradient_accumulation_steps": (1, 10**6),
    "learning_rate": (0, None),
    "weight_decay": (0, None),
    "label_smoothing_factor": (0, 1),
    "max_grad_norm": (0, None),
    "seed": (0, 2**32 - 1),
    "data_seed": (0, 2**32 - 1),
}


@dataclass
class RecipeSettings:
    """What a recipe adds to the library's training arguments. Lengths are in tokens."""

    model_name_or_path: str = field(default="", metadata={"help": "A Hub name or a local folder."})
    model_revision: str | None = field(default=None, metadata={"help": "Branch, tag or commit of the model."})
    tokenizer_name: str | None = field(default=None, metadata={"help": "If not the model's own."})
    trust_remote_code: bool = field(default=False, metadata={"help": "Run code that comes with the model."})
    dataset_name: str | None = field(default=None, metadata={"help": "A Hub name or a local data set folder."})
    dataset_config_name: str | None = field(default=None, metadata={"help": "The data set's configuration."})
    dataset_revision: str | None = field(default=None, metadata={"help": "Branch, tag or commit of the data set."})
    train_file: str | None = field(default=None, metadata={"help": "csv, tsv, json, jsonl, parquet, or text .gz"})
    validation_file: str | None = field(default=None, metadata={"help": "If none, 10 %% of training is cut off."})
    test_file: str | None = field(default=None, metadata={"help": "Scored once, at the end."})
    on_bad_row: str = field(
        default="error",
        metadata={"help": "error: stop and name them; skip: leave out and count.", "choices": ["error", "skip"]},
    )
    fill_missing: str | None = field(
        default=None, metadata={"help": "A text for fields that are missing, null or empty; else such a row is bad."}
    )
    max_source_length: int = field(default=512, metadata={"help": "Longer sources are cut, in tokens."})
    max_target_length: int = field(
        default=128, metadata={"help": "Longer targets are cut, in tokens; also the output's limit."}
    )
    max_train_samples: int | None = field(default=None, metadata={"help": "Use the first N training rows."})
    max_eval_samples: int | None = field(default=None, metadata={"help": "Use the first N validation rows."})
    max_predict_samples: int | None = field(default=None, metadata={"help": "Use the first N test rows."})
    source_prefix: str | None = field(
        default=None, metadata={"help": "Replaces the source's text before its first field."}
    )
    num_beams: int = field(default=1, metadata={"help": "Beams; 1 is greedy."})
    max_tokens_per_batch: int | None = field(
        default=None,
        metadata={"help": "Batches of this many tokens, padding and targets counted, instead of a number of rows."},
    )
    preprocessing_num_workers: int | None = field(default=None, metadata={"help": "Processes that tokenize."})
    eval_sample_size: int = field(
        default=200,
        metadata={
            "help": "Validation rows, drawn once with the seed, that are scored during training; the end scores all."
        },
    )
    early_stopping_patience: int = field(
        default=0, metadata={"help": "Stop after N evaluations without a better one; 0: never."}
    )
    force_fp16: bool = field(default=False, metadata={"help": "Allow --fp16 with a T5, where it tends to overflow."})
    config: str | None = field(default=None, metadata={"help": "A YAML file of flags; flags win over it."})
    dry_run: bool = field(default=False, metadata={"help": "Show settings, data and one example, then stop."})


def parse(settings_class, defaults, recipe, metrics, argv=None):
    """Turn a command line into the recipe's settings and the library's training arguments.

    Args:
        settings_class: a subclass of RecipeSettings, the recipe's own settings.
        defaults: the recipe's values for Seq2SeqTrainingArguments fields.
        recipe: the recipe's file name; its stem names the default output folder.
        metrics: names of the scores the recipe computes: what --metric_for_best_model may name, beside "loss".
        argv: the flags; sys.argv[1:] if None.
    Returns:
        (settings, args, given): `given` is the set of names that came from a flag or the YAML file.
    Raises:
        UserError: unknown or removed flags (all of them), or a value that is not accepted.
    """
    from transformers import Seq2SeqTrainingArguments

    from recipes.common.decoding import chosen_settings

    name = Path(recipe).stem
    parser = _Parser([settings_class, Seq2SeqTrainingArguments], prog=f"{name}.py", allow_abbrev=False)
    own = {f.name for f in dataclasses.fields(settings_class)}
    # The Trainer sets the libraries' verbosity anew: without this, warnings that mean nothing come back with it.
    quiet = {"log_level": "error", "log_level_replica": "error"}
    # One process of a machine tokenizes, or hashes a large model, while all others wait: not only for half an hour.
    patient = {"ddp_timeout": 6 * 3600}
    parser.set_defaults(**{"output_dir": str(Path("outputs") / name), **quiet, **patient, **defaults})
    typed = list(sys.argv[1:] if argv is None else argv)
    read = _yaml_flags(typed, parser)
    flags = read + typed
    namespace, unknown = parser.parse_known_args(flags)
    _refuse_unknown(unknown, parser)
    _refuse_conflicts(read, parser)
    _refuse_conflicts(typed, parser)
    given = _given(flags, parser)
    values = vars(namespace)
    settings = settings_class(**{key: values[key] for key in own})
    if settings.train_file and "dataset_name" not in given:
        settings.dataset_name = None
    if {"train_file", "dataset_name"} & given and "dataset_config_name" not in given:
        settings.dataset_config_name = None  # the default is that of the recipe's own data set
    _check_settings(settings, values, given)
    _choose_direction(values, metrics)
    chosen_settings(settings)
    training = {f.name: values[f.name] for f in dataclasses.fields(Seq2SeqTrainingArguments) if f.init}
    args = _training_arguments(Seq2SeqTrainingArguments, training, settings, given)
    return settings, args, given


def source_template(template, source_prefix):
    """`template` with the text before its first field replaced by `source_prefix` (None: unchanged)."""
    return template if source_prefix is None else source_prefix + template[template.index("{") :]


class _Parser:
    """HfArgumentParser whose errors are UserErrors; made lazily, since importing transformers takes seconds."""

    def __new__(cls, *args, **kwargs):
        from transformers import HfArgumentParser

        class Parser(HfArgumentParser):
            def error(self, message):
                raise UserError(message)

        return Parser(*args, **kwargs)


def _yaml_flags(flags, parser):
    """The entries of --config FILE as flags, so that argparse checks them like any other."""
    path = next((value for flag, value in zip(flags, flags[1:], strict=False) if flag == "--config"), None)
    path = path or next((flag.split("=", 1)[1] for flag in flags if flag.startswith("--config=")), None)
    if path is None:
        return []
    import yaml

    try:
        entries = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise UserError(f"--config {path}: {error.strerror}; name a YAML file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"--config {path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(entries, dict):
        raise UserError(f"--config {path}: expected lines of 'name: value', found {type(entries).__name__}")
    result = []
    for key, value in entries.items():
        if value is None:
            continue
        values = value if isinstance(value, list) else [json.dumps(value) if isinstance(value, dict) else value]
        result += [f"--{key}", *map(str, values)]
    return result


def _given(flags, parser):
    names = (flag.split("=", 1)[0] for flag in flags if flag.startswith("--"))
    actions = (parser._option_string_actions.get(name) for name in names)
    return {action.dest for action in actions if action is not None}


def _refuse_conflicts(flags, parser):
    """A setting with two names may be given by both only if they agree."""
    values = {}
    for flag, following in zip(flags, [*flags[1:], ""], strict=False):
        name, _, value = flag.partition("=") if "=" in flag else (flag, "", following)
        action = parser._option_string_actions.get(name)
        if action is not None:
            values.setdefault(action.dest, {})[name.replace("-", "_")] = (name, value)
    twice = [list(given.values()) for given in values.values() if len({value for _, value in given.values()}) > 1]
    problems = [" and ".join(f"{name} {value}" for name, value in pair) for pair in twice]
    if problems:
        raise UserError(*[f"{problem}: two names of one setting; give one of them" for problem in problems])


def _refuse_unknown(unknown, parser):
    known = sorted({action.dest for action in parser._actions})
    problems = []
    for flag in unknown:
        if not flag.startswith("-"):
            continue
        name = flag.split("=", 1)[0].lstrip("-").replace("-", "_")
        if name in REMOVED:
            problems.append(f"--{name}: {REMOVED[name]}")
        else:
            close = difflib.get_close_matches(name, known, n=1)
            problems.append(f"--{name}: unknown flag" + (f"; did you mean --{close[0]}?" if close else "; see --help"))
    problems = problems or [f"{value!r}: not a flag; flags start with --" for value in unknown]
    if problems:
        raise UserError(*problems, shown=100)


def _check_settings(settings, values, given):
    """Everything wrong with the settings, in one message."""
    problems = []
    for name, value in values.items():
        least, most = RANGES.get(name, (-math.inf, None))
        if isinstance(value, float) and not math.isfinite(value):
            problems.append(f"--{name} {value}: must be a finite number")
        elif isinstance(value, (int, float)) and value < least:
            problems.append(f"--{name} {value}: must be at least {least}")
        elif isinstance(value, (int, float)) and value > (most or 2**63):
            problems.append(f"--{name} {value}: must be at most {most or 2**63:,}")
    problems += [
        f"--{name} {values[name]}: {REMOVED[name]}"
        for name in (
            "generation_max_length",
            "generation_num_beams",
            "sortish_sampler",
            "gradient_checkpointing",
            "gradient_checkpointing_kwargs",
        )
        if name in given
    ]
    problems += [
        f"--{name} {values[name]}: must be {value} here; {reason}"
        for name, (value, reason) in FIXED.items()
        if name in given and values[name] != value
    ]
    problems += [
        f"--{name}: evaluation generates, which these recipes were never seen to do with sharded weights; use torchrun "
        "alone (DDP), and for a large model --activation_checkpointing, --max_tokens_per_batch or LoRA"
        for name in ("fsdp", "fsdp_config", "deepspeed")
        if name in given and values[name] not in (None, "", "False", False, [])
    ]
    if re.search(r"use_reentrant\W+true", str(values["activation_checkpointing_kwargs"]), re.I):
        problems.append("--activation_checkpointing_kwargs: use_reentrant must be false, or LoRA fails (trap 25)")
    if values["train_sampling_strategy"] == "batch_rebalance":
        problems.append("--train_sampling_strategy batch_rebalance: use group_by_length, random or sequential")
    if settings.max_tokens_per_batch is not None:
        problems += _problems_of_token_batches(settings, values)
    if settings.dataset_name and settings.train_file:
        problems.append("--dataset_name and --train_file: give one of them")
    if problems:
        raise UserError(*problems)


def _problems_of_token_batches(settings, values):
    from recipes.common.learning.batches import PAD_TO

    most, least = settings.max_tokens_per_batch, settings.max_source_length + settings.max_target_length + 2 * PAD_TO
    problems = []
    if most < least:
        problems.append(f"--max_tokens_per_batch {most}: must be at least {least}, room for one row of full length")
    if values["train_sampling_strategy"] != "group_by_length":
        problems.append("--max_tokens_per_batch needs --train_sampling_strategy group_by_length")
    return problems


def _choose_direction(values, metrics):
    """Say which way --metric_for_best_model is better; the library guesses "greater" for all but losses (trap 23)."""
    name = (values["metric_for_best_model"] or "loss").removeprefix("eval_")
    known = ["loss", *metrics]
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        raise UserError(
            f"--metric_for_best_model {name}: this recipe computes {', '.join(known)}"
            + (f"; did you mean {close[0]}?" if close else "")
        )
    if values["greater_is_better"] not in (None, GREATER_IS_BETTER[name]):
        raise UserError(f"--greater_is_better {values['greater_is_better']}: {name} is better the other way round")
    values["greater_is_better"] = GREATER_IS_BETTER[name]


def _training_arguments(arguments_class, training, settings, given):
    """Seq2SeqTrainingArguments with what the machine decides filled in: device, precision, stages."""
    import torch

    training.update({name: value for name, (value, _) in FIXED.items()})
    if not torch.accelerator.is_available():
        # Without it the Trainer sets up no process group on a CPU: N processes would train N models (trap 41).
        training["use_cpu"] = True
    if not {"bf16", "fp16"} & given and not training["bf16"] and not training["fp16"]:
        training["bf16"] = _has_bf16(training["use_cpu"])
    if not {"do_train", "do_eval", "do_predict"} & given:
        training.update(do_train=True, do_eval=True, do_predict=True)
    training["logging_nan_inf_filter"] = False  # would print a NaN loss as the mean of the finite ones (trap 2)
    if training["ddp_find_unused_parameters"] is None:
        training["ddp_find_unused_parameters"] = False
    try:
        args = arguments_class(**training)
    except (ValueError, ImportError, RuntimeError) as error:
        raise UserError(" ".join(str(error).split())) from None
    args.max_tokens_per_batch = settings.max_tokens_per_batch  # where the trainer finds it
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and args.world_size == 1:
        raise UserError(f"WORLD_SIZE={world}, but no process group was set up: every process would train its own model")
    if args.n_gpu > 1:
        # DataParallel is slower than one GPU and generates on the first alone (trap 34).
        args._n_gpu = 1
    return args


def _has_bf16(use_cpu):
    import torch

    if use_cpu:
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
