# SPDX-License-Identifier: Apache-2.0
"""The summarization recipe through its real command, on a tiny model, offline: what it writes, says, and refuses.

What holds for each recipe is in test_every_recipe.py.
"""

import ast
import contextlib
import io
import itertools
import json
import math
import re
import shutil
from types import SimpleNamespace

import harness
import pytest
import torch
import transformers
from conftest import ROOT, make_model, make_tokenizer
from helpers import contents, finish, forked, read_json, read_jsonl, start, write_jsonl
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, GPT2Config

RECIPE = "summarize_t5"
ROUGE = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
SCORES = {f"{name}{suffix}" for name in ROUGE for suffix in ("", "_ci_low", "_ci_high")}
COPYING = ["novel_unigrams", "novel_bigrams", "novel_trigrams", "coverage", "density", "compression"]
FAITHFUL = [*COPYING, "unsupported_rows", "supported_figures"]
FAITHFUL = {f"{name}{suffix}" for name in FAITHFUL for suffix in ("", "_ci_low", "_ci_high")}
FAITHFUL |= {f"unsupported_{kind}" for kind in ("number", "date", "amount", "code", "name")}
SPEED = {"runtime", "samples_per_second", "steps_per_second"}
STEPS = 6  # 20 rows by 8 are 3 steps; two epochs


@pytest.fixture
def meddle(monkeypatch):
    """meddle(function): the recipe's model passes through `function` after it was loaded."""
    return lambda function: harness.meddle(monkeypatch, function)


def timeless(metrics):
    return {name: value for name, value in metrics.items() if not any(word in name for word in SPEED)}


# ---------------------------------------------------------------- what a run leaves


def test_metric_names(done):
    train, evaluated, predicted, everything = (
        read_json(done.folder / f"{name}_results.json") for name in ("train", "eval", "predict", "all")
    )
    names = SCORES | FAITHFUL | SPEED | {"loss", "hit_limit"}
    assert set(predicted) == {f"predict_{name}" for name in names}
    assert set(evaluated) == {f"eval_{name}" for name in names} | {"epoch"}
    assert set(train) == {f"train_{name}" for name in SPEED | {"loss"}} | {"total_flos", "epoch"}
    assert everything == train | evaluated | predicted
    assert all(math.isfinite(value) for value in everything.values())


def test_each_prediction_stands_beside_its_source(small, done):
    rows = read_jsonl(done.folder / "predictions.jsonl")
    for given, row in zip(small.rows["test"], rows, strict=True):
        checks = {*COPYING, "unsupported", "figures", "hit_limit"}
        assert set(row) == {"id", "source", "reference", "prediction", *ROUGE, *checks}
        assert row["source"] == f"summarize: {given['document']}"


def test_traps_15_and_38_references_as_the_data_has_them(done):
    """Line breaks, "N/A", "null" and quotes: whole, and one line of the file for each."""
    rows = {row["id"]: row for row in read_jsonl(done.folder / "predictions.jsonl")}
    for given in harness.odd_records():
        assert rows[given["id"]]["reference"] == given["summary"]


def test_scores_are_those_of_the_rows(done):
    rows, predicted = read_jsonl(done.folder / "predictions.jsonl"), read_json(done.folder / "predict_results.json")
    for name in ROUGE:
        mean = sum(row[name] for row in rows) / len(rows)
        assert predicted[f"predict_{name}"] == pytest.approx(mean, abs=1e-3)
        low, high = predicted[f"predict_{name}_ci_low"], predicted[f"predict_{name}_ci_high"]
        assert 0 <= low <= predicted[f"predict_{name}"] <= high <= 100


def test_baselines(done):
    """A first sentence is far better than six steps."""
    baselines = read_json(done.folder / "baseline_results.json")
    assert baselines["rows"] == 13
    for system in ("untuned", "trivial"):
        assert set(baselines[system]) >= SCORES | FAITHFUL
    assert baselines["trivial"]["rouge1"] > 30


def test_run_record(small, done):
    record = read_json(done.folder / "run.json")
    assert record["status"] == "done"
    assert record["recipe"]["name"] == "summarize_t5"
    assert (record["source"], record["target"]) == ("summarize: {document}", "{summary}")
    assert {split: rows["used"] for split, rows in record["data"]["rows"].items()} == {
        "train": 20, "validation": 6, "test": 13,
    }  # fmt: skip
    assert record["settings"]["model_name_or_path"] == str(small.model)
    assert record["arguments"]["learning_rate"] == 3e-3
    assert record["lengths"]["train"]["source"]["limit"] == 48
    assert record["lost"] is not None
    assert record["decoding"]["num_beams"] == 4
    assert list(record["seconds"]) == ["preparation", "baselines", "train", "eval", "predict"]


def test_what_is_said(done):
    lines = done.printed.splitlines()
    assert "batch     8 per device x 1 accumulated x 1 processes = 8 a step, fp32 on cpu" in lines
    assert any("cut at 48" in line for line in lines)
    assert sum(line.startswith("epoch ") for line in lines) == 2


def test_trap_20_a_fixed_sample_in_training_and_everything_at_the_end(small, run, monkeypatch):
    """Baselines on 13 rows; two evaluations in training, of the same 2 of 6; at the end all 6, then the 13."""
    seen, score = [], small.recipe.score

    def noting(predictions, references, rows, *more):
        seen.append([row["id"] for row in rows])
        return score(predictions, references, rows, *more)

    monkeypatch.setattr(small.recipe, "score", noting)
    assert run(eval_sample_size=2) == 0
    groups = [(count, len(list(same))) for count, same in itertools.groupby(map(len, seen))]
    assert groups[1:3] == [(2, 2), (6, 1)]
    assert [count for count, _ in groups] == [13, 2, 6, 13]
    begin = groups[0][1]
    assert seen[begin] == seen[begin + 1]
    assert set(seen[begin]) < set(seen[begin + 2])


# ---------------------------------------------------------------- the saved model


def generate_from(folder, rows):
    """What someone gets who loads the folder and asks with no arguments, longest input first as evaluation does."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSeq2SeqLM.from_pretrained(folder)
    order = sorted(range(len(rows)), key=lambda n: -len(tokenizer(rows[n]["source"])["input_ids"]))
    limits = {"padding": True, "truncation": True, "max_length": 48, "pad_to_multiple_of": 8}
    inputs = tokenizer([rows[n]["source"] for n in order], return_tensors="pt", **limits)
    ids = model.generate(**inputs)
    texts = tokenizer.batch_decode(ids, skip_special_tokens=True)
    return [text.strip() for _, text in sorted(zip(order, texts, strict=True))], ids.shape[1]


@pytest.mark.parametrize("beams", [4, 1])
def test_trap_6_the_saved_model_generates_what_was_scored(done, run, tmp_path, beams):
    folder = done.folder
    if beams == 1:
        folder = tmp_path / "out"
        assert run(num_beams=1) == 0
    rows = read_jsonl(folder / "predictions.jsonl")
    texts, length = generate_from(folder, rows)
    assert texts == [row["prediction"] for row in rows]
    assert length == 1 + 24, "the library's 20 tokens could not be told apart"
    config = read_json(folder / "generation_config.json")
    assert (config["num_beams"], config["max_new_tokens"], config["no_repeat_ngram_size"]) == (beams, 24, 3)
    checkpoint = read_json(folder / f"checkpoint-{STEPS}/generation_config.json")
    assert checkpoint == config


def test_card_has_a_snippet_that_runs(done, monkeypatch, tmp_path):
    """From the run's folder, and with a row's source it gives the row's prediction."""
    monkeypatch.chdir(done.folder)
    card = (done.folder / "README.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"```python\n(.*?)```", card, re.S)
    first = read_jsonl(done.folder / "predictions.jsonl")[0]["source"]
    assert snippet.count("'summarize: (document)'") == 1 and first not in card and str(tmp_path.parent) not in card
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(snippet.replace("'summarize: (document)'", repr(first)), "README.md", "exec"), {})
    (text,) = ast.literal_eval(printed.getvalue())
    assert text.strip() == read_jsonl(done.folder / "predictions.jsonl")[0]["prediction"]


def test_card_shows_the_scores(done):
    card = (done.folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nbase_model: ") and "\nlibrary_name: transformers\n" in card
    assert "| test split, 13 rows | rouge1 | rouge2 | rougeL | rougeLsum |" in card
    tuned = read_json(done.folder / "predict_results.json")["predict_rougeL"]
    (line,) = [line for line in card.splitlines() if line.startswith("| **tuned**")]
    assert f"| {tuned:.1f} (" in line
    assert "rouge_score:0.1.2" in card and "num_beams 4" in card


# ---------------------------------------------------------------- precision


def test_bf16_is_a_matter_of_autocast(run, tmp_path, meddle, monkeypatch):
    """Where the machine has bf16, layers compute in it while training; weights and final scores are fp32 (trap 21)."""
    seen = set()

    def watch(model):
        layer = model.encoder.block[0].layer[0].SelfAttention.q
        layer.register_forward_hook(lambda module, _, output: seen.add((module.training, output.dtype)))

    meddle(watch)
    harness.machine_has_bf16(monkeypatch)
    assert run(bf16=None) == 0
    assert {dtype for training, dtype in seen if training} == {torch.bfloat16}
    assert (False, torch.float32) in seen
    assert read_json(tmp_path / "out/run.json")["arguments"]["bf16"] is True
    for file in [tmp_path / "out/model.safetensors", tmp_path / f"out/checkpoint-{STEPS}/model.safetensors"]:
        assert {tensor.dtype for tensor in load_file(file).values()} == {torch.float32}
    assert 0 <= read_json(tmp_path / "out/eval_results.json")["eval_texts_changed_by_fp32"] <= 100
    rows = read_jsonl(tmp_path / "out/predictions.jsonl")
    assert generate_from(tmp_path / "out", rows)[0] == [row["prediction"] for row in rows]


def test_trap_2_fp16_with_a_t5_can_be_forced(run, tmp_path):
    assert run(fp16=True, bf16=None, force_fp16=True, max_steps=1) == 0
    assert read_json(tmp_path / "out/run.json")["arguments"]["fp16"] is True


# ---------------------------------------------------------------- numbers that are no numbers


def diverged(code, what, step, folder, capsys):
    err = capsys.readouterr().err
    record = read_json(folder / "run.json")
    assert code == 1
    assert "Traceback" not in err
    assert re.search(rf"the {what}.* is nan at step {step}: training has diverged", err)
    assert (record["status"], f"at step {step}" in record["reason"]) == ("failed", True)
    assert not (folder / "model.safetensors").exists()


def test_trap_2_a_poisoned_checkpoint(small, run, tmp_path, capsys):
    """The library would log a loss of 0.0 and finish."""
    poisoned = shutil.copytree(small.model, tmp_path / "poisoned")
    weights = load_file(poisoned / "model.safetensors")
    weights["decoder.final_layer_norm.weight"][3] = math.nan
    save_file(weights, poisoned / "model.safetensors", metadata={"format": "pt"})
    assert run(model_name_or_path=poisoned) == 2
    assert "has 1 weights that are infinite or no numbers, such as decoder.final_layer_norm" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_trap_2_a_loss_that_becomes_nan(run, meddle, tmp_path, capsys):
    steps = []

    def poison(model, _):
        steps.extend([1] * model.training)
        if len(steps) == 5:
            model.decoder.final_layer_norm.weight.data[3] = math.nan

    meddle(lambda model: model.register_forward_pre_hook(poison))
    diverged(run(), "loss", 5, tmp_path / "out", capsys)


def test_trap_2_a_gradient_that_becomes_nan(run, meddle, tmp_path, capsys):
    """The loss is finite, and the step ruins all weights. In the last step no later loss would tell."""
    steps = []

    def poison(gradient):
        steps.append(1)
        return gradient * math.nan if len(steps) == STEPS else gradient

    meddle(lambda model: model.decoder.final_layer_norm.weight.register_hook(poison))
    diverged(run(), "gradient", STEPS, tmp_path / "out", capsys)


# ---------------------------------------------------------------- again into the same folder


def test_an_unfinished_run_goes_on(done, run, tmp_path, monkeypatch):
    """Stopped after the checkpoint of step 3, the same command makes three more steps, and the result is the same."""
    made = harness.stop_training(monkeypatch, 5, RuntimeError("the power fails"))
    assert run() == 1
    assert read_json(tmp_path / "out/run.json")["status"] == "failed"
    assert run() == 0
    assert made == [1, 2, 3, 4, 5, 4, 5, 6]
    assert read_json(tmp_path / "out/run.json")["status"] == "done"
    for name in ("model.safetensors", "predictions.jsonl"):
        assert (tmp_path / "out" / name).read_bytes() == (done.folder / name).read_bytes()
    again = timeless(read_json(tmp_path / "out/predict_results.json"))
    assert again == timeless(read_json(done.folder / "predict_results.json"))


def test_other_settings_move_the_default_folder(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for seed in (1, 2):
        assert run(output_dir=None, max_steps=1, seed=seed) == 0
    assert "outputs/summarize_t5.1" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "outputs").iterdir()) == ["summarize_t5", "summarize_t5.1"]
    assert read_json(tmp_path / "outputs/summarize_t5.1/run.json")["seed"] == 1
    assert read_json(tmp_path / "outputs/summarize_t5/run.json")["seed"] == 2


# ---------------------------------------------------------------- settings


def test_no_validation_split(run, tmp_path, capsys):
    assert run(validation_file=None, max_steps=1) == 0
    assert "no validation split: 2 of 20 training rows set aside for it (seed 42)" in capsys.readouterr().out
    record = read_json(tmp_path / "out/run.json")
    assert record["data"]["sources"]["validation"] == {"cut_from": "train", "seed": 42, "rows": 2}


def test_first_rows_only(run, capsys):
    limits = {"max_train_samples": 9, "max_eval_samples": 3, "max_predict_samples": 4}
    assert run(**limits, dry_run=True) == 0
    said = capsys.readouterr().out
    assert "rows      train 9, validation 3, test 4" in said
    assert "train: the first 9 of 20 rows (--max_train_samples)" in said


def test_flags_over_file_over_defaults(run, tmp_path):
    (tmp_path / "mine.yaml").write_text("warmup_steps: 2\nnum_beams: 2\nmax_steps: 3\nsource_prefix: 'short: '\n")
    assert run(config=tmp_path / "mine.yaml", max_steps=1, num_train_epochs=None) == 0
    record = read_json(tmp_path / "out/run.json")
    assert (record["arguments"]["warmup_steps"], record["settings"]["num_beams"]) == (2, 2)
    assert (record["arguments"]["max_steps"], record["arguments"]["num_train_epochs"]) == (1, 5)
    assert record["source"] == "short: {document}"
    assert read_jsonl(tmp_path / "out/predictions.jsonl")[0]["source"].startswith("short: ")


def test_training_without_any_evaluation(run, tmp_path):
    """Whatever stands under "prediction" was generated by the tuned model, for the inputs that stand beside it."""
    never = {"eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False}
    assert run(**never, do_train=True, max_steps=2) == 0
    assert (tmp_path / "out/model.safetensors").exists()
    if (tmp_path / "out/predictions.jsonl").exists():
        rows = read_jsonl(tmp_path / "out/predictions.jsonl")
        assert all(row["source"].startswith("summarize: ") for row in rows)
        assert generate_from(tmp_path / "out", rows)[0] == [row["prediction"] for row in rows]
    baselines = read_json(tmp_path / "out/baseline_results.json") or {}
    assert baselines.get("tuned") != baselines["trivial"]


@pytest.mark.report
def test_prediction_without_training(run, tmp_path):
    """Nothing was tuned, and the card does not say so; it counts the rows that were scored."""
    assert run(do_predict=True) == 0
    assert len(read_jsonl(tmp_path / "out/predictions.jsonl")) == 13
    card = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert "None" not in card
    assert "fine-tuned by" not in card


@pytest.mark.report
def test_scores_without_training_need_no_training_file(done, run, tmp_path, capsys):
    """A trained folder and a file or two: no other is asked for, and what is said is what the training said."""
    files = {"train_file": None, "do_train": False, "model_name_or_path": done.folder}
    assert run(**files) == 0
    out = capsys.readouterr().out
    assert "rows      validation 6, test 13" in out and "batch " not in out
    assert read_json(tmp_path / "out/run.json")["status"] == "done"
    for split in ("eval", "predict"):
        before, after = (read_json(folder / f"{split}_results.json") for folder in (done.folder, tmp_path / "out"))
        assert after[f"{split}_rougeL"] == before[f"{split}_rougeL"]
    folders = (done.folder, tmp_path / "out")
    before, after = ([row["prediction"] for row in read_jsonl(folder / "predictions.jsonl")] for folder in folders)
    assert before == after
    assert (tmp_path / "out/report.html").exists() and not (tmp_path / "out/train_results.json").exists()

    assert run(**files, validation_file=None, output_dir=tmp_path / "test") == 0
    assert not (tmp_path / "test/eval_results.json").exists()
    assert read_jsonl(tmp_path / "test/predictions.jsonl") == read_jsonl(tmp_path / "out/predictions.jsonl")
    assert run(train_file=None, output_dir=tmp_path / "none") == 2
    assert "to score a model without training add --do_train False" in capsys.readouterr().err


@pytest.mark.report
def test_no_file_of_a_run_holds_a_token(run, tmp_path, monkeypatch):
    """Neither the record, the card and the page, nor what the library writes into its checkpoints."""
    monkeypatch.setenv("HF_TOKEN", "")
    monkeypatch.setattr("sys.argv", ["recipes/summarize_t5.py", "--hub-token=hf_secret", "--token", "hf_secret"])
    assert run(**{"hub-token": "hf_secret"}, max_steps=1) == 0
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert "training_args.bin" in {path.name for path in files}
    assert not [path for path in files if b"hf_secret" in path.read_bytes()]


def test_prediction_after_a_finished_training(run, tmp_path):
    """--do_train first, --do_predict later: done, or refused with a word about it; never exit 0 and no prediction."""
    assert run(do_train=True, max_steps=1) == 0
    assert not (tmp_path / "out/predict_results.json").exists()
    code = run(do_predict=True, max_steps=1)
    assert code == 2 or (tmp_path / "out/predict_results.json").exists()


def test_bart(small, run, tmp_path):
    """Another family: no <s> lost or doubled, its positions kept, the head's bias in the loss."""
    tokenizer = make_tokenizer(bos="<s>")
    make_model("bart", tokenizer).save_pretrained(tmp_path / "bart")
    tokenizer.save_pretrained(tmp_path / "bart")
    assert run(model_name_or_path=tmp_path / "bart", source_prefix="", max_steps=2) == 0
    rows = read_jsonl(tmp_path / "out/predictions.jsonl")
    assert rows[0]["source"] == small.rows["test"][0]["document"]
    assert generate_from(tmp_path / "out", rows)[0] == [row["prediction"] for row in rows]


# ---------------------------------------------------------------- ways to start it


@pytest.fixture(scope="module")
def processes(smalls, tmp_path_factory):
    """New processes, all at once: each spends most of its time on imports. What a fork can show is a fork."""
    small = smalls(RECIPE)
    elsewhere, empty = tmp_path_factory.mktemp("elsewhere"), tmp_path_factory.mktemp("empty")
    quietly = "import socket, sys; socket.socket.connect = None; import recipes.summarize_t5, torch; "
    quietly += "sys.exit(torch.cuda.is_initialized())"
    online = {"HF_HUB_OFFLINE": "0", "HF_DATASETS_OFFLINE": "0", "PYTHONPATH": str(ROOT)}
    script, two = ROOT / "recipes/summarize_t5.py", small.flags(per_device_train_batch_size=4)
    begun = {
        "script": start("python", "recipes/summarize_t5.py", *small.flags(dry_run=True)),
        "torchrun": start("torchrun", "--nproc_per_node=2", script, *two, cwd=elsewhere),
        "import": start("python", "-W", "error::FutureWarning", "-c", quietly, cwd=empty, **online),
    }
    yield SimpleNamespace(begun=begun, elsewhere=elsewhere, empty=empty)
    for process in begun.values():
        if process.poll() is None:
            process.kill()


def test_nothing_but_the_recipe_is_heard(processes):
    """No warning of a library that a user could do nothing about."""
    code, out, err = finish(processes.begun["script"])
    assert (code, err) == (0, "")
    assert "rows      train 20, validation 6, test 13" in out
    assert out.count("input_ids") == 1


def test_importing_does_nothing(processes):
    """No output, no file, no network, no GPU, no warning of what is going away (trap 4)."""
    assert finish(processes.begun["import"]) == (0, "", "")
    assert contents(processes.empty) == []


def test_a_renamed_copy_in_another_directory(small, tmp_path):
    shutil.copytree(ROOT / "recipes", tmp_path / "tree/recipes", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tree/recipes/summarize_t5.py").rename(tmp_path / "tree/recipes/headlines.py")
    (tmp_path / "elsewhere").mkdir()
    flags = small.flags(max_steps=1, num_beams=1)
    code, _, err = forked(tmp_path / "tree/recipes/headlines.py", *flags, cwd=tmp_path / "elsewhere")
    assert code == 0, err
    folder = tmp_path / "elsewhere/outputs/headlines"
    assert read_json(folder / "run.json")["recipe"]["name"] == "headlines"
    assert len(read_jsonl(folder / "predictions.jsonl")) == 13


def test_trap_41_torchrun_without_use_cpu_trains_one_model(processes, done):
    """Two processes with 4 rows each make the model that one process makes with 8."""
    code, out, err = finish(processes.begun["torchrun"])
    assert code == 0, out + err
    assert "4 per device x 1 accumulated x 2 processes = 8 a step" in out and "2 epochs, 6 steps" in out
    folder = processes.elsewhere / "outputs/summarize_t5"
    record = read_json(folder / "run.json")
    assert (record["status"], record["world_size"]) == ("done", 2)
    assert len(record["peak_memory_of_processes"]) == 2
    assert record["peak_memory_gib"] == max(record["peak_memory_of_processes"]) > 0
    one, two = (timeless(read_json(path / "all_results.json")) for path in (done.folder, folder))
    theirs = {"total_flos", "train_loss"}  # padding counts there; see the next test
    assert {k: v for k, v in two.items() if k not in theirs} == pytest.approx(
        {k: v for k, v in one.items() if k not in theirs}, rel=1e-4
    )
    predictions = [
        [row["prediction"] for row in read_jsonl(path / "predictions.jsonl")] for path in (done.folder, folder)
    ]
    assert predictions[0] == predictions[1]


def test_trap_1_train_loss_of_two_processes(processes, done):
    """The library takes the steps after the last logged one from the first process alone."""
    finish(processes.begun["torchrun"])
    one, two = (
        read_json(path / "train_results.json") for path in (done.folder, processes.elsewhere / "outputs/summarize_t5")
    )
    assert two["train_loss"] == pytest.approx(one["train_loss"], rel=1e-4)


def test_exit_code_of_the_process(tmp_path):
    code, out, err = forked(ROOT / "recipes/summarize_t5.py", "--learning_rat", "1", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err == "error: --learning_rat: unknown flag; did you mean --learning_rate?\n"


# ---------------------------------------------------------------- bad input

BROKEN_LINE = '{"document": "a", "summary": "b"}\n{"document": "a", "summary"\n'
BAD_FILES = {
    "empty.jsonl": b"",
    "blank.csv": b"document,summary\n,\n ,\n",
    "latin.csv": "document,summary\nStra\xdfe,x\n".encode("latin-1"),
    "broken.jsonl": BROKEN_LINE.encode(),
    "columns.jsonl": b'{"dokument": "a", "summary": "b"}\n',
    "list.yaml": b"- a\n",
}
BAD_INPUT = {
    "unknown flags": (
        {"learning_rat": 1, "zzz": 2},
        ["--learning_rat: unknown flag; did you mean --learning_rate?", "--zzz: unknown flag"],
    ),
    "removed flags (trap 4)": (
        {"jit_mode_eval": True, "warmup_ratio": 1},
        ["--jit_mode_eval: use --torch_compile", "--warmup_ratio: must be below 1"],
    ),
    "a value of the wrong kind": ({"num_beams": "four"}, ["--num_beams", "'four'"]),
    "values out of range": (
        {"num_beams": 0, "max_source_length": 1},
        ["--num_beams 0: must be at least 1", "--max_source_length 1: must be at least 2"],
    ),
    "a metric that is not computed (trap 23)": (
        {"metric_for_best_model": "rogueL"},
        ["--metric_for_best_model rogueL", "did you mean rougeL?"],
    ),
    "decoding settings that contradict each other": ({"num_beams": 1, "length_penalty": 2.0}, ["length_penalty"]),
    "a missing settings file": ({"config": "{tmp}/nowhere.yaml"}, ["nowhere.yaml", "No such file"]),
    "a settings file without names": ({"config": "{tmp}/list.yaml"}, ["list.yaml: expected lines of 'name: value'"]),
    "a missing file": ({"train_file": "{tmp}/trian.jsonl"}, ["--train_file", "trian.jsonl: no such file"]),
    "an empty file": ({"train_file": "{tmp}/empty.jsonl"}, ["empty.jsonl: holds no row"]),
    "no usable row": ({"train_file": "{tmp}/blank.csv"}, ["blank.csv: none of its 2 rows can be used"]),
    "not UTF-8": ({"train_file": "{tmp}/latin.csv"}, ["latin.csv line 2: not UTF-8: byte 0xdf"]),
    "a broken JSON line": ({"train_file": "{tmp}/broken.jsonl"}, ["broken.jsonl line 2: not JSON"]),
    "a column that is not there": ({"text_column": "documant"}, ["no column 'documant'", "document"]),
    "a file with other columns": (
        {"train_file": "{tmp}/columns.jsonl"},
        ["columns.jsonl: no column 'document'", "--text_column dokument"],
    ),
    "several bad files": (
        {"train_file": "{tmp}/empty.jsonl", "validation_file": "{tmp}/nowhere.csv", "test_file": "{tmp}/latin.csv"},
        ["empty.jsonl: holds no row", "nowhere.csv: no such file", "latin.csv line 2: not UTF-8"],
    ),
    "a folder that is no checkpoint": ({"model_name_or_path": "{tmp}"}, ["--model_name_or_path", "no config.json"]),
    "a folder that is not there": ({"model_name_or_path": "{tmp}/model"}, ["no such folder"]),
    "a decoder alone": ({"model_name_or_path": "{tmp}/gpt2"}, ["a gpt2 model is not an encoder-decoder"]),
    "fp16 with a T5 (trap 2)": ({"bf16": None, "fp16": True}, ["--fp16 with a t5", "--force_fp16"]),
    "more tokens than positions": ({"model_name_or_path": "{tmp}/bart", "max_source_length": 257}, ["256 positions"]),
    "a model of the Hub": ({"model_name_or_path": "nobody/no-model"}, ["nobody/no-model: the Hugging Face Hub is out"]),
    "a data set of the Hub": (
        {"train_file": None, "validation_file": None, "test_file": None, "dataset_name": "nobody/no-data"},
        ["--dataset_name nobody/no-data", "the Hub is out of reach", "--train_file"],
    ),
    "a folder with other files": ({"output_dir": "{tmp}/gpt2"}, ["gpt2: not empty and not a run of these recipes"]),
}


@pytest.fixture
def bad_folder(tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir()
    for name, content in BAD_FILES.items():
        (folder / name).write_bytes(content)
    GPT2Config(n_layer=1, n_head=1, n_embd=8).save_pretrained(folder / "gpt2")
    make_model("bart", make_tokenizer(bos="<s>")).config.save_pretrained(folder / "bart")
    return folder


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input(case, refused, bad_folder):
    changed, said = BAD_INPUT[case]
    changed = {k: v.format(tmp=bad_folder) if isinstance(v, str) else v for k, v in changed.items()}
    err = refused(**changed)
    for part in said:
        assert part in err


def test_trap_22_a_data_set_that_is_a_script(refused, monkeypatch):
    """The benchmarks of old commands: datasets 4 does not run their loading scripts any more."""

    def fail(*_, **__):
        raise RuntimeError("Dataset scripts are no longer supported, but found xsum.py")

    monkeypatch.setattr("datasets.load_dataset", fail)
    files = dict.fromkeys(["train_file", "validation_file", "test_file"])
    err = refused(**files, dataset_name="nobody/xsum")
    assert "--dataset_name nobody/xsum: this data set is a script" in err and "or give files" in err


def test_more_than_ten_bad_rows_are_counted(refused, tmp_path):
    rows = [{"document": "Ann asks.", "summary": "" if n < 15 else "Ann"} for n in range(20)]
    path = write_jsonl(tmp_path / "rows.jsonl", rows)
    err = refused(train_file=path)
    assert "rows.jsonl line 1: column 'summary' is empty" in err
    assert err.splitlines()[-1] == "... and 5 more like these"


def test_a_folder_with_another_run(done, refused):
    err = refused(output_dir=done.folder, seed=7, num_beams=2)
    assert "holds a run with other settings" in err
    assert "seed: 42 there, 7 now" in err and "num_beams: 4 there, 2 now" in err


def test_edited_rows_are_another_run(small, done, refused, tmp_path):
    """Same file name, other content."""
    rows = read_jsonl(small.folder / "train.jsonl")
    rows[3]["summary"] = "Ann"
    edited = write_jsonl(tmp_path / "train.jsonl", rows)
    err = refused(output_dir=done.folder, train_file=edited)
    assert "holds a run with other settings" in err and json.dumps("sha256") not in err.splitlines()[0]


# ---------------------------------------------------------------- a second start


def test_a_run_that_goes_on_answers_untuned_once(run, tmp_path, monkeypatch):
    """What the untuned model and the trivial answer scored is kept with the run that was interrupted."""
    asked, predict = [], transformers.Seq2SeqTrainer.predict

    def noting(self, *args, **more):
        asked.append(more)
        return predict(self, *args, **more)

    monkeypatch.setattr(transformers.Seq2SeqTrainer, "predict", noting)
    harness.stop_training(monkeypatch, 2, KeyboardInterrupt())
    assert run(do_train=True) == 75
    before = read_json(tmp_path / "out/baseline_results.json")
    assert (len(asked), set(before)) == (1, {"split", "rows", "trivial_name", "untuned", "trivial"})
    assert run(do_train=True) == 0
    assert len(asked) == 1
    after = read_json(tmp_path / "out/baseline_results.json")
    assert after.items() >= before.items()
    assert "tuned" in after


def test_a_batch_size_that_fits_is_found(run, tmp_path, monkeypatch):
    """--auto_find_batch_size halves the batch until a step fits; the run ends as one with that size."""
    sizes, original = [], transformers.Trainer.training_step

    def limited(self, model, inputs, *args, **kwargs):
        sizes.append(len(inputs["labels"]))
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return original(self, model, inputs, *args, **kwargs)

    monkeypatch.setattr(transformers.Trainer, "training_step", limited)
    changed = {"auto_find_batch_size": True, "per_device_train_batch_size": 8, "num_train_epochs": 1}
    assert run(do_train=True, **changed) == 0
    assert sizes[0] == 8
    assert max(sizes[sizes.index(2) :]) == 2
    assert len(sizes[sizes.index(2) :]) == 10  # twenty rows
