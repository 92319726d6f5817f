# SPDX-License-Identifier: Apache-2.0
"""Codes and English names of a hundred languages, from Whisper's tokenizer in transformers; read in version 5.23.

Python has no such table, and the libraries that have one (babel, langcodes) would be one more to install.
"""

from transformers.models.whisper.tokenization_whisper import LANGUAGES, TO_LANGUAGE_CODE


def name_of(code: str) -> str | None:
    """The English name of a language in small letters, "german" for "de"; None for a code that is not in the table."""
    return LANGUAGES.get(code.lower())


def code_of(name: str) -> str | None:
    """The code for an English name of a language, "de" for "German"; None for a name that is not in the table."""
    return TO_LANGUAGE_CODE.get(name.lower())
