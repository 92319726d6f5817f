# SPDX-License-Identifier: Apache-2.0
"""What is seen of a run while it works: how far it is, when it will be done, and the scores of each evaluation."""

import math
import shutil
import sys
import time
from collections.abc import Callable

import transformers
from transformers import TrainerState, TrainingArguments

from recipes import pace, planning
from recipes.common import lora
from recipes.common.console import say
from recipes.common.running import Run


class Progress(transformers.TrainerCallback):
    """One bar, or a line now and then where there is no terminal; and a line for each evaluation's scores."""

    def __init__(self, run: Run, clock: Callable[[], float] = time.monotonic):
        self.run, self.metrics, self.clock = run, run.task.metrics, clock
        self.training: pace.Meter | None = None
        self.scoring: pace.Rows | None = None
        self.untuned, self.loss = True, {}

    def on_init_end(self, args, state, control, model=None, **kwargs):
        lengths = self.run.record.get("lengths")
        if args.do_train and lengths and args.process_index == 0:
            say(args, *planning.told(model, args, self.run.settings, lengths))

    def on_train_begin(self, args, state, control, model=None, **kwargs):
        if not all(weight.requires_grad for weight in model.parameters()):
            say(args, lora.describe(model))
        self._close()
        self.untuned = False
        self.training = pace.Meter("train", state.max_steps, "steps", *_shown(args), clock=self.clock)
        self.schedule = Schedule(args, state, self.clock)

    def on_step_end(self, args, state, control, train_dataloader=None, **kwargs):
        self.schedule.step()
        rows = len(train_dataloader.dataset) - 1  # the last one is blank, see learning.Trainer
        self.training.update(state.global_step, lambda: self._facts(args, state, rows))

    def _facts(self, args: TrainingArguments, state: TrainerState, rows: int) -> list[str]:
        """Time left, best score, rows a second, memory, loss and learning rate, as far as they are known."""
        facts = []
        if self.schedule.steps:
            facts.append(f"{pace.spoken(self.schedule.seconds_left(state))} left")
        if state.best_metric is not None:
            facts.append("best " + _score(args.metric_for_best_model, state.best_metric))
        if self.schedule.steps and state.epoch:
            per_step = rows * state.epoch / state.global_step
            facts.append(pace.rate(per_step * self.schedule.steps / self.schedule.seconds))
        facts += pace.memory()
        return facts + [f"loss {self.loss['loss']:.3f}", f"lr {self.loss['learning_rate']:.1e}"] if self.loss else facts

    def on_prediction_step(self, args, state, control, eval_dataloader=None, **kwargs):
        total, batch = len(eval_dataloader.dataset), args.per_device_eval_batch_size * args.world_size
        if self.scoring is None:
            shown = _shown(args) if self.training is None else (False,)
            name = "untuned" if self.untuned and args.do_train else "score"
            self.scoring = pace.Rows(name, total, "rows", *shown, clock=self.clock)
        self.scoring.add(min(batch, total - self.scoring.done))
        if self.training is not None:
            self.training.update(state.global_step, lambda: [f"scoring {self.scoring.done:,.0f} of {total:,} rows"])

    def on_evaluate(self, args, state, control, metrics=None, **kwargs):
        self.scoring = self._close_scoring()
        if self.training is None:
            return
        self.schedule.pause(evaluated=True)
        chosen = (args.metric_for_best_model or "loss").removeprefix("eval_")
        names = sorted(["loss", *self.metrics], key=lambda name: name != chosen)
        facts = [_score(name, metrics[f"eval_{name}"]) for name in names]
        if _is_best(args, state, metrics[f"eval_{chosen}"]):
            facts.insert(1, "the best so far")
        if state.is_world_process_zero:
            columns = shutil.get_terminal_size().columns - 11 if sys.stdout.isatty() else 1000
            pace.above(f"epoch {state.epoch:<4.2f} {pace.fitting(facts, columns)}")

    def on_predict(self, args, state, control, metrics, **kwargs):
        self.scoring = self._close_scoring()

    def on_save(self, args, state, control, **kwargs):
        self.schedule.pause()

    def on_log(self, args, state, control, logs=None, **kwargs):
        if logs and "loss" in logs:
            self.loss = logs

    def on_train_end(self, args, state, control, **kwargs):
        self.training = self._close()

    def _close(self) -> None:
        if self.training is not None:
            self.training.close()

    def _close_scoring(self) -> None:
        if self.scoring is not None:
            self.scoring.close()


class Schedule:
    """How long training will take, from its steps and evaluations so far; those of an earlier start tell nothing."""

    def __init__(self, args: TrainingArguments, state: TrainerState, clock: Callable[[], float]):
        self.args, self.clock = args, clock
        self.mark: float | None = None
        self.steps = self.evaluations = 0
        self.seconds = self.paused = 0.0

    def step(self) -> None:
        """A step ended. The first one of a start tells nothing: it has to warm up."""
        now = self.clock()
        if self.mark is not None:
            self.steps, self.seconds = self.steps + 1, self.seconds + now - self.mark
        self.mark = now

    def pause(self, evaluated: bool = False) -> None:
        """An evaluation or a save ended, after a step."""
        now = self.clock()
        self.paused += now - (self.mark or now)
        self.evaluations, self.mark = self.evaluations + evaluated, now

    def seconds_left(self, state: TrainerState) -> float:
        """Of training with its evaluations and saves; without those as long as none was made."""
        left = (state.max_steps - state.global_step) * self.seconds / self.steps
        return left + self._evaluations_left(state) * self.paused / max(self.evaluations, 1)

    def _evaluations_left(self, state: TrainerState) -> int:
        if self.args.eval_strategy == "epoch":
            return state.num_train_epochs - math.ceil(state.epoch) + 1
        if self.args.eval_strategy == "steps":
            return state.max_steps // state.eval_steps - (state.global_step - 1) // state.eval_steps
        return 0


def _shown(args: TrainingArguments) -> tuple[bool, bool]:
    """Whether a meter is shown, and whether it may be a bar."""
    return args.process_index == 0, not args.disable_tqdm


def _score(name: str, value: float) -> str:
    name = name.removeprefix("eval_")
    return f"{name} {value:.3f}" if name == "loss" else f"{name} {value:.2f}"


def _is_best(args: TrainingArguments, state: TrainerState, value: float) -> bool:
    """Whether an evaluation is better than those before, which the library finds out after its callbacks."""
    if not args.metric_for_best_model:
        return False
    if state.best_metric is None:
        return True
    return value > state.best_metric if args.greater_is_better else value < state.best_metric
