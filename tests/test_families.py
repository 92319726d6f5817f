# SPDX-License-Identifier: Apache-2.0
"""Every family of encoder-decoders that the library has: trained, saved and asked again, or refused by name.

docs/models.md has a row for each; `python tests/test_families.py` writes its table anew.
"""

import itertools
import json
import sys
import tempfile
from pathlib import Path

import checkpoints
import pytest
import torch
import transformers
from conftest import ROOT, make_tokenizer
from helpers import as_flags, read_json, read_jsonl, records, run_recipe, write_jsonl

from recipes import summarize_t5, translate_mt5_lora
from recipes.common import UserError, models
from recipes.common.learning.batches import LABEL_PAD, Collator, decoder_inputs
from recipes.common.loss import decoder_states, token_loss
from recipes.prediction import Predictor
from recipes.pretrained import families
from recipes.pretrained.parts import target_modules
from recipes.pretrained.tokens import Encoder

QUICK = ["T5", "mBART", "mBART-50", "M2M100", "LED", "T5Gemma", "bert2bert", "Marian, two vocabularies"]
NAMES = [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in checkpoints.CHECKPOINTS]
TEXTS = ["Ann wants a lamp", "Bo says hello to Carla and asks for the blue mug today"]
OTHER_LOSS = {"ProphetNet"}  # its own counts the next two tokens
BEGIN, END = "<!-- the table: written by tests/test_families.py -->\n\n", "\n<!-- end of the table -->"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Rows that are no multiple of the batch: the last step of the epoch holds a blank one."""
    folder = tmp_path_factory.mktemp("rows")
    splits = {"train": records("train", 9), "validation": records("validation", 3), "test": records("test", 4)}
    for rows in splits.values():
        for row in rows:
            row |= {"en": row["document"], "de": row["summary"], "python": row["summary"]}
    return {f"{split}_file": write_jsonl(folder / f"{split}.jsonl", rows) for split, rows in splits.items()}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """saved(name): the folder of a checkpoint, made once."""
    folder, made = tmp_path_factory.mktemp("checkpoints"), {}

    def of(name):
        if name not in made:
            made[name] = checkpoints.save(name, folder / name)
        return made[name]

    return of


def run(model, out, files, recipe=summarize_t5, **changed):
    settings = {"max_source_length": 32, "max_target_length": 8, "num_train_epochs": 1, "num_beams": 2, "bf16": False}
    settings |= {"per_device_train_batch_size": 4, "learning_rate": 3e-3, "disable_tqdm": True, **files, **changed}
    return run_recipe(as_flags(model_name_or_path=model, output_dir=out, **settings), recipe.main)


def plain_generate(folder, sources):
    """What anyone's transformers makes of the saved folder; LED is to be told which tokens see all others."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32).eval()
    texts = []
    for source in sources:
        inputs = tokenizer([source], truncation=True, max_length=32, return_tensors="pt", return_token_type_ids=False)
        if "global" in families.of(model.config):
            inputs["global_attention_mask"] = torch.zeros_like(inputs["input_ids"])
            inputs["global_attention_mask"][:, 0] = 1
        made = model.generate(**inputs)[0]
        texts.append(tokenizer.decode(made, skip_special_tokens=True, clean_up_tokenization_spaces=False).strip())
    return texts


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("recipe", [summarize_t5, translate_mt5_lora], ids=["whole", "lora"])
def test_trains_saves_and_predicts(name, recipe, saved, files, tmp_path, capfd):
    """Through the recipe; the saved folder, loaded anew, gives the texts that were scored."""
    flags = {"target_lang": "python"} if "PLBart" in name and recipe is translate_mt5_lora else {}
    assert run(saved(name), tmp_path / "out", files, recipe, **flags) == 0, capfd.readouterr().err
    scored = read_jsonl(tmp_path / "out/predictions.jsonl")
    texts = [row["prediction"] for row in scored]
    predictor = Predictor(tmp_path / "out")
    rows, _ = predictor.read(files["test_file"])
    assert predictor(rows) == texts
    assert plain_generate(tmp_path / "out", [row["source"] for row in scored]) == texts
    assert read_json(tmp_path / "out/trainer_state.json")["global_step"] == 3


@pytest.mark.parametrize("name", checkpoints.CHECKPOINTS)
def test_the_loss_is_the_models_own(name, tmp_path):
    """With decoder inputs of the model's own making, and labels as the recipes make them."""
    model, tokenizer = loaded(name, tmp_path)
    labels, _ = Encoder(tokenizer)("text_target", TEXTS, 16)
    input_ids, _ = Encoder(tokenizer)("text", TEXTS, 16)
    features = [{"input_ids": ids, "labels": wanted} for ids, wanted in zip(input_ids, labels, strict=True)]
    batch = dict(Collator(tokenizer, model)(features))
    wanted = batch.pop("labels")
    with torch.no_grad():
        hidden, head = decoder_states(model.eval(), batch)
        found = token_loss(hidden, head, wanted) / (wanted != LABEL_PAD).sum()
        if name not in OTHER_LOSS:
            start = batch.pop("decoder_input_ids") if "NLLB" in name or "M2M" in name or "Blender" in name else None
            own = model(**batch, labels=wanted, **({} if start is None else {"decoder_input_ids": start})).loss
            torch.testing.assert_close(found, own, rtol=1e-4, atol=1e-4)
    assert all(tokenizer.eos_token_id in row for row in labels)


@pytest.mark.parametrize("name", checkpoints.CHECKPOINTS)
def test_decoder_inputs_are_the_labels_one_place_to_the_right(name, tmp_path):
    """They begin with what generation begins with; a row without labels has inputs as well."""
    model, tokenizer = loaded(name, tmp_path)
    start, end, pad = model.generation_config.decoder_start_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id
    labels = torch.tensor([[7, 8, end], [9, end, LABEL_PAD], [LABEL_PAD] * 3])
    wanted = [[start, 7, 8], [start, 9, end], [start, pad, pad]]
    assert decoder_inputs(labels, model.config).tolist() == wanted


@pytest.mark.parametrize("name", checkpoints.CHECKPOINTS)
def test_texts_become_what_the_tokenizer_makes_of_them(name, tmp_path):
    """Whole and cut; the end that some tokenizers leave out is the only difference, in targets."""
    model, tokenizer = loaded(name, tmp_path)
    texts = [*TEXTS, "", "a", "Ann, 12 lamps\n\tan order"]
    encoder, end = Encoder(tokenizer), tokenizer.eos_token_id
    for limit in (6, 64):
        assert encoder("text", texts, limit)[0] == tokenizer(texts, truncation=True, max_length=limit)["input_ids"]
    targets = tokenizer(text_target=texts)["input_ids"]
    assert encoder("text_target", texts, 64)[0] == [ids if end in ids else [*ids, end] for ids in targets]


def loaded(name, folder):
    checkpoints.save(name, folder / "checkpoint")
    settings = summarize_t5.Settings(str(folder / "checkpoint"), max_source_length=32, max_target_length=8)
    args = transformers.TrainingArguments(output_dir=str(folder / "out"), use_cpu=True, report_to="none")
    return models.load(settings, args)


# ---------------------------------------------------------------- the table


def table():
    """The rows of docs/models.md: what families.yaml says of a family, and what its checkpoint shows."""
    lines = ["| checkpoints | `model_type` | the decoder begins with | LoRA by default beside | to be known |"]
    lines.append("|---|---|---|---|---|")
    for name in checkpoints.CHECKPOINTS:
        with tempfile.TemporaryDirectory() as folder:
            model, tokenizer = loaded(name, Path(folder))
        ids = model.generation_config.decoder_start_token_id, model.generation_config.forced_bos_token_id
        begins = ", then ".join(f"`{tokenizer.convert_ids_to_tokens(one)}`" for one in ids if one is not None)
        known = families.of(model.config)
        kept = ["no fp16"] if known.get("fp16") is False else []
        remarks = "; ".join([*kept, *([known["beware"]] if "beware" in known else [])])
        layers = ", ".join(target_modules(model, "attention"))
        lines.append(f"| {name} | {model.config.model_type} | {begins} | {layers} | {remarks} |")
    for name, known in families.FAMILIES.items():
        if "refused" in known:
            lines.append(f"| {known['models']} | {name} | refused | | {known['refused']} |")
    return "\n".join(lines) + "\n"


def page():
    return (ROOT / "docs/models.md").read_text(encoding="utf-8")


def test_the_page_has_the_table():
    assert page().partition(BEGIN)[2].partition(END)[0] == table(), "python tests/test_families.py writes it"


def test_every_family_of_the_library_is_known():
    """What the library calls an encoder-decoder is in families.yaml, and trains in a test here, or is refused."""
    there = {config.model_type for config in transformers.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING}
    assert set(families.FAMILIES) == there
    with tempfile.TemporaryDirectory() as folder:
        tried = {checkpoints.make(name, folder)[0].config.model_type for name in checkpoints.CHECKPOINTS}
    assert tried == {name for name, known in families.FAMILIES.items() if "refused" not in known}


@pytest.mark.parametrize("family", [name for name, known in families.FAMILIES.items() if "refused" in known])
def test_others_are_refused_by_name_before_anything_is_read(family, tmp_path, capsys):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": family}))
    rows = {"train_file": tmp_path / "nowhere.jsonl"}
    assert run(tmp_path, tmp_path / "out", rows) == 2
    message = capsys.readouterr().err
    assert f"a {family} model {families.FAMILIES[family]['refused']}; choose one such as" in message
    assert "nowhere" not in message


# ---------------------------------------------------------------- what a checkpoint lacks, or says wrongly


def change(folder, file="config.json", **values):
    path = folder / file
    path.write_text(json.dumps({**(read_json(path) if path.exists() else {}), **values}))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"d_model": 0}, "d_model is 0; it has to be at least 1"),
        ({"d_ff": -4}, "d_ff is -4"),
        ({"num_heads": 0}, "num_heads is 0"),
        ({"num_layers": 10**6}, "num_layers is 1000000; it has to be at least 0, at most 1,000"),
        ({"dropout_rate": float("nan")}, "dropout_rate is nan; it has to be at least 0, at most 1"),
        ({"dropout_rate": 1.5}, "dropout_rate is 1.5"),
        ({"dense_act_fn": "junk"}, "its config.json describes no model: KeyError: 'junk'"),
        ({"vocab_size": "many"}, "vocab_size"),
        ({"decoder_start_token_id": 10**6}, "decoder_start_token_id 1000000, but the model has rows for 140 tokens"),
    ],
)
def test_a_configuration_of_no_model(values, said, tmp_path, capsys):
    """One sentence, before data are read, unless the number only shows beside the tokenizer."""
    folder = checkpoints.save("T5", tmp_path / "model")
    change(folder, **values)
    row = write_jsonl(tmp_path / "rows.jsonl", records("train", 9))
    late = "token_id" in str(values)
    code = run(folder, tmp_path / "out", {"train_file": row if late else tmp_path / "nowhere.jsonl"})
    captured = capsys.readouterr()
    assert code == 2 and said in captured.err and len(captured.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_weights_that_are_no_numbers(tmp_path, capsys):
    from safetensors.torch import load_file, save_file

    folder = checkpoints.save("T5", tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    name = "decoder.block.0.layer.0.SelfAttention.q.weight"
    weights[name][0, 0] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    row = write_jsonl(tmp_path / "rows.jsonl", records("train", 9))
    assert run(folder, tmp_path / "out", {"train_file": row}) == 2
    assert f"has 1 weights that are infinite or no numbers, such as {name}" in capsys.readouterr().err


def test_tables_that_are_computed_are_no_missing_weights(tmp_path):
    """PEGASUS on the Hub has no table of positions: the library computes it, and it is not learned."""
    from safetensors.torch import load_file, save_file

    folder = checkpoints.save("PEGASUS", tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if "embed_positions" not in name}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    settings = summarize_t5.Settings(model_name_or_path=str(folder), max_source_length=32, max_target_length=8)
    args = transformers.TrainingArguments(output_dir=str(tmp_path / "out"), use_cpu=True, report_to="none")
    model, _ = models.load(settings, args)
    assert model.get_encoder().embed_positions.weight.abs().sum() > 0
    del kept["model.encoder.layers.0.fc1.weight"]
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(UserError, match="lacks 1 weights, such as model.encoder.layers.0.fc1.weight"):
        models.load(settings, args)


@pytest.mark.parametrize(
    ("name", "generation", "bos", "wanted"),
    [("T5", 5, None, 5), ("T5", None, None, "pad"), ("BART", None, "<s>", "bos"), ("BART", None, None, None)],
)
def test_the_start_token_is_found_or_named(name, generation, bos, wanted, tmp_path):
    """In the configuration, the generation settings, the tokenizer; else the run is refused before it trains."""
    tokenizer = make_tokenizer(bos=bos)
    model, _ = checkpoints.make(name, tmp_path)
    model.config.decoder_start_token_id = None
    model.generation_config.decoder_start_token_id = generation
    if wanted is None:
        with pytest.raises(UserError, match="has no decoder_start_token_id"):
            models.agree(model, tokenizer)
        return
    models.agree(model, tokenizer)
    ids = {"pad": tokenizer.pad_token_id, "bos": tokenizer.bos_token_id}
    assert model.config.decoder_start_token_id == ids.get(wanted, wanted)


def test_a_head_tied_to_the_decoder_alone_stays_tied(tmp_path):
    """Marian with two vocabularies: its head is the decoder's embeddings, and would be saved without it."""
    model, _ = checkpoints.make("Marian, two vocabularies", tmp_path)
    assert model.get_output_embeddings().weight is model.get_decoder().get_input_embeddings().weight
    models.untie(model)
    assert model.config.tie_word_embeddings


def test_positions_of_both_sides(tmp_path):
    """LED and pairs of BERTs have their own names for them."""
    for name, wanted in {
        "LED": [128, 64],
        "bert2bert": [128, 128],
        "T5": [None, None],
        "T5Gemma 2": [128, 128],
    }.items():
        assert families.positions(checkpoints.make(name, tmp_path)[0].config) == wanted


def test_a_forced_token_of_another_task_is_not_kept(tmp_path):
    """mBART-50 that was made for Romanian; a BART whose every output begins with ",": labels say what comes first."""
    model, tokenizer = checkpoints.make("mBART-50", tmp_path)
    tokenizer.tgt_lang = "de_DE"
    german, romanian = tokenizer.convert_tokens_to_ids(["de_DE", "ro_RO"])
    model.generation_config.forced_bos_token_id = romanian
    assert models.agree(model, tokenizer) == [
        f"the checkpoint says forced_bos_token_id {romanian}; {german} is taken, which its tokenizer's targets ask for"
    ]
    assert model.generation_config.forced_bos_token_id == german
    model, tokenizer = checkpoints.make("BART", tmp_path)
    for said in (17, 0):  # BART's own, which is the number 0, stays without a word
        model.generation_config.forced_bos_token_id = said
        assert len(models.agree(model, tokenizer)) == (said != 0)
        assert model.generation_config.forced_bos_token_id == tokenizer.bos_token_id == 0


@pytest.mark.parametrize(
    ("role", "name"), list(itertools.product(["pad", "eos"], ["config.json", "generation_config.json"]))
)
def test_tokens_that_the_tokenizer_does_not_name(role, name, tmp_path):
    """Found in one file or the other; else the model is refused."""
    folder = checkpoints.save("T5", tmp_path / "model")
    path = folder / "tokenizer_config.json"
    told = read_json(path)
    token = told.pop(f"{role}_token")
    path.write_text(json.dumps(told))
    for file in ("config.json", "generation_config.json"):
        if file != name:
            change(folder, file, **{f"{role}_token_id": None})
    settings = summarize_t5.Settings(str(folder))
    assert getattr(models.load_tokenizer(settings), f"{role}_token") == token
    change(folder, name, **{f"{role}_token_id": None})
    with pytest.raises(UserError, match="no configuration names one"):
        models.load_tokenizer(settings)


def test_an_end_that_only_the_checkpoint_knows(tmp_path):
    """Targets end with the tokenizer's: to stop at another token means never to stop."""
    model, tokenizer = checkpoints.make("T5", tmp_path)
    model.generation_config.eos_token_id = 7
    assert models.agree(model, tokenizer) == [
        f"the checkpoint says eos_token_id 7; {tokenizer.eos_token_id} is taken, which its tokenizer's targets ask for"
    ]
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, 7]  # one of several is enough
    assert models.agree(model, tokenizer) == []
    assert model.generation_config.eos_token_id == [tokenizer.eos_token_id, 7]


def test_a_vocabulary_in_a_file_of_another_name(tmp_path):
    """ProphetNet's is prophetnet.tokenizer."""
    words = ["[PAD]", "[UNK]", "[X_SEP]", "[CLS]", "[SEP]", "[MASK]", "ann", "asks"]
    (tmp_path / "prophetnet.tokenizer").write_text("\n".join(words))
    change(tmp_path, "config.json", model_type="prophetnet", eos_token_id=4, pad_token_id=0)
    tokenizer = models.load_tokenizer(summarize_t5.Settings(str(tmp_path)))
    assert tokenizer("Ann asks")["input_ids"] == [6, 7, 4]
    assert Encoder(tokenizer)("text", ["Ann [SEP] asks"], 9)[0] == [[6, 1, 7, 4]]


if __name__ == "__main__":
    before, _, rest = page().partition(BEGIN)
    text = before + BEGIN + table() + END + rest.partition(END)[2]
    sys.exit((ROOT / "docs/models.md").write_text(text, encoding="utf-8") and 0)
