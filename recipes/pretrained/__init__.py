# SPDX-License-Identifier: Apache-2.0
"""What comes with a model from elsewhere: the needs of its family, its tokenizer, and what both have to agree on."""
