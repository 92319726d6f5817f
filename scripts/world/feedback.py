# SPDX-License-Identifier: Apache-2.0
"""Feedback on programs: its category, the product, version and platform in it, a summary and a reply.

Product names and versions belong to one split, as all names and numbers do, and so does every wording that tells the
category. All categories share the sentences around it: nothing but the content tells them apart.
"""

import random
import re

from world import phrasebook, shop

PHRASES = phrasebook.load("feedback")
COUNTS = {"train": 2000, "validation": 200, "test": 200}
CATEGORIES = ("bug", "feature", "praise", "urgent")
SHARES = (40, 25, 20, 15)
FACTS = tuple(PHRASES["NAMED"])
MARKED = re.compile(r"\x01(\w+)\x02([^\x03]*)\x03")  # an entity in the making: its label, its text


def mark(label, text):
    return f"\x01{label}\x02{text}\x03"


def part(values, split, own=1):
    """The entries of a list marked "own" that a split may use: its own ones alone, or, in training, nobody's."""
    return {"train": values[: -2 * own], "validation": values[-2 * own : -own], "test": values[-own:]}[split]


def names(split):
    """The product names of a split."""
    made = (f"{one}{two}" for one in PHRASES["PREFIXES"] for two in PHRASES["SUFFIXES"] if one.lower() != two)
    return [name for name in made if shop.pool_of(name) == split]


def version(draw, small):
    """Such as 4.12 or 7.3.1; every run of digits belongs to the split."""
    numbers = [str(draw.choice(small)) for _ in range(draw.choice((2, 2, 2, 3)))]
    return ".".join(numbers)


def feedback(draw, own, small):
    """A row without its id."""
    rng, split = draw.rng, draw.split
    category = rng.choices(CATEGORIES, SHARES)[0]
    about, ways = rng.choice(list(PHRASES[category].items()))
    facts = {"product": draw.choice(own), "version": version(draw, small)}
    facts["platform"] = draw.choice(PHRASES["PLATFORMS"])
    shape = draw.choice(FACTS)
    inner = {"place": draw.choice(PHRASES["PLACES"]), "thing": draw.choice(PHRASES["THINGS"]), "days": draw.count()}
    marked = {label: mark(label, text) for label, text in facts.items()}
    named = draw.choice(PHRASES["NAMED"][shape]).format(**marked)
    what = shop.expand(rng, draw.choice(part(ways, split))).format(**inner)
    if category == "feature":
        what = shop.expand(rng, draw.choice(part(PHRASES["WISHES"], split, own=3))).format(what=what)
    frames = PHRASES["FRAMES"][:-6] + part(PHRASES["FRAMES"], split, own=3) * (split != "train")
    sentences = [draw.say(draw.choice(frames), what=what, it=named)]
    others = {
        "other": mark("product", draw.choice(own)),
        "platform": mark("platform", draw.choice(PHRASES["PLATFORMS"])),
        "name": draw.name(),
        "count": draw.number(20, 400),
        "when": draw.weekday(),
        "shop": shop.NAME,
    }
    for _ in range(rng.choice((0, 1, 1, 2))):
        telling = part(PHRASES["TELLING"][category], split, own=2)
        detail = draw.say(draw.choice(telling if draw.chance(0.5) else PHRASES["DETAILS"]), **others)
        sentences += [detail] * (detail not in sentences)
    opening, closing = (draw.say(draw.choice(PHRASES[place]), **others) for place in ("OPENINGS", "CLOSINGS"))
    text, entities = read_marks(" ".join(filter(None, [opening, *sentences, closing])))
    told = facts | inner | {"about": about.format(**inner), "it": short(facts, shape)}
    summary, reply = (PHRASES[kind][category].format(**told) for kind in ("SUMMARIES", "REPLIES"))
    return {"text": text, "category": category, "entities": entities, "summary": summary, "reply": reply}


def short(facts, shape):
    """The product as summaries name it, with what the text tells of it."""
    words = [facts["product"]]
    words += [facts["version"]] if "version" in shape else []
    words += [f"on {facts['platform']}"] if "platform" in shape else []
    return " ".join(words)


def read_marks(text):
    """(the text without marks, [{"start", "end", "label"}]): characters, the end not included."""
    plain, entities, last = "", [], 0
    for found in MARKED.finditer(text):
        plain += text[last : found.start()]
        entities.append({"start": len(plain), "end": len(plain) + len(found[2]), "label": found[1]})
        plain += found[2]
        last = found.end()
    return plain + text[last:], entities


def rows(seed):
    """Return {"train": [{"id", "text", "category", "entities", "summary", "reply"}, ...], "validation", "test"}."""
    rng = random.Random(f"feedback {seed}")
    splits = {}
    for split, count in COUNTS.items():
        draw, own, texts = shop.Draw(rng, split), names(split), {}
        small = [number for number in range(1, 60) if shop.pool_of(number) == split]
        while len(texts) < count:
            row = feedback(draw, own, small)
            texts.setdefault(row["text"], row)
        splits[split] = [{"id": f"{split}-{number:04}"} | row for number, row in enumerate(texts.values(), 1)]
    return splits
