# SPDX-License-Identifier: Apache-2.0
"""Measure the recipes against the library's plain defaults and against the loop that tutorials teach.

python scripts/benchmark.py            everything, three rounds in turn (half an hour on two cores); rewrites the
                                       table of docs/benchmarks.md and its picture
python scripts/benchmark.py --quick    the same comparisons on a tiny model, one round: shows that they work, no more

Each run is a process of its own. The sides of a comparison take turns, so that a machine that slows down slows them
all; ratios are taken within a round. Models have the shapes of t5-small and mt5-small and random weights: speed and
memory do not depend on what the weights say.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import textwrap
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np
import torch
import transformers
from benchmark_sides import SOURCE, load, read
from transformers import (
    AutoTokenizer,
    GenerationConfig,
    MT5Config,
    MT5ForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)

from recipes.common.learning.batches import TrainingBatches
from recipes.disk import read_json, write_json, write_lines

PAGE, PICTURE = ROOT / "docs/benchmarks.md", ROOT / "docs/benchmarks.svg"
BEGIN, END = "<!-- measured: written by scripts/benchmark.py -->", "<!-- end of what was measured -->"
SIDES = ("recipe", "plain", "tutorial")
TASK = {
    "epochs": 1, "batch": 8, "rate": 3e-4, "smoothing": 0.0, "seed": 1, "beams": 1, "new_tokens": 64,
    "evaluate": False, "stop_at_first_step": False,
}  # fmt: skip
LORA = {"r": 16, "lora_alpha": 32, "lora_dropout": 0.05, "target_modules": ["q", "v"]}


class Bench:
    """The models, the data and the runs of one benchmark, in a folder of their own."""

    def __init__(self, folder, quick, rounds):
        self.folder, self.quick, self.rounds = folder, quick, rounds
        folder.mkdir(parents=True, exist_ok=True)
        self.tokenizer = AutoTokenizer.from_pretrained(ROOT / "data/models/tiny-t5")
        lines = (ROOT / "data/chats/train.jsonl").read_text(encoding="utf-8").splitlines()
        turns = (turn["value"] for line in lines for turn in json.loads(line)["conversations"])
        self.ids = np.array(self.tokenizer(" ".join(turns), add_special_tokens=False, verbose=False)["input_ids"])

    def model(self, name, kind, config, **shape):
        """A folder with random weights of this shape."""
        torch.manual_seed(0)
        small = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 2, "num_heads": 2} if self.quick else {}
        kind(config(**{**shape, **small, "decoder_start_token_id": 0})).save_pretrained(self.folder / name)
        self.tokenizer.save_pretrained(self.folder / name)
        return str(self.folder / name)

    def rows(self, name, count, source=None, target=None, seed=0):
        """Dialogues of `source` tokens with targets of `target` tokens; None: 169 and 23 in the mean, up to 512.

        Lengths are log-normal, as those of DialogSum are. A target is a part of its source.
        """
        draw = np.random.default_rng(seed)
        lengths = np.clip(draw.lognormal(np.log(145), 0.55, count), 20, 505) if source is None else [source] * count
        targets = np.clip(draw.lognormal(np.log(20.5), 0.45, count), 5, 120) if target is None else [target] * count
        rows = []
        for number, (length, short) in enumerate(zip(lengths, targets, strict=True)):
            start = int(draw.integers(0, len(self.ids) - 600))
            middle = start + int(length) // 3
            texts = self.ids[start : start + int(length)], self.ids[middle : middle + int(short)]
            document, summary = (self.tokenizer.decode(part).strip() for part in texts)
            rows.append({"id": str(number), "document": document, "summary": summary})
        write_lines(self.folder / name, rows)
        return str(self.folder / name)

    def encode(self, path):
        """(source ids, target ids) of each row of a file."""
        return [
            [self.tokenizer(text)["input_ids"] for text in (SOURCE + one["document"], one["summary"])]
            for one in read(path)
        ]

    def run(self, side, task):
        """What one process measured, and its wall time."""
        task = {**TASK, "out": str(self.folder / "out"), **task, "began": time.time()}
        shutil.rmtree(task["out"], ignore_errors=True)
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(self.folder / "cache")}
        command = [sys.executable, ROOT / "scripts/benchmark_sides.py", side, json.dumps(task)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode:
            raise SystemExit(f"{side} {task}:\n{done.stderr[-3000:]}")
        result = {**json.loads(done.stdout.splitlines()[-1]), "wall": time.time() - task["began"]}
        told = ", ".join(f"{key} {value:.2f}" for key, value in result.items() if isinstance(value, float))
        print(f"  {side:9} {told}", flush=True)
        return result

    def compare(self, title, task, sides=SIDES, **changes):
        """[{side: result}] of each round; `changes` gives a side's own entries of the task."""
        print(title, flush=True)
        turns = range(1, self.rounds + 1)
        return [{s: self.run(s, {**task, "seed": turn, **changes.get(s, {})}) for s in sides} for turn in turns]


def over(rounds, measure):
    """Median, smallest and largest of `measure(round)`."""
    values = [measure(one) for one in rounds]
    return statistics.median(values), min(values), max(values)


def figure(values, digits=2):
    middle, low, high = (f"{value:.{digits}f}" for value in values)
    return f"{middle} ({low} to {high})"


def cells(rounds, measure, sides=SIDES, digits=2):
    """A table's cells: what `measure` says of each side."""
    return [figure(over([one[side] for one in rounds], measure), digits) for side in sides]


def times(rounds, side, against="recipe", key="seconds"):
    """How many times `side` has what `against` has."""
    return over(rounds, lambda one: one[side][key] / one[against][key])


def training(bench, model):
    """Whole epochs of training; losses on rows held out."""
    count = 24 if bench.quick else 240
    train = bench.rows("train.jsonl", count)
    few = bench.rows("few.jsonl", 4, seed=1)  # a recipe generates for these before and after training
    trained = str(bench.folder / "trained")
    # Its batches are all of one shape, so that a part tells its speed; its losses are then no match for the others'.
    part = {"rows": count // 4, "held_out": None}
    task = {"model": model, "train": train, "validation": few, "held_out": bench.rows("held_out.jsonl", 32, seed=2)}
    rounds = bench.compare(
        f"training, {count} rows of 169 and 23 tokens in the mean, batches of 8",
        task,
        plain={"out": trained},
        tutorial=part,
    )
    lengths = np.array([[len(one) for one in row] for row in bench.encode(train)])
    grouped = TrainingBatches(count, 8, 1, 1, lengths)
    shares = {"recipe": share(grouped, lengths, 8), "plain": share(TrainingBatches(count, 8, 1, 1), lengths, 1)}
    shares["tutorial"] = lengths.sum() / (count * (512 + 128))
    for one in rounds:
        for side in SIDES:
            one[side]["row"] = one[side]["seconds"] / (part["rows"] if side == "tutorial" else count)
    rates = cells(rounds, lambda one: 1 / one["row"])
    table = [
        ["training, rows/s", *rates, ratios(rounds, key="row")],
        ["real tokens in a batch", *(f"{100 * shares[side]:.0f} %" for side in SIDES), ""],
        ["peak memory, GiB", *cells(rounds, lambda one: one["memory"]), ""],
        ["loss on held-out rows", *cells(rounds, lambda one: one["loss"], SIDES[:2], 3), "", ""],
    ]
    # Forward and backward take 6 operations per weight and token: the encoder's of source, the decoder's of target.
    config = T5Config.from_pretrained(model)
    inner, width = config.num_heads * config.d_kv, config.d_model
    encoder = config.num_layers * (4 * inner + 2 * config.d_ff) * width
    decoder = config.num_layers * (6 * inner + 2 * config.d_ff) * width + config.vocab_size * width
    crossed = config.num_layers * 2 * inner * width
    work = 6 * ((encoder + crossed) * lengths[:, 0].sum() + decoder * lengths[:, 1].sum())
    used, most = work / over(rounds, lambda one: one["recipe"]["seconds"])[0] / 1e9, matrix_rate()
    note = f"Square matrices in bf16: {most:,.0f} GFLOP/s; a recipe trains at {100 * used / most:.0f} % of that."
    bars = {side: float(rate.split()[0]) for side, rate in zip(SIDES, rates, strict=True)}
    return {"table": table, "note": note, "bars": bars}


def large_vocabulary(bench, model):
    """LoRA, label smoothing and 250,112 logits for each target token."""
    steps, side = (2, 32) if bench.quick else (5, 126)  # with prefix and end token some 128
    train = bench.rows("lora.jsonl", 8 * steps, side, side)
    task = {"model": model, "train": train, "validation": bench.rows("lora_few.jsonl", 2, 8, 8), "smoothing": 0.1}
    columns = {"source_column": "document", "target_column": "summary", "warmup_steps": 0}
    rounds = bench.compare(
        f"LoRA with a large vocabulary, smoothing 0.1, batches of 8 x {side + 2}, {steps} steps",
        {**task, "lora": LORA},
        ("recipe", "plain"),
        recipe={"recipe": "translate_mt5_lora", "flags": columns, "new_tokens": 8},
    )
    two = ("recipe", "plain")
    seconds, memory = (
        cells(rounds, measure, two) for measure in (lambda one: one["seconds"] / steps, lambda one: one["memory"])
    )
    table = [
        ["mt5-small's shape, LoRA: seconds a step", *seconds, "", inverse(rounds, "seconds")],
        ["mt5-small's shape, LoRA: peak memory, GiB", *memory, "", inverse(rounds, "memory")],
    ]
    return {"table": table}


def evaluation(bench, model):
    """Beam search, fp32, of a model that has learned a little."""
    task = {"model": model, "train": str(bench.folder / "train.jsonl"), "evaluate": True, "beams": 4}
    task["validation"] = bench.rows("evaluate.jsonl", 8 if bench.quick else 64, seed=3)
    count, two = len(read(task["validation"])), ("recipe", "plain")
    rounds = bench.compare(f"evaluation, {count} rows, 4 beams, 64 tokens", task, two)
    same = sum(one == other for one, other in zip(*(rounds[0][side]["texts"] for side in two), strict=True))
    rates = cells(rounds, lambda one: count / one["seconds"], two)
    table = [["evaluation, rows/s", *rates, "", ratios(rounds, ("plain",))]]
    return {"table": table, "note": f"Evaluation: {same} of {count} texts are equal on both sides."}


def shipping(bench, model):
    """An export of CTranslate2 in int8 against `generate`; the same number of tokens on both sides."""
    from recipes.shipping.ctranslate import convert

    tokenizer, trained = load({"model": model})
    small = bench.folder / "ctranslate2-int8"
    trained.generation_config = GenerationConfig()  # the library makes one of the model's configuration
    convert(small, trained, tokenizer, "int8", [])  # in place of what is there
    tokenizer.save_pretrained(small)
    trained.generation_config.save_pretrained(small)
    count, batch, sides = 16 if bench.quick else 32, 16, ("loop", "exported")
    task = {"model": model, "validation": bench.rows("ship.jsonl", count, seed=5), "batch": batch, "new_tokens": 32}
    table = [["", "`generate`, rows/s", "CTranslate2 int8, rows/s", "times as fast"]]
    for name, beams in (("greedy", 1), ("4 beams", 4)):
        changes = {"exported": {"model": str(small)}}
        rounds = bench.compare(f"texts, {count} rows, {name}", {**task, "beams": beams}, sides, **changes)
        rates = cells(rounds, lambda one: count / one["seconds"], sides)
        table.append([name, *rates, figure(times(rounds, "loop", "exported"))])
    note = (
        f"Shipping: `generate` in fp32, and an export with the scores that it gives besides; {count} rows in batches "
        f"of {batch}, 32 new tokens each. All beams end at once here; of a trained model the library's search ends "
        "earlier, and the export's later, for equal texts (`--patience`)."
    )
    return {"note": note + "\n\n" + markdown(table)}


def start(bench, model):
    """Seconds from the command to the end of the first training step; the second time nothing is tokenized."""
    count = 1_000 if bench.quick else 20_000
    task = {"model": model, "train": bench.rows("start.jsonl", count), "stop_at_first_step": True}
    task["validation"] = bench.rows("few.jsonl", 4, seed=1)
    print(f"start, {count:,} rows", flush=True)
    pairs = []
    for _ in range(bench.rounds):
        shutil.rmtree(bench.folder / "cache", ignore_errors=True)
        pairs.append({"recipe": bench.run("recipe", task), "again": bench.run("recipe", task)})
    first, again = cells(pairs, lambda one: one["seconds"], ("recipe", "again"), 1)
    part = figure(times(pairs, "again"))
    note = (
        f"Start: a recipe with {count:,} rows ends its first training step after {first} s, the second time after "
        f"{again} s, {part} of it."
    )
    return {"note": note}


def growth(bench, model):
    """What a row costs before training begins, by the number of rows: settings, reading, checks, tokens, statistics."""
    print("growth", flush=True)
    sizes = (100, 1_000) if bench.quick else (1_000, 10_000, 100_000)
    rows = [["rows", "seconds", "ms a row", "GiB", "KiB a row"]]
    base = None
    for size in (10, *sizes):
        task = {"model": model, "train": bench.rows("growth.jsonl", size), "flags": {"dry_run": True}}
        result = bench.run("recipe", {**task, "validation": bench.rows("few.jsonl", 4, seed=1)})
        base = base or result
        more = [result["wall"] - base["wall"], result["memory"] - base["memory"]]
        each = [f"{1e3 * more[0] / size:.2f}", f"{2**20 * more[1] / size:.1f}"]
        rows.append([f"{size:,}", f"{result['wall']:.1f}", each[0], f"{result['memory']:.2f}", each[1]])
    note = (
        f"Growth: time and memory of a row are those beyond a start with 10 rows ({base['wall']:.1f} s, "
        f"{base['memory']:.2f} GiB), which loads the libraries."
    )
    return {"note": note + "\n\n" + markdown([rows[0], *rows[2:]])}


def doctor(bench, model):
    """The doctor's look at the texts, at the start of every run, by the number of rows."""
    print("doctor", flush=True)
    table = [["rows", "seconds of a core", "ms a row", "GiB beside the rows"]]
    for size in (1_000, 10_000) if bench.quick else (10_000, 100_000, 1_000_000):
        command = [sys.executable, ROOT / "scripts/benchmark_doctor.py", str(size)]
        told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        seconds, memory = told["seconds"], told["memory"]
        table.append([f"{size:,}", f"{seconds:.2f}", f"{1e3 * seconds / size:.3f}", f"{memory:.2f}"])
    note = "Doctor: all checks of the texts of rows of 60 and 12 words, near duplicates among them."
    return {"note": note + "\n\n" + markdown(table)}


def ratios(rounds, sides=SIDES[1:], key="seconds"):
    """How many times faster the recipe is than each of `sides`."""
    return ", ".join(f"{figure(times(rounds, side, key=key))} times {side}" for side in sides)


def inverse(rounds, key):
    """The recipe's part of what the plain side needs."""
    return f"{figure(over(rounds, lambda one: one['recipe'][key] / one['plain'][key]))} of plain"


def share(batches, lengths, pad_to):
    """Real tokens among all of an epoch's, padding counted."""
    padded = -(-lengths // pad_to) * pad_to
    shapes = [(len(batch), padded[[row for row in batch if row < len(lengths)]].max(axis=0)) for batch in batches]
    return lengths.sum() / sum(count * sides.sum() for count, sides in shapes)


def matrix_rate(size=2048, repeats=8):
    """What the machine does at most in bf16: 10^9 multiplications and additions a second, of square matrices."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    one, two = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    best = 0
    for _ in range(repeats):
        began = time.perf_counter()
        (one @ two).sum().item()
        best = max(best, 2 * size**3 / (time.perf_counter() - began) / 1e9)
    return best


def markdown(rows):
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine():
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        name = name or (line.partition(": ")[2] if line.startswith("model name") else None)
    versions = f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}"
    return f"{name or platform.processor()}, {torch.get_num_threads()} threads; {versions}"


def draw(bars, path):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "benchmark"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 1.8), layout="constrained")
    names = {"recipe": "this repository", "plain": "Seq2SeqTrainer, plain", "tutorial": "tutorial loop"}
    drawn = axes.barh([names[side] for side in bars][::-1], list(bars.values())[::-1], color="#4c78a8")
    axes.bar_label(drawn, fmt="%.2f", padding=4)
    axes.set_xlabel("training rows per second (t5-small's shape, dialogues, batches of 8)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


PARTS = {
    "training": (training, "t5-small"),
    "evaluation": (evaluation, "trained"),
    "large_vocabulary": (large_vocabulary, "mt5-small"),
    "shipping": (shipping, "t5-small"),
    "start": (start, "t5-small"),
    "growth": (growth, "t5-small"),
    "doctor": (doctor, "t5-small"),
}


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tiny model, one round, nothing written to docs/")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        default=list(PARTS),
        help="measure these anew; the page takes the others from --folder",
    )
    parser.add_argument("--folder", type=Path, help="for models, data and results; default: outputs/benchmark")
    settings = parser.parse_args(argv)
    settings.folder = settings.folder or ROOT / ("outputs/benchmark-quick" if settings.quick else "outputs/benchmark")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    bench = Bench(settings.folder.resolve(), settings.quick, 1 if settings.quick else settings.rounds)
    bench.model("t5-small", T5ForConditionalGeneration, T5Config)
    shape = {"vocab_size": 250_112 if not settings.quick else 8_192, "d_ff": 1024, "num_layers": 8, "num_heads": 6}
    bench.model("mt5-small", MT5ForConditionalGeneration, MT5Config, **shape)
    for name in settings.only:
        measure, model = PARTS[name]
        write_json(bench.folder / f"{name}.json", measure(bench, str(bench.folder / model)))
    results = [found for name in PARTS if (found := read_json(bench.folder / f"{name}.json"))]
    head = ["", "a recipe", "plain", "tutorial", "a recipe is"]
    told = [
        machine(),
        f"`make bench`, {bench.rounds} rounds in turn; medians, the smallest and the largest in parentheses.",
        markdown([head, *(row for one in results for row in one.get("table", ()))]),
        *(one["note"] for one in results if "note" in one),
    ]
    told = [part for one in told for part in one.split("\n\n")]
    told = [part if part.startswith("|") else textwrap.fill(part, 120) for part in told]
    print("\n" + "\n\n".join(told))
    lacking = [name for name in PARTS if not (bench.folder / f"{name}.json").exists()]
    if lacking:
        print(f"\n{PAGE.name} stays as it is: {bench.folder} has no results of {', '.join(lacking)}")
    elif not settings.quick:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page[: page.index(BEGIN)], page[page.index(END) :]
        PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n\n".join(told) + f"\n\n{after}", encoding="utf-8")
        draw(next(one["bars"] for one in results if "bars" in one), PICTURE)


if __name__ == "__main__":
    main()
