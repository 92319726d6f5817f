# SPDX-License-Identifier: Apache-2.0
"""What must not matter: how a step is split, how far a batch is padded, what was evaluated first, how many processes.

What needs two processes is measured once, in two forks that are told what torchrun would tell them.
"""

import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import harness
import numpy as np
import pytest
import torch
from chaos import wait
from conftest import make_model, make_tokenizer
from helpers import fork, ranks_of, read_json, records
from torch import nn
from transformers import Seq2SeqTrainingArguments, set_seed

from recipes import summarize_t5
from recipes.common import decoding, lora
from recipes.common.arguments import RecipeSettings
from recipes.disk import write_json

FAMILIES = ["t5-tied", "t5-untied", "mt5", "bart"]
SMOOTHING = [0.0, 0.1]
ORDERS = ["random", "group_by_length"]
# Every family with both smoothings and both orders, one of them with all four pairs.
CASES = [(family, *pair) for family in FAMILIES for pair in zip(SMOOTHING, ORDERS, strict=True)]
CASES += [(FAMILIES[0], *pair) for pair in zip(SMOOTHING, reversed(ORDERS), strict=True)]
CASES += [("t5-lora", *pair) for pair in zip(SMOOTHING, ORDERS, strict=True)]  # a frozen base with an adapter
STEPS = 10
ROWS = records("train", 75)  # an epoch has four steps of 16 and one of 11 rows: ten steps are two epochs
SCRATCH = tempfile.TemporaryDirectory()  # the Trainer makes its folder, although nothing is saved
ELEVEN = records("test", 11)
LORA = RecipeSettings(lora_r=4, lora_alpha=8, lora_dropout=0, lora_targets="all-linear")
LIMITS = SimpleNamespace(max_source_length=128, max_target_length=64, preprocessing_num_workers=None)


@dataclass
class Decoding:
    max_target_length: int = 12
    num_beams: int = 2


def tokenize(rows, tokenizer):
    return harness.tokenize(rows, "tell: {document}", "{summary}", tokenizer, LIMITS)


@functools.cache
def tokenizer_of(family):
    return make_tokenizer(bos="<s>" if family == "bart" else None)


@functools.cache
def training_table(family):
    return harness.training_table(tokenize(ROWS, tokenizer_of(family)))


def make_trainer(family="t5-untied", dropout=0.0, **arguments):
    """The recipes' trainer on a tiny model in fp32; it logs every step."""
    tokenizer = tokenizer_of(family)
    model = make_model(family.partition("-")[0], tokenizer, tied=family.endswith("-tied"), dropout=dropout)
    if family == "bart":
        model.final_logits_bias = torch.linspace(-1, 1, model.config.vocab_size)[None]
    if family.endswith("-lora"):
        model = lora.wrap(model, LORA, seed=1)
    chosen = {"learning_rate": 1e-3, "max_steps": STEPS, "per_device_eval_batch_size": 4, "seed": 3}
    chosen |= {"output_dir": SCRATCH.name, "save_strategy": "no", **arguments}
    args = Seq2SeqTrainingArguments(
        use_cpu=True, logging_steps=1, disable_tqdm=True, log_level="error",
        remove_unused_columns=False, predict_with_generate=True, ddp_find_unused_parameters=False, **chosen,
    )  # fmt: skip
    args.generation_config = decoding.generation_config(Decoding(), model)
    set_seed(args.seed)
    return harness.make_trainer(model, args, training_table(family), tokenizer, summarize_t5, "{summary}")


def train(case, per_device, accumulation=1, evaluate_first=False, resume_from_checkpoint=None, **arguments):
    """{"loss": one per step, "grad_norm": one per step} of ten steps of 16 rows."""
    family, smoothing, order = case
    trainer = make_trainer(
        family, per_device_train_batch_size=per_device, gradient_accumulation_steps=accumulation,
        label_smoothing_factor=smoothing, train_sampling_strategy=order, **arguments,
    )  # fmt: skip
    if evaluate_first:  # as the recipes do for the untuned baseline
        trainer.predict(tokenize(ELEVEN[:5], trainer.processing_class))
    trainer.train(resume_from_checkpoint=resume_from_checkpoint)
    steps = [entry for entry in trainer.state.log_history if "loss" in entry]
    assert len(steps) == STEPS
    return {name: [entry[name] for entry in steps] for name in ("loss", "grad_norm")}


def train_in_two_parts(case, per_device, folder):
    """As `train`, with the steps after the seventh by another trainer; it starts within the second epoch."""
    saving = {"output_dir": folder, "save_strategy": "steps", "save_steps": 7}
    train(case, per_device, **saving)
    return train(case, per_device, resume_from_checkpoint=f"{folder}/checkpoint-7", **saving)


def predict(family, rows=ELEVEN, **arguments):
    """{"metrics": ..., "rows": ...} of a model that was not trained."""
    trainer = make_trainer(family, train_sampling_strategy="group_by_length", **arguments)
    return results(trainer, tokenize(rows, trainer.processing_class))


def results(trainer, table):
    metrics = trainer.predict(table, metric_key_prefix="eval").metrics
    timeless = {name: value for name, value in metrics.items() if "runtime" not in name and "per_second" not in name}
    return {"metrics": timeless, "rows": harness.judged(trainer)}


def measure_two_processes(path):
    """What runs in each of the two processes; the first one writes it down."""
    results = {str(case): train(case, per_device=8) for case in CASES}
    results["evaluated first"] = train(CASES[0], per_device=8, evaluate_first=True)
    results["resumed"] = train_in_two_parts(CASES[0], 8, f"{path}.checkpoints")
    results["predictions"] = {family: predict(family) for family in FAMILIES}
    results["processes"] = torch.distributed.get_world_size()
    if torch.distributed.get_rank() == 0:
        write_json(path, results)
    return 0


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    path = tmp_path_factory.mktemp("two") / "results.json"
    logs, alive = [f"{path}.{rank}" for rank in range(2)], {}
    for rank, told in enumerate(ranks_of(2)):
        alive[fork(lambda: measure_two_processes(path), logs[rank], logs[rank], **told)] = rank
    code = wait(alive, patience=900)
    assert code == 0, "".join(Path(log).read_text() for log in logs)
    return read_json(path)


@pytest.fixture(scope="module")
def whole():
    """Ten steps of 16 rows at once, for each case."""
    return {case: train(case, per_device=16) for case in CASES}


def agree(one, other):
    for name in ("loss", "grad_norm"):
        assert one[name] == pytest.approx(other[name], rel=1e-5), name


# ---------------------------------------------------------------- a step, however it is split


@pytest.mark.parametrize("smoothing", SMOOTHING)
@pytest.mark.parametrize("family", FAMILIES)
def test_trap_1_first_step_by_hand(family, smoothing):
    """Row by row, without padding, with torch's own cross-entropy: the sum over all tokens over their number."""
    trainer = make_trainer(
        family, per_device_train_batch_size=4, gradient_accumulation_steps=4, max_steps=1,
        label_smoothing_factor=smoothing, train_sampling_strategy="sequential",
    )  # fmt: skip
    model = make_trainer(family).model
    table = trainer.train_dataset.select(range(16))
    assert len(set(map(len, table["labels"]))) > 4, "label lengths must be uneven"
    total = 0
    for row in table:
        labels = torch.tensor([row["labels"]])
        logits = model(input_ids=torch.tensor([row["input_ids"]]), labels=labels).logits
        total += nn.functional.cross_entropy(logits[0], labels[0], reduction="sum", label_smoothing=smoothing)
    loss = total / sum(map(len, table["labels"]))
    loss.backward()
    norm = torch.cat(
        [parameter.grad.flatten() for parameter in model.parameters() if parameter.grad is not None]
    ).norm()
    trainer.train()
    (step,) = [entry for entry in trainer.state.log_history if "loss" in entry]
    assert step["loss"] == pytest.approx(loss.item(), rel=1e-5)
    assert step["grad_norm"] == pytest.approx(norm.item(), rel=1e-5)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_trap_1_four_by_four_accumulation(whole, case):
    agree(train(case, per_device=4, accumulation=4), whole[case])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_trap_1_two_processes(whole, two_processes, case):
    assert two_processes["processes"] == 2
    agree(two_processes[str(case)], whole[case])


def test_a_model_that_was_evaluated_first_is_still_trained_together(whole, two_processes):
    """accelerate marks it as prepared, and would leave DistributedDataParallel out: two models, without a word."""
    agree(two_processes["evaluated first"], whole[CASES[0]])


def test_trap_39_resuming_within_an_epoch(whole, tmp_path):
    agree(train_in_two_parts(CASES[0], 16, tmp_path), whole[CASES[0]])


def test_trap_39_resuming_on_two_processes(whole, two_processes):
    """The library tells the epoch to the first wrapper of the sampler only: the second epoch had the first's order."""
    agree(two_processes["resumed"], whole[CASES[0]])


def test_ten_steps_learn_something(whole):
    """Guards the tests above: nothing would agree better than ten steps that do nothing."""
    for case, steps in whole.items():
        assert len(set(steps["loss"])) == STEPS, case
        assert steps["loss"][-1] < steps["loss"][0], case


# ---------------------------------------------------------------- evaluation


@pytest.mark.parametrize("family", FAMILIES)
def test_trap_24_eval_loss_is_unsmoothed_and_weighted_by_tokens(family):
    """The mean over all target tokens, row by row by the model's own loss; label smoothing is a matter of training."""
    model = make_trainer(family).model.eval()
    table = tokenize(ELEVEN, tokenizer_of(family))
    tokens = [len(labels) for labels in table["labels"]]
    with torch.no_grad():
        means = [
            model(input_ids=torch.tensor([row["input_ids"]]), labels=torch.tensor([row["labels"]])).loss.item()
            for row in table
        ]
    expected = np.dot(means, tokens) / sum(tokens)
    assert abs(expected / np.mean(means) - 1) > 1e-3, "a mean of row means must be told apart"
    for smoothing in SMOOTHING:
        measured = predict(family, label_smoothing_factor=smoothing)["metrics"]["eval_loss"]
        assert measured == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_padded_equals_unpadded(family):
    """Eleven rows in one batch, all as long as the longest, or one by one."""
    together, alone = (predict(family, per_device_eval_batch_size=size) for size in (11, 1))
    assert together["rows"] == alone["rows"]
    assert together["metrics"] == pytest.approx(alone["metrics"], rel=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_trap_9_predictions_belong_to_their_inputs(family):
    """Grouping by length would shuffle evaluation, too. What a row gets, it gets when it is the only one."""
    rows = predict(family)["rows"]
    assert [row["id"] for row in rows] == [row["id"] for row in ELEVEN]
    assert [row["reference"] for row in rows] == [row["summary"] for row in ELEVEN]
    assert [row["source"] for row in rows] == [f"tell: {row['document']}" for row in ELEVEN]
    assert len({row["prediction"] for row in rows}) > 1
    for number in (0, 6):
        assert predict(family, rows=[ELEVEN[number]])["rows"] == [rows[number]]


@pytest.mark.parametrize("family", FAMILIES)
def test_trap_8_eleven_rows_on_two_processes(two_processes, family):
    """With batches of 4 the library would give 16 rows, and score five of them twice."""
    one, two = predict(family), two_processes["predictions"][family]
    assert len(two["rows"]) == 11
    assert two["rows"] == one["rows"]
    assert two["metrics"] == pytest.approx(one["metrics"], rel=1e-6)


def test_trap_20_sorting_by_length_is_undone():
    """Rows that are called equally long come in the order of the file, others do not; the results are the same."""
    trainer = make_trainer(train_sampling_strategy="group_by_length")
    table = tokenize(ELEVEN, trainer.processing_class)
    equal = table.remove_columns("length").add_column("length", [9] * 11)
    assert harness.order_of(trainer, equal) == list(range(11)) != harness.order_of(trainer, table)
    plain, by_length = (results(trainer, one) for one in (equal, table))
    assert plain["rows"] == by_length["rows"]
    assert plain["metrics"] == pytest.approx(by_length["metrics"], rel=1e-5)


def test_trap_20_the_longest_rows_come_first():
    """Memory runs out in the first batch or never, and a batch carries little padding."""
    trainer = make_trainer()
    table = tokenize(ELEVEN, trainer.processing_class)
    order = harness.order_of(trainer, table)
    lengths = [table["length"][number] for number in order]
    assert sorted(order) == list(range(11))
    assert lengths == sorted(lengths, reverse=True)


def test_one_row_and_an_incomplete_batch():
    assert len(predict("t5-untied", rows=ELEVEN[:1])["rows"]) == 1


# ---------------------------------------------------------------- the same again


def weights(seed):
    trainer = make_trainer(dropout=0.1, per_device_train_batch_size=16, seed=seed)
    trainer.train()
    return torch.cat([parameter.detach().flatten() for parameter in trainer.model.parameters()])


def test_trap_39_same_seed_same_bits():
    first = weights(seed=3)
    assert torch.equal(weights(seed=3), first)
    assert not torch.equal(weights(seed=4), first)
