# SPDX-License-Identifier: Apache-2.0
"""What customers write: phrases/ticket_phrases.yaml, and what can be told from its words."""

from world.phrasebook import load, rows

_READ = load("ticket_phrases", sequence=list)
GREETINGS = _READ["GREETINGS"]
ASKS = _READ["ASKS"]
CLOSINGS = _READ["CLOSINGS"]
INTRODUCTIONS = _READ["INTRODUCTIONS"]
CHEERFUL = _READ["CHEERFUL"]
DIGRESSIONS = _READ["DIGRESSIONS"]
RESTATEMENTS = _READ["RESTATEMENTS"]
REPLIES = _READ["REPLIES"]
NOTES = _READ["NOTES"]

_ARRIVED = ("brought", "label", "slip", "photos")
_ANY = _READ["DISTRACTORS"]
DISTRACTORS = {
    "pending": [line for line in _ANY if not any(word in line for word in _ARRIVED)],
    "late": [line for line in _ANY if not any(word in line for word in _ARRIVED)],
    "ordered": [line for line in _ANY if "photos" not in line],
    "received": _ANY,
}

_LEAVES_YOU = ("just put", "pile", "on its way", "the other night", "A few days", "with you, I suppose")
SITUATIONS = _READ["SITUATIONS"] | {
    "late": {
        style: [line for line in lines if not any(words in line for words in _LEAVES_YOU)]
        for style, lines in _READ["SITUATIONS"]["pending"].items()
    }
}

# key: (summary, what the customer says); of a deadline: (summary, tails of the request, sentences of its own)
REASONS, CIRCUMSTANCES = rows(_READ["REASONS"]), rows(_READ["CIRCUMSTANCES"])
DEADLINES, WISHES = rows(_READ["DEADLINES"]), rows(_READ["WISHES"])
