# SPDX-License-Identifier: Apache-2.0
"""Answer in conversations with Flan-T5-base.

    make convo                                 bundled support chats and tiny T5, on any laptop
    make convo MODEL=google/flan-t5-base       conversations from the Hub, on one GPU
    make convo TRAIN=sharegpt.json             your own, in ShareGPT's form or as messages
    torchrun --nproc_per_node=4 -m recipes.convo_flant5 --data_path data/dummy_conversation.json

Record   {"id": "7", "conversations": [{"from": "human", "value": "Hi!"}, {"from": "gpt", "value": "Hello."},
          {"from": "human", "value": "Is it one?"}, {"from": "gpt", "value": "It is two."}]}
Source   "reply: | Human: Hi! | Assistant: Hello. | Human: Is it one?"     row 7/2, the second reply
Target   "It is two."
Change   SOURCE, the speakers, the numbers in DEFAULTS

Each reply is learned from all that was said before it; where that is too long, the oldest turns fall out. What has the
name of a function of FastChat's train_flant5.py is what `main` goes through, and says what FastChat's does otherwise.
"""

import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import datasets

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # so that this file runs as a script, a module or a copy

from recipes import report
from recipes.common import arguments, console, decoding, features, judging, models, running
from recipes.common.learning import batches
from recipes.common.learning.trainer import Seq2SeqTrainer
from recipes.common.reading import examples
from recipes.formats import conversations
from recipes.metrics import scores

# ---------------------------------------------------------------- Settings

SOURCE, TARGET = "reply: {history}", "{reply}"
COLUMNS = {name: (None, (name,)) for name in ("conversation", "speakers", "history", "reply")}  # made by `reshape`
ROLES = {"human": "human", "user": "human", "gpt": "gpt", "chatgpt": "gpt", "assistant": "gpt", "system": "system"}
SPEAKERS = {"human": "Human", "gpt": "Assistant", "system": "System"}
BEGIN_SIGNAL, END_SIGNAL = "| ", " "  # few pieces; FastChat has "### ", and "\n", which T5 has not
SIGNS = "\n\t{}<>`^~\\"  # become tokens where the training data have them and the tokenizer has not
LISTS = ("speakers", "history")
METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")

DEFAULTS = {
    "learning_rate": 1e-4,
    "warmup_steps": 0.05,  # share of all steps
    "num_train_epochs": 3,
    "per_device_train_batch_size": 8,
    "per_device_eval_batch_size": 16,
    "train_sampling_strategy": "group_by_length",
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_steps": 10,
    "load_best_model_at_end": True,
    "metric_for_best_model": "rougeL",
    "predict_with_generate": True,
}


@dataclass
class Settings(arguments.RecipeSettings):
    model_name_or_path: str = field(default="google/flan-t5-base", metadata={"help": "A Hub name or a local folder."})
    dataset_name: str | None = field(default="HuggingFaceH4/no_robots", metadata={"help": "A Hub name or a folder."})
    train_file: str | None = field(default=None, metadata={"help": "json, jsonl, parquet", "aliases": ["--data_path"]})
    max_source_length: int = field(default=1024, metadata={"help": "In tokens.", "aliases": ["--model_max_length"]})
    max_target_length: int = field(default=256, metadata={"help": "Longer replies are cut; also the output's limit."})
    early_stopping_patience: int = field(default=2, metadata={"help": "Stop after N evaluations without a better one."})


# ---------------------------------------------------------------- Task


def _form_qa(sources):
    """Of each turn of gpt's after one of human's: the turns before it, and itself. FastChat's cuts within turns."""
    pairs = []
    for source in sources:
        for place, turn in enumerate(source):
            speakers, history = ([past[key] for past in source[:place]] for key in ("from", "value"))
            if turn["from"] == "gpt" and "human" in speakers:
                pairs.append({"speakers": speakers, "history": history, "reply": turn["value"]})
    return pairs


def reshape(row, settings, recorded=False):
    """A row per reply to a human; where a human spoke last and it is not `recorded`, only the one to reply to."""
    return conversations.rows_of_replies(row, row.get("conversations", row.get("messages")), ROLES, _form_qa, recorded)


READING = {"reshape": partial(reshape, recorded=True), "together": lambda row: row["conversation"], "several": LISTS}


def _add_speaker_and_signal(header, source):
    """`header` and the turns, each after signal and speaker. FastChat's adds the next speaker, and alters `source`."""
    return header + END_SIGNAL.join(f"{BEGIN_SIGNAL}{SPEAKERS[turn['from']]}: {turn['value']}" for turn in source)


def prepare(row, settings, tokenizer):
    """The longest source that fits (trap 32); should the last human turn be too long in itself, its end will be cut."""
    header = arguments.source_template(SOURCE, settings.source_prefix).format(history="")
    texts = [_add_speaker_and_signal(header, kept) for kept in conversations.shortened(conversations.as_turns(row))]
    return [conversations.longest(texts, settings.max_source_length, partial(_tokenize_fn, tokenizer=tokenizer))]


def _tokenize_fn(strings, tokenizer):
    """Ids and lengths of texts, whole; FastChat's cuts them at the tokenizer's limit, from the end."""
    ids = tokenizer(strings)["input_ids"]
    return {"input_ids": ids, "labels": ids, **dict.fromkeys(("input_ids_lens", "labels_lens"), [*map(len, ids)])}


def preprocess(sources, tokenizer, settings=None):
    """A table with input_ids and labels, of conversations or of rows made of them; FastChat's is a dict of lists."""
    rows = sources if isinstance(sources[0], dict) else _form_qa(sources)
    settings = settings or Settings(max_source_length=tokenizer.model_max_length)
    return features.tokenize({"": rows}, prepare, TARGET, tokenizer, settings)[""]


class SupervisedDataset(datasets.Dataset):
    """The features of a file of conversations, or of rows that were read before; FastChat's keeps a cache on disk."""

    def __init__(self, data_path, tokenizer, settings=None):
        if not isinstance(data_path, list):
            settings_of_file = Settings(dataset_name=None, train_file=data_path)
            data_path = examples.load(settings_of_file, COLUMNS, 0, validation_share=0, **READING)[0]["train"]
        table = preprocess(data_path, tokenizer, settings)
        super().__init__(table.data, table.info, fingerprint=table._fingerprint)


# FastChat's cuts off the rows that a T5 has to spare, and pads labels to no multiple of 8.
smart_tokenizer_and_embedding_resize, DataCollatorForSupervisedDataset = models.add_tokens, batches.Collator


def make_supervised_data_module(tokenizer, data_args, splits=None, model=None):
    """What a Trainer needs of data: `splits` as `load` gives them, or the file data_args.data_path as FastChat's."""
    settings, names = data_args if splits else None, {"validation": "eval_dataset"}
    splits = splits or {"train": data_args.data_path}
    tables = {names.get(n, f"{n}_dataset"): SupervisedDataset(rows, tokenizer, settings) for n, rows in splits.items()}
    return {"eval_dataset": None, **tables, "data_collator": DataCollatorForSupervisedDataset(tokenizer, model)}


def score(predictions, references, rows, variants):
    return scores.score_rouge(predictions, references)


def last_turn(row):
    """The trivial reply: what was said last, once more."""
    return row["history"][-1]


# ---------------------------------------------------------------- Main


def main(argv=None):
    # Settings
    settings, args, given = arguments.parse(Settings, DEFAULTS, __file__, METRICS, argv)
    source = arguments.source_template(SOURCE, settings.source_prefix)
    console.begin(settings, args)

    # Data
    splits, found = examples.load(settings, COLUMNS, args.seed, **READING)
    final = "test" if args.do_predict and "test" in splits else "validation"
    run = running.Run(__file__, settings, args, given, source=source, target=TARGET, data=found)
    if not settings.dry_run and run.previous() == "done":
        return console.final_table(run, METRICS)

    # Model
    model, tokenizer = models.load(settings, args)
    signs = features.lost_signs(SIGNS, splits["train"], ("history", "reply"), tokenizer)
    smart_tokenizer_and_embedding_resize({}, signs, tokenizer, model)

    # Features
    data = make_supervised_data_module(tokenizer, settings, splits, model)
    tables = {split: data["eval_dataset" if split == "validation" else f"{split}_dataset"] for split in splits}
    fits = features.inspect(tables, TARGET, tokenizer, settings)
    fits["notes"] = [f"new tokens: {signs}"] * bool(signs) + conversations.fallen_out(tables, _add_speaker_and_signal)
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
        data_collator=data["data_collator"],
        score=judging.Evaluator(score, TARGET),
        callbacks=[*running.callbacks(settings, args), console.Progress(METRICS)],
    )
    run.start(**fits, decoding=args.generation_config.to_diff_dict())

    # Train
    if args.do_train:
        baselines = judging.Baselines(trainer, tables[final], last_turn, args.seed)
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


train = main  # FastChat's name for it
if __name__ == "__main__":
    sys.exit(running.command_line(main))
