# SPDX-License-Identifier: Apache-2.0
"""Scores of texts: against references, and against their sources. Nothing here needs the rest of the repository."""
