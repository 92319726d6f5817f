# SPDX-License-Identifier: Apache-2.0
"""Try several wordings on people: a sheet with each text and its variants, then which one they liked better.

    python scripts/compare_variants.py --run outputs/paraphrase_bart --sheet variants.csv
    python scripts/compare_variants.py --run outputs/paraphrase_bart --predictions out.jsonl --sheet variants.csv
    python scripts/compare_variants.py --counts variants.csv

The sheet has one row per wording: id, variant ("original", then "A", "B", ...), text, shown, engaged. Show the wordings
at random, fill in how often each was shown and how often people clicked, bought or answered, and have it counted.
"""

import argparse
import csv
import math
import string
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from recipes import disk
from recipes.common import UserError, running
from recipes.files import read_file

COLUMNS = ("id", "variant", "text", "shown", "engaged")
CONTROL = "original"
SURE = 0.05  # of differences that are none, this share is called one


def parse(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="the output folder of a run whose rows have variants")
    parser.add_argument("--predictions", type=Path, help="what predict wrote with it; default: the run's own")
    parser.add_argument("--sheet", type=Path, help="a new CSV file to fill in")
    parser.add_argument("--counts", type=Path, help="the sheet, filled in")
    settings = parser.parse_args(argv)
    if bool(settings.counts) == bool(settings.run and settings.sheet):
        parser.error("give --run and --sheet to make a sheet, or --counts to have one counted")
    return settings


def sheet(rows, prefix=""):
    """A row of COLUMNS for the original and for each different variant of each prediction, not yet counted."""
    lines = []
    for row in rows:
        original = row["source"].removeprefix(prefix)
        different = [text for text in dict.fromkeys(row["variants"]) if text.strip() not in ("", original.strip())]
        named = [(CONTROL, original), *zip(string.ascii_uppercase, different, strict=False)]
        lines += [(row["id"], name, text, "", "") for name, text in named]
    return lines


def write_sheet(run, predictions, path):
    record = disk.read_json(run / "run.json")
    if not record:
        raise UserError(f"--run {run}: no run.json in it, so it is not the folder of a run")
    if path.exists():
        raise UserError(f"--sheet {path}: exists; name a new file")
    rows = read_file(predictions or run / "predictions.jsonl")
    lacking = next((row for row in rows if not row.get("variants")), None)
    if lacking is not None:
        raise UserError(
            f"{lacking.file} line {lacking.line}: no variants; the run needs --num_return_sequences 2 or more"
        )
    lines = sheet(rows, record["source"].partition("{")[0])
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *lines])
    print(f"wrote     {path}: {len(rows):,} texts, {len(lines) - len(rows):,} variants")


def read_counts(path):
    """{id: {variant: (engaged, shown)}} of a filled sheet, without wordings that were never shown."""
    counts, problems = {}, []
    for row in read_file(path):
        numbers = [str(row.get(name, "")).strip() for name in ("engaged", "shown")]
        if not all(number.isdecimal() for number in numbers) or int(numbers[0]) > int(numbers[1]):
            if numbers != ["", ""]:
                said = f"engaged {numbers[0]!r} of shown {numbers[1]!r}"
                problems.append(f"{path} line {row.line}: {said}; needed: whole numbers, engaged at most shown")
        elif int(numbers[1]):
            variants = counts.setdefault(row.get("id"), {})
            if row.get("variant") in variants:
                problems.append(
                    f"{path} line {row.line}: id {row['id']!r}, variant {row['variant']!r} stands there twice"
                )
            variants[row.get("variant")] = tuple(map(int, numbers))
    if problems:
        raise UserError(*problems)
    return counts


def wilson(engaged, shown, z=1.959964):
    """The 95 % interval (low, high) of a share.

    Source:
        Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    share, scale = engaged / shown, 1 + z * z / shown
    middle = share + z * z / (2 * shown)
    spread = z * math.sqrt(share * (1 - share) / shown + z * z / (4 * shown * shown))
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def p_value(one, two):
    """How likely shares at least as far apart are if both wordings do equally well (two-sided z test, pooled)."""
    pooled = (one[0] + two[0]) / (one[1] + two[1])
    spread = math.sqrt(pooled * (1 - pooled) * (1 / one[1] + 1 / two[1]))
    return math.erfc(abs(one[0] / one[1] - two[0] / two[1]) / spread / math.sqrt(2)) if spread else 1.0


def compare(counts):
    """[(id, variant, engaged, shown, p)], p against the original, times the number of such comparisons (Bonferroni).

    The more wordings are tried, the more look better by luck alone. p is None without an original to compare with.
    """
    pairs = sum(len(variants) - 1 for variants in counts.values() if CONTROL in variants)
    rows = []
    for name, variants in counts.items():
        control = variants.get(CONTROL)
        for variant, (engaged, shown) in variants.items():
            tested = control and variant != CONTROL
            p = min(1.0, pairs * p_value((engaged, shown), control)) if tested else None
            rows.append((name, variant, engaged, shown, p))
    return rows


def verdict(row, control):
    """What a person may conclude of a line."""
    _, variant, engaged, shown, p = row
    if p is None:
        return "" if variant == CONTROL else "no original to compare with"
    if p >= SURE:
        return f"p {p:.3f}  not told apart"
    better = engaged * control[1] > control[0] * shown
    return f"p {p:.3f}  {'better' if better else 'worse'} than the original"


def main(argv=None):
    settings = parse(argv)
    if not settings.counts:
        return write_sheet(settings.run, settings.predictions, settings.sheet)
    counts = read_counts(settings.counts)
    if not counts:
        raise UserError(f"--counts {settings.counts}: nothing was shown yet; fill in the columns shown and engaged")
    print(f"{'id':<14}{'variant':<10}{'engaged':>16}{'share, 95 %':>26}")
    for row in compare(counts):
        name, variant, engaged, shown, _ = row
        low, high = wilson(engaged, shown)
        share = f"{100 * engaged / shown:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
        said = verdict(row, counts[name].get(CONTROL))
        print(f"{name:<14}{variant:<10}{f'{engaged:,} of {shown:,}':>16}{share:>26}  {said}".rstrip())


if __name__ == "__main__":
    sys.exit(running.command_line(main))
