# SPDX-License-Identifier: Apache-2.0
"""What the untuned model makes of a task: asked as it is, and with some solved examples before the question."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recipes import disk
from recipes.common import UserError, models, reading, tasks
from recipes.common.features import source_template
from recipes.lab import candidates, showing
from recipes.lab.decode import own_decoding
from recipes.lab.finished import Finished, references
from recipes.prediction import record_of
from recipes.report import differences
from recipes.typed.templates import fields_of, fill

ON = ("--do_train", "False", "--do_eval", "True", "--disable_tqdm", "True")
OF_TRAINING_ALONE = candidates.OF_TRAINING - {"model_name_or_path", "model_revision", "tokenizer_name", "test_file"}
# What can be wrong with an output: name -> (of which rows, what it means).
ERRORS = {
    "are empty": (lambda row: not row["prediction"].strip(), "the model does not know that it is asked"),
    "hold sentinels": (lambda row: "<extra_id_" in row["prediction"], "it only fills gaps, as it was pre-trained"),
    "copy the source": (lambda row: differences.copies(row["prediction"], row["source"]), "it gives back what it read"),
    "repeat themselves": (lambda row: differences.repeats(row["prediction"]), "it does not know when to end"),
    "end at the length limit": (lambda row: bool(row.get("hit_limit")), "it writes no end token"),
    "say something unsupported": (lambda row: bool(row.get("unsupported")), "figures or names are not the source's"),
}


def baseline(recipe: str, flags: Sequence[str], shots: int, folder: Path, with_test: bool) -> str:
    """Score the untuned model without examples and with `shots` of them; what the screen shows.

    Examples are training rows drawn with the run's seed, in the recipe's own templates, put before each source with a
    blank line between; --max_source_length grows by their tokens, so that they push nothing out.
    """
    candidates.writer(recipe)
    made: dict[str, Finished] = {}
    splits = ["--do_predict", str(with_test)]
    plain = _run(recipe, [*flags, *ON, *splits], folder / "zero_shot", "zero-shot")
    split = "test" if with_test and (plain / "predict_results.json").exists() else "validation"
    made["zero-shot"] = Finished(plain, split, "zero-shot")
    if shots:
        prefix, tokens = _examples(recipe, made["zero-shot"], shots)
        limit = made["zero-shot"].record["settings"]["max_source_length"] + tokens
        asked = ["--source_prefix", prefix, "--max_source_length", str(limit)]
        name = f"{shots}-shot"
        made[name] = Finished(_run(recipe, [*flags, *ON, *splits, *asked], folder / f"{shots}_shot", name), split, name)
    return _show(folder, made, split)


def _run(recipe: str, flags: list[str], place: Path, name: str) -> Path:
    print(f"scores    {name}", flush=True)
    code = 0 if candidates.is_done(place) else candidates.train(recipe, flags, place)
    if code == 75:
        raise KeyboardInterrupt
    if code:
        raise UserError(f"{name}: exit {code}: {candidates.last_words(place)}")
    for weights in place.glob("*.safetensors"):
        weights.unlink()  # those of the model that was scored
    candidates.reseal(place, {})
    return place


def _examples(recipe: str, run: Finished, shots: int) -> tuple[str, int]:
    """(the text before each source, with solved examples; its tokens)."""
    module = candidates.recipe_of(run.record)
    task = tasks.task_of_module(module)
    own = {one for one in run.record["settings"] if hasattr(task.settings(), one)}
    settings = task.settings(**{name: run.record["settings"][name] for name in own})
    task = task.with_settings(task, settings) if task.with_settings else task
    tokenizer, data = models.load_tokenizer(settings), run.record["data"]
    lists = {"several": data["several"], "allow_none": data["several"], "may_be_empty": data["may_be_empty"]}
    rows = reading.load(task, settings, seed=run.record["seed"], tokenizer=tokenizer, **lists)["train"]
    scored = {row["id"] for row in run.rows} if "cut_from" in str(data["sources"]) else set()
    rows = [row for row in rows if row["id"] not in scored]
    rows = random.Random(run.record["seed"]).sample(rows, min(200, len(rows)))
    template = source_template(task.source, settings.source_prefix)
    solved = []
    for row in rows:
        source = (task.prepare(row, settings, tokenizer) if task.prepare else [fill(template, row)])[0]
        target = task.learned(row, source, settings) if task.learned else _reference(row, task.target)
        solved.append(f"{source}\n{target}")
    short = sorted(solved, key=len)[: max(shots, len(solved) // 2)]  # long ones leave little room
    chosen = random.Random(run.record["seed"]).sample(short, min(shots, len(short)))
    before = "\n\n".join(chosen) + "\n\n" + template[: template.index("{")]
    return before, len(tokenizer(before)["input_ids"])


def _reference(row: dict[str, Any], target: str) -> str:
    fields = {name: row[name] for name in fields_of(target)}
    return fill(target, {name: value[0] if isinstance(value, list) else value for name, value in fields.items()})


def errors(run: Finished) -> list[str]:
    """Two or three sentences on what is wrong with the outputs, the most frequent first, each with an example."""
    found = {name: [row for row in run.rows if test(row)] for name, (test, _) in ERRORS.items()}
    ranked = sorted((name for name in found if found[name]), key=lambda name: -len(found[name]))[:3]
    count = len(run.rows)
    said = []
    for name in ranked:
        first = found[name][0]
        text = first["prediction"][:90] + ("…" if len(first["prediction"]) > 90 else "")
        share = f"{100 * len(found[name]) / count:.0f} % of the outputs {name}: {ERRORS[name][1]}"
        said.append(f"{share}; such as {first['id']}, {text!r} for {references(first)[0][:90]!r}.")
    return said or [f"None of the {count} outputs is empty, copied, repeated, cut or unsupported."]


def flags_of_run(run: Path) -> tuple[str, list[str], bool]:
    """(recipe, flags, whether its table is of the test split) with which the run's base model is asked the same."""
    found = record_of(run)
    chosen = {name: value for name, value in found["settings"].items() if name not in OF_TRAINING_ALONE}
    chosen |= {name: found["arguments"][name] for name in ("seed", "per_device_eval_batch_size")}
    known = disk.read_json(run / "baseline_results.json") or {}
    neutral = candidates.PRESETS["neutral"]
    flags = candidates.words({name: value for name, value in chosen.items() if name not in neutral})
    return found["recipe"]["name"], flags + candidates.decoding_flags(own_decoding(found)), known.get("split") == "test"


def _show(folder: Path, made: dict[str, Finished], split: str) -> str:
    last = list(made.values())[-1]
    rows = [[name, *(showing.score(run.scores, one) for one in run.metrics)] for name, run in made.items()]
    header = [f"{split}, {len(last.rows)} rows", *last.metrics]
    metric = last.metric
    best = max(made.values(), key=lambda run: run.scores[metric])
    analysis = errors(best)
    said = f"Fine-tuning has to beat {metric} {best.scores[metric]:.1f} ({best.name})"
    said += (
        "; if that is enough for you, do not train." if best.scores[metric] > 50 else ": prompting alone will not do."
    )
    blocks = [
        {"title": "Scores of the untuned model", "table": (header, rows)},
        {"title": "What goes wrong", "list": analysis, "said": f"Of {best.name}."},
        {"title": "Outputs", "texts": [_card(place, made) for place in range(min(5, len(last.rows)))]},
    ]
    page = showing.write_page(folder / "baseline.html", f"Baseline of {last.record['recipe']['name']}", said, blocks)
    return "\n".join([showing.table(header, rows), "", *analysis, "", f"wrote     {page}", said])


def _card(place: int, made: dict[str, Finished]) -> dict[str, Any]:
    row = next(iter(made.values())).rows[place]
    texts = {"reference": references(row)[0], **{name: run.rows[place]["prediction"] for name, run in made.items()}}
    return {"title": str(row["id"]), "parts": [(name, differences.cut(text, {})) for name, text in texts.items()]}


def add_to_run(run: Path, made: Path, name: str) -> str:
    """Put the totals of a baseline into a run's baseline_results.json, so that its table and report show them.

    Raises:
        UserError: they are not of the same rows.
    """
    known = disk.read_json(run / "baseline_results.json") or {}
    split = known.get("split", "validation")
    shot, own = Finished(made, split, name), Finished(run, split)
    if [row["id"] for row in shot.rows] != [row["id"] for row in own.rows] or known.get("rows") != len(own.rows):
        raise UserError(f"{run}: its table is of {known.get('rows')} {split} rows, {made} of {len(shot.rows)} others")
    disk.write_json(run / "baseline_results.json", known | {"prompted": shot.scores, "prompted_name": name})
    candidates.reseal(run, {})
    return f"wrote     {run}/baseline_results.json: the run's table has {name} now"
