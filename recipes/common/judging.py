# SPDX-License-Identifier: Apache-2.0
"""What was generated, to predictions and scores, against the references as the data has them."""

from dataclasses import dataclass, field

import numpy as np
import torch
import transformers
from datasets import Dataset
from transformers import PreTrainedTokenizerBase, TrainingArguments
from transformers.trainer_utils import EvalPrediction

from recipes.common.decoding import Output, first_output, read_outputs
from recipes.common.features import references
from recipes.common.tasks import Task


@dataclass
class Example:
    """A row of the data with all that was made of it: `outputs` has a list for each of its sources."""

    row: dict
    sources: list[str] = field(default_factory=list)
    outputs: list[list[Output]] = field(default_factory=list)


class Judge:
    """Scores a split; given to Seq2SeqTrainer as `compute_metrics`.

    After a call `rows` holds what was scored, the lines of predictions.jsonl; `totals` and `signatures` what came of
    it; `texts` what was generated, {feature: texts}; `baselines` what baseline_results.json holds so far.
    """

    def __init__(self, task: Task, settings, tokenizer: PreTrainedTokenizerBase, args: TrainingArguments):
        self.task, self.settings, self.tokenizer, self.args = task, settings, tokenizer, args
        self.finish = task.finish or first_output
        self.rows, self.totals, self.signatures, self.texts, self.baselines = [], {}, {}, {}, {}

    def __call__(self, made: EvalPrediction, table: Dataset) -> dict[str, float]:
        """Score each feature of `table` once, in its order, whatever the sampler and the processes (traps 7, 8, 9).

        Args:
            made: as Seq2SeqTrainer.prediction_step gives it, in any order, with repetitions.
        Returns:
            {metric: value} with intervals, and the loss, a mean over tokens (trap 24).
        Raises:
            RuntimeError: a feature was not evaluated.
        """
        number, losses, tokens, scores = (np.asarray(part) for part in made.label_ids)
        # Processes get equal shares by repeating rows: np.unique keeps the first of each number, in order.
        number, first = np.unique(number, return_index=True)
        if len(number) != len(table):
            raise RuntimeError(f"evaluated {len(number)} of {len(table)} features")
        chosen = len(table.unique("example")) < len(table)  # some row has several sources to choose among
        config = self.args.generation_config
        outputs = read_outputs(made.predictions[first], scores[first], self.tokenizer, config, chosen)
        self.texts = {int(n): [one.text for one in several] for n, several in zip(number, outputs, strict=True)}
        return {"loss": float(losses[first].sum() / tokens[first].sum()), **self.score_outputs(outputs, table)}

    def score_outputs(self, outputs: list[list[Output]], table: Dataset) -> dict[str, float]:
        """Keep and return what came of the outputs of each feature of `table`."""
        examples = group_by_row(table, outputs)
        self._score(examples, [self.finish(one.row, sum(one.outputs, [])) for one in examples])
        for row, one in zip(self.rows, examples, strict=True):
            if len(one.outputs[0]) > 1:
                row["variants"] = [output.text for output in one.outputs[0]]
            row["hit_limit"] = any(output.hit_limit for several in one.outputs for output in several)
        self.totals["hit_limit"] = 100 * sum(row["hit_limit"] for row in self.rows) / len(self.rows)
        return self.totals

    def compare(self, trainer: transformers.Seq2SeqTrainer, table: Dataset) -> dict:
        """Score the untrained model and the answer that needs none on the rows of `table`.

        Returns:
            What baseline_results.json shall hold.
        """
        # A data loader draws a random number to begin with: being asked must not decide what is trained.
        devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
        with torch.random.fork_rng(devices):
            trainer.predict(table)
        untuned = self.totals
        examples = group_by_row(table)
        self._score(examples, [self.task.trivial(one.row) for one in examples])
        name = str(self.task.trivial.__doc__).partition(":")[0].lower()
        self.rows = []  # nothing of the tuned model has been scored yet
        return {"rows": len(examples), "trivial_name": name, "untuned": untuned, "trivial": self.totals}

    def tuned(self, table: Dataset) -> dict[str, float]:
        """The totals of the last call for the rows of `table` alone, which were among those scored then."""
        known = {row["id"]: row for row in self.rows}
        rows = [one.row for one in group_by_row(table)]
        predictions = [known[row["id"]]["prediction"] for row in rows]
        texts = [known[row["id"]].get("variants", [known[row["id"]]["prediction"]]) for row in rows]
        return self._ask_task(rows, predictions, texts)[1].totals

    def _score(self, examples: list[Example], predictions: list[str]) -> None:
        rows = [one.row for one in examples]
        first = [[output.text for output in one.outputs[0]] if one.outputs else [] for one in examples]
        variants = [
            texts if len(texts) > 1 else [prediction] for texts, prediction in zip(first, predictions, strict=True)
        ]
        wanted, found = self._ask_task(rows, predictions, variants)
        self.rows = [
            {
                "id": one.row["id"],
                "source": "\n".join(one.sources),
                "reference": texts[0] if len(texts) == 1 else texts,
                "prediction": prediction,
                **scores,
            }
            for one, texts, prediction, scores in zip(examples, wanted, predictions, found.rows, strict=True)
        ]
        self.totals, self.signatures = dict(found.totals), found.signatures

    def _ask_task(self, rows: list[dict], predictions: list[str], variants: list[list[str]]):
        """(the references of each row, the task's scores)."""
        wanted = [references(row, self.task.target) for row in rows]
        given = [row | {"variants": texts} for row, texts in zip(rows, variants, strict=True)]
        return wanted, self.task.score(predictions, wanted, given, self.settings)


def group_by_row(table: Dataset, outputs: list[list[Output]] | None = None) -> list[Example]:
    """The rows of `table` in order, each with all its sources and, if given, the outputs of each feature."""
    examples = {}
    for place, feature in enumerate(table.select_columns(["example", "row", "source"])):
        one = examples.setdefault(feature["example"], Example(feature["row"]))
        one.sources.append(feature["source"])
        if outputs is not None:
            one.outputs.append(outputs[place])
    return list(examples.values())
