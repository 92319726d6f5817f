# SPDX-License-Identifier: Apache-2.0
"""Kill tiny training runs, type the same command again, and compare with a run that nobody disturbed, bit for bit.

    python tests/chaos.py --runs 60                      kills at random moments, one process and two
    python tests/chaos.py --point "before a save"        one of the named points, with every signal

Every run is a fork of this process, which has imported everything: a run takes seconds.
"""

import argparse
import contextlib
import hashlib
import importlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", CUDA_VISIBLE_DEVICES="", TOKENIZERS_PARALLELISM="false")
sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

import datasets  # noqa: E402
import helpers  # noqa: E402

# Where a run is struck: at the start of the n-th call of a function, of those whose first argument is such a path.
TRAINER = "recipes.common.learning.trainer:Seq2SeqTrainer"
POINTS = {
    "in the baselines": ("recipes.common.learning.trainer:generate_ids", 1),
    "between steps": ("transformers.trainer_callback:CallbackHandler.on_step_begin", 5),
    "in the middle of a step": ("recipes.common.learning.trainer:token_loss", 12),
    "in the backward pass": ("accelerate:Accelerator.backward", 10),
    "while the optimizer steps": ("accelerate.optimizer:AcceleratedOptimizer.step", 5),
    "in the first evaluation": (f"{TRAINER}.evaluation_loop", 3),
    "while it generates on the way": ("recipes.common.learning.trainer:generate_ids", 3),
    "before a save": (f"{TRAINER}._save_checkpoint", 2),
    "in a save, before the optimizer": (
        f"{TRAINER}._save_optimizer_and_scheduler",
        2,
    ),
    "in a save, before the random state": (f"{TRAINER}._save_rng_state", 2),
    "in a save, before the manifest": ("recipes.common.running.checkpoints:write_manifest", 2),
    "after a save, before older ones go": ("recipes.common.running.checkpoints:by_age", 3),
    "while an older one goes": ("recipes.common.running.checkpoints:shutil.rmtree", 1, "/.checkpoint-"),
    "before the best model is loaded": (f"{TRAINER}._load_best_model", 1),
    "in the evaluation at the end": (f"{TRAINER}.evaluate", 4),
    "in prediction": (f"{TRAINER}.predict", 2),
    "before the predictions are written": ("recipes.disk:write_lines", 1, "predictions.jsonl"),
    "before the model is saved": ("recipes.common.running.run:Run.save", 1),
    "while the model is saved": ("transformers:PreTrainedTokenizerFast.save_pretrained", 4),
    "before it is called done": ("recipes.common.running.run:Run.write", 2),
    "while the report is written": ("recipes.report:write", 1),
}
# Other recipes on the same rows.
LORA = {"source_column": "document", "target_column": "summary", "lora_r": 4, "lora_dropout": 0.1}
SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT}
TRAIN_ROWS, STEPS = 20, 3  # of an epoch; the last step has four rows instead of eight


def flags(folder, processes, **more):
    """The command: three epochs of three steps, an evaluation and a save after each, best model at the end."""
    settings = {
        "model_name_or_path": folder / "model", "train_file": folder / "train.jsonl", "use_cpu": True, "bf16": False,
        "validation_file": folder / "validation.jsonl", "test_file": folder / "test.jsonl", "num_train_epochs": 3,
        "per_device_train_batch_size": 4 // processes, "gradient_accumulation_steps": 2, "max_target_length": 8,
        "learning_rate": 1e-2, "num_beams": 2, "logging_steps": 1, "disable_tqdm": True,
    }  # fmt: skip
    return helpers.as_flags(**(settings | more))


def prepare(folder):
    """Data and a tiny model."""
    from conftest import make_model, make_tokenizer

    for split, count in (("train", TRAIN_ROWS), ("validation", 4), ("test", 5)):
        helpers.write_jsonl(folder / f"{split}.jsonl", helpers.records(split, count))
    tokenizer = make_tokenizer()
    make_model("t5", tokenizer, dropout=0.1, layers=1).save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")


def arm(path, number, send, about=""):
    """Call `send` at the start of the `number`-th call of module:name whose first argument's text has `about` in it."""
    module, names = path.split(":")
    owner = importlib.import_module(module)
    *parents, last = names.split(".")
    for name in parents:
        owner = getattr(owner, name)
    original, calls = getattr(owner, last), []

    def struck(*args, **kwargs):
        if about in str(args[:1]):
            calls.append(1)
            if len(calls) == number:
                send()
        return original(*args, **kwargs)

    setattr(owner, last, struck)


def launch(recipe, argv, log, processes=1, point=None, sent=None, to=0, number=None):
    """Start a run: {process id: rank}. At `point`, or its call `number`, the rank `to` sends itself `sent`."""

    def work(rank):
        datasets.config.HF_DATASETS_CACHE = f"{log}.cache"  # nothing is known of other runs
        main = importlib.import_module(f"recipes.{recipe}").main
        if point and rank == to:
            path, usual, *about = POINTS[point]
            arm(path, number or usual, lambda: os.kill(os.getpid(), sent), *about)
        return helpers.run_recipe(argv, main)

    alive = {}
    for rank, told in enumerate(helpers.ranks_of(processes) if processes > 1 else [{}]):
        out = f"{log}.{rank}"
        alive[helpers.fork(lambda rank=rank: work(rank), out, out, **told)] = rank
    return alive


def wait(alive, strike=None, patience=helpers.PATIENCE):
    """The exit code of a run, as torchrun would tell it: when one process fails, the others are ended.

    `strike` is (seconds, signal): sent to all processes after that time, unless they have ended before.
    """
    began, codes, told = time.monotonic(), [], None
    while alive:
        for process in list(alive):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                del alive[process]
                codes.append(os.waitstatus_to_exitcode(status))
        now = time.monotonic()
        if strike and now - began > strike[0]:
            send(alive, strike[1])
            strike = None
        if alive and codes and any(codes):
            told = told or now
            send(alive, signal.SIGKILL if now - told > 5 else signal.SIGTERM)
        if now - began > patience:
            send(alive, signal.SIGKILL)
            codes.append("it hangs")
        time.sleep(0.01)
    wrong = [code for code in codes if code]
    return next((code for code in wrong if code == "it hangs"), wrong[0] if wrong else 0)


def send(processes, number):
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def outcome(folder):
    """What has to be equal, bit for bit: the weights, the texts, the metrics without times and speeds."""
    told = json.loads((folder / "run.json").read_text())["status"]
    digest = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES if name != "metrics"}
    timed = ("runtime", "per_second", "flos")  # of this start
    metrics = json.loads((folder / "all_results.json").read_text())
    metrics = {name: round(value, 6) for name, value in metrics.items() if not name.endswith(timed)}
    return {"status": told, **digest, "metrics": metrics}


FILES = ("model.safetensors", "predictions.jsonl", "generation_config.json", "metrics")


class Harness:
    """Undisturbed runs, once each, to compare with."""

    def __init__(self, folder, recipe="summarize_t5", **always):
        self.folder, self.recipe, self.always, self.whole, self.number = Path(folder), recipe, always, {}, 0
        main = importlib.import_module(f"recipes.{recipe}").main
        prepare(self.folder)
        # What a run imports on its way is imported once, here, and not in each of its forks.
        assert helpers.run_recipe(self.argv(self.folder / "warm", 1, {"max_steps": 1}), main) == 0

    def argv(self, out, processes, more):
        return [*flags(self.folder, processes, **self.always, **more), "--output_dir", str(out)]

    def undisturbed(self, processes, **more):
        """(outcome, seconds) of a run that nobody disturbs."""
        key = (processes, *sorted(more.items()))
        if key not in self.whole:
            out = self.folder / f"whole-{len(self.whole)}"
            began = time.monotonic()
            code = wait(launch(self.recipe, self.argv(out, processes, more), f"{out}.log", processes))
            assert code == 0, f"{out}.log.0:\n" + Path(f"{out}.log.0").read_text()
            self.whole[key] = (outcome(out), time.monotonic() - began)
        return self.whole[key]

    def disturbed(
        self, processes=1, point=None, sent=signal.SIGKILL, to=0, strikes=(), number=None, between=None, **more
    ):
        """Strike at the point, or after each of the seconds in `strikes`; then the same command again to the end.

        `between` is called with the run's folder before that.

        Returns (exit codes, status after the strike, what differs from the undisturbed run, log).
        """
        expected, _ = self.undisturbed(processes, **more)
        self.number += 1
        out = self.folder / f"run-{self.number}"
        argv, log = self.argv(out, processes, more), f"{out}.log"
        if point:
            codes = [wait(launch(self.recipe, argv, log, processes, point, sent, to, number))]
        else:
            codes = [wait(launch(self.recipe, argv, log, processes), (after, sent)) for after in strikes]
        record = out / "run.json"
        status = json.loads(record.read_text())["status"] if record.exists() else None
        if between:
            between(out)
        codes.append(wait(launch(self.recipe, argv, log, processes)))
        text = "".join(Path(f"{log}.{rank}").read_text() for rank in range(processes))
        found = outcome(out) if codes[-1] == 0 else {}
        return codes, status, [name for name in expected if found.get(name) != expected[name]], text


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=60, help="how many runs are killed at random moments")
    parser.add_argument("--point", choices=POINTS, help="strike here instead")
    parser.add_argument("--seed", type=int, default=0)
    settings = parser.parse_args(argv)
    chance, failed = random.Random(settings.seed), 0
    with tempfile.TemporaryDirectory() as folder:
        harness = Harness(folder)
        for number in range(settings.runs if not settings.point else 2 * len(SIGNALS)):
            processes, name = 1 + number % 2, list(SIGNALS)[number // 2 % len(SIGNALS)]
            _, seconds = harness.undisturbed(processes)
            strikes = [chance.uniform(0.05, 1) * seconds for _ in range(chance.choice((1, 1, 2)))]
            codes, status, differs, log = harness.disturbed(processes, settings.point, SIGNALS[name], strikes=strikes)
            fault = differs or "Traceback" in log
            failed += bool(fault)
            when = settings.point or "after " + ", ".join(f"{after:.2f} s" for after in strikes)
            print(f"{number + 1:3} {name} {processes} process(es) {when}: exit {codes}, {status}", end="; ")
            print(f"DIFFERS in {differs}\n{log}" if fault else "equal", flush=True)
    print(f"{number + 1} runs, {failed} of them differ from the undisturbed run")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
