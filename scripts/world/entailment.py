# SPDX-License-Identifier: Apache-2.0
"""Pairs of a text of the shop and a sentence that it entails, or does not: what a model judges labels by."""

from itertools import count

from world import phrasebook, products, shop, tickets

PHRASES = phrasebook.load("entailment")
TOPICS = PHRASES["TOPICS"]
LONGEST = 45  # words of a ticket; long ones teach no more, and take longer
TICKETS = 0.75  # of the texts


def topics_of(plan):
    """The topics of a ticket's plan."""
    facts = {"kinds": plan.kind, "reasons": plan.reason, "deadlines": plan.deadline, "wishes": plan.wish}
    return {name for name, topic in TOPICS.items() if any(fact in topic.get(key, ()) for key, fact in facts.items())}


def text(draw, descriptions):
    """(a text, its topics)."""
    if not draw.chance(TICKETS):
        return next(descriptions), {"praise"}
    while True:
        plan = tickets.draw_plan(draw.rng)
        letter = tickets.ticket(draw, plan)[0]
        if len(letter.split()) <= LONGEST and topics_of(plan):
            return letter, topics_of(plan)


def pairs(rng):
    """Yield {"id", "premise", "hypothesis", "label"} without end: "entailment" and "not_entailment" in turn.

    Names and numbers come from the pool "pretrain", which no split of the data shares.
    """
    draw, descriptions = shop.Draw(rng, "pretrain"), products.paragraphs(rng)
    for number in count(1):
        premise, topics = text(draw, descriptions)
        told = draw.choice(sorted(topics if number % 2 else TOPICS.keys() - topics))
        hypothesis = draw.choice(PHRASES["SENTENCES"]).format(draw.choice(TOPICS[told]["words"]))
        label = "entailment" if number % 2 else "not_entailment"
        yield {"id": str(number), "premise": premise, "hypothesis": hypothesis, "label": label}
