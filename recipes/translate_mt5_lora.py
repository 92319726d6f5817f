# SPDX-License-Identifier: Apache-2.0
"""Translate sentences with mT5-small and LoRA: a few percent of the weights are trained.

    make translate                                      bundled English-German FAQ and tiny T5, on any laptop
    make translate MODEL=google/mt5-small               books from the Hub, on one GPU
    make translate TRAIN=mine.en VALIDATION=dev.en      your own text: line N of mine.de translates line N of mine.en
    python recipes/translate_mt5_lora.py --train_file mine.csv --source_lang fr --target_lang de --lora_r 0
    torchrun --nproc_per_node=4 recipes/translate_mt5_lora.py --train_file mine.jsonl

Record   {"id": "7", "translation": {"en": "Where is my parcel?", "de": "Wo ist mein Paket?"}}, or two columns en and de
Source   "translate English to German: Where is my parcel?"
Target   "Wo ist mein Paket?"
Change   the two templates, the columns, the scores, the numbers in DEFAULTS
"""

import dataclasses
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from transformers.hf_argparser import HfArg

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # so that this file runs as a script, a module or a copy

from recipes import doctor, files, report
from recipes.common import arguments, console, decoding, features, judging, learning, lora, models, reading, running
from recipes.common.tasks import task_of
from recipes.formats import bitext, languages
from recipes.metrics import faithfulness, scores

# ---------------------------------------------------------------- Settings
SOURCE = "translate {source_lang} to {target_lang}: {text}"
TARGET = "{translation}"
# Which column holds which field: the flag that names it, and the names that known data sets use, after the language's.
COLUMNS = {
    "text": ("source_column", ("source", "src", "text")),
    "translation": ("target_column", ("target", "tgt", "translation")),
}
METRICS = ("bleu", "chrf", "ter")
ADEQUACY = "adequacy 1-5: how much of the source's meaning is there (5 all, 3 much, 1 none)"
FLUENCY = "fluency 1-5: how well it reads by itself (5 as by a native speaker, 3 with mistakes, 1 not at all)"

DEFAULTS = {
    "model_name_or_path": "google/mt5-small",
    "dataset_name": "Helsinki-NLP/opus_books",
    "dataset_config_name": "de-en",
    "learning_rate": 1e-3,  # LoRA wants more than a full model does; mT5 does not move at the library's 5e-5 (trap 17)
    "warmup_steps": 0.05,  # share of all steps
    "num_train_epochs": 5,
    "per_device_train_batch_size": 16,
    "per_device_eval_batch_size": 16,
    "label_smoothing_factor": 0.1,
    "train_sampling_strategy": "group_by_length",
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_steps": 10,
    "load_best_model_at_end": True,
    "metric_for_best_model": "chrf",
    "early_stopping_patience": 2,
    "num_beams": 4,
    "lora_r": 16,
}


@dataclass
class Settings(arguments.RecipeSettings):
    source_lang: str = HfArg(default="en", help="Language of the sources, as de, German, or the model's own de_DE.")
    target_lang: str = HfArg(default="de", help="Language of their translations.")
    init_lang_from: str | None = HfArg(
        default=None, help="A language that one new to mBART-50 or NLLB begins as; or mean."
    )

    def problems(self):
        """Languages that contradict each other, or the names of columns."""
        return languages.problems(self)


# ---------------------------------------------------------------- Task
def with_settings(task, settings):
    """The task with its languages named in the template, and as names of columns before all others."""
    columns = {}
    for field, language in (("text", settings.source_lang), ("translation", settings.target_lang)):
        flag, known = COLUMNS[field]
        columns[field] = (flag, (*languages.language_names(language), *known))
    return dataclasses.replace(task, source=template(settings), columns=columns)


def template(settings):
    """SOURCE with the names of the languages."""
    flags = ("source_lang", "target_lang")
    names = {flag: features.escape(languages.english_name(getattr(settings, flag))) for flag in flags}
    return features.fill(SOURCE, {**names, "text": "{text}"})


def read(path, settings, new=False):
    """Rows of any kind of file; mine.en is read with mine.de beside it, which new rows need not have."""
    return reading.read_file(path, settings, bitext.readers(settings.source_lang, settings.target_lang, alone=new))


def reshape(row, settings, new=False):
    """{"translation": {"en": ..., "de": ...}} as columns en and de; other rows as they are."""
    pair = files.read_written(row.get("translation"))
    row = row.reshaped({"id": row.get("id"), **pair}) if isinstance(pair, dict) else row
    return [row if new else languages.checked(row, settings, COLUMNS)]


def prepare(row, settings, tokenizer):
    source = features.source_template(template(settings), languages.prompt(settings, tokenizer))
    return [unicodedata.normalize("NFC", features.fill(source, row))]


def learned(row, source, settings):
    """What training sees; scores see the translation as the data has it."""
    return unicodedata.normalize("NFC", features.references(row, TARGET)[0])


def score(predictions, references, rows, settings):
    """BLEU, chrF, TER; the numbers, dates and codes that the source does not have; and signs of no training.

    `untrained_outputs` is the share of outputs by which an untrained model is known: nothing, sentinels, copies.
    """
    texts = [row["text"] for row in rows]
    found = scores.bleu(predictions, references, settings.target_lang)
    found |= faithfulness.score(predictions, texts, figures_only=True)
    idle = [not made or "<extra_id_" in made or made == text for made, text in zip(predictions, texts, strict=True)]
    found.totals["untrained_outputs"] = 100 * sum(idle) / len(idle)
    return found


def trivial(row):
    """Copy of the source: a translation that needs no model."""
    return row["text"]


# ---------------------------------------------------------------- Main
def main(argv=None):
    # Settings
    task = task_of(__name__)
    settings, args = arguments.parse(task, argv)
    task = with_settings(task, settings)
    if not settings.lora_r and "learning_rate" not in settings.given:
        args.learning_rate = 3e-4  # of all weights
    run = running.Run(task, settings, args)

    # Data
    splits = reading.load(task, settings, seed=args.seed)
    if run.is_done(splits):
        return report.show(run)

    # Model
    model, tokenizer = models.load(settings, args)
    splits.notes += languages.choose(settings, model, tokenizer)

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
    share = judge.totals.get("untrained_outputs", 0)
    if share > 20:  # percent: a model that only fills gaps yet (trap 17)
        what = f"{share:.0f} % of the outputs are empty, sentinels or copies of the source"
        console.say(args, f"beware    {what}: not trained yet; more epochs or a higher --learning_rate may help")

    # Save
    run.write_text("spot_check.csv", report.spot_check(judge.rows, [ADEQUACY, FLUENCY], args.seed))
    run.save(trainer, judge)
    report.write(run)
    return report.show(run)


if __name__ == "__main__":
    sys.exit(running.command_line(main))
