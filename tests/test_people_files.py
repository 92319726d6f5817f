# SPDX-License-Identifier: Apache-2.0
"""Files as people have them: written by spreadsheets, pandas and Windows, packed, cut, in columns, without a header."""

import bz2
import csv
import datetime
import importlib
import json
import os
import random
import re
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import datasets
import openpyxl
import pyarrow
import pyarrow.parquet
import pytest
from conftest import make_tokenizer

from recipes import files
from recipes.common import UserError, reading
from recipes.common.arguments import RecipeSettings
from recipes.common.tasks import task_of_module
from recipes.files import Row, read_file, text
from recipes.tables import columns_of

PAIR = {"text": "Ann wants a lamp, new.", "summary": "New lamp"}
LINE = json.dumps(PAIR) + "\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, content):
    with open(name, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return name


def read(name, content, **form):
    """(the rows of a file with this content, what is said of it)."""
    rows = read_file(write(name, content), RecipeSettings(**form))
    assert [row.broken for row in rows] == [None] * len(rows)
    return list(map(dict, rows)), [note.removeprefix(f"{name}: ") for note in rows.notes]


def refused(name, content=None, **form):
    if content is not None:
        write(name, content)
    with pytest.raises(UserError) as error:
        read_file(name, RecipeSettings(**form))
    (problem,) = error.value.problems
    return problem


# ---------------------------------------------------------------- columns

SEPARATED = "columns are separated by {!r}; --delimiter can name another mark"


@pytest.mark.parametrize("name", ["mine.csv", "mine.tsv", "mine.txt"])
@pytest.mark.parametrize("mark", ",;\t|")
def test_the_mark_between_columns_is_found(name, mark):
    content = f"text{mark}summary\nAnn wants a lamp.{mark}New lamp\n"
    usual = "," if name == "mine.csv" else "\t"
    notes = [] if mark == usual else [SEPARATED.format(mark)]
    assert read(name, content) == ([{"text": "Ann wants a lamp.", "summary": "New lamp"}], notes)
    assert read(name, content, delimiter="tab" if mark == "\t" else mark)[1] == []


def test_marks_in_texts_do_not_mislead():
    rows = [{"text": "a, b; c", "summary": "d, e"}, {"text": "f", "summary": "g, h, i"}]
    made = "text;summary\n" + "".join(f'"{row["text"]}";{row["summary"]}\n' for row in rows)
    assert read("mine.csv", made) == (rows, [SEPARATED.format(";")])
    # One column is one column, whatever stands in its texts.
    assert read("one.csv", "text\na;b\nc;d\n") == ([{"text": "a;b"}, {"text": "c;d"}], [])
    assert read("one.tsv", "text\na, b\nc, d\n") == ([{"text": "a, b"}, {"text": "c, d"}], [])
    # Where no mark makes a table, the usual one stays, and its rows say what is wrong.
    rows = read_file(write("bad.csv", "text,summary\na,b\nc,d,e\n"))
    assert rows[1].broken[1] == "3 fields where the header has 2; quote a field that holds ','"
    assert read("two.csv", 'a"b|c\n1|2\n', delimiter="|")[0] == [{'a"b': "1", "c": "2"}]


def test_the_line_that_excel_reads_first():
    rows = ([{"a": "1", "b": "2,5"}], [SEPARATED.format(";")])
    assert read("mine.csv", "sep=;\r\na;b\r\n1;2,5\r\n") == rows
    assert read("mine.csv", '"sep=;"\na;b\n1;2,5\n') == rows
    assert read("mine.csv", "\ufeffsep=,\na,b\n1,2\n") == ([{"a": "1", "b": "2"}], [])
    assert read_file("mine.csv")[0].line == 3


def test_what_spreadsheets_leave_at_the_end():
    rows = [{"text": "a", "summary": "b"}, {"text": "c", "summary": ""}]
    assert read("mine.csv", "text,summary,,,\na,b,,,\nc,,,,\n") == (rows, [])
    assert read("mine.csv", "text,summary\na,b,,\nc,\n") == (rows, [])
    assert read("mine.csv", "text,summary,\na,b,\nc,,\n,,\n") == ([*rows, {"text": "", "summary": ""}], [])
    # What has text is no leftover; and a column without a name in front, as pandas writes it, gets one.
    assert read_file(write("mine.csv", "text,summary,\na,b,c\n"))[0].broken[0] == "too many or too few fields"
    assert read("mine.csv", ",text\n0,a\n") == ([{"column 1": "0", "text": "a"}], [])


@pytest.mark.parametrize(
    "content",
    [
        'text, summary\nAnn wants a new lamp., "New, lamp"\n',
        '"text", "summary"\n"Ann wants a new lamp.", "New, lamp"\n',
        'text,summary\n"Ann wants a new lamp.", "New, lamp"\n',
    ],
)
def test_blanks_after_commas(content):
    row = {"text": "Ann wants a new lamp.", "summary": "New, lamp"}
    assert read("mine.csv", content) == ([row], ["blanks after ',' are no part of a field"])


def test_blanks_around_names_are_no_part_of_them_and_those_of_texts_stay():
    assert read("mine.csv", " text ,summary\n a , b\n") == ([{"text": " a ", "summary": " b"}], [])
    assert "names column 'a' twice" in refused("mine.csv", "a, a\n1,2\n")


def test_a_file_without_a_line_of_names():
    pairs = [{"id": "1276", "en": "Let us try.", "n": "2481", "es": "Intentemos."}]
    content = "1276\tLet us try.\t2481\tIntentemos.\n"
    assert read("mine.tsv", content, columns="id, en,n,es") == (pairs, [])
    assert read("mine.txt", content, columns="id,en,n,es") == (pairs, [])
    # One that has such a line after all does not learn it.
    assert read("mine.csv", "en,fr\na,b\n", columns="en,fr") == ([{"en": "a", "fr": "b"}], [])
    assert read("mine.txt", "a, b\nc\n", columns="text") == ([{"text": "a, b"}, {"text": "c"}], [])
    assert read("mine.jsonl", '["a", "b"]\n["c", "d"]', columns="en,fr")[0][1] == {"en": "c", "fr": "d"}
    assert refused("mine.tsv", content, columns="en,es") == (
        "mine.tsv line 1: 4 fields where --columns names 2: '1276', 'Let us try.', '2481', 'Intentemos.'"
    )


def test_quotes_between_tabs():
    """They are text, in a .csv, too; where all names stand in quotes, or --delimiter names the tab, they are quotes."""
    content = 'en\tfr\nGo.\t"Va\nYes.\tOui."\n'
    rows = [{"en": "Go.", "fr": '"Va'}, {"en": "Yes.", "fr": 'Oui."'}]
    assert read("mine.csv", content) == (rows, [SEPARATED.format("\t")])
    whole = "quotes between tabs are read as those of a CSV"
    assert read("mine.tsv", '"en"\t"fr"\n"a ""b"""\t"c"\n') == ([{"en": 'a "b"', "fr": "c"}], [whole])
    content = 'en\tfr\n"a ""b"""\tc\n'
    note = "quotes between tabs are text; --delimiter tab reads them as those of a CSV"
    # Where quotes are the only way in which lines make a table.
    rows = [{"en": "a\nb", "fr": "c"}, {"en": "d", "fr": "e"}]
    assert read("mine.tsv", 'en\tfr\n"a\nb"\tc\nd\te\n') == (rows, [whole])
    assert read("mine.tsv", content) == ([{"en": '"a ""b"""', "fr": "c"}], [note])
    assert read("mine.tsv", content, delimiter="tab") == ([{"en": 'a "b"', "fr": "c"}], [])


@pytest.mark.parametrize("delimiter", [";;", '"', "\n", ""])
def test_marks_that_cannot_be(delimiter):
    if delimiter:
        assert "must be one character" in refused("mine.csv", "a\n1\n", delimiter=delimiter)
    else:
        assert read("mine.csv", "a,b\n1,2\n", delimiter=delimiter)[0] == [{"a": "1", "b": "2"}]


# ---------------------------------------------------------------- text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["mine.csv", "mine.jsonl", "mine.json"])
def test_a_mark_at_the_start_tells_the_encoding(name, encoding):
    content = "text,summary\r\nStraße 東京,b\r\n" if name == "mine.csv" else '{"text": "Straße 東京", "summary": "b"}'
    assert read(name, content.encode(encoding)) == ([{"text": "Straße 東京", "summary": "b"}], [])
    assert read(name, content.encode(encoding), encoding="cp1252")[0][0]["text"] == "Straße 東京"


@pytest.mark.parametrize(
    ("encoding", "word"),
    [("cp1252", "“café”"), ("cp1251", "Привет"), ("shift_jis", "天気"), ("gb18030", "顾客"), ("utf-16-le", "café")],
)
@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_other_encodings_are_read_where_they_are_named(encoding, word, kind):
    made = f"text,n\n{word},1\n" if kind == "csv" else json.dumps({"text": word, "n": 1}, ensure_ascii=False)
    assert read(f"mine.{kind}", made.encode(encoding), encoding=encoding)[0] == [{"text": word, "n": "1"}]
    assert "--encoding" in refused(f"mine.{kind}", made.encode(encoding))


def test_an_encoding_that_there_is_not():
    assert refused("mine.csv", "a\n1\n", encoding="klingon").startswith("--encoding klingon: unknown; such as cp1252")
    assert refused("mine.csv", "a\né\n", encoding="ascii").startswith("mine.csv line 2: not ASCII: byte 0xc3; --encod")
    assert refused("odd.csv", b"a\n1\n2", encoding="utf-16-le").startswith("odd.csv: is not written in utf-16-le")


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".zst", ".lz4"])
def test_packed_text(ending):
    kind = {".gz": "gzip", ".zst": "zstd", ".lz4": "lz4"}.get(ending)
    packed = bz2.compress(LINE.encode()) if not kind else None
    if kind:
        with pyarrow.CompressedOutputStream(f"mine.jsonl{ending}", kind) as file:
            file.write(LINE.encode())
        packed = Path(f"mine.jsonl{ending}").read_bytes()
    assert read(f"mine.jsonl{ending}", packed) == ([PAIR], [])
    assert "copy it again" in refused(f"mine.jsonl{ending}", packed[: len(packed) // 2])


def test_one_endless_line_and_endless_empty_ones_are_said_in_bounded_memory(monkeypatch):
    monkeypatch.setattr(text, "LONGEST", 10**6)
    monkeypatch.setattr(text, "BLANK", 10**4)
    monkeypatch.setattr(files.objects, "MOST", 10**6)
    with pyarrow.CompressedOutputStream("long.csv.gz", "gzip") as file:
        file.write(b"text\n")
        for _ in range(100):
            file.write(b"x" * 10**6)
    with pyarrow.CompressedOutputStream("empty.jsonl.gz", "gzip") as file:
        for _ in range(20):
            file.write(b"\n" * 10**6)
    os.link("long.csv.gz", "long.jsonl.gz")
    os.link("long.csv.gz", "long.json.gz")
    tracemalloc.start()
    line = "line 2: a line of more than 1,000,000 characters; this is no file of rows"
    assert refused("long.csv.gz") == f"long.csv.gz {line}"
    assert refused("long.jsonl.gz") == f"long.jsonl.gz {line}"
    assert refused("long.json.gz").startswith("long.json.gz: more than 1,000,000 characters of JSON; write one object")
    assert refused("empty.jsonl.gz") == (
        "empty.jsonl.gz line 10001: more than 10,000 empty lines; this is no file of rows"
    )
    assert tracemalloc.get_traced_memory()[1] < 40e6  # unpacked they hold 400 MB
    tracemalloc.stop()


def test_what_is_no_file():
    os.mkfifo("pipe.csv")
    os.symlink("/dev/zero", "zero.jsonl")
    os.symlink("nowhere.csv", "gone.csv")
    for name in ("pipe.csv", "zero.jsonl"):
        assert refused(name) == f"{name}: is a pipe or a device, and can be read only once; save it as a file"
    assert refused("gone.csv") == "gone.csv: no such file"
    assert refused(os.fsdecode(b"caf\xe9.csv"), "a\n1\n") == "caf?.csv: its name is not UTF-8; rename it"


# ---------------------------------------------------------------- sheets


def test_a_workbook_as_a_person_sees_it():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Tickets"
    sheet.append([])
    sheet.append(["text", " summary ", "when", "n", None])
    sheet.append(["a\nb", "=1+1", datetime.datetime(2024, 3, 5), 7, None])
    sheet.append(["N/A", 0.1 + 0.2, datetime.datetime(2024, 3, 5, 14, 30), 7.0, None])
    sheet.append([None] * 5)
    sheet.append(["007", True, datetime.date(2024, 3, 5), 1.5, None])
    sheet.append(["é", None, datetime.time(9, 5), None, None])
    book.create_sheet("Other").append(["x"])
    book.save("mine.xlsx")
    rows = read_file("mine.xlsx")
    assert [tuple(row.values()) for row in rows] == [
        ("a\nb", "", "2024-03-05", "7"),  # nobody has computed the formula: no value is stored
        ("N/A", "0.3", "2024-03-05 14:30:00", "7"),
        ("007", "TRUE", "2024-03-05", "1.5"),
        ("é", "", "09:05:00", ""),
    ]
    assert list(rows[0]) == ["text", "summary", "when", "n"]
    assert [(row.unit, row.line) for row in rows] == [("row", 3), ("row", 4), ("row", 6), ("row", 7)]
    assert rows.notes == ["mine.xlsx: sheet 'Tickets' is read; others are not: 'Other'"]
    assert refused("words.xlsx", "text,summary\n").startswith("words.xlsx: not an Excel workbook, or damaged: ")


# ---------------------------------------------------------------- columns of Arrow


def parquet(name, **columns):
    pyarrow.parquet.write_table(pyarrow.table(columns), name)
    return read_file(name)


def test_a_column_that_nobody_asked_for_may_hold_anything():
    far = pyarrow.array([10**18], pyarrow.timestamp("us"))
    broken = pyarrow.array([b"\xff"]).view("string")
    zone = pyarrow.array([0], pyarrow.timestamp("s", "Nowhere/Town"))
    image = pyarrow.array([{"bytes": b"\x89PNG", "path": "a.png"}])
    vector = pyarrow.array([[0.5, 1.5]])
    rows = parquet("mine.parquet", text=["a"], far=far, broken=broken, zone=zone, image=image, vector=vector)
    assert rows[0]["text"] == "a"
    assert set(rows[0]) == {"text", "far", "broken", "zone"}
    assert "out of range" in repr(rows[0]["far"]) and "utf-8" in repr(rows[0]["broken"])


def test_bytes_that_are_text_and_nested_values():
    rows = parquet("mine.parquet", text=[b"caf\xc3\xa9"], turns=[[{"role": "user", "weight": 0.5}]], n=[[1, 2]])
    assert rows == [{"text": "café", "turns": [{"role": "user", "weight": 0.5}], "n": [1, 2]}]


def test_columns_given_twice():
    table = pyarrow.Table.from_arrays([pyarrow.array(["a"])] * 2, ["text", "text"])
    pyarrow.parquet.write_table(table, "mine.parquet")
    assert refused("mine.parquet") == "mine.parquet: has column 'text' twice; give it once"


@pytest.mark.parametrize("form", [pyarrow.ipc.new_file, pyarrow.ipc.new_stream])
def test_arrow_files(form):
    table = pyarrow.table({"text": ["a", "b"]})
    with form("mine.arrow", table.schema) as file:
        file.write_table(table)
    rows = read_file("mine.arrow")
    assert rows == [{"text": "a"}, {"text": "b"}]
    assert [(row.unit, row.line) for row in rows] == [("row", 1), ("row", 2)]
    assert refused("bad.arrow", "words").startswith("bad.arrow: not an Arrow file, or damaged: ")


# ---------------------------------------------------------------- JSON


@pytest.mark.parametrize("name", ["mine.json", "mine.jsonl"])
@pytest.mark.parametrize(
    "content",
    [
        LINE + LINE,
        f"[{LINE},{LINE}]",
        f"[\n{LINE.strip()},\n{LINE.strip()}\n]",
        json.dumps({"type": "text2text", "instances": [PAIR, PAIR]}, indent=2),
        json.dumps({name: {"0": value, "1": value} for name, value in PAIR.items()}, indent=1),
        json.dumps({name: [value, value] for name, value in PAIR.items()}, indent=1),
        json.dumps({"columns": list(PAIR), "index": [0, 1], "data": [list(PAIR.values())] * 2}, indent=1),
    ],
)
def test_json_in_any_shape_under_either_name(name, content):
    assert read(name, content) == ([PAIR, PAIR], [])


def test_one_record_is_one_record():
    turns = {"conversations": [{"from": "human", "value": "a"}], "tools": [{"name": "x"}]}
    for record in (turns, {"messages": ["a", "b"]}, {"translation": {"en": "a", "de": "b"}}, {"a": ["b"], "c": []}):
        assert read("mine.json", json.dumps(record)) == ([record], [])


def test_commas_that_are_too_many():
    note = "2 lines end in a comma, which is left out"
    assert read("mine.jsonl", (LINE.strip() + ",\n") * 2) == ([PAIR, PAIR], [note])
    assert "not JSON: a comma too many? " in refused("mine.json", f"[{LINE},]")


def test_what_else_holds_rows():
    objects = "\n".join(json.dumps(PAIR, indent=2) for _ in range(2))  # as jq prints them
    assert read("mine.json", objects) == read("mine.jsonl", objects) == ([PAIR, PAIR], [])
    assert refused("mine.json", f"{objects}\n{{\n 1}}").startswith("mine.json line 10: not JSON: Expecting prop")
    keyed = {"a": PAIR, "b": PAIR}
    assert read("mine.json", json.dumps(keyed))[0] == [{"id": "a", **PAIR}, {"id": "b", **PAIR}]
    viewed = {"features": [], "rows": [{"row_idx": 0, "row": PAIR, "truncated_cells": []}]}
    assert read("mine.json", json.dumps(viewed))[0] == [PAIR]
    assert refused("mine.json", json.dumps({"train": [PAIR], "test": []})) == (
        "mine.json: holds several splits, 'train', 'test'; write a file for each"
    )
    (row,) = read_file(write("mine.json", json.dumps([list(PAIR.values())])))
    assert row.broken[1].endswith("; --columns names those of a list")
    (row,) = read_file(write("mine.jsonl", repr({**PAIR, "n": None})))
    assert (row, row.remark) == ({**PAIR, "n": None}, "a dictionary of Python's, and no JSON: it is read")


def test_a_key_twice():
    twice = '{"text": "a", "summary": "b", "summary": "c"}'
    fault = "key 'summary' stands twice in one object: {'text': 'a', 'summary': 'c'}"
    (row,) = read_file(write("mine.jsonl", twice))
    assert row.broken == ("not JSON", f"{fault}; each line needs one whole object")
    assert refused("mine.json", f"[{twice}]") == f"mine.json: {fault}"
    (row,) = read_file(write("mine.jsonl", '{"messages": [{"role": "user", "role": "gpt"}]}'))
    assert row.broken


def test_the_rows_of_a_csv_that_python_wrote():
    with open("mine.csv", "w", newline="") as file:
        csv.writer(file, delimiter=";").writerows([["text", "summary"], ['a "b"; c\nd', "e"]])
    assert read_file("mine.csv") == [{"text": 'a "b"; c\nd', "summary": "e"}]


def test_more_text_than_an_array_of_two_gigabytes_holds():
    """Offsets of 32 bits count to 2,147,483,647 bytes: 2.3 GB of text in one split were too many."""

    def kinds(kind):
        inner = [kind.field(number).type for number in range(kind.num_fields)]
        return {str(kind)} if not inner else set().union(*map(kinds, inner))

    row = {"id": "1", "text": "a", "answers": ["b"]}
    features = columns_of({"example": 0, "row": row, "source": "a", "input_ids": [1]})
    found = set().union(*(kinds(one.type) for one in features.arrow_schema))
    assert found == {"large_string", "int32", "int64"}


# ---------------------------------------------------------------- what people brought

TALK = ["Where is my order?", "On its way."]
MESSAGES = [{"role": "user", "content": TALK[0]}, {"role": "assistant", "content": TALK[1]}]
BOX = {"context": "The box is red.", "question": "Which colour?"}
LONG = " ".join(["team ok meet the order"] * 6000)  # 30,000 words without a full stop


def lines(*rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


# What was wrong with it -> (recipe, name of the file, its content, flags, what is learned of its first row).
BROUGHT = {
    "F2 a quote that opens": (
        "translate_mt5_lora",
        "a.tsv",
        'id\ten\tde\n1\t"Stop, he cried.\tHalt!\n',
        {},
        ['"Stop, he cried.', "Halt!"],
    ),
    "F2 a field that begins with a quotation": (
        "translate_mt5_lora",
        "a.tsv",
        'en\tde\n"Go!" he said.\t"Geh!"\n',
        {},
        ['"Go!" he said.', '"Geh!"'],
    ),
    "F2 a field in quotes": ("translate_mt5_lora", "a.tsv", 'en\tde\n"Stop!"\tHalt!\n', {}, ['"Stop!"', "Halt!"]),
    "F3 an end token in a reply": (
        "convo_flant5",
        "a.jsonl",
        lines(
            {
                "conversations": [
                    {"from": "human", "value": TALK[0]},
                    {"from": "gpt", "value": "On its way.</s>It comes."},
                ]
            }
        ),
        {},
        [[TALK[0]], "On its way.</s>It comes."],
    ),
    "F3 marks of sentences": (
        "paraphrase_bart",
        "a.jsonl",
        lines({"original": "a b", "paraphrase": "<s> b a </s>"}),
        {},
        ["a b", ["<s> b a </s>"]],
    ),
    "F15 SQuAD by pandas": (
        "qa_t5",
        "a.csv",
        "context,question,answers\nThe box is red.,Which colour?,\"{'text': ['red'], 'answer_start': [11]}\"\n",
        {},
        [*BOX.values(), ["red"]],
    ),
    "F15 SQuAD by pandas, numpy": (
        "qa_t5",
        "a.csv",
        "context,question,answers\nThe box is red.,Which colour?,"
        "\"{'text': array(['red'], dtype=object), 'answer_start': array([11])}\"\n",
        {},
        [*BOX.values(), ["red"]],
    ),
    "F15 a list of answers": (
        "qa_t5",
        "a.csv",
        "context,question,answers\nThe box is red.,Which colour?,['red']\n",
        {},
        [*BOX.values(), ["red"]],
    ),
    "F15 a list of summaries": (
        "summarize_t5",
        "a.csv",
        "text,summary\nlong,\"['a', 'b']\"\n",
        {},
        ["long", ["a", "b"]],
    ),
    "F15 a pair in JSON": (
        "translate_mt5_lora",
        "a.jsonl",
        lines({"translation": '{"en": "Hi.", "de": "Hallo."}'}),
        {},
        ["Hi.", "Hallo."],
    ),
    "F17 numbers": (
        "summarize_t5",
        "a.jsonl",
        lines({"document": "Readings: 4, 97, 5", "summary": "Three."}),
        {},
        ["Readings: 4, 97, 5", ["Three."]],
    ),
    "W2 Alpaca": (
        "convo_flant5",
        "a.jsonl",
        lines({"instruction": TALK[0], "input": "", "output": TALK[1]}),
        {},
        [TALK[:1], TALK[1]],
    ),
    "W2 Dolly": (
        "convo_flant5",
        "a.jsonl",
        lines({"instruction": TALK[0], "context": "", "response": TALK[1]}),
        {},
        [TALK[:1], TALK[1]],
    ),
    "W2 LMSYS": ("convo_flant5", "a.jsonl", lines({"model": "x", "conversation": MESSAGES}), {}, [TALK[:1], TALK[1]]),
    "W2 null beside messages": (
        "convo_flant5",
        "a.jsonl",
        lines({"conversations": None, "messages": MESSAGES}),
        {},
        [TALK[:1], TALK[1]],
    ),
    "W2 parts": (
        "convo_flant5",
        "a.jsonl",
        lines({"messages": [{**turn, "content": [{"type": "text", "text": turn["content"]}]} for turn in MESSAGES]}),
        {},
        [TALK[:1], TALK[1]],
    ),
    "W2 CoQA": (
        "qa_t5",
        "a.json",
        json.dumps(
            {
                "version": "1.0",
                "data": [
                    {
                        "id": "c",
                        "story": BOX["context"],
                        "questions": [{"input_text": BOX["question"], "turn_id": 1}],
                        "answers": [{"span_start": 0, "input_text": "red", "turn_id": 1}],
                    }
                ],
            }
        ),
        {},
        [*BOX.values(), ["red"]],
    ),
    "W7 TriviaQA": (
        "qa_t5",
        "a.jsonl",
        lines({**BOX, "answer": {"value": "red", "aliases": ["red", "Red"], "normalized_value": "red"}}),
        {},
        [*BOX.values(), ["red", "Red"]],
    ),
    "W8 a language that T5 lacks": (
        "summarize_t5",
        "a.jsonl",
        lines({"document": "顾客来信。", "summary": "台灯。"}),
        {},
        ["顾客来信。", ["台灯。"]],
    ),
    "W9 empty columns": ("summarize_t5", "a.csv", "text,summary,,,\na,b,,,\n", {}, ["a", ["b"]]),
    "W9 blanks": ("summarize_t5", "a.csv", "text, summary\na, b\n", {}, ["a", ["b"]]),
    "W9 blanks and quotes": ("summarize_t5", "a.csv", '"text", "summary"\n"a, b", "c"\n', {}, ["a, b", ["c"]]),
    "W9 Excel's line": ("summarize_t5", "a.csv", "sep=,\ntext,summary\na,b\n", {}, ["a", ["b"]]),
    "W10 pairs": (
        "translate_mt5_lora",
        "a.jsonl",
        lines({"id": "t1", "en": "Hi.", "de": "Hallo."}),
        {},
        ["Hi.", "Hallo."],
    ),
    "W14 no full stop": ("summarize_t5", "a.jsonl", lines({"text": LONG, "summary": "b"}), {}, [LONG, ["b"]]),
    "title beside abstract": (
        "summarize_t5",
        "a.jsonl",
        lines({"title": "t", "text": "a", "abstract": "b"}),
        {},
        ["a", ["b"]],
    ),
    "commas after objects": ("summarize_t5", "a.jsonl", '{"text": "a", "summary": "b"},\n', {}, ["a", ["b"]]),
    "ids twice": (
        "summarize_t5",
        "a.jsonl",
        lines({"id": 0, "text": "a", "summary": "b"}, {"id": 0, "text": "c", "summary": "d"}),
        {},
        ["a", ["b"]],
    ),
    "no names, named": (
        "translate_mt5_lora",
        "a.tsv",
        "1276\tHi.\t2481\tHallo.\n",
        {"columns": "id,en,n,de"},
        ["Hi.", "Hallo."],
    ),
}


def learned(recipe, **given):
    module = importlib.import_module(f"recipes.{recipe}")
    task = task_of_module(module)
    settings = task.settings(**given)
    task = task.with_settings(task, settings) if task.with_settings else task
    several = {"qa_t5": ("text",), "convo_flant5": module.LISTS if recipe == "convo_flant5" else ()}
    several = several.get(recipe, ("summary", "paraphrase"))
    splits = reading.load(task, settings, seed=1, several=several, validation_share=0, tokenizer=make_tokenizer())
    return [
        [value for name, value in row.items() if name not in ("id", "conversation", "speakers")]
        for row in splits["train"]
    ], splits


@pytest.mark.parametrize("case", BROUGHT)
def test_what_people_brought_is_learned(case):
    recipe, name, content, flags, wanted = BROUGHT[case]
    rows, splits = learned(recipe, train_file=write(name, content), **flags)
    assert rows[0] == wanted
    assert splits.counts["train"]["left_out"] == []
    if case == "ids twice":
        assert splits.notes == ["train: ids are row numbers, for 'id' is not a different text in each row"]
    if case == "title beside abstract":
        assert splits.notes == ["a.jsonl: summary is column 'abstract'; --summary_column can choose 'title'"]


def test_what_people_brought_as_a_folder():
    """W5 and W6."""
    datasets.Dataset.from_list([PAIR]).save_to_disk("saved")
    os.mkdir("mixed")
    write("mixed/train.csv", "text,summary\na,b\n")
    write("mixed/test.csv", "text,summary,extra\nc,d,x\n")
    assert learned("summarize_t5", dataset_name="saved")[0] == [[PAIR["text"], [PAIR["summary"]]]]
    rows, splits = learned("summarize_t5", dataset_name="mixed")
    assert (rows, splits["test"][0]["document"]) == ([["a", ["b"]]], "c")


def test_names_that_are_missing_are_told_of_the_flag():
    with pytest.raises(UserError, match="name one with --source_column; for a file without a line of names, --columns"):
        learned("translate_mt5_lora", train_file=write("a.tsv", "1\tHi.\t2\tHallo.\n" * 2))


# ---------------------------------------------------------------- what nobody brought yet


def test_damaged_files_end_in_a_sentence():
    """Bytes changed, cut out, put in and read as another kind: rows, broken rows or one UserError."""
    chance = random.Random(7)
    book = openpyxl.Workbook()
    for row in (PAIR, PAIR.values()):
        book.active.append(list(row))
    book.save("whole.xlsx")
    pyarrow.parquet.write_table(pyarrow.table({"text": ["a"] * 9, "n": [[1]] * 9}), "whole.parquet")
    samples = [
        Path("whole.xlsx").read_bytes(),
        Path("whole.parquet").read_bytes(),
        (LINE * 5).encode(),
        b"[" + LINE.encode(),
    ]
    samples += [b'a;"b";c\n' * 5, b"a\tb\n" * 5, bz2.compress(LINE.encode()), "a,b\né,ü\n".encode("utf-16")]
    pieces = [b'"', b"\n", b"\t", b",", b"\0", b"\xff\xfe", b"{", b"[", b"\r", b"sep=;\n", b"\xe9", b"{'a': 1}"]
    encodings, ended = [None, None, "cp1252", "utf-16", "shift_jis", "idna", "hex", "utf-7"], set()
    for number in range(600):
        data = bytearray(chance.choice(samples))
        for _ in range(chance.choice([0, 1, 3])):
            place = chance.randrange(len(data))
            data[place : place + chance.randrange(9)] = chance.choice(pieces) * chance.randrange(3)
        kind = chance.choice([*files.READERS, ".jsonl.gz", ".csv.bz2", ".json.zst"])
        form = RecipeSettings(encoding=chance.choice(encodings), columns=chance.choice([None, None, "a,b", ","]))
        try:
            ended |= {row.broken is None for row in read_file(write(f"{number % 5}{kind}", bytes(data)), form)}
        except UserError as error:
            ended.add(len(error.problems))
    assert ended == {True, False}


NAMES = """context question answers qas paragraphs questions annotations document_text document_plaintext passages
    conversations messages conversation_a prompt instruction output history system role content translation
    text value replies aliases additional_answers short_answers yes_no_answer id sentence1 label"""
NAMES = re.split(r"\s+", NAMES)
VALUES = [None, True, "", "red", 0, float("nan"), [], {}, ["a"], [None], [[]], {"text": ["a"]}, [[{}]], "['a']"]
VALUES += [{"text": {"text": 1}}, {"role": "user", "content": "x"}, [{"from": "human", "value": "a"}]]
VALUES += [{"value": ["v"], "aliases": "x"}]
SETTINGS = {"answer_column": None, "label_column": None, "original_column": None, "source_column": None}
SETTINGS |= {"target_column": None, "source_lang": "en", "target_lang": "de", "max_source_length": 5}


@pytest.mark.parametrize("recipe", ["qa_t5", "convo_flant5", "translate_mt5_lora", "paraphrase_bart"])
def test_records_of_any_shape_become_rows_or_broken_ones(recipe):
    chance, reshape = random.Random(recipe), importlib.import_module(f"recipes.{recipe}").reshape

    def value(depth):
        if depth == 3 or chance.random() < 0.4:
            return chance.choice(VALUES)
        if chance.random() < 0.5:
            return [value(depth + 1) for _ in range(chance.randrange(4))]
        return {chance.choice(NAMES): value(depth + 1) for _ in range(chance.randrange(5))}

    for number in range(3000):
        record = {chance.choice(NAMES): value(0) for _ in range(chance.randint(1, 6))}
        row = Row(json.loads(json.dumps(record)), "a.jsonl", number)
        assert all(isinstance(one, Row) for one in reshape(row, SimpleNamespace(**SETTINGS), number % 2 == 0))


@pytest.mark.parametrize(
    ("start", "said"),
    [(b"\x1f\x8b\x08\0", ".gz; unpack it, or add .gz to its name"), (b"PK\x03\x04", ".zip; unpack it")],
    ids=["gz", "zip"],
)
def test_a_packed_file_under_another_name_is_called_so(start, said, tmp_path):
    """Its bytes are no other encoding of a text, which the message guessed before."""
    path = tmp_path / "a.csv"
    path.write_bytes(start + b"\x9f" * 40)
    with pytest.raises(UserError) as error:
        read_file(path, RecipeSettings())
    assert list(error.value.problems) == [f"{path}: is a packed file, {said}"]


def test_utf_32_is_read_by_its_mark(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\nlämp,mug\n".encode("utf-32"))
    assert list(map(dict, read_file(path, RecipeSettings()))) == [{"a": "lämp", "b": "mug"}]
