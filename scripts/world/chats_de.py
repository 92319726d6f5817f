# SPDX-License-Identifier: Apache-2.0
"""German chats, for pre-training only; their words are in phrases/chats_de.yaml."""

from world import shop
from world.phrasebook import load

_READ = load("chats_de")
HELLOS, WISHES, BYES = (_READ[name] for name in ("HELLOS", "WISHES", "BYES"))
ASKS = tuple(tuple(asked.values()) for asked in _READ["ASKS"])  # (question, answers)


def transcript(draw):
    """A German chat of two to four turns."""
    item, person = draw.product(), draw.person()
    slots = {
        "name": person.full,
        "order": draw.order(),
        "date": draw.date("de"),
        "email": draw.email(person),
        "code": draw.voucher(),
        "address": draw.address("de"),
        "city": draw.city().de,
        "item_nom": item.de_the(),
        "item_acc": item.de_the("acc"),
        "item_dat": item.de_the("dat"),
    }
    wish = draw.choice(list(WISHES))
    opening = draw.choice(HELLOS)
    said = wish.format(**slots)
    said = said if opening.endswith(",") else shop.sentence(said)
    lines, reply = [f"{opening} {said}"], WISHES[wish]
    for question, answers in ASKS[: 3 if "{city}" in reply else draw.choice((2, 3))]:
        lines += [question, draw.choice(answers)]
    lines.append(reply)
    if draw.chance(0.5):
        lines += draw.choice(BYES)
    names = draw.choice((("Kunde: ", "Mitarbeiter: "), ("human: ", "gpt: "), ("– ", "– ")))
    told = (
        f"{names[number % 2]}{line if number == 0 else draw.say(line, **slots)}" for number, line in enumerate(lines)
    )
    return draw.choice(("\n", "\n", " ")).join(told)
