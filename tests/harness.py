# SPDX-License-Identifier: Apache-2.0
"""A small run of each recipe, and the one place for names that the tests need and that no user sees.

A test file says `RECIPE = "qa_t5"`; conftest's fixtures `small`, `flags`, `done` and `refused` are that recipe's then.
"""

import contextlib
import dataclasses
import functools
import importlib
import io
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import transformers
from conftest import ROOT, WORDS, make_model, make_plain, make_tokenizer
from helpers import as_flags, block_sockets, records, run_recipe, write_jsonl

from recipes import planning, prediction, report
from recipes.common import UserError, arguments, features, judging, models, reading
from recipes.common.learning import batches
from recipes.common.learning.trainer import Seq2SeqTrainer
from recipes.common.tasks import task_of_module

sys.path.append(str(ROOT / "scripts"))
import predict as predict_script  # noqa: E402

# ---------------------------------------------------------------- rows of each recipe


def odd_records():
    """Texts that a careless reader or writer changes (traps 15 and 38)."""
    texts = ["line one\nline two", "Ann\r\nBo", "N/A", "null", 'say "hi" \\n', "Straße 東京", "tab\there"]
    return [{"id": f"odd-{n}", "document": f"{text} please. Thanks", "summary": text} for n, text in enumerate(texts)]


def documents():
    rows = {split: records(split, count) for split, count in (("train", 20), ("validation", 6), ("test", 6))}
    rows["test"] += odd_records()
    return rows


def reworded(split, count):
    """The original's words in another order, and two others."""
    chance = random.Random(split)
    rows = []
    for number in range(count):
        words = chance.choices(WORDS, k=chance.randint(5, 14))
        other = [*reversed(words), *chance.choices(WORDS, k=2)]
        rows.append({"id": f"{split}-{number}", "original": " ".join(words), "paraphrase": " ".join(other)})
    return rows


def paraphrases():
    """In training, the pairs 3 and 11 are copies; in the other splits, the first is one."""
    rows = {"train": reworded("train", 20), "validation": reworded("validation", 5), "test": reworded("test", 7)}
    rows["train"][3]["paraphrase"] = rows["train"][3]["original"]
    rows["train"][11]["paraphrase"] = rows["train"][11]["original"].upper() + "!"
    for split in ("validation", "test"):
        rows[split][0]["paraphrase"] = rows[split][0]["original"]
    return rows


def pairs(split, count, most=12):
    """{"id", "en", "de"}: some words, and the same words backwards."""
    rows = records(split, count, most=most)
    return [{"id": row["id"], "en": row["document"], "de": " ".join(row["document"].split()[::-1])} for row in rows]


def translations():
    return {split: pairs(split, count) for split, count in (("train", 20), ("validation", 6), ("test", 9))}


def asked(split, count, most=24):
    """Records of uneven length, some of whose contexts are longer than 80 tokens."""
    chance = random.Random(split)
    rows = []
    for number in range(count):
        words = chance.choices(WORDS, k=chance.randint(6, most) if number % 4 else 3 * most)
        start = chance.randrange(len(words) - 2)
        question = " ".join(chance.choices(WORDS, k=3)) + "?"
        answer = " ".join(words[start : start + chance.randint(1, 2)])
        rows.append({"id": f"{split}-{number}", "context": " ".join(words) + ".", "question": question, "text": answer})
    return rows


def questions():
    return {split: asked(split, count) for split, count in (("train", 20), ("validation", 6), ("test", 9))}


def chat(*texts, first="human"):
    """ShareGPT's turns, speakers alternating."""
    order = ("human", "gpt") if first == "human" else ("gpt", "human")
    return [{"from": order[place % 2], "value": text} for place, text in enumerate(texts)]


def chats(split, count, seed=0):
    """Conversations of one to four replies; some hold what T5's vocabulary lacks, some begin with a system turn."""
    chance = random.Random(f"{split} {seed}")
    rows = []
    for number in range(count):
        texts = [" ".join(chance.choices(WORDS, k=chance.randint(2, 9))) for _ in range(2 * chance.randint(1, 4))]
        texts[-1] += ["", "\nName:\tAnn", " {BLUE}"][number % 3]
        system = [{"from": "system", "value": "Ann wants a lamp."}] * (number % 5 == 0)
        rows.append({"id": f"{split}-{number}", "conversations": system + chat(*texts)})
    return rows


ODD_CHATS = {
    "begins": {"conversations": chat("hello", "a lamp please", "thanks", first="gpt")},
    "two": {"conversations": [*chat("hello"), *chat("the lamp is broken", "thanks")]},
    "open": {"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "yes"},
                          {"role": "user", "content": "is it blue"}]},
    "long": {"conversations": chat(*[f"Ann says {place}" for place in range(200)])},
}  # fmt: skip


def conversations():
    """Without a validation split, which is cut off; the odd conversations are the last of training."""
    odd = [{"id": name, **record} for name, record in ODD_CHATS.items()]
    return {"train": chats("train", 12) + odd, "test": chats("test", 4)}


def replies(rows):
    """The ids of what is replied to: conversation/number of the reply."""
    return [
        f"{row['id']}/{number}"
        for row in rows
        for number in range(1, sum(turn["from"] == "gpt" for turn in row["conversations"]) + 1)
    ]


# ---------------------------------------------------------------- the small runs


@dataclass(frozen=True)
class Kind:
    """What a small run of a recipe is made of, and what is known of it."""

    rows: Callable  # () -> {split: records}
    settings: dict  # flags beside those that all runs share
    trivial: str  # the name of the answer that needs no model
    counts: str  # what is said of the splits
    decoded: str  # the first training row's target as it is shown, with its end token
    target: tuple[str, ...]  # columns that a new row lacks
    family: str = "t5"
    files: tuple[str, ...] = ()  # beside those that every run leaves
    ids: Callable = lambda rows: [row["id"] for row in rows]  # of the predictions
    notes: tuple[str, ...] = ()  # functions of the recipe whose calls are noted


KINDS = {
    "summarize_t5": Kind(
        documents,
        {"max_source_length": 48, "max_target_length": 24, "num_train_epochs": 2},
        trivial="lead sentence", counts="train 20, validation 6, test 13", decoded="summary", target=("summary",),
    ),
    "paraphrase_bart": Kind(
        paraphrases,
        {"max_source_length": 48, "max_target_length": 20, "num_train_epochs": 1, "per_device_eval_batch_size": 3,
         "min_new_tokens": 2},
        trivial="copy", counts="train 18, validation 5, test 7", decoded="paraphrase", target=("paraphrase",),
        family="bart",
    ),
    "translate_mt5_lora": Kind(
        translations,
        {"max_source_length": 48, "max_target_length": 16, "num_train_epochs": 2, "learning_rate": 3e-2,
         "per_device_train_batch_size": 8, "num_beams": 2, "lora_r": 4, "lora_dropout": 0},
        trivial="copy of the source", counts="train 20, validation 6, test 9", decoded="de", target=("de",),
        files=("spot_check.csv", "adapter"),
    ),
    "qa_t5": Kind(
        questions,
        {"max_source_length": 80, "max_target_length": 16, "doc_stride": 8, "num_train_epochs": 1, "num_beams": 2},
        trivial="closest sentence", counts="train 20, validation 6, test 9", decoded="text", target=("text",),
    ),
    "convo_flant5": Kind(
        conversations,
        {"max_source_length": None, "model_max_length": 64, "max_target_length": 24, "num_train_epochs": 1,
         "max_train_samples": 40},
        trivial="last turn", counts="train 40, test 7, validation 7", decoded="", target=(), ids=replies,
        notes=("_form_qa", "_add_speaker_and_signal", "_tokenize_fn", "smart_tokenizer_and_embedding_resize"),
    ),
}  # fmt: skip
NAMES = tuple(KINDS)


def sorted_texts():
    """Texts whose first word tells their label; one label is rare, and some rows have a second text."""
    rows = {}
    for split, count in (("train", 24), ("validation", 7), ("test", 9)):
        rows[split] = records(split, count)
        for number, row in enumerate(rows[split]):
            row["label"] = ["bug", "praise", "bug", "wish"][number % 4]
            row["text"] = f"{dict(bug='broken', praise='thanks', wish='please')[row['label']]} {row.pop('document')}"
            del row["summary"]
    return rows


def plain_texts():
    counts = {"train": 40, "validation": 10, "test": 12}
    return {
        split: [{"id": row["id"], "text": row["document"]} for row in records(split, count)]
        for split, count in counts.items()
    }


def blocks(rows):
    """The ids of blocks of up to 64 tokens begin with those of their first texts; see test_neighbours_language.py."""
    return None


def tagged_words():
    """Names are tagged; some texts are longer than a window."""
    names = {"Ann": "B-person", "Bo": "B-person", "lamp": "B-thing", "mug": "B-thing", "broken": "I-thing"}
    rows = {}
    for split, count in (("train", 24), ("validation", 7), ("test", 9)):
        rows[split] = []
        for row in records(split, count, most=60):
            words = row["document"].removesuffix(".").split()
            rows[split].append({"id": row["id"], "tokens": words, "tags": [names.get(word, "O") for word in words]})
    return rows


# The recipes of recipes/neighbours/, by module; `decoded` and `notes` say nothing of them.
NEIGHBOURS = {
    "neighbours.classify_distilbert": Kind(
        sorted_texts, {"max_source_length": 48, "num_train_epochs": 2, "per_device_train_batch_size": 8},
        trivial="most frequent label", counts="train 24, validation 7, test 9", decoded="", target=("label",),
        family="bert",
    ),
    "neighbours.tag_bert": Kind(
        tagged_words, {"max_source_length": 40, "doc_stride": 8, "num_train_epochs": 2,
        "per_device_train_batch_size": 8, "learning_rate": 2e-2},
        trivial="no entity", counts="train 24, validation 7, test 9", decoded="", target=("tags",), family="bert",
    ),
    "neighbours.extract_bert": Kind(
        questions, {"max_source_length": 60, "doc_stride": 8, "num_train_epochs": 2, "per_device_train_batch_size": 8},
        trivial="closest sentence", counts="train 20, validation 6, test 9", decoded="", target=("text",),
        family="bert",
    ),
    "neighbours.adapt_mlm": Kind(
        plain_texts, {"max_source_length": 64, "num_train_epochs": 2, "per_device_train_batch_size": 4},
        trivial="token frequencies", counts="train", decoded="", target=(), family="bert", ids=blocks,
    ),
    "neighbours.continue_gpt2_lora": Kind(
        plain_texts, {"max_source_length": 24, "num_train_epochs": 2, "per_device_train_batch_size": 8,
        "lora_dropout": 0, "learning_rate": 3e-2},
        trivial="token frequencies", counts="train 40, validation 10, test 12", decoded="", target=(), family="gpt",
        files=("adapter", "generation_config.json"),
    ),
}  # fmt: skip
write_report = report.write


class Small:
    """A recipe with a few rows and a tiny random model of its family, in a folder."""

    def __init__(self, name, folder):
        self.name, self.kind, self.folder = name, {**KINDS, **NEIGHBOURS}[name], Path(folder)
        self.recipe = importlib.import_module(f"recipes.{name}")
        self.main, self.metrics = self.recipe.main, self.recipe.METRICS
        self.rows, self.model = self.kind.rows(), self.folder / "model"
        for split, rows in self.rows.items():
            write_jsonl(self.folder / f"{split}.jsonl", rows)
        if name in NEIGHBOURS:
            tokenizer, model = make_plain(self.kind.family)
        else:
            tokenizer = make_tokenizer(bos="<s>" if self.kind.family == "bart" else None)
            model = make_model(self.kind.family, tokenizer, layers=1)
        if self.kind.family == "bart":  # another task's generation settings, as BART-CNN carries them
            model.generation_config.update(min_length=23, num_beams=4, length_penalty=2.0, early_stopping=True)
        model.save_pretrained(self.model)
        tokenizer.save_pretrained(self.model)

    def settings(self, **changed):
        """{flag: value} of a run of few steps in fp32."""
        files = {f"{split}_file": self.folder / f"{split}.jsonl" for split in self.rows}
        mode = {"model_name_or_path": self.model, "bf16": False, "disable_tqdm": True, "learning_rate": 3e-3}
        return {**mode, **files, **self.kind.settings, **changed}

    def flags(self, **changed):
        """The same as words of a command line; None leaves a flag out."""
        return as_flags(**self.settings(**changed))

    def run(self, **changed):
        """The exit code of such a run in this process."""
        return run_recipe(self.flags(**changed), self.main)

    @functools.cached_property
    def done(self):
        """A finished run, made once: its folder, what it printed, which functions it called.

        With its report, and without network and nltk's data (traps 10 and 11).
        """
        folder, printed, called = self.folder / "out", io.StringIO(), set()

        def noting(name, function):
            def call(*args, **kwargs):
                called.add(name)
                return function(*args, **kwargs)

            return call

        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
            block_sockets(patch)
            patch.setattr("nltk.data.path", [])
            patch.setattr("nltk.download", None)
            patch.setattr(report, "write", write_report)
            for name in self.kind.notes:
                patch.setattr(self.recipe, name, noting(name, getattr(self.recipe, name)))
            assert self.run(output_dir=folder) == 0, printed.getvalue()
        return SimpleNamespace(folder=folder, printed=printed.getvalue(), called=called)


# ---------------------------------------------------------------- names that no user sees
# What is private to the recipes' common/, or spelled otherwise in each of its versions, is used here and nowhere else.

Predictor, predict = prediction.Predictor, predict_script.main


def parse(recipe, flags):
    """(settings, training arguments, names that were typed) of a command line."""
    settings, args = arguments.parse(task_of_module(recipe), list(flags))
    return settings, args, settings.given


def default(recipe, name):
    """A recipe's default, its own or of a setting of the library."""
    settings = {one.name: one.default for one in dataclasses.fields(recipe.Settings)}
    return {**settings, **recipe.DEFAULTS}[name]


def score(recipe, predictions, references, rows=None, variants=None, **settings):
    """The recipe's scores; `variants` where more than the prediction was made for a row."""
    rows = rows or [dict.fromkeys(recipe.COLUMNS, "") for _ in predictions]
    variants = variants or [[text] for text in predictions]
    given = [row | {"variants": texts} for row, texts in zip(rows, variants, strict=True)]
    return recipe.score(predictions, references, given, recipe.Settings(**settings))


def judge(recipe, outputs, table):
    """(rows, totals): what becomes of generated outputs, one list of decoding.Output per feature of the table."""
    made = judging.Judge(task_of_module(recipe), recipe.Settings(), None, None)
    totals = made.score_outputs(outputs, table)
    return made.rows, totals


def answers(monkeypatch, recipe, answer):
    """From now on the recipe's predictions are answer(row), whatever the model says."""
    monkeypatch.setattr(recipe, "finish", lambda row, outputs: answer(row), raising=False)


def task(source, target):
    """A task of nothing but two templates."""
    nothing = dict.fromkeys(("prepare", "learned", "select", "finish", "encode"))
    return SimpleNamespace(recipe=Path(__file__), source=source, target=target, **nothing)


def tokenize(rows, source, target, tokenizer, limits):
    """The features of rows, from two templates."""
    limits = SimpleNamespace(**{"source_prefix": None, "preprocessing_num_workers": None, **vars(limits)})
    return features.tokenize({"rows": rows}, task(source, target), tokenizer, limits)["rows"]


def training_table(table):
    """As the trainer takes it."""
    return table


def make_trainer(model, args, train_dataset, tokenizer, recipe, target, max_tokens_per_batch=None):
    """The recipes' trainer, with the recipe's scores."""
    judged_by = SimpleNamespace(target=target, score=recipe.score, **dict.fromkeys(("finish", "decode", "details")))
    return Seq2SeqTrainer(
        model=model,
        args=args,
        train_dataset=train_dataset,
        processing_class=tokenizer,
        data_collator=batches.Collator(tokenizer, model),
        compute_metrics=judging.Judge(judged_by, recipe.Settings(), tokenizer, args),
        max_tokens_per_batch=max_tokens_per_batch,
    )


def judged(trainer):
    """The rows of the trainer's last evaluation: id, source, reference, prediction and scores."""
    return trainer.judge.rows


def order_of(trainer, table):
    """The features in the order in which an evaluation meets them, one batch after the other."""
    return [number for batch in trainer.get_eval_dataloader(table) for number in batch["feature"].tolist()]


def read(small, monkeypatch, **changed):
    """(splits, record): the rows that main would learn from, and what run.json would say of them; no model is made."""
    seen, load = [], reading.load

    def noting(*args, **more):
        seen.append(load(*args, **more))
        return seen[-1]

    def stop(*_):
        raise UserError("enough")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "load", noting)
        patch.setattr(models, "load", stop)
        with pytest.raises(UserError, match="enough"):
            small.main(small.flags(**changed))
    return seen[0], seen[0].report


def meddle(monkeypatch, function):
    """The recipe's model passes through `function` after it was loaded."""
    load = models.load

    def load_and_change(*args):
        model, tokenizer = load(*args)
        function(model)
        return model, tokenizer

    monkeypatch.setattr(models, "load", load_and_change)
    monkeypatch.setattr(planning, "told", lambda *_: [])  # no pass through the model but those of a training


def stop_training(monkeypatch, step, error):
    """The first time that training reaches `step`, it raises; returns the list of all steps that begin."""
    begun, original = [], transformers.Trainer.training_step

    def watched(self, *args, **kwargs):
        begun.append(self.state.global_step + 1)
        if begun.count(step) == 1 and begun[-1] == step:
            raise error
        return original(self, *args, **kwargs)

    monkeypatch.setattr(transformers.Trainer, "training_step", watched)
    return begun


def machine_has_bf16(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
