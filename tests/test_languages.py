# SPDX-License-Identifier: Apache-2.0
"""recipes/formats/languages.py: names and codes; what a translation checkpoint reads, learns and writes of them."""

import checkpoints
import pytest
import transformers
from helpers import as_flags, read_json, read_jsonl, records, run_recipe, write_jsonl
from test_families import plain_generate

from recipes import translate_mt5_lora as recipe
from recipes.common import UserError
from recipes.formats import languages
from recipes.prediction import Predictor
from recipes.pretrained.tokens import Encoder


@pytest.mark.parametrize(
    ("name", "english", "others"),
    [
        ("de", "German", ("de", "deu", "deu_Latn", "German", "german")),
        ("DE", "German", ("DE", "de", "deu", "deu_Latn", "German", "german")),
        ("german", "German", ("german", "de", "deu", "deu_Latn", "German")),
        ("de_DE", "German", ("de_DE", "de", "deu", "deu_Latn", "German", "german")),
        ("castilian", "Spanish", ("castilian", "es", "spa", "spa_Latn", "Spanish", "spanish")),
        ("zh-TW", "Traditional Chinese", None),
        ("zho_Hans", "Chinese", None),
        ("__en_XX__", "English", None),
        ("no", "Norwegian", None),
        ("tlh", "tlh", ("tlh",)),
    ],
)
def test_names(name, english, others):
    assert languages.english_name(name) == english
    assert others is None or languages.language_names(name) == others


NLLB = ["eng_Latn", "deu_Latn", "zho_Hant", "zho_Hans", "arb_Arab", "kas_Deva", "kas_Arab", "nob_Latn"]
MBART = ["en_XX", "de_DE", "zh_CN", "ar_AR", "sw_KE"]
M2M = ["en", "de", "zh", "no", "ns"]
PLBART = ["__java__", "__python__", "__en_XX__"]


@pytest.mark.parametrize(
    ("name", "codes", "wanted"),
    [
        ("German", NLLB, "deu_Latn"), ("de", NLLB, "deu_Latn"), ("deu_Latn", NLLB, "deu_Latn"),
        ("de_DE", NLLB, "deu_Latn"), ("Chinese", NLLB, "zho_Hans"), ("zho_Hant", NLLB, "zho_Hant"),
        ("zh-TW", NLLB, "zho_Hant"), ("Arabic", NLLB, "arb_Arab"), ("Kashmiri", NLLB, "kas_Arab"),
        ("no", NLLB, "nob_Latn"), ("French", NLLB, None), ("gsw_Latn", NLLB, None),
        ("German", MBART, "de_DE"), ("deu_Latn", MBART, "de_DE"), ("zho_Hant", MBART, "zh_CN"), ("swh", MBART, "sw_KE"),
        ("German", M2M, "de"), ("eng_Latn", M2M, "en"), ("nob_Latn", M2M, "no"), ("Pedi", M2M, "ns"),
        ("python", PLBART, "__python__"), ("en", PLBART, "__en_XX__"), ("English", PLBART, "__en_XX__"),
    ],
)  # fmt: skip
def test_codes_of_a_checkpoint(name, codes, wanted):
    assert languages.code_for(name, codes) == wanted


def test_every_code_that_the_library_knows():
    """All languages of NLLB, M2M100 and mBART-50 have an English name, and are found by it."""
    from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES as M2M100
    from transformers.models.mbart50.tokenization_mbart50 import FAIRSEQ_LANGUAGE_CODES as MBART50
    from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES as NLLB200

    for codes in (NLLB200, M2M100["m2m100"], MBART50):
        assert [languages.code_for(code, codes) for code in codes] == list(codes)
        named = [code for code in codes if languages.english_name(code) == code]
        assert not named, named
        names = {languages.english_name(code) for code in codes}
        assert len({languages.code_for(name, codes) for name in names}) == len(names)


# ---------------------------------------------------------------- training


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Columns en, de and fr."""
    folder = tmp_path_factory.mktemp("rows")
    made = {}
    for split, count in (("train", 9), ("validation", 3), ("test", 4)):
        rows = [
            {"id": row["id"], "en": row["document"], "de": row["summary"], "fr": row["summary"][::-1]}
            for row in records(split, count)
        ]
        made[f"{split}_file"] = write_jsonl(folder / f"{split}.jsonl", rows)
    return made


def run(model, out, files, **changed):
    settings = {"max_source_length": 32, "max_target_length": 8, "num_train_epochs": 1, "num_beams": 2, "bf16": False}
    settings |= {"per_device_train_batch_size": 4, "disable_tqdm": True, "lora_r": 0, **files, **changed}
    return run_recipe(as_flags(model_name_or_path=model, output_dir=out, **settings), recipe.main)


# What the source and the label begin or end with; the decoder's start, and its first word.
CASES = {
    "mBART": (["de_DE"], "{} </s> en_XX", "{} </s> de_DE", "de_DE", None),
    "mBART-50": (["de", "German", "deu_Latn"], "en_XX {} </s>", "de_DE {} </s>", "</s>", "de_DE"),
    "M2M100": (["German"], "__en__ {} </s>", "__de__ {} </s>", "</s>", "__de__"),
    "NLLB": (["de", "de_DE", "deu_Latn"], "eng_Latn {} </s>", "deu_Latn {} </s>", "</s>", "deu_Latn"),
}


@pytest.mark.parametrize("name", [pytest.param(one, marks=[] if "-" in one else pytest.mark.slow) for one in CASES])
def test_labels_forced_token_and_texts(name, files, tmp_path, capsys):
    """Through the recipe: no prompt in the source, the codes in ids, all of it in what is saved and predicted."""
    spellings, source, label, start, forced = CASES[name]
    folder = checkpoints.save(name, tmp_path / "model")
    for place, target in enumerate(spellings):
        out = tmp_path / f"out{place}"
        assert run(folder, out, files, target_lang=target) == 0
        assert f"languages {'en' if name == 'M2M100' else source.strip('{} </s>')} to" in capsys.readouterr().out
        predictor, config = Predictor(out), transformers.GenerationConfig.from_pretrained(out)
        tokenizer = predictor.tokenizer
        for side, wanted in (("text", source), ("text_target", label)):
            ids = Encoder(tokenizer)(side, ["Ann wants"], 32)[0][0]
            body = tokenizer.convert_ids_to_tokens(tokenizer("Ann wants", add_special_tokens=False)["input_ids"])
            assert tokenizer.convert_ids_to_tokens(ids) == wanted.format(" ".join(body)).split(" ")
        told = [tokenizer.convert_ids_to_tokens(one) if one is not None else None for one in
                (config.decoder_start_token_id, config.forced_bos_token_id)]  # fmt: skip
        assert told == [start, forced]
        scored = read_jsonl(out / "predictions.jsonl")
        texts = [row["prediction"] for row in scored]
        assert scored[0]["source"] == read_jsonl(files["test_file"])[0]["en"]
        assert predictor(predictor.read(files["test_file"])[0]) == texts
        assert plain_generate(out, [row["source"] for row in scored]) == texts


@pytest.mark.parametrize(
    ("name", "code", "like", "lora_r"),
    [("NLLB", "gsw_Latn", "de", 0), ("NLLB", "gsw_Latn", "mean", 2), ("mBART-50", "gsw_CH", "German", 0)],
)
def test_a_new_language(name, code, like, lora_r, files, tmp_path, capsys):
    """Its row is that of the language named, or the mean of all; it is forced, saved, and known after loading."""
    folder = checkpoints.save(name, tmp_path / "model")
    flags = {"target_lang": code, "init_lang_from": like, "lora_r": lora_r}
    model, tokenizer = loaded(folder)
    codes = languages.codes_of(tokenizer)
    before = model.get_input_embeddings().weight.detach().clone()
    wanted = before[tokenizer.convert_tokens_to_ids(codes)].mean(0)
    if like != "mean":
        wanted = before[tokenizer.convert_tokens_to_ids(languages.code_for("de", codes))]
    notes = languages.choose(recipe.Settings(str(folder), **flags), model, tokenizer)
    assert f"new: {code}, which begins as {like}" in notes[0]
    row = tokenizer.convert_tokens_to_ids(code)
    assert model.get_input_embeddings().weight[row].tolist() == pytest.approx(wanted.tolist())
    assert run(folder, tmp_path / "out", files, **flags, target_column="de") == 2
    assert "add --target_lang de" in capsys.readouterr().err
    assert run(folder, tmp_path / "out", renamed(files, tmp_path, "de", code), **flags) == 0
    assert f"to {code}" in capsys.readouterr().out
    saved = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    row = saved.convert_tokens_to_ids(code)
    assert saved(text_target="Ann")["input_ids"][0] == row != saved.unk_token_id
    assert read_json(tmp_path / "out/generation_config.json")["forced_bos_token_id"] == row
    scored = read_jsonl(tmp_path / "out/predictions.jsonl")
    assert plain_generate(tmp_path / "out", [one["source"] for one in scored]) == [one["prediction"] for one in scored]
    assert not any(code in one["prediction"] for one in scored)


def renamed(files, folder, old, new):
    """The same files with a column of another name."""
    rows = {split: [{new if name == old else name: text for name, text in row.items()} for row in read_jsonl(path)]
            for split, path in files.items()}  # fmt: skip
    return {split: write_jsonl(folder / f"{split}.jsonl", several) for split, several in rows.items()}


def loaded(folder):
    args = transformers.TrainingArguments(output_dir=str(folder / "out"), use_cpu=True, report_to="none")
    return recipe.models.load(recipe.Settings(str(folder), max_source_length=32, max_target_length=8), args)


@pytest.mark.parametrize(
    ("name", "flags", "said"),
    [
        ("NLLB", {"target_lang": "gsw_Latn"}, "--target_lang gsw_Latn: this checkpoint has no such language; it has "),
        ("NLLB", {"target_lang": "x", "init_lang_from": "tlh"}, "--init_lang_from tlh: none of the checkpoint's"),
        ("M2M100", {"target_lang": "x", "init_lang_from": "de"}, "the languages of a M2M100Tokenizer are fixed"),
        ("mBART-50", {"source_lang": "x", "init_lang_from": "de"}, "with the new language 'x' cannot be loaded again"),
        ("T5", {"init_lang_from": "de"}, "--init_lang_from: this checkpoint has no codes of languages"),
    ],
)
def test_languages_that_cannot_be(name, flags, said, tmp_path):
    model, tokenizer = loaded(checkpoints.save(name, tmp_path / "model"))
    with pytest.raises(UserError) as caught:
        languages.choose(recipe.Settings(**flags), model, tokenizer)
    assert said in str(caught.value)


def test_models_without_codes_are_as_before(tmp_path):
    """T5 is told the languages in words."""
    model, tokenizer = loaded(checkpoints.save("T5", tmp_path / "model"))
    settings = recipe.Settings(source_lang="fr_XX", target_lang="deu_Latn")
    assert languages.choose(settings, model, tokenizer) == []
    assert recipe.prepare({"text": "Oui"}, settings, tokenizer) == ["translate French to German: Oui"]


# ---------------------------------------------------------------- columns


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({}, "no column of German, but 'fr': add --target_lang fr"),
        ({"source_lang": "es", "target_lang": "fr"}, "no column of Spanish, but 'en': add --source_lang en"),
        ({"target_column": "fr"}, "--target_column fr: is French, and --target_lang is German; add --target_lang fr"),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_a_file_of_other_languages_is_not_trained(flags, said, nested, checkpoint, tmp_path, capsys):
    """As English to German."""
    rows = [{"en": "Ann asks", "fr": "Anne demande"}] * 9
    file = write_jsonl(tmp_path / "rows.jsonl", [{"translation": row} for row in rows] if nested else rows)
    assert run(checkpoint, tmp_path / "out", {"train_file": file}, **flags) == 2
    assert said in capsys.readouterr().err


def test_columns_by_any_name_of_their_language(checkpoint, tmp_path):
    rows = [{"English": "Ann asks", "deu_Latn": "Anne demande", "id": str(n)} for n in range(9)]
    file = write_jsonl(tmp_path / "rows.jsonl", rows)
    flags = {"dry_run": True, "source_lang": "en_XX", "target_lang": "German"}
    assert run(checkpoint, tmp_path / "out", {"train_file": file}, **flags) == 0


def test_files_of_other_languages_are_named(checkpoint, tmp_path, capsys):
    for suffix in ("en", "fr"):
        (tmp_path / f"mine.{suffix}").write_text("a\nb\n")
    assert run(checkpoint, tmp_path / "out", {"train_file": tmp_path / "mine.en"}) == 2
    assert "beside it lie 'mine.fr': name their language with --target_lang" in capsys.readouterr().err
