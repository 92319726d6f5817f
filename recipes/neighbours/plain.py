# SPDX-License-Identifier: Apache-2.0
"""What the recipes here share: models that are no encoder-decoders, and the library's plain Trainer."""

import contextlib
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch import nn
from torch.nn import functional
from transformers import PreTrainedTokenizerBase, TrainingArguments
from transformers.hf_argparser import HfArg

from recipes.common import UserError, arguments, features, learning, running
from recipes.common.learning.batches import LABEL_PAD
from recipes.common.loss import token_loss
from recipes.common.reading import Splits
from recipes.doctor import screen
from recipes.doctor.patient import Patient
from recipes.pretrained.opening import check_folder, from_hub

# The library's heads that are trained from nothing; BERT's pooler is none of its masked language model's weights.
HEADS = ("classifier", "pre_classifier", "score", "qa_outputs", "pooler")

KNOWN = {
    "SequenceClassification": "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING",
    "TokenClassification": "MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING",
    "QuestionAnswering": "MODEL_FOR_QUESTION_ANSWERING_MAPPING",
    "MaskedLM": "MODEL_FOR_MASKED_LM_MAPPING",
    "CausalLM": "MODEL_FOR_CAUSAL_LM_MAPPING",
}
# Flags of all recipes that say how a text is written, or what of an encoder-decoder is learned.
WRITING = "max_target_length source_prefix num_beams length_penalty early_stopping no_repeat_ngram_size min_new_tokens "
WRITING += "repetition_penalty do_sample top_k top_p temperature num_return_sequences mask_special_tokens force_fp16"
LEARNED = "lora_r lora_alpha lora_dropout lora_targets use_dora use_rslora dropout freeze label_smoothing_factor"
UNUSED = (*WRITING.split(" "), *LEARNED.split(" "))


@dataclass
class PlainSettings(arguments.RecipeSettings):
    max_source_length: int = HfArg(default=256, aliases=["--max_seq_length"], help="Longer sources are cut, in tokens.")

    unused = UNUSED
    labels = None  # names of the classes, in the model's order; set by `name_labels` or by `load`

    def problems(self):
        """Windows that would hardly go on, as a sentence."""
        shared, most = getattr(self, "doc_stride", 0), self.max_source_length // 2
        told = f"--doc_stride {shared}: windows of --max_source_length {self.max_source_length} share at most {most}"
        return [told] if shared > most else []


class Trainer(learning.Trainer):
    """The library's plain Trainer with the repairs of all recipes.

    Args:
        tables: of features.tokenize.
        judge: judging.Judge, whose task has `answers`.
        losses: (outputs, labels) -> the loss of each label, shape (batch, labels) or (batch, 1), 0 where a label is
            -100; outputs have the attention_mask, too. Their sum over all parts of a step is divided once by the number
            of labels, however it is split.
    """

    def __init__(self, model, args, tables, judge, callbacks, losses):
        self.losses, self.answers, settings = losses, judge.task.answers, judge.settings
        super().__init__(
            model=model,
            args=args,
            train_dataset=tables["train"],
            eval_dataset=features.sample(tables["validation"], settings.eval_sample_size, args.seed),
            processing_class=judge.tokenizer,
            data_collator=learning.Collator(judge.tokenizer),
            compute_loss_func=self._step_loss,
            compute_metrics=judge,
            callbacks=callbacks,
            max_tokens_per_batch=settings.max_tokens_per_batch,
        )

    def _step_loss(self, outputs, labels, num_items_in_batch=None):
        count = (labels != LABEL_PAD).sum() if num_items_in_batch is None else num_items_in_batch
        outputs["attention_mask"] = self.mask
        return self.losses(outputs, labels).sum() / count

    def compute_loss(self, model, inputs, **kwargs):
        self.mask = inputs["attention_mask"]
        return super().compute_loss(model, {k: v for k, v in inputs.items() if k != "feature"}, **kwargs)

    def prediction_step(self, model, inputs, prediction_loss_only, ignore_keys=None):
        """(None, answers, (feature, loss, labels, 0)) of one batch; see judging.Judge."""
        inputs = self.on_device(inputs)
        feature, labels = inputs.pop("feature"), inputs.pop("labels")
        model = self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=self.is_in_train)
        precision = self.accelerator.autocast() if self.is_in_train else contextlib.nullcontext()
        with torch.no_grad(), precision:
            outputs = model(**inputs)
        outputs["attention_mask"] = inputs["attention_mask"]
        losses, answers = self.losses(outputs, labels).sum(dim=1), self.answers(outputs, labels)
        counts = (labels != LABEL_PAD).sum(dim=1)
        return None, answers.float(), (feature, losses.float(), counts, torch.zeros_like(losses)[:, None])


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor, weight: torch.Tensor | None = None) -> torch.Tensor:
    """The loss of each label in fp32; logits: shape (batch, labels, classes), the result (batch, labels)."""
    losses = token_loss(logits, nn.Identity(), labels, reduction="none")
    return losses if weight is None else losses * weight.to(losses.device)[labels.clamp(min=0)]


def binary_cross_entropy(
    logits: torch.Tensor, labels: torch.Tensor, weight: torch.Tensor | None = None
) -> torch.Tensor:
    """The loss of each class, 0 where a label is -100; both of shape (batch, classes)."""
    wanted = labels.clamp(min=0).float()
    losses = functional.binary_cross_entropy_with_logits(logits.float(), wanted, reduction="none")
    losses = losses if weight is None else losses * weight.to(losses.device)
    return losses * (labels != LABEL_PAD)


def tokenize(tokenizer: PreTrainedTokenizerBase, *texts: str, limit: int) -> dict[str, Any]:
    """A feature of one text or of a pair, cut at `limit` tokens; its length is that before."""
    whole = tokenizer(*texts)
    cut = tokenizer(*texts, truncation=True, max_length=limit) if len(whole["input_ids"]) > limit else whole
    kept = {name: ids for name, ids in cut.items() if name != "attention_mask"}
    return {"source": "\n".join(texts), **kept, "length": len(whole["input_ids"])}


def columns(row: dict, known: dict, settings: PlainSettings) -> dict[str, str]:
    """Which column of a row holds which field: the one that its flag names, or a known name that is there."""
    chosen = {field: getattr(settings, flag) if flag else None for field, (flag, _) in known.items()}
    return {f: chosen[f] or next((name for name in names if name in row), names[0]) for f, (_, names) in known.items()}


def bind(function: Callable, **known: Any) -> Callable:
    """`function` with some arguments given, under its own name and docstring."""
    return functools.update_wrapper(functools.partial(function, **known), function)


def look(run: running.Run, splits: Splits, tables: features.Tables, model: nn.Module, tokenizer: Any) -> None:
    """Say what will be trained on; with --dry_run show one example, too."""
    screen.describe(Patient(run.task, run.settings, run.args, splits, tables, model, tokenizer))
    if run.settings.dry_run:
        screen.show_example(tables["train"][0], tokenizer, run.settings, run.args)


# ---------------------------------------------------------------- models


def load(
    kind: str, example: str, settings: PlainSettings, args: TrainingArguments, fresh: bool = False, **config
) -> tuple[nn.Module, PreTrainedTokenizerBase]:
    """(model, tokenizer), checked before any weight is read; the model with fp32 weights.

    Args:
        kind: of the head: SequenceClassification for the library's AutoModelForSequenceClassification.
        example: a model to name where another kind was given.
        fresh: random weights, of what config.json says.
        config: other settings of the model's configuration.
    """
    auto = getattr(transformers, f"AutoModelFor{kind}")
    known = getattr(transformers, KNOWN[kind])
    name, labels = settings.model_name_or_path, settings.labels
    check_folder(name)
    read = from_hub(transformers.AutoConfig, settings)
    if type(read) not in known and not settings.trust_remote_code:
        raise UserError(f"--model_name_or_path {name}: no {kind} of a {read.model_type}; choose one such as {example}")
    own = [read.id2label[number] for number in sorted(read.id2label)]
    if labels and sorted(own) != sorted(labels):
        config |= {"num_labels": len(labels), "id2label": dict(enumerate(labels))}
        config |= {"label2id": {label: number for number, label in enumerate(labels)}}
    else:
        settings.labels = own
    for key, value in config.items():
        setattr(read, key, value)
    tokenizer = load_tokenizer(settings)
    longest = min(getattr(read, "max_position_embeddings", None) or math.inf, tokenizer.model_max_length)
    if settings.max_source_length > longest:
        raise UserError(f"--max_source_length {settings.max_source_length}: this model has {longest} positions")
    transformers.set_seed(getattr(args, "seed", 0))  # a new head is drawn
    if fresh or settings.dry_run:
        with torch.device("meta") if settings.dry_run else contextlib.nullcontext():
            return auto.from_config(read, trust_remote_code=settings.trust_remote_code), tokenizer
    options = {"config": read, "dtype": torch.float32, "output_loading_info": True, "ignore_mismatched_sizes": True}
    model, loading = from_hub(auto, settings, **options)
    absent = [*loading["missing_keys"], *(key for key, *_ in loading["mismatched_keys"])]
    missing = [key for key in absent if not set(key.split(".")) & set(HEADS)]
    if missing:
        lacks = f"the checkpoint lacks {len(missing)} weights, such as {sorted(missing)[0]}"
        raise UserError(f"--model_name_or_path {name}: {lacks}")
    return model, tokenizer


def load_tokenizer(settings: PlainSettings) -> PreTrainedTokenizerBase:
    """The tokenizer of the checkpoint (or of --tokenizer_name); GPT-2's pads with its end token."""
    flag = "--tokenizer_name" if settings.tokenizer_name else "--model_name_or_path"
    tokenizer = from_hub(transformers.AutoTokenizer, settings, flag)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    if len(tokenizer) <= len(tokenizer.all_special_tokens) or tokenizer.pad_token is None or not tokenizer.is_fast:
        faults = "has words, a padding or an end token, and the library's fast kind"
        raise UserError(f"{flag} {getattr(settings, flag.removeprefix('--'))}: needed is a tokenizer that {faults}")
    tokenizer.padding_side = "right"
    return tokenizer
