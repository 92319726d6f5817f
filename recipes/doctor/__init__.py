# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the data, the checkpoint and the set-up, said before the first step.

`look` stands in every recipe, before training: the checks that take a second for 10,000 rows. scripts/doctor.py, which
is `make doctor`, runs the same recipe up to there, and then some steps of training. The checks with their sentences and
remedies are in checks.yaml.
"""

from transformers import PreTrainedTokenizerBase

from recipes.common import UserError, console
from recipes.common.features import Tables
from recipes.common.reading import Splits
from recipes.common.running import Run
from recipes.doctor import screen, visit
from recipes.doctor.findings import table
from recipes.doctor.patient import Patient
from recipes.machines import processes

__all__ = ["look"]


def look(run: Run, splits: Splits, tables: Tables, model, tokenizer: PreTrainedTokenizerBase) -> None:
    """Say what will be trained on, and what is wrong with it; run.json and the report keep the findings.

    Raises:
        UserError: what is wrong would make the run worthless. A warning stops nothing.
    """
    patient = Patient(run.task, run.settings, run.args, splits, tables, model, tokenizer)
    if visit.waiting is not None:
        return visit.waiting.meet(run, patient)
    screen.describe(patient)
    run.record["lengths"] = tables.lengths  # for the estimate of the memory
    failures = processes.from_first_process(lambda: _look(run, patient))
    if run.settings.dry_run:
        screen.show_example(tables["train"][0], tokenizer, run.settings, run.args)
        console.say(run.args, *screen.side_by_side(patient))
    if failures:
        raise UserError(*failures)
    return None


def _look(run: Run, patient: Patient) -> list[str]:
    """A sentence for each failure."""
    findings = visit.examine(patient)
    run.record["doctor"] = [one.record for one in findings]
    console.say(run.args, *table(findings))
    return [f"{one.said}; {one.remedy}" for one in findings if one.level == "fail"]
