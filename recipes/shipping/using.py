# SPDX-License-Identifier: Apache-2.0
"""What `make predict` and `make try` do: from settings to a file, or from line to line on the terminal."""

import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import yaml

from recipes import pace
from recipes.common import UserError
from recipes.common.running import ending
from recipes.machines import facts
from recipes.prediction import Predictor
from recipes.shipping.rows import reading_settings
from recipes.shipping.tables import Input, Rendered, predict_piece
from recipes.shipping.unfinished import Unfinished

PRESETS: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("presets.yaml").read_text("utf-8"))


def yes(word: str) -> bool:
    """True or False, as people type it."""
    if word.lower() not in ("true", "false", "yes", "no", "1", "0"):
        raise ValueError(word)
    return word.lower() in ("true", "yes", "1")


SWITCHES = {
    "num_beams": int,
    "max_new_tokens": int,
    "min_new_tokens": int,
    "length_penalty": float,
    "no_repeat_ngram_size": int,
    "repetition_penalty": float,
    "do_sample": yes,
    "temperature": float,
    "top_k": int,
    "top_p": float,
    "num_return_sequences": int,
}


def described_presets() -> str:
    return "; ".join(f"{name}: {one['help']}" for name, one in PRESETS.items())


def preset(name: str) -> dict[str, Any]:
    """The settings of GenerationConfig that a preset stands for."""
    return {setting: value for setting, value in PRESETS[name].items() if setting != "help"}


def load(settings: Namespace) -> Predictor:
    """The predictor that a command line asks for, with its decoding."""
    if settings.model and not settings.source:
        raise UserError('--model needs --source, what it reads, such as --source "summarize: {text}"')
    if settings.source and not settings.model:
        raise UserError("--source is for --model; a run has its own")
    more = {"max_source_length": settings.max_source_length} if settings.max_source_length else {}
    predictor = Predictor(
        settings.run or settings.model,
        settings.batch_size,
        trust_recipe=settings.trust_recipe,
        source=settings.source,
        **more,
    )
    predictor.reading = reading_settings(predictor.task, predictor.settings, settings.reading)
    switches = {name: getattr(settings, name) for name in SWITCHES if getattr(settings, name) is not None}
    if settings.preset != "as trained" or switches:
        predictor.decode(**preset(settings.preset) | switches)
    if settings.glossary:
        predictor.hold_to(settings.glossary)
    if settings.seed is not None:
        predictor.record["seed"] = settings.seed
    return predictor


def predict(settings: Namespace) -> None:
    """Predictions for all rows of --input, in --output."""
    if not settings.input or not settings.output:
        raise UserError("give --input and --output, each a file or -; or --ask")
    if settings.output == "-":
        _predict(settings, None, sys.stdout)
        return
    with Unfinished(settings.output) as unfinished:
        _predict(settings, unfinished, None)


def _predict(settings: Namespace, unfinished: Unfinished | None, stream: Any) -> None:
    say = sys.stderr if stream else sys.stdout
    kind = ".txt" if stream else Path(settings.output).suffix
    Rendered(kind, None, False)  # a kind of output that is not known is said before a model loads
    predictor = load(settings)
    table = Input(predictor, settings.input)
    table.look()
    several = (predictor.engine.config.num_return_sequences or 1) > 1
    rendered = Rendered(kind, table.columns if settings.keep_columns else None, several)
    for note in filter(None, [predictor.changed(), *table.notes]):
        print(f"note      {note}", file=say)
    what = "standard input" if settings.input == "-" else f"{settings.input}, {table.rows:,} rows"
    print(f"{settings.run or settings.model} on {what}", file=say, flush=True)
    ending.install()
    identity = predictor.identity() | {"rows": table.hash, "columns": rendered.names}
    if unfinished and table.hash is None:  # what came through a pipe does not come again
        unfinished.journal.unlink(missing_ok=True)
    journal = unfinished.begin(identity) if unfinished else None
    after = journal.rows if journal is not None else 0
    if journal:
        print(f"goes on   after {after:,} rows and {len(journal):,} batches in {journal.path}", file=say, flush=True)
    elif after:
        print(f"goes on   after {after:,} rows in {unfinished.whole}", file=say, flush=True)
    counted, began = Counted(predictor.settings.max_source_length), time.perf_counter()
    first = after  # what is drawn depends on a row's place in the file
    with pace.Rows("predict", table.rows - after or None, err=bool(stream)) as meter:
        text = rendered.head() if not after else ""
        for examples, rows in table.pieces(after):
            made = predict_piece(predictor, examples, table.is_text, progress=meter.add, journal=journal, first=first)
            first += len(examples)
            counted.add(made)
            text += rendered(made, rows)
            if stream:
                stream.write(text)
                stream.flush()
            else:
                unfinished.add(journal, text, len(examples))
            text = ""
    if unfinished:
        if text:  # a table without rows has its line of names
            unfinished.add(journal, text, 0)
        unfinished.finish()
    before = f", after {after:,} rows that were done before" if after else ""
    print(f"wrote     {settings.output}: {counted.told(time.perf_counter() - began)}{before}", file=say)
    if rendered.joined:
        print(f"note      {rendered.joined:,} texts had line breaks or tabs, which are spaces now", file=say)


class Counted:
    """What the last line says of all predictions."""

    def __init__(self, limit: int):
        self.limit = limit
        self.rows = self.empty = self.cut = self.scored = self.sources_cut = 0
        self.score = 0.0

    def add(self, made: list[dict]) -> None:
        self.rows += len(made)
        self.empty += sum(not one["prediction"] for one in made)
        self.cut += sum(one["hit_limit"] for one in made)
        self.sources_cut += sum(one["source_cut"] for one in made)
        scores = [one["score"] for one in made if one["score"] is not None]
        self.scored, self.score = self.scored + len(scores), self.score + sum(scores)

    def told(self, seconds: float) -> str:
        parts = [f"{self.rows:,} rows in {seconds:.1f} s ({self.rows / max(seconds, 1e-9):,.1f} rows/s)"]
        parts += [f"mean score {self.score / self.scored:.3f}"] if self.scored else []
        parts += [f"{self.sources_cut:,} sources cut at {self.limit:,} tokens"] if self.sources_cut else []
        parts += [f"{self.cut:,} ended at the length limit"] if self.cut else []
        parts += [f"{self.empty:,} are empty"] if self.empty else []
        memory = facts.peak_memory_gib()
        return ", ".join(parts + ([f"{memory} GiB"] if memory else []))


def ask(settings: Namespace) -> None:
    """Ask for the fields of a source and print the answer, until nothing is said; a conversation is kept."""
    predictor = load(settings)
    talk = "history" in predictor.fields
    print(
        f"{settings.run or settings.model}: an empty line ends it"
        + (", /new begins a new conversation" if talk else "")
    )
    history: list[str] = []
    while True:
        row = {}
        for field in predictor.fields:
            try:
                row[field] = input(f"{'you' if talk else field}> ").strip()
            except EOFError:
                row[field] = ""
            if not row[field]:
                return
        if talk:
            if row["history"] == "/new":
                history = []
                continue
            history.append(row["history"])
            row["history"] = history
        (made,) = predictor.predict([row])
        history.append(made["prediction"])
        if made["source_cut"]:
            print(f"note      of this, {predictor.settings.max_source_length} tokens were read, and the rest was cut")
        print("\n".join(made.get("variants", [made["prediction"]])))
        print(f"          score {made['score']}" + (", cut at the length limit" if made["hit_limit"] else ""))
