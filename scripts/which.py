# SPDX-License-Identifier: Apache-2.0
"""Which recipe is mine? Three questions, and the command; docs/choosing.md has the whole table.

make which
"""

import sys

# Question -> [(answer, command, or the question that comes next)].
QUESTIONS = {
    "What shall come out of a row?": [
        ("a text", "Where does that text come from?"),
        ("a label of a text or of two, such as a topic or a mood", "make classify"),
        ("words of the text that have a name, such as product or place", "make tag"),
        ("nothing: the model shall get to know our texts", "What is it to be used for?"),
    ],
    "Where does that text come from?": [
        ("it says shortly what a longer one says", "make summarize"),
        ("it says the same, in other words or in another language", "In which language?"),
        ("it answers a question from a text", "Does the answer stand in the text, word for word?"),
        ("it is the next reply of a conversation", "make convo"),
        ("something else", "make text2text"),
    ],
    "What is it to be used for?": [
        ("a classifier or tagger will be trained from it", "make adapt"),
        ("it shall write on, as our texts do", "make continue"),
    ],
    "In which language?": [("the same", "make paraphrase"), ("another", "make translate")],
    "Does the answer stand in the text, word for word?": [("always", "make extract"), ("not always", "make qa")],
}


def main() -> int:
    question = next(iter(QUESTIONS))
    while question in QUESTIONS:
        answers = QUESTIONS[question]
        print(question, *(f"  {number}  {answer}" for number, (answer, _) in enumerate(answers, 1)), sep="\n")
        try:
            typed = input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            return 2
        if typed.isdecimal() and 1 <= int(typed) <= len(answers):
            question = answers[int(typed) - 1][1]
        else:
            print(f"type a number from 1 to {len(answers)}")
    print(f"\n{question}\n\nwith your own rows: {question} TRAIN=mine.csv; docs/choosing.md says which columns")
    return 0


if __name__ == "__main__":
    sys.exit(main())
