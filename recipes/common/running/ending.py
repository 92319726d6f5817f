# SPDX-License-Identifier: Apache-2.0
"""SIGTERM and Ctrl-C: finish the step, save, and leave with all processes together.

A signal only raises a flag. All processes look at it in the same places, and agree: if one was asked to stop, all do.
"""

import os
import signal
import threading
import time

import torch

_asked = None  # when the first signal came
_group = None


class Interrupted(Exception):
    """The run stops here on request, and can go on."""


def install() -> None:
    """Take over SIGTERM and SIGINT for the rest of the process. Every process of a run has to call it."""
    global _asked, _group
    _asked = None
    if torch.distributed.is_initialized() and _group is None:
        # Its own group on the CPU: asking over NCCL would make every step wait for the GPU.
        _group = torch.distributed.new_group(backend="gloo")
    if threading.current_thread() is threading.main_thread():  # Python lets no other thread take signals
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _handle)


def _handle(number, frame):
    global _asked
    if _asked is None:
        _asked = time.monotonic()
        if os.environ.get("LOCAL_RANK", "0") == "0":
            os.write(2, b"\nstopping  after this step; Ctrl-C again to end at once\n")
    # torchrun forwards a Ctrl-C that the terminal has sent to all already: only a later one is a person's second wish.
    # A repeated SIGTERM is a scheduler's habit, not a wish.
    elif number == signal.SIGINT and time.monotonic() - _asked > 2:
        os._exit(130)


def wanted() -> bool:
    """Whether any process was asked to stop; all must call it at the same point."""
    if _group is None:
        return _asked is not None
    flag = torch.tensor([int(_asked is not None)])
    torch.distributed.all_reduce(flag, torch.distributed.ReduceOp.MAX, group=_group)
    return bool(flag)
