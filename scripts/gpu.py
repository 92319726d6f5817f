# SPDX-License-Identifier: Apache-2.0
"""Prove a machine with a GPU: the tests marked `gpu`, as a table and as JSON that can be pasted into an issue.

    make gpu
    python scripts/gpu.py --json gpu.json

Exits with 0 where everything held, 1 where something did not, 2 on a machine without a GPU.
"""

import argparse
import json
import os
import platform
import sys
from pathlib import Path

import pytest
import torch
import transformers

ROOT = Path(__file__).resolve().parents[1]


class Figures:
    """A plugin of pytest that keeps how each check ended, and the figures that it noted."""

    def __init__(self):
        self.checks: list[dict] = []

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.passed:
            return
        name = report.nodeid.partition("::test_")[2].replace("_", " ")
        figures = dict(report.user_properties)
        why = {} if report.passed else {"why": report.longreprtext.splitlines()[-1]}
        self.checks.append(
            {"check": name, "held": report.passed, "seconds": round(report.duration, 1), **figures, **why}
        )
        shown = "".join(f"\n         {key}: {value}" for key, value in (figures | why).items())
        print(f"{'ok  ' if report.passed else 'FAIL'} {report.duration:5.1f} s  {name}{shown}", flush=True)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", default="outputs/gpu.json", help="where the figures go")
    options = parser.parse_args(argv)
    found = {"torch": torch.__version__, "transformers": transformers.__version__, "python": platform.python_version()}
    if not torch.cuda.is_available():
        print(f"no GPU here: torch {found['torch']} finds none (nvidia-smi shows whether the system does)")
        return 2
    gpu = torch.cuda.get_device_properties(0)
    machine = {"gpu": gpu.name, "gpus": torch.cuda.device_count(), "memory_gib": round(gpu.total_memory / 2**30, 1)}
    machine |= {"cuda": torch.version.cuda, "cpus": os.cpu_count(), **found}
    print(*(f"{name} {value}" for name, value in machine.items()), sep=", ")
    figures = Figures()
    words = ["-m", "gpu", "-p", "no:terminal", "-p", "no:xdist", "-o", "addopts=", "-o", "filterwarnings="]
    code = pytest.main([str(ROOT / "tests/test_gpu.py"), *words, "--rootdir", str(ROOT)], plugins=[figures])
    held = sum(check["held"] for check in figures.checks)
    Path(options.json).parent.mkdir(parents=True, exist_ok=True)
    Path(options.json).write_text(json.dumps({**machine, "checks": figures.checks}, indent=1) + "\n", encoding="utf-8")
    print(f"{held} of {len(figures.checks)} checks held; {options.json} has the figures")
    return 0 if code == 0 and figures.checks else 1


if __name__ == "__main__":
    sys.exit(main())
