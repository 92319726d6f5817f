# SPDX-License-Identifier: Apache-2.0
"""recipes/common/upstream/: what is private in other libraries is used there alone, and is still what it was."""

import ast
import inspect

import pytest
import torch
import transformers
from conftest import ROOT

FOREIGN = [path for path in sorted((ROOT / "recipes").rglob("*.py")) if "upstream" not in path.parts]
# sacrebleu has no public way to score a corpus from the statistics of its rows; recipes/metrics stands alone.
ALLOWED = {
    "recipes/metrics/scores.py": {"_extract_corpus_statistics", "_compute_score_from_stats"},
    "recipes/common/running/ending.py": {"_exit"},  # os._exit, Python's own
    "recipes/__init__.py": {"_exit"},
}


def private_names(path):
    """`thing._name` where `thing` is not the object itself."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith("__"):
            continue
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            continue
        if isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "super":
            continue
        yield node.attr


@pytest.mark.parametrize("path", FOREIGN, ids=lambda path: str(path.relative_to(ROOT / "recipes")))
def test_nothing_private_outside_upstream(path):
    name = path.relative_to(ROOT).as_posix()
    assert set(private_names(path)) <= ALLOWED.get(name, set())


def test_overridden_methods_are_still_there():
    """A method that the library no longer calls would be overridden in vain."""
    trainer = transformers.Trainer
    for name, arguments in {
        "_get_grad_norm": ["self", "model", "grad_norm"],
        "_get_eval_sampler": ["self", "eval_dataset"],
        "_load_best_model": ["self"],
        "_prepare_inputs": ["self", "inputs"],
    }.items():
        assert list(inspect.signature(getattr(trainer, name)).parameters)[: len(arguments)] == arguments, name
    assert list(inspect.signature(trainer._load_from_checkpoint).parameters)[1] == "resume_from_checkpoint"
    source = inspect.getsource(trainer)
    for call in ("._get_grad_norm(", "._get_eval_sampler", "._load_best_model("):
        assert call in source, call


def test_accelerate_marks_a_prepared_model():
    """`forget_preparation` takes this mark away; without it `train` would leave the model without its wrapper."""
    import accelerate

    assert "_is_accelerate_prepared" in inspect.getsource(accelerate.Accelerator)
    model = torch.nn.Linear(2, 2)
    accelerate.Accelerator(cpu=True).prepare_model(model, evaluation_mode=True)
    assert model.__dict__["_is_accelerate_prepared"] is True


def bart(vocabulary=16):
    ids = {"pad_token_id": 1, "eos_token_id": 2, "bos_token_id": 0, "decoder_start_token_id": 2}
    sizes = dict.fromkeys(("encoder_layers", "decoder_layers", "encoder_attention_heads", "decoder_attention_heads"), 1)
    sizes |= {"d_model": 8, "encoder_ffn_dim": 8, "decoder_ffn_dim": 8, "max_position_embeddings": 16}
    return transformers.BartForConditionalGeneration(transformers.BartConfig(vocab_size=vocabulary, **sizes, **ids))


def test_heads_bypassed():
    """Within it the logits are what the head gets, of the model's width; afterwards nothing of it is left."""
    from recipes.common.upstream import heads

    torch.manual_seed(0)
    model = bart().eval()
    model.final_logits_bias += 3.0
    inputs = {"input_ids": torch.tensor([[4, 5, 2]]), "decoder_input_ids": torch.tensor([[2, 4]])}
    head, before = model.get_output_embeddings(), model(**inputs).logits
    with heads.bypassed(model, head):
        hidden = model(**inputs).logits
    assert hidden.shape == (1, 2, 8)
    torch.testing.assert_close(head(hidden) + model.final_logits_bias, before)
    torch.testing.assert_close(model(**inputs).logits, before)
    assert "forward" not in vars(head)


def test_beams_shared_cache():
    """The library's cache fills its layers for cross-attention by `update`, and tells by `is_updated` that it has."""
    from recipes.common.upstream import beams

    torch.manual_seed(0)
    model = bart().eval()
    ids = torch.tensor([[4, 5, 2], [6, 2, 1]])
    mask = (ids != 1).long()
    encoded = model.get_encoder()(ids, attention_mask=mask)
    one = transformers.GenerationConfig(num_beams=1, decoder_start_token_id=2)
    three = transformers.GenerationConfig(num_beams=3, decoder_start_token_id=2)
    assert beams.shared_cache(model, encoded, mask, one) is None
    cache = beams.shared_cache(model, encoded, mask, three)
    assert cache.is_updated == {0: True}
    keys = cache.cross_attention_cache.layers[0].keys
    assert keys.shape[0] == 6
    torch.testing.assert_close(keys[0], keys[2])
    inspect.signature(transformers.EncoderDecoderCache.reorder_cache).bind(cache, beam_idx=torch.arange(6))
    new = torch.randn(6, 1, 1, 8)
    own, _ = cache.self_attention_cache.update(new, new, 0)
    cache.reorder_cache(torch.tensor([2, 1, 0, 3, 3, 3]))
    assert torch.equal(cache.self_attention_cache.layers[0].keys, own[[2, 1, 0, 3, 3, 3]])
    assert cache.cross_attention_cache.layers[0].keys is keys  # what beams share is not moved


def test_cpu_attention_can_be_chosen():
    from recipes.common.upstream import cpu

    assert cpu.NAME in transformers.AttentionInterface().valid_keys()
    model = bart()
    assert model._can_set_attn_implementation()
    usual = model.config._attn_implementation
    model.train()
    model.config.attention_dropout = 0.1
    with cpu.fast_training(model):
        assert model.config._attn_implementation == (cpu.NAME if usual == "sdpa" else usual)
    assert model.config._attn_implementation == usual


def test_devices_has_bf16(monkeypatch):
    from recipes.common.upstream import devices

    for avx, amx in ((True, False), (False, True), (False, False)):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda avx=avx: avx)
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda amx=amx: amx)
        assert devices.has_bf16(use_cpu=True) == (avx or amx)


def test_devices_use_one_gpu(tmp_path):
    from recipes.common.upstream import devices

    args = transformers.TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to="none")
    args._n_gpu = 4
    assert args.n_gpu == 4
    devices.use_one_gpu(args)
    assert args.n_gpu == 1


def test_hub_load_as_text_fingerprint_and_commit(tmp_path, monkeypatch):
    import datasets

    from recipes.common.upstream import hub

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    offline = datasets.config.HF_HUB_OFFLINE
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/train.csv").write_text("a,b\nN/A,007\n,null\n", encoding="utf-8")
    data = hub.load_as_text(str(tmp_path / "mine"), None, None, from_cache=True)["train"]
    assert data.to_list() == [{"a": "N/A", "b": "007"}, {"a": "", "b": "null"}]
    assert offline == datasets.config.HF_HUB_OFFLINE
    assert hub.fingerprint(data) != hub.fingerprint(data.select([0]))
    assert hub.commit(data) == data.cache_files[0]["filename"].split("/")[-2]
    assert hub.commit(datasets.Dataset.from_list([{"a": "b"}])) is None


def test_forget_preparation_restore_and_the_rest_are_the_hooks():
    """Every private name of the Trainer that Hooks uses is a method of it; one that is gone fails here by its name."""
    from recipes.common.upstream import trainer as hooks

    used = set(private_names(ROOT / "recipes/common/upstream/trainer.py")) | {"_get_grad_norm", "_get_eval_sampler"}
    for name in used:
        assert hasattr(transformers.Seq2SeqTrainer, name), name
    assert hooks.Hooks._get_grad_norm is not transformers.Trainer._get_grad_norm


# ---------------------------------------------------------------- the Trainer's hooks, each by its name


ROWS = [{"input_ids": torch.tensor([4, n, 2]), "labels": torch.tensor([n, 2])} for n in (5, 6, 7, 8)]


@pytest.fixture
def make_trainer(tmp_path):
    from recipes.common.upstream.trainer import Hooks

    def make(kind=Hooks, **options):
        given = {"output_dir": str(tmp_path), "use_cpu": True, "report_to": "none", "save_strategy": "steps"}
        given |= {"save_steps": 1, "max_steps": 2, "per_device_train_batch_size": 2, "learning_rate": 0.1}
        torch.manual_seed(0)
        args = transformers.TrainingArguments(**given | options)
        return kind(model=bart(), args=args, train_dataset=ROWS, eval_dataset=ROWS)

    return make


def weights_of(model):
    return model.get_input_embeddings().weight.detach().clone()


def test_hooks_check_gradient(make_trainer):
    trainer, seen = make_trainer(), []
    trainer.check_gradient = seen.append
    trainer.train()
    assert len(seen) == 2 and all(torch.is_tensor(norm) and norm > 0 for norm in seen)


def test_hooks_evaluation_order(make_trainer):
    trainer = make_trainer(per_device_eval_batch_size=2)
    trainer.evaluation_order = lambda dataset: [3, 1, 0, 2]
    labels = trainer.predict(ROWS).label_ids
    assert labels[:, 0].tolist() == [8, 6, 5, 7]


def test_hooks_forget_preparation(make_trainer):
    trainer = make_trainer()
    trainer.model.__dict__["_is_accelerate_prepared"] = True
    trainer.forget_preparation()
    trainer.forget_preparation()  # a model without the mark is nothing special
    assert "_is_accelerate_prepared" not in vars(trainer.model)


@pytest.mark.parametrize("best", [True, False])
def test_hooks_restore_and_find_best(make_trainer, tmp_path, best):
    """The weights of the best checkpoint, wherever the run's folder is now; or those of the one that is named."""
    trained = make_trainer()
    trained.train()
    trained.state.best_global_step, trained.state.best_model_checkpoint = 1, "/elsewhere/checkpoint-1"
    trained.state.save_to_json(f"{tmp_path}/checkpoint-2/trainer_state.json")
    steps = [transformers.BartForConditionalGeneration.from_pretrained(f"{tmp_path}/checkpoint-{n}") for n in (1, 2)]
    trainer = make_trainer(load_best_model_at_end=best, eval_strategy="steps" if best else "no", eval_steps=1)
    trainer.restore(f"{tmp_path}/checkpoint-2")
    assert trainer.state.global_step == 2
    assert trainer.state.best_model_checkpoint == str(tmp_path / "checkpoint-1")
    assert torch.equal(weights_of(trainer.model), weights_of(steps[0 if best else 1]))
    assert not torch.equal(weights_of(steps[0]), weights_of(steps[1]))
    trainer.state.best_global_step = 7
    trainer.find_best()
    assert trainer.state.best_model_checkpoint is None


def test_hooks_batch_size(make_trainer):
    """--auto_find_batch_size halves the library's own number, not the argument's."""
    from recipes.common.upstream.trainer import Hooks

    class Full(Hooks):
        sizes = []

        def training_step(self, *args, **kwargs):
            self.sizes.append(self.batch_size)
            if self.batch_size > 1:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().training_step(*args, **kwargs)

    make_trainer(Full, auto_find_batch_size=True).train()
    assert Full.sizes == [2, 1, 1]


def test_hooks_on_device(make_trainer):
    trainer = make_trainer()
    trainer._prepare_inputs = lambda inputs: {name: one + 1 for name, one in inputs.items()}
    assert trainer.on_device({"a": 1}) == {"a": 2}
