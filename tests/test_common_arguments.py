# SPDX-License-Identifier: Apache-2.0
"""recipes/common/arguments.py: what a person typed, to two checked objects."""

import ast
import dataclasses
import inspect
import json
from dataclasses import dataclass, field

import pytest
import torch
from conftest import ROOT
from transformers import Seq2SeqTrainingArguments

from recipes import summarize_t5
from recipes.common import UserError, arguments, console
from recipes.metrics.scores import METRICS

LIBRARY = {f.name for f in dataclasses.fields(Seq2SeqTrainingArguments)}
DEFAULTS = {"learning_rate": 3e-4, "num_train_epochs": 5, "warmup_steps": 0.05}


@dataclass
class Settings(arguments.RecipeSettings):
    model_name_or_path: str = field(default="some/model", metadata={"help": "A model."})
    dataset_name: str | None = field(default="some/data", metadata={"help": "A data set."})
    num_beams: int = field(default=4, metadata={"help": "Beams."})


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parse(*flags, defaults=DEFAULTS, metrics=("rougeL",)):
    return arguments.parse(Settings, defaults, "recipes/tell.py", metrics, list(flags))


def problems(*flags, **options):
    with pytest.raises(UserError) as caught:
        parse(*flags, **options)
    return caught.value.problems


# ---------------------------------------------------------------- defaults, file, flags


def test_defaults_of_the_recipe():
    settings, args, given = parse()
    assert (args.learning_rate, args.num_train_epochs, args.warmup_steps) == (3e-4, 5, 0.05)
    assert (settings.num_beams, settings.model_name_or_path) == (4, "some/model")
    assert args.output_dir == "outputs/tell"
    assert given == set()


def test_nothing_is_written(here):
    parse()
    assert not list(here.iterdir())


def test_flags_over_file_over_defaults(here):
    (here / "mine.yaml").write_text("learning_rate: 1e-3\nnum_beams: 2\nsource_prefix: ''\nmax_steps: 7\n")
    settings, args, given = parse("--config", "mine.yaml", "--num_beams", "8", "--seed=5")
    assert (args.learning_rate, args.max_steps, args.warmup_steps, args.seed) == (1e-3, 7, 0.05, 5)
    assert (settings.num_beams, settings.source_prefix) == (8, "")
    assert given == {"config", "learning_rate", "num_beams", "source_prefix", "max_steps", "seed"}


def test_kinds_of_values_in_the_file(here):
    values = {"report_to": ["none"], "lr_scheduler_kwargs": {"num_cycles": 2}, "bf16": False, "text": None}
    (here / "mine.yaml").write_text(json.dumps(values))
    _, args, given = parse("--config=mine.yaml")
    assert (args.report_to, args.lr_scheduler_kwargs, args.bf16) == ([], {"num_cycles": 2}, False)
    assert given == {"config", "report_to", "lr_scheduler_kwargs", "bf16"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory; name a YAML file"),
        (b"a: [1\n", "not YAML"),
        (b"\xff\xfe\x00", "not YAML"),
        (b"- a\n- b\n", "expected lines of 'name: value', found list"),
    ],
)
def test_file_that_cannot_be_used(here, content, said):
    if content is not None:
        (here / "mine.yaml").write_bytes(content)
    (problem,) = problems("--config", "mine.yaml")
    assert problem.startswith("--config mine.yaml: ")
    assert said in problem


def test_an_empty_file_changes_nothing(here):
    (here / "mine.yaml").write_text("")
    assert parse("--config", "mine.yaml")[2] == {"config"}


def test_files_replace_the_default_data_set():
    assert parse("--train_file", "mine.csv")[0].dataset_name is None
    assert problems("--train_file", "mine.csv", "--dataset_name", "x/y") == [
        "--dataset_name and --train_file: give one of them"
    ]


def test_source_template():
    template = "ask: {question} in {context}"
    assert features.source_template(template, None) == template
    assert features.source_template(template, "") == "{question} in {context}"
    assert features.source_template(template, "q: ") == "q: {question} in {context}"


# ---------------------------------------------------------------- flags that are not known


@pytest.mark.parametrize("name", sorted(arguments.REMOVED))
@pytest.mark.parametrize("form", ["--{} 1", "--{}=1"])
def test_trap_4_removed_flags_are_answered(name, form):
    (problem,) = problems(*form.format(name).split())
    assert problem.startswith(f"--{name}")
    assert problem.endswith(arguments.REMOVED[name])


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


@pytest.mark.parametrize("name", GONE.split())
def test_trap_4_what_transformers_5_removed_is_answered_by_name(name):
    assert name not in LIBRARY
    (problem,) = problems(f"--{name}", "1")
    assert "unknown flag" not in problem


@pytest.mark.parametrize("name", sorted(set(SCRIPTS.split()) - PER_TASK))
def test_flags_of_the_example_scripts_are_known_or_answered(name):
    recipe = {f.name for f in dataclasses.fields(summarize_t5.Settings)}
    assert name in recipe | set(arguments.REMOVED)


def test_all_unknown_flags_at_once(here):
    (here / "mine.yaml").write_text("learning_rat: 1\nevaluation_strategy: epoch\n")
    found = problems("--config", "mine.yaml", "--zzz", "1", "--no-cuda", "--num-beam=3")
    assert found == [
        "--learning_rat: unknown flag; did you mean --learning_rate?",
        "--evaluation_strategy: use --eval_strategy",
        "--zzz: unknown flag; see --help",
        "--no_cuda: use --use_cpu",
        "--num_beam: unknown flag; did you mean --num_beams?",
    ]


def test_words_that_are_no_flags():
    assert problems("train.csv") == ["'train.csv': not a flag; flags start with --"]


def test_flags_are_not_guessed_from_their_beginning():
    assert "--learning" in problems("--learning", "1")[0]


# ---------------------------------------------------------------- values that are not accepted


def test_everything_wrong_with_the_settings_at_once():
    found = problems("--num_beams", "0", "--max_source_length", "1", "--remove_unused_columns", "True",
                     "--eval_sample_size", "0", "--train_sampling_strategy", "batch_rebalance")  # fmt: skip
    assert len(found) == 5
    assert found[0] == "--max_source_length 1: must be at least 2"
    assert "--num_beams 0: must be at least 1" in found


def test_a_wrong_type_names_the_flag():
    (problem,) = problems("--num_beams", "four")
    assert "--num_beams" in problem and "'four'" in problem


def test_a_wrong_choice_names_the_choices():
    (problem,) = problems("--on_bad_row", "ignore")
    assert "--on_bad_row" in problem and "'error'" in problem and "'skip'" in problem


def test_trap_23_saving_and_evaluating_on_one_schedule():
    (problem,) = problems("--load_best_model_at_end", "True", "--metric_for_best_model", "rougeL",
                          "--eval_strategy", "steps", "--save_strategy", "steps",
                          "--eval_steps", "2", "--save_steps", "3")  # fmt: skip
    assert "multiple" in problem


@pytest.mark.parametrize("name", sorted(arguments.FIXED))
def test_what_the_trainer_needs_cannot_be_changed(name):
    value, reason = arguments.FIXED[name]
    _, args, _ = parse(f"--{name}", str(value))
    assert getattr(args, name) == value
    assert getattr(parse()[1], name) == value
    (problem,) = problems(f"--{name}", str(not value))
    assert problem == f"--{name} {not value}: must be {value} here; {reason}"


# ---------------------------------------------------------------- the metric that chooses the best model


@pytest.mark.parametrize("given", [None, True, False])
@pytest.mark.parametrize("prefix", ["", "eval_"])
@pytest.mark.parametrize("name", sorted(METRICS))
def test_trap_23_every_metric_in_its_direction(name, prefix, given):
    """Left to itself, the library takes the highest TER for the best."""
    right = name not in ("loss", "ter", "self_bleu", "copy_rate")
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
    monkeypatch.setattr(console, "_gpus", lambda: 4)
    settings, args, _ = parse("--per_device_train_batch_size", "3")
    assert args.n_gpu == 1
    assert args.train_batch_size == 3
    console.describe_step(args, settings, range(7))
    assert capsys.readouterr().out.splitlines()[1:] == [
        "          1 of 4 GPUs is used; for all: make NPROC=4, or torchrun --nproc_per_node=4"
    ]


def test_trap_35_the_others_wait_for_a_slow_process():
    assert parse()[1].ddp_timeout == 6 * 3600
    assert parse("--ddp_timeout", "60")[1].ddp_timeout == 60


@pytest.mark.parametrize("flag", ["--fsdp=full_shard", "--deepspeed=zero3.json", "--fsdp_config=fsdp.json"])
def test_trap_35_sharded_weights_are_refused(flag):
    (problem,) = problems(flag)
    assert problem.startswith(f"{flag.split('=')[0]}: evaluation generates")


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
    named = {*summarize_t5.DEFAULTS, *arguments.FIXED, *set_for_the_user, "ddp_find_unused_parameters"}
    assert named <= LIBRARY


def test_trap_4_every_argument_that_is_read_exists():
    """`args.name` in the recipe and in common/, against the fields and properties of the training arguments."""
    there = (
        LIBRARY
        | {name for name, _ in inspect.getmembers(Seq2SeqTrainingArguments)}
        | {"_n_gpu", "max_tokens_per_batch"}
    )
    for path in [ROOT / "recipes/summarize_t5.py", *(ROOT / "recipes/common").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            owner = getattr(node, "value", None)
            is_args = getattr(owner, "id", None) == "args" or getattr(owner, "attr", None) == "args"
            if isinstance(node, ast.Attribute) and is_args:
                assert node.attr in there, f"{path.name}:{node.lineno}: args.{node.attr}"


@pytest.mark.filterwarnings("error::FutureWarning", "error::DeprecationWarning:transformers")
def test_trap_4_the_recipe_uses_nothing_that_is_going_away(here):
    arguments.parse(summarize_t5.Settings, summarize_t5.DEFAULTS, "tell.py", summarize_t5.METRICS, [])


def test_stages():
    def stages(*flags):
        args = parse(*flags)[1]
        return args.do_train, args.do_eval, args.do_predict

    assert stages() == (True, True, True)
    assert stages("--do_train", "True") == (True, False, False)
    assert stages("--do_predict") == (False, False, True)


def test_stages_in_the_file(here):
    (here / "mine.yaml").write_text("do_eval: true\n")
    args = parse("--config", "mine.yaml")[1]
    assert (args.do_train, args.do_eval, args.do_predict) == (False, True, False)


@pytest.mark.parametrize("has_bf16", [True, False])
def test_trap_2_precision(monkeypatch, has_bf16):
    """bf16 where the machine has it, else fp32; never fp16 unasked; what is asked for is done."""
    monkeypatch.setattr(arguments, "_has_bf16", lambda use_cpu: has_bf16)

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
