# SPDX-License-Identifier: Apache-2.0
"""Shop policies and product manuals, each with a question whose answer stands in it word for word."""

import random
import re
from dataclasses import dataclass
from functools import cache

from world import policies_de, policy_topics, shop
from world.policy_topics import MANUAL, POLICY
from world.ticket_kinds import ELECTRIC, FURNITURE

COUNTS = {"train": 4000, "validation": 200, "test": 200}
UNSEEN = 0.2  # share of the skeletons of validation and test that do not occur in training
MAX_PIECES = 150  # words, digits and punctuation marks of context and question
DISHES = {
    *(
        "teapot",
        "saucepan",
        "frying pan",
        "casserole dish",
        "mixing bowl",
        "soup bowl",
        "dinner plate",
        "mug",
        "egg cup",
    ),
    *("butter dish", "cake tin", "salad bowl", "fruit bowl", "feeding bowl", "water jug"),
}
LARGE = FURNITURE | {"lawn mower", "wheelbarrow", "barbecue", "fire bowl", "bird bath", "rug", "doll's house", "tent"}
SUITS = {  # a word in a topic: the products that such a line may be about
    "collect": lambda item: item.en in LARGE,
    "assembl": lambda item: item.en in FURNITURE,
    "in a van": lambda item: item.en in LARGE,
    "does not fit": lambda item: item.category == "clothing",
    "workshop": lambda item: item.repairable or item.en in ELECTRIC,
    "repair": lambda item: item.repairable or item.en in ELECTRIC,
    "mend": lambda item: item.repairable or item.en in ELECTRIC,
    "inspect": lambda item: item.repairable or item.en in ELECTRIC,
    "spare part": lambda item: item.parts,
}
RECHARGEABLE = {
    *(
        "head torch",
        "cordless drill",
        "radio",
        "vacuum cleaner",
        "night light",
        "milk frother",
        "hand mixer",
        "table fan",
    ),
    *("hedge trimmer", "lawn mower", "desk lamp", "bedside lamp", "kitchen scale", "bathroom scale", "alarm clock"),
}
UNFIT_PARTS = ("set", "battery", "poster", "book", "blanket", "charger", "cushion", "queen", "rook", "button", "key")
FITS = {
    "any": lambda item: True,
    "wash": lambda item: item.category in ("textiles", "clothing") and item.en != "leather belt",
    "electric": lambda item: item.en in RECHARGEABLE,
    "furniture": lambda item: item.en in FURNITURE,
    "dish": lambda item: item.en in DISHES,
}


def parts_of(item):
    """The parts that can be cleaned, changed and ordered one by one."""
    return [part.en for part in item.parts if not part.en.endswith(UNFIT_PARTS)]


def belongs(item, section):
    return bool(parts_of(item)) and FITS[section](item)


@dataclass(frozen=True)
class Topic:
    """One line of policy_topics: what can be asked, and how a text states it."""

    kind: str
    section: str
    ask: str
    statements: tuple

    @property
    def twin(self):
        """The slot by which a text may state this twice, or None."""
        found = re.search(r"\{(?:a_)?(thing|city|desk|weekday|part)s?\}", self.ask)
        return found and found[1]


@dataclass(frozen=True)
class Fact:
    topic: Topic
    slots: dict

    @property
    def answer(self):
        return self.slots["v"]

    def question(self, frame):
        return shop.sentence(frame.replace("{ask}", self.topic.ask).format(**self.slots))


QUESTIONS = {kind: questions for kind, (questions, _) in policy_topics.KINDS.items()}
TOPICS = tuple(Topic(kind, *topic) for kind, (_, topics) in policy_topics.KINDS.items() for topic in topics)
OF_POLICIES = tuple(topic for topic in TOPICS if topic.section in POLICY)
OF_MANUALS = tuple(topic for topic in TOPICS if topic.section in MANUAL)


# The answers


def period(draw, kind):
    units = ("days", "weeks", "working days") if kind == "duration" else ("days", "weeks", "months")
    unit = draw.choice(("days", "days", *units))
    return f"{draw.number(10, 99) if unit == 'days' else draw.count()} {unit}"


def answer(draw, topic, currency):
    kind = topic.kind
    if topic.ask in policy_topics.SELDOM and kind == "often":
        return draw.choice(policy_topics.LONG_INTERVALS).format(count=draw.count())
    if kind in CHOICES:
        return draw.choice(CHOICES[kind]).format(count=draw.count())
    if kind in UNITS:
        return f"{draw.number(20, 99)} {UNITS[kind]}"
    if kind == "tool":
        screws = topic.ask.startswith(policy_topics.TOOL_TOPICS)
        return draw.choice(policy_topics.TOOLS if screws else policy_topics.AGENTS)
    if kind == "articles":
        return suitable(draw, topic).plural
    return {
        "limit": lambda: period(draw, kind),
        "duration": lambda: period(draw, kind),
        "desk": lambda: f"the {draw.department()}",
        "person": draw.name,
        "cost": lambda: draw.amount(high=111, style=currency),
        "threshold": lambda: draw.amount(low=30, style=currency),
        "number": draw.count,
        "part": draw.order,
        "phone": draw.phone,
        "address": draw.address,
        "courier": draw.courier,
    }[kind]()


CHOICES = {
    "enclose": policy_topics.ENCLOSURES,
    "payer": policy_topics.PAYERS,
    "often": policy_topics.INTERVALS,
    "place": policy_topics.PLACES,
    "means": policy_topics.MEANS_OF_PAYMENT,
}
UNITS = {"degrees": "degrees", "load": "kilograms", "minutes": "minutes"}


# The facts of a text


@cache
def products_for(topic):
    words = " ".join((topic.ask, *topic.statements))
    fits = [fit for word, fit in SUITS.items() if word in words]
    return [item for item in shop.PRODUCTS if all(fit(item) for fit in fits)]


def suitable(draw, topic):
    return draw.choice(products_for(topic))


def two_dates(draw):
    """Two dates in the order of the calendar, in different months."""
    months = list(shop.MONTHS)
    first, second = sorted(draw.rng.sample(range(len(months)), 2))
    return (re.sub(r"[A-Z]\w+", months[month], draw.date()) for month in (first, second))


class Text:
    """The facts of one policy, or of one manual of `item`: no answer and no twin stands in it twice."""

    def __init__(self, draw, item=None):
        self.draw, self.item, self.facts = draw, item, []
        self.currency = draw.choice(shop.CURRENCIES["en"][:2])
        topics = OF_POLICIES
        if item:
            topics = tuple(topic for topic in OF_MANUALS if belongs(item, topic.section))
        self.topics = topics

    def slots(self, topic):
        draw, item = self.draw, self.item
        thing = suitable(draw, topic)
        early, late = two_dates(draw)
        return {
            "thing": thing.en,
            "a_thing": thing.a,
            "things": thing.plural,
            "item": item.en if item else "",
            "part": draw.choice(parts_of(item)) if item else "",
            "city": draw.city().en,
            "desk": draw.department(),
            "weekday": draw.weekday(),
            "count": draw.count(),
            "d2": late if topic.kind == "since" else early,
            "v": (early if topic.kind == "since" else late)
            if topic.kind in ("until", "since")
            else answer(draw, topic, self.currency),
        }

    def add(self, topic):
        """Add a fact on the topic and return it, or None if the text holds it already."""
        fact = Fact(topic, self.slots(topic))
        if any(self.clash(fact, other) for other in self.facts):
            return None
        self.facts.append(fact)
        return fact

    def clash(self, fact, other):
        if fact.answer == other.answer or fact.answer in (other.slots["d2"], f"the {other.slots['desk']}"):
            return True
        if fact.topic.ask != other.topic.ask:
            return fact.topic.twin == other.topic.twin == "thing" and fact.slots["thing"] == other.slots["thing"]
        twin = fact.topic.twin
        return fact.topic != other.topic or not twin or fact.slots[twin] == other.slots[twin]

    def fill(self, asked, count):
        """State what will be asked, in a quarter of the texts another fact of its kind, and others, `count` in all."""
        draw = self.draw
        while not (fact := self.add(asked)):
            pass
        same = [topic for topic in self.topics if topic.kind == asked.kind]
        if draw.chance(0.25):
            self.add(asked if asked.twin and draw.chance(0.5) else draw.choice(same))
        others = [topic for topic in self.topics if topic.kind != asked.kind]
        while len(self.facts) < count:
            self.add(draw.choice(others))
        return fact

    def write(self, asked):
        draw = self.draw
        draw.rng.shuffle(self.facts)
        order = POLICY if not self.item else (asked.topic.section, *MANUAL)
        self.facts.sort(key=lambda fact: order.index(fact.topic.section))
        kind = "manual" if self.item else "policy"
        common = self.common()
        told = [draw.say(self.statement(fact), **fact.slots) for fact in self.facts]
        for _ in range(draw.choice((0, 0, 1))):
            told.insert(draw.rng.randint(1, len(told)), draw.say(draw.choice(policy_topics.FILLERS[kind]), **common))
        if self.item or draw.chance(0.6):
            told.insert(0, draw.say(draw.choice(policy_topics.OPENINGS[kind]), **common))
        return " ".join(self.named(told))

    def statement(self, fact):
        """A way to state the fact; a topic that stands twice in the text is told in two ways."""
        same = [other for other in self.facts if other.topic == fact.topic]
        ways = fact.topic.statements
        return ways[same.index(fact) % len(ways)] if len(same) > 1 else self.draw.choice(ways)

    def common(self):
        draw = self.draw
        colours = draw.rng.sample(list(shop.COLOURS), 2)
        return self.slots(self.facts[0].topic) | {
            "shop": shop.NAME,
            "order": draw.order(),
            "person": draw.name(),
            "colour": colours[0],
            "colour2": colours[1],
            "d2": draw.date(),
        }

    def named(self, sentences):
        """Say "it" of the product of a manual only after a sentence that begins with it."""
        about = False
        for sentence in sentences:
            if self.item and sentence.startswith("It ") and not about:
                sentence = f"The {self.item.en} {sentence.removeprefix('It ')}"
            about = sentence.startswith(("It ", f"The {self.item.en} ")) if self.item else False
            yield sentence


def example(draw):
    """Return a context, a question about it and the answer."""
    while True:
        kind = draw.choice(list(QUESTIONS))
        asked = draw.choice([topic for topic in TOPICS if topic.kind == kind])
        item = None
        if asked.section in MANUAL:
            item = draw.choice([item for item in shop.PRODUCTS if belongs(item, asked.section)])
        text = Text(draw, item)
        fact = text.fill(asked, draw.choice((3, 3, 4, 4, 5)))
        context, question = text.write(fact), fact.question(draw.choice(QUESTIONS[kind]))
        pieces = len(re.findall(r"\d|[^\W\d]+|[^\w\s]", f"{context} {question}"))
        sentences = len(re.findall(r"[.!?](?= |$)", context))
        if pieces <= MAX_PIECES and 3 <= sentences <= 8 and context.count(fact.answer) == 1:
            return context, question, fact.answer


# The splits


def pattern(row):
    return shop.skeleton(f"{row['question']} {row['text']}")


def rows(seed):
    """Return {"train": [{"id", "context", "question", "text"}, ...], "validation": [...], "test": [...]}."""
    rng = random.Random(f"policies {seed}")
    train = [_row(shop.Draw(rng, "train")) for _ in range(COUNTS["train"])]
    seen, taken = {pattern(row) for row in train}, set()
    splits = {"train": train}
    for split in ("validation", "test"):
        splits[split] = _split_rows(shop.Draw(rng, split), COUNTS[split], seen, taken)
        taken |= {pattern(row) for row in splits[split]} - seen
    return {
        split: [{"id": f"{split}-{number:04}", **row} for number, row in enumerate(chosen, 1)]
        for split, chosen in splits.items()
    }


def _row(draw):
    return dict(zip(("context", "question", "text"), example(draw), strict=True))


def _split_rows(draw, count, seen, taken):
    """Rows of as many skeletons as rows, UNSEEN of them neither in training nor in another split."""
    words = {word for skeleton in seen for word in skeleton.split()}
    known, unseen = {}, {}
    wanted = round(UNSEEN * count)
    while len(known) < count - wanted or len(unseen) < wanted:
        row = _row(draw)
        skeleton = pattern(row)
        if skeleton in seen and len(known) < count - wanted:
            known.setdefault(skeleton, row)
        if skeleton not in seen | taken and len(unseen) < wanted and set(skeleton.split()) <= words:
            unseen.setdefault(skeleton, row)
    chosen = [*known.values(), *unseen.values()]
    draw.rng.shuffle(chosen)
    return chosen


# Unlabelled text


def paragraphs(rng):
    """Yield policies, manuals, questions with answers and German conditions without end."""
    draw = shop.Draw(rng, "pretrain")
    while True:
        yield draw.rng.choices((_policy, _asked, _questions, policies_de.conditions), (20, 45, 20, 15))[0](draw)


def _policy(draw):
    return example(draw)[0]


def _asked(draw):
    context, question, answer = example(draw)
    text = draw.choice(("{0}\n{1} – {2}", "{0}\n{1}\n{2}", "{0} {1} {2}.", "{1} {2}\n{0}", "{1}\n{0}\n{2}"))
    return text.format(context, question, answer)


def _questions(draw):
    """Questions and answers as a web page lists them, some in a word, some in a sentence."""
    text, lines = Text(draw), []
    text.fill(draw.choice(OF_POLICIES), draw.choice((3, 4)))
    for fact in text.facts:
        question = fact.question(draw.choice(QUESTIONS[fact.topic.kind]))
        told = draw.say(draw.choice(fact.topic.statements), **fact.slots)
        told = draw.choice((told, told, f"{shop.sentence(fact.answer)}."))
        lines.append(f"{question}{draw.choice((' – ', ' '))}{told}")
    return draw.choice(("\n", " ")).join(lines)
