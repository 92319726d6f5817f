# SPDX-License-Identifier: Apache-2.0
"""Word lists of the shop: phrases/lexicon.yaml, and the surnames that are put together of its parts."""

from world.phrasebook import load

_READ = load("lexicon", sequence=list)
FEMALE = _READ["FEMALE"]
MALE = _READ["MALE"]
PRODUCTS = _READ["PRODUCTS"]
COLOURS = _READ["COLOURS"]
COLOUR_NOUNS = _READ["COLOUR_NOUNS"]
SIZES = _READ["SIZES"]
CITIES = _READ["CITIES"]
STREETS = _READ["STREETS"]
COURIERS = _READ["COURIERS"]
DEPARTMENTS = _READ["DEPARTMENTS"]
MONTHS = _READ["MONTHS"]
WEEKDAYS = _READ["WEEKDAYS"]
COUNTS = _READ["COUNTS"]
VOUCHER_WORDS = _READ["VOUCHER_WORDS"]

SURNAME_PARTS = tuple(tuple(parts.values()) for parts in _READ["SURNAME_PARTS"])
_BUILT = {first + last for firsts, lasts in SURNAME_PARTS for first in firsts for last in lasts}
SURNAMES = sorted({*_READ["SURNAMES"], *_BUILT})

# Of these, words are put together that can be spoken and that nobody has read; most are plain.
_PARTS = _READ["SYLLABLES"]
ONSETS = 4 * [*_PARTS["plain_onsets"], ""] + _PARTS["onsets"]
VOWELS = 8 * _PARTS["plain_vowels"] + _PARTS["vowels"]
CODAS = 3 * _PARTS["plain_codas"] + _PARTS["codas"]
