# SPDX-License-Identifier: Apache-2.0
"""Flags, YAML files and defaults: from what a person typed to two checked objects.

Every flag is either the library's own (Seq2SeqTrainingArguments) or one of RecipeSettings, under the names that the
Hugging Face example scripts made known. Flags win over the YAML file, the file wins over the recipe's defaults.
"""

import dataclasses
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import Seq2SeqTrainingArguments
from transformers.hf_argparser import HfArg
from transformers.utils import is_torch_tf32_available

from recipes.common import UserError, did_you_mean
from recipes.common.learning.batches import PAD_TO
from recipes.common.tasks import Task
from recipes.common.upstream import devices
from recipes.metrics.scores import METRICS as GREATER_IS_BETTER
from recipes.typed import engines, limits, meant, trial
from recipes.typed.flags import Parser
from recipes.typed.generation import chosen_settings

# The Trainer sets the libraries' verbosity anew: without this, warnings that mean nothing come back with it. And one
# process of a machine tokenizes, or hashes a large model, while all others wait: not only for half an hour.
DEFAULTS = {"log_level": "error", "log_level_replica": "error", "ddp_timeout": 6 * 3600}


def _field(name: str, kind: str, default: Any, said: str) -> tuple[str, Any, Any]:
    """A field of the settings from its line in flags.yaml."""
    values: Any = {"int": int, "float": float, "bool": bool, "str": str}.get(kind) or Literal[tuple(kind.split("|"))]
    return name, values | None if default is None else values, HfArg(default=default, help=said)


Fields: Any = dataclasses.make_dataclass(
    "Fields", [_field(name, *line) for name, line in limits.TABLES["settings"].items()]
)


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
    notes += meant.complete(values, given)
    if values["tf32"] and not is_torch_tf32_available():
        values["tf32"] = None
        notes.append("--tf32 needs an Ampere GPU or a later one; it is left out")
    settings = task.settings(**{name: values[name] for name in parser.own})
    settings.given, settings.notes, settings.trains = frozenset(given), notes, values["do_train"]
    problems = [*limits.faults(values, given), *meant.contradictions(values, given, padding=2 * PAD_TO)]
    problems += [f"--{name}: not used by this recipe; leave it out" for name in given if name in settings.unused]
    problems += settings.problems()
    if problems:
        raise UserError(*problems)
    values["greater_is_better"] = meant.direction(values, task.metrics, GREATER_IS_BETTER)
    chosen_settings(settings)
    fields = [one.name for one in dataclasses.fields(Seq2SeqTrainingArguments) if one.init]
    return settings, _training_arguments({name: values[name] for name in fields}, given)


def _training_arguments(values: dict[str, Any], given: dict[str, Any]) -> Seq2SeqTrainingArguments:
    """The training arguments, with what the machine decides filled in: device, precision, stages."""
    values |= {name: value for name, (value, _) in limits.FIXED.items()}
    if not torch.accelerator.is_available():
        # Without it the Trainer sets up no process group on a CPU: N processes would train N models (trap 41).
        values["use_cpu"] = True
    if not {"bf16", "fp16"} & given.keys() and not values["bf16"] and not values["fp16"]:
        values["bf16"] = devices.has_bf16(values["use_cpu"])
    rank = os.environ.get("LOCAL_RANK", "-1")
    if rank != "-1" and "WORLD_SIZE" not in os.environ:
        raise UserError(f"LOCAL_RANK={rank} is set, but no launcher began this process: unset it, or use torchrun")
    values["logging_nan_inf_filter"] = False  # would print a NaN loss as the mean of the finite ones (trap 2)
    if values["ddp_find_unused_parameters"] is None:
        values["ddp_find_unused_parameters"] = False
    try:
        args = Seq2SeqTrainingArguments(**values | engines.arguments(values))
        args.bf16 = values["bf16"]  # which the engines are not told of
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
