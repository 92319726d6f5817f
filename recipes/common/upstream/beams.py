# SPDX-License-Identifier: Apache-2.0
"""Beams that share what the decoder makes of their source. Read in transformers 5.23, whose caches hold it per beam.

With four beams of t5-small the library spends a sixth of its time on those copies.
"""

import torch
from transformers import DynamicCache, EncoderDecoderCache, GenerationConfig, PreTrainedModel
from transformers.utils import ModelOutput


class BeamCache(EncoderDecoderCache):
    """The beams of a source all look at the same encoder states: to change places, they need not be moved."""

    def reorder_cache(self, beam_idx: torch.Tensor) -> None:
        self.self_attention_cache.reorder_cache(beam_idx)


def shared_cache(
    model: PreTrainedModel, encoded: ModelOutput, attention_mask: torch.Tensor, config: GenerationConfig
) -> BeamCache | None:
    """A cache whose cross-attention is computed once per source, not once per beam; None where that saves nothing."""
    copies = config.num_beams if (config.num_beams or 1) > 1 else config.num_return_sequences or 1
    if copies == 1 or not model._supports_default_dynamic_cache():
        return None
    text = model.config.get_text_config(decoder=True)
    once = EncoderDecoderCache(DynamicCache(config=text), DynamicCache(config=text))
    states = encoded.last_hidden_state
    start = torch.full((len(states), 1), config.decoder_start_token_id, device=states.device)
    asked = {"encoder_hidden_states": states, "encoder_attention_mask": attention_mask, "past_key_values": once}
    model.get_decoder()(input_ids=start, **asked, use_cache=True)
    cache = BeamCache(DynamicCache(config=text), DynamicCache(config=text))
    for number in [number for number, filled in once.is_updated.items() if filled]:
        layer = once.cross_attention_cache.layers[number]
        keys, values = (part.repeat_interleave(copies, 0) for part in (layer.keys, layer.values))
        cache.cross_attention_cache.update(keys, values, number)
        cache.is_updated[number] = True
    return cache
