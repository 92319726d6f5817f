# SPDX-License-Identifier: Apache-2.0
"""Try other decodings on a finished model: what each costs and brings on the validation split, and which to take.

    make decode RUN=outputs/summarize_t5
    make decode RUN=outputs/summarize_t5 GRID="num_beams=2,4,8 length_penalty=0.8,1.0"
    make decode RUN=outputs/summarize_t5 ARGS="--presets greedy concise-factual --rows 200"
    make decode RUN=outputs/summarize_t5 ARGS="--apply beam"

The test split is never looked at. --apply writes a decoding that was tried into the model's generation_config.json.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import running
from recipes.lab import candidates, decode


def main(argv=None):
    known = candidates.PRESETS
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, type=Path, help="the folder of a run that is done")
    parser.add_argument("--presets", nargs="*", help=f"of {', '.join(known['presets'])}; default: the usual ones")
    parser.add_argument("--grid", default="", help="name=value,value ...: every combination; then no preset by itself")
    parser.add_argument("--rows", type=int, default=500, help="the first N validation rows")
    parser.add_argument("--apply", help="a decoding that was tried, by its name")
    chosen = parser.parse_args(argv)
    if chosen.apply:
        print(decode.apply(chosen.run, chosen.apply))
        return
    usual = [] if chosen.grid else known["usual"]
    said, _ = decode.decode(chosen.run, usual if chosen.presets is None else chosen.presets, chosen.grid, chosen.rows)
    print(f"\n{said}")


if __name__ == "__main__":
    sys.exit(running.command_line(main))
