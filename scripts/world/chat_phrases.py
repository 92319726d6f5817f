# SPDX-License-Identifier: Apache-2.0
"""What customers and the support agent say in a chat: phrases/chat_phrases.yaml."""

from dataclasses import dataclass

from world.phrasebook import load, rows

_READ = load("chat_phrases")
REGISTERS = _READ["REGISTERS"]
TELLS = _READ["TELLS"]
REASONS = _READ["REASONS"]
WHYS = _READ["WHYS"]
MOVES = _READ["MOVES"]
TROUBLES = _READ["TROUBLES"]
FAULTS = _READ["FAULTS"]
SPOTS = _READ["SPOTS"]
PAYS = _READ["PAYS"]
CODED = _READ["CODED"]
NOT_OF = _READ["NOT_OF"]
HEARD = _READ["HEARD"]
HELLOS = _READ["HELLOS"]
NAMES = _READ["NAMES"]
ANSWERS = _READ["ANSWERS"]
ASIDES = _READ["ASIDES"]
MATTERS = _READ["MATTERS"]
THANKS = _READ["THANKS"]
NOTED = _READ["NOTED"]
FIELDS = _READ["FIELDS"]
FORM_INTROS = _READ["FORM_INTROS"]
SYSTEMS = _READ["SYSTEMS"]


@dataclass(frozen=True)
class Intent:
    """What a customer wants.

    needs: the facts that the agent asks for, in this order. wants: the customer's words with and without the product.
    sorry: the agent's first words with and without it. done: what the agent does when all is known. bye: farewell.
    All but wants are pairs (formal, casual); an entry of wants may hold [alternatives].
    """

    needs: tuple
    wants: tuple
    sorry: tuple
    done: tuple
    bye: tuple


def _with_and_without(told):
    """What is said with and without the product, which may be the same."""
    return tuple(told.values()) if isinstance(told, dict) else (told, told)


def _of_intents(entries):
    """The keys as (intent, fact)."""
    return {tuple(key.split()): value for key, value in entries.items()}


INTENTS = {
    key: Intent(**fields | {part: _with_and_without(fields[part]) for part in ("wants", "sorry")})
    for key, fields in _READ["INTENTS"].items()
}
ASKS = {fact: _with_and_without(told) for fact, told in _READ["ASKS"].items()}
ASKS_OF = {key: _with_and_without(told) for key, told in _of_intents(_READ["ASKS_OF"]).items()}
TELLS_OF, HEARD_OF = _of_intents(_READ["TELLS_OF"]), _of_intents(_READ["HEARD_OF"])
FOLLOWUPS = rows(_READ["FOLLOWUPS"])  # (their words, facts that it needs, (formal, casual) reply)
