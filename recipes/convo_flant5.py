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
name of a function of FastChat's train_flant5.py does the same work, and says what FastChat's does otherwise.
"""

import sys
from functools import partial
from operator import itemgetter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # so that this file runs as a script, a module or a copy

from recipes import doctor, report
from recipes.common import arguments, decoding, features, judging, learning, lora, models, reading, running
from recipes.common.tasks import task_of
from recipes.formats import conversations, windows
from recipes.metrics import faithfulness, scores

# ---------------------------------------------------------------- Settings
SOURCE, TARGET = "reply: {history}", "{reply}"
COLUMNS = {name: (None, (name,)) for name in ("conversation", "speakers", "history", "reply")}  # made by `reshape`
HUMAN, GPT = ("human", "user", "prompter"), ("gpt", "chatgpt", "assistant")
ROLES = {**dict.fromkeys(HUMAN, "human"), **dict.fromkeys(GPT, "gpt"), "system": "system"}
SPEAKERS = {"human": "Human", "gpt": "Assistant", "system": "System"}
BEGIN_SIGNAL, END_SIGNAL = "| ", " "  # few pieces; FastChat has "### ", and "\n", which T5 has not
SIGNS = "\n\t{}<>`^~\\"  # become tokens where the training data have them and the tokenizer has not
LISTS = ("speakers", "history")
METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")

DEFAULTS = {
    "model_name_or_path": "google/flan-t5-base",
    "dataset_name": "HuggingFaceH4/no_robots",
    "max_source_length": 1024,
    "max_target_length": 256,
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
    "early_stopping_patience": 2,
}


Settings = arguments.RecipeSettings  # nothing but what all recipes have


# ---------------------------------------------------------------- Task
def _form_qa(sources, most=None):
    """Of each turn of gpt's after one of human's: the turns before it, and itself. FastChat's cuts within turns."""
    pairs = []
    for source in sources:
        for place, turn in enumerate(source):
            past = conversations.before(source, place, most) if turn["from"] == "gpt" else []
            speakers, history = ([turn[key] for turn in past] for key in ("from", "value"))
            if "human" in speakers:
                pairs.append({"speakers": speakers, "history": history, "reply": turn["value"]})
    return pairs


def reshape(row, settings, new=False):
    """A row per reply to a human; of a new one, where a human spoke last, only the reply that is to come."""
    return conversations.rows_of_replies(row, ROLES, _form_qa, settings.max_source_length, new)


together = itemgetter("conversation")  # its replies stay in one split


def _add_speaker_and_signal(header, source):
    """`header` and the turns, each after signal and speaker. FastChat's adds the next speaker, and alters `source`."""
    return header + END_SIGNAL.join(f"{BEGIN_SIGNAL}{SPEAKERS[turn['from']]}: {turn['value']}" for turn in source)


def prepare(row, settings, tokenizer):
    """The longest source that fits (trap 32); should the last human turn be too long in itself, its end will be cut."""
    header = features.fill(features.source_template(SOURCE, settings.source_prefix), {"history": ""})
    text_of, tokenize = partial(_add_speaker_and_signal, header), partial(_tokenize_fn, tokenizer=tokenizer)
    return [conversations.longest(conversations.as_turns(row), text_of, settings.max_source_length, tokenize)]


def _tokenize_fn(strings, tokenizer):
    """Ids and lengths of texts, whole; FastChat's cuts them at the tokenizer's limit, from the end."""
    ids = tokenizer(strings)["input_ids"]
    lengths = [len(row) for row in ids]
    return {"input_ids": ids, "labels": ids, "input_ids_lens": lengths, "labels_lens": lengths}


def preprocess(sources, tokenizer, settings=None):
    """A table with input_ids and labels, of conversations or of rows made of them; FastChat's is a dict of lists."""
    rows = sources if isinstance(sources[0], dict) else _form_qa(sources)
    settings = settings or Settings(max_source_length=tokenizer.model_max_length)
    return features.tokenize({"train": rows}, task_of(__name__), tokenizer, settings)["train"]


class SupervisedDataset(conversations.FeaturesOfFile):
    """The features of a file of conversations, as FastChat's; the library's cache keeps them."""

    def __init__(self, data_path, tokenizer, settings=None):
        file = Settings(train_file=data_path)
        rows = reading.load(task_of(__name__), file, seed=0, several=LISTS, validation_share=0)["train"]
        super().__init__(preprocess(rows, tokenizer, settings))


# FastChat's cuts off the rows that a T5 has to spare, and pads labels to no multiple of 8.
smart_tokenizer_and_embedding_resize, DataCollatorForSupervisedDataset = models.add_tokens, learning.Collator


def make_supervised_data_module(tokenizer, data_args):
    """What a Trainer needs of the file data_args.data_path."""
    dataset = SupervisedDataset(data_args.data_path, tokenizer)
    return {"train_dataset": dataset, "eval_dataset": None, "data_collator": learning.Collator(tokenizer)}


def score(predictions, references, rows, settings):
    """ROUGE against the replies that were given; and what a reply says that the conversation does not."""
    histories = ["\n".join(row["history"]) for row in rows]
    return scores.rouge(predictions, references) | faithfulness.score(predictions, histories)


def trivial(row):
    """Last turn: what was said last, once more."""
    return row["history"][-1]


# ---------------------------------------------------------------- Main
def main(argv=None):
    # Settings
    task = task_of(__name__)
    settings, args = arguments.parse(task, argv)
    run = running.Run(task, settings, args)

    # Data
    splits = reading.load(task, settings, seed=args.seed, several=LISTS)
    if run.is_done(splits):
        return report.show(run)

    # Model
    model, tokenizer = models.load(settings, args)
    signs = windows.lost_signs(SIGNS, splits["train"], ("history", "reply"), tokenizer)
    smart_tokenizer_and_embedding_resize({}, signs, tokenizer, model)

    # Features
    tables = features.tokenize(splits, task, tokenizer, settings)
    tables.notes += [f"new tokens: {signs}"] if signs else []
    tables.notes += conversations.fallen_out(tables, _add_speaker_and_signal)
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


train = main  # FastChat's name for it
if __name__ == "__main__":
    sys.exit(running.command_line(main))
