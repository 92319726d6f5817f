# SPDX-License-Identifier: Apache-2.0
"""Write the bundled data sets, byte for byte the same each time.

python scripts/make_data.py                           write data/<task>/{train,validation,test}.jsonl
python scripts/make_data.py --check                   compare data/ with a fresh build; exit 1 if a file differs
python scripts/make_data.py --text 20000 text.txt     write unlabelled paragraphs, one a line, for pre-training
python scripts/make_data.py --pairs 12000 pairs.jsonl     write texts with sentences that they entail, or do not
"""

import argparse
import hashlib
import itertools
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from world import corpus, entailment

DATA = Path(__file__).resolve().parent.parent / "data"
SEED = 17


def build(seed=SEED):
    """Return {"task/split.jsonl": the file's bytes} for every task, with the files that a task has beside them."""
    files = {}
    for task in corpus.DATA:
        for name, text in getattr(corpus.module_of(task), "extras", lambda seed: {})(seed).items():
            files[name] = text.encode("utf-8")
        for split, rows in corpus.module_of(task).rows(seed).items():
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            files[f"{task}/{split}.jsonl"] = lines.encode("utf-8")
    return files


def checksums(files):
    """Return the text of checksums.txt, as sha256sum writes it."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))


def differences(files, folder):
    """Name what in the folder is not what was built, checksums.txt included."""
    expected = files | {"checksums.txt": checksums(files).encode("utf-8")}
    for name, content in sorted(expected.items()):
        path = folder / name
        if not path.is_file():
            yield f"{path}: missing"
        elif path.read_bytes() != content:
            found, wanted = (hashlib.sha256(data).hexdigest()[:12] for data in (path.read_bytes(), content))
            yield f"{path}: sha256 {found}…, the generator makes {wanted}…"


def write(files, folder):
    for name, content in sorted(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(f"{path}: {len(content.splitlines()):,} {'rows' if name.endswith('.jsonl') else 'lines'}")
    (folder / "checksums.txt").write_text(checksums(files), encoding="utf-8", newline="\n")


def write_text(seed, count, path):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        paragraphs = itertools.islice(corpus.paragraphs(random.Random(seed)), count)
        file.writelines(paragraph.replace("\n", " ") + "\n" for paragraph in paragraphs)
    print(f"{path}: {count:,} paragraphs")


def write_pairs(seed, count, path):
    pairs = itertools.islice(entailment.pairs(random.Random(seed)), count)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs)
    print(f"{path}: {count:,} pairs")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", type=Path, default=DATA, help="folder to write or compare (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="seed of every draw (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs")
    parser.add_argument("--text", nargs=2, metavar=("N", "FILE"), help="write N unlabelled paragraphs to FILE")
    parser.add_argument(
        "--pairs", nargs=2, metavar=("N", "FILE"), help="write N pairs for a model of entailment to FILE"
    )
    args = parser.parse_args()
    if args.pairs:
        return write_pairs(args.seed, int(args.pairs[0]), args.pairs[1])
    if args.text:
        return write_text(args.seed, int(args.text[0]), args.text[1])
    files = build(args.seed)
    if not args.check:
        return write(files, args.data_dir)
    if different := list(differences(files, args.data_dir)):
        sys.exit("\n".join(different))
    print(f"{len(files)} files in {args.data_dir} are what the generator makes")


if __name__ == "__main__":
    main()
