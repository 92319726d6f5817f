# SPDX-License-Identifier: Apache-2.0
"""recipes/common/reading: what is read, what is refused and with which words, what is counted."""

import csv
import gzip
import hashlib
import http.server
import json
import os
import socket
import threading
import time
import tracemalloc
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from recipes.common import UserError, reading, tasks
from recipes.common.arguments import RecipeSettings
from recipes.common.reading import Row, read_file
from recipes.shipping.rows import load_new

FIELDS = {
    "document": ("text_column", ("document", "article", "dialogue")),
    "summary": ("summary_column", ("summary", "highlights")),
}
COLUMNS = {"document": "document", "summary": "summary"}
HINT = " (--on_bad_row skip leaves such rows out and counts them)"
NEEDED = "needed: text that is not empty"
GOOD = '{"document": "a", "summary": "b"}\n'
KINDS = ".csv .tsv .tab .txt .json .jsonl .ndjson .xlsx .parquet .arrow .feather, text also with .gz .bz2 .zst"
OTHERS = "cp1250 cp1253 euc_kr big5 utf-16"
GZ = gzip.compress(GOOD.encode() * 1000)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Short, exact file names in messages; and nothing reads or writes the user's cache."""
    monkeypatch.chdir(tmp_path)
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()
    return tmp_path


def write(name, content):
    with open(name, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return name


def problems(function, *args, **kwargs):
    with pytest.raises(UserError) as error:
        function(*args, **kwargs)
    return error.value.problems


def made_task(columns=FIELDS, target="{summary}", source="{document}", **hooks):
    """What `reading` needs of a recipe's task."""
    hooks = dict.fromkeys(("read", "reshape", "refuse", "unwanted", "together")) | hooks
    return SimpleNamespace(columns=columns, target=target, source=source, **hooks)


def load(task=None, seed=42, several=(), allow_none=(), may_be_empty=(), tokenizer=None, share=0, most=1000, **given):
    """`reading.load` with the settings that are `given`; unless a share is, no validation split is cut off."""
    task = task or made_task()
    settings = tasks.with_column_flags(RecipeSettings, task.columns)(**given)
    options = {"several": several, "allow_none": allow_none, "may_be_empty": may_be_empty, "tokenizer": tokenizer}
    return reading.load(task, settings, seed=seed, validation_share=share, validation_most=most, **options)


def load_rows(rows, columns=FIELDS, hooks=None, **options):
    """`load` of rows that are not in a file: a list to train on, or split -> list."""
    rows = rows if isinstance(rows, dict) else {"train": rows}
    files = {f"{split}_file": write(f"{split}.jsonl", split) for split in rows}

    def read(path, settings, new):
        return [Row(row, path, number) for number, row in enumerate(rows[path.removesuffix(".jsonl")], 1)]

    return load(made_task(columns, read=read, **(hooks or {})), **files, **options)


def write_parquet(name, columns):
    import pyarrow
    import pyarrow.parquet

    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table(columns), name)
    return name


# File name -> (content, the whole message). "{}" stands for the file as the user wrote it.
BAD_FILES = {
    "mine.xls": ("a", f"{{}}: unknown kind of file; known: {KINDS}"),
    "mine.txt": ("a\nb\n", "{}: has no columns; if each line is a text, name them with --columns text"),
    "mine.gz": (GZ, f"{{}}: unknown kind of file; known: {KINDS}"),
    "mine.parquet.gz": (GZ, f"{{}}: unknown kind of file; known: {KINDS}"),
    "empty.csv": ("", "{}: holds no row; at least one record is needed"),
    "empty.json": ("", "{}: holds no row; at least one record is needed"),
    "empty.jsonl": ("\n \n", "{}: holds no row; at least one record is needed"),
    "empty_list.json": ("[]", "{}: holds no row; at least one record is needed"),
    "empty_data.json": ('{"data": []}', "{}: holds no row; at least one record is needed"),
    "header_only.csv": ("document,summary\n", "{}: holds no row; at least one record is needed"),
    "latin1.csv": (
        "document,summary\nok,fine\ncafé,x\n".encode("latin-1"),
        "{} line 3: not UTF-8: byte 0xe9; --encoding NAME reads it, by cp1252 'café,x', cp1251 'cafй,x'; "
        f"others are {OTHERS}",
    ),
    "latin1.jsonl": (
        GOOD.encode() + b'{"document": "\xfc"}\n',
        '{} line 2: not UTF-8: byte 0xfc; --encoding NAME reads it, by cp1252 \'{"document": "ü"}\', '
        f'cp1251 \'{{"document": "ь"}}\'; others are {OTHERS}',
    ),
    "utf16_no_mark.csv": (
        "document,summary\n".encode("utf-16-le"),
        "{} line 1: holds a NUL byte; text is needed; UTF-16 is read by --encoding utf-16-le",
    ),
    "nul.csv": (
        "document,summary\na,b\nc\0,d\n",
        "{} line 3: holds a NUL byte; text is needed; UTF-16 is read by --encoding utf-16-le",
    ),
    "nul.jsonl": (
        GOOD + '{"a": "\0"}',
        "{} line 2: holds a NUL byte; text is needed; UTF-16 is read by --encoding utf-16-le",
    ),
    "twice.csv": (
        "document,summary,document\na,b,c\n",
        "{} line 1: the header names column 'document' twice; give it once",
    ),
    "header_quotes.csv": (
        '"doc"ument,summary\na,b\n',
        "{} line 1: the header cannot be read: ',' expected after '\"'; write a quote inside quotes as \"\"",
    ),
    "open_quote.csv": (
        'document,summary\na,b\n"c,d\ne,f\n',
        "{} line 3: a quote opens in this row and never closes",
    ),
    "broken.json": (
        '[{"document": "a", "summary": "b"},\n {"document": "c" "summary": "d"}]',
        '{} line 2: not JSON: Expecting \',\' delimiter at column 19, near \',\\n {"document": "c" "summary": "d"}]\'',
    ),
    "cut_off.json": (
        '{"data": [{"document": "a"}',
        "{} line 1: not JSON: Expecting ',' delimiter at column 28, near ': [{\"document\": \"a\"}'",
    ),
    "words.parquet": (
        "document",
        "{}: not a Parquet file, or damaged: Parquet magic bytes not found in footer. Either the file is corrupted or "
        "this is not a parquet file.",
    ),
    "empty.parquet": ("", "{}: not a Parquet file, or damaged: Parquet file size is 0 bytes"),
    "plain.jsonl.gz": (
        GOOD,
        "{}: damaged, or not packed as its name says: zlib inflate failed: incorrect header check; copy it again",
    ),
    "truncated.jsonl.gz": (
        GZ[:-20],
        "{}: damaged, or not packed as its name says: Truncated compressed stream; copy it again",
    ),
    "flipped.jsonl.gz": (
        GZ[:20] + b"\xff\xff\xff\xff" + GZ[24:],
        "{}: damaged, or not packed as its name says: zlib inflate failed: invalid bit length repeat; copy it again",
    ),
}

# File name -> (content, the message of its only bad row). The row before it is always good.
BAD_ROWS = {
    "quotes.csv": (
        'document,summary\na,b\n"c"d,e\n',
        "{} line 3: ',' expected after '\"'; write a quote inside quotes as \"\"",
    ),
    "too_many.csv": (
        "document,summary\na,b\nc,d,e\n",
        "{} line 3: 3 fields where the header has 2; quote a field that holds ','",
    ),
    "too_few.tsv": (
        "document\tsummary\na\tb\nc\n",
        "{} line 3: 1 fields where the header has 2; a field between tabs holds no tab, "
        "unless --delimiter tab reads it as a CSV",
    ),
    "after_newlines.csv": (
        'document,summary\n"a\n\na",b\n\nc,\n',
        "{} line 6: column 'summary' is empty (''); " + NEEDED,
    ),
    "not_json.jsonl": (
        GOOD + "\n" + '{"document": "c", "summary" "d"}\n',
        '{} line 3: not JSON: Expecting \':\' delimiter at column 29, near \'nt": "c", "summary" "d"}\'; '
        "each line needs one whole object",
    ),
    "lines.json": (
        GOOD + '{"document": "c"',
        "{} line 2: not JSON: Expecting ',' delimiter at column 17, near '{\"document\": \"c\"'; "
        "each line needs one whole object",
    ),
    "text.jsonl": (GOOD + '"c"\n', '{} line 2: \'c\' is not an object such as {"column": "text"}'),
    "list.json": (
        f"[{GOOD}, [1]]",
        '{} row 2: [\'1\'] is not an object such as {"column": "text"}; --columns names those of a list',
    ),
    "null.jsonl": (
        GOOD + '{"document": null, "summary": "d"}',
        "{} line 2: column 'document' is null; " + NEEDED,
    ),
    "nan.jsonl": (
        GOOD + '{"document": NaN, "summary": "d"}',
        "{} line 2: column 'document' is null (nan); " + NEEDED,
    ),
    "missing.jsonl": (GOOD + '{"document": "c"}', "{} line 2: column 'summary' is missing; " + NEEDED),
    "blank.jsonl": (
        GOOD + '{"document": " \\t\\n", "summary": "d"}',
        "{} line 2: column 'document' is empty (' \\t\\n'); " + NEEDED,
    ),
    "bool.jsonl": (
        GOOD + '{"document": "c", "summary": true}',
        "{} line 2: column 'summary' is neither text nor a number (True); " + NEEDED,
    ),
    "object.jsonl": (
        GOOD + '{"document": {"en": "' + "long " * 20 + '"}, "summary": "d"}',
        "{} line 2: column 'document' is neither text nor a number ({'en': 'long long long long long long long long"
        " long long lo...); " + NEEDED,
    ),
    "texts.jsonl": (
        GOOD + '{"document": ["c"], "summary": "d"}',
        "{} line 2: column 'document' is neither text nor a number (['c']); " + NEEDED,
    ),
    "surrogate.jsonl": (
        GOOD + '{"document": "smile \\ud83d", "summary": "d"}',
        "{} line 2: column 'document' holds half of a surrogate pair, which tokenizers refuse ('smile \\ud83d'); "
        + NEEDED,
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_named_with_what_would_be_accepted(name):
    """Trap 15: a folder of files that cannot be read."""
    content, message = BAD_FILES[name]
    write(name, content)
    assert problems(read_file, name) == [message.replace("{}", name)]
    assert problems(load, train_file=name) == [f"--train_file {message.replace('{}', name)}"]
    # A file that cannot be read is not a bad row, so it cannot be skipped.
    assert problems(load, train_file=name, on_bad_row="skip") == [f"--train_file {message.replace('{}', name)}"]


@pytest.mark.parametrize("name", BAD_ROWS)
def test_bad_rows_are_named_or_left_out_and_counted(name):
    """Trap 15: a folder of files with one bad row each."""
    content, message = BAD_ROWS[name]
    write(name, content)
    assert problems(load, train_file=name) == [message.replace("{}", name) + HINT]
    splits = load(train_file=name, on_bad_row="skip")
    assert [example["id"] for example in splits["train"]] == ["1"]
    assert splits.counts["train"]["read"] == 2
    assert splits.counts["train"]["used"] == 1
    [left_out] = splits.counts["train"]["left_out"]
    unit, line = message.split(":")[0].split()[1:]
    assert (left_out["file"], left_out["unit"], left_out["lines"]) == (name, unit, [int(line)])
    assert splits.notes == [f"{name}: {left_out['reason']}: 1 rows left out, {unit} {line}"]


def test_paths_that_are_no_readable_file(here):
    write("mime.csv", "a,b\n1,2\n")
    os.mkdir("folder")
    assert problems(read_file, "mine.csv") == ["mine.csv: no such file; did you mean 'mime.csv'?"]
    assert problems(read_file, "nowhere/mine.csv") == ["nowhere/mine.csv: no such file"]
    assert problems(read_file, "folder") == [
        "folder: is a folder; name a file in it, or load it whole with --dataset_name folder"
    ]
    assert problems(read_file, "mime.csv/x.csv") == ["mime.csv/x.csv: cannot be read: Not a directory"]


def test_a_folder_that_may_not_be_entered(here):
    os.mkdir("closed")
    write("closed/mine.csv", "a,b\n1,2\n")
    os.chmod("closed", 0)
    root = os.geteuid() == 0
    try:
        if root:  # root may enter any folder
            os.chmod(here, 0o755)
            os.seteuid(65534)
        assert problems(read_file, "closed/mine.csv") == ["closed/mine.csv: cannot be read: Permission denied"]
    finally:
        if root:
            os.seteuid(0)
        os.chmod("closed", 0o755)


def test_strings_survive_trap_15():
    """Trap 15: words that mean "missing" elsewhere, leading zeros, white space and marks are text like any other."""
    words = ["N/A", "null", "None", "NA", "NaN", "nan", "#N/A", "-", "true", "007", "1.50", "1e5", " padded ", "=1+1"]
    rows = [{"document": word, "summary": word[::-1]} for word in words]
    with open("mine.csv", "w", newline="") as file:
        csv.DictWriter(file, COLUMNS).writeheader()
        csv.DictWriter(file, COLUMNS).writerows(rows)
    write("mine.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    write("mine.json", json.dumps(rows))
    write_parquet("mine.parquet", {name: [row[name] for row in rows] for name in COLUMNS})
    for name in ("mine.csv", "mine.jsonl", "mine.json", "mine.parquet"):
        splits = load(train_file=name)
        assert [example["document"] for example in splits["train"]] == words, name
        assert [example["summary"] for example in splits["train"]] == [word[::-1] for word in words], name


def test_an_empty_cell_is_empty_text_and_not_missing():
    assert read_file(write("mine.csv", "document,summary\n,N/A\n")) == [{"document": "", "summary": "N/A"}]


TEXTS = [
    "two\nlines",
    "CRLF\r\ninside",
    "lone\rCR",
    "tab\tand \"quotes\" and ''",
    "emoji 👩‍👩‍👧 and é, e\u0301",
    "line\u2028separator\x85next\x0bvertical\x0cform\x1cfile",
    "comma, semicolon; back\\slash \\n",
    "\ufeffmark first",
    "हिन्दी 中文 עברית",
    "x" * 200_000,
]


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("kind", [".csv", ".tsv", ".jsonl", ".json"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_text_comes_back_unchanged(kind, ending, mark):
    name = f"mine{kind}{ending}"
    texts = [text for text in TEXTS if kind != ".tsv" or not {"\t", "\n", "\r"} & set(text)]
    with (gzip.open if ending else open)(name, "wt", encoding="utf-8", newline="") as file:
        file.write(mark)
        if kind == ".csv":
            csv.writer(file, lineterminator="\r\n").writerows([["document", "n"], *([text, "0"] for text in TEXTS)])
        elif kind == ".tsv":
            file.writelines(f"{text}\t0\r\n" for text in ("document", *texts))
        elif kind == ".jsonl":
            file.writelines(json.dumps({"document": text}, ensure_ascii=False) + "\r\n" for text in TEXTS)
        else:
            json.dump({"data": [{"document": text} for text in TEXTS]}, file, indent=1)
    splits = load(made_task({"document": FIELDS["document"]}), train_file=name)
    assert [example["document"] for example in splits["train"]] == texts
    assert splits.counts["train"] == {"read": len(texts), "used": len(texts), "left_out": []}


@pytest.mark.parametrize("name", ["mine.tsv", "mine.tsv.gz"])
def test_quotes_in_a_tsv_are_text(name):
    """One that opens in one row and closes in another would swallow all rows between, and a pair would be lost."""
    rows = ["en\tfr", 'Go.\t"Va', 'He said "no".\tNon.', '"Stop!" he cried.\t"Arrête !"', 'Close it.\tFerme-la."']
    content = "\n".join(rows).encode()
    read = read_file(write(name, gzip.compress(content) if name.endswith(".gz") else content))
    assert [(row.line, "\t".join(row.values()), row.broken) for row in read] == [
        (number, row, None) for number, row in enumerate(rows[1:], 2)
    ]


def test_line_numbers_are_those_of_an_editor():
    rows = read_file(write("mine.csv", '\ufeff\ndocument,summary\n"a\n\na",b\n\nc,d\r\n"e\r\ne",f'))
    assert [(row.file, row.unit, row.line) for row in rows] == [("mine.csv", "line", line) for line in (3, 7, 8)]
    rows = read_file(write("mac.csv", "document,summary\ra,b\rc,d"))
    assert [(row.line, *row.values()) for row in rows] == [(2, "a", "b"), (3, "c", "d")]
    assert read_file(write("mac.csv", "n\r1")) == read_file(write("mac.csv", "n\r1\r")) == [{"n": "1"}]
    rows = read_file(write("mine.jsonl", "\n" + GOOD + "\n\n" + GOOD))
    assert [row.line for row in rows] == [2, 5]
    rows = read_file(write("mine.json", f"[\n{GOOD},\n{GOOD}]"))
    assert [(row.unit, row.line) for row in rows] == [("row", 1), ("row", 2)]


def test_numbers_become_text_as_written_and_nested_values_stay():
    text = '{"n": 1, "x": 1.50, "e": 1E+2, "big": 123456789012345678901234567890, "t": {"en": "a", "de": ["b", 2]}}'
    row = {"n": "1", "x": "1.50", "e": "1E+2", "big": "123456789012345678901234567890"}
    nested = {"t": {"en": "a", "de": ["b", "2"]}}
    for name in ("one.jsonl", "one.json"):
        assert read_file(write(name, text)) == [{**row, **nested}]
    squad = {"version": "2.0", "data": [{"title": "T", "paragraphs": [{"context": "c", "qas": []}]}]}
    assert read_file(write("squad.json", json.dumps(squad))) == squad["data"]
    write_parquet("typed.parquet", {"n": [7], "x": [1.5], "d": [Decimal("2.50")]})
    splits = load(made_task({name: (None, (name,)) for name in "nxd"}), train_file="typed.parquet")
    assert splits["train"] == [{"id": "1", "n": "7", "x": "1.5", "d": "2.50"}]


def test_json_comes_in_three_shapes():
    shapes = [f"[{GOOD},{GOOD}]", GOOD + GOOD, '{"data": [' + GOOD + "," + GOOD + "]}"]
    for number, text in enumerate(shapes):
        assert read_file(write(f"{number}.json", text)) == [{"document": "a", "summary": "b"}] * 2
    assert read_file(write("one.json", '{"data": "a"}')) == [{"data": "a"}]
    # A record may itself have a list under "data" when it is not alone.
    assert read_file(write("lines.json", '{"data": [1]}\n{"data": [2]}')) == [{"data": ["1"]}, {"data": ["2"]}]


def test_all_wrong_files_and_flags_at_once():
    write("empty.csv", "")
    write("mine.xls", "")
    assert problems(
        load,
        train_file="absent.csv",
        validation_file="empty.csv",
        test_file="mine.xls",
        dataset_name="some/name",
    ) == [
        "--train_file absent.csv: no such file",
        "--validation_file empty.csv: holds no row; at least one record is needed",
        f"--test_file mine.xls: unknown kind of file; known: {KINDS}",
    ]
    nothing = (
        "no train split: give --train_file, or --dataset_name with a name on the Hub or a folder; to score a model "
        "without training add --do_train False"
    )
    assert problems(load, dataset_config_name="3.0.0") == ["--dataset_config_name 3.0.0: needs --dataset_name", nothing]
    write("mine.csv", "document,summary\n1,2\n")
    assert problems(load, test_file="mine.csv") == [nothing]


def test_all_file_and_column_problems_at_once_and_no_row_blamed_for_them():
    write("train.csv", "text,summary\na,b\n")
    assert problems(load, train_file="train.csv", test_file="absent.csv") == [
        "--test_file absent.csv: no such file",
        "train.csv: no column 'document' or 'article' or 'dialogue' for document; it has 'text', 'summary'; "
        "name one with --text_column; for a file without a line of names, --columns",
    ]


def test_a_column_that_one_file_lacks_is_one_problem():
    write("train.csv", "document,summary\na,b\n")
    write("dev.csv", "document,SUMMARY\na,b\nc,d\n")
    assert problems(load, train_file="train.csv", validation_file="dev.csv") == [
        "dev.csv: no column 'summary' for summary; it has 'document', 'SUMMARY'; did you mean --summary_column SUMMARY?"
    ]
    # Where no row could be read there is no telling which columns there are.
    write("dev.jsonl", "nonsense\n")
    assert problems(load, train_file="train.csv", validation_file="dev.jsonl") == [
        "dev.jsonl: none of its 1 rows can be used",
        "dev.jsonl line 1: not JSON: Expecting value at column 1, near 'nonsense'; each line needs one whole object",
    ]


def test_file_and_row_problems_at_once():
    write("train.csv", "document,summary\na,b\nc,\n,d\n")
    write("dev.csv", "document,summary\n,\n")
    assert problems(load, train_file="train.csv", validation_file="dev.csv", test_file="absent.csv") == [
        "--test_file absent.csv: no such file",
        f"train.csv line 3: column 'summary' is empty (''); {NEEDED}{HINT}",
        f"train.csv line 4: column 'document' is empty (''); {NEEDED}",
        "dev.csv: none of its 1 rows can be used",
        f"dev.csv line 2: column 'document' is empty (''); {NEEDED}",
    ]


def test_ten_problems_are_shown_and_the_rest_counted():
    rows = "document,summary\na,b\n" + "c,\n" * 15
    with pytest.raises(UserError) as error:
        load(train_file=write("train.csv", rows))
    lines = str(error.value).splitlines()
    assert len(lines) == 11
    assert lines[0].endswith(HINT)
    assert lines[10] == "... and 5 more like these"


def test_no_usable_row_is_an_error_even_when_skipping():
    write("train.jsonl", '{"document": "a", "summary": ""}\nnot json\n')
    with pytest.raises(UserError) as error:
        load(train_file="train.jsonl", on_bad_row="skip")
    assert error.value.problems == [
        "train.jsonl: none of its 2 rows can be used",
        f"train.jsonl line 1: column 'summary' is empty (''); {NEEDED}",
        "train.jsonl line 2: not JSON: Expecting value at column 1, near 'not json'; each line needs one whole object",
    ]


def test_rows_left_out_are_grouped_with_all_their_lines():
    lines = [GOOD, '{"document": "x"}\n', "nonsense\n"] * 7
    splits = load(train_file=write("train.jsonl", "".join(lines)), on_bad_row="skip")
    assert splits.counts["train"] == {
        "read": 21,
        "used": 7,
        "left_out": [
            {
                "file": "train.jsonl",
                "reason": "column 'summary' is missing",
                "unit": "line",
                "lines": [2, 5, 8, 11, 14, 17, 20],
            },
            {"file": "train.jsonl", "reason": "not JSON", "unit": "line", "lines": [3, 6, 9, 12, 15, 18, 21]},
        ],
    }
    assert splits.notes == [
        "train.jsonl: column 'summary' is missing: 7 rows left out, line 2, 5, 8, 11, 14, ...",
        "train.jsonl: not JSON: 7 rows left out, line 3, 6, 9, 12, 15, ...",
    ]
    assert [example["id"] for example in splits["train"]] == ["1", "4", "7", "10", "13", "16", "19"]


def test_columns_are_found_by_known_names_or_taken_as_asked():
    rows = {"train": [{"article": "a", "highlights": "h", "x": "x"}], "test": [{"article": "a", "highlights": "h"}]}
    splits = load_rows(rows)
    assert splits.columns == {"document": "article", "summary": "highlights"}
    assert splits.notes == []
    splits = load_rows(rows["train"], text_column="x", summary_column="article")
    assert splits.columns == {"document": "x", "summary": "article"}
    assert splits["train"] == [{"id": "1", "document": "x", "summary": "a"}]
    # What was asked for as one field is not found as another.
    assert problems(load_rows, rows["train"], summary_column="article") == [
        "train.jsonl: no column 'document' or 'dialogue' for document; it has 'article', 'highlights', 'x'; "
        "name one with --text_column"
    ]
    assert problems(load_rows, rows, text_column="x") == [
        "test.jsonl: no column 'x' for document; it has 'article', 'highlights'; name one with --text_column"
    ]


def test_the_best_known_name_wins_and_that_is_said():
    train, test = [{"dialogue": "d", "document": "o", "summary": "s"}], [{"document": "o", "summary": "s"}]
    splits = load_rows({"train": train, "test": test})
    assert splits.columns == {"document": "document", "summary": "summary"}
    assert splits.notes == ["train.jsonl: document is column 'document'; --text_column can choose 'dialogue'"]
    # The test file alone would do with another name, but the same column must serve all splits.
    rows = {"train": [{"document": "o", "summary": "s"}], "test": [{"article": "o", "summary": "s"}]}
    assert problems(load_rows, rows) == [
        "test.jsonl: no column 'document' for document; it has 'article', 'summary'; name one with --text_column"
    ]


def test_missing_columns_suggest_the_flag_to_type():
    rows = [{"Document": "d", "sumary": "s"}]
    assert problems(load_rows, rows) == [
        "train.jsonl: no column 'document' or 'article' or 'dialogue' for document; it has 'Document', 'sumary'; "
        "did you mean --text_column Document?",
        "train.jsonl: no column 'summary' or 'highlights' for summary; it has 'Document', 'sumary'; "
        "did you mean --summary_column sumary?",
    ]
    assert problems(load_rows, rows, text_column="Document", summary_column="summry") == [
        "train.jsonl: no column 'summry' for summary; it has 'Document', 'sumary'; "
        "did you mean --summary_column sumary?"
    ]
    assert problems(load_rows, [{"text": "d", "y": "s"}], text_column="TEXT", summary_column="y") == [
        "train.jsonl: no column 'TEXT' for document; it has 'text', 'y'; did you mean --text_column text?"
    ]
    many = [{f"column{n}": "" for n in range(20)}]
    assert problems(load_rows, many, {"a": ("a_column", ("z",))})[0].endswith(
        "'column11', ... 8 more; name one with --a_column"
    )


def test_columns_are_looked_for_in_all_rows():
    splits = load_rows([{"document": "a"}, {"document": "b", "summary": "s"}], on_bad_row="skip")
    assert splits.columns == {"document": "document", "summary": "summary"}


def test_several_references():
    summary = {"summary": FIELDS["summary"]}
    rows = [{"summary": ["a", "b"]}, {"summary": "c"}, {"summary": ["1", 2]}]
    splits = load_rows(rows, summary, several=("summary",))
    assert [example["summary"] for example in splits["train"]] == [["a", "b"], ["c"], ["1", "2"]]
    needed = f"{NEEDED}, or a list of such texts"
    bad = [*rows, {"summary": []}, {"summary": ["a", ""]}, {"summary": ["a", None]}]
    assert problems(load_rows, bad, summary, several=("summary",)) == [
        f"train.jsonl line 4: column 'summary' is an empty list ([]); {needed}{HINT}",
        f"train.jsonl line 5: column 'summary' has an item that is empty (['a', '']); {needed}",
        f"train.jsonl line 6: column 'summary' has an item that is null (['a', None]); {needed}",
    ]


def test_several_references_that_were_written_as_text():
    """As pandas does to a CSV; a text with brackets is a text."""
    rows = [
        {"document": "['a']", "summary": one} for one in ("['a', 'b']", '["c"]', "[1]", "[see below]", "{'a': 'b'}")
    ]
    splits = load_rows(rows, several=("summary",))
    given = [["a", "b"], ["c"], ["[1]"], ["[see below]"], ["{'a': 'b'}"]]
    assert [example["summary"] for example in splits["train"]] == given
    assert {example["document"] for example in splits["train"]} == {"['a']"}
    said = "train.jsonl: column 'summary' has a list, written as text: it is read: 2 of its rows, line 1, 2"
    assert splits.notes == [said]


def test_no_text_can_be_known_or_forgotten():
    summary = {"summary": FIELDS["summary"]}
    may = {"several": ("summary",), "allow_none": ("summary",)}
    splits = load_rows([{"summary": []}, {"summary": ["a"]}], summary, **may)
    assert [example["summary"] for example in splits["train"]] == [[], ["a"]]
    needed = f"{NEEDED}, or a list of such texts"
    bad = [{"summary": "b"}, {"summary": None}, {}, {"summary": ["a", ""]}, {"summary": [[]]}, {"summary": ""}]
    assert problems(load_rows, bad, summary, **may) == [
        f"train.jsonl line 2: column 'summary' is null; {needed}{HINT}",
        f"train.jsonl line 3: column 'summary' is missing; {needed}",
        # One empty item does not make the others missing.
        f"train.jsonl line 4: column 'summary' has an item that is empty (['a', '']); {needed}",
        f"train.jsonl line 5: column 'summary' has an item that is neither text nor a number ([[]]); {needed}",
        f"train.jsonl line 6: column 'summary' is empty (''); {needed}",
    ]


def test_ids_are_the_rows_own_when_each_is_different():
    def ids(*values):
        rows = [{"document": "d", **({} if value is None else {"id": value})} for value in values]
        splits = load_rows([*rows, {}], {"document": FIELDS["document"]}, on_bad_row="skip")
        return [example["id"] for example in splits["train"]], splits.notes[1:]

    assert ids("b", 7, " a ") == (["b", "7", " a "], [])
    assert ids(None, None) == (["1", "2"], [])
    note = ["train: ids are row numbers, for 'id' is not a different text in each row"]
    assert ids("b", "b") == (["1", "2"], note)
    assert ids("b", None) == (["1", "2"], note)


def test_order_and_counts():
    rows = "".join(json.dumps({"id": f"r{n}", "document": f"d{n}", "summary": f"s{n}"}) + "\n" for n in range(50))
    splits = load(train_file=write("train.jsonl", rows), seed=1, share=0.1)
    assert splits.columns == COLUMNS
    assert splits.counts == {"train": {"read": 50, "used": 50, "left_out": []}}
    assert (len(splits["train"]), len(splits["validation"])) == (45, 5)
    for rows in splits.values():
        numbers = [int(row["id"][1:]) for row in rows]
        assert numbers == sorted(numbers)
        assert rows == [{"id": f"r{n}", "document": f"d{n}", "summary": f"s{n}"} for n in numbers]


def test_the_validation_split_is_cut_by_the_seed():
    def rows(size):
        return [{"id": str(n), "document": "d", "summary": "s"} for n in range(size)]

    def cut(seed, size=100, share=0.1, most=1000):
        splits = load_rows(rows(size), seed=seed, share=share, most=most)
        assert sorted(int(row["id"]) for rows in splits.values() for row in rows) == list(range(size))
        return splits

    assert cut(1) == cut(1)
    assert cut(1) != cut(2)
    # Written down once: other machines and versions of Python must cut the same rows.
    assert [row["id"] for row in cut(42)["validation"]] == ["3", "13", "14", "17", "28", "31", "35", "81", "86", "94"]
    assert len(cut(1, 2)["validation"]) == 1
    assert len(cut(1, 30_000)["validation"]) == 1000
    assert len(cut(1, 30_000, most=None)["validation"]) == 3000
    assert len(cut(1, 100, share=0.25)["validation"]) == 25
    splits = cut(3)
    assert load_rows(rows(1), seed=1, share=0).keys() == {"train"}
    assert splits.notes == ["no validation split: 10 of 100 training rows set aside for it (seed 3)"]
    assert splits.sources["validation"] == {"cut_from": "train", "seed": 3, "rows": 10}
    given = load_rows({"train": rows(1), "validation": rows(2)}, seed=1, share=0.1)
    assert (len(given["train"]), len(given["validation"])) == (1, 2)
    assert problems(load_rows, rows(1), seed=1, share=0.1) == [
        "no validation split, and one training row cannot be divided: give --validation_file"
    ]


def test_the_cut_comes_after_the_rows_were_judged():
    rows = (GOOD + '{"document": "x"}\n' * 9) * 3
    splits = load(on_bad_row="skip", train_file=write("train.jsonl", rows), share=0.1)
    assert (len(splits["train"]), len(splits["validation"]), splits.counts["train"]["used"]) == (2, 1, 3)


def split_words(row, settings, new):
    """A record of many words is a row for each; "no" is not wanted, "bad" is broken."""
    for word in row["document"].split():
        yield row.reshaped(
            {"document": word, "summary": row["summary"]},
            broken=("bad word", "the word 'bad'") if word == "bad" else None,
            unwanted="a word that says no" if word == "no" else None,
        )


def test_records_are_reshaped_and_what_was_not_wanted_is_counted():
    write("train.jsonl", '{"document": "a no b", "summary": "s"}\n{"document": "no", "summary": "t"}\n' + GOOD)
    splits = load(made_task(reshape=split_words), train_file="train.jsonl")
    assert [row["document"] for row in splits["train"]] == ["a", "b", "a"]
    assert [row["id"] for row in splits["train"]] == ["1", "3", "5"]
    unwanted = {"file": "train.jsonl", "reason": "a word that says no", "unit": "line", "lines": [1, 2]}
    assert splits.counts["train"] == {"read": 5, "used": 3, "left_out": [unwanted]}
    assert splits.notes == ["train.jsonl: a word that says no: 2 rows left out, line 1, 2"]


def test_a_reshaped_row_that_is_broken_stops_the_run_at_its_own_line():
    write("train.jsonl", GOOD + '{"document": "no bad", "summary": "s"}\n')
    task = made_task(reshape=split_words)
    assert problems(load, task, train_file="train.jsonl") == [f"train.jsonl line 2: the word 'bad'{HINT}"]
    splits = load(task, train_file="train.jsonl", on_bad_row="skip")
    assert [group["reason"] for group in splits.counts["train"]["left_out"]] == ["a word that says no", "bad word"]


def test_parts_of_one_thing_stay_in_one_split():
    columns, hooks = {"of": (None, ("of",))}, {"together": lambda row: row["of"]}
    rows = [{"id": f"{whole}/{part}", "of": whole} for whole in range(20) for part in range(whole % 4 + 1)]
    splits = load_rows(rows, columns, hooks, seed=1, share=0.25)
    wholes = {split: {row["of"] for row in part} for split, part in splits.items()}
    assert len(wholes["validation"]) == 5
    assert not wholes["validation"] & wholes["train"]
    assert sorted(row["id"] for part in splits.values() for row in part) == sorted(row["id"] for row in rows)
    count = len(splits["validation"])
    assert splits.notes == [f"no validation split: {count} of 50 training rows set aside for it (seed 1)"]
    alone = [{"id": "1", "of": 1}, {"id": "2", "of": 1}]
    assert "cannot be divided" in problems(load_rows, alone, columns, hooks, seed=1, share=0.25)[0]


def test_sources_say_what_was_read():
    write("train.jsonl", GOOD * 3)
    write("copy.jsonl", GOOD * 3)
    splits = load(train_file="train.jsonl", test_file="copy.jsonl")
    sha256 = hashlib.sha256(GOOD.encode() * 3).hexdigest()
    assert splits.sources == {
        "train": {"file": "train.jsonl", "sha256": sha256, "rows": 3},
        "test": {"file": "copy.jsonl", "sha256": sha256, "rows": 3},
    }
    assert splits.notes == ["--test_file holds the same bytes as --train_file: its scores tell nothing new"]


def block_sockets(monkeypatch):
    calls = []

    def blocked(*args, **kwargs):
        calls.append(args)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", blocked)
    monkeypatch.setattr(socket, "getaddrinfo", blocked)
    return calls


OUT_OF_REACH = (
    "--dataset_name some/name: no folder of this name is here, the Hub is out of reach, and its cache holds no copy; "
    "offline, give --train_file FILE, or a folder of data files as --dataset_name"
)


@pytest.mark.parametrize("offline", [True, False])
def test_a_hub_out_of_reach_is_said_at_once(monkeypatch, offline):
    import datasets
    from huggingface_hub import constants

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", offline)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    calls = block_sockets(monkeypatch)
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    assert problems(load, dataset_name="some/name") == [OUT_OF_REACH]
    assert slept == []  # the library on its own sleeps for 23 seconds between its attempts
    assert bool(calls) is not offline
    assert datasets.config.HF_HUB_OFFLINE is offline


def test_a_hub_within_reach_is_asked(monkeypatch):
    import datasets
    from huggingface_hub import constants

    class Silent(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(404)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    seen = []
    monkeypatch.setattr(datasets, "load_dataset", lambda *a, **k: seen.append(datasets.config.HF_HUB_OFFLINE) or {})
    try:
        problems(load, dataset_name="some/name")
    finally:
        server.shutdown()
        server.server_close()
    assert seen == [False]


def test_a_data_set_script_is_answered_with_its_parquet_copy():
    """Trap 22: data sets that are a script are no longer run."""
    os.mkdir("old")
    write("old/old.py", "")
    assert problems(load, dataset_name="old") == [
        "--dataset_name old: this data set is a script, which datasets 4 and later does not run; take the Hub's "
        "Parquet copy of it with --dataset_revision refs/convert/parquet, or give files"
    ]


def test_a_local_folder_of_parquet_files_is_a_data_set(monkeypatch):
    import datasets
    from huggingface_hub import constants

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    calls = block_sockets(monkeypatch)
    texts = {"document": ["N/A", "b\nc"], "summary": ["null", "s"]}
    for split in ("train-00000-of-00002", "train-00001-of-00002", "dev-00000-of-00001", "test-00000-of-00001"):
        write_parquet(f"folder/data/{split}.parquet", texts)
    splits = load(dataset_name="folder", dataset_revision="main")
    assert {split: count["used"] for split, count in splits.counts.items()} == {"train": 4, "validation": 2, "test": 2}
    assert splits["validation"] == [
        {"id": "1", "document": "N/A", "summary": "null"},
        {"id": "2", "document": "b\nc", "summary": "s"},
    ]
    source = splits.sources["train"]
    assert {name: source[name] for name in ("dataset", "config", "revision", "split", "rows")} == {
        "dataset": "folder", "config": None, "revision": "main", "split": "train", "rows": 4,
    }  # fmt: skip
    files = [Path(f"folder/data/train-0000{n}-of-00002.parquet").read_bytes() for n in (0, 1)]
    sums = "".join(hashlib.sha256(file).hexdigest() for file in files)
    assert source["fingerprint"] == hashlib.sha256(sums.encode()).hexdigest()
    again = load(dataset_name="folder", dataset_revision="main")
    assert again.sources == splits.sources
    write_parquet("folder/data/test-00000-of-00001.parquet", {"document": ["", "x"], "summary": ["s", "s"]})
    assert problems(load, dataset_name="folder") == [
        f"folder/data/test-00000-of-00001.parquet row 1: column 'document' is empty (''); {NEEDED}{HINT}"
    ]
    assert calls == []


def test_strings_survive_in_a_data_set_of_csv_files():
    """Trap 15: the library reads CSV with pandas, which takes N/A and null for missing and 007 for 7."""
    os.mkdir("folder")
    write("folder/train.csv", "document,summary\nN/A,007\nnull,008\n")
    write("folder/test.csv", "document,summary\nNone,1.50\n")
    splits = load(dataset_name="folder")
    assert splits["train"] == [
        {"id": "1", "document": "N/A", "summary": "007"},
        {"id": "2", "document": "null", "summary": "008"},
    ]
    assert splits["test"] == [{"id": "1", "document": "None", "summary": "1.50"}]


def test_a_folder_of_files_is_read_like_files():
    """Each by our own reader: other columns, other marks, quotes between tabs, and a file that is left out is said."""
    os.makedirs("folder/data")
    write("folder/data/train-1.csv", "document,summary\na,b\n")
    write("folder/data/train-2.csv", "document;summary;extra\nc;d;x\n")
    write("folder/data/test.csv", 'document\tsummary\nGo.\t"Va\nHm.\tOui"\n')
    write("folder/data/more.jsonl", GOOD)
    splits = load(dataset_name="folder")
    assert [row["document"] for row in splits["train"]] == ["a", "c"]
    assert [row["summary"] for row in splits["test"]] == ['"Va', 'Oui"']
    assert splits.notes == [
        "folder: files not used: 'more.jsonl'",
        "folder/data/train-2.csv: columns are separated by ';'; --delimiter can name another mark",
        "folder/data/test.csv: columns are separated by '\\t'; --delimiter can name another mark",
    ]
    os.symlink("folder", "linked")
    assert load(dataset_name="linked")["train"] == splits["train"]


def test_folders_that_save_to_disk_has_written():
    import datasets

    rows = datasets.Dataset.from_dict({"document": ["a", "N/A"], "summary": ["b", "007"]})
    rows.save_to_disk("one")
    datasets.DatasetDict(train=rows, validation=rows.select([1])).save_to_disk("several")
    wanted = [{"id": "1", "document": "a", "summary": "b"}, {"id": "2", "document": "N/A", "summary": "007"}]
    assert load(dataset_name="one")["train"] == wanted
    splits = load(dataset_name="several")
    assert (splits["train"], splits["validation"]) == (wanted, [{**wanted[1], "id": "1"}])
    assert splits.sources["train"]["fingerprint"]


def test_the_whole_reason_of_the_library_is_said(monkeypatch):
    import datasets

    def fail(*args, **more):
        raise ValueError("An error occurred\n\nAll the files must have the same columns,\nbut there is ({'extra'})")

    monkeypatch.setattr(datasets, "load_dataset", fail)
    assert problems(load, dataset_name="some/name") == [
        "--dataset_name some/name: ValueError: An error occurred All the files must have the same columns, but "
        "there is ({'extra'})"
    ]


def test_spellings_and_needs_of_the_splits_of_a_data_set(monkeypatch):
    import datasets

    rows = datasets.Dataset.from_dict({"document": ["a"], "summary": ["b"]})
    loaded = datasets.DatasetDict({"valid": rows, "dev": rows, "extra": rows, "train": rows})
    monkeypatch.setattr(datasets, "load_dataset", lambda *args, **kwargs: loaded)
    splits = load(dataset_name="some/name")
    assert splits.keys() == {"train", "validation"}
    assert splits.sources["validation"]["split"] == "valid"
    assert splits.notes == ["--dataset_name some/name: splits not used: 'dev', 'extra'"]
    loaded["train"] = rows.select([])
    assert problems(load, dataset_name="some/name") == [
        "--dataset_name some/name: has no rows for 'train'; its splits: 'valid', 'dev', 'extra', 'train'"
    ]


def test_other_faults_of_a_data_set_come_with_the_librarys_reason():
    os.mkdir("hollow")
    os.mkdir("ragged")
    write("ragged/train.csv", "document,summary\na,b\nc,d,e\n")
    write("mine.csv", "a,b\n")
    assert problems(load, dataset_name="mine.csv") == ["--dataset_name mine.csv: is a file; give it with --train_file"]
    [problem] = problems(load, dataset_name="hollow")
    assert problem.startswith("--dataset_name hollow: EmptyDatasetError: The directory at ")
    [problem] = problems(load, dataset_name="ragged")
    assert problem.startswith("ragged/train.csv line 3: 3 fields where the header has 2; quote a field that holds ','")
    write("ragged/train.csv", "document,summary\na,b\n")
    [problem] = problems(load, dataset_name="ragged", dataset_config_name="none")
    assert problem == "--dataset_name ragged: ValueError: BuilderConfig 'none' not found. Available: ['default']"


def test_training_examples_that_are_not_wanted():
    """Counted by id and reason, before the first N are taken; other splits stay as they are."""
    for split in ("train", "test"):
        write(f"{split}.jsonl", "".join(f'{{"id": "{c}", "document": "{c}", "summary": "s"}}\n' for c in "abcd"))
    vowels = "a"

    def unwanted(example, settings):
        assert settings.test_file == "test.jsonl"
        return "a vowel" if example["document"] in vowels else None

    task = made_task(unwanted=unwanted)
    given = {"train_file": "train.jsonl", "test_file": "test.jsonl", "max_train_samples": 1}
    splits = load(task, **given)
    assert [row["id"] for row in splits["train"]] == ["b"]
    assert [row["id"] for row in splits["test"]] == ["a", "b", "c", "d"]
    reason = {"file": "train.jsonl", "reason": "a vowel", "unit": "id", "lines": ["a"]}
    assert splits.counts["train"] == {"read": 4, "used": 3, "left_out": [reason]}
    assert "train.jsonl: a vowel: 1 rows left out, id a" in splits.notes
    assert splits.notes[-1] == "train: the first 1 of 3 rows (--max_train_samples)"
    vowels = "abcd"
    with pytest.raises(UserError, match="train.jsonl: none of its 4 examples is left: a vowel"):
        load(task, **given)


def test_rows_that_the_task_refuses():
    def refuse(row, settings, tokenizer):
        least = len(tokenizer(row["document"]))
        return ("too long", f"needs {least}") if least > settings.max_source_length else None

    rows = [{"document": "a b", "summary": "s"}, {"document": "a b c", "summary": "s"}]
    given = {"hooks": {"refuse": refuse}, "tokenizer": str.split, "max_source_length": 2}
    assert problems(load_rows, rows, **given) == [f"train.jsonl line 2: needs 3{HINT}"]
    splits = load_rows(rows, **given, on_bad_row="skip")
    assert splits["train"] == [{"id": "1", "document": "a b", "summary": "s"}]
    assert splits.notes == ["train.jsonl: too long: 1 rows left out, line 2"]


def test_gaps_are_filled_and_counted():
    rows = [{"document": "a", "summary": None}, {"document": "b"}, {"document": "", "summary": "s"}]
    splits = load_rows(rows, fill_missing="none")
    assert [(row["document"], row["summary"]) for row in splits["train"]] == [
        ("a", "none"),
        ("b", "none"),
        ("none", "s"),
    ]
    assert splits.notes == [
        "train.jsonl: document was missing in 1 rows and is now 'none'",
        "train.jsonl: summary was missing in 2 rows and is now 'none'",
    ]


def test_what_was_done_to_rows_is_said():
    def reshape(row, settings, new):
        return [row.reshaped(row, remark="joined" if row["document"] < "g" else None)]

    rows = [{"document": letter, "summary": "s"} for letter in "abcdefghi"]
    splits = load_rows(rows, hooks={"reshape": reshape})
    assert splits.notes == ["train.jsonl: joined: 6 of its rows, line 1, 2, 3, 4, 5, ..."]


def test_the_report_is_what_run_json_tells():
    """A remark that is made later is in it, too."""
    rows = {
        "train": [{"article": letter, "summary": "s"} for letter in "ab"],
        "test": [{"article": "c", "summary": "s"}],
    }
    splits = load_rows(rows, several=["summary"], share=0.1)
    splits.remark("texts are a c", lambda row: row["document"] == "c")
    sha256 = {split: hashlib.sha256(split.encode()).hexdigest() for split in rows}
    assert splits.report == {
        "columns": {"document": "article", "summary": "summary"},
        "several": ["summary"],
        "may_be_empty": [],
        "rows": {
            "train": {"read": 2, "used": 2, "left_out": []},
            "test": {"read": 1, "used": 1, "left_out": []},
        },
        "sources": {
            "train": {"file": "train.jsonl", "sha256": sha256["train"], "rows": 2},
            "test": {"file": "test.jsonl", "sha256": sha256["test"], "rows": 1},
            "validation": {"cut_from": "train", "seed": 42, "rows": 1},
        },
        "notes": [
            "no validation split: 1 of 2 training rows set aside for it (seed 42)",
            "test: 1 of 1 texts are a c: id 1",
        ],
    }
    assert list(splits.report) == ["columns", "several", "may_be_empty", "rows", "sources", "notes"]
    assert json.loads(json.dumps(splits.report)) == splits.report


def test_fields_that_may_be_empty():
    """Missing, null or empty, in some rows or in all: the empty text, where the recipe says so."""
    rows = [{"article": "a", "summary": "s"}, {"article": None, "summary": "t"}, {"article": "", "summary": "u"}]
    splits = load_rows({"train": rows}, may_be_empty=["document"], share=0)
    assert [row["document"] for row in splits["train"]] == ["a", "", ""]
    splits = load_rows({"train": [{"summary": "s"}]}, may_be_empty=["document"], share=0)
    assert splits["train"] == [{"id": "1", "document": "", "summary": "s"}]


# ---------------------------------------------------------------- new rows, to be predicted


def new(path, task=None, columns=COLUMNS, several=(), tokenizer=None, **given):
    task = task or made_task()
    settings = tasks.with_column_flags(RecipeSettings, task.columns)(**given)
    report = {"columns": columns, "several": several, "may_be_empty": []}
    return load_new(task, settings, path, report, tokenizer)


def test_new_rows_need_no_target_and_have_the_runs_columns():
    write("new.csv", "document,article\na,b\n")
    splits = new("new.csv", columns={"document": "article", "summary": "summary"})
    assert splits == {"new": [{"id": "1", "document": "b"}]}
    assert splits.notes == ["new.csv: document is column 'article'; --text_column can choose 'document'"]
    # One that the run did not have is found by its known names, and that is said.
    splits = new(write("body.csv", "id,article\n7,b\n"), columns={"document": "dialogue", "summary": "summary"})
    assert splits == {"new": [{"id": "7", "document": "b"}]}
    assert splits.notes == ["body.csv: document is column 'article'; in training it was 'dialogue'"]
    write("body.csv", "body\na\n")
    assert problems(new, "body.csv", columns={"document": "dialogue", "summary": "summary"}) == [
        "body.csv: no column 'dialogue' or 'document' or 'article' for document; it has 'body'; "
        "name one with --text_column; for a file without a line of names, --columns"
    ]
    assert problems(new, "absent.csv") == ["absent.csv: no such file"]


def test_new_rows_are_judged_as_the_runs_own():
    write("new.jsonl", '{"document": ["a", "b"]}\n{"document": null}\n')
    assert problems(new, "new.jsonl", several=["document"]) == [
        f"new.jsonl line 2: column 'document' is null; {NEEDED}, or a list of such texts{HINT}"
    ]
    splits = new("new.jsonl", several=["document"], on_bad_row="skip")
    assert splits["new"] == [{"id": "1", "document": ["a", "b"]}]
    assert splits.notes == ["new.jsonl: column 'document' is null: 1 rows left out, line 2"]
    splits = new("new.jsonl", several=["document"], fill_missing="none")
    assert [row["document"] for row in splits["new"]] == [["a", "b"], ["none"]]
    assert splits.notes == ["new.jsonl: document was missing in 1 rows and is now 'none'"]
    refuse = made_task(refuse=lambda row, settings, tokenizer: ("told", tokenizer))
    assert problems(new, "new.jsonl", refuse, several=["document"], tokenizer="refused", fill_missing="x") == [
        "new.jsonl: none of its 2 rows can be used",
        "new.jsonl line 1: refused",
        "new.jsonl line 2: refused",
    ]


def test_hooks_know_whether_rows_are_new():
    """A second file, or a label, may be missing there."""

    def read(path, settings, new):
        seen.append(("read", new))
        return read_file(path)

    def reshape(row, settings, new):
        seen.append(("reshape", new))
        return [row]

    task, seen = made_task(read=read, reshape=reshape), []
    write("some.jsonl", GOOD)
    load(task, train_file="some.jsonl")
    assert new("some.jsonl", task)["new"] == [{"id": "1", "document": "a"}]
    assert seen == [("read", False), ("reshape", False), ("read", True), ("reshape", True)]


def test_100_000_rows_are_read_in_linear_time_and_modest_memory():
    def work(size):
        with open(f"{size}.csv", "w") as file:
            file.write("document,summary\n")
            file.writelines(f"Document number {n},Summary {n}\n" for n in range(size))
        start = time.process_time()
        splits = load(train_file=f"{size}.csv", share=0.1)
        assert splits.counts["train"]["used"] == size
        return time.process_time() - start

    work(1000)
    small, large = min(work(10_000) for _ in range(3)), work(100_000)
    assert large / small < 30  # ten times the rows; a quadratic step makes it a hundred
    tracemalloc.start()
    rows = read_file("10000.csv")
    used = tracemalloc.get_traced_memory()[0] / len(rows)
    tracemalloc.stop()
    assert used < 700  # bytes per row of two short texts
