# SPDX-License-Identifier: Apache-2.0
"""Finished runs as the lab reads them: their record, their scores, their rows."""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from recipes import disk
from recipes.common import UserError, listed
from recipes.lab import significance
from recipes.lab.significance import Difference
from recipes.metrics import classes, entities, surprise
from recipes.metrics.scores import METRICS
from recipes.prediction import record_of

FILES = {"validation": ("eval", "eval_predictions.jsonl"), "test": ("predict", "predictions.jsonl")}
OF_CORPUS = ("bleu", "chrf", "ter")  # no means of rows


@dataclass
class Finished:
    """A run that is done, and what it made of a split.

    Args:
        split: "validation" or "test".
    """

    folder: Path
    split: str = "validation"
    name: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)  # metric -> value, and its _ci_low and _ci_high
    rows: list[dict[str, Any]] = field(default_factory=list)
    seconds_a_row: float = 0.0

    def __post_init__(self):
        self.folder = Path(self.folder)
        self.name = self.name or self.folder.name
        self.record = record_of(self.folder)
        prefix, file = FILES[self.split]
        found = disk.read_json(self.folder / f"{prefix}_results.json") or {}
        self.scores = {name.removeprefix(f"{prefix}_"): value for name, value in found.items() if prefix in name}
        try:
            with open(self.folder / file, encoding="utf-8") as lines:
                self.rows = [json.loads(line) for line in lines]
        except OSError:
            raise UserError(
                f"{self.folder}: no {file} in it: the run was not scored on its {self.split} split"
            ) from None
        except ValueError:
            raise UserError(f"{self.folder / file}: is not whole; bring it back, or train again") from None
        self.seconds_a_row = self.scores.get("runtime", 0.0) / max(len(self.rows), 1)

    @property
    def metric(self) -> str:
        """What the run chose its checkpoint by; its first metric, if that was the loss."""
        chosen = re.sub("^eval_", "", self.record["arguments"].get("metric_for_best_model") or "")
        return chosen if chosen in self.record["metrics"] else self.record["metrics"][0]

    @property
    def metrics(self) -> list[str]:
        return [name for name in self.record["metrics"] if name in self.scores]

    def difference(self, other: "Finished", metric: str) -> Difference:
        """How much more `other` has; both must be of the same rows."""
        if metric in OF_CORPUS:
            signature = self.record.get("signatures", {}).get("bleu", "")
            tokenizer = re.findall(r"tok:([\w-]+)", signature) or ["13a"]
            texts = [[row["prediction"] for row in one.rows] for one in (self, other)]
            return significance.of_corpus(metric, *texts, [references(row) for row in self.rows], tokenizer[0])
        if metric not in self.rows[0] or metric in self.counted:
            return self._of_sums(other, metric)
        values = [[row[metric] for row in one.rows] for one in (self, other)]
        return significance.of_rows(*values)

    @property
    def counted(self) -> Collection[str]:
        """Scores that are counted over all rows, and no means of what each row has."""
        kinds = [kind.PARTS for kind in (entities, surprise) if {*kind.PARTS} <= {*self.record.get("metrics", [])}]
        return kinds[0] if kinds else ()

    def of_rows(self, metric: str) -> str:
        """The score that each row has and that says most of `metric`: itself, or the run's first."""
        return metric if metric in self.rows[0] else next(name for name in self.metrics if name in self.rows[0])

    def _of_sums(self, other: "Finished", metric: str) -> Difference:
        """Of scores that are counted over all rows."""
        rows = [*self.rows, *other.rows]
        if metric in surprise.PARTS and metric in self.counted:
            return significance.of_sums(np.array(surprise.statistics_of(rows)), surprise.PARTS[metric])
        given, wanted = [row["prediction"] for row in rows], [references(row)[0] for row in rows]
        if metric in self.counted:
            counts, part = entities.statistics_of(given, wanted), entities.PARTS[metric]
            return significance.of_sums(np.array(counts), lambda sums: part(*sums))
        if self.record["settings"].get("multi_label"):
            given, wanted = ([text.split(", ") if text else [] for text in side] for side in (given, wanted))
        counts, _ = classes.statistics_of(given, wanted)
        average = metric.removeprefix("f1_")
        return significance.of_sums(np.array(counts), lambda sums: significance.f1_of_classes(sums, average))


def references(row: dict[str, Any]) -> list[str]:
    return [row["reference"]] if isinstance(row["reference"], str) else row["reference"]


def better(metric: str) -> bool:
    """Whether more of it is better."""
    return METRICS.get(metric, True)


def read_all(folders: Sequence[str | Path], split: str) -> list[Finished]:
    """Runs that were scored on the same rows, each with a name of its own.

    Raises:
        UserError: one is not done or was not scored, or they differ in their rows or in what they compute.
    """
    paths = [Path(folder) for folder in folders]
    named = [path.name if [one.name for one in paths].count(path.name) == 1 else str(path) for path in paths]
    runs = [Finished(path, split, name) for path, name in zip(paths, named, strict=True)]
    first, *more = runs
    for one in runs:
        if not one.metrics:
            raise UserError(f"{one.folder}: was not scored on its {split} split; try the other one")
    for one in more:
        if len(one.rows) != len(first.rows):
            raise UserError(
                f"{first.folder} has {len(first.rows)} {split} rows and {one.folder} {len(one.rows)}: only runs on the "
                "same rows can be compared; give both the same files, seed and limits"
            )
        pairs = zip(first.rows, one.rows, strict=True)
        others = [a["id"] for a, b in pairs if a["id"] != b["id"] or a["reference"] != b["reference"]]
        if others:
            raise UserError(
                f"{first.folder} and {one.folder} were scored on different {split} rows: {len(others)} differ, such as "
                f"id {listed(others[:3])}; give both the same files and seed"
            )
        if not set(first.metrics) & set(one.metrics):
            raise UserError(
                f"{first.folder} computes {', '.join(first.metrics)}, {one.folder} {', '.join(one.metrics)}: nothing "
                "to compare"
            )
    return runs
