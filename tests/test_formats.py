# SPDX-License-Identifier: Apache-2.0
"""recipes/formats: pairs of text files, conversations, nested records, windows."""

from types import SimpleNamespace

import pytest

from recipes import convo_flant5, qa_t5
from recipes.common import UserError
from recipes.files import Row, read_file, read_written
from recipes.formats import bitext, conversations, nested
from recipes.formats.windows import windows

ROLES = {"human": "human", "user": "human", "gpt": "gpt", "assistant": "gpt", "system": "system"}


# ---------------------------------------------------------------- bitext


def write(path, text):
    path.write_bytes(text.encode())
    return path


def test_two_files_are_read_line_by_line(tmp_path):
    one = write(tmp_path / "mine.en", "\ufeffa\u2028b\r\n\nc")  # a line feed ends a line, nothing else does
    other = write(tmp_path / "mine.german", "A\n\nC\n")
    rows = read_file(one, None, bitext.readers("en", "de"))
    assert rows == [{"en": "a\u2028b", "de": "A"}, {"en": "", "de": ""}, {"en": "c", "de": "C"}]
    assert [row.line for row in rows] == [1, 2, 3]
    assert rows.origin["beside"] == str(other)
    before = rows.origin["beside_sha256"]
    write(other, "A\nB\nC\n")
    assert read_file(one, None, bitext.readers("en", "de")).origin["beside_sha256"] != before


def test_a_file_without_the_other(tmp_path):
    one = write(tmp_path / "mine.en", "a\nb\n")
    with pytest.raises(UserError, match="mine.de is not there; line N of it must translate line N"):
        read_file(one, None, bitext.readers("en", "de"))
    assert read_file(one, None, bitext.readers("en", "de", alone=True)) == [{"en": "a"}, {"en": "b"}]
    write(tmp_path / "mine.de", "A\n")
    with pytest.raises(UserError, match="mine.en has 2 lines and .*mine.de has 1; line N of one must"):
        read_file(one, None, bitext.readers("en", "de", alone=True))
    with pytest.raises(UserError, match=r"unknown kind of file; .* .feather .en .eng .eng_latn .english, text also"):
        read_file(write(tmp_path / "mine.xx", "a"), None, bitext.readers("en", "de"))


# ---------------------------------------------------------------- conversations


def turns(*texts, first="human"):
    speakers = ("human", "gpt") if first == "human" else ("gpt", "human")
    return [{"from": speakers[place % 2], "value": text} for place, text in enumerate(texts)]


def pair(sources, most):
    """The shortest `pair`: each reply with the turns before it."""
    return [
        {"history": [past["value"] for past in source[:place]], "reply": turn["value"]}
        for source in sources
        for place, turn in enumerate(source)
        if turn["from"] == "gpt" and place
    ]


def made(listed, new=False):
    row = Row({"id": "7", "conversations": listed}, "x.json", 3, "row")
    return conversations.rows_of_replies(row, ROLES, pair, 1000, new)


def test_a_row_for_each_reply():
    rows = made(turns("a", "b", "c", "d"))
    assert rows == [
        {"id": "7/1", "conversation": "3", "history": ["a"], "reply": "b"},
        {"id": "7/2", "conversation": "3", "history": ["a", "b", "c"], "reply": "d"},
    ]
    assert {(row.file, row.line, row.unit, row.broken, row.unwanted) for row in rows} == {
        ("x.json", 3, "row", None, None)
    }


def test_a_conversation_without_its_last_reply():
    rows = made(turns("a", "b", "c"))
    assert [(dict(row).get("reply"), row.unwanted) for row in rows] == [("b", None), (None, "ends without a reply")]
    (row,) = made(turns("a", "b", "c"), new=True)
    assert row == {"id": "7/2", "conversation": "3", "history": ["a", "b", "c"], "reply": None}
    (row,) = made(turns("a"))
    assert (row, row.unwanted) == ({}, "ends without a reply")


def test_turns_of_one_speaker_are_joined():
    listed = [
        {"role": "user", "content": "a"},
        {"role": "Human", "content": "b"},
        {"role": "assistant", "content": "c"},
    ]
    (row,) = made(listed)
    assert (row["history"], row["reply"]) == (["a\nb"], "c")
    assert row.remark == "turns in a row of one speaker were joined by a line break"


def test_the_first_turn_of_an_assistant_is_nobodys_reply():
    rows = made(turns("a", "b", "c", first="gpt"))
    assert [row.unwanted for row in rows] == [None, "begins with the assistant, whose first turn replies to nobody"]
    (row,) = made(turns("a", first="gpt"))
    assert row.broken == (
        "no turn of a human",
        "none of its 1 turns is a human's, so there is nothing to reply to",
    )


def test_speakers_that_are_not_named_alternate_up_to_a_human():
    assert conversations.as_turns({"history": "a"}) == turns("a")
    assert conversations.as_turns({"history": ["a", "b"]}) == turns("a", "b", first="gpt")
    assert conversations.as_turns({"history": ["a", "b", "c"], "speakers": []}) == turns("a", "b", "c")
    named = {"history": ["a", "b"], "speakers": ["system", "human"]}
    assert [turn["from"] for turn in conversations.as_turns(named)] == ["system", "human"]


def test_the_oldest_turns_fall_out_first():
    system = {"from": "system", "value": "s"}
    short = [system, *turns("a", "b", "c")]
    assert [conversations.shortened(short, out) for out in range(conversations.most_out(short) + 1)] == [
        short,
        [system, *turns("b", "c", first="gpt")],
        [system, *turns("c")],
        turns("c"),
    ]
    assert [conversations.shortened([system, *turns("a")], out) for out in (0, 1)] == [
        [system, *turns("a")],
        turns("a"),
    ]
    assert conversations.most_out(turns("a", "b")) == 0


def joined(given):
    return "".join(turn["value"] for turn in given)


@pytest.mark.parametrize("size", [1, 3, 5, 9, 33])
@pytest.mark.parametrize("limit", [0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 31, 32, 33, 34])
def test_the_longest_that_fits(size, limit):
    asked = []

    def tokenize(texts):
        asked.extend(texts)
        return {"input_ids_lens": [len(text) for text in texts]}

    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHI"[:size]
    assert conversations.longest(turns(*letters), joined, limit, tokenize) == letters[-max(1, limit) :]
    assert max(map(len, asked), default=0) <= max(3, 2 * limit + 1)  # the end decides, however long the beginning is


def test_work_grows_with_the_conversation_and_not_with_its_square():
    """Once a row for each reply held all before it, and each shorter text was made: 800 turns took 93 seconds."""

    def work(size):
        chars = 0

        def text_of(given):
            nonlocal chars
            chars += sum(len(turn["value"]) for turn in given)
            return joined(given)

        def tokenize(texts):
            return {"input_ids_lens": [len(text) for text in texts]}

        row = Row({"conversations": turns(*["word " * 4] * size)}, "x.json", 1)
        rows = conversations.rows_of_replies(row, ROLES, convo_flant5._form_qa, 100, new=False)
        assert len(rows) == size // 2
        kept = sum(len(one["history"]) for one in rows)
        for one in rows:
            text = conversations.longest(conversations.as_turns(one), text_of, 100, tokenize)
            assert len(text) <= 100
            table = [{"row": one, "source": text}]
            conversations._fallen_out(table[0]["row"], text, lambda _, given: text_of(given))
        return chars + kept

    assert work(1600) < 2.2 * work(800)
    (first, *_, last) = conversations.rows_of_replies(
        Row({"conversations": [{"from": "system", "value": "s"}, *turns(*"abcdefgh")]}, "x.json", 1), ROLES,
        convo_flant5._form_qa, 3, new=False,
    )  # fmt: skip
    assert (last["history"], last["speakers"]) == (["s", "f", "g"], ["system", "gpt", "human"])
    assert first.remark == "has more than 3 turns, which are more than fit: each reply has the last before it"


PAIRED = ["Where is it?", "On its way."]


@pytest.mark.parametrize(
    "record",
    [
        {"conversations": None, "messages": [{"role": "user", "content": PAIRED[0]},
                                             {"role": "assistant", "content": PAIRED[1]}]},
        {"conversation": [{"content": PAIRED[0], "role": "user", "from": None}, {"content": PAIRED[1], "role": "gpt"}]},
        {"conversations": [{"from": None, "value": None, "role": "user", "content": PAIRED[0]},
                           {"from": "gpt", "value": PAIRED[1], "role": None, "content": None}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": PAIRED[0]}]},
                      {"role": "assistant", "content": [{"type": "text", "text": PAIRED[1]}]}]},
        {"messages": {"role": ["user", "assistant"], "content": PAIRED}},
        {"messages": "[{'role': 'user', 'content': 'Where is it?'}, {'role': 'assistant', 'content': 'On its way.'}]"},
        {"dialog": PAIRED},
        {"instruction": PAIRED[0], "input": "", "output": PAIRED[1]},
        {"instruction": PAIRED[0], "context": "", "response": PAIRED[1], "category": "open_qa"},
        {"prompt": PAIRED[0], "completion": PAIRED[1]},
        {"conversation_a": [{"role": "user", "content": "no"}], "winner": "model_b",
         "conversation_b": [{"role": "user", "content": PAIRED[0]}, {"role": "assistant", "content": PAIRED[1]}]},
        {"prompt": {"role": "prompter", "text": PAIRED[0], "replies": [
            {"role": "assistant", "text": "No.", "rank": "1", "replies": []},
            {"role": "assistant", "text": PAIRED[1], "rank": "0", "replies": []}]}},
    ],
)  # fmt: skip
def test_conversations_in_every_form(record):
    (row,) = convo_flant5.reshape(Row(record, "x.json", 3), convo_flant5.Settings())
    assert (row.broken, row["history"], row["reply"]) == (None, [PAIRED[0]], PAIRED[1])


def test_what_surrounds_an_instruction():
    record = {
        "system": "Be short.",
        "history": [["Hi!", "Hello."]],
        "instruction": "Add.",
        "input": "1 2",
        "output": "3",
    }
    given, _ = conversations.find_turns(record)
    assert [(turn["from"], turn["value"]) for turn in given] == [
        ("system", "Be short."), ("human", "Hi!"), ("gpt", "Hello."), ("human", "Add.\n1 2"), ("gpt", "3"),
    ]  # fmt: skip
    (row,) = convo_flant5.reshape(Row({"instruction": "Add."}, "x.json", 3), convo_flant5.Settings(), new=True)
    assert row["history"] == ["Add."]
    (row,) = convo_flant5.reshape(Row({"text": "a", "label": "b"}, "x.json", 3), convo_flant5.Settings())
    assert row.broken[1] == (
        "no column has turns; known are conversations or conversation or messages or instruction and output or "
        "instruction and response or prompt and response; it has 'text', 'label'"
    )
    picture = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]}
    (row,) = convo_flant5.reshape(Row(picture, "x.json", 3), convo_flant5.Settings())
    assert "turn 1 (user) has no text but [{'type': 'image_url'" in row.broken[1]


# ---------------------------------------------------------------- nested records


def test_innermost_records():
    record = {"title": "t", "parts": [{"pages": [{"n": "1"}, {"n": "2"}], "part": "p"}, "no object", {"pages": None}]}
    rows = nested.innermost(Row(record, "x.json", 5, "row"), "parts", "pages")
    assert rows == [
        {"title": "t", "part": "p", "n": "1"},
        {"title": "t", "part": "p", "n": "2"},
        {"title": "t"},
        {"title": "t"},
    ]
    assert [(row.file, row.unit, row.line) for row in rows] == [
        ("x.json", "row", "5, parts 1, pages 1"),
        ("x.json", "row", "5, parts 1, pages 2"),
        ("x.json", "row", "5, parts 2"),
        ("x.json", "row", "5, parts 3, pages 1"),
    ]
    flat = Row({"n": "1"}, "x.json", 5)
    assert nested.innermost(flat, "parts", "pages") == [flat]


# ---------------------------------------------------------------- windows


def words(text, add_special_tokens=True):
    """A tokenizer of words, with one token at the end."""
    if isinstance(text, list):
        return {"input_ids": [words(one, add_special_tokens)["input_ids"] for one in text]}
    return {"input_ids": text.split() + ["</s>"] * add_special_tokens}


def test_windows_by_hand():
    """Three tokens are before, after and at the end; four are left for the text, two of them in common."""
    assert windows("q: ", " .", "a b c d", 7, 2, words) == ["q: a b c d ."]
    assert windows("q: ", " .", "a b c d e f g", 7, 2, words) == ["q: a b c d .", "q: c d e f .", "q: e f g ."]
    assert windows("q: ", " .", "a b c d e", 7, 9, words) == ["q: a b c d .", "q: c d e ."]  # half of the room at most
    assert windows("q: ", " .", "a b c d e", 7, 0, words) == ["q: a b c d .", "q: e ."]
    with pytest.raises(UserError, match="'q: ': 3 tokens leave no room for a text in --max_source_length 3"):
        windows("q: ", " .", "a b", 3, 0, words)


# ---------------------------------------------------------------- questions

SETTINGS = SimpleNamespace(answer_column=None)
BOX = {"context": "The box is red.", "question": "Which colour?"}
NQ = {"document_text": "<P> The box is red . </P>", "question_text": "Which colour?", "example_id": "1"}
TYDI = {"document_plaintext": "Die Kiste ist rötlich.", "question_text": "Welche Farbe?"}


def asked(record):
    """(text of the question, answers) of each row that the qa recipe makes of a record, its context looked at."""
    rows = qa_t5.reshape(Row(record, "x.json", 3), SETTINGS)
    found = []
    for row in rows:
        context, question, answers = (
            next((row[name] for name in known if name in row), None) for _, known in qa_t5.COLUMNS.values()
        )
        assert "box" in context or "Kiste" in context
        found.append((question, answers))
    return found


@pytest.mark.parametrize(
    ("record", "answers"),
    [
        ({**BOX, "answers": {"text": ["red", "red"], "answer_start": [11, 11]}}, ["red", "red"]),
        ({**BOX, "answers": "{'text': ['red'], 'answer_start': [11]}"}, ["red"]),
        ({**BOX, "answers": "{'text': array(['red', 'a'], dtype=object), 'answer_start': array([1])}"}, ["red", "a"]),
        ({**BOX, "answers": "['red']"}, ["red"]),
        ({**BOX, "answers": [{"text": "red", "answer_start": "11"}]}, ["red"]),
        ({**BOX, "answers": {"text": [], "answer_start": []}}, []),
        ({**BOX, "answers": ["red"], "is_impossible": True}, []),
        ({**BOX, "answer": {"value": "red", "aliases": ["red", "Red!"], "normalized_value": "red"}}, ["red", "Red!"]),
        ({**BOX, "answer": True}, ["yes"]),
        ({**BOX, "answer": "red"}, "red"),
        ({**BOX, "answers": ["CANNOTANSWER"]}, []),
        ({**BOX, "answers_spans": {"spans": ["red"], "types": ["span"]}}, ["red"]),
        ({**BOX, "context": {"title": ["Box"], "sentences": [["The box", "is red."]]}, "answer": "red"}, "red"),
        ({**BOX, "context": [["Box", ["The box", "is red."]]], "answer": "red"}, "red"),
        ({"query": "Which?", "passages": {"passage_text": ["A box.", "It is red."]}, "answers": ["red"]}, ["red"]),
        ({"question": "Which colour?", "entity_pages": {"wiki_context": ["A box."]}, "answer": {"value": "a"}}, ["a"]),
        ({**NQ, "annotations": [{"short_answers": [{"start_token": "4", "end_token": "5"}]}]}, ["red"]),
        ({**NQ, "annotations": [{"short_answers": [], "yes_no_answer": "YES"}]}, ["yes"]),
        ({**NQ, "annotations": [{"short_answers": [], "yes_no_answer": "NONE"}]}, []),
        ({**TYDI, "annotations": {"minimal_answers_start_byte": [14], "minimal_answers_end_byte": [22],
                                  "yes_no_answer": ["NONE"]}}, ["rötlich"]),
        ({**TYDI, "annotations": {"minimal_answers_start_byte": [-1], "minimal_answers_end_byte": [-1],
                                  "yes_no_answer": ["NONE"]}}, []),
    ],
)  # fmt: skip
def test_questions_as_known_data_sets_have_them(record, answers):
    assert [given for _, given in asked(record)] == [answers]


def test_a_conversation_about_a_story():
    story = {"id": "c", "story": "The box is red. It is Ann's."}
    first, second = {"input_text": "Which colour?", "turn_id": "1"}, {"input_text": "Whose?", "turn_id": "2"}
    answers = [{"input_text": "red", "span_text": "is red"}, {"input_text": "Ann's"}]
    record = {**story, "questions": [first, second], "answers": answers,
              "additional_answers": {"0": [{"input_text": "red"}, {"input_text": "Ann's own"}]}}  # fmt: skip
    assert asked(record) == [("Which colour?", ["red"]), ("Whose?", ["Ann's", "Ann's own"])]
    rows = qa_t5.reshape(Row(record, "x.json", 3), SETTINGS)
    assert [(row["id"], row.line) for row in rows] == [("c/1", "3, questions 1"), ("c/2", "3, questions 2")]
    flat = {**story, "questions": ["Which colour?", "Whose?"], "answers": {"input_text": ["red", "Ann's"]}}
    assert asked(flat) == [("Which colour?", ["red"]), ("Whose?", ["Ann's"])]
    assert asked({**story, "questions": ["Whose?"]}) == [("Whose?", None)]
    (row,) = qa_t5.reshape(Row({**flat, "answers": ["red"]}, "x.json", 3), SETTINGS)
    assert row.broken == ("questions and answers are not paired", "2 questions have 1 answers")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("['a', \"it's\"]", ["a", "it's"]),
        ("['a' 'b'\n 'c']", ["a", "b", "c"]),  # as numpy prints an array: Python would read one text
        ('["a", 1.50]', ["a", "1.50"]),
        ('{"en": "a", "fr": null}', {"en": "a", "fr": None}),
        ("{'a': array(['b'], dtype=object)}", {"a": ["b"]}),
        ("[sic] he said", None),
        ("[see below]", None),
        ("{a}", None),
        ("['a', b]", None),
        ("[" * 9999 + "]" * 9999, None),
        ("__import__('os').getcwd()", None),
        ("[__import__('os').getcwd()]", None),
    ],
)
def test_lists_and_dictionaries_that_were_written_as_text(written, value):
    assert read_written(written) == (written if value is None else value)
