# SPDX-License-Identifier: Apache-2.0
"""Continue a language model on your own text: GPT-2 learns to go on as it does, with LoRA.

    python recipes/neighbours/continue_gpt2_lora.py                          quotes and GPT-2 from the Hub, on one GPU
    python recipes/neighbours/continue_gpt2_lora.py --train_file mine.txt    your own text, a line each; or a table
    python recipes/neighbours/continue_gpt2_lora.py --train_file mine.csv --lora_r 0 --learning_rate 5e-5

Padding has no loss. Examples that copy input_ids into labels train on it, too: with GPT-2 it is the end token, so the
model learns to be silent, and the loss looks low. Here each text ends in one end token, which is learned.

Record   {"id": "7", "text": "The parcel came late, and the lamp was broken."}
Source   "<|endoftext|>The parcel came late, and the lamp was broken."
Target   "The parcel came late, and the lamp was broken.<|endoftext|>": of each token the one that follows it
Change   the column, the layers that LoRA is put beside, the numbers in DEFAULTS
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from transformers.hf_argparser import HfArg

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]  # so that this file runs as a script, a module or a copy

from recipes import report
from recipes.common import arguments, features, judging, lora, reading, running
from recipes.common.tasks import task_of
from recipes.neighbours import following, language, plain

# ---------------------------------------------------------------- Settings
SOURCE = "{text}"
TARGET = "{text}"

# Which column holds which field: the flag that names it, and the names that known data sets use.
COLUMNS = {"text": ("text_column", ("text", "quote", "document", "content", "dialogue", "article", "sentence"))}
METRICS = ("perplexity", "accuracy")

DEFAULTS = {
    "model_name_or_path": "openai-community/gpt2",
    "dataset_name": "Abirate/english_quotes",
    "learning_rate": 1e-4,
    "num_train_epochs": 3,
    "per_device_train_batch_size": 8,
    "per_device_eval_batch_size": 8,
    "train_sampling_strategy": "group_by_length",
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_steps": 10,
    "load_best_model_at_end": True,
    "metric_for_best_model": "perplexity",
    "early_stopping_patience": 2,
    "lora_r": 8,
    "lora_alpha": 16,
    "lora_dropout": 0.05,
    "lora_targets": "c_attn",
}


@dataclass
class Settings(plain.PlainSettings):
    from_scratch: bool = HfArg(default=False, help="Random weights: the model's folder needs no more than config.json.")

    unused = tuple(name for name in plain.UNUSED if "lora" not in name and name != "use_dora")

    def problems(self):
        """LoRA beside weights that know nothing yet, as a sentence."""
        return ["--from_scratch: LoRA learns beside weights that know a language; give --lora_r 0"] * bool(
            self.from_scratch and self.lora_r
        )


# ---------------------------------------------------------------- Task
def read(path, settings, new=False):
    """Rows of any kind of file; of a .txt, each line that is not blank."""
    return language.read_file(path, settings)


def load(settings, args, fresh=False):
    return plain.load("CausalLM", DEFAULTS["model_name_or_path"], settings, args, fresh)


def encode(row, settings, tokenizer, learn):
    """Of each token the one that follows it; a text that is longer than the limit gives several features."""
    return list(following.features_of(row["text"], settings.max_source_length, tokenizer))


def losses(outputs, labels):
    """The loss of each token; see plain.Trainer."""
    return plain.cross_entropy(outputs.logits, labels)


def answers(outputs, labels):
    """Of each place the likeliest token, and the loss; shape (batch, tokens, 2)."""
    return torch.stack([outputs.logits.argmax(-1).float(), losses(outputs, labels)], dim=-1)


def decode(answer, feature, settings, tokenizer):
    """The likeliest token after each; its score: the loss, how many tokens, how many are right."""
    likeliest, loss = answer[: len(feature["labels"])].T
    return following.read(likeliest.astype(int).tolist(), loss, feature["labels"], tokenizer)


def finish(row, outputs):
    """The text of all features of a row, each token guessed from those before it."""
    return language.joined(outputs)


def score(predictions, references, rows, settings):
    """Perplexity, and how many tokens are the likeliest ones."""
    return language.perplexity(predictions)


def trivial(row):
    """Token frequencies: bound in main to those of training."""


# ---------------------------------------------------------------- Main
def main(argv=None):
    # Settings
    task = task_of(__name__)
    settings, args = arguments.parse(task, argv)
    run = running.Run(task, settings, args)

    # Data
    splits = reading.load(task, settings, seed=args.seed)
    if run.is_done(splits):
        return report.show(run)

    # Model
    model, tokenizer = load(settings, args, settings.from_scratch)

    # Features
    tables = features.tokenize(splits, task, tokenizer, settings)
    plain.look(run, splits, tables, model, tokenizer)
    if settings.dry_run:
        return None

    # Trainer
    task = replace(task, trivial=language.unigram(tables["train"], task, settings, tokenizer))
    judge = judging.Judge(task, settings, tokenizer, args)
    model = lora.wrap(model, settings, args.seed)
    trainer = language.Trainer(model, args, tables, judge, [*run.callbacks(), report.Progress(run)], losses)
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
    made = following.samples(trainer.model, tokenizer, tables[run.split], args.seed)
    run.record["tables"] = {"samples": following.as_table(made)}
    run.save(trainer, judge)
    following.compare_adapter(run, load, tables[run.split], made)
    report.write(run)
    return report.show(run)


if __name__ == "__main__":
    sys.exit(running.command_line(main))
