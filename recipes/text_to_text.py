# SPDX-License-Identifier: Apache-2.0
"""Turn any text into any other with T5-small: headlines, instructions, data to text, tags. Templates are flags.

    make text2text                                      bundled tickets and tiny T5, on any laptop
    make text2text TRAIN=news.csv ARGS='--source_template "headline: {article}" --target_template "{title}"'
    python recipes/text_to_text.py --train_file a.json --source_template "{instruction} {input}" --may_be_empty input
    torchrun --nproc_per_node=4 recipes/text_to_text.py --train_file mine.jsonl

Record   {"id": "7", "source": "Ann: lunch?\\nBo: at one.", "target": "Ann and Bo meet at one."}
Source   "Ann: lunch?\\nBo: at one."
Target   "Ann and Bo meet at one."
Change   nothing; or copy this file, write the templates and columns down, and add what your task needs
"""

import dataclasses
import sys
from dataclasses import dataclass
from pathlib import Path

from transformers.hf_argparser import HfArg

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # so that this file runs as a script, a module or a copy

from recipes import doctor, report
from recipes.common import arguments, decoding, features, judging, learning, lora, models, reading, running
from recipes.common.tasks import task_of
from recipes.metrics import scores
from recipes.typed.templates import fields_of

# ---------------------------------------------------------------- Settings
SOURCE = "{source}"
TARGET = "{target}"

# Which column holds which field: the flag that names it, and the names that known data sets use. With other templates,
# a field is the column of that name.
COLUMNS = {
    "source": ("source_column", ("source", "text", "input", "document")),
    "target": ("target_column", ("target", "output", "label", "summary")),
}
# --metrics -> scores; more can be added here.
SCORES = {"rouge": scores.rouge, "bleu": scores.bleu, "exact_match": scores.squad}
NAMES = {"rouge": ("rouge1", "rouge2", "rougeL"), "bleu": ("bleu", "chrf"), "exact_match": ("exact_match", "f1")}
METRICS = tuple(name for names in NAMES.values() for name in names)

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
    "metric_for_best_model": "loss",
    "early_stopping_patience": 2,
    "num_beams": 4,
}


@dataclass
class Settings(arguments.RecipeSettings):
    source_template: str = HfArg(default=SOURCE, help="What the model reads, with columns in braces.")
    target_template: str = HfArg(default=TARGET, help="What it shall write, with columns in braces.")
    may_be_empty: list[str] = HfArg(default_factory=list, help="Columns that may be missing, null or empty.")
    metrics: list[str] = HfArg(default_factory=lambda: ["rouge"], help=f"Any of: {', '.join(SCORES)}.")

    def problems(self):
        """What is wrong with the templates and scores, as sentences."""
        problems = [f"--metrics {name}: known are {', '.join(SCORES)}" for name in self.metrics if name not in SCORES]
        for flag in ("source_template", "target_template"):
            template = getattr(self, flag)
            try:
                fields = fields_of(template)
            except ValueError as error:
                problems.append(f"--{flag} {template!r}: has {error}")
                continue
            if not fields:
                problems.append(f"--{flag} {template!r}: names no column; put one in braces, such as {{text}}")
        return problems


# ---------------------------------------------------------------- Task
def with_settings(task, settings):
    """The task with the templates, columns and scores that the settings name."""
    fields = fields_of(settings.source_template, settings.target_template)
    columns = {name: COLUMNS.get(name, (None, (name,))) for name in fields}
    metrics = tuple(name for chosen in settings.metrics for name in NAMES[chosen])
    templates = {"source": settings.source_template, "target": settings.target_template}
    return dataclasses.replace(task, columns=columns, metrics=metrics, **templates)


def score(predictions, references, rows, settings):
    first, *more = [SCORES[name](predictions, references) for name in settings.metrics]
    for one in more:
        first |= one
    return first


def trivial(row):
    """Empty text: what needs no model."""
    return ""


# ---------------------------------------------------------------- Main
def main(argv=None):
    # Settings
    task = task_of(__name__)
    settings, args = arguments.parse(task, argv)
    task = with_settings(task, settings)
    run = running.Run(task, settings, args)

    # Data
    splits = reading.load(task, settings, seed=args.seed, may_be_empty=settings.may_be_empty)
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
