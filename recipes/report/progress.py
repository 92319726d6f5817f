# SPDX-License-Identifier: Apache-2.0
"""What is seen of a run while it works."""

import sys

import transformers
from tqdm.auto import tqdm

from recipes.common import lora, show
from recipes.common.console import say
from recipes.common.running import Run


class Progress(transformers.TrainerCallback):
    """One bar for training, one for evaluation, and a line for each evaluation's scores."""

    def __init__(self, run: Run):
        self.metrics = run.task.metrics
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
            with tqdm.external_write_mode(file=sys.stdout):
                show(f"epoch {state.epoch:<5.2f} loss {metrics['eval_loss']:.3f}, {scores}")

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
