# SPDX-License-Identifier: Apache-2.0
"""Checks that need the recipe's trainer: what its batches hold, whether it learns, what the machine has room for."""

import copy
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from recipes import planning
from recipes.common.features import sample
from recipes.common.judging import Judge
from recipes.common.learning.batches import LABEL_PAD, decoder_inputs
from recipes.common.running.checkpoints import check_room
from recipes.doctor.findings import Finding, Found, finding
from recipes.doctor.patient import Patient

ROWS, STEPS, WARM = 100, 30, 5  # of the short probe; its first steps tell nothing about speed
EPOCHS, LEARNED = 150, 0.02  # of --overfit, at most, and the loss at which it is done
SHUFFLED = 0.95  # of the loss on shuffled tokens: what knows its tokens does far better
ROOM = 0.8  # of the memory that is there
SCHEDULE = {
    "learning_rate": None, "lr_scheduler_type": "constant", "warmup_steps": 0, "label_smoothing_factor": 0.0,
    "weight_decay": 0.0, "gradient_accumulation_steps": 1, "eval_strategy": "no", "save_strategy": "no",
    "load_best_model_at_end": False, "logging_steps": 1, "logging_strategy": "steps", "report_to": [],
    "disable_tqdm": True, "push_to_hub": False,
}  # fmt: skip


def examine(patient: Patient, overfit: int, output_dir: str) -> Iterator[Finding]:
    """All findings that take batches, a few steps of training or, where `overfit` rows are asked for, many."""
    batch = first_batch(patient)
    for look in (not_shifted, padding_unmasked, padded_left):
        yield finding("labels", look.__name__, look(patient, batch))
    weights = {name: one.detach().cpu().clone() for name, one in patient.trainer.model.state_dict().items()}
    yield finding("learning", "strange_tokens", strange_tokens(patient, batch))
    yield finding("machine", "memory", memory(patient))
    yield finding("machine", "disk", disk(patient, output_dir))
    probe = learn(patient, sample(patient.tables["train"], ROWS, patient.args.seed), STEPS)
    yield finding("learning", "falls", falls(probe))
    yield finding("machine", "time", seconds_an_epoch(patient, probe))
    if overfit:
        put_back(patient.trainer.model, weights)
        yield finding("learning", "by_heart", by_heart(patient, overfit))
    put_back(patient.trainer.model, weights)


def put_back(model: torch.nn.Module, weights: dict[str, torch.Tensor]) -> None:
    """The weights before a probe; LoRA's, which the trainer merges at its end, stand apart again, to be learned."""
    if hasattr(model, "unmerge_adapter"):
        model.unmerge_adapter()
    model.load_state_dict(weights)


# --- Batches ----------------------------------------------------------------------------------------------------------


def first_batch(patient: Patient) -> dict[str, torch.Tensor]:
    """What the recipe's own collator makes of rows of different lengths."""
    table = patient.tables["train"]
    order = np.argsort(table.with_format("numpy")["target_length"][:], kind="stable")
    places = order[np.linspace(0, len(order) - 1, min(8, len(order)), dtype=int)]
    names = [name for name in ("input_ids", "labels", "feature") if name in table.column_names]
    return dict(patient.trainer.data_collator([{name: table[int(n)][name] for name in names} for n in places]))


def not_shifted(patient: Patient, batch: dict[str, torch.Tensor]) -> Found:
    """The decoder has to read each label one place after it was written; without inputs the model sees to it."""
    read, labels = batch.get("decoder_input_ids"), batch["labels"]
    if read is None:
        return Found()
    real = labels != LABEL_PAD
    if read.shape == labels.shape and bool((read == labels)[real].all()):
        return Found(1, words={"how": "the decoder reads the very tokens that it shall write: labels are not shifted"})
    same = read.shape == labels.shape and bool((read[:, 1:] == labels[:, :-1])[real[:, :-1]].all())
    same = same and bool((read[:, 0] == patient.config.decoder_start_token_id).all())
    return Found(int(not same), words={"how": "decoder_input_ids are not the labels, one place to the right"})


def padding_unmasked(patient: Patient, batch: dict[str, torch.Tensor]) -> Found:
    pad = patient.tokenizer.pad_token_id
    rows = int((batch["labels"] == pad).any(1).sum())
    return Found(rows, len(batch["labels"]), words={"pad": repr(patient.tokenizer.pad_token)})


def padded_left(patient: Patient, batch: dict[str, torch.Tensor]) -> Found:
    """Of a batch of rows of different lengths some are padded, and none of them before its first token."""
    sides = []
    mask = batch.get("attention_mask")
    if mask is not None and bool((mask[:, 0] == 0).any()):
        sides.append("sources")
    if bool(((batch["labels"][:, 0] == LABEL_PAD) & (batch["labels"] != LABEL_PAD).any(1)).any()):
        sides.append("labels")
    return Found(len(sides), words={"sides": " and ".join(sides)})


# --- Learning ---------------------------------------------------------------------------------------------------------


@dataclass
class Probe(transformers.TrainerCallback):
    """What came of some steps of training."""

    trainer: Any = None
    enough: float = 0.0  # a loss at which there is no need to go on
    losses: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    rows: int = 0

    def on_step_begin(self, args, state, control, **kwargs):
        self.began = time.perf_counter()

    def on_step_end(self, args, state, control, **kwargs):
        self.seconds.append(time.perf_counter() - self.began)

    def on_log(self, args, state, control, logs=None, **kwargs):
        if logs and "loss" in logs:
            self.losses.append(logs["loss"])
        recent = self.losses[-10:]
        if len(recent) == 10 and np.mean(recent) < self.enough:
            control.should_training_stop = True


def learn(patient: Patient, table, steps: int, enough: float = 0.0) -> Probe:
    """Train the recipe's model on a few rows, at its own rate, batch and precision, with its own collator."""
    trainer, args = patient.trainer, copy.copy(patient.args)
    for name, value in SCHEDULE.items():
        setattr(args, name, getattr(args, name) if value is None else value)
    args.max_steps = steps
    config = args.generation_config = copy.deepcopy(args.generation_config)
    config.update(num_beams=1, do_sample=False, min_new_tokens=None, no_repeat_ngram_size=0, num_return_sequences=1)
    config.update(top_k=None, top_p=None, temperature=None)
    probe = Probe(enough=enough, rows=len(table))
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
        args.output_dir = folder
        probe.trainer = type(trainer)(
            model=trainer.model,
            args=args,
            train_dataset=table,
            eval_dataset=table,
            processing_class=trainer.processing_class,
            data_collator=trainer.data_collator,
            compute_metrics=Judge(patient.task, patient.settings, patient.tokenizer, args),
            callbacks=[probe],
            max_tokens_per_batch=patient.settings.max_tokens_per_batch,
        )
        probe.trainer.train()
    return probe


def falls(probe: Probe) -> Found:
    """Whether the loss is lower at the end of a few steps than at their beginning."""
    few = max(1, len(probe.losses) // 6)
    first, last = float(np.mean(probe.losses[:few])), float(np.mean(probe.losses[-few:]))
    words = {"rows": probe.rows, "first": f"{first:.2f}", "last": f"{last:.2f}", "steps": len(probe.losses)}
    words["remedy"] = "try another --learning_rate, ten times as high or as low; --overfit 64 tells more"
    return Found(int(not last < 0.98 * first), words=words)


def by_heart(patient: Patient, rows: int) -> Found:
    """Learn rows until the loss is next to nothing, and see whether their targets are then written, word for word."""
    table = patient.tables["train"]
    whole = table.with_format("numpy")["target_length"][:] <= patient.settings.max_target_length
    chosen = sample(table.select(np.flatnonzero(whole | ~whole.any())), rows, patient.args.seed)
    batches = -(-len(chosen) // patient.args.per_device_train_batch_size)
    probe = learn(patient, chosen, EPOCHS * batches, LEARNED)
    loss = probe.trainer.predict(chosen).metrics["test_loss"]
    made = probe.trainer.judge.texts
    wanted = patient.tokenizer.batch_decode(chosen["labels"][:], skip_special_tokens=True)
    same = sum(made[number][0].split() == text.split() for number, text in zip(chosen["feature"], wanted, strict=True))
    words = {
        "rows": len(chosen),
        "loss": f"{loss:.3f}",
        "exact": f"{same} of {len(chosen)}",
        "steps": len(probe.losses),
    }
    if loss < 0.1:
        words["remedy"] = (
            "what is learned is not what is written: look at decoder_input_ids and labels, the start token, the end "
            "token, and what `finish` does"
        )
    else:
        words["remedy"] = (
            "the loss does not come down: a higher --learning_rate, or targets that nothing in the source tells"
        )
    failed = same < 0.9 * len(chosen)
    return Found(int(failed), words=words, level="fail" if loss < 0.1 and same < 0.5 * len(chosen) else "warn")


def strange_tokens(patient: Patient, batch: dict[str, torch.Tensor]) -> Found:
    """The untuned loss against that on the same texts in shuffled tokens, which no checkpoint can know."""
    trainer = patient.trainer
    special = set(patient.tokenizer.all_special_ids)
    plain = torch.tensor([number for number in range(len(patient.tokenizer)) if number not in special])
    shuffle = torch.arange(patient.model.get_input_embeddings().num_embeddings)
    shuffle[plain] = plain[torch.randperm(len(plain), generator=torch.Generator().manual_seed(0))]
    losses = []
    trainer.model.eval().to(trainer.args.device)
    for table in (torch.arange(len(shuffle)), shuffle):
        labels = batch["labels"]
        changed = dict(batch) | {"input_ids": table[batch["input_ids"]]}
        changed["labels"] = torch.where(labels == LABEL_PAD, labels, table[labels.clamp(min=0)])
        changed["decoder_input_ids"] = decoder_inputs(changed["labels"], patient.config)
        with torch.no_grad():
            inputs = {name: value.to(trainer.args.device) for name, value in changed.items()}
            losses.append(float(trainer.compute_loss(trainer.model, inputs)))
    words = {"loss": f"{losses[0]:.2f}", "shuffled": f"{losses[1]:.2f}"}
    return Found(int(losses[0] > SHUFFLED * losses[1]), words=words)


# --- Machine ----------------------------------------------------------------------------------------------------------


def memory(patient: Patient) -> Found:
    """What the longest batch needs against what is there, and the largest batch that would fit."""
    args, settings = patient.args, patient.settings
    source = int(min(patient.lengths("length").max(), settings.max_source_length))
    target = int(min(patient.lengths("target_length").max(), settings.max_target_length))
    precision = "bf16" if args.bf16 else "fp16" if args.fp16 else "fp32"
    rows = args.per_device_train_batch_size

    def peak(count: int) -> int:
        options = {
            "precision": precision,
            "accumulated": args.gradient_accumulation_steps,
            "processes": args.world_size,
        }
        return planning.memory(patient.trainer.model, count, source, target, **options).peak

    one, two = peak(1), peak(2)
    needed, there = one + (rows - 1) * (two - one), memory_there(args.device)
    words = {"rows": rows, "source": source, "target": target, "precision": precision}
    words |= {"needed": f"{needed / planning.GIB:.1f}", "there": f"{there / planning.GIB:.1f}" if there else "?"}
    if not there or needed <= ROOM * there:
        return Found(words=words)
    fits = 1
    while 2 * fits < rows and one + (2 * fits - 1) * (two - one) <= ROOM * there:
        fits *= 2
    accumulated = args.gradient_accumulation_steps * -(-rows // fits)
    words["remedy"] = f"--per_device_train_batch_size {fits} --gradient_accumulation_steps {accumulated}"
    if one > ROOM * there:
        words["remedy"] = "not even one row fits: --activation_checkpointing True, --lora_r 16, or a smaller model"
    return Found(1, words=words)


def memory_there(device: torch.device) -> int | None:
    """Bytes that are free for training, those of the model counted, which lies there already; None if nobody tells."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved()
    told = Path("/proc/meminfo")
    if told.exists():
        return 1024 * int(re.findall(r"MemAvailable:\s+(\d+) kB", told.read_text())[0])
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None


def disk(patient: Patient, output_dir: str) -> Found:
    """Room for three checkpoints: the best, the last, and the one that is being written."""
    there = next(path for path in (Path(output_dir), *Path(output_dir).absolute().parents) if path.exists())
    try:
        check_room(there, patient.model, 3)
    except OSError as error:
        return Found(1, words={"said": f"{output_dir}: {error.strerror}"})
    return Found()


def seconds_an_epoch(patient: Patient, probe: Probe) -> Found:
    """From the steps after the first few; a process takes its share of the rows."""
    args = patient.args
    steps = -(-len(patient.tables["train"]) // (args.per_device_train_batch_size * args.world_size))
    seconds = float(np.median(probe.seconds[WARM:] or probe.seconds)) * steps
    told = (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.1f} h"
    )
    return Found(words={"seconds": told, "steps": steps // args.gradient_accumulation_steps})
