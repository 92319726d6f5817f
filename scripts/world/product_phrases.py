# SPDX-License-Identifier: Apache-2.0
"""How a catalogue describes a product, and how the same is said in other words: phrases/product_phrases.yaml."""

from dataclasses import dataclass

from world.phrasebook import load, rows

_READ = load("product_phrases")
ARTICLE = _READ["ARTICLE"]
ADJECTIVES = _READ["ADJECTIVES"]
RELATIVES = _READ["RELATIVES"]
MATERIALS = _READ["MATERIALS"]
MADE_OF = _READ["MADE_OF"]
LISTS = _READ["LISTS"]


@dataclass(frozen=True)
class Fact:
    """said: predicates after "it", in the original; reworded and opening: the paraphrase; needs: see products.FITS."""

    said: tuple
    reworded: str
    opening: str
    needs: str = ""
    group: str = ""  # of one group only one fact stands in a description


FACTS = {key: Fact(**fields) for key, fields in _READ["FACTS"].items()}
FRAMES = rows(_READ["FRAMES"])  # (original, paraphrase, number of facts)
