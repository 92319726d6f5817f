# SPDX-License-Identifier: Apache-2.0
"""Say a text in other words with BART, in several variants.

    make paraphrase                                     bundled product texts and tiny BART, on any laptop
    make paraphrase MODEL=facebook/bart-base            sentence pairs from the Hub, on one GPU
    make paraphrase TRAIN=mine.csv VALIDATION=dev.csv   your own pairs
    torchrun --nproc_per_node=4 recipes/paraphrase_bart.py --train_file mine.csv

Record   {"id": "7", "original": "It is 61 cm high.", "paraphrase": "From top to bottom it measures 61 cm."}
Source   "paraphrase: It is 61 cm high."    (--source_prefix "" leaves the tag out)
Target   "From top to bottom it measures 61 cm."
Change   the two templates, the metrics, the numbers in DEFAULTS
"""

import difflib
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # so that this file runs as a script, a module or a copy

from recipes import report
from recipes.common import UserError, arguments, console, decoding, features, judging, models, running
from recipes.common.learning import batches
from recipes.common.learning.trainer import Seq2SeqTrainer
from recipes.common.reading import examples
from recipes.metrics import scores

# ---------------------------------------------------------------- Settings

SOURCE = "paraphrase: {original}"
TARGET = "{paraphrase}"

# Which column holds which field: the flag that names it, and the names that known data sets use.
COLUMNS = {
    "original": ("original_column", ("original", "source", "text1", "sentence1", "question1")),
    "paraphrase": ("paraphrase_column", ("paraphrase", "target", "text2", "sentence2", "question2")),
}
# Where a column has one of these names, as in MRPC, PAWS and QQP, a label tells which pairs are paraphrases.
LABELLED = ("text1", "sentence1", "question1")
LABELS = ("label", "is_duplicate")

METRICS = ("ibleu", "bleu", "self_bleu", "copy_rate", "distinct_outputs")

DEFAULTS = {
    "learning_rate": 3e-5,
    "lr_scheduler_type": "linear",
    "warmup_steps": 0.05,  # share of all steps
    "num_train_epochs": 3,
    "per_device_train_batch_size": 16,
    "per_device_eval_batch_size": 16,
    "label_smoothing_factor": 0.1,
    "max_grad_norm": 1.0,
    "train_sampling_strategy": "group_by_length",
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_steps": 10,
    "load_best_model_at_end": True,
    "metric_for_best_model": "loss",  # scores of sampled texts differ more by luck than from one epoch to the next
    "predict_with_generate": True,
    "seed": 42,
}


@dataclass
class Settings(arguments.RecipeSettings):
    model_name_or_path: str = field(default="facebook/bart-base", metadata={"help": "A Hub name or a local folder."})
    dataset_name: str | None = field(default="SetFit/mrpc", metadata={"help": "A Hub name or a local folder."})
    original_column: str | None = field(default=None, metadata={"help": "The column with the text to say anew."})
    paraphrase_column: str | None = field(default=None, metadata={"help": "The column with its paraphrase."})
    label_column: str | None = field(default=None, metadata={"help": "The column with 1 for paraphrases, else 0."})
    max_overlap: float = field(default=90.0, metadata={"help": "Leave out training pairs alike to more than N %%."})
    max_source_length: int = field(default=128, metadata={"help": "Longer sources are cut, in tokens."})
    do_sample: bool = field(default=True, metadata={"help": "Draw outputs at random; False: beams, or greedy."})
    top_k: int = field(default=50, metadata={"help": "Draw among the K likeliest tokens; 0: all."})
    top_p: float = field(default=0.9, metadata={"help": "Draw among the likeliest tokens of this total probability."})
    temperature: float = field(default=0.9, metadata={"help": "Below 1 favours the likely tokens more, above 1 less."})
    no_repeat_ngram_size: int = field(default=3, metadata={"help": "No n tokens in a row twice in an output; 0: off."})
    min_new_tokens: int = field(default=5, metadata={"help": "Outputs have at least as many tokens."})
    num_return_sequences: int = field(default=3, metadata={"help": "Variants per text; the first is the prediction."})
    early_stopping_patience: int = field(default=2, metadata={"help": "Stop after N evaluations without gain; 0: off."})


# ---------------------------------------------------------------- Task


def keep_paraphrases(row, settings):
    """Of a labelled pair set, the pairs that say the same; columns that were named, or have other names, are pairs.

    For training and its scores: a text to be said anew later needs no second one and no label.
    """
    column = next((name for name in COLUMNS["original"][1] if name in row), None)
    if not settings.label_column and (settings.original_column or column not in LABELLED):
        return [row]
    names = [settings.label_column] if settings.label_column else LABELS
    name = next((name for name in names if name in row), None)
    if name is None:
        missing = f"no column {' or '.join(map(repr, names))} says whether these are paraphrases"
        remedy = "name it with --label_column; if all are: --original_column and --paraphrase_column"
        return [row.reshaped(row, broken=("no label", f"{missing}; {remedy}"))]
    label = str(row[name]).strip().lower()
    if label in ("0", "0.0", "false"):
        return [row.reshaped(row, unwanted=f"column {name!r} is {label}, not a paraphrase")]
    if label not in ("1", "1.0", "true"):
        fault = f"column {name!r} is neither 1 nor 0"
        return [row.reshaped(row, broken=(fault, f"{fault} but {row[name]!r}; 1 is for paraphrases, 0 for others"))]
    return [row]


def overlap(one, two):
    """Percent of their words that two texts share in the same order: 100 for copies, whatever case and punctuation.

    200 * shared / words of both; shared are, as difflib finds them, the longest run and those on either side of it.
    """
    return 100 * difflib.SequenceMatcher(None, scores.tokenize(one), scores.tokenize(two), autojunk=False).ratio()


def too_alike(row, settings):
    """Why a training pair is left out, or None: BART was pre-trained to give its input back, and copies say go on."""
    if overlap(row["original"], row["paraphrase"][0]) > settings.max_overlap:
        return f"the texts share more than {settings.max_overlap:g} % of their words"
    return None


def score(predictions, references, rows, variants):
    """iBLEU and its parts, of the first variants, and how many of a row's variants differ in their words."""
    found = scores.score_ibleu(predictions, references, [row["original"] for row in rows])
    distinct = [len({tuple(scores.tokenize(text)) for text in texts}) for texts in variants]
    more = scores.average({"distinct_outputs": distinct}, {"distinct_outputs": f"distinct:of {len(variants[0])}"})
    each = [one | two for one, two in zip(found.rows, more.rows, strict=True)]
    return scores.Scores(found.totals | more.totals, each, found.signatures | more.signatures)


def copy(row):
    """The trivial paraphrase: the text itself."""
    return row["original"]


# ---------------------------------------------------------------- Main


def main(argv=None):
    # Settings
    settings, args, given = arguments.parse(Settings, DEFAULTS, __file__, METRICS, argv)
    if not 0 < settings.max_overlap <= 100:
        raise UserError(f"--max_overlap {settings.max_overlap:g}: must be above 0, at most 100 percent")
    source = arguments.source_template(SOURCE, settings.source_prefix)
    console.begin(settings, args)

    # Data
    splits, found = examples.load(
        settings, COLUMNS, args.seed, several=("paraphrase",), reshape=keep_paraphrases, unwanted=too_alike
    )
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
    inherited = decoding.inherited_settings(model, args.generation_config)
    console.not_taken_over(args, inherited)
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
    run.start(**fits, decoding=args.generation_config.to_diff_dict(), not_taken_over=inherited)

    # Train
    if args.do_train:
        baselines = judging.Baselines(trainer, tables[final], copy, args.seed)
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
