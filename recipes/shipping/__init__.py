# SPDX-License-Identifier: Apache-2.0
"""What comes before a recipe and after a run: a copy to edit, old code to port, a model to export, show and publish."""
