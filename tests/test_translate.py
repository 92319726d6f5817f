# SPDX-License-Identifier: Apache-2.0
"""The translation recipe: pairs in all their forms, LoRA beside a frozen base, the adapter and the merged model."""

import csv
import gzip
import io
import shutil
import unicodedata

import chaos
import harness
import pytest
import torch
from conftest import ROOT, make_model
from harness import Predictor, pairs
from helpers import as_flags, contents, read_json, read_jsonl, run_recipe, write_jsonl
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from recipes import prediction
from recipes import translate_mt5_lora as recipe
from recipes.common import UserError, decoding, features
from recipes.pretrained.parts import fingerprint

RECIPE = "translate_mt5_lora"
TINY = ROOT / "data/models/tiny-t5"
FAQ = ROOT / "data/faq"

# ---------------------------------------------------------------- what a run leaves


def test_files_of_the_adapter(done):
    assert contents(done.folder / "adapter") == [
        "README.md", "adapter_config.json", "adapter_model.safetensors", "base.json",
    ]  # fmt: skip


def test_scores_and_their_signatures(done):
    predicted, record = read_json(done.folder / "predict_results.json"), read_json(done.folder / "run.json")
    for name in ("bleu", "chrf", "ter"):
        assert {f"predict_{name}", f"predict_{name}_ci_low", f"predict_{name}_ci_high"} <= set(predicted)
        assert "version:" in record["signatures"][name]
    assert "predict_supported_figures" in predicted and "predict_coverage" not in predicted
    rows = read_jsonl(done.folder / "predictions.jsonl")
    assert rows[0]["source"].startswith("translate English to German: ")
    assert {"bleu", "chrf", "ter", "unsupported"} <= set(rows[0])


def test_the_trained_share_is_said_and_recorded(small, done):
    """Rank 4 beside the four projections (32 x 32 each) of three attentions: 12 x (4 x 32 + 32 x 4) weights."""
    record, base = read_json(done.folder / "run.json"), AutoModelForSeq2SeqLM.from_pretrained(small.model)
    whole = base.num_parameters() + 3072
    assert record["parameters"] == {"all": whole, "trained": 3072, "trained_percent": round(307200 / whole, 2)}
    assert f"trained   3,072 of {whole:,} parameters" in done.printed
    assert "LoRA of rank 4 beside k, o, q, v" in done.printed


def test_sampled_rows_for_a_person(done):
    text = (done.folder / "spot_check.csv").read_text(encoding="utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    assert header[:4] == ["id", "source", "reference", "prediction"] and header[6] == "note"
    assert header[4].startswith("adequacy 1-5: ") and header[5].startswith("fluency 1-5: ")
    assert [row[0] for row in rows] == [f"test-{n}" for n in range(9)]
    assert all(row[4:] == ["", "", ""] for row in rows)


# ---------------------------------------------------------------- adapter and merged model


def logits(model, tokenizer):
    inputs = tokenizer(["translate English to German: Ann wants a lamp"], return_tensors="pt")
    with torch.no_grad():
        return model.eval()(**inputs, decoder_input_ids=torch.tensor([[0, 5, 9, 14]])).logits


def texts_of(model, tokenizer, folder):
    """The whole test split through a model, with the run's decoding, in its batches."""
    record, rows = read_json(folder / "run.json"), read_jsonl(folder / "predictions.jsonl")
    config = AutoModelForSeq2SeqLM.from_pretrained(folder).generation_config
    order = sorted(range(len(rows)), key=lambda n: -len(tokenizer(rows[n]["source"])["input_ids"]))
    size, texts = record["arguments"]["per_device_eval_batch_size"], {}
    for begin in range(0, len(order), size):
        part = order[begin : begin + size]
        inputs = tokenizer([rows[n]["source"] for n in part], padding=True, pad_to_multiple_of=8, return_tensors="pt")
        ids = model.eval().generate(**inputs, generation_config=config)
        texts |= dict(zip(part, decoding.decode_ids(ids, tokenizer), strict=True))
    return [texts[n] for n in range(len(rows))]


def test_trap_29_adapter_and_merged_model_are_equal(small, done):
    """Logits, and the texts of the whole test split in fp32 with beams: those that were scored."""
    tokenizer = AutoTokenizer.from_pretrained(done.folder)
    base, merged = (AutoModelForSeq2SeqLM.from_pretrained(folder) for folder in (small.model, done.folder))
    plain = logits(base, tokenizer)
    adapted = prediction.load_adapter(done.folder / "adapter", base)
    assert (logits(adapted, tokenizer) - plain).abs().max() > 0.1
    torch.testing.assert_close(logits(adapted, tokenizer), logits(merged, tokenizer), rtol=1e-5, atol=1e-4)
    scored = [row["prediction"] for row in read_jsonl(done.folder / "predictions.jsonl")]
    assert len(set(scored)) > 1
    assert texts_of(merged, tokenizer, done.folder) == scored
    assert texts_of(adapted, tokenizer, done.folder) == scored


def test_trap_29_no_adapter_in_the_root(done):
    assert not [name for name in contents(done.folder) if name.startswith("adapter_")]
    weights = load_file(done.folder / "model.safetensors")
    assert not [name for name in weights if "lora" in name or "base_layer" in name]
    assert {weight.dtype for weight in weights.values()} == {torch.float32}


def test_trap_29_the_adapter_knows_its_base(small, done, tokenizer):
    config, base = (read_json(done.folder / f"adapter/{name}.json") for name in ("adapter_config", "base"))
    assert config["base_model_name_or_path"] == base["name"] == str(small.model)
    assert (config["r"], sorted(config["target_modules"])) == (4, ["k", "o", "q", "v"])
    assert base["sha256"] == fingerprint(AutoModelForSeq2SeqLM.from_pretrained(small.model))
    for other in (
        make_model("t5", tokenizer, seed=1, layers=1),
        AutoModelForSeq2SeqLM.from_pretrained(small.model, dtype=torch.bfloat16),
    ):
        with pytest.raises(UserError, match="another model, another revision, or loaded in half precision"):
            prediction.load_adapter(done.folder / "adapter", other)


def test_trap_16_no_token_is_added_and_the_base_is_frozen(small, done):
    """Of the saved model only the projections of attention differ from the base."""
    folders = (small.model, done.folder)
    before, after = (AutoModelForSeq2SeqLM.from_pretrained(folder).state_dict() for folder in folders)
    assert len(AutoTokenizer.from_pretrained(done.folder)) == len(AutoTokenizer.from_pretrained(small.model))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    projections = {name for name in before if name.rpartition(".weight")[0].endswith((".q", ".k", ".v", ".o"))}
    assert changed == projections
    assert len(projections) == 12


def test_the_best_checkpoint_is_the_model(done):
    """load_best_model_at_end, where checkpoints hold the adapter alone."""
    state = read_json(done.folder / "trainer_state.json")
    best = done.folder / f"checkpoint-{state['best_global_step']}"
    assert (best / "manifest.json").is_file()
    chosen, saved = (load_file(folder / "adapter_model.safetensors") for folder in (best, done.folder / "adapter"))
    assert all(torch.equal(chosen[name], saved[name]) for name in saved)


def test_early_stopping(run, tmp_path):
    """A rate of zero never improves: two more epochs after the first, of ten."""
    assert run(num_train_epochs=10, learning_rate=0, early_stopping_patience=2) == 0
    assert read_json(tmp_path / "out/trainer_state.json")["epoch"] == 3


def test_a_stopped_run_goes_on(done, run, tmp_path, monkeypatch):
    """From the last checkpoint, to the same weights."""
    harness.stop_training(monkeypatch, 5, KeyboardInterrupt())
    assert run() == 75
    assert (tmp_path / "out/checkpoint-3").is_dir() and not (tmp_path / "out/adapter").exists()
    shutil.copytree(tmp_path / "out", tmp_path / "next")  # this process keeps its folder to itself until it ends
    assert run(output_dir=tmp_path / "next") == 0
    assert read_json(tmp_path / "next/trainer_state.json")["global_step"] == 6
    for name in ("model.safetensors", "adapter/adapter_model.safetensors", "predictions.jsonl"):
        assert (tmp_path / "next" / name).read_bytes() == (done.folder / name).read_bytes(), name


def test_full_fine_tuning(run, tmp_path):
    assert run(lora_r=0, learning_rate=None, max_steps=2) == 0
    record = read_json(tmp_path / "out/run.json")
    assert record["parameters"]["trained_percent"] == 100
    assert record["arguments"]["learning_rate"] == 3e-4
    assert not (tmp_path / "out/adapter").exists()
    assert "config.json" in contents(tmp_path / "out")


# ---------------------------------------------------------------- training with LoRA


def test_trap_25_two_processes_with_activation_checkpointing(flags, tmp_path):
    """All matrices move, in 12 projections."""
    given = flags(max_steps=3, per_device_train_batch_size=4)
    given += as_flags(activation_checkpointing=True, eval_strategy="no", save_strategy="no", do_train=True)
    given += as_flags(load_best_model_at_end=False)
    assert chaos.wait(chaos.launch(RECIPE, given, tmp_path / "log", processes=2)) == 0, (tmp_path / "log.0").read_text()
    moved = {n: w for n, w in load_file(tmp_path / "out/adapter/adapter_model.safetensors").items() if "lora_B" in n}
    assert len(moved) == 12
    assert all(weight.abs().max() > 0 for weight in moved.values())
    assert read_json(tmp_path / "out/run.json")["world_size"] == 2


def test_trap_25_the_reentrant_form_is_refused(refused):
    told = refused(activation_checkpointing_kwargs='{"use_reentrant": true}')
    assert "use_reentrant must be false" in told


def test_trap_17_thirty_two_pairs_are_learned_by_heart(tmp_path, capsys):
    """The bundled base, LoRA alone, at the rates that such a small model wants; BLEU of the training rows."""
    rows = read_jsonl(FAQ / "train.jsonl")[:32]
    file = write_jsonl(tmp_path / "few.jsonl", rows)
    files = {f"{split}_file": file for split in ("train", "validation", "test")}
    given = {"model_name_or_path": TINY, "bf16": False, "learning_rate": 1e-2, "label_smoothing_factor": 0}
    given |= {"lora_dropout": 0, "num_train_epochs": 30, "num_beams": 1, "max_target_length": 96, "disable_tqdm": True}
    given |= {"per_device_train_batch_size": 16, "per_device_eval_batch_size": 32, "eval_strategy": "no"}
    given |= {"save_strategy": "no", "load_best_model_at_end": False, "do_train": True, "do_predict": True}
    assert run_recipe(as_flags(output_dir=tmp_path / "out", **files, **given), recipe.main) == 0
    assert read_json(tmp_path / "out/predict_results.json")["predict_bleu"] > 90
    assert read_json(tmp_path / "out/run.json")["parameters"]["trained_percent"] < 10
    assert "beware" not in capsys.readouterr().out


def test_trap_17_the_rate_is_one_at_which_lora_moves():
    """The library's 5e-5 leaves mT5 where it was; and so small a number of weights wants more than a whole model."""
    assert 3e-4 <= recipe.DEFAULTS["learning_rate"] <= 1e-2


def test_trap_17_a_model_that_is_not_trained_yet(run, tmp_path, capsys, monkeypatch):
    """At step 0: a base that fills gaps says nothing, sentinels, or its source again."""
    idle = {"test-0": "", "test-1": "<extra_id_0> a"}
    harness.answers(
        monkeypatch, recipe, lambda row: row["text"] if row["id"] == "test-2" else idle.get(row["id"], "fine")
    )
    assert run(do_predict=True) == 0
    told = capsys.readouterr().out
    assert "beware    33 % of the outputs are empty, sentinels or copies of the source: not trained yet" in told
    assert read_json(tmp_path / "out/predict_results.json")["predict_untrained_outputs"] == pytest.approx(100 / 3)


def test_trap_12_the_tokenizer_of_the_target_language():
    """BLEU of Chinese and Japanese by characters; an identical text scores 100 in any script."""
    for language, tokenizer, text in [
        ("zh", "zh", "猫坐在垫子上。"), ("Chinese", "zh", "猫坐在垫子上。"), ("de", "13a", "Die Katze sitzt da."),
        ("th", "char", "แมวนั่งบนเสื่อ"), ("hi", "13a", "बिल्ली चटाई पर बैठी है"),
    ]:  # fmt: skip
        result = harness.score(recipe, [text], [[text]], [{"text": "x"}], [[text]], target_lang=language)
        assert f"tok:{tokenizer}|" in result.signatures["bleu"], language
        assert result.totals["bleu"] == pytest.approx(100)
    half = harness.score(recipe, ["猫坐在地上。"], [["猫坐在垫子上。"]], [{"text": "x"}], [["…"]], target_lang="zh")
    assert half.totals["bleu"] > 20


# ---------------------------------------------------------------- the shapes of data


def dry(capsys, **given):
    """The example that a dry run shows."""
    settings = {"model_name_or_path": TINY, "dry_run": True, **given}
    assert run_recipe(as_flags(**settings), recipe.main) == 0
    return capsys.readouterr().out


def write_text(path, lines):
    with (gzip.open if path.suffix == ".gz" else open)(path, "wt", encoding="utf-8", newline="") as file:
        file.write("".join(f"{line}\n" for line in lines))
    return path


ENGLISH, GERMAN = ["Where is my parcel?", "Thanks."], ["Wo ist mein Paket?", "Danke."]
SHAPES = {
    "nested": '{"id": "a", "translation": {"en": "Where is my parcel?", "de": "Wo ist mein Paket?"}}\n' * 2,
    "codes": '{"en": "Where is my parcel?", "de": "Wo ist mein Paket?"}\n' * 2,
    "names": '{"English": "Where is my parcel?", "german": "Wo ist mein Paket?"}\n' * 2,
    "known": '{"source": "Where is my parcel?", "target": "Wo ist mein Paket?"}\n' * 2,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_records(shape, tmp_path, capsys):
    (tmp_path / "x.jsonl").write_text(SHAPES[shape])
    told = dry(capsys, train_file=tmp_path / "x.jsonl", validation_file=tmp_path / "x.jsonl")
    assert "'translate English to German: Where is my parcel?'" in told
    assert "decoded 'Wo ist mein Paket?</s>'" in told


def test_columns_by_flag(tmp_path, capsys):
    (tmp_path / "x.csv").write_text("frage,antwort\nWhere is my parcel?,Wo ist mein Paket?\nThanks.,Danke.\n")
    named = {"source_column": "frage", "target_column": "antwort", "source_lang": "English", "target_lang": "German"}
    told = dry(capsys, train_file=tmp_path / "x.csv", validation_file=tmp_path / "x.csv", **named)
    assert "'translate English to German: Where is my parcel?'" in told


@pytest.mark.parametrize("ends", [("en", "de"), ("en.gz", "de.gz"), ("en", "de.gz"), ("english", "german")])
def test_two_text_files(ends, tmp_path, capsys):
    one, other = (tmp_path / f"mine.{end}" for end in ends)
    write_text(one, ["\ufeffWhere is my\u2028parcel?\r", "Thanks."])  # a line feed ends a line, nothing else does
    write_text(other, GERMAN)
    told = dry(capsys, train_file=one, validation_file=one)
    assert "'text': 'Where is my\\u2028parcel?', 'translation': 'Wo ist mein Paket?'" in told
    rows = recipe.read(one, recipe.Settings(), new=False)
    assert [(row.line, *row.values()) for row in rows][1] == (2, "Thanks.", "Danke.")


def test_both_text_files_are_fingerprinted(tmp_path):
    one, other = write_text(tmp_path / "mine.en", ENGLISH), write_text(tmp_path / "mine.de", GERMAN)
    before = recipe.read(one, recipe.Settings(), new=False).origin
    assert before["beside"] == str(other)
    write_text(other, ["Wo bleibt mein Paket?", "Danke."])
    assert recipe.read(one, recipe.Settings(), new=False).origin["beside_sha256"] != before["beside_sha256"]


def test_files_of_unequal_length(refused, tmp_path):
    one, other = write_text(tmp_path / "mine.en", ENGLISH), write_text(tmp_path / "mine.de", [*GERMAN, "Bitte."])
    told = refused(train_file=one)
    assert f"--train_file {one} has 2 lines and {other} has 3; line N of one must translate" in told
    assert not (tmp_path / "out").exists()


def test_a_text_file_alone(refused, tmp_path):
    one = write_text(tmp_path / "mine.en", ENGLISH)
    assert f"{tmp_path / 'mine.de'} is not there" in refused(train_file=one)


def test_empty_lines_are_named_and_can_be_left_out(refused, tmp_path, capsys):
    one, other = tmp_path / "mine.en", tmp_path / "mine.de"
    write_text(one, [*ENGLISH, "", "Please."])
    write_text(other, [*GERMAN, "Leer", "Bitte."])
    assert f"{one} line 3: column 'en' is empty" in refused(train_file=one)
    told = dry(capsys, train_file=one, validation_file=one, on_bad_row="skip")
    assert "column 'en' is empty: 1 rows left out, line 3" in told


@pytest.mark.parametrize("row", [{"translation": {"en": "a", "fr": "b"}}, {"en": "a", "fr": "b"}])
def test_a_pair_that_the_file_lacks(row, refused, tmp_path):
    file = write_jsonl(tmp_path / "x.jsonl", [{"id": "1", **row}])
    told = refused(train_file=file)
    assert f"{file}: no column of German, but 'fr': add --target_lang fr" in told


def test_settings_that_contradict_each_other(refused):
    told = refused(target_lang="English", lora_r=-1, lora_alpha=0, lora_dropout=1)
    for part in ("--target_lang English: is the language of the source", "--lora_r -1", "--lora_alpha 0", "_dropout 1"):
        assert part in told


def test_layers_that_are_not_there(run, tmp_path, capsys):
    assert run(lora_targets="query,v") == 2
    told = capsys.readouterr().err
    assert "--lora_targets query,v" in told and "its linear layers are k, o, q, v, wi_0, wi_1, wo" in told
    assert not (tmp_path / "out").exists()


def test_the_hubs_configuration_belongs_to_the_hubs_data(tmp_path):
    given = ["--output_dir", str(tmp_path)]
    for flags, expected in [
        ([], ("Helsinki-NLP/opus_books", "de-en")), (["--dataset_name", "mine"], ("mine", None)),
        (["--train_file", "x.en"], (None, None)), (["--dataset_config_name", "en-fr"], (None, "en-fr")),
    ]:  # fmt: skip
        settings, *_ = harness.parse(recipe, flags + given)
        expected = (expected[0] or (None if "--train_file" in flags else "Helsinki-NLP/opus_books"), expected[1])
        assert (settings.dataset_name, settings.dataset_config_name) == expected


# ---------------------------------------------------------------- sources and targets


def test_unicode_is_normalised_where_the_model_reads_and_learns():
    """And only there: references are scored as the data has them."""
    apart = unicodedata.normalize("NFD", "Größe")
    row = {"id": "1", "text": apart, "translation": apart}
    assert recipe.prepare(row, recipe.Settings(), None) == ["translate English to German: Größe"]
    assert recipe.learned(row, "", recipe.Settings()) == "Größe"
    assert features.references(row, recipe.TARGET) == [apart]


def test_names_of_languages():
    for given, expected in [
        (("en", "de"), "translate English to German: {text}"), (("English", "german"), "translate English to German: "),
        (("DE", "pt"), "translate German to Portuguese: "), (("en", "tlh"), "translate English to tlh: "),
    ]:  # fmt: skip
        settings = recipe.Settings(source_lang=given[0], target_lang=given[1])
        assert recipe.template(settings).startswith(expected)
    settings = recipe.Settings(source_prefix=">>de<< ")
    assert recipe.prepare({"text": "Hi {x}"}, settings, None) == [">>de<< Hi {x}"]


# ---------------------------------------------------------------- use it


def test_trap_5_texts_alone_are_translated_as_in_the_run(done):
    own = [row["prediction"] for row in read_jsonl(done.folder / "predictions.jsonl")]
    assert Predictor(done.folder)([row["en"] for row in pairs("test", 9)]) == own


def test_trap_5_predict_reads_what_training_reads(done, tmp_path):
    """A text file alone, and nested records without the target."""
    predictor = Predictor(done.folder)
    text = write_text(tmp_path / "new.en", [row["en"] for row in pairs("test", 9)])
    nested = write_jsonl(tmp_path / "new.jsonl", [{"translation": {"en": row["en"]}} for row in pairs("test", 9)])
    own = [row["prediction"] for row in read_jsonl(done.folder / "predictions.jsonl")]
    for file in (text, nested):
        rows, _ = predictor.read(file)
        assert [entry["prediction"] for entry in predictor.predict(rows)] == own
