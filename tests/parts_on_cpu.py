# SPDX-License-Identifier: Apache-2.0
"""Run a script with FSDP's parts on a CPU, where accelerate would train whole weights without a word.

torchrun --nproc_per_node=2 tests/parts_on_cpu.py recipes/summarize_t5.py --fsdp full_shard ...
"""

import runpy
import sys
from pathlib import Path

import accelerate.state
import pytest
from accelerate.utils import DistributedType

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.typed import engines  # noqa: E402


def allow(patch: pytest.MonkeyPatch) -> None:
    """The recipes take --fsdp, and accelerate's state, after it was made, counts CPUs as able to hold parts."""
    make = accelerate.state.AcceleratorState.__init__

    def made(self, *args, fsdp_plugin=None, **kwargs):
        make(self, *args, fsdp_plugin=fsdp_plugin, **kwargs)
        if fsdp_plugin is not None and self.distributed_type == DistributedType.MULTI_CPU:
            self.distributed_type, self.fsdp_plugin = DistributedType.FSDP, fsdp_plugin

    patch.setattr(accelerate.state.AcceleratorState, "__init__", made)
    patch.setattr(engines, "on_cpu", lambda values: False)


if __name__ == "__main__":
    allow(pytest.MonkeyPatch())
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
