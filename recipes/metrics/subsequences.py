# SPDX-License-Identifier: Apache-2.0
"""ROUGE-L and ROUGE-Lsum as rouge_score has them, by operations on bits: its tables take hours on long texts.

A row of the table of longest common subsequences is an integer with a bit for each word of the prediction: 0 where the
length grows (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"). Two texts of 40,000 words take a second.
"""

import math
from collections import Counter
from collections.abc import Sequence

from rouge_score.scoring import fmeasure


class Words:
    """A text's words, with a bit for each place at which a word stands."""

    def __init__(self, words: Sequence[str]):
        self.words, self.full, self.places = words, (1 << len(words)) - 1, {}
        where: dict[str, list[int]] = {}
        for place, word in enumerate(words):
            where.setdefault(word, []).append(place)
        for word, found in where.items():
            bits = bytearray(found[-1] // 8 + 1)
            for place in found:
                bits[place // 8] |= 1 << place % 8
            self.places[word] = int.from_bytes(bits, "little")

    def next_row(self, row: int, word: str) -> int:
        """The row below `row` in the table, for one more word of the other text."""
        found = row & self.places.get(word, 0)
        return ((row + found) | (row - found)) & self.full


def lcs_length(reference: Sequence[str], prediction: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    other = Words(prediction)
    row = other.full
    for word in reference:
        row = other.next_row(row, word)
    return len(prediction) - row.bit_count()


def lcs_places(reference: Sequence[str], prediction: Words) -> list[int]:
    """Places in `reference` of a longest common subsequence: of several, the one that rouge_score takes."""
    size = math.isqrt(len(reference)) + 1  # so many rows are kept; of a long text, all would not fit into the memory
    rows, kept = [prediction.full], []
    for place, word in enumerate(reference):
        if place % size == 0:
            kept.append(rows[0])
        rows[0] = prediction.next_row(rows[0], word)
    i, j, places = len(reference), len(prediction.words), []
    for block, row in reversed(list(enumerate(kept))):
        first, rows = block * size, [row]
        for word in reference[first : first + size]:
            rows.append(prediction.next_row(rows[-1], word))
        while i > first and j:
            if reference[i - 1] == prediction.words[j - 1]:
                i, j = i - 1, j - 1
                places.append(i)
            elif rows[i - first] >> (j - 1) & 1 and _length(rows[i - first], j) > _length(rows[i - first - 1], j):
                j -= 1
            else:
                i -= 1
    return places[::-1]


def _length(row, j):
    """Of the longest subsequence that is shared with the first j words of the prediction."""
    return j - (row & ((1 << j) - 1)).bit_count()


def rouge_l(reference: Sequence[str], prediction: Sequence[str]) -> float:
    """F-measure of the longest common subsequence, 0 to 1."""
    shared = lcs_length(reference, prediction)
    return fmeasure(shared / len(prediction), shared / len(reference)) if shared else 0.0


def rouge_lsum(references: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]]) -> float:
    """F-measure over sentences: of each one of the reference, the words shared with any of the prediction's, 0 to 1.

    A word counts at most as often as it stands in either of the texts.
    """
    there = [Counter(word for sentence in text for word in sentence) for text in (references, predictions)]
    known, left, hits = [Words(sentence) for sentence in predictions], there[0] & there[1], 0
    for sentence in references:
        for place in sorted({place for one in known for place in lcs_places(sentence, one)}):
            if left[sentence[place]] > 0:
                left[sentence[place]] -= 1
                hits += 1
    sizes = [text.total() for text in there]
    return fmeasure(hits / sizes[1], hits / sizes[0]) if hits else 0.0


def longest_matches(source: Sequence[str], output: Sequence[str]) -> list[int]:
    """For each place in `output`, how many words from there on stand in `source` somewhere, one after the other.

    By the suffix automaton of the source read backwards, in steps that grow with both lengths, not their product
    (Blumer et al. 1985, "The smallest automaton recognizing the subwords of a text").
    """
    follow: list[dict[str, int]] = [{}]
    link, length, last = [-1], [0], 0
    for word in reversed(source):
        new, place = len(follow), last
        follow.append({})
        link.append(0)
        length.append(length[last] + 1)
        while place >= 0 and word not in follow[place]:
            follow[place][word] = new
            place = link[place]
        if place >= 0:
            other = follow[place][word]
            if length[place] + 1 == length[other]:
                link[new] = other
            else:
                copy = len(follow)
                follow.append(dict(follow[other]))
                link.append(link[other])
                length.append(length[place] + 1)
                while place >= 0 and follow[place].get(word) == other:
                    follow[place][word] = copy
                    place = link[place]
                link[new] = link[other] = copy
        last = new
    found, place, size = [], 0, 0
    for word in reversed(output):
        while place and word not in follow[place]:
            place = link[place]
            size = length[place]
        if word in follow[place]:
            place, size = follow[place][word], size + 1
        found.append(size)
    return found[::-1]
