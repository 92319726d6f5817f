# SPDX-License-Identifier: Apache-2.0
"""German conditions and manuals, for pre-training only."""

from world import shop

POLICY = {
    "Wie lange kann ich {thing_acc} zurückgeben?": "Sie können {thing_acc} {days} lang zurückgeben.",
    "Bis wann kann ich Geschenke umtauschen?": "Geschenke tauschen wir bis zum {date} um.",
    "Wer zahlt das Porto für die Rücksendung?": "Das Porto für die Rücksendung zahlt {payer}.",
    "Was muss ich der Rücksendung beilegen?": "Bitte legen Sie der Rücksendung {enclosure} bei.",
    "Wie lange dauert die Lieferung nach {city}?": "Die Lieferung nach {city} dauert {days}.",
    "Was kostet der Versand nach {city}?": "Der Versand nach {city} kostet {price}.",
    "Ab welchem Betrag ist der Versand frei?": "Ab einem Bestellwert von {price} ist der Versand frei.",
    "Wer liefert nach {city}?": "Pakete nach {city} bringt {courier}.",
    "Wie lange habe ich Zeit, die Rechnung zu bezahlen?": "Die Rechnung ist innerhalb von {days_dat} zu bezahlen.",
    "Wie kann ich einen Gutschein bezahlen?": "Einen Gutschein bezahlen Sie {means}.",
    "Was kostet eine Mahnung?": "Für eine Mahnung berechnen wir {price}.",
    "Wie lange gilt die Garantie?": "Die Garantie gilt {count} Jahre ab dem Tag des Kaufs.",
    "Wer repariert {thing_acc}?": "{thing_acc} repariert {name} in unserer Werkstatt.",
    "Was kostet ein Kostenvoranschlag?": "Ein Kostenvoranschlag kostet {price}.",
    "Wann wird das Telefon nicht abgenommen?": "Am {weekday} wird das Telefon nicht abgenommen.",
    "Unter welcher Nummer erreiche ich Sie?": "Sie erreichen uns unter {phone}.",
    "Wohin schicke ich eine Beschwerde?": "Beschwerden richten Sie bitte an: {shop}, {address}.",
    "Ab wann gelten diese Bedingungen?": "Diese Bedingungen gelten ab dem {date}.",
    "Wer beantwortet Fragen zur Rechnung?": "Fragen zur Rechnung beantwortet {name}.",
    "Wie lange läuft der Winterschlussverkauf?": "Der Winterschlussverkauf läuft bis zum {date}.",
}
MANUAL = {
    "Bei welcher Temperatur darf ich {item_acc} reinigen?": "Reinigen Sie {item_acc} mit Wasser von höchstens "
    "{degrees} Grad.",
    "Womit reinige ich {part_acc}?": "{part_acc} reinigen Sie am besten mit {agent}.",
    "Wie oft soll ich {part_acc} wechseln?": "Wechseln Sie {part_acc} {often}.",
    "Unter welcher Nummer kann ich {part_acc} bestellen?": "Die Bestellnummer für {part_acc} lautet {number}.",
    "Wo bewahre ich {item_acc} auf?": "Bewahren Sie {item_acc} {place} auf.",
    "Wie lange muss {part_nom} trocknen?": "Lassen Sie {part_acc} {degrees} Minuten trocknen.",
    "Wie viele Schrauben liegen bei?": "Dem Karton liegen {count} Schrauben bei.",
    "Wie viel Gewicht hält der Karton aus?": "Der Karton hält {degrees} Kilogramm aus.",
    "Wer hat {item_acc} entworfen?": "{item_acc} hat {name} entworfen.",
    "Was kostet ein Ersatz für {part_acc}?": "Ein Ersatz für {part_acc} kostet {price}.",
    "Wann wurde diese Anleitung gedruckt?": "Diese Anleitung wurde am {date} gedruckt.",
    "Wer hilft mir bei Fragen?": "Bei Fragen hilft Ihnen {name} unter {phone}.",
}
OPENINGS = {
    "policy": (
        "Bitte lesen Sie unsere Bedingungen.",
        "Das versprechen wir unseren Kunden.",
        "Für alle Bestellungen gilt:",
    ),
    "manual": (
        "Vielen Dank, dass Sie sich für {item_acc} entschieden haben.",
        "Bitte lesen Sie diese Anleitung, bevor Sie {item_acc} benutzen.",
        "So haben Sie lange Freude an Ihrem Einkauf.",
    ),
}
PAYERS = ("der Kunde", "der Laden", "der Absender", "der Hersteller", "die Versicherung", "der Käufer")
ENCLOSURES = (
    *(
        "eine Kopie der Rechnung",
        "den Lieferschein",
        "das Rücksendeetikett",
        "ein Foto des Schadens",
        "einen kurzen Brief",
    ),
    *("die Garantiekarte", "die Kundennummer"),
)
MEANS = ("per Überweisung", "mit Karte", "bar", "per Lastschrift", "im Voraus", "mit einem Scheck")
AGENTS = (
    *(
        "einem feuchten Tuch",
        "einer weichen Bürste",
        "Wasser und Seife",
        "etwas Essig",
        "einem Tropfen Öl",
        "Backpulver",
    ),
    "Zitronensaft",
)
OFTEN = (
    *("alle {count} Wochen", "alle {count} Monate", "einmal im Jahr", "einmal im Monat", "nach jedem Gebrauch"),
    "in jedem Frühling",
)
PLACES = (
    *("an einem trockenen Ort", "im Originalkarton", "in einem dunklen Schrank", "im Keller", "auf dem Dachboden"),
    *("in einer Schublade", "außer Reichweite von Kindern"),
)


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
        "payer": draw.choice(PAYERS),
        "enclosure": draw.choice(ENCLOSURES),
        "city": draw.city().de,
        "price": draw.amount("de", high=111, style="{} €"),
        "courier": draw.courier(),
        "means": draw.choice(MEANS),
        "count": draw.count("de"),
        "name": draw.name(),
        "weekday": draw.weekday("de"),
        "phone": draw.phone(),
        "address": draw.address("de"),
        "degrees": draw.number(20, 99),
        "agent": draw.choice(AGENTS),
        "often": draw.choice(OFTEN).format(count=draw.count("de")),
        "number": draw.order(),
        "place": draw.choice(PLACES),
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
