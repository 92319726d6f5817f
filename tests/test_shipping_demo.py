# SPDX-License-Identifier: Apache-2.0
"""make demo: what the page answers; and, slow, the page itself in a real Chromium."""

import html
import re
import shutil
import sys

import pytest
from conftest import ROOT
from harness import Predictor
from helpers import read_json, read_jsonl, run_recipe

from recipes.shipping import showing

sys.path.append(str(ROOT / "scripts"))
import demo as script  # noqa: E402

RECIPE = "summarize_t5"


def test_the_page_answers_as_the_run_was_scored(done, small):
    page = showing.Page(Predictor(done.folder))
    answer, told = page.answer("as trained", page.longest, small.rows["test"][0]["document"])
    own = read_jsonl(done.folder / "predictions.jsonl")[0]["prediction"]
    assert html.unescape(re.sub("<[^>]*>", "", answer)) == own
    assert told.startswith("score -")
    assert page.answer("as trained", 24, "  ") == ("", "Please fill in: document")


def test_a_script_tag_stays_text_and_what_the_source_lacks_is_framed():
    shown = showing.marked("Order 48213 <script>alert(1)</script> for 12 euros", "order 48213, please")
    assert "<script>" not in shown and "&lt;script&gt;" in shown
    assert '<mark title="not in the source: amount">12 euros</mark>' in shown
    assert "<mark" not in shown[: shown.index("48213") + 5]


def test_nouns_of_a_translation_are_no_names(smalls, monkeypatch):
    """German writes them with capitals; a number that the source does not have is framed as elsewhere."""
    page = showing.Page(Predictor(smalls("translate_mt5_lora").done.folder))
    made = {"prediction": "Wo ist die Bestellung 7?", "hit_limit": False, "score": -1.0}
    monkeypatch.setattr(page, "ask", lambda *_: made)
    assert re.findall("<mark[^>]*>(.*?)</mark>", page.answer("fast", 8, "Where is order 8?")[0]) == ["7"]


def test_length_and_preset_are_those_of_one_question(done):
    page = showing.Page(Predictor(done.folder))
    page.answer("fast", 1, "Ann asks for a lamp.")
    assert page.predictor.engine.config.max_new_tokens == 1
    page.answer("as trained", page.longest, "Ann asks for a lamp.")
    assert page.predictor.engine.config.to_dict() == page.predictor.usual.to_dict()


def test_a_question_has_its_context_and_a_conversation_its_turns(smalls, monkeypatch):
    page = showing.Page(Predictor(smalls("qa_t5").done.folder))
    assert page.fields == ["question", "context"] and not page.talks
    assert page.answer("fast", 8, "why?", "")[1] == "Please fill in: context"
    page, asked = showing.Page(Predictor(smalls("convo_flant5").done.folder)), []
    assert page.talks
    monkeypatch.setattr(page, "ask", lambda row, *_: asked.append(row) or {"prediction": "yes"})
    history = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}]
    assert page.reply("is it blue", history, "fast", 8) == "yes"
    assert asked == [{"history": ["hello", "hi", "is it blue"]}]


def test_the_runs_scores_and_examples_stand_beside_it(done):
    page = showing.Page(Predictor(done.folder))
    own = read_json(done.folder / "predict_results.json")
    assert f"| rougeL | {own['predict_rougeL']:.1f} |" in page.about()
    first = read_jsonl(done.folder / "predictions.jsonl")[0]
    assert page.examples()[0] == [first["source"], first["reference"], first["prediction"]]


def test_an_example_shows_all_its_texts_as_texts():
    made = showing.example(["<b>a", "b", "c & d"])
    assert [part.partition("</dd>")[0] for part in made.split('<dd dir="auto">')[1:]] == [
        "&lt;b&gt;a",
        "b",
        "c &amp; d",
    ]


def test_without_its_package_the_page_says_what_to_install(done, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.delitem(sys.modules, "recipes.shipping.demo", raising=False)
    assert run_recipe(["--run", str(done.folder)], script.main) == 2
    assert "needs the package gradio, which is not installed: pip install" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", ["summarize_t5", "qa_t5", "translate_mt5_lora", "convo_flant5"])
def test_in_chromium(smalls, tmp_path, name):
    """Needs requirements-demo.txt, playwright and a Chromium. A script stays text; no request leaves this machine."""
    from playwright.sync_api import sync_playwright

    from recipes.shipping import demo

    address = demo.serve(smalls(name).done.folder, wait=False)
    asked, dialogs = [], []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 390, "height": 800})
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("dialog", lambda dialog: dialogs.append(dialog) or dialog.dismiss())
        tab.goto(address)
        boxes = tab.locator("textarea:visible")
        boxes.first.wait_for()
        for place in range(boxes.count()):
            boxes.nth(place).fill("<script>alert(1)</script> Ann asks for 7 lamps")
        if name == "convo_flant5":
            boxes.first.press("Enter")
            tab.get_by_text("Ann asks for 7 lamps").first.wait_for()  # the tag is asked about, but not shown
        else:
            tab.get_by_role("button", name="Answer").click()
            tab.get_by_text("score -").wait_for()
        wide = tab.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert wide <= 390  # nothing sticks out at a phone's width
    assert dialogs == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
