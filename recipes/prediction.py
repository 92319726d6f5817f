# SPDX-License-Identifier: Apache-2.0
"""A trained run and new rows: the same sources, batches, decoding and `finish` as in its own final scores.

predict = Predictor("outputs/summarize_t5")
predict(["My lamp arrived broken. Please send a new one."])       # or rows: [{"document": "..."}]
# ["The customer wants a new lamp."]
"""

import dataclasses
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from peft import PeftModel
from transformers import GenerationConfig

from recipes import disk, record
from recipes.common import UserError, console, decoding, features, models, reading, tasks
from recipes.common.decoding import Output
from recipes.common.judging import group_by_row
from recipes.common.learning import Collator
from recipes.common.running import ending
from recipes.pretrained import four_bits
from recipes.pretrained.parts import fingerprint
from recipes.shipping.glossary import Glossary
from recipes.shipping.rows import load_pieces, reading_settings
from recipes.typed import generation, limits
from recipes.typed.templates import fields_of

RECIPES = Path(__file__).resolve().parent
MOST_ROWS = 512  # of a batch that is found by itself
ROOM = 0.4  # of a GPU's memory: while a batch takes less than this share of it, the next has twice as many rows
# What a model without a run is taken for: the recipe whose template is a setting, with its defaults.
WITHOUT_RUN = {
    "recipe": {"name": "text_to_text", "sha256": None},
    "arguments": {"per_device_eval_batch_size": 16},
    "data": {"columns": {}, "several": [], "may_be_empty": []},
    "seed": 42,
}


def silent(done: float) -> None:
    """The progress of `done` more rows that is shown to nobody."""


class Predictor:
    """The model of a finished run with the recipe that made it, read from the run's own recipe.py.

    Args:
        folder: the output folder of a run, the adapter/ in it, or what `make export` made of it; with `source`, any
            model: a name on the Hub or a folder.
        batch_size: sources at a time; None: on a GPU as many as fit, else as in the run, so that its own rows give its
            own predictions.
        device: such as "cpu" or "cuda:1"; None: the accelerator if there is one.
        trust_recipe: run the folder's programs, its recipe.py and the code of its model, though they may be anybody's;
            else recipe.py has to be one of this repository's recipes, and a model has no code of its own.
        source: a template such as "summarize: {text}", for a model that no recipe trained.
        more: other settings of the recipe, such as max_source_length.
    Raises:
        UserError: the folder holds no run that is done, or a recipe that is not trusted; there is no such model.
    """

    def __init__(
        self,
        folder: str | Path,
        batch_size: int | None = None,
        device: str | None = None,
        trust_recipe: bool = False,
        source: str | None = None,
        **more: Any,
    ):
        if batch_size is not None and batch_size < 1:
            raise UserError(f"--batch_size {batch_size}: must be at least 1")
        folder = Path(folder) if source is None else folder
        adapter = folder if source is None and (folder / "base.json").is_file() else None
        self.folder = folder.parent if adapter else folder
        if source is None:
            self.record = record_of(self.folder)
            recipe = _load_recipe(self.folder / "recipe.py", trust_recipe)
        else:
            self.record = WITHOUT_RUN | {"settings": {"source_template": source, "model_name_or_path": str(folder)}}
            recipe = _load_recipe(RECIPES / f"{WITHOUT_RUN['recipe']['name']}.py", trusted=True)
        self.task = tasks.task_of_module(recipe)
        own = {field.name for field in dataclasses.fields(self.task.settings)}
        known = {name: value for name, value in (self.record["settings"] | more).items() if name in own}
        known["trust_remote_code"] = trust_recipe and known.get("trust_remote_code") is True
        self.settings = self.task.settings(**known)
        if source is not None and self.settings.problems():
            raise UserError(*self.settings.problems())
        if self.task.with_settings:
            self.task = self.task.with_settings(self.task, self.settings)
        self.reading = reading_settings(self.task, self.settings)
        self.finish = self.task.finish or decoding.first_output
        console.quiet()
        accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else "cpu"
        self.device = torch.device(device or accelerator)
        self._load(adapter, here=source is None)
        self.usual = self.engine.config
        self.grows, self.full = batch_size is None and self.device.type == "cuda", False
        self.batch_size = batch_size or self.record["arguments"]["per_device_eval_batch_size"]

    def _load(self, adapter: Path | None, here: bool) -> None:
        """The engine, which makes Outputs of ids, and the tokenizer.

        Args:
            here: whether the weights are in the folder, not where the settings say that they come from.
        """
        saved = dataclasses.replace(self.settings, dry_run=False)
        if here:
            named = {"model_name_or_path": str(self.folder), "model_revision": None, "tokenizer_name": None}
            saved = dataclasses.replace(saved, **named, load_in_4bit=False)  # the base had four bits, not what is here
        exported = self.record.get("export", {})
        if exported.get("format") in ENGINES:
            self.tokenizer = models.load_tokenizer(saved)
            make = _import_engine(ENGINES[exported["format"]])
            self.engine = make(self.folder, self.tokenizer, str(self.device), exported.get("patience"))
            return
        load = self.task.load or models.load
        model, self.tokenizer = load(saved, SimpleNamespace(fp16=False, seed=self.record["seed"]))
        if self.task.answers:
            self.settings = saved  # with what the model's configuration knows, such as labels
            self.engine = Reader(model.eval().to(self.device), self.tokenizer, self.task, saved)
            return
        if not here:
            own = model.generation_config.to_diff_dict()
            length = {} if own.get("max_new_tokens") else {"max_new_tokens": self.settings.max_target_length}
            own.pop("max_length", None)
            model.generation_config = GenerationConfig(
                **decoding.generation_config(self.settings, model).to_diff_dict() | own | length
            )
        if adapter:
            config = model.generation_config
            model, _ = models.load(self.settings, SimpleNamespace(fp16=False))
            model = four_bits.whole(load_adapter(adapter, model)).merge_and_unload(safe_merge=True)
            model.generation_config = config
        self.engine = Engine(model.eval().to(self.device), self.tokenizer)

    def decode(self, **changed: Any) -> None:
        """From now on decode otherwise than the run was scored: any settings of GenerationConfig; none: as the run.

        Raises:
            UserError: they contradict each other or the run's own.
        """
        chosen = self.usual.to_diff_dict() | changed
        faults = {name: limits.fault_of_number(name, changed[name]) for name in changed}
        for name, needed in generation.without_effect(chosen).items():
            del chosen[name]
            faults[name] = f"does nothing without {needed}" if name in changed else None
        if any(faults.values()):
            raise UserError(*[f"--{name} {changed[name]}: {fault}" for name, fault in faults.items() if fault])
        self.engine.config = generation.checked(chosen)

    def hold_to(self, glossary: str | Path) -> None:
        """From now on each output has the words that a glossary, a table of source and target, has for its source."""
        if not isinstance(self.engine, Engine):
            raise UserError(f"--glossary {glossary}: is for a run's own model, not for an export")
        self.engine.glossary = Glossary.read(glossary, self.tokenizer)

    def __call__(self, inputs: str | dict | list[str | dict]) -> str | list[str]:
        """Predictions for a list of rows, or of texts where the source has a single field of a row, in their order.

        For one row or text alone, its prediction.
        """
        if isinstance(inputs, str | dict):
            return self([inputs])[0]
        if any(isinstance(one, str) for one in inputs):
            inputs = [{self.only_field(): one} if isinstance(one, str) else one for one in inputs]
        empty = dict.fromkeys(self.record["data"]["may_be_empty"], "")
        inputs = [{**empty, **one} for one in inputs]
        return [entry["prediction"] for entry in self.predict(inputs)]

    @property
    def fields(self) -> list[str]:
        """What a source is made of: the fields of a row in its template."""
        optional = self.record["data"]["may_be_empty"]
        return [name for name in fields_of(self.task.source) if name in self.task.columns and name not in optional]

    def only_field(self) -> str:
        """The one field of a source; a UserError where it has several."""
        field, *more = self.fields
        if more:
            raise UserError(f"a source is made of {field}, {', '.join(more)}: give rows such as {{{field!r}: ...}}")
        return field

    def predict(
        self, rows: list[dict], progress: Callable[[int], Any] = silent, journal: dict | None = None, first: int = 0
    ) -> list[dict]:
        """One {"id", "source", "prediction", "score"} per row, in their order; "variants", too, where it has several.

        `score` is the mean log-probability of the prediction's tokens, None where `finish` made it of several texts;
        `hit_limit` says whether its length did, `source_cut` whether the model did not get to read all of the source.

        Args:
            progress: is told after each batch how many rows it had, a part of one where a row has several sources.
            journal: a `Journal` of what was generated before this was stopped, and to write to.
            first: how many sources came before, of which a seed is made where outputs are drawn.
        """
        rows = [{"id": str(number), **row} for number, row in enumerate(rows, 1)]
        if not rows:
            return []
        encoded = features.encode(list(enumerate(rows)), self.task, self.tokenizer, self.settings, learn=False)
        table = Dataset.from_list(list(encoded))
        given = list(table) if self.task.answers else table["input_ids"][:]
        share = len(rows) / len(table)
        outputs = self.generate(given, table["length"][:], lambda made: progress(made * share), journal, first)
        limit, lengths = self.settings.max_source_length, zip(table["example"], table["length"], strict=True)
        cut = {example for example, length in lengths if length > limit}
        entries = []
        for number, (row, one) in enumerate(zip(rows, group_by_row(table, outputs), strict=True)):
            made = sum(one.outputs, [])
            prediction = self.finish(row, made)
            if self.task.answers:
                told = self.task.details(row, made) if self.task.details else {}
                entry = {"id": row["id"], "source": "\n".join(one.sources), "prediction": prediction}
                entries.append({**entry, "score": None, "hit_limit": False, "source_cut": number in cut, **told})
                continue
            chosen = max((each for each in made if each.text == prediction), key=lambda each: each.score, default=None)
            entry = {"id": row["id"], "source": "\n".join(one.sources), "prediction": prediction}
            entry |= {"score": chosen and round(chosen.score, 4), "hit_limit": bool(chosen and chosen.hit_limit)}
            entry["source_cut"] = number in cut
            if len(one.outputs[0]) > 1:
                entry["variants"] = [output.text for output in one.outputs[0]]
            entries.append(entry)
        return entries

    def encode_sources(self, sources: list[str]) -> list[list[int]]:
        """The ids of sources that are made already, cut as in training."""
        made = dataclasses.replace(self.task, prepare=lambda row, settings, tokenizer: [row["source"]])
        numbered = list(enumerate({"source": source} for source in sources))
        return [one["input_ids"] for one in features.encode(numbered, made, self.tokenizer, self.settings, learn=False)]

    def generate(
        self,
        ids: list[list[int]],
        lengths: list[int] | None = None,
        progress: Callable[[int], Any] = silent,
        journal: dict | None = None,
        first: int = 0,
    ) -> list[list[Output]]:
        """The outputs of each source: longest first, in batches, as Seq2SeqTrainer evaluates.

        Args:
            lengths: in tokens, before sources were cut; by default those of `ids`.
            progress, journal, first: see `predict`.
        """
        journal = {} if journal is None else journal
        lengths = [len(one) for one in ids] if lengths is None else lengths
        order = np.argsort(-np.asarray(lengths), kind="stable").tolist()
        outputs: dict[int, list[Output]] = {}
        while len(outputs) < len(order):
            start = len(outputs)
            if start not in journal:
                if ending.wanted():
                    raise ending.Interrupted(f"after {start:,} of {len(order):,} sources")
                places = order[start : start + self.batch_size]
                journal[start] = self._batch([ids[place] for place in places], self.record["seed"] + first + places[0])
            made = journal[start]
            outputs.update(zip(order[start : start + len(made)], made, strict=True))
            progress(len(made))
        return [outputs[place] for place in range(len(ids))]

    def _batch(self, ids: list[list[int]], seed: int) -> list[list[Output]]:
        """The outputs of a batch, or, where it does not fit into the GPU's memory, of its first half."""
        while True:
            try:
                made = self.engine(ids, seed)
                break
            except torch.OutOfMemoryError:
                if not self.grows or len(ids) == 1:
                    raise
            torch.cuda.empty_cache()
            self.batch_size = len(ids) // 2
            ids = ids[: self.batch_size]
            self.full = True
        if self.grows and not self.full and len(ids) == self.batch_size < MOST_ROWS:
            taken = torch.cuda.max_memory_allocated(self.device) / torch.cuda.mem_get_info(self.device)[1]
            self.batch_size *= 2 if taken < ROOM else 1
        return made

    def read(self, path: str | Path) -> tuple[list[dict], list[str]]:
        """The rows of a file, and notes on them; columns as in training, without those of the target."""
        splits = next(self.read_pieces(path))
        return splits["new"], splits.notes

    def read_pieces(self, path: str | Path, **how: Any) -> Iterator[reading.Splits]:
        """As `read`, piece by piece; see rows.load_pieces."""
        return load_pieces(self.task, self.reading, path, self.record["data"], self.tokenizer, **how)

    def identity(self) -> dict:
        """What predictions depend on beside the rows, as JSON."""
        run = disk.sha256(self.folder / "run.json") if (Path(self.folder) / "run.json").is_file() else str(self.folder)
        batch_size = None if self.grows else self.batch_size
        decoding_ = self.engine.config.to_diff_dict()
        if isinstance(self.engine, Engine) and self.engine.glossary:
            decoding_["glossary"] = self.engine.glossary.words
        return {"run": run, "source": self.task.source, "decoding": decoding_, "batch_size": batch_size}

    def changed(self) -> str | None:
        """A sentence if the recipe in the repository is no longer the one that ran."""
        name, ran = f"{self.record['recipe']['name']}.py", self.record["recipe"]["sha256"]
        now = next(RECIPES.rglob(name), RECIPES / name)
        if ran is None or not now.is_file() or disk.sha256(now) == ran:
            return None
        return f"{now.name} has changed since; this run's own recipe.py is used"


class Engine:
    """A model of transformers that gives Outputs for ids; `config` says how it decodes."""

    def __init__(self, model: torch.nn.Module, tokenizer: Any):
        self.model, self.tokenizer, self.config = model, tokenizer, model.generation_config
        self.collate = Collator(tokenizer, model)
        self.glossary: Glossary | None = None

    @torch.inference_mode()
    def __call__(self, ids: list[list[int]], seed: int) -> list[list[Output]]:
        """One list of Output per row of ids, drawn with `seed` where outputs are drawn."""
        batch = self.collate([{"input_ids": row} for row in ids]).to(self.model.device)
        mask = batch["attention_mask"]
        encoded = decoding.encode(self.model, batch)
        held = self.glossary and [self.glossary.processor(batch["input_ids"], self.config)]
        with decoding.sampled(self.config, seed):
            made, scores = decoding.generate_ids(self.model, encoded, mask, self.config, True, logits_processor=held)
        return decoding.read_outputs(made.cpu(), scores.cpu(), self.tokenizer, self.config, with_scores=True)


class Reader:
    """A model that writes nothing: the Outputs of features, which `generate` takes for ids."""

    def __init__(self, model: torch.nn.Module, tokenizer: Any, task: tasks.Task, settings: Any):
        self.model, self.task, self.known, self.config = model, task, (settings, tokenizer), GenerationConfig()
        self.collate = Collator(tokenizer)

    @torch.inference_mode()
    def __call__(self, features: list[dict], seed: int) -> list[list[Output]]:
        batch = self.collate(features).to(self.model.device)
        labels = batch.pop("labels", None)
        batch.pop("feature", None)
        answers = self.task.answers(self.model(**batch), labels).float().cpu().numpy()
        return [[self.task.decode(*pair, *self.known)] for pair in zip(answers, features, strict=True)]


# What run.json says of an export -> the module of its engine, whose library only those who export need.
ENGINES = {"ctranslate2": "ctranslate", "onnx": "onnx"}


def _import_engine(name: str) -> Callable:
    try:
        return importlib.import_module(f"recipes.shipping.{name}").Engine
    except ModuleNotFoundError as error:
        need = "pip install -r requirements-export.txt"
        raise UserError(f"this export needs the package {error.name}, which is not installed: {need}") from None


def load_adapter(folder: Path, model: torch.nn.Module) -> torch.nn.Module:
    """`model` with the adapter in `folder`; a UserError if it was trained beside other weights (trap 29)."""
    base = disk.read_json(Path(folder) / "base.json")
    if not base:
        raise UserError(f"{folder}: no adapter of these recipes: it has no base.json")
    if base.get("new_rows"):
        models.add_rows(model, base["new_rows"])
    if fingerprint(model) != base["sha256"]:
        revision = base["revision"] or base["commit"] or "main"
        raise UserError(
            f"{folder}: this adapter belongs to {base['name']} (revision {revision}) in fp32, and this is another "
            "model, another revision, or loaded in half precision"
        )
    return PeftModel.from_pretrained(model, folder)


def record_of(folder: str | Path) -> dict:
    """The record of a run that is done; a UserError where there is none."""
    found = record.find(folder)
    if found is None:
        raise UserError(f"{folder}: no run.json in it that a run wrote, so it is not the folder of a run")
    if found["status"] != "done":
        raise UserError(f"{folder}: this run is {found['status']}; the command that began it goes on with it")
    weights = {name: made for name, made in found["files"].items() if name.endswith((".safetensors", ".bin"))}
    reason = disk.fault(folder, weights)
    if reason:
        raise UserError(f"{folder}: {reason} by the run; put it back, or train again")
    return found


def _load_recipe(path: Path, trusted: bool) -> ModuleType:
    """The module in `path`; the search path stays as it was, though a recipe puts its repository there."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; it was written by the run, and says how sources are made")
    if not trusted and disk.sha256(path) not in {disk.sha256(one) for one in RECIPES.rglob("*.py")}:
        raise UserError(
            f"{path}: a program, and none of the recipes in {RECIPES}: it was changed there since, or comes from "
            "somebody else. Read it, then let it run with --trust_recipe (in Python: trust_recipe=True)"
        )
    name = f"recipe_of_{disk.sha256(path)[:16]}"
    spec = importlib.util.spec_from_file_location(name, path)
    module, before = importlib.util.module_from_spec(spec), list(sys.path)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module
