# SPDX-License-Identifier: Apache-2.0
"""Families of encoder-decoders, by the `model_type` of their configuration; families.yaml says what each needs."""

import functools
import re
from pathlib import Path
from typing import Any

import yaml
from transformers import PreTrainedConfig

from recipes.wording import UserError

# Ends of the names of numbers in a configuration, and what such a number may be.
NUMBERS = {
    r"layers$": (0, 1000),
    r"heads$": (1, 1000),
    r"^d_|_size$|_dim$": (1, 10_000_000),
    r"dropout$|dropout_rate$|layerdrop$": (0, 1),
}
FAMILIES = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


def of(config: PreTrainedConfig) -> dict[str, Any]:
    """What is known of a configuration's family; nothing of one that came with code of its own."""
    return FAMILIES.get(config.model_type, {})


def positions(config: PreTrainedConfig) -> list[int | None]:
    """How many tokens the encoder and the decoder have positions for; None where there is no table of them."""
    names = of(config).get("positions", ["max_position_embeddings"] * 2)
    return [functools.reduce(lambda part, key: getattr(part, key, None), name.split("."), config) for name in names]


def check_numbers(config: PreTrainedConfig) -> None:
    """Refuse sizes that no model has, before anything of them is built: a million layers would take an hour."""
    parts = [config, *(one for one in vars(config).values() if isinstance(one, PreTrainedConfig))]
    for name, value in (entry for part in parts for entry in vars(part).items()):
        for ending, (least, most) in NUMBERS.items():
            if isinstance(value, int | float) and re.search(ending, name) and not least <= value <= most:
                raise UserError(f"{name} is {value}; it has to be at least {least}, at most {most:,}")
