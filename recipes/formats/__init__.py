# SPDX-License-Identifier: Apache-2.0
"""Forms of data that one task needs."""
