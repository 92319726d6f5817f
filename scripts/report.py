# SPDX-License-Identifier: Apache-2.0
"""Rebuild a run's report page from the files of its folder.

    python scripts/report.py outputs/summarize_t5

The page needs nothing else: no model, no data, no network.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import running, show
from recipes.report import readable, write_report


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="+", help="a run's folder, such as outputs/summarize_t5")
    for folder in parser.parse_args(argv).folder:
        with readable(folder):
            show(write_report(folder))


if __name__ == "__main__":
    sys.exit(running.command_line(main))
