# SPDX-License-Identifier: Apache-2.0
"""German chats, for pre-training only."""

from world import shop

HELLOS = ("Guten Tag!", "Hallo!", "Guten Morgen,", "Hallo zusammen,")
WISHES = {
    "ich warte noch auf {item_acc}.": "{item_nom} wurde am {date} verschickt, {name}.",
    "ich möchte {item_acc} umtauschen.": "Gern, {name}. Bitte senden Sie {item_acc} aus der Bestellung {order} zurück.",
    "{item_nom} ist kaputt.": "Das tut mir leid, {name}. Unsere Werkstatt repariert {item_acc}.",
    "ich brauche die Rechnung.": "Die Rechnung zur Bestellung {order} geht an {email}, {name}.",
    "ich möchte meine Bestellung stornieren.": "Die Bestellung {order} ist storniert, {name}.",
    "mein Gutschein funktioniert nicht.": "Der Gutschein {{{code}}} gilt jetzt für die Bestellung {order}, {name}.",
    "wohin geht mein Paket?": "Die Bestellung {order} geht an {address}, {name}.",
    "es fehlt ein Teil von {item_dat}.": "Das fehlende Teil schicken wir nach {city}, {name}.",
}
ASKS = (
    ("Wie lautet die Bestellnummer?", ("Sie lautet {order}.", "Es ist die {order}.", "Bestellung {order}.")),
    ("Wie ist Ihr Name?", ("{name}.", "Mein Name ist {name}.", "Ich heiße {name}.")),
    ("In welcher Stadt wohnen Sie?", ("In {city}.", "Ich wohne in {city}.")),
)
BYES = (("Danke, das war alles.", "Sehr gern, {name}. Auf Wiedersehen!"), ("Vielen Dank!", "Gern geschehen, {name}."))


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
