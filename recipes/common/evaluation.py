# SPDX-License-Identifier: Apache-2.0
"""Generated texts to predictions and scores, against the references as the data has them."""

from collections import namedtuple

from recipes.common.faithfulness import score_faithfulness
from recipes.common.features import references, sample

Example = namedtuple("Example", "row sources places")  # a row of the data, and where its features stand in the table


class Evaluator:
    """Scores a split; given to Seq2SeqTrainer as `score`. After each call `rows` holds what was scored.

    Args:
        score: (predictions, references) -> scores.Scores; references is a list of lists of texts.
        target: the target template.
        finish: (row, outputs) -> prediction, where outputs are the texts generated for the row's sources.
    """

    def __init__(self, score, target, finish=None):
        self.score = score
        self.target = target
        self.finish = finish or (lambda row, outputs: outputs[0])
        self.rows, self.totals, self.signatures = [], {}, {}

    def __call__(self, texts, table, hit_limit):
        """Score one generated text per feature of `table`.

        Args:
            hit_limit: per feature, whether its text ended at the length limit.
        Returns:
            {metric: value} with intervals; `rows` then has one entry per row of the data, in input order.
        """
        examples = _examples(table)
        predictions = [self.finish(example.row, [texts[place] for place in example.places]) for example in examples]
        self._judge(examples, predictions)
        for entry, example in zip(self.rows, examples, strict=True):
            entry["hit_limit"] = any(bool(hit_limit[place]) for place in example.places)
        self.totals["hit_limit"] = 100 * sum(entry["hit_limit"] for entry in self.rows) / len(self.rows)
        return self.totals

    def judge_trivial(self, trivial, table):
        """Score `trivial(row)`, the answer that needs no model, on the examples of `table`."""
        examples = _examples(table)
        return self._judge(examples, [trivial(example.row) for example in examples])

    def judge_again(self, table):
        """Score the examples of `table` with the predictions of the last call, which held them all."""
        predictions = {entry["id"]: entry["prediction"] for entry in self.rows}
        examples = _examples(table)
        wanted = [references(example.row, self.target) for example in examples]
        return self.score([predictions[example.row["id"]] for example in examples], wanted).totals

    def _judge(self, examples, predictions):
        wanted = [references(example.row, self.target) for example in examples]
        sources = ["\n".join(example.sources) for example in examples]
        right, faithful = self.score(predictions, wanted), score_faithfulness(predictions, sources)
        self.rows = [
            {
                "id": example.row["id"],
                "source": source,
                "reference": texts[0] if len(texts) == 1 else texts,
                "prediction": prediction,
                **scores,
                **checks,
            }
            for example, source, texts, prediction, scores, checks in zip(
                examples, sources, wanted, predictions, right.rows, faithful.rows, strict=True
            )
        ]
        self.totals = {**right.totals, **faithful.totals}
        self.signatures = {**right.signatures, **faithful.signatures}
        return self.totals


class Baselines:
    """The untuned model and the trivial answer on at most `size` seeded examples, and the tuned model on the same.

    Args:
        trainer: a Seq2SeqTrainer whose `score` is an Evaluator; its model is not yet trained.
        table: the features of the split that is scored at the end.
        trivial: row -> the answer that needs no model; its docstring's first words name it.
    """

    def __init__(self, trainer, table, trivial, seed, size=500):
        self.table = sample(table, size, seed)
        self.evaluator = trainer.score
        trainer.predict(self.table)
        self.results = {
            "rows": len(self.evaluator.rows),
            "trivial_name": trivial.__name__.replace("_", " "),
            "untuned": self.evaluator.totals,
            "trivial": self.evaluator.judge_trivial(trivial, self.table),
        }
        self.evaluator.rows = []  # nothing of the tuned model has been scored yet

    def with_tuned(self):
        """The results with the tuned model's, if the evaluator holds its predictions."""
        return {**self.results, **({"tuned": self.evaluator.judge_again(self.table)} if self.evaluator.rows else {})}


def _examples(table):
    """The rows of `table` in order, each with all its sources."""
    examples = {}
    for place, feature in enumerate(table.select_columns(["example", "row", "source"])):
        example = examples.setdefault(feature["example"], Example(feature["row"], [], []))
        example.sources.append(feature["source"])
        example.places.append(place)
    return list(examples.values())
