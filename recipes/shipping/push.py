# SPDX-License-Identifier: Apache-2.0
"""A finished run's model on the Hub: weights, adapter, tokenizer and card, and nothing else of the run's folder."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants
from huggingface_hub.errors import HFValidationError, LocalTokenNotFoundError, OfflineModeIsEnabled

from recipes import record as records
from recipes.common import UserError
from recipes.report.card import write_card

# The finished model is these files; checkpoints, logs, predictions, run.json and what else lies there stay here.
MODEL = ("config.json", "generation_config.json", "*.safetensors", "*.safetensors.index.json")
TOKENIZER = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab*", "merges.txt", "*.spm")
TOKENIZER += ("*.model", "*.jinja")
ADAPTER = ("adapter_config.json", "adapter_model.safetensors", "base.json")


def stage(run: Path, folder: Path, repository: str) -> list[str]:
    """Copy what is to be shown to others to `folder`, without paths of this machine; returns the names of the files."""
    for place, patterns in ((run, MODEL + TOKENIZER), (run / "adapter", ADAPTER)):
        target = folder / place.relative_to(run)
        for path in sorted({path for pattern in patterns for path in place.glob(pattern) if path.is_file()}):
            target.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".json":
                content = _without_paths(json.loads(path.read_text(encoding="utf-8")))
                (target / path.name).write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
            else:
                shutil.copyfile(path, target / path.name)
    write_card(run, folder, repository)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _without_paths(value: Any) -> Any:
    """JSON whose texts that are absolute paths are only the names at their ends."""
    if isinstance(value, dict):
        return {name: _without_paths(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_paths(one) for one in value]
    is_path = isinstance(value, str) and len(value) < 4096 and Path(value).is_absolute() and Path(value).exists()
    return Path(value).name or value if is_path else value


def push(run: Path, repository: str, private: bool = False) -> tuple[str, list[str]]:
    """Put the finished model up, in one commit, and return its address and its files.

    Raises:
        UserError: the run is not done, nobody is logged in, the Hub says no or cannot be reached; nothing is lost here.
    """
    found = records.find(run)
    if not found or found["status"] != "done" or "export" in found:
        raise UserError(f"--run {run}: not the folder of a run that is done")
    api = HfApi()
    with tempfile.TemporaryDirectory() as scratch:
        files = stage(run, Path(scratch), repository)
        about = f"{found['recipe']['name']}, trained with seed {found.get('seed')}"
        try:
            name = api.create_repo(repository, private=private, exist_ok=True).repo_id
            address = api.upload_folder(repo_id=name, folder_path=scratch, commit_message=about)
        except Exception as error:  # whatever it raises is about the name, the login or the network
            kept = f"the run is whole in {run}, and can be pushed again"
            raise UserError(f"{repository}: {_reason(error)}; {kept}") from None
    return str(address), files


def _reason(error: Exception) -> str:
    """Why the Hub did not take it, in a few words."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, LocalTokenNotFoundError) or status == 401:
        return "nobody is logged in; run 'hf auth login' first"
    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set, so nothing is sent; unset it"
    if status == 403:
        return "this login may not write there"
    if isinstance(error, HFValidationError):
        return "not a name of the Hub; such as mine/summaries"
    if status:
        return f"the Hub answers {status}: {str(error).splitlines()[-1][:200]}"
    return f"the Hub ({constants.ENDPOINT}) is out of reach"
