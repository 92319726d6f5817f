# SPDX-License-Identifier: Apache-2.0
"""Product descriptions and their paraphrases: other words, another order, the same numbers, names and colours."""

import re
from dataclasses import dataclass

from world import product_phrases, shop, splits
from world.product_phrases import ADJECTIVES, ARTICLE, FACTS, FRAMES, MADE_OF, MATERIALS, RELATIVES

COUNTS = {"train": 2000, "validation": 200, "test": 200}
COPIES = 0.03  # of the training pairs the paraphrase is the original: something for an overlap filter to leave out
LOOKS = ("plain", "adjective", "colour", "size", "adjective_colour", "adjective_size")
CLASHES = (("colour", "colours"), ("size", "measure"))  # a look and a fact that would tell two tales
SOFT_GOODS = ("textiles", "clothing")
PORTABLE = ("kitchen", "toys")
TINY = ("egg cup", "corkscrew", "kite", "butter dish")

MATERIAL_OF = {item: kind for kind, items in MADE_OF.items() for item in items}
LISTS = product_phrases.LISTS | {"material": set(MATERIAL_OF)}
FITS = {
    "": lambda item: True,
    "hard": lambda item: item.category not in SOFT_GOODS,
    "portable": lambda item: item.category in PORTABLE and item.en not in TINY,
    "household": lambda item: item.category in ("kitchen", "home"),
    "coloured": lambda item: item.coloured,
    "sized": lambda item: item.sized,
    "parts": lambda item: bool(item.parts),
} | {name: (lambda item, members=members: item.en in members) for name, members in LISTS.items()}


@dataclass(frozen=True)
class Plan:
    """What is told about which kind of product, without names and numbers."""

    frame: str
    facts: tuple  # of (key, which of its predicates)
    look: str
    adjective: str | None
    article: bool
    copied: bool


def draw_plan(rng):
    frame = rng.choice(list(FRAMES))
    facts = []
    while len(facts) < FRAMES[frame][2]:
        key = rng.choice(list(FACTS))
        group = FACTS[key].group or key
        if group not in {FACTS[other].group or other for other, _ in facts}:
            facts.append((key, rng.randrange(len(FACTS[key].said))))
    groups = {FACTS[key].group or key for key, _ in facts}
    look = rng.choice([look for look in LOOKS if not any(a in look and b in groups for a, b in CLASHES)])
    adjective = rng.choice(list(ADJECTIVES)) if look.startswith("adjective") else None
    return Plan(frame, tuple(facts), look, adjective, rng.random() < 0.6, rng.random() < COPIES)


def _needs(plan):
    needs = [FACTS[key].needs for key, _ in plan.facts]
    needs += ["coloured"] if "colour" in plan.look else ["sized"] if "size" in plan.look else []
    return [*needs, ADJECTIVES[plan.adjective][1]] if plan.adjective else needs


def _slots(draw, item):
    currency = draw.choice(shop.CURRENCIES["en"][:2])
    low, high = draw.number(20, 149), draw.number(150, 300)
    colours = draw.rng.sample(list(shop.COLOURS), 3)
    part = draw.choice(item.parts) if item.parts else shop.Noun("part", "", "n")
    return {
        "shop": shop.NAME,
        "name": draw.name(),
        "first": draw.person().first,
        "firm": f"{draw.person().last} & {draw.person().last}",
        "city": draw.city().en,
        "material": draw.choice(MATERIALS[MATERIAL_OF.get(item.en, "wood")]),
        "grams": draw.number(300, 1900),
        "price": currency.format(f"{draw.number(11, 300)}.{draw.number(10, 99)}"),
        "price_low": currency.format(f"{low}.{draw.number(10, 99)}"),
        "price_high": currency.format(f"{high}.{draw.number(10, 99)}"),
        "millilitres": draw.number(250, 2400),
        "centimetres": draw.number(21, 69),
        "metres": draw.number(100, 320),
        "colour": colours[0],
        "colour2": colours[1],
        "colour3": colours[2],
        "size": draw.size(),
        "part": part.en,
        "a_part": part.a,
        "months": draw.number(12, 96),
        "date": draw.date(),
        "month": draw.choice(list(shop.MONTHS)),
        "page": draw.number(100, 399),
        "sold": draw.number(100, 4000),
        "relative": draw.choice(RELATIVES),
        "article": draw.digits(5),
    }


def _things(plan, item, slots):
    """The product with its adjective, colour or size, in the original and in other words."""
    adjective, adjective2 = "", ""
    if plan.adjective:
        adjective, adjective2 = f"{plan.adjective} ", f"{ADJECTIVES[plan.adjective][0]} "
    before, after = "", ""
    if "colour" in plan.look:
        before, after = f"{slots['colour']} ", f" in {slots['colour']}"
    elif "size" in plan.look:
        before, after = f"{slots['size']} ", f" in size {slots['size']}"
    thing, thing2 = f"{adjective}{before}{item.en}", f"{adjective2}{item.en}{after}"
    return {"thing": thing, "thing2": thing2, "a_thing": shop.a(thing), "a_thing2": shop.a(thing2)}


def render(draw, plan):
    """Return a row without id, or None if no product or not this split suits the plan."""
    fits = [FITS[need] for need in _needs(plan)]
    items = [item for item in shop.PRODUCTS if all(fit(item) for fit in fits)]
    if not items or (plan.copied and draw.split != "train"):
        return None
    item = draw.choice(items)
    slots = _slots(draw, item)
    forms = _things(plan, item, slots) | {"shop": shop.NAME}
    for letter, (key, which) in zip("xyz", plan.facts, strict=False):
        fact = FACTS[key]
        forms[letter] = _fill(fact.said[which], slots)
        forms[f"{letter}2"] = _fill(fact.reworded, slots)
        forms[f"{letter.upper()}2"] = _fill(fact.opening, slots)
    original, paraphrase = (shop.sentence(template.format(**forms)) for template in FRAMES[plan.frame][:2])
    if plan.article:
        original, paraphrase = (
            template.format(text=text, article=slots["article"])
            for template, text in zip(ARTICLE, (original, paraphrase), strict=True)
        )
    return {"original": original, "paraphrase": original if plan.copied else paraphrase}


def _fill(template, slots):
    """Fill the slots; "a" before a slot becomes "an" where the word asks for it."""
    return re.sub(r"\ba (?=[aeiou])", "an ", template.format(**slots))


def rows(seed):
    """Return {"train": [{"id", "original", "paraphrase"}, ...], "validation": [...], "test": [...]}."""
    return splits.build("products", seed, COUNTS, draw_plan, render, "paraphrase")


# Unlabelled text


def paragraphs(rng):
    """Yield pages of the catalogue without end: descriptions, and what the shop says of the same in other words."""
    draw = shop.Draw(rng, "pretrain")
    while True:
        kind = rng.choices(("original", "paraphrase", "mixed", "both"), (30, 30, 25, 15))[0]
        if kind == "both":
            yield " ".join(_entry(draw).values())
        else:
            columns = [
                kind if kind != "mixed" else rng.choice(("original", "paraphrase"))
                for _ in range(rng.choice((1, 2, 3)))
            ]
            yield " ".join(_entry(draw)[column] for column in columns)


def _entry(draw):
    while True:
        row = render(draw, draw_plan(draw.rng))
        if row and all(splits.apart(text, "pretrain") for text in row.values()):
            return row
