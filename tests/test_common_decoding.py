# SPDX-License-Identifier: Apache-2.0
"""recipes/common/decoding.py: one generation config per run, and ids back to text."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from conftest import make_model, make_tokenizer
from transformers import AutoModelForSeq2SeqLM

from recipes.common import UserError, lora
from recipes.common.arguments import RecipeSettings
from recipes.common.decoding import (
    decode_ids,
    generate_ids,
    generation_config,
    hit_limit,
    read_outputs,
    sampled,
)
from recipes.pretrained.parts import innermost
from recipes.typed.generation import chosen_settings

torch.set_num_threads(1)  # as in helpers.py


@dataclass
class Settings:
    max_target_length: int = 40
    num_beams: int = 4
    length_penalty: float = 1.0
    no_repeat_ngram_size: int = 3
    top_k: int | None = None
    do_sample: bool | None = None
    num_return_sequences: int | None = None
    learning_rate: float = 0.1  # no matter of generation
    given = frozenset()


# ---------------------------------------------------------------- ids to text


def test_trap_7_ids_below_zero_and_beyond_the_vocabulary(tokenizer):
    """T5 has more rows than tokens and may generate one of the others; -100 fills up rows of other batches."""
    text = "Ann asks for the lamp"
    ids = tokenizer(text)["input_ids"]
    beyond = [-100, -1, len(tokenizer), len(tokenizer) + 3, 10**6]
    ragged = [[*ids, *beyond], [*beyond, *ids], [*ids, *[-100] * len(beyond)], [-100] * (len(ids) + len(beyond))]
    assert decode_ids(ragged, tokenizer) == [text, text, text, ""]
    assert decode_ids(np.asarray(ragged), tokenizer) == [text, text, text, ""]


def test_trap_7_no_tokenizer_ever_sees_such_an_id(tokenizer):
    """Fast tokenizers pass over ids beyond their vocabulary without a word; others raise an error."""
    seen = []

    class Watching:
        pad_token_id = tokenizer.pad_token_id

        def __len__(self):
            return len(tokenizer)

        def batch_decode(self, ids, **_):
            seen.extend(np.unique(ids).tolist())
            return [""] * len(ids)

    decode_ids([[5, -100, 6, -1], [len(tokenizer) - 1, len(tokenizer), 10**6, 7]], Watching())
    assert seen == [tokenizer.pad_token_id, 5, 6, 7, len(tokenizer) - 1]


def test_outer_spaces_and_special_tokens_go(tokenizer):
    space = tokenizer("Ann")["input_ids"][:-1]
    ids = [tokenizer.pad_token_id, *space, *space, tokenizer.eos_token_id]
    assert decode_ids([ids], tokenizer) == ["Ann Ann"]


def test_spaces_before_punctuation_stay(tokenizer):
    """The library's clean-up would make "Ann, Bo." of it: the prediction would not be what was generated."""
    text = "Ann , Bo ."
    assert decode_ids([tokenizer(text)["input_ids"]], tokenizer) == [text]


def test_no_rows_at_all(tokenizer):
    assert decode_ids(np.zeros((0, 5), dtype=int), tokenizer) == []


@pytest.mark.parametrize("ids", [[1, 2, 3], [[[1]]]])
def test_wrong_shape(tokenizer, ids):
    with pytest.raises(ValueError, match=r"\(num_examples, max_len\)"):
        decode_ids(ids, tokenizer)


def test_hit_limit_by_hand():
    """Ends: with 1, never, at once; BART's start token is the end token as well, and the first id does not count."""
    ids = [[0, 5, 1, 0], [0, 5, 6, 7], [0, 1, 0, 0]]
    assert hit_limit(ids, 1).tolist() == [False, True, False]
    assert hit_limit([[2, 0, 5, 6], [2, 0, 5, 2]], 2).tolist() == [True, False]
    assert hit_limit(ids, [1, 7]).tolist() == [False, False, False]


# ---------------------------------------------------------------- the generation config


def test_trap_6_settings_of_the_recipe_and_ids_of_the_model(tokenizer):
    config = generation_config(Settings(), make_model("t5", tokenizer))
    shown = config.to_diff_dict()
    shown.pop("transformers_version")
    assert shown == {
        "max_new_tokens": 40, "num_beams": 4, "length_penalty": 1.0, "no_repeat_ngram_size": 3,
        "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1,
    }  # fmt: skip
    assert config.max_length is None


def test_trap_37_nothing_else_is_taken_over(tokenizer):
    """BART-CNN's config asks for at least 56 tokens; that it must end with </s> belongs to the family and is kept."""
    model = make_model("bart", make_tokenizer(bos="<s>"))
    model.generation_config.update(min_length=56, num_beams=6, early_stopping=True)
    config = generation_config(Settings(num_beams=2), model)
    assert (config.min_length, config.early_stopping, config.num_beams) == (None, None, 2)
    assert config.forced_eos_token_id == model.config.eos_token_id
    assert config.decoder_start_token_id == model.config.decoder_start_token_id


def test_ids_that_only_the_model_configuration_knows(tokenizer):
    model = make_model("t5", tokenizer)
    model.generation_config.decoder_start_token_id = None
    assert generation_config(Settings(), model).decoder_start_token_id == 0


def test_settings_that_contradict_each_other(tokenizer):
    """The library would only complain when it saves: after the training. What nobody asked for is left out."""
    for name, changed in (("length_penalty", {"num_beams": 1, "length_penalty": 2.0}), ("top_k", {"top_k": 5})):
        settings, model = Settings(**changed), make_model("t5", tokenizer)
        assert getattr(generation_config(settings, model), name) is None
        settings.given = {name}
        with pytest.raises(UserError, match=f"--{name} {changed[name]}: does nothing without --"):
            generation_config(settings, model)


def test_how_to_draw_where_nothing_is_drawn(tokenizer):
    """--do_sample False on a recipe that samples by default: beams, and nothing that the library refuses to save."""
    defaults = [("top_p", float, 0.9), ("temperature", float, 0.9)]
    settings = dataclasses.make_dataclass("Sampling", defaults, bases=(Settings,))
    assert generation_config(settings(num_beams=1, do_sample=True), make_model("t5", tokenizer)).top_p == 0.9
    config = generation_config(settings(do_sample=False, top_k=5), make_model("t5", tokenizer))
    assert (config.top_k, config.top_p, config.temperature, config.num_beams) == (None, None, None, 4)


def test_more_than_there_can_be():
    """The library accepts the first, and fails in the first evaluation."""
    settings = dataclasses.make_dataclass("Long", [("min_new_tokens", int, 41)], bases=(Settings,))
    with pytest.raises(UserError, match="--min_new_tokens 41: must be at most --max_target_length 40"):
        chosen_settings(settings())
    with pytest.raises(UserError, match="--num_return_sequences 5: without --do_sample True at most --num_beams 4"):
        chosen_settings(Settings(num_return_sequences=5))
    assert chosen_settings(Settings(num_return_sequences=4))["num_return_sequences"] == 4


# ---------------------------------------------------------------- generation


def generate(tokenizer, with_scores=True, **chosen):
    """(model, batch, ids, scores) for three texts of uneven length."""
    model = make_model("t5", tokenizer).eval()
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    batch = tokenizer(["Ann", "Bo wants the lamp", "hello Dev"], padding=True, return_tensors="pt")
    config = generation_config(Settings(max_target_length=8, **chosen), model)
    encoded = model.get_encoder()(**batch)
    with torch.no_grad(), sampled(config, 5):
        return model, batch, *generate_ids(model, encoded, batch["attention_mask"], config, with_scores), config


def test_trap_31_a_score_is_the_mean_log_probability_of_the_tokens_up_to_the_end(tokenizer):
    """Worked out from the whole logits, one output at a time, without padding."""
    model, batch, ids, scores, config = generate(tokenizer, num_beams=3)
    assert ids.shape[::2] == (3, 1) and scores.shape == (3, 1)
    for row in range(3):
        output = ids[row, :, 0].tolist()
        end = output.index(config.eos_token_id, 1) + 1 if config.eos_token_id in output[1:] else len(output)
        source = batch["input_ids"][row][batch["attention_mask"][row] == 1][None]
        logits = model(input_ids=source, decoder_input_ids=torch.tensor([output[: end - 1]])).logits[0]
        expected = logits.log_softmax(-1)[range(end - 1), output[1:end]].mean()
        torch.testing.assert_close(scores[row, 0], expected, atol=1e-5, rtol=1e-5)


def test_several_sequences_stay_with_their_source(tokenizer):
    """Beams are returned best first: the first of two is what one alone would be."""
    *_, one, _, config = generate(tokenizer, num_beams=4)
    *_, two, scores, _ = generate(tokenizer, num_beams=4, num_return_sequences=2)
    assert two.shape[::2] == (3, 2) and scores.shape == (3, 2)
    first = read_outputs(one, [[0.0]] * 3, tokenizer, config, True)
    both = read_outputs(two, scores, tokenizer, config, True)
    assert [several[0].text for several in both] == [several[0].text for several in first]
    assert all(len(several) == 2 and several[0].text != several[1].text for several in both)
    assert [[output.score for output in several] for several in both] == scores.tolist()


def test_outputs_that_no_end_token_closed(tokenizer):
    config = generation_config(Settings(), make_model("t5", tokenizer))
    end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
    ids = np.array([[pad, 5, end, pad], [pad, 5, 6, 7]])[:, :, None]
    (closed,), (cut,) = read_outputs(ids, None, tokenizer, config)
    assert (closed.hit_limit, cut.hit_limit, closed.score) == (False, True, None)


def test_trap_39_sampling_takes_its_own_seed_and_gives_the_random_state_back(tokenizer):
    chosen = {"do_sample": True, "num_beams": 1}
    torch.manual_seed(1)
    *_, first, _, _ = generate(tokenizer, with_scores=False, **chosen)
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    config = generation_config(Settings(**chosen), make_model("t5", tokenizer))
    torch.random.set_rng_state(before)
    with sampled(config, 5):
        torch.rand(3)
    assert torch.equal(torch.random.get_rng_state(), before)
    *_, second, _, _ = generate(tokenizer, with_scores=False, **chosen)
    assert torch.equal(first, second)


# ---------------------------------------------------------------- what is scored is what is saved

# What checkpoints carry along from other tasks, and what generate() would take over without a word.
OLD = {
    "beams": {"num_beams": 4, "length_penalty": 3.0, "early_stopping": True},
    "one beam": {"num_beams": 1, "repetition_penalty": 3.0},
    "news": {"min_length": 11, "no_repeat_ngram_size": 1, "num_beams": 4},
    "least": {"min_new_tokens": 11, "encoder_repetition_penalty": 4.0},
    "suppressed": {"suppress_tokens": list(range(5, 60, 2)), "begin_suppress_tokens": list(range(60, 120))},
    "forced": {"forced_bos_token_id": 9, "forced_eos_token_id": 7, "bad_words_ids": [[n] for n in range(20, 90, 3)]},
    "drawn": {"do_sample": True, "top_k": 3, "temperature": 5.0},
    "short": {"max_length": 3},
}


@pytest.fixture(scope="module", params=["t5", "bart"])
def folder(request, tmp_path_factory):
    """A checkpoint whose texts end sooner or later, so that a least length would matter."""
    tokenizer = make_tokenizer(bos="<s>" if request.param == "bart" else None)
    folder = tmp_path_factory.mktemp(request.param)
    model = make_model(request.param, tokenizer, seed=3)
    with torch.no_grad():
        if request.param == "bart":
            model.final_logits_bias[0, tokenizer.eos_token_id] = 3
        else:
            model.lm_head.weight[tokenizer.eos_token_id] *= 3
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder, tokenizer


def adapted(model, rank):
    """`model` with LoRA of that rank, as if it had been trained."""
    model = lora.wrap(model, RecipeSettings(lora_r=rank, lora_alpha=8, lora_dropout=0.0), seed=1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.1)
    return model.eval()


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("rank", [0, 4])
@pytest.mark.parametrize("old", OLD)
def test_trap_6_texts_that_are_scored_are_those_of_the_saved_model(folder, old, rank, beams, tmp_path):
    """With LoRA and without, whatever the checkpoint would do if asked: its own settings are in neither."""
    place, tokenizer = folder
    model = AutoModelForSeq2SeqLM.from_pretrained(place)
    model.generation_config.update(**OLD[old])
    batch = tokenizer(["Ann wants a lamp", "Bo", "hello Dev, the order is late"], padding=True, return_tensors="pt")
    model = adapted(model, rank)
    lora.merge(model)
    with torch.no_grad():
        torch.manual_seed(2)
        own = model.generate(**batch)
        config = generation_config(Settings(max_target_length=12, num_beams=beams), model)
        ids, _ = generate_ids(model, model.get_encoder()(**batch), batch["attention_mask"], config)
        plain = lora.save(model, None)
        plain.generation_config = config
        plain.save_pretrained(tmp_path)
        saved = AutoModelForSeq2SeqLM.from_pretrained(tmp_path).generate(**batch)
    scored = decode_ids(ids[:, :, 0], tokenizer)
    assert scored == decode_ids(saved, tokenizer)
    assert scored != decode_ids(own, tokenizer), "the checkpoint's settings would change nothing: a test of nothing"


def test_trap_6_whatever_is_around_the_model(tokenizer):
    """The library reads what a config leaves open from the innermost model, which LoRA hides."""
    plain = make_model("t5", tokenizer).eval()
    assert innermost(plain) is innermost(torch.nn.DataParallel(plain)) is plain
    model = torch.nn.DataParallel(adapted(plain, rank=4))
    assert innermost(model) is plain
    plain.generation_config.update(min_length=9, suppress_tokens=list(range(5, 60)))
    config = generation_config(Settings(max_target_length=12, num_beams=2), plain)
    batch = tokenizer(["Ann wants a lamp", "Bo"], padding=True, return_tensors="pt")
    with torch.no_grad():
        ids, _ = generate_ids(model, plain.get_encoder()(**batch), batch["attention_mask"], config)
    assert plain.generation_config is config
    assert ids[:, :, 0].tolist() == plain.generate(**batch).tolist()


# ---------------------------------------------------------------- what beams share


@pytest.mark.parametrize("family", ["t5", "bart"])
@pytest.mark.parametrize(
    "how",
    [
        {"num_beams": 4},
        {"num_beams": 4, "num_return_sequences": 3},
        {"num_return_sequences": 3, "do_sample": True, "top_k": 20},
    ],
)
def test_beams_share_their_source_and_give_the_same_ids(tokenizer, family, how):
    """Keys and values of the source are made once for its 3 rows, not for 9 or 12; the ids are the library's own."""
    model = make_model(family, tokenizer).eval()
    config = generation_config(Settings(**{"num_beams": 1, "max_target_length": 12, **how}), model)
    ids = torch.arange(5, 5 + 3 * 7).view(3, 7)
    mask = torch.ones_like(ids)
    mask[1, 4:] = 0
    with torch.no_grad():
        torch.manual_seed(3)
        wanted = model.generate(ids, attention_mask=mask, generation_config=config)
        rows = set()
        cross = [
            module
            for name, module in model.named_modules()
            if name.endswith(("EncDecAttention.k", "encoder_attn.k_proj"))
        ]
        for module in cross:
            module.register_forward_hook(lambda module, args, output: rows.add(len(output)))
        torch.manual_seed(3)
        made, _ = generate_ids(model, model.get_encoder()(ids, attention_mask=mask), mask, config)
    assert cross
    assert rows == {3}
    assert made.transpose(1, 2).reshape(wanted.shape).tolist() == wanted.tolist()
