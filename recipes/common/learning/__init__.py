# SPDX-License-Identifier: Apache-2.0
"""How weights change: steps, their loss, the trainer."""
