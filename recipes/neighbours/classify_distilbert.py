# SPDX-License-Identifier: Apache-2.0
"""Sort texts into classes with DistilBERT: one label each, or several.

    make classify                                       bundled feedback and tiny BERT, on any laptop
    make classify MODEL=distilbert/distilbert-base-uncased      film reviews from the Hub, on one GPU
    make classify TRAIN=mine.csv VALIDATION=dev.csv     your own text

Record   {"id": "7", "text": "The app closes when I open my basket.", "label": "bug"}
Source   "The app closes when I open my basket.", and a second text behind it where there is one
Target   "bug"
Change   the columns, the scores, the numbers in DEFAULTS
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from transformers.hf_argparser import HfArg

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]  # so that this file runs as a script, a module or a copy

from recipes import report
from recipes.common import arguments, features, judging, reading, running
from recipes.common.tasks import task_of
from recipes.metrics import classes
from recipes.neighbours import labels, plain

# ---------------------------------------------------------------- Settings
SOURCE = "{text} {pair}"
TARGET = "{label}"

# Which column holds which field: the flag that names it, and the names that known data sets use.
COLUMNS = {
    "text": ("text_column", ("text", "sentence", "review", "content", "sentence1", "premise", "question1", "question")),
    "pair": ("pair_column", ("sentence2", "hypothesis", "question2")),
    "label": ("label_column", ("label", "labels", "category", "class", "sentiment", "intent")),
}
METRICS = ("accuracy", "f1_macro")

DEFAULTS = {
    "model_name_or_path": "distilbert/distilbert-base-uncased",
    "dataset_name": "stanfordnlp/imdb",
    "learning_rate": 2e-5,
    "weight_decay": 0.01,
    "num_train_epochs": 2,
    "per_device_train_batch_size": 16,
    "per_device_eval_batch_size": 32,
    "train_sampling_strategy": "group_by_length",
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_steps": 10,
    "load_best_model_at_end": True,
    "metric_for_best_model": "accuracy",
    "early_stopping_patience": 2,
}


@dataclass
class Settings(plain.PlainSettings):
    class_names: str | None = HfArg(default=None, help="Names of the labels 0, 1, ...: negative,positive")
    multi_label: bool = HfArg(default=False, help="Rows have any number of labels: a list, or a text with commas.")
    class_weights: Literal["none", "balanced"] = HfArg(default="none", help="balanced: each class weighs the same.")


# ---------------------------------------------------------------- Task
def reshape(row, settings, new=False):
    """The row with its labels by name, as one text."""
    return [row] if new else labels.named(row, plain.columns(row, COLUMNS, settings)["label"], settings)


def load(settings, args):
    return plain.load("SequenceClassification", DEFAULTS["model_name_or_path"], settings, args)


def encode(row, settings, tokenizer, learn):
    """One feature; its labels are the class, or for each class whether the row has it."""
    texts = [row["text"], row["pair"]] if row["pair"] else [row["text"]]
    feature = plain.tokenize(tokenizer, *texts, limit=settings.max_source_length)
    return [feature | {"labels": labels.numbers(row["label"], settings)} if learn else feature]


def losses(outputs, wanted, several=False, weight=None):
    """The loss of each row's class, or of each class of a row; see plain.Trainer."""
    if several:
        return plain.binary_cross_entropy(outputs.logits, wanted[:, : outputs.logits.shape[1]], weight)
    return plain.cross_entropy(outputs.logits[:, None], wanted[:, :1], weight)


def answers(outputs, wanted):
    return outputs.logits


def decode(answer, feature, settings, tokenizer):
    """The labels as one text; its score is how probable each class is."""
    logits = torch.tensor(answer)
    shares = logits.sigmoid() if settings.multi_label else logits.softmax(0)
    return labels.read(dict(zip(settings.labels, shares.tolist(), strict=True)), settings)


def details(row, outputs):
    return {"probabilities": outputs[0].score}


def score(predictions, references, rows, settings):
    """Accuracy and F1, a mean over the classes."""
    sides = predictions, [texts[0] for texts in references]
    return classes.classes(*(labels.taken(side, settings) for side in sides))


def trivial(row, label=""):
    """Most frequent label: what needs no model."""
    return label


# ---------------------------------------------------------------- Main
def main(argv=None):
    # Settings
    task = task_of(__name__)
    settings, args = arguments.parse(task, argv)
    run = running.Run(task, settings, args)

    # Data
    empty = ("pair", "label") if settings.multi_label else ("pair",)
    splits = reading.load(task, settings, seed=args.seed, may_be_empty=empty)
    counts = labels.count(splits, "label", settings)
    task = replace(task, trivial=plain.bind(trivial, label=counts.most_common(1)[0][0]))
    if run.is_done(splits):
        return report.show(run)

    # Model
    model, tokenizer = load(settings, args)

    # Features
    tables = features.tokenize(splits, task, tokenizer, settings)
    plain.look(run, splits, tables, model, tokenizer)
    if settings.dry_run:
        return None

    # Trainer
    weight = labels.balanced(counts, settings.labels) if settings.class_weights == "balanced" else None
    judge = judging.Judge(task, settings, tokenizer, args)
    loss = plain.bind(losses, several=settings.multi_label, weight=weight)
    trainer = plain.Trainer(model, args, tables, judge, [*run.callbacks(), report.Progress(run)], loss)
    run.start(tables)

    # Train
    if args.do_train:
        run.compare(judge, trainer, tables)
        run.save_metrics("train", trainer.train(resume_from_checkpoint=run.checkpoint()).metrics)

    # Evaluate
    if args.do_eval:
        run.save_metrics("eval", trainer.evaluate(tables["validation"]), judge.rows)

    # Predict
    if run.split == "test":
        run.save_metrics("predict", trainer.predict(tables["test"], metric_key_prefix="predict").metrics)

    # Save
    run.record["tables"] = labels.tables(judge.rows, settings)
    run.save(trainer, judge)
    report.write(run)
    return report.show(run)


if __name__ == "__main__":
    sys.exit(running.command_line(main))
