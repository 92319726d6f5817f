# SPDX-License-Identifier: Apache-2.0
"""Support tickets and their one-sentence summaries: who wants what about which order, why, by when, and what else."""

import random
import re
from dataclasses import dataclass

from world import shop, tickets_de
from world.ticket_kinds import FITS, KINDS, ONE_AT_A_TIME, PART_FITS, is_bought_in_numbers
from world.ticket_phrases import (
    ASKS,
    CIRCUMSTANCES,
    CLOSINGS,
    DEADLINES,
    DIGRESSIONS,
    DISTRACTORS,
    GREETINGS,
    INTRODUCTIONS,
    NOTES,
    REASONS,
    REPLIES,
    RESTATEMENTS,
    SITUATIONS,
    WISHES,
)

COUNTS = {"train": 2000, "validation": 200, "test": 200}
UNSEEN = 0.2  # share of the skeletons of validation and test that do not occur in training
MAX_SENTENCES = 8
MAX_PIECES = 115  # words, digits and punctuation marks; some 160 tokens
WHY = REASONS | CIRCUMSTANCES
STYLES = tuple(ASKS)
STYLES_OF_WISH = {"apology": ("annoyed", "formal"), "manager": ("annoyed", "formal"), "german": ("plain", "formal")}
RELATIVES = ("mother", "father", "sister", "brother", "aunt", "uncle", "daughter", "son", "grandmother", "neighbour")

QUANTITIES = ("two", "three", "four", "six", "eight", "twelve")
AGREEMENT = {  # with one thing, with several
    False: {"it": "it", "them": "it", "is": "is", "was": "was", "has": "has", "does": "does", "s": "s", "one": "one"},
    True: {
        "it": "they",
        "them": "them",
        "is": "are",
        "was": "were",
        "has": "have",
        "does": "do",
        "s": "",
        "one": "ones",
    },
}
SIGNATURES = (" {name}", " {name}", " {name}", " {name}, {city}", " {name} (customer number {customer})")
THANKS = ("", "Thank you.", "Thank you in advance.")
KEEPS_CAPITAL = re.compile(r"I\b|\{(?:agent|friend|courier|name)\}")


@dataclass(frozen=True)
class Plan:
    """The facts of a ticket without its names and numbers; equal plans give summaries of equal skeleton."""

    kind: str
    variant: int
    reason: str | None
    deadline: str | None
    wish: str | None
    plural: bool


def draw_plan(rng):
    name = rng.choice(list(KINDS))
    kind = KINDS[name]
    reason = rng.choice(kind.reasons)
    return Plan(
        name,
        rng.randrange(len(kind.variants)),
        reason,
        rng.choice(kind.deadlines) if kind.deadlines and rng.random() < 0.5 else None,
        rng.choice(kind.wishes) if rng.random() < 0.5 else None,
        kind.plural and reason not in ONE_AT_A_TIME and rng.random() < 0.2,
    )


# The facts in words


def thing_slots(draw, plan):
    """The product of the ticket and the small words that agree with it."""
    item = suitable_item(draw, plan)
    several = plan.plural or plan.kind == "short"
    few, many = sorted(draw.rng.sample(QUANTITIES, 2), key=QUANTITIES.index)
    number = many if plan.kind == "short" else draw.choice(QUANTITIES[:3])
    parts = [part for part in item.parts if PART_FITS.get(plan.reason, bool)(part)]
    others = draw.rng.sample([other for other in shop.PRODUCTS if other != item], 3)
    if plan.kind == "exchange_other":
        others[0] = draw.choice([other for other in shop.PRODUCTS if other != item and other.category == item.category])
    return AGREEMENT[several] | {
        "item": f"the {number} {item.plural}" if several else item.the,
        "an_item": f"{number} {item.plural}" if several else item.a,
        "noun": f"{number} {item.plural}" if several else item.en,
        "plural": item.plural,
        "few": few,
        "many": many,
        "part": draw.choice(parts).en if parts else "",
        "an_other": others[0].a,
        "other": others[1].en,
        "others": others[1].plural,
        "a_thing": others[1].a,
        "a_thing2": others[2].a,
        "new": new_one(draw, plan, several),
    }


def suitable_item(draw, plan):
    fits = [KINDS[plan.kind].item, FITS.get(plan.reason)]
    if plan.plural or plan.kind == "short":
        fits.append(is_bought_in_numbers)
    return draw.choice([item for item in shop.PRODUCTS if all(fit(item) for fit in fits if fit)])


def new_one(draw, plan, plural):
    """What the thing is exchanged for: "a large one", "green ones"."""
    sizes = {"small": ("large", "extra large"), "large": ("small", "medium")}
    adjective = draw.choice(sizes[plan.reason]) if plan.kind == "exchange_size" else draw.colour()
    return f"{adjective} ones" if plural else f"{shop.a(adjective)} one"


def fact_slots(draw, person):
    """Everything a phrase may name, whether or not the ticket uses it."""
    colours = draw.rng.sample(list(shop.COLOURS), 2)
    currency = draw.choice(shop.CURRENCIES["en"])
    low, high = sorted((draw.number(20, 200), draw.number(20, 200)))
    weekdays = draw.rng.sample(list(shop.WEEKDAYS), 2)
    relatives, dates = draw.rng.sample(RELATIVES, 2), []
    while len(dates) < 4:
        dates += {draw.date()} - set(dates)
    return {
        "shop": shop.NAME,
        "name": person.full,
        "email": draw.email(person),
        "agent": draw.person().titled(),
        "friend": draw.person().first,
        "receiver": draw.person().first,
        "firm": f"{draw.person().last} & {draw.person().last}",
        "order": draw.order(),
        "order2": draw.order(),
        "order3": draw.order(),
        "customer": draw.customer(),
        "tracking": draw.tracking(),
        "code": draw.voucher(),
        "phone": draw.phone(),
        "amount": currency.format(f"{high}.{draw.number(10, 99)}"),
        "amount2": currency.format(f"{low}.{draw.number(10, 99)}"),
        "price": draw.amount(),
        "grams": draw.number(300, 4000),
        **dict(zip(("bought", "date", "date2", "other_date"), dates, strict=True)),
        "month": draw.choice(list(shop.MONTHS)),
        "weekday": weekdays[0],
        "due": weekdays[1],
        "count": draw.count(),
        "count2": draw.count(),
        "ordinal": draw.choice(("second", "third", "fourth")),
        "city": draw.city().en,
        "address": draw.address(),
        "courier": draw.courier(),
        "department": draw.department(),
        "colour": colours[0],
        "colour2": colours[1],
        "relative": relatives[0],
        "relative2": relatives[1],
    }


def summary_of(plan, slots):
    kind = KINDS[plan.kind]
    text = f"{{name}} {kind.summary}"
    if variant := kind.variants[plan.variant]:
        text = text.replace("{variant}", variant[0])
    if plan.deadline == "urgent":
        text = re.sub(r"\b(wants|needs)\b", r"urgently \1", text, count=1)
        text = text.replace("{by}", "")
    text = text.replace("{by}", f" {DEADLINES[plan.deadline][0]}" if plan.deadline else "")
    if plan.reason:
        text += f" because {WHY[plan.reason][0]}"
    if plan.wish:
        text += f", and {WISHES[plan.wish][0]}"
    return f"{text}.".format(**slots)


# The letter: templates first, words last


def core(draw, plan, style):
    """The sentences that carry the facts, in one of several orders, and whether the request is what names the order."""
    kind = KINDS[plan.kind]
    variant = kind.variants[plan.variant]
    why = [draw.choice(WHY[plan.reason][1])] if plan.reason else []
    statement = [draw.choice(kind.statements)] if kind.statements else []
    in_request = bool(kind.full) and draw.chance(0.3)
    request, deadline = ask(draw, plan, style, kind.full if in_request else (variant and variant[1]) or kind.asks)
    request = request.replace("{variant}", variant[0]) if variant else request
    if in_request:
        sentences = [request, *why, *deadline]
    else:
        middle = [request, *why, *deadline] if why and draw.chance(0.35) else [*why, request, *deadline]
        sentences = [draw.choice(SITUATIONS[kind.situation][style]), *statement, *middle]
    if plan.wish:
        sentences.append(draw.choice(WISHES[plan.wish][1]))
    return sentences, in_request


def ask(draw, plan, style, asks):
    """The request as a sentence, and the deadline as a sentence of its own unless the request holds it."""
    request, deadline = draw.choice(asks), []
    if plan.deadline:
        _, tails, sentences = DEADLINES[plan.deadline]
        if draw.chance(0.5):
            request = f"{request} {draw.choice(tails)}"
        else:
            deadline = [draw.choice(sentences)]
    return draw.choice(ASKS[style]).replace("{ask}", request), deadline


def letter(draw, plan, slots):
    style = draw.choice(STYLES_OF_WISH.get(plan.wish, STYLES))
    sentences, in_request = core(draw, plan, style)
    used = slots_of(*sentences)
    extras = draw.rng.choices((0, 1, 2), (7, 3, 0) if style == "terse" else (4, 5, 1))[0]
    for template in unrelated(draw, DISTRACTORS[KINDS[plan.kind].situation], extras, used):
        # Never between a sentence and the "it" that refers to it: only before the wish or at the end.
        sentences.insert(len(sentences) - bool(plan.wish and draw.chance(0.5)), template)
    wordy = in_request or draw.chance(0.2 if style == "terse" else 0.5)
    digression = unrelated(draw, DIGRESSIONS[style], int(wordy), used)
    signed = draw.chance(0.75)
    opening = [] if signed else unrelated(draw, INTRODUCTIONS[style], 1, used)
    if signed and not in_request and draw.chance(0.35):
        sentences += digression
    else:
        opening += digression
    end = draw.choice(CLOSINGS[style]) + unrelated(draw, SIGNATURES, 1, used)[0] if signed else draw.choice(THANKS)
    return written(draw, slots, draw.choice(GREETINGS[style]), [*opening, *sentences], end)


def slots_of(*templates):
    """The slots that a second sentence should not use again; an amount also rules out a price beside it."""
    slots = set(re.findall(r"\{(\w+)\}", " ".join(templates))) - {"name"}
    return slots | ({"price"} if "amount" in slots else set())


def unrelated(draw, templates, count, used):
    """Choose templates that share no slot with what is `used`, and add theirs to it."""
    chosen = []
    while len(chosen) < count:
        template = draw.choice([template for template in templates if not slots_of(template) & used])
        chosen.append(template)
        used |= slots_of(template)
    return chosen


def written(draw, slots, greeting, templates, end):
    """Fill the templates; after a greeting with a comma the first of them goes on in small letters."""
    texts = [draw.say(template, **slots) for template in templates]
    greeting = shop.expand(draw.rng, greeting).format(**slots)
    if greeting.endswith(",") and not KEEPS_CAPITAL.match(templates[0]):
        texts[0] = texts[0][0].lower() + texts[0][1:]
    return " ".join(filter(None, [greeting, *texts, shop.expand(draw.rng, end).strip().format(**slots)]))


def ticket(draw, plan):
    """Return a document and its summary."""
    while True:
        slots = fact_slots(draw, draw.person()) | thing_slots(draw, plan)
        document = letter(draw, plan, slots)
        pieces = len(re.findall(r"\d|[^\W\d]+|[^\w\s]", document))
        sentences = len(re.findall(r"[.!?](?= |$)", document.replace("P.S.", "P.S")))
        if pieces <= MAX_PIECES and 2 <= sentences <= MAX_SENTENCES:
            return document, summary_of(plan, slots)


# The splits


def plans_for(rng, seen, taken, count):
    """Plans of as many skeletons as rows, UNSEEN of them neither in training nor taken by another split."""
    unseen = set()
    while len(unseen) < round(UNSEEN * count):
        if (plan := draw_plan(rng)) not in seen and plan not in taken:
            unseen.add(plan)
    known = rng.sample(sorted(seen, key=repr), count - len(unseen))
    plans = [*sorted(unseen, key=repr), *known]
    rng.shuffle(plans)
    return plans


def rows(seed):
    """Return {"train": [{"id", "document", "summary"}, ...], "validation": [...], "test": [...]}."""
    rng = random.Random(f"tickets {seed}")
    plans = {"train": [draw_plan(rng) for _ in range(COUNTS["train"])]}
    seen, taken = set(plans["train"]), set()
    for split in ("validation", "test"):
        plans[split] = plans_for(rng, seen, taken, COUNTS[split])
        taken |= set(plans[split]) - seen
    return {split: _split_rows(rng, split, chosen) for split, chosen in plans.items()}


def _split_rows(rng, split, plans):
    draw = shop.Draw(rng, split)
    tickets = [ticket(draw, plan) for plan in plans]
    return [
        {"id": f"{split}-{number:04}", "document": document, "summary": summary}
        for number, (document, summary) in enumerate(tickets, 1)
    ]


# Unlabelled text


def paragraphs(rng):
    """Yield letters, replies and notes about tickets without end, a part of them in German."""
    draw = shop.Draw(rng, "pretrain")
    while True:
        yield draw.rng.choices((_letter, _letter_restated, _reply, _note, tickets_de.letter), (50, 12, 10, 8, 20))[0](
            draw
        )


def _letter(draw):
    return ticket(draw, draw_plan(draw.rng))[0]


def _letter_restated(draw):
    """A letter that says some of its facts again."""
    plan = draw_plan(draw.rng)
    slots = fact_slots(draw, draw.person()) | thing_slots(draw, plan)
    return f"{letter(draw, plan, slots)} {draw.say(draw.choice(RESTATEMENTS), **slots)}"


def _told(draw, plan, slots):
    """The facts without wish, told to the customer: "you want a refund for the mug"."""
    verb, rest = (
        summary_of(Plan(**(vars(plan) | {"wish": None})), slots).removeprefix(f"{slots['name']} ").split(" ", 1)
    )
    second_person = {"wants": "want", "needs": "need", "was": "were", "has": "have"}
    return f"you {second_person.get(verb, verb)} {rest}".rstrip(".")


def _reply(draw):
    plan = draw_plan(draw.rng)
    person = draw.person()
    slots = fact_slots(draw, person) | thing_slots(draw, plan)
    return draw.say(draw.choice(REPLIES), **slots, titled=person.titled(), told=_told(draw, plan, slots))


def _note(draw):
    plan = draw_plan(draw.rng)
    slots = fact_slots(draw, draw.person()) | thing_slots(draw, plan)
    reason = WHY[plan.reason][0].removeprefix("of ").format(**slots) if plan.reason else "see letter"
    return draw.say(draw.choice(NOTES), **slots, reason=reason)
