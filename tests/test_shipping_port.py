# SPDX-License-Identifier: Apache-2.0
"""make port: every dead name of typical code for transformers 4 is found, with its line; none is invented (trap 4)."""

import json

import pytest

from recipes.common import UserError
from recipes.shipping.port import dead_names, port

# A summarizer as tutorials of 2021 to 2023 write it.
TUTORIAL = """\
from datasets import load_dataset, load_metric
from transformers import (AutoTokenizer, AutoModelForSeq2SeqLM, AdamW, TrainingArguments, Trainer,
                          DataCollatorForSeq2Seq, Seq2SeqTrainingArguments, get_linear_schedule_with_warmup, pipeline)
import transformers as tf

tokenizer = AutoTokenizer.from_pretrained("t5-small", use_auth_token=True)
model = AutoModelForSeq2SeqLM.from_pretrained("t5-small", torch_dtype="auto")
inputs = tokenizer.batch_encode_plus(["a"], padding=True)
with tokenizer.as_target_tokenizer():
    labels = tokenizer(["b"])
args = TrainingArguments(
    output_dir="out",
    evaluation_strategy="epoch",
    predict_with_generate=True,
    learning_rate=3e-5,
    warmup_ratio=0.1,
)
right = Seq2SeqTrainingArguments(output_dir="out", eval_strategy="epoch", predict_with_generate=True)
trainer = Trainer(model=model, args=args, tokenizer=tokenizer)
trainer.train()
summarizer = pipeline("summarization", model=model, tokenizer=tokenizer)
sentiment = pipeline("text-classification")
old = tf.TFT5ForConditionalGeneration
"""
DEAD = {
    (1, "datasets.load_metric"),
    (2, "transformers.AdamW"),
    (6, "from_pretrained(use_auth_token=)"),
    (9, ".as_target_tokenizer()"),
    (13, "TrainingArguments(evaluation_strategy=)"),
    (14, "TrainingArguments(predict_with_generate=)"),
    (16, "TrainingArguments(warmup_ratio=)"),
    (19, "Trainer(tokenizer=)"),
    (21, "pipeline('summarization')"),
    (23, "transformers.TFT5ForConditionalGeneration"),
}


def test_every_dead_name_and_none_invented():
    from transformers import PreTrainedTokenizerBase

    wanted = DEAD | (
        {(8, ".batch_encode_plus()")} if not hasattr(PreTrainedTokenizerBase, "batch_encode_plus") else set()
    )
    found = dead_names(TUTORIAL)
    assert {(line, name) for line, name, _ in found} == wanted
    instead = {name: text for _, name, text in found}
    assert instead["TrainingArguments(evaluation_strategy=)"] == "eval_strategy"
    assert instead["Trainer(tokenizer=)"] == "processing_class"
    assert all(instead.values())


# Scripts in the manner of 2020: Lightning, and the first names of the library.
LIGHTNING = """\
import pytorch_lightning as pl
import transformers.modeling_t5
from transformers.optimization import AdamW
from transformers.pipelines.text2text_generation import SummarizationPipeline
from transformers import AutoModelWithLMHead, T5Tokenizer, Trainer as HFTrainer, pipeline
from peft import prepare_model_for_int8_training, LoraConfig
from .datasets import load_metric
from evaluation import evaluate

class Tuner(pl.LightningModule):
    def forward(self, ids, lm_labels=None):
        return self.model(ids, lm_labels=lm_labels)
    def training_step(self, batch, step):
        return self(batch["ids"], lm_labels=batch["labels"])

class Weighted(HFTrainer):
    def compute_loss(self, model, inputs, return_outputs=False):
        return 0

class Other:
    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

batch = tokenizer.encode_plus("a", pad_to_max_length=True, return_tensors="pt")
trainer = pl.Trainer(max_epochs=5, gpus=1)
mine = Weighted(model=model, tokenizer=tokenizer)
Other(tokenizer=tokenizer)
short = pipeline(task="summarization", model="x")
german = pipeline("translation_en_to_de", use_auth_token=True)
raw = load_dataset("xsum", trust_remote_code=True)
scores = {name: value.mid.fmeasure for name, value in result.items()}
"""


def test_names_of_others_are_theirs():
    """A Trainer of Lightning, a forward of one's own, a module beside the file; parents and other names are known."""
    found = {(line, name) for line, name, _ in dead_names(LIGHTNING)}
    assert found == {
        (2, "transformers.modeling_t5"),
        (3, "transformers.optimization.AdamW"),
        (4, "transformers.pipelines.text2text_generation.SummarizationPipeline"),
        (5, "transformers.AutoModelWithLMHead"),
        (6, "peft.prepare_model_for_int8_training"),
        (12, "model(lm_labels=)"),
        (24, ".encode_plus()"),
        (24, "encode_plus(pad_to_max_length=)"),
        (26, "Trainer(tokenizer=)"),
        (28, "pipeline('summarization')"),
        (29, "pipeline('translation_en_to_de')"),
        (29, "pipeline(use_auth_token=)"),
        (30, "load_dataset(trust_remote_code=)"),
        (31, ".mid.fmeasure"),
    }


def test_a_module_beside_the_file_is_not_the_library(tmp_path):
    code = "from evaluate import judge\nfrom transformers import AdamW\n"
    (tmp_path / "old.py").write_text(code)
    assert [name for _, name, _ in port(tmp_path / "old.py")] == ["evaluate.judge", "transformers.AdamW"]
    (tmp_path / "evaluate.py").write_text("")
    assert [name for _, name, _ in port(tmp_path / "old.py")] == ["transformers.AdamW"]


def test_a_notebooks_cells_are_one_program(tmp_path):
    cells = [
        "from pytorch_lightning import Trainer\nimport transformers",
        "Trainer(max_epochs=1)",
        "Seq2SeqTrainer(tokenizer=1)",
        "rouge = load_metric('rouge')",
    ]
    book = {"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]}
    (tmp_path / "book.ipynb").write_text(json.dumps(book))
    assert [name for _, name, _ in port(tmp_path / "book.ipynb")] == [
        "Seq2SeqTrainer(tokenizer=)",
        "datasets.load_metric",
    ]


def test_what_is_written_for_version_5_has_nothing():
    assert dead_names("import torch\nfrom transformers import AutoTokenizer\nTrainer = object\nx = torch.AdamW\n") == []
    assert dead_names("class A:\n    def encode_plus(self): pass\nA().encode_plus()\n") == []


def test_pages_and_notebooks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Text\n\n```python\nfrom transformers import AdamW\n```\n\n```\nfrom transformers import no\n```\n")
    assert [(line, name) for line, name, _ in port(page)] == [(4, "transformers.AdamW")]
    book = tmp_path / "book.ipynb"
    cell = {"cell_type": "code", "source": ["!pip install x\n", "from transformers import AdamW\n"]}
    book.write_text(json.dumps({"cells": [cell]}))
    assert [(line, name) for line, name, _ in port(book)] == [(2, "transformers.AdamW")]
    with pytest.raises(UserError, match="cannot be read"):
        port(tmp_path / "none.py")
    (tmp_path / "a.py").write_text("print 'two'\n")
    with pytest.raises(UserError, match="Python is needed"):
        port(tmp_path / "a.py")
