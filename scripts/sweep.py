# SPDX-License-Identifier: Apache-2.0
"""Train a recipe with every combination of some settings, and say which to take.

    make sweep RECIPE=summarize GRID="learning_rate=1e-3,2e-3,4e-3 seed=1,2"
    make sweep RECIPE=translate GRID="lora_r+learning_rate=16+5e-3,0+2e-3 seed=1,2,3"
    make sweep RECIPE=summarize TRAIN=mine.csv GRID="model_name_or_path=google-t5/t5-small,google-t5/t5-base"

The same command goes on where it was stopped. The validation split decides; the test split is not scored. Every other
flag goes to all runs.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import running
from recipes.lab import sweep


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--recipe", required=True, help="summarize, or the name of a recipe's file")
    parser.add_argument("--grid", required=True, help="name=value,value ...; one+other=1+a,2+b change together")
    parser.add_argument("--out", type=Path, help="the folder of the runs; default: outputs/sweep_RECIPE")
    chosen, flags = parser.parse_known_args(argv)
    recipe = sweep.recipe_named(chosen.recipe)
    out = chosen.out or Path("outputs") / f"sweep_{recipe}"
    said = sweep.sweep(recipe, chosen.grid, flags, out)
    print(f"\n{said}")


if __name__ == "__main__":
    sys.exit(running.command_line(main))
