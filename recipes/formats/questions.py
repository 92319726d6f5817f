# SPDX-License-Identifier: Apache-2.0
"""Questions on a text, as known data sets nest and name them: one row for each, its answers a list of texts.

SQuAD 1 and 2, QuAC, MRQA (articles of paragraphs of questions), TriviaQA and BoolQ (an object or a yes as the answer),
CoQA (lists of questions and answers), DROP, HotpotQA, MS MARCO, Natural Questions and TyDi QA.
"""

from collections.abc import Collection, Iterator
from typing import Any

from recipes.files import Row, read_written
from recipes.formats.nested import innermost, or_broken

# Where objects have their text, the first that is there.
KEYS = ("text", "value", "input_text", "spans", "answer", "sentences", "contexts", "passage_text", "wiki_context",
        "search_context", "summary")  # fmt: skip
NO_ANSWER = "CANNOTANSWER"  # QuAC's, at the end of each of its contexts
# A column that is not there -> those that may hold it.
CONTEXT = ("entity_pages", "search_results", "passages")
NESTED = ("paragraphs", "qas", "questions", "annotations", "context", "question", *CONTEXT)


@or_broken
def rows_of_questions(row: Row, answers: Collection[str | None]) -> list[Row]:
    """Rows with a text for "context" and "question", and a list of texts, which may be empty, in each of `answers`."""
    row.update({name: read_written(row[name]) for name in {*NESTED, *answers} & row.keys()})
    if not row.broken and isinstance(row.get("questions"), list):
        return list(_conversation(row))
    rows = innermost(row, "paragraphs", "qas")
    for one in rows:
        if "annotations" in one and {"document_text", "document_plaintext"} & one.keys():
            one["answers"] = list(_annotated(one))
        source = next((name for name in CONTEXT if one.get(name)), None)
        if "context" not in one and source:
            one["context"] = one[source]
        for name in {"context", "question"} & one.keys():
            found = texts(one[name]) if isinstance(one[name], dict | list) else []
            one[name] = "\n".join(found) if found and set(map(type, found)) == {str} else one[name]
        for name in {*answers} & one.keys():
            one[name] = [] if str(one.get("is_impossible")).lower() == "true" else _answers(one[name])
    return rows


def texts(value: Any) -> list[Any]:
    """All texts in lists and objects: of an object, those of its first known key, and other spellings of it."""
    if isinstance(value, dict):
        known = next((value[key] for key in KEYS if value.get(key) is not None), value)
        more = [one for one in value.get("aliases") or [] if one != known]
        return [known] if known is value else [*texts(known), *texts(more)]
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [{True: "yes", False: "no"}[value] if isinstance(value, bool) else value]


def _answers(value: Any) -> Any:
    if isinstance(value, bool | dict | list):
        return [text for text in texts(value) if text != NO_ANSWER]
    return [] if value == NO_ANSWER else value


def _conversation(row: Row) -> Iterator[Row]:
    """CoQA's questions, each with its own answers; what was asked before is not a part of it."""
    asked, given = texts(row["questions"]), texts(row.get("answers") or [])
    others = row.get("additional_answers") or {}
    if given and len(given) != len(asked):
        told = f"{len(asked)} questions have {len(given)} answers"
        yield row.reshaped(broken=("questions and answers are not paired", told))
        return
    around = {name: value for name, value in row.items() if name not in ("questions", "answers", "additional_answers")}
    for number, question in enumerate(asked):
        more = [text for one in others.values() for text in texts(one)[number : number + 1]]
        found = {"answers": [given[number], *(text for text in more if text != given[number])]} if given else {}
        made = row.reshaped({**around, "question": question, **found})
        made.line = f"{row.line}, questions {number + 1}"
        if row.get("id") is not None:
            made["id"] = f"{row['id']}/{number + 1}"
        yield made


def _annotated(row: Row) -> Iterator[str]:
    """The short answers of Natural Questions, by words of "document_text"; of TyDi QA, by bytes of its text."""
    marks, words = row["annotations"], str(row.get("document_text", "")).split(" ")
    if isinstance(marks, dict):
        text = str(row.get("document_plaintext", "")).encode()
        spans = zip(marks["minimal_answers_start_byte"], marks["minimal_answers_end_byte"], strict=True)
        yield from (text[int(start) : int(end)].decode(errors="ignore") for start, end in spans if int(start) >= 0)
        marks = [{"yes_no_answer": one} for one in marks.get("yes_no_answer", ())]
    for one in marks:
        for span in one.get("short_answers", ()):
            yield " ".join(words[int(span["start_token"]) : int(span["end_token"])])
        if str(one.get("yes_no_answer", "NONE")).lower() in ("yes", "no"):
            yield one["yes_no_answer"].lower()
