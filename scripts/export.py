# SPDX-License-Identifier: Apache-2.0
"""Write a finished run's model in another form, and prove it: its texts are compared with the trained model's.

    make export RUN=outputs/summarize_t5 FORMAT=ctranslate2 PRECISION=int8
    make export RUN=outputs/summarize_t5 FORMAT=merged PRECISION=bf16
    make predict RUN=outputs/summarize_t5/export/ctranslate2-int8 INPUT=new.jsonl OUTPUT=out.jsonl

merged: a plain folder of transformers; ctranslate2: a fast engine without torch; onnx: two graphs without a cache.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import UserError, running
from recipes.shipping import export


def parse(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, type=Path, help="the folder of a run that is done")
    parser.add_argument("--format", required=True, choices=export.FORMATS)
    parser.add_argument("--precision", default="fp32", choices=export.TOLERANCE)
    parser.add_argument("--output", type=Path, help="a new folder; default: RUN/export/FORMAT-PRECISION")
    parser.add_argument("--rows", type=int, default=200, help="of the run's own sources, the first, are compared")
    allowed = ", ".join(f"{name} {share:g}" for name, share in export.TOLERANCE.items())
    parser.add_argument("--tolerance", type=float, help=f"percent of the texts that may differ; default: {allowed}")
    parser.add_argument(
        "--patience", type=float, help="of CTranslate2's beams: 4 is the library's search, 1 the fastest"
    )
    parser.add_argument(
        "--trust_recipe", action="store_true", help="run the folder's recipe.py and model code, anybody's"
    )
    return parser.parse_args(argv)


def main(argv=None):
    given = parse(argv)
    if given.rows < 1:
        raise UserError(f"--rows {given.rows}: must be at least 1")
    made = export.export(
        given.run, given.format, given.precision, given.output, given.rows, given.tolerance, given.patience,
        given.trust_recipe,
    )  # fmt: skip
    print(export.told(made))
    print(f"wrote     {made['folder']}")


if __name__ == "__main__":
    sys.exit(running.command_line(main))
