# SPDX-License-Identifier: Apache-2.0
"""What an output says that its source does not: numbers, dates, amounts, codes, names; and how much of it is copied.

    row = check("Ann wants 13 mugs by 3 March.", "Ann here. Please send twelve mugs before March 3rd.")
    row["unsupported"]    [{"kind": "number", "text": "13", "start": 10, "end": 12}]
    scores = score_faithfulness(outputs, sources)       # totals, rows and signatures, as in scores.py

Only the surface is compared, in English and German. A number that the source has, but for something else, passes; so do
a lost "not", swapped people and invented deeds. A sum or a count that the output works out by itself is flagged.
"""

import re
import types
from dataclasses import dataclass

from recipes.common.scores import average, summarize, tokenize

KINDS = ("number", "date", "amount", "code", "name")

UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen""".split()
NTHS = """zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
    fifteenth sixteenth seventeenth eighteenth nineteenth""".split()
EINER = """null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn
    achtzehn neunzehn""".split()
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ZEHNER = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
WORDS = {word: value for words in (UNITS, NTHS, EINER) for value, word in enumerate(words)}
WORDS |= {word: 10 * i for i, ten in enumerate(TENS, 2) for word in (ten, ten[:-1] + "ieth")}
WORDS |= {one + ten: 10 * i + value for i, ten in enumerate(ZEHNER, 2) for value, one in enumerate(
    ["", "einund", *(f"{word}und" for word in EINER[2:10])])}  # fmt: skip
WORDS |= {"both": 2, "twice": 2, "couple": 2, "pair": 2, "single": 1, "once": 1}
SCALES = {"hundred": 100, "hundert": 100, "dozen": 12, "dutzend": 12, "thousand": 1000, "tausend": 1000}
SCALES |= {"million": 10**6, "millionen": 10**6, "billion": 10**9}
# Words that often count nothing ("no one", "wait a second"): they support a number, but are never reported.
WEAK = {"zero", "one", "first", "second", "eins", "elf", "both", "twice", "couple", "pair", "single", "once"}

MONTHS = ["january|januar", "february|februar", "march|märz", "april", "may|mai", "june|juni", "july|juli", "august"]
MONTHS += ["september|sept", "october|oktober", "november", "december|dezember"]
MONTH = {word: i for i, names in enumerate(MONTHS, 1) for name in names.split("|") for word in (name, name[:3])}
DAYS = ["monday|montag", "tuesday|dienstag|tues", "wednesday|mittwoch", "thursday|donnerstag|thur|thurs"]
DAYS += ["friday|freitag", "saturday|samstag", "sunday|sonntag"]
WEEKDAY = {name: i for i, names in enumerate(DAYS) for name in (*names.split("|"), names[:3])}
MONEY = ["USD $ dollar dollars bucks", "EUR € euro euros", "GBP £ pound pounds quid", "CNY rmb yuan", "JPY ¥ yen"]
MONEY += ["CHF francs franken", "INR ₹ rupee rupees", "CENT ¢ cents ct pence"]
CURRENCY = {name.lower(): names.split()[0] for names in MONEY for name in names.split()}


def _any(words):
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


NUMBER = re.compile(
    r"(?P<numeral>\d{1,3}(?:[.,\u00A0\u202F]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?)(?:(?:st|nd|rd|th)\b)?"
    rf"(?P<scale>k\b|[ -](?:{_any(SCALES)})\b)?|\b(?P<word>{_any([*WORDS, *SCALES])})\b",
    re.IGNORECASE,
)
LINK = re.compile(r"\bhttps?://\S+|\bwww\.\S+|[\w.+-]+@[\w-]+\.[\w.]*\w")
DATE = re.compile(
    r"\b(?P<y>\d{4})-(?P<m>\d\d?)-(?P<d>\d\d?)\b|\b(?P<a>\d\d?)/(?P<b>\d\d?)/(?P<year>\d{4}|\d\d)\b"
    r"|\b(?P<day>\d\d?)\. ?(?P<month>\d\d?)\.(?: ?(?P<jahr>\d{4}|\d\d\b))?(?!\d)"
)
TIME = re.compile(
    r"\b(?P<h>\d\d?)(?::(?P<m>[0-5]\d)\b|\.(?P<min>[0-5]\d)(?= ?[ap]\.?m\b| Uhr\b))"
    rf"|\b(?P<part>half|quarter) (?P<side>past|to) (?P<hour>{_any(UNITS)}|\d\d?)\b",
    re.IGNORECASE,
)
CODE = re.compile(r"\b[^\W_]+(?:[-_/][^\W_]+)*")
COUNTED = re.compile(r"(?:\d+[^\W\d_]{0,4}|[^\W\d_]+)(?:[-_/](?:\d+[^\W\d_]{0,4}|[^\W\d_A-Z]+))*")
