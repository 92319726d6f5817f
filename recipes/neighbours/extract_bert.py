# SPDX-License-Identifier: Apache-2.0
"""Find answers in a text with DistilBERT: not written, but marked, as a span of the original characters.

    make extract                                        bundled policies and tiny BERT, on any laptop
    make extract MODEL=distilbert/distilbert-base-cased-distilled-squad     SQuAD from the Hub, on one GPU
    make extract TRAIN=mine.jsonl                       the rows that `make qa` takes: SQuAD 1 and 2, or columns

Record   {"id": "7", "context": "Ann waits. Bo comes at one.", "question": "When does Bo come?", "text": "at one"}
Source   the question and the context; a long one is read through windows that share some tokens
Target   the first and the last token of the answer; the first of all where a window has none
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers.hf_argparser import HfArg

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]  # so that this file runs as a script, a module or a copy

from recipes import report
from recipes.common import arguments, features, judging, reading, running
from recipes.common.decoding import Output
from recipes.common.tasks import task_of
from recipes.metrics import scores, words
from recipes.neighbours import plain, spans

# ---------------------------------------------------------------- Settings
SOURCE = "{question} {context}"
TARGET = "{text}"

# Which column holds which field: the flag that names it, and the names that known data sets use.
COLUMNS = {
    "context": ("context_column", ("context", "passage", "paragraph", "document")),
    "question": ("question_column", ("question", "query")),
    "text": ("answer_column", ("text", "answer", "answers")),
    "starts": (None, ("starts",)),
}
METRICS = ("exact_match", "f1")
SHAPE = {"several": ("text",), "allow_none": ("text",), "may_be_empty": ("starts",), "validation_share": 0.2}

DEFAULTS = {
    "model_name_or_path": "distilbert/distilbert-base-cased-distilled-squad",
    "dataset_name": "rajpurkar/squad",
    "learning_rate": 3e-5,
    "weight_decay": 0.01,
    "num_train_epochs": 2,
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
    doc_stride: int = HfArg(default=128, help="Tokens that the windows of a long context share.")
    max_answer_length: int = HfArg(default=30, help="Of an answer, in tokens.")
    null_score_diff_threshold: float | None = HfArg(default=None, help="No answer where it scores so much more.")


# ---------------------------------------------------------------- Task
together = spans.together
refuse = spans.refuse


def reshape(row, settings, new=False):
    """One row per question, its answers as a list of texts."""
    return [row] if new else spans.questions(row, plain.columns(row, COLUMNS, settings))


def load(settings, args):
    return plain.load("QuestionAnswering", DEFAULTS["model_name_or_path"], settings, args)


def encode(row, settings, tokenizer, learn):
    return list(spans.features_of(row, settings.max_source_length, settings.doc_stride, tokenizer, learn))


def losses(outputs, labels):
    """The loss of the answer's first and of its last token; see plain.Trainer."""
    logits = torch.stack([outputs.start_logits, outputs.end_logits], dim=1)
    padding = outputs.attention_mask[:, None] == 0  # the library lets it take part: the loss would hang on the batch
    return plain.cross_entropy(logits.masked_fill(padding, -torch.inf), labels[:, :2])


def answers(outputs, labels):
    return torch.stack([outputs.start_logits, outputs.end_logits], dim=-1)


def decode(answer, feature, settings, tokenizer):
    """The window's best span, and how much better than no answer it is, beyond what is asked for."""
    span, better = spans.best(answer, feature["places"], settings.max_answer_length)
    least = settings.null_score_diff_threshold
    return Output(span if least is None or better > -least else [0, 0], better, False)


def finish(row, outputs):
    """The best answer of all windows, as it stands in the context."""
    start, end = max(outputs, key=lambda one: one.score).text
    return row["context"][start:end]


def details(row, outputs):
    return dict(zip(("start", "end"), max(outputs, key=lambda one: one.score).text, strict=True))


def score(predictions, references, rows, settings):
    return scores.squad(predictions, references)


def trivial(row):
    """Closest sentence: of the context, the one that shares most words with the question."""
    return words.closest_sentence(row["question"], row["context"])


# ---------------------------------------------------------------- Main
def main(argv=None):
    # Settings
    task = task_of(__name__)
    settings, args = arguments.parse(task, argv)
    run = running.Run(task, settings, args)

    # Data
    splits = reading.load(task, settings, seed=args.seed, tokenizer=plain.load_tokenizer(settings), **SHAPE)
    spans.look(splits, settings, run)
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
    run.save(trainer, judge)
    report.write(run)
    return report.show(run)


if __name__ == "__main__":
    sys.exit(running.command_line(main))
