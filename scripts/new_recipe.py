# SPDX-License-Identifier: Apache-2.0
"""Copy a recipe under a name of your own; it runs at once, under its own target.

make new NAME=headlines FROM=summarize
make headlines TRAIN=mine.csv
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import UserError
from recipes.shipping.new import ROOT, copy_recipe


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="of the copy, and of its target")
    parser.add_argument("--from", dest="original", required=True, help="summarize, qa ... or a recipe's file name")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository; by default this one")
    settings = parser.parse_args(argv)
    try:
        print(*copy_recipe(settings.name, settings.original, settings.root), sep="\n")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
