# SPDX-License-Identifier: Apache-2.0
"""Words that outputs must have: where a source has a term of a glossary, its output has the glossary's word for it.

transformers 5 has constrained beams only as code on the Hub; this works with greedy decoding, beams and drawing alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import GenerationConfig, LogitsProcessor

from recipes.common import UserError
from recipes.common.decoding import decode_ids
from recipes.files import read_file
from recipes.metrics.words import holds

BOOST = 4.0  # log-odds: enough for a word that the model has second, too little for one that fits nowhere


@dataclass(frozen=True)
class Glossary:
    """Args: words: {term of a source, in lower case: word of its output}."""

    words: dict[str, str]
    tokenizer: Any

    @classmethod
    def read(cls, path: str | Path, tokenizer: Any) -> "Glossary":
        """That of a file with the columns source and target; a UserError has all that is wrong with it."""
        words: dict[str, str] = {}
        problems = []
        for row in read_file(path):
            term, word = (str(row.get(name) or "").strip() for name in ("source", "target"))
            if not term or not word:
                problems.append(f"{path} line {row.line}: needed: a text in each of the columns source and target")
            elif words.setdefault(term.lower(), word) != word:
                problems.append(f"{path} line {row.line}: {term!r} stands there twice, with different words")
            elif tokenizer.decode(pieces(word, tokenizer)).strip() != word:
                problems.append(f"{path} line {row.line}: the model's tokenizer cannot write {word!r}")
        if problems or not words:
            raise UserError(*problems or [f"{path}: has no rows"])
        return cls(words, tokenizer)

    def wanted(self, source: str) -> list[str]:
        """What the output of a source must say."""
        return list(dict.fromkeys(word for term, word in self.words.items() if holds(source, term)))

    def processor(self, source_ids: torch.Tensor, config: GenerationConfig) -> "Terms":
        """What holds the outputs of a batch of sources to it."""
        terms = [self.wanted(text) for text in decode_ids(source_ids.cpu(), self.tokenizer)]
        return Terms(terms, self.tokenizer, np.atleast_1d(config.eos_token_id).tolist(), config.max_new_tokens)


def pieces(word: str, tokenizer: Any) -> list[int]:
    """Its ids within a text."""
    return tokenizer(f" {word}", add_special_tokens=False)["input_ids"]


class Terms(LogitsProcessor):
    """No output ends before it has said its terms: each has a head start, and is appended where the output would end.

    Args:
        terms: those of each source.
        ends: ids of end tokens; most: tokens of an output.
    """

    def __init__(
        self, terms: Sequence[Sequence[str]], tokenizer: Any, ends: list[int], most: int, boost: float = BOOST
    ):
        self.tokenizer, self.ends, self.most, self.boost = tokenizer, ends, most, boost
        self.terms = [[(one, pieces(one, tokenizer)) for one in several] for several in terms]
        self.appending: dict[tuple[int, ...], list[int]] = {}  # what was said -> what of a term is still to be appended

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        scores = scores.clone()
        for place, said in enumerate(input_ids.tolist()):
            terms = self.terms[place * len(self.terms) // len(input_ids)]  # rows of beams follow each other
            text = self.tokenizer.decode(said, skip_special_tokens=True) if terms else ""
            missing = [ids for term, ids in terms if term not in text]
            rest = self.appending.get(tuple(said))
            full = len(said) + sum(map(len, missing)) >= self.most
            if rest == [] or (rest is None and missing and (full or int(scores[place].argmax()) in self.ends)):
                rest = missing[0] if missing else self.ends
            if rest:
                scores[place] = torch.full_like(scores[place], -torch.inf)
                scores[place, rest[0]] = 0.0
                self.appending[*said, rest[0]] = rest[1:]
            if rest or not missing:
                continue
            scores[place, self.ends] = -torch.inf
            for ids in missing:
                begun = max(n for n in range(len(ids)) if said[len(said) - n :] == ids[:n])
                scores[place, ids[begun]] += self.boost
        return scores
