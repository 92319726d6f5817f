# SPDX-License-Identifier: Apache-2.0
"""Plain text to learn a language from: packed into blocks, masked, and scored by perplexity."""

import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recipes import files
from recipes.common import reading
from recipes.common.decoding import Output
from recipes.common.learning.batches import LABEL_PAD
from recipes.common.loss import decoder_states, token_loss
from recipes.formats.windows import windows
from recipes.metrics import surprise
from recipes.metrics.scores import Scores
from recipes.neighbours import plain


class Read(str):
    """A prediction that knows how surprising its text was: the summed loss of so many labels, and how many are right.

    The text alone is what is written and shown.
    """

    loss, count, right = 0.0, 0, 0

    @classmethod
    def of(cls, text: str, loss: float, count: int, right: int) -> "Read":
        made = cls(text)
        made.loss, made.count, made.right = float(loss), int(count), int(right)
        return made


def read_file(path: str | Path, settings: Any) -> files.Rows:
    """Rows of any kind of file; of a .txt, a row is a line that is not blank."""
    return files.read_file(path, settings, {".txt": _lines})


def _lines(path: Path, form: files.Form) -> Iterator[files.Row]:
    for number, line in enumerate(files.text_lines(path, form.encoding), 1):
        if line.strip():
            yield files.Row({"text": line.rstrip("\r\n")}, path, number)


def pack(splits: reading.Splits, tokenizer: Any, limit: int, mark: str = "\n") -> None:
    """Put blocks in the place of rows: texts joined by `mark` while they fit in `limit` tokens, longer ones cut.

    A text is cut between words alone. A block is named after the first and the last of its texts.
    """
    for split, rows in splits.items():
        room, blocks, used = limit - 2, [], math.inf  # two special tokens
        for row in rows:
            for text in windows("", "", row["text"], limit, 0, tokenizer):
                size = len(tokenizer(mark + text, add_special_tokens=False)["input_ids"])
                if used + size <= room:
                    first = blocks[-1]["id"].partition("..")[0]
                    blocks[-1] = {"id": f"{first}..{row['id']}", "text": blocks[-1]["text"] + mark + text}
                    used += size
                else:
                    blocks.append({"id": row["id"], "text": text})
                    used = size
        ids = Counter(block["id"] for block in blocks)
        for number, block in enumerate(blocks, 1):
            block["id"] += f"#{number}" if ids[block["id"]] > 1 else ""
        splits.notes.append(f"{split}: {len(rows):,} texts in {len(blocks):,} blocks of up to {limit} tokens")
        splits[split] = blocks


# ---------------------------------------------------------------- masks


def mask(ids: Sequence[int], words: Sequence[int], share: float, tokenizer: Any, draw: np.random.Generator) -> tuple:
    """BERT's masks: of the chosen tokens 80 % become the mask, 10 % any token, 10 % stay.

    Args:
        words: of each token the number of what is chosen as a whole, -1 where nothing can be.
        share: of the wholes that are chosen, at least one.
    Returns:
        (input ids, labels): labels are the ids of the chosen tokens and -100 elsewhere.
    Source:
        Devlin et al. 2019, section 3.1.
    """
    ids, words = np.array(ids), np.array(words)
    wholes = np.unique(words[words >= 0])
    chosen = draw.permutation(wholes)[: max(1, round(share * len(wholes)))]
    here = np.isin(words, chosen)
    labels = np.where(here, ids, LABEL_PAD)
    dice = draw.random(len(ids))
    ids = np.where(here & (dice < 0.8), tokenizer.mask_token_id, ids)
    ids = np.where(here & (dice >= 0.8) & (dice < 0.9), draw.integers(len(tokenizer), size=len(ids)), ids)
    return ids.tolist(), labels.tolist()


def features_of(text: str, limit: int, share: float, whole_words: bool, tokenizer: Any) -> Iterator[dict]:
    """The masked features of a text, one for each `limit` tokens; the masks are always the same ones.

    `words` holds, of each token, the number of what is masked as a whole, -1 for special tokens.
    """
    whole = tokenizer(text, truncation=True, max_length=limit, return_overflowing_tokens=True)
    length = sum(len(ids) for ids in whole["input_ids"])
    for number, ids in enumerate(whole["input_ids"]):
        words = [-1 if word is None else word for word in whole.word_ids(number)]
        if not whole_words:
            words = [-1 if word < 0 else place for place, word in enumerate(words)]
        if max(words, default=-1) < 0:
            continue
        draw = np.random.default_rng([zlib.crc32(text.encode()), number])
        masked, labels = mask(ids, words, share, tokenizer, draw)
        source = tokenizer.decode(masked)
        yield {"source": source, "input_ids": masked, "labels": labels, "length": length, "words": words}


def joined(outputs: Sequence[Output]) -> Read:
    """The text of all features of a row, with what `decode` counted in them."""
    sums = [sum(one.score[place] for one in outputs) for place in range(3)]
    return Read.of(" ".join(one.text for one in outputs), *sums)


class Trainer(plain.Trainer):
    """The head says something of tokens with a label alone, and never of all of a large batch at once."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        hidden, head = decoder_states(model, {k: v for k, v in inputs.items() if k not in ("labels", "feature")})
        with self.accelerator.autocast():
            loss = token_loss(hidden, head, inputs["labels"]) / num_items_in_batch
        return loss * self.accelerator.num_processes


class MaskTrainer(Trainer):
    """Each epoch learns from masks of its own, drawn from the seed, the epoch and the feature alone."""

    def get_train_dataloader(self):
        usual, self.data_collator = self.data_collator, self._collate
        self.usual = usual
        try:
            return super().get_train_dataloader()
        finally:
            self.data_collator = usual

    def _collate(self, features: list[dict]) -> dict[str, torch.Tensor]:
        return self.usual([self._masked_anew(feature) for feature in features])

    def _masked_anew(self, feature: dict) -> dict:
        if set(feature["labels"]) == {LABEL_PAD}:  # the blank one
            return feature
        pairs = zip(feature["input_ids"], feature["labels"], strict=True)
        ids = [token if label == LABEL_PAD else label for token, label in pairs]
        draw = np.random.default_rng([self.args.seed, self.order.epoch, feature["feature"]])
        masked, labels = mask(ids, feature["words"], self.judge.settings.mlm_probability, self.processing_class, draw)
        return {**feature, "input_ids": masked, "labels": labels}


# ---------------------------------------------------------------- scores


def perplexity(predictions: Iterable[Read]) -> Scores:
    """exp(loss per label) over all rows, and the share of labels that were the likeliest, with intervals."""
    return surprise.scored([(one.loss, one.count, one.right) for one in predictions])


def unigram(table: Iterable[dict], task: Any, settings: Any, tokenizer: Any) -> Callable[[dict], Read]:
    """A task's `trivial`: what is known where nothing but the frequency of tokens is; unseen ones count once."""
    seen = Counter(label for one in table for label in one["labels"] if label != LABEL_PAD)
    total, likeliest = seen.total() + len(tokenizer), max(seen, key=lambda token: seen[token])

    def trivial(row: dict) -> Read:
        """Token frequencies: what needs no model."""
        made = [label for one in task.encode(row, settings, tokenizer, True) for label in one["labels"]]
        wanted = [label for label in made if label != LABEL_PAD]
        loss = sum(math.log(total / (seen[label] + 1)) for label in wanted)
        return Read.of("", loss, len(wanted), wanted.count(likeliest))

    return trivial
