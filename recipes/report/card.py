# SPDX-License-Identifier: Apache-2.0
"""The model card: scores beside the baselines, a snippet that runs, how the model was made."""

import json
import re
from pathlib import Path

import jinja2
from huggingface_hub import EvalResult, ModelCardData

from recipes import disk

CARD = """\
---
{{ head }}
---

# {{ settings.model_name_or_path }}, {{ "fine-tuned" if arguments.do_train else "scored" }} by {{ recipe.name }}

| {{ split }} split, {{ count }} rows | {{ metrics | join(" | ") }} |
|---|{{ "---|" * metrics | length }}
{% for label, scores in table.items() -%}
| {{ label }} | {% for name in metrics %}{{ "%.1f" | format(scores[name]) }} \
({{ "%.1f" | format(scores[name ~ "_ci_low"]) }} to {{ "%.1f" | format(scores[name ~ "_ci_high"]) }}) | {% endfor %}
{% endfor %}
Scores{{ " run from 0 to 100," if "perplexity" not in metrics }} with 95 % bootstrap intervals, in fp32.\
{{ " Decoding: " ~ decoding ~ "." if decoding }}
Signature: {{ signatures }}.
{% if notices %}
## Know this first

{% for sentence in notices %}- {{ sentence }}
{% endfor %}{% endif %}
## Use it

```python
{% if not decoding -%}
from recipes.prediction import Predictor

predict = Predictor({{ folder | python }})
print(predict([{{ example | python }}]))
{% else -%}
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

folder = {{ folder | python }}
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSeq2SeqLM.from_pretrained(folder)
texts = [{{ example | python }}]
limits = dict(padding=True, truncation=True, max_length={{ settings.max_source_length }})
inputs = tokenizer(texts, return_tensors="pt", **limits)
print(tokenizer.batch_decode(model.generate(**inputs), skip_special_tokens=True))
{% endif -%}
```

A source is made of a record by `{{ source }}`; the target was `{{ target }}`.

## How it was made

Data: {% for split, rows in data.rows.items() %}{{ split }} {{ rows.used }} rows of {{ rows.read }}\
{{ ", " if not loop.last }}{% endfor %}. Seed {{ seed }}, {{ world_size }} process{{ "es" if world_size > 1 }}, \
{{ machine.gpu or machine.device }}.
To repeat it: `{{ command | join(" ") }}`. Everything else is in `run.json`; the recipe's source is `recipe.py`.
"""


def write_card(folder: str | Path, place: Path | None = None, repository: str | None = None) -> None:
    """Write README.md, the model card, from the files of a finished run's folder.

    It may be shown to anybody: no row of the data and no path of the machine is in it.

    Args:
        place: another folder for the card.
        repository: what the model is called on the Hub; None: the snippet takes it from its own folder.
    """
    folder = Path(folder)
    record, baselines = _read(folder / "run.json"), _read(folder / "baseline_results.json")
    with open(folder / "predictions.jsonl", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    names = {"untuned": "untuned", "trivial": baselines.get("trivial_name"), "tuned": "**tuned**"}
    table = {names[label]: baselines[label] for label in names if label in baselines}
    split = baselines.get("split", "test" if (folder / "predict_results.json").exists() else "validation")
    if not table:
        prefix = "predict" if split == "test" else "eval"
        results = _read(folder / f"{prefix}_results.json")
        table = {"this model": {name.removeprefix(f"{prefix}_"): value for name, value in results.items()}}
    hidden = {name for name in record["decoding"] if name.endswith("_id")} | {"transformers_version"}
    scored = record.get("scored_decoding") or record["decoding"]
    decoding = [f"{name} {value}" for name, value in scored.items() if name not in hidden]
    head = ModelCardData(
        library_name="transformers",
        base_model=_public(record["settings"]["model_name_or_path"]),
        tags=["text2text-generation"] * bool(decoding) + [record["recipe"]["name"]],
        model_name=repository or folder.name,
        eval_results=_results(record, next(reversed(table.values()), {}), split),
    )
    shown = {
        **record,
        "settings": {**record["settings"], "model_name_or_path": head.base_model},
        "command": [_public(word) for word in record["command"]],
        "head": head.to_yaml(),
        "decoding": ", ".join(decoding),
        "signatures": " ".join(record["signatures"].values()),
        "split": split,
        "count": baselines.get("rows", len(rows)),
        "table": table,
        "folder": repository or ("." if folder.is_absolute() else str(folder)),
        "example": re.sub(r"{(\w+)}", r"(\1)", record["source"]),
    }
    environment = jinja2.Environment(keep_trailing_newline=True)
    environment.filters["python"] = repr  # JSON's \\ud83d\\ude00 is one character in JSON and two halves in Python
    disk.write_text((place or folder) / "README.md", environment.from_string(CARD).render(shown))


def _public(word: str) -> str:
    """A word of a command line, or a model's name, without the folders of the machine."""
    flag, mark, value = word.rpartition("=")
    return f"{flag}{mark}{Path(value).name}" if Path(value).is_absolute() or Path(value).exists() else word


def _results(record: dict, scores: dict, split: str) -> list[EvalResult]:
    """The scores as the Hub's model-index has them."""
    data = _public(record["settings"].get("dataset_name") or record["settings"].get("train_file") or "own data")
    about = {"task_type": "text2text-generation", "dataset_type": data, "dataset_name": data, "dataset_split": split}
    return [
        EvalResult(**about, metric_type=name, metric_name=name, metric_value=round(scores[name], 2))
        for name in record["metrics"]
        if isinstance(scores.get(name), int | float)
    ]


def _read(path: Path) -> dict:
    """The JSON object in a file; {} where there is none, as baselines after an evaluation alone."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
