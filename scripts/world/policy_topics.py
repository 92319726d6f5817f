# SPDX-License-Identifier: Apache-2.0
"""What a policy or a manual can state, and what can be asked about it: phrases/policy_topics.yaml."""

from world.phrasebook import load

_READ = load("policy_topics")
POLICY = _READ["POLICY"]
MANUAL = _READ["MANUAL"]
ENCLOSURES = _READ["ENCLOSURES"]
PAYERS = _READ["PAYERS"]
AGENTS = _READ["AGENTS"]
TOOLS = _READ["TOOLS"]
TOOL_TOPICS = _READ["TOOL_TOPICS"]
INTERVALS = _READ["INTERVALS"]
LONG_INTERVALS = _READ["LONG_INTERVALS"]
SELDOM = _READ["SELDOM"]
PLACES = _READ["PLACES"]
MEANS_OF_PAYMENT = _READ["MEANS_OF_PAYMENT"]
OPENINGS = _READ["OPENINGS"]
FILLERS = _READ["FILLERS"]

# kind: (questions, topics as tuples (section, ask, statements))
KINDS = {
    kind: (told["questions"], tuple((*topic.split(" // "), statements) for topic, statements in told["topics"].items()))
    for kind, told in _READ["KINDS"].items()
}
