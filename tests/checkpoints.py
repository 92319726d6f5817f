# SPDX-License-Identifier: Apache-2.0
"""Tiny random checkpoints, one of each family of encoder-decoders, with a tokenizer of the class that it comes with."""

import io
import json
from pathlib import Path

import sentencepiece
import torch
import transformers as hf
from conftest import WORDS, make_tokenizer

CONTROL = ["<s>", "<pad>", "</s>", "<unk>"]
FEW = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}
FEW |= {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "max_position_embeddings": 128, "init_std": 0.3}
T5 = {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_decoder_layers": 1, "num_heads": 2}
T5 |= {"decoder_start_token_id": None}
GEMMA = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "head_dim": 8}
GEMMA |= {"num_key_value_heads": 1, "query_pre_attn_scalar": 8, "sliding_window": 64, "max_position_embeddings": 128}
BERT = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}


# ---------------------------------------------------------------- tokenizers


def pieces():
    return [("▁", -8.0), *((f"▁{word}", -6.0) for word in WORDS), *((chr(code), -9.0) for code in range(97, 123))]


def plain():
    return make_tokenizer(bos="<s>")


def with_codes(kind, codes):
    """MBart's and MBart50's: codes of languages before the last piece."""
    ends = [(code, 0.0) for code in (*codes, "<mask>")]
    return kind(vocab=[*((one, 0.0) for one in CONTROL), *pieces(), *ends])


def mbart():
    from transformers.models.mbart.tokenization_mbart import FAIRSEQ_LANGUAGE_CODES as CODES

    return with_codes(hf.MBartTokenizer, CODES)


def mbart50():
    from transformers.models.mbart50.tokenization_mbart50 import FAIRSEQ_LANGUAGE_CODES as CODES

    return with_codes(hf.MBart50Tokenizer, CODES)


def nllb():
    letters = [piece for piece, _ in pieces() if len(piece) == 1]
    return hf.NllbTokenizer(vocab={piece: number for number, piece in enumerate([*CONTROL, *letters])}, merges=[])


def sentences(folder):
    """A sentencepiece model, which the tokenizers that are no fast ones are made of; (its file, its pieces)."""
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(WORDS[start : start + 6]) for start in range(len(WORDS))]),
        model_writer=made, vocab_size=90, hard_vocab_limit=False, minloglevel=2, num_threads=1,
    )  # fmt: skip
    path = Path(folder) / "sentencepiece.bpe.model"
    path.write_bytes(made.getvalue())
    read = sentencepiece.SentencePieceProcessor(model_proto=made.getvalue())
    return str(path), [read.id_to_piece(number) for number in range(3, read.get_piece_size())]


def m2m100(folder):
    from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES as CODES

    spm, found = sentences(folder)
    path = Path(folder) / "vocab.json"
    path.write_text(json.dumps({piece: number for number, piece in enumerate([*CONTROL, *found])}))
    codes = [f"__{code}__" for code in CODES["m2m100"]]  # named in the Hub's tokenizer_config.json
    return hf.M2M100Tokenizer(str(path), spm, additional_special_tokens=codes)


def plbart(folder, codes="base"):
    return hf.PLBartTokenizer(sentences(folder)[0], language_codes=codes)


def plbart_multi(folder):
    return plbart(folder, "multi")


def marian(folder):
    spm, found = sentences(folder)
    path = Path(folder) / "vocab.json"
    path.write_text(json.dumps({piece: number for number, piece in enumerate(["</s>", "<unk>", *found, "<pad>"])}))
    return hf.MarianTokenizer(spm, spm, str(path), source_lang="en", target_lang="de")


def bert():
    letters = [sign for sign in "abcdefghijklmnopqrstuvwxyz.,?0123456789:"]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{sign}" for sign in letters)]
    words += [word for word in dict.fromkeys(word.lower() for word in WORDS) if len(word) > 1]
    return hf.BertTokenizer(vocab={word: number for number, word in enumerate(words)})


def gemma():
    """Without an end token in what it makes, as Gemma's."""
    from tokenizers.processors import TemplateProcessing

    tokenizer = plain()
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single="$A")
    return tokenizer


# ---------------------------------------------------------------- models


def t5gemma(rows, **ids):
    ids.pop("decoder_start_token_id")
    part = {"vocab_size": rows, **GEMMA, **ids, "final_logit_softcapping": 2.0}
    config = hf.T5GemmaConfig(encoder=part, decoder=dict(part), vocab_size=rows, **ids)
    return hf.T5GemmaForConditionalGeneration(config)


def t5gemma2(rows, **ids):
    ids.pop("decoder_start_token_id")
    text = {"vocab_size": rows, **GEMMA, **ids}
    sight = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    sight |= {"image_size": 28, "patch_size": 14}
    encoder = {"text_config": text, "vision_config": sight, "mm_tokens_per_image": 1, "vocab_size": rows}
    tokens = {"image_token_index": 4, "boi_token_index": 5, "eoi_token_index": 6}
    config = hf.T5Gemma2Config(encoder=encoder | tokens, decoder=dict(text), **tokens, **ids)
    return hf.T5Gemma2ForConditionalGeneration(config)


def bert2bert(rows, **ids):
    halves = [hf.BertConfig(vocab_size=rows, max_position_embeddings=128, initializer_range=0.3, **BERT)] * 2
    model = hf.EncoderDecoderModel(hf.EncoderDecoderConfig.from_encoder_decoder_configs(*halves))
    model.config.update({**ids, "decoder_start_token_id": None, "vocab_size": rows})
    return model


def of(family, sizes, head="ForConditionalGeneration", **more):
    """rows, special tokens -> a model of `family` whose weights are drawn with a seed."""

    def make(rows, **ids):
        config = getattr(hf, f"{family}Config")(vocab_size=rows, **{**ids, **sizes, **more})
        return getattr(hf, f"{family}{head}")(config)

    return make


PROPHET = {"hidden_size": 16, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "num_encoder_layers": 1}
PROPHET |= {"num_decoder_layers": 1, "num_encoder_attention_heads": 2, "num_decoder_attention_heads": 2}
# Name -> (its model, its tokenizer). Each has its own way with start tokens, languages, positions or its head.
CHECKPOINTS = {
    "T5": (of("T5", T5), plain),
    "T5 1.1": (of("T5", T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False), plain),
    "ByT5": (of("T5", T5), hf.ByT5Tokenizer),
    "mT5": (of("MT5", T5), plain),
    "UMT5": (of("UMT5", T5), plain),
    "LongT5, local": (of("LongT5", T5, local_radius=8), plain),
    "LongT5, transient-global": (
        of("LongT5", T5, local_radius=8, global_block_size=4, encoder_attention_type="transient-global"), plain
    ),
    "Switch Transformers": (of("SwitchTransformers", T5, num_experts=2, num_sparse_encoder_layers=1), plain),
    "T5Gemma": (t5gemma, gemma),
    "T5Gemma 2": (t5gemma2, gemma),
    "BART": (of("Bart", FEW), plain),
    "mBART": (of("MBart", FEW, decoder_start_token_id=None), mbart),
    "mBART-50": (of("MBart", FEW), mbart50),
    "MVP": (of("Mvp", FEW), plain),
    "PLBart": (of("PLBart", FEW, decoder_start_token_id=None), plbart),
    "PLBart, seven languages": (of("PLBart", FEW, decoder_start_token_id=None), plbart_multi),
    "PEGASUS": (of("Pegasus", FEW), plain),
    "PEGASUS-X": (of("PegasusX", FEW, block_size=8, num_global_tokens=2, stagger_local_blocks=False), plain),
    "BigBird-Pegasus": (of("BigBirdPegasus", FEW, block_size=16, num_random_blocks=1), plain),
    "LED": (
        of("LED", FEW, max_encoder_position_embeddings=128, max_decoder_position_embeddings=64, attention_window=[8]),
        plain,
    ),
    "Marian": (of("Marian", FEW, head="MTModel"), marian),
    "Marian, two vocabularies": (of("Marian", FEW, head="MTModel", share_encoder_decoder_embeddings=False), plain),
    "M2M100": (of("M2M100", FEW), m2m100),
    "NLLB": (of("M2M100", FEW), nllb),
    "NLLB-MoE": (of("NllbMoe", FEW, num_experts=2, encoder_sparse_step=1, decoder_sparse_step=1), nllb),
    "Blenderbot": (of("Blenderbot", FEW), plain),
    "Blenderbot Small": (of("BlenderbotSmall", FEW), plain),
    "ProphetNet": (of("ProphetNet", PROPHET, max_position_embeddings=128), bert),
    "bert2bert": (bert2bert, bert),
}  # fmt: skip


def make(name, folder):
    """(model, tokenizer) of a checkpoint; files that its tokenizer is made of go to `folder`."""
    build, tokenizer_of = CHECKPOINTS[name]
    tokenizer = tokenizer_of(folder) if tokenizer_of in (m2m100, plbart, plbart_multi, marian) else tokenizer_of()
    codes = getattr(tokenizer, "lang_token_to_id", {})  # M2M100 counts them nowhere else
    rows = 1 + max([*tokenizer.get_vocab().values(), *codes.values()])
    end = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else tokenizer.sep_token_id
    ids = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": end, "decoder_start_token_id": end}
    if tokenizer.bos_token_id is not None:
        ids["bos_token_id"] = tokenizer.bos_token_id
    torch.manual_seed(0)
    return build(rows, **ids), tokenizer


def save(name, folder):
    """The same as a checkpoint folder."""
    Path(folder).mkdir(parents=True)
    model, tokenizer = make(name, folder)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
