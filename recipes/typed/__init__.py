# SPDX-License-Identifier: Apache-2.0
"""What people type: flags in the words of these recipes or of other tools, YAML, templates.

It stands alone: a name is a name here, and what the settings mean is known in common/.
"""
