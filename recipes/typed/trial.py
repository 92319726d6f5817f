# SPDX-License-Identifier: Apache-2.0
"""What the library would refuse after data and model were read, minutes later: built once, on a model of one weight."""

import copy
import inspect
import json
from collections.abc import Iterator

import torch
import transformers
from huggingface_hub import get_token, whoami
from torch.utils.checkpoint import checkpoint
from transformers import TrainingArguments
from transformers.integrations import TensorBoardCallback, get_reporting_integration_callbacks, is_tensorboard_available
from transformers.training_args import OptimizerNames

FAULTS = (ArithmeticError, AssertionError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError)


def problems(args: TrainingArguments) -> Iterator[str]:
    """A sentence for each part of the training that cannot be built as it is asked for."""
    schedule = f"--lr_scheduler_type {args.lr_scheduler_type.value}"
    if args.lr_scheduler_kwargs:
        schedule += f" --lr_scheduler_kwargs {json.dumps(args.lr_scheduler_kwargs)}"
    compiled = f"--torch_compile_backend {args.torch_compile_backend}"
    if args.torch_compile_mode:
        compiled += f" --torch_compile_mode {args.torch_compile_mode}"
    parts = {
        f"--optim {OptimizerNames(args.optim).value}": _optimizer,
        schedule: _schedule,
        compiled: _compiled,
        f"--activation_checkpointing_kwargs {args.activation_checkpointing_kwargs}": _checkpointing,
        f"--dataloader_num_workers {args.dataloader_num_workers}": _loader,
        f"--report_to {' '.join(args.report_to)}": _trackers,
        "--push_to_hub": _upload,
    }
    for flags, build in parts.items():
        try:
            build(args)
        except (
            Exception
        ) as error:  # what a library raises here, or the HTTP library below the Hub's, has no common type
            yield f"{flags}: {' '.join(str(error).split()) or type(error).__name__}"


def _weights() -> list[torch.nn.Parameter]:
    return list(torch.nn.Linear(1, 1).parameters())


def _optimizer(args: TrainingArguments) -> None:
    kind, options = transformers.Trainer.get_optimizer_cls_and_kwargs(args)
    if args.optim_args:
        plain = copy.copy(args)
        plain.optim_args = None
        if transformers.Trainer.get_optimizer_cls_and_kwargs(plain)[1] == options:
            raise ValueError(f"takes no --optim_args, such as {args.optim_args}")
    options.pop("optimizer_dict", None)
    kind(_weights(), **options)


def _schedule(args: TrainingArguments) -> None:
    optimizer = torch.optim.SGD(_weights(), args.learning_rate)
    schedule = transformers.get_scheduler(args.lr_scheduler_type, optimizer, 1, 10, args.lr_scheduler_kwargs)
    by_loss = [1.0] if "metrics" in inspect.signature(schedule.step).parameters else []
    for _ in range(3):
        optimizer.step()
        schedule.step(*by_loss)


def _compiled(args: TrainingArguments) -> None:
    if args.torch_compile:
        torch.compile(torch.nn.Linear(1, 1), backend=args.torch_compile_backend, mode=args.torch_compile_mode)


def _checkpointing(args: TrainingArguments) -> None:
    if args.activation_checkpointing_kwargs:
        options = {"use_reentrant": False, **args.activation_checkpointing_kwargs}
        checkpoint(torch.nn.Linear(1, 1), torch.zeros(1, 1), **options)


def _loader(args: TrainingArguments) -> None:
    names = ("num_workers", "persistent_workers", "prefetch_factor", "multiprocessing_context")
    torch.utils.data.DataLoader([0], **{name: getattr(args, f"dataloader_{name}") for name in names})


def _upload(args: TrainingArguments) -> None:
    if args.push_to_hub and get_token() is None:
        raise ValueError("nobody is logged in; run 'hf auth login' first")
    if args.push_to_hub:
        whoami()


def _trackers(args: TrainingArguments) -> None:
    """All that is missing at once; of TensorBoard the library would say that PyTorch has to be a newer one."""
    missing = []
    for tracker in get_reporting_integration_callbacks(args.report_to):
        try:
            if tracker is TensorBoardCallback and not is_tensorboard_available():
                raise RuntimeError("TensorBoardCallback requires tensorboard. Run `pip install tensorboard`.")
            tracker()
        except (ImportError, RuntimeError) as error:
            missing.append(str(error))
    if missing:
        raise RuntimeError(" ".join(missing))
