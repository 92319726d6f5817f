# SPDX-License-Identifier: Apache-2.0
"""Runs of a recipe in turn, one for each combination of settings: which is best, and is that more than chance?"""

import statistics
from collections.abc import Sequence
from pathlib import Path

from recipes import disk
from recipes.common import UserError
from recipes.lab import candidates, showing
from recipes.lab.finished import Finished, better

SEED = "seed"
ON = ("--do_train", "True", "--do_eval", "True", "--do_predict", "False", "--disable_tqdm", "True")


def recipe_named(name: str) -> str:
    """The file of a recipe, by its name or that of its make target: summarize -> summarize_t5."""
    known = sorted(candidates.recipes())
    stem = Path(name).stem.replace("text2text", "text_to_text")
    found = [one for one in known if one == stem] or [one for one in known if one.startswith(f"{stem}_")]
    if len(found) != 1:
        raise UserError(f"--recipe {name}: is not one of {', '.join(known)}")
    return found[0]


def sweep(recipe: str, grid: str, flags: Sequence[str], folder: Path) -> str:
    """Make the runs, or go on with them; what the screen shows.

    A run that is done is not made again; one that was stopped goes on from its last checkpoint. The test split is not
    scored. A run that fails is said, and the others go on.

    Raises:
        UserError: the folder holds a sweep with other flags, the grid is none, or no run could be made.
        KeyboardInterrupt: it was asked to stop.
    """
    cells = list(candidates.grid(grid))
    if not cells:
        raise UserError('--grid: name settings and values, such as "learning_rate=1e-5,2e-5 seed=1,2"')
    labels = [candidates.label_of(cell) for cell in cells]
    twice = {label for label in labels if labels.count(label) > 1}
    if twice:
        raise UserError(f"--grid: two runs would have the name {sorted(twice)[0]!r}; name one in two sweeps")
    made_with = {"recipe": recipe, "flags": list(flags)}
    old = disk.read_json(folder / "sweep.json")
    if old and old != made_with:
        raise UserError(f"--out {folder}: holds a sweep with other settings; name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    disk.write_json(folder / "sweep.json", made_with)
    runs, failed = [], []
    for number, (cell, label) in enumerate(zip(cells, labels, strict=True), 1):
        place = folder / label.replace(" ", "_")
        done = candidates.is_done(place)
        print(f"run {number} of {len(cells)}  {label}{'  is there' if done else ''}", flush=True)
        code = 0 if done else candidates.train(recipe, [*flags, *ON, *candidates.words(cell)], place)
        if code == 75:
            raise KeyboardInterrupt
        if code:
            said = candidates.last_words(place).removeprefix("error: ")
            failed.append(f"failed    {label}: {said} (exit {code}; all of it is in {place}.log)")
            print(failed[-1], flush=True)
        else:
            runs.append((cell, Finished(place, "validation", label)))
    if not runs:
        raise UserError(*failed)
    return _show(folder, recipe, runs, failed)


def grouped(runs: list[tuple[dict[str, str], Finished]]) -> dict[str, list[Finished]]:
    """Runs that differ in their seed alone, by the label of all other settings."""
    groups: dict[str, list[Finished]] = {}
    for cell, run in runs:
        label = candidates.label_of({name: value for name, value in cell.items() if name != SEED}) or "all"
        groups.setdefault(label, []).append(run)
    return groups


def _show(folder: Path, recipe: str, runs: list[tuple[dict[str, str], Finished]], failed: list[str]) -> str:
    groups = grouped(runs)
    first = runs[0][1]
    metric, others = first.metric, [name for name in first.metrics if name != first.metric]
    values = {label: [run.scores[metric] for run in several] for label, several in groups.items()}
    means = {label: statistics.fmean(several) for label, several in values.items()}
    ranked = sorted(means, key=means.__getitem__, reverse=better(metric))
    said = verdict(ranked, groups, values, metric)
    rows = []
    for label in ranked:
        spread = f"{min(values[label]):.1f} to {max(values[label]):.1f}" if len(values[label]) > 1 else ""
        more = [f"{statistics.fmean(run.scores[name] for run in groups[label]):.1f}" for name in others]
        marked = f"{'*' if label == ranked[0] else ' '} {label}"
        rows.append([marked, f"{means[label]:.1f}", spread, str(len(values[label])), *more, *_costs(groups[label])])
    header = ["  validation", metric, "over seeds", "runs", *others, "trained", "time", "memory"]
    points = {label: (means[label], min(values[label]), max(values[label])) for label in ranked}
    picture = showing.dots("sweep", f"{metric}: mean, lowest and highest of the seeds", points, metric)
    single = [[run.name, *(showing.score(run.scores, name) for name in first.metrics)] for _, run in runs]
    blocks = [
        {
            "title": "Settings",
            "table": (header, rows),
            "said": f"Means over seeds, on {len(first.rows)} validation rows.",
        },
        {"title": metric, "picture": picture},
        {"title": "Runs", "table": (["run", *first.metrics], single)},
    ]
    page = showing.write_page(folder / "sweep.html", f"Sweep of {recipe}", said, blocks)
    return "\n".join([showing.table(header, rows), *failed, "", f"wrote     {page}", said])


def _costs(several: list[Finished]) -> list[str]:
    """What share of the parameters is trained, the time of training, the most memory."""
    trained = several[0].record.get("parameters", {}).get("trained_percent", 100)
    seconds = statistics.fmean(run.record["seconds"].get("train", 0) for run in several)
    memory = max(run.record.get("peak_memory_gib") or 0 for run in several)
    return [f"{trained:g} %", f"{seconds:.0f} s", f"{memory:.1f} GiB"]


def verdict(ranked: list[str], groups: dict[str, list[Finished]], values: dict[str, list[float]], metric: str) -> str:
    """What to do. Seeds that overlap, or, of one seed each, rows that chance explains, are no difference."""
    best, *more = ranked
    folder = groups[best][0].folder
    told = f"Take {best}: {metric} {statistics.fmean(values[best]):.1f} on validation, in {folder}"
    if not more:
        return f"{told}; nothing else was tried."
    equal = [label for label in more if overlap(groups[best], groups[label], metric)]
    if not equal:
        return f"{told}; all others are worse by more than chance."
    how = "their seeds overlap" if min(map(len, values.values())) > 1 else "on these rows"
    return f"{told}; but nothing tells it from {', '.join(equal)} ({how})."


def overlap(best: list[Finished], other: list[Finished], metric: str) -> bool:
    """Whether chance may explain that `best` is better: of several seeds if they overlap, of one seed by its rows."""
    if min(len(best), len(other)) == 1:
        return not best[0].difference(other[0], metric).found
    ours, theirs = ([run.scores[metric] for run in several] for several in (best, other))
    return max(theirs) >= min(ours) if better(metric) else min(theirs) <= max(ours)
