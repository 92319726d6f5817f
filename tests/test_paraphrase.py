# SPDX-License-Identifier: Apache-2.0
"""The paraphrase recipe through its real command: which pairs it learns from, how it draws and scores its variants."""

import csv
import math
import subprocess
import sys

import harness
import pytest
import sacrebleu
import torch
from harness import Predictor
from helpers import read_json, read_jsonl, run_recipe, write_jsonl
from transformers import AutoModelForSeq2SeqLM

from recipes import paraphrase_bart as recipe
from recipes.common.tasks import task_of_module
from recipes.files import Row
from recipes.metrics import scores
from scripts import compare_variants

RECIPE = "paraphrase_bart"
SETTINGS = task_of_module(recipe).settings

# ---------------------------------------------------------------- what a run leaves


def test_rows_have_their_variants(small, done):
    assert recipe.METRICS == ("ibleu", "bleu", "self_bleu", "copy_rate", "distinct_outputs")
    rows = read_jsonl(done.folder / "predictions.jsonl")
    for given, row in zip(small.rows["test"], rows, strict=True):
        assert row["source"] == f"paraphrase: {given['original']}" and row["reference"] == given["paraphrase"]
        assert len(row["variants"]) == 3 and row["variants"][0] == row["prediction"]
        assert {"ibleu", "copy_rate", "distinct_outputs"} < row.keys()


def test_trap_37_baseline_is_the_copy(done):
    """The copy has the text without the tag, so that it counts as one."""
    baselines = read_json(done.folder / "baseline_results.json")
    assert (baselines["trivial"]["copy_rate"], baselines["trivial"]["distinct_outputs"]) == (100, 1)
    assert baselines["trivial"]["self_bleu"] == pytest.approx(100)


def test_defaults_are_those_of_the_recipe(done):
    record = read_json(done.folder / "run.json")
    assert record["arguments"]["label_smoothing_factor"] == 0.1
    chosen = {"do_sample": True, "top_k": 50, "top_p": 0.9, "temperature": 0.9, "no_repeat_ngram_size": 3}
    assert record["decoding"].items() >= {**chosen, "num_return_sequences": 3}.items()
    assert read_json(done.folder / "generation_config.json").items() >= chosen.items()
    chosen = [harness.default(recipe, name) for name in ("model_name_or_path", "min_new_tokens", "max_target_length")]
    assert chosen == ["facebook/bart-base", 5, 128]


def test_trap_37_the_checkpoints_own_settings_are_named_and_not_taken(done):
    """The tiny BART asks for 23 tokens at least, beams and a length penalty; the run for at most 20, sampled."""
    record = read_json(done.folder / "run.json")
    ignored = {"min_length": 23, "num_beams": 4, "length_penalty": 2.0, "early_stopping": True}
    assert record["not_taken_over"] == ignored
    (line,) = [line for line in done.printed.splitlines() if line.startswith("decoding  not taken over: ")]
    assert set(line.partition(": ")[2].split(", ")) == {f"{name} {value}" for name, value in ignored.items()}
    assert not {"min_length", "length_penalty", "early_stopping"} & record["decoding"].keys()
    config = read_json(done.folder / "generation_config.json")
    assert (config.get("min_length"), config.get("num_beams")) == (None, 1)


def test_lengths_have_two_guardrails(run, tmp_path):
    """No end token before the 20th, where BART is made to end: all outputs have 20 tokens, special ones counted."""
    assert run(min_new_tokens=20, max_steps=1) == 0
    model = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "out")
    ids = model.generate(torch.tensor([[0, 9, 10, 2]]))
    ends = [row.tolist().index(2) for row in ids[:, 1:]]
    assert ids.shape[0] == 3 and ends == [19, 19, 19]


def test_without_the_tag(run, tmp_path):
    assert run(source_prefix="", max_steps=1, num_return_sequences=1) == 0
    rows = read_jsonl(tmp_path / "out/predictions.jsonl")
    assert not any("paraphrase" in row["source"] for row in rows) and "variants" not in rows[0]
    baselines = read_json(tmp_path / "out/baseline_results.json")
    assert (baselines["trivial"]["copy_rate"], baselines["tuned"]["distinct_outputs"]) == (100, 1)


def test_beams_instead_of_sampling(run, tmp_path):
    """What says how to draw is left out by itself."""
    assert run(do_sample=False, num_beams=3, num_return_sequences=2, max_steps=1) == 0
    config = read_json(tmp_path / "out/generation_config.json")
    assert config["num_beams"] == 3 and not {"temperature", "top_p"} & config.keys()


# ---------------------------------------------------------------- sampling can be repeated


def test_trap_5_another_seed_draws_otherwise(small, done):
    """Where that of the run gives the same draws in the same batches; see test_every_recipe.py."""
    own = [row["variants"] for row in read_jsonl(done.folder / "predictions.jsonl")]
    predictor = Predictor(done.folder)
    inputs = [{"id": row["id"], "original": row["original"]} for row in small.rows["test"]]
    assert [row["variants"] for row in predictor.predict(inputs)] == own
    predictor.record["seed"] += 1
    assert [row["variants"] for row in predictor.predict(inputs)] != own


# ---------------------------------------------------------------- scores


def test_trap_37_a_model_that_copies_scores_badly():
    """BLEU alone would choose the copy; iBLEU takes the paraphrase."""
    rows = [
        {"original": "the small red lamp stands on the old table today"},
        {"original": "we ship every parcel within two working days"},
    ]
    references = [
        ["the small red lamp is to be found on the old table"],
        ["every parcel leaves within two working days"],
    ]
    good = ["a little red lamp is to be found on the old table", "each parcel leaves in two working days"]
    copies = [row["original"] for row in rows]
    copied = harness.score(recipe, copies, references, rows, [[text] * 3 for text in copies])
    said = harness.score(recipe, good, references, rows, [[text] * 3 for text in good])
    assert copied.totals["copy_rate"] == 100 and said.totals["copy_rate"] == 0
    assert copied.totals["ibleu"] < said.totals["ibleu"] - 20
    assert all(one["ibleu"] < two["ibleu"] for one, two in zip(copied.rows, said.rows, strict=True))
    assert copied.totals["ibleu"] == pytest.approx(0.8 * copied.totals["bleu"] - 0.2 * 100, abs=1e-3)


def test_trap_37_distinct_outputs_by_hand():
    """Three, one and two different ones of three; case and punctuation make no difference: (3 + 1 + 2) / 3."""
    variants = [["a b", "a c", "b a"], ["a b", "A b.", "a, b"], ["", "a b", ""]]
    rows = [{"original": "x y"}] * 3
    found = harness.score(recipe, [texts[0] for texts in variants], [["a b"]] * 3, rows, variants)
    assert [row["distinct_outputs"] for row in found.rows] == [3, 1, 2]
    assert found.totals["distinct_outputs"] == 2
    assert found.signatures["distinct_outputs"] == "distinct:of 3"


def sacrebleu_says(folder, predictions, *streams):
    """What `sacrebleu` prints for BLEU on its command line, with four decimals."""
    for name, lines in {"hyp": predictions, **{f"ref{n}": lines for n, lines in enumerate(streams)}}.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    references = [str(folder / f"ref{n}") for n in range(len(streams))]
    command = [sys.executable, "-m", "sacrebleu", *references, "-i", str(folder / "hyp"), "-b", "-w", "4", "--force"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_ibleu_equals_sacrebleus_command_line(tmp_path):
    """An empty prediction, a perfect one, a copy, Cyrillic, figures and punctuation; two references each."""
    predictions = [
        "", "the blue mug costs 5.99 euros .", "Order 4821 - sent on 3 May.", "собака спит на старом диване",
        "a lamp that stands (firmly) on three legs",
    ]  # fmt: skip
    first = [
        "the mug is blue", "the blue mug costs 5.99 euros .", "On 3 May we sent order 4821.",
        "пёс спит на старом диване", "this lamp stands on three legs",
    ]  # fmt: skip
    second = [
        "a blue mug", "it costs 5.99 euros", "Order 4821 was sent on 3 May.", "на диване спит собака",
        "a lamp with three legs that stands firmly",
    ]  # fmt: skip
    sources = [
        "blue mug",
        "5.99 for the blue mug",
        "Order 4821 - sent on 3 May.",
        "на старом диване спит собака",
        "lamp",
    ]
    found = scores.ibleu(predictions, list(map(list, zip(first, second, strict=True))), sources).totals
    near = sacrebleu_says(tmp_path, predictions, first, second)
    far = sacrebleu_says(tmp_path, predictions, sources)
    assert (found["bleu"], found["self_bleu"]) == (near, far)
    assert found["ibleu"] == pytest.approx(0.8 * near - 0.2 * far, abs=1e-4)
    assert found["copy_rate"] == 20


def test_ibleu_of_text_without_spaces():
    predictions, references, sources = (
        ["猫坐在垫子上面", "我喜欢茶"],
        [["猫在垫子上面坐"], ["我爱喝茶"]],
        ["垫子上面坐着猫", "我喜欢茶"],
    )
    found = scores.ibleu(predictions, references, sources)
    near = sacrebleu.corpus_bleu(predictions, [[refs[0] for refs in references]], tokenize="char").score
    far = sacrebleu.corpus_bleu(predictions, [sources], tokenize="char").score
    assert found.totals["ibleu"] == pytest.approx(0.8 * near - 0.2 * far, abs=1e-3)
    assert "tok:char" in found.signatures["ibleu"]


# ---------------------------------------------------------------- pairs that teach to copy


@pytest.mark.parametrize(
    ("one", "two", "percent"),
    [
        ("a b c d", "a b c d", 100),
        ("A b, c d.", "a b c D", 100),
        ("a b c d", "a b x d", 75),  # 2 * 3 of 8
        ("a b c d", "d c b a", 25),
        ("a b", "c d", 0),
        ("a b c d", "", 0),
        ("猫坐垫", "猫坐椅", 200 / 3),
    ],
)
def test_overlap_by_hand(one, two, percent):
    assert recipe.overlap(one, two) == pytest.approx(percent)


def test_trap_37_copies_are_left_out_of_training_alone(done):
    """Pairs 3 and 11, the second with other case and punctuation; those of validation and test stay."""
    rows = read_json(done.folder / "run.json")["data"]["rows"]
    (group,) = rows["train"]["left_out"]
    assert (group["unit"], group["lines"]) == ("id", ["train-3", "train-11"])
    assert group["reason"] == "the texts share more than 90 % of their words"
    assert (rows["train"]["read"], rows["train"]["used"]) == (20, 18)
    assert [rows[split]["left_out"] for split in ("validation", "test")] == [[], []]
    assert "rows      train 18, validation 5, test 7" in done.printed
    assert "share more than 90 % of their words: 2 rows left out, id train-3, train-11" in done.printed


@pytest.mark.parametrize(("most", "used"), [(100, 20), (1, 0)])
def test_how_much_overlap_is_too_much(run, most, used, capsys):
    code = run(max_overlap=most, dry_run=True)
    said = capsys.readouterr()
    assert code == (0 if used else 2)
    assert (f"rows      train {used}" in said.out) if used else ("none of its 20 examples is left" in said.err)


# ---------------------------------------------------------------- labelled pair sets


def labelled(one, two, label, values, path):
    rows = [{one: f"Ann asks {n}", two: f"Bo wants mug {n}", label: value} for n, value in enumerate(values)]
    if path.suffix == ".csv":
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [one, two, label])
            writer.writeheader()
            writer.writerows(rows)
        return str(path)
    return write_jsonl(path, rows)


@pytest.mark.parametrize(
    ("columns", "values", "name"),
    [
        (("sentence1", "sentence2", "label"), [1, 0, 1, 1, 0], "mrpc.jsonl"),
        (("sentence1", "sentence2", "label"), ["1", "0", "1", "1", "0"], "paws.csv"),
        (("question1", "question2", "is_duplicate"), ["1", "0", "1", "1", "0"], "qqp.csv"),
        (("question1", "question2", "label"), [True, False, True, 1.0, "0"], "qqp.jsonl"),
        (("text1", "text2", "label"), [1, 0, 1, 1, 0], "setfit.jsonl"),
    ],
)
def test_labelled_pairs(columns, values, name, run, tmp_path, capsys):
    path = labelled(*columns, values, tmp_path / name)
    files = {"train_file": path, "validation_file": path, "test_file": None}
    assert run(**files, dry_run=True) == 0
    said = capsys.readouterr().out
    assert "rows      train 3, validation 3" in said
    assert f"column {columns[2]!r} is " in said and "not a paraphrase" in said
    assert "source    'paraphrase: Ann asks 0'" in said


def test_unlabelled_pairs_are_refused(run, refused, tmp_path, capsys):
    """Columns of a labelled set without their label: nobody can know that all are paraphrases."""
    rows = [{"sentence1": f"Ann asks {n}", "sentence2": f"Bo wants mug {n}"} for n in range(4)]
    path = write_jsonl(tmp_path / "pairs.jsonl", rows)
    files = {"train_file": path, "validation_file": path, "test_file": None}
    err = refused(**files)
    assert "pairs.jsonl line 1: no column 'label' or 'is_duplicate' says whether these are paraphrases" in err
    assert "--label_column" in err and "--original_column" in err
    named = {"original_column": "sentence1", "paraphrase_column": "sentence2"}
    assert run(**files, **named, dry_run=True) == 0
    assert "rows      train 4, validation 4" in capsys.readouterr().out


@pytest.mark.parametrize("value", [-1, None, "maybe", ""])
def test_labels_that_say_nothing(value, run, refused, tmp_path, capsys):
    """-1 is what GLUE gives for hidden labels."""
    path = labelled("sentence1", "sentence2", "label", [1, value, 1], tmp_path / "pairs.jsonl")
    files = {"train_file": path, "validation_file": path, "test_file": None}
    err = refused(**files)
    assert f"pairs.jsonl line 2: column 'label' is neither 1 nor 0 but {value!r}".replace("-1", "'-1'") in err
    assert run(**files, on_bad_row="skip", dry_run=True) == 0
    said = capsys.readouterr().out
    assert "rows      train 2, validation 2" in said and "column 'label' is neither 1 nor 0: 1 rows left out" in said


def test_a_label_of_ones_own(run, refused, tmp_path, capsys):
    """--label_column makes a labelled set of any columns; `label` beside original and paraphrase alone does not."""
    rows = [{"original": f"Ann {n}", "paraphrase": f"Bo mug {n}", "label": "kitchen", "same": n % 2} for n in range(6)]
    path = write_jsonl(tmp_path / "pairs.jsonl", rows)
    files = {"train_file": path, "validation_file": path, "test_file": None, "dry_run": True}
    assert run(**files) == 0
    assert "rows      train 6, validation 6" in capsys.readouterr().out
    assert run(**files, label_column="same") == 0
    assert "rows      train 3, validation 3" in capsys.readouterr().out
    err = refused(**files, label_column="smae")
    assert "no column 'smae' says whether these are paraphrases" in err


def test_a_text_to_say_anew_needs_no_label():
    row = Row({"sentence1": "Ann"}, "f", 1)
    assert recipe.reshape(row, SETTINGS(), new=True) == [row]
    assert recipe.reshape(row, SETTINGS())[0].broken


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"max_overlap": 0}, "--max_overlap 0: must be above 0, at most 100 percent"),
        ({"max_overlap": 120}, "--max_overlap 120: must be above 0"),
        ({"temperature": 0}, "--temperature 0.0: must be above 0"),
        ({"top_p": 90}, "--top_p 90.0: must be above 0, at most 1"),
        ({"top_k": -1}, "--top_k -1: must be at least 0"),
        ({"num_return_sequences": 0}, "--num_return_sequences 0: must be at least 1"),
        ({"min_new_tokens": 21}, "--min_new_tokens 21: must be at most --max_target_length 20"),
        ({"do_sample": False}, "num_return_sequences"),  # greedy: one text
        ({"metric_for_best_model": "rougeL"}, "this recipe computes loss, ibleu, bleu"),
    ],
)
def test_bad_settings(changed, said, refused):
    assert said in refused(**changed)


# ---------------------------------------------------------------- variants on people


def test_a_sheet_of_variants(done, tmp_path, capsys):
    """One row per wording, the original first; without the tag, and each wording once."""
    path = tmp_path / "variants.csv"
    compare_variants.main(["--run", str(done.folder), "--sheet", str(path)])
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    predictions = read_jsonl(done.folder / "predictions.jsonl")
    for row in predictions:
        mine = [line for line in lines if line["id"] == row["id"]]
        assert mine[0]["variant"] == "original" and f"paraphrase: {mine[0]['text']}" == row["source"]
        texts = [line["text"] for line in mine[1:]]
        assert texts == [text for text in dict.fromkeys(row["variants"]) if text and text != mine[0]["text"]]
        assert [line["variant"] for line in mine[1:]] == list("ABC")[: len(texts)]
    assert {(line["shown"], line["engaged"]) for line in lines} == {("", "")}
    assert run_compare(["--counts", str(path)], capsys) == (2, "nothing was shown yet")
    assert run_compare(["--run", str(done.folder), "--sheet", str(path)], capsys) == (2, "exists; name a new file")


def run_compare(argv, capsys):
    """(exit code, the end of the message up to a known remedy)."""
    code = run_recipe(argv, compare_variants.main)
    err = capsys.readouterr().err
    known = ("nothing was shown yet", "exists; name a new file", "engaged at most shown", "stands there twice")
    return code, next((part for part in known if part in err), err)


def test_engagement_by_hand():
    """Wilson's interval of 10 of 100; 50 and 70 of 100: z = 2.887, so p = 0.00389, twice that for two comparisons."""
    assert compare_variants.wilson(10, 100) == pytest.approx((0.0552, 0.1744), abs=1e-4)
    assert compare_variants.wilson(0, 5)[0] == 0 and compare_variants.wilson(5, 5)[1] == 1
    assert compare_variants.p_value((50, 100), (70, 100)) == pytest.approx(0.00389, abs=1e-5)
    assert compare_variants.p_value((0, 9), (0, 12)) == 1
    counts = {"7": {"original": (50, 100), "A": (70, 100), "B": (50, 100)}, "8": {"A": (1, 2)}}
    rows = compare_variants.compare(counts)
    assert [row[-1] for row in rows] == [None, pytest.approx(0.00778, abs=1e-4), 1, None]
    assert math.isclose(rows[1][-1], 2 * compare_variants.p_value((50, 100), (70, 100)))


def test_engagement_is_counted(tmp_path, capsys):
    path = tmp_path / "variants.csv"
    filled = "7,original,t,100,50\n7,A,t,100,70\n7,B,t,100,51\n7,C,t,,\n8,original,t,0,0\n"
    path.write_text(f"id,variant,text,shown,engaged\n{filled}", encoding="utf-8")
    assert run_recipe(["--counts", str(path)], compare_variants.main) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["7", "original"], ["7", "A"], ["7", "B"]]
    assert "70.0 % (60.4 to 78.1)" in lines[2] and lines[2].endswith("p 0.008  better than the original")
    assert lines[3].endswith("not told apart")
    for fault, said in [("7,D,t,5,6\n", "engaged at most shown"), ("7,A,t,5,1\n", "stands there twice")]:
        path.write_text(f"id,variant,text,shown,engaged\n{filled}{fault}", encoding="utf-8")
        assert run_compare(["--counts", str(path)], capsys) == (2, said)
