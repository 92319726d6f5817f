# SPDX-License-Identifier: Apache-2.0
"""German conditions and manuals, for pre-training only; their words are in phrases/policies_de.yaml."""

from world import shop
from world.phrasebook import load

_READ = load("policies_de")
POLICY, MANUAL, OPENINGS = (_READ[name] for name in ("POLICY", "MANUAL", "OPENINGS"))


def _slots(draw):
    item = draw.product(parts=True)
    part, thing = draw.choice(item.parts), draw.product()
    unit = draw.choice(("Tage", "Wochen", "Monate"))
    days = draw.number(10, 99) if unit == "Tage" else draw.count("de")
    return {
        "shop": shop.NAME,
        "item_acc": item.de_the("acc"),
        "part_nom": part.de_the(),
        "part_acc": part.de_the("acc"),
        "thing_acc": thing.de_the("acc"),
        "days": f"{days} {unit}",
        "days_dat": f"{days} {unit if unit == 'Wochen' else unit + 'n'}",
        "date": draw.date("de"),
        "payer": draw.choice(_READ["PAYERS"]),
        "enclosure": draw.choice(_READ["ENCLOSURES"]),
        "city": draw.city().de,
        "price": draw.amount("de", high=111, style="{} €"),
        "courier": draw.courier(),
        "means": draw.choice(_READ["MEANS"]),
        "count": draw.count("de"),
        "name": draw.name(),
        "weekday": draw.weekday("de"),
        "phone": draw.phone(),
        "address": draw.address("de"),
        "degrees": draw.number(20, 99),
        "agent": draw.choice(_READ["AGENTS"]),
        "often": draw.choice(_READ["OFTEN"]).format(count=draw.count("de")),
        "number": draw.order(),
        "place": draw.choice(_READ["PLACES"]),
    }


def conditions(draw):
    """A German text of four to seven sentences, sometimes with a question, or a list of questions and answers."""
    kind, pairs = draw.choice((("policy", POLICY), ("manual", MANUAL)))
    slots, told = _slots(draw), []
    for question in draw.rng.sample(list(pairs), draw.choice((3, 4, 5, 6))):
        slots = _slots(draw) if kind == "policy" else slots | {"name": draw.name(), "degrees": draw.number(20, 99)}
        told.append((draw.say(question, **slots), draw.say(pairs[question], **slots)))
    if draw.chance(0.3):
        return draw.choice(("\n", " ")).join(f"{question} – {answer}" for question, answer in told[:4])
    text = " ".join((draw.say(draw.choice(OPENINGS[kind]), **slots), *(answer for _, answer in told)))
    return f"{text}\n{draw.choice(told)[0]}" if draw.chance(0.2) else text
