# SPDX-License-Identifier: Apache-2.0
"""How a catalogue describes a product, and how the same is said in other words.

A fact reads: predicates of the original | predicate of the paraphrase | the paraphrase's opening. Each fact has one
paraphrase, so that equal originals have equal paraphrases; which form is used follows from the place in the original.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """said: predicates after "it", in the original; reworded and opening: the paraphrase; needs: see products.FITS."""

    said: tuple
    reworded: str
    opening: str
    needs: str = ""
    group: str = ""  # of one group only one fact stands in a description


FACTS = {
    "material": Fact(
        ("is made of {material}", "consists of {material}"),
        "has been crafted from {material}",
        "Crafted from {material}",
        "material",
    ),
    "weight": Fact(
        ("weighs {grams} grams", "has a weight of {grams} grams"),
        "tips the scales at {grams} grams",
        "Weighing in at {grams} grams",
        "portable",
        "weight",
    ),
    "price": Fact(
        ("costs {price}", "is yours for {price}"),
        "can be bought at a price of {price}",
        "Priced at {price}",
        "",
        "price",
    ),
    "reduced": Fact(
        ("has been reduced from {price_high} to {price_low}", "now costs {price_low} instead of {price_high}"),
        "has come down in price from {price_high} to only {price_low}",
        "Down to {price_low} from an earlier {price_high}",
        "",
        "price",
    ),
    "capacity": Fact(
        ("holds {millilitres} millilitres", "has a capacity of {millilitres} millilitres"),
        "offers room for {millilitres} millilitres",
        "With space for {millilitres} millilitres",
        "vessel",
        "measure",
    ),
    "height": Fact(
        ("is {centimetres} centimetres high", "has a height of {centimetres} centimetres"),
        "measures {centimetres} centimetres from top to bottom",
        "Standing {centimetres} centimetres tall",
        "upright",
        "measure",
    ),
    "width": Fact(
        ("is {centimetres} centimetres wide", "has a width of {centimetres} centimetres"),
        "measures {centimetres} centimetres across",
        "Spanning {centimetres} centimetres from side to side",
        "wide",
        "measure",
    ),
    "length": Fact(
        ("is {metres} centimetres long", "has a length of {metres} centimetres"),
        "measures {metres} centimetres from end to end",
        "Stretching over {metres} centimetres",
        "long",
        "measure",
    ),
    "designer": Fact(
        ("was designed by {name}", "is a design by {name}"),
        "owes its shape to {name}",
        "Dreamt up by {name}",
        "",
        "person",
    ),
    "tester": Fact(
        ("was tested by {name}", "has been tried out by {name}"),
        "stood the test of {name}",
        "Put to the test by {name}",
        "",
        "person",
    ),
    "range": Fact(
        ("belongs to the {first} range", "comes from our {first} range"),
        "is part of the {first} collection",
        "As a member of the {first} collection",
    ),
    "maker": Fact(
        ("is made by hand in {city}", "is handmade in {city}"),
        "is the handiwork of craftspeople from {city}",
        "Handmade by craftspeople from {city}",
        "",
        "maker",
    ),
    "firm": Fact(
        ("is produced by {firm} of {city}", "is made by {firm} in {city}"),
        "hails from the {city} factory of {firm}",
        "Manufactured in the {city} factory of {firm}",
        "",
        "maker",
    ),
    "colours": Fact(
        ("is available in {colour2} and {colour3}", "comes in {colour2} and {colour3}"),
        "can be ordered in {colour3} or {colour2}",
        "Offered in {colour3} or {colour2}",
        "coloured",
    ),
    "part": Fact(
        ("comes with {a_part}", "is delivered with {a_part}"),
        "includes {a_part}",
        "Complete with its {part}",
        "parts",
        "part",
    ),
    "spare": Fact(
        ("has a {part} that can be replaced", "is sold with a replaceable {part}"),
        "lets you change the {part} whenever you like",
        "With a {part} made for easy changing",
        "parts",
        "part",
    ),
    "guarantee": Fact(
        ("is guaranteed for {months} months", "comes with a guarantee of {months} months"),
        "has {months} months of warranty",
        "Covered by {months} months of warranty",
        "hard",
        "guarantee",
    ),
    "sale": Fact(
        ("is available from {date}", "will be in the shop from {date}"),
        "can be had as of {date}",
        "On sale as of {date}",
        "",
        "date",
    ),
    "until": Fact(
        ("can be ordered until {date}", "will be on sale until {date}"),
        "stays in the programme up to {date}",
        "For sale no later than {date}",
        "",
        "date",
    ),
    "page": Fact(
        ("is shown on page {page}", "can be seen on page {page} of the catalogue"),
        "has its picture on catalogue page {page}",
        "Pictured on catalogue page {page}",
    ),
    "present": Fact(
        ("is a good present for {relative}", "is an ideal present for {relative}"),
        "makes a welcome gift for {relative}",
        "A welcome gift for {relative}",
    ),
    "clean": Fact(
        ("is easy to clean", "can be cleaned easily"),
        "needs little effort to stay clean",
        "Simple to keep clean",
        "household",
    ),
    "sold": Fact(
        ("has been sold {sold} times", "was bought {sold} times"),
        "has found a buyer {sold} times",
        "With {sold} sales to date",
    ),
    "season": Fact(
        ("was launched in {month}", "came out in {month}"),
        "has been with us since {month}",
        "In the shop since {month}",
        "",
        "date",
    ),
}

# The original, and the paraphrase that belongs to it. {thing} is a described product; {thing2} says the same in other
# words; x, y, z are the facts; {X}, {Y}, {Z} their openings.
FRAMES = {
    "and": ("This {thing} {x} and {y}.", "{Y2}, the {thing2} {x2}.", 2),
    "it": ("This {thing} {x}. It {y}.", "Meet our {thing2}, which {y2} and {x2}.", 2),
    "our": ("Our {thing} {x}. In addition, it {y}.", "{X2}, this is {a_thing2} that {y2}.", 2),
    "offer": ("We offer you {a_thing}. It {x} and {y}.", "Here you will find {a_thing2}: it {y2} and {x2}.", 2),
    "if": (
        "If you need {a_thing}, choose this one. It {x} and {y}.",
        "Anyone looking for {a_thing2} is well served here, because it {y2} and {x2}.",
        2,
    ),
    "like": ("You will like this {thing}, because it {x}.", "{X2}, the {thing2} is sure to please.", 1),
    "new": ("New from {shop}: {a_thing} that {x} and {y}.", "{shop} now also sells {a_thing2}. {Y2}, it {x2}.", 2),
    "three": ("The {thing} {x}, {y} and {z}.", "{Z2}, our {thing2} {x2}. What is more, it {y2}.", 3),
    "three_it": ("The {thing} {x} and {y}. It {z}.", "{X2}, our {thing2} {z2}. On top of that, it {y2}.", 3),
    "which": ("The {thing}, which {x}, {y}.", "{X2}, the {thing2} {y2}.", 2),
    "besides": ("The {thing} {x}. Besides, it {y}.", "{Y2}, this {thing2} {x2}.", 2),
    "popular": (
        "The {thing} is very popular. It {x} and {y}.",
        "Many customers love the {thing2}: it {y2} and {x2}.",
        2,
    ),
}
ARTICLE = ("{text} Article number {article}.", "Article {article}: {text}")

# Adjectives: original, paraphrase, and what they suit (see products.FITS).
ADJECTIVES = {
    "sturdy": ("robust", "hard"),
    "practical": ("handy", ""),
    "beautiful": ("lovely", ""),
    "elegant": ("stylish", ""),
    "simple": ("plain", ""),
    "light": ("lightweight", "carried"),
    "soft": ("fluffy", "soft"),
    "warm": ("cosy", "warm"),
    "old-fashioned": ("nostalgic", ""),
    "modern": ("contemporary", ""),
    "cheerful": ("bright", ""),
    "reliable": ("trusty", "hard"),
    "durable": ("long-lasting", ""),
    "high-quality": ("first-class", ""),
    "charming": ("delightful", ""),
}
RELATIVES = ("mothers", "fathers", "sisters", "brothers", "aunts", "uncles", "grandparents", "neighbours", "friends")

MATERIALS = {
    "ceramic": ("stoneware", "porcelain", "earthenware", "glazed clay"),
    "wood": ("oak", "beech", "walnut", "ash wood", "bamboo", "cherry wood", "pine"),
    "metal": ("stainless steel", "aluminium", "enamelled steel", "cast iron", "painted iron"),
    "cloth": ("cotton", "linen", "organic cotton", "a cotton blend"),
    "wool": ("wool", "lambswool", "merino wool", "a wool blend"),
    "leather": ("leather", "waxed canvas", "recycled felt", "cork leather"),
    "glass": ("glass", "recycled glass", "hand-blown glass"),
    "plastic": ("recycled plastic", "nylon", "plant-based plastic"),
}
MADE_OF = {
    "ceramic": "teapot, casserole dish, salad bowl, mixing bowl, fruit bowl, butter dish, mug, egg cup, dinner plate, "
    "soup bowl, plant pot, flower vase, feeding bowl, soap dispenser, cake stand, bird bath",
    "wood": "bread bin, cutting board, knife block, rolling pin, spice rack, cheese board, wine rack, garden bench, "
    "garden table, folding chair, bookshelf, shoe rack, coat rack, side table, step stool, chest of drawers, "
    "bird house, bird feeder, sewing box, easel, chess set, doll's house, toy crane, rocking horse, music box, "
    "picture frame, deck chair",
    "metal": "kettle, frying pan, saucepan, cake tin, corkscrew, lunch box, thermos flask, watering can, fire bowl, "
    "garden lantern, candle holder, letter box, tool box, bicycle bell, pocket knife, wheelbarrow, floor lamp, spade",
    "cloth": "apron, tea towel, tablecloth, cushion, bed sheet, bath towel, bathrobe, curtain, oven glove, "
    "picnic blanket, nightgown, dressing gown, hammock, quilt",
    "wool": "cardigan, pullover, waistcoat, beanie, rug",
    "leather": "shoulder bag, toiletry bag, notebook, photo album, bicycle bag, dog lead",
    "glass": "water jug, cake stand",
    "plastic": "laundry basket, cool box, kite, raincoat, drinking bottle, backpack, suitcase",
}
VESSELS = (
    "teapot, kettle, mug, water jug, mixing bowl, salad bowl, soup bowl, thermos flask, drinking bottle, saucepan, "
)
VESSELS += "watering can, soap dispenser, feeding bowl, blender, coffee machine, plant pot, casserole dish, flower vase"
UPRIGHT = "bird house, bird bath, garden bench, garden table, folding chair, garden lantern, desk lamp, floor lamp, "
UPRIGHT += "bedside lamp, candle holder, wall mirror, coat rack, side table, step stool, desk chair, chest of drawers, "
UPRIGHT += "laundry basket, globe, doll's house, rocking horse, scratching post, bookshelf, shoe rack, suitcase, easel"
WIDE = "cutting board, cheese board, bread bin, spice rack, wine rack, knife block, window box, fire bowl, dog bed, "
WIDE += "cat basket, picture frame, wall mirror, tool box, sewing box, frying pan, cake stand, garden bench, bookshelf"
LONG = "rug, doormat, tablecloth, curtain, bath towel, wool blanket, picnic blanket, hammock, garden hose, dog lead, "
LONG += "wool scarf, string of lights, ironing board, sleeping bag, bed sheet"
WARM = (
    "wool blanket, quilt, cardigan, pullover, fleece jacket, wool scarf, beanie, bathrobe, dressing gown, sleeping bag"
)
SOFT = WARM + ", cushion, pillow, bath towel, teddy bear, dog bed, rug, bath mat"
CARRIED = "backpack, shoulder bag, suitcase, umbrella, raincoat, tent, camping chair, sleeping bag, picnic blanket, "
CARRIED += "toiletry bag, bicycle helmet, hammock, drinking bottle, lunch box, fleece jacket, scooter, folding chair"
