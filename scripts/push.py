# SPDX-License-Identifier: Apache-2.0
"""Put a finished run's model on the Hugging Face Hub: weights, adapter, tokenizer, and a card with its scores.

    make push RUN=outputs/summarize_t5 REPO=mine/summaries
    python scripts/push.py --run outputs/summarize_t5 --repo mine/summaries --private

No checkpoint, log, row of data or path of this machine goes with it. Log in first: hf auth login.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes.common import running
from recipes.shipping.push import push


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, type=Path, help="the folder of a run that is done")
    parser.add_argument("--repo", required=True, help="its name on the Hub, such as mine/summaries")
    parser.add_argument("--private", action="store_true", help="make a new repository private")
    given = parser.parse_args(argv)
    address, files = push(given.run, given.repo, given.private)
    print(f"pushed    {', '.join(files)}")
    print(f"look at   {address}")


if __name__ == "__main__":
    sys.exit(running.command_line(main))
