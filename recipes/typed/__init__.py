# SPDX-License-Identifier: Apache-2.0
"""What people type: flags in the words of these recipes or of other tools, YAML, templates, names in a copied recipe.

It stands alone: it knows which values and names go together, and not what is done with them.
"""
