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
    prediction: str = ""

    @property
    def variants(self) -> list[str]:
        """All texts that were made of the first source, where they are several; else the prediction."""
        texts = [output.text for output in self.outputs[0]] if self.outputs else []
        return texts if len(texts) > 1 else [self.prediction]


class Judge:
    """Scores a split; given to Seq2SeqTrainer as `compute_metrics`.

    After a call `rows` holds what was scored, the lines of predictions.jsonl; `totals` and `signatures` what came of
    it; `texts` what was generated, {feature: texts}; `baselines` what baseline_results.json holds so far.
    """

    def __init__(self, task: Task, settings, tokenizer: PreTrainedTokenizerBase, args: TrainingArguments):
        self.task, self.settings, self.tokenizer, self.args = task, settings, tokenizer, args
        self.finish = task.finish or first_output
        self.examples, self.rows, self.totals, self.signatures, self.texts, self.baselines = [], [], {}, {}, {}, {}

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
        config, known = self.args.generation_config, (self.settings, self.tokenizer)
        if self.task.decode:
            pairs = zip(made.predictions[first], table, strict=True)
            outputs = [[self.task.decode(answer, feature, *known)] for answer, feature in pairs]
        else:
            outputs = read_outputs(made.predictions[first], scores[first], self.tokenizer, config, chosen)
        self.texts = {int(n): [one.text for one in several] for n, several in zip(number, outputs, strict=True)}
        return {"loss": float(losses[first].sum() / tokens[first].sum()), **self.score_outputs(outputs, table)}

    def score_outputs(self, outputs: list[list[Output]], table: Dataset) -> dict[str, float]:
        """Keep and return what came of the outputs of each feature of `table`."""
        self.examples, self.rows = group_by_row(table, outputs), []
        for one in self.examples:
            one.prediction = self.finish(one.row, sum(one.outputs, []))
        found = self._ask_task(self.examples)
        for one, scores in zip(self.examples, found.rows, strict=True):
            texts = references(one.row, self.task.target)
            row = {"id": one.row["id"], "source": "\n".join(one.sources)}
            row |= {"reference": texts[0] if len(texts) == 1 else texts, "prediction": one.prediction, **scores}
            if len(one.variants) > 1:
                row["variants"] = one.variants
            row |= self.task.details(one.row, sum(one.outputs, [])) if self.task.details else {}
            row["hit_limit"] = any(output.hit_limit for several in one.outputs for output in several)
            self.rows.append(row)
        share = 100 * sum(row["hit_limit"] for row in self.rows) / len(self.rows)
        self.totals, self.signatures = found.totals | {"hit_limit": share}, found.signatures
        return self.totals

    def compare(self, trainer: transformers.Seq2SeqTrainer, table: Dataset) -> dict:
        """What baseline_results.json shall hold: scores of the untrained model and of the answer that needs none."""
        # A data loader draws a random number to begin with: being asked must not decide what is trained.
        devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
        with torch.random.fork_rng(devices):
            trainer.predict(table)
        examples, self.rows = group_by_row(table), []  # nothing of the tuned model has been scored yet
        for one in examples:
            one.prediction = self.task.trivial(one.row)
        name = str(self.task.trivial.__doc__).partition(":")[0].lower()
        told = {"rows": len(examples), "trivial_name": name, "untuned": self.totals}
        return told | {"trivial": self._ask_task(examples).totals}

    def tuned(self, table: Dataset) -> dict[str, float]:
        """The totals of the last call for the rows of `table` alone, which were among those scored then."""
        known = {one.row["id"]: one for one in self.examples}
        return self._ask_task([known[one.row["id"]] for one in group_by_row(table)]).totals

    def _ask_task(self, examples: list[Example]):
        """The task's scores, as metrics/scores.py has them."""
        wanted = [references(one.row, self.task.target) for one in examples]
        rows = [one.row | {"variants": one.variants} for one in examples]
        return self.task.score([one.prediction for one in examples], wanted, rows, self.settings)


def group_by_row(table: Dataset, outputs: list[list[Output]] | None = None) -> list[Example]:
    """The rows of `table` in order, each with all its sources and, if given, the outputs of each feature."""
    examples = {}
    for place, feature in enumerate(table.select_columns(["example", "row", "source"])):
        one = examples.setdefault(feature["example"], Example(feature["row"]))
        one.sources.append(feature["source"])
        if outputs is not None:
            one.outputs.append(outputs[place])
    return list(examples.values())
