# SPDX-License-Identifier: Apache-2.0
"""What the bilingual FAQ tells, as clauses in two languages that fit into questions, answers and subordinate clauses.

A clause reads subject | finite verb | rest in both languages, so that either order can be made of it: "kann | ich",
"dass ich ... kann". ~ marks where German puts an adverbial or "nicht"; English puts adverbials at the end.

Who speaks decides {I} {my} {we} {our}: a customer asks "Can I ...?", the shop answers "You can ...". German follows
with {ich} {mein} {kann} {habe}, {wir} {unser} and {können}. A product is {the} {a} {the2} {a2}; in German {der} and
{ein} are nominative, {den} and {einen} accusative, whatever the gender; {am} and {zum} are the contracted datives;
{den2} and {einen2} belong to the second product, {den_teil} is the part.
"""

from dataclasses import dataclass

from world import lexicon

TIME = ("within", "by", "from", "after", "weekday")
COST = ("free", "fee")


@dataclass(frozen=True)
class Clause:
    """adverbs: keys of ADVERBS; how: whether "how" may ask for it; no: whether it can be denied.

    conditions: which groups of CONDITIONS suit.
    """

    en: str
    de: str
    adverbs: tuple = ()
    how: bool = False
    no: bool = True
    conditions: tuple = ()


def _can(en, de, *adverbs, how=True, no=True, conditions=("account",)):
    return Clause(f"{{I}}|can|{en}", f"{{ich}}|{{kann}}|{de}", adverbs, how, no, conditions)


def _we(en, de, *adverbs, no=True, conditions=("account",)):
    return Clause(f"{{we}}|can|{en}", f"{{wir}}|können|{de}", adverbs, False, no, conditions)


CLAUSES = {
    "return": _can(
        "return {the}", "{den} ~ zurückgeben", *TIME, *COST, "receipt", "post", conditions=("account", "thing", "paid")
    ),
    "exchange": _can(
        "exchange {the} for {a2}",
        "{den} ~ gegen {einen2} umtauschen",
        *TIME,
        *COST,
        "receipt",
        conditions=("account", "thing", "paid"),
    ),
    "cancel": _can(
        "cancel order {order}",
        "die Bestellung {order} ~ stornieren",
        *TIME,
        *COST,
        "online",
        "phone",
        conditions=("account", "order"),
    ),
    "address": _can(
        "change the delivery address of order {order}",
        "die Lieferadresse der Bestellung {order} ~ ändern",
        *TIME,
        "online",
        "phone",
        conditions=("account", "order"),
    ),
    "redeem": _can(
        "redeem the voucher {code}",
        "den Gutschein {code} ~ einlösen",
        *TIME,
        "online",
        "phone",
        conditions=("account", "value"),
    ),
    "pay": _can(
        "pay for order {order} {pay}",
        "die Bestellung {order} ~ {zahlweise} bezahlen",
        "within",
        "by",
        "from",
        how=False,
        conditions=("account", "value", "place"),
    ),
    "collect": _can(
        "collect order {order} in {city}",
        "die Bestellung {order} ~ in {stadt} abholen",
        *TIME,
        "free",
        how=False,
        conditions=("account", "paid"),
    ),
    "part": _can(
        "buy {a_part} for {the} separately",
        "{einen_teil} für {den} ~ einzeln kaufen",
        *TIME,
        "online",
        "phone",
        "price",
        no=False,
    ),
    "reach": _can(
        "reach {agent} on {phone}", "{agent_akk} ~ unter {phone} erreichen", "until", "from", "weekday", conditions=()
    ),
    "colour": _can(
        "order {the} in {colour}", "{den} ~ in {farbe} bestellen", "by", "from", "after", "online", "phone", "price"
    ),
    "send": _can(
        "send {the} to {the_department}",
        "{den} ~ an {die_abteilung} schicken",
        *TIME,
        *COST,
        conditions=("account", "thing"),
    ),
    "repair": _can(
        "have {the} repaired", "{den} ~ reparieren lassen", *TIME, *COST, "receipt", conditions=("account", "thing")
    ),
    "try": _can(
        "try out {the} at home", "{den} ~ zu Hause ausprobieren", "free", "from", conditions=("account", "place")
    ),
    "invoice": _can(
        "download the invoice for order {order}",
        "die Rechnung zur Bestellung {order} ~ herunterladen",
        *TIME,
        "free",
        conditions=("account", "order"),
    ),
    "track": _can("track the parcel {tracking}", "das Paket {tracking} ~ verfolgen", "online", "from", "free"),
    "wrap": _can(
        "have {the} wrapped as a present",
        "{den} ~ als Geschenk verpacken lassen",
        "by",
        "from",
        *COST,
        conditions=("account", "value"),
    ),
    "catalogue": _can(
        "order the catalogue of {date2}", "den Katalog vom {datum2} ~ bestellen", *COST, "online", "phone", "from"
    ),
    "write": _can("write to {agent} at {email}", "{agent_dat} ~ an {email} schreiben", "by", how=False, conditions=()),
    "guarantee": _can(
        "extend the guarantee on {the}",
        "die Garantie für {den} ~ verlängern",
        *TIME,
        *COST,
        "online",
        conditions=("account", "paid"),
    ),
    "deliver": _we(
        "deliver {the} to {city}", "{den} ~ nach {stadt} liefern", *TIME, *COST, conditions=("order", "value")
    ),
    "refund": _we(
        "refund the price of {amount2}",
        "den Preis von {betrag2} ~ erstatten",
        "within",
        "by",
        "from",
        "after",
        conditions=("thing", "paid"),
    ),
    "mend": _we("repair {the}", "{den} ~ reparieren", *TIME, *COST, conditions=("account", "thing", "paid")),
    "replace": _we(
        "replace the {part} on {the}", "{den_teil} {am} ~ ersetzen", *TIME, *COST, conditions=("thing", "paid")
    ),
    "courier": _we(
        "send order {order} with {courier}",
        "die Bestellung {order} ~ mit {courier} verschicken",
        *TIME,
        *COST,
        conditions=("value", "place", "order"),
    ),
    "together": _we(
        "send {the} and {the2} in one parcel",
        "{den} und {den2} ~ in einem Paket verschicken",
        *TIME,
        *COST,
        conditions=("account", "place"),
    ),
    "reserve": _we("reserve {the} for {name}", "{den} ~ für {name} reservieren", *TIME, *COST, conditions=("account",)),
    "engrave": _we(
        "engrave the name {first} on {the}", "den Namen {first} ~ auf {den} gravieren", *COST, "by", "from", no=False
    ),
    "available": Clause(
        "{the}|is|available in {colour}", "{der}|ist|~ in {farbe} erhältlich", ("from", "after", "online", "price")
    ),
    "stock": Clause("{the}|is|in stock in {city}", "{der}|ist|~ in {stadt} vorrätig", ("from", "after", "weekday")),
    "sent": Clause("order {order}|has|been sent", "die Bestellung {order}|wurde|~ verschickt", (), conditions=()),
    "postage": Clause(
        "the postage to {city}|is|{amount}",
        "das Porto nach {stadt}|beträgt|~ {betrag}",
        ("from",),
        no=False,
        conditions=("value",),
    ),
    "cover": Clause(
        "the guarantee on {the}|is|valid for {days} months",
        "die Garantie für {den}|gilt|~ {days} Monate",
        (),
        no=False,
        conditions=("paid",),
    ),
    "worth": Clause("the voucher {code}|is|worth {amount2}", "der Gutschein {code}|ist|~ {betrag2} wert", ("from",)),
    "valid": Clause("the voucher {code}|is|valid", "der Gutschein {code}|ist|~ gültig", ("from", "after", "until")),
    "bring": Clause(
        "{courier}|can|deliver order {order}",
        "{courier}|kann|die Bestellung {order} ~ zustellen",
        (*TIME, "free"),
        conditions=("place", "paid", "order"),
    ),
    "advise": Clause(
        "{agent}|can|answer questions about {the}",
        "{agent_nom}|kann|Fragen {zum} ~ beantworten",
        ("from", "weekday", "phone", "by"),
        no=False,
    ),
    "arrive": Clause(
        "the parcel {tracking}|will|arrive", "das Paket {tracking}|wird|~ ankommen", TIME, conditions=("paid", "place")
    ),
    "delivered": Clause(
        "{the}|will|be delivered to {address}",
        "{der}|wird|~ an die Adresse {adresse} geliefert",
        (*TIME, *COST),
        conditions=("paid",),
    ),
    "status": Clause("the status of order {order}|is|“{status}”", "der Status der Bestellung {order}|ist|~ „{stand}“"),
    "size": Clause("{the}|is|{days} centimetres high", "{der}|ist|~ {days} Zentimeter hoch", (), no=False),
}

# key: English, German, whether "nicht" stands before it ("nicht kostenlos"); after it, it is "nicht mehr"
ADVERBS = {
    "within": ("within {days} days", "innerhalb von {days} Tagen", True),
    "by": ("by {date}", "bis zum {datum}", None),
    "until": ("until {date}", "bis zum {datum}", None),
    "from": ("from {date}", "ab dem {datum}", None),
    "after": ("after {date}", "nach dem {datum}", False),
    "weekday": ("on {weekday}", "am {wochentag}", None),
    "free": ("free of charge", "kostenlos", True),
    "fee": ("for a fee of {amount}", "gegen eine Gebühr von {betrag}", None),
    "price": ("for {amount}", "für {betrag}", True),
    "receipt": ("without a receipt", "ohne Kassenbon", True),
    "post": ("by post", "per Post", True),
    "online": ("online", "online", True),
    "phone": ("by telephone", "telefonisch", True),
}

CONDITIONS = {
    "account": {
        "number": (
            "if {I} give the customer number {customer}",
            "wenn {ich} die Kundennummer {customer} {angebe}",
        ),
        "login": ("if {I} have a customer account", "wenn {ich} ein Kundenkonto {habe}"),
        "ask": ("if {I} ask {agent3}", "wenn {ich} {agent3_akk} {frage}"),
        "form": ("if {I} use the form on page {page}", "wenn {ich} das Formular auf Seite {page} {benutze}"),
    },
    "thing": {
        "damaged": ("if {the} is damaged", "wenn {der} beschädigt ist"),
        "unused": ("if {the} has not been used", "wenn {der} nicht benutzt wurde"),
        "lost": ("even if {I} have lost the receipt", "auch wenn {ich} den Kassenbon verloren {habe}"),
        "box": ("if the box is missing", "wenn der Karton fehlt"),
        "bought": ("if {the} was bought on {date2}", "wenn {der} am {datum2} gekauft wurde"),
    },
    "order": {
        "unpaid": ("if the invoice has not been paid yet", "wenn die Rechnung noch nicht bezahlt ist"),
        "moving": ("if the parcel is still in the warehouse", "wenn das Paket noch im Lager ist"),
        "before": ("if {I} ordered before {date2}", "wenn {ich} vor dem {datum2} bestellt {habe}"),
    },
    "value": {
        "over": ("if the order is worth more than {amount}", "wenn die Bestellung mehr als {betrag} wert ist"),
        "first": ("if it is {my} first order", "wenn es {mein}e erste Bestellung ist"),
    },
    "place": {
        "live": ("if {I} live in {city2}", "wenn {ich} in {stadt2} {wohne}"),
        "away": ("if nobody is at home on {weekday2}", "wenn am {wochentag2} niemand zu Hause ist"),
    },
    "paid": {
        "paid": ("if {I} paid {pay2}", "wenn {ich} {zahlweise2} bezahlt {habe}"),
        "soon": ("as soon as the invoice of {date2} has been paid", "sobald die Rechnung vom {datum2} bezahlt ist"),
    },
}

# Sentences that go before a question, and after an answer.

LEADS = {
    "order": ("My order number is {order3}.", "Meine Bestellnummer ist {order3}."),
    "customer": ("My customer number is {customer2}.", "Meine Kundennummer ist {customer2}."),
    "name": (
        "My name is {name2}, and my customer number is {customer2}.",
        "Ich heiße {name2}, und meine Kundennummer ist {customer2}.",
    ),
    "live": ("My address is {address2}.", "Meine Adresse lautet {adresse2}."),
    "bought": ("I bought {a} on {date3}.", "Ich habe am {datum3} {einen} gekauft."),
    "wrote": (
        "{agent2} from your {department2} wrote to me on {date3}.",
        "{agent2_nom} aus {ihrer_abteilung2} hat mir am {datum3} geschrieben.",
    ),
    "letter": (
        "I have a question about your letter of {date3} with the number {order3}.",
        "Ich habe eine Frage zu Ihrem Schreiben vom {datum3} mit der Nummer {order3}.",
    ),
    "paid": ("I have already paid {amount3}.", "Ich habe schon {betrag3} bezahlt."),
    "present": ("{a} is to be a present for {friend}.", "{ein} soll ein Geschenk für {friend} sein."),
    "waiting": ("I have been waiting for {a3} since {date3}.", "Ich warte seit dem {datum3} auf {einen3}."),
}

TAILS = {
    "email": ("Please write to {email2}.", "Bitte schreiben Sie an {email2}."),
    "help": (
        "{agent2} from our {department2} will be glad to help you on {phone2}.",
        "{agent2_nom} aus {unserer_abteilung2} hilft Ihnen gern unter {phone2}.",
    ),
    "quote": ("Please give the order number {order3}.", "Bitte geben Sie die Bestellnummer {order3} an."),
    "postage": ("The postage is {amount3}.", "Das Porto beträgt {betrag3}."),
    "until": ("This is valid until {date3}.", "Das gilt bis zum {datum3}."),
    "page": (
        "You will find the form on page {page2} of the catalogue.",
        "Das Formular finden Sie auf Seite {page2} des Katalogs.",
    ),
    "takes": ("This usually takes {days2} days.", "In der Regel dauert das {days2} Tage."),
    "closed": (
        "{Our_department2} is closed on {date3}.",
        "{Unsere_abteilung2} ist am {datum3} geschlossen.",
    ),
    "where": ("The address is {address2}.", "Die Adresse lautet {adresse2}."),
    "click": (
        "Please click on “{button}” in your customer account.",
        "Bitte klicken Sie in Ihrem Kundenkonto auf „{knopf}“.",
    ),
    "answer": (
        "You will receive an answer from {agent2} by {date3}.",
        "Sie erhalten bis zum {datum3} eine Antwort von {agent2_dat}.",
    ),
    "added": (
        "The amount of {amount3} will be added to the invoice.",
        "Der Betrag von {betrag3} wird auf die Rechnung gesetzt.",
    ),
}

# Short answers to a question just asked; {condition} and {bedingung} are one of CONDITIONS.
ANSWERS = {
    "yes": ("Yes, that is possible.", "Ja, das ist möglich."),
    "right": ("Yes, that is right.", "Ja, das ist richtig."),
    "wrong": ("No, unfortunately that is not right.", "Nein, das ist leider nicht richtig."),
    "no": ("No, unfortunately that is not possible.", "Nein, das ist leider nicht möglich."),
    "only": ("Yes, but only {condition}.", "Ja, aber nur, {bedingung}."),
    "not": ("No, not {condition}.", "Nein, nicht, {bedingung}."),
    "until": ("Yes, until {date3}.", "Ja, bis zum {datum3}."),
    "since": ("Yes, since {date3}.", "Ja, seit dem {datum3}."),
    "costs": ("Yes, it costs {amount3}.", "Ja, das kostet {betrag3}."),
    "ask": ("Please ask {agent2} on {phone2}.", "Bitte fragen Sie {agent2_akk} unter {phone2}."),
    "yes_write": ("Yes, please write to {email2}.", "Ja, bitte schreiben Sie an {email2}."),
}

PAYMENTS = {
    "by card": "mit Karte",
    "by invoice": "auf Rechnung",
    "by bank transfer": "per Überweisung",
    "by direct debit": "per Lastschrift",
    "in instalments": "in Raten",
    "in cash": "in bar",
}
STATUSES = {
    "dispatched": "versandt",
    "on its way": "unterwegs",
    "paid": "bezahlt",
    "open": "offen",
    "delivered": "zugestellt",
    "cancelled": "storniert",
}
BUTTONS = {
    "Returns": "Retouren",
    "My orders": "Meine Bestellungen",
    "Vouchers": "Gutscheine",
    "Invoices": "Rechnungen",
    "Address book": "Adressbuch",
    "Settings": "Einstellungen",
    "Help": "Hilfe",
}
COLOURS = dict(zip(lexicon.COLOURS, lexicon.COLOUR_NOUNS, strict=True))  # "in Rot"
DEPARTMENT_GENDERS = {"Kundendienst": "m", "Lager": "n", "Webshop-Team": "n"}  # the others are feminine

STATES = (  # "yes, that is right" instead of "possible"
    *("sent", "postage", "cover", "worth", "valid", "status"),
    *("size", "available", "stock", "arrive", "delivered"),
)
_OWN = "return exchange part send repair guarantee mend replace"
# Which clauses a lead, tail or answer goes with; those not named go with every clause.
FITTING = {
    key: set(clauses.split())
    for key, clauses in {
        "order": f"{_OWN} deliver refund together wrap engrave",
        "live": "deliver collect postage stock catalogue send courier",
        "bought": f"{_OWN} cover",
        "paid": "cancel refund collect invoice sent arrive bring status",
        "present": "wrap engrave exchange return reserve delivered colour deliver together available",
        "waiting": "courier bring sent arrive status track cancel address",
        "quote": f"{_OWN} refund deliver",
        "postage": "return exchange send deliver together catalogue courier delivered part",
        "until": "redeem pay colour wrap try guarantee worth engrave reserve return exchange cancel address stock",
        "page": "return exchange repair guarantee cancel address refund mend pay",
        "takes": "repair mend replace refund deliver engrave courier exchange guarantee",
        "closed": "send repair reach write stock advise collect",
        "where": "collect send stock try",
        "click": "return cancel address redeem invoice track catalogue exchange",
        "added": "wrap engrave repair deliver mend courier replace guarantee",
        "since": "colour available stock advise deliver courier pay track invoice part",
        "costs": "send repair mend replace wrap engrave deliver exchange delivered together guarantee reserve courier",
    }.items()
}
# Which adverbs tell another tale.
CLASHES = {
    "until": ("within", "by", "until", "after", "weekday"),
    "since": ("within", "by", "until", "from", "after", "weekday"),
    "takes": ("within", "by", "from", "after", "weekday"),
    "added": ("free", "fee", "price"),
    "postage": ("free", "fee"),
    "costs": ("free", "fee", "price"),
}
WITH_NO = ("email", "help", "answer")  # the tails that suit a refusal
OPENING = ("within", "until", "from", "after", "weekday")  # the adverbs that may begin a sentence
NOT_ONLY = ("lost", "soon")  # the conditions that make no sense after "only"
NOT_NOT = (*NOT_ONLY, "number", "login", "ask", "form")  # and after "not"
