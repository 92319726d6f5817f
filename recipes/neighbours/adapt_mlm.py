# SPDX-License-Identifier: Apache-2.0
"""Adapt a masked language model to the words of your field: DistilRoBERTa goes on learning from your text alone.

    make adapt                                          bundled feedback and tiny BERT, on any laptop
    make adapt TRAIN=mine.txt                           your own text, a line each; or a column of any table
    make classify MODEL=outputs/adapt_mlm TRAIN=mine.csv        and then a task, on what it has learned

Record   {"id": "7", "text": "The parcel came late, and the lamp was broken."}; blocks hold several
Source   "The parcel came <mask>, and the lamp was broken."
Target   "The parcel came late, and the lamp was broken."
Change   the column, the share that is masked, the numbers in DEFAULTS
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from transformers.hf_argparser import HfArg

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]  # so that this file runs as a script, a module or a copy

from recipes import report
from recipes.common import arguments, features, judging, reading, running
from recipes.common.decoding import Output
from recipes.common.tasks import task_of
from recipes.neighbours import language, plain

# ---------------------------------------------------------------- Settings
SOURCE = "{text}"
TARGET = "{text}"

# Which column holds which field: the flag that names it, and the names that known data sets use.
COLUMNS = {"text": ("text_column", ("text", "document", "content", "dialogue", "article", "sentence"))}
METRICS = ("perplexity", "accuracy")

DEFAULTS = {
    "model_name_or_path": "distilbert/distilroberta-base",
    "dataset_name": "Salesforce/wikitext",
    "dataset_config_name": "wikitext-2-raw-v1",
    "learning_rate": 5e-5,
    "warmup_steps": 0.05,  # share of all steps
    "weight_decay": 0.01,
    "num_train_epochs": 3,
    "per_device_train_batch_size": 16,
    "per_device_eval_batch_size": 32,
    "train_sampling_strategy": "group_by_length",
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_steps": 10,
    "load_best_model_at_end": True,
    "metric_for_best_model": "perplexity",
    "early_stopping_patience": 2,
}


@dataclass
class Settings(plain.PlainSettings):
    mlm_probability: float = HfArg(default=0.15, help="Share of the tokens that are masked, above 0 and below 1.")
    whole_words: bool = HfArg(default=False, help="Mask all tokens of a word, or none.")
    from_scratch: bool = HfArg(default=False, help="Random weights: the model's folder needs no more than config.json.")

    def problems(self):
        """What is wrong with the share, as sentences."""
        share = self.mlm_probability
        return [] if 0 < share < 1 else [f"--mlm_probability {share}: must be above 0, below 1"]


# ---------------------------------------------------------------- Task
def read(path, settings, new=False):
    """Rows of any kind of file; of a .txt, each line that is not blank."""
    return language.read_file(path, settings)


def load(settings, args, fresh=False):
    return plain.load("MaskedLM", DEFAULTS["model_name_or_path"], settings, args, fresh)


def encode(row, settings, tokenizer, learn):
    """Masked features; validation and test keep these masks, training draws others in each epoch."""
    share, whole = settings.mlm_probability, settings.whole_words
    return list(language.features_of(row["text"], settings.max_source_length, share, whole, tokenizer))


def losses(outputs, labels):
    """The loss of each masked token; see plain.Trainer."""
    return plain.cross_entropy(outputs.logits, labels)


def answers(outputs, labels):
    """Of each token the likeliest one, and the loss; shape (batch, tokens, 2)."""
    return torch.stack([outputs.logits.argmax(-1).float(), losses(outputs, labels)], dim=-1)


def decode(answer, feature, settings, tokenizer):
    """The text with its masks filled; its score: the loss, how many were masked, how many filled as they were."""
    likeliest, loss = answer[: len(feature["labels"])].T
    triples = list(zip(feature["input_ids"], likeliest.astype(int).tolist(), feature["labels"], strict=True))
    shown = [token if label == plain.LABEL_PAD else made for token, made, label in triples]
    wanted = [made == label for _, made, label in triples if label != plain.LABEL_PAD]
    text = tokenizer.decode(shown, skip_special_tokens=True)
    return Output(text, [float(loss.sum()), len(wanted), sum(wanted)], False)


def finish(row, outputs):
    """The text of all features of a row, filled."""
    return language.joined(outputs)


def score(predictions, references, rows, settings):
    """Perplexity of the masked tokens, and how many were filled as they were."""
    return language.perplexity(predictions)


def trivial(row):
    """Token frequencies: bound in main to those of training."""


# ---------------------------------------------------------------- Main
def main(argv=None):
    # Settings
    task = task_of(__name__)
    settings, args = arguments.parse(task, argv)
    run = running.Run(task, settings, args)

    # Data
    splits = reading.load(task, settings, seed=args.seed)
    language.pack(splits, plain.load_tokenizer(settings), settings.max_source_length)
    if run.is_done(splits):
        return report.show(run)

    # Model
    model, tokenizer = load(settings, args, settings.from_scratch)

    # Features
    tables = features.tokenize(splits, task, tokenizer, settings)
    plain.look(run, splits, tables, model, tokenizer)
    if settings.dry_run:
        return None

    # Trainer
    task = replace(task, trivial=language.unigram(tables["train"], task, settings, tokenizer))
    judge = judging.Judge(task, settings, tokenizer, args)
    trainer = language.MaskTrainer(model, args, tables, judge, [*run.callbacks(), report.Progress(run)], losses)
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
    run.save(trainer, judge)
    report.write(run)
    return report.show(run)


if __name__ == "__main__":
    sys.exit(running.command_line(main))
