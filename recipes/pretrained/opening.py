# SPDX-License-Identifier: Apache-2.0
"""A checkpoint is opened, from a folder, the Hub or its cache; what is wrong with it is one helpful sentence."""

import contextlib
from pathlib import Path
from typing import Any

import transformers
from huggingface_hub import constants, get_session, try_to_load_from_cache
from transformers import PreTrainedTokenizerBase

from recipes.wording import UserError


def check_folder(name: str) -> None:
    path, fault = Path(name), None
    looks_local = path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1
    if name and path.is_dir() and not (path / "config.json").is_file():
        fault = "the folder has no config.json, so it is no checkpoint"
    elif (path / "adapter_config.json").is_file():
        fault = "the folder holds an adapter, too: the library would load it, and freeze the model"
        fault += "; move adapter_config.json away, or merge it first"
    elif not name or path.is_file() or (looks_local and not path.exists()):
        fault = "no such folder; name a checkpoint folder or a Hub model"
    if fault:
        raise UserError(f"--model_name_or_path {name}: {fault}")


def from_hub(auto_class: Any, settings: Any, flag: str = "--model_name_or_path", **options: Any) -> Any:
    """`auto_class.from_pretrained` of what `flag` names, with the library's errors turned into one helpful sentence."""
    name = getattr(settings, flag.removeprefix("--"))
    options["revision"] = settings.model_revision if flag == "--model_name_or_path" else None
    options["trust_remote_code"] = settings.trust_remote_code
    # Without this the library asks an unreachable Hub six times, for 23 seconds, before it looks into its cache.
    options["local_files_only"] = not Path(name).is_dir() and not hub_answers()
    try:
        return auto_class.from_pretrained(name, **options)
    except Exception as error:  # what a damaged file can lead to has no common type
        reason = " ".join(str(error).split())
        if not isinstance(error, (OSError, ValueError, ImportError, RuntimeError)):
            reason = f"its files cannot be read: {type(error).__name__}: {reason}"
        if options["local_files_only"]:
            reason = (
                "the Hugging Face Hub is out of reach and the model is not in the local cache. "
                "Offline, name a checkpoint folder, or give neither MODEL nor DATASET to use the bundled model and data"
            )
        raise UserError(f"{flag} {name}: {reason[:400]}") from error


def load_tokenizer(settings: Any) -> PreTrainedTokenizerBase:
    """The tokenizer of the checkpoint (or of --tokenizer_name), with a padding and an end token, or a UserError."""
    name = settings.tokenizer_name or settings.model_name_or_path
    flag = "--tokenizer_name" if settings.tokenizer_name else "--model_name_or_path"
    vocabularies = ("tokenizer*", "vocab*", "*.model", "*.spm", "*.tokenizer")
    if Path(name).is_dir() and not any(next(Path(name).glob(pattern), None) for pattern in vocabularies):
        # transformers 5 would make an empty one, to which every letter is unknown.
        raise UserError(f"{flag} {name}: the folder has no tokenizer; add its files, or name one with --tokenizer_name")
    tokenizer = from_hub(transformers.AutoTokenizer, settings, flag)
    if tokenizer.unk_token is not None and tokenizer.unk_token not in tokenizer.get_vocab():
        # The library would look for it for ever: what is not in the vocabulary is the unknown token.
        raise UserError(f"{flag} {name}: the unknown token {tokenizer.unk_token!r} is not in its vocabulary")
    for role, means in (("pad", "padding"), ("eos", "end")):
        if getattr(tokenizer, f"{role}_token_id") is None:
            found = _named_elsewhere(f"{role}_token_id", tokenizer, settings)
            if found is None:
                raise UserError(f"{flag} {name}: its tokenizer has no {means} token, and no configuration names one")
            setattr(tokenizer, f"{role}_token", found)
    if getattr(tokenizer, "tgt_lang", "") is None:
        tokenizer.tgt_lang = tokenizer.src_lang
    return tokenizer


def _named_elsewhere(role: str, tokenizer: PreTrainedTokenizerBase, settings: Any) -> str | None:
    """The token that the configuration, or that of generation, names for "pad_token_id" or "eos_token_id"."""
    for kind in (transformers.AutoConfig, transformers.GenerationConfig):
        with contextlib.suppress(UserError):  # not every folder has both files
            number: Any = getattr(from_hub(kind, settings), role, None)
            if number is not None:
                return tokenizer.convert_ids_to_tokens(number if isinstance(number, int) else number[0])
    return None


def hub_answers() -> bool:
    """Whether the Hub can be reached at all; never, where HF_HUB_OFFLINE is set."""
    try:
        get_session().head(constants.ENDPOINT, timeout=10)
    except Exception:  # the errors of whichever HTTP library is underneath: it has changed before
        return False
    return True


def model_commit(name: str, revision: str | None) -> str | None:
    """The commit of a model on the Hub: in the library's cache a folder is named after it."""
    found = try_to_load_from_cache(name, "config.json", revision=revision)
    return Path(found).parent.name if isinstance(found, str) else None
