# SPDX-License-Identifier: Apache-2.0
"""What does the model do without training? Asked as it is, and with solved examples before each question.

    make baseline RECIPE=summarize K=3
    make baseline RECIPE=qa MODEL=google/flan-t5-base TRAIN=mine.csv
    make baseline RUN=outputs/summarize_t5

Scored like a run, each with its report. With RUN= the run's own base model is asked about the run's own rows, and its
table shows the answer. Every other flag goes to the recipe.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import UserError, running
from recipes.lab import baseline, sweep


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--recipe", help="summarize, or the name of a recipe's file")
    parser.add_argument("--run", type=Path, help="a run that is done, whose table shall show the baseline")
    parser.add_argument("--shots", type=int, default=3, help="solved examples before each question; 0: none")
    parser.add_argument("--out", type=Path, help="default: outputs/baseline_RECIPE, or in the run's folder")
    chosen, flags = parser.parse_known_args(argv)
    if bool(chosen.run) == bool(chosen.recipe):
        raise UserError("name a recipe or a run: make baseline RECIPE=summarize, or RUN=outputs/summarize_t5")
    if not 0 <= chosen.shots <= 100:
        raise UserError(f"--shots {chosen.shots}: must be at least 0, at most 100")
    if chosen.run:
        recipe, own, with_test = baseline.flags_of_run(chosen.run)
        flags = own + flags
    else:
        recipe, with_test = sweep.recipe_named(chosen.recipe), False
    out = chosen.out or (chosen.run / "baseline" if chosen.run else Path("outputs") / f"baseline_{recipe}")
    print("\n" + baseline.baseline(recipe, flags, chosen.shots, out, with_test))
    if chosen.run and chosen.shots:
        print(baseline.add_to_run(chosen.run, out / f"{chosen.shots}_shot", f"{chosen.shots}-shot"))


if __name__ == "__main__":
    sys.exit(running.command_line(main))
