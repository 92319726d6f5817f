# SPDX-License-Identifier: Apache-2.0
"""Files that are replaced in one step, so that nobody reads half of one; and a folder for one run at a time."""

import fcntl
import json
import os
from pathlib import Path

from recipes.common import UserError

# Line ends that JSON leaves as they are, but at which many readers would cut a row in two.
LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def read_json(path):
    """The file's content, or None where there is no such file or no JSON in it."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_json(path, value):
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def json_line(row):
    """A row as one line that any reader cuts where it ends."""
    return json.dumps(row, ensure_ascii=False).translate(LINE_ENDS) + "\n"


def write_lines(path, rows):
    """One JSON object per line, whatever line breaks are in the texts (trap 38)."""
    write_text(path, "".join(map(json_line, rows)))


def write_text(path, text):
    scratch = Path(path).with_name(Path(path).name + ".tmp")
    try:
        with open(scratch, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except OSError:  # such as a full disk
        scratch.unlink(missing_ok=True)
        raise


def lock(folder):
    """Keep other runs out of `folder` until this process ends: the open directory, or None if another has it.

    The lock is on the directory itself, so that it moves along when the folder is renamed, and leaves no file behind.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        pass  # some network file systems cannot lock a directory
    return descriptor


def wait_for_all():
    """Let no process go on before all have come here."""
    import torch

    if torch.distributed.is_initialized():
        torch.distributed.barrier()


def first_decides(make):
    """What `make()` gives on the first process, on all of them, and so its UserError; every process has to call it."""
    import torch

    if not torch.distributed.is_initialized():
        return make()
    told = [None, None]
    if torch.distributed.get_rank() == 0:
        try:
            told[0] = make()
        except UserError as error:
            told[1] = error.problems
    torch.distributed.broadcast_object_list(told)
    if told[1]:
        raise UserError(*told[1])
    return told[0]
