# SPDX-License-Identifier: Apache-2.0
"""German letters to the shop, for pre-training only; their words are in phrases/tickets_de.yaml."""

from world import shop
from world.phrasebook import load

_READ = load("tickets_de", sequence=list)
GREETINGS, CLOSINGS, EXTRAS = (_READ[name] for name in ("GREETINGS", "CLOSINGS", "EXTRAS"))
DEPARTMENTS = tuple(_READ["DEPARTMENTS"])
RECEIVED, PENDING = (tuple(_READ[name].values()) for name in ("RECEIVED", "PENDING"))  # (situations, matters)


def _slots(draw):
    person, item, other = draw.person(), draw.product(parts=True), draw.product()
    agent, part = draw.person(), draw.choice(item.parts)
    return {
        "shop": shop.NAME,
        "name": person.full,
        "email": draw.email(person),
        "agent": agent.titled("de") if agent.female else f"Herrn {agent.last}",
        "friend": draw.person().first,
        "department": draw.choice(DEPARTMENTS),
        "item_nom": item.de_the(),
        "item_acc": item.de_the("acc"),
        "item_dat": item.de_the("dat"),
        "item_a_acc": item.de_a("acc"),
        "part_nom": part.de_the(),
        "part_acc": part.de_the("acc"),
        "item2_nom": other.de_the(),
        "item2_a_acc": other.de_a("acc"),
        "order": draw.order(),
        "order2": draw.order(),
        "customer": draw.customer(),
        "tracking": draw.tracking(),
        "code": draw.voucher(),
        "phone": draw.phone(),
        "price": draw.amount("de", style="{} €"),
        "price2": draw.amount("de", style="{} €"),
        **{slot: draw.date("de") for slot in ("bought", "date", "date2")},
        "month": draw.choice(list(shop.MONTHS.values())),
        "weekday": draw.weekday("de"),
        "count": draw.count("de"),
        "city": draw.city().de,
        "address": draw.address("de"),
        "courier": draw.courier(),
        "colour": draw.choice(("grün", "blau", "rot", "gelb", "grau", "rosa")),
        "colour2": draw.choice(("schwarz", "weiß", "braun", "lila", "beige")),
    }


def letter(draw):
    """A German letter of three to six sentences."""
    slots = _slots(draw)
    greeting = draw.choice(GREETINGS).format(**slots)
    situations, matters = draw.choice((RECEIVED, PENDING))
    middle = [draw.choice(matters), *draw.rng.sample(EXTRAS, draw.choice((0, 1, 2)))]
    opening = f"{greeting} {shop.expand(draw.rng, draw.choice(situations)).format(**slots)}"
    return " ".join([opening, *(draw.say(part, **slots) for part in middle), draw.choice(CLOSINGS), slots["name"]])
