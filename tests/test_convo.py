# SPDX-License-Identifier: Apache-2.0
"""The conversation recipe through its real command, on a tiny model: its turns, its tokens, FastChat's names."""

import json
import random
import shlex
import shutil
from types import SimpleNamespace

import harness
import pytest
import torch
from conftest import ROOT, WORDS, make_model, make_tokenizer
from harness import ODD_CHATS, Predictor, chat
from helpers import finish, forked, read_json, start, write_jsonl
from transformers import AutoTokenizer, T5Tokenizer

from recipes import convo_flant5 as convo
from recipes import files as reading
from recipes.common import UserError, features
from recipes.formats import conversations as form
from recipes.formats import windows

RECIPE = "convo_flant5"


def made(record, new=False):
    """What `reshape` makes of a record: values of its rows."""
    return convo.reshape(reading.Row(record, "x.json", 7, "row"), convo.Settings(), new)


# ---------------------------------------------------------------- turns and rows


def test_a_row_for_each_reply_with_all_that_was_said_before():
    record = {"id": "7", "conversations": chat("Hi!", "Hello.", "Is it one?", "It is two.")}
    assert [dict(row) for row in made(record)] == [
        {"id": "7/1", "conversation": "7", "speakers": ["human"], "history": ["Hi!"], "reply": "Hello."},
        {"id": "7/2", "conversation": "7", "speakers": ["human", "gpt", "human"],
         "history": ["Hi!", "Hello.", "Is it one?"], "reply": "It is two."},
    ]  # fmt: skip


def test_both_forms_give_the_same_rows():
    names = {"human": "user", "gpt": "assistant", "system": "system"}
    sharegpt = [{"from": "system", "value": "Be short."}, *chat("a", "b", "c", "d")]
    messages = [{"role": names[turn["from"]], "content": turn["value"]} for turn in sharegpt]
    assert made({"conversations": sharegpt}) == made({"messages": messages})
    assert made({"conversations": sharegpt})[0]["speakers"] == ["system", "human"]


def test_begins_with_the_assistant_that_turn_is_history_only():
    rows = made({"id": "a", **ODD_CHATS["begins"]})
    assert [(row["history"], row["reply"]) for row in rows if row] == [(["hello", "a lamp please"], "thanks")]
    assert [row.unwanted for row in rows] == [None, "begins with the assistant, whose first turn replies to nobody"]


def test_two_turns_in_a_row_are_joined_and_counted():
    (row,) = made({"conversations": [*chat("Hi."), *chat("Are you there?", "Yes."), *chat("Sure.", first="gpt")]})
    assert (row["history"], row["reply"]) == (["Hi.\nAre you there?"], "Yes.\nSure.")
    assert row.remark == "turns in a row of one speaker were joined by a line break"


def test_an_open_conversation_gives_one_row_to_reply_to():
    """At prediction; in training its last turn is left out and counted, and what was replied before is learned."""
    (row,) = made(ODD_CHATS["open"], new=True)
    assert (row["id"], row["history"]) == ("7/2", ["hello", "yes", "is it blue"])
    rows = made(ODD_CHATS["open"])
    assert [row.unwanted for row in rows] == [None, "ends without a reply"]
    assert rows[0]["reply"] == "yes"


@pytest.mark.parametrize(
    ("record", "reason", "told"),
    [
        ({"conversations": []}, "no turns", "its list of turns is empty"),
        ({"text": "hello"}, "no conversation", "no column has turns; known are conversations or"),
        ({"conversations": "hello"}, "no list of turns", "'hello' is not a list of turns"),
        ({"conversations": [{"from": "bot", "value": "a"}]}, "unknown role",
         "turn 1 has role 'bot'; known: human, user, prompter, gpt, chatgpt, assistant, system"),
        ({"conversations": [["hello"]]}, "unknown role", "turn 1 has role None"),
        ({"conversations": chat("a", " \n")}, "a turn without text", "turn 2 (gpt) has no text but ' \\n'"),
        ({"messages": [{"role": "user", "content": None}]}, "a turn without text", "1 (user) has no text but None"),
        ({"conversations": chat("a", first="gpt")}, "no turn of a human", "none of its 1 turns is a human's"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("new", [True, False])
def test_bad_conversations(record, reason, told, new):
    (row,) = made(record, new)
    assert row.broken[0] == reason
    assert told in row.broken[1]


def test_bad_conversations_stop_the_run_before_a_model_is_loaded(refused, tmp_path):
    bad = [{"conversations": turns_} for turns_ in (chat("a", "b"), [], [{"from": "bot", "value": "a"}])]
    said = refused(train_file=write_jsonl(tmp_path / "bad.jsonl", bad))
    assert f"{tmp_path / 'bad.jsonl'} line 2: its list of turns is empty" in said
    assert f"{tmp_path / 'bad.jsonl'} line 3: turn 1 has role 'bot'; known: human, user" in said
    assert not (tmp_path / "out").exists()


def test_no_turn_leaks(small, tmp_path, monkeypatch):
    """Each conversation is in one split, though ids repeat."""
    records = [{"id": "same", "conversations": chat(*[f"{n} {place}" for place in range(6)])} for n in range(20)]
    file = write_jsonl(tmp_path / "a.jsonl", records)
    splits, _ = harness.read(small, monkeypatch, train_file=file, test_file=None, max_train_samples=None)
    owners = {split: {row["history"][0].split()[0] for row in rows} for split, rows in splits.items()}
    assert (len(splits["validation"]), len(owners["validation"]), len(owners["train"])) == (6, 2, 18)
    assert not owners["train"] & owners["validation"]


# ---------------------------------------------------------------- sources


def test_source_by_hand(tokenizer):
    source = [{"from": "system", "value": "Be short."}, *chat("Hi!", "Hello.", "Is it one?")]
    text = "x: | System: Be short. | Human: Hi! | Assistant: Hello. | Human: Is it one?"
    assert convo._add_speaker_and_signal("x: ", source) == text
    row = {"history": ["Hi!", "Hello.", "Is it one?"], "speakers": ["human", "gpt", "human"]}
    wanted = ["reply: | Human: Hi! | Assistant: Hello. | Human: Is it one?"]
    assert convo.prepare(row, convo.Settings(), tokenizer) == wanted
    del row["speakers"]
    assert convo.prepare(row, convo.Settings(), tokenizer) == wanted
    assert convo.prepare({"history": "Hi!"}, convo.Settings(), tokenizer) == ["reply: | Human: Hi!"]
    assert convo.prepare({"history": "Hi!"}, convo.Settings(source_prefix=""), tokenizer) == ["| Human: Hi!"]


def test_oldest_turns_fall_out_first_and_the_system_turn_last():
    source = [{"from": "system", "value": "s"}, *chat("a", "b", "c")]
    texts = [[turn["value"] for turn in form.shortened(source, out)] for out in range(4)]
    assert texts == [["s", "a", "b", "c"], ["s", "b", "c"], ["s", "c"], ["c"]]


@pytest.mark.parametrize("seed", range(20))
def test_trap_32_the_last_human_turn_is_always_whole(seed, tokenizer):
    """And no turn fell out that would have fitted."""
    chance = random.Random(seed)
    texts = [" ".join(chance.choices(WORDS, k=chance.randint(1, 12))) for _ in range(chance.choice([1, 3, 9, 41]))]
    row = {"id": "a", **convo._form_qa([chat(*texts, "yes")])[-1]}
    settings = convo.Settings(max_source_length=chance.randint(50, 120), max_target_length=9)
    table = convo.preprocess([row], tokenizer, settings)
    (ids,), (source,) = table["input_ids"][:], table["source"][:]
    assert len(ids) == table["length"][0] <= settings.max_source_length
    assert tokenizer.decode(ids, skip_special_tokens=True).endswith(f"| Human: {texts[-1]}")
    kept = source.count("| ")
    (note,) = form.fallen_out({"train": table}, convo._add_speaker_and_signal) or [None]
    assert (note is None) == (kept == len(texts))
    if note:
        assert note.startswith(f"train: {len(texts) - kept} turns of 1 histories fell out, the oldest first")
        more = convo._add_speaker_and_signal("reply: ", chat(*texts)[-kept - 1 :])
        assert len(tokenizer(more)["input_ids"]) > settings.max_source_length


def test_a_last_turn_that_is_too_long_alone_is_cut_at_its_end(tokenizer):
    row = {"id": "a", **convo._form_qa([chat("hello", "yes", "lamp " * 100, "no")])[-1]}
    table = convo.preprocess([row], tokenizer, convo.Settings(max_source_length=40, max_target_length=9))
    assert tokenizer.decode(table["input_ids"][0]).startswith("reply: | Human: lamp lamp")
    assert (len(table["input_ids"][0]), table["length"][0] > 40) == (40, True)
    limits = SimpleNamespace(max_source_length=40, max_target_length=9)
    assert features.length_report({"train": table}, limits)["train"]["source"]["cut"] == 1
    (note,) = form.fallen_out({"train": table}, convo._add_speaker_and_signal)
    assert note.startswith("train: 2 turns of 1 histories")


# ---------------------------------------------------------------- tokens


@pytest.fixture(scope="module")
def real_t5():
    """The library's own T5 tokenizer, on a vocabulary with the gaps of the real one."""
    letters = [chr(code) for code in range(33, 127) if chr(code) not in "{}<>~\\^`"]
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    words = [(f"▁{word}", -6.0) for word in dict.fromkeys(WORDS)]
    sentinels = [(f"<extra_id_{number}>", 0.0) for number in range(99, -1, -1)]
    return lambda: T5Tokenizer(vocab=special + words + [(letter, -9.0) for letter in letters] + sentinels)


ROWS = [{"speakers": ["human"], "history": ["Ann\twants {a}"], "reply": "Name:\nAnn < Bo"}]


def test_trap_19_what_t5_loses_survives_as_tokens(real_t5, tmp_path):
    tokenizer = real_t5()
    text = "Ann says:\nName:\tBo {blue} the lamp"
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "Ann says: Name: Bo blue the lamp"
    signs = windows.lost_signs(convo.SIGNS, ROWS, ("history", "reply"), tokenizer)
    assert signs == ["\n", "\t", "{", "}", "<"]  # not "~", which the rows do not have
    convo.smart_tokenizer_and_embedding_resize({}, signs, tokenizer, make_model("t5", tokenizer))
    tokenizer.save_pretrained(tmp_path)
    for kept in (tokenizer, AutoTokenizer.from_pretrained(tmp_path)):
        ids = kept(text)["input_ids"]
        # T5 begins every stretch of text with a space, and drops the one before a token.
        assert kept.decode(ids, skip_special_tokens=True) == "Ann says:\n Name:\t Bo{ blue} the lamp"
        assert windows.lost_signs(convo.SIGNS, ROWS, ("history", "reply"), kept) == []


def test_trap_19_nothing_is_added_to_a_tokenizer_that_keeps_them():
    tokenizer = AutoTokenizer.from_pretrained(ROOT / "data/models/tiny-t5")
    assert windows.lost_signs(convo.SIGNS, ROWS, ("history", "reply"), tokenizer) == []
    assert tokenizer.decode(tokenizer("a {b}\nc:\td")["input_ids"], skip_special_tokens=True) == "a {b}\nc:\td"


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize("family, tied", [("t5", False), ("t5", True), ("mt5", False), ("bart", True)])
def test_trap_3_new_rows_are_the_mean_and_an_untied_head_survives(family, tied, count):
    """One token fits into the rows that the model has to spare, forty do not."""
    marks = {"eos": "</s>", "bos": "<s>"} if family == "bart" else {}
    tokenizer = make_tokenizer(**marks)
    model = make_model(family, tokenizer, tied=tied)
    model.config.tie_word_embeddings = True  # as transformers 5 has it after loading, whatever the checkpoint
    old, rows = len(tokenizer), model.get_input_embeddings().num_embeddings
    before = [layer.weight.detach().clone() for layer in (model.get_input_embeddings(), model.get_output_embeddings())]
    signs = [f"<{number}>" for number in range(count)]
    convo.smart_tokenizer_and_embedding_resize({}, signs, tokenizer, model)
    after = [model.get_input_embeddings().weight, model.get_output_embeddings().weight]
    assert len(tokenizer) == old + count
    for one, other in zip(before, after, strict=True):
        assert other.shape[0] == max(rows, old + count)
        assert torch.equal(other[:old], one[:old])
        assert torch.equal(other[old : old + count], one[:old].mean(0).expand(count, -1))
    assert (after[0] is after[1]) == tied
    model.tie_weights()
    assert torch.equal(model.get_output_embeddings().weight[:old], before[1][:old])


def test_trap_3_special_tokens(tokenizer):
    tokenizer = make_tokenizer()
    convo.smart_tokenizer_and_embedding_resize({"sep_token": "<sep>"}, [], tokenizer, make_model("t5", tokenizer))
    assert tokenizer.decode(tokenizer("Ann<sep> asks")["input_ids"], skip_special_tokens=True).split() == [
        "Ann",
        "asks",
    ]


# ---------------------------------------------------------------- FastChat's names


def test_main_goes_through_them(done):
    assert done.called == set(harness.KINDS[RECIPE].notes)
    assert convo.train is convo.main


def test_a_file_becomes_pairs(tmp_path, tokenizer):
    """As FastChat's: file, tokenizer, nothing else; the collator's labels end in -100."""
    records = [{"id": "a", "conversations": chat("hello", "yes", "the lamp is broken", "thanks for it")}]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    tokenizer.model_max_length = 60
    module = convo.make_supervised_data_module(tokenizer=tokenizer, data_args=SimpleNamespace(data_path=str(path)))
    assert (set(module), module["eval_dataset"]) == ({"train_dataset", "eval_dataset", "data_collator"}, None)
    dataset = module["train_dataset"]
    assert isinstance(dataset, convo.SupervisedDataset)
    assert [tokenizer.decode(row["labels"], skip_special_tokens=True) for row in dataset] == ["yes", "thanks for it"]
    assert tokenizer.decode(dataset[1]["input_ids"]).startswith(
        "reply: | Human: hello | Assistant: yes | Human: the lamp"
    )
    batch = module["data_collator"]([dataset[0], dataset[1]])
    first, second = (dataset[n]["labels"] for n in (0, 1))
    assert batch["labels"][0].tolist()[: len(first)] == first
    assert set(batch["labels"][0].tolist()[len(first) :]) == {-100}
    assert batch["labels"][1].tolist()[: len(second)] == second
    assert batch["attention_mask"].sum(1).tolist() == [len(dataset[n]["input_ids"]) for n in (0, 1)]


def test_preprocess_takes_conversations(tokenizer):
    pairs = convo.preprocess([chat("hello", "yes", "thanks", "bye"), chat("no", "please")], tokenizer)
    assert [tokenizer.decode(ids, skip_special_tokens=True) for ids in pairs["labels"]] == ["yes", "bye", "please"]
    found = convo._tokenize_fn(["hello", "Ann asks"], tokenizer)
    assert found["input_ids"] == found["labels"] == tokenizer(["hello", "Ann asks"])["input_ids"]
    assert found["input_ids_lens"] == found["labels_lens"] == [len(ids) for ids in found["input_ids"]]


# ---------------------------------------------------------------- flags


def parsed(*flags):
    return harness.parse(convo, flags)[0]


def test_second_names(tmp_path):
    settings = parsed("--data_path", "a.json", "--model_max_length", "77")
    assert (settings.train_file, settings.dataset_name, settings.max_source_length) == ("a.json", None, 77)
    assert parsed("--data_path", "a.json", "--train_file=a.json").train_file == "a.json"
    (tmp_path / "a.yaml").write_text("train_file: b.json\n")
    assert parsed("--config", str(tmp_path / "a.yaml"), "--data_path", "a.json").train_file == "a.json"


@pytest.mark.parametrize(
    "flags", [("--data_path", "a", "--train_file", "b"), ("--model_max_length=5", "--max_source_length", "6")]
)
def test_two_names_must_agree(flags):
    with pytest.raises(UserError, match="two names of one setting; give one of them"):
        parsed(*flags)


# ---------------------------------------------------------------- the run


def test_the_report_tells_what_was_done(small, done):
    """Joined turns, one beginning, one open end, turns that fell out, new tokens: in run.json and in the report."""
    record, page = read_json(done.folder / "run.json"), (done.folder / "report.html").read_text(encoding="utf-8")
    notes, path = record["data"]["notes"] + record["notes"], small.folder / "train.jsonl"
    for told in (
        f"{path}: begins with the assistant, whose first turn replies to nobody: 1 rows left out, line 13",
        f"{path}: ends without a reply: 1 rows left out, line 15",
        f"{path}: turns in a row of one speaker were joined by a line break: 1 of its rows, line 14",
    ):
        assert told in notes
        assert told in page and told in done.printed
    (tokens,) = [note for note in notes if note.startswith("new tokens: ")]
    assert tokens == r"new tokens: ['\n', '\t', '{', '}']"
    (fallen,) = [note for note in notes if note.startswith("train: ") and "fell out" in note]
    assert fallen in page and fallen in done.printed
    assert record["lost"] == {}
    assert len(AutoTokenizer.from_pretrained(done.folder)) == len(make_tokenizer()) + 4


def test_a_text_alone_is_replied_to(done):
    assert len(Predictor(done.folder)(["the lamp is broken"])) == 1


def test_open_conversations_are_replied_to(done, tmp_path):
    old = {"id": "old", "conversations": chat("a", "b")}
    write_jsonl(tmp_path / "new.jsonl", [{"id": "new", **ODD_CHATS["open"]}, old])
    predictor = Predictor(done.folder)
    rows, notes = predictor.read(tmp_path / "new.jsonl")
    made = predictor.predict(rows)
    assert [entry["id"] for entry in made] == ["new/2", "old/1"]
    assert made[0]["source"] == "reply: | Human: hello | Assistant: yes | Human: is it blue"


# ---------------------------------------------------------------- FastChat's command

COMMAND = """torchrun --nproc_per_node=4 -m recipes.convo_flant5 --model_name_or_path google/flan-t5-xl
    --data_path data/dummy_conversation.json --output_dir ./output_flant5 --num_train_epochs 3
    --per_device_train_batch_size 4 --learning_rate 2e-5 --bf16 True --model_max_length 2048"""


@pytest.fixture
def place(tmp_path):
    """A folder from which the command runs, with a checkpoint where the Hub's name points.

    Its model ends at once, as a random one would not: whatever was said, the end token is the likeliest.
    """
    tokenizer = make_tokenizer()
    model = make_model("t5", tokenizer, layers=1)
    with torch.no_grad():
        model.shared.weight[:, 0] = 20
        model.lm_head.weight[tokenizer.eos_token_id] = 0
        model.lm_head.weight[tokenizer.eos_token_id, 0] = 20
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path / "google/flan-t5-xl")
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data/dummy_conversation.json", tmp_path / "data")
    (tmp_path / "recipes").symlink_to(ROOT / "recipes")
    return tmp_path


@pytest.mark.report
@pytest.mark.parametrize("processes", [4, 1])
def test_fastchats_command_as_it_stands(place, processes):
    """Twelve conversations: one is set aside; with 4 x 4 rows a step. And by plain python, as one process."""
    words = shlex.split(COMMAND)
    code, out, err = finish(start(*words, cwd=place)) if processes == 4 else forked(*words[2:], cwd=place)
    assert code == 0, err
    folder = place / "output_flant5"
    record = read_json(folder / "run.json")
    assert (record["status"], record["world_size"], record["arguments"]["bf16"]) == ("done", processes, True)
    assert record["settings"]["max_source_length"] == 2048
    assert {"model.safetensors", "tokenizer.json", "trainer_state.json", "report.html"} <= {
        path.name for path in folder.iterdir()
    }
    state = read_json(folder / "trainer_state.json")
    rows = record["data"]["rows"]["train"]["used"] - record["data"]["sources"]["validation"]["rows"]
    assert state["global_step"] == 3 * -(-rows // (4 * processes))
