# SPDX-License-Identifier: Apache-2.0
"""Compare finished runs on the same rows: is one really better, where, and what differs between them?

    make compare A=outputs/summarize_t5 B=outputs/summarize_t5.1
    make compare RUNS="outputs/a outputs/b outputs/c" ARGS="--split test"
    python scripts/compare.py outputs/a outputs/b --metric rouge1

The validation split decides, unless --split test is given: look at that once, at the end.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import UserError, running
from recipes.lab.compare import compare


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", help="folders of runs that are done, two or more")
    parser.add_argument("--split", choices=("validation", "test"), default="validation")
    parser.add_argument("--metric", help="what decides; default: what the first run chose its checkpoint by")
    parser.add_argument("--page", type=Path, help="default: comparison.html in the last run's folder")
    chosen = parser.parse_args(argv)
    if len(chosen.runs) < 2:
        raise UserError("name two runs or more: make compare A=outputs/one B=outputs/other")
    print(compare(chosen.runs, chosen.split, chosen.metric, chosen.page or Path(chosen.runs[-1]) / "comparison.html"))


if __name__ == "__main__":
    sys.exit(running.command_line(main))
