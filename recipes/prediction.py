# SPDX-License-Identifier: Apache-2.0
"""A trained run and new rows: the same sources, batches, decoding and `finish` as in its own final scores.

predict = Predictor("outputs/summarize_t5")
predict(["My lamp arrived broken. Please send a new one."])       # or rows: [{"document": "..."}]
# ["The customer wants a new lamp."]
"""

import contextlib
import dataclasses
import hashlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import torch
from datasets import Dataset
from peft import PeftModel
from tqdm.auto import tqdm

from recipes.common import UserError, console, decoding, disk, features, lora, models, reading, tasks
from recipes.common.decoding import Output
from recipes.common.judging import group_by_row
from recipes.common.learning import Collator
from recipes.common.running import ending, record
from recipes.typed.templates import fields_of

RECIPES = Path(__file__).resolve().parent


class Predictor:
    """The model of a finished run with the recipe that made it, read from the run's own recipe.py.

    Args:
        folder: the output folder of a run.
        batch_size: sources at a time; None: as in the run, so that its own rows give its own predictions.
        device: such as "cpu" or "cuda:1"; None: the accelerator if there is one.
        trust_recipe: run the folder's programs, its recipe.py and the code of its model, though they may be anybody's;
            else recipe.py has to be one of this repository's recipes, and a model has no code of its own.
    Raises:
        UserError: the folder holds no run that is done, or a recipe that is not trusted.
    """

    def __init__(
        self,
        folder: str | Path,
        batch_size: int | None = None,
        device: str | None = None,
        trust_recipe: bool = False,
    ):
        if batch_size is not None and batch_size < 1:
            raise UserError(f"--batch_size {batch_size}: must be at least 1")
        self.folder = Path(folder)
        self.record = _record_of(self.folder)
        self.task = tasks.task_of_module(_load_recipe(self.folder / "recipe.py", trust_recipe))
        own = {field.name for field in dataclasses.fields(self.task.settings)}
        known = {name: value for name, value in self.record["settings"].items() if name in own}
        known["trust_remote_code"] = trust_recipe and known.get("trust_remote_code") is True
        self.settings = self.task.settings(**known)
        if self.task.with_settings:
            self.task = self.task.with_settings(self.task, self.settings)
        self.finish = self.task.finish or decoding.first_output
        here = {"model_name_or_path": str(folder), "model_revision": None, "tokenizer_name": None, "dry_run": False}
        saved = dataclasses.replace(self.settings, **here)
        console.quiet()
        self.model, self.tokenizer = models.load(saved, SimpleNamespace(fp16=False))
        accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else "cpu"
        self.model.eval().to(device or accelerator)
        self.batch_size = batch_size or self.record["arguments"]["per_device_eval_batch_size"]

    def __call__(self, inputs: list[str | dict]) -> list[str]:
        """Predictions for a list of rows, or of texts where the source has a single field of a row, in their order."""
        named = fields_of(self.task.source)
        field, *more = [name for name in named if name in self.task.columns]
        if more and any(isinstance(one, str) for one in inputs):
            raise UserError(f"a source is made of {field}, {', '.join(more)}: give rows such as {{{field!r}: ...}}")
        rows = [{field: one} if isinstance(one, str) else one for one in inputs]
        return [entry["prediction"] for entry in self.predict(rows)]

    def predict(self, rows: list[dict], progress: bool = False, journal: "Journal | None" = None) -> list[dict]:
        """One {"id", "source", "prediction"} per row, in their order; "variants", too, where a row has several.

        Args:
            journal: a `Journal` of what was generated before this was stopped, and to write to.
        """
        rows = [{"id": str(number), **row} for number, row in enumerate(rows, 1)]
        if not rows:
            return []
        encoded = features.encode(list(enumerate(rows)), self.task, self.tokenizer, self.settings, learn=False)
        table = Dataset.from_list(list(encoded))
        outputs = self._generate(table, progress, {} if journal is None else journal)
        entries = []
        for row, one in zip(rows, group_by_row(table, outputs), strict=True):
            prediction = self.finish(row, sum(one.outputs, []))
            entry = {"id": row["id"], "source": "\n".join(one.sources), "prediction": prediction}
            if len(one.outputs[0]) > 1:
                entry["variants"] = [output.text for output in one.outputs[0]]
            entries.append(entry)
        return entries

    @torch.inference_mode()
    def _generate(self, table: Dataset, progress: bool, journal: dict) -> list[list[Output]]:
        """The outputs of each feature: longest first, in batches, as Seq2SeqTrainer evaluates."""
        config, device = self.model.generation_config, self.model.device
        collate = Collator(self.tokenizer, self.model)
        with_scores = len(table.unique("example")) < len(table)
        order = np.argsort(-np.asarray(table["length"]), kind="stable").tolist()
        outputs = {}
        bar = tqdm(range(0, len(order), self.batch_size), desc="predict", disable=None if progress else True)
        for start in bar:
            places = order[start : start + self.batch_size]
            if start in journal:
                outputs.update(zip(places, journal[start], strict=True))
                continue
            if ending.wanted():
                raise ending.Interrupted(f"before batch {start // self.batch_size + 1} of {len(bar)}")
            batch = collate([table[place] for place in places]).to(device)
            mask = batch["attention_mask"]
            encoded = self.model.get_encoder()(batch["input_ids"], attention_mask=mask)
            with decoding.sampled(config, self.record["seed"] + places[0]):
                ids, scores = decoding.generate_ids(self.model, encoded, mask, config, with_scores)
            made = decoding.read_outputs(ids.cpu(), scores.cpu(), self.tokenizer, config, with_scores)
            journal[start] = made
            outputs.update(zip(places, made, strict=True))
        return [outputs[place] for place in range(len(table))]

    def read(self, path: str | Path) -> tuple[list[dict], list[str]]:
        """The rows of a file, and notes on them; columns as in training, without those of the target."""
        splits = reading.load_new(self.task, self.settings, path, self.record["data"], self.tokenizer)
        return splits["new"], splits.notes

    def identity(self, rows: list[dict]) -> dict:
        """What predictions for these rows depend on, as JSON."""
        hashed = hashlib.sha256("".join(map(disk.json_line, rows)).encode()).hexdigest()
        return {"run": disk.sha256(self.folder / "run.json"), "rows": hashed, "batch_size": self.batch_size}

    def changed(self) -> str | None:
        """A sentence if the recipe in the repository is no longer the one that ran."""
        now = RECIPES / f"{self.record['recipe']['name']}.py"
        if not now.is_file() or disk.sha256(now) == self.record["recipe"]["sha256"]:
            return None
        return f"{now.name} has changed since; this run's own recipe.py is used"


def load_adapter(folder: Path, model: torch.nn.Module) -> torch.nn.Module:
    """`model` with the adapter in `folder`; a UserError if it was trained beside other weights (trap 29)."""
    base = disk.read_json(Path(folder) / "base.json")
    if not base:
        raise UserError(f"{folder}: no adapter of these recipes: it has no base.json")
    if base.get("new_rows"):
        models.add_rows(model, base["new_rows"])
    if lora.fingerprint(model) != base["sha256"]:
        revision = base["revision"] or base["commit"] or "main"
        raise UserError(
            f"{folder}: this adapter belongs to {base['name']} (revision {revision}) in fp32, and this is another "
            "model, another revision, or loaded in half precision"
        )
    return PeftModel.from_pretrained(model, folder)


class Unfinished:
    """The folder OUTPUT.unfinished, which one process holds while it makes OUTPUT, and which it leaves if it is killed.

    Args:
        output: a file that is not there yet.
    Raises:
        UserError: OUTPUT is there, another process is making it, or somebody's own files have that name.
    """

    def __init__(self, output: str | Path):
        self.output, self.folder = Path(output), Path(f"{output}.unfinished")
        self.journal, self.whole = self.folder / "journal.jsonl", self.folder / "predictions.jsonl"

    def __enter__(self):
        self._refuse_existing()
        if not self.output.absolute().parent.is_dir():
            raise UserError(f"--output {self.output}: there is no such folder")
        known = {disk.LOCK, self.journal.name, self.whole.name}
        if os.path.lexists(self.folder) and not (
            self.folder.is_dir() and {path.name.removesuffix(".tmp") for path in self.folder.iterdir()} <= known
        ):
            raise UserError(f"--output {self.output}: {self.folder} is in the way; move it, or name another output")
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise UserError(f"--output {self.output}: {self.folder}: {error.strerror}") from None
        self.lock = disk.FolderLock(self.folder, f"--output {self.output}")
        try:
            self._refuse_existing()  # one that was finished a moment ago
        except UserError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.lock.release()
        with contextlib.suppress(OSError):
            self.folder.rmdir()  # only if nothing was made

    def finish(self, rows: list[dict]) -> None:
        """Make `rows` OUTPUT in one step."""
        disk.write_lines(self.whole, rows)
        try:
            os.link(self.whole, self.output)
        except FileExistsError:
            self._refuse_existing(f"; what was made for it is {self.whole}")
        except OSError:  # a file system without links
            self._refuse_existing(f"; what was made for it is {self.whole}")
            os.replace(self.whole, self.output)
        self.whole.unlink(missing_ok=True)
        self.journal.unlink(missing_ok=True)

    def _refuse_existing(self, more: str = "") -> None:
        if os.path.lexists(self.output):
            raise UserError(f"--output {self.output}: exists; name a new file{more}")


class Journal(dict):
    """{first place of a batch: its outputs}, kept in a file line by line, so that what was killed goes on.

    Args:
        path: of the file; there is none before the first batch is done.
        belongs_to: what the outputs depend on, as JSON; it is the file's first line.
    Raises:
        UserError: the file belongs to something else, or was changed.
    """

    def __init__(self, path: str | Path, belongs_to: dict):
        super().__init__()
        self.path, self.head = Path(path), disk.json_line(belongs_to)
        if not self.path.exists():
            return
        try:
            head, *lines = self.path.read_text(encoding="utf-8").splitlines(True)
            # A kill in the middle of a write leaves half a line, the last.
            whole = [line for line in lines if line.endswith("\n")]
            known = {
                int(place): [[decoding.Output(*one) for one in several] for several in made]
                for place, made in map(json.loads, whole)
            }
        except (ValueError, TypeError, RecursionError):
            raise UserError(f"{self.path}: damaged; remove its folder, and begin anew") from None
        if head != self.head:
            raise UserError(f"{self.path}: was begun with another run, input or batch size; finish that, or remove it")
        disk.write_text(self.path, "".join([head, *whole]))
        self.update(known)

    def __setitem__(self, place, made):
        super().__setitem__(place, made)
        if not self.path.exists():
            disk.write_text(self.path, self.head)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(disk.json_line([place, made]))


def _record_of(folder: str | Path) -> dict:
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
    if not trusted and disk.sha256(path) not in {disk.sha256(one) for one in RECIPES.glob("*.py")}:
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
