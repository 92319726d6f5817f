# SPDX-License-Identifier: Apache-2.0
"""Scores of texts against references, from 0 to 100, each with its 95 % bootstrap interval. Nothing is downloaded.

    scores = score_rouge(predictions, references)      # a reference is one string per row, or a list of them
    scores.totals      {"rouge1": 41.2, "rouge1_ci_low": 39.9, "rouge1_ci_high": 42.6, ...}
    scores.rows        [{"rouge1": 50.0, ...}, ...], in the order of the predictions
    scores.signatures  {"rouge": "rouge_score:0.1.2|tok:..."}, to be quoted with the score

`score_sacrebleu`, `score_squad` and `score_ibleu` have the same shape. This file imports nothing from its folder:
`evaluate` runs a copy of it (see metrics/).
"""

import functools
import re
import string
import types
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

# Is a greater value the better one? A library that has to guess takes TER for "greater is better".
METRICS = {
    **dict.fromkeys(["rouge1", "rouge2", "rougeL", "rougeLsum", "bleu", "chrf", "ibleu", "exact_match", "f1"], True),
    "distinct_outputs": True,
    **dict.fromkeys(["loss", "ter", "self_bleu", "copy_rate"], False),
}


@dataclass
class Scores:
    """What one family of metrics says about a list of texts.

    Args:
        totals: metric -> score of all rows, with `<metric>_ci_low` and `<metric>_ci_high`; 0.0 where there is no row.
        rows: one dictionary per prediction, metric -> score of that row.
        signatures: metric or family -> versions and settings that the score depends on.
    """

    totals: dict = field(default_factory=dict)
    rows: list = field(default_factory=list)
    signatures: dict = field(default_factory=dict)


def _aligned(predictions, references):
    """Lists of equal length, each row with at least one reference: no reference at all means an empty one."""
    predictions, references = list(predictions), list(references)
    if len(predictions) != len(references):
        raise ValueError(f"{len(predictions)} predictions but {len(references)} rows of references")
    return predictions, [[refs] if isinstance(refs, str) else list(refs) or [""] for refs in references]


# --- Bootstrap -------------------------------------------------------------------------------------------------------


def _resampled_sums(statistics, seed, samples):
    """Column sums of `samples` random draws of all rows, with replacement: shape (samples, columns)."""
    import numpy as np

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


def summarize(statistics, scores, seed=42, samples=1000):
    """Totals with their 95 % percentile intervals, which resample rows and score each resample as a whole.

    Args:
        statistics: what each row contributes to the scores, shape (rows, columns): for a mean the row's score, for BLEU
            its n-gram counts and lengths, because a corpus score is no mean of row scores.
        scores: metric -> function from the sum of these over the rows (a list of numbers) to the score.
    """
    import numpy as np

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


def bootstrap_interval(values, seed=42, samples=1000):
    """The 95 % percentile interval (low, high) of the mean of per-row values."""
    totals = summarize([[value] for value in values], {"mean": lambda sums: sums[0] / len(values)}, seed, samples)
    return totals["mean_ci_low"], totals["mean_ci_high"]


def _as_rows(per_row):
    """{"a": [1, 2], "b": [3, 4]} -> [{"a": 1, "b": 3}, {"a": 2, "b": 4}]"""
    return [
        {name: round(float(value), 4) for name, value in zip(per_row, row, strict=True)}
        for row in zip(*per_row.values(), strict=True)
    ]


def average(per_row, signatures=None, seed=42, samples=1000):
    """Scores whose totals are the means of `per_row`: metric -> one value per row."""
    statistics = list(zip(*per_row.values(), strict=True))
    means = {name: lambda sums, i=i: sums[i] / len(statistics) for i, name in enumerate(per_row)}
    return Scores(summarize(statistics, means, seed, samples), _as_rows(per_row), signatures or {})


# --- Words and sentences of any script -------------------------------------------------------------------------------

# Scripts without spaces between words: each character counts as a word.
SCRIPTS = ("Han", "Hiragana", "Katakana", "Bopomofo", "Yi", "Thai", "Lao", "Khmer", "Myanmar", "Tai_Tham", "Javanese")
SPACELESS = "[" + "".join(rf"\p{{scx={script}}}" for script in SCRIPTS) + "]"
TERMINATORS = ("؟", "۔", "।", "॥", "።", "፧", "፨", "։", "។", "။", "།", "‼", "⁇", "⁈", "⁉")
ABBREVIATIONS = {"mr", "mrs", "ms", "dr", "prof", "vs", "e.g", "i.e", "z.b", "d.h", "bzw", "nr"}
# East Asian text has no space after a full stop, where punkt would not look for a boundary.
WIDE_STOP = re.compile(r"([。！？｡．]+[」』”’）】]*)(?=[^\s。！？｡．」』”’）】])")


@functools.lru_cache(maxsize=1)
def _token_pattern():
    import regex

    # Unicode counts digits, "©" and arrows as possible emoji; they are none unless a variation selector says so.
    picture = r"(?:\p{Emoji_Presentation}|[[\u2600-\u27BF]&&\p{ExtPict}]|\p{ExtPict}(?=\uFE0F))"
    emoji = rf"\p{{RI}}{{2}}|{picture}\p{{EMod}}?(?:\uFE0F?\u200D{picture}\p{{EMod}}?)*"
    character = rf"[[\p{{L}}\p{{N}}]&&{SPACELESS}]\p{{M}}*"
    # Zero-width joiners and non-joiners stand inside Persian and Indic words.
    word = rf"[[\p{{L}}\p{{Nd}}]--{SPACELESS}](?:[\u200C\u200D]*[[\p{{L}}\p{{Nd}}\p{{M}}]--{SPACELESS}])*"
    return regex.compile(rf"(?V1){emoji}|{character}|{word}")


def tokenize(text):
    """Lower-case words with their accents and marks; single characters where a script has no spaces; emoji.

    Text whose letters and digits are all ASCII gives what rouge_score's tokenizer gives without its stemmer.
    """
    return _token_pattern().findall(unicodedata.normalize("NFC", text.lower()))


def holds(text, phrase):
    """Whether the words of a phrase stand in the text, one after the other: "5" is not in "1995"."""
    words, wanted = (" ".join(["", *tokenize(one), ""]) for one in (text, phrase))
    return wanted in words if wanted.strip() else phrase in text


def is_spaceless(text):
    """Whether most of the letters belong to scripts without spaces between words (Chinese, Japanese, Thai, ...)."""
    import regex

    letters = regex.findall(rf"(?V1)[\p{{L}}&&{SPACELESS}]", text)
    return 2 * len(letters) > sum(map(str.isalpha, text))


@functools.lru_cache(maxsize=1)
def _sentence_splitter():
    from nltk.tokenize.punkt import PunktLanguageVars, PunktParameters, PunktSentenceTokenizer

    class AnyScript(PunktLanguageVars):
        sent_end_chars = (*PunktLanguageVars.sent_end_chars, *TERMINATORS)

        def period_context_re(self):
            # nltk's own object gives up after five seconds of wall-clock time, so on a long text and a busy machine.
            return re.compile(super().period_context_re().pattern, re.VERBOSE)

    parameters = PunktParameters()
    parameters.abbrev_types.update(ABBREVIATIONS)
    return PunktSentenceTokenizer(parameters, lang_vars=AnyScript())


def split_sentences(text):
    """The sentences of a text, by nltk's punkt rules without trained data; a line break always ends one."""
    lines = WIDE_STOP.sub(r"\1\n", text).split("\n")
    return [sentence for line in lines if line.strip() for sentence in _sentence_splitter().tokenize(line.strip())]


# --- ROUGE -----------------------------------------------------------------------------------------------------------


def _language_code(language):
    """zh-CN -> zh, deu_Latn -> deu"""
    return re.split(r"[-_ ]", language.lower())[0] if language else ""


def _is_english(language):
    return _language_code(language) in ("en", "eng", "english")


def rouge(predictions, references, language=None):
    """F-measures of each row: {"rouge1": [...], "rouge2": [...], "rougeL": [...], "rougeLsum": [...]}.

    Args:
        references: several per row are allowed; the best F-measure counts, for each metric by itself.
        language: "en" takes rouge_score's own tokenizer, which keeps [a-z0-9] only; anything else takes `tokenize`.
    """
    from rouge_score.rouge_scorer import RougeScorer
    from rouge_score.tokenizers import DefaultTokenizer

    tokenizer = DefaultTokenizer() if _is_english(language) else types.SimpleNamespace(tokenize=tokenize)
    names = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    whole = RougeScorer(names[:3], tokenizer=tokenizer)
    by_line = RougeScorer(names[3:], tokenizer=tokenizer)
    per_row = {name: [] for name in names}
    for prediction, refs in zip(*_aligned(predictions, references), strict=True):
        # rougeLsum takes a line for a sentence: without line breaks it would equal rougeL.
        lines = ["\n".join(split_sentences(text)) for text in (prediction, *refs)]
        best = whole.score_multi(refs, prediction) | by_line.score_multi(lines[1:], lines[0])
        for name in names:
            per_row[name].append(100 * best[name].fmeasure)
    return per_row


def score_rouge(predictions, references, language=None, seed=42, samples=1000):
    """ROUGE-1, -2, -L and -Lsum, F-measure, mean of the rows (see `rouge`)."""
    from importlib.metadata import version

    signature = f"rouge_score:{version('rouge_score')}|tok:{'rouge_score' if _is_english(language) else 'unicode'}"
    signature += f"|stemmer:no|sentences:punkt-untrained+unicode|nltk:{version('nltk')}|refs:best"
    return average(rouge(predictions, references, language), {"rouge": signature}, seed, samples)


# --- BLEU, chrF, TER -------------------------------------------------------------------------------------------------

TOKENIZERS = {
    "zh": "zh zho chi cmn yue chinese mandarin cantonese",
    "ja-mecab": "ja jpn japanese",
    "ko-mecab": "ko kor korean",
    "char": "th tha thai lo lao km khm khmer my mya burmese",
}


def bleu_tokenizer(language, references=()):
    """sacrebleu's tokenizer for a language: zh, ja-mecab or ko-mecab if installed, char without spaces, else 13a.

    Args:
        language: a code ("zh", "zh-CN", "zho_Hans") or an English name; None decides by the script of the references.
    """
    from sacrebleu.metrics import BLEU

    if not language:
        return "char" if is_spaceless("".join(reference for refs in references for reference in refs)) else "13a"
    code = _language_code(language)
    tokenizer = next((name for name, codes in TOKENIZERS.items() if code in codes.split()), "13a")
    try:
        BLEU(tokenize=tokenizer)
    except RuntimeError:  # MeCab and its dictionaries are extras of sacrebleu
        return "char"
    return tokenizer


def corpus_statistics(metric, predictions, references):
    """What each row contributes to a sacrebleu metric; notes the number of references for its signature."""
    predictions, references = _aligned(predictions, references)
    streams = [[refs[i] if i < len(refs) else None for refs in references] for i in range(max(map(len, references)))]
    return metric._extract_corpus_statistics(predictions, streams)


def _corpus_score(metric, sums):
    return metric._compute_score_from_stats(sums).score


def score_sacrebleu(predictions, references, language=None, seed=42, samples=1000):
    """BLEU, chrF and TER (lower is better) of the corpus by sacrebleu; the rows hold sentence scores.

    BLEU of a row leaves out the n-gram orders that the row is too short for (`effective_order`). TER counts words
    between spaces, for Chinese characters: for kana, Thai, Lao, Khmer and Burmese it says little, and chrF serves.

    Args:
        language: of the predictions; it chooses the tokenizer (see `bleu_tokenizer`).
    """
    from sacrebleu.metrics import BLEU, CHRF, TER

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
    for name, metric in metrics.items():
        statistics = corpus_statistics(metric, predictions, references)
        totals |= summarize(statistics, {name: functools.partial(_corpus_score, metric)}, seed, samples)
        by_row = BLEU(tokenize=tokenizer, effective_order=True) if name == "bleu" else metric
        per_row[name] = [_corpus_score(by_row, row) for row in statistics]
    return Scores(totals, _as_rows(per_row), {name: str(metric.get_signature()) for name, metric in metrics.items()})


def score_ibleu(predictions, references, sources, language=None, alpha=0.8, seed=42, samples=1000):
    """Near the reference and far from the source: iBLEU = alpha BLEU(references) - (1 - alpha) BLEU(source).

    `self_bleu` is BLEU against the source; `copy_rate` the share of predictions that are the source, word for word.
    iBLEU of a row leaves out the n-gram orders that the row is too short for, as in score_sacrebleu.

    Source:
        Sun and Zhou 2012, "Joint Learning of a Dual SMT System for Paraphrase Generation".
    """
    from sacrebleu.metrics import BLEU

    predictions, references = _aligned(predictions, references)
    tokenizer = bleu_tokenizer(language, references)
    metric = BLEU(tokenize=tokenizer, force=True)
    scores = {
        "ibleu": lambda sums: alpha * scores["bleu"](sums) - (1 - alpha) * scores["self_bleu"](sums),
        "bleu": lambda sums: _corpus_score(metric, sums[:10]),
        "self_bleu": lambda sums: _corpus_score(metric, sums[10:20]),
        "copy_rate": lambda sums: sums[20] / len(predictions),
    }
    if not predictions:
        return Scores(summarize([], scores))
    copied = [100.0 * (tokenize(p) == tokenize(s)) for p, s in zip(predictions, sources, strict=True)]
    from_source = corpus_statistics(metric, predictions, sources)
    from_references = corpus_statistics(metric, predictions, references)
    statistics = [[*r, *s, c] for r, s, c in zip(from_references, from_source, copied, strict=True)]
    by_row = BLEU(tokenize=tokenizer, effective_order=True)
    near, far = ([_corpus_score(by_row, row) for row in part] for part in (from_references, from_source))
    per_row = {"ibleu": [alpha * n - (1 - alpha) * f for n, f in zip(near, far, strict=True)], "copy_rate": copied}
    signature = {"ibleu": f"alpha:{alpha}|{metric.get_signature()}"}
    return Scores(summarize(statistics, scores, seed, samples), _as_rows(per_row), signature)


# --- Exact match and F1 of short answers -----------------------------------------------------------------------------


def normalize_answer(text):
    """The official SQuAD normalisation: lower case, no ASCII punctuation, no English articles, single spaces."""
    text = "".join(character for character in text.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def _answer_f1(prediction, reference):
    predicted, expected = prediction.split(), reference.split()
    if not predicted or not expected:  # no answer: right only if both give none
        return float(predicted == expected)
    shared = sum((Counter(predicted) & Counter(expected)).values())
    precision, recall = shared / len(predicted), shared / len(expected)
    return 2 * precision * recall / (precision + recall) if shared else 0.0


def squad(predictions, references):
    """Exact match and F1 of each row, best over its references: {"exact_match": [...], "f1": [...]}.

    No reference, or none that normalises to something, means that the question has no answer, as in SQuAD 2.0.
    """
    per_row = {"exact_match": [], "f1": []}
    for prediction, refs in zip(*_aligned(predictions, references), strict=True):
        predicted = normalize_answer(prediction)
        expected = [normalized for normalized in map(normalize_answer, refs) if normalized] or [""]
        per_row["exact_match"].append(100.0 * max(predicted == reference for reference in expected))
        per_row["f1"].append(100.0 * max(_answer_f1(predicted, reference) for reference in expected))
    return per_row


def score_squad(predictions, references, seed=42, samples=1000):
    """Exact match and F1 by the official SQuAD rules, mean of the rows (see `squad`)."""
    return average(squad(predictions, references), {"squad": "squad:v1.1|no-answer:v2.0"}, seed, samples)
