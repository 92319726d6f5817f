# SPDX-License-Identifier: Apache-2.0
"""CTranslate2: a run's model converted, and asked as the model itself is asked. Tried with 4.8.5 and transformers 5.23.

https://opennmt.net/CTranslate2 has no torch in it and runs encoder-decoders several times as fast, on a CPU above all.
"""

import copy
from pathlib import Path
from typing import Any

import ctranslate2
import torch
from torch import nn
from transformers import GenerationConfig, PreTrainedTokenizerBase

from recipes.common import UserError
from recipes.common.decoding import Output, decode_ids

PRECISIONS = {"fp32": "float32", "bf16": "bfloat16", "int8": "int8"}
# What GenerationConfig calls a setting -> what CTranslate2 does.
NAMES = {
    "num_beams": "beam_size",
    "num_return_sequences": "num_hypotheses",
    "max_new_tokens": "max_decoding_length",
    "min_new_tokens": "min_decoding_length",
    "length_penalty": "length_penalty",
    "no_repeat_ngram_size": "no_repeat_ngram_size",
    "repetition_penalty": "repetition_penalty",
    "top_k": "sampling_topk",
    "top_p": "sampling_topp",
    "temperature": "sampling_temperature",
}
# What lets CTranslate2 give the probability of words that are not allowed to the others: its own scores are not the
# model's then.
CHANGES_SCORES = {"no_repeat_ngram_size", "repetition_penalty", "min_decoding_length"}
HOW_TO_DRAW = {"sampling_topk", "sampling_topp", "sampling_temperature"}
NO_MATTER = {"do_sample", "use_cache", "early_stopping", "transformers_version", "forced_eos_token_id"}
# With beams the library ends a search later than CTranslate2 does: of 150 texts 127, 149 and 150 are equal at a
# patience of 1, 2 and 4, at 6.2, 4.6 and 3.0 times the speed.
PATIENCE = 4


class Converter(ctranslate2.converters.TransformersConverter):
    """The library's converter, which gets `model` and `tokenizer` rather than the name of a checkpoint."""

    def __init__(self, model: nn.Module, tokenizer: PreTrainedTokenizerBase):
        super().__init__(model.name_or_path)  # a folder, whose configuration it reads
        self.model, self.tokenizer = model, tokenizer

    def load_model(self, model_class: type, name: str, **options: Any) -> nn.Module:
        """It takes `tie_word_embeddings` to mean that logits are scaled, which it means for UMT5 alone (trap 27)."""
        config = self.model.config
        umt5 = config.model_type == "umt5" and config.tie_word_embeddings
        config.tie_word_embeddings = getattr(config, "scale_decoder_outputs", umt5)
        if not hasattr(config, "normalize_before"):  # BART's left transformers with version 5
            config.normalize_before = False
        return self.model

    def load_tokenizer(self, tokenizer_class: type, name: str, **options: Any) -> PreTrainedTokenizerBase:
        """With a name for each row that the model has to spare: it wants as many tokens as rows."""
        tokenizer = copy.deepcopy(self.tokenizer)
        spare = range(len(tokenizer), self.model.get_input_embeddings().num_embeddings)
        tokenizer.add_tokens([f"<spare_{number}>" for number in spare])
        return tokenizer


def convert(
    folder: Path, model: nn.Module, tokenizer: PreTrainedTokenizerBase, precision: str, example: list[int]
) -> None:
    """Write `model` to `folder` as CTranslate2 reads it."""
    unknown_settings(model.generation_config)
    try:
        Converter(model, tokenizer).convert(str(folder), quantization=PRECISIONS[precision], force=True)
    except ValueError as error:
        if "No conversion is registered" not in str(error):
            raise
        raise UserError(f"CTranslate2 knows no {model.config.model_type} model; FORMAT=merged takes any") from None


class Engine:
    """A converted model that gives Outputs for ids.

    Args:
        patience: how many times num_beams texts must have ended before a beam search ends.
    """

    def __init__(self, folder: Path, tokenizer: PreTrainedTokenizerBase, device: str, patience: float | None = None):
        kind, _, index = str(device).partition(":")
        threads = torch.get_num_threads()
        self.translator = ctranslate2.Translator(
            str(folder), device=kind, device_index=int(index or 0), intra_threads=threads
        )
        self.tokenizer, self.patience = tokenizer, PATIENCE if patience is None else patience
        self.config = GenerationConfig.from_pretrained(folder)

    def __call__(self, ids: list[list[int]], seed: int) -> list[list[Output]]:
        """One list of Output per row of ids; each with its mean log-probability, end token counted."""
        config = self.config
        unknown_settings(config)
        options = {NAMES[name]: value for name, value in config.to_diff_dict().items() if name in NAMES}
        if not config.do_sample:
            options = {name: value for name, value in options.items() if name not in HOW_TO_DRAW}
        elif not options.setdefault("sampling_topk", 50):
            options["sampling_topk"] = 0  # all
        options.setdefault("beam_size", 1)
        if options["beam_size"] > 1:
            options["patience"] = 1 if config.early_stopping is True else self.patience
        forced_end = config.forced_eos_token_id is not None  # BART's takes the place of the last token
        options["max_decoding_length"] = config.max_new_tokens - forced_end
        sources = [self.tokenizer.convert_ids_to_tokens(row) for row in ids]
        first = config.forced_bos_token_id
        prefix = None if first is None else [self.tokenizer.convert_ids_to_tokens([first])] * len(ids)
        ctranslate2.set_random_seed(seed % 2**31)
        limits = {"max_input_length": 0, "max_batch_size": 0, "return_end_token": True, "return_scores": True}
        made = self.translator.translate_batch(sources, prefix, **options, **limits)
        flat = [tokens for one in made for tokens in one.hypotheses]
        repeated = [source for source, one in zip(sources, made, strict=True) for _ in one.hypotheses]
        end = self.tokenizer.eos_token
        if forced_end:
            flat = [tokens if tokens[-1:] == [end] else [*tokens, end] for tokens in flat]
        if config.do_sample or forced_end or first is not None or CHANGES_SCORES & options.keys():
            scores = self._scores(repeated, flat)  # half of all time
        else:
            over = options.get("length_penalty", 1) - 1  # a score of the search is a sum over its length by the penalty
            found = [score for one in made for score in one.scores]
            scores = [score * max(len(one), 1) ** over for score, one in zip(found, flat, strict=True)]
        texts = [self._text(tokens) for tokens in flat]
        cut = [not tokens or tokens[-1] != end for tokens in flat]
        outputs = iter(map(Output, texts, scores, cut))
        return [[next(outputs) for _ in one.hypotheses] for one in made]

    def _text(self, tokens: list[str]) -> str:
        return decode_ids([self.tokenizer.convert_tokens_to_ids(tokens)], self.tokenizer)[0] if tokens else ""

    def _scores(self, sources: list[list[str]], targets: list[list[str]]) -> list[float]:
        end = self.tokenizer.eos_token
        whole = [tokens[:-1] if tokens[-1:] == [end] else tokens for tokens in targets]
        scored = self.translator.score_batch(sources, whole, max_input_length=0)
        # It counts an end token that a text cut at its limit does not have.
        kept = [
            one.log_probs if tokens[-1:] == [end] else one.log_probs[:-1]
            for one, tokens in zip(scored, targets, strict=True)
        ]
        return [sum(each) / max(len(each), 1) for each in kept]


def unknown_settings(config: GenerationConfig) -> None:
    """A UserError for settings that CTranslate2 would not follow."""
    ids = {name for name in config.to_dict() if name.endswith("_token_id")}
    unknown = [name for name in config.to_diff_dict() if name not in {*NAMES, *NO_MATTER, *ids}]
    if unknown:
        raise UserError(f"CTranslate2 has no {', '.join(unknown)}: its texts would differ; FORMAT=merged keeps them")
