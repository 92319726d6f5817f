# SPDX-License-Identifier: Apache-2.0
"""Tiny random models of the real architectures, made on the spot; no test may open a socket.

`make test` gives each core a worker of pytest-xdist, which takes one file after the other; plain `pytest` has none.
"""

import atexit
import functools
import gc
import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path

import pytest

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false", OMP_NUM_THREADS="1")
os.environ["HF_DATASETS_CACHE"] = tempfile.mkdtemp(prefix="datasets-")  # nothing of a user's, nothing left behind
atexit.register(shutil.rmtree, os.environ["HF_DATASETS_CACHE"], ignore_errors=True)
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

TEXT = """
    Ann Bo Carla Dev asks wants reports says order number parcel late broken mug lamp chair blue green refund please the
    a an of to for and is was not has have been it her his my your on in by with today tomorrow Monday thanks hello
"""
WORDS = TEXT.split()
# The files that take longest, longest first: the workers begin with them, and end with short ones.
LONGEST = [
    "test_interruption", "test_recipes", "test_convo", "test_every_recipe", "test_common_decoding", "test_equivalence",
    "test_translate", "test_common_loss", "test_common_cache", "test_common_lora",
]  # fmt: skip


# ---------------------------------------------------------------- workers


def place(item):
    return LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST)


def pytest_collection_modifyitems(items):
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=place)


def pytest_collection_finish(session):
    """What has been imported stays until the end: no collection of garbage needs to look through it again and again."""
    gc.collect()
    gc.freeze()


# ---------------------------------------------------------------- what no test may do


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


def make_model(family, tokenizer, tied=False, dropout=0.0, seed=0, layers=2):
    """A random encoder-decoder of `family` ("t5", "mt5" or "bart") with some 60,000 parameters in two layers."""
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
            d_model=32, encoder_layers=layers, decoder_layers=layers, encoder_attention_heads=2,
            decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=256,
            init_std=0.3, dropout=dropout,
            bos_token_id=tokenizer.bos_token_id, decoder_start_token_id=tokenizer.eos_token_id,
            forced_eos_token_id=tokenizer.eos_token_id, **ids,
        )  # fmt: skip
        return BartForConditionalGeneration(config)
    config_class, model_class = {
        "t5": (T5Config, T5ForConditionalGeneration),
        "mt5": (MT5Config, MT5ForConditionalGeneration),
    }[family]
    config = config_class(
        d_model=32, d_kv=16, num_heads=2, num_layers=layers, d_ff=64, dropout_rate=dropout, tie_word_embeddings=tied,
        decoder_start_token_id=tokenizer.pad_token_id, feed_forward_proj="relu" if tied else "gated-gelu", **ids,
    )  # fmt: skip
    model = model_class(config)
    if not tied:
        model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
    return model


def make_plain(family, seed=0):
    """(tokenizer, model) that generate nothing: a random "bert" with its masked language model's head, or a "gpt"."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] if family == "bert" else ["<|endoftext|>"]
    letters = [chr(code) for code in range(33, 127)]
    pieces = list(dict.fromkeys([*special, *letters, *(f"##{letter}" for letter in letters), *WORDS]))
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    core = Tokenizer(models.WordPiece(vocabulary, unk_token=special[1] if family == "bert" else special[0]))
    core.add_special_tokens(special)
    core.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    torch.manual_seed(seed)
    if family == "bert":
        core.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
        named = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
        names = ["input_ids", "token_type_ids", "attention_mask"]
        size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
        drop = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        model = BertForMaskedLM(BertConfig(vocab_size=len(pieces), max_position_embeddings=128, **size, **drop))
    else:
        named = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")
        names = ["input_ids", "attention_mask"]
        size = {"n_embd": 32, "n_layer": 1, "n_head": 2, "n_positions": 128, "bos_token_id": 0, "eos_token_id": 0}
        drop = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)
        model = GPT2LMHeadModel(GPT2Config(vocab_size=len(pieces), **size, **drop))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, model_max_length=128, model_input_names=names, **named)
    return tokenizer, model


# ---------------------------------------------------------------- runs of recipes


@pytest.fixture(autouse=True)
def own_signals():
    """A run's handlers do not outlive its test: a pool of processes that begins with them cannot be ended."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def no_report(request, monkeypatch):
    """Runs write no report, which costs more than a small run; tests marked `report` look at it."""
    from recipes import report

    if not request.node.get_closest_marker("report"):
        monkeypatch.setattr(report, "write", lambda *_: None)


@pytest.fixture(scope="session")
def smalls(tmp_path_factory):
    """smalls(recipe): its harness.Small, made once."""
    import harness

    return functools.cache(lambda name: harness.Small(name, tmp_path_factory.mktemp(name)))


@pytest.fixture
def small(request, smalls):
    """The harness.Small of the recipe that the test file calls RECIPE, or of the test's parameter."""
    return smalls(getattr(request, "param", None) or request.module.RECIPE)


@pytest.fixture
def done(small):
    """A finished run of it; see harness.Small.done."""
    return small.done


@pytest.fixture
def flags(small, tmp_path):
    """flags(name=value): its words on the command line, into tmp_path/out."""
    return lambda **changed: small.flags(**{"output_dir": tmp_path / "out", **changed})


@pytest.fixture
def run(small, tmp_path):
    """run(name=value): the exit code of such a run, into tmp_path/out."""
    return lambda **changed: small.run(**{"output_dir": tmp_path / "out", **changed})


@pytest.fixture
def no_weights(monkeypatch):
    """Reading any weight fails the test."""
    from transformers import AutoModelForSeq2SeqLM

    def fail(*_, **__):
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(AutoModelForSeq2SeqLM, "from_pretrained", fail)


@pytest.fixture
def refused(run, small, tmp_path, no_weights, capsys):
    """refused(name=value): the message of a run that ends with code 2, loads no model and writes nothing."""
    from helpers import contents

    def message(**changed):
        folders = [tmp_path, Path(changed.get("output_dir", tmp_path))]
        before = [contents(folder) for folder in folders]
        code = run(**changed)
        err = capsys.readouterr().err
        assert code == 2, err
        assert err.startswith("error: ") and err.count("error: ") == 1 and "Traceback" not in err
        assert [contents(folder) for folder in folders] == before
        return err

    return message


# ---------------------------------------------------------------- models


@pytest.fixture(scope="session")
def tokenizer():
    return make_tokenizer()


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory, tokenizer):
    """A folder with a tiny T5 1.1 and its tokenizer, as `from_pretrained` wants it."""
    folder = tmp_path_factory.mktemp("tiny-t5")
    make_model("t5", tokenizer).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)  # not the one that tests before have padded with: that is saved, too
    return folder
