# SPDX-License-Identifier: Apache-2.0
"""ONNX: encoder and decoder as two graphs, asked by the library's own `generate`. Tried with torch 2.13.

The decoder has no cache: texts are the model's own, at a third of its speed. optimum, which exports one with a cache,
does not install beside transformers 5.
"""

import copy
import warnings
from pathlib import Path

import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn
from transformers import AutoConfig, GenerationConfig, GenerationMixin, PreTrainedModel, PreTrainedTokenizerBase
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput

from recipes.common.decoding import Output, labels_of, read_outputs, sampled

PARTS = ("encoder", "decoder")
STATES = {0: "rows", 1: "source"}


class Encoder(nn.Module):
    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model.get_encoder()(input_ids, attention_mask=attention_mask).last_hidden_state


class Decoder(nn.Module):
    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, decoder_input_ids, states, attention_mask):
        encoded = BaseModelOutput(last_hidden_state=states)
        asked = {"encoder_outputs": encoded, "attention_mask": attention_mask, "decoder_input_ids": decoder_input_ids}
        return self.model(**asked, use_cache=False).logits


def convert(
    folder: Path, model: nn.Module, tokenizer: PreTrainedTokenizerBase, precision: str, example: list[int]
) -> None:
    """Write encoder.onnx and decoder.onnx, traced with `example`, the ids of a source."""
    model.set_attn_implementation("eager")
    ids = torch.tensor([example, example])
    mask, begun = torch.ones_like(ids), torch.full((2, 3), model.config.decoder_start_token_id)
    mask[1, -1] = 0
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracer, about each branch that it does not follow
        states = Encoder(model)(ids, mask)
        graphs = {
            "encoder": (Encoder(model), {"input_ids": ids, "attention_mask": mask}, "states"),
            "decoder": (
                Decoder(model),
                {"decoder_input_ids": begun, "states": states, "attention_mask": mask},
                "logits",
            ),
        }
        for name, (part, inputs, output) in graphs.items():
            axes = {one: STATES for one in ("input_ids", "attention_mask", "states")}
            axes |= {one: {0: "rows", 1: "target"} for one in ("decoder_input_ids", "logits")}
            torch.onnx.export(
                part,
                tuple(inputs.values()),
                str(folder / f"{name}.onnx"),
                input_names=list(inputs),
                output_names=[output],
                dynamic_axes={one: axes[one] for one in (*inputs, output)},
                opset_version=17,
                dynamo=False,  # the new exporter fails on these models
            )
            if precision == "int8":
                whole = folder / f"{name}.fp32.onnx"
                (folder / f"{name}.onnx").rename(whole)
                quantize_dynamic(whole, folder / f"{name}.onnx", weight_type=QuantType.QInt8)
                whole.unlink()
    model.config.save_pretrained(folder)


class OnnxModel(PreTrainedModel, GenerationMixin):
    """The two graphs in the place of a model, for `generate`: each step runs the decoder over all tokens so far."""

    main_input_name = "input_ids"

    def __init__(self, folder: Path):
        config = AutoConfig.from_pretrained(folder)
        super().__init__(config)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        providers = [one for one in onnxruntime.get_available_providers() if one.startswith(("CUDA", "CPU"))]
        self.graphs = {
            part: onnxruntime.InferenceSession(folder / f"{part}.onnx", options, providers=providers) for part in PARTS
        }

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    def get_encoder(self):
        return self.encode

    def encode(self, input_ids, attention_mask, **_) -> BaseModelOutput:
        return BaseModelOutput(
            last_hidden_state=_run(self.graphs["encoder"], input_ids=input_ids, attention_mask=attention_mask)
        )

    def prepare_inputs_for_generation(self, decoder_input_ids, encoder_outputs, attention_mask, **_):
        return {
            "decoder_input_ids": decoder_input_ids,
            "encoder_outputs": encoder_outputs,
            "attention_mask": attention_mask,
        }

    def forward(self, decoder_input_ids, encoder_outputs, attention_mask, **_) -> Seq2SeqLMOutput:
        states = encoder_outputs.last_hidden_state
        asked = {"decoder_input_ids": decoder_input_ids, "states": states, "attention_mask": attention_mask}
        return Seq2SeqLMOutput(logits=_run(self.graphs["decoder"], **asked), encoder_last_hidden_state=states)


class Engine:
    """The graphs of a folder, which give Outputs for ids."""

    def __init__(self, folder: Path, tokenizer: PreTrainedTokenizerBase, device: str, patience: float | None = None):
        self.model, self.tokenizer = OnnxModel(folder), tokenizer
        self.config = GenerationConfig.from_pretrained(folder)

    def __call__(self, ids: list[list[int]], seed: int) -> list[list[Output]]:
        """One list of Output per row of ids; each with its mean log-probability, end token counted."""
        config, count = copy.deepcopy(self.config), self.config.num_return_sequences or 1
        config.use_cache = False
        batch = self.tokenizer.pad({"input_ids": ids}, return_tensors="pt")
        encoded = self.model.encode(**batch)
        mask = batch["attention_mask"]
        with sampled(config, seed):
            made = self.model.generate(
                attention_mask=mask, encoder_outputs=BaseModelOutput(**encoded), generation_config=config
            )
        repeated = BaseModelOutput(last_hidden_state=encoded.last_hidden_state.repeat_interleave(count, 0))
        logits = self.model.forward(made[:, :-1], repeated, mask.repeat_interleave(count, 0)).logits
        labels = labels_of(made, config)
        chosen = logits.log_softmax(-1).gather(2, labels.clamp(min=0).unsqueeze(2)).squeeze(2)
        scores = (chosen * (labels != -100)).sum(1) / (labels != -100).sum(1)
        shape = (-1, count, made.shape[1])
        return read_outputs(made.view(shape).transpose(1, 2), scores.view(-1, count), self.tokenizer, config, True)


def _run(session, **inputs: torch.Tensor) -> torch.Tensor:
    (made,) = session.run(None, {name: value.contiguous().numpy() for name, value in inputs.items()})
    return torch.from_numpy(made)
