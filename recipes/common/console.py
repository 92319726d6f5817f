# SPDX-License-Identifier: Apache-2.0
"""What a person sees while a recipe runs: one line per fact, and nothing of the libraries' talk."""

import logging
import warnings

import datasets
import transformers
from transformers import TrainingArguments

from recipes.common import show


def quiet(log_level: str = "error") -> None:
    """Silence what means nothing to a user; `--log_level info` brings the libraries' messages back."""
    if log_level in ("error", "critical"):
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        datasets.utils.logging.set_verbosity_error()
        datasets.disable_progress_bars()
        logging.getLogger("accelerate").setLevel(logging.ERROR)
        logging.getLogger("torch.distributed").setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module=r"(torch|transformers|accelerate|datasets)\b")


def say(args: TrainingArguments, *lines: str) -> None:
    """Print on the first process only."""
    if args.process_index == 0:
        show(*lines)


def begin(settings, args: TrainingArguments) -> None:
    """Silence the libraries and say, first of all, which model meets which data."""
    quiet(args.log_level)
    data = [settings.dataset_name, settings.train_file, settings.validation_file, settings.test_file]
    say(args, f"{settings.model_name_or_path} on {next(filter(None, data), 'no data')}")
    say(args, *(f"flags     {note}" for note in settings.notes))
