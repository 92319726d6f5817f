# SPDX-License-Identifier: Apache-2.0
"""German letters to the shop, for pre-training only."""

from world import shop

GREETINGS = ["Sehr geehrte Damen und Herren,", "Guten Tag,", "Hallo {shop}-Team,", "Liebes Team,", "Hallo,"]
CLOSINGS = ["Mit freundlichen Grüßen", "Viele Grüße", "Herzliche Grüße", "Besten Dank und viele Grüße", "Danke,"]
RECEIVED = (
    [
        "am {bought} habe ich bei Ihnen {item_a_acc} bestellt, die Bestellnummer ist {order}.",
        "es geht um {item_acc} aus meiner Bestellung {order}.",
        "letzten {weekday} kam das Paket zur Bestellung {order} mit {item_dat} an.",
        "ich habe eine Frage zu {item_dat} aus der Bestellung {order}.",
        "im {month} habe ich {item_a_acc} bei Ihnen gekauft, Bestellung {order}.",
        "endlich ist die Bestellung {order} da, nur mit {item_dat} bin ich nicht zufrieden.",
    ],
    [
        "Leider ist {item_nom} zerkratzt angekommen. [Ich bitte um eine Erstattung.|Bitte schicken Sie mir einen "
        "Ersatz.]",
        "{item_nom} gefällt mir gut, aber die Farbe ist {colour} statt {colour2}. Kann ich umtauschen?",
        "Im Karton fehlt {part_nom}. Können Sie mir {part_acc} bitte nachsenden?",
        "Schon nach {count} Wochen ist {part_nom} kaputt. Das ist doch sicher ein Fall für die Garantie.",
        "Auf der Rechnung steht der Betrag von {price}, abgebucht wurden aber {price2}. Bitte [prüfen|korrigieren] "
        "Sie das.",
        "Bitte senden Sie mir eine Kopie der Rechnung [an {email}|für das Finanzamt|für meine Unterlagen].",
        "Ich brauche ein Rücksendeetikett, denn {item_nom} ist leider zu [klein|groß].",
        "Ich habe alles zurückgeschickt und warte seit dem {date} auf die Erstattung von {price}.",
        "{item_nom} riecht nach Rauch. Bitte nennen Sie mir einen Weg, wie ich das Geld zurückbekomme.",
        "Ich möchte {item_acc} gern gegen {item2_a_acc} tauschen. Geht das?",
        "Laut Katalog kostet {item_nom} nur {price}, ich habe aber {price2} gezahlt.",
        "{part_nom} ist locker und lässt sich nicht befestigen. Wer kann das reparieren?",
    ],
)
PENDING = (
    [
        "am {bought} habe ich bei Ihnen {item_a_acc} bestellt, die Bestellnummer ist {order}.",
        "ich schreibe Ihnen wegen der Bestellung {order}.",
        "ich warte noch auf {item_acc} aus der Bestellung {order}.",
        "meine Bestellung {order} vom {bought} ist noch unterwegs.",
        "gerade habe ich {item_a_acc} bestellt, Nummer {order}.",
    ],
    [
        "Wir ziehen um. Bitte liefern Sie das Paket an die neue Adresse: {address}.",
        "Laut {courier} wurde das Paket am {date} zugestellt, hier ist aber nichts angekommen.",
        "Ist es möglich, dass Sie erst am {date} liefern? Vorher ist niemand zu Hause.",
        "Der Gutschein {code} wird nicht angenommen. [Woran liegt das?|Bitte helfen Sie mir weiter.]",
        "Ich möchte die Bestellung stornieren, weil [ich sie versehentlich aufgegeben habe|die Lieferung zu lange "
        "dauert].",
        "Können Sie alles als Geschenk verpacken? Die Karte ist für {friend}.",
        "Könnten Sie das Paket [bei den Nachbarn|in der Garage|beim Bäcker nebenan] abgeben lassen?",
        "Ich kann mich nicht mehr anmelden, weil [mein Konto gesperrt ist|die E-Mail mit dem Passwort nicht ankommt].",
        "Bitte legen Sie noch {item2_a_acc} dazu.",
        "Zugesagt war die Lieferung für den {date}. Wo ist das Paket?",
        "Ich möchte gern [auf Rechnung|mit Karte|per Überweisung] zahlen. Können Sie das ändern?",
    ],
)
EXTRAS = [
    "Meine Kundennummer ist {customer}.",
    "Sie erreichen mich unter {phone}.",
    "Bitte antworten Sie bis zum {date2}.",
    "Mit {agent} aus der {department} habe ich schon gesprochen.",
    "Die Sendungsnummer lautet {tracking}.",
    "Bisher war ich mit Ihrem Laden immer sehr zufrieden.",
    "In {city} regnet es seit {count} Tagen, da habe ich endlich Zeit zum Schreiben.",
    "Die Bestellung {order2} kam dagegen pünktlich an.",
    "{item2_nom} vom letzten Jahr [ist übrigens immer noch wie neu|macht uns immer noch Freude].",
    "Gezahlt habe ich {price} per [Karte|Überweisung].",
    "Noch einmal die Nummer der Bestellung: {order}.",
]
# Only departments of feminine gender fit "aus der".
DEPARTMENTS = ("Retourenstelle", "Buchhaltung", "Versandabteilung", "Bestellannahme", "Reklamationsabteilung")


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
