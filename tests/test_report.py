# SPDX-License-Identifier: Apache-2.0
"""The report page of a run folder written by hand: escaped, self-contained, right, and small whatever the run."""

import ast
import html.parser
import importlib.util
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from recipes import report
from recipes.common import UserError, running
from recipes.metrics.lengths import spread
from recipes.report import differences, page, pictures, predictions

RECIPE = "summarize_t5"
ROOT = Path(__file__).resolve().parents[1]
VOID = {"meta", "br", "img", "link", "input", "hr", "col", "source", "base", "embed", "wbr"}
BLOCKS = {"dt", "dd", "td", "th", "li", "p", "div", "span", "small"}
FETCHING = {"src", "srcset", "poster", "data", "action", "background", "ping", "manifest"}
SCRIPT = "<script>alert(\"x\")</script> & 'it'"
EVIL_ID = '"><img src=x onerror=alert(1)>'

# id, source, reference, prediction, rougeL, novel_bigrams, other keys
ROWS = [
    ("t1", "Ann ordered 12 mugs on 3 March.", "Ann ordered 12 mugs.", "Ann ordered 13 mugs.", 75, 70,
     {"unsupported": [{"kind": "number", "text": "13", "start": 12, "end": 14}]}),
    ("t2", "Hello, Bo here. Money back!", "Bo wants a refund.", "Bo wants a refund.", 100, 100, {}),
    ("t3", "Is anybody there?", "Carla asks.", "", 0, 0, {}),
    ("t4", "Lamp late.", "The lamp is late.", "the lamp is late the lamp is late", 20, 80, {"hit_limit": True}),
    ("t5", "Hi. My green chair arrived broken today, thanks.", "The green chair arrived broken.",
     "My green chair arrived broken today", 60, 10, {}),
    (EVIL_ID, SCRIPT, f"It says {SCRIPT}", f"It shows {SCRIPT}", 50, 20, {}),
    ("t7", "Dev has a red mug.", ["Dev owns something.", "Dev has one red mug."], "Dev has one mug.", 90, 50, {}),
    ("t8", "天气", "今天天气很好。", "今天天气不好。", 80, 90, {}),
]  # fmt: skip

RUN = {
    "status": "done",
    "recipe": {"name": "summarize_x", "sha256": "ab" * 32},
    "source": "summarize: {document}",
    "target": "{summary}",
    "data": {
        "columns": {"document": "document"},
        "rows": {
            "train": {
                "read": 110,
                "used": 103,
                "left_out": [{"file": "a.csv", "reason": "column 'x' is <empty>", "unit": "line", "lines": [3] * 7}],
            },
            "test": {"read": 8, "used": 8, "left_out": []},
        },
        "sources": {
            "train": {"file": "a.csv", "sha256": "cd" * 32, "rows": 110},
            "test": {"file": "b.csv", "sha256": "ef" * 32, "rows": 8},
            "validation": {"cut_from": "train", "seed": 7, "rows": 10},
        },
        "notes": ["no validation split: <10> rows set aside"],
    },
    "settings": {
        "model_name_or_path": "some/<tiny>",
        "train_file": "a.csv",
        "max_train_samples": 90,
        "eval_sample_size": 200,
    },
    "arguments": {"metric_for_best_model": "rougeL", "load_best_model_at_end": True, "learning_rate": 0.001},
    "world_size": 1,
    "seed": 7,
    "command": ["python", "recipes/x.py", "--train_file", "a b.csv"],
    "versions": {"python": "3.11.7", "torch": None, "transformers": "5.23.0"},
    "machine": {"device": "cpu", "gpu": None, "cpus": 2},
    "commit": "0123abcd+",
    "lengths": {
        "train": {
            side: {"median": 4, "p95": 9, "max": 30, "limit": limit, "cut": cut, "cut_percent": 5.0 * cut,
                   "histogram": {"width": 2, "counts": [1, 5, 9, 3, 1]}}
            for side, limit, cut in (("source", 8, 1), ("target", 64, 0))
        }
    },
    "lost": {"\n": 12, "<": 3},
    "decoding": {"num_beams": 4, "eos_token_id": 1, "transformers_version": "5"},
    "seconds": {"train": 61.0, "predict": 4.2},
    "signatures": {"rouge": "rouge_score:0|tok:<x>"},
    "peak_memory_gib": 1.25,
}  # fmt: skip


def with_interval(value, name="rougeL", prefix=""):
    return {f"{prefix}{name}": value, f"{prefix}{name}_ci_low": value - 5, f"{prefix}{name}_ci_high": value + 5}


FILES = {
    "run.json": RUN,
    "train_results.json": {"train_loss": 1.0},
    "eval_results.json": {**with_interval(61.0, prefix="eval_"), "eval_texts_changed_by_fp32": 2.5},
    "predict_results.json": {
        **with_interval(59.4, prefix="predict_"),
        **with_interval(70.0, "supported_figures", "predict_"),
        "predict_loss": 0.5,
    },
    "baseline_results.json": {
        "split": "test",
        "rows": 8,
        "trivial_name": "lead <sentence>",
        "untuned": with_interval(7.3),
        "trivial": with_interval(31.0),
        "tuned": with_interval(59.4),
    },
    "trainer_state.json": {
        "best_global_step": 20,
        "best_metric": 62.125,
        "global_step": 30,
        "log_history": [
            {"step": 10, "epoch": 1.0, "loss": 3.0},
            {"step": 10, "epoch": 1.0, "eval_loss": 2.5, **with_interval(40.0, prefix="eval_")},
            {"step": 20, "epoch": 2.0, "loss": float("nan")},
            {"step": 20, "epoch": 2.0, "eval_loss": 2.0, **with_interval(62.125, prefix="eval_")},
            {"step": 30, "epoch": 3.0, "loss": 1.0},
            {"step": 30, "epoch": 3.0, "eval_loss": 2.1, **with_interval(60.0, prefix="eval_")},
            {"step": 30, "epoch": 3.0, "train_runtime": 61.0},
            {"step": 30, "epoch": 3.0, "eval_loss": 99.0, **with_interval(99.0, prefix="eval_")},
        ],
    },
}


def row_of(name, source, reference, prediction, score, novelty, more):
    row = {"id": name, "source": source, "reference": reference, "prediction": prediction, "rougeL": float(score)}
    return {**row, "unsupported": [], "novel_bigrams": float(novelty), "coverage": 0.5, "hit_limit": False, **more}


def write_rows(folder, rows):
    lines = [json.dumps(row_of(*row), ensure_ascii=False) for row in rows]
    (folder / "predictions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(autouse=True)
def quick(request, monkeypatch):
    """Pictures take most of the time: only tests that ask for `drawn` make them."""
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr(pictures, "draw", lambda name, *rest: f"<svg>{name}</svg>")


@pytest.fixture
def drawn():
    """Real pictures, please."""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name, value in FILES.items():
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    write_rows(folder, ROWS)
    return folder


class Page(html.parser.HTMLParser):
    """Parses strictly: every element is closed where it should be. Collects what the tests ask for."""

    def __init__(self, text):
        super().__init__()
        self.text, self.open, self.attributes, self.words = text, [], [], []
        self.marks, self.article, self.cells, self.tags = {}, None, [], set()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), (tag, attributes)
        self.tags.add(tag)
        if tag in BLOCKS:
            self.words.append(" ")
        self.attributes += [(tag, name, value) for name, value in attributes]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "article":
            self.article = dict(attributes)["id"]
            self.marks[self.article] = []
        elif tag == "mark" and self.article:
            self.marks[self.article].append([dict(attributes)["class"], ""])
        elif tag == "tr":
            self.cells.append([])
        elif tag in ("td", "th"):
            self.cells[-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> at {self.getpos()}"
        if tag == "article":
            self.article = None

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)
        if "mark" in self.open and self.article:
            self.marks[self.article][-1][1] += data
        if {"td", "th"} & set(self.open):
            self.cells[-1][-1] += data

    def said(self):
        """The text of the page; a no-break space is a space, too."""
        return " ".join("".join(self.words).split())

    def row(self, start):
        """The cells of the first table row that starts with `start`, or is headed by it alone."""
        cells = [[" ".join(cell.split()) for cell in row] for row in self.cells]
        alone = [row for row in cells if row and row[0] == start]
        return (alone or [row for row in cells if row and row[0].startswith(start)])[0]


def page_of(folder):
    return Page(report.write_report(folder).read_text(encoding="utf-8"))


# ---------------------------------------------------------------- the page


def test_it_is_well_formed_and_self_contained(folder, drawn):
    page = page_of(folder)
    assert "http:" not in page.text and "https:" not in page.text and "@import" not in page.text
    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not FETCHING & {name for _, name, _ in page.attributes}
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    ids = [value for _, name, value in page.attributes if name == "id"]
    links = [value for _, name, value in page.attributes if name in ("href", "xlink:href")]
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids) and all(a[0] == "#" for a in links)
    assert {name[1:] for name in re.findall(r"url\((.*?)\)", page.text)} <= set(ids)
    assert sum(tag == "svg" and name == "viewbox" for tag, name, _ in page.attributes) == 5
    assert len(page.text) < 150_000


def test_everything_from_the_data_is_escaped(folder, drawn):
    page = page_of(folder)
    assert "<script" not in page.text and "<img" not in page.text
    for text in (SCRIPT, EVIL_ID, "some/<tiny>", "lead <sentence>", "column 'x' is <empty>", "<10> rows", "tok:<x>"):
        assert text in page.said(), text


def test_control_characters_and_half_surrogates_are_shown_as_such(folder):
    row = row_of("a", "so\x00urce", "ref\ud800", "pre\x1b[31m", 1, 1, {})
    (folder / "predictions.jsonl").write_text(json.dumps(row))
    said = page_of(folder).said()
    assert "so␀urce" in said and "ref\ufffd" in said and "pre␛[31m" in said


def test_scores_beside_the_baselines(folder):
    page = page_of(folder)
    assert page.row("rougeL") == ["rougeL", "7.3 2.3 to 12.3", "31.0 26.0 to 36.0", "59.4 54.4 to 64.4"]
    assert "Test split, from 0 to 100" in page.said() and "8 rows." in page.said()
    assert "On the validation split, which chose the checkpoint: rougeL 61.0." in page.said()
    assert "2.5\xa0% come out differently" in "".join(page.words)
    assert page.row("Numbers, dates")[1:] == ["70.0 % 65.0 to 75.0"]
    assert page.row("Coverage")[1:] == ["0.50"]  # of the rows, as the totals lack it


def test_more_rows_than_the_baselines_were_scored_on(folder):
    baselines = FILES["baseline_results.json"] | {"rows": 5, "tuned": with_interval(50.0)}
    (folder / "baseline_results.json").write_text(json.dumps(baselines))
    page = page_of(folder)
    assert page.row("rougeL")[3:] == ["50.0 45.0 to 55.0", "59.4 54.4 to 64.4"]
    assert "tuned, all 8 rows" in page.said() and "5 rows, drawn with the seed, for all three" in page.said()


def test_marks_stand_at_the_right_words(folder):
    marked = page_of(folder).marks
    assert marked["row-1"] == [["missing", "12"], ["extra unsupported", "13"]]
    assert marked["row-2"] == []
    assert marked["row-3"] == []  # nothing to compare with
    # The first half of the output is the reference.
    assert marked["row-4"] == [["extra", "the lamp is late"]]
    assert marked["row-5"] == [["missing", "The"], ["extra", "My"], ["extra", "today"]]
    assert marked["row-6"] == [["missing", "says"], ["extra", "shows"]]
    assert marked["row-7"] == [["missing", "red"]]  # of the second reference, the closer one
    assert marked["row-8"] == [["missing", "很"], ["extra", "不"]]


def test_counts_of_what_went_wrong(folder):
    page = page_of(folder)
    assert "1 of 8 outputs (12.5 %) equal a reference to the letter" in page.said()
    assert page.row("say something unsupported")[1:] == ["1", "12.5 %", "", "1"]
    assert page.row("hit the limit")[1:] == ["1", "12.5 %", "", "4"]
    assert page.row("repeat themselves")[1:] == ["1", "12.5 %", "0", "4"]
    assert page.row("copy the source")[1:] == ["1", "12.5 %", "0", "5"]
    assert page.row("are empty")[1:] == ["1", "12.5 %", "0", "3"]
    assert "Unsupported in all outputs: 1 number." in page.said()


def test_an_answer_that_was_found_neither_repeats_nor_copies(folder):
    """Where nothing was decoded, as in classes, tags, spans and masks."""
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | {"decoding": {}}))
    page = page_of(folder)
    assert page.row("are empty")[1:] == ["1", "12.5 %", "0", "3"]
    assert not {"repeat themselves", "copy the source", "hit the limit"} & {row[0] for row in page.cells if row}
    assert "copy" not in page.said()


def test_groups_of_examples(folder):
    lines = predictions.read(folder / "predictions.jsonl", "rougeL")
    groups = predictions.choose(lines, "rougeL", seed=1)
    assert [line.number for line in groups["worst"]] == [3, 4, 6, 5]  # 0, 20, 50, 60: at most half of the rows
    assert [line.number for line in groups["best"]] == [2, 7, 8, 1]  # 100, 90, 80, 75
    assert groups["random"] == predictions.choose(lines, "rougeL", seed=1)["random"]
    assert len({tuple(line.number for line in predictions.choose(lines, None, n)["random"]) for n in range(9)}) > 5
    # Of an error rate, a high score is a bad one.
    assert [line.number for line in predictions.choose(lines, "ter", seed=1)["worst"]] == [2, 7, 8, 1]
    assert len(page_of(folder).marks) == 8  # every row once, though it is in several groups


def test_rows_read_used_and_left_out(folder):
    """110 read, 7 unusable, 10 set aside, 90 of the 93 others wanted."""
    page = page_of(folder)
    reasons = "7: column 'x' is <empty> (a.csv)10: set aside as the validation split3: beyond --max_train_samples 90"
    assert page.row("training")[:4] == ["training", "110", "90", reasons]
    assert page.row("validation") == ["validation", "–", "10", "none"]
    assert "10 rows were left out." in page.said()


def test_what_the_doctor_found(folder):
    """What passed is counted; what did not stands there as text, with where and what to do."""
    good = {"check": "control", "group": "rows", "level": "pass", "said": "", "examples": [], "remedy": ""}
    html = {"check": "html", "group": "rows", "level": "warn", "said": "3 of 9 rows hold <b>", "remedy": "clean <it>"}
    for found, said in (
        ([good, {**html, "examples": ["a.csv id 7 <i>", "b.csv id 8"]}], "2 checks of data, tokens and checkpoint"),
        ([good], "1 checks of data, tokens and checkpoint before the first step, and nothing wrong."),
    ):
        (folder / "run.json").write_text(json.dumps(RUN | {"doctor": found}))
        page = page_of(folder)
        assert said in page.said()
    (folder / "run.json").write_text(json.dumps(RUN | {"doctor": [good, {**html, "examples": ["a <i>", "b"]}]}))
    assert page_of(folder).row("warn") == ["warn", "rows: 3 of 9 rows hold <b>", "a <i>b", "clean <it>"]


def test_what_was_cut_and_lost(folder, drawn):
    page = page_of(folder)
    assert page.row("training, source")[1:] == ["4", "9", "30", "8", "1 (5.00 %)"]
    assert "line break in 12 texts" in page.said() and "less-than sign in 3 texts" in page.said()
    assert "Cut at max_source_length, 8 tokens: 1 (5.0 %) of the training sources." in page.said()
    assert "cut at 64 →" in page.text and "the last bar holds all from 8 to 30" in page.text


def test_it_says_what_it_cannot_see(folder):
    said = page_of(folder).said()
    assert "a lost “not”, swapped people and invented deeds" in said and "Invented names" not in said
    signatures = {"signatures": {"faithfulness": "surface|en,de|names:no|ngrams:words"}}
    (folder / "run.json").write_text(json.dumps(RUN | signatures))
    assert "Invented names" in page_of(folder).said()


def test_how_to_repeat_it(folder):
    said = page_of(folder).said()
    assert "python recipes/x.py \\ --train_file 'a b.csv'" in said
    assert "0123abcd, with changes that were not committed" in said
    assert "python 3.11.7, transformers 5.23.0" in said and "num_beams 4" in said and "eos_token_id" not in said
    assert "training 1 min 1 s" in said and "time in all 1 min 5 s" in said
    assert "Seed 7" in said and "learning_rate 0.001" in said
    record = RUN | {"world_size": 2}
    assert page.how_to_repeat(record)["command"].startswith("torchrun --nproc_per_node=2 recipes/x.py")


# ---------------------------------------------------------------- curves


def test_curves_end_with_training_and_mark_the_chosen_step(folder, monkeypatch):
    plotted = {}
    monkeypatch.setattr(pictures, "curves", lambda name, title, *rest: plotted.setdefault(name, rest) and "")
    page = page_of(folder)
    loss = {"training": [(10, 3.0), (30, 1.0)], "validation": [(10, 2.5), (20, 2.0), (30, 2.1)]}
    assert plotted["loss"] == (loss, 20)
    points = [(10, 40.0, 35.0, 45.0), (20, 62.125, 57.125, 67.125), (30, 60.0, 55.0, 65.0)]
    assert plotted["scores"] == ({"rougeL": points}, 20)
    assert "checkpoint that was kept: step 20, after 2 epochs, with rougeL 62.12." in page.said()


def test_the_evaluation_of_the_finished_model_is_no_point_of_the_curve(folder, monkeypatch):
    """It stands at the last step, but is of the chosen checkpoint."""
    plotted = {}
    monkeypatch.setattr(pictures, "curves", lambda name, title, *rest: plotted.setdefault(name, rest) and "")
    state = FILES["trainer_state.json"]
    history = [entry for entry in state["log_history"] if entry.get("eval_loss") != 2.1]
    (folder / "trainer_state.json").write_text(json.dumps(state | {"log_history": history}))
    page = page_of(folder)
    assert plotted["loss"][0]["validation"] == [(10, 2.5), (20, 2.0)]
    assert "The last checkpoint is the best one" in page.said()


def test_an_unfinished_run_shows_its_newest_checkpoint(folder):
    (folder / "trainer_state.json").unlink()
    for step, loss in ((5, 9.0), (10, 4.0)):
        (folder / f"checkpoint-{step}").mkdir()
        state = {"global_step": step, "log_history": [{"step": step, "loss": loss}]}
        (folder / f"checkpoint-{step}/trainer_state.json").write_text(json.dumps(state))
    assert page._state(folder)["global_step"] == 10
    assert "that of the last step, 10" in page_of(folder).said()


def test_a_picture_is_the_same_each_time_and_small(drawn):
    lines = {"training": [(step, 1 / step) for step in range(1, 100_000)]}
    first, again = (pictures.curves("a", "t", lines, chosen=5) for _ in range(2))
    assert first == again and len(first) < 30_000
    assert "<style" not in first and "font-family" not in first and "http" not in first
    assert "#0072b2" not in first and "var(--blue)" in first


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize("name", [*(name for name in FILES if name != "run.json"), "predictions.jsonl"])
def test_any_file_may_be_missing(folder, name):
    (folder / name).unlink()
    page_of(folder)


@pytest.mark.parametrize("key", RUN)
def test_any_key_may_be_missing_or_null(folder, key):
    for record in ({name: value for name, value in RUN.items() if name != key}, RUN | {key: None}):
        (folder / "run.json").write_text(json.dumps(record))
        page_of(folder)


def test_a_run_that_has_only_begun(tmp_path):
    (tmp_path / "run.json").write_text('{"status": "failed", "reason": "RuntimeError: <oops>"}')
    page = page_of(tmp_path)
    assert "✕ failed" in page.said() and "RuntimeError: <oops>" in page.said()
    assert "Scores" not in page.said() and "Examples" not in page.said() and not page.marks


def test_evaluation_alone(folder):
    for name in ("train_results.json", "predict_results.json", "baseline_results.json", "trainer_state.json"):
        (folder / name).unlink()
    page = page_of(folder)
    assert page.row("rougeL") == ["rougeL", "61.0 56.0 to 66.0"]
    assert "this model" in page.said() and "Validation split" in page.said() and "Training" not in page.said()


def test_rows_of_another_shape(folder):
    rows = ['{"id": 1}', "no json", "[1]", '{"source": null, "reference": [], "prediction": 3, "rougeL": null}']
    rows.append('{"prediction": "ab", "unsupported": [{"start": 1, "end": 9}, {"start": -1, "end": 1}, 5]}')
    (folder / "predictions.jsonl").write_text("\n".join(rows))
    page = page_of(folder)
    assert sorted(page.marks) == ["row-1", "row-4", "row-5"]
    assert page.marks["row-5"] == [["extra", "ab"]]


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(UserError, match="no run.json"):
        report.write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_it_is_written_in_one_step_and_can_be_written_again(folder, drawn):
    before = {path.name for path in folder.iterdir()}
    first = report.write_report(folder).read_bytes()
    assert report.write_report(str(folder)).read_bytes() == first
    assert {path.name for path in folder.iterdir()} == before | {"report.html"}


# ---------------------------------------------------------------- size


def test_20_000_rows_give_a_small_page(folder):
    """Forty endless ones among them, which are the best, the worst and those at the limit."""
    endless = ("x" * 100_000, "word & <tag> " * 8000, "'<&>' " * 16_000 + '"')
    rows = [("id" * 20_000, *endless, 200 * (n % 2) - 100, n, {"hit_limit": True}) for n in range(40)]
    rows += [(str(n), f"text {n} of some words", "a b c", f"a {n}", n % 101, n % 97, {}) for n in range(19_960)]
    write_rows(folder, rows)
    record = RUN | {"data": RUN["data"] | {"notes": ["n" * 1000] * 5000}, "lost": {chr(n): n for n in range(40, 3000)}}
    (folder / "run.json").write_text(json.dumps(record))
    page = page_of(folder)
    assert len(page.text.encode()) < 500_000 and len(page.marks) < 30
    assert "of 20,000 outputs" in page.said()


# ---------------------------------------------------------------- parts by hand


@pytest.mark.parametrize(
    ("reference", "output", "missing", "extra"),
    [
        ("Pay €3.50 today.", "Pay €3,50 today!", ["€3.50"], ["€3,50"]),
        ("Ann's order AB-12, please", "ann's ORDER AB-13 please", ["AB-12"], ["AB-13"]),
        ("one two three four", "one four", ["two three"], []),
        ("", "new words", [], ["new words"]),
        ("ok 🇩🇪 👍🏽", "ok 🇫🇷 👍🏽", ["🇩🇪"], ["🇫🇷"]),
        ("ไม่ดี", "ดี", ["ไม่"], []),
        ("الطقس جميل اليوم", "الطقس سيئ اليوم", ["جميل"], ["سيئ"]),
    ],
)
def test_differences(reference, output, missing, extra):
    lost, new = differences.differences(reference, output)
    assert [reference[a:b] for a, b in lost] == missing
    assert [output[a:b] for a, b in new] == extra


def test_marks_that_overlap_are_cut():
    spans = {"a": [(0, 5)], "b": [(3, 8), (20, 30)]}
    assert differences.cut("0123456789", spans) == [("012", ["a"]), ("34", ["a", "b"]), ("567", ["b"]), ("89", [])]
    assert differences.cut("", spans) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("the order is late and the order is late again", True),
        ("the order is late, and the order is lost", False),
        ("it is very very very late", True),
        ("it is very, very late", False),
        ("我们去公园吧，你们去公园吧", False),  # four characters twice mean nothing
        ("我们今天一起去公园我们今天一起去公园", True),
    ],
)
def test_repeats(text, expected):
    assert differences.repeats(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the lamp came late again", True),
        ("The lamp came late - again!", True),
        ("lamp came late again", False),  # four words
        ("he lamp came late again", False),  # not from the start of a word
        ("the lamp came again late", False),
        ("", False),
    ],
)
def test_copies(text, expected):
    assert differences.copies(text, "Hello. The lamp came late, again. Bye.") is expected


def line(length, score):
    return predictions.Line(1, 0, score, length, {}, False, [], [], [])


def test_quartiles_by_hand():
    lines = [line(length, 10.0 * length) for length in (8, 1, 2, 3, 4, 5, 6, 7)] + [line(99, None)]
    groups = predictions.by_quartile(lines, lambda each: each.length)
    assert [(g["low"], g["high"], g["count"], g["mean"]) for g in groups] == [
        (1, 2, 2, 15.0), (3, 4, 2, 35.0), (5, 6, 2, 55.0), (7, 8, 2, 75.0)
    ]  # fmt: skip
    assert all(10 * g["low"] <= g["ci_low"] <= g["mean"] <= g["ci_high"] <= 10 * g["high"] for g in groups)


def test_equal_values_stay_in_one_quartile():
    lines = [line(length, 1.0) for length in (5, 5, 5, 5, 5, 6, 7, 8)]
    groups = predictions.by_quartile(lines, lambda each: each.length)
    assert [(g["low"], g["high"], g["count"]) for g in groups] == [(5, 5, 5), (6, 6, 1), (7, 8, 2)]
    assert predictions.by_quartile([line(5, 1.0)] * 9, lambda each: each.length) == []
    assert predictions.by_quartile(lines[:7], lambda each: each.length) == []


def test_histogram_of_lengths_by_hand():
    """1 to 100 in bins of 5 from 0: four in the first, one in the last."""
    assert spread(np.arange(1, 101), 512)["histogram"] == {"width": 5, "counts": [4] + [5] * 19 + [1]}
    # One endless text: the bins go up to twice the 95th percentile, the last holds what is longer.
    lengths = np.array([3] * 99 + [10_000])
    assert spread(lengths, 512)["histogram"] == {"width": 1, "counts": [0, 0, 0, 99, 0, 0, 1]}
    assert spread(np.array([0, 0]), 5)["histogram"] == {"width": 1, "counts": [2]}


def test_the_tuned_model_must_be_on_the_better_side(folder):
    scores = page.view(folder)["scores"]
    assert list(page._no_better(scores)) == []
    scores.systems[scores.trivial] = with_interval(55.0)
    scores.systems["untuned"] = with_interval(61.0)
    assert list(page._no_better(scores)) == [
        "The tuned model is not clearly better than the lead <sentence>: the intervals of rougeL overlap.",
        "The tuned model scores worse than the untuned model: rougeL 59.4, not 61.0.",
    ]
    scores.main = "ter"  # of an error rate, less is better
    for label, value in (("tuned", 90.0), (scores.trivial, 100.0), ("untuned", 80.0)):
        scores.systems[label] = with_interval(value, "ter")
    assert [sentence.split(":")[0] for sentence in page._no_better(scores)] == [
        "The tuned model is not clearly better than the lead <sentence>",
        "The tuned model scores worse than the untuned model",
    ]


def test_scores_that_do_not_run_from_0_to_100_upwards(folder):
    values = {name: value for name in ("ter", "distinct_outputs") for name, value in with_interval(3.0, name).items()}
    predicted = {f"predict_{name}": value for name, value in values.items()}
    (folder / "predict_results.json").write_text(json.dumps(FILES["predict_results.json"] | predicted))
    page = page_of(folder)
    assert page.row("ter ↓")[-1] == "3.0 -2.0 to 8.0" and "↓ less is better" in page.said()
    assert "distinct_outputs how many of a row's outputs differ" in page.said()


def test_what_is_right_is_no_fault(folder):
    """An empty output where the reference is empty, and a copy where the reference copies; other variants are shown."""
    rows = [("a", "what now", "", "", 100, 0, {}), ("b", "what now", "", "x", 0, 0, {"variants": ["x", "y", "y"]})]
    rows.append(("c", "what now", "z", "", 0, 0, {}))
    write_rows(folder, rows)
    page = page_of(folder)
    assert page.row("are empty")[1:] == ["2", "66.7 %", "2", "3"]  # only the third is shown for it
    assert "are empty." not in page.said() and page.said().count("(empty)") == 4
    assert "1 more output for this source y" in page.said()


def test_the_script_rebuilds_the_page(folder, tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("report_script", ROOT / "scripts/report.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert running.command_line(lambda: script.main([str(folder), str(copy)])) == 0
    assert capsys.readouterr().out.split() == [str(folder / "report.html"), str(copy / "report.html")]
    assert running.command_line(lambda: script.main([str(tmp_path / "nothing")])) == 2
    assert "no run.json" in capsys.readouterr().err
    (copy / "run.json").write_text('{"seed": [], "command": 7, "world_size": "x", "data": {"rows": 1}}')
    assert running.command_line(lambda: script.main([str(copy)])) == 2
    assert "its files are not what a run wrote: " in capsys.readouterr().err


def test_what_a_changed_record_says_is_text_on_the_page(folder, tmp_path):
    """Nothing on it runs, either: the page says so to the browser."""
    copy, evil = shutil.copytree(folder, tmp_path / "copy"), '"><script>alert(1)</script>'
    record = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    record["settings"]["model_name_or_path"], record["recipe"]["name"], record["notes"] = evil, evil, [evil]
    (copy / "run.json").write_text(json.dumps(record))
    text = report.write_report(copy).read_text(encoding="utf-8")
    assert "<script" not in text and "alert(1)" in text
    assert "Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text


def test_the_name_of_a_picture_is_no_markup(drawn):
    name = 'length-"><script>'  # a side's, from a record that was changed
    assert "<script" not in pictures.draw(name, name, 1, lambda axes: axes.plot([0, 1], label=name))


ODD = ["\U0001f600 \U0001f469\u200d\U0001f467", "\ufdd0\uffff\ue000", 'a"b\\c\n```\n', "\ud83d"]


@pytest.mark.parametrize("text", ODD)
def test_the_cards_snippet_holds_any_text(done, tmp_path, text):
    copy = shutil.copytree(done.folder, tmp_path / "copy")
    record = json.loads((copy / "run.json").read_text(encoding="utf-8")) | {"source": text}
    (copy / "run.json").write_text(json.dumps(record))
    report.write_card(copy)
    snippet = (copy / "README.md").read_text(encoding="utf-8").split("```python\n")[1].split("\n```\n")[0]
    (texts,) = [line for line in snippet.split("\n") if line.startswith("texts = ")]
    assert ast.literal_eval(texts.removeprefix("texts = ")) == [text]
