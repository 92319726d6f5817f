# SPDX-License-Identifier: Apache-2.0
"""--long_source windows: long documents are read in parts, what is said of each is joined; predict does the same."""

from types import SimpleNamespace

import harness
import pytest
from datasets import Dataset
from helpers import read_json, read_jsonl, write_jsonl

from recipes.common.decoding import Output
from recipes.formats import long_sources

RECIPE = "summarize_t5"
ROW = {"document": "Ann wants a lamp. " * 3 + "Bo has a mug.", "summary": ["A lamp is wanted by Ann. A mug is Bo's."]}
SETTINGS = SimpleNamespace(source_prefix=None)


def told(source, row=ROW):
    return long_sources.sentences_of(row, source, SETTINGS, "summarize: {document}", "{summary}", "document")


def test_trap_33_a_window_is_to_say_what_comes_from_it():
    """Words in another order, and none of them in one window alone: a rare word, such as mug, says most."""
    assert told("summarize: Bo has a mug.") == "A mug is Bo's."
    assert told("summarize: Ann wants a lamp. Ann") == "A lamp is wanted by Ann."
    assert told(f"summarize: {ROW['document']}") == "A lamp is wanted by Ann. A mug is Bo's."


def test_trap_33_no_sentence_is_lost_where_its_words_are_scattered(tokenizer):
    """Half of its words at the beginning, half at the end; and one whose words the document does not have."""
    filler = " ".join(f"well {number}" for number in range(100))
    row = {"document": f"Ann wants a lamp. {filler} Bo has a blue mug", "summary": ["Ann wants a blue mug. Zoe sings."]}
    settings = SimpleNamespace(source_prefix=None, max_source_length=64)
    parts = long_sources.sources(row, settings, tokenizer, "summarize: {document}", "document")
    said = [told(part, row) for part in parts]
    assert len(parts) > 4
    assert sum("Zoe sings." in one for one in said) == 1 and sum("blue mug" in one for one in said) == 1
    assert set(said[1:-1]) == {""}


def test_trap_33_no_more_silent_windows_are_learned_than_others(tokenizer):
    """Of ten parts two have something to say: of the eight others the first and the last stay."""
    lengths = [len(tokenizer(text_target=text)["input_ids"]) for text in ("", "Ann asks")]
    sizes = [lengths[number in (3, 4)] for number in range(10)]
    table = Dataset.from_dict({"target_length": sizes, "example": [0] * 5 + [1] * 5, "number": list(range(10))})
    chosen, notes = long_sources.with_few_silent(table, tokenizer)
    assert chosen["number"][:] == [0, 3, 4, 9]
    assert notes == [
        "train: 2 rows are read in 10 parts, 2 with something to say; "
        "of the others 2 are learned as silent, 6 are left out"
    ]
    chosen, notes = long_sources.with_few_silent(table.select([3, 4]), tokenizer)
    assert (chosen["number"][:], notes) == ([3, 4], [])


def test_what_windows_say_is_joined_once_and_in_order():
    outputs = [Output(text, None, False) for text in ("Bo asks.", "", "Ann asks. Bo asks!", "Bo asks.", "Zoe sings.")]
    assert long_sources.joined({}, outputs) == "Bo asks. Ann asks. Zoe sings."
    assert long_sources.joined({}, [Output("", None, False)]) == ""
    lines = Output("one\n one", None, False)
    assert long_sources.joined({}, [Output("", None, False), lines]) == "one\n one"


def test_windows_hold_the_whole_document_within_the_limit(tokenizer):
    settings = SimpleNamespace(source_prefix=None, max_source_length=14)
    row = {"document": "\n".join(["Ann wants the blue lamp"] * 6)}
    parts = long_sources.sources(row, settings, tokenizer, "a {document}", "document")
    assert len(parts) > 2
    assert all(part.startswith("a ") and len(tokenizer(part)["input_ids"]) <= 14 for part in parts)
    assert sum(part.count("blue lamp") for part in parts) >= 6
    short = long_sources.sources({"document": "Ann wants"}, settings, tokenizer, "a {document}", "document")
    assert short == ["a Ann wants"]


def test_trap_33_long_documents_are_read_to_their_end_in_training_and_in_predict(small, tmp_path, capsys):
    """A limit of 24 tokens; the words and their prefix have more. The report and the screen count the parts."""
    out = tmp_path / "out"
    assert small.run(output_dir=out, long_source="windows", max_source_length=24) == 0
    assert "rows are read in parts" in capsys.readouterr().out
    assert any("rows are read in parts" in note for note in read_json(out / "run.json")["notes"])
    made = read_jsonl(out / "predictions.jsonl")
    whole = {row["id"]: row["document"] for row in small.rows["test"]}
    assert any("\n" in row["source"] and "\n" not in whole[row["id"]] for row in made)
    for row in made:
        assert whole[row["id"]].split()[-1] in row["source"]  # its end, which a cut would have lost
    new = write_jsonl(tmp_path / "new.jsonl", [{"id": name, "document": text} for name, text in whole.items()])
    harness.predict(["--run", str(out), "--input", new, "--output", str(tmp_path / "new.out.jsonl")])
    again = {row["id"]: row["prediction"] for row in read_jsonl(tmp_path / "new.out.jsonl")}
    assert again == {row["id"]: row["prediction"] for row in made}


def test_windows_with_several_outputs_are_refused(refused):
    message = refused(long_source="windows", num_return_sequences=2, num_beams=2)
    assert "--long_source windows: joins one output of each window; leave --num_return_sequences out" in message


@pytest.mark.parametrize("limit", [512, 24])
def test_trap_33_what_is_never_read_is_said_with_a_remedy(limit, small, tmp_path, capsys):
    rows = [{"id": str(n), "document": f"Ann {n} asks for the lamp " * 12, "summary": "Ann asks"} for n in range(40)]
    paths = {"train_file": write_jsonl(tmp_path / "train.jsonl", rows), "validation_file": None, "test_file": None}
    assert small.run(**paths, max_source_length=limit, dry_run=True, output_dir=tmp_path / "out") == 0
    out = " ".join(capsys.readouterr().out.split())
    assert ("of the text is never read" in out) == (limit == 24)
    if limit == 24:
        assert "36 of 36 sources are cut (100.0 %): " in out
        assert "would cut 1 %, or --long_source windows" in out
