# SPDX-License-Identifier: Apache-2.0
"""Question answering through its real command: windows on long contexts, SQuAD in all its forms, what is refused."""

import json
import random
import re

import harness
import pyarrow
import pyarrow.parquet
import pytest
from conftest import ROOT, WORDS
from harness import Predictor, asked, predict
from helpers import as_flags, contents, read_json, read_jsonl, write_jsonl
from transformers import AutoTokenizer

from recipes import qa_t5
from recipes.common import UserError, features
from recipes.common.decoding import Output
from recipes.common.tasks import task_of_module
from recipes.files import Row
from recipes.metrics import words

RECIPE = "qa_t5"
learned = qa_t5.learned


def settings(**changed):
    return task_of_module(qa_t5).settings(
        **{"max_source_length": 80, "max_target_length": 16, "doc_stride": 8, **changed}
    )


@pytest.fixture
def tried(run, no_weights, tmp_path, capsys):
    """tried(rows, flag=value): exit code and everything printed of a --dry_run on the given training rows."""

    def tried(rows, **changed):
        path = write_jsonl(tmp_path / "rows.jsonl", rows) if isinstance(rows, list) else rows
        others = {"train_file": path, "validation_file": None, "test_file": None, "dry_run": True, "output_dir": None}
        before = contents(tmp_path)
        code = run(**{**others, **changed})
        assert contents(tmp_path) == before
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return tried


# ---------------------------------------------------------------- what a run leaves


def test_metrics_follow_the_official_rules(done):
    assert qa_t5.METRICS == ("exact_match", "f1")
    assert read_json(done.folder / "run.json")["signatures"]["squad"] == "squad:v1.1+unicode|no-answer:v2.0"


def test_one_prediction_per_question(small, done):
    rows = read_jsonl(done.folder / "predictions.jsonl")
    assert [row["reference"] for row in rows] == [row["text"] for row in small.rows["test"]]
    windows = [row["source"].count("question: ") for row in rows]
    assert windows[0] > 1 and windows[1] == 1  # one row, several sources
    assert {"exact_match", "f1", "hit_limit"} <= set(rows[0])


def test_the_two_example_questions_run(done, tmp_path):
    """As the recipe's docstring says, and from Python."""
    predict(as_flags(run=done.folder, input=ROOT / "data/qa_examples.jsonl", output=tmp_path / "out.jsonl"))
    rows, answers = read_jsonl(ROOT / "data/qa_examples.jsonl"), read_jsonl(tmp_path / "out.jsonl")
    assert [row["question"] for row in rows] == [
        "what is the example of Anomaly detection?", "When is classification used?",
    ]  # fmt: skip
    assert "credit card fraud detection" in rows[0]["context"] and "the target is categorical" in rows[1]["context"]
    answer = Predictor(done.folder)
    assert [row["prediction"] for row in answers] == answer(rows)
    assert isinstance(answer([{"context": "Bo comes at one.", "question": "When does Bo come?"}])[0], str)


# ---------------------------------------------------------------- windows

BASE = {"id": "1", "question": "When does Bo come?", "text": ["at one"]}
CONTEXTS = {
    "words": " ".join(random.Random(1).choices(WORDS, k=200)),
    "without spaces": "".join(random.Random(2).choices("abcdefghijklmnop0123456789.-", k=600)),
    "symbols": " ".join(random.Random(3).choices(["½", "ﬁ", "—x", "e\u0301", "4.75", "{}a", "👩‍👧b", "ß"], k=200)),
}


@pytest.mark.parametrize("bundled", [False, True])
@pytest.mark.parametrize("name", CONTEXTS)
def test_windows(name, bundled, tokenizer):
    """Each has the whole question and fits; together they hold the context; what they share is in both."""
    tokenizer = AutoTokenizer.from_pretrained(ROOT / "data/models/tiny-t5") if bundled else tokenizer
    sizes = settings(max_source_length=96, doc_stride=16)
    context = qa_t5.clean(CONTEXTS[name], sizes)
    sources = qa_t5.prepare({**BASE, "context": context}, sizes, tokenizer)
    before = "question: When does Bo come? context: "
    assert len(sources) > 2
    assert all(source.startswith(before) for source in sources)
    assert max(len(ids) for ids in tokenizer(sources)["input_ids"]) <= 96
    reached, place = 0, -1
    for source in sources:
        part = source.removeprefix(before)
        place = context.find(part, place + 1)
        assert 0 <= place <= reached < place + len(part)
        shared = re.findall(r"\S{1,20}", context[place:reached])
        assert not shared or sum(len(ids) for ids in tokenizer(shared, add_special_tokens=False)["input_ids"]) >= 16
        assert bool(shared) == bool(reached)
        reached = place + len(part)
    assert reached == len(context)


def test_a_context_that_fits_is_one_source(tokenizer):
    row = {**BASE, "context": " Ann  waits.\nBo comes\tat one. "}
    source = "question: When does Bo come? context: Ann waits. Bo comes at one."
    length = len(tokenizer(source)["input_ids"])
    assert qa_t5.prepare(row, settings(max_source_length=length + 1), tokenizer) == [source]
    assert len(qa_t5.prepare(row, settings(max_source_length=length - 1), tokenizer)) > 1


def three_windows(tokenizer, answer="Carla today", place=0):
    """A row whose answer stands in one of its three windows, and their features."""
    words = [["please"] * 24, ["parcel"] * 24, ["blue"] * 24]
    words[place][5:5] = answer.split()
    row = {"id": "1", "question": "Bo?", "text": [answer], "context": " ".join(sum(words, []))}
    sizes = settings(max_source_length=len(tokenizer("question: Bo? context: ")["input_ids"]) + 28, doc_stride=2)
    table = features.tokenize({"test": [row]}, task_of_module(qa_t5), tokenizer, sizes)["test"]
    assert len(table) == 3
    return row, table


@pytest.mark.parametrize("place", [0, 1, 2])
def test_trap_31_the_answer_in_one_window_of_three_is_found(place, tokenizer):
    """Where the example scripts keep the last window's answer. An empty one is surer, and does not count."""
    row, table = three_windows(tokenizer, place=place)
    outputs = [[Output("", -0.01, False)], [Output("Bo", -2.0, False)]]
    outputs.insert(place, [Output("Carla today", -0.5, False)])
    rows, totals = harness.judge(qa_t5, outputs, table)
    assert (rows[0]["prediction"], totals["exact_match"]) == ("Carla today", 100)


@pytest.mark.parametrize(
    ("outputs", "prediction"),
    [
        ([("first", -0.1), ("", -0.01), ("last", -0.3)], "first"),
        ([("", -0.1), ("", -0.01)], ""),
        ([("only", None)], "only"),
    ],
)
def test_trap_31_the_surest_answer_counts(outputs, prediction):
    assert qa_t5.finish({}, [Output(text, score, False) for text, score in outputs]) == prediction


@pytest.mark.parametrize("place", [0, 1, 2])
def test_trap_31_windows_without_the_answer_learn_to_say_nothing(place, tokenizer):
    _, table = three_windows(tokenizer, place=place)
    labels = tokenizer.batch_decode(list(table["labels"]), skip_special_tokens=True)
    assert labels == ["Carla today" if number == place else "" for number in range(3)]
    assert len(table["labels"][place - 1]) == 1  # the end token


def test_what_a_window_learns():
    row = {"question": "q", "context": "Ann came in 1995. Bo  came at\nOne.", "text": ["5", "at one", "Bo came"]}
    found = {
        part: learned(row, f"question: q context: {part}", settings())
        for part in ("Ann came in 1995.", "Bo came at One.", "5 Bo came")
    }
    # "5" is no word of 1995; the first answer that a window holds is learned.
    assert found == {"Ann came in 1995.": "", "Bo came at One.": "at one", "5 Bo came": "5"}
    own_words = {**row, "text": ["shortly after lunch"]}
    assert learned(own_words, "question: q context: Bo came", settings()) == "shortly after lunch"
    assert learned({**row, "text": []}, "question: q context: Bo came", settings()) == ""


def test_a_context_is_taken_into_words_once(tokenizer, monkeypatch):
    """And not for each of its windows and answers, which took 72 seconds for 300,000 characters."""
    seen = []
    monkeypatch.setattr(words, "tokenize", lambda text: seen.append(len(text)) or text.split())
    context = "lamp order blue friday " * 100
    row = {"context": context, "question": "who?", "text": [f"answer {number}" for number in range(100)]}
    windows = qa_t5.prepare(row, settings(max_source_length=64, doc_stride=8), tokenizer)
    for window in windows:
        qa_t5.learned(row, window, settings())
    assert len(windows) > 5
    assert sum(seen) < 2 * len(context) + len(windows) * sum(map(len, row["text"])) + 3 * len("".join(windows))


def test_lower_case_and_white_space(tokenizer):
    row = {"id": "1", "question": "Wo  wohnt\tBo?", "context": "Bo wohnt\nin Ärö.", "text": ["In  Ärö"]}
    for lower, source, expected in (
        (False, "question: Wo wohnt Bo? context: Bo wohnt in Ärö.", "In Ärö"),
        (True, "question: wo wohnt bo? context: bo wohnt in ärö.", "in ärö"),
    ):
        chosen = settings(lower_case=lower, max_source_length=200)
        assert qa_t5.prepare(row, chosen, tokenizer) == [source]
        assert learned(row, source, chosen) == expected
    assert features.references(row, qa_t5.TARGET) == ["In  Ärö"]  # scored as the data has them


def test_the_trivial_answer():
    row = {"question": "When does Bo come?", "context": "Ann waits. Perhaps Bo does come. Bo is late."}
    assert qa_t5.trivial(row) == "Perhaps Bo does come."


# ---------------------------------------------------------------- kinds of files


def question(name, asked, *answers, **more):
    return {"id": name, "question": asked, "answers": [{"text": one, "answer_start": 0} for one in answers], **more}


SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Ann",
            "paragraphs": [
                {
                    "context": "Ann asks for a chair.",
                    "qas": [
                        question("a", "Who asks?", "Ann", "Ann asks", is_impossible=False),
                        question("b", "Why?", is_impossible=True, plausible_answers=[{"text": "chair"}]),
                    ],
                }
            ],
        },
        {"title": "Bo", "paragraphs": [{"context": "Bo has a lamp.", "qas": [question("c", "What?", "lamp")]}]},
    ],
}
FLAT = [
    {"id": "a", "context": "Ann asks for a chair.", "question": "Who asks?", "text": ["Ann", "Ann asks"]},
    {"id": "b", "context": "Ann asks for a chair.", "question": "Why?", "text": []},
    {"id": "c", "context": "Bo has a lamp.", "question": "What?", "text": ["lamp"]},
]


def hub_form(row):
    texts = row["text"]
    return {
        "id": row["id"], "title": "t", "context": row["context"], "question": row["question"],
        "answers": {"text": texts, "answer_start": [0] * len(texts)},
    }  # fmt: skip


def write_form(folder, form):
    path = folder / f"train.{form.split()[-1]}"
    if form == "squad json":
        path.write_text(json.dumps(SQUAD))
    elif form == "hub parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([hub_form(row) for row in FLAT]), path)
    else:
        write_jsonl(path, [hub_form(row) for row in FLAT] if form == "hub jsonl" else FLAT)
    return path


@pytest.mark.parametrize("form", ["squad json", "hub jsonl", "hub parquet", "flat jsonl"])
def test_one_record_in_every_form(form, small, tmp_path, monkeypatch):
    path = write_form(tmp_path, form)
    splits, found = harness.read(small, monkeypatch, train_file=path, validation_file=path, test_file=None)
    assert splits["train"] == FLAT
    assert found["rows"]["train"] == {"read": 3, "used": 3, "left_out": []}
    assert "train: 1 of 3 questions have no answer: nothing is expected: id b" in found["notes"]


def test_csv(small, tmp_path, monkeypatch):
    path = tmp_path / "train.csv"
    path.write_text('id,context,question,text\n1,"Bo has a lamp, or\ntwo.",What?,lamp\n2,Ann asks.,Who?,N/A\n')
    splits, found = harness.read(small, monkeypatch, train_file=path, validation_file=path, test_file=None)
    assert [row["text"] for row in splits["train"]] == [["lamp"], ["N/A"]]
    assert splits["train"][0]["context"] == "Bo has a lamp, or\ntwo."
    assert "train: 1 of 2 answers are not in their context: learned as they stand: id 2" in found["notes"]


def test_a_column_of_another_name_with_answers_in_objects():
    row = Row({"passage": "c", "query": "q", "gold": {"text": ["a"], "answer_start": [0]}}, "f", 1)
    assert qa_t5.reshape(row, settings(answer_column="gold"))[0]["gold"] == ["a"]


def test_unanswerable_rows_are_right_with_nothing():
    """An empty list and an empty text mean the same to the official rules."""
    assert features.references({"text": []}, qa_t5.TARGET) == [""]
    assert harness.score(qa_t5, ["", "lamp"], [[""], [""]]).totals["exact_match"] == 50


def test_impossible_wins_over_answers_and_no_list_of_answers_is_missing():
    """Version 2 lists plausible answers apart; a question without the field is one whose answer was forgotten."""
    contradiction = {"context": "c", "question": "q", "answers": [{"text": "a"}], "is_impossible": True}
    assert qa_t5.reshape(Row(contradiction, "f", 1), settings())[0]["answers"] == []
    assert "answers" not in qa_t5.reshape(Row({"context": "c", "question": "q"}, "f", 1), settings())[0]


def test_the_validation_split_is_a_fifth_of_the_contexts_with_seed_101(small, tmp_path, monkeypatch):
    rows = [{"context": f"Ann {n // 2}.", "question": f"Who {n}?", "text": "Ann"} for n in range(100)]
    files = {"train_file": write_jsonl(tmp_path / "train.jsonl", rows), "validation_file": None, "test_file": None}
    cut = []
    for seed in (1, 2):
        splits, found = harness.read(small, monkeypatch, **files, seed=seed)
        cut.append([row["id"] for row in splits["validation"]])
        assert {row["context"] for row in splits["train"]}.isdisjoint(row["context"] for row in splits["validation"])
        assert any("20 of 100 training rows set aside for it (seed 101)" in note for note in found["notes"])
    assert len(cut[0]) == 20 and cut[0] == cut[1]


# ---------------------------------------------------------------- gaps and bad input

GAPS = [
    {"context": "Ann asks.", "question": "Who?", "text": "Ann"},
    {"context": "Bo asks.", "question": "Who asks?", "text": None},
    {"context": "", "question": "Who is it?", "text": "Bo"},
    {"context": "Dev asks.", "question": "Who was it?"},
    {"context": "Carla asks.", "question": "Who says so?", "text": "Carla"},
]


def test_gaps_are_named(tried):
    code, said = tried(GAPS)
    assert code == 2
    assert "rows.jsonl line 2: column 'text' is null" in said
    assert "rows.jsonl line 3: column 'context' is empty" in said
    assert "rows.jsonl line 4: column 'text' is missing" in said


def test_gaps_are_left_out_and_counted(tried):
    code, said = tried(GAPS, on_bad_row="skip")
    assert code == 0, said
    assert "rows      train 1, validation 1" in said
    assert "column 'text' is null: 1 rows left out, line 2" in said


def test_gaps_are_filled(tried):
    code, said = tried(GAPS, fill_missing="none")
    assert code == 0, said
    assert "rows      train 4, validation 1" in said
    assert "context was missing in 1 rows and is now 'none'" in said
    assert "text was missing in 2 rows and is now 'none'" in said


def test_gaps_are_filled_for_predict_too(done, tmp_path):
    predictor = Predictor(done.folder)
    path = write_jsonl(tmp_path / "new.jsonl", [{"context": None, "question": "Who?"}])
    with pytest.raises(UserError, match="line 1: column 'context' is null"):
        predictor.read(path)
    predictor.reading.fill_missing = "none"
    rows, notes = predictor.read(path)
    assert (rows[0]["context"], len(notes)) == ("none", 1)


LONG = [
    {"context": "Ann asks.", "question": "Who?", "text": "Ann"},
    {"context": "Bo asks.", "question": "lamp " * 80 + "?", "text": "Bo"},
    {"context": "Dev asks.", "question": "Who asks?", "text": "Dev"},
]


def test_a_question_longer_than_the_limit_is_never_cut(tried, tokenizer):
    """The message says the limit that would do."""
    code, said = tried(LONG)
    assert code == 2
    needed = re.search(r"rows.jsonl line 2: the question is never cut, .* --max_source_length (\d+)", said)
    assert tried(LONG, max_source_length=int(needed[1]))[0] == 0
    assert tried(LONG, max_source_length=int(needed[1]) - 1)[0] == 2
    code, said = tried(LONG, on_bad_row="skip")
    assert code == 0
    assert "the question is too long: 1 rows left out, line 2" in said


def test_a_question_longer_than_the_limit_is_refused_in_prediction(done, tmp_path):
    predictor = Predictor(done.folder)
    with pytest.raises(UserError, match="line 2: the question is never cut"):
        predictor.read(write_jsonl(tmp_path / "new.jsonl", LONG))
    predictor.reading.on_bad_row = "skip"
    assert len(predictor.read(tmp_path / "new.jsonl")[0]) == 2
    with pytest.raises(UserError, match="leave no room"):
        predictor(LONG[1:2])


def test_a_damaged_squad_file_names_the_place(tried, tmp_path):
    data = json.loads(json.dumps(SQUAD))
    data["data"][0]["paragraphs"][0]["qas"][1] = "Why?"
    data["data"][1]["paragraphs"][0]["qas"][0]["answers"] = [{"answer_start": 3}]
    data["data"] += [{"title": "Dev"}, {"paragraphs": [{"context": "Dev."}, 3]}]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps(data))
    code, said = tried(path, validation_file=None)
    assert code == 2
    assert "squad.json row 1, paragraphs 1, qas 2: column 'question' is missing" in said
    assert "squad.json row 2, paragraphs 1, qas 1: column 'answers' has an item that is neither text nor" in said
    assert "squad.json row 3: column 'context' is missing" in said
    assert "squad.json row 4, paragraphs 1: column 'question' is missing" in said
    assert "squad.json row 4, paragraphs 2: column 'context' is missing" in said


@pytest.mark.parametrize(
    ("rows", "changed", "said"),
    [
        ([{"context": "c", "text": "t"}] * 3, {}, "no column 'question' or 'query' or 'question_text' for question"),
        ([{"context": "c", "question": "q"}] * 3, {"answer_column": "txt"}, "no column 'txt' for text"),
        ([{"context": "c", "question": "q"}] * 3, {}, "no column 'text' or 'answer' or 'answers' or"),
        ([{"context": "c", "question": "q", "text": "t"}] * 3, {}, "training rows that belong together cannot be"),
        ([{"context": "c", "question": "q", "text": "t"}] * 3, {"doc_stride": -1}, "--doc_stride -1: must be at least"),
        ([{"context": "c", "question": "q", "text": [""]}] * 3, {}, "column 'text' has an item that is empty"),
        (
            [{"context": "c", "question": "q", "text": {"a": 1}}] * 3,
            {},
            "column 'text' has an item that is neither text nor",
        ),
    ],
)
def test_bad_input(rows, changed, said, tried):
    code, printed = tried(rows, **changed)
    assert (code, said in printed) == (2, True), printed


def test_the_setting_that_squad_scripts_use_is_known():
    assert harness.parse(qa_t5, ["--doc_stride", "64", "--use_cpu"])[0].doc_stride == 64
    assert harness.parse(qa_t5, ["--version_2_with_negative", "--use_cpu"])[0].doc_stride == 128  # taken, with a note


def test_defaults():
    given, args, *_ = harness.parse(qa_t5, ["--use_cpu"])
    chosen = (given.model_name_or_path, given.max_source_length, given.max_target_length, given.num_beams)
    assert chosen == ("google-t5/t5-base", 512, 128, 4)
    assert (args.per_device_train_batch_size, args.learning_rate, args.num_train_epochs) == (8, 1e-4, 5)


def test_special_tokens_are_shown_with_their_ids(tried, tokenizer):
    _, said = tried(asked("train", 8))
    assert f"eos '</s>' is id {tokenizer.eos_token_id}, unk '<unk>' is id {tokenizer.unk_token_id}, pad '<pad>'" in said


# ---------------------------------------------------------------- the official rules

# Worked out by hand after evaluate-v1.1.py and evaluate-v2.0.py: prediction, references, exact match, F1.
OFFICIAL = [
    ("", ["lamp"], 0, 0),
    ("", [""], 100, 100),
    ("lamp", [""], 0, 0),
    ("The lamp!", ["a LAMP"], 100, 100),
    ("the", [""], 100, 100),  # an article alone normalises to nothing
    ("blue lamp", ["green lamp"], 0, 50),
    ("blue lamp", ["lamp", "a big blue lamp"], 0, 80),  # the best over all references: 2/2 and 2/3
    ("東京", ["東京"], 100, 100),
    ("東京 駅", ["東京"], 0, 80),  # without spaces between words, each character is one: 2/3 and 2/2
    ("東京。", ["東京"], 100, 100),
    ("lamp lamp", ["lamp"], 0, 200 / 3),
]


def test_scores_by_the_official_rules():
    predictions, references, exact, f1 = zip(*OFFICIAL, strict=True)
    result = harness.score(qa_t5, predictions, references)
    assert [row["exact_match"] for row in result.rows] == list(exact)
    assert [row["f1"] for row in result.rows] == [pytest.approx(value, abs=1e-4) for value in f1]
    assert result.totals["exact_match"] == pytest.approx(sum(exact) / len(exact), abs=1e-4)
