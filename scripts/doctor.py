# SPDX-License-Identifier: Apache-2.0
"""Look at data, checkpoint and set-up before an hour of training: what is wrong, where, and what to do about it.

    make doctor TASK=summarize                                      the bundled data and model
    make doctor TASK=summarize MODEL=google-t5/t5-small TRAIN=mine.csv VALIDATION=dev.csv
    python scripts/doctor.py summarize --train_file mine.csv --strict --json
    python scripts/doctor.py recipes/headlines.py --train_file mine.csv --write_clean cleaned --overfit 64

Beside its own flags it takes those of the recipe. It ends with 0 where all is well, or for warnings; 2 for failures.
"""

import argparse
import contextlib
import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import UserError, console
from recipes.doctor import cleaning, visit


def parse(argv=None):
    """(the doctor's own flags, those of the recipe)"""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("recipe", help="summarize, qa ..., the name of a recipe of your own, or its file")
    parser.add_argument("--strict", action="store_true", help="warnings are failures")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON, and nothing else")
    parser.add_argument("--write_clean", type=Path, metavar="OUT", help="a new folder for a copy without bad rows")
    parser.add_argument(
        "--overfit", type=int, default=0, metavar="N", help="learn N rows by heart: does it work at all?"
    )
    return parser.parse_known_args(argv)


def main(argv=None):
    settings, flags = parse(argv)
    try:
        if settings.write_clean:
            cleaning.check_folder(settings.write_clean)
        module = visit.find_recipe(settings.recipe)
        console.quiet()
        with contextlib.redirect_stdout(sys.stderr if settings.json else sys.stdout):
            patient, findings = visit.visit(module, flags, settings.overfit)
            if not settings.json:
                visit.show(patient, findings)
            if settings.write_clean and patient is not None:
                print(*cleaning.write_clean(settings.write_clean, patient, findings), sep="\n")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    code = visit.verdict(findings, settings.strict)
    if settings.json:
        print(
            json.dumps({"exit_code": code, "findings": [one.record for one in findings]}, indent=2, ensure_ascii=False)
        )
    return code


if __name__ == "__main__":
    sys.exit(main())
