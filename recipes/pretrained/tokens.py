# SPDX-License-Identifier: Apache-2.0
"""Texts to ids, and back to the question what of a text is lost: a control token that stands in data stays text."""

import functools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase

HIDDEN = "\ufdd0"  # no character (Unicode 23.7): no text holds it, so that no text is such a token


class Encoder:
    """Texts to ids as `tokenizer` makes them, except that `</s>` in a text is the text "</s>".

    Read as a control token it would end a target in its middle, and be gone from what is decoded. What the tokenizer
    puts around a text (end token, language) is added here, and an end to a target that would have none: from such the
    model would never learn to stop.

    Args:
        template: the recipe's own words, whose control tokens stay such.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, template: str = ""):
        self.left = tokenizer.truncation_side == "left"
        self.frames = {side: frame(tokenizer, side) for side in ("text", "text_target")}
        before, after = self.frames["text_target"]
        end = tokenizer.eos_token_id
        if end is not None and end not in after:
            self.frames["text_target"] = before, [*after, end]
        kept = tuple(token for token in tokenizer.all_special_tokens if token in template)
        self.ids: Callable[..., list[list[int]]]  # of texts, with nothing around them
        if tokenizer.is_fast:
            plain = _without_control_tokens(tokenizer.backend_tokenizer.to_str(), kept)
            self.ids = lambda side, texts: [one.ids for one in plain.encode_batch_fast(texts, add_special_tokens=False)]
        else:
            options = {"add_special_tokens": False, "split_special_tokens": not kept}
            unknown, control = tokenizer.unk_token_id, set(tokenizer.all_special_ids)
            control -= {unknown, *tokenizer.convert_tokens_to_ids(kept)}  # ProphetNet's splits off [SEP] all the same
            self.ids = lambda side, texts: [
                [unknown if one in control else one for one in ids]
                for ids in (tokenizer(**{side: texts}, **options)["input_ids"] if texts else [])
            ]

    def __call__(self, side: str, texts: list[str], limit: int) -> tuple[list[list[int]], list[int]]:
        """(ids, at most `limit` of each text; how many there were before), of "text" or "text_target"."""
        before, after = self.frames[side]
        room = max(0, limit - len(before) - len(after))
        found = self.ids(side, texts)
        cut = [ids[max(0, len(ids) - room) :] if self.left else ids[:room] for ids in found]
        return [[*before, *ids, *after] for ids in cut], [len(ids) + len(before) + len(after) for ids in found]


def frame(tokenizer: PreTrainedTokenizerBase, side: str) -> tuple[list[int], list[int]]:
    """The ids that the tokenizer puts before and after a text, or a target."""
    whole, inner = (tokenizer(**{side: ["a"]}, add_special_tokens=add)["input_ids"][0] for add in (True, False))
    place = next((place for place in range(len(whole)) if whole[place : place + len(inner)] == inner), 0)
    return whole[:place], whole[place + len(inner) :]


@functools.lru_cache(maxsize=2)
def _without_control_tokens(state: str, kept: tuple[str, ...]) -> Tokenizer:
    """The tokenizer of a JSON state with other names for its control tokens, which then nothing in a text can be.

    The library's `split_special_tokens` is not enough: the pieces of Unigram, T5's model, hold `</s>` as well, and it
    costs less than its letters.
    """
    tokenizer = json.loads(state)
    model, added = tokenizer["model"], tokenizer["added_tokens"]
    names = {one["content"]: one["content"] + HIDDEN for one in added if one["special"] and one["content"] not in kept}
    for one in added:
        one["content"] = names.get(one["content"], one["content"])
    vocabulary = model["vocab"]
    if isinstance(vocabulary, dict):
        model["vocab"] = {names.get(piece, piece): number for piece, number in vocabulary.items()}
    else:
        model["vocab"] = [[names.get(piece, piece), score] for piece, score in vocabulary]
    if model.get("unk_token"):
        model["unk_token"] = names.get(model["unk_token"], model["unk_token"])
    return Tokenizer.from_str(json.dumps(tokenizer | {"truncation": None, "padding": None, "post_processor": None}))


def control_tokens(texts: Iterable[str], tokenizer: PreTrainedTokenizerBase, template: str) -> Counter[str]:
    """{a control token: number of texts that hold it more often than `template` does}."""
    names = sorted(tokenizer.all_special_tokens, key=len, reverse=True)
    known = re.compile("|".join(map(re.escape, names)) or "$^")
    own = Counter(known.findall(template))
    return Counter(token for text in texts for token in Counter(known.findall(text)) - own)


def lost(texts: list[str], tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """Those of `texts`, characters or control tokens, that do not come back when they stand between two letters."""
    texts = [text for text in texts if text != " "]
    ids = Encoder(tokenizer).ids("text", [f"a{text}a" for text in texts])
    # Without special tokens: the unknown one's name may hold the character. Spaces beside it may move.
    decoded = tokenizer.batch_decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False) if ids else []
    return [text for text, found in zip(texts, decoded, strict=True) if text not in found]


def lost_in(
    texts: list[str], tokenizer: PreTrainedTokenizerBase, template: str = ""
) -> tuple[dict[str, int], dict[str, int]]:
    """Characters, and words such as `</s>`, that do not survive the tokenizer: {it: number of texts with it} (trap 19).

    Each is tried once, so the cost hardly grows with the data. T5 loses line breaks, braces and `<`. The second dict
    has the control tokens of the recipe's template that texts hold, too, which nothing tells from the template's.
    """
    control = control_tokens(texts, tokenizer, template)
    own = {token: control.pop(token) for token in list(control) if token in template}
    signs = Counter(sign for text in texts for sign in set(text)) + control
    gone = set(lost(sorted(signs), tokenizer))
    return {sign: count for sign, count in sorted(signs.items()) if sign in gone}, own
