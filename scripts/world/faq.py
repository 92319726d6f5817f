# SPDX-License-Identifier: Apache-2.0
"""The shop's questions and answers in English and German, put together from the same clauses in both languages."""

import re
from dataclasses import dataclass

from world import shop, splits
from world.faq_phrases import (
    ADVERBS,
    ANSWERS,
    BUTTONS,
    CLASHES,
    CLAUSES,
    COLOURS,
    CONDITIONS,
    DEPARTMENT_GENDERS,
    FITTING,
    LEADS,
    NOT_NOT,
    NOT_ONLY,
    OPENING,
    PAYMENTS,
    STATES,
    STATUSES,
    TAILS,
    WITH_NO,
)

COUNTS = {"train": 3000, "validation": 200, "test": 200}
CUSTOMER = {
    **{"I": "I", "my": "my", "we": "you", "our": "your"},
    **{"ich": "ich", "mein": "mein", "kann": "kann", "habe": "habe", "angebe": "angebe", "frage": "frage"},
    **{"benutze": "benutze", "wohne": "wohne", "wir": "Sie"},
}
SHOP = {
    **{"I": "you", "my": "your", "we": "we", "our": "our"},
    **{"ich": "Sie", "mein": "Ihr", "kann": "können", "habe": "haben", "angebe": "angeben", "frage": "fragen"},
    **{"benutze": "benutzen", "wohne": "wohnen", "wir": "wir"},
}
# Frames: English, German. {straight} is subject, verb, rest; {asked} begins with the verb, {after} ends with it.
QUESTIONS = {
    "yes_no": ("{asked}?", "{asked}?"),
    "how": ("How {asked}?", "Wie {asked}?"),
    "true": ("Is it true that {straight}?", "Stimmt es, dass {after}?"),
    "tell": ("Can you tell me whether {straight}?", "Können Sie mir sagen, ob {after}?"),
    "read": ("I have read that {straight}, is that right?", "Ich habe gelesen, dass {after}, ist das richtig?"),
    "if_not": ("What happens if {straight}?", "Was passiert, wenn {after}?"),
}
STATEMENTS = {
    "plain": ("{straight}.", "{straight}."),
    "yes": ("Yes, {straight}.", "Ja, {straight}."),
    "note": ("Please note that {straight}.", "Bitte beachten Sie, dass {after}."),
    "glad": ("We are glad to tell you that {straight}.", "Wir teilen Ihnen gern mit, dass {after}."),
    "condition": ("{condition}, {straight}.", "{condition}, {asked}."),
    "adverb": ("{adverb} {straight}.", "{adverb} {asked}."),
    "unfortunately": ("Unfortunately {straight}.", "Leider {asked}."),
    "no": ("No, {straight}.", "Nein, {straight}."),
}
DENIED = ("if_not", "unfortunately", "no")
ENGRAVED = ("teapot", "mug", "cutting board", "cheese board", "bread bin", "pocket knife", "fountain pen", "letter box")
ENGRAVED += ("picture frame", "photo album", "music box", "watering can", "garden bench", "corkscrew", "alarm clock")
UPRIGHT = ("suitcase", "camping chair", "bird house", "bird bath", "easel")
UPRIGHT += ("garden bench", "garden table", "folding chair", "garden lantern", "desk lamp", "floor lamp", "bookshelf")
UPRIGHT += ("bedside lamp", "wall mirror", "coat rack", "side table", "step stool", "desk chair")
UPRIGHT += ("chest of drawers", "laundry basket", "globe", "doll's house", "rocking horse", "scratching post")


@dataclass(frozen=True)
class Plan:
    """What is said, without names and numbers: a clause in a frame, and perhaps a sentence before or after it."""

    frame: str
    clause: str
    adverb: str | None = None
    condition: tuple | None = None
    other: str | None = None  # a lead, a tail, or the answer to the question
    answered: bool = False
    answer_condition: tuple | None = None


def draw_plan(rng):
    kind = rng.choices(("question", "answered", "statement"), (35, 25, 40))[0]
    name = rng.choice(list(CLAUSES))
    clause = CLAUSES[name]
    frames = [frame for frame in (STATEMENTS if kind == "statement" else QUESTIONS) if _suits(frame, clause)]
    if kind == "answered":
        frames = [frame for frame in frames if frame not in ("how", "if_not")]
    frame = rng.choice(frames)
    adverbs = [key for key in clause.adverbs if frame not in DENIED or ADVERBS[key][2] is not None]
    if frame == "adverb":
        adverbs = [key for key in adverbs if key in OPENING]
    adverb = rng.choice(adverbs) if adverbs and (frame == "adverb" or rng.random() < 0.5) else None
    conditions = [(group, key) for group in clause.conditions for key in CONDITIONS[group]]
    other = _draw_other(rng, kind, frame, name, adverb)
    if kind == "answered":
        unfit = NOT_NOT if other == "not" else NOT_ONLY
        fixed = [condition for condition in conditions if condition[1] not in unfit]
        extra = rng.choice(fixed) if fixed and other in ("only", "not") else None
        return Plan(frame, name, adverb, None, other, True, extra)
    unfit = {"adverb"} | set(DENIED)
    wanted = frame == "condition" or (frame not in unfit and other != "bought" and rng.random() < 0.25)
    return Plan(frame, name, adverb, rng.choice(conditions) if conditions and wanted else None, other)


def _draw_other(rng, kind, frame, clause, adverb):
    """A lead, tail or answer that goes with the rest, or None."""
    if kind != "answered" and rng.random() < 0.4:
        return None
    keys = {"answered": ANSWERS, "question": LEADS, "statement": TAILS}[kind]
    keys = [key for key in keys if clause in FITTING.get(key, {clause}) and adverb not in CLASHES.get(key, ())]
    if kind == "answered":
        confirming = clause in STATES or frame in ("true", "read")
        keys = [key for key in keys if key not in (("yes", "no") if confirming else ("right", "wrong"))]
    if frame in DENIED and kind == "statement":
        keys = list(WITH_NO)
    return rng.choice(keys)


def _suits(frame, clause):
    needs = {"how": clause.how, "condition": clause.conditions, "adverb": set(OPENING) & {*clause.adverbs}}
    return bool(needs.get(frame, True)) and (clause.no or frame not in DENIED)


# Words


def _noun_slots(noun, suffix=""):
    dative = noun.de_the("dat")
    return {
        f"the{suffix}": noun.the,
        f"a{suffix}": noun.a,
        f"der{suffix}": noun.de_the(),
        f"den{suffix}": noun.de_the("acc"),
        f"am{suffix}": re.sub("^dem ", "am ", re.sub("^der ", "an der ", dative)),
        f"zum{suffix}": re.sub("^dem ", "zum ", re.sub("^der ", "zur ", dative)),
        f"ein{suffix}": noun.de_a(),
        f"einen{suffix}": noun.de_a("acc"),
    }


def _one_name(parts):
    """Leave out parts whose English name has another German name with another product."""
    names = {}
    for item in shop.PRODUCTS:
        for part in item.parts:
            names.setdefault(part.en, set()).add((part.de, part.gender))
    return tuple(part for part in parts if len(names[part.en]) == 1)


PARTS = {item.en: _one_name(item.parts) for item in shop.PRODUCTS}


def _item_for(draw, plan):
    tests = {
        "part": lambda item: PARTS[item.en],
        "replace": lambda item: PARTS[item.en],
        "colour": lambda item: item.coloured,
        "available": lambda item: item.coloured,
        "repair": lambda item: item.repairable,
        "mend": lambda item: item.repairable,
        "guarantee": lambda item: item.repairable,
        "engrave": lambda item: item.en in ENGRAVED,
        "size": lambda item: item.en in UPRIGHT,
    }
    return draw.choice([item for item in shop.PRODUCTS if tests.get(plan.clause, bool)(item)])


def _person_slots(draw, name):
    person = draw.person()
    inflected = person.titled("de").replace("Herr ", "Herrn ")
    return {
        name: person.titled(),
        f"{name}_nom": person.titled("de"),
        f"{name}_akk": inflected,
        f"{name}_dat": inflected,
        f"email{name.removeprefix('agent')}": draw.email(person),
    }


def _paired(draw):
    """Slots that read differently in the two languages: dates, amounts and shared words."""
    slots = {}
    for suffix in ("", "2", "3"):
        day, (month, monat) = draw.date().split()[0], draw.choice(list(shop.MONTHS.items()))
        whole = draw.number(11, 300) if suffix == "2" else draw.number(11, 49)  # prices; fees and postage
        amount = f"{whole}.{draw.number(10, 99)}"
        city = draw.city()
        weekday, wochentag = draw.choice(list(shop.WEEKDAYS.items()))
        pay, zahlweise = draw.choice(list(PAYMENTS.items()))
        slots |= {f"date{suffix}": f"{day} {month}", f"datum{suffix}": f"{day}. {monat}"}
        slots |= {f"amount{suffix}": f"€{amount}", f"betrag{suffix}": f"{amount.replace('.', ',')} €"}
        slots |= {f"city{suffix}": city.en, f"stadt{suffix}": city.de}
        slots |= {f"weekday{suffix}": weekday, f"wochentag{suffix}": wochentag}
        slots |= {f"pay{suffix}": pay, f"zahlweise{suffix}": zahlweise}
    for suffix in ("", "2"):
        city = draw.city()
        english = draw.address(city=city)
        slots |= {f"address{suffix}": english, f"adresse{suffix}": english.replace(city.en, city.de)}
    for (en, de), table in {
        ("colour", "farbe"): COLOURS,
        ("status", "stand"): STATUSES,
        ("button", "knopf"): BUTTONS,
    }.items():
        slots[en], slots[de] = draw.choice(list(table.items()))
    return slots


def _department_slots(draw):
    english, german = draw.choice(list(shop.DEPARTMENTS.items()))
    noun = shop.Noun(english, german, DEPARTMENT_GENDERS.get(german, "f"))
    nominative, dative = ("e", "er") if noun.gender == "f" else ("", "em")
    return {
        "the_department": noun.the,
        "die_abteilung": noun.de_the("acc"),
        "department2": english,
        "ihrer_abteilung2": f"Ihr{dative} {german}",
        "unserer_abteilung2": f"unser{dative} {german}",
        "Our_department2": f"Our {english}",
        "Unsere_abteilung2": f"Unser{nominative} {german}",
    }


def _slots(draw, plan):
    item = _item_for(draw, plan)
    item2, item3 = draw.rng.sample([other for other in shop.PRODUCTS if other != item], 2)
    if plan.clause == "exchange":
        item2 = draw.choice([other for other in shop.PRODUCTS if other != item and other.category == item.category])
    part = draw.choice(PARTS[item.en]) if PARTS[item.en] else shop.Noun("", "x", "n")
    slots = _noun_slots(item) | _noun_slots(item2, "2") | _noun_slots(item3, "3")
    slots |= {
        "part": part.en,
        "a_part": part.en and part.a,
        "den_teil": part.de_the("acc"),
        "einen_teil": part.de_a("acc"),
    }
    slots |= _paired(draw) | _department_slots(draw) | _person_slots(draw, "agent") | _person_slots(draw, "agent2")
    slots |= _person_slots(draw, "agent3")
    slots |= {key: draw.order() for key in ("order", "order2", "order3")}
    slots |= {key: draw.customer() for key in ("customer", "customer2")}
    slots |= {key: draw.phone() for key in ("phone", "phone2")}
    slots |= {key: draw.name() for key in ("name", "name2")}
    slots |= {key: draw.number(11, 99) for key in ("days", "days2")}
    slots |= {key: draw.number(100, 399) for key in ("page", "page2")}
    return slots | {
        "tracking": draw.tracking(),
        "code": draw.voucher(),
        "first": draw.person().first,
        "friend": draw.person().first,
        "courier": draw.courier(),
    }


# Sentences


def _join(*pieces):
    return " ".join(piece for piece in pieces if piece)


def _english(plan, tail):
    """The forms of the plan's clause in English, as templates."""
    subject, verb, rest = CLAUSES[plan.clause].en.split("|")
    denied, adverb = plan.frame in DENIED, plan.adverb and ADVERBS[plan.adverb]
    after_no = verb
    if denied:
        longer = adverb and not adverb[2]
        after_no = f"{verb} no longer" if longer else "cannot" if verb == "can" else f"{verb} not"
    end = adverb[0] if adverb and plan.frame != "adverb" else ""
    straight = _join(subject, after_no, rest, end) + tail
    return {"straight": straight, "asked": _join(verb, subject, rest, end) + tail, "adverb": adverb and adverb[0]}


def _german(plan, tail):
    subject, verb, rest = CLAUSES[plan.clause].de.split("|")
    adverb = plan.adverb and ADVERBS[plan.adverb]
    middle = adverb[1] if adverb and plan.frame != "adverb" else ""
    if plan.frame in DENIED:
        middle = _join(middle, "nicht mehr") if adverb and not adverb[2] else _join("nicht", middle)
    rest = " ".join(rest.replace("~", middle).split())
    return {
        "straight": _join(subject, verb, rest) + tail,
        "asked": _join(verb, subject, rest) + tail,
        "after": _join(subject, rest, verb) + tail,
        "adverb": adverb and adverb[1],
    }


def _sentences(plan):
    """English and German templates of the plan's main sentence."""
    frame = (QUESTIONS | STATEMENTS)[plan.frame]
    condition = CONDITIONS[plan.condition[0]][plan.condition[1]] if plan.condition else ("", "")
    trails = plan.condition and plan.frame != "condition"
    english = _english(plan, f" {condition[0]}" if trails else "")
    german = _german(plan, f", {condition[1]}" if trails else "")
    return frame[0].format(**english, condition=condition[0]), frame[1].format(**german, condition=condition[1])


def _text(template, slots, speaker):
    return shop.sentence(template.format(**slots, **speaker))


def _pieces(plan):
    """The plan's sentences in order: template in English, in German, and who speaks."""
    asks = plan.frame in QUESTIONS
    main = (*_sentences(plan), CUSTOMER if asks else SHOP)
    if plan.other is None:
        return [main]
    if not plan.answered:
        return [(*LEADS[plan.other], CUSTOMER), main] if asks else [main, (*TAILS[plan.other], SHOP)]
    group, key = plan.answer_condition or (None, None)
    condition = CONDITIONS[group][key] if group else ("", "")
    answer = ANSWERS[plan.other]
    return [
        main,
        (answer[0].replace("{condition}", condition[0]), answer[1].replace("{bedingung}", condition[1]), SHOP),
    ]


def render(draw, plan):
    """Return a row without id, or None if the plan does not make sense."""
    if plan.answered and plan.other in ("only", "not") and plan.answer_condition is None:
        return None
    slots = _slots(draw, plan)
    pieces = _pieces(plan)
    english = " ".join(_text(en, slots, speaker) for en, _, speaker in pieces)
    german = " ".join(_text(de, slots, speaker) for _, de, speaker in pieces)
    if not (re.search(r"\d", english) or splits.NAMES & set(re.findall(r"\w+", english))):
        return None
    return {"en": english, "de": german}


def rows(seed):
    """Return {"train": [{"id", "en", "de"}, ...], "validation": [...], "test": [...]}."""
    return splits.build("faq", seed, COUNTS, draw_plan, render, "de")


# Unlabelled text


def paragraphs(rng):
    """Yield parts of the FAQ without end: English, German, or both as on a bilingual leaflet."""
    draw = shop.Draw(rng, "pretrain")
    while True:
        kind = rng.choices(("en", "de", "both", "lists"), (20, 20, 45, 15))[0]
        entries = [
            _entry(draw) for _ in range({"both": rng.choice((1, 1, 2, 3)), "lists": 2}.get(kind, rng.choice((2, 3))))
        ]
        if kind in ("en", "de"):
            yield " ".join(entry[kind] for entry in entries)
        elif kind == "both":
            yield " ".join(f"{entry['en']} {rng.choice(('/ ', '', '– '))}{entry['de']}" for entry in entries)
        else:
            first, second = rng.choice((("en", "de"), ("de", "en")))
            yield " ".join([entry[first] for entry in entries] + [entry[second] for entry in entries])


def _entry(draw):
    while True:
        row = render(draw, draw_plan(draw.rng))
        if row and all(splits.apart(text, "pretrain") for text in row.values()):
            return row
