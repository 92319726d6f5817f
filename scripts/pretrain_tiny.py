# SPDX-License-Identifier: Apache-2.0
"""Pre-train a tiny T5 or BART on unlabelled text of the bundled world, English and German.

python scripts/pretrain_tiny.py --architecture t5 --minutes 26 --output_dir first
python scripts/pretrain_tiny.py --architecture t5 --minutes 34 --start_from first --seed 2
python scripts/pretrain_tiny.py --architecture bart --minutes 26

The bundled T5 is what five such trainings have made, two of them of a --deeper model: `make pretrain` has them all.
"""

import argparse
import collections
import itertools
import json
import math
import os
import random
import re
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # on shared cores, threads that spin slow each other down tenfold

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    BartConfig,
    BartForConditionalGeneration,
    GenerationConfig,
    T5Config,
    T5ForConditionalGeneration,
    TokenizersBackend,
)

sys.path.insert(0, str(Path(__file__).resolve().parent))
from world import corpus, lexicon
from world.shop import PRODUCTS, pool_of

VOCABULARY = 4096  # pieces, without the 256 bytes and the special tokens
VOCABULARY_OF_T5 = 2048  # it copies rare pieces wrongly, so it has few, which all occur often
SENTINELS = [f"<extra_id_{i}>" for i in range(100)]
# Every printable ASCII and Latin-1 character is a piece of its own; anything else is spelled in bytes, never <unk>.
ALPHABET = [chr(c) for c in (*range(33, 127), *range(0xA1, 0xAD), *range(0xAE, 0x100))] + list("▁\n€–—„“”‚‘’…•→")
PEOPLE = {*lexicon.FEMALE, *lexicon.MALE, *lexicon.SURNAMES}
THINGS = [(thing.plural, thing.en, thing.de_plural, thing.de) for thing in PRODUCTS]  # longest form of a language first


def build_tokenizer(texts, architecture):
    """Train a BPE vocabulary and wrap it so that decoding gives back the text, newlines and blanks included.

    Digits and punctuation stand alone, so that a number never seen in training is made of pieces that were.
    """
    core = Tokenizer(models.BPE(unk_token="<unk>"))
    # A blank after each newline lets a line start with the same pieces as any word; the decoder takes it away.
    core.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace("\u00a0", " "), normalizers.Replace("\n", "\n ")]
    )
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="always"),
            pre_tokenizers.Split(Regex(r"\n|\d|▁?[^\w\s▁'-]"), "isolated"),
        ]
    )
    core.decoder = decoders.Sequence(
        [
            decoders.ByteFallback(),
            decoders.Metaspace(prepend_scheme="always"),
            decoders.Fuse(),
            decoders.Replace("\n ", "\n"),
        ]
    )
    head = ["<pad>", "</s>", "<unk>"] if architecture == "t5" else ["<s>", "<pad>", "</s>", "<unk>"]
    tail = SENTINELS[::-1] if architecture == "t5" else ["<mask>"]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_OF_T5 if architecture == "t5" else VOCABULARY,
        initial_alphabet=ALPHABET,
        special_tokens=head,
        min_frequency=5,
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    # The bytes are plain pieces: special tokens would be left out of decoded text.
    learned = json.loads(core.to_str())["model"]
    pieces = [*learned["vocab"], *(f"<0x{byte:02X}>" for byte in range(256))]
    merges = [tuple(pair) for pair in learned["merges"]]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    core.model = models.BPE(vocabulary, merges, byte_fallback=True, unk_token="<unk>")
    core.add_special_tokens(tail)
    start = "<s> " if architecture == "bart" else ""
    core.post_processor = processors.TemplateProcessing(
        single=f"{start}$A </s>",
        pair=f"{start}$A </s> $B </s>",
        special_tokens=[(token, core.token_to_id(token)) for token in head],
    )
    special = {"bos_token": "<s>", "mask_token": "<mask>"} if architecture == "bart" else {}
    return TokenizersBackend(
        tokenizer_object=core,
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        extra_special_tokens=tail if architecture == "t5" else [],
        model_max_length=512,
        model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
        **special,
    )


def made_up(rng, syllables, pieces=None):
    """A word that nobody has read, in small letters, such as okewa or zalmaier; half of it are `pieces`, if given.

    Args:
        pieces: piece -> its weight in the draw.

    A name is spelled in pieces some of which stand alone nowhere else, such as "ac" in Giacomo: those were mistaken for
    others ("Gi shomo") after a first training with syllables only.
    """
    parts = []
    for place in range(syllables):
        if pieces and rng.random() < 0.5:
            parts += rng.choices(list(pieces), list(pieces.values()))
            continue
        last = place == syllables - 1
        parts += [rng.choice(lexicon.ONSETS), rng.choice(lexicon.VOWELS)]
        parts += [rng.choice(lexicon.CODAS)] if rng.random() < (0.5 if last else 0.25) else []
    return "".join(parts)


def random_word(word, rng, pieces=None):
    """A random string of the same shape: digits for digits, letters for letters of a code, syllables for a word.

    It is drawn again until no split of the data owns it or the digits in it.
    """
    while True:
        new = shaped_like(word, rng, pieces)
        if all(pool_of(part) == "pretrain" for part in [new, *re.findall(r"\d+", new)]):
            return new


def shaped_like(word, rng, pieces):
    """One draw for `random_word`."""
    if word.isalpha() and word[1:].islower():
        new = made_up(rng, rng.choice((1, 2, 2, 2, 3, 3, 4)), pieces)
        return new.capitalize() if word[0].isupper() else new
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return "".join(rng.choice("0123456789") if c.isdigit() else rng.choice(letters) if c.isupper() else c for c in word)


def scramble(text, rng, pieces=None):
    """Replace names, some numbers and things throughout a paragraph by random ones: what is copied must be read."""
    found = sorted(set(re.findall(r"\b(?:[A-ZÄÖÜ][\w]+|\w*\d\w*)\b", text)))
    shares = [0.9 if word in PEOPLE else 0.4 if re.search(r"\d", word) else 0.03 for word in found]
    swap = {
        word: random_word(word, rng, pieces) for word, share in zip(found, shares, strict=True) if rng.random() < share
    }
    swap |= {word.lower(): new.lower() for word, new in swap.items() if word in PEOPLE}  # in a mail address
    things = [forms for forms in THINGS if rng.random() < 0.25 and any(form in text for form in forms)]
    for forms in things:
        new = random_word("thing", rng, pieces)
        for form, other in zip(forms, (f"{new}s", new, new.capitalize(), new.capitalize()), strict=True):
            text = re.sub(rf"\b{form}\b", other, text)
    return re.sub(r"\w+", lambda match: swap.get(match[0], match[0]), text)


def without_people(text):
    """What the vocabulary is made of: names are spelled in the pieces of other words, short ones that all occur often.

    With pieces of their own for half of the names, 116 of 200 names were written right after fine-tuning: the pieces
    that only a name has are seen so seldom that they are mistaken for others ("Feli hot" for Felipe).
    """
    return re.sub(r"\w+", lambda match: "" if match[0] in PEOPLE or match[0].capitalize() in PEOPLE else match[0], text)


def tokenize(texts, tokenizer, seed, share=0.6, limit=256):
    """Token ids of each paragraph without special tokens, cut at `limit`; a share of the paragraphs is scrambled."""
    rng = random.Random(seed)
    pieces = rare_pieces(tokenizer, texts[:4000])
    texts = [scramble(text, rng, pieces) if rng.random() < share else text for text in texts]
    encoded = tokenizer(texts, add_special_tokens=False)["input_ids"]
    return [np.array(ids[:limit], dtype=np.int64) for ids in encoded if len(ids) > 8]


def rare_pieces(tokenizer, texts):
    """The short pieces within a word, each with a weight that falls with how often `texts` have it.

    After four trainings with equal weights, Isaac, Stuart and Emily were still written wrongly: "ac", "uar" and "ily"
    stand a hundred times in 8,000 paragraphs, where "an" does 1,400 times.
    """
    counts = collections.Counter(itertools.chain(*tokenizer(texts, add_special_tokens=False)["input_ids"]))
    known = sorted(tokenizer.get_vocab().items())
    return {
        piece: 1 / (counts[number] + 10)
        for piece, number in known
        if piece.isalpha() and piece.islower() and 1 < len(piece) < 5
    }


def random_spans(length, rate, mean, rng):
    """Disjoint, non-adjacent spans (start, end) covering about `rate` of `length` tokens, `mean` tokens each."""
    masked = min(max(1, round(length * rate)), length - 1)
    count = max(1, min(round(masked / mean), masked, length - masked))
    inside = np.sort(rng.choice(masked - 1, count - 1, replace=False)) + 1 if count > 1 else np.array([], dtype=int)
    between = np.sort(rng.choice(length - masked, count, replace=False))
    sizes = np.diff(np.concatenate([[0], inside, [masked]]))
    starts = between + np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return [(int(start), int(start + size)) for start, size in zip(starts, sizes, strict=True)]


def replace_spans(ids, spans, sentinels):
    """T5's span corruption: the text with a sentinel for each span, and the spans after their sentinels.

    Returns (source, target); `restore_spans` is the inverse.
    """
    source, target, last = [], [], 0
    for (start, end), sentinel in zip(spans, sentinels, strict=False):
        source += [ids[last:start], [sentinel]]
        target += [[sentinel], ids[start:end]]
        last = end
    return np.concatenate([*source, ids[last:]]).astype(np.int64), np.concatenate(target).astype(np.int64)


def restore_spans(source, target, sentinels):
    """Put the spans of a target back in the place of their sentinels."""
    known, spans, current = set(sentinels), {}, None
    for token in target.tolist():
        current = token if token in known else current
        spans.setdefault(current, [])
        spans[current] += [] if token in known else [token]
    return np.array([t for token in source.tolist() for t in spans.get(token, [token])], dtype=np.int64)


class Noise:
    """The tasks made of a paragraph's ids, each returning (source, target) without the closing </s>.

    A T5's first training is half copying. Only its second has to say what comes next: with that from the start, ROUGE-L
    of the fine-tuned summaries was 80 after 36 minutes, not the 84 that 26 minutes without it had given.
    """

    def __init__(self, tokenizer, architecture, second=False):
        pieces = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
        self.starts = np.array([piece.startswith("▁") or piece == "\n" for piece in pieces])
        self.names = np.array([bool(re.match(r"▁?[A-ZÄÖÜ\d€]|▁$", piece)) for piece in pieces])
        self.ends = np.array([piece in {".", "?", "!", "\n"} for piece in pieces])
        self.lines = np.array([piece == "\n" for piece in pieces])
        if architecture == "t5":
            self.sentinels = tokenizer.convert_tokens_to_ids(SENTINELS)
            self.opening, self.closing, self.hole, self.list = ([self.sentinels[i]] for i in (96, 97, 95, 98))
            self.tasks = [
                (0.1, self.spans),
                (0.35, self.window),
                (0.1, self.salient),
                (0.1, self.gaps),
                (0.35, self.next),
            ]
        else:
            self.mask = tokenizer.mask_token_id
            self.opening = self.closing = [self.mask]
            self.tasks = [(0.7, self.infill), (0.3, self.gap_infill)]
        self.pieces = (min(np.flatnonzero(self.starts)), len(tokenizer) - 400)

    def copy(self, ids, rng):
        """The first lesson: write the marked tokens out, half of the time random ones: only reading helps."""
        ids = rng.integers(*self.pieces, len(ids)) if rng.random() < 0.5 else ids
        size = int(rng.integers(min(4, len(ids)), len(ids) + 1))
        start = int(rng.integers(0, len(ids) - size + 1))
        window = ids[start : start + size]
        return np.concatenate([ids[:start], self.opening, window, self.closing, ids[start + size :]]), window

    def __call__(self, ids, rng):
        weights = [weight for weight, _ in self.tasks]
        return self.tasks[rng.choice(len(weights), p=weights)][1](ids, rng)

    def spans(self, ids, rng):
        """Span corruption: 15 to 30 % of the tokens."""
        spans = random_spans(len(ids), rng.uniform(0.15, 0.3), rng.choice([2, 3, 6]), rng)
        return replace_spans(ids, spans[:90], self.sentinels)

    def window(self, ids, rng):
        """Write a marked window out in full, though part of it is masked: mostly copying, partly guessing."""
        size = min(len(ids), int(rng.integers(12, 64)))
        start = int(rng.integers(0, len(ids) - size + 1))
        window = ids[start : start + size]
        spans = random_spans(size, rng.uniform(0.05, 0.4), 3, rng)
        noisy, _ = replace_spans(window, spans, self.hole * len(spans))
        return np.concatenate([ids[:start], self.opening, noisy, self.closing, ids[start + size :]]), window

    def salient(self, ids, rng):
        """List the words with a capital or a digit, in order."""
        words = np.cumsum(self.starts[ids])
        chosen = np.unique(words[self.names[ids] & (ids != 3)])
        listed = ids[np.isin(words, chosen)]
        return np.concatenate([self.list, ids]), listed[:96] if len(listed) else ids[:16]

    def sentences(self, ids, lines=False):
        """Bounds of the sentences, or of the lines, of a paragraph."""
        last = (self.lines if lines else self.ends)[ids[:-1]]
        cuts = np.flatnonzero(last & ~self.lines[ids[1:]]) + 1  # a newline belongs to what it ends
        bounds = [0, *cuts.tolist(), len(ids)]
        return list(itertools.pairwise(bounds))

    def gaps(self, ids, rng):
        """Mask whole sentences, or a whole line: it may be restated, summed up or translated in the rest."""
        bounds = self.sentences(ids, lines=rng.random() < 0.5)
        bounds = bounds if len(bounds) > 1 else self.sentences(ids)
        if len(bounds) < 2:
            return self.spans(ids, rng)
        count = 1 if rng.random() < 0.7 else max(1, len(bounds) // 3)
        chosen = np.sort(rng.choice(len(bounds), count, replace=False))
        return replace_spans(ids, [bounds[i] for i in chosen], self.sentinels)

    def next(self, ids, rng):
        """Prefix language modelling: write the sentence or the line that comes next, mostly the last of all."""
        bounds = self.sentences(ids, lines=rng.random() < 0.7)
        bounds = (bounds if len(bounds) > 1 else self.sentences(ids))[1:]
        if not bounds:
            return self.spans(ids, rng)
        start, end = bounds[-1 if rng.random() < 0.6 else rng.integers(len(bounds))]
        return np.append(ids[:start], self.sentinels[0]), ids[start:end]

    def infill(self, ids, rng):
        """BART's text infilling: 10 to 40 % of the tokens, each span one <mask>; sentences shuffled."""
        spans = random_spans(len(ids), rng.uniform(0.1, 0.4), 3, rng)
        noisy, _ = replace_spans(ids, spans, [self.mask] * len(spans))
        if rng.random() < 0.3:
            bounds = self.sentences(noisy)
            noisy = np.concatenate([noisy[slice(*bounds[i])] for i in rng.permutation(len(bounds))])
        return noisy, ids

    def gap_infill(self, ids, rng):
        """Mask one whole sentence or line and write the paragraph out."""
        bounds = self.sentences(ids, lines=rng.random() < 0.5)
        span = bounds[rng.integers(len(bounds))]
        return replace_spans(ids, [span] if len(bounds) > 1 else [(0, len(ids) // 3)], [self.mask])[0], ids


def clip(ids, limit, rng):
    """A random window of at most `limit` tokens."""
    start = int(rng.integers(0, max(1, len(ids) - limit + 1)))
    return ids[start : start + limit]


def make_batches(paragraphs, noise, wrap, rng, tokens, progress=lambda: 1.0, group=512, copying=0.05):
    """Yield batches of pairs for ever, cut from groups sorted by length, about `tokens` tokens each.

    Short texts first: over the first fifth of the training the limit grows from 16 to 256 tokens and the share of plain
    copying falls from nine in ten to `copying`. Copying is found much sooner where little else can be learned.
    """
    while True:
        ramp = min(1.0, 5 * progress())
        limit, lesson = int(16 + 240 * ramp), 0.9 - (0.9 - copying) * ramp
        chosen = rng.choice(len(paragraphs), min(group, len(paragraphs)), replace=False)
        clipped = [clip(paragraphs[i], limit, rng) for i in chosen]
        pairs = [wrap(*(noise.copy if rng.random() < lesson else noise)(ids, rng)) for ids in clipped]
        pairs.sort(key=lambda pair: (len(pair[1]) // 12, len(pair[0])))
        batches, width = [[]], 0
        for pair in pairs:
            width = max(width, len(pair[0]) + len(pair[1]))
            if width * (len(batches[-1]) + 1) > tokens:
                batches.append([])
                width = len(pair[0]) + len(pair[1])
            batches[-1].append(pair)
        for i in rng.permutation(len(batches)):
            yield batches[i]


def collate(batch, pad):
    """Pad a batch of pairs: source ids, attention mask, labels with -100 for padding (the label the loss skips)."""
    source, target = (
        torch.nn.utils.rnn.pad_sequence([torch.as_tensor(pair[k]) for pair in batch], True, value)
        for k, value in ((0, pad), (1, -100))
    )
    return {"input_ids": source, "attention_mask": (source != pad).long(), "labels": target}


def look_beside(stack, offsets):
    """Let each head of a T5 stack begin with its attention on one neighbour, such as -1, the token before.

    Copying needs to know which token stood before which. From biases of zero AdamW takes some thousand steps to find
    that out; from these, 92 % of the digits of a marked window are copied after 3 minutes, against 27 % after 12.
    """
    attention = stack.block[0].layer[0].SelfAttention
    limits = {"num_buckets": attention.relative_attention_num_buckets}
    limits["max_distance"] = attention.relative_attention_max_distance
    with torch.no_grad():
        attention.relative_attention_bias.weight.zero_()
        for head, offset in enumerate(offsets):
            place = torch.tensor([offset])
            bucket = attention._relative_position_bucket(place, bidirectional=not stack.is_decoder, **limits)
            attention.relative_attention_bias.weight[bucket, head] = 5.0


def look_beside_by_position(stack, offsets, sharpness=2.0):
    """The same for BART, whose positions are embeddings: its first layer's heads begin at one neighbour each.

    The first dimensions of one head hold sinusoids of the position, the others the token. A shift by an offset is a
    rotation of each sinusoid's two dimensions, so that rotated queries meet plain keys at that neighbour.
    """
    table, tokens = stack.embed_positions.weight, stack.embed_tokens.weight
    layer = stack.layers[0].self_attn
    width = layer.head_dim
    rates = 2.5 * 0.66 ** torch.arange(width // 2)
    angles = torch.arange(len(table))[:, None] * rates
    with torch.no_grad():
        table.zero_()
        table[:, :width] = 0.07 * torch.cat([angles.sin(), angles.cos()], 1)
        tokens.normal_(std=0.05)[:, :width] = 0
        for projection in (layer.q_proj, layer.k_proj):
            projection.weight.normal_(std=0.02)
        for head, offset in enumerate(offsets):
            rows = slice(head * width, (head + 1) * width)
            cos, sin = torch.diag((offset * rates).cos()), torch.diag((offset * rates).sin())
            layer.q_proj.weight[rows, :width] = sharpness * torch.cat(
                [torch.cat([cos, sin], 1), torch.cat([-sin, cos], 1)]
            )
            layer.k_proj.weight[rows, :width] = sharpness * torch.eye(width)


def build_model(tokenizer, architecture, width=128, layers=(3, 2), heads=4, inner=256):
    """A random T5 1.1 or BART of some two million parameters."""
    size = len(tokenizer)
    if architecture == "t5":
        config = T5Config(
            vocab_size=size,
            d_model=width,
            d_ff=inner,
            d_kv=width // heads,
            num_layers=layers[0],
            num_decoder_layers=layers[1],
            num_heads=heads,
            feed_forward_proj="gated-gelu",
            dropout_rate=0.0,
            tie_word_embeddings=False,
            pad_token_id=0,
            eos_token_id=1,
            decoder_start_token_id=0,
        )
        model = T5ForConditionalGeneration(config)
        # transformers 5 ties T5's head whatever the configuration says, so it is untied by hand. It begins as the
        # scaled embeddings: a token that is read then already raises its own score, which is half of copying.
        torch.nn.init.normal_(model.shared.weight, std=0.3)
        model.lm_head.weight = torch.nn.Parameter(model.shared.weight.detach() * (width**-0.5 / 0.3))
        model.config.tie_word_embeddings = False
        look_beside(model.encoder, [-1, 1, -2, -1])
        look_beside(model.decoder, [-1, -2, 0, -3])
        return model
    config = BartConfig(
        vocab_size=size,
        max_position_embeddings=512,
        d_model=width,
        encoder_layers=layers[0],
        decoder_layers=layers[1],
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=2 * inner,
        decoder_ffn_dim=2 * inner,
        dropout=0.0,
    )
    model = BartForConditionalGeneration(config)
    look_beside_by_position(model.model.encoder, [-1, 1, -2, 0])
    look_beside_by_position(model.model.decoder, [-1, -2, 0, -3])
    return model


def deeper(model):
    """A T5 with one more layer in each stack, after its second block, that computes the same for now.

    The new layers are copies whose outputs are zero, so that all they add to the text is what they will learn.
    """
    config = T5Config.from_dict(model.config.to_dict())
    config.num_layers, config.num_decoder_layers = config.num_layers + 1, config.num_decoder_layers + 1
    grown = T5ForConditionalGeneration(config)
    grown.lm_head.weight = torch.nn.Parameter(grown.lm_head.weight.detach().clone())  # untied, as in build_model
    grown.config.tie_word_embeddings = False
    known, weights = model.state_dict(), {}
    for name in grown.state_dict():
        place = re.search(r"block\.(\d+)\.", name)
        old = max(1, int(place[1]) - 1) if place and place[1] != "0" else 0
        weights[name] = known[re.sub(r"block\.\d+\.", f"block.{old}.", name)].clone()
        if place and place[1] == "2" and name.endswith((".o.weight", ".wo.weight")):
            weights[name].zero_()
    grown.load_state_dict(weights)
    return grown


def quicken(model):
    """Let a T5 compute gelu_new, the same function, in one kernel."""
    for layer in model.modules():
        if type(layer).__name__ == "T5DenseGatedActDense":
            layer.act = torch.nn.GELU(approximate="tanh")


def make_optimizers(model, rate):
    """Muon for the matrices inside the layers, AdamW for embeddings, head, norms and position biases."""
    inner = [p for n, p in model.named_parameters() if p.ndim == 2 and "block" in n and "relative" not in n]
    inner = inner or [p for n, p in model.named_parameters() if p.ndim == 2 and "layers." in n]
    ids = {id(p) for p in inner}
    outer = [p for p in model.parameters() if id(p) not in ids]
    return [
        torch.optim.Muon(inner, lr=rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(outer, lr=rate, weight_decay=0.0, betas=(0.9, 0.98), fused=True),
    ]


def progress(clock):
    """How much of the training is done, from 0 to 1: by steps if their number is given, else by minutes."""
    if clock["steps"]:
        return clock["step"] / clock["steps"]
    return (time.monotonic() - clock["began"]) / 60 / clock["minutes"]


def train(model, batches, pad, clock, rate, warmup=100, amp=True):
    """Train until the minutes or the steps are used up; the learning rate falls to zero along a cosine."""
    optimizers = make_optimizers(model, rate)
    losses, tokens, began = [], 0, clock["began"]
    for step in itertools.count():
        clock["step"] = step
        done = progress(clock)
        if done >= 1:
            return step
        factor = min((step + 1) / warmup, 1) * (0.5 + 0.5 * math.cos(math.pi * done))
        batch = collate(next(batches), pad)
        with torch.autocast("cpu", torch.bfloat16, enabled=amp):
            loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            optimizer.step()
        model.zero_grad()
        losses.append(loss.item())
        tokens += batch["input_ids"].numel() + batch["labels"].numel()
        if step % 100 == 99:
            spent = time.monotonic() - began
            print(
                f"step {step + 1:6,d}  {spent / 60:5.1f} min  loss {np.mean(losses[-100:]):.3f}  "
                f"{tokens / spent:,.0f} tokens/s",
                flush=True,
            )
    return step


def save(model, tokenizer, folder, dtype):
    """Write the weights in `dtype`, the configuration, the tokenizer, and a generation_config with special ids only."""
    config = model.config
    keys = ["pad_token_id", "eos_token_id", "bos_token_id", "decoder_start_token_id"]
    known = {key: getattr(config, key, None) for key in keys}
    # Loading a T5 with a head of its own sets this to true whatever its config.json says.
    config.tie_word_embeddings = model.get_output_embeddings().weight is model.get_input_embeddings().weight
    for name in ("is_local", "local_files_only"):
        tokenizer.init_kwargs.pop(name, None)
    model.generation_config = GenerationConfig(**{key: value for key, value in known.items() if value is not None})
    model.to(dtype).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def parse(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", choices=["t5", "bart"], default="t5")
    parser.add_argument("--output_dir", type=Path, help="default: data/models/tiny-<architecture>")
    parser.add_argument("--start_from", type=Path, help="a base that was trained before, for its second training")
    parser.add_argument("--deeper", action="store_true", help="one more layer in each stack of a T5 started from")
    parser.add_argument("--scrambled", type=float, default=0.6, help="share of the text with made-up names and numbers")
    parser.add_argument("--copying", type=float, default=0.05, help="share of plain copying in the end")
    parser.add_argument("--minutes", type=float, default=30.0, help="length of the training by the clock")
    parser.add_argument(
        "--steps", type=int, default=0, help="length in optimizer steps instead, repeatable by the seed"
    )
    parser.add_argument("--paragraphs", type=int, default=40_000, help="size of the pre-training text")
    parser.add_argument("--batch_tokens", type=int, default=2048, help="source and target tokens of a batch")
    parser.add_argument("--learning_rate", type=float, default=4e-3)
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], default="bfloat16", help="of the saved weights")
    parser.add_argument("--seed", type=int, default=1)
    settings = parser.parse_args(argv)
    settings.output_dir = settings.output_dir or Path(f"data/models/tiny-{settings.architecture}")
    return settings


def main(argv=None):
    """Text, tokenizer, model, training, files."""
    settings = parse(argv)
    torch.manual_seed(settings.seed)
    began = time.monotonic()
    texts = list(itertools.islice(corpus.paragraphs(random.Random(settings.seed)), settings.paragraphs))
    rng = random.Random(settings.seed)
    if settings.start_from:
        tokenizer = AutoTokenizer.from_pretrained(settings.start_from)
        model = AutoModelForSeq2SeqLM.from_pretrained(settings.start_from, dtype=torch.float32)
        model = deeper(model) if settings.deeper else model
    else:
        told = [without_people(text) if settings.architecture == "t5" else text for text in texts]
        tokenizer = build_tokenizer(told, settings.architecture)
        model = build_model(tokenizer, settings.architecture)
    quicken(model)
    ids = tokenize(texts, tokenizer, settings.seed, settings.scrambled)
    print(
        f"{len(ids):,} paragraphs, {sum(map(len, ids)):,} tokens, {len(tokenizer):,} pieces, "
        f"{model.num_parameters():,} parameters, ready after {time.monotonic() - began:.0f} s",
        flush=True,
    )
    before = [tokenizer.bos_token_id] if settings.architecture == "bart" else []
    after = [tokenizer.eos_token_id]

    def wrap(source, target):
        return tuple(np.concatenate([before, side, after]).astype(np.int64) for side in (source, target))

    clock = {"began": time.monotonic(), "step": 0, "steps": settings.steps, "minutes": settings.minutes}
    noise = Noise(tokenizer, settings.architecture, second=bool(settings.start_from))
    rng = np.random.default_rng(settings.seed)
    begun = 0.2 if settings.start_from else 0.0  # the short texts and the plain copying are behind it
    batches = make_batches(
        ids, noise, wrap, rng, settings.batch_tokens, lambda: begun + progress(clock), copying=settings.copying
    )
    steps = train(model, batches, tokenizer.pad_token_id, clock, settings.learning_rate)
    save(model, tokenizer, settings.output_dir, getattr(torch, settings.dtype))
    size = sum(path.stat().st_size for path in settings.output_dir.iterdir())
    print(
        f"{steps:,} steps, {(time.monotonic() - began) / 60:.1f} minutes, {size / 1e6:.2f} MB in {settings.output_dir}"
    )


if __name__ == "__main__":
    main()
