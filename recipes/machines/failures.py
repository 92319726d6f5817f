# SPDX-License-Identifier: Apache-2.0
"""How a run ends that a machine fails: its memory, its disk, another process."""

import errno
import re
import shutil
from pathlib import Path

import torch

from recipes import disk

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # the disk, a user's share of it, what one file may have


def known(error: Exception, folder: Path | None) -> str | None:
    """What to say of a failure that is no fault of the program's; `folder` is where it was writing."""
    if isinstance(error, FloatingPointError):
        return str(error)
    if isinstance(error, torch.OutOfMemoryError):
        return (
            "the GPU's memory is used up: halve --per_device_train_batch_size and double --gradient_accumulation_steps "
            "(the same training), or lower --max_source_length, --per_device_eval_batch_size or --num_beams"
        )
    # The libraries' writers say it in words of their own, or not at all.
    full = getattr(error, "errno", None) in FULL or re.search(r"os error (28|122|27)\b|no space left", str(error), re.I)
    folder = folder if folder and folder.is_dir() else None
    if full or folder and shutil.disk_usage(folder).free < 2**20:
        for half in folder.glob(f"checkpoint-*/{disk.UNFINISHED}") if folder else []:
            shutil.rmtree(half.parent)  # half a checkpoint is none; its room will hold run.json
        where = folder or getattr(error, "filename", None) or "the output"
        said = f" ({error.strerror})" if isinstance(error, OSError) and full else ""
        return f"the disk of {where} is full{said}; what is whole there stays: free some space, and go on"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if re.search("closed by peer|reset by peer|remote process has failed", str(error)):
        return "another process of this run has ended; its own message says why"
    return None
