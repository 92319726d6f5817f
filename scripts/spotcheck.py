# SPDX-License-Identifier: Apache-2.0
"""Let people judge outputs: a sheet to fill in, read back from one rater or several; a blind one for two runs.

make spotcheck RUN=outputs/summarize_t5                                writes spot_check_test.csv in it
make spotcheck RUN=outputs/summarize_t5 FILLED="ann.csv bo.csv"        means, intervals, agreement; into the report
make spotcheck A=outputs/a B=outputs/b                                 which is better, without knowing which is whose
make spotcheck KEY=blind.csv.key.json FILLED="ann.csv bo.csv"
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import UserError, running
from recipes.lab import review
from recipes.lab.finished import Finished


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="the folder of a run that is done")
    parser.add_argument("--blind", nargs=2, type=Path, help="two such folders")
    parser.add_argument("--filled", nargs="+", type=Path, help="sheets that were filled in, one a rater")
    parser.add_argument("--key", type=Path, help="what was written beside a blind sheet")
    parser.add_argument("--sheet", type=Path, help="a new CSV file")
    parser.add_argument("--split", choices=("test", "validation"), default="test")
    parser.add_argument("--size", type=int, default=50, help="rows")
    parser.add_argument("--encoding", help="of filled sheets that are not UTF-8, such as cp1252")
    parser.add_argument("--seed", type=int, default=42)
    chosen = parser.parse_args(argv)
    if chosen.key and chosen.filled:
        print(review.read_blind(chosen.filled, chosen.key, chosen))
    elif chosen.run and chosen.filled:
        print(review.read_filled(chosen.filled, Finished(chosen.run, chosen.split), chosen))
    elif chosen.run:
        sheet = chosen.sheet or chosen.run / f"spot_check_{chosen.split}.csv"
        print(review.write_sheet(Finished(chosen.run, chosen.split), sheet, chosen.size, chosen.seed))
    elif chosen.blind:
        sheet = chosen.sheet or Path("blind.csv")
        print(review.write_blind(chosen.blind, chosen.split, sheet, chosen.size, chosen.seed))
    else:
        raise UserError("name a run, or two: make spotcheck RUN=outputs/summarize_t5, or A=outputs/a B=outputs/b")


if __name__ == "__main__":
    sys.exit(running.command_line(main))
