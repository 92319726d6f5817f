# SPDX-License-Identifier: Apache-2.0
"""recipes/formats: pairs of text files, conversations, nested records, windows."""

import pytest

from recipes.common import UserError
from recipes.common.reading import Row, read_file
from recipes.formats import bitext, conversations, nested
from recipes.formats.windows import windows

ROLES = {"human": "human", "user": "human", "gpt": "gpt", "assistant": "gpt", "system": "system"}


# ---------------------------------------------------------------- bitext


@pytest.mark.parametrize(
    ("name", "english", "others"),
    [
        ("de", "German", ("de", "German", "german")),
        ("DE", "German", ("DE", "de", "German", "german")),
        ("german", "German", ("german", "de", "German")),
        ("castilian", "Spanish", ("castilian", "es", "Spanish", "spanish")),
        ("tlh", "tlh", ("tlh",)),
    ],
)
def test_names_of_languages(name, english, others):
    assert bitext.english_name(name) == english
    assert bitext.language_names(name) == others


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
    with pytest.raises(UserError, match=r"unknown kind of file; known: .* .arrow .en .english, text also"):
        read_file(write(tmp_path / "mine.xx", "a"), None, bitext.readers("en", "de"))


# ---------------------------------------------------------------- conversations


def turns(*texts, first="human"):
    speakers = ("human", "gpt") if first == "human" else ("gpt", "human")
    return [{"from": speakers[place % 2], "value": text} for place, text in enumerate(texts)]


def pair(sources):
    """The shortest `pair`: each reply with the turns before it."""
    return [
        {"history": [past["value"] for past in source[:place]], "reply": turn["value"]}
        for source in sources
        for place, turn in enumerate(source)
        if turn["from"] == "gpt" and place
    ]


def made(listed, new=False):
    row = Row({"id": "7", "conversations": listed}, "x.json", 3, "row")
    return conversations.rows_of_replies(row, listed, ROLES, pair, new)


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
    assert conversations.shortened([system, *turns("a", "b", "c")]) == [
        [system, *turns("a", "b", "c")],
        [system, *turns("b", "c", first="gpt")],
        [system, *turns("c")],
        turns("c"),
    ]
    assert conversations.shortened([system, *turns("a")]) == [[system, *turns("a")], turns("a")]
    assert conversations.shortened(turns("a", "b")) == [turns("a", "b")]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("limit", range(12))
def test_the_longest_that_fits(size, limit):
    asked = []

    def tokenize(texts):
        asked.extend(texts)
        return {"input_ids_lens": [len(text) for text in texts]}

    texts = ["x" * length for length in range(size, 0, -1)]
    fitting = [text for text in texts if len(text) <= limit]
    assert conversations.longest(texts, limit, tokenize) == (fitting or texts[-1:])[0]
    assert len(asked) <= size.bit_length()


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
