# SPDX-License-Identifier: Apache-2.0
"""Sort texts into classes without training: by entailment, or by asking a T5 with some solved examples.

    make zeroshot                                       bundled feedback and tiny entailment model
    make zeroshot MODEL=facebook/bart-large-mnli TEST=mine.csv ARGS='--label_words "bug: a fault; praise: thanks"'
    make zeroshot MODEL=google/flan-t5-base TEST=mine.csv TRAIN=examples.csv ARGS="--shots 4"
    make compare A=outputs/zero_shot B=outputs/classify_distilbert ARGS="--split test"

Rows, columns and labels are those of `make classify`, and so are the scores. A model with a head for classes is asked
whether the text entails "This text is about a fault."; any other encoder-decoder, which of the labels it would answer.
"""

import dataclasses
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import torch
import transformers
from datasets import Dataset
from transformers.hf_argparser import HfArg

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes import disk
from recipes.common import UserError, arguments, judging, listed, lora, reading, running
from recipes.common.tasks import task_of_module, with_column_flags
from recipes.lab import showing
from recipes.machines import facts
from recipes.neighbours import classify_distilbert, labels, plain, untrained
from recipes.pretrained import opening
from recipes.report import write_report

DEFAULTS = {"model_name_or_path": "facebook/bart-large-mnli", "do_train": False, "do_eval": True, "do_predict": True}
PREFIXES = {"validation": "eval", "test": "predict"}


@dataclass
class Settings(classify_distilbert.Settings):
    max_source_length: int = HfArg(default=512, help="Longer prompts lose examples, then the end of their text.")
    hypothesis: str = HfArg(default="This text is about {}.", help="What a text may entail; {} is the label's words.")
    label_words: str | None = HfArg(default=None, help='What labels mean: "bug: a fault; praise: thanks".')
    shots: int = HfArg(default=0, help="Solved examples from the training rows before each prompt.")

    def problems(self):
        """What is wrong with words and shots, as sentences."""
        found = ["--hypothesis: needs {} where the label stands"] if "{}" not in self.hypothesis else []
        found += [f"--shots {self.shots}: must be at least 0"] if self.shots < 0 else []
        if not all(": " in one for one in filter(str.strip, (self.label_words or "").split(";"))):
            found.append(f'--label_words {self.label_words!r}: write "bug: a fault; praise: thanks"')
        return found


def task():
    """That of `make classify`, under this file's name and with its settings."""
    own = task_of_module(classify_distilbert)
    settings, defaults = with_column_flags(Settings, own.columns), own.defaults | DEFAULTS
    return dataclasses.replace(own, recipe=Path(__file__).resolve(), settings=settings, defaults=defaults)


def words_of(settings, splits):
    """label -> its words; labels are those of --label_words, else those of training, else those that are scored."""
    pairs = [one.split(": ", 1) for one in filter(str.strip, (settings.label_words or "").split(";"))]
    given = {name.strip(): words.strip() for name, words in pairs}
    rows = splits["train"] if "train" in splits else [row for split in splits.values() for row in split]
    found = sorted({one for row in rows for one in labels.split(row["label"], settings)})
    unknown = [name for name in given if name not in found]
    if unknown:
        raise UserError(f"--label_words: no row has the label {listed(unknown)}; there are {listed(found)}")
    words = {name: name for name in found} | given
    if len(words) < 2 or len({*words.values()}) < len(words):
        raise UserError(f"labels {listed(words.values())}: needed are two or more, each with words of its own")
    return words


def load(settings):
    """(model, tokenizer, whether it classifies)."""
    name = settings.model_name_or_path
    opening.check_folder(name)
    config = opening.from_hub(transformers.AutoConfig, settings)
    classifies = any("SequenceClassification" in one for one in config.architectures or [])
    if classifies and not any(str(one).lower().startswith("entail") for one in config.label2id):
        raise UserError(f"--model_name_or_path {name}: none of its labels is entailment; try facebook/bart-large-mnli")
    if not classifies and not config.is_encoder_decoder:
        raise UserError(f"--model_name_or_path {name}: neither judges entailment nor writes; try google/flan-t5-base")
    if classifies and settings.shots:
        raise UserError(f"--shots {settings.shots}: {name} judges entailment and takes no examples; name a T5")
    auto = transformers.AutoModelForSequenceClassification if classifies else transformers.AutoModelForSeq2SeqLM
    model = opening.from_hub(auto, settings, dtype=torch.float32).eval()
    return model, plain.load_tokenizer(settings), classifies


def score(judge, rows, chances, settings):
    """Totals; judge.rows are the lines of the predictions."""
    table = [{"example": number, "row": row, "source": text_of(row)} for number, row in enumerate(rows)]
    return judge.score_outputs([[labels.read(one, settings)] for one in chances], Dataset.from_list(table))


def text_of(row):
    return f"{row['text']} {row['pair']}" if row["pair"] else row["text"]


def main(argv=None):
    own = task()
    settings, args = arguments.parse(own, argv)
    run = running.Run(own, settings, args)
    empty = ("pair", "label") if settings.multi_label else ("pair",)
    splits = reading.load(own, settings, seed=args.seed, may_be_empty=empty)
    wanted = [split for split in PREFIXES if split in splits]
    if settings.shots and "train" not in splits:
        raise UserError(f"--shots {settings.shots}: examples are training rows; give --train_file")
    words = words_of(settings, splits)
    settings.labels = list(words)
    if run.is_done(splits):
        return show(run)
    model, tokenizer, classifies = load(settings)
    run.start(SimpleNamespace(lengths={}, lost={}, notes=[]))  # nothing is tokenized beforehand
    examples = [(text_of(row), row["label"]) for row in splits.get("train", [])]
    examples = untrained.examples_of(examples, settings.labels, settings.shots, args.seed)
    judge = judging.Judge(own, settings, tokenizer, args)
    for split in wanted:
        texts, began = [text_of(row) for row in splits[split]], time.perf_counter()
        if classifies:
            how = words, settings.hypothesis, settings.multi_label
            chances = untrained.by_entailment(model, tokenizer, texts, *how)
        else:
            how = settings.labels, examples, settings.max_source_length
            chances = untrained.by_prompt(model, tokenizer, texts, *how)
        totals = score(judge, splits[split], chances, settings) | {"runtime": time.perf_counter() - began}
        run.save_metrics(PREFIXES[split], {f"{PREFIXES[split]}_{k}": v for k, v in totals.items()}, judge.rows)
    disk.write_lines(run.folder / "predictions.jsonl", judge.rows)
    run.record |= {"parameters": lora.count(model), "tables": labels.tables(judge.rows, settings)}
    run.write(files={}, status="done", signatures=judge.signatures, peak_memory_gib=facts.peak_memory_gib())
    write_report(run.folder)
    return show(run)


def show(run):
    """Print the scores, which intervals and all stand in the report, too."""
    rows = []
    for split, prefix in PREFIXES.items():
        found = run.read(f"{prefix}_results.json")
        if found:
            scores = {name.removeprefix(f"{prefix}_"): value for name, value in found.items()}
            rows.append([f"zero-shot, {split}", *(showing.score(scores, name) for name in run.task.metrics)])
    print(f"\n{showing.table(['', *run.task.metrics], rows)}\nlook at   {run.folder}/report.html")


if __name__ == "__main__":
    sys.exit(running.command_line(main))
