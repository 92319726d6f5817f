# SPDX-License-Identifier: Apache-2.0
"""What a reader should see in a text: the words that differ from another text, and outputs that went wrong.

    missing, extra = differences("Ann wants 12 mugs.", "Ann wants 13 mugs.")       # [(10, 12)], [(10, 12)]
    cut("Ann wants 13 mugs.", {"extra": extra})     # [("Ann wants ", []), ("13", ["extra"]), (" mugs.", [])]

Words are those of any script; see scores.py for where a script has no spaces between them.
"""

import difflib
import functools
import unicodedata
from collections import Counter

from recipes.metrics.words import SPACELESS, is_spaceless, tokenize

LONGEST = 2000  # characters that are compared: the time grows with their square


@functools.lru_cache(maxsize=1)
def _word_pattern():
    """Words as a reader marks them: "3.50", "€5", "order's" and "AB-12" are one, the full stop behind is none."""
    import regex

    letter = rf"[[\p{{L}}\p{{N}}\p{{M}}\p{{S}}%#@&]--{SPACELESS}]"
    return regex.compile(rf"(?V1){SPACELESS}\p{{M}}*|{letter}(?:[\S--[—–…{SPACELESS}]]*{letter})?")


def words(text):
    """[(word in lower case, start, end), ...]; single characters where a script has no spaces."""
    return [(match.group().lower(), *match.span()) for match in _word_pattern().finditer(text)]


def differences(reference, output):
    """([spans of the reference that the output lacks], [spans of the output that the reference lacks]).

    Neighbouring words are one span (start, end). Letter case and punctuation around a word do not count.
    """
    old, new = words(reference[:LONGEST]), words(output[:LONGEST])
    matcher = difflib.SequenceMatcher(None, [word for word, *_ in old], [word for word, *_ in new], autojunk=False)
    changed = [codes for tag, *codes in matcher.get_opcodes() if tag != "equal"]
    missing = [(old[i][1], old[j - 1][2]) for i, j, _, _ in changed if i < j]
    extra = [(new[i][1], new[j - 1][2]) for _, _, i, j in changed if i < j]
    return missing, extra


def closest(references, output):
    """The reference that shares most words with `output`."""
    said = Counter(tokenize(output))

    def shared(text):
        wanted = Counter(tokenize(text))
        return (said & wanted).total() / max(1, said.total() + wanted.total())

    return max(references, key=shared)


def cut(text, spans):
    """`text` as [(piece, [marks]), ...], cut wherever a mark begins or ends.

    Args:
        spans: mark -> [(start, end), ...]; what reaches beyond the text is ignored there.
    """
    places = {place for each in spans.values() for span in each for place in span if 0 < place < len(text)}
    edges = sorted({0, len(text)} | places)
    pieces = []
    for start, end in zip(edges, edges[1:], strict=False):
        marks = [mark for mark, each in spans.items() if any(a <= start and end <= b for a, b in each)]
        if pieces and pieces[-1][1] == marks:
            pieces[-1] = (pieces[-1][0] + text[start:end], marks)
        else:
            pieces.append((text[start:end], marks))
    return pieces


def repeats(text):
    """Whether four words in a row (eight characters of a spaceless script) come twice, or one word thrice running."""
    said = tokenize(text)
    if len(said) - len(set(said)) < 2:  # saves most of the work
        return False
    size = 8 if is_spaceless(text) else 4
    grams = list(zip(*(said[start:] for start in range(size)), strict=False))
    running = any(a == b == c for a, b, c in zip(said, said[1:], said[2:], strict=False))
    return running or len(set(grams)) < len(grams)


def copies(text, source):
    """Whether the whole text, five words or more, stands in the source as it is, but for case and punctuation."""
    said = tokenize(text)
    whole = unicodedata.normalize("NFC", source.lower())
    if len(said) < 5 or not all(word in whole for word in said):  # so does this
        return False
    return f" {' '.join(said)} " in f" {' '.join(tokenize(source))} "
