# SPDX-License-Identifier: Apache-2.0
"""What fits where: the memory of fine-tuning a model on one GPU or several, and the flags that make it fit.

    make plan MODEL=google/flan-t5-xl GPUS=4 MEMORY=24
    python scripts/plan.py --table          docs/scaling.md's table: every size in recipes/shapes.yaml

It needs neither weights nor network: a model of two layers tells what each further one takes. Where there is a GPU, its
own kernels are asked; without one the CPU's, which keep more.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

import torch
import yaml
from transformers import AutoConfig, PretrainedConfig

from recipes import planning
from recipes.common import UserError, console, did_you_mean, lora
from recipes.common.arguments import RecipeSettings
from recipes.pretrained.opening import hub_answers

SHAPES = yaml.safe_load((Path(planning.__file__).with_name("shapes.yaml")).read_text(encoding="utf-8"))
ADAPTER = RecipeSettings(lora_r=16, lora_targets="all-linear")
# What to turn on, in the order in which it costs the least; {gpus} is how many there are.
WAYS = {
    "": {},
    "--activation_checkpointing True": {"checkpointing": True},
    "--fsdp full_shard": {"sharded": "fsdp"},
    "--fsdp full_shard --activation_checkpointing True": {"sharded": "fsdp", "checkpointing": True},
    "--lora_r 16 --lora_targets all-linear": {"adapt": True},
    "--lora_r 16 --lora_targets all-linear --activation_checkpointing True": {"adapt": True, "checkpointing": True},
}


def config_of(name: str) -> PretrainedConfig:
    """The configuration of a known size, or of a local folder or the Hub.

    Raises:
        UserError: there is none of this name.
    """
    if name in SHAPES:
        return AutoConfig.for_model(**{"decoder_start_token_id": 0, **SHAPES[name]})
    try:
        return AutoConfig.from_pretrained(name, local_files_only=Path(name).is_dir() or not hub_answers())
    except (OSError, ValueError) as error:
        hint = did_you_mean([name], SHAPES)
        raise UserError(f"--model {name}: no folder, no known size and not on the Hub{hint}") from error


def estimate(config: PretrainedConfig, options: argparse.Namespace, adapt: bool = False, **more) -> planning.Memory:
    """The memory of each process; see planning.memory."""

    def adapted(model):
        own_head = config.model_type in ("mt5", "umt5") or getattr(config, "scale_decoder_outputs", None) is False
        if own_head:  # as mT5 and Flan have it; no config of transformers 5 says so
            model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
        return lora.wrap(model, ADAPTER, seed=0) if adapt else model

    lengths = options.batch, options.source, options.target
    return planning.memory_of_shape(
        config, *lengths, precision=options.precision, processes=options.gpus, adapt=adapted, **more
    )


def plan(options: argparse.Namespace) -> None:
    """Print a line for each way, and the first that fits."""
    config, fits = config_of(options.model), []
    where = f"on each of {options.gpus} GPUs" if options.gpus > 1 else "on one GPU"
    print(f"{options.model}: {options.batch} rows of {options.source} and {options.target} tokens {where}", flush=True)
    for flags, more in WAYS.items():
        if more.get("sharded") and options.gpus == 1:
            continue
        needed = estimate(config, options, **more).peak / planning.GIB
        print(f"  {needed:7.1f} GiB each   {flags or 'as it is'}", flush=True)
        if options.memory and needed < options.memory:
            fits.append(flags)
    if not options.memory:
        return
    if not fits:
        print(f"with {options.memory:g} GiB on each nothing of this fits: fewer rows, or shorter ones")
    else:
        print(f"with {options.memory:g} GiB on each: {fits[0] or 'it fits as it is'}")


def table(options: argparse.Namespace) -> None:
    """Print a row for each known size, as Markdown."""
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else "a CPU"
    print("| model | parameters | all weights | with LoRA | 2 GPUs, in parts | 4 GPUs, in parts | 8 GPUs, in parts |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name in SHAPES:
        config, cells = config_of(name), []
        for gpus, more in ((1, {}), (1, {"adapt": True}), *((count, {"sharded": "fsdp"}) for count in (2, 4, 8))):
            options.gpus = gpus
            cells.append(estimate(config, options, **more))
        parameters = cells[0].weights / 4 / 1e6
        print(f"| {name} | {parameters:,.0f} M |", " | ".join(f"{cell.peak / planning.GIB:.1f}" for cell in cells), "|")
    shape = f"{options.batch} rows of {options.source} and {options.target} tokens, {options.precision}, AdamW"
    print(f"\nGiB for each GPU: {shape}; as the kernels of {where} have it.")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model", default="google-t5/t5-base", help="a size of recipes/shapes.yaml, a folder or a Hub name"
    )
    parser.add_argument("--gpus", type=int, default=1, help="GPUs that share the work")
    parser.add_argument("--memory", type=float, help="GiB of each GPU")
    parser.add_argument("--batch", type=int, default=8, help="rows of a batch on each GPU")
    parser.add_argument("--source", type=int, default=512, help="tokens of its longest source")
    parser.add_argument("--target", type=int, default=128, help="tokens of its longest target")
    parser.add_argument("--precision", choices=["bf16", "fp16", "fp32"], default="bf16")
    parser.add_argument("--table", action="store_true", help="a table of all known sizes")
    options = parser.parse_args(argv)
    console.quiet()
    try:
        if torch.cuda.is_available():
            torch.set_default_device("cuda")
        table(options) if options.table else plan(options)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    finally:
        torch.set_default_device("cpu")
    return 0


if __name__ == "__main__":
    sys.exit(main())
