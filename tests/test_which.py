# SPDX-License-Identifier: Apache-2.0
"""Three questions lead to a command that there is."""

import re
import sys

import pytest
from conftest import ROOT

sys.path.append(str(ROOT / "scripts"))
import which  # noqa: E402

PATHS = {"2": "classify", "3": "tag", "4 1": "adapt", "4 2": "continue", "1 1": "summarize", "1 2 1": "paraphrase",
         "1 2 2": "translate", "1 3 1": "extract", "1 3 2": "qa", "1 4": "convo", "1 5": "text2text",
         "x 9 2": "classify"}  # fmt: skip


@pytest.mark.parametrize("typed", PATHS)
def test_answers_lead_to_a_target(typed, monkeypatch, capsys):
    answers = iter(typed.split())
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    assert which.main() == 0
    assert f"\nmake {PATHS[typed]}\n" in capsys.readouterr().out
    assert re.search(rf"^{PATHS[typed]}\b.*:", (ROOT / "Makefile").read_text(), re.M)


def test_every_question_is_asked_and_every_target_is_on_the_page():
    following = {target for answers in which.QUESTIONS.values() for _, target in answers}
    assert {*which.QUESTIONS} - {next(iter(which.QUESTIONS))} == {one for one in following if one.endswith("?")}
    page = (ROOT / "docs/choosing.md").read_text(encoding="utf-8")
    assert all(f"`{target}`" in page for target in following if target.startswith("make"))
