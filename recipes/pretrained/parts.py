# SPDX-License-Identifier: Apache-2.0
"""The parts of a model, whatever its family calls them and whatever was put around it."""

from accelerate.utils import extract_model_from_parallel
from torch import nn


def innermost(model: nn.Module) -> nn.Module:
    """The library's own model, below what processes, compilation and LoRA put around it."""
    model = extract_model_from_parallel(model, keep_torch_compile=False)
    return model.get_base_model() if hasattr(model, "get_base_model") else model
