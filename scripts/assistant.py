# SPDX-License-Identifier: Apache-2.0
"""A customer-feedback assistant: category and entities by an encoder, summary and reply by a T5 with LoRA.

    make assistant                                          train and score every step on the bundled feedback
    make assistant ARGS=--verify                            run it again: are all figures equal?
    make assistant PREDICT=new.csv OUTPUT=out.jsonl         new feedback through all steps
    python scripts/assistant.py --train_file mine.jsonl --validation_file dev.jsonl --test_file test.jsonl

Each step is a run of its own recipe in outputs/assistant/STEP, with its own report; a zero-shot one comes first. What
was interrupted goes on with the same command. Other flags go to each recipe; with PREDICT= they say how the file is
read, such as --on_bad_row skip. Its other columns stay in the output.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.assistant import chain, page, steps
from recipes.common import UserError, running


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--out", type=Path, default=Path("outputs/assistant"), help="default: %(default)s")
    parser.add_argument("--verify", action="store_true", help="run every step again and compare all figures")
    parser.add_argument("--predict", type=Path, help="new feedback, of any kind of file, with a column `text`")
    parser.add_argument("--output", type=Path, help="a new .jsonl")
    chosen, flags = parser.parse_known_args(argv)
    if bool(chosen.predict) != bool(chosen.output):
        raise UserError("--predict and --output: give both, as in make assistant PREDICT=new.csv OUTPUT=out.jsonl")
    if chosen.predict:
        count = chain.predict(chosen.out, chosen.predict, chosen.output, flags)
        print(f"wrote     {chosen.output}: {count:,} rows")
        return
    made = steps.train(chosen.out, flags)
    print("\n" + page.write(chosen.out, made))
    if chosen.verify:
        print(steps.verify(chosen.out, flags))


if __name__ == "__main__":
    sys.exit(running.command_line(main))
