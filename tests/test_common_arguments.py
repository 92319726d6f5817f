# SPDX-License-Identifier: Apache-2.0
"""recipes/common/arguments.py: what a person typed, to two checked objects."""

import ast
import dataclasses
import importlib
import inspect
import itertools
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import yaml
from conftest import ROOT
from transformers import Seq2SeqTrainingArguments
from transformers.hf_argparser import HfArg

from recipes import summarize_t5
from recipes.common import UserError, arguments, console, features, tasks
from recipes.common.upstream import devices
from recipes.doctor import screen
from recipes.metrics.scores import METRICS
from recipes.typed import engines, limits, trial
from recipes.typed import flags as words

LIBRARY = {f.name for f in dataclasses.fields(Seq2SeqTrainingArguments)}
DEFAULTS = {
    "model_name_or_path": "some/model", "dataset_name": "some/data", "num_beams": 4,
    "learning_rate": 3e-4, "num_train_epochs": 5, "warmup_steps": 0.05,
}  # fmt: skip


@dataclass
class Settings(arguments.RecipeSettings):
    train_file: str | None = HfArg(default=None, aliases=["--data_path"], help="Other names of it are known.")
    favourite: str = HfArg(default="none", help="Of this recipe alone.")

    def problems(self):
        return [f"--favourite {self.favourite}: rather not"] if self.favourite == "bad" else []


def make_task(settings=Settings, defaults=DEFAULTS, metrics=("rougeL",), recipe="recipes/tell.py"):
    texts = {"source": "", "target": "", "columns": {}, "score": None, "trivial": None}
    return tasks.Task(recipe=Path(recipe), settings=settings, defaults=defaults, metrics=metrics, **texts)


SUMMARIZE = make_task(
    settings=tasks.with_column_flags(summarize_t5.Settings, summarize_t5.COLUMNS),
    defaults=summarize_t5.DEFAULTS,
    metrics=summarize_t5.METRICS,
)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parse(*flags, **task):
    return arguments.parse(make_task(**task), list(flags))


def problems(*flags, **options):
    with pytest.raises(UserError) as caught:
        parse(*flags, **options)
    return caught.value.problems


# ---------------------------------------------------------------- defaults, file, flags


def test_defaults_of_the_recipe():
    settings, args = parse()
    assert (args.learning_rate, args.num_train_epochs, args.warmup_steps) == (3e-4, 5, 0.05)
    assert (settings.num_beams, settings.model_name_or_path) == (4, "some/model")
    assert args.output_dir == "outputs/tell"
    assert settings.given == set()


def test_defaults_that_nothing_knows():
    """A name with a slip would be a number that trains nothing."""
    assert problems(defaults={"learning_rat": 1e-3, "zzz": 1}) == [
        "tell.py: DEFAULTS has 'learning_rat', which is no setting; did you mean 'learning_rate'?",
        "tell.py: DEFAULTS has 'zzz', which is no setting",
    ]


RECIPES = sorted(path.stem for path in (ROOT / "recipes").glob("[a-z]*_*.py"))


@pytest.mark.parametrize("name", RECIPES)
def test_help_is_one_screen(name, capsys):
    """Of 80 columns and 54 lines: what matters most, with the recipe's own defaults."""
    task = tasks.task_of_module(importlib.import_module(f"recipes.{name}"))
    with pytest.raises(SystemExit) as ended:
        arguments.parse(task, ["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert ended.value.code == 0 and len(lines) <= 54 and max(map(len, lines)) <= 80
    shown = [line.split() for line in lines if line.startswith("  --")]
    assert ["--learning_rate", str(task.defaults["learning_rate"])] in [words[:2] for words in shown]
    assert len(shown) >= 25 and {f"--{flag}" for flag, _ in task.columns.values() if flag} <= {w[0] for w in shown}


def test_help_all_shows_every_flag_and_each_help_once(capsys):
    with pytest.raises(SystemExit):
        parse("--help", "all")
    told = " ".join(capsys.readouterr().out.split())
    assert "Beams; 1 is greedy. (default: 4)" in told and "(default: some/model)" in told
    assert told.count("Beams; 1 is greedy.") == 1
    assert all(f"--{name} " in told for name in LIBRARY)


def test_help_names_settings_that_there_are_in_words_that_fit():
    for helps in words.WORDS["help"].values():
        assert set(helps) <= LIBRARY | {f.name for f in dataclasses.fields(arguments.RecipeSettings)}
        assert all(len(text) <= 36 for text in helps.values())


def test_nothing_is_written(here):
    parse()
    assert not list(here.iterdir())


def test_flags_over_file_over_defaults(here):
    (here / "mine.yaml").write_text("learning_rate: 1e-3\nnum_beams: 2\nsource_prefix: ''\nmax_steps: 7\n")
    settings, args = parse("--config", "mine.yaml", "--num_beams", "8", "--seed=5")
    assert (args.learning_rate, args.max_steps, args.warmup_steps, args.seed) == (1e-3, 7, 0.05, 5)
    assert (settings.num_beams, settings.source_prefix) == (8, "")
    assert settings.given == {"config", "learning_rate", "num_beams", "source_prefix", "max_steps", "seed"}


def test_given_is_what_was_typed_under_any_name_with_any_value():
    """Also where a value is the default, and where a flag has two names, or one that says no."""
    flags = ["--data_path", "x.csv", "--num-beams", "4", "--no_dataloader_pin_memory", "--do_train"]
    settings, args = parse(*flags)
    assert settings.given == {"train_file", "num_beams", "dataloader_pin_memory", "do_train"}
    assert (settings.train_file, args.dataloader_pin_memory, args.do_train) == ("x.csv", False, True)


def test_given_is_no_field_of_the_settings():
    """It is in no record, no comparison and no flag; a copy with other values was not typed."""
    typed, untyped = parse("--num_beams", "4")[0], parse()[0]
    assert typed == untyped and typed.given != untyped.given
    assert "given" not in dataclasses.asdict(typed)
    assert dataclasses.replace(typed, num_beams=2).given == frozenset() == Settings().given
    assert isinstance(typed.given, frozenset)


def test_two_names_of_one_setting(here):
    assert parse("--data_path", "a.json", "--train_file=a.json")[0].train_file == "a.json"
    (here / "a.yaml").write_text("train_file: b.json\n")
    assert parse("--config", "a.yaml", "--data_path", "a.json")[0].train_file == "a.json"
    assert problems("--data_path", "a", "--seed=1", "--train-file", "b") == [
        "--data_path a and --train_file b: two names of one setting; give one of them"
    ]
    (here / "a.yaml").write_text("train_file: b.json\ndata_path: c.json\n")
    assert "two names of one setting" in problems("--config", "a.yaml")[0]
    assert parse("--seed", "1", "--seed=2")[1].seed == 2


def test_kinds_of_values_in_the_file(here):
    values = {
        "report_to": ["none"],
        "lr_scheduler_type": "cosine",
        "lr_scheduler_kwargs": {"num_cycles": 2},
        "bf16": False,
        "text": None,
    }
    (here / "mine.yaml").write_text(json.dumps(values))
    settings, args = parse("--config=mine.yaml")
    assert (args.report_to, args.lr_scheduler_kwargs, args.bf16) == ([], {"num_cycles": 2}, False)
    assert settings.given == {"config", "report_to", "lr_scheduler_type", "lr_scheduler_kwargs", "bf16"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory; name a YAML file"),
        (b"a: [1\n", "not YAML"),
        (b"\xff\xfe\x00", "not YAML"),
        (b"- a\n- b\n", "expected lines of 'name: value', found list"),
        (b"learning_rate", "expected lines of 'name: value', found str"),
        (b"[" * 9000, "not YAML: maximum recursion depth exceeded"),
        (b"a: &a [*a]\n", "line 1: an alias of a list, or lists in lists; write the values out"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "line 1: an alias of a list"),
        (b"a: [[[[[[[x]]]]]]]\n", "line 1: an alias of a list, or lists in lists"),
        (b"seed: 1\nlearning-rate: 1\nlearning_rate: 2\n", "line 3: 'learning_rate' is there twice; give it once"),
        (b"lr_scheduler_kwargs: {a: 1, a: 2}\n", "line 1: 'a' is there twice; give it once"),
        (b"run_name: !!binary aGk=\n", "line 1: !!binary is not taken; write a text, a number or a list"),
        (b"run_name: !!python/object/apply:os.system [ls]\n", "line 1: !!python/object/apply:os.system is not taken"),
        (b"run_name: !mine x\n", "line 1: !mine is not taken"),
        (b"config: other.yaml\n", "'config' is no setting that a file can have"),
        (b"help: all\n", "'help' is no setting that a file can have"),
        (b"<<: {a: 1}\n", "'<<' is no setting that a file can have"),
        (b"1: 2\n", "'1' is no setting that a file can have"),
        (b"? [a]\n: 2\n", "\"['a']\" is no setting that a file can have"),
        (b"report_to: [none, --learning_rate, 1]\n", "report_to: '--learning_rate' in its list is no text"),
        (b"report_to: [none, [x]]\n", "report_to: ['x'] in its list is no text"),
        (b"x: " + b"y" * 100_000, "larger than 100,000 bytes"),
        (b"lr_scheduler_kwargs: {num_cycles: " + b"9" * 5000 + b"}\n", "Exceeds the limit"),
        (b"a: 1\n---\nb: 2\n", "not YAML"),
    ],
)
def test_file_that_cannot_be_used(here, content, said):
    if content is not None:
        (here / "mine.yaml").write_bytes(content)
    (problem,) = problems("--config", "mine.yaml")
    assert problem.startswith("--config mine.yaml: ")
    assert said in problem


def test_a_folder_or_a_pipe_is_no_file(here):
    os.mkfifo(here / "pipe")
    for name in (".", "pipe", "/dev/zero"):
        assert problems("--config", name) == [f"--config {name}: not a file; name a YAML file"]
    assert problems("--config", "a.yaml", "--config", "b.yaml") == ["--config a.yaml and b.yaml: give one file"]


def test_texts_stay_as_they_are_written(here):
    """YAML 1.1 makes False of `no`, 90 of `1:30`, 8 of `010` and a day of a date."""
    texts = ["no", "off", "1:30", "010", "2001-99-99", "2001-12-14", "0x1F", "1_000", "=", "<<", "1e3", "~x", "Yes"]
    for text in texts:
        (here / "mine.yaml").write_text(f"source_prefix: {text}\nseed: 010\n")
        settings, args = parse("--config", "mine.yaml")
        assert (settings.source_prefix, args.seed) == (text, 10)
    (here / "mine.yaml").write_text('\ufeffsource_prefix: "--seed=3 \\n{0}"\nrun_name: null\n')
    settings, args = parse("--config", "mine.yaml")
    assert (settings.source_prefix, args.seed, args.run_name) == ("--seed=3 \n{0}", 42, None)
    (here / "mine.yaml").write_text("tokenizer_name: &name x\nmodel_name_or_path: *name\nreport_to:\n- none\n")
    settings, args = parse("--config", "mine.yaml")
    assert (settings.model_name_or_path, args.report_to, settings.tokenizer_name) == ("x", [], "x")


def test_an_empty_file_changes_nothing(here):
    (here / "mine.yaml").write_text("")
    assert parse("--config", "mine.yaml")[0].given == {"config"}


def test_files_replace_the_default_data_set():
    assert parse("--train_file", "mine.csv")[0].dataset_name is None
    assert problems("--train_file", "mine.csv", "--dataset_name", "x/y") == [
        "--dataset_name and --train_file: give a data set or files"
    ]


@pytest.mark.parametrize("name", ["train_file", "validation_file", "test_file"])
def test_any_file_replaces_the_default_data_set(name):
    """Whoever names a test file alone has not heard of the recipe's own data set."""
    settings, _ = parse(f"--{name}", "mine.csv", defaults={**DEFAULTS, "dataset_config_name": "some"})
    assert (settings.dataset_name, settings.dataset_config_name) == (None, None)


def test_source_template():
    template = "ask: {question} in {context}"
    assert features.source_template(template, None) == template
    assert features.source_template(template, "") == "{question} in {context}"
    assert features.source_template(template, "q: ") == "q: {question} in {context}"


# ---------------------------------------------------------------- flags that are not known


def test_trap_4_words_that_mean_something_else_are_answered():
    """All of them at once, whichever way the value is given, and in the file."""
    names = [name for name in words.REFUSED if name not in words.TAKEN]
    for form in ("--{} x", "--{}=x"):
        flags = [word for name in names for word in form.format(name).split()]
        assert problems(*flags) == [f"--{name}: {words.REFUSED[name]}" for name in names]


@pytest.mark.parametrize("flags", [("--fsdp", ""), ("--deepspeed=",), ("--gradient_checkpointing", "False"),
                                   ("--resize_position_embeddings", "False"), ("--deepspeed", "None")])  # fmt: skip
def test_what_is_switched_off_is_not_refused(flags):
    assert parse(*flags)


# Fields of the training arguments of transformers 4.57 that 5.23 does not have.
GONE = """
    overwrite_output_dir evaluation_strategy per_gpu_train_batch_size per_gpu_eval_batch_size warmup_ratio logging_dir
    save_safetensors no_cuda use_mps_device jit_mode_eval fp16_opt_level half_precision_backend fp16_backend
    tpu_num_cores tpu_metrics_debug past_index fsdp_min_num_params fsdp_transformer_layer_cls_to_wrap adafactor
    group_by_length use_legacy_prediction_loop include_inputs_for_metrics include_tokens_per_second mp_parameters
    push_to_hub_model_id push_to_hub_organization push_to_hub_token torchdynamo ray_scope
"""
# What run_summarization, run_translation and run_seq2seq_qa add to the library's.
SCRIPTS = """
    model_name_or_path config_name tokenizer_name cache_dir use_fast_tokenizer model_revision token use_auth_token
    trust_remote_code resize_position_embeddings lang dataset_name dataset_config_name text_column summary_column
    train_file validation_file test_file overwrite_cache preprocessing_num_workers max_source_length max_target_length
    val_max_target_length pad_to_max_length max_train_samples max_eval_samples max_predict_samples num_beams
    ignore_pad_token_for_loss source_prefix forced_bos_token source_lang target_lang context_column question_column
    answer_column max_seq_length max_answer_length version_2_with_negative null_score_diff_threshold doc_stride
    n_best_size
"""
PER_TASK = {"source_lang", "target_lang", "context_column", "question_column", "answer_column"}


def known_words():
    return {*words.TAKEN, *words.NEEDLESS, *words.REFUSED, *words.ENVIRONMENT}


def test_trap_4_what_transformers_5_removed_is_known():
    assert not LIBRARY & set(GONE.split())
    assert set(GONE.split()) <= known_words()


def test_flags_of_the_example_scripts_are_known():
    recipe = {f.name for f in dataclasses.fields(SUMMARIZE.settings)}
    assert set(SCRIPTS.split()) - PER_TASK <= recipe | known_words()


@pytest.mark.parametrize("name", sorted(words.TAKEN))
def test_what_a_word_is_taken_for_exists(name):
    """In this recipe or another one, by the name that the table gives."""
    recipes = [importlib.import_module(f"recipes.{path.stem}") for path in (ROOT / "recipes").glob("[a-z]*_*.py")]
    there = LIBRARY | {"min_new_tokens"}
    for recipe in recipes:
        there |= {f.name for f in dataclasses.fields(tasks.task_of_module(recipe).settings)}
    rule = words.TAKEN[name]
    for templates in rule.values() if isinstance(rule, dict) else [rule]:
        for template in templates if isinstance(templates, list) else [templates or ""]:
            assert {flag for flag, _ in words.of_words(template.split())} <= there


def test_a_word_stands_in_the_tables_once():
    """YAML keeps the last of two and says nothing; and a word has one meaning."""
    root = yaml.compose((ROOT / "recipes/typed/words.yaml").read_text(encoding="utf-8"))
    for _, table in root.value:
        names = [key.value for key, _ in table.value]
        assert sorted(set(names)) == sorted(names)
    tables = (words.TAKEN, words.NEEDLESS, words.ENVIRONMENT)
    assert not [(one, two) for one, two in itertools.combinations(tables, 2) if one.keys() & two.keys()]
    assert not words.REFUSED.keys() & {*words.NEEDLESS, *words.ENVIRONMENT}
    assert words.TAKEN.keys() & words.REFUSED.keys() <= {
        name for name, rule in words.TAKEN.items() if isinstance(rule, dict) or "lang" in rule
    }


def taken(*flags, **options):
    """(settings, arguments, notes) of words of other tools."""
    settings, args = parse(*flags, **options)
    return settings, args, settings.notes


def test_words_of_other_tools_are_taken_and_said_once_each(here):
    flags = ["--lr", "1e-4", "--epochs=7", "--batch-size", "3", "--evaluation_strategy", "no", "--warmup_ratio", "0.1",
             "--overwrite_output_dir", "--max_seq_length", "99", "--group_by_length", "True", "--lr", "2e-4",
             "--gradient_checkpointing", "True"]  # fmt: skip
    settings, args, notes = taken(*flags)
    assert (args.learning_rate, args.num_train_epochs, args.per_device_train_batch_size) == (2e-4, 7, 3)
    assert (args.eval_strategy, args.warmup_steps, args.activation_checkpointing) == ("no", 0.1, True)
    assert (settings.max_source_length, args.train_sampling_strategy) == (99, "group_by_length")
    assert notes == [
        "here --lr is --learning_rate",
        "here --epochs is --num_train_epochs",
        "here --batch_size is --per_device_train_batch_size",
        "here --evaluation_strategy is --eval_strategy",
        "here --warmup_ratio 0.1 is --warmup_steps 0.1",
        "--overwrite_output_dir is not needed here: " + words.NEEDLESS["overwrite_output_dir"],
        "here --max_seq_length is --max_source_length",
        "here --group_by_length True is --train_sampling_strategy group_by_length",
        "here --gradient_checkpointing is --activation_checkpointing",
    ]
    (here / "mine.yaml").write_text("lr: 1e-4\nepochs: 7\n")
    settings, args, notes = taken("--config", "mine.yaml", "--num_train_epochs", "2")
    assert (args.learning_rate, args.num_train_epochs) == (1e-4, 2)
    assert settings.given == {"config", "learning_rate", "num_train_epochs"}
    console.begin(settings, args)


def test_notes_follow_the_first_line(capsys):
    settings, args = parse("--lr", "1e-4", "--overwrite_cache")
    console.begin(settings, args)
    first, *notes = capsys.readouterr().out.splitlines()
    assert first == "some/model on some/data"
    assert notes[0] == "flags     here --lr is --learning_rate" and notes[1].startswith(
        "flags     --overwrite_cache is"
    )


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--warmup_ratio", "1"], "--warmup_ratio: must be below 1"),
        (["--save_safetensors", "False"], "--save_safetensors: weights are always"),
        (["--ignore_pad_token_for_loss=False"], "--ignore_pad_token_for_loss: padding is never part"),
        (["--lr", "1", "--learning_rate", "2"], "--lr 1.0 and --learning_rate 2.0: two names of one setting"),
        (["--lang", "de_DE"], "--lang: this recipe has one language"),
        (["--src_lang", "de"], "--src_lang: is --source_lang, which this recipe has not"),
        (["--epoch", "5"], "--epoch: unknown flag; did you mean --epochs?"),
        (["--forced_bos_token=--seed"], "--forced_bos_token: this recipe knows no languages"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_words_that_would_mean_something_else_here(flags, said):
    (problem,) = problems(*flags)
    assert problem.startswith(said)


def test_a_recipe_s_own_setting_comes_first():
    @dataclass
    class Own(Settings):
        min_length: int = HfArg(default=0, help="Of this recipe.")
        min_new_tokens: int = HfArg(default=0, help="Another one.")

    settings, _, notes = taken("--min_length", "5", settings=Own)
    assert (settings.min_length, settings.min_new_tokens, notes) == (5, 0, [])


def test_all_unknown_flags_at_once(here):
    (here / "mine.yaml").write_text("learning_rat: 1\nevaluation_strategy: epoch\n")
    found = problems("--config", "mine.yaml", "--zzz", "1", "--jit-mode-eval", "True", "--num-bams=3")
    assert found == [
        "--learning_rat: unknown flag; did you mean --learning_rate?",
        "--zzz: unknown flag; see --help",
        "--jit_mode_eval: use --torch_compile",
        "--num_bams: unknown flag; did you mean --num_beams?",
    ]


def test_words_that_are_no_flags():
    assert problems("train.csv") == ["'train.csv': not a flag; flags start with --"]


def test_flags_are_not_guessed_from_their_beginning():
    assert "--learning" in problems("--learning", "1")[0]


# ---------------------------------------------------------------- values that are not accepted


def test_everything_wrong_with_the_settings_at_once():
    found = problems("--num_beams", "0", "--max_source_length", "1", "--remove_unused_columns", "True",
                     "--eval_sample_size", "0", "--train_sampling_strategy", "batch_rebalance",
                     "--favourite", "bad")  # fmt: skip
    assert len(found) == 6
    assert found[0] == "--max_source_length 1: must be at least 2, at most 1,000,000"
    assert "--num_beams 0: must be at least 1, at most 1,000" in found
    assert "--eval_sample_size 0: must be at least 1" in found
    assert found[-1] == "--favourite bad: rather not"


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("num_return_sequences", [0], "at least 1"),
        ("min_new_tokens", [-1], "at least 0"),
        ("temperature", [0.0, -1.0], "above 0"),
        ("repetition_penalty", [0.0], "above 0"),
        ("dropout", [1.0, -0.1], "at least 0, below 1"),
        ("top_k", [-1], "at least 0"),
        ("top_p", [0.0, 1.1], "above 0, at most 1"),
        ("lora_r", [-1], "at least 0"),
        ("lora_alpha", [0.0, -1.0], "above 0"),
        ("lora_dropout", [1.0, -0.1], "at least 0, below 1"),
        ("learning_rate", [float("nan"), float("inf")], "a finite number"),
        ("max_train_samples", [2**63 + 1], "at most 9,223,372,036,854,775,808"),
    ],
)
def test_numbers_out_of_range(name, values, said):
    """The library accepts most of them, and generates something else or fails in the first evaluation."""
    for value in values:
        others = ["--lora_r=4"] if name in ("lora_alpha", "lora_dropout") else []
        assert problems(f"--{name}={value}", *others) == [f"--{name} {value}: must be {said}"]


def test_numbers_at_the_ends_of_their_range():
    ends = {"lora_r": 0, "lora_dropout": 0.0, "num_beams": 1000, "label_smoothing_factor": 1.0, "seed": 2**32 - 1}
    settings, args = parse(*[f"--{name}={value}" for name, value in ends.items()])
    assert {name: vars(settings).get(name, vars(args).get(name)) for name in ends} == ends
    drawn = parse("--do_sample=True", "--top_p=1", "--top_k=0")[0]
    assert (drawn.top_p, drawn.top_k) == (1, 0)


def test_a_wrong_type_names_the_flag():
    (problem,) = problems("--num_beams", "four")
    assert "--num_beams" in problem and "'four'" in problem


def test_a_wrong_choice_names_the_choices():
    (problem,) = problems("--on_bad_row", "ignore")
    assert "--on_bad_row" in problem and "'error'" in problem and "'skip'" in problem


def test_trap_23_saving_and_evaluating_on_one_schedule():
    (problem,) = problems("--load_best_model_at_end", "True", "--metric_for_best_model", "rougeL",
                          "--eval_strategy", "steps", "--save_strategy", "steps",
                          "--eval_steps", "2", "--save_steps", "4")  # fmt: skip
    assert problem == "--eval_steps 2 and --save_steps 4: make them equal, or the best model is not kept"


def test_without_evaluations_no_best_model_is_asked_for():
    """The recipes ask for it by default: who switches evaluations off need not know that."""
    for flag in ("--eval_strategy", "--save_strategy"):
        _, args = parse(flag, "no", defaults={**DEFAULTS, "load_best_model_at_end": True, "eval_strategy": "epoch",
                                              "save_strategy": "epoch"})  # fmt: skip
        assert args.load_best_model_at_end is False


BEST = {"load_best_model_at_end": True, "eval_strategy": "epoch", "save_strategy": "epoch", "logging_steps": 10,
        "early_stopping_patience": 2}  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "evaluated", "saved"),
    [
        ("", ("epoch", None), ("epoch", 500)),
        ("--eval_strategy steps --eval_steps 7", ("steps", 7), ("steps", 7)),
        ("--eval_steps 7", ("steps", 7), ("steps", 7)),
        ("--eval_strategy steps", ("steps", 500), ("steps", 500)),
        ("--eval_strategy steps --logging_steps 3", ("steps", 3), ("steps", 3)),
        ("--save_strategy steps --save_steps 9", ("steps", 9), ("steps", 9)),
        ("--save_steps 9", ("steps", 9), ("steps", 9)),
        ("--save_steps 9 --eval_steps 9", ("steps", 9), ("steps", 9)),
        ("--save_strategy best --eval_strategy epoch", ("epoch", None), ("best", 500)),
    ],
)
def test_trap_23_saves_follow_evaluations_and_the_reverse(flags, evaluated, saved):
    """Where one of the two is chosen. The example scripts keep the last model; here it is the best."""
    settings, args, notes = taken(*flags.split(), defaults={**DEFAULTS, **BEST})
    assert (args.eval_strategy, args.eval_steps) == evaluated
    assert (args.save_strategy, args.save_steps) == saved
    assert (args.load_best_model_at_end, settings.early_stopping_patience, notes) == (True, 2, [])


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ("--eval_strategy no", "--eval_strategy no and --save_strategy epoch"),
        ("--eval_steps 4 --save_steps 8", "--eval_strategy steps and --save_strategy steps"),
        ("--eval_strategy epoch --save_steps 8", "--eval_strategy epoch and --save_strategy steps"),
        ("--eval_strategy no --save_strategy steps --save_steps 300", "--eval_strategy no and --save_strategy steps"),
    ],
)
def test_trap_23_what_does_not_meet_keeps_the_last_model_and_says_so(flags, told):
    """As it was asked for, to the end of training."""
    settings, args, notes = taken(*flags.split(), defaults={**DEFAULTS, **BEST})
    assert (args.load_best_model_at_end, settings.early_stopping_patience) == (False, 0)
    assert notes == [f"the last model is kept, not the best: {told} do not meet"]


def test_steps_that_are_not_counted_are_said():
    _, args, notes = taken("--save_strategy", "epoch", "--save_steps", "9", defaults={**DEFAULTS, **BEST})
    assert (args.save_strategy, notes) == ("epoch", ["--save_steps does nothing with --save_strategy epoch"])


def test_early_stopping_needs_evaluations():
    assert problems("--early_stopping_patience", "3", "--eval_strategy", "no", defaults={**DEFAULTS, **BEST}) == [
        "--early_stopping_patience needs evaluations, and --eval_strategy no makes none"
    ]


def test_several_trackers(monkeypatch, here):
    monkeypatch.setattr(trial, "get_reporting_integration_callbacks", lambda names: [])
    (here / "mine.yaml").write_text("report_to: [wandb, mlflow]\n")
    for form in (["--report_to", "wandb", "mlflow"], ["--config", "mine.yaml"]):
        assert parse(*form)[1].report_to == ["wandb", "mlflow"]
    assert parse("--report_to", "none")[1].report_to == parse()[1].report_to == []


def test_tf32_is_left_out_where_there_is_none(monkeypatch):
    monkeypatch.setattr(arguments, "is_torch_tf32_available", lambda: False)
    _, args, notes = taken("--tf32", "True")
    assert (args.tf32, notes) == (None, ["--tf32 needs an Ampere GPU or a later one; it is left out"])


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--lr_scheduler_type", "cosine_with_min_lr"], "--lr_scheduler_type cosine_with_min_lr: One of min_lr or"),
        (["--lr_scheduler_type", "warmup_stable_decay"], "--lr_scheduler_type warmup_stable_decay: "),
        (
            ["--lr_scheduler_kwargs", '{"min_lr": 0.1}'],
            "--lr_scheduler_type linear --lr_scheduler_kwargs {",
        ),
        (["--optim", "adamw_bnb_8bit"], "--optim adamw_bnb_8bit: "),
        (["--report_to", "wandb"], "--report_to wandb: WandbCallback requires wandb to be installed."),
        (["--report_to", "tensorboard"], "--report_to tensorboard: TensorBoardCallback requires tensorboard. Run `pip"),
        (["--report_to", "junk"], "--report_to junk: "),
        (["--adam_beta1", "-1"], "--optim adamw_torch"),
        (["--push_to_hub"], "--push_to_hub: nobody is logged in; run 'hf auth login' first"),
        (["--resume_from_checkpoint", "x"], "--resume_from_checkpoint x: a run goes on by itself in its --output_dir"),
        (["--neftune_noise_alpha", "5"], "--neftune_noise_alpha 5.0: the library's noise does not reach"),
        (["--save_only_model"], "--save_only_model True: must be False here; a run that was interrupted"),
        (["--dataloader_drop_last"], "--dataloader_drop_last True: must be False here; every row is scored"),
        (["--lr_scheduler_kwargs", "junk"], '--lr_scheduler_type linear --lr_scheduler_kwargs "junk": '),
        (
            ["--lr_scheduler_type=cosine", '--lr_scheduler_kwargs={"num_cycles": "x"}'],
            "--lr_scheduler_type cosine --lr_sc",
        ),
        (
            ["--lr_scheduler_type=inverse_sqrt", '--lr_scheduler_kwargs={"timescale": 0}'],
            "--lr_scheduler_type inverse_sqrt",
        ),
        (["--optim", "adafactor", "--optim_args", "x=1"], "--optim adafactor: takes no --optim_args, such as x=1"),
        (["--optim", "grokadamw"], "--optim grokadamw: Please install grokadamw"),
        (["--adam_epsilon", "-1"], "--optim adamw_torch_fused: Invalid epsilon value"),
        (["--torch_compile_mode", "junk"], "--torch_compile_backend inductor --torch_compile_mode junk: Unrecognized"),
        (["--torch_compile_backend", "junk"], "--torch_compile_backend junk: Invalid backend"),
        (["--use_liger_kernel"], "--use_liger_kernel True: it has no kernels for encoder-decoder models"),
        (["--debug", "underflow_overflow"], "--debug ["),
        (["--accelerator_config", "/nowhere.json"], "--accelerator_config /nowhere.json: batches and their order"),
        (["--generation_config", "x"], "--generation_config x: what is generated follows from"),
        (["--enable_jit_checkpoint"], "--enable_jit_checkpoint True: a run saves its step by itself"),
        (["--activation_checkpointing_kwargs", "x"], "--activation_checkpointing_kwargs x: "),
        (["--dataloader_persistent_workers"], "--dataloader_num_workers 0: persistent_workers option needs"),
        (["--hub_model_id", "me/x"], "--hub_model_id me/x: does nothing without --push_to_hub"),
        (["--label_names", "x"], "--label_names ['x']: must be None here; the collator names the labels"),
        (["--max_steps", "0"], "--max_steps 0: must be other than 0"),
        (["--num_train_epochs", "0"], "--num_train_epochs 0.0: must be above 0"),
        (["--output_dir", ""], "--output_dir: is empty; give a value, or leave it out"),
        (["--metric_for_best_model="], "--metric_for_best_model: is empty; give a value, or leave it out"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_would_fail_after_the_data_were_read_is_found_at_once(flags, said, monkeypatch):
    monkeypatch.setattr(trial, "get_token", lambda: None)
    (problem,) = problems(*flags)
    assert problem.startswith(said)


@pytest.mark.parametrize(
    "flags",
    [
        "--optim sgd --optim_args momentum=0.9", "--optim rmsprop", "--optim adagrad", "--optim adafactor",
        "--lr_scheduler_type reduce_lr_on_plateau", "--lr_scheduler_type greedy", "--max_steps -1",
        "--lr_scheduler_type warmup_stable_decay --lr_scheduler_kwargs {\"num_decay_steps\":3}",
        "--dataloader_num_workers 1 --dataloader_persistent_workers --dataloader_prefetch_factor 2",
        "--activation_checkpointing True --activation_checkpointing_kwargs {\"preserve_rng_state\":false}",
    ],
)  # fmt: skip
def test_what_works_is_not_refused(flags):
    assert parse(*flags.split(), defaults={**DEFAULTS, **BEST})


def test_an_upload_asks_the_hub_first(monkeypatch):
    def nobody():
        raise OSError("offline mode is enabled")

    monkeypatch.setattr(trial, "get_token", lambda: "hf_x")
    monkeypatch.setattr(trial, "whoami", nobody)
    assert problems("--push_to_hub") == ["--push_to_hub: offline mode is enabled"]
    monkeypatch.setattr(trial, "whoami", lambda: {"name": "me"})
    assert parse("--push_to_hub", "--hub_model_id", "me/x")[1].hub_model_id == "me/x"


TOKEN = ["--hub_token hf_x", "--hub-token=hf_x", "--push_to_hub_token hf_x", "--token hf_x", "--config mine.yaml"]


@pytest.mark.parametrize("form", TOKEN)
def test_a_token_is_in_no_argument(form, monkeypatch, here):
    """Arguments are written to run.json and to each checkpoint's training_args.bin."""
    monkeypatch.setenv("HF_TOKEN", "")
    (here / "mine.yaml").write_text("hub-token: hf_x\n")
    settings, args, notes = taken(*form.split())
    assert os.environ["HF_TOKEN"] == "hf_x"
    assert "hf_x" not in f"{args.to_dict()} {vars(args)} {settings} {notes}"


@pytest.mark.parametrize("name", sorted(limits.FIXED))
def test_what_the_trainer_needs_cannot_be_changed(name):
    value, reason = limits.FIXED[name]
    if value is not None:
        assert getattr(parse(f"--{name}", str(value))[1], name) == value
    assert getattr(parse()[1], name) == value
    other = {"True": "False", "False": "True"}.get(str(value), "x")
    (problem,) = problems(f"--{name}", other)
    assert problem.startswith(f"--{name} ") and problem.endswith(f": must be {value} here; {reason}")


# ---------------------------------------------------------------- the metric that chooses the best model


@pytest.mark.parametrize("given", [None, True, False])
@pytest.mark.parametrize("prefix", ["", "eval_"])
@pytest.mark.parametrize("name", sorted(METRICS))
def test_trap_23_every_metric_in_its_direction(name, prefix, given):
    """Left to itself, the library takes the highest TER for the best."""
    right = name not in ("loss", "perplexity", "ter", "self_bleu", "copy_rate")
    flags = ["--metric_for_best_model", prefix + name]
    flags += [] if given is None else ["--greater_is_better", str(given)]
    if given in (None, right):
        assert parse(*flags, metrics=[name])[1].greater_is_better is right
    else:
        assert problems(*flags, metrics=[name]) == [
            f"--greater_is_better {given}: {name} is better the other way round"
        ]


def test_trap_23_the_loss_chooses_where_nothing_is_named():
    assert parse()[1].greater_is_better is False


def test_trap_23_a_metric_that_is_not_computed():
    assert problems("--metric_for_best_model", "rougel", metrics=("rouge1", "rougeL")) == [
        "--metric_for_best_model rougel: this recipe computes loss, rouge1, rougeL; did you mean rougeL?"
    ]
    assert "this recipe computes loss, rouge1" in problems("--metric_for_best_model", "bleu", metrics=("rouge1",))[0]


# ---------------------------------------------------------------- many processes, batches of tokens


def test_trap_34_without_a_launcher_one_gpu_is_used(monkeypatch, capsys):
    """Four GPUs, as far as the library can see: it would wrap the model in DataParallel. The way to use all is said."""
    monkeypatch.setattr(Seq2SeqTrainingArguments, "n_gpu", property(lambda self: self._n_gpu or 4))
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 4)
    settings, args = parse("--per_device_train_batch_size", "3", "--use_cpu")
    assert args.n_gpu == 1
    assert args.train_batch_size == 3
    screen.describe_step(args, settings, range(7))
    assert capsys.readouterr().out.splitlines()[1:] == [
        "          1 of 4 GPUs is used; for all: make NPROC=4, or torchrun --nproc_per_node=4"
    ]


def test_trap_35_the_others_wait_for_a_slow_process():
    assert parse()[1].ddp_timeout == 6 * 3600
    assert parse("--ddp_timeout", "60")[1].ddp_timeout == 60


def test_trap_35_weights_in_parts(monkeypatch):
    """They need several processes; the library's deprecated words are taken without its warning."""
    assert problems("--fsdp", "full_shard")[0].startswith("--fsdp full_shard: needs several processes")
    config = parse("--fsdp", "full_shard auto_wrap offload", "--dry_run", "True")[1].fsdp_config
    assert config["state_dict_type"] == "SHARDED_STATE_DICT" and config["cpu_offload"] is True
    own = parse("--fsdp", "full_shard", "--fsdp_config", '{"reshard_after_forward": false}', "--dry_run", "True")[1]
    assert own.fsdp_config["reshard_after_forward"] is False
    assert (
        "neither JSON nor a file"
        in problems("--fsdp", "full_shard", "--fsdp_config", "no.json", "--dry_run", "True")[0]
    )
    told = problems("--fsdp", "full_shard", "--fp16", "True", "--dry_run", "True")[0]
    assert told == "--fsdp full_shard: does not go with --fp16; use --bf16"


def test_trap_35_deepspeed(monkeypatch, tmp_path):
    """A package of its own; its configuration is filled up, its 16 bits and its third stage are left out."""
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    told = problems("--deepspeed", "zero2.json", "--fsdp", "full_shard")
    assert told[0] == "--fsdp full_shard: needs several processes; start them with make NPROC=N, or torchrun"
    assert told[1] == "--fsdp full_shard and --deepspeed zero2.json: give one of them"
    assert told[2] == "--deepspeed zero2.json: needs deepspeed; pip install -r requirements-deepspeed.txt"
    monkeypatch.setattr(engines, "find_spec", bool)
    monkeypatch.setenv("WORLD_SIZE", "2")
    values = dict.fromkeys(("fsdp", "fsdp_config", "fp16"))
    config = '{"zero_optimization": {"stage": 2}, "bf16": {"enabled": "auto"}, "gradient_clipping": 3}'
    found = engines.arguments({**values, "deepspeed": config})
    assert found["bf16"] is False and found["deepspeed"] == {
        "zero_optimization": {"stage": 2}, "gradient_clipping": 3,
        "gradient_accumulation_steps": "auto", "train_micro_batch_size_per_gpu": "auto",
    }  # fmt: skip
    (tmp_path / "zero3.json").write_text('{"zero_optimization": {"stage": 3}}')
    with pytest.raises(ValueError, match="ZeRO-3 fails to save; take stage 2, or --fsdp full_shard"):
        engines.arguments({**values, "deepspeed": str(tmp_path / "zero3.json")})


def test_batches_of_tokens():
    own = ["--max_source_length", "100", "--max_target_length", "20", "--train_sampling_strategy", "group_by_length"]
    assert parse(*own, "--max_tokens_per_batch", "136")[0].max_tokens_per_batch == 136
    assert problems(*own, "--max_tokens_per_batch", "135") == [
        "--max_tokens_per_batch 135: must be at least 136, room for one row of full length"
    ]
    assert problems(*own[:4], "--max_tokens_per_batch", "500", "--train_sampling_strategy", "random") == [
        "--max_tokens_per_batch needs --train_sampling_strategy group_by_length"
    ]


# ---------------------------------------------------------------- what is passed to the library


def test_trap_4_every_argument_that_the_recipe_sets_exists():
    set_for_the_user = {"use_cpu", "bf16", "do_train", "do_eval", "do_predict", "logging_nan_inf_filter"}
    own = {f.name for f in dataclasses.fields(SUMMARIZE.settings)}
    named = {
        *(SUMMARIZE.defaults.keys() - own),
        *arguments.DEFAULTS,
        *limits.FIXED,
        *set_for_the_user,
        "ddp_find_unused_parameters",
    }
    assert named <= LIBRARY


def test_trap_4_every_argument_that_is_read_exists():
    """`args.name` in the recipe and in common/, against the fields and properties of the training arguments."""
    there = LIBRARY | {name for name, _ in inspect.getmembers(Seq2SeqTrainingArguments)} | {"_n_gpu"}
    for path in [ROOT / "recipes/summarize_t5.py", *(ROOT / "recipes/common").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            owner = getattr(node, "value", None)
            is_args = getattr(owner, "id", None) == "args" or getattr(owner, "attr", None) == "args"
            if isinstance(node, ast.Attribute) and is_args:
                assert node.attr in there, f"{path.name}:{node.lineno}: args.{node.attr}"


@pytest.mark.filterwarnings("error::FutureWarning", "error::DeprecationWarning:transformers")
def test_trap_4_the_recipe_uses_nothing_that_is_going_away(here):
    arguments.parse(SUMMARIZE, [])


def test_the_trainer_s_arguments_hold_nothing_of_ours():
    """It lies with the settings, where a record finds it."""
    settings, args = parse("--train_sampling_strategy=group_by_length", "--max_tokens_per_batch=2000")
    assert settings.max_tokens_per_batch == 2000
    assert not {f.name for f in dataclasses.fields(settings)} & vars(args).keys()


def test_stages():
    def stages(*flags):
        args = parse(*flags, defaults={**DEFAULTS, **BEST})[1]
        return args.do_train, args.do_eval, args.do_predict

    assert stages() == (True, True, True)
    assert stages("--do_train", "True", "--eval_strategy", "no") == (True, False, False)
    assert stages("--do_predict") == (False, False, True)
    assert stages("--do_train", "False") == (False, True, True)
    assert stages("--do_train", "False", "--do_predict", "False") == (False, True, False)
    assert stages("--do_train", "False", "--test_file", "x") == (False, False, True)


def test_stages_in_the_file(here):
    (here / "mine.yaml").write_text("do_eval: true\n")
    args = parse("--config", "mine.yaml")[1]
    assert (args.do_train, args.do_eval, args.do_predict) == (False, True, False)


@pytest.mark.parametrize("has_bf16", [True, False])
def test_trap_2_precision(monkeypatch, has_bf16):
    """bf16 where the machine has it, else fp32; never fp16 unasked; what is asked for is done."""
    monkeypatch.setattr(devices, "has_bf16", lambda use_cpu: has_bf16)

    def precision(*flags):
        args = parse(*flags)[1]
        return args.bf16, args.fp16

    assert precision() == (has_bf16, False)
    assert precision("--bf16", "False") == (False, False)
    assert precision("--bf16", "True") == (True, False)
    assert precision("--fp16", "True") == (False, True)


def test_trap_2_a_loss_that_is_no_number_is_shown():
    assert parse()[1].logging_nan_inf_filter is False


def test_trap_41_no_accelerator_means_use_cpu(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert parse()[1].use_cpu is True


def test_a_rank_without_a_launcher(monkeypatch):
    """Left over in a shell: this process would wait for others, or print nothing, as if it were not the first."""
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert problems() == ["LOCAL_RANK=1 is set, but no launcher began this process: unset it, or use torchrun"]


def test_trap_41_processes_without_a_process_group(monkeypatch):
    """Each would train a model of its own, into the same folder."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    # Where the library sets up no process group, it says nothing: world_size is 1 on every process.
    monkeypatch.setattr(Seq2SeqTrainingArguments, "__post_init__", lambda self: None)
    monkeypatch.setattr(Seq2SeqTrainingArguments, "world_size", 1)
    (problem,) = problems()
    assert problem.startswith("WORLD_SIZE=2, but no process group was set up")


# ---------------------------------------------------------------- the error itself


def test_ten_problems_are_shown_and_the_rest_counted():
    text = str(UserError(*(f"problem {n}" for n in range(1, 14))))
    assert text.splitlines() == [*(f"problem {n}" for n in range(1, 11)), "... and 3 more like these"]
    assert str(UserError("one")) == "one"
