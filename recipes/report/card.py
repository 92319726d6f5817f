# SPDX-License-Identifier: Apache-2.0
"""The model card: scores beside the baselines, a snippet that runs, how the model was made."""

import jinja2

CARD = """\
---
library_name: transformers
base_model: {{ settings.model_name_or_path }}
tags: [text2text-generation, {{ recipe.name }}]
---

# {{ settings.model_name_or_path }}, {{ "fine-tuned" if arguments.do_train else "scored" }} by {{ recipe.name }}

| {{ split }} split, {{ count }} rows | {{ metrics | join(" | ") }} |
|---|{{ "---|" * metrics | length }}
{% for label, scores in table.items() -%}
| {{ label }} | {% for name in metrics %}{{ "%.1f" | format(scores[name]) }} \
({{ "%.1f" | format(scores[name ~ "_ci_low"]) }} to {{ "%.1f" | format(scores[name ~ "_ci_high"]) }}) | {% endfor %}
{% endfor %}
Scores run from 0 to 100, with 95 % bootstrap intervals. Decoding, in fp32: {{ decoding }}.
Signature: {{ signatures }}.

## Use it

```python
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

folder = {{ folder | tojson }}
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSeq2SeqLM.from_pretrained(folder)
texts = [{{ example | tojson }}]
limits = dict(padding=True, truncation=True, max_length={{ settings.max_source_length }})
inputs = tokenizer(texts, return_tensors="pt", **limits)
print(tokenizer.batch_decode(model.generate(**inputs), skip_special_tokens=True))
```

A source is made of a record by `{{ source }}`; the target was `{{ target }}`.

## How it was made

Data: {% for split, rows in data.rows.items() %}{{ split }} {{ rows.used }} rows of {{ rows.read }}\
{{ ", " if not loop.last }}{% endfor %}. Seed {{ seed }}, {{ world_size }} process{{ "es" if world_size > 1 }}, \
{{ machine.gpu or machine.device }}.
To repeat it: `{{ command | join(" ") }}`. Everything else is in `run.json`; the recipe's source is `recipe.py`.
"""


def write_card(run, split, metrics, evaluator):
    """Write README.md, the model card: scores beside the baselines, a snippet that runs, how it was made."""
    baselines = run.read("baseline_results.json") or {}
    names = {"untuned": "untuned", "trivial": baselines.get("trivial_name"), "tuned": "**tuned**"}
    table = {names[label]: baselines[label] for label in names if label in baselines}
    table = table or ({"this model": evaluator.totals} if evaluator.rows else {})
    hidden = {name for name in run.record["decoding"] if name.endswith("_id")} | {"transformers_version"}
    decoding = [f"{name} {value}" for name, value in run.record["decoding"].items() if name not in hidden]
    shown = {
        **run.record,
        "decoding": ", ".join(decoding),
        "signatures": " ".join(evaluator.signatures.values()),
        "split": split,
        "count": baselines.get("rows") or len(evaluator.rows),
        "metrics": metrics,
        "table": table,
        "folder": str(run.folder),
        "example": evaluator.rows[0]["source"] if evaluator.rows else run.record["source"],
    }
    run.write_text("README.md", jinja2.Environment(keep_trailing_newline=True).from_string(CARD).render(shown))
