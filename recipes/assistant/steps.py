# SPDX-License-Identifier: Apache-2.0
"""The steps of the assistant, each a run of its recipe in a folder of its own; and whether a second round is equal."""

import filecmp
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from recipes import disk
from recipes.common import UserError
from recipes.lab import candidates
from recipes.lab.finished import Finished

# step -> (program, settings below configs/). The first needs no training: it is what the second has to beat.
STEPS = {
    "zero_shot": ("scripts/zero_shot.py", "embedded/zeroshot"),
    "category": ("recipes/neighbours/classify_distilbert.py", "embedded/classify"),
    "entities": ("recipes/neighbours/tag_bert.py", "embedded/tag"),
    "summary": ("recipes/summarize_t5.py", "assistant/summary"),
    "reply": ("recipes/text_to_text.py", "assistant/reply"),
}
CHAIN = ("category", "entities", "summary", "reply")  # what new feedback goes through; triage is the first two
RESULTS = ("eval_results.json", "predict_results.json", "baseline_results.json")
PREDICTIONS = ("eval_predictions.jsonl", "predictions.jsonl")
OF_TIME = re.compile(r"runtime|per_second|_time\b")


def train(folder: Path, flags: Sequence[str]) -> dict[str, Finished]:
    """Run every step, or go on where one stopped; a step that is done is taken as it is.

    Args:
        flags: for each recipe, beside its own settings.
    Raises:
        UserError: a step ended with an error; it says which, and its last line.
    """
    for name, (program, config) in STEPS.items():
        print(f"step      {name}: {program}", flush=True)
        settings = ["--config", str(candidates.ROOT / f"configs/{config}.yaml"), "--disable_tqdm", "True"]
        code = candidates.train(program, [*settings, *flags], folder / name)
        if code == 75:
            raise KeyboardInterrupt
        if code:
            raise UserError(
                f"{name}: exit {code}: {candidates.last_words(folder / name)}; {folder / name}.log has more"
            )
    return finished(folder)


def finished(folder: Path) -> dict[str, Finished]:
    """step -> its run, as it was scored on the test split."""
    return {name: Finished(folder / name, "test", name) for name in STEPS}


def verify(folder: Path, flags: Sequence[str]) -> str:
    """Run every step again, in a folder beside, and say that all figures and predictions are equal.

    Raises:
        UserError: some are not; the second round stays, to be looked at.
    """
    again, one = folder / "again", figures(folder)
    train(again, flags)
    two = figures(again)
    wrong = [
        f"{name}: {one.get(name)} then, {two.get(name)} now" for name in one | two if one.get(name) != two.get(name)
    ]
    files = [f"{step}/{name}" for step in STEPS for name in PREDICTIONS]
    wrong += [f"{name}: other predictions" for name in files if not filecmp.cmp(folder / name, again / name, False)]
    if wrong:
        raise UserError(*wrong, f"{again} is kept")
    shutil.rmtree(again)
    return f"verified  {len(one)} figures and the predictions of {len(STEPS)} steps are equal in a second round"


def figures(folder: Path) -> dict[str, float]:
    """All scores of all steps, without times."""
    found: dict[str, float] = {}
    for step in STEPS:
        for file in RESULTS:
            found |= _flat(f"{step} {file.removesuffix('_results.json')}", disk.read_json(folder / step / file) or {})
    return {name: value for name, value in found.items() if not OF_TIME.search(name)}


def _flat(before: str, value) -> dict[str, float]:
    if not isinstance(value, dict):
        return {before: value}
    return {name: one for key, inner in value.items() for name, one in _flat(f"{before} {key}", inner).items()}
