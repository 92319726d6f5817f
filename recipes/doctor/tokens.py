# SPDX-License-Identifier: Apache-2.0
"""Checks of what becomes of the texts: lengths in tokens, what is lost, labels, what the checkpoint says."""

from collections.abc import Iterator
from operator import itemgetter

import numpy as np
import pyarrow.compute as pc

from recipes.common import listed, short
from recipes.common.features import references
from recipes.doctor.findings import Finding, Found, finding
from recipes.doctor.patient import Patient
from recipes.pretrained import families
from recipes.pretrained.agreement import SPECIAL_TOKENS
from recipes.pretrained.parts import innermost
from recipes.typed.templates import fields_of

SAMPLE = 1000  # rows of which the lost characters are weighed
MOSTLY_UNKNOWN = 0.3  # of the tokens of a side: the vocabulary is of another script
TOO_MUCH = 0.5  # of the letters of a side lost: what is read or learned is no text
SPARE_ROWS = 512  # that a model may have for more tokens than its tokenizer: T5 has 28, byT5 125


def examine(patient: Patient) -> Iterator[Finding]:
    """All findings about tokens, labels and the checkpoint."""
    for group, looks in CHECKS.items():
        for look in looks:
            yield finding(group, look.__name__, look(patient))


# --- Lengths ----------------------------------------------------------------------------------------------------------


def source_cut(patient: Patient) -> Found:
    """How many sources are cut, how much of them, and which limit would do."""
    lengths = patient.lengths("length")
    limit = patient.settings.max_source_length
    cut = np.flatnonzero(lengths > limit)
    lost = 100 * (lengths - limit).clip(0).sum() / max(lengths.sum(), 1)
    found = _cut(patient, cut, lengths, f"{lost:.0f} %")
    most, enough = families.positions(patient.config)[0], int(np.percentile(lengths, 99))
    if not most or most >= enough:
        remedy = f"--max_source_length {enough} would cut 1 %"
    else:
        remedy = f"this model reads at most {most} tokens; one that reads more, such as google/long-t5-local-base"
    if hasattr(patient.settings, "long_source"):
        remedy += ", or --long_source windows"
    found.words["remedy"] = remedy
    return found


def target_cut(patient: Patient) -> Found:
    lengths = patient.lengths("target_length")
    cut = np.flatnonzero(lengths > patient.settings.max_target_length)
    found = _cut(patient, cut, lengths, "")
    found.words["remedy_length"] = int(np.percentile(lengths, 99))
    return found


def _cut(patient, cut, lengths, loses):
    examples = [f"{patient.place(int(row))}: {lengths[row]} tokens" for row in cut[:2]]
    words = {"percent": f"{100 * len(cut) / max(len(lengths), 1):.1f}", "loses": loses}
    return Found(len(cut), len(lengths), examples, words)


def forced_length(patient: Patient) -> Found:
    """Targets that the model is kept from writing, since it may not end so early."""
    least, lengths = getattr(patient.settings, "min_new_tokens", 0) or 0, patient.lengths("target_length")
    short_ones = np.flatnonzero(lengths < least)
    found = Found(len(short_ones), len(lengths), [patient.place(int(row)) for row in short_ones[:2]])
    found.words = {"least": least, "remedy_length": int(lengths.min())}
    return found


# --- Tokens -----------------------------------------------------------------------------------------------------------


def lost(patient: Patient) -> Found:
    """Characters that do not come back from the tokenizer, and how much of a side they are (trap 19)."""
    lost_ones = {one: count for one, count in patient.tables.lost.items() if one.strip() or one in "\n\t"}
    targets = [references(row, patient.task.target)[0] for row in patient.splits["train"][:SAMPLE]]
    sides = {"targets": targets, "sources": patient.tables["train"]["source"][:SAMPLE]}
    letters = {side: "".join("".join(text.split()) for text in texts) for side, texts in sides.items()}
    shares = {side: sum(map(text.count, lost_ones)) / max(len(text), 1) for side, text in letters.items()}
    side, share = max(shares.items(), key=itemgetter(1))
    ranked = sorted(lost_ones, key=lambda one: -lost_ones[one])
    found = Found(max(lost_ones.values(), default=0), 0, words={"characters": listed(ranked)})
    found.words["how"] = "replace them in the data, or choose a model that has them: it neither sees nor writes them"
    if share > TOO_MUCH:
        found.level = "fail"
        found.words["how"] = (
            f"{100 * share:.0f} % of the {side} is lost: choose a model whose tokenizer knows this script, such as "
            "google/mt5-small"
        )
    return found


def unknown(patient: Patient) -> Found:
    """Rows with the unknown token."""
    one = patient.tokenizer.unk_token_id
    if one is None:
        return Found()
    train = patient.tables["train"]
    counts = np.zeros(len(train), int)
    shares = {}
    for side, name in (("sources", "input_ids"), ("targets", "labels")):
        lists = patient.column(name)
        flat, parents = pc.list_flatten(lists), pc.list_parent_indices(lists)
        here = np.bincount(parents.filter(pc.equal(flat, one)).to_numpy(), minlength=len(train))
        shares[side] = here.sum() / max(len(flat), 1)
        counts += here
    rows, (side, share) = np.flatnonzero(counts), max(shares.items(), key=itemgetter(1))
    found = Found(len(rows), len(train), [patient.place(int(row)) for row in rows[:2]])
    found.words |= {"percent": f"{100 * share:.1f}", "side": side}
    if share > MOSTLY_UNKNOWN:
        found.level = "fail"
    return found


# --- Checkpoint -------------------------------------------------------------------------------------------------------


def special_ids(patient: Patient) -> Found:
    """Padding and end token by tokenizer, config and generation config; the others where two of them name one."""
    model, tokenizer = innermost(patient.model), patient.tokenizer
    told = []
    for name in SPECIAL_TOKENS:
        attribute = f"{name}_token_id"
        named = {
            "tokenizer": getattr(tokenizer, attribute, None) if name in ("pad", "eos", "bos") else None,
            "config.json": getattr(model.config, attribute, None),
            "generation_config.json": getattr(model.generation_config, attribute, None),
        }
        named = {owner: value for owner, value in named.items() if value is not None}
        if name == "bos" and "tokenizer" not in named:
            continue  # T5 has none, whatever its files say
        if len({str(value) for value in named.values()}) > 1:
            told.append(f"{name} is " + ", ".join(f"{value} in {owner}" for owner, value in named.items()))
    level = "fail" if any(one.startswith("eos ") for one in told) else None
    return Found(len(told), words={"differences": "; ".join(told)}, level=level)


def padding_side(patient: Patient) -> Found:
    return Found(int(patient.tokenizer.init_kwargs.get("padding_side") == "left"))


def vocabulary(patient: Patient) -> Found:
    rows, tokens = patient.model.get_input_embeddings().num_embeddings, len(patient.tokenizer)
    return Found(int(tokens > rows or rows - tokens > SPARE_ROWS), words={"rows": rows, "tokens": tokens})


def prefix(patient: Patient) -> Found:
    """Prefixes of a checkpoint that learned several tasks by them, and sources that begin with no prefix at all."""
    tasks = getattr(patient.config, "task_specific_params", None) or {}
    known = [one["prefix"] for one in tasks.values() if isinstance(one, dict) and one.get("prefix")]
    table = patient.tables["train"]
    sources = table[: min(len(table), 200)]["source"]
    without = sum(":" not in source[:60] for source in sources) if known else 0
    examples = [patient.place(0) + f" {short(sources[0], 40)}"] if without else []
    words = {"known": listed(known), "first": known[0] if known else ""}
    return Found(without if without > len(sources) / 2 else 0, len(sources), examples, words)


# --- Labels -----------------------------------------------------------------------------------------------------------


def padding_counts(patient: Patient) -> Found:
    """Padding in the labels before they are collated: the collator masks only what it adds itself (trap 18)."""
    pad, labels = patient.tokenizer.pad_token_id, patient.column("labels")
    rows = pc.unique(pc.list_parent_indices(labels).filter(pc.equal(pc.list_flatten(labels), pad))).to_numpy()
    found = Found(len(rows), len(labels), [patient.place(int(row)) for row in rows[:2]])
    found.words["pad"] = repr(patient.tokenizer.pad_token)
    return found


def no_end(patient: Patient) -> Found:
    """Labels without an end token in their last two places; mBART's first generation has the language behind it."""
    end, labels = patient.tokenizer.eos_token_id, patient.column("labels")
    if end is None:
        return Found()
    length = pc.list_value_length(labels).to_numpy()
    flat = pc.list_flatten(labels).to_numpy()
    ends = np.cumsum(length)
    last, before = flat[ends - 1], flat[np.maximum(ends - 2, 0)]
    rows = np.flatnonzero((length > 0) & (last != end) & (before != end))
    return Found(len(rows), len(labels), [patient.place(int(row)) for row in rows[:2]])


def answer_in_source(patient: Patient) -> Found:
    """A field that is in both templates; or targets that stand in the source and in no field that it is made of."""
    both = sorted(set(fields_of(patient.task.source)) & set(fields_of(patient.task.target)))
    if both:
        how = f"SOURCE and TARGET both have {{{both[0]}}}: the model reads what it shall write"
        return Found(len(patient.tables["train"]), words={"how": how})
    texts, found = patient.texts[0], []
    table = patient.tables["train"]
    features = table.select_columns(["example", "source"])[: min(len(table), SAMPLE)]
    for place, source in zip(features["example"], features["source"], strict=True):
        target = texts.target[place].strip()
        if len(target) > 20 and target in source and target not in texts.source[place]:
            found.append(place)
    how = "the source holds the target, which its fields do not: the model reads what it shall write"
    level = "fail" if len(found) > len(features["source"]) / 10 else "warn"
    places = [texts.place(place) for place in found[:2]]
    return Found(len(found), len(features["source"]), places, {"how": how}, level)


CHECKS = {
    "lengths": (source_cut, target_cut, forced_length),
    "tokens": (lost, unknown),
    "checkpoint": (special_ids, padding_side, vocabulary, prefix),
    "labels": (padding_counts, no_end, answer_in_source),
}
