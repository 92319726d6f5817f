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
Change   the two templates, the metrics, the numbers in DEFAULTS
"""

import functools
import sys
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # so that this file runs as a script, a module or a copy

from recipes import report
from recipes.common import arguments, console, decoding, features, judging, lora, models, running
from recipes.common.learning import batches
from recipes.common.learning.trainer import Seq2SeqTrainer
from recipes.common.reading import examples, files
from recipes.formats import bitext
from recipes.metrics import scores

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
    "learning_rate": 1e-3,  # LoRA wants more than a full model does; mT5 does not move at the library's 5e-5 (trap 17)
    "lr_scheduler_type": "linear",
    "warmup_steps": 0.05,  # share of all steps
    "num_train_epochs": 5,
    "per_device_train_batch_size": 16,
    "per_device_eval_batch_size": 16,
    "label_smoothing_factor": 0.1,
    "max_grad_norm": 1.0,
    "train_sampling_strategy": "group_by_length",
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_steps": 10,
    "load_best_model_at_end": True,
    "metric_for_best_model": "chrf",
    "predict_with_generate": True,
    "seed": 42,
}


@dataclass
class Settings(lora.LoraSettings):
    model_name_or_path: str = field(default="google/mt5-small", metadata={"help": "A Hub name or a local folder."})
    dataset_name: str | None = field(default="Helsinki-NLP/opus_books", metadata={"help": "A Hub name or a folder."})
    dataset_config_name: str | None = field(default="de-en", metadata={"help": "The data set's configuration."})
    source_lang: str = field(default="en", metadata={"help": "Language of the sources, as de or German."})
    target_lang: str = field(default="de", metadata={"help": "Language of their translations."})
    source_column: str | None = field(default=None, metadata={"help": "The sources, if not named by their language."})
    target_column: str | None = field(default=None, metadata={"help": "The translations, likewise."})
    num_beams: int = field(default=4, metadata={"help": "Beams; 1 is greedy."})
    length_penalty: float = field(default=1.0, metadata={"help": "Above 1 favours long outputs, below 1 short ones."})
    early_stopping_patience: int = field(default=2, metadata={"help": "Evaluations without a better one; 0: any."})


def check(settings, args, given):
    """Refuse settings that contradict each other; without LoRA, take that learning rate if no other is given."""
    problems = lora.problems(settings)
    if bitext.english_name(settings.source_lang) == bitext.english_name(settings.target_lang):
        problems.append(f"--target_lang {settings.target_lang}: is the language of the source; name another one")
    files.settle(problems, None)
    if not settings.lora_r and "learning_rate" not in given:
        args.learning_rate = 3e-4


# ---------------------------------------------------------------- Task


def columns(settings):
    """COLUMNS, with the names of the two languages before all others."""
    languages = map(bitext.language_names, (settings.source_lang, settings.target_lang))
    return {name: (flag, own + known) for own, (name, (flag, known)) in zip(languages, COLUMNS.items(), strict=True)}


def read(path, settings, alone=True):
    """Rows of any kind of file; mine.en is read with mine.de beside it, which new rows need not have."""
    return files.read_file(path, bitext.readers(settings.source_lang, settings.target_lang, alone))


def reshape(row, settings):
    """{"translation": {"en": ..., "de": ...}} as columns en and de; other rows as they are."""
    pair = row.get("translation")
    return [row.reshaped({"id": row.get("id"), **pair}) if isinstance(pair, dict) else row]


def template(settings):
    """SOURCE with the names of the languages, or with --source_prefix in place of all before the text."""
    source_lang, target_lang = map(bitext.english_name, (settings.source_lang, settings.target_lang))
    named = SOURCE.format(source_lang=source_lang, target_lang=target_lang, text="{text}")
    return arguments.source_template(named, settings.source_prefix)


def prepare(row, settings, tokenizer):
    return [unicodedata.normalize("NFC", template(settings).format(**row))]


def learned(row, source):
    """What training sees; scores see the translation as the data has it."""
    return unicodedata.normalize("NFC", features.references(row, TARGET)[0])


def score(predictions, references, rows, variants, target_lang=None):
    """BLEU, chrF, TER; and the share of outputs by which an untrained model is known: nothing, sentinels, copies."""
    result = scores.score_sacrebleu(predictions, references, target_lang)
    idle = [not p or "<extra_id_" in p or p == row["text"] for p, row in zip(predictions, rows, strict=True)]
    result.totals["untrained_outputs"] = 100 * sum(idle) / len(idle)
    return result


def copy_of_the_source(row):
    """The trivial translation: none."""
    return row["text"]


# ---------------------------------------------------------------- Main


def main(argv=None):
    # Settings
    settings, args, given = arguments.parse(Settings, DEFAULTS, __file__, METRICS, argv)
    check(settings, args, given)

    # Data
    console.begin(settings, args)
    reader = functools.partial(read, settings=settings, alone=False)
    splits, found = examples.load(settings, columns(settings), args.seed, read=reader, reshape=reshape)
    final = "test" if args.do_predict and "test" in splits else "validation"
    run = running.Run(__file__, settings, args, given, source=template(settings), target=TARGET, data=found)
    if not settings.dry_run and run.previous() == "done":
        return console.final_table(run, METRICS)

    # Model
    model, tokenizer = models.load(settings, args)
    model = lora.wrap(model, settings, args.seed)

    # Features
    tables = features.tokenize(splits, prepare, learned, tokenizer, settings)
    fits = features.inspect(tables, TARGET, tokenizer, settings)
    console.describe(tables, found, fits, tokenizer, settings, args)
    if settings.dry_run:
        return None
    console.say(args, lora.describe(model))

    # Trainer
    scorer = functools.partial(score, target_lang=settings.target_lang)
    args.generation_config = decoding.generation_config(settings, model)
    trainer = Seq2SeqTrainer(
        model=model,
        args=args,
        train_dataset=batches.with_blank(tables["train"]),
        eval_dataset=features.sample(tables["validation"], settings.eval_sample_size, args.seed),
        processing_class=tokenizer,
        data_collator=batches.Collator(tokenizer, model),
        score=judging.Evaluator(scorer, TARGET, faithfulness="figures"),
        callbacks=[*running.callbacks(settings, args), console.Progress(METRICS)],
    )
    run.start(**fits, decoding=args.generation_config.to_diff_dict(), parameters=lora.count(model))

    # Train
    if args.do_train:
        baselines = judging.Baselines(trainer, tables[final], copy_of_the_source, args.seed)
        run.lap("baselines")
        run.save_metrics("train", trainer.train(resume_from_checkpoint=run.checkpoint()).metrics)

    # Evaluate
    lora.merge(model)
    if args.do_eval:
        run.save_metrics("eval", trainer.evaluate(tables["validation"]))

    # Predict
    if final == "test":
        run.save_metrics("predict", trainer.predict(tables["test"], metric_key_prefix="predict").metrics)
    run.write_predictions(trainer.score.rows)
    console.warn_if_untrained(trainer.score.totals, args)

    # Save
    run.save_model(lora.save(model, run.folder / "adapter" if run.is_main else None), tokenizer, args.generation_config)
    if args.do_train:
        run.write_json("baseline_results.json", {"split": final, **baselines.with_tuned()})
    run.write_text("spot_check.csv", report.spot_check(trainer.score.rows, [ADEQUACY, FLUENCY], args.seed))
    run.finish(trainer)
    report.write(run, final, METRICS, trainer.score)
    return console.final_table(run, METRICS)


if __name__ == "__main__":
    sys.exit(running.command_line(main))
