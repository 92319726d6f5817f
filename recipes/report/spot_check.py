# SPDX-License-Identifier: Apache-2.0
"""A sheet for a person's judgement of some predictions."""

import csv
import io
import random


def spot_check(rows, questions, seed, size=20):
    """CSV text of `size` rows drawn with the seed, in their order, with an empty cell for each question and for a note.

    Args:
        rows: entries with id, source, reference (a text or several) and prediction.
        questions: titles of columns, each with its scale.
    """
    drawn = sorted(random.Random(seed).sample(range(len(rows)), min(size, len(rows))))
    text = io.StringIO()
    text.write("\ufeff")  # without it Excel takes the file for another encoding
    writer = csv.writer(text)
    writer.writerow(["id", "source", "reference", "prediction", *questions, "note"])
    for row in map(rows.__getitem__, drawn):
        references = [row["reference"]] if isinstance(row["reference"], str) else row["reference"]
        cells = [row["id"], row["source"], " | ".join(references), row["prediction"]]
        writer.writerow([*map(harmless, cells), *[""] * len(questions), ""])
    return text.getvalue()


def harmless(text):
    """Text that a spreadsheet shows instead of running it as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
