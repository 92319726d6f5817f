# SPDX-License-Identifier: Apache-2.0
"""What the page of `make demo` does, apart from how it looks: answers, with what they have of their own in frames."""

import html
from typing import Any

from recipes import disk
from recipes.metrics import faithfulness
from recipes.prediction import Predictor
from recipes.report.predictions import rows_of
from recipes.shipping.using import preset

EXAMPLES = 5  # of the run's own predictions


def marked(output: str, source: str, names: bool = True) -> str:
    """`output` as HTML, escaped, with numbers, dates, codes and names that `source` does not have in frames.

    Args:
        names: False for a translation: its capitals are those of another language.
    """
    pieces, place = [], 0
    for flag in faithfulness.check(output, source, names=names)["unsupported"]:
        pieces += [html.escape(output[place : flag["start"]])]
        pieces += [
            f'<mark title="not in the source: {flag["kind"]}">{html.escape(output[flag["start"] : flag["end"]])}</mark>'
        ]
        place = flag["end"]
    return "".join([*pieces, html.escape(output[place:])])


def example(texts: list[str]) -> str:
    """One of `Page.examples` as HTML: below each other, for beside each other there is no room on a phone."""
    named = zip(("source", "reference", "prediction"), map(html.escape, texts), strict=True)
    return (
        '<dl class="example">' + "".join(f'<dt>{name}</dt><dd dir="auto">{one}</dd>' for name, one in named) + "</dl>"
    )


class Page:
    """A run, asked from a page; `talks`: in a conversation."""

    def __init__(self, predictor: Predictor):
        self.predictor, self.fields = predictor, predictor.fields
        self.talks = "history" in self.fields
        self.longest = predictor.usual.max_new_tokens
        self.names = not predictor.record["settings"].get("source_lang")

    def answer(self, name: str, length: int, *texts: str) -> tuple[str, str]:
        """(the answer as HTML, a line about it) to what was typed into the fields."""
        row = {field: text.strip() for field, text in zip(self.fields, texts, strict=True)}
        empty = [field for field, text in row.items() if not text]
        if empty:
            return "", f"Please fill in: {', '.join(empty)}"
        made = self.ask(row, name, length)
        source = "\n".join(row.values())
        shown = [marked(text, source, self.names) for text in made.get("variants", [made["prediction"]])]
        frames = "; framed: what the source does not have" if any("<mark" in one for one in shown) else ""
        cut = ", cut at the length limit" if made["hit_limit"] else ""
        return "".join(
            f'<p class="answer" dir="auto">{one}</p>' for one in shown
        ), f"score {made['score']}{cut}{frames}"

    def reply(self, text: str, history: list[dict], name: str, length: int) -> str:
        """The answer in a conversation; `history` is gradio's list of messages."""
        said = [_text_of(message["content"]) for message in history]
        return self.ask({"history": [*said, text]}, name, length)["prediction"]

    def ask(self, row: dict, name: str, length: int) -> dict:
        self.predictor.decode(**preset(name) | {"max_new_tokens": int(length)})
        return self.predictor.predict([row])[0]

    def about(self) -> str:
        """The run's scores, as Markdown."""
        found, folder = self.predictor.record, self.predictor.folder
        exported = found.get("export", {})
        results = disk.read_json(folder / "all_results.json") or {}
        rows = []
        for metric in found["metrics"]:
            key = next((key for key in (f"predict_{metric}", f"eval_{metric}") if key in results), None)
            if key:
                low, high = (results.get(f"{key}_ci_{end}", results[key]) for end in ("low", "high"))
                rows.append(f"| {metric} | {results[key]:.1f} | {low:.1f} to {high:.1f} |")
        table = "\n".join(["| score | | 95 % interval |", "|---|---|---|", *rows]) if rows else ""
        form = f", {exported['format']} {exported['precision']}" if exported else ""
        return f"**{found['recipe']['name']}**{form}\n\n{table}"

    def examples(self) -> list[list[str]]:
        """The run's first predictions: source as the model read it, reference, prediction."""
        rows = []
        for _, _, row in rows_of(self.predictor.folder / "predictions.jsonl"):
            reference = row["reference"] if isinstance(row["reference"], str) else " / ".join(row["reference"])
            rows.append([row["source"][:400], reference, row["prediction"]])
            if len(rows) == EXAMPLES:
                break
        return rows


def _text_of(content: Any) -> str:
    """A message's text; gradio gives it as it is or as a list of parts."""
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)
