# SPDX-License-Identifier: Apache-2.0
"""Recipes for the tasks beside text to text: models that label, mark, fill in or go on, on the same plumbing."""
