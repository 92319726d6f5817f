# SPDX-License-Identifier: Apache-2.0
"""Text comes in: files, data sets, columns, examples."""
