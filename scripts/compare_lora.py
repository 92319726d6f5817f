# SPDX-License-Identifier: Apache-2.0
"""LoRA against full fine-tuning: the translation recipe twice, each run in a process of its own, in one table.

    python scripts/compare_lora.py --config configs/embedded/translate.yaml --full_learning_rate 2e-3
    python scripts/compare_lora.py --train_file mine.en --out outputs/comparison

Every other flag goes to both runs. They want different learning rates: give both, or each takes the recipe's own.
Memory is that of the GPU, or without one of the whole process, libraries and data with it.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "recipes/translate_mt5_lora.py"
SCORES = ("bleu", "chrf", "ter")


def commands(argv=None):
    """{"LoRA": command, "full": command}"""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--out", type=Path, default=Path("outputs/compare_lora"), help="folder of the two runs")
    parser.add_argument("--lora_learning_rate", help="default: as in --config, else the recipe's")
    parser.add_argument("--full_learning_rate", help="likewise")
    own, flags = parser.parse_known_args(argv)
    result = {}
    for name, rank, rate in (("LoRA", [], own.lora_learning_rate), ("full", ["0"], own.full_learning_rate)):
        chosen = [*(["--lora_r", *rank] if rank else []), *(["--learning_rate", rate] if rate else [])]
        folder = ["--output_dir", str(own.out / name.lower())]
        result[name] = [sys.executable, str(RECIPE), *flags, *chosen, *folder]
    return result


def table(folders):
    """One line per run: what it trained, what it took, how well it translates."""
    names = ("trained", "memory", "training", *SCORES)
    lines = [" " * 8 + "".join(f"{name:>16}" for name in names)]
    for label, folder in folders.items():
        record, scores = (json.loads((Path(folder) / name).read_text()) for name in ("run.json", "all_results.json"))
        prefix = "predict" if "predict_bleu" in scores else "eval"
        cells = [
            f"{record['parameters']['trained_percent']} %",
            f"{record['peak_memory_gib']} GiB",
            f"{record['seconds']['train']:.0f} s",
            *(f"{scores[f'{prefix}_{name}']:.1f}" for name in SCORES),
        ]
        lines.append(f"{label:8}" + "".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines)


def main(argv=None):
    both = commands(argv)
    for command in both.values():
        code = subprocess.run(command).returncode
        if code:
            return code
    folders = {label: command[-1] for label, command in both.items()}
    print("\n" + table(folders))
    return 0


if __name__ == "__main__":
    sys.exit(main())
