# SPDX-License-Identifier: Apache-2.0
"""What customers ask for: the request in words, its one-sentence summary, and which details go with it.

Slots are those of ticket_phrases, and: {an_other} another product, {new} a large one, {colour} {colour2}, {address},
{code}, {amount} {amount2}, {order3}, {firm}, {receiver}, {few} {many} {plural}, and {variant}, the chosen variant. A
summary has one slot more: {by} is the deadline, if there is one. The reason and the wish follow it.
"""

from dataclasses import dataclass

ELECTRIC = {
    *("kettle", "toaster", "coffee machine", "milk frother", "hand mixer", "blender", "waffle iron", "kitchen scale"),
    *(
        "head torch",
        "hedge trimmer",
        "lawn mower",
        "solar lamp",
        "desk lamp",
        "floor lamp",
        "bedside lamp",
        "night light",
    ),
    *("alarm clock", "steam iron", "vacuum cleaner", "fan heater", "table fan", "bathroom scale", "cordless drill"),
    *("radio", "record player", "sewing machine", "string of lights"),
}
LOUD = ELECTRIC & {
    *("coffee machine", "milk frother", "hand mixer", "blender", "lawn mower", "vacuum cleaner", "fan heater"),
    *("table fan", "cordless drill", "sewing machine", "hedge trimmer", "record player"),
}
FURNITURE = {
    *(
        "garden bench",
        "garden table",
        "folding chair",
        "deck chair",
        "bookshelf",
        "shoe rack",
        "coat rack",
        "side table",
    ),
    *(
        "step stool",
        "desk chair",
        "chest of drawers",
        "ironing board",
        "stepladder",
        "easel",
        "camping chair",
        "spice rack",
    ),
    *("floor lamp", "rocking horse", "scratching post", "wine rack", "parasol"),
}
METAL = {
    *("spade", "garden fork", "rake", "barbecue", "fire bowl", "watering can", "wheelbarrow", "garden lantern"),
    *(
        "letter box",
        "frying pan",
        "kitchen knife",
        "pocket knife",
        "corkscrew",
        "bicycle bell",
        "garden table",
        "toaster",
    ),
}
FABRIC = {
    *(
        "backpack",
        "shoulder bag",
        "toiletry bag",
        "sleeping bag",
        "picnic blanket",
        "tent",
        "hammock",
        "dog bed",
        "kite",
    ),
    *("parasol", "deck chair", "umbrella", "cat basket", "teddy bear", "bicycle bag"),
}
WICKER = {"shopping basket", "picnic basket", "laundry basket"}
WASHABLE = {"backpack", "dog bed", "teddy bear", "shoulder bag"}
BRITTLE = {
    *(
        "teapot",
        "casserole dish",
        "salad bowl",
        "mixing bowl",
        "fruit bowl",
        "butter dish",
        "mug",
        "egg cup",
        "plant pot",
    ),
    *(
        "dinner plate",
        "soup bowl",
        "water jug",
        "cutting board",
        "cake stand",
        "flower vase",
        "bird bath",
        "wall mirror",
    ),
    *("picture frame", "soap dispenser", "globe", "window box", "cheese board", "candle holder", "drinking bottle"),
}
SINGLE = {
    *("spice rack", "knife block", "fondue set", "bread bin", "pressure cooker", "tent", "lawn mower", "wheelbarrow"),
    *("barbecue", "fire bowl", "bird bath", "garden hose", "shopping trolley", "suitcase", "toiletry bag", "globe"),
    *(
        "letter box",
        "wall clock",
        "tool box",
        "sewing box",
        "wall mirror",
        "music box",
        "doll's house",
        "toy crane",
        "wooden train",
    ),
    *("telescope", "microscope", "chess set", "board game", "raincoat", "dressing gown", "bathrobe", "umbrella", "rug"),
    *("doormat", "laundry basket", "bath mat", "shower curtain", "salad spinner", "kitchen knife", "coffee grinder"),
    *(
        "cutlery set",
        "screwdriver set",
        "watercolour set",
        "writing set",
        "walking stick",
        "camping stove",
        "cat basket",
    ),
    *(
        "bicycle pump",
        "leather belt",
        "hot water bottle",
        "dog lead",
        "scooter",
        "wind chime",
        "pepper mill",
        "milk jug",
    ),
}


def is_bought_in_numbers(item):
    return item.en not in ELECTRIC | FURNITURE | SINGLE


def is_fabric(item):
    return item.category in ("textiles", "clothing") or item.en in FABRIC


def is_hard(item):
    return not is_fabric(item) and item.category != "paper" and item.en not in WICKER


# Which things a reason can be said of; reasons that are not here can be said of everything.
FITS = {
    "scratched": is_hard,
    "cracked": lambda item: item.en in BRITTLE,
    "torn": is_fabric,
    "stained": is_fabric,
    "smells": is_fabric,
    "faded": lambda item: item.coloured and (item.category in ("textiles", "clothing") or item.en in WASHABLE),
    "dead": lambda item: item.en in ELECTRIC,
    "noisy": lambda item: item.en in LOUD,
    "stopped": lambda item: item.en in ELECTRIC,
    "wobbly": lambda item: item.en in FURNITURE,
    "rusty": lambda item: item.en in METAL,
    "picture": lambda item: item.coloured,
    "small": lambda item: item.sized,
    "large": lambda item: item.sized,
    "part_missing": lambda item: bool(item.parts),
    "part_broken": lambda item: any(map(PART_FITS["part_broken"], item.parts)),
    "part_loose": lambda item: any(map(PART_FITS["part_loose"], item.parts)),
    "part_fit": lambda item: any(map(PART_FITS["part_fit"], item.parts)),
}
PARTS = ("part_missing", "part_broken", "part_loose", "part_fit")
_SOFT_PARTS = {"screw set", "poster", "scarf", "blanket", "rule book", "cover", "lining", "underlay", "sealing wax"}
_SOFT_PARTS |= {"carrying bag", "rope", "ribbon", "rain cover", "seat cover", "cushion", "dice set", "wrist strap"}
_SINGLE_PARTS = {
    "poster",
    "rook",
    "queen",
    "fork",
    "spoon",
    "bread knife",
    "cheese knife",
    "egg spoon",
    "wagon",
    "case",
}
_SINGLE_PARTS |= {
    "dice set",
    "rule book",
    "brush",
    "scarf",
    "blanket",
    "ladle",
    "measuring cup",
    "cutlery set",
    "bridge",
}
_SINGLE_PARTS |= {"serving spoon", "slide box", "remote control", "poker", "sealing wax", "ice pack", "mixing tray"}
_FIXED_PARTS = {
    "handle",
    "crank",
    "valve",
    "rubber foot",
    "knob",
    "burner",
    "clip",
    "loop",
    "tieback",
    "hood",
    "chin strap",
}
_FIXED_PARTS |= {
    "zip",
    "buckle",
    "strap",
    "wheel",
    "hook",
    "carrying strap",
    "cup holder",
    "headband",
    "nozzle",
    "visor",
}
_FIXED_PARTS |= {"connector", "sprinkler head", "bracket", "roof", "perch", "armrest", "leg", "dimmer", "foot switch"}
_FIXED_PARTS |= {
    "hour hand",
    "alarm button",
    "shelf",
    "drawer knob",
    "grille",
    "base",
    "pump",
    "aerial",
    "nib",
    "stand",
}
_FIXED_PARTS |= {
    "front door",
    "staircase",
    "winch",
    "saddle",
    "brake",
    "bell",
    "eyepiece",
    "platform",
    "lampshade",
    "plug",
}
# Which parts a reason can be said of.
PART_FITS = {
    "part_broken": lambda part: part.en not in _SOFT_PARTS,
    "part_loose": lambda part: part.en in _FIXED_PARTS,
    "part_fit": lambda part: part.en not in _SINGLE_PARTS,
}
ONE_AT_A_TIME = {*PARTS, "dead", "noisy", "stopped", "wobbly"}
FAULTS = ("dead", "noisy", "stopped", "wobbly", "rusty", "part_broken", "part_loose")
DAMAGE = ("scratched", "cracked", "torn", "stained", *FAULTS)
UNWANTED = ("picture", "small", "large", "present", "late", "unneeded", "used", "smells", "faded")

SOON = ("date", "weekday", "holidays", "birthday", "wedding", "urgent")
DUE = ("date", "weekday", "urgent")
ANSWER = ("call", "email", "post", "confirmation", "german")


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
    wishes: tuple = ANSWER
    situation: str = "received"
    plural: bool = False
    item: callable = lambda item: True


OUTCOMES = (
    (
        "wants the right {one}",
        ("send me the right {one}", "replace {them} with the right {one}", "see that I get the right {one}"),
    ),
    ("wants a refund", ("refund the money", "give me a refund", "pay the money back")),
    (
        "needs a return label",
        ("send me a return label", "let me have a return label", "e-mail me a label for the return"),
    ),
)

KINDS = {
    "refund": Kind(
        "wants a refund for {item} from order {order}{by}",
        (
            "refund the [full price|purchase price|money]",
            "pay the money back [to my account|to my card|]",
            "give me a refund",
            "send me my money back",
        ),
        (
            "give me a refund for {item} from order {order}",
            "pay back the money for {item} from order {order}",
            "refund {item} in order {order}",
        ),
        reasons=(*DAMAGE, *UNWANTED, "part_missing", "part_fit"),
        deadlines=DUE,
        wishes=(*ANSWER, "pickup", "postage", "apology", "manager"),
        plural=True,
    ),
    "replacement": Kind(
        "wants a replacement for {item} from order {order}{by}",
        (
            "send [me|us] a replacement",
            "replace {them}",
            "see to it that I get a replacement",
        ),
        (
            "send me a replacement for {item} from order {order}",
            "replace {item} from order {order}",
        ),
        reasons=(*DAMAGE, "used", "faded"),
        deadlines=SOON,
        wishes=(*ANSWER, "pickup", "discount", "apology"),
        plural=True,
    ),
    "repair": Kind(
        "wants {item} from order {order} repaired under warranty{by}",
        (
            "repair {them} under warranty",
            "have {them} repaired under the warranty",
            "arrange a warranty repair",
        ),
        (
            "repair {item} from order {order} under warranty",
            "arrange a warranty repair for {item} from order {order}",
        ),
        reasons=FAULTS,
        deadlines=("date", "weekday", "holidays", "urgent"),
        wishes=(*ANSWER, "pickup", "postage"),
        item=lambda item: item.repairable,
    ),
    "discount": Kind(
        "wants to keep {item} from order {order} at a lower price",
        (
            "lower the price, as I would like to keep {them}",
            "let me keep {them} at a lower price",
            "take something off the price if I keep {them}",
        ),
        ("let me keep {item} from order {order} at a lower price",),
        reasons=("scratched", "stained", "rusty", "wobbly", "picture", "late", "used", "part_missing", "part_loose"),
        wishes=(*ANSWER, "apology"),
        plural=True,
    ),
    "label": Kind(
        "needs a return label for {item} from order {order}{by}",
        (
            "send me a return label",
            "[e-mail|post] me a label for the return",
            "let me have a return label",
        ),
        (
            "send me a return label for {item} from order {order}",
            "let me have a label to return {item} from order {order}",
        ),
        reasons=(*UNWANTED, "scratched", "torn", "stained", "dead"),
        deadlines=("date", "weekday", "holidays", "urgent"),
        wishes=("call", "email", "post", "german", "postage", "apology"),
        plural=True,
    ),
    "exchange_size": Kind(
        "wants to exchange {item} from order {order} for {new}{by}",
        (
            "exchange {them} for {new}",
            "swap {them} for {new}",
            "take {them} back and send me {new}",
        ),
        ("exchange {item} from order {order} for {new}", "swap {item} from order {order} for {new}"),
        reasons=("small", "large"),
        deadlines=SOON,
        wishes=(*ANSWER, "pickup", "postage"),
        plural=True,
        item=lambda item: item.sized,
    ),
    "exchange_colour": Kind(
        "wants to exchange {item} from order {order} for {new}{by}",
        (
            "exchange {them} for {new}",
            "swap {them} for {new}",
            "take {them} back and send me {new}",
        ),
        ("exchange {item} from order {order} for {new}", "swap {item} from order {order} for {new}"),
        reasons=("picture", "faded", "stained", "present", None),
        deadlines=SOON,
        wishes=(*ANSWER, "pickup", "postage"),
        plural=True,
        item=lambda item: item.coloured,
    ),
    "exchange_other": Kind(
        "wants to exchange {item} from order {order} for {an_other}{by}",
        (
            "exchange {them} for {an_other}",
            "swap {them} for {an_other}",
            "take {them} back and send me {an_other} instead",
        ),
        ("exchange {item} from order {order} for {an_other}", "swap {item} from order {order} for {an_other}"),
        reasons=("present", "unneeded", "late", "small", "large", "noisy"),
        deadlines=SOON,
        wishes=(*ANSWER, "pickup"),
        plural=True,
    ),
    "part": Kind(
        "wants a new {part} for {item} from order {order}{by}",
        (
            "send me a new {part}",
            "let me have a new {part}",
            "post me a new {part}",
        ),
        (
            "send me a new {part} for {item} from order {order}",
            "let me have a new {part} for {item} from order {order}",
        ),
        reasons=PARTS,
        deadlines=SOON,
        wishes=(*ANSWER, "discount", "apology"),
        item=lambda item: bool(item.parts),
    ),
    "manual": Kind(
        "needs the manual in {variant} for {item} from order {order}{by}",
        ("send me the manual in {variant}", "let me have the manual in {variant}", "find me a manual in {variant}"),
        ("send me the manual in {variant} for {item} from order {order}",),
        variants=tuple((language, ()) for language in ("English", "German", "French", "Polish")),
        reasons=(None, "wobbly", "dead", "noisy"),
        deadlines=("date", "weekday", "urgent"),
        wishes=("call", "email", "post", "confirmation"),
        item=lambda item: item.repairable or item.en in FURNITURE,
    ),
    "wrong_colour": Kind(
        "received {item} from order {order} in {colour} instead of {colour2} and {variant}{by}",
        statements=(
            "You sent {them} in {colour} instead of {colour2}.",
            "I ordered {colour2} and got {colour}.",
            "{it} {is} {colour}, but I ordered {colour2}.",
            "I had chosen {colour2}, and what I got is {colour}.",
        ),
        variants=(*OUTCOMES, ("wants to keep {them} at a lower price", ("let me keep {them} at a lower price",))),
        deadlines=SOON,
        wishes=(*ANSWER, "pickup", "discount", "apology"),
        plural=True,
        item=lambda item: item.coloured,
    ),
    "wrong_item": Kind(
        "received {an_other} instead of {item} from order {order} and {variant}{by}",
        statements=(
            "In the box was {an_other} instead.",
            "What I got was {an_other}.",
            "You sent me {an_other} instead.",
            "Instead I [unpacked|found] {an_other}.",
        ),
        variants=OUTCOMES,
        deadlines=SOON,
        wishes=(*ANSWER, "pickup", "discount", "apology"),
        situation="ordered",
        plural=True,
    ),
    "short": Kind(
        "received only {few} of the {many} {plural} from order {order} and {variant}{by}",
        statements=(
            "Only {few} [of them |]were in the box.",
            "Only {few} have arrived.",
            "I counted [again|twice], and there are only {few}.",
            "You sent only {few}.",
        ),
        variants=(
            ("wants the rest", ("send the rest", "let me have the rest", "post me the rest")),
            ("wants a refund for the rest", ("refund the rest", "give me a refund for the rest")),
        ),
        deadlines=SOON,
        wishes=(*ANSWER, "discount", "apology"),
        situation="ordered",
    ),
    "late": Kind(
        "wants to know{by} where order {order} is",
        (
            "find out where [the parcel|it] is",
            "tell me where [the parcel|it] is",
            "check where my parcel is",
        ),
        ("find out where order {order} is", "tell me where the parcel with order {order} is"),
        reasons=("promised", "stuck", "claimed", None),
        deadlines=SOON,
        wishes=("call", "email", "german", "discount", "apology", "manager"),
        situation="late",
    ),
    "cancel": Kind(
        "wants to cancel order {order}",
        ("cancel [it|the order|the whole order]", "delete the [whole |]order", "stop the order[ before it is sent|]"),
        ("cancel order {order}", "cancel my order {order}"),
        reasons=("mistake", "twice", "slow", "cheaper", "move"),
        wishes=("call", "email", "post", "confirmation", "german"),
        situation="pending",
    ),
    "cancel_item": Kind(
        "wants {item} taken off order {order}",
        (
            "take {item} off the order",
            "take {item} off and send only the rest",
            "strike {item} off the list",
        ),
        ("take {item} off order {order}", "take {item} off my order {order}"),
        reasons=("mistake", "twice", "cheaper"),
        wishes=("call", "email", "post", "confirmation", "german"),
        situation="pending",
    ),
    "add": Kind(
        "wants {an_other} added to order {order}{by}",
        ("add {an_other}", "put {an_other} in the same parcel", "add {an_other} to it"),
        ("add {an_other} to order {order}", "put {an_other} in the parcel with order {order}"),
        deadlines=("holidays", "birthday", "wedding"),
        wishes=("call", "email", "post", "confirmation", "german"),
        situation="pending",
    ),
    "address": Kind(
        "wants order {order} sent to {address}",
        (
            "send it to {address}",
            "change the delivery address to {address}",
            "have it delivered to {address}",
        ),
        ("send order {order} to {address}", "change the address of order {order} to {address}"),
        reasons=("move", "typo", "away", "work", "building"),
        wishes=("call", "email", "post", "confirmation", "german"),
        situation="pending",
    ),
    "date": Kind(
        "wants order {order} delivered on {date2}",
        ("deliver it on {date2}", "have it delivered on {date2}", "[move|put off] the delivery to {date2}"),
        ("deliver order {order} on {date2}", "move the delivery of order {order} to {date2}"),
        reasons=("away", "work", "building", "move", None),
        wishes=("call", "email", "confirmation", "german"),
        situation="pending",
    ),
    "place": Kind(
        "wants order {order} left {variant}",
        ("leave it {variant}", "have the parcel left {variant}", "tell {courier} to leave it {variant}"),
        ("leave order {order} {variant}", "have the parcel with order {order} left {variant}"),
        variants=tuple(
            (place, ())
            for place in (
                "with the neighbours",
                "in the garage",
                "at the bakery next door",
                "behind the garden gate",
                "on the terrace",
                "with the caretaker",
            )
        ),
        reasons=("away", "work", "building", None),
        wishes=("call", "email", "confirmation", "german"),
        situation="pending",
    ),
    "gift": Kind(
        "wants order {order} gift-wrapped in {colour} paper with a card for {receiver}{by}",
        (
            "wrap it as a gift in {colour} paper and add a card for {receiver}",
            "gift-wrap it in {colour} paper, with a card for {receiver}",
            "put in a card for {receiver} and gift-wrap everything in {colour} paper",
        ),
        ("gift-wrap order {order} in {colour} paper and add a card for {receiver}",),
        deadlines=("date", "weekday", "birthday", "wedding"),
        wishes=("call", "email", "post", "confirmation"),
        situation="pending",
    ),
    "combine": Kind(
        "wants orders {order} and {order3} sent in one parcel{by}",
        ("send it together with order {order3} in one parcel", "put it in one parcel with order {order3}"),
        ("send orders {order} and {order3} in one parcel", "put orders {order} and {order3} in one parcel"),
        deadlines=SOON,
        wishes=("call", "email", "post", "confirmation", "german", "postage"),
        situation="pending",
    ),
    "payment": Kind(
        "wants to pay for order {order} by {variant}",
        ("let me pay by {variant}", "change the payment to {variant}", "switch the payment to {variant}"),
        ("let me pay for order {order} by {variant}",),
        variants=tuple((method, ()) for method in ("card", "bank transfer", "invoice", "direct debit", "gift card")),
        reasons=("card", "typo_payment", None),
        wishes=("call", "email", "post", "confirmation", "german"),
        situation="pending",
    ),
    "invoice": Kind(
        "needs a copy of the invoice for order {order}{by}",
        (
            "send me a copy of the invoice",
            "let me have the invoice again",
            "print the invoice once more and post it to me",
        ),
        ("send me a copy of the invoice for order {order}", "let me have the invoice for order {order} again"),
        reasons=("tax", "insurance", "employer", "lost", None),
        situation="ordered",
        deadlines=DUE,
        wishes=("call", "email", "post", "german"),
    ),
    "firm": Kind(
        "wants the invoice for order {order} made out to {firm}{by}",
        (
            "make the invoice out to {firm}",
            "write a new invoice in the name of {firm}",
            "change the name on the invoice to {firm}",
        ),
        ("make out the invoice for order {order} to {firm}",),
        reasons=("tax", "employer", "insurance", None),
        situation="ordered",
        deadlines=DUE,
        wishes=("call", "email", "post", "german"),
    ),
    "voucher": Kind(
        "wants voucher {code} accepted for order {order}{by}",
        ("accept the voucher", "make the voucher work", "take the voucher off the bill"),
        statements=(
            "I wanted to use voucher {code}, but the shop would not take it.",
            "Voucher {code} is not accepted.",
            "At the checkout I typed in voucher {code}, without success.",
        ),
        reasons=("expired", "unknown", "redeemed"),
        deadlines=DUE,
        wishes=("call", "email", "post", "german", "apology", "manager"),
        situation="pending",
    ),
    "double": Kind(
        "was charged twice for order {order} and wants {amount} back{by}",
        ("pay back {amount}", "return the {amount}", "see that I get {amount} back"),
        statements=(
            "I was charged twice[, {amount} each time|].",
            "You have charged me twice.",
            "My bank statement shows that I was charged twice.",
        ),
        deadlines=DUE,
        wishes=(*ANSWER, "apology", "manager", "discount"),
        situation="ordered",
    ),
    "overcharged": Kind(
        "was charged {amount} instead of {amount2} for order {order} and wants the difference back{by}",
        ("pay back the difference", "return the difference", "see that I get the difference back"),
        statements=(
            "You charged {amount} instead of {amount2}.",
            "The price was {amount2}, but I was charged {amount}.",
            "I was charged {amount}, although the catalogue says {amount2}.",
        ),
        deadlines=DUE,
        wishes=(*ANSWER, "apology", "manager", "discount"),
        situation="ordered",
    ),
    "waiting": Kind(
        "has been waiting since {date2} for the refund of {amount} for {item} from order {order}",
        ("find out what has become of it", "pay [it|the money] [out |]at last", "check where the money is"),
        statements=(
            "I sent {them} back, and since {date2} I have been waiting for the refund of {amount}.",
            "{it} went back to you, and I have been waiting for the refund of {amount} since {date2}.",
            "Since {date2} I have been waiting for the refund of {amount}.",
        ),
        wishes=(*ANSWER, "apology", "manager", "discount"),
        situation="ordered",
        plural=True,
    ),
    "login": Kind(
        "needs help with the login to see order {order}{by}",
        ("help me with the login", "get me back into my account", "help me to log in"),
        statements=(
            "I cannot log in to see it.",
            "To see it I have to log in, and that does not work.",
            "The login does not work, so I cannot see it.",
        ),
        reasons=("locked", "password", "address"),
        deadlines=DUE,
        wishes=("call", "email", "post", "german", "manager"),
        situation="pending",
    ),
}
