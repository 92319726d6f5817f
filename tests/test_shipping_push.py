# SPDX-License-Identifier: Apache-2.0
"""make push and loading by name, against a stand-in for the Hub on loopback; its client is the library's own."""

import hub
import pytest
import yaml
from helpers import finish, read_json, start

from recipes.common import UserError
from recipes.shipping import push

RECIPE = "summarize_t5"
WHOLE = ["README.md", "config.json", "generation_config.json", "model.safetensors"]
TOKENIZER = ["tokenizer.json", "tokenizer_config.json"]
ADAPTER = ["adapter/adapter_config.json", "adapter/adapter_model.safetensors", "adapter/base.json"]


@pytest.fixture
def stand_in():
    with hub.running() as one:
        yield one


def python(stand_in, *words, token="hf_test", **more):
    """(code, out, err) of a new process that takes the stand-in for the Hub."""
    online = {"HF_ENDPOINT": stand_in if isinstance(stand_in, str) else stand_in.address, "HF_HUB_OFFLINE": "0"}
    return finish(start("python", *words, HF_TOKEN=token, HF_HUB_DISABLE_XET="1", **online | more))


@pytest.mark.parametrize("name", ["summarize_t5", "translate_mt5_lora"])
def test_what_is_shown_to_others(smalls, tmp_path, name):
    """The finished model alone, and of this machine nothing, though the run's own files name it."""
    small = smalls(name)
    files = push.stage(small.done.folder, tmp_path, "mine/model")
    assert files == sorted(WHOLE + TOKENIZER + (ADAPTER if name == "translate_mt5_lora" else []))
    first = small.rows["test"][0]
    secrets = [str(small.folder), str(small.done.folder), *(text for text in first.values() if len(text) > 20)]
    for path in files:
        content = (tmp_path / path).read_bytes()
        assert not [one for one in secrets if one.encode() in content], path
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(card.split("---")[1])
    (model,) = head["model-index"]
    scores = {one["type"]: one["value"] for one in model["results"][0]["metrics"]}
    own = read_json(small.done.folder / "predict_results.json")
    assert scores == {one: round(own[f"predict_{one}"], 2) for one in small.metrics}
    assert model["name"] == "mine/model" and "folder = 'mine/model'" in card


@pytest.mark.parametrize("name", ["summarize_t5", "translate_mt5_lora"])
def test_what_the_hub_has_after_a_push(smalls, stand_in, name):
    """All weights of a LoRA run, merged, and its adapter in a folder of its own."""
    folder = smalls(name).done.folder
    code, out, err = python(stand_in, "scripts/push.py", "--run", folder, "--repo", "mine/model")
    assert code == 0, err
    there = stand_in.files["mine/model"]
    expected = WHOLE + TOKENIZER + (ADAPTER if name == "translate_mt5_lora" else [])
    assert sorted(set(there) - {".gitattributes"}) == sorted(expected)
    assert "look at   " in out
    weights = [path for path in there if path.endswith(".safetensors")]
    assert [there[path] for path in weights] == [(folder / path).read_bytes() for path in weights]


@pytest.mark.parametrize(
    ("situation", "said"),
    [
        ("no token", "nobody is logged in; run 'hf auth login' first"),
        ("unreachable", "is out of reach"),
        ("offline", "HF_HUB_OFFLINE is set, so nothing is sent"),
    ],
)
def test_a_push_that_fails_is_one_sentence(done, stand_in, situation, said):
    address = "http://127.0.0.1:9" if situation == "unreachable" else stand_in
    token = "" if situation == "no token" else "hf_test"
    offline = {"HF_HUB_OFFLINE": "1"} if situation == "offline" else {}
    words = ["scripts/push.py", "--run", done.folder, "--repo", "mine/model"]
    code, _, err = python(address, *words, token=token, **offline)
    assert code == 2 and said in err and "the run is whole in" in err and err.count("\n") == 1, err


def test_only_a_run_that_is_done_is_pushed(tmp_path):
    with pytest.raises(UserError, match="not the folder of a run that is done"):
        push.push(tmp_path, "mine/model")


@pytest.mark.report
def test_push_to_hub_puts_up_the_finished_model_once(run, tmp_path, monkeypatch):
    """Not each epoch's checkpoint, while run.json says that it is running."""
    from recipes.typed import trial

    pushed = []

    def push_(folder, repository, private):
        pushed.append((read_json(folder / "run.json")["status"], repository, (folder / "README.md").is_file()))
        return "address", []

    monkeypatch.setattr(push, "push", push_)
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    monkeypatch.setattr(trial, "whoami", lambda: {"name": "mine"})
    monkeypatch.setattr(trial, "get_token", lambda: "hf_test")
    assert run(push_to_hub=True, hub_model_id="mine/model", max_steps=2) == 0
    assert pushed == [("done", "mine/model", True)]
    monkeypatch.setattr(push, "push", lambda *_: (_ for _ in ()).throw(UserError("out of reach")))
    assert run(push_to_hub=True, hub_model_id="mine/model", max_steps=1, output_dir=tmp_path / "b") == 2
    assert read_json(tmp_path / "b/run.json")["status"] == "done"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("situation", "said"),
    [
        ("found", None),
        ("not found", "mine/other"),
        ("private", "mine/model"),
        ("unreachable", "out of reach"),
        ("cut", "mine/model"),
    ],
)
def test_loading_by_name(done, stand_in, tmp_path, situation, said):
    files = {path.name: path.read_bytes() for path in done.folder.iterdir() if path.name in {*WHOLE, *TOKENIZER}}
    stand_in.files["mine/model"] = files
    if situation == "private":
        stand_in.private.add("mine/model")
    if situation == "cut":
        stand_in.cut.add("mine/model")
    (tmp_path / "in.txt").write_text("Ann asks.\n")
    name = "mine/other" if situation == "not found" else "mine/model"
    address = "http://127.0.0.1:9" if situation == "unreachable" else stand_in
    words = ["--model", name, "--source", "summarize: {text}", "--max_source_length", "40"]
    words += ["--input", tmp_path / "in.txt", "--output", tmp_path / "out.txt"]
    code, out, err = python(address, "scripts/predict.py", *words, token="", HF_HOME=str(tmp_path / "home"))
    if said is None:
        assert code == 0, err
        return
    assert code == 2 and said in err and "Traceback" not in err, err
    assert len([line for line in err.splitlines() if line.startswith("error: ")]) == 1
