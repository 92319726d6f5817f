# SPDX-License-Identifier: Apache-2.0
"""Answer questions about a text with T5-base.

    make qa                                      bundled policies and tiny T5, on any laptop
    make qa MODEL=google-t5/t5-base              SQuAD from the Hub, on one GPU
    torchrun --nproc_per_node=4 recipes/qa_t5.py --train_file mine.csv
    make predict RUN=outputs/qa_t5 INPUT=data/qa_examples.jsonl OUTPUT=answers.jsonl

Record   {"id": "7", "context": "Ann waits. Bo comes at one.", "question": "When does Bo come?", "text": "at one"}
Source   "question: When does Bo come? context: Ann waits. Bo comes at one."
Target   "at one"
Change   the two templates, the columns, the scores, the numbers in DEFAULTS
Long     contexts are read through overlapping windows; questions are never cut. SQuAD 1 and 2 need no conversion
"""

import sys
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

from transformers.hf_argparser import HfArg

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # so that this file runs as a script, a module or a copy

from recipes import doctor, report
from recipes.common import arguments, decoding, features, judging, learning, lora, models, reading, running
from recipes.common.tasks import task_of
from recipes.formats.questions import rows_of_questions
from recipes.formats.windows import windows
from recipes.metrics import faithfulness, scores, words

# ---------------------------------------------------------------- Settings
SOURCE = "question: {question} context: {context}"
TARGET = "{text}"

PASSAGES = ("passage", "paragraph", "document", "story", "support", "document_text", "document_plaintext")
# Which column holds which field: the flag that names it, and the names that known data sets use.
COLUMNS = {
    "context": ("context_column", ("context", *PASSAGES)),
    "question": ("question_column", ("question", "query", "question_text")),
    "text": ("answer_column", ("text", "answer", "answers", "answers_spans", "correct_answer")),
}
METRICS = ("exact_match", "f1")
SPLIT_SEED = 101  # the validation split that is cut off stays the same, whatever --seed trains with
SHAPE = {"several": ("text",), "allow_none": ("text",), "validation_share": 0.2, "validation_most": None}
LEAST_CONTEXT = 16  # tokens: a question that leaves less for its context is too long

DEFAULTS = {
    "model_name_or_path": "google-t5/t5-base",
    "dataset_name": "rajpurkar/squad",
    "learning_rate": 1e-4,
    "warmup_steps": 0.05,  # share of all steps
    "num_train_epochs": 5,
    "per_device_train_batch_size": 8,
    "per_device_eval_batch_size": 16,
    "train_sampling_strategy": "group_by_length",
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_steps": 10,
    "load_best_model_at_end": True,
    "metric_for_best_model": "f1",
    "early_stopping_patience": 2,
    "num_beams": 4,
}


@dataclass
class Settings(arguments.RecipeSettings):
    validation_file: str | None = HfArg(default=None, help="If none, 20 %% of training is cut off.")
    doc_stride: int = HfArg(default=128, help="Tokens that the windows of a long context share.")
    lower_case: bool = HfArg(default=False, help="Read and learn everything in lower case.")


# ---------------------------------------------------------------- Task
def reshape(row, settings, new=False):
    """One row per question, its answers as a list of texts: an empty one where SQuAD 2.0 says that there is none."""
    return rows_of_questions(row, {settings.answer_column, *COLUMNS["text"][1]})


def clean(text, settings):
    """What the model reads and learns: single spaces, lower case if asked for. References stay as they are."""
    return " ".join((text.lower() if settings.lower_case else text).split())


def around(row, settings):
    """The source before and after the context."""
    before, _, after = features.source_template(SOURCE, settings.source_prefix).rpartition("{context}")
    question = {"question": clean(row["question"], settings)}
    return features.fill(before, question), features.fill(after, question)


def refuse(row, settings, tokenizer):
    """(reason, detail) where the question leaves too little room for a context, else None."""
    needed = LEAST_CONTEXT + len(tokenizer("".join(around(row, settings)))["input_ids"])
    detail = f"the question is never cut, and this one needs --max_source_length {needed}"
    return ("the question is too long", detail) if needed > settings.max_source_length else None


def prepare(row, settings, tokenizer):
    """The sources of a row: one, or as many as there are windows on a context that is too long for one."""
    context, limit = clean(row["context"], settings), settings.max_source_length
    return windows(*around(row, settings), context, limit, settings.doc_stride, tokenizer)


together = itemgetter("context")  # questions on one text stay in one split


def in_own_words(row):
    return _in_own_words(row["context"], *row["text"])


@lru_cache(maxsize=1)  # asked for each window on a context
def _in_own_words(context, *answers):
    return bool(answers) and not any(words.holds(context, answer) for answer in answers)


def learned(row, source, settings):
    """The first answer that stands in this window, else nothing; one in words of its own is learned from any window."""
    before, after = around(row, settings)
    window = source.removeprefix(before).removesuffix(after)
    known = row["text"] if in_own_words(row) else [one for one in row["text"] if words.holds(window, one)]
    return clean(known[0], settings) if known else ""


def finish(row, outputs):
    """Of the answers from all windows, the surest of those that found something; "" if none did (trap 31)."""
    found = [output for output in outputs if output.text] or outputs
    return max(found, key=lambda output: output.score or 0).text


def score(predictions, references, rows, settings):
    """Exact match and F1 by the SQuAD rules; and what the answers say that the context does not."""
    return scores.squad(predictions, references) | faithfulness.score(predictions, [row["context"] for row in rows])


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
    splits = reading.load(task, settings, seed=SPLIT_SEED, tokenizer=models.load_tokenizer(settings), **SHAPE)
    splits.remark("questions have no answer: nothing is expected", lambda row: not row["text"])
    splits.remark("answers are not in their context: learned as they stand", in_own_words)
    if run.is_done(splits):
        return report.show(run)

    # Model
    model, tokenizer = models.load(settings, args)

    # Features
    tables = features.tokenize(splits, task, tokenizer, settings)
    doctor.look(run, splits, tables, model, tokenizer)
    if settings.dry_run:
        return None

    # Trainer
    args.generation_config = decoding.generation_config(settings, model)
    judge = judging.Judge(task, settings, tokenizer, args)
    trainer = learning.Seq2SeqTrainer(
        model=lora.wrap(model, settings, args.seed),
        args=args,
        train_dataset=tables["train"],
        eval_dataset=features.sample(tables["validation"], settings.eval_sample_size, args.seed),
        processing_class=tokenizer,
        data_collator=learning.Collator(tokenizer, model, settings.mask_special_tokens),
        compute_metrics=judge,
        callbacks=[*run.callbacks(), report.Progress(run)],
        max_tokens_per_batch=settings.max_tokens_per_batch,
    )
    run.start(tables)

    # Train
    if args.do_train:
        run.compare(judge, trainer, tables)
        run.save_metrics("train", trainer.train(resume_from_checkpoint=run.checkpoint()).metrics)

    # Evaluate
    if args.do_eval:
        run.save_metrics("eval", trainer.evaluate(tables["validation"]), judge.rows)

    # Predict
    for split, name in run.tests:
        run.save_metrics(name, trainer.predict(tables[split], metric_key_prefix=name).metrics, judge.rows)

    # Save
    run.save(trainer, judge)
    report.write(run)
    return report.show(run)


if __name__ == "__main__":
    sys.exit(running.command_line(main))
