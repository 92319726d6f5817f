# SPDX-License-Identifier: Apache-2.0
"""Generated texts to predictions and scores, against the references as the data has them."""

from recipes.common.features import references, sample


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

    def __call__(self, texts, table):
        """Score one generated text per feature of `table`.

        Returns:
            {metric: value} with intervals; `rows` then has one entry per row of the data, in input order.
        """
        rows, sources, outputs = [], [], []
        previous = None
        columns = table.select_columns(["example", "row", "source"])
        for text, feature in zip(texts, columns, strict=True):
            if feature["example"] != previous:
                rows.append(feature["row"])
                sources.append(feature["source"])
                outputs.append([])
            outputs[-1].append(text)
            previous = feature["example"]
        predictions = [self.finish(row, texts) for row, texts in zip(rows, outputs, strict=True)]
        return self._judge(rows, sources, predictions)

    def judge_trivial(self, trivial, table):
        """Score `trivial(row)`, the answer that needs no model, on the examples of `table`."""
        rows = _rows(table)
        return self._judge(rows, [""] * len(rows), [trivial(row) for row in rows])

    def judge_again(self, table):
        """Score the examples of `table` with the predictions of the last call, which held them all."""
        predictions = {row["id"]: row["prediction"] for row in self.rows}
        rows = _rows(table)
        wanted = [references(row, self.target) for row in rows]
        return self.score([predictions[row["id"]] for row in rows], wanted).totals

    def _judge(self, rows, sources, predictions):
        wanted = [references(row, self.target) for row in rows]
        result = self.score(predictions, wanted)
        self.signatures = result.signatures
        self.rows = [
            {
                "id": row["id"],
                "source": source,
                "reference": texts[0] if len(texts) == 1 else texts,
                "prediction": text,
                **scores,
            }
            for row, source, texts, text, scores in zip(rows, sources, wanted, predictions, result.rows, strict=True)
        ]
        self.totals = dict(result.totals)
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

    def with_tuned(self):
        """The results with the tuned model's, whose predictions the evaluator holds."""
        return {**self.results, "tuned": self.evaluator.judge_again(self.table)}


def _rows(table):
    """The rows of `table`, once each, in order."""
    columns = table.select_columns(["example", "row"])
    return list({feature["example"]: feature["row"] for feature in columns}.values())
