# SPDX-License-Identifier: Apache-2.0
"""The numbers, dates, amounts and codes that a text mentions, as values that can be compared; English and German.

mentions("Two mugs for €1,200 by 3 March")[0]     kinds number {2}, amount {(1200, euro), (1.2, euro)},
                                                  date {("day", 3, 3, None)}
"""

import re
from dataclasses import dataclass


def _table(text, start=0):
    """ "a b|c" -> {"a": 0, "b": 0, "c": 1}: the spellings of consecutive values."""
    return {word: value for value, words in enumerate(text.split("|"), start) for word in words.split()}


def _any(words):
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


NUMBERS = "zero null|one first eins|two second both twice couple pair zwei|three third drei|four fourth vier|five fifth"
NUMBERS += " fünf|six sixth sechs|seven seventh sieben|eight eighth acht|nine ninth neun|ten tenth zehn|eleven eleventh"
NUMBERS += " elf|twelve twelfth zwölf|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
NUMBERS = _table(NUMBERS)
TENS = _table("twent|thirt|fort|fift|sixt|sevent|eight|ninet", 2)
NUMBERS |= {stem + end: 10 * value for stem, value in TENS.items() for end in ("y", "ieth")}
NUMBERS |= {f"{word}th": value for word, value in NUMBERS.items() if word.endswith("teen")}
SCALES = {"hundred": 100, "dozen": 12, "thousand": 1000, "tausend": 1000, "million": 10**6, "millionen": 10**6}
# Words that often count nothing ("no one", "wait a second"): they support a number, but are never reported.
WEAK = {"zero", "null", "one", "first", "eins", "second", "both", "twice", "couple", "pair", "elf"}
MONTHS = _table(
    "jan january januar|feb february februar|mar march mär märz|apr april|may mai|jun june juni|jul july juli|"
    "aug august|sep sept september|oct okt october oktober|nov november|dec dez december dezember",
    start=1,
)
WEEKDAYS = _table(
    "mon monday montag|tue tues tuesday dienstag|wed wednesday mittwoch|thu thurs thursday donnerstag|"
    "fri friday freitag|sat saturday samstag|sun sunday sonntag"
)
CENT = 0  # of any currency
CURRENCIES = _table(
    "¢ cent cents ct pence|$ usd dollar dollars bucks|€ eur euro euros|£ gbp pound pounds|¥ cny rmb yuan|jpy yen|"
    "chf francs franken|₹ inr rupees"
)

NTH = rf"\d\d?(?:st|nd|rd|th)?|(?:(?:twenty|thirty)[ -])?(?:{_any(NUMBERS)})"
TO = r"\.? ?(?:[-–]|to|until|till|through|bis) ?(?:the )?"
YEAR = r"(?:1\d|2[01])\d\d"
DATES = [
    r"\b(?P<y>\d{4})-(?P<m>\d\d?)-(?P<d>\d\d?)\b",
    r"\b(?P<d>\d\d?)\. ?(?P<m>\d\d?)\.(?: ?(?P<y>\d{4}|\d\d)\b)?(?!\d)",
    r"\b(?P<m>\d\d?)/(?P<d>\d\d?)/(?P<y>\d{4}|\d\d)\b",
    r"\b(?P<h>\d\d?)(?::|\.(?=\d\d ?[ap]\.?m\b|\d\d Uhr\b))(?P<min>[0-5]\d)\b",
    rf"\b(?P<part>half past|quarter past|quarter to) (?P<h>{_any(NUMBERS)}|\d\d?)\b",
    rf"\b(?P<days>(?:{NTH})\b(?:(?:{TO}|,? ?(?:,|and|or|und|oder) )(?:{NTH})\b){{0,9}})\.? ?(?:of |-)?"
    rf"(?P<month>{_any(MONTHS)})\b(?:\.?,? (?P<y>{YEAR})\b)?",
    rf"\b(?P<month>{_any(MONTHS)})\b(?:\.?,? ?(?:the )?(?P<days>(?:{NTH})\b(?:{TO}(?:{NTH})\b)?)(?![\d:]))?"
    rf"(?:,? (?:of )?(?P<y>{YEAR})\b)?",
    rf"\b(?P<weekday>{_any(WEEKDAYS)})s?\b",
]
LINK = r"(?P<link>\bhttps?://\S+|\bwww\.\S+|(?<![\w.+-])[\w.+-]{1,99}@[\w-]+\.[\w.]*\w)"
CODE = r"\b[^\W_]+(?:[-_/][^\W_]+)*"
BELOW_100 = rf"(?:(?:{_any(TENS)})y[ -](?:{_any(NUMBERS)})|{_any(NUMBERS)})"
HUNDREDS = rf"(?:{BELOW_100}[ -])?(?:{_any(SCALES)})"
NUMBER = re.compile(
    r"(?P<numeral>\d{1,3}(?:[.,\u00A0\u202F]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?)(?:(?:st|nd|rd|th)\b)?"
    rf"(?:(?P<k>k)\b|[ -](?P<scale>{_any(SCALES)})\b)?"
    rf"|\b(?P<words>{HUNDREDS}(?:[ -](?:and )?{HUNDREDS})*(?:[ -](?:and )?{BELOW_100})?|{BELOW_100})\b",
    re.IGNORECASE,
)
PRICE_BEFORE = re.compile(r"(?P<unit>[$€£¥₹]|\b(?:USD|EUR|GBP|CNY|RMB|JPY|CHF|INR)) ?$", re.IGNORECASE)
PRICE_AFTER = re.compile(
    rf" ?-?(?P<unit>[$€£¥₹¢](?! ?\d)|(?:{_any(filter(str.isalpha, CURRENCIES))})\b)", re.IGNORECASE
)
TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|Hr|Fr|[A-Z])\.$")


@dataclass
class Mention:
    """A piece of a text that can be checked; of several `values` (1.200 is 1200 or 1.2) one needs support."""

    kind: str
    start: int
    end: int
    values: set
    weak: bool = False


def starts_sentence(match):
    text, end = match.string, match.start()
    while end and text[end - 1].isspace():
        end -= 1
    ended = not end or "\n" in text[end : match.start()] or text[end - 1] in '.!?:;…。"“”„«([•*–—'
    return ended and not TITLE.search(text[max(end - 6, 0) : end])


def _read_numeral(text):
    """The numbers that digits with points and commas may mean, in English or in German."""
    *_, last = parts = re.split("[.,]", re.sub("[\u00a0\u202f]", "", text))
    digits = int("".join(parts)[:300])  # a runaway output must not overflow
    if len(parts) == 1 or len(parts) > 2 and len(last) == 3 and len(set(re.findall("[.,]", text))) == 1:
        return {digits}
    return {digits / 10 ** len(last)} | ({digits} if len(parts) == 2 and len(last) == 3 else set())


def _read_words(text):
    """205 for "two hundred and five"."""
    total = current = 0
    for word in re.findall(r"\w+", text.lower()):
        if word == "hundred":
            current = max(current, 1) * 100
        elif word in SCALES:
            total, current = total + max(current, 1) * SCALES[word], 0
        else:
            current += NUMBERS.get(word, 0)
    return {total + current}


def _numbers(text):
    for match in NUMBER.finditer(text):
        scale = 1000 if match["k"] else SCALES.get((match["scale"] or "").lower(), 1)
        values = _read_words(match["words"]) if match["words"] else _read_numeral(match["numeral"])
        weak = match.group().lower() in WEAK
        yield Mention("number", *match.span(), {scale * value for value in values}, weak)


def _read_date(match):
    """Sets of readings, one for each date: ("day", month, day, year), ("time", hour, minute) or ("weekday", n)."""
    part = {name: None for name in ("y", "m", "d", "h", "min", "part", "month", "days", "weekday")} | match.groupdict()
    year = int(part["y"]) + 2000 * (len(part["y"]) == 2) if part["y"] else None
    if part["m"]:
        month, day = int(part["m"]), int(part["d"])
        orders = {(month, day), (day, month)} if "/" in match.group() else {(month, day)}
        return [{("day", m, d, year) for m, d in orders if m <= 12 and d <= 31}]
    if part["h"]:
        (hour,) = next(_numbers(part["h"])).values
        kind = (part["part"] or "").lower()
        minute = int(part["min"] or {"half past": 30, "quarter past": 15, "quarter to": 45}[kind])
        return [{("time", (hour - (kind == "quarter to")) % 12, minute)}]
    word = part["month"] or part["weekday"]
    if part["days"]:
        days = [day for number in _numbers(part["days"]) for day in number.values]
        return [{("day", MONTHS[word.lower()], day, year)} for day in days]
    # "may" and "march" are verbs, "sun" shines, "Jan" is a person.
    named = word[0].isupper() and (len(word) > 3 or word == "May") and not starts_sentence(match)
    if part["month"]:
        return [{("day", MONTHS[word.lower()], None, year)}] if named or year else []
    return [{("weekday", WEEKDAYS[word.lower()])}] if len(word) > 5 or word[0].isupper() else []


def _read_code(match):
    """Letters and digits in one word, as in AB-1234 and T5, but not in 3rd, 20kg and 78-year-old; and addresses."""
    text, parts = match.group(), re.split("[-_/]", match.group())
    counted = all(re.fullmatch(r"\d+[^\W\d_]{0,3}", part) or part.isalpha() and part.islower() for part in parts)
    mixed = any(map(str.isdecimal, text)) and any(map(str.isalpha, text)) and not counted
    return [{text}] if mixed or "link" in match.groupdict() else []


READERS = [("code", LINK, _read_code), *(("date", date, _read_date) for date in DATES), ("code", CODE, _read_code)]
READERS = [(kind, re.compile(pattern, re.IGNORECASE), read) for kind, pattern, read in READERS]


def mentions(text):
    """The numbers, dates, amounts and codes of a text, in order, and the text with NULs in their place."""
    found, rest = [], text
    for kind, pattern, read in READERS:
        spans = []
        for match in pattern.finditer(rest):
            readings = [values for values in read(match) if values]
            found += [Mention(kind, *match.span(), values) for values in readings]
            spans += [match.span()] if readings else []
        rest = _without(rest, spans)
    for number in _numbers(rest):
        price = PRICE_BEFORE.search(rest, max(number.start - 5, 0), number.start) or PRICE_AFTER.match(rest, number.end)
        if price:
            unit = CURRENCIES[price["unit"].lower()]
            number.kind, number.weak = "amount", False
            number.values = {(value / 100 if unit == CENT else value, unit) for value in number.values}
            number.start, number.end = min(number.start, price.start()), max(number.end, price.end())
        before = found[-1] if found and found[-1].kind == number.kind == "amount" else None
        if before and unit == CENT and rest[before.end : number.start] in (" ", " and ", " und "):
            before.values = {(value + cents, other) for value, other in before.values for cents, _ in number.values}
            before.end = number.end
        else:
            found.append(number)
    found.sort(key=lambda mention: mention.start)
    return found, _without(rest, [(mention.start, mention.end) for mention in found])


def _without(text, spans):
    """`text` with NULs in the place of `spans`, which are in order."""
    parts, end = [], 0
    for start, stop in spans:
        parts += [text[end:start], "\0" * (stop - max(start, end))]
        end = max(end, stop)
    return "".join([*parts, text[end:]])
