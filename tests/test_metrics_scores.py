# SPDX-License-Identifier: Apache-2.0
"""Scores against the reference tools and values worked out by hand (traps 10, 11, 12, 23, 31 and 37)."""

import json
import os
import random
import re
import string
import subprocess
import sys
import tracemalloc
import types
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer

from recipes.metrics import scores, subsequences, words

ROOT = Path(__file__).parents[1]

SCRIPTS = {
    "hi": "यह एक परीक्षण वाक्य है। दूसरा वाक्य यहाँ है।",
    "zh": "今天天气很好。我们去公园吧！",
    "ja": "今日は天気がいいですね。ラーメンを食べましょう。",
    "th": "วันนี้อากาศดีมากและท้องฟ้าแจ่มใส",
    "ar": "الطقس جميل اليوم. كيف حالك؟",
    "ru": "Сегодня хорошая погода. Пойдём гулять!",
    "el": "Ο καιρός είναι καλός σήμερα.",
    "he": "מזג האוויר יפה היום.",
    "ko": "오늘 날씨가 좋습니다. 공원에 갑시다.",
    "ta": "இன்று வானிலை நன்றாக உள்ளது.",
    "am": "ዛሬ የአየር ሁኔታ ጥሩ ነው። ወደ ፓርክ እንሂድ።",
    "emoji": "😀 👍🏽 👨‍👩‍👧 🇩🇪 ❤️",
}


PIECES = "The the cat CAT sat on a mat. Dr. U.S.A. e.g. 3.50 1,200 x_y don't re-do O'Neil yes! no? ... 2nd K"


def random_text(generator):
    """English with everything that could upset a tokenizer or a sentence splitter."""
    words = PIECES.split()
    words += ["", " ", "\n", "\t", "“quoted”", "it’s", "—", "…", "©", "€5", "½", "x²", "!?!", "a/b", "#tag", "__", "'"]
    return generator.choice([" ", " ", "", "  ", "\n"]).join(generator.choices(words, k=generator.randint(0, 40)))


# --- ROUGE -----------------------------------------------------------------------------------------------------------


def test_rouge_equals_rouge_score_on_500_texts():
    """Trap 12: English scores keep rouge_score's digits, to the last bit."""
    from rouge_score.rouge_scorer import RougeScorer

    generator = random.Random(1)
    texts = [random_text(generator) for _ in range(500)]
    references = [random_text(generator) if i % 4 else text.upper() + " mat" for i, text in enumerate(texts)]
    expected = RougeScorer(["rouge1", "rouge2", "rougeL"])
    by_line = RougeScorer(["rougeLsum"])
    ours = scores._rouge_rows(texts, references)
    for i, (text, reference) in enumerate(zip(texts, references, strict=True)):
        lines = ["\n".join(words.split_sentences(each)) for each in (reference, text)]
        theirs = expected.score(reference, text) | by_line.score(*lines)
        assert {name: values[i] for name, values in ours.items()} == {k: 100 * v.fmeasure for k, v in theirs.items()}
    assert sum(value > 0 for value in ours["rouge2"]) > 200


def test_rouge_of_english_is_rouge_score_whatever_the_characters():
    """Trap 12: with language="en" also for accents, which rouge_score takes for spaces."""
    from rouge_score.rouge_scorer import RougeScorer

    prediction, reference = "A naïve café in Köln", "A naive cafe in Köln"
    theirs = RougeScorer(["rouge1"]).score(reference, prediction)["rouge1"].fmeasure
    assert scores._rouge_rows([prediction], [reference], "en")["rouge1"] == [100 * theirs]
    assert scores._rouge_rows([prediction], [reference])["rouge1"] == [pytest.approx(60.0)]  # a, in, köln of five
    assert theirs != pytest.approx(0.6)


def test_rouge_by_hand():
    per_row = scores._rouge_rows(["the cat"], ["the cat sat"])
    assert {name: round(values[0], 4) for name, values in per_row.items()} == {
        "rouge1": 80.0,  # precision 2/2, recall 2/3
        "rouge2": 66.6667,  # precision 1/1, recall 1/2
        "rougeL": 80.0,
        "rougeLsum": 80.0,
    }


@pytest.mark.parametrize("language", SCRIPTS)
def test_identical_strings_score_100(language):
    """Trap 12: rouge_score alone gives 0 outside of a-z."""
    text = SCRIPTS[language]
    assert {name: values[0] for name, values in scores._rouge_rows([text], [text]).items()} == dict.fromkeys(
        ["rouge1", "rouge2", "rougeL", "rougeLsum"], 100.0
    )
    other = next(other for other in SCRIPTS.values() if other != text)
    assert scores._rouge_rows([other], [text])["rouge1"] == [0.0]


def test_rouge_takes_the_best_reference_for_each_metric():
    """As rouge_score's score_multi: rouge1 from one reference, rouge2 from another."""
    references = ["c b a x", "a b y z w v"]
    many = scores._rouge_rows(["a b c"], [references])
    first, second = (scores._rouge_rows(["a b c"], [reference]) for reference in references)
    assert first["rouge1"] > second["rouge1"] and first["rouge2"] < second["rouge2"]
    assert many["rouge1"] == first["rouge1"] and many["rouge2"] == second["rouge2"]


def test_rougelsum_compares_sentences():
    """Trap 12: without sentences rougeLsum would equal rougeL."""
    prediction, reference = "Bo sleeps. Ann sings.", "Ann sings. Bo sleeps."
    per_row = scores._rouge_rows([prediction], [reference])
    assert per_row["rougeL"] == [50.0] and per_row["rougeLsum"] == [100.0]
    chinese = scores._rouge_rows(["他睡觉。她唱歌。"], ["她唱歌。他睡觉。"])
    assert chinese["rougeL"] == [50.0] and chinese["rougeLsum"] == [100.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't re-do X_1, 3.5%!", ["don", "t", "re", "do", "x", "1", "3", "5"]),
        ("Größe café", ["größe", "café"]),
        (unicodedata.normalize("NFD", "Größe café"), ["größe", "café"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("می‌روم خانه", ["می‌روم", "خانه"]),
        ("iPhone15发布了", ["iphone15", "发", "布", "了"]),
        ("ラーメン二〇個", ["ラ", "ー", "メ", "ン", "二", "〇", "個"]),
        ("วันดี", ["วั", "น", "ดี"]),
        ("ok 👍🏽👨‍👩‍👧🇩🇪❤️ © ™ →", ["ok", "👍🏽", "👨‍👩‍👧", "🇩🇪", "❤"]),
        ("", []),
        ("…?!", []),
    ],
)
def test_tokenize(text, expected):
    """Trap 12: words with their accents and marks, characters where no spaces are, emoji."""
    assert words.tokenize(text) == expected


# --- Sentences -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Mr. Smith met J. Doe. "Why?" he asked.', ["Mr. Smith met J. Doe.", '"Why?"', "he asked."]),
        ("It costs $3.50! Really?\nYes", ["It costs $3.50!", "Really?", "Yes"]),
        ("你好！“再见。”他说。", ["你好！", "“再见。”", "他说。"]),
        ("यह है। वह है।", ["यह है।", "वह है।"]),
        ("كيف حالك؟ بخير.", ["كيف حالك؟", "بخير."]),
        ("ጥሩ ነው። እንሂድ።", ["ጥሩ ነው።", "እንሂድ።"]),
        (" \n ", []),
        ("", []),
    ],
)
def test_split_sentences(text, expected, monkeypatch):
    """Trap 11: punkt without its data, nothing downloaded, and terminators of other scripts."""
    import nltk

    def refuse(*args, **settings):
        raise AssertionError("nltk data was asked for")

    monkeypatch.setattr(nltk.data, "find", refuse)
    monkeypatch.setattr(nltk.data, "load", refuse)
    monkeypatch.setattr(nltk, "download", refuse)
    words._sentence_splitter.cache_clear()
    assert words.split_sentences(text) == expected


def test_splitting_does_not_depend_on_the_clock(monkeypatch):
    """nltk abandons a search after five seconds, which a long text on a busy machine can take."""
    from nltk import redos

    monkeypatch.setattr(redos, "DEFAULT_TIMEOUT", 0.01)
    assert len(words.split_sentences("One more. " * 5000)) == 5000


# --- BLEU, chrF, TER -------------------------------------------------------------------------------------------------

PREDICTIONS = [
    "Two words",
    "The cat sat on the mat.",
    "There is a dog in the garden",
    "",
    "Guten Tag, Welt!",
    "今天天气 很好",
]
REFERENCES = [
    ["Two words"],
    ["The cat is on the mat."],
    ["A dog is in the garden.", "There is a dog in our garden"],
    ["x"],
]
REFERENCES += [["Guten Tag, Welt!"], ["今天天气很好"]]


def test_sacrebleu_equals_sacrebleu():
    """Corpus scores with an empty, a perfect, a non-Latin and a multi-reference row, as sacrebleu gives them."""
    import sacrebleu

    streams = [[refs[i] if i < len(refs) else None for refs in REFERENCES] for i in range(2)]
    result = scores.bleu(PREDICTIONS, REFERENCES)
    assert result.totals["bleu"] == round(sacrebleu.corpus_bleu(PREDICTIONS, streams).score, 4)
    assert result.totals["chrf"] == round(sacrebleu.corpus_chrf(PREDICTIONS, streams).score, 4)
    assert result.totals["ter"] == round(sacrebleu.corpus_ter(PREDICTIONS, streams).score, 4)
    for row, prediction, refs in zip(result.rows, PREDICTIONS, REFERENCES, strict=True):
        assert row["bleu"] == round(sacrebleu.sentence_bleu(prediction, refs).score, 4)
        assert row["chrf"] == round(sacrebleu.sentence_chrf(prediction, refs).score, 4)
        assert row["ter"] == round(sacrebleu.sentence_ter(prediction, refs).score, 4)
    assert (
        result.signatures["bleu"] == f"nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp|version:{sacrebleu.__version__}"
    )


def test_bleu_and_ter_by_hand():
    result = scores.bleu(["a b c d e"], ["a b c d f"])
    assert result.totals["bleu"] == pytest.approx(100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25, abs=1e-4)
    assert result.totals["ter"] == 20.0  # one edit for five words


@pytest.mark.parametrize(("space", "language"), [(" ", "en"), ("", "zh")], ids=["words", "characters"])
def test_ter_reads_the_first_200_words_of_a_long_text(space, language):
    """One of these differs, and all that follow: of 40,000 words TER would not come to an end."""
    same, other = ["天"] * 199 + ["水"], ["天"] * 199 + ["火"]
    told, wanted = space.join(same + ["一"] * 39_800), space.join(other + ["二"] * 39_800)
    result = scores.bleu([told, "a"], [wanted, "a"], language=language)
    assert [row["ter"] for row in result.rows] == [0.5, 0.0]
    assert result.signatures["ter"].endswith("|read:first 200")
    short = scores.bleu([space.join(same)], [space.join(other)], language=language)
    assert (short.totals["ter"], "read" in short.signatures["ter"]) == (0.5, False)


@pytest.mark.parametrize("language", [language for language in SCRIPTS if language != "emoji"])
def test_bleu_of_a_small_change_is_not_zero(language):
    """Trap 12: sacrebleu's default tokenizer takes a Chinese sentence for one word."""
    text = SCRIPTS[language]
    assert scores.bleu([text], [text], language).totals["bleu"] == pytest.approx(100)
    if language in ("zh", "ja", "th"):
        for named in (language, None):
            changed = scores.bleu([text[:-3]], [text], named)
            assert 50 < changed.totals["bleu"] < 100 and "tok:13a" not in changed.signatures["bleu"]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", "13a"),
        ("English", "13a"),
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("zho_Hans", "zh"),
        ("Chinese", "zh"),
        ("th", "char"),
        ("ja", "ja-mecab"),
        ("jpn_Jpan", "ja-mecab"),
        ("ko_KR", "ko-mecab"),
    ],
)
def test_bleu_tokenizer(language, expected):
    """Trap 12: the target language chooses the tokenizer; without MeCab, characters."""
    from sacrebleu.metrics import BLEU

    try:
        BLEU(tokenize=expected)
    except RuntimeError:
        expected = "char"
    assert scores.bleu_tokenizer(language) == expected


def test_copying_scores_badly_on_ibleu():
    """Trap 37: overlap with the reference alone would reward a model that copies its input."""
    sources = ["the small red lamp stands on the old table", "we ship every parcel within two working days"]
    references = ["a little red lamp is on the old table", "every parcel is shipped within two working days"]
    rewritten = ["the little red lamp is on the old table", "every parcel leaves within two working days"]
    copy = scores.ibleu(sources, references, sources).totals
    good = scores.ibleu(rewritten, references, sources).totals
    assert copy["copy_rate"] == 100.0 and copy["self_bleu"] == pytest.approx(100)
    assert copy["ibleu"] == pytest.approx(0.8 * copy["bleu"] - 20, abs=1e-3)
    assert good["copy_rate"] == 0.0 and good["ibleu"] > copy["ibleu"] + 20
    assert copy["ibleu_ci_low"] <= copy["ibleu"] <= copy["ibleu_ci_high"]


def test_ibleu_of_a_row():
    """A perfect paraphrase without a word of the source, 0.8 * 100; a copy that is right and still one, 80 - 20."""
    found = scores.ibleu(["red lamp", "blue mug"], ["red lamp", "blue mug"], ["light, crimson", "blue mug"])
    assert [row["ibleu"] for row in found.rows] == [80, 60]
    assert [row["copy_rate"] for row in found.rows] == [0, 100]


# --- Exact match and F1 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prediction", "references", "exact_match", "f1"),
    [
        ("The Cat!", ["cat"], 100, 100),
        ("black cat", ["the cat"], 0, 200 / 3),
        ("cat cat", ["cat"], 0, 200 / 3),  # a word counts as often as both have it
        ("dog", ["cat", "a dog."], 100, 100),
        ("in 1990", ["1990", "in the year 1990"], 0, 80),
        ("", ["cat"], 0, 0),
        ("", [], 100, 100),
        ("", [""], 100, 100),
        ("cat", [], 0, 0),
        ("the", [], 100, 100),
        ("An", ["a", "cat"], 0, 0),  # "a" normalises to nothing and is no answer beside a real one
        ("U.S.", ["us"], 100, 100),
        ("well-known", ["well known"], 0, 0),
        ("Straße  in\tKöln", ["straße in köln"], 100, 100),
        ("北京", ["北京"], 100, 100),
        ("北京市", ["北京"], 0, 80),  # two of three characters, two of two
        ("北京。", ["北京"], 100, 100),
        ("「東京タワー」", ["東京タワー"], 100, 100),
        ("一九四九年十月一日", ["一九四九年十月"], 0, 200 * 7 / 16),
        ("ประเทศไทย", ["ไทย"], 0, 50),  # nine characters and three, of which three are shared
        ("दिल्ली।", ["दिल्ली"], 100, 100),
        ("“Berlin”", ["Berlin"], 100, 100),
        ("¿Madrid?", ["madrid"], 100, 100),
        ("iPhone手机", ["iphone 手机"], 100, 100),
        (unicodedata.normalize("NFD", "Köln"), ["Köln"], 100, 100),
    ],
)
def test_squad(prediction, references, exact_match, f1):
    """Trap 31: the official SQuAD rules, with those of version 2 for questions without an answer."""
    assert scores._squad_rows([prediction], [references]) == {"exact_match": [exact_match], "f1": [pytest.approx(f1)]}


def official(text):
    """As https://github.com/rajpurkar/SQuAD-explorer's evaluate-v2.0.py normalises an answer."""
    text = "".join(character for character in text.lower() if character not in set(string.punctuation))
    return " ".join(re.sub(re.compile(r"\b(a|an|the)\b", re.UNICODE), " ", text).split())


def test_trap_31_ascii_is_normalised_as_by_the_official_script():
    chance = random.Random(3)
    pieces = ["the", "A", "an", "Ann", "theatre", "U.S.", "$5", "1,000", "it's", "well-known", "x", " ", "\t", "  "]
    for _ in range(2_000):
        text = "".join(chance.choice([*pieces, *string.printable]) for _ in range(chance.randint(0, 12)))
        assert scores.normalize_answer(text) == official(text)


# --- Long texts ------------------------------------------------------------------------------------------------------


def test_rouge_l_is_what_rouge_score_gives():
    """By bits instead of tables: the same lengths, the same words of a sentence."""
    by_table = RougeScorer(["rougeL", "rougeLsum"], tokenizer=types.SimpleNamespace(tokenize=str.split))
    chance = random.Random(1)
    for _ in range(500):
        letters = "abcdefgh"[: chance.randint(1, 8)]
        texts = [
            "\n".join(" ".join(chance.choices(letters, k=chance.randint(0, 12))) for _ in range(chance.randint(0, 4)))
            for _ in range(2)
        ]
        wanted = by_table.score(*texts)
        sentences = [[line.split() for line in text.split("\n") if line] for text in texts]
        assert subsequences.rouge_l(*map(str.split, texts)) == wanted["rougeL"].fmeasure
        assert subsequences.rouge_lsum(*sentences) == wanted["rougeLsum"].fmeasure


@pytest.mark.parametrize("text", ["1234567890" * 20_000, "。" * 200_000, "word " * 40_000, "北京" * 20_000])
@pytest.mark.parametrize("score", [scores.rouge, scores.squad])
def test_long_texts(score, text):
    """No time is measured: tables of both lengths, or searches that begin anew at each place, would not end here."""
    found = score([text], [text]).totals
    assert found.get("rougeL", found.get("f1")) == (0 if "。" in text and score is scores.rouge else 100)


# --- Intervals -------------------------------------------------------------------------------------------------------


def test_the_interval_covers_the_mean():
    """Of 1,500 intervals, each from 200 row scores with a known mean, 93 to 97 % hold it.

    Three kinds of row scores, 500 sets each, counted together: one kind alone would scatter by two points around 94.5.
    """
    generator = np.random.default_rng(7)
    clipped_mean = np.clip(generator.normal(80, 40, 4_000_000), 0, 100).mean()
    kinds = [
        (lambda: 100 * generator.beta(0.5, 1.5, 200), 25),  # most rows low, a few high
        (lambda: np.clip(generator.normal(80, 40, 200), 0, 100), clipped_mean),  # a third of the rows at 100
        (lambda: 100.0 * (generator.random(200) < 0.9), 90),  # exact match
    ]
    intervals = [(scores.bootstrap_interval(draw(), seed), mean) for draw, mean in kinds for seed in range(500)]
    covered = sum(low <= mean <= high for (low, high), mean in intervals)
    assert 0.93 <= covered / len(intervals) <= 0.97


def test_the_interval_by_hand_and_by_seed():
    values = [0.0] * 50 + [100.0] * 50  # the mean of 100 draws has a standard deviation of 5
    low, high = scores.bootstrap_interval(values, seed=1, samples=4000)
    assert low == pytest.approx(40, abs=1.5) and high == pytest.approx(60, abs=1.5)
    assert scores.bootstrap_interval(values, seed=1) == scores.bootstrap_interval(values, seed=1)
    assert scores.bootstrap_interval([70.0] * 9, seed=1) == (70.0, 70.0)
    assert scores.bootstrap_interval([], seed=1) == (0.0, 0.0)


def test_a_corpus_score_is_resampled_from_its_counts():
    """The interval of BLEU agrees with sacrebleu's own, and not with one around the mean of sentence scores."""
    from sacrebleu.metrics import BLEU

    generator = random.Random(3)
    lengths = [generator.choice([4, 20]) for _ in range(150)]
    references = [" ".join(generator.choices("abcdefghijkl", k=length)) for length in lengths]
    # Short rows are right, long ones full of errors: the mean of the rows is far from the score of the corpus.
    noisy = [
        " ".join(w if generator.random() < 1.03 - len(text) / 100 else "x" for w in text.split()) for text in references
    ]
    totals = scores.bleu(noisy, references).totals
    theirs = BLEU().corpus_score(noisy, [references], n_bootstrap=1000)
    assert (totals["bleu_ci_high"] - totals["bleu_ci_low"]) / 2 == pytest.approx(theirs._ci, rel=0.1)
    rows = [row["bleu"] for row in scores.bleu(noisy, references).rows]
    low, high = scores.bootstrap_interval(rows)
    assert not low <= totals["bleu"] <= high


def test_the_bootstrap_needs_little_memory():
    values = np.linspace(0, 100, 20_000)
    tracemalloc.start()
    scores.bootstrap_interval(values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6  # 1,000 samples of 20,000 indices at once would be 160 MB


# --- The shape of all ------------------------------------------------------------------------------------------------


def families(predictions, references):
    yield scores.rouge(predictions, references)
    yield scores.bleu(predictions, references)
    yield scores.squad(predictions, references)
    yield scores.ibleu(predictions, references, [refs[0] if refs else "" for refs in references])


def test_all_families_have_one_shape():
    """Trap 23: each metric that can be asked for is in METRICS, with its direction."""
    for result in families(["a b c d e", "x", ""], [["a b c d f"], ["x", "y"], []]):
        names = {name for name in result.totals if "_ci_" not in name}
        assert names <= set(scores.METRICS)
        assert set(result.totals) == {f"{name}{end}" for name in names for end in ("", "_ci_low", "_ci_high")}
        assert all(value == round(value, 4) for value in result.totals.values())
        assert len(result.rows) == 3 and all(set(row) <= names for row in result.rows)
        assert result.signatures and all("|" in signature for signature in result.signatures.values())
        json.dumps([result.totals, result.rows, result.signatures])
    lower_is_better = {name for name, greater in scores.METRICS.items() if not greater}
    assert lower_is_better == {"loss", "perplexity", "ter", "self_bleu", "copy_rate"}


def test_no_rows_are_no_error():
    for result in families([], []):
        assert result.rows == [] and set(result.totals.values()) == {0.0}


def test_totals_are_means_of_the_rows():
    result = scores.rouge(["a b", "a"], ["a b", "b"])
    assert result.totals["rouge1"] == 50.0 and [row["rouge1"] for row in result.rows] == [100.0, 0.0]


def test_unequal_lists_are_refused():
    with pytest.raises(ValueError, match="2 predictions but 1 rows of references"):
        scores.rouge(["a", "b"], ["a"])


def test_importing_scores_is_cheap():
    """Neither the library of metrics nor that of models is needed to score texts."""
    code = "import sys, recipes.metrics.scores; print([m for m in sys.argv[1:] if m in sys.modules])"
    heavy = ["evaluate", "datasets", "torch", "transformers"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- The modules for `evaluate` --------------------------------------------------------------------------------------

WITHOUT_NETWORK = """
import json, shutil, socket, sys
from pathlib import Path

def blocked(*args, **settings):
    raise OSError("no network")

socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = blocked
import evaluate

metrics, results = Path(sys.argv[1]), {}
rows = {"predictions": ["The cat", "b"], "references": [["the cat", "x"], ["c"]]}
for name in ("rouge", "sacrebleu", "squad"):
    results[name] = evaluate.load(str(metrics), name).compute(**rows)
    flat = {"predictions": ["The cat"], "references": ["the cat"]}
    results[name + "_flat"] = evaluate.load(str(metrics), name).compute(**flat)
chinese = {"predictions": ["今天天气很好"], "references": ["今天天气很好"]}
results["chinese"] = evaluate.load(str(metrics), "sacrebleu").compute(**chinese, language="zh")
shutil.copytree(metrics, "metrics")
changed = Path("metrics/scores.py").read_text(encoding="utf-8").replace("squad:v1.1", "squad:changed")
Path("metrics/scores.py").write_text(changed, encoding="utf-8")
results["changed"] = evaluate.load("./metrics", "squad").compute(**rows)
print(json.dumps(results))
"""


def test_evaluate_modules_work_without_network(tmp_path):
    """Trap 10: `evaluate.load(folder)` from any working directory, sockets blocked; its cache never serves old code."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home"), "NLTK_DATA": str(tmp_path)}
    command = [sys.executable, "-c", WITHOUT_NETWORK, str(ROOT / "recipes/metrics")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    rows = (["The cat", "b"], [["the cat", "x"], ["c"]])
    for name, score in [
        ("rouge", scores.rouge),
        ("sacrebleu", scores.bleu),
        ("squad", scores.squad),
    ]:
        expected = score(*rows)
        assert results[name] == expected.totals | {"signatures": expected.signatures}
        expected = score(["The cat"], ["the cat"])
        assert results[name + "_flat"] == expected.totals | {"signatures": expected.signatures}
    assert results["chinese"]["bleu"] == pytest.approx(100) and "tok:zh" in results["chinese"]["signatures"]["bleu"]
    assert results["changed"]["signatures"]["squad"].startswith("squad:changed")
