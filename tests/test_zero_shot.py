# SPDX-License-Identifier: Apache-2.0
"""Labels without training: by entailment and by prompting, scored so that a trained classifier is compared with it."""

import pytest
import torch
from conftest import make_model, make_plain, make_tokenizer
from helpers import as_flags, read_json, read_jsonl, run_recipe
from transformers import BertForSequenceClassification

import scripts.zero_shot as zero_shot
from recipes.lab.compare import compare
from recipes.lab.finished import Finished
from recipes.neighbours import untrained

WORDS = {"bug": "broken", "praise": "thanks", "wish": "please"}
SAID = "bug: broken; praise: thanks; wish: please"


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """A folder with a random model of entailment."""
    return entailing(tmp_path_factory.mktemp("nli"), "entailment")


def entailing(folder, name):
    tokenizer, model = make_plain("bert")
    config = model.config
    config.id2label, config.label2id = {0: "neutral", 1: name}, {"neutral": 0, name: 1}
    torch.manual_seed(0)
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def classified(smalls):
    """A finished run of the classifier, on whose rows zero-shot labels are scored, too."""
    return smalls("neighbours.classify_distilbert")


def flags_of(classified, **changed):
    files = {f"{split}_file": classified.folder / f"{split}.jsonl" for split in classified.rows}
    return as_flags(**{**files, "bf16": False, "disable_tqdm": True, **changed})


def test_entailment_is_what_the_model_says_of_each_pair(judge):
    """The softmax over labels of the logits of entailment, each pair asked alone."""
    model, tokenizer = BertForSequenceClassification.from_pretrained(judge).eval(), make_plain("bert")[0]
    texts = ["Ann wants a lamp", "thanks"]
    found = untrained.by_entailment(model, tokenizer, texts, WORDS, "It is about {}.", several=False)
    for text, chances in zip(texts, found, strict=True):
        pairs = [tokenizer(text, f"It is about {word}.", return_tensors="pt") for word in WORDS.values()]
        with torch.no_grad():
            logits = torch.tensor([model(**pair).logits[0, 1] for pair in pairs])
        wanted = dict(zip(WORDS, logits.softmax(0).tolist(), strict=True))
        assert chances == pytest.approx(wanted, abs=1e-6)


def test_a_prompt_is_answered_with_the_likeliest_label():
    """The mean log-probability of a label's tokens, each label asked alone, without padding."""
    tokenizer = make_tokenizer()
    model = make_model("t5", tokenizer).eval()
    labels, examples = ["late", "broken lamp"], [("Ann waits", "late")]
    found = untrained.by_prompt(model, tokenizer, ["the lamp"], labels, examples, limit=512)
    asked = tokenizer(untrained.prompt("the lamp", labels, examples), return_tensors="pt")
    means = []
    for label in labels:
        ids = tokenizer(text_target=label, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            means.append(-model(**asked, labels=ids).loss.item())
    assert found[0] == pytest.approx(dict(zip(labels, torch.tensor(means).softmax(0).tolist(), strict=True)), abs=1e-5)


def test_a_long_prompt_loses_its_examples_and_keeps_its_question():
    tokenizer = make_tokenizer()
    model = make_model("t5", tokenizer).eval()
    labels = ["late", "broken"]
    alone = len(tokenizer(untrained.prompt("the lamp", labels, []))["input_ids"])
    few = [("Ann waits", "late"), ("the mug", "broken")]
    shown = [untrained.by_prompt(model, tokenizer, ["the lamp"], labels, one, alone) for one in (few, [])]
    assert shown[0] == shown[1]
    assert untrained.by_prompt(model, tokenizer, ["the lamp"], labels, few, 512) != shown[1]


def test_examples_are_of_all_labels_and_drawn_by_the_seed():
    rows = [(f"text {number}", label) for number in range(10) for label in ("a", "b", "c")]
    chosen = untrained.examples_of(rows, ["a", "b", "c"], 6, seed=1)
    assert sorted(label for _, label in chosen) == ["a", "a", "b", "b", "c", "c"]
    assert len(set(chosen)) == 6
    assert chosen == untrained.examples_of(rows, ["a", "b", "c"], 6, seed=1)
    assert chosen != untrained.examples_of(rows, ["a", "b", "c"], 6, seed=2)
    assert untrained.examples_of(rows, ["a", "b", "c"], 0, seed=1) == []


def test_it_is_scored_like_a_run_and_compared_with_the_classifier(judge, classified, tmp_path, capsys):
    flags = flags_of(classified, model_name_or_path=judge, label_words=SAID, output_dir=tmp_path / "zero")
    assert run_recipe(flags, zero_shot.main) == 0, capsys.readouterr().err
    printed = capsys.readouterr().out
    assert "zero-shot, test" in printed
    rows = read_jsonl(tmp_path / "zero" / "predictions.jsonl")
    assert [row["id"] for row in rows] == [row["id"] for row in classified.rows["test"]]
    right = sum(row["prediction"] == row["reference"] for row in rows)
    scores = read_json(tmp_path / "zero" / "predict_results.json")
    assert scores["predict_accuracy"] == pytest.approx(100 * right / len(rows))
    assert scores["predict_accuracy_ci_low"] <= scores["predict_accuracy"] <= scores["predict_accuracy_ci_high"]
    said = compare([tmp_path / "zero", classified.done.folder], "test", None, tmp_path / "page.html")
    assert said.splitlines()[-1].startswith(("Take ", "Nothing tells "))
    two = [Finished(folder, "test") for folder in (tmp_path / "zero", classified.done.folder)]
    for metric in ("accuracy", "f1_macro"):  # the second is no mean of rows
        wanted = two[1].scores[metric] - two[0].scores[metric]
        assert two[0].difference(two[1], metric).value == pytest.approx(wanted, abs=1e-3)
    assert run_recipe(flags, zero_shot.main) == 0  # it is done, and says the same
    assert capsys.readouterr().out.split("\n\n")[-1] == printed.split("\n\n")[-1]


def test_prompts_with_examples_are_scored_like_a_run(classified, checkpoint, tmp_path, capsys):
    flags = flags_of(classified, model_name_or_path=checkpoint, shots=3, output_dir=tmp_path / "prompted")
    assert run_recipe(flags, zero_shot.main) == 0, capsys.readouterr().err
    rows = read_jsonl(tmp_path / "prompted" / "eval_predictions.jsonl")
    assert [row["id"] for row in rows] == [row["id"] for row in classified.rows["validation"]]
    assert {row["prediction"] for row in rows} <= set(WORDS)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"label_words": "bug broken"}, "--label_words 'bug broken': write"),
        ({"label_words": "bog: broken"}, "no row has the label 'bog'"),
        ({"label_words": "bug: it; wish: it"}, "each with words of its own"),
        ({"hypothesis": "It is so."}, "--hypothesis: needs {}"),
        ({"shots": -1}, "--shots -1: must be at least 0"),
        ({"shots": 2}, "judges entailment and takes no examples"),
        ({"shots": 2, "train_file": None}, "examples are training rows"),
    ],
)
def test_bad_input(judge, classified, tmp_path, capsys, changed, said):
    flags = flags_of(classified, **{"model_name_or_path": judge, "output_dir": tmp_path / "out", **changed})
    assert run_recipe(flags, zero_shot.main) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("error: ") == 1
    assert not (tmp_path / "out").exists()


def test_a_model_that_judges_nothing_is_refused(classified, tmp_path, capsys):
    other = entailing(tmp_path / "other", "positive")
    assert run_recipe(flags_of(classified, model_name_or_path=other, output_dir=tmp_path / "out"), zero_shot.main) == 2
    assert "none of its labels is entailment" in capsys.readouterr().err
    masked = classified.model
    assert run_recipe(flags_of(classified, model_name_or_path=masked, output_dir=tmp_path / "out"), zero_shot.main) == 2
    assert "neither judges entailment nor writes" in capsys.readouterr().err
