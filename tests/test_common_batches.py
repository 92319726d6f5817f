# SPDX-License-Identifier: Apache-2.0
"""recipes/common/learning/batches.py: which rows meet in a step, and what a batch is made of."""

import datasets
import numpy as np
import pytest
import torch
from conftest import make_model
from transformers import BartConfig, BartForConditionalGeneration, T5Config, T5ForConditionalGeneration
from transformers.models.bart.modeling_bart import shift_tokens_right

from recipes.common.learning.batches import Collator, TrainingBatches, lengths_of, with_blank

# ---------------------------------------------------------------- the order of the rows


def rows_of(batches):
    return [row for batch in batches for row in batch]


def of_length(lengths):
    """Sources of these lengths, targets of one token."""
    return np.stack([lengths, np.ones_like(lengths)], axis=1)


def test_every_row_once_and_blanks_last():
    batches = TrainingBatches(rows=10, batch_size=2, per_step=2, seed=1)
    rows = rows_of(batches)
    assert [len(batch) for batch in batches] == [2] * 6
    assert len(batches) == 6
    assert sorted(rows[:10]) == list(range(10))
    assert rows[10:] == [10, 10]
    assert rows[:10] != list(range(10))


def test_full_steps_need_no_blank():
    assert sorted(rows_of(TrainingBatches(rows=8, batch_size=4, per_step=1, seed=1))) == list(range(8))


def test_without_shuffling_the_order_of_the_data():
    batches = TrainingBatches(rows=5, batch_size=4, per_step=1, seed=1, shuffle=False)
    assert list(batches) == [[0, 1, 2, 3], [4, 5, 5, 5]]


@pytest.mark.parametrize("max_tokens", [None, 300])
def test_order_depends_on_seed_and_epoch_alone(max_tokens):
    def order(seed, epoch):
        batches = TrainingBatches(50, 4, 1, seed, lengths=of_length(np.arange(1, 51)), max_tokens=max_tokens)
        batches.set_epoch(epoch)
        return list(batches)

    assert order(1, 0) == order(1, 0)
    assert order(1, 3) == order(1, 3)
    assert len({str(order(seed, epoch)) for seed in (1, 2) for epoch in (0, 1)}) == 4


def test_rows_of_like_cost_meet_in_a_step():
    """256 rows in steps of 4: pools of 32 steps. Within a step the costs then lie some 8 apart, not some 150."""
    costs = np.random.default_rng(0).permutation(256)
    steps = np.array(list(TrainingBatches(256, 4, 1, seed=1, lengths=of_length(costs))))
    spread = np.ptp(costs[steps], axis=1).mean()
    random = np.ptp(costs[np.array(list(TrainingBatches(256, 4, 1, seed=1)))], axis=1).mean()
    assert spread < 20 < 100 < random
    assert sorted(steps.ravel()) == list(range(256))
    # Not from long to short: the steps themselves are shuffled.
    means = costs[steps].mean(axis=1)
    assert list(means) != sorted(means, reverse=True)


@pytest.mark.parametrize("side", [0, 1])
def test_rows_meet_by_the_side_that_differs_most(side):
    """Two pools of 32 rows, each with one batch, at most, in which long ones meet short ones; at random some 14."""
    lengths = np.array([[9, 9], [16, 16]] * 32)
    lengths[:32, side] = 80
    batches = TrainingBatches(64, 4, 1, seed=1, lengths=lengths)
    assert sum(len({int(lengths[row, side] > 40) for row in batch}) > 1 for batch in batches) <= 2


def test_step_that_is_not_full_stays_last_when_grouped():
    rows = rows_of(TrainingBatches(rows=18, batch_size=4, per_step=1, seed=1, lengths=of_length(np.arange(18))))
    assert sorted(rows[:18]) == list(range(18))
    assert rows[18:] == [18, 18]


def test_batches_of_tokens():
    """Each holds as many rows as fit, by hand: sources of 8, 16 and 24, targets of 1 that are padded to 8."""
    lengths = of_length(np.array([8, 24, 16, 8, 24, 8]))
    batches = TrainingBatches(6, 99, 1, seed=1, lengths=lengths, max_tokens=64)
    # The longest first: 2 x (24 + 8) = 64. Then 16 with an 8: 2 x (16 + 8) = 48, and with one more 72. Two are left.
    assert sorted(map(sorted, batches)) in (
        [[0, 2], [1, 4], [3, 5]],
        [[0, 3], [1, 4], [2, 5]],
        [[0, 5], [1, 4], [2, 3]],
    )
    assert len(batches) == 3


def test_batches_of_tokens_in_equal_numbers_for_all_processes():
    """As many in every epoch; each row once; a multiple of accumulation x processes; no batch above the limit."""
    draw = np.random.default_rng(3)
    lengths = np.stack([draw.integers(1, 120, 500), draw.integers(1, 40, 500)], axis=1)
    batches = TrainingBatches(500, 99, 6, seed=1, lengths=lengths, max_tokens=1000)
    padded, seen = -(-lengths // 8) * 8, []
    for epoch in range(3):
        batches.set_epoch(epoch)
        made = list(batches)
        assert len(made) == len(batches)
        assert len(made) % 6 == 0
        rows = rows_of(made)
        assert sorted(row for row in rows if row < 500) == list(range(500))
        assert max(len(b) * padded[b].max(axis=0).sum() for b in made if b != [500]) <= 1000
        seen.append(made)
    assert seen[0] != seen[1]
    real = sum(lengths[b].sum() for b in seen[0] if b != [500])
    filled = sum(len(b) * padded[b].max(axis=0).sum() for b in seen[0] if b != [500])
    assert real / filled > 0.7


def test_lengths_are_those_after_cutting():
    table = datasets.Dataset.from_dict({"input_ids": [[5, 6, 1], [1]], "labels": [[8, 1], [9, 3, 1]], "length": [9, 9]})
    assert lengths_of(table).tolist() == [[3, 2], [1, 3]]
    assert lengths_of(table.select([1])).tolist() == [[1, 3]]


def test_blank_row():
    """The shortest row's text without a target: it fills a step and has no part in the loss."""
    rows = {"input_ids": [[5, 6, 1], [5, 1], [7, 1]], "labels": [[8, 1], [9, 1], [3, 1]], "length": [3, 2, 2]}
    table = with_blank(datasets.Dataset.from_dict({**rows, "feature": [0, 1, 2]}))
    assert len(table) == 4
    assert table[3] == {"input_ids": [5, 1], "labels": [-100, -100], "length": 2, "feature": 3}
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
