# SPDX-License-Identifier: Apache-2.0
"""Exact match and F1 of short answers, as a module of `evaluate` over `recipes/metrics/scores.py`.

    metric = evaluate.load("recipes/metrics/squad")
    metric.compute(predictions=["a b"], references=[["a b", "a c"]])

It needs no network. The recipes call scores.py themselves, because importing `evaluate` takes seconds.
"""

import datasets
import evaluate

# evaluate copies this file and, because of the relative import, the scores.py beside it (a link) into its cache.
from .scores import score_squad


class Squad(evaluate.Metric):
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

    def _compute(self, predictions, references, seed=42, samples=1000):
        scores = score_squad(predictions, references, seed=seed, samples=samples)
        return scores.totals | {"signatures": scores.signatures}
