# SPDX-License-Identifier: Apache-2.0
"""Settings of generation, as GenerationConfig names them: which of them do something together."""

import dataclasses
from typing import Any

from transformers import GenerationConfig

from recipes.wording import UserError

# What does nothing, and could not be saved, without another setting.
NEEDS = dict.fromkeys(("top_k", "top_p", "temperature"), "--do_sample True")
NEEDS |= dict.fromkeys(("length_penalty", "early_stopping"), "--num_beams 2 or more")


def without_effect(chosen: dict[str, Any]) -> dict[str, str]:
    """{setting: what it needs} of those that do nothing beside the others."""
    there = {"--do_sample True": chosen.get("do_sample"), "--num_beams 2 or more": (chosen.get("num_beams") or 1) > 1}
    return {name: needed for name, needed in NEEDS.items() if name in chosen and not there[needed]}


def checked(chosen: dict[str, Any]) -> GenerationConfig:
    """The library's object; UserError where it would find out when it saves the model, or never."""
    try:
        config = GenerationConfig(**chosen)
        config.validate(strict=True)
    except (ValueError, TypeError) as error:
        raise UserError(" ".join(str(error).split())) from None
    return config


def chosen_settings(settings: Any) -> dict[str, Any]:
    """The generation settings among a recipe's settings; max_target_length becomes max_new_tokens.

    What only a recipe's defaults say about drawing or about beams is left out where there are none.

    Raises:
        UserError: they contradict each other.
    """
    known, most = GenerationConfig().to_dict(), settings.max_target_length
    values = {one.name: getattr(settings, one.name) for one in dataclasses.fields(settings) if one.name in known}
    chosen = {name: value for name, value in values.items() if value is not None and value is not False}
    beams, least, count = (chosen.get(name, 1) for name in ("num_beams", "min_new_tokens", "num_return_sequences"))
    problems = []
    for name, needed in without_effect(chosen).items():
        value = chosen.pop(name)
        if name in settings.given:
            problems.append(f"--{name} {value}: does nothing without {needed}")
    if count > beams and "do_sample" not in chosen:
        problems.append(f"--num_return_sequences {count}: without --do_sample True at most --num_beams {beams}")
    if least > most:
        problems.append(f"--min_new_tokens {least}: must be at most --max_target_length {most}")
    if problems:
        raise UserError(*problems)
    chosen["max_new_tokens"] = most
    checked(chosen)
    return chosen
