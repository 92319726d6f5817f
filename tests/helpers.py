# SPDX-License-Identifier: Apache-2.0
"""Small records, runs of a recipe in this process, in forks of it, and commands in new ones."""

import contextlib
import itertools
import json
import os
import random
import resource
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import torch
from conftest import ROOT, WORDS

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


def run_recipe(flags, main):
    """The exit code that `python recipes/NAME.py FLAGS` would give, where `main` is NAME's; all in this process."""
    return runs.command_line(lambda: main(flags))


@contextlib.contextmanager
def files_of_at_most(size):
    """No file may grow beyond `size` bytes, as where a disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def block_sockets(monkeypatch):
    """For fixtures that live longer than conftest's guard, which works test by test."""

    def refuse(self, address):
        raise OSError(f"a test tried to reach {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def contents(folder):
    """All files and folders below `folder`, as relative paths."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*"))


# ---------------------------------------------------------------- other processes

PATIENCE = 600  # seconds after which a fork hangs, even on a machine that does much else
# Below those that the system gives away by itself; each worker of pytest-xdist has its own thousand.
PORTS = itertools.count(20_000 + 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]))


def free_port():
    for port in PORTS:
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def ranks_of(processes):
    """What torchrun tells each of several processes on one machine, as environment variables."""
    shared = {"WORLD_SIZE": processes, "LOCAL_WORLD_SIZE": processes, "MASTER_ADDR": "127.0.0.1"}
    shared["MASTER_PORT"] = free_port()
    told = [{"RANK": rank, "LOCAL_RANK": rank, **shared} for rank in range(processes)]
    return [{name: str(value) for name, value in one.items()} for one in told]


def fork(work, out, err, **environment):
    """Run `work` in a child that has imported all that this process has, and writes to two files; its process id.

    The child exits with what `work` returns; 99 if it fails.
    """
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        os.environ.update(environment)
        for number, path in ((1, out), (2, err)):
            with open(path, "a") as file:
                os.dup2(file.fileno(), number)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))  # not pytest's
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def forked(*words, cwd=ROOT, **environment):
    """(exit code, stdout, stderr) of `python WORDS`, a script or -m and a module, as `finish` gives them.

    Not a new process but a fork of this one, in which the libraries are imported already and the recipes are not.
    """

    def work():
        os.chdir(cwd)
        for name in [name for name in sys.modules if name.partition(".")[0] == "recipes"]:
            del sys.modules[name]
        sys.path[:] = [path for path in sys.path if not path.startswith(str(ROOT)) or "packages" in path]
        first, *rest = map(str, words)
        sys.argv = rest if first == "-m" else [first, *rest]
        sys.path.insert(0, str(cwd) if first == "-m" else str(Path(first).parent))
        try:
            if first == "-m":
                runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
            else:
                runpy.run_path(first, run_name="__main__")
        except SystemExit as ended:
            return ended.code or 0
        return 0

    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        child, began, ended = fork(work, out, err, **environment), time.monotonic(), 0
        while not ended:
            ended, status = os.waitpid(child, os.WNOHANG)
            if time.monotonic() - began > PATIENCE:
                os.kill(child, signal.SIGKILL)
            time.sleep(0.01)
        return os.waitstatus_to_exitcode(status), out.read_text(), err.read_text()


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
