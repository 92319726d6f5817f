# SPDX-License-Identifier: Apache-2.0
"""The shop of the bundled world, and one way to draw from it: ``Draw(rng, split)``.

Wrenfield is a small mail-order shop. Every text about it takes its people, numbers and products from here:

    draw = Draw(random.Random(7), "train")
    draw.person().full        Ann Weber              draw.order()         48213
    draw.amount()             £24.90                 draw.amount("de")    24,90 €
    draw.date()               14 March               draw.date("de")      14. März
    draw.product().a          an umbrella            draw.product().de_a("acc")   einen Regenschirm
    draw.say("[Hello|Hi], I am {name}.", name=...)   one alternative of each bracket, then the slots

First names, surnames and all runs of digits belong to exactly one of SPLITS, by a hash of the text. So no name, number
or date of one split can occur in another split or in the pretraining text, as long as every text takes them from a Draw
of its own split and writes all other counts in words ("two mugs"). Products, colours, cities, couriers and months are
shared by all splits.
"""

import hashlib
import re
from dataclasses import dataclass

from world import lexicon

NAME = "Wrenfield"
SPLITS = ("train", "validation", "test", "pretrain")
SHARES = (8, 3, 3, 10)  # of 24 hash buckets, in the order of SPLITS
SALT = "wrenfield-120"  # of these, each split owns at least five of the days 1 to 28

COLOURS, SIZES, MONTHS, WEEKDAYS = lexicon.COLOURS, lexicon.SIZES, lexicon.MONTHS, lexicon.WEEKDAYS
COUNTS, COURIERS, DEPARTMENTS = lexicon.COUNTS, lexicon.COURIERS, lexicon.DEPARTMENTS

ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")
GERMAN_FORMS = {  # gender: case: definite, indefinite
    "m": {"nom": ("der", "ein"), "acc": ("den", "einen"), "dat": ("dem", "einem"), "gen": ("des", "eines")},
    "f": {"nom": ("die", "eine"), "acc": ("die", "eine"), "dat": ("der", "einer"), "gen": ("der", "einer")},
    "n": {"nom": ("das", "ein"), "acc": ("das", "ein"), "dat": ("dem", "einem"), "gen": ("des", "eines")},
}


def pool_of(value):
    """Return the split that owns a name or a run of digits."""
    bucket = int(hashlib.sha256(f"{SALT}:{str(value).casefold()}".encode()).hexdigest()[:12], 16) % sum(SHARES)
    for split, share in zip(SPLITS, SHARES, strict=True):
        if bucket < share:
            return split
        bucket -= share
    raise AssertionError("shares cover every bucket")


def a(noun):
    """Put a or an before an English noun phrase."""
    return f"{'an' if noun[0] in 'aeiouAEIOU' else 'a'} {noun}"


def expand(rng, template):
    """Replace every [one|of|several], nested or not, by one of its alternatives."""
    while "[" in template:
        template = ALTERNATIVES.sub(lambda match: rng.choice(match[1].split("|")), template)
    return template


def sentence(text):
    """Collapse spaces and begin with a capital."""
    text = re.sub(r" +([.,;:!?])", r"\1", re.sub(r" +", " ", text)).strip()
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Noun:
    """A thing with its English and German name; gender is m, f or n."""

    en: str
    de: str
    gender: str

    @property
    def a(self):
        return a(self.en)

    @property
    def the(self):
        return f"the {self.en}"

    def de_the(self, case="nom"):
        """German with the definite article; case is nom, acc or dat."""
        return f"{GERMAN_FORMS[self.gender][case][0]} {self._declined(case)}"

    def de_a(self, case="nom"):
        """German with the indefinite article; case is nom, acc or dat."""
        return f"{GERMAN_FORMS[self.gender][case][1]} {self._declined(case)}"

    def _declined(self, case):
        return "Teddybären" if self.de == "Teddybär" and case != "nom" else self.de


@dataclass(frozen=True)
class Product(Noun):
    """A product: coloured and sized say whether it comes in several; parts are Nouns, perhaps none."""

    plural: str
    de_plural: str
    category: str
    coloured: bool
    sized: bool
    repairable: bool
    parts: tuple


@dataclass(frozen=True)
class Person:
    first: str
    last: str
    female: bool

    @property
    def full(self):
        return f"{self.first} {self.last}"

    def titled(self, lang="en"):
        """Ms Weber, or Frau Weber; the German form is nominative ("Herr")."""
        titles = ("Mr", "Ms") if lang == "en" else ("Herr", "Frau")
        return f"{titles[self.female]} {self.last}"


@dataclass(frozen=True)
class City:
    en: str
    de: str
    country: str


def _products():
    for line in lexicon.PRODUCTS:
        en, plural, de, gender, de_plural, category, flags, parts = line.split("|")
        nouns = tuple(Noun(*part.split(":")) for part in parts.split(", ") if part)
        yield Product(en, de, gender, plural, de_plural, category, "c" in flags, "s" in flags, "r" in flags, nouns)


PRODUCTS = tuple(_products())
CITIES = tuple(City(*entry.split(":")) for entry in lexicon.CITIES)
STREETS = lexicon.STREETS
CURRENCIES = {"en": ("£{}", "€{}", "{} euros", "{} pounds"), "de": ("{} €", "{} Euro", "{} Franken")}


def _owned(words, split):
    return [word for word in words if pool_of(word) == split]


class Draw:
    """Draws the people, numbers and things of one split.

    Args:
        rng: a random.Random; every draw takes from it, so equal seeds give equal texts.
        split: one of SPLITS.
    """

    def __init__(self, rng, split):
        if split not in SPLITS:
            raise ValueError(f"split is {split!r}; expected one of {', '.join(SPLITS)}")
        self.rng, self.split = rng, split
        self._female, self._male = _owned(lexicon.FEMALE, split), _owned(lexicon.MALE, split)
        self._surnames = _owned(lexicon.SURNAMES, split)
        self._days = [day for day in range(1, 29) if pool_of(day) == split]

    # People

    def person(self):
        female = self.rng.random() < 0.5
        first = self.rng.choice(self._female if female else self._male)
        return Person(first, self.rng.choice(self._surnames), female)

    def name(self):
        """First name and surname."""
        return self.person().full

    # Numbers: strings, whose every run of digits belongs to the split

    def number(self, low, high):
        """An integer of the pool from low to high; ask for a range of at least a hundred."""
        while pool_of(value := self.rng.randint(low, high)) != self.split:
            pass
        return value

    def digits(self, length):
        """A run of digits of this length that does not begin with 0."""
        return str(self.number(10 ** (length - 1), 10**length - 1))

    def order(self):
        """An order number: five digits, sometimes six."""
        return self.digits(5 if self.rng.random() < 0.7 else 6)

    def customer(self):
        """A customer number of seven digits."""
        return self.digits(7)

    def tracking(self):
        """A tracking code such as WF93817245DE."""
        return f"WF{self.digits(8)}{self.rng.choice(('DE', 'GB', 'AT', 'CH'))}"

    def voucher(self):
        """A voucher code such as MEADOW473."""
        return f"{self.rng.choice(lexicon.VOUCHER_WORDS)}{self.digits(3)}"

    def phone(self):
        """A phone number such as 0473 918274."""
        while pool_of(prefix := f"0{self.rng.randint(100, 999)}") != self.split:
            pass
        return f"{prefix} {self.digits(6)}"

    def email(self, person):
        """An address of a Person at a domain that cannot exist."""
        user = self.rng.choice((f"{person.first}.{person.last}", f"{person.first[0]}.{person.last}", person.last))
        return f"{user.lower()}@{self.rng.choice(('mailbox', 'letters', 'homepost'))}.example"

    def amount(self, lang="en", low=11, high=300, style=None):
        """Money as text; style is an entry of CURRENCIES when two amounts must share a currency."""
        whole, cents = self.number(low, max(high, low + 100)), self.number(10, 99)
        text = f"{whole}.{cents}" if lang == "en" else f"{whole},{cents}"
        return (style or self.rng.choice(CURRENCIES[lang])).format(text)

    def date(self, lang="en"):
        """A day and a month, without a year: 14 March, or 14. März."""
        day, (english, german) = self.rng.choice(self._days), self.rng.choice(list(MONTHS.items()))
        return f"{day} {english}" if lang == "en" else f"{day}. {german}"

    # Places and things, shared by all splits

    def city(self):
        return self.rng.choice(CITIES)

    def address(self, lang="en", city=None):
        """A street, house number and city."""
        city = city or self.city()
        street, number = self.rng.choice(STREETS[city.country]), self.number(10, 199)
        street = f"{number} {street}" if city.country == "uk" else f"{street} {number}"
        return f"{street}, {city.en if lang == 'en' else city.de}"

    def product(self, category=None, coloured=None, sized=None, repairable=None, parts=None):
        """A product; each argument that is not None must hold for it."""
        while True:
            item = self.rng.choice(PRODUCTS)
            wanted = (category, coloured, sized, repairable, parts)
            actual = (item.category, item.coloured, item.sized, item.repairable, bool(item.parts))
            if all(want is None or want == have for want, have in zip(wanted, actual, strict=True)):
                return item

    def colour(self, lang="en", but=None):
        """A colour other than `but`."""
        table = COLOURS if lang == "en" else COLOURS.values()
        return self.rng.choice([colour for colour in table if colour != but])

    def size(self, lang="en", but=None):
        table = SIZES if lang == "en" else SIZES.values()
        return self.rng.choice([size for size in table if size != but])

    def courier(self):
        return self.rng.choice(COURIERS)

    def department(self, lang="en"):
        return self.rng.choice(list(DEPARTMENTS if lang == "en" else DEPARTMENTS.values()))

    def weekday(self, lang="en"):
        return self.rng.choice(list(WEEKDAYS if lang == "en" else WEEKDAYS.values()))

    def count(self, lang="en"):
        """A small number as a word, two to twelve."""
        return self.rng.choice(list(COUNTS if lang == "en" else COUNTS.values()))

    # Text

    def choice(self, options):
        return self.rng.choice(options)

    def chance(self, probability):
        return self.rng.random() < probability

    def say(self, template, **slots):
        """Choose among [alternatives], fill the {slots}, tidy the spaces and begin with a capital."""
        return sentence(expand(self.rng, template).format(**slots))


def _mask_table():
    """Map every shared word that can fill a slot to the name of its slot, longest first."""
    table = {}
    for kind, words in {
        "COLOUR": [*COLOURS, *COLOURS.values(), *lexicon.COLOUR_NOUNS],
        "SIZE": [*SIZES, *SIZES.values()],
        "CITY": [name for city in CITIES for name in (city.en, city.de)],
        "STREET": [street for streets in STREETS.values() for street in streets],
        "COURIER": COURIERS,
        "DEPARTMENT": [*DEPARTMENTS, *DEPARTMENTS.values()],
        "MONTH": [*MONTHS, *MONTHS.values()],
        "WEEKDAY": [*WEEKDAYS, *WEEKDAYS.values()],
        "COUNT": [*COUNTS, *COUNTS.values()],
        "NAME": [*lexicon.FEMALE, *lexicon.MALE, *lexicon.SURNAMES],
        "PART": [word for item in PRODUCTS for part in item.parts for word in (part.en, part.de)],
        "ITEM": [word for item in PRODUCTS for word in (item.en, item.plural, item.de, item.de_plural)],
    }.items():
        table |= dict.fromkeys(words, kind)
    return dict(sorted(table.items(), key=lambda entry: -len(entry[0])))


MASKS = _mask_table()
MASKED = re.compile(r"(?<!\w)(?<!too )(?<!zu )(?:" + "|".join(map(re.escape, MASKS)) + r")(?!\w)")


def skeleton(text):
    """Replace every name, number, date, product, colour or place by its kind: the sentence's pattern."""
    text = re.sub(r"\b(?:" + "|".join(lexicon.VOUCHER_WORDS) + r")\d+", "VOUCHER", text)
    text = MASKED.sub(lambda match: MASKS[match[0]], text)
    text = re.sub(r"NAME(?: NAME)*", "NAME", re.sub(r"\d+(?:[.,]\d+)*", "#", text))
    text = re.sub(r"[£€]#|# (?:euros|pounds|€|Euro|Franken)", "AMOUNT", text)
    text = re.sub(r"# STREET, CITY|STREET #, CITY", "ADDRESS", text)
    return re.sub(r"\b[Aa]n? (?=ITEM|PART|COLOUR|SIZE)", "a ", text)
