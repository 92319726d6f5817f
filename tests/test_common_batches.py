# SPDX-License-Identifier: Apache-2.0
"""recipes/common/batches.py: which rows meet in a step, and what a batch is made of."""

import datasets
import numpy as np
import pytest
import torch
from conftest import make_model
from transformers import BartConfig, BartForConditionalGeneration, T5Config, T5ForConditionalGeneration
from transformers.models.bart.modeling_bart import shift_tokens_right

from recipes.common.batches import Collator, TrainingOrder, with_blank

# ---------------------------------------------------------------- the order of the rows


def test_every_row_once_and_blanks_last():
    order = TrainingOrder(rows=10, step_size=4, seed=1)
    numbers = list(order)
    assert len(order) == len(numbers) == 12
    assert sorted(numbers[:10]) == list(range(10))
    assert numbers[10:] == [10, 10]
    assert numbers[:10] != list(range(10))


def test_full_steps_need_no_blank():
    assert sorted(TrainingOrder(rows=8, step_size=4, seed=1)) == list(range(8))


def test_without_shuffling_the_order_of_the_data():
    assert list(TrainingOrder(rows=5, step_size=4, seed=1, shuffle=False)) == [0, 1, 2, 3, 4, 5, 5, 5]


def test_order_depends_on_seed_and_epoch_alone():
    def order(seed, epoch):
        sampler = TrainingOrder(rows=50, step_size=4, seed=seed, costs=np.arange(50))
        sampler.set_epoch(epoch)
        return list(sampler)

    assert order(1, 0) == order(1, 0)
    assert order(1, 3) == order(1, 3)
    assert len({tuple(order(seed, epoch)) for seed in (1, 2) for epoch in (0, 1)}) == 4


def test_rows_of_like_cost_meet_in_a_step():
    """256 rows in steps of 4: pools of 16 steps. Within a step the costs then lie some 4 apart, not some 150."""
    costs = np.random.default_rng(0).permutation(256)
    steps = np.reshape(list(TrainingOrder(256, 4, seed=1, costs=costs)), (-1, 4))
    spread = np.ptp(costs[steps], axis=1).mean()
    random = np.ptp(costs[np.reshape(list(TrainingOrder(256, 4, seed=1)), (-1, 4))], axis=1).mean()
    assert spread < 20 < 100 < random
    assert sorted(steps.ravel()) == list(range(256))
    # Not from long to short: the steps themselves are shuffled.
    means = costs[steps].mean(axis=1)
    assert list(means) != sorted(means, reverse=True)


def test_step_that_is_not_full_stays_last_when_grouped():
    numbers = list(TrainingOrder(rows=18, step_size=4, seed=1, costs=np.arange(18)))
    assert sorted(numbers[:18]) == list(range(18))
    assert numbers[18:] == [18, 18]


def test_blank_row():
    """The shortest row's text without a target: it fills a step and has no part in the loss."""
    rows = {"input_ids": [[5, 6, 1], [5, 1], [7, 1]], "labels": [[8, 1], [9, 1], [3, 1]], "length": [3, 2, 2]}
    table = with_blank(datasets.Dataset.from_dict({**rows, "feature": [0, 1, 2]}))
    assert len(table) == 4
    assert table[3] == {"input_ids": [5, 1], "labels": [-100], "length": 2, "feature": 3}
    assert table[1]["labels"] == [9, 1]


def test_nothing_to_fill_an_empty_table_with():
    empty = datasets.Dataset.from_dict({"input_ids": [], "labels": [], "length": [], "feature": []})
    assert len(with_blank(empty)) == 0


# ---------------------------------------------------------------- rows to tensors


@pytest.mark.parametrize("family", [BartForConditionalGeneration, T5ForConditionalGeneration])
def test_exercise_1_looks_shifted_twice(tokenizer, family):
    """The course's exercise 1 (S0-47), with its exact arrays: target [1,101,102,103,104,2,0,0], pad 0, start 1.

    The decoder's input [1,1,101,...] looks shifted twice, but is shifted once. The labels are the *unshifted* target,
    whose own first token is <s> = 1; in front of it comes the start token, which happens to be 1 as well. Position 0
    reads the start and has to say <s>, position 1 reads <s> and has to say 101: input and label are one place apart.
    Padding (0) becomes -100 in the labels, where it would be learned, and stays 0 in the input, where -100 is no id.
    """
    small = {"vocab_size": 128, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
    if family is BartForConditionalGeneration:
        sizes = {"d_model": 8, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 8, "decoder_ffn_dim": 8}
        heads = {"encoder_attention_heads": 1, "decoder_attention_heads": 1, "forced_eos_token_id": None}
        model = family(BartConfig(**small, **sizes, **heads, max_position_embeddings=16))
    else:
        model = family(T5Config(**small, d_model=8, d_kv=8, d_ff=8, num_heads=1, num_layers=1))
    target = [1, 101, 102, 103, 104, 2]
    batch = Collator(tokenizer, model)([{"input_ids": [9, 2], "labels": target}])
    assert batch["labels"].tolist() == [[1, 101, 102, 103, 104, 2, -100, -100]]
    assert batch["decoder_input_ids"].tolist() == [[1, 1, 101, 102, 103, 104, 2, 0]]
    padded = torch.tensor([[1, 101, 102, 103, 104, 2, 0, 0]])
    assert batch["decoder_input_ids"].tolist() == shift_tokens_right(padded, 0, 1).tolist()
    assert batch["decoder_input_ids"][0, 1:7].tolist() == target  # offset by one (S0-53)


def features():
    return [
        {"input_ids": [5, 6, 7, 1], "labels": [8, 1], "feature": 0, "source": "x", "row": {"id": "a"}},
        {"input_ids": [9] * 9 + [1], "labels": [8, 9, 1], "feature": 1, "source": "y", "row": {"id": "b"}},
    ]


def test_batch(tokenizer):
    """Padded on the right to a multiple of 8; what is no tensor stays behind; the row's number comes along."""
    batch = Collator(tokenizer, make_model("t5", tokenizer))(features())
    assert set(batch) == {"input_ids", "attention_mask", "labels", "decoder_input_ids", "feature"}
    assert batch["input_ids"].tolist() == [[5, 6, 7, 1] + [0] * 12, [9] * 9 + [1] + [0] * 6]
    assert batch["attention_mask"].tolist() == [[1] * 4 + [0] * 12, [1] * 10 + [0] * 6]
    assert batch["labels"].tolist() == [[8, 1] + [-100] * 6, [8, 9, 1] + [-100] * 5]
    assert batch["decoder_input_ids"].tolist() == [[0, 8, 1] + [0] * 5, [0, 8, 9, 1] + [0] * 4]
    assert batch["feature"].tolist() == [0, 1]


def test_trap_18_every_padded_label_is_masked(tokenizer):
    batch = Collator(tokenizer, make_model("t5", tokenizer))(features())
    assert tokenizer.pad_token_id not in batch["labels"]
    assert (batch["labels"] != -100).sum() == 2 + 3
