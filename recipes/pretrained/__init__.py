# SPDX-License-Identifier: Apache-2.0
"""What comes with a model from elsewhere: the needs of its family, and its tokenizer."""
