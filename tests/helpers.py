# SPDX-License-Identifier: Apache-2.0
"""Small records, runs of the recipe in this process, and commands in others."""

import json
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import torch
from conftest import ROOT, WORDS

from recipes import summarize_t5
from recipes.common.running import run as runs

torch.set_num_threads(1)  # tiny models are faster on one core, and their sums come out in one order


def records(split, count, seed=0, most=24):
    """`count` records of uneven length: {"id": "train-0", "document": ..., "summary": ...}."""
    chance = random.Random(f"{split} {seed}")
    result = []
    for number in range(count):
        words = chance.choices(WORDS, k=chance.randint(3, most))
        summary = words[: chance.randint(1, 6)]
        result.append({"id": f"{split}-{number}", "document": " ".join(words) + ".", "summary": " ".join(summary)})
    return result


def write_jsonl(path, rows):
    Path(path).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def read_jsonl(path):
    """As anyone would: a line is a record."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read_json(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def as_flags(**settings):
    """{"num_beams": 4} -> ["--num_beams", "4"]; None leaves the flag out."""
    pairs = [(f"--{name}", str(value)) for name, value in settings.items() if value is not None]
    return [word for pair in pairs for word in pair]


def run_recipe(flags, main=summarize_t5.main):
    """The exit code that `python recipes/summarize_t5.py FLAGS` would give; everything happens in this process."""
    if runs._current:  # a process has one run, this one has many
        runs._current.release()
        runs._current = None
    return runs.command_line(lambda: main(flags))


def block_sockets(monkeypatch):
    """For fixtures that live longer than conftest's guard, which works test by test."""

    def refuse(self, address):
        raise OSError(f"a test tried to reach {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def contents(folder):
    """All files and folders below `folder`, as relative paths."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*"))


def start(*command, cwd=ROOT, **environment):
    """Start a command with this Python's programs, on one core and without a GPU; see `finish`."""
    tools = Path(sys.executable).parent
    words = [str(tools / command[0]) if command[0] in ("python", "torchrun") else command[0], *map(str, command[1:])]
    words[1:1] = ["--standalone"] if command[0] == "torchrun" else []
    inherited = {name: value for name, value in os.environ.items() if name not in ("WORLD_SIZE", "RANK", "LOCAL_RANK")}
    settings = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", **environment}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(words, cwd=cwd, env=inherited | settings, **pipes)


def finish(process, timeout=900):
    """(exit code, stdout, stderr) of what `start` began; a process that hangs is ended and fails the test."""
    if not hasattr(process, "printed"):
        try:
            process.printed = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"{process.args} hangs:\n{process.communicate()}") from None
    return process.returncode, *process.printed
