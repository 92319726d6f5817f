# SPDX-License-Identifier: Apache-2.0
"""The sides that `benchmark.py` compares; each runs in a process of its own and prints one JSON line.

python scripts/benchmark_sides.py recipe|plain|tutorial|loop|exported '{"model": "...", "train": "...", ...}'

recipe    a recipe of this repository, as a user starts it
plain     Seq2SeqTrainer and its defaults: fp32, rows in random order, batches padded to their longest row
tutorial  the loop that tutorials teach: fp32, every text padded to 512 and every target to 128 tokens

Of texts for a trained model, always of the same number of tokens:

loop      `generate` of transformers, batches in the file's order, padded to their longest row
exported  the same batches for what `make export FORMAT=ctranslate2` makes, with the scores that it gives besides
"""

import contextlib
import io
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
import transformers
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    DataCollatorForSeq2Seq,
    GenerationConfig,
    Seq2SeqTrainingArguments,
)

from recipes.common.learning.trainer import Seq2SeqTrainer
from recipes.disk import read_json
from recipes.machines.facts import peak_memory_gib

SOURCE, SOURCE_LIMIT, TARGET_LIMIT = "summarize: ", 512, 128


class FirstStep(Exception):
    """Raised when the first step is done, where only the start is timed."""


def recipe(task):
    """Train, or only evaluate, with a recipe; the flags are those of `plain`, everything else is ours."""
    from importlib import import_module

    module = import_module(f"recipes.{task.get('recipe', 'summarize_t5')}")
    flags = {
        "model_name_or_path": task["model"],
        "train_file": task["train"],
        "validation_file": task["validation"],
        "output_dir": task["out"],
        "num_train_epochs": task["epochs"],
        "per_device_train_batch_size": task["batch"],
        "learning_rate": task["rate"],
        "label_smoothing_factor": task["smoothing"],
        "seed": task["seed"],
        "num_beams": task["beams"],
        "max_target_length": task["new_tokens"] if task["evaluate"] else TARGET_LIMIT,
        "max_source_length": SOURCE_LIMIT,
        "warmup_steps": 0,
        "eval_strategy": "no",
        "save_strategy": "no",
        "load_best_model_at_end": False,
        "do_eval" if task["evaluate"] else "do_train": True,
        **task.get("flags", {}),
    }
    if task["stop_at_first_step"]:
        step = Seq2SeqTrainer.training_step

        def first_step(*args, **kwargs):
            step(*args, **kwargs)
            raise FirstStep

        Seq2SeqTrainer.training_step = first_step
    try:
        module.main([word for name, value in flags.items() for word in (f"--{name}", str(value))])
    except FirstStep:
        return {"seconds": time.time() - task["began"]}
    if "dry_run" in flags:
        return {"seconds": time.time() - task["began"]}
    out, split = Path(task["out"]), "eval" if task["evaluate"] else "train"
    seconds = read_json(out / f"{split}_results.json")[f"{split}_runtime"]
    if not task["evaluate"]:
        return {"seconds": seconds}
    lines = (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    return {"seconds": seconds, "texts": [json.loads(line)["prediction"] for line in lines]}


def plain(task):
    """The same with the library's own trainer."""
    tokenizer, model = load(task)
    collator = DataCollatorForSeq2Seq(tokenizer, model=model)
    arguments = Seq2SeqTrainingArguments(
        output_dir=task["out"],
        num_train_epochs=task["epochs"],
        per_device_train_batch_size=task["batch"],
        learning_rate=task["rate"],
        label_smoothing_factor=task["smoothing"],
        seed=task["seed"],
        predict_with_generate=True,
        use_cpu=not torch.cuda.is_available(),
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
    rows = [encode(row, tokenizer) for row in read(task["validation" if task["evaluate"] else "train"])]
    trainer = transformers.Seq2SeqTrainer(
        model, arguments, collator, rows, eval_dataset=rows, processing_class=tokenizer
    )
    if task["evaluate"]:
        began = time.perf_counter()
        limits = {"max_new_tokens": task["new_tokens"], "num_beams": task["beams"], "no_repeat_ngram_size": 3}
        made = trainer.predict(rows, max_length=None, **limits).predictions
        made = [[token if token >= 0 else tokenizer.pad_token_id for token in ids] for ids in made]
        texts = [text.strip() for text in tokenizer.batch_decode(made, skip_special_tokens=True)]
        return {"seconds": time.perf_counter() - began, "texts": texts}
    seconds = trainer.train().metrics["train_runtime"]
    return {"seconds": seconds, **saved(model, tokenizer, task)}


def tutorial(task):
    """The same with a loop of one's own, over batches that are all of one shape."""
    tokenizer, model = load(task)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(task["seed"])
    shape = {"padding": "max_length", "truncation": True, "return_tensors": "pt"}
    rows = read(task["train"])[: task["rows"]]
    sources = tokenizer([SOURCE + row["document"] for row in rows], max_length=SOURCE_LIMIT, **shape)
    targets = tokenizer([row["summary"] for row in rows], max_length=TARGET_LIMIT, **shape)["input_ids"]
    targets[targets == tokenizer.pad_token_id] = -100
    tensors = torch.utils.data.TensorDataset(sources["input_ids"], sources["attention_mask"], targets)
    optimizer = torch.optim.AdamW(model.to(device).parameters(), lr=task["rate"])
    model.train()
    began = time.perf_counter()
    for _ in range(task["epochs"]):
        for batch in torch.utils.data.DataLoader(tensors, batch_size=task["batch"], shuffle=True):
            ids, mask, labels = (part.to(device) for part in batch)
            optimizer.zero_grad()
            model(input_ids=ids, attention_mask=mask, labels=labels).loss.backward()
            optimizer.step()
    if device == "cuda":
        torch.cuda.synchronize()
    return {"seconds": time.perf_counter() - began, **saved(model, tokenizer, task)}


def loop(task):
    """Texts by `generate`."""
    tokenizer, model = load(task)

    def ask(texts):
        batch = tokenizer(texts, max_length=SOURCE_LIMIT, truncation=True, padding=True, return_tensors="pt")
        made = model.generate(**batch, **limits_of(task))
        assert not (made == tokenizer.eos_token_id).any()
        return tokenizer.batch_decode(made, skip_special_tokens=True)

    return asked(ask, task)


def exported(task):
    """Texts by the engine of an export."""
    from recipes.shipping.ctranslate import Engine

    tokenizer = AutoTokenizer.from_pretrained(task["model"])
    engine = Engine(Path(task["model"]), tokenizer, "cpu")
    engine.config = GenerationConfig(**limits_of(task))

    def ask(texts):
        made = engine(tokenizer(texts, max_length=SOURCE_LIMIT, truncation=True)["input_ids"], seed=0)
        assert all(one.hit_limit for (one,) in made)
        return [one.text for (one,) in made]

    return asked(ask, task)


def limits_of(task):
    """How both sides decode; random weights do not end a text by themselves."""
    return {"num_beams": task["beams"], "do_sample": False, "max_new_tokens": task["new_tokens"]}


def asked(ask, task):
    """What all rows take; the first batch, which pays for what is set up once, is asked twice."""
    texts = [SOURCE + row["document"] for row in read(task["validation"])]
    batches = [texts[start : start + task["batch"]] for start in range(0, len(texts), task["batch"])]
    ask(batches[0])
    began = time.perf_counter()
    made = [text for batch in batches for text in ask(batch)]
    return {"seconds": time.perf_counter() - began, "texts": made}


def load(task):
    tokenizer = AutoTokenizer.from_pretrained(task["model"])
    model = AutoModelForSeq2SeqLM.from_pretrained(task["model"], dtype=torch.float32)
    if task.get("lora"):
        from peft import LoraConfig, get_peft_model

        model = get_peft_model(model, LoraConfig(task_type="SEQ_2_SEQ_LM", **task["lora"]))
    return tokenizer, model


def read(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def encode(row, tokenizer):
    ids = tokenizer(SOURCE + row["document"], max_length=SOURCE_LIMIT, truncation=True)["input_ids"]
    labels = tokenizer(text_target=row["summary"], max_length=TARGET_LIMIT, truncation=True)["input_ids"]
    return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels}


def saved(model, tokenizer, task):
    if not task.get("lora"):
        model.save_pretrained(task["out"])
        tokenizer.save_pretrained(task["out"])
    return {}


@torch.inference_mode()
def held_out_loss(folder, validation):
    """Mean cross-entropy per target token, in fp32, of a saved model."""
    tokenizer, model = load({"model": folder})
    rows, total, tokens = [encode(row, tokenizer) for row in read(validation)], 0.0, 0
    for row in rows:
        labels = torch.tensor([row["labels"]])
        total += float(model(input_ids=torch.tensor([row["input_ids"]]), labels=labels).loss) * labels.numel()
        tokens += labels.numel()
    return total / tokens


SIDES = {one.__name__: one for one in (recipe, plain, tutorial, loop, exported)}


def main():
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    side, task = sys.argv[1], json.loads(sys.argv[2])
    with contextlib.redirect_stdout(io.StringIO()):
        result = SIDES[side](task)
    result["memory"] = peak_memory_gib()
    if task.get("held_out"):
        result["loss"] = held_out_loss(task["out"], task["held_out"])
    print(json.dumps(result))


if __name__ == "__main__":
    main()
