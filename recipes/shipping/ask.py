# SPDX-License-Identifier: Apache-2.0
"""python -m recipes.shipping.ask FOLDER SOURCES ANSWER: what a run or an export makes of sources, and how fast."""

import argparse
import json
import sys
import time
from pathlib import Path

from recipes import disk
from recipes.common import running
from recipes.prediction import Predictor

WEIGHTS = ("*.safetensors", "*.bin", "*.onnx")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sources", type=Path)
    parser.add_argument("answer", type=Path)
    parser.add_argument("--trust_recipe", action="store_true")
    given = parser.parse_args(argv)
    predictor = Predictor(given.folder, device="cpu", trust_recipe=given.trust_recipe)
    predictor.decode(do_sample=False, num_return_sequences=1)
    ids = predictor.encode_sources(json.loads(given.sources.read_text(encoding="utf-8")))
    predictor.generate(ids[: predictor.batch_size])  # the first batch pays for what is set up once
    began = time.perf_counter()
    outputs = [several[0] for several in predictor.generate(ids)]
    seconds = time.perf_counter() - began
    weights = [path for pattern in WEIGHTS for path in given.folder.glob(pattern)]
    found = {"texts": [one.text for one in outputs], "scores": [one.score for one in outputs], "seconds": seconds}
    disk.write_json(given.answer, found | {"megabytes": round(sum(path.stat().st_size for path in weights) / 1e6, 2)})


if __name__ == "__main__":
    sys.exit(running.command_line(main))
