# SPDX-License-Identifier: Apache-2.0
"""recipes/lab: is one run better than another, or is it chance?"""

import json
import re
import shutil

import numpy as np
import pytest
from harness import NEIGHBOURS
from helpers import read_json, read_jsonl, run_recipe, write_jsonl
from sacrebleu.metrics import BLEU, TER
from scipy import stats

from recipes.common import UserError
from recipes.lab import finished, significance
from recipes.lab.compare import compare
from recipes.lab.finished import Finished
from scripts import compare as script

RECIPE = "summarize_t5"


def scores(generator, rows, better_by):
    """Two systems' scores of the same rows: half of the outputs are equal, and the second is better by `better_by`."""
    one = generator.normal(70, 20, rows).clip(0, 100)
    change = generator.normal(2 * better_by, 15, rows) * (generator.random(rows) < 0.5)
    return one, one + change


def share_found(better_by, pairs, rows=200, seed=0):
    generator = np.random.default_rng(seed)
    found = [significance.of_rows(*scores(generator, rows, better_by), samples=999).found for _ in range(pairs)]
    return 100 * sum(found) / pairs


def test_a_clear_difference_and_none():
    one = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0]
    found = significance.of_rows(one, [value + 5 for value in one])
    # All signs must agree: 2 of the 256 ways to exchange the rows are as extreme.
    assert found.value == 5 and found.p == pytest.approx(2 / 256) and (found.low, found.high) == (5, 5)
    assert significance.of_rows(one, one) == significance.Difference(0.0, 1.0, 0.0, 0.0)
    swapped = significance.of_rows([value + 5 for value in one], one)
    assert swapped.value == -5 and swapped.p == found.p


def test_as_a_paired_t_test_says_of_many_rows():
    generator = np.random.default_rng(3)
    one, two = scores(generator, 400, 1.0)
    found = significance.of_rows(one, two)
    assert found.p == pytest.approx(stats.ttest_rel(one, two).pvalue, abs=0.02)
    assert found.low < found.value < found.high


def test_equal_systems_are_seldom_told_apart_and_different_ones_often():
    """The quick form of the slow test below."""
    assert share_found(0, 60) <= 15
    assert share_found(2, 40) >= 55


@pytest.mark.slow
def test_false_alarms_and_power():
    """5 % by intent: of 500 pairs of equal systems 3 to 7 % are called different. Of 500 that differ by 2, most are."""
    alarms, power = share_found(0, 500), share_found(2, 500)
    print(f"false alarms {alarms} %, power at 2 points on 200 rows {power} %")
    assert 3 <= alarms <= 7
    assert power >= 65


def test_corpus_scores_are_sacrebleus():
    references = [["the cat sat on the mat"], ["a dog ran home", "a dog went home"]] * 10
    one = ["the cat sat on a mat", "a dog ran home"] * 10
    two = ["cat mat", "dog"] * 10
    streams = [[several[0] for several in references], [several[-1] for several in references]]
    found = significance.of_corpus("bleu", one, two, references)
    wanted = BLEU().corpus_score(two, streams).score - BLEU().corpus_score(one, streams).score
    assert found.value == pytest.approx(wanted) and found.p < 0.01
    assert significance.of_corpus("ter", one, one, references).p == 1
    # One row of twenty differs: exchanging it or not are all the ways there are, and half of them.
    assert significance.of_corpus("bleu", one, [*one[:-1], "a dog"], references).p > 0.9
    ter = TER().corpus_score(two, streams).score - TER().corpus_score(one, streams).score
    assert significance.of_corpus("ter", one, two, references).value == pytest.approx(ter)


# ---------------------------------------------------------------- runs


@pytest.fixture
def pair(done, tmp_path):
    """A copy of a finished run, and another whose every second output is the reference."""
    one, two = (shutil.copytree(done.folder, tmp_path / name) for name in ("one", "two"))
    rows = read_jsonl(two / "eval_predictions.jsonl")
    for row in rows[::2]:
        row |= {"prediction": row["reference"], "rouge1": 100.0, "rouge2": 100.0, "rougeL": 100.0, "rougeLsum": 100.0}
    write_jsonl(two / "eval_predictions.jsonl", rows)
    record = read_json(two / "run.json")
    record["settings"]["num_beams"] = 9
    (two / "run.json").write_text(json.dumps(record))
    return one, two


def test_two_runs(pair, capsys):
    """A table, what differs, and one sentence that says what to do; the page has the words that changed."""
    assert run_recipe([str(folder) for folder in pair], script.main) == 0
    said = capsys.readouterr().out
    assert said.startswith("validation, 6 rows")
    assert re.search(r"^num_beams\s+\d+\s+9$", said, re.M)
    assert "B wins 3 rows, A 0, 3 ties by rougeL" in said
    assert said.splitlines()[-1].startswith("Nothing tells two from one by rougeL")  # of six rows
    page = (pair[1] / "comparison.html").read_text(encoding="utf-8")
    assert 'mark class="extra"' in page and "The 10 rows that changed most" in page
    assert page.index("validation-") < page.index("</article>")


def test_the_same_run_twice_claims_nothing(pair, tmp_path):
    said = compare([pair[0], pair[0]], "validation", None, tmp_path / "page.html")
    assert "B wins 0 rows, A 0, 6 ties" in said and said.splitlines()[-1].startswith("Nothing tells")


def test_several_runs_against_the_best(pair, tmp_path, monkeypatch):
    lines = compare([*pair, pair[0]], "validation", "rouge1", tmp_path / "page.html").splitlines()
    assert lines[1].startswith("* ") and "not told apart" in lines[2]
    assert lines[-1].startswith("Nothing tells") and "the fastest of them" in lines[-1]
    far = finished.Difference(-20.0, 0.001, -30.0, -10.0)
    monkeypatch.setattr(finished.Finished, "difference", lambda *_: far)
    said = compare([*pair, pair[0]], "validation", "rouge1", tmp_path / "page.html").splitlines()[-1]
    assert re.fullmatch(r"Take \S+: the best by rouge1, and chance does not explain it\.", said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[:-1], "only runs on the same rows can be compared"),
        (lambda rows: [{**row, "reference": "another"} for row in rows], "were scored on different validation rows: 6"),
    ],
)
def test_runs_on_other_rows_are_refused(pair, change, said, tmp_path):
    path = pair[1] / "eval_predictions.jsonl"
    write_jsonl(path, change(read_jsonl(path)))
    with pytest.raises(UserError, match=said):
        compare(pair, "validation", None, tmp_path / "page.html")


def test_a_metric_that_there_is_not(pair, tmp_path):
    with pytest.raises(UserError, match="--metric rogue1: these runs have rouge1, .*did you mean 'rouge1'"):
        compare(pair, "validation", "rogue1", tmp_path / "page.html")


def test_a_run_that_was_not_scored(pair, tmp_path, capsys):
    (pair[1] / "eval_predictions.jsonl").unlink()
    with pytest.raises(UserError, match="was not scored on its validation split"):
        compare(pair, "validation", None, tmp_path / "page.html")
    assert "test, 13 rows" in compare(pair, "test", None, tmp_path / "page.html")
    path = pair[1] / "predictions.jsonl"
    path.write_text(path.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    with pytest.raises(UserError, match="predictions.jsonl: is not whole"):
        compare(pair, "test", None, tmp_path / "page.html")
    assert run_recipe([str(pair[0])], script.main) == 2
    assert "name two runs or more" in capsys.readouterr().err


# ---------------------------------------------------------------- scores that are counted over all rows


def run_of(metrics, rows):
    """A finished run, as far as differences are made of it."""
    one = object.__new__(Finished)
    one.record, one.rows, one.scores = {"metrics": metrics, "settings": {}}, rows, dict.fromkeys(metrics, 0.0)
    return one


def test_entities_are_counted_over_all_rows():
    """By hand: A finds one of four, F1 2 / (1 + 4) = 40, B all; the mean of the two rows' F1 would be 50 and 100."""
    wanted, runs = ["B-x B-x B-x", "B-x"], []
    for made in (["O O O", "B-x"], wanted):
        pairs = zip(made, wanted, strict=True)
        rows = [{"prediction": text, "reference": right, "f1": 100.0 * (text == right)} for text, right in pairs]
        runs.append(run_of(["f1", "precision", "recall"], rows))
    assert runs[0].difference(runs[1], "f1").value == pytest.approx(60)
    assert runs[0].difference(runs[1], "recall").value == pytest.approx(75)


def test_perplexity_is_counted_over_all_tokens():
    """By hand: 9 tokens of perplexity 2 and one of 1024 = 2^10: 2^(19/10); all of 2 is 2. Right are 3 of 10, then 5."""
    rows = [
        [{"perplexity": 2.0, "tokens": 9, "right": 3}, {"perplexity": 1024.0, "tokens": 1, "right": 0}],
        [{"perplexity": 2.0, "tokens": 9, "right": 4}, {"perplexity": 2.0, "tokens": 1, "right": 1}],
    ]
    one, two = (run_of(["perplexity", "accuracy"], each) for each in rows)
    assert one.difference(two, "perplexity").value == pytest.approx(2 - 2**1.9)
    assert one.difference(two, "accuracy").value == pytest.approx(20)


@pytest.mark.parametrize("small", NEIGHBOURS, indirect=True)
def test_runs_of_each_neighbour_are_compared(small, tmp_path):
    """Every score of every recipe, whether rows have it or not; B - A is what the two scores differ by."""
    assert small.run(output_dir=tmp_path / "other", seed=7) == 0
    folders = [small.done.folder, tmp_path / "other"]
    for metric in small.metrics:
        said = compare(folders, "test", metric, tmp_path / "page.html")
        assert said.splitlines()[-1].startswith(("Take ", "Nothing tells "))
        one, two = (Finished(folder, "test") for folder in folders)
        wanted = two.scores[metric] - one.scores[metric]
        assert one.difference(two, metric).value == pytest.approx(wanted, rel=1e-3, abs=1e-3)
