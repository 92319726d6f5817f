# SPDX-License-Identifier: Apache-2.0
"""What customers ask for: phrases/ticket_kinds.yaml, and which things and parts it can be about."""

from dataclasses import dataclass

from world.phrasebook import load

_READ = load("ticket_kinds")
LOUD = _READ["LOUD"]
METAL = _READ["METAL"]
FABRIC = _READ["FABRIC"]
WICKER = _READ["WICKER"]
WASHABLE = _READ["WASHABLE"]
BRITTLE = _READ["BRITTLE"]
SINGLE = _READ["SINGLE"]
SOFT_PARTS = _READ["SOFT_PARTS"]
SINGLE_PARTS = _READ["SINGLE_PARTS"]
FIXED_PARTS = _READ["FIXED_PARTS"]
PARTS = _READ["PARTS"]
ONE_AT_A_TIME = _READ["ONE_AT_A_TIME"]
FAULTS = _READ["FAULTS"]
DAMAGE = _READ["DAMAGE"]
UNWANTED = _READ["UNWANTED"]
SOON = _READ["SOON"]
DUE = _READ["DUE"]
ANSWER = _READ["ANSWER"]
ELECTRIC, FURNITURE = _READ["ELECTRIC"], _READ["FURNITURE"]


def is_bought_in_numbers(item):
    return item.en not in ELECTRIC | FURNITURE | _READ["SINGLE"]


def is_fabric(item):
    return item.category in ("textiles", "clothing") or item.en in _READ["FABRIC"]


def is_hard(item):
    return not is_fabric(item) and item.category != "paper" and item.en not in _READ["WICKER"]


# Which things a reason can be said of; reasons that are not here can be said of everything.
FITS = {
    "scratched": is_hard,
    "cracked": lambda item: item.en in _READ["BRITTLE"],
    "torn": is_fabric,
    "stained": is_fabric,
    "smells": is_fabric,
    "faded": lambda item: item.coloured and (item.category in ("textiles", "clothing") or item.en in _READ["WASHABLE"]),
    "dead": lambda item: item.en in ELECTRIC,
    "noisy": lambda item: item.en in _READ["LOUD"],
    "stopped": lambda item: item.en in ELECTRIC,
    "wobbly": lambda item: item.en in FURNITURE,
    "rusty": lambda item: item.en in _READ["METAL"],
    "picture": lambda item: item.coloured,
    "small": lambda item: item.sized,
    "large": lambda item: item.sized,
    "part_missing": lambda item: bool(item.parts),
    "part_broken": lambda item: any(map(PART_FITS["part_broken"], item.parts)),
    "part_loose": lambda item: any(map(PART_FITS["part_loose"], item.parts)),
    "part_fit": lambda item: any(map(PART_FITS["part_fit"], item.parts)),
}
# Which parts a reason can be said of.
PART_FITS = {
    "part_broken": lambda part: part.en not in _READ["SOFT_PARTS"],
    "part_loose": lambda part: part.en in _READ["FIXED_PARTS"],
    "part_fit": lambda part: part.en not in _READ["SINGLE_PARTS"],
}


@dataclass(frozen=True)
class Kind:
    """A request.

    Attributes:
        summary: follows the customer's name; {by} is " by 14 March" or empty.
        asks: what to do, as bare infinitives, once the order has been named.
        statements: sentences one of which must stand before the request.
        variants: (words of the summary, asks or ()), one of which the customer chooses.
        full: the same with the order in it, for texts that do not name it before.
        reasons, deadlines, wishes: keys of ticket_phrases; None among the reasons means that one may be left out.
        situation: "received", "ordered", "pending" or "late": how the text names the order.
        plural: whether the thing may be two or more.
        item: which things it can be about.
    """

    summary: str
    asks: tuple = ()
    full: tuple = ()
    statements: tuple = ()
    variants: tuple = (None,)
    reasons: tuple = (None,)
    deadlines: tuple = ()
    wishes: tuple = _READ["ANSWER"]
    situation: str = "received"
    plural: bool = False
    item: callable = lambda item: True


def _variants(told):
    """(words of the summary, asks): those that a list names are asked for in the same words."""
    return tuple(told.items()) if isinstance(told, dict) else tuple((words, ()) for words in told)


OUTCOMES = _variants(_READ["OUTCOMES"])

# Which things a request can be about; requests that are not here can be about everything.
_ABOUT = {
    "repair": lambda item: item.repairable,
    "exchange_size": lambda item: item.sized,
    "exchange_colour": lambda item: item.coloured,
    "part": lambda item: bool(item.parts),
    "manual": lambda item: item.repairable or item.en in FURNITURE,
    "wrong_colour": lambda item: item.coloured,
}
KINDS = {
    key: Kind(
        **fields
        | ({"variants": _variants(fields["variants"])} if "variants" in fields else {})
        | ({"item": _ABOUT[key]} if key in _ABOUT else {})
    )
    for key, fields in _READ["KINDS"].items()
}
