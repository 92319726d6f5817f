# SPDX-License-Identifier: Apache-2.0
"""Tokenizer and configuration of a tiny BERT or GPT-2, for a recipe to fill with weights.

    python scripts/make_data.py --text 40000 outputs/shop.txt
    python scripts/tiny_bases.py --architecture bert --text outputs/shop.txt --output_dir outputs/tiny-bert-base
    python recipes/neighbours/adapt_mlm.py --model_name_or_path outputs/tiny-bert-base --from_scratch \
        --train_file outputs/shop.txt --config configs/pretrain/bert.yaml
"""

import argparse
from pathlib import Path

from pretrain_tiny import ALPHABET, VOCABULARY
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, GPT2Config, TokenizersBackend

LONGEST = 256  # tokens
SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
END = "<|endoftext|>"


def bert_tokenizer(texts):
    """WordPiece with capitals; digits stand alone, so that a number never seen in training is made of known pieces."""
    core = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    core.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.BertNormalizer(lowercase=False)])
    core.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(True)])
    core.decoder = decoders.WordPiece()
    letters = [sign for sign in ALPHABET if not sign.isspace() and sign != "▁"]
    letters += [f"##{sign}" for sign in letters if sign.isalpha()]
    core.train_from_iterator(
        texts,
        trainers.WordPieceTrainer(
            vocab_size=VOCABULARY, initial_alphabet=letters, special_tokens=list(SPECIAL.values()), min_frequency=5,
            show_progress=False,
        ),
    )  # fmt: skip
    core.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, core.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    names = ["input_ids", "token_type_ids", "attention_mask"]
    return TokenizersBackend(tokenizer_object=core, model_max_length=LONGEST, model_input_names=names, **SPECIAL)


def gpt_tokenizer(texts):
    """Bytes, as GPT-2's; digits stand alone."""
    core = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(r"\d"), "isolated")
    core.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    core.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY, initial_alphabet=alphabet, special_tokens=[END], min_frequency=5, show_progress=False
        ),
    )
    marks = {"bos_token": END, "eos_token": END, "unk_token": END}
    names = ["input_ids", "attention_mask"]
    return TokenizersBackend(tokenizer_object=core, model_max_length=LONGEST, model_input_names=names, **marks)


def bert_config(tokenizer):
    size = {"hidden_size": 128, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 384}
    ids = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id, "max_position_embeddings": LONGEST}
    return BertConfig(**size, **ids, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)


def gpt_config(tokenizer):
    size = {"n_embd": 128, "n_layer": 4, "n_head": 4, "n_inner": 384, "n_positions": LONGEST}
    ids = {"vocab_size": len(tokenizer), "bos_token_id": tokenizer.eos_token_id, "eos_token_id": tokenizer.eos_token_id}
    return GPT2Config(**size, **ids, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)


MAKERS = {"bert": (bert_tokenizer, bert_config), "gpt": (gpt_tokenizer, gpt_config)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", choices=MAKERS, required=True)
    parser.add_argument("--text", type=Path, required=True, help="a paragraph a line")
    parser.add_argument("--output_dir", type=Path, required=True)
    args = parser.parse_args()
    make_tokenizer, make_config = MAKERS[args.architecture]
    with open(args.text, encoding="utf-8") as file:
        tokenizer = make_tokenizer(file)
    tokenizer.save_pretrained(args.output_dir)
    make_config(tokenizer).save_pretrained(args.output_dir)
    print(f"{args.output_dir}: {len(tokenizer):,} pieces")


if __name__ == "__main__":
    main()
