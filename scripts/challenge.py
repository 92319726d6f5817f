# SPDX-License-Identifier: Apache-2.0
"""The mini challenge: fine-tune on 100 articles, compare greedy with four beams, and read five examples.

    make challenge
    make challenge MODEL=google-t5/t5-small TRAIN=articles.csv VALIDATION=dev.csv

Both sides never say three tokens twice. The validation split is scored, with ROUGE-1, -2 and -L and their intervals;
the notes say what of the five outputs the source does not have. Every other flag goes to the recipe.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import running
from recipes.lab.challenge import challenge


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--out", type=Path, default=Path("outputs/challenge"))
    chosen, flags = parser.parse_known_args(argv)
    print("\n" + challenge(flags, chosen.out))


if __name__ == "__main__":
    sys.exit(running.command_line(main))
