# SPDX-License-Identifier: Apache-2.0
"""Answer questions about a text with T5-base.

    make qa                                      bundled policies and tiny T5, on any laptop
    make qa MODEL=google-t5/t5-base              SQuAD from the Hub, on one GPU
    torchrun --nproc_per_node=4 recipes/qa_t5.py --train_file mine.csv
    make predict RUN=outputs/qa_t5 INPUT=data/qa_examples.jsonl OUTPUT=answers.jsonl

Record   {"id": "7", "context": "Ann waits. Bo comes at one.", "question": "When does Bo come?", "text": "at one"}
Source   "question: When does Bo come? context: Ann waits. Bo comes at one."
Target   "at one"
Change   the two templates, the metrics, the numbers in DEFAULTS

Long contexts are read through overlapping windows; questions are never cut. SQuAD 1 and 2 need no conversion.
"""

import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # so that this file runs as a script, a module or a copy

from recipes import report
from recipes.common import arguments, console, decoding, features, judging, models, running
from recipes.common.learning import batches
from recipes.common.learning.trainer import Seq2SeqTrainer
from recipes.common.reading import examples
from recipes.metrics import scores

# ---------------------------------------------------------------- Settings

SOURCE = "question: {question} context: {context}"
TARGET = "{text}"

# Which column holds which field: the flag that names it, and the names that known data sets use.
COLUMNS = {
    "context": ("context_column", ("context", "passage", "paragraph", "document")),
    "question": ("question_column", ("question", "query")),
    "text": ("answer_column", ("text", "answer", "answers")),
}
METRICS = ("exact_match", "f1")
SPLIT_SEED = 101  # the validation split that is cut off stays the same, whatever --seed trains with
LEAST_CONTEXT = 16  # tokens: a question that leaves less for its context is too long

DEFAULTS = {
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
}


@dataclass
class Settings(arguments.RecipeSettings):
    model_name_or_path: str = field(default="google-t5/t5-base", metadata={"help": "A Hub name or a local folder."})
    dataset_name: str | None = field(default="rajpurkar/squad", metadata={"help": "A Hub name or a local folder."})
    validation_file: str | None = field(default=None, metadata={"help": "If none, 20 %% of training is cut off."})
    context_column: str | None = field(default=None, metadata={"help": "The column with the text to read."})
    question_column: str | None = field(default=None, metadata={"help": "The column with the question."})
    answer_column: str | None = field(default=None, metadata={"help": "The column with its answer, or answers."})
    doc_stride: int = field(default=128, metadata={"help": "Tokens that the windows of a long context share."})
    lower_case: bool = field(default=False, metadata={"help": "Read and learn everything in lower case."})
    num_beams: int = field(default=4, metadata={"help": "Beams; 1 is greedy."})
    early_stopping_patience: int = field(default=2, metadata={"help": "Evaluations without a better one; 0: no limit."})


# ---------------------------------------------------------------- Task


def reshape(row, settings):
    """One row per question, its answers as a list of texts: an empty one where SQuAD 2.0 says that there is none."""
    rows = row.innermost("paragraphs", "qas")
    for one in rows:
        for name in {settings.answer_column, *COLUMNS["text"][1]} & one.keys():
            one[name] = [] if one.get("is_impossible") is True else texts(one[name])
    return rows


def texts(answers):
    """SQuAD wraps its answers in objects."""
    answers = answers.get("text") if isinstance(answers, dict) else answers
    return [texts(answer) for answer in answers] if isinstance(answers, list) else answers


def clean(text, settings):
    """What the model reads and learns: single spaces, lower case if asked for. References stay as they are."""
    return " ".join((text.lower() if settings.lower_case else text).split())


def around(row, settings):
    """The source before and after the context."""
    template = arguments.source_template(SOURCE, settings.source_prefix)
    return template.format(question=clean(row["question"], settings), context="\0").split("\0")


def judge(row, settings, tokenizer):
    """(reason, detail) where the question leaves too little room for a context, else None."""
    needed = LEAST_CONTEXT + len(tokenizer("".join(around(row, settings)))["input_ids"])
    detail = f"the question is never cut, and this one needs --max_source_length {needed}"
    return ("the question is too long", detail) if needed > settings.max_source_length else None


def prepare(row, settings, tokenizer):
    """The sources of a row: one, or as many as there are windows on a context that is too long for one."""
    context, limit = clean(row["context"], settings), settings.max_source_length
    return features.windows(*around(row, settings), context, limit, settings.doc_stride, tokenizer)


def in_own_words(row):
    return bool(row["text"]) and not any(scores.holds(row["context"], answer) for answer in row["text"])


def learned_answer(row, source, settings):
    """The first answer that stands in this window, else nothing; one in words of its own is learned from any window."""
    before, after = around(row, settings)
    window = source.removeprefix(before).removesuffix(after)
    known = row["text"] if in_own_words(row) else [one for one in row["text"] if scores.holds(window, one)]
    return clean(known[0], settings) if known else ""


finish = decoding.best_output  # of all windows on a context, the surest answer (trap 31)


def score(predictions, references, rows, variants):
    return scores.score_squad(predictions, references)


def closest_sentence(row):
    """The trivial answer: the sentence that shares most words with the question."""
    asked = set(scores.tokenize(row["question"]))
    return max(scores.split_sentences(row["context"]), key=lambda one: len(asked & set(scores.tokenize(one))))


# ---------------------------------------------------------------- Main


def main(argv=None):
    # Settings
    settings, args, given = arguments.parse(Settings, DEFAULTS, __file__, METRICS, argv)
    source = arguments.source_template(SOURCE, settings.source_prefix)
    console.begin(settings, args)

    # Data
    tokenizer = models.load_tokenizer(settings)
    hooks = {"reshape": reshape, "judge": judge, "tokenizer": tokenizer, "together": lambda row: row["context"]}
    shape = {"several": ("text",), "allow_none": ("text",), "validation_share": 0.2, "validation_most": None}
    splits, found = examples.load(settings, COLUMNS, SPLIT_SEED, **hooks, **shape)
    examples.remark(splits, "questions have no answer: nothing is expected", lambda row: not row["text"])
    examples.remark(splits, "answers are not in their context: learned as they stand", in_own_words)
    final = "test" if args.do_predict and "test" in splits else "validation"
    run = running.Run(__file__, settings, args, given, source=source, target=TARGET, data=found)
    if not settings.dry_run and run.previous() == "done":
        return console.final_table(run, METRICS)

    # Model
    model, tokenizer = models.load(settings, args)

    # Features
    tables = features.tokenize(splits, prepare, partial(learned_answer, settings=settings), tokenizer, settings)
    fits = features.inspect(tables, TARGET, tokenizer, settings)
    console.describe(tables, found, fits, tokenizer, settings, args)
    if settings.dry_run:
        return None

    # Trainer
    args.generation_config = decoding.generation_config(settings, model)
    trainer = Seq2SeqTrainer(
        model=model,
        args=args,
        train_dataset=batches.with_blank(tables["train"]),
        eval_dataset=features.sample(tables["validation"], settings.eval_sample_size, args.seed),
        processing_class=tokenizer,
        data_collator=batches.Collator(tokenizer, model),
        score=judging.Evaluator(score, TARGET, finish),
        callbacks=[*running.callbacks(settings, args), console.Progress(METRICS)],
    )
    run.start(**fits, decoding=args.generation_config.to_diff_dict())

    # Train
    if args.do_train:
        baselines = judging.Baselines(trainer, tables[final], closest_sentence, args.seed)
        run.lap("baselines")
        run.save_metrics("train", trainer.train(resume_from_checkpoint=run.checkpoint()).metrics)

    # Evaluate
    if args.do_eval:
        run.save_metrics("eval", trainer.evaluate(tables["validation"]))

    # Predict
    if final == "test":
        run.save_metrics("predict", trainer.predict(tables["test"], metric_key_prefix="predict").metrics)
    run.write_predictions(trainer.score.rows)

    # Save
    run.save_model(model, tokenizer, args.generation_config)
    if args.do_train:
        run.write_json("baseline_results.json", {"split": final, **baselines.with_tuned()})
    run.finish(trainer)
    report.write(run, final, METRICS, trainer.score)
    return console.final_table(run, METRICS)


if __name__ == "__main__":
    sys.exit(running.command_line(main))
