# SPDX-License-Identifier: Apache-2.0
"""What a run's record says of the machine, the libraries and the code."""

import contextlib
import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

import torch

LIBRARIES = ["torch", "transformers", "datasets", "accelerate", "peft", "tokenizers"]
LIBRARIES += ["rouge_score", "sacrebleu", "nltk"]


def versions() -> dict[str, str]:
    """Of Python and of the libraries that are installed."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def hardware(device: str) -> dict:
    gpu = torch.cuda.get_device_name() if device == "cuda" else None
    return {"device": device, "gpu": gpu, "cpus": os.cpu_count(), "system": platform.system()}


def commit(folder: Path) -> str | None:
    """The repository's commit, with "+" where files differ from it; None outside of git."""
    command = ["git", "describe", "--always", "--exclude=*", "--abbrev=40", "--dirty=+"]
    try:
        found = subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.decode(errors="replace").strip()


def peak_memory_gib() -> float | None:
    """Most memory in use so far: of the GPU where there is one, else of this process; None where nothing tells."""
    if torch.cuda.is_available():
        return round(torch.cuda.max_memory_allocated() / 2**30, 2)
    status = Path("/proc/self/status")  # getrusage tells, on Linux, of the process that started this one, if larger
    if status.exists():
        return round(int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) / 2**20, 2)
    try:
        import resource  # Unix only
    except ImportError:
        return None
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**30, 2)  # in bytes on a Mac
