# SPDX-License-Identifier: Apache-2.0
"""Where a model came from. Read in transformers 5.23, which keeps the commit in a private field."""

from transformers import PreTrainedConfig


def commit_of(config: PreTrainedConfig) -> str | None:
    """The commit of the Hub from which `config` was read; None for a folder."""
    return getattr(config, "_commit_hash", None)
