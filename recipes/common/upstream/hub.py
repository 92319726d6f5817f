# SPDX-License-Identifier: Apache-2.0
"""What the library `datasets` has no public means for; read in version 5.2.0."""

from pathlib import Path

import datasets

# CSV is read with pandas there: "N/A" and "null" become missing, 007 becomes 7. These two settings of pandas.read_csv
# keep the text (1,000: more columns than any table has).
TEXT = {"na_filter": False, "converters": dict.fromkeys(range(1000), str)}


def load_as_text(name: str, config: str | None, revision: str | None, from_cache: bool) -> datasets.DatasetDict:
    """`datasets.load_dataset`, with the cells of CSV files as the text that they are.

    Args:
        from_cache: take what is in the library's cache, and do not try the Hub. That would take 23 seconds where it is
            out of reach, and DownloadConfig.local_files_only has no effect; this switch is read by all threads.
    """
    before = datasets.config.HF_HUB_OFFLINE
    datasets.config.HF_HUB_OFFLINE = before or from_cache
    try:
        return datasets.load_dataset(name, config, revision=revision, **TEXT)
    except ValueError:  # only the builder for CSV knows these settings; the files of all others have types
        return datasets.load_dataset(name, config, revision=revision)
    finally:
        datasets.config.HF_HUB_OFFLINE = before


def fingerprint(data: datasets.Dataset) -> str:
    """The library's hash of a data set and of all that was done to it."""
    return data._fingerprint


def commit(data: datasets.Dataset) -> str | None:
    """The commit on the Hub, or a hash of the local files: the library names the folder in its cache after it."""
    return Path(data.cache_files[0]["filename"]).parent.name if data.cache_files else None
