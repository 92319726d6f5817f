# SPDX-License-Identifier: Apache-2.0
"""Show a finished run to a colleague: a page on this machine alone, in which it answers.

make demo RUN=outputs/summarize_t5
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import UserError, running


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, type=Path, help="the folder of a run that is done, or of an export")
    parser.add_argument("--port", type=int, help="default: the first that is free from 7860 on")
    parser.add_argument(
        "--trust_recipe", action="store_true", help="run the folder's recipe.py and model code, anybody's"
    )
    given = parser.parse_args(argv)
    try:
        from recipes.shipping import demo
    except ModuleNotFoundError as error:
        need = "pip install -r requirements-demo.txt, or make demo"
        raise UserError(f"the page needs the package {error.name}, which is not installed: {need}") from None
    demo.serve(given.run, given.port, given.trust_recipe)


if __name__ == "__main__":
    sys.exit(running.command_line(main))
