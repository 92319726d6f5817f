# SPDX-License-Identifier: Apache-2.0
"""Flags, YAML files and defaults: from what a person typed to two checked objects.

Every flag is either the library's own (Seq2SeqTrainingArguments) or one of RecipeSettings, under the names that the
Hugging Face example scripts made known. Flags win over the YAML file, the file wins over the recipe's defaults.
"""

import dataclasses
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import yaml
from transformers import Seq2SeqTrainingArguments
from transformers.hf_argparser import HfArg
from transformers.utils import is_torch_tf32_available

from recipes.common import UserError, did_you_mean
from recipes.common.decoding import chosen_settings
from recipes.common.learning.batches import PAD_TO
from recipes.common.tasks import Task
from recipes.common.upstream import devices
from recipes.machines import sharding
from recipes.metrics.scores import METRICS as GREATER_IS_BETTER
from recipes.typed import limits, trial
from recipes.typed.flags import Parser

FLAGS = yaml.safe_load(Path(__file__).with_name("flags.yaml").read_text(encoding="utf-8"))
FIXED, INDIFFERENT = FLAGS["fixed"], FLAGS["indifferent"]
SPLITS = ("train", "validation", "test", "second_test")
FILES, STAGES = [f"{name}_file" for name in SPLITS], ("do_train", "do_eval", "do_predict")
# The Trainer sets the libraries' verbosity anew: without this, warnings that mean nothing come back with it. And one
# process of a machine tokenizes, or hashes a large model, while all others wait: not only for half an hour.
DEFAULTS = {"log_level": "error", "log_level_replica": "error", "ddp_timeout": 6 * 3600}


def _field(name: str, kind: str, default: Any, said: str) -> tuple[str, Any, Any]:
    """A field of the settings from its line in flags.yaml."""
    values: Any = {"int": int, "float": float, "bool": bool, "str": str}.get(kind) or Literal[tuple(kind.split("|"))]
    return name, values | None if default is None else values, HfArg(default=default, help=said)


Fields: Any = dataclasses.make_dataclass("Fields", [_field(name, *line) for name, line in FLAGS["settings"].items()])


@dataclass
class RecipeSettings(Fields):
    """What a recipe adds to the library's training arguments; its fields are those of flags.yaml, "settings"."""

    # Names that a flag or the YAML file gave; notes on how they were taken; whether a model is trained; flags that the
    # recipe has no use for. Without a type they are no fields: no flags, in no record and no comparison.
    given, notes, trains, unused = frozenset(), (), True, ()

    def problems(self) -> list[str]:
        """What a recipe itself finds wrong with its settings, a sentence each; said together with everything else."""
        return []


def parse(task: Task, argv: list[str] | None = None) -> tuple[RecipeSettings, Seq2SeqTrainingArguments]:
    """Turn a command line into the recipe's settings and the library's training arguments.

    Args:
        task: its `settings` class, its `defaults` for fields of either object, its `metrics`, which are what
            --metric_for_best_model may name beside "loss", and its file, whose stem names the default output folder.
        argv: the flags; sys.argv[1:] if None.
    Returns:
        (settings, args): `settings.given` is the set of names that came from a flag or the YAML file.
    Raises:
        UserError: flags that are unknown or mean something else (all of them), or values that are not accepted.
    """
    parser = Parser(task.settings, Seq2SeqTrainingArguments, prog=task.recipe.name)
    unknown = [name for name in task.defaults if name not in parser.names]
    if unknown:
        said = f"{task.recipe.name}: DEFAULTS has {{!r}}, which is no setting{{}}"
        raise UserError(*[said.format(name, did_you_mean([name], parser.names)) for name in unknown])
    parser.set_defaults(**{"output_dir": str(Path("outputs") / task.recipe.stem), **DEFAULTS, **task.defaults})
    words = list(sys.argv[1:] if argv is None else argv)
    if {"-h", "--help"} & set(words):
        shared = {one.name for one in dataclasses.fields(RecipeSettings)}
        own = {one.name: one.metadata["help"] for one in dataclasses.fields(task.settings) if one.name not in shared}
        print(parser.format_help() if "all" in words else parser.page(own))
        raise SystemExit(0)
    given, notes, problems = parser.read(words)
    if problems:
        raise UserError(*problems, shown=100)
    values = vars(parser.parse_args([])) | given
    settings = task.settings(**{name: values[name] for name in parser.own})
    settings.given, settings.notes = frozenset(given), notes
    files = [name for name in FILES if getattr(settings, name)]
    if files and "dataset_name" not in given:
        settings.dataset_name = None
    if (files or "dataset_name" in given) and "dataset_config_name" not in given:
        settings.dataset_config_name = None  # the default is that of the recipe's own data set
    if not any(values[stage] for stage in STAGES):  # all, but for those that were switched off
        values |= {stage: stage not in given for stage in STAGES}
    settings.trains = values["do_train"]
    if not {"train_file", "validation_file"} & {*files} and not settings.dataset_name and "do_eval" not in given:
        values["do_eval"] = False  # on nothing
    if settings.trains:
        _schedule(values, settings, notes)
    else:  # the library would evaluate, as it would during training
        values |= {"eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False}
    if values["tf32"] and not is_torch_tf32_available():
        values["tf32"] = None
        notes.append("--tf32 needs an Ampere GPU or a later one; it is left out")
    problems = [*_problems(settings, values), *settings.problems()]
    if problems:
        raise UserError(*problems)
    values["greater_is_better"] = _direction(values, task.metrics)
    chosen_settings(settings)
    fields = [one.name for one in dataclasses.fields(Seq2SeqTrainingArguments) if one.init]
    return settings, _training_arguments({name: values[name] for name in fields}, given)


def _schedule(values: dict[str, Any], settings: RecipeSettings, notes: list[str]) -> None:
    """Let saves follow evaluations, and the reverse, where one of them was chosen: the best model has to be saved.

    Where both were, and do not coincide, the last model is kept, unless --load_best_model_at_end was asked for.
    """
    given, other = settings.given, {"eval": "save", "save": "eval"}
    for stage in other:
        if f"{stage}_steps" in given and f"{stage}_strategy" not in given:
            values[f"{stage}_strategy"] = "steps"
        elif f"{stage}_steps" in given and values[f"{stage}_strategy"] != "steps":
            notes.append(f"--{stage}_steps does nothing with --{stage}_strategy {values[f'{stage}_strategy']}")
    chosen = [stage for stage in other if {f"{stage}_strategy", f"{stage}_steps"} & given]
    if values["eval_strategy"] == "steps" and not values["eval_steps"]:
        as_often = "save_steps" if "eval" in chosen and "logging_steps" not in given else "logging_steps"
        values["eval_steps"] = values[as_often]
    if len(chosen) == 1 and values["load_best_model_at_end"] and values[f"{chosen[0]}_strategy"] in ("steps", "epoch"):
        for what in ("strategy", "steps"):
            values[f"{other[chosen[0]]}_{what}"] = values[f"{chosen[0]}_{what}"]
    evaluated, saved = ([values[f"{stage}_strategy"], values[f"{stage}_steps"]] for stage in other)
    apart = evaluated[0] != saved[0] or evaluated[0] == "steps" and evaluated != saved
    if apart and saved[0] != "best" and values["load_best_model_at_end"] and "load_best_model_at_end" not in given:
        values["load_best_model_at_end"] = False
        if "early_stopping_patience" not in given:
            settings.early_stopping_patience = 0
        said = " and ".join(f"--{stage}_strategy {values[f'{stage}_strategy']}" for stage in other)
        notes.append(f"the last model is kept, not the best: {said} do not meet")


def _problems(settings: RecipeSettings, values: dict[str, Any]) -> Iterator[str]:
    """Everything wrong with the values of all settings, a sentence each."""
    given = settings.given
    yield from limits.faults(FLAGS, values, given)
    for name in given.intersection(settings.unused):
        yield f"--{name}: not used by this recipe; leave it out"
    if re.search(r"use_reentrant\W+true", str(values["activation_checkpointing_kwargs"]), re.I):
        yield "--activation_checkpointing_kwargs: use_reentrant must be false, or LoRA fails (trap 25)"
    if values["train_sampling_strategy"] == "batch_rebalance":
        yield "--train_sampling_strategy batch_rebalance: use group_by_length, random or sequential"
    most, least = settings.max_tokens_per_batch, settings.max_source_length + settings.max_target_length + 2 * PAD_TO
    if most is not None and most < least:
        yield f"--max_tokens_per_batch {most}: must be at least {least}, room for one row of full length"
    if most is not None and values["train_sampling_strategy"] != "group_by_length":
        yield "--max_tokens_per_batch needs --train_sampling_strategy group_by_length"
    if settings.freeze and settings.lora_r:
        yield f"--freeze {settings.freeze}: with LoRA all weights are frozen; leave it out, or give --lora_r 0"
    if values["fsdp"] and not settings.dry_run and os.environ.get("WORLD_SIZE", "1") == "1":
        yield f"--fsdp {values['fsdp']}: needs several processes; start them with make NPROC=N, or torchrun"
    files = [f"--{name}" for name in FILES if getattr(settings, name)]
    if settings.dataset_name and files:
        yield f"--dataset_name and {', '.join(files)}: give a data set or files"
    if "early_stopping_patience" in given and settings.early_stopping_patience and values["eval_strategy"] == "no":
        yield "--early_stopping_patience needs evaluations, and --eval_strategy no makes none"
    evaluated, saved = values["eval_steps"], values["save_steps"]
    by_steps = values["eval_strategy"] == values["save_strategy"] == "steps"
    if values["load_best_model_at_end"] and by_steps and evaluated != saved:
        yield f"--eval_steps {evaluated:g} and --save_steps {saved:g}: make them equal, or the best model is not kept"


def fault_of_number(name: str, value: float) -> str | None:
    """Why a setting cannot have this value."""
    return limits.fault_of_number(value, FLAGS["ranges"].get(name, {}))


def _direction(values: dict[str, Any], metrics: tuple[str, ...]) -> bool:
    """Whether --metric_for_best_model is better when greater; the library guesses that of all but losses (trap 23)."""
    name = (values["metric_for_best_model"] or "loss").removeprefix("eval_")
    known = ["loss", *metrics]
    if name not in known:
        guess = did_you_mean([name], known, "; did you mean {}?")
        raise UserError(f"--metric_for_best_model {name}: this recipe computes {', '.join(known)}{guess}")
    if values["greater_is_better"] not in (None, GREATER_IS_BETTER[name]):
        raise UserError(f"--greater_is_better {values['greater_is_better']}: {name} is better the other way round")
    return GREATER_IS_BETTER[name]


def _training_arguments(values: dict[str, Any], given: dict[str, Any]) -> Seq2SeqTrainingArguments:
    """The training arguments, with what the machine decides filled in: device, precision, stages."""
    values |= {name: value for name, (value, _) in FIXED.items()}
    if not torch.accelerator.is_available():
        # Without it the Trainer sets up no process group on a CPU: N processes would train N models (trap 41).
        values["use_cpu"] = True
    if values["fsdp"]:
        values |= sharding.arguments(values["fsdp"], values["fsdp_config"])
    if not {"bf16", "fp16"} & given.keys() and not values["bf16"] and not values["fp16"]:
        values["bf16"] = devices.has_bf16(values["use_cpu"])
    rank = os.environ.get("LOCAL_RANK", "-1")
    if rank != "-1" and "WORLD_SIZE" not in os.environ:
        raise UserError(f"LOCAL_RANK={rank} is set, but no launcher began this process: unset it, or use torchrun")
    values["logging_nan_inf_filter"] = False  # would print a NaN loss as the mean of the finite ones (trap 2)
    if values["ddp_find_unused_parameters"] is None:
        values["ddp_find_unused_parameters"] = False
    try:
        args = Seq2SeqTrainingArguments(**values)
    except trial.FAULTS as error:
        raise UserError(" ".join(str(error).split())) from None
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and args.world_size == 1:
        raise UserError(f"WORLD_SIZE={world}, but no process group was set up: every process would train its own model")
    devices.use_one_gpu(args)
    problems = list(trial.problems(args))
    if problems:
        raise UserError(*problems)
    return args
