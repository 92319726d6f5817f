# SPDX-License-Identifier: Apache-2.0
"""make predict and make try: every kind of input and output, other ways to decode, models without a run."""

import csv
import io
import json
import math
import sys

import pytest
import torch
from harness import predict
from helpers import as_flags, files_of_at_most, read_json, read_jsonl, records, run_recipe, write_jsonl

from recipes.common import UserError, decoding
from recipes.prediction import Predictor
from recipes.shipping import tables, using

RECIPE = "summarize_t5"
TEST = records("test", 7)


def own(done, count=6):
    """What the run itself predicted: test rows 0 to 5 are plain ones."""
    return [row["prediction"] for row in read_jsonl(done.folder / "predictions.jsonl")][:count]


def ask(done, tmp_path, *switches, **flags):
    given = {"run": done.folder, "output": tmp_path / "out.jsonl", **flags}
    return run_recipe([*as_flags(**given), *switches], predict)


@pytest.fixture
def letters(small, tmp_path):
    """The run's first test documents as lines of text."""
    path = tmp_path / "letters.txt"
    path.write_text("".join(f"{row['document']}\n" for row in small.rows["test"][:6]), encoding="utf-8")
    return path


# ---------------------------------------------------------------- kinds of files


def test_a_line_a_row_and_an_empty_line_stays_one(done, letters, tmp_path, capsys):
    lines = letters.read_text(encoding="utf-8").splitlines()
    letters.write_text("\n".join([lines[0], "", *lines[1:]]) + "\n")
    assert ask(done, tmp_path, input=letters, output=tmp_path / "out.txt") == 0
    expected = own(done)
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").split("\n") == [expected[0], "", *expected[1:], ""]
    out = capsys.readouterr().out
    assert f"wrote     {tmp_path / 'out.txt'}: 7 rows in " in out and "rows/s), mean score -" in out


def test_sources_that_are_cut_are_said(done, small, tmp_path, capsys, monkeypatch):
    words = "Ann asks for a blue lamp please. " * 40
    (tmp_path / "long.txt").write_text(f"{words}\nAnn asks.\n{words}\n", encoding="utf-8")
    assert ask(done, tmp_path, input=tmp_path / "long.txt") == 0
    limit = read_json(done.folder / "run.json")["settings"]["max_source_length"]
    assert f", 2 sources cut at {limit} tokens" in capsys.readouterr().out
    assert ask(done, tmp_path, input=tmp_path / "long.txt", output=tmp_path / "all.txt", max_source_length=4096) == 0
    assert "cut at" not in capsys.readouterr().out
    typed(monkeypatch, words, "")
    assert run_recipe(["--run", str(done.folder), "--ask"], predict) == 0
    assert f"note      of this, {limit} tokens were read, and the rest was cut" in capsys.readouterr().out


def test_a_text_without_lines_gives_a_table_without_rows(done, tmp_path):
    (tmp_path / "none.txt").write_text("")
    assert ask(done, tmp_path, input=tmp_path / "none.txt", output=tmp_path / "none.csv") == 0
    assert (tmp_path / "none.csv").read_bytes() == b"id,source,prediction,score\r\n"


def test_from_standard_input_to_standard_output(done, letters, tmp_path, capsys, monkeypatch):
    """Nothing but predictions is on the standard output."""
    lines = letters.read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    assert ask(done, tmp_path, input="-", output="-") == 0
    printed = capsys.readouterr()
    assert printed.out.split("\n") == [*own(done), ""]
    assert "on standard input" in printed.err and "6 rows" in printed.err


def test_from_standard_input_to_a_file(done, letters, tmp_path, monkeypatch):
    """A kill loses all of it, for a pipe cannot be read again: what is left of one before is not taken for its rows."""
    generate = decoding.generate_ids
    for fails in (True, False):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(letters.read_bytes())))
        monkeypatch.setattr(tables, "LINES", 2)
        made = []

        def killed(*args, fails=fails, made=made, **kwargs):
            if fails and len(made) == 2:
                raise KeyboardInterrupt
            made.append(1)
            return generate(*args, **kwargs)

        monkeypatch.setattr(decoding, "generate_ids", killed)
        code = ask(done, tmp_path, "--keep_columns", input="-", output=tmp_path / "out.csv")
        assert code == (75 if fails else 0)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8"), newline="")))
    assert [row["prediction"] for row in rows] == own(done)
    assert [row["document"] for row in rows] == letters.read_text(encoding="utf-8").splitlines()
    assert not (tmp_path / "out.csv.unfinished").exists()


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_tables_with_ids_and_the_inputs_columns(done, small, tmp_path, kind):
    rows = [{"id": row["id"], "document": row["document"], "note": 'a "quoted", one'} for row in small.rows["test"]]
    path = write_jsonl(tmp_path / "new.jsonl", rows)
    assert ask(done, tmp_path, input=path, output=tmp_path / f"plain.{kind}") == 0
    assert ask(done, tmp_path, "--keep_columns", input=path, output=tmp_path / f"kept.{kind}") == 0

    def read(name):
        text = (tmp_path / f"{name}.{kind}").read_bytes().decode()
        if kind == "csv":
            return list(csv.DictReader(io.StringIO(text, newline="")))
        head, *lines = [line.split("\t") for line in text.rstrip("\n").split("\n")]
        return [dict(zip(head, line, strict=True)) for line in lines]

    plain, kept = read("plain"), read("kept")
    assert list(plain[0]) == ["id", "source", "prediction", "score"]
    assert list(kept[0]) == ["id", "document", "note", "prediction", "score"]
    assert [row["id"] for row in plain] == [row["id"] for row in kept] == [row["id"] for row in rows]
    made = read_jsonl(done.folder / "predictions.jsonl")
    assert [row["prediction"] for row in plain] == [row["prediction"] for row in made]
    if kind == "csv":  # where a cell may hold line breaks
        assert [row["source"] for row in plain] == [row["source"] for row in made]
        assert [{name: row[name] for name in ("id", "document", "note")} for row in kept] == rows


def test_a_column_of_the_input_is_never_lost(done, tmp_path, capsys):
    path = write_jsonl(tmp_path / "new.jsonl", [{"document": "Ann asks.", "prediction": "precious"}])
    assert ask(done, tmp_path, "--keep_columns", input=path) == 2
    assert "the input has a column 'prediction', and so has the output; rename it" in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()


def test_ids_that_several_rows_have_stay_in_their_column(done, tmp_path, capsys):
    rows = [{"id": name, "document": f"{name} asks."} for name in ("Ann", "Bo", "Ann")]
    path = write_jsonl(tmp_path / "new.jsonl", rows)
    for name, switches, expected in (("a", [], ["1", "2", "3"]), ("b", ["--keep_columns"], ["Ann", "Bo", "Ann"])):
        assert ask(done, tmp_path, *switches, input=path, output=tmp_path / f"{name}.jsonl") == 0
        assert [row["id"] for row in read_jsonl(tmp_path / f"{name}.jsonl")] == expected
    assert "ids are row numbers" in capsys.readouterr().out


def test_how_the_input_is_read_is_said_by_the_flags_of_training(done, small, tmp_path, capsys):
    """A column of another name, a row without text, another encoding, no line of names."""
    texts = [row["document"] for row in small.rows["test"]][:6]
    path = write_jsonl(tmp_path / "body.jsonl", [{"body": text} for text in (*texts[:3], "", *texts[3:])])
    assert ask(done, tmp_path, input=path) == 2
    assert "for document; it has 'body'; name one with --text_column" in capsys.readouterr().err
    assert ask(done, tmp_path, input=path, text_column="body") == 2
    assert "line 4: column 'body' is empty (''); needed: text that is not empty (--on_bad_row skip" in (
        capsys.readouterr().err
    )
    assert ask(done, tmp_path, input=path, text_column="body", on_bad_row="skip") == 0
    assert [row["prediction"] for row in read_jsonl(tmp_path / "out.jsonl")] == own(done)
    assert "column 'body' is empty: 1 rows left out, line 4" in capsys.readouterr().out
    # What the recipe knows for a name needs no flag.
    path = write_jsonl(tmp_path / "article.jsonl", [{"article": text} for text in texts])
    assert ask(done, tmp_path, input=path, output=tmp_path / "article.csv") == 0
    assert "document is column 'article'; in training it was 'document'" in capsys.readouterr().out
    (tmp_path / "old.csv").write_bytes(
        "".join(f"{n};{text} caf\xe9\n" for n, text in enumerate(texts)).encode("cp1252")
    )
    how = {"encoding": "cp1252", "columns": "n,document", "delimiter": ";"}
    assert ask(done, tmp_path, input=tmp_path / "old.csv", output=tmp_path / "old.jsonl", **how) == 0
    assert read_jsonl(tmp_path / "old.jsonl")[0]["source"].endswith(f"{texts[0]} caf\xe9")
    assert ask(done, tmp_path, input=path, output=tmp_path / "b.jsonl", learning_rate=1) == 2
    assert "--learning_rate: not for new rows; how they are read is said by --encoding" in capsys.readouterr().err
    assert ask(done, tmp_path, input=path, output=tmp_path / "b.jsonl", text_colum="body") == 2
    assert "--text_colum: unknown flag; did you mean --text_column?" in capsys.readouterr().err


def test_texts_with_line_breaks_stay_one_line_of_text():
    rendered = tables.Rendered(".txt", None, False)
    entries = [{"id": "1", "source": "", "prediction": "a\nb\tc", "score": 0}]
    assert rendered(entries, [{}]) == "a b c\n"
    assert rendered.joined == 1


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"output": "out.xlsx"}, "--output: .xlsx is no kind of file that is written"),
        ({"input": "none.txt"}, "--input none.txt: No such file"),
        ({"num_beams": 0}, "num_beams"),
        ({"temperature": 0, "do_sample": True}, "temperature"),
        ({"source": "x: {text}"}, "--source is for --model"),
    ],
)
def test_what_is_wrong_is_one_sentence(done, letters, tmp_path, capsys, monkeypatch, flags, said):
    monkeypatch.chdir(tmp_path)
    assert ask(done, tmp_path, **{"input": letters, **flags}) == 2
    err = capsys.readouterr().err
    assert said in err and "Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letters.txt"]


# ---------------------------------------------------------------- pieces


def test_pieces_are_written_as_they_are_done_and_none_is_made_twice(done, small, tmp_path, monkeypatch, capsys):
    """Thirteen rows in pieces of four: a kill in the third piece loses its unfinished batch alone."""
    whole = tmp_path / "whole.jsonl"
    rows = write_jsonl(tmp_path / "new.jsonl", [{"document": row["document"]} for row in small.rows["test"]])
    assert ask(done, tmp_path, input=rows, output=whole, batch_size=2) == 0
    monkeypatch.setattr(tables, "PIECE", 4)
    generate, made = decoding.generate_ids, []

    def killed(*args, **kwargs):
        if len(made) == 5:
            raise KeyboardInterrupt
        made.append(1)
        return generate(*args, **kwargs)

    monkeypatch.setattr(decoding, "generate_ids", killed)
    assert ask(done, tmp_path, input=rows, batch_size=2) == 75
    part = tmp_path / "out.jsonl.unfinished/predictions.jsonl"
    assert len(read_jsonl(part)) == 8
    with open(part, "a") as file:  # a kill in the middle of a write
        file.write('{"id": "9", "sou')
    again = []
    monkeypatch.setattr(decoding, "generate_ids", lambda *args, **more: again.append(1) or generate(*args, **more))
    assert ask(done, tmp_path, input=rows, batch_size=2) == 0
    out = capsys.readouterr().out
    assert "goes on   after 8 rows and 1 batches" in out
    assert "5 rows in " in out and ", after 8 rows that were done before\n" in out
    assert len(again) == 2  # of three pieces of two batches and one of one, five were done
    assert (tmp_path / "out.jsonl").read_bytes() == whole.read_bytes()
    assert not part.parent.exists()


def test_a_full_disk_is_one_sentence_and_the_same_command_goes_on(done, letters, tmp_path, capsys):
    """Room for half a batch; then for one piece and half a batch more."""
    assert ask(done, tmp_path, input=letters, batch_size=1, output=tmp_path / "whole.jsonl") == 0
    with files_of_at_most(700):
        assert ask(done, tmp_path, input=letters, batch_size=1) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "is full (File too large); what is whole there stays: free some space" in err
    assert not (tmp_path / "out.jsonl").exists()
    assert ask(done, tmp_path, input=letters, batch_size=1) == 0
    assert "goes on   after 0 rows and " in capsys.readouterr().out
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_drawn_outputs_are_the_same_when_killed_and_continued(done, small, tmp_path, monkeypatch):
    """What is drawn depends on a row's place in the file, not on how many rows this process has seen."""
    monkeypatch.setattr(tables, "PIECE", 4)
    rows = write_jsonl(tmp_path / "new.jsonl", [{"document": row["document"]} for row in small.rows["test"][:9]])
    asked = {"input": rows, "batch_size": 2, "preset": "varied", "max_new_tokens": 6}
    assert ask(done, tmp_path, **asked, output=tmp_path / "whole.jsonl") == 0
    generate, made = decoding.generate_ids, []

    def killed(*args, **kwargs):
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(1)
        return generate(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(decoding, "generate_ids", killed)
        assert ask(done, tmp_path, **asked) == 75
    assert ask(done, tmp_path, **asked) == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_other_decoding_does_not_go_on_with_what_was_begun(done, letters, tmp_path, monkeypatch):
    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tables, "PIECE", 2)
        assert ask(done, tmp_path, input=letters, batch_size=1) == 0
        (tmp_path / "out.jsonl").unlink()
        generate, made = decoding.generate_ids, []
        patch.setattr(
            decoding,
            "generate_ids",
            lambda *a, **k: killed() if len(made) == 3 else made.append(1) or generate(*a, **k),
        )
        assert ask(done, tmp_path, input=letters, batch_size=1) == 75
    assert ask(done, tmp_path, input=letters, batch_size=1, num_beams=2) == 2
    assert ask(done, tmp_path, input=letters, batch_size=1) == 0


# ---------------------------------------------------------------- decoding and scores


def test_the_score_is_the_mean_log_probability_of_the_outputs_tokens(done, small):
    """Against the library's own loss for the same text."""
    predictor = Predictor(done.folder)
    row = {"document": small.rows["test"][0]["document"]}
    (entry,) = predictor.predict([row])
    (ids,) = predictor.encode_sources([entry["source"]])
    model = predictor.engine.model
    with torch.inference_mode():
        made = model.generate(torch.tensor([ids]), generation_config=predictor.engine.config)
        loss = model(input_ids=torch.tensor([ids]), labels=made[:, 1:]).loss.item()
    assert math.isclose(entry["score"], -loss, abs_tol=1e-4)


def test_presets_and_switches(done, letters, tmp_path):
    assert ask(done, tmp_path, input=letters, preset="varied", num_return_sequences=2, output=tmp_path / "v.jsonl") == 0
    varied = read_jsonl(tmp_path / "v.jsonl")
    assert [len(row["variants"]) for row in varied] == [2] * 6
    assert ask(done, tmp_path, input=letters, max_new_tokens=1, preset="fast", output=tmp_path / "short.txt") == 0
    short = (tmp_path / "short.txt").read_text(encoding="utf-8").splitlines()
    assert len(short) == 6 and all(len(text.split()) <= 1 for text in short)
    for name in using.PRESETS:
        Predictor(done.folder).decode(**using.preset(name))  # the library accepts each


def test_settings_that_contradict_each_other(done):
    predictor = Predictor(done.folder)
    with pytest.raises(UserError):
        predictor.decode(num_beams=1, num_return_sequences=3, do_sample=False)
    predictor.decode()
    assert predictor.engine.config.to_dict() == predictor.usual.to_dict()


# ---------------------------------------------------------------- a batch that fits the memory


class Memory:
    """An engine of a GPU with room for `most` rows at a time."""

    def __init__(self, most):
        self.most, self.sizes = most, []

    def __call__(self, ids, seed):
        if len(ids) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        self.sizes.append(len(ids))
        return [[decoding.Output(str(row[0]), -1.0, False)] for row in ids]


def test_a_batch_that_does_not_fit_is_halved_and_no_row_is_lost(done, monkeypatch):
    predictor = Predictor(done.folder, batch_size=16)
    predictor.engine, predictor.grows = Memory(5), True
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    made = predictor.generate([[number] for number in range(20)])
    assert [several[0].text for several in made] == [str(number) for number in range(20)]
    assert predictor.engine.sizes == [4, 4, 4, 4, 4]
    predictor.grows = False  # a size that was asked for is kept
    predictor.batch_size = 16
    with pytest.raises(torch.OutOfMemoryError):
        predictor.generate([[number] for number in range(20)])


def test_a_batch_that_takes_little_grows(done, monkeypatch):
    predictor = Predictor(done.folder, batch_size=2)
    predictor.engine, predictor.grows = Memory(99), True
    taken = iter([10, 10, 50, 50, 50])
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: next(taken))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0, 100))
    predictor.generate([[number] for number in range(22)])
    assert predictor.engine.sizes == [2, 4, 8, 8]


# ---------------------------------------------------------------- without a run, and on the terminal


def test_a_model_without_a_run(checkpoint, letters, tmp_path, capsys):
    """Its texts are the model's own, and it is not cut at the library's 20 tokens (trap 6)."""
    flags = {"model": checkpoint, "source": "say: {text}", "input": letters, "output": tmp_path / "out.jsonl"}
    assert run_recipe(as_flags(**flags, max_new_tokens=30), predict) == 0
    made = read_jsonl(tmp_path / "out.jsonl")
    assert [row["source"] for row in made] == [f"say: {line}" for line in letters.read_text().splitlines()]
    predictor = Predictor(checkpoint, source="say: {text}")
    assert predictor.engine.config.max_new_tokens == 128
    tokenizer, model = predictor.tokenizer, predictor.engine.model
    ids = tokenizer(made[0]["source"], return_tensors="pt")
    with torch.inference_mode():
        text = tokenizer.decode(model.generate(**ids, max_new_tokens=30, max_length=None)[0], skip_special_tokens=True)
    assert made[0]["prediction"] == text.strip()
    flags["source"] = "no field"
    assert run_recipe(as_flags(**flags | {"output": tmp_path / "b.jsonl"}), predict) == 2
    assert "names no column; put one in braces" in capsys.readouterr().err


def typed(monkeypatch, *lines):
    answers = iter(lines)
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))


def test_on_the_terminal_line_by_line(done, small, monkeypatch, capsys):
    typed(monkeypatch, *[row["document"] for row in small.rows["test"][:2]], "")
    assert run_recipe(["--run", str(done.folder), "--ask"], predict) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[1::2] == own(done, 2)
    assert all(line.strip().startswith("score -") for line in out[2::2])


def test_a_conversation_on_the_terminal_is_kept(smalls, monkeypatch, capsys):
    done = smalls("convo_flant5").done
    asked, predict_rows = [], Predictor.predict
    monkeypatch.setattr(
        Predictor, "predict", lambda self, rows: asked.append(list(rows[0]["history"])) or predict_rows(self, rows)
    )
    typed(monkeypatch, "hello", "the lamp is broken", "/new", "thanks", "")
    assert run_recipe(["--run", str(done.folder), "--ask"], predict) == 0
    first = capsys.readouterr().out.splitlines()[1]
    assert asked == [["hello"], ["hello", first, "the lamp is broken"], ["thanks"]]


def test_fields_of_several_kinds(smalls, tmp_path, capsys):
    """A question needs its context, so lines alone are refused, before anything is generated."""
    done = smalls("qa_t5").done
    (tmp_path / "a.txt").write_text("why?\n")
    assert ask(done, tmp_path, input=tmp_path / "a.txt") == 2
    assert "a source is made of question, context: give rows" in capsys.readouterr().err


def test_json_lines_keep_their_extra_fields(done, tmp_path):
    rows = [{"id": "a", "document": "Ann asks.", "n": 7}, {"id": "b", "document": "Bo says.", "tags": ["x"]}]
    assert ask(done, tmp_path, "--keep_columns", input=write_jsonl(tmp_path / "new.jsonl", rows)) == 0
    made = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [{k: v for k, v in row.items() if k not in ("prediction", "score")} for row in made] == [
        {"id": "a", "document": "Ann asks.", "n": "7"},
        {"id": "b", "document": "Bo says.", "tags": ["x"]},
    ]
