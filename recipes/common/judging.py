# SPDX-License-Identifier: Apache-2.0
"""Generated texts to predictions and scores, against the references as the data has them."""

import itertools
import json
from collections import namedtuple

import torch
import transformers

from recipes.common.cache import remembered, spelled_out, weights
from recipes.common.decoding import Output, first_output
from recipes.common.features import references, sample
from recipes.metrics.faithfulness import score_faithfulness
from recipes.metrics.scores import Scores

Example = namedtuple("Example", "row sources places")  # a row of the data, and where its features stand in the table


class Evaluator:
    """Scores a split; given to Seq2SeqTrainer as `score`. After each call `rows` holds what was scored.

    Args:
        score: (predictions, references, rows, variants) -> scores.Scores. One prediction per row of the data; a list of
            texts as its references; the row itself; and all the texts that were generated for it.
        target: the target template.
        finish: (row, outputs) -> prediction, from the decoding.Output of all the row's sources.
        faithfulness: whether an output should say only what its source says; "figures" where it does so in another
            language, and only numbers, dates, amounts and codes can be compared.
    """

    def __init__(self, score, target, finish=first_output, faithfulness=True):
        self.score, self.target, self.finish, self.faithfulness = score, target, finish, faithfulness
        self.rows, self.totals, self.signatures = [], {}, {}

    def __call__(self, outputs, table):
        """Score what was generated.

        Args:
            outputs: a list of decoding.Output per feature of `table`.
        Returns:
            {metric: value} with intervals; `rows` then has one entry per row of the data, in input order.
        """
        examples = _examples(table)
        made = [[output for place in example.places for output in outputs[place]] for example in examples]
        predictions = [self.finish(example.row, several) for example, several in zip(examples, made, strict=True)]
        several = any(len(outputs[example.places[0]]) > 1 for example in examples)
        variants = [[output.text for output in outputs[example.places[0]]] for example in examples]
        self._judge(examples, predictions, variants if several else [[text] for text in predictions])
        for entry, texts, generated in zip(self.rows, variants, made, strict=True):
            entry |= {"variants": texts} if several else {}
            entry["hit_limit"] = any(output.hit_limit for output in generated)
        self.totals["hit_limit"] = 100 * sum(entry["hit_limit"] for entry in self.rows) / len(self.rows)
        return self.totals

    def judge_trivial(self, trivial, table):
        """Score `trivial(row)`, the answer that needs no model, on the examples of `table`."""
        examples = _examples(table)
        predictions = [trivial(example.row) for example in examples]
        return self._judge(examples, predictions, [[text] for text in predictions])

    def judge_again(self, table):
        """Score the examples of `table` with the predictions of the last call, which held them all."""
        known = {entry["id"]: entry for entry in self.rows}
        rows = [example.row for example in _examples(table)]
        predictions = [known[row["id"]]["prediction"] for row in rows]
        variants = [known[row["id"]].get("variants", [text]) for row, text in zip(rows, predictions, strict=True)]
        return self.score(predictions, [references(row, self.target) for row in rows], rows, variants).totals

    def _judge(self, examples, predictions, variants):
        wanted = [references(example.row, self.target) for example in examples]
        sources = ["\n".join(example.sources) for example in examples]
        right = self.score(predictions, wanted, [example.row for example in examples], variants)
        faithful = Scores(rows=[{}] * len(examples))
        if self.faithfulness:
            faithful = score_faithfulness(predictions, sources, figures_only=self.faithfulness == "figures")
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
        self._score_untuned(trainer)
        self.results = {
            "rows": len(self.evaluator.rows),
            "trivial_name": trivial.__name__.replace("_", " "),
            "untuned": self.evaluator.totals,
            "trivial": self.evaluator.judge_trivial(trivial, self.table),
        }
        self.evaluator.rows = []  # nothing of the tuned model has been scored yet

    def _score_untuned(self, trainer):
        """Generate, unless the same weights have answered the same sources before, as when a run is tried again."""
        args = trainer.args
        how = {
            "decoding": args.generation_config.to_dict(),
            "batch": (args.per_device_eval_batch_size, args.world_size, args.seed, str(args.device)),
            "versions": (torch.__version__, transformers.__version__),
        }
        asked = json.dumps(self.table.select_columns(["input_ids", "example"])[:])
        told = itertools.chain(
            [json.dumps(how, default=str), asked, spelled_out(trainer.processing_class)], weights(trainer.model)
        )
        # A data loader draws a random number to begin with: whether it had to be asked must not decide what is trained.
        devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
        with torch.random.fork_rng(devices):
            outputs = remembered(told, lambda: trainer.predict(self.table).predictions)
        if not self.evaluator.rows:
            self.evaluator([[Output(*one) for one in several] for several in outputs], self.table)

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
