# SPDX-License-Identifier: Apache-2.0
"""Use a trained model on new rows: one line of JSON per row, in their order.

    make predict RUN=outputs/summarize_t5 INPUT=new.jsonl OUTPUT=out.jsonl
    python scripts/predict.py --run outputs/summarize_t5 --input new.csv --output out.jsonl

The input needs the columns of the source, not those of the target. Any recipe's run will do.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes import prediction
from recipes.common import running
from recipes.common.running import ending


def parse(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, help="the output folder of a run that is done")
    parser.add_argument("--input", required=True, help="csv, tsv, json, jsonl, xlsx, parquet, arrow; text also as .gz")
    parser.add_argument("--output", required=True, type=Path, help="a new file of JSON lines")
    parser.add_argument("--batch_size", type=int, help="sources at a time; default: as in the run")
    parser.add_argument(
        "--trust_recipe", action="store_true", help="run the folder's recipe.py and model code, anybody's"
    )
    return parser.parse_args(argv)


def main(argv=None):
    settings = parse(argv)
    with prediction.Unfinished(settings.output) as unfinished:
        predictor = prediction.Predictor(settings.run, settings.batch_size, trust_recipe=settings.trust_recipe)
        rows, notes = predictor.read(settings.input)
        changed = predictor.changed()
        for note in [changed, *notes] if changed else notes:
            print(f"note      {note}")
        print(f"{settings.run} on {settings.input}, {len(rows):,} rows", flush=True)
        ending.install()
        # Until all is done, finished batches are kept here: the same command goes on after them.
        journal = prediction.Journal(unfinished.journal, predictor.identity(rows))
        if journal:
            print(f"goes on   after {len(journal):,} batches in {journal.path}", flush=True)
        unfinished.finish(predictor.predict(rows, progress=True, journal=journal))
    print(f"wrote     {settings.output}")


if __name__ == "__main__":
    sys.exit(running.command_line(main))
