# SPDX-License-Identifier: Apache-2.0
"""The machines of a run: what they are, how their processes agree, how they share weights. Knows no recipe."""
