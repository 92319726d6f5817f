# SPDX-License-Identifier: Apache-2.0
"""What a run's record says of the machine, the libraries and the code."""

import hashlib
import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

import torch
from transformers import TrainingArguments

LIBRARIES = ["torch", "transformers", "datasets", "accelerate", "peft", "tokenizers"]
SCORERS = ["rouge_score", "sacrebleu", "nltk"]


def versions() -> dict[str, str | None]:
    """Of Python and the libraries; None for one that is not installed."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for name in LIBRARIES + SCORERS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def hardware(args: TrainingArguments) -> dict:
    gpu = torch.cuda.get_device_name() if args.device.type == "cuda" else None
    return {"device": args.device.type, "gpu": gpu, "cpus": os.cpu_count(), "system": platform.system()}


def commit(folder: Path) -> str | None:
    """The repository's commit, with "+" where files differ from it; None outside of git."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=folder, check=True, capture_output=True, text=True, timeout=10
        ).stdout

    try:
        name = git("rev-parse", "HEAD").strip()
        return f"{name}+" if git("status", "--porcelain").strip() else name
    except (OSError, subprocess.SubprocessError):
        return None


def sha256(path: str | Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


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
