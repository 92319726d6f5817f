# SPDX-License-Identifier: Apache-2.0
"""What a person sees while a recipe runs: one line per fact, a bar while it works."""

import logging
import sys
import warnings
from collections.abc import Sequence

import datasets
import transformers
from tqdm.auto import tqdm
from transformers import TrainingArguments

from recipes.common import lora


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
    if args.process_index == 0 and lines:
        print(*lines, sep="\n", flush=True)


def begin(settings, args: TrainingArguments) -> None:
    """Silence the libraries and say, first of all, which model meets which data."""
    quiet(args.log_level)
    data = [settings.dataset_name, settings.train_file, settings.validation_file, settings.test_file]
    say(args, f"{settings.model_name_or_path} on {next(filter(None, data), 'no data')}")
    say(args, *(f"flags     {note}" for note in settings.notes))


class Progress(transformers.TrainerCallback):
    """One bar for training, one for evaluation, and a line for each evaluation's scores."""

    def __init__(self, metrics: Sequence[str]):
        self.metrics = metrics
        self.bars: dict[str, tqdm] = {}

    def on_train_begin(self, args, state, control, model=None, **kwargs):
        if not all(weight.requires_grad for weight in model.parameters()):
            say(args, lora.describe(model))
        self._bar("train", state.max_steps, args).update(state.global_step)

    def on_step_end(self, args, state, control, **kwargs):
        self.bars["train"].update(1)

    def on_prediction_step(self, args, state, control, eval_dataloader=None, **kwargs):
        self._bar("evaluate", len(eval_dataloader), args).update(1)

    def on_evaluate(self, args, state, control, metrics=None, **kwargs):
        self._close("evaluate")
        if "train" in self.bars and state.is_world_process_zero:
            scores = ", ".join(f"{name} {metrics[f'eval_{name}']:.2f}" for name in self.metrics)
            tqdm.write(f"epoch {state.epoch:<5.2f} loss {metrics['eval_loss']:.3f}, {scores}", file=sys.stdout)

    def on_predict(self, args, state, control, metrics, **kwargs):
        self._close("evaluate")

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "train" in self.bars and logs and "loss" in logs:
            self.bars["train"].set_postfix(loss=f"{logs['loss']:.3f}", lr=f"{logs['learning_rate']:.1e}")

    def on_train_end(self, args, state, control, **kwargs):
        self._close("train")

    def _bar(self, name, total, args):
        if name not in self.bars:
            # disable=None: no bar where the output is a file.
            disable = True if args.process_index or args.disable_tqdm else None
            options = {"desc": name, "leave": name == "train", "disable": disable, "dynamic_ncols": True}
            self.bars[name] = tqdm(total=total, **options)
        return self.bars[name]

    def _close(self, name):
        if name in self.bars:
            self.bars.pop(name).close()
