# SPDX-License-Identifier: Apache-2.0
"""Recipes for fine-tuning encoder-decoder models."""

import os
import signal
import sys
import tempfile
import threading
from pathlib import Path


def _end(number, frame):
    if os.getpid() == STARTED and os.environ.get("LOCAL_RANK", "0") == "0":
        os.write(2, b"\ninterrupted before anything was written; the same command goes on\n")
    os._exit(75)


if os.path.expanduser("~") == "~":  # a user without a name, as in containers: nltk's import would fail
    os.environ["HOME"] = tempfile.gettempdir()
# On a CPU, oneDNN keeps kernels for the last thousand shapes, and texts of all lengths are as many: 1.81 GiB instead of
# 1.33 after 150 steps of the bundled conversations, and a fifth more time. It has to be set before torch computes.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
STARTED = os.getpid()
# For the seconds in which the libraries are imported and the data are read. Only for commands of this repository:
# whoever imports the package keeps the signals.
ours = Path(sys.argv[0]).resolve().parent.name in ("recipes", "scripts") or sys.argv[0] == "-m"
if ours and threading.current_thread() is threading.main_thread():
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, _end)
