# SPDX-License-Identifier: Apache-2.0
"""What a command means by what it leaves out, and which of its settings do not go together.

`values` are those of all settings, `given` the names of those that somebody typed.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from recipes.typed import engines
from recipes.wording import UserError, did_you_mean

SPLITS = ("train", "validation", "test", "second_test")
STAGES = ("do_train", "do_eval", "do_predict")
OTHER = {"eval": "save", "save": "eval"}


def complete(values: dict[str, Any], given: Collection[str]) -> list[str]:
    """Put what the typed settings mean for the others into `values`; returns a note for each that nobody expects."""
    files = _files(values)
    if files and "dataset_name" not in given:
        values["dataset_name"] = None
    if (files or "dataset_name" in given) and "dataset_config_name" not in given:
        values["dataset_config_name"] = None  # the default is that of the recipe's own data set
    if not any(values[stage] for stage in STAGES):  # all, but for those that were switched off
        values |= {stage: stage not in given for stage in STAGES}
    if not {"train_file", "validation_file"} & {*files} and not values["dataset_name"] and "do_eval" not in given:
        values["do_eval"] = False  # on nothing
    if values["do_train"]:
        return _schedule(values, given)
    # The library would evaluate, as it would during training.
    values |= {"eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False}
    return []


def _files(values: dict[str, Any]) -> list[str]:
    return [f"{split}_file" for split in SPLITS if values[f"{split}_file"]]


def _schedule(values: dict[str, Any], given: Collection[str]) -> list[str]:
    """Let saves follow evaluations, and the reverse, where one of them was chosen: the best model has to be saved.

    Where both were, and do not coincide, the last model is kept, unless --load_best_model_at_end was asked for.
    """
    notes = []
    for stage in OTHER:
        if f"{stage}_steps" in given and f"{stage}_strategy" not in given:
            values[f"{stage}_strategy"] = "steps"
        elif f"{stage}_steps" in given and values[f"{stage}_strategy"] != "steps":
            notes.append(f"--{stage}_steps does nothing with --{stage}_strategy {values[f'{stage}_strategy']}")
    chosen = [stage for stage in OTHER if {f"{stage}_strategy", f"{stage}_steps"} & {*given}]
    if values["eval_strategy"] == "steps" and not values["eval_steps"]:
        as_often = "save_steps" if "eval" in chosen and "logging_steps" not in given else "logging_steps"
        values["eval_steps"] = values[as_often]
    if len(chosen) == 1 and values["load_best_model_at_end"] and values[f"{chosen[0]}_strategy"] in ("steps", "epoch"):
        for what in ("strategy", "steps"):
            values[f"{OTHER[chosen[0]]}_{what}"] = values[f"{chosen[0]}_{what}"]
    evaluated, saved = ([values[f"{stage}_strategy"], values[f"{stage}_steps"]] for stage in OTHER)
    apart = evaluated[0] != saved[0] or evaluated[0] == "steps" and evaluated != saved
    if apart and saved[0] != "best" and values["load_best_model_at_end"] and "load_best_model_at_end" not in given:
        values["load_best_model_at_end"] = False
        if "early_stopping_patience" not in given:
            values["early_stopping_patience"] = 0
        said = " and ".join(f"--{stage}_strategy {values[f'{stage}_strategy']}" for stage in OTHER)
        notes.append(f"the last model is kept, not the best: {said} do not meet")
    return notes


def contradictions(values: dict[str, Any], given: Collection[str], padding: int) -> Iterator[str]:
    """A sentence for each setting that does not go with another one.

    Args:
        padding: tokens that a row may have beside those of its source and its target.
    """
    if re.search(r"use_reentrant\W+true", str(values["activation_checkpointing_kwargs"]), re.I):
        yield "--activation_checkpointing_kwargs: use_reentrant must be false, or LoRA fails (trap 25)"
    if values["train_sampling_strategy"] == "batch_rebalance":
        yield "--train_sampling_strategy batch_rebalance: use group_by_length, random or sequential"
    most, least = values["max_tokens_per_batch"], values["max_source_length"] + values["max_target_length"] + padding
    if most is not None and most < least:
        yield f"--max_tokens_per_batch {most}: must be at least {least}, room for one row of full length"
    if most is not None and values["train_sampling_strategy"] != "group_by_length":
        yield "--max_tokens_per_batch needs --train_sampling_strategy group_by_length"
    if values["freeze"] and values["lora_r"]:
        yield f"--freeze {values['freeze']}: with LoRA all weights are frozen; leave it out, or give --lora_r 0"
    yield from engines.faults(values)
    files = [f"--{name}" for name in _files(values)]
    if values["dataset_name"] and files:
        yield f"--dataset_name and {', '.join(files)}: give a data set or files"
    if "early_stopping_patience" in given and values["early_stopping_patience"] and values["eval_strategy"] == "no":
        yield "--early_stopping_patience needs evaluations, and --eval_strategy no makes none"
    evaluated, saved = values["eval_steps"], values["save_steps"]
    by_steps = values["eval_strategy"] == values["save_strategy"] == "steps"
    if values["load_best_model_at_end"] and by_steps and evaluated != saved:
        yield f"--eval_steps {evaluated:g} and --save_steps {saved:g}: make them equal, or the best model is not kept"


def direction(values: dict[str, Any], computed: Collection[str], greater_is_better: Mapping[str, bool]) -> bool:
    """Whether --metric_for_best_model is better when greater; the library guesses that of all but losses (trap 23)."""
    name = (values["metric_for_best_model"] or "loss").removeprefix("eval_")
    known = ["loss", *computed]
    if name not in known:
        guess = did_you_mean([name], known, "; did you mean {}?")
        raise UserError(f"--metric_for_best_model {name}: this recipe computes {', '.join(known)}{guess}")
    if values["greater_is_better"] not in (None, greater_is_better[name]):
        raise UserError(f"--greater_is_better {values['greater_is_better']}: {name} is better the other way round")
    return greater_is_better[name]
