# SPDX-License-Identifier: Apache-2.0
"""ROUGE in any script, as a module of `evaluate` over `recipes/metrics/scores.py`.

    metric = evaluate.load("recipes/metrics/rouge")
    metric.compute(predictions=["a b"], references=[["a b", "a c"]])

It needs no network. The recipes call scores.py themselves, because importing `evaluate` takes seconds.
"""

import datasets
import evaluate

# evaluate copies this file and, because of the relative import, the scores.py beside it (a link) into its cache.
from .scores import score_rouge


class Rouge(evaluate.Metric):
    def _info(self):
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description=__doc__,
            citation="",
            inputs_description="predictions: strings. references: a string, or a list of strings, for each of them.",
            features=[
                datasets.Features({"predictions": text, "references": datasets.Sequence(text)}),
                datasets.Features({"predictions": text, "references": text}),
            ],
        )

    def _compute(self, predictions, references, language=None, seed=42, samples=1000):
        scores = score_rouge(predictions, references, language, seed=seed, samples=samples)
        return scores.totals | {"signatures": scores.signatures}
