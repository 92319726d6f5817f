# SPDX-License-Identifier: Apache-2.0
"""Say a text in other words with BART, in several variants.

    make paraphrase                                     bundled product texts and tiny BART, on any laptop
    make paraphrase MODEL=facebook/bart-base            sentence pairs from the Hub, on one GPU
    make paraphrase TRAIN=mine.csv VALIDATION=dev.csv   your own pairs
    torchrun --nproc_per_node=4 recipes/paraphrase_bart.py --train_file mine.csv

Record   {"id": "7", "original": "It is 61 cm high.", "paraphrase": "From top to bottom it measures 61 cm."}
Source   "paraphrase: It is 61 cm high."    (--source_prefix "" leaves the tag out)
Target   "From top to bottom it measures 61 cm."
Change   the two templates, the columns, the scores, the numbers in DEFAULTS
"""

import difflib
import sys
from dataclasses import dataclass
from pathlib import Path

from transformers.hf_argparser import HfArg

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # so that this file runs as a script, a module or a copy

from recipes import doctor, report
from recipes.common import arguments, console, decoding, features, judging, learning, lora, models, reading, running
from recipes.common.tasks import task_of
from recipes.metrics import faithfulness, scores, words

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
    "model_name_or_path": "facebook/bart-base",
    "dataset_name": "SetFit/mrpc",
    "max_source_length": 128,
    "learning_rate": 3e-5,
    "warmup_steps": 0.05,  # share of all steps
    "num_train_epochs": 3,
    "per_device_train_batch_size": 16,
    "per_device_eval_batch_size": 16,
    "label_smoothing_factor": 0.1,
    "train_sampling_strategy": "group_by_length",
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_steps": 10,
    "load_best_model_at_end": True,
    "metric_for_best_model": "loss",  # scores of sampled texts differ more by luck than from one epoch to the next
    "early_stopping_patience": 2,
    "no_repeat_ngram_size": 3,
    "min_new_tokens": 5,
    "do_sample": True,
    "top_k": 50,
    "top_p": 0.9,
    "temperature": 0.9,
    "num_return_sequences": 3,  # variants; the first is the prediction
}


@dataclass
class Settings(arguments.RecipeSettings):
    label_column: str | None = HfArg(default=None, help="The column with 1 for paraphrases, else 0.")
    max_overlap: float = HfArg(default=90.0, help="Leave out training pairs alike to more than N %%.")

    def problems(self):
        if 0 < self.max_overlap <= 100:
            return []
        return [f"--max_overlap {self.max_overlap:g}: must be above 0, at most 100 percent"]


# ---------------------------------------------------------------- Task
def reshape(row, settings, new=False):
    """Of a labelled pair set, the pairs that say the same; columns that were named, or have other names, are pairs.

    For training and its scores: a text to be said anew later needs no second one and no label.
    """
    column = next((name for name in COLUMNS["original"][1] if name in row), None)
    if new or not settings.label_column and (settings.original_column or column not in LABELLED):
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
    return 100 * difflib.SequenceMatcher(None, words.tokenize(one), words.tokenize(two), autojunk=False).ratio()


def unwanted(row, settings):
    """Why a training pair is left out, or None: BART was pre-trained to give its input back, and copies say go on."""
    if overlap(row["original"], row["paraphrase"][0]) > settings.max_overlap:
        return f"the texts share more than {settings.max_overlap:g} % of their words"
    return None


def score(predictions, references, rows, settings):
    """iBLEU and its parts, of the first variants; how many variants differ; what is not in the original."""
    originals = [row["original"] for row in rows]
    distinct = [len({tuple(words.tokenize(text)) for text in row["variants"]}) for row in rows]
    signature = {"distinct_outputs": f"distinct:of {len(rows[0]['variants'])}"}
    found = scores.ibleu(predictions, references, originals) | scores.average({"distinct_outputs": distinct}, signature)
    return found | faithfulness.score(predictions, originals)


def trivial(row):
    """Copy: a paraphrase that needs no model."""
    return row["original"]


def inherited_settings(model, config):
    """Generation settings of the checkpoint that this run does not take over, as {name: value}."""
    old, new = model.generation_config.to_diff_dict(), config.to_diff_dict()
    # The others change no text.
    ignored = {"transformers_version", "_from_model_config", "use_cache", "output_attentions", "output_hidden_states"}
    return {name: value for name, value in old.items() if name not in ignored and new.get(name) != value}


# ---------------------------------------------------------------- Main
def main(argv=None):
    # Settings
    task = task_of(__name__)
    settings, args = arguments.parse(task, argv)
    run = running.Run(task, settings, args)

    # Data
    splits = reading.load(task, settings, seed=args.seed, several=("paraphrase",))
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
    inherited = inherited_settings(model, args.generation_config)
    if inherited:
        console.say(args, f"decoding  not taken over: {', '.join(f'{name} {inherited[name]}' for name in inherited)}")
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
    run.start(tables, not_taken_over=inherited)

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
