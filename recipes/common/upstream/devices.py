# SPDX-License-Identifier: Apache-2.0
"""What a machine can do, and how many of its GPUs a process takes. Read in torch 2.13 and transformers 5.23."""

import torch
from transformers import TrainingArguments


def has_bf16(use_cpu: bool) -> bool:
    """Whether bf16 is computed by the machine itself rather than imitated; torch has no public question for CPUs."""
    if use_cpu:
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)


def use_one_gpu(args: TrainingArguments) -> None:
    """Keep the Trainer from DataParallel, which is slower than one GPU and generates on the first alone (trap 34).

    It wraps the model wherever `n_gpu` is above 1, and no argument says otherwise.
    """
    if args.n_gpu > 1:
        args._n_gpu = 1
