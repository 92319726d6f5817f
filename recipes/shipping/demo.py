# SPDX-License-Identifier: Apache-2.0
"""A page on loopback that shows a finished run to a colleague. Tried with gradio 6.31; it sends nothing elsewhere."""

from pathlib import Path

import gradio as gr

from recipes.prediction import Predictor
from recipes.shipping import showing
from recipes.shipping.showing import Page
from recipes.shipping.using import PRESETS

STYLE = """
mark {background: none; color: inherit; border: 2px solid #c0392b; border-radius: 3px; padding: 0 2px}
.answer {font-size: 1.1rem; white-space: pre-wrap; overflow-wrap: anywhere}
.example {border-top: 1px solid var(--border-color-primary); padding: 8px 0}
.example dt {font-size: 0.8rem; color: var(--body-text-color-subdued)}
.example dd {margin: 0 0 6px; white-space: pre-wrap; overflow-wrap: anywhere}
footer {display: none !important}
"""


def blocks(page: Page) -> gr.Blocks:
    """The page: fields and answer, or a chat; how to decode; scores and examples."""
    found = page.predictor.record
    with gr.Blocks(title=found["recipe"]["name"], analytics_enabled=False) as made:
        gr.Markdown(f"# {found['recipe']['name']}")
        with gr.Row(), gr.Column(scale=3):
            settings = [
                gr.Radio(list(PRESETS), value="as trained", label="decoding", render=False),
                gr.Slider(
                    1, max(256, page.longest), value=page.longest, step=1, label="longest, in tokens", render=False
                ),
            ]
            if page.talks:
                # gradio takes tags out of what it shows in a chat: with sanitize_html=False it would run them.
                talk = gr.Chatbot(render_markdown=False, height=420)
                gr.ChatInterface(
                    page.reply, chatbot=talk, additional_inputs=settings, api_visibility="private", autofocus=False
                )
            else:
                if found["settings"].get("source_lang"):
                    languages = found["settings"]["source_lang"], found["settings"]["target_lang"]
                    gr.Markdown("From **{}** to **{}**".format(*languages))
                boxes = [
                    gr.Textbox(label=field, lines=2 if field == "question" else 6, max_lines=20)
                    for field in page.fields
                ]
                for one in settings:
                    one.render()
                button = gr.Button("Answer", variant="primary")
                answer = gr.HTML(label="answer", min_height=60)
                told = gr.Markdown()
                button.click(page.answer, [*settings, *boxes], [answer, told], api_visibility="private")
        gr.Markdown(page.about())
        examples = page.examples()
        if examples:
            with gr.Accordion("The run's own examples", open=False):
                gr.HTML("".join(map(showing.example, examples)))
    return made


def serve(folder: Path, port: int | None = None, trust_recipe: bool = False, wait: bool = True) -> str:
    """Show the run in `folder` on this machine alone; returns the address."""
    made = blocks(Page(Predictor(folder, trust_recipe=trust_recipe)))
    _, address, _ = made.launch(
        server_name="127.0.0.1", server_port=port, share=False, quiet=True, prevent_thread_lock=True, css=STYLE,
        theme=gr.themes.Default(font="sans-serif", font_mono="monospace"),
    )  # fmt: skip
    print(f"look at   {address}   (Ctrl-C ends it)", flush=True)
    if wait:
        made.block_thread()
    return address
