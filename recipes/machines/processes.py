# SPDX-License-Identifier: Apache-2.0
"""What the processes of a run say to each other."""

from collections.abc import Callable

import torch

from recipes.wording import UserError


def wait_for_all() -> None:
    """Let no process go on before all have come here."""
    if torch.distributed.is_initialized():
        torch.distributed.barrier()


def from_all(value) -> list:
    """`value` of each process, in their order; every process has to call it."""
    if not torch.distributed.is_initialized():
        return [value]
    found = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(found, value)
    return found


def from_first_process(make: Callable):
    """What `make()` gives, or its UserError, from the first process to all of them; every process has to call it."""
    answer: list = [None, None]  # the value, or what was wrong
    several = torch.distributed.is_initialized()
    if not several or torch.distributed.get_rank() == 0:
        try:
            answer[0] = make()
        except UserError as error:
            answer[1] = error.problems
        except OSError as error:  # a folder that may not be entered, a mount point that cannot be moved
            answer[1] = [f"{error.filename}: {error.strerror}"]
    if several:
        torch.distributed.broadcast_object_list(answer)
    if answer[1]:
        raise UserError(*answer[1])
    return answer[0]


def part() -> None:
    """Leave the others, once all have come here; every process has to call it.

    A process that ends without is now and then aborted by a thread of gloo's that still listens ("terminate called
    without an active exception"), and a run that was done then has exit code 1.
    """
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
