# SPDX-License-Identifier: Apache-2.0
"""Scores of texts against references, from 0 to 100, each with its 95 % bootstrap interval. Nothing is downloaded.

    found = rouge(predictions, references)      # a reference is one string per row, or a list of them
    found.totals      {"rouge1": 41.2, "rouge1_ci_low": 39.9, "rouge1_ci_high": 42.6, ...}
    found.rows        [{"rouge1": 50.0, ...}, ...], in the order of the predictions
    found.signatures  {"rouge": "rouge_score:0.1.2|tok:..."}, to be quoted with the score

`bleu`, `ibleu` and `squad` have the same shape; `rouge(...) | average(...)` is both in one. `evaluate` runs a copy of
this file, words.py and subsequences.py (see metrics.py), so they import nothing else of the repository.
"""

import functools
import re
import string
import types
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
import regex
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import DefaultTokenizer
from sacrebleu.metrics import BLEU, CHRF, TER

from .subsequences import rouge_l, rouge_lsum
from .words import is_spaceless, space_out, split_sentences, tokenize

# Is a greater value the better one? A library that has to guess takes TER for "greater is better".
METRICS = {
    **dict.fromkeys(["rouge1", "rouge2", "rougeL", "rougeLsum", "bleu", "chrf", "ibleu", "exact_match", "f1"], True),
    **dict.fromkeys(["distinct_outputs", "accuracy", "f1_macro", "f1_micro", "precision", "recall"], True),
    **dict.fromkeys(["loss", "ter", "self_bleu", "copy_rate", "perplexity"], False),
}


@dataclass
class Scores:
    """What one family of metrics says about a list of texts.

    Args:
        totals: metric -> score of all rows, with `<metric>_ci_low` and `<metric>_ci_high`; 0.0 where there is no row.
        rows: one dictionary per prediction, metric -> score of that row.
        signatures: metric or family -> versions and settings that the score depends on.
    """

    totals: dict[str, float] = field(default_factory=dict)
    rows: list[dict] = field(default_factory=list)
    signatures: dict[str, str] = field(default_factory=dict)

    def __or__(self, other: "Scores") -> "Scores":
        """Both families of metrics for the same predictions."""
        rows = [one | two for one, two in zip(self.rows, other.rows, strict=True)]
        return Scores(self.totals | other.totals, rows, self.signatures | other.signatures)


def _aligned(predictions, references):
    """Lists of equal length, each row with at least one reference: no reference at all means an empty one."""
    predictions, references = list(predictions), list(references)
    if len(predictions) != len(references):
        raise ValueError(f"{len(predictions)} predictions but {len(references)} rows of references")
    return predictions, [[refs] if isinstance(refs, str) else list(refs) or [""] for refs in references]


# --- Bootstrap -------------------------------------------------------------------------------------------------------


def _resampled_sums(statistics, seed, samples):
    """Column sums of `samples` random draws of all rows, with replacement: shape (samples, columns)."""
    statistics = np.asarray(statistics, dtype=np.float64)
    rows, columns = statistics.shape
    generator = np.random.default_rng(seed)
    sums = np.empty((samples, columns))
    step = max(1, 500_000 // rows)  # some 16 MB at a time, however many rows
    for start in range(0, samples, step):
        size = min(step, samples - start)
        drawn = generator.integers(rows, size=(size, rows)) + np.arange(size)[:, None] * rows
        counts = np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows)
        sums[start : start + size] = counts @ statistics
    return sums


def summarize(
    statistics: Sequence[Sequence[float]],
    scores: Mapping[str, Any],
    seed: int = 42,
    samples: int = 1000,
) -> dict[str, float]:
    """Totals with their 95 % percentile intervals, which resample rows and score each resample as a whole.

    Args:
        statistics: what each row contributes to the scores, shape (rows, columns): for a mean the row's score, for BLEU
            its n-gram counts and lengths, because a corpus score is no mean of row scores.
        scores: metric -> function from the sum of these over the rows (a list of numbers) to the score.
    """
    if not len(statistics):
        return {f"{name}{suffix}": 0.0 for name in scores for suffix in ("", "_ci_low", "_ci_high")}
    sums = [sum(column) for column in zip(*statistics, strict=True)]
    resampled = _resampled_sums(statistics, seed, samples).tolist()
    totals = {}
    for name, score in scores.items():
        low, high = np.percentile([score(each) for each in resampled], [2.5, 97.5])
        values = {name: score(sums), f"{name}_ci_low": low, f"{name}_ci_high": high}
        totals |= {key: round(float(value), 4) for key, value in values.items()}
    return totals


def bootstrap_interval(values: Sequence[float], seed: int = 42, samples: int = 1000) -> tuple[float, float]:
    """The 95 % percentile interval (low, high) of the mean of per-row values."""
    totals = summarize(
        [[value] for value in values], {"mean": functools.partial(_mean, column=0, rows=len(values))}, seed, samples
    )
    return totals["mean_ci_low"], totals["mean_ci_high"]


def _as_rows(per_row):
    """{"a": [1, 2], "b": [3, 4]} -> [{"a": 1, "b": 3}, {"a": 2, "b": 4}]"""
    return [
        {name: round(float(value), 4) for name, value in zip(per_row, row, strict=True)}
        for row in zip(*per_row.values(), strict=True)
    ]


def _mean(sums: Sequence[float], column: int, rows: int) -> float:
    return sums[column] / rows


def average(
    per_row: dict[str, Sequence[float]], signatures: dict[str, str] | None = None, seed: int = 42, samples: int = 1000
) -> Scores:
    """Scores whose totals are the means of `per_row`: metric -> one value per row."""
    statistics = list(zip(*per_row.values(), strict=True))
    means = {name: functools.partial(_mean, column=n, rows=len(statistics)) for n, name in enumerate(per_row)}
    return Scores(summarize(statistics, means, seed, samples), _as_rows(per_row), signatures or {})


# --- ROUGE -----------------------------------------------------------------------------------------------------------


def _language_code(language):
    """zh-CN -> zh, deu_Latn -> deu"""
    return re.split(r"[-_ ]", language.lower())[0] if language else ""


def _is_english(language):
    return _language_code(language) in ("en", "eng", "english")


def _rouge_rows(predictions, references, language=None):
    """F-measures of each row: {"rouge1": [...], "rouge2": [...], "rougeL": [...], "rougeLsum": [...]}."""
    tokenizer = DefaultTokenizer() if _is_english(language) else types.SimpleNamespace(tokenize=tokenize)
    by_ngrams = RougeScorer(["rouge1", "rouge2"], tokenizer=tokenizer)
    per_row = {name: [] for name in ("rouge1", "rouge2", "rougeL", "rougeLsum")}
    for prediction, refs in zip(*_aligned(predictions, references), strict=True):
        for name, best in by_ngrams.score_multi(refs, prediction).items():
            per_row[name].append(100 * best.fmeasure)
        words, *wanted = (tokenizer.tokenize(text) for text in (prediction, *refs))
        per_row["rougeL"].append(100 * max(rouge_l(one, words) for one in wanted))
        # rougeLsum by sentences: rouge_score takes a line for one; without line breaks it would equal rougeL.
        parts, *wanted = ([tokenizer.tokenize(one) for one in split_sentences(text)] for text in (prediction, *refs))
        per_row["rougeLsum"].append(100 * max(rouge_lsum(one, parts) for one in wanted))
    return per_row


def rouge(
    predictions: Sequence[str],
    references: Sequence[str | list[str]],
    language: str | None = None,
    seed: int = 42,
    samples: int = 1000,
) -> Scores:
    """ROUGE-1, -2, -L and -Lsum, F-measure, mean of the rows.

    Args:
        references: several per row are allowed; the best F-measure counts, for each metric by itself.
        language: "en" takes rouge_score's own tokenizer, which keeps [a-z0-9] only; anything else takes `tokenize`.
    """
    signature = f"rouge_score:{version('rouge_score')}|tok:{'rouge_score' if _is_english(language) else 'unicode'}"
    signature += f"|stemmer:no|sentences:punkt-untrained+unicode|nltk:{version('nltk')}|refs:best"
    return average(_rouge_rows(predictions, references, language), {"rouge": signature}, seed, samples)


# --- BLEU, chrF, TER -------------------------------------------------------------------------------------------------

TOKENIZERS = {
    "zh": "zh zho chi cmn yue chinese mandarin cantonese",
    "ja-mecab": "ja jpn japanese",
    "ko-mecab": "ko kor korean",
    "char": "th tha thai lo lao km khm khmer my mya burmese",
}
TER_WORDS = 200  # that TER reads of a text


def bleu_tokenizer(language: str | None, references: Iterable[str | list[str]] = ()) -> str:
    """sacrebleu's tokenizer for a language: zh, ja-mecab or ko-mecab if installed, char without spaces, else 13a.

    Args:
        language: a code ("zh", "zh-CN", "zho_Hans") or an English name; None decides by the script of the references.
    """
    if not language:
        return "char" if is_spaceless("".join(reference for refs in references for reference in refs)) else "13a"
    code = _language_code(language)
    tokenizer = next((name for name, codes in TOKENIZERS.items() if code in codes.split()), "13a")
    try:
        BLEU(tokenize=tokenizer)
    except RuntimeError:  # MeCab and its dictionaries are extras of sacrebleu
        return "char"
    return tokenizer


def corpus_statistics(metric, predictions: Sequence[str], references: Sequence) -> list[list[float]]:
    """What each row contributes to a sacrebleu metric; notes the number of references for its signature."""
    predictions, references = _aligned(predictions, references)
    streams = [[refs[i] if i < len(refs) else None for refs in references] for i in range(max(map(len, references)))]
    return metric._extract_corpus_statistics(predictions, streams)


def corpus_score(metric, sums: Sequence[float]) -> float:
    """What a sacrebleu metric makes of the sums of `corpus_statistics` over rows."""
    return metric._compute_score_from_stats(sums).score


def bleu(
    predictions: Sequence[str],
    references: Sequence[str | list[str]],
    language: str | None = None,
    seed: int = 42,
    samples: int = 1000,
) -> Scores:
    """BLEU, chrF and TER (lower is better) of the corpus by sacrebleu; the rows hold sentence scores.

    BLEU of a row leaves out the n-gram orders that the row is too short for (`effective_order`). TER counts words
    between spaces, for Chinese characters: for kana, Thai, Lao, Khmer and Burmese it says little, and chrF serves. Of
    a longer text it reads the first 200, which its signature says: with all of 40,000 it would not come to an end.

    Args:
        language: of the predictions; it chooses the tokenizer (see `bleu_tokenizer`).
    """
    predictions, references = _aligned(predictions, references)
    tokenizer = bleu_tokenizer(language, references)
    asian = tokenizer in ("zh", "ja-mecab", "char")
    metrics = {
        "bleu": BLEU(tokenize=tokenizer, force=True),
        "chrf": CHRF(),
        "ter": TER(normalized=asian, asian_support=asian),
    }
    if not predictions:
        return Scores(summarize([], metrics))
    totals, per_row = {}, {}
    given = predictions, references
    begun = (
        [_beginning(one, asian) for one in predictions],
        [[_beginning(one, asian) for one in refs] for refs in references],
    )
    for name, metric in metrics.items():
        statistics = corpus_statistics(metric, *(begun if name == "ter" else given))
        totals |= summarize(statistics, {name: functools.partial(corpus_score, metric)}, seed, samples)
        by_row = BLEU(tokenize=tokenizer, effective_order=True) if name == "bleu" else metric
        per_row[name] = [corpus_score(by_row, row) for row in statistics]
    signatures = {name: str(metric.get_signature()) for name, metric in metrics.items()}
    signatures["ter"] += f"|read:first {TER_WORDS}" if begun != given else ""
    return Scores(totals, _as_rows(per_row), signatures)


def _beginning(text, characters):
    """As much of a text as TER reads: some words, or characters; a shorter text as it is."""
    parts = text if characters else text.split()
    return text if len(parts) <= TER_WORDS else (text[:TER_WORDS] if characters else " ".join(parts[:TER_WORDS]))


@dataclass
class IBleu:
    """Scores of the sums of BLEU's ten statistics against the references, ten against the source, and of copies."""

    metric: BLEU
    alpha: float
    rows: int

    def bleu(self, sums: Sequence[float]) -> float:
        return corpus_score(self.metric, sums[:10])

    def self_bleu(self, sums: Sequence[float]) -> float:
        return corpus_score(self.metric, sums[10:20])

    def copy_rate(self, sums: Sequence[float]) -> float:
        return sums[20] / self.rows

    def ibleu(self, sums: Sequence[float]) -> float:
        return self.alpha * self.bleu(sums) - (1 - self.alpha) * self.self_bleu(sums)


def ibleu(
    predictions: Sequence[str],
    references: Sequence[str | list[str]],
    sources: Sequence[str],
    language: str | None = None,
    alpha: float = 0.8,
    seed: int = 42,
    samples: int = 1000,
) -> Scores:
    """Near the reference and far from the source: iBLEU = alpha BLEU(references) - (1 - alpha) BLEU(source).

    `self_bleu` is BLEU against the source; `copy_rate` the share of predictions that are the source, word for word.
    iBLEU of a row leaves out the n-gram orders that the row is too short for, as in `bleu`.

    Source:
        Sun and Zhou 2012, "Joint Learning of a Dual SMT System for Paraphrase Generation".
    """
    predictions, references = _aligned(predictions, references)
    tokenizer = bleu_tokenizer(language, references)
    metric = BLEU(tokenize=tokenizer, force=True)
    parts = IBleu(metric, alpha, len(predictions))
    scores = {name: getattr(parts, name) for name in ("ibleu", "bleu", "self_bleu", "copy_rate")}
    if not predictions:
        return Scores(summarize([], scores))
    copied = [100.0 * (tokenize(p) == tokenize(s)) for p, s in zip(predictions, sources, strict=True)]
    from_source = corpus_statistics(metric, predictions, sources)
    from_references = corpus_statistics(metric, predictions, references)
    statistics = [[*r, *s, c] for r, s, c in zip(from_references, from_source, copied, strict=True)]
    by_row = BLEU(tokenize=tokenizer, effective_order=True)
    near, far = ([corpus_score(by_row, row) for row in part] for part in (from_references, from_source))
    per_row = {"ibleu": [alpha * n - (1 - alpha) * f for n, f in zip(near, far, strict=True)], "copy_rate": copied}
    signature = {"ibleu": f"alpha:{alpha}|{metric.get_signature()}"}
    return Scores(summarize(statistics, scores, seed, samples), _as_rows(per_row), signature)


# --- Exact match and F1 of short answers -----------------------------------------------------------------------------


def normalize_answer(text: str) -> str:
    """The official SQuAD normalisation: lower case, no punctuation, no English articles, single spaces.

    Text in ASCII gives what the official script gives. Beyond it, the punctuation of all scripts goes, too, and where a
    script has no spaces between words each character is a word, as in ROUGE: 北京市 and 北京 share two of three.
    """
    text = _punctuation().sub("", unicodedata.normalize("NFC", text.lower()))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", space_out(text)).split())


@functools.lru_cache(maxsize=1)
def _punctuation() -> regex.Pattern:
    return regex.compile(rf"[\p{{P}}{re.escape(string.punctuation)}]")


def _answer_f1(prediction, reference):
    predicted, expected = prediction.split(), reference.split()
    if not predicted or not expected:  # no answer: right only if both give none
        return float(predicted == expected)
    shared = sum((Counter(predicted) & Counter(expected)).values())
    precision, recall = shared / len(predicted), shared / len(expected)
    return 2 * precision * recall / (precision + recall) if shared else 0.0


def _squad_rows(predictions, references):
    """{"exact_match": [...], "f1": [...]} of each row, best over its references."""
    per_row = {"exact_match": [], "f1": []}
    for prediction, refs in zip(*_aligned(predictions, references), strict=True):
        predicted = normalize_answer(prediction)
        expected = [normalized for normalized in map(normalize_answer, refs) if normalized] or [""]
        per_row["exact_match"].append(100.0 * max(predicted == reference for reference in expected))
        per_row["f1"].append(100.0 * max(_answer_f1(predicted, reference) for reference in expected))
    return per_row


def squad(
    predictions: Sequence[str], references: Sequence[str | list[str]], seed: int = 42, samples: int = 1000
) -> Scores:
    """Exact match and F1 by the official SQuAD rules, mean of the rows, each best over its references.

    No reference, or none that normalises to something, means that the question has no answer, as in SQuAD 2.0.
    """
    return average(_squad_rows(predictions, references), {"squad": "squad:v1.1+unicode|no-answer:v2.0"}, seed, samples)
