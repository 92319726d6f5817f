# SPDX-License-Identifier: Apache-2.0
"""Support chats: the agent's reply follows from what the customer has said so far, in this turn and in earlier ones."""

import json
import random

from world import chat_phrases, chats_de, shop
from world.chat_phrases import (
    ASKS,
    ASKS_OF,
    CODED,
    FIELDS,
    FOLLOWUPS,
    HEARD,
    HEARD_OF,
    INTENTS,
    NOT_OF,
    TELLS,
    TELLS_OF,
)
from world.ticket_kinds import ELECTRIC

COUNTS = {"train": 1400, "validation": 80, "test": 80}
DUMMIES = 12
UNSEEN = 0.2  # share of the skeletons of validation and test that do not occur in training
TURNS = range(2, 6)


def facts_of(draw, intent):
    """Everything that the customer of this chat could tell."""
    needs = INTENTS[intent].needs
    fits = [item for item in shop.PRODUCTS if fits_chat(item, intent, needs)]
    item, person = draw.choice(fits), draw.person()
    register = draw.choice(chat_phrases.REGISTERS)
    forms = (person.full, person.titled()) if register == "formal" else (person.first, person.first, person.full)
    colours = draw.rng.sample(list(shop.COLOURS), 2)
    out = NOT_OF.get(intent, ())
    coded = {fact: draw.choice([words for words in table if words not in out]) for fact, table in CODED.items()}
    pay = draw.choice(chat_phrases.PAYS)
    return {
        "register": register,
        "shop": shop.NAME,
        "matter": chat_phrases.MATTERS[intent],
        "name": draw.choice(forms),
        "item": item.en,
        "an_item": item.a,
        "plural": item.plural,
        "part": draw.choice(item.parts).en if item.parts else "",
        "order": draw.order(),
        "colour": colours[0],
        "a_colour": shop.a(colours[0]),
        "new": colours[1],
        "city": draw.city().en,
        "courier": draw.courier(),
        "date": draw.date(),
        "address": draw.address(),
        "code": draw.voucher(),
        "extra_code": draw.voucher(),
        "email": draw.email(person),
        "extra_email": draw.email(person),
        "count": draw.count(),
        "years": draw.count(),
        "weekday": draw.weekday(),
        "receiver": draw.person().first,
        "phone": draw.phone(),
        "extra_phone": draw.phone(),
        "spot": draw.choice(chat_phrases.SPOTS),
        "my_pay": pay,
        "pay": pay.replace("my", "your"),
        **coded,
    }


def fits_chat(item, intent, needs):
    if intent == "repair":
        return item.en in ELECTRIC
    if intent == "missing" and not item.parts:
        return False
    return item.coloured or "colour" not in needs or intent == "gift"


class Chat:
    """A conversation as it unfolds: what the agent knows decides what the agent says."""

    def __init__(self, draw, intent):
        self.draw, self.intent, self.facts = draw, intent, facts_of(draw, intent)
        self.register = self.facts["register"]
        self.needs = (*INTENTS[intent].needs, "name")
        self.known, self.turns, self.replies = [], [], []

    # The customer

    def tell(self, fact, asked=False):
        """Words of the customer that give a fact; the last of the templates fit only after a question."""
        self.known.append(fact)
        if fact in CODED:
            return self.draw.say(self.facts[fact], **self.facts)
        templates = chat_phrases.NAMES[self.register]
        if fact != "name":
            templates = TELLS_OF.get((self.intent, fact), TELLS[fact])
            templates = templates if asked else templates[:2]
        return self.draw.say(self.draw.choice(templates), **self.facts)

    def open(self):
        """The first words: a greeting, the wish, and perhaps some of the facts."""
        draw, facts, lines = self.draw, self.facts, [self.draw.choice(chat_phrases.HELLOS[self.register])]
        if "name" not in self.known and draw.chance(0.6):
            lines.append(self.tell("name"))
        with_item = draw.chance(0.6)
        if with_item:
            self.known.append("item")
        lines.append(draw.say(draw.choice(INTENTS[self.intent].wants[not with_item]), **facts))
        if lines[0].endswith(",") and not lines[1].startswith(("I ", "I'", facts["name"])):
            lines[1] = lines[1][0].lower() + lines[1][1:]
        missing = [fact for fact in self.needs if fact not in self.known and fact != "name"]
        given = [fact for fact in missing if draw.chance(0.3)]
        as_form = [fact for fact in missing if fact in FIELDS]
        if len(as_form) > 1 and draw.chance(0.12):
            return f"{' '.join(lines)} {self.form(as_form[: draw.choice((2, 3, 4))])}"
        lines += [self.tell(fact) for fact in given]
        lines.append(draw.choice(chat_phrases.ASIDES[self.register]).format(**facts))
        return " ".join(filter(None, lines))

    def form(self, chosen):
        self.known += chosen
        between = self.draw.choice((": ", ":\t"))
        lines = [f"{FIELDS[fact]}{between}{self.value(fact)}" for fact in chosen]
        return "\n".join((self.draw.choice(chat_phrases.FORM_INTROS[self.register]), *lines))

    def value(self, fact):
        return f"{{{self.facts[fact]}}}" if fact == "code" else self.facts[fact]

    def answer(self, asked):
        """The fact that was asked for, sometimes together with the next one."""
        missing = [fact for fact in self.needs if fact not in self.known and fact != asked]
        lines = [self.draw.choice(chat_phrases.ANSWERS[self.register]), self.tell(asked, asked=True)]
        if missing and self.draw.chance(0.2):
            lines.append(self.tell(missing[0]))
        return " ".join(filter(None, lines))

    # The agent

    def line(self, pair):
        return shop.sentence(pair[chat_phrases.REGISTERS.index(self.register)].format(**self.facts))

    def next(self):
        return next((fact for fact in self.needs if fact not in self.known), None)

    def greeting(self):
        name = self.facts["name"] if "name" in self.known else None
        if self.register == "formal":
            return f"Good day, {name}." if name else "Good day."
        return f"Hi, {name}!" if name else "Hi!"

    def heard(self, fact):
        """Words on the answer, left out where what is done says the same."""
        if self.next() or (fact in FIELDS and fact != "name"):
            return self.line(HEARD_OF.get((self.intent, fact), HEARD[fact]))
        return ""

    def react(self, heard):
        """Go on: what was heard, then the next question, or what is done when nothing more is needed."""
        asked = self.next()
        lines = [heard]
        if asked:
            lines.append(self.line(ASKS_OF.get((self.intent, asked), ASKS[asked])["item" not in self.known]))
        else:
            lines.append(self.done())
        return " ".join(filter(None, lines))

    def done(self):
        coded = next((fact for fact in self.needs if fact in CODED), None)
        after = self.line(CODED[coded][self.facts[coded]]) if coded else ""
        self.facts["after"] = after
        return self.line(INTENTS[self.intent].done)

    def follow(self):
        """A question of the customer after all is settled, and the answer."""
        fits = [
            name for name, (_, needs, _) in FOLLOWUPS.items() if set(needs) <= set(self.known) and name not in self.used
        ]
        name = self.draw.choice(fits)
        self.used.append(name)
        words, _, reply = FOLLOWUPS[name]
        words = self.draw.say(self.draw.choice(words), **self.facts)
        text = self.line(reply) if reply else self.listed()
        if name == "recolour":
            new = self.facts["new"]
            self.facts |= {"colour": new, "a_colour": shop.a(new), "new": self.facts["colour"]}
        self.say(words, text)

    def listed(self):
        noted = [fact for fact in FIELDS if fact in self.known and fact in self.needs]
        lines = [f"{FIELDS[fact]}:\t{self.value(fact)}" for fact in noted]
        return "\n".join((chat_phrases.NOTED[self.register], *lines))

    def say(self, words, reply):
        self.turns += [{"from": "human", "value": words}, {"from": "gpt", "value": reply}]
        self.replies.append(reply)

    def system(self):
        text = self.draw.choice(chat_phrases.SYSTEMS)
        if "{name}" in text:
            self.known.append("name")
        self.turns.append({"from": "system", "value": text.format(**self.facts)})

    def run(self):
        draw, intent, self.used = self.draw, INTENTS[self.intent], []
        if draw.chance(0.06):
            self.system()
        words = self.open()
        sorry = self.line(intent.sorry["item" not in self.known])
        self.say(words, self.react(f"{self.greeting()} {sorry}"))
        while asked := self.next():
            words = self.answer(asked)
            self.say(words, self.react(self.heard(asked)))
        for _ in range(draw.choice((0, 1, 1, 2))):
            self.follow()
        if draw.chance(0.4):
            self.say(draw.choice(chat_phrases.THANKS[self.register]), self.line(intent.bye))
        return self


def chat(draw, intent=None):
    while True:
        made = Chat(draw, intent or draw.choice(list(INTENTS))).run()
        if len(made.replies) in TURNS:
            return made


# The splits


def patterns(made):
    return [shop.skeleton(reply) for reply in made.replies]


def rows(seed):
    """Return {"train": [{"id", "conversations"}, ...], "validation": [...], "test": [...]}."""
    rng = random.Random(f"chats {seed}")
    draw = shop.Draw(rng, "train")
    chosen = {"train": [chat(draw) for _ in range(COUNTS["train"])]}
    seen, taken = {pattern for made in chosen["train"] for pattern in patterns(made)}, set()
    for split in ("validation", "test"):
        chosen[split] = _split_chats(shop.Draw(rng, split), COUNTS[split], seen, taken)
        taken |= {pattern for made in chosen[split] for pattern in patterns(made)} - seen
    return {split: numbered(split, chats) for split, chats in chosen.items()}


def numbered(split, chats):
    return [{"id": f"{split}-{number:04}", "conversations": made.turns} for number, made in enumerate(chats, 1)]


def _split_chats(draw, count, seen, taken):
    """Chats with distinct replies, of which UNSEEN are neither in training nor in another split."""
    words = {word for pattern in seen for word in pattern.split()}
    chosen, used, fresh = [], set(), 0
    while len(chosen) < count:
        made = chat(draw)
        found = set(patterns(made))
        new = found - seen
        allowed = not found & used and not new & taken and {word for text in new for word in text.split()} <= words
        if (
            allowed
            and fresh + len(new) <= UNSEEN * (len(used) + len(found)) + 1
            and (new or fresh >= UNSEEN * len(used))
        ):
            chosen.append(made)
            used |= found
            fresh += len(new)
    return chosen


def dummies(seed):
    """A few conversations for data/dummy_conversation.json."""
    draw = shop.Draw(random.Random(f"dummies {seed}"), "train")
    return numbered("dummy", [chat(draw, intent) for intent in list(INTENTS)[:DUMMIES]])


def extras(seed):
    """Files beside the splits: {name: text}."""
    return {"dummy_conversation.json": json.dumps(dummies(seed), ensure_ascii=False, indent=2) + "\n"}


# Unlabelled text


def paragraphs(rng):
    """Yield chats as plain text without end, a part of them in German."""
    draw = shop.Draw(rng, "pretrain")
    while True:
        yield draw.rng.choices((_transcript, chats_de.transcript), (80, 20))[0](draw)


def _transcript(draw):
    made = chat(draw)
    names = draw.choice((("Customer: ", "Agent: "), ("human: ", "gpt: "), ("– ", "– "), ("Q: ", "A: "), ("", "")))
    speakers = {"human": names[0], "gpt": names[1], "system": ""}
    between = draw.choice(("\n", "\n", " "))
    return between.join(f"{speakers[turn['from']]}{turn['value']}" for turn in made.turns)
