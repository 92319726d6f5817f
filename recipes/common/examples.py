# SPDX-License-Identifier: Apache-2.0
"""From a recipe's settings to checked examples."""

from recipes.common.data import load_examples


def load(settings, fields, seed, **options):
    """`load_examples` with files, columns and limits from a recipe's settings.

    Args:
        settings: an arguments.RecipeSettings; the flags that `fields` names are its attributes.
        fields: template field -> (flag, known column names).
        options: as for load_examples.
    Returns:
        (splits, found): examples by split, and the record of what was read, used and left out.
    """
    where = ("train_file", "validation_file", "test_file", "dataset_name", "dataset_config_name", "dataset_revision")
    chosen = {field: getattr(settings, flag) for field, (flag, _) in fields.items()}
    splits, columns, counts = load_examples(
        fields, chosen, settings.on_bad_row, seed=seed, **{name: getattr(settings, name) for name in where}, **options
    )
    limits = {"train": "max_train_samples", "validation": "max_eval_samples", "test": "max_predict_samples"}
    for split, rows in splits.items():
        limit = getattr(settings, limits[split])
        if limit and limit < len(rows):
            splits.notes.append(f"{split}: the first {limit} of {len(rows)} rows (--{limits[split]})")
            splits[split] = rows[:limit]
    return splits, {"columns": columns, "rows": counts, "sources": splits.sources, "notes": splits.notes}
