# SPDX-License-Identifier: Apache-2.0
"""Summarize texts with T5-small.

    make summarize                                      bundled tickets and tiny T5, on any laptop
    make summarize MODEL=google-t5/t5-small             dialogues from the Hub, on one GPU
    make summarize TRAIN=mine.csv VALIDATION=dev.csv    your own text
    torchrun --nproc_per_node=4 recipes/summarize_t5.py --train_file mine.csv

Record   {"id": "7", "document": "Ann: lunch?\nBo: at one.", "summary": "Ann and Bo meet at one."}
Source   "summarize: Ann: lunch?\nBo: at one."
Target   "Ann and Bo meet at one."
Change   the two templates, the columns, the scores, the numbers in DEFAULTS
"""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # so that this file runs as a script, a module or a copy

from recipes import doctor, report
from recipes.common import arguments, decoding, features, judging, learning, lora, models, reading, running
from recipes.common.tasks import task_of
from recipes.formats import long_sources
from recipes.metrics import faithfulness, scores, words

# ---------------------------------------------------------------- Settings
SOURCE = "summarize: {document}"
TARGET = "{summary}"

# Which column holds which field: the flag that names it, and the names that known data sets use.
COLUMNS = {
    "document": ("text_column", ("document", "dialogue", "article", "text", "maintext", "report", "source")),
    "summary": ("summary_column", ("summary", "highlights", "abstract", "headline", "title", "target")),
}
TEXT, *MORE, SUMMARY = COLUMNS  # the fields that are read, and the last one, which is written
METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")

DEFAULTS = {
    "model_name_or_path": "google-t5/t5-small",
    "dataset_name": "knkarthick/dialogsum",
    "learning_rate": 3e-4,  # T5 wants more than the library's 5e-5
    "warmup_steps": 0.05,  # share of all steps
    "num_train_epochs": 5,
    "per_device_train_batch_size": 8,
    "per_device_eval_batch_size": 16,
    "train_sampling_strategy": "group_by_length",
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_steps": 10,
    "load_best_model_at_end": True,
    "metric_for_best_model": "rougeL",
    "early_stopping_patience": 2,
    "num_beams": 4,
    "no_repeat_ngram_size": 3,
}


Settings = long_sources.Settings  # what all recipes have, and --long_source


# ---------------------------------------------------------------- Task
with_settings = long_sources.reader(TEXT)  # --long_source windows: a source for each window on the document


def score(predictions, references, rows, settings):
    """ROUGE against the references; and what the summaries say that the documents do not."""
    documents = ["\n".join(row[field] for field in (TEXT, *MORE)) for row in rows]
    return scores.rouge(predictions, references) | faithfulness.score(predictions, documents)


def trivial(row):
    """Lead sentence: a summary that needs no model."""
    return (words.split_sentences(row[TEXT]) or [""])[0]


# ---------------------------------------------------------------- Main
def main(argv=None):
    # Settings
    task = task_of(__name__)
    settings, args = arguments.parse(task, argv)
    task = with_settings(task, settings)
    run = running.Run(task, settings, args)

    # Data
    splits = reading.load(task, settings, seed=args.seed, several=(SUMMARY,))
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
