# SPDX-License-Identifier: Apache-2.0
"""What the bilingual FAQ tells, as clauses in two languages: phrases/faq_phrases.yaml."""

from dataclasses import dataclass

from world import lexicon
from world.phrasebook import load, rows

_READ = load("faq_phrases")
TIME = _READ["TIME"]
COST = _READ["COST"]
CONDITIONS = _READ["CONDITIONS"]
LEADS = _READ["LEADS"]
TAILS = _READ["TAILS"]
ANSWERS = _READ["ANSWERS"]
PAYMENTS = _READ["PAYMENTS"]
STATUSES = _READ["STATUSES"]
BUTTONS = _READ["BUTTONS"]
DEPARTMENT_GENDERS = _READ["DEPARTMENT_GENDERS"]
STATES = _READ["STATES"]
OWN = _READ["OWN"]
FITTING = _READ["FITTING"]
CLASHES = _READ["CLASHES"]
WITH_NO = _READ["WITH_NO"]
OPENING = _READ["OPENING"]
NOT_ONLY = _READ["NOT_ONLY"]
NOT_NOT = _READ["NOT_NOT"]


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


CLAUSES = {key: Clause(**fields) for key, fields in _READ["CLAUSES"].items()}
ADVERBS = rows(_READ["ADVERBS"])
COLOURS = dict(zip(lexicon.COLOURS, lexicon.COLOUR_NOUNS, strict=True))  # "in Rot"
