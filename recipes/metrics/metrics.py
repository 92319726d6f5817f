# SPDX-License-Identifier: Apache-2.0
"""The scores of the recipes as a module of `evaluate`, with three configurations. It needs no network.

    rouge = evaluate.load("recipes/metrics", "rouge")       # or "sacrebleu": BLEU, chrF, TER; or "squad"
    rouge.compute(predictions=["a b"], references=[["a b", "a c"]])

The recipes call scores.py themselves, because importing `evaluate` takes seconds.
"""

import datasets
import evaluate

# evaluate copies this file and those that it imports by a relative import; the last two are for scores.py.
from .scores import bleu, rouge, squad
from .subsequences import rouge_l as rouge_l
from .words import tokenize as tokenize

SCORES = {"rouge": rouge, "sacrebleu": bleu, "squad": squad}


class Metrics(evaluate.Metric):
    def _info(self):
        if self.config_name not in SCORES:
            raise ValueError(f"{self.config_name!r}: name one of {', '.join(SCORES)}")
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description=__doc__,
            citation="",
            inputs_description="predictions: strings. references: a string, or a list of strings, for each of them.",
            features=[
                datasets.Features({"predictions": text, "references": datasets.List(text)}),
                datasets.Features({"predictions": text, "references": text}),
            ],
        )

    def _compute(self, predictions, references, **options):
        found = SCORES[self.config_name](predictions, references, **options)
        return found.totals | {"signatures": found.signatures}
