# SPDX-License-Identifier: Apache-2.0
"""Flags, YAML, files and run folders that nobody means: each ends in one clear message, without a traceback or a hang.

    python tests/fuzz.py --minutes 10 --seed 7        or make fuzz MINUTES=10 SEED=7; N=500 for so many trials
    python tests/fuzz.py --seed 7 --only 132          one trial again, with its output

Every trial is a fork of this process, which has imported everything, and is made of the seed and its number alone.
"""

import argparse
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", CUDA_VISIBLE_DEVICES="", TOKENIZERS_PARALLELISM="false")
sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

import harness  # noqa: E402
import helpers  # noqa: E402
import report as report_script  # noqa: E402  (scripts/, which harness put on the path)

PATIENCE = 240  # seconds until a trial hangs; most take one
TEXTS = [
    "", " ", "0", "-1", "1e400", "nan", "None", "[]", "{}", "{document}", "{0}", "{document.__class__}", "{", "}",
    "a" * 5000, "\x1b[31mred", "\u202eabc", "\ud800", "\x00", "Ann\nBo", "../..", "/dev/null", "/dev/zero", "'", '"',
    "99999999999999999999", "no", "010", "1:30", "true", "2026-13-45", "!!python/object:os.system", "&a [*a]", "~",
    "ümläut 東京", "--seed",
]  # fmt: skip
PLAIN = ["1", "2", "0.5", "True", "False", "steps", "epoch", "adafactor", "cosine", "loss", "rougeL", "8", "1e-3"]
JSONS = [None, [], {}, 7, -1.5, "", "x", [[]], {"a": {"b": []}}, 10**30, True, "\ud800", [None], {"": None}]


class Fuzzer:
    """Trials in a folder: `trial(number)` returns what went wrong, or None."""

    def __init__(self, folder, seed):
        self.folder, self.seed = Path(folder), seed
        self.small = harness.Small("summarize_t5", self.folder)
        self.done = self.folder / "done"
        self.always = {"num_train_epochs": 1, "eval_sample_size": 2, "max_eval_samples": 2, "max_predict_samples": 2}
        assert self.small.run(output_dir=self.done, **self.always) == 0
        self.names = sorted(
            {*harness.parse(self.small.recipe, ["--dry_run"])[1].to_dict(), *vars(self.small.recipe.Settings)}
        )
        self.names = [name for name in self.names if name.isidentifier() and not name.startswith("_")]

    def trial(self, number, shown=False):
        chance = random.Random(f"{self.seed} {number}")
        kind = chance.choice(["flags", "yaml", "file", "file", "folder", "folder", "folder"])
        place = self.folder / f"trial-{number}"
        place.mkdir()
        main, words, told = getattr(self, f"_{kind}")(chance, place)
        out = self.folder / f"trial-{number}.log"
        child, began, status = helpers.fork(lambda: helpers.run_recipe(words, main), out, out), time.monotonic(), 0
        while not (ended := os.waitpid(child, os.WNOHANG))[0]:
            if time.monotonic() - began > PATIENCE:
                os.kill(child, signal.SIGKILL)
            time.sleep(0.01)
        status, text = os.waitstatus_to_exitcode(ended[1]), out.read_text(errors="replace")
        shutil.rmtree(place, ignore_errors=True)
        fault = (
            "it hangs" if status == -signal.SIGKILL
            else f"exit {status}" if status not in (0, 1, 2, 75)
            else "a traceback" if "Traceback" in text
            else "no message" if status and "error: " not in text and "interrupted" not in text
            else "an escape sequence" if "\x1b[31m" in text or "\u202e" in text
            else None
        )  # fmt: skip
        if shown:
            print(told, words, text, sep="\n")
        out.unlink()
        return fault and f"{number} {kind}: {fault}: {told}\n{text[-1500:]}"

    def _words(self, place, **more):
        return self.small.flags(output_dir=place / "out", **self.always, **more)

    def _flags(self, chance, place):
        given = []
        for _ in range(chance.randint(1, 4)):
            given += [
                f"--{chance.choice(self.names)}",
                *chance.choices(TEXTS + PLAIN, k=chance.choice([0, 1, 1, 1, 2])),
            ]
        given = [word for word in given if "\x00" not in word]  # no command line can have one
        return self.small.main, [*self._words(place), *given, "--dry_run"], given

    def _yaml(self, chance, place):
        names = chance.choices(self.names, k=chance.randint(1, 5))
        entries = [f"{name}: {chance.choice([*TEXTS, *PLAIN, *map(json.dumps, JSONS)])}" for name in names]
        text = "\n".join(entries)
        for _ in range(chance.randint(0, 4)):
            at = chance.randrange(len(text) + 1)
            text = (
                text[:at]
                + chance.choice(["\n", ":", "- ", "{", "[", "&x ", "*x", "!!binary ", "\t", "? ", "%", "\x01"])
                + text[at:]
            )
        path = place / "settings.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        return self.small.main, [*self._words(place), "--config", str(path), "--dry_run"], text

    def _file(self, chance, place):
        suffix = chance.choice([".jsonl", ".json", ".csv", ".tsv", ".parquet", ".jsonl.gz", ".xlsx", ".txt", ".arrow"])
        rows = [dict(row) for row in self.small.rows["train"]]
        for _ in range(chance.randint(0, 6)):
            row = chance.choice(rows)
            row[chance.choice([*row, "id", "extra"])] = chance.choice([*JSONS, *TEXTS])
        text = "".join(json.dumps(row) + "\n" for row in rows)
        if suffix in (".csv", ".tsv"):
            mark = {".csv": ",", ".tsv": "\t"}[suffix]
            text = mark.join(rows[0]) + "\n" + "".join(mark.join(map(str, row.values())) + "\n" for row in rows)
        content = damaged(chance, text.encode("utf-8", "surrogatepass"))
        path = place / f"data{suffix}"
        path.write_bytes(content)
        if chance.random() < 0.2:
            return (
                harness.predict,
                ["--run", str(self.done), "--input", str(path), "--output", str(place / "o")],
                suffix,
            )
        return self.small.main, [*self._words(place, train_file=path), "--dry_run"], f"{suffix} {content[:300]!r}"

    def _folder(self, chance, place):
        """A finished or interrupted run in which something was changed, met by each of the commands that read it."""
        out = place / "out"
        shutil.copytree(self.done, out)
        told = []
        if chance.random() < 0.6:
            record = helpers.read_json(out / "run.json") | {"status": "interrupted"}
            (out / "run.json").write_text(json.dumps(record))
        for _ in range(chance.randint(1, 3)):
            path = chance.choice(sorted(path for path in out.rglob("*") if path.is_file()))
            how = chance.choice(["delete", "damage", "damage", "json", "json", "link", "folder"])
            told.append((how, str(path.relative_to(out))))
            content = path.read_bytes()
            path.unlink()
            if how == "damage":
                path.write_bytes(damaged(chance, content))
            elif how == "json":
                path.write_text(json.dumps(changed(chance, content)))
            elif how == "link":
                path.symlink_to(place / "nowhere")
            elif how == "folder":
                path.mkdir()
        command = chance.choice(["again", "predict", "report"])
        told.append(command)
        if command == "again":
            return self.small.main, self._words(place), told
        if command == "report":
            return report_script.main, [str(out)], told
        words = ["--run", str(out), "--input", str(self.folder / "test.jsonl"), "--output", str(place / "o.jsonl")]
        return harness.predict, words, told


def damaged(chance, content):
    """Bytes flipped, cut, doubled or put in."""
    content = bytearray(content)
    for _ in range(chance.choice([0, 1, 1, 2, 5])):
        at = chance.randrange(len(content) + 1)
        how = chance.choice(["flip", "cut", "double", "put", "deep", "empty"])
        if how == "flip":
            content[at : at + 64] = bytes(byte ^ 255 for byte in content[at : at + 64])
        elif how == "cut":
            del content[at:]
        elif how == "double":
            content[at:at] = content[max(at - 200, 0) : at]
        elif how == "put":
            content[at:at] = chance.choice(
                [b"\x00", b"\xff\xfe", b'"', b"\n", b"{", b"\x1b[31m", "\u202e".encode(), b"\r"]
            )
        elif how == "deep":
            content[at:at] = b"[" * 20_000
        else:
            content.clear()
    return bytes(content)


def changed(chance, content):
    """The JSON in `content` with some value, at any depth, replaced; another value where it is no JSON object."""
    try:
        value = json.loads(content)
    except ValueError:
        return chance.choice(JSONS)
    here = value
    while isinstance(here, dict) and here:
        name = chance.choice(sorted(here))
        if not isinstance(here[name], dict) or not here[name] or chance.random() < 0.4:
            if chance.random() < 0.3:
                del here[name]
            else:
                here[name] = chance.choice([*JSONS, *TEXTS])
            return value
        here = here[name]
    return chance.choice(JSONS)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--n", type=int, help="so many trials instead")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="the number of one trial")
    settings = parser.parse_args(argv)
    faults, began, number = [], time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        fuzzer = Fuzzer(folder, settings.seed)
        if settings.only is not None:
            print(fuzzer.trial(settings.only, shown=True) or "nothing wrong")
            return 0
        while number < settings.n if settings.n else time.monotonic() - began < 60 * settings.minutes:
            fault = fuzzer.trial(number)
            if fault:
                faults.append(fault)
                print(fault, flush=True)
            number += 1
    print(f"{number} trials with seed {settings.seed}, {len(faults)} of them ended badly")
    return int(bool(faults))


if __name__ == "__main__":
    importlib.import_module("recipes.summarize_t5")
    sys.exit(main())
