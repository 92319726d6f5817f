# SPDX-License-Identifier: Apache-2.0
"""Tiny random models of the real architectures, made on the spot; no test may open a socket."""

import atexit
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

import pytest

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
os.environ["HF_DATASETS_CACHE"] = tempfile.mkdtemp(prefix="datasets-")  # nothing of a user's, nothing left behind
atexit.register(shutil.rmtree, os.environ["HF_DATASETS_CACHE"], ignore_errors=True)
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

TEXT = """
    Ann Bo Carla Dev asks wants reports says order number parcel late broken mug lamp chair blue green refund please the
    a an of to for and is was not has have been it her his my your on in by with today tomorrow Monday thanks hello
"""
WORDS = TEXT.split()


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """A test that needs the network fails at once, naming the address."""
    connect = socket.socket.connect

    def guarded(self, address):
        local = self.family == getattr(socket, "AF_UNIX", None) or address[0] in ("127.0.0.1", "localhost", "::1")
        if not local:
            raise OSError(f"a test tried to reach {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def make_tokenizer(eos="</s>", pad="<pad>", unk="<unk>", bos=None):
    """A small Unigram tokenizer in T5's manner, or in BART's where `bos` is given: the words above, and letters.

    Its pieces are written down, not trained: training gives other ids each time.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = [token for token in (bos, pad, eos, unk) if token]
    letters = [chr(code) for code in range(33, 127) if chr(code) not in "{}<>~\\"]
    pieces = [*((token, 0.0) for token in special), ("▁", -8.0), *((f"▁{word}", -6.0) for word in WORDS)]
    pieces += [(letter, -9.0) for letter in letters]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=special.index(unk)))
    tokenizer.add_special_tokens(special)
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Digits(True)])
    tokenizer.decoder = decoders.Metaspace()
    start = f"{bos} " if bos else ""
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start}$A {eos}", special_tokens=[(token, special.index(token)) for token in special]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=eos, pad_token=pad, unk_token=unk, **({"bos_token": bos} if bos else {})
    )


def make_model(family, tokenizer, tied=False, dropout=0.0, seed=0):
    """A random encoder-decoder of `family` ("t5", "mt5" or "bart") with some 60,000 parameters."""
    import torch
    from transformers import (
        BartConfig,
        BartForConditionalGeneration,
        MT5Config,
        MT5ForConditionalGeneration,
        T5Config,
        T5ForConditionalGeneration,
    )

    torch.manual_seed(seed)
    vocabulary = -(-len(tokenizer) // 8) * 8  # more rows than tokens, as T5's 32,128 for 32,100
    ids = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id, "vocab_size": vocabulary}
    if family == "bart":
        config = BartConfig(
            d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2,
            encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=256, init_std=0.3, dropout=dropout,
            bos_token_id=tokenizer.bos_token_id, decoder_start_token_id=tokenizer.eos_token_id,
            forced_eos_token_id=tokenizer.eos_token_id, **ids,
        )  # fmt: skip
        return BartForConditionalGeneration(config)
    config_class, model_class = {
        "t5": (T5Config, T5ForConditionalGeneration),
        "mt5": (MT5Config, MT5ForConditionalGeneration),
    }[family]
    config = config_class(
        d_model=32, d_kv=16, num_heads=2, num_layers=2, d_ff=64, dropout_rate=dropout, tie_word_embeddings=tied,
        decoder_start_token_id=tokenizer.pad_token_id, feed_forward_proj="relu" if tied else "gated-gelu", **ids,
    )  # fmt: skip
    model = model_class(config)
    if not tied:
        model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
    return model


@pytest.fixture(scope="session")
def tokenizer():
    return make_tokenizer()


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory, tokenizer):
    """A folder with a tiny T5 1.1 and its tokenizer, as `from_pretrained` wants it."""
    folder = tmp_path_factory.mktemp("tiny-t5")
    make_model("t5", tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
