# SPDX-License-Identifier: Apache-2.0
"""Which names of old code transformers 5 no longer has, and what to write instead; nothing of it is run or changed.

make port FILE=old.py
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import UserError
from recipes.shipping.port import port


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="a .py, a notebook, or a page with blocks of Python")
    path = parser.parse_args(argv).file
    try:
        found = port(path)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for line, name, instead in found:
        print(f"{path}:{line}: {name} -> {instead}")
    print(f"{len(found)} names are gone" if found else "every name that was looked up is still there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
