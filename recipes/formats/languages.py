# SPDX-License-Identifier: Apache-2.0
"""Languages: what they are called, and which codes a checkpoint has for them."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from torch import nn
from transformers import PreTrainedTokenizerBase

from recipes.common import UserError, listed, models
from recipes.files.rows import Row

MEAN = "mean"  # of the rows of all languages


def _read() -> dict[str, tuple[str, list[str]]]:
    """{name or code: (English name, codes)}."""
    told = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    known: dict[str, tuple[str, list[str]]] = {}
    for names, codes in told.items():
        name, *others = names.split(" / ")
        for one in (name, *others, *codes.split()):
            known.setdefault(_plain(one), (name, codes.split()))
    return known


def _plain(name: str) -> str:
    """`name` in the spelling of languages.yaml: M2M100 and PLBart put marks around their codes."""
    return name.strip("_").replace("-", "_").lower()


KNOWN = _read()


def _entry(name: str) -> tuple[str, list[str]] | None:
    """(English name, codes) of a name, a code, or a code with a country; None for a language that is not known."""
    plain = _plain(name)
    return KNOWN.get(plain) or (KNOWN.get(plain.partition("_")[0]) if "_" in plain else None)


def english_name(name: str) -> str:
    """What a language is called in a prompt: "German" for de, deu_Latn, de_DE; an unknown name stays as it is."""
    entry = _entry(name)
    return entry[0] if entry else name


def language_names(name: str) -> tuple[str, ...]:
    """What a column or a file of a language may be called: as given, by its codes, by its English name."""
    english, codes = _entry(name) or (name, [])
    return tuple(dict.fromkeys((name, *codes, english, english.lower())))


def same(one: str, other: str) -> bool:
    """Whether two names mean one language in one script; zho_Hans and zho_Hant are two."""
    return _plain(one) == _plain(other) or english_name(one) == english_name(other)


def code_for(name: str, codes: Iterable[str]) -> str | None:
    """The one of a checkpoint's `codes` that means the language `name`; None if it has none."""
    wanted = [_plain(name), *map(_plain, (_entry(name) or ("", []))[1])]
    plain = {_plain(code): code for code in codes}
    whole = [plain[one] for one in wanted if one in plain]
    first = {one.partition("_")[0] for one in wanted}
    parts = [code for one, code in plain.items() if one.partition("_")[0] in first]
    return next(iter([*whole, *parts]), None)


# ---------------------------------------------------------------- a checkpoint's languages


def codes_of(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """What its `src_lang` may be; none for a tokenizer that has no languages, such as T5's and Marian's."""
    if not hasattr(tokenizer, "src_lang"):
        return []
    roles = {getattr(tokenizer, name) for name in tokenizer.SPECIAL_TOKENS_ATTRIBUTES if name.endswith("_token")}
    extra = [str(token) for token in tokenizer.all_special_tokens if token not in roles]
    known = getattr(tokenizer, "lang_code_to_token", None)  # M2M100 writes them without their marks
    return list(known) if known else extra


def choose(settings: Any, model: nn.Module, tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """Have the tokenizer write and the model speak the languages of `settings`; a note on what was chosen.

    Of a checkpoint that has codes for languages: sources and labels get theirs, the decoder or its first word is that
    of the target (see models.agree), and all of it is saved. Of others nothing is changed: the source's text names the
    languages, or the checkpoint is made for one pair.

    Raises:
        UserError: the checkpoint has no code for a language, and --init_lang_from does not say what it begins as.
    """
    codes = codes_of(tokenizer)
    if not codes:
        if settings.init_lang_from:
            raise UserError("--init_lang_from: this checkpoint has no codes of languages; leave it out")
        return []
    chosen = {}
    for flag, attribute in (("source_lang", "src_lang"), ("target_lang", "tgt_lang")):
        name = getattr(settings, flag)
        code = code_for(name, codes)
        if code is None:
            code = _add(name, flag, settings, codes, model, tokenizer)
        chosen[attribute] = code
        setattr(tokenizer, attribute, code)
        tokenizer.init_kwargs[attribute] = code  # what is saved
    models.agree(model, tokenizer)
    new = [code for code in chosen.values() if code not in codes]
    if new:
        _refuse_forgetful(tokenizer)
    added = f"; new: {new[0]}, which begins as {settings.init_lang_from}" if new else ""
    return [f"languages {chosen['src_lang']} to {chosen['tgt_lang']}, in what is read, learned and generated{added}"]


def prompt(settings: Any, tokenizer: PreTrainedTokenizerBase) -> str | None:
    """What replaces the source's first words: --source_prefix; nothing for a model that has codes, else None."""
    return "" if settings.source_prefix is None and hasattr(tokenizer, "src_lang") else settings.source_prefix


def _add(
    name: str, flag: str, settings: Any, codes: list[str], model: nn.Module, tokenizer: PreTrainedTokenizerBase
) -> str:
    """Add the code `name`; its rows in input and output begin as another's, or as the mean of all languages'."""
    like = settings.init_lang_from
    if not like:
        how = f"to add it, --init_lang_from with one of them, or with '{MEAN}'"
        raise UserError(f"--{flag} {name}: this checkpoint has no such language; it has {listed(codes)}; {how}")
    origin = codes if like == MEAN else [code_for(like, codes)]
    if origin == [None]:
        raise UserError(f"--init_lang_from {like}: none of the checkpoint's languages, {listed(codes)}, nor '{MEAN}'")
    if not tokenizer.is_fast:
        raise UserError(
            f"--{flag} {name}: the languages of a {type(tokenizer).__name__} are fixed; NLLB takes new ones"
        )
    like_rows = tokenizer.convert_tokens_to_ids(origin)
    models.add_tokens({"extra_special_tokens": [*codes, name]}, [], tokenizer, model, like=like_rows)
    return name


def _refuse_forgetful(tokenizer: PreTrainedTokenizerBase) -> None:
    """Refuse a new language that the tokenizer would not know any more once it is saved, as mBART-50's sources."""
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        try:
            type(tokenizer).from_pretrained(folder)
        except KeyError as error:
            kind = type(tokenizer).__name__
            raise UserError(f"a {kind} with the new language {error} cannot be loaded again; NLLB takes any") from None


# ---------------------------------------------------------------- languages and columns


def problems(settings: Any) -> list[str]:
    """What contradicts itself: one language on both sides, or a column whose name is that of another language."""
    found = []
    if same(settings.source_lang, settings.target_lang):
        found.append(f"--target_lang {settings.target_lang}: is the language of the source; name another one")
    for side in ("source", "target"):
        column, language = getattr(settings, f"{side}_column", None), getattr(settings, f"{side}_lang")
        if column and _entry(column) and not same(column, language):
            told = f"is {english_name(column)}, and --{side}_lang is {english_name(language)}"
            found.append(f"--{side}_column {column}: {told}; add --{side}_lang {column}")
    return found


def checked(row: Row, settings: Any, columns: dict[str, tuple[str, tuple[str, ...]]]) -> Row:
    """`row`, unless a column is missing and another language's is there: then the advice is to name that language.

    Raises:
        UserError: without it, a file with en and fr would be trained as "English to German".
    """
    sides = {"source": settings.source_lang, "target": settings.target_lang}
    for (side, language), (flag, known) in zip(sides.items(), columns.values(), strict=True):
        if getattr(settings, flag) or {*language_names(language), *known} & row.keys():
            continue
        others = [name for name in row if name not in ("id", "no") and _entry(name)]
        others = [name for name in others if not any(same(name, one) for one in sides.values())]
        if others:
            there = " or ".join(f"--{side}_lang {name}" for name in others[:3])
            raise UserError(f"{row.file}: no column of {english_name(language)}, but {listed(others)}: add {there}")
    return row
