# SPDX-License-Identifier: Apache-2.0
"""Twice the text is twice the work: letters that are read again and again are counted, no clock is asked."""

import pytest
from conftest import make_tokenizer

from recipes import convo_flant5, qa_t5
from recipes.common import features
from recipes.common.tasks import task_of_module
from recipes.files.rows import Row
from recipes.metrics import words

SENTENCE = "Ann wants a lamp and says hello. "


class Counting:
    """A tokenizer that counts the letters it is given."""

    def __init__(self):
        self.tokenizer, self.letters = make_tokenizer(), 0

    def __call__(self, *texts, **options):
        for text in (*texts, *(options[name] for name in ("text", "text_target") if name in options)):
            self.letters += sum(map(len, [text] if isinstance(text, str) else text))
        return self.tokenizer(*texts, **options)

    def __getattr__(self, name):
        return getattr(self.tokenizer, name)


def letters_of_qa(context, answers, monkeypatch):
    """Letters that go into the tokenizer and into words for one question."""
    tokenizer, seen, tokenize = Counting(), [], words.tokenize
    for cached in (one for one in vars(words).values() if hasattr(one, "cache_clear")):
        cached.cache_clear()
    monkeypatch.setattr(words, "tokenize", lambda text, *more: seen.append(len(text)) or tokenize(text, *more))
    row = {"id": "1", "context": context, "question": "Who?", "text": answers}
    settings = qa_t5.Settings(max_source_length=64, doc_stride=8)
    made = list(features.encode([(0, row)], task_of_module(qa_t5), tokenizer, settings))
    monkeypatch.setattr(words, "tokenize", tokenize)
    return len(made), tokenizer.letters + sum(seen)


@pytest.mark.parametrize("unit", [SENTENCE, "a" * len(SENTENCE)], ids=["sentences", "one word"])
def test_a_context(unit, monkeypatch):
    """In windows: each is read for an answer, the whole a few times."""
    windows, small = letters_of_qa(unit * 100, ["lamp"], monkeypatch)
    more, large = letters_of_qa(unit * 400, ["lamp"], monkeypatch)
    assert windows > 5 and 3.5 < more / windows < 4.5
    assert large < 5 * small


def test_answers_of_one_question(monkeypatch):
    small, large = (
        letters_of_qa(SENTENCE, [f"lamp {number}" for number in range(count)], monkeypatch)[1] for count in (250, 1000)
    )
    assert large < 5 * small


def test_turns_of_one_conversation():
    """Each reply has its own source, whose length is bounded: letters grow as replies do."""

    def letters(count):
        turns = [{"from": ("human", "gpt")[place % 2], "value": SENTENCE} for place in range(count)]
        settings, tokenizer = convo_flant5.Settings(max_source_length=64), Counting()
        rows = convo_flant5.reshape(Row({"id": "1", "conversations": turns}, "mine.jsonl", 1), settings)
        for row in rows:
            convo_flant5.prepare(row, settings, tokenizer)
        return tokenizer.letters

    assert letters(400) < 5 * letters(100)
