# SPDX-License-Identifier: Apache-2.0
"""report.html: a run as one page for people, made from nothing but the files of its folder.

    write_report("outputs/summarize_t5")        # or: python scripts/report.py outputs/summarize_t5

A section whose file or key is missing is left out, so that an unfinished run and an evaluation alone have a page, too.
"""

import functools
import re
import shlex
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import jinja2
from markupsafe import Markup

from recipes import disk
from recipes.common import UserError
from recipes.metrics.scores import METRICS
from recipes.report import pictures, predictions
from recipes.report.predictions import number, shorten

STATUS = {"done": "✓ done", "running": "… still running", "interrupted": "‖ interrupted", "failed": "✕ failed"}
# Of recipes.metrics.faithfulness: total -> (label, unit).
FAITHFULNESS = {
    "supported_figures": ("Numbers, dates, amounts and codes that the source has", "\u00a0%"),
    "unsupported_rows": ("Outputs with something that the source does not have", "\u00a0%"),
    "novel_unigrams": ("Words that the source does not have", "\u00a0%"),
    "novel_bigrams": ("Pairs of words that the source does not have", "\u00a0%"),
    "novel_trigrams": ("Triples of words that the source does not have", "\u00a0%"),
    "coverage": ("Coverage: share of the words that were copied", ""),
    "density": ("Density: length of the copied piece that a word is part of, in words", ""),
    "compression": ("Compression: words of the source per word of the output", ""),
}
ARGUMENTS = {
    "learning_rate", "lr_scheduler_type", "warmup_steps", "num_train_epochs", "max_steps", "optim", "weight_decay",
    "per_device_train_batch_size", "gradient_accumulation_steps", "max_grad_norm", "label_smoothing_factor", "bf16",
    "fp16", "gradient_checkpointing", "train_sampling_strategy", "eval_strategy", "metric_for_best_model",
    "load_best_model_at_end",
}  # fmt: skip
# Of recipes.metrics.scores: metric -> what a newcomer cannot guess.
METRIC_NOTES = {
    "ibleu": "a share of bleu less a share of self_bleu; it can be below 0",
    "self_bleu": "bleu against the source",
    "copy_rate": "% of the outputs that are the source again",
    "distinct_outputs": "how many of a row's outputs differ, a count",
    "perplexity": "the number of tokens between which the model hesitates, so to speak; it is 1 at best",
    "ter": "edits per 100 words of the reference; it can be above 100",
}
SPLITS = {"train": "training", "validation": "validation", "test": "test", "second_test": "second test"}
LIMITS = {"train": "max_train_samples", "validation": "max_eval_samples"}
LIMITS |= dict.fromkeys(("test", "second_test"), "max_predict_samples")
MOST = 20  # notes, characters, systems of a list: the page stays small whatever the run


def write_report(folder: str | Path) -> Path:
    """Write report.html into the folder of a run, in one step, and return its path; run.json keeps its notices.

    Raises:
        UserError: there is no run.json in it.
    """
    folder = Path(folder)
    record = _read(folder / "run.json")
    if not record:
        raise UserError(f"{folder}: no run.json in it, so it is not the folder of a run")
    parts = view(folder)
    disk.write_text(folder / "report.html", _printable(_template().render(parts)))
    sentences = [_printable(sentence) for sentence, _ in parts["notices"]]
    if sentences != record.get("notices", []):  # the screen's table and the card say them, too
        disk.write_json(folder / "run.json", {**record, "notices": sentences})
    return folder / "report.html"


@functools.lru_cache(maxsize=1)
def _template():
    """The page's template, which escapes whatever it is given but the pictures; what is missing is empty there."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": _count, "decimals": _decimals, "duration": _duration}
    return environment.get_template("page.html.jinja")


def view(folder):
    """Everything that the page shows, by section; what is missing is None or empty."""
    record = _read(folder / "run.json")
    arguments, settings = (record.get(name) or {} for name in ("arguments", "settings"))
    first = predictions.first_row(folder / "predictions.jsonl")
    metric = predictions.row_metric(first, _wanted(arguments))
    # An answer that was found in its source, not written, cannot copy it by mistake.
    raised = {"empty"} if record.get("decoding") == {} else set(predictions.FLAGS)
    lines = predictions.read(folder / "predictions.jsonl", metric, raised)
    scores = score_table(folder, lines, _wanted(arguments))
    training = curves(_state(folder), scores, arguments)
    rows = row_counts(record)
    notes = [*((record.get("data") or {}).get("notes") or []), *(record.get("notes") or [])]
    wrong = where_wrong(lines, metric, raised & {"repeats", "copies", "empty", *first.keys()}, scores)
    groups = predictions.choose(lines, metric, record.get("seed", 0))
    names = "names:no" not in ((record.get("signatures") or {}).get("faithfulness") or "")
    wrong["flags"] = predictions.count_flags(lines, wrong["known"], _numbers(groups), names) if lines else []
    parts = {
        "record": record,
        "settings": settings,
        "splits": SPLITS,
        "status": STATUS.get(record.get("status"), record.get("status")),
        "data_name": " ".join(filter(None, (settings.get("dataset_name"), settings.get("dataset_config_name"))))
        or settings.get("train_file")
        or settings.get("validation_file"),
        "scores": scores,
        "training": training,
        "wrong": wrong,
        "metric": metric,
        "faithfulness": FAITHFULNESS,
        "metric_notes": {name: METRIC_NOTES[name] for name in scores.metrics if name in METRIC_NOTES},
        "total": len(lines),
        "examples": predictions.cards(folder / "predictions.jsonl", groups, metric) if lines else [],
        "lengths": length_pictures(record.get("lengths") or {}),
        "lost": lost_characters(record.get("lost") or {}),
        "rows": rows,
        "doctor": doctor_findings(record),
        "notes": [shorten(str(note), 300) for note in notes[:MOST]],
        "more_notes": len(notes[MOST:]),
        "tables": record.get("tables") or {},
        "people": _read(folder / "spot_check_results.json"),
        "repeat": how_to_repeat(record),
        "exports": _read(folder / "exports.json").get("exports") or [],
    }
    return parts | {"notices": notices(parts)}


def _wanted(arguments):
    return re.sub("^eval_", "", arguments.get("metric_for_best_model") or "")


# --- Scores and curves -----------------------------------------------------------------------------------------------


def score_table(folder, lines, wanted):
    """Systems side by side.

    Args:
        lines: of predictions.jsonl, from predictions.read.
        wanted: the metric that chooses the checkpoint; it is the headline if the final scores have it.
    Returns:
        split; systems: {label: totals}; counts: {label: rows}; metrics, lower (is better) and faithful: names of
        totals; main: the headline's metric; tuned and trivial: their labels; picture; final: the last evaluation's
        totals, and other: those of the validation split, where the last is another.
    """
    results = {prefix: _results(folder, prefix) for prefix in ("predict", "eval")}
    final = results["predict"] or results["eval"]
    final = predictions.means(lines) | final if final else {}
    baselines = _read(folder / "baseline_results.json")
    trivial = str(baselines.get("trivial_name") or "trivial answer")
    labels = {"untuned": "untuned", "trivial": trivial, "tuned": "tuned"}
    labels["prompted"] = str(baselines.get("prompted_name") or "prompted")
    systems = {label: baselines[name] for name, label in labels.items() if isinstance(baselines.get(name), dict)}
    counts = dict.fromkeys(systems, baselines.get("rows"))
    tuned = "tuned" if systems or _read(folder / "train_results.json") else "this model"
    if final and "tuned" in systems and baselines.get("rows") != len(lines):
        tuned = f"tuned, all {len(lines):,} rows"
    if final:
        systems[tuned], counts[tuned] = systems.get(tuned, {}) | final, len(lines) or None
    metrics = [name[:-7] for totals in systems.values() for name in totals if name.endswith("_ci_low")]
    metrics = [name for name in dict.fromkeys(metrics) if name not in FAITHFULNESS][:MOST]
    first_three = dict(list(systems.items())[:3])  # all on the same rows
    pictured = [name for name in metrics if name != "distinct_outputs"][:8]
    return SimpleNamespace(
        split=baselines.get("split") or ("test" if results["predict"] else "validation"),
        systems=systems,
        counts=counts,
        metrics=metrics,
        lower=[name for name in metrics if not METRICS.get(name, True)],
        faithful=[name for name in FAITHFULNESS if any(name in totals for totals in systems.values())],
        main=wanted if wanted in metrics else next(iter(metrics), None),
        tuned=tuned,
        trivial=trivial,
        picture=_picture(pictures.intervals, first_three, pictured) if pictured else None,
        final=final,
        other=results["eval"] if results["predict"] else {},
    )


def _results(folder, prefix):
    """The scores of {prefix}_results.json without the prefix; {} where there are none."""
    found = _read(folder / f"{prefix}_results.json")
    start = f"{prefix}_"
    return {name.removeprefix(start): value for name, value in found.items() if name.startswith(start)}


def curves(state, scores, arguments):
    """Pictures of the loss and of the validation scores over the steps, the chosen checkpoint marked; or None."""
    history = [entry for entry in state.get("log_history") or [] if number(entry.get("step")) is not None]
    # Behind the training's summary stands the evaluation of the finished model, at the last step once more.
    end = next((place for place, entry in enumerate(history) if "train_runtime" in entry), len(history))
    history = history[:end]
    loss = {"training": _points(history, "loss"), "validation": _points(history, "eval_loss")}
    loss = {label: points for label, points in loss.items() if points}
    names = sorted(set(scores.metrics) - {"distinct_outputs"}, key=[scores.main, *scores.metrics].index)[:5]
    lines = {name: _points(history, f"eval_{name}", interval=name == scores.main) for name in names}
    lines = {pictures.directed(name): points for name, points in lines.items() if points}
    if not loss and not lines:
        return None
    chosen = state.get("best_global_step") if arguments.get("load_best_model_at_end") else None
    evaluated = [entry["step"] for entry in history if "eval_loss" in entry]
    title = "Scores on validation over the optimizer steps"
    return SimpleNamespace(
        loss=_picture(pictures.curves, "loss", "Loss over the optimizer steps", loss, chosen) if loss else None,
        scores=_picture(pictures.curves, "scores", title, lines, chosen) if lines else None,
        chosen=chosen,
        epoch=next((entry.get("epoch") for entry in history if entry["step"] == chosen), None),
        best=number(state.get("best_metric")),
        steps=state.get("global_step"),
        last_is_best=len(evaluated) > 1 and chosen == evaluated[-1],
    )


def _points(history, name, interval=False):
    """[(step, value), ...], the first of each step; with its bounds if `interval` and all points have them."""
    found = {}
    for entry in history:
        names = (name, f"{name}_ci_low", f"{name}_ci_high") if interval else (name,)
        values = [number(entry.get(each)) for each in names]
        if values[0] is not None:
            found.setdefault(entry["step"], (entry["step"], *values))
    points = list(found.values())
    return points if all(None not in point for point in points) else [point[:2] for point in points]


def _picture(paint, *arguments):
    return Markup(paint(*arguments))


# --- What goes wrong, lengths, rows ----------------------------------------------------------------------------------


def where_wrong(lines, metric, known, scores):
    share = scores.final.get("hit_limit") if "hit_limit" not in known and "repeats" in known else None
    return {
        "known": known,
        "limit_share": number(share),
        "equal": sum(line.equal for line in lines),
        "kinds": predictions.count_kinds(lines),
        "quartiles": {
            ("source length", "characters", 0): predictions.by_quartile(lines, lambda line: line.length),
            ("novelty", "% of the output's word pairs that the source does not have", 1): predictions.by_quartile(
                lines, lambda line: line.copying.get("novel_bigrams")
            ),
        },
        "scored": metric is not None,
    }


def _numbers(groups):
    return {name: [line.number for line in lines] for name, lines in groups.items()}


def length_pictures(lengths):
    """The table of all splits, and pictures of the training split (or the first there is)."""
    splits = {split: sides for split, sides in lengths.items() if isinstance(sides, dict)}
    split = "train" if "train" in splits else next(iter(splits), None)
    pictured = {
        side: _picture(pictures.histogram, f"length-{side}", f"Lengths of the {side}s, in tokens", counts)
        for side, counts in splits.get(split, {}).items()
        if (counts.get("histogram") or {}).get("counts")
    }
    return {"splits": splits, "split": split, "pictures": pictured}


def lost_characters(lost):
    """[(what to call the character, how many texts hold it)], the most frequent first."""
    ranked = sorted(lost.items(), key=lambda item: -item[1])
    return {"all": len(ranked), "first": [(_name(character), count) for character, count in ranked[:MOST]]}


def _name(character):
    if character in "\n\t\r":
        return {"\n": "line break", "\t": "tabulator", "\r": "carriage return"}[character]
    name = unicodedata.name(character[:1], "unnamed").lower()
    return f"{character}  {name}" if character.isprintable() and not character.isspace() else name


def doctor_findings(record):
    """{"checks": how many were made, "wrong": the findings that are no pass}."""
    found = [one for one in record.get("doctor") or [] if isinstance(one, dict)]
    return {"checks": len(found), "wrong": [one for one in found if one.get("level") in ("warn", "fail")][:MOST]}


def row_counts(record):
    """Per split: rows read, used and left out, and why. A validation split that was cut off counts as training's loss.

    Returns:
        [{"split", "read", "used", "reasons": [(how many, why)]}]
    """
    data, settings = record.get("data") or {}, record.get("settings") or {}
    rows, sources = data.get("rows") or {}, data.get("sources") or {}
    cut = {each["cut_from"]: (name, each.get("rows", 0)) for name, each in sources.items() if "cut_from" in each}
    result = []
    for split in dict.fromkeys([*rows, *sources]):
        counts = rows.get(split) or {"read": None, "used": (sources.get(split) or {}).get("rows"), "left_out": []}
        used = counts.get("used") or 0
        reasons = [
            (len(group.get("lines") or ()), f"{group.get('reason')} ({group.get('file')})")
            for group in counts.get("left_out") or []
        ]
        if split in cut:
            reasons.append((cut[split][1], f"set aside as the {cut[split][0]} split"))
            used -= cut[split][1]
        limit = settings.get(LIMITS.get(split))
        if limit and limit < used:
            reasons.append((used - limit, f"beyond --{LIMITS[split]} {limit}"))
            used = limit
        result.append({"split": split, "read": counts.get("read"), "used": used, "reasons": reasons[:MOST]})
    return result


# --- How to repeat it, what to look at -------------------------------------------------------------------------------


def how_to_repeat(record):
    command = [str(word) for word in record.get("command") or []]
    processes = record.get("world_size") or 1
    if processes > 1:
        command = ["torchrun", f"--nproc_per_node={processes}", *command[1:]]
    commit, settings, arguments = (record.get(name) or {} for name in ("commit", "settings", "arguments"))
    decoding, seconds = record.get("decoding") or {}, record.get("seconds") or {}
    ignored = {name for name in decoding if name.endswith("_id")} | {"transformers_version"}
    sources = (record.get("data") or {}).get("sources") or {}
    chosen = {name: value for name, value in settings.items() if value is not None}
    chosen |= {name: arguments[name] for name in ARGUMENTS if arguments.get(name) is not None}
    return {
        "command": shorten(_one_flag_a_line(command), 4000),
        "commit": str(commit).rstrip("+") if commit else None,
        "changed": str(commit).endswith("+"),
        "decoding": _listed({name: value for name, value in decoding.items() if name not in ignored}),
        "versions": _listed({name: version for name, version in (record.get("versions") or {}).items() if version}),
        "machine": _listed({name: value for name, value in (record.get("machine") or {}).items() if value}),
        "sources": {split: shorten(_listed(source), 400) for split, source in list(sources.items())[:MOST]},
        "settings": {name: shorten(str(value), 200) for name, value in sorted(chosen.items())},
        "seconds": {stage: value for stage, value in seconds.items() if number(value) is not None},
    }


def _one_flag_a_line(command):
    """The command as a shell takes it; only the first option may stay behind its program, torchrun."""
    breaks = [" \\\n  " if word.startswith("--") and place > 1 else " " for place, word in enumerate(command)]
    return "".join(gap + shlex.quote(word) for gap, word in zip(breaks, command, strict=True)).strip()


def _listed(values):
    return ", ".join(f"{name} {value}" for name, value in values.items())


def notices(parts):
    """What a person should look at first: [(sentence, the section that says more)]."""
    found, scores, training = [], parts["scores"], parts["training"]
    found += [(sentence, "scores") for sentence in _no_better(scores)]
    if training and training.last_is_best:
        found.append(("The last checkpoint is the best one: more epochs may help.", "training"))
    limit_share = parts["wrong"]["limit_share"]
    if limit_share and limit_share >= 1:
        found.append((f"{_decimals(limit_share)}\u00a0% of the outputs hit the length limit.", "wrong"))
    wrong = [
        f"{flag['count']:,} ({_decimals(flag['percent'])}\u00a0%) {flag['label']}"
        for flag in parts["wrong"]["flags"]
        if 100 * (flag["count"] - (flag["references"] or 0)) >= parts["total"]  # more often than the references do
    ]
    if wrong:
        found.append((f"Of {parts['total']:,} outputs, {', '.join(wrong)}.", "wrong"))
    split = parts["lengths"]["split"]
    for side, counts in parts["lengths"]["splits"].get(split, {}).items():
        if counts.get("cut_percent", 0) >= 1:
            cut = f"{_count(counts.get('cut'))} ({counts['cut_percent']}\u00a0%) of the {SPLITS.get(split, split)}"
            limit = f"Cut at max_{side}_length, {_count(counts.get('limit'))} tokens"
            found.append((f"{limit}: {cut} {side}s.", "lengths"))
    left_out = sum(count for row in parts["rows"] for count, why in row["reasons"] if not why.startswith("set aside"))
    if left_out:
        found.append((f"{left_out:,} rows were left out.", "rows"))
    return found


def _no_better(scores):
    """A sentence for each baseline on whose better side the tuned model's interval does not lie."""
    name, tuned = scores.main, scores.systems.get("tuned") or {}
    sign = 1 if METRICS.get(name, True) else -1
    for label in (scores.trivial, "untuned"):
        baseline = scores.systems.get(label) or {}
        if name not in tuned or name not in baseline:
            continue
        (value, *ends), (other, *other_ends) = (pictures.bounds(totals, name) for totals in (tuned, baseline))
        what = f"the {label} model" if label == "untuned" else f"the {label}"
        if sign * value < sign * other:
            yield f"The tuned model scores worse than {what}: {name} {_decimals(value)}, not {_decimals(other)}."
        elif min(sign * end for end in ends) <= max(sign * end for end in other_ends):
            yield f"The tuned model is not clearly better than {what}: the intervals of {name} overlap."


# --- Files and formats -----------------------------------------------------------------------------------------------


def _read(path):
    """The JSON object in a file; {} where there is none."""
    value = disk.read_json(path)
    return value if isinstance(value, dict) else {}


def _state(folder):
    """trainer_state.json of the run, or of its newest checkpoint where training did not come to its end."""
    found = [_read(path) for path in folder.glob("checkpoint-*/trainer_state.json")]
    newest = max(found, key=lambda state: number(state.get("global_step")) or 0, default={})
    return _read(folder / "trainer_state.json") or newest


def _printable(page):
    """Without what no page may hold: control characters become their pictures, half surrogate pairs a mark."""
    page = re.sub(r"[\x00-\x08\x0b-\x1f]", lambda match: chr(0x2400 + ord(match.group())), page)
    return re.sub(r"[\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]", "\ufffd", page)


def _count(value):
    return f"{value:,}" if number(value) is not None else "–"


def _decimals(value, digits=1):
    return f"{value:,.{digits}f}" if number(value) is not None else "–"


def _duration(seconds):
    if number(seconds) is None:
        return "–"
    hours, rest = divmod(round(seconds), 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [(hours, "h"), (minutes, "min"), (seconds, "s")]
    shown = [f"{value} {unit}" for value, unit in parts if value][:2]
    return " ".join(shown) or "0 s"
