# SPDX-License-Identifier: Apache-2.0
"""Two logits processors for `generate(logits_processor=[...])`: terms that an output must have, sources to be covered.

transformers 5 has constrained beams only as code on the Hub; these work with greedy decoding, beams and drawing. No
generation_config.json holds them: they are given with each call.
"""

from collections.abc import Sequence

import torch
from transformers import LogitsProcessor


class Terms(LogitsProcessor):
    """No output ends before it has each of its terms; a term that was begun is finished.

    Args:
        terms: for each row, token ids of its terms: [[[12, 7], [9]], [], ...].
        boost: added to the first token of a missing term; beams: of a row.
    """

    def __init__(self, terms: Sequence[Sequence[Sequence[int]]], eos_token_id: int, boost: float = 2.0, beams: int = 1):
        self.terms, self.eos, self.boost, self.beams = terms, eos_token_id, boost, beams

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        scores = scores.clone()
        for place, said in enumerate(input_ids.tolist()):
            missing = [term for term in map(list, self.terms[place // self.beams]) if not _has(said, term)]
            for term in missing:
                begun = max(n for n in range(len(term)) if said[len(said) - n :] == term[:n])
                if begun:
                    scores[place] = scores[place].where(_only(term[begun], scores[place]), -torch.inf)
                    break
                scores[place, term[0]] += self.boost
            if missing:
                scores[place, self.eos] = -torch.inf
        return scores


class Coverage(LogitsProcessor):
    """Tokens of the source that an output has said already lose `penalty`, each time it has said them.

    After Wu et al. 2016, "Google's Neural Machine Translation System", on tokens instead of attention.
    """

    def __init__(self, source_ids: torch.LongTensor, penalty: float, beams: int = 1):
        self.source_ids, self.penalty = source_ids.repeat_interleave(beams, 0), penalty

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        counts = torch.zeros_like(scores).scatter_add_(1, input_ids, torch.ones_like(input_ids, dtype=scores.dtype))
        in_source = torch.zeros_like(scores).scatter_(1, self.source_ids, 1.0)
        return scores - self.penalty * counts * in_source


def _has(said: list[int], term: list[int]) -> bool:
    return any(said[start : start + len(term)] == term for start in range(len(said)))


def _only(token: int, row: torch.Tensor) -> torch.Tensor:
    return torch.arange(len(row), device=row.device) == token
