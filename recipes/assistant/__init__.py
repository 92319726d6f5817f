# SPDX-License-Identifier: Apache-2.0
"""A customer-feedback assistant: four recipes in a row, each of which reads the text by itself."""
