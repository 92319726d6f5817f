# SPDX-License-Identifier: Apache-2.0
"""Use a trained model on new rows: a prediction for each, in their order.

    make predict RUN=outputs/summarize_t5 INPUT=new.jsonl OUTPUT=out.jsonl
    make predict RUN=outputs/summarize_t5 INPUT=letters.txt OUTPUT=summaries.csv ARGS="--preset careful"
    make try RUN=outputs/summarize_t5
    python scripts/predict.py --run outputs/summarize_t5 --input - --output - < letters.txt
    python scripts/predict.py --model google-t5/t5-small --source "summarize: {text}" --input a.txt --output b.jsonl

The input needs the columns of the source, not those of the target. Any recipe's run will do, its adapter/ folder, and
what `make export` made of it. How the input is read is said by the flags of training, such as --text_column body,
--on_bad_row skip, --encoding cp1252, --delimiter ";", --columns en,de.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import running
from recipes.shipping import using


def parse(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--run", type=Path, help="the folder of a run that is done, of its adapter or of an export")
    model.add_argument("--model", help="a name on the Hub or a folder, without a run; needs --source")
    parser.add_argument("--source", help='what --model reads, such as "summarize: {text}"')
    parser.add_argument("--max_source_length", type=int, help="tokens of a source for --model (512)")
    parser.add_argument("--input", help="csv tsv json jsonl xlsx parquet arrow; .txt: a line a row; - is stdin")
    parser.add_argument("--output", help="a new .jsonl, .csv, .tsv or .txt; - prints a line a row")
    parser.add_argument("--keep_columns", action="store_true", help="the input's columns in the output, too")
    parser.add_argument("--ask", action="store_true", help="ask on the terminal, instead of --input and --output")
    parser.add_argument("--batch_size", type=int, help="sources at a time; default: as fits a GPU, else as in the run")
    parser.add_argument("--preset", choices=using.PRESETS, default="as trained", help=using.described_presets())
    for name, kind in using.SWITCHES.items():
        parser.add_argument(f"--{name}", type=kind, help="as transformers.GenerationConfig has it")
    parser.add_argument("--glossary", type=Path, help="a table of source and target: words that outputs must have")
    parser.add_argument("--seed", type=int, help="of outputs that are drawn; default: the run's")
    parser.add_argument(
        "--trust_recipe", action="store_true", help="run the folder's recipe.py and model code, anybody's"
    )
    settings, settings.reading = parser.parse_known_args(argv)
    return settings


def main(argv=None):
    settings = parse(argv)
    using.ask(settings) if settings.ask else using.predict(settings)


if __name__ == "__main__":
    sys.exit(running.command_line(main))
