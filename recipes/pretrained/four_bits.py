# SPDX-License-Identifier: Apache-2.0
"""A base in four bits beside which LoRA learns (QLoRA). Read in transformers 5.23, peft 0.21 and bitsandbytes 0.50."""

from typing import Any

import torch
from peft import PeftModel, get_peft_model_state_dict, set_peft_model_state_dict
from transformers import BitsAndBytesConfig


def options(settings: Any) -> dict[str, Any]:
    """What `from_pretrained` is asked for: NormalFloat of four bits, its scales in eight; products in bf16 or fp32."""
    if not settings.load_in_4bit:
        return {}
    products = torch.bfloat16 if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else torch.float32
    kind = {"bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True, "bnb_4bit_compute_dtype": products}
    return {"quantization_config": BitsAndBytesConfig(load_in_4bit=True, **kind)}


def settle(trainer: Any) -> torch.nn.Module:
    """The trainer's model, from here on with a base of fp32; the library knows it under two names."""
    trainer.model = trainer.model_wrapped = whole(trainer.model)
    return trainer.model


def whole(model: PeftModel) -> PeftModel:
    """The same adapter beside the same base in fp32, of the values that the four bits stand for.

    Merged into four bits, what was learned would be rounded away (trap 29).
    """
    if not getattr(model, "is_loaded_in_4bit", False):
        return model
    learned, config = get_peft_model_state_dict(model), model.peft_config["default"]
    made = type(model)(model.unload().dequantize(torch.float32), config)
    set_peft_model_state_dict(made, learned)
    made.base = getattr(model, "base", None)  # type: ignore[assignment]
    return made
