# SPDX-License-Identifier: Apache-2.0
"""Families of encoder-decoder models: what each needs to be trained, saved, and asked again."""

import pytest
import torch
import transformers
from conftest import make_tokenizer
from helpers import as_flags, read_jsonl, records, run_recipe, write_jsonl

from recipes import summarize_t5
from recipes.common import UserError, models
from recipes.common.learning.batches import LABEL_PAD, decoder_inputs
from recipes.prediction import Predictor

HEADS = dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 2)
LAYERS = dict.fromkeys(("encoder_layers", "decoder_layers"), 1)
WIDE = {"d_model": 16, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "max_position_embeddings": 128, **HEADS, **LAYERS}
T5 = {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_decoder_layers": 1, "num_heads": 2}
# Family -> sizes. Each has its own way to make decoder inputs of labels, positions, or a tied head.
FAMILIES = {
    "Bart": WIDE,
    "MBart": WIDE,
    "PLBart": WIDE,
    "Mvp": WIDE,
    "M2M100": WIDE,
    "Blenderbot": WIDE,
    "BlenderbotSmall": WIDE,
    "Pegasus": WIDE,
    "PegasusX": {**WIDE, "block_size": 8, "num_global_tokens": 2, "stagger_local_blocks": False},
    "Marian": WIDE,
    "T5": T5,
    "MT5": T5,
    "UMT5": T5,
    "LongT5": {**T5, "local_radius": 8},
    "SwitchTransformers": {**T5, "num_experts": 2},
}
HEAD = {"Marian": "MarianMTModel"}


def make(family, tokenizer, **more):
    torch.manual_seed(0)
    ids = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id}
    ids |= {"bos_token_id": tokenizer.bos_token_id, "decoder_start_token_id": tokenizer.eos_token_id}
    config = getattr(transformers, f"{family}Config")(vocab_size=len(tokenizer), **FAMILIES[family], **{**ids, **more})
    return getattr(transformers, HEAD.get(family, f"{family}ForConditionalGeneration"))(config)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Rows that are no multiple of the batch: the last step of the epoch holds a blank one."""
    folder = tmp_path_factory.mktemp("rows")
    splits = {"train": records("train", 9), "validation": records("validation", 3), "test": records("test", 4)}
    return {f"{split}_file": write_jsonl(folder / f"{split}.jsonl", rows) for split, rows in splits.items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_trains_saves_and_predicts(family, files, tmp_path):
    """Through the recipe; the saved folder, loaded anew, gives the texts that were scored."""
    tokenizer = make_tokenizer(bos="<s>")
    make(family, tokenizer).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    settings = {"max_source_length": 32, "max_target_length": 8, "num_train_epochs": 1, "num_beams": 2, "bf16": False}
    settings |= {"per_device_train_batch_size": 4, "learning_rate": 3e-3, "disable_tqdm": True, **files}
    flags = as_flags(model_name_or_path=tmp_path / "model", output_dir=tmp_path / "out", **settings)
    assert run_recipe(flags, summarize_t5.main) == 0
    scored = read_jsonl(tmp_path / "out/predictions.jsonl")
    predictor = Predictor(tmp_path / "out")
    rows, _ = predictor.read(files["test_file"])
    assert predictor(rows) == [row["prediction"] for row in scored]


@pytest.mark.parametrize("family", FAMILIES)
def test_decoder_inputs_are_the_labels_one_place_to_the_right(family):
    """Real labels as the family's own method makes them, and a row without any, which mBART's method cannot do."""
    tokenizer = make_tokenizer(bos="<s>")
    model = make(family, tokenizer)
    end, pad, start = tokenizer.eos_token_id, tokenizer.pad_token_id, model.config.decoder_start_token_id
    labels = torch.tensor([[7, 8, end], [9, end, LABEL_PAD], [LABEL_PAD] * 3])
    made = decoder_inputs(labels, model)
    if hasattr(model, "prepare_decoder_input_ids_from_labels"):
        wanted = model.prepare_decoder_input_ids_from_labels(labels=labels[:2])
    else:
        wanted = torch.tensor([[start, 7, 8], [start, 9, end]])
    assert made[:2].tolist() == wanted.tolist()
    assert made.min() >= 0
    assert set(made[2].tolist()) <= {start, end, pad}


def test_tables_that_are_computed_are_no_missing_weights(tmp_path):
    """PEGASUS on the Hub has no table of positions: the library computes it, and it is not learned."""
    from safetensors.torch import load_file, save_file

    tokenizer = make_tokenizer(bos="<s>")
    make("Pegasus", tokenizer).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if "embed_positions" not in name}
    save_file(kept, tmp_path / "model.safetensors", {"format": "pt"})
    settings = summarize_t5.Settings(model_name_or_path=str(tmp_path), max_source_length=32, max_target_length=8)
    args = transformers.TrainingArguments(output_dir=str(tmp_path / "out"), use_cpu=True, report_to="none")
    model, _ = models.load(settings, args)
    assert model.get_encoder().embed_positions.weight.abs().sum() > 0
    del kept["model.encoder.layers.0.fc1.weight"]
    save_file(kept, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(UserError, match="lacks 1 weights, such as model.encoder.layers.0.fc1.weight"):
        models.load(settings, args)


@pytest.mark.parametrize(
    ("family", "generation", "bos", "wanted"),
    [("T5", 5, None, 5), ("T5", None, None, "pad"), ("Bart", None, "<s>", "bos"), ("Bart", None, None, None)],
)
def test_the_start_token_is_found_or_named(family, generation, bos, wanted):
    """In the configuration, the generation settings, the tokenizer; else the run is refused before it trains."""
    tokenizer = make_tokenizer(bos=bos)
    model = make(family, tokenizer)
    model.config.decoder_start_token_id = None
    model.generation_config.decoder_start_token_id = generation
    if wanted is None:
        with pytest.raises(UserError, match="has no decoder_start_token_id"):
            models.find_start_token(model, tokenizer)
        return
    models.find_start_token(model, tokenizer)
    ids = {"pad": tokenizer.pad_token_id, "bos": tokenizer.bos_token_id}
    assert model.config.decoder_start_token_id == ids.get(wanted, wanted)


def test_a_head_tied_to_the_decoder_alone_stays_tied():
    """Marian with two vocabularies: its head is the decoder's embeddings, and would be saved without it."""
    model = make("Marian", make_tokenizer(bos="<s>"), share_encoder_decoder_embeddings=False)
    assert model.get_output_embeddings().weight is model.get_decoder().get_input_embeddings().weight
    models.untie(model)
    assert model.config.tie_word_embeddings
