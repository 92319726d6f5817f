# SPDX-License-Identifier: Apache-2.0
"""Mark names in texts with BERT: people, places, products, whatever your tags say.

    make tag                                            bundled feedback and tiny BERT, on any laptop
    make tag TRAIN=mine.conll VALIDATION=dev.conll      a word and its tag a line, an empty line between sentences
    make tag TRAIN=mine.jsonl MODEL=google-bert/bert-base-cased     lists, or texts with spans of characters

Record   {"id": "7", "tokens": ["Ann", "has", "Taskwren", "4.12"], "tags": ["O", "O", "B-product", "B-version"]}
   or    {"id": "7", "text": "Ann has Taskwren 4.12", "entities": [{"start": 8, "end": 16, "label": "product"}]}
Source   the words; of each its first piece has the label
Target   "O O B-product B-version"
Change   the columns, the names of the tags, the numbers in DEFAULTS
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from transformers.hf_argparser import HfArg

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]  # so that this file runs as a script, a module or a copy

from recipes import files, report
from recipes.common import arguments, features, judging, reading, running
from recipes.common.decoding import Output
from recipes.common.tasks import task_of
from recipes.metrics import entities
from recipes.neighbours import plain, tagging

# ---------------------------------------------------------------- Settings
SOURCE = "{words}"
TARGET = "{tags}"

# Which column holds which field: the flag that names it, and the names that known data sets use.
COLUMNS = {
    "words": ("words_column", ("tokens", "words")),
    "tags": ("tags_column", ("tags", "ner_tags", "labels")),
    "text": ("text_column", ("text", "sentence")),
}
METRICS = ("f1", "precision", "recall")

DEFAULTS = {
    "model_name_or_path": "google-bert/bert-base-cased",
    "dataset_name": "eriktks/conll2003",
    "learning_rate": 3e-5,
    "weight_decay": 0.01,
    "num_train_epochs": 3,
    "per_device_train_batch_size": 16,
    "per_device_eval_batch_size": 32,
    "train_sampling_strategy": "group_by_length",
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_steps": 10,
    "load_best_model_at_end": True,
    "metric_for_best_model": "f1",
    "early_stopping_patience": 2,
}


@dataclass
class Settings(plain.PlainSettings):
    tag_names: str | None = HfArg(default=None, help="Names of the tags 0, 1, ...: O,B-PER,I-PER")
    label_all_pieces: bool = HfArg(default=False, help="All pieces of a word learn its tag, not only the first.")
    doc_stride: int = HfArg(default=64, help="Tokens that the windows of a long text share.")


# ---------------------------------------------------------------- Task
def read(path, settings, new=False):
    """Rows of any kind of file; of .conll, .iob, .bio and, where there are tags, .txt, a word a line."""
    return files.read_file(path, settings, tagging.kinds(new))


def reshape(row, settings, new=False):
    """The row as lists of words, with their tags as one text."""
    names = settings.tag_names.split(",") if settings.tag_names else []
    return tagging.reshaped(row, plain.columns(row, COLUMNS, settings), names, new)


def load(settings, args):
    return plain.load("TokenClassification", DEFAULTS["model_name_or_path"], settings, args)


def encode(row, settings, tokenizer, learn):
    """Windows of a row's words."""
    how = settings.max_source_length, settings.doc_stride, settings.labels, settings.label_all_pieces
    return tagging.features_of(row, *how, tokenizer, learn)


def losses(outputs, labels):
    """The loss of each first piece; see plain.Trainer."""
    return plain.cross_entropy(outputs.logits, labels)


def answers(outputs, labels):
    return outputs.logits.argmax(-1)


def decode(answer, feature, settings, tokenizer):
    """[word, tag, room around it] of each word of a window."""
    return Output(tagging.read(answer, feature, settings.labels), None, False)


def finish(row, outputs):
    """A tag for each word, from the window in which it stands farthest from the ends."""
    return " ".join(tagging.joined(len(row["words"]), [one.text for one in outputs]))


def details(row, outputs):
    return {"entities": tagging.marked(row, finish(row, outputs).split())}


def score(predictions, references, rows, settings):
    """Precision, recall and F1 of whole entities."""
    return entities.entities(predictions, [texts[0] for texts in references])


def trivial(row):
    """No entity: what needs no model."""
    return " ".join("O" for _ in row["words"])


# ---------------------------------------------------------------- Main
def main(argv=None):
    # Settings
    task = task_of(__name__)
    settings, args = arguments.parse(task, argv)
    run = running.Run(task, settings, args)

    # Data
    splits = reading.load(task, settings, seed=args.seed, several=("words",), may_be_empty=("text",))
    tagging.name_tags(splits, settings)
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
    judge = judging.Judge(task, settings, tokenizer, args)
    trainer = plain.Trainer(model, args, tables, judge, [*run.callbacks(), report.Progress(run)], losses)
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
    run.record["tables"] = tagging.tables(judge.rows)
    run.save(trainer, judge)
    report.write(run)
    return report.show(run)


if __name__ == "__main__":
    sys.exit(running.command_line(main))
