# SPDX-License-Identifier: Apache-2.0
"""Summarize texts with T5-small.

    make summarize                                      bundled tickets and tiny T5, on any laptop
    make summarize MODEL=google-t5/t5-small             dialogues from the Hub, on one GPU
    make summarize TRAIN=mine.csv VALIDATION=dev.csv    your own text
    torchrun --nproc_per_node=4 recipes/summarize_t5.py --train_file mine.csv

Record   {"id": "7", "document": "Ann: lunch?\nBo: at one.", "summary": "Ann and Bo meet at one."}
Source   "summarize: Ann: lunch?\nBo: at one."
Target   "Ann and Bo meet at one."
Change   the two templates, the metrics, the numbers in DEFAULTS
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # so that this file runs as a script, a module or a copy

from recipes import report
from recipes.common import arguments, console, decoding, features, judging, models, running
from recipes.common.learning import batches
from recipes.common.learning.trainer import Seq2SeqTrainer
from recipes.common.reading import examples
from recipes.metrics import scores

# ---------------------------------------------------------------- Settings

SOURCE = "summarize: {document}"
TARGET = "{summary}"

# Which column holds which field: the flag that names it, and the names that known data sets use.
COLUMNS = {
    "document": ("text_column", ("document", "dialogue", "article", "text", "maintext", "report", "source")),
    "summary": ("summary_column", ("summary", "highlights", "headline", "title", "target")),
}
METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")

DEFAULTS = {
    "learning_rate": 3e-4,  # T5 wants more than the library's 5e-5
    "lr_scheduler_type": "linear",
    "warmup_steps": 0.05,  # share of all steps
    "num_train_epochs": 5,
    "per_device_train_batch_size": 8,
    "per_device_eval_batch_size": 16,
    "max_grad_norm": 1.0,
    "train_sampling_strategy": "group_by_length",
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_steps": 10,
    "load_best_model_at_end": True,
    "metric_for_best_model": "rougeL",
    "predict_with_generate": True,
    "seed": 42,
}


@dataclass
class Settings(arguments.RecipeSettings):
    model_name_or_path: str = field(default="google-t5/t5-small", metadata={"help": "A Hub name or a local folder."})
    dataset_name: str | None = field(default="knkarthick/dialogsum", metadata={"help": "A Hub name or a local folder."})
    text_column: str | None = field(default=None, metadata={"help": "The column with the text to summarize."})
    summary_column: str | None = field(default=None, metadata={"help": "The column with its summary."})
    num_beams: int = field(default=4, metadata={"help": "Beams; 1 is greedy."})
    length_penalty: float = field(default=1.0, metadata={"help": "Above 1 favours long outputs, below 1 short ones."})
    no_repeat_ngram_size: int = field(default=3, metadata={"help": "No n tokens in a row twice in an output; 0: off."})
    early_stopping_patience: int = field(
        default=2, metadata={"help": "Stop after N evaluations without a better one; 0: never."}
    )


# ---------------------------------------------------------------- Task


def score(predictions, references, rows, variants):
    return scores.score_rouge(predictions, references)


def lead_sentence(row):
    """The trivial summary: the text's first sentence."""
    return (scores.split_sentences(row["document"]) or [""])[0]


# ---------------------------------------------------------------- Main


def main(argv=None):
    # Settings
    settings, args, given = arguments.parse(Settings, DEFAULTS, __file__, METRICS, argv)
    source = arguments.source_template(SOURCE, settings.source_prefix)
    console.begin(settings, args)

    # Data
    splits, found = examples.load(settings, COLUMNS, args.seed, several=("summary",))
    final = "test" if args.do_predict and "test" in splits else "validation"
    run = running.Run(__file__, settings, args, given, source=source, target=TARGET, data=found)
    if not settings.dry_run and run.previous() == "done":
        return console.final_table(run, METRICS)

    # Model
    model, tokenizer = models.load(settings, args)

    # Features
    tables = features.tokenize(splits, features.fill(source), TARGET, tokenizer, settings)
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
        score=judging.Evaluator(score, TARGET),
        callbacks=[*running.callbacks(settings, args), console.Progress(METRICS)],
    )
    run.start(**fits, decoding=args.generation_config.to_diff_dict())

    # Train
    if args.do_train:
        baselines = judging.Baselines(trainer, tables[final], lead_sentence, args.seed)
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
