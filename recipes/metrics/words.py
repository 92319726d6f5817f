# SPDX-License-Identifier: Apache-2.0
"""Words and sentences of any script."""

import functools
import re
import unicodedata

import regex
from nltk.tokenize.punkt import PunktLanguageVars, PunktParameters, PunktSentenceTokenizer

# Scripts without spaces between words: each character counts as a word.
SCRIPTS = ("Han", "Hiragana", "Katakana", "Bopomofo", "Yi", "Thai", "Lao", "Khmer", "Myanmar", "Tai_Tham", "Javanese")
SPACELESS = "[" + "".join(rf"\p{{scx={script}}}" for script in SCRIPTS) + "]"
TERMINATORS = ("؟", "۔", "।", "॥", "።", "፧", "፨", "։", "។", "။", "།", "‼", "⁇", "⁈", "⁉")
ABBREVIATIONS = {"mr", "mrs", "ms", "dr", "prof", "vs", "e.g", "i.e", "z.b", "d.h", "bzw", "nr"}
# East Asian text has no space after a full stop, where punkt would not look for a boundary.
WIDE_STOP = re.compile(r"(?<![。！？｡．])([。！？｡．]++[」』”’）】]*+)(?=[^\s。！？｡．」』”’）】])")


@functools.lru_cache(maxsize=1)
def _token_pattern() -> regex.Pattern:
    # Unicode counts digits, "©" and arrows as possible emoji; they are none unless a variation selector says so.
    picture = r"(?:\p{Emoji_Presentation}|[[\u2600-\u27BF]&&\p{ExtPict}]|\p{ExtPict}(?=\uFE0F))"
    emoji = rf"\p{{RI}}{{2}}|{picture}\p{{EMod}}?(?:\uFE0F?\u200D{picture}\p{{EMod}}?)*"
    character = rf"[[\p{{L}}\p{{N}}]&&{SPACELESS}]\p{{M}}*"
    # Zero-width joiners and non-joiners stand inside Persian and Indic words.
    word = rf"[[\p{{L}}\p{{Nd}}]--{SPACELESS}](?:[\u200C\u200D]*[[\p{{L}}\p{{Nd}}\p{{M}}]--{SPACELESS}])*"
    return regex.compile(rf"(?V1){emoji}|{character}|{word}")


def tokenize(text: str) -> list[str]:
    """Lower-case words with their accents and marks; single characters where a script has no spaces; emoji.

    Text whose letters and digits are all ASCII gives what rouge_score's tokenizer gives without its stemmer.
    """
    return _token_pattern().findall(unicodedata.normalize("NFC", text.lower()))


@functools.lru_cache(maxsize=1)
def _spaceless_character() -> regex.Pattern:
    return regex.compile(rf"(?V1)[[\p{{L}}\p{{N}}]&&{SPACELESS}]\p{{M}}*")


def space_out(text: str) -> str:
    """The text with spaces around each character of a script that has none between words."""
    return _spaceless_character().sub(lambda match: f" {match.group()} ", text)


def holds(text: str, phrase: str) -> bool:
    """Whether the words of a phrase stand in the text, one after the other: "5" is not in "1995"."""
    words, wanted = _spaced(text), _spaced(phrase)
    return wanted in words if wanted.strip() else phrase in text


@functools.lru_cache(maxsize=4)  # many phrases are looked for in one text
def _spaced(text: str) -> str:
    return " ".join(["", *tokenize(text), ""])


def is_spaceless(text: str) -> bool:
    """Whether most of the letters belong to scripts without spaces between words (Chinese, Japanese, Thai, ...)."""
    letters = regex.findall(rf"(?V1)[\p{{L}}&&{SPACELESS}]", text)
    return 2 * len(letters) > sum(map(str.isalpha, text))


class AnyScript(PunktLanguageVars):
    """What ends a sentence, also outside of Latin script."""

    sent_end_chars = (*PunktLanguageVars.sent_end_chars, *TERMINATORS)

    def period_context_re(self) -> re.Pattern:
        # nltk's own object gives up after five seconds of wall-clock time, so on a long text and a busy machine.
        return re.compile(super().period_context_re().pattern, re.VERBOSE)


@functools.lru_cache(maxsize=1)
def _sentence_splitter() -> PunktSentenceTokenizer:
    parameters = PunktParameters()
    parameters.abbrev_types.update(ABBREVIATIONS)
    return PunktSentenceTokenizer(parameters, lang_vars=AnyScript())


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, by nltk's punkt rules without trained data; a line break always ends one."""
    lines = WIDE_STOP.sub(r"\1\n", text).split("\n")
    return [sentence for line in lines if line.strip() for sentence in _sentence_splitter().tokenize(line.strip())]


def closest_sentence(question: str, context: str) -> str:
    """Of the context, the sentence that shares most words with the question."""
    asked = set(tokenize(question))
    return max(split_sentences(context), key=lambda one: len(asked & set(tokenize(one))), default="")
