# SPDX-License-Identifier: Apache-2.0
"""Ten steps of a T5, a BART and an mT5 with LoRA on one process, and shared by two and three in every way there is.

    python tests/parts_table.py              the whole table: a quarter of an hour on a CPU
    python tests/parts_table.py --only BART

What must not differ from one process: losses, gradient norms, final weights, predictions, scores. Beside them seconds,
and the most memory of a process in a step, measured and as recipes/planning.py estimates it.
"""

import argparse
import json
import os
import re
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

# What is freed goes back to the system at once, or what lies there could not be told from what has lain there.
RETURNED = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
if __name__ == "__main__" and not RETURNED.keys() <= os.environ.keys():
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | RETURNED)

import chaos  # noqa: E402  it comes first: one thread for each process
import parts_on_cpu  # noqa: E402
import pytest  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from conftest import ROOT, make_tokenizer  # noqa: E402
from helpers import as_flags, read_json, read_jsonl, records, write_jsonl  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from transformers.trainer_callback import CallbackHandler  # noqa: E402

from recipes import planning, summarize_t5  # noqa: E402
from recipes.common import lora  # noqa: E402
from recipes.common.arguments import RecipeSettings  # noqa: E402

MODELS = ("T5, tied", "T5", "BART", "mT5, LoRA")
WAYS = {"DDP": {}, "FSDP 2": {"fsdp": "full_shard"}}
if find_spec("deepspeed"):
    WAYS["ZeRO-2"] = {"deepspeed": ROOT / "configs/deepspeed/zero2.json"}
ROWS, STEPS = 12, 10  # of a step, over all processes
ADAPTER = {"lora_r": 8, "lora_dropout": 0, "lora_targets": "all-linear"}


def make(kind):
    """A random model of some seven million weights without dropout, and its tokenizer."""
    torch.manual_seed(0)
    tokenizer = make_tokenizer(bos="<s>" if kind == "BART" else None)
    ids = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id, "vocab_size": 8_000}
    if kind == "BART":
        config = transformers.BartConfig(
            d_model=256, encoder_layers=2, decoder_layers=2, encoder_ffn_dim=1024, decoder_ffn_dim=1024, dropout=0,
            encoder_attention_heads=4, decoder_attention_heads=4, max_position_embeddings=128,
            bos_token_id=tokenizer.bos_token_id, decoder_start_token_id=tokenizer.eos_token_id,
            forced_eos_token_id=tokenizer.eos_token_id, **ids,
        )  # fmt: skip
    else:
        config = (transformers.MT5Config if "mT5" in kind else transformers.T5Config)(
            d_model=256, d_kv=64, num_heads=4, num_layers=2, d_ff=1024, dropout_rate=0, tie_word_embeddings=True,
            decoder_start_token_id=tokenizer.pad_token_id, **ids,
        )  # fmt: skip
    model = transformers.AutoModelForSeq2SeqLM.from_config(config)
    if kind in ("T5", "mT5, LoRA"):
        model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight) / 20)
        model.config.tie_word_embeddings = False
    return model, tokenizer


def resident(name):
    """A figure of this process in bytes: VmRSS is now, VmHWM the most."""
    return 1024 * int(re.findall(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])


def note_memory(patch):
    """Each process leaves OUTPUT_DIR.RANK.json: bytes before the first step, and at most from the second on."""
    begin, end, seen = CallbackHandler.on_train_begin, CallbackHandler.on_step_end, {}

    def began(self, args, state, control):
        seen["before"] = resident("VmRSS")
        return begin(self, args, state, control)

    def ended(self, args, state, control):
        if state.global_step == 1:  # the optimizer's numbers lie there from now on
            Path("/proc/self/clear_refs").write_text("5")  # the most begins anew
        elif state.global_step == STEPS:
            told = {**seen, "most": resident("VmHWM")}
            Path(f"{args.output_dir}.{args.process_index}.json").write_text(json.dumps(told))
        return end(self, args, state, control)

    patch.setattr(CallbackHandler, "on_train_begin", began)
    patch.setattr(CallbackHandler, "on_step_end", ended)


def run(folder, kind, processes, way):
    """What is known of a finished run: log, weights, texts, scores, seconds and bytes for each process."""
    out = folder / f"{way} {processes}"
    argv = as_flags(
        output_dir=out, model_name_or_path=folder / "model", train_file=folder / "train.jsonl", num_beams=1,
        test_file=folder / "test.jsonl", max_source_length=64, max_target_length=16, max_steps=STEPS, use_cpu=True,
        bf16=False, per_device_train_batch_size=ROWS // processes, learning_rate=1e-3, logging_steps=1, do_train=True,
        do_predict=True, eval_strategy="no", save_strategy="no", load_best_model_at_end=False, disable_tqdm=True,
        early_stopping_patience=0, **WAYS[way], **(ADAPTER if "LoRA" in kind else {}),
    )  # fmt: skip
    code = chaos.wait(chaos.launch("summarize_t5", argv, f"{out}.log", processes), patience=600)
    assert code == 0, Path(f"{out}.log.0").read_text()
    log = read_json(out / "trainer_state.json")["log_history"]
    scores = read_json(out / "predict_results.json")
    told = [read_json(f"{out}.{rank}.json") for rank in range(processes)]
    return {
        **{name: torch.tensor([entry[name] for entry in log if name in entry]) for name in ("loss", "grad_norm")},
        "weights": load_file(out / "model.safetensors"),
        "texts": [line["prediction"] for line in read_jsonl(out / "predictions.jsonl")],
        "scores": {name: scores[f"predict_{name}"] for name in summarize_t5.METRICS},
        "seconds": read_json(out / "run.json")["seconds"]["train"],
        "lengths": read_json(out / "run.json")["lengths"],
        "most": max(one["most"] - one["before"] for one in told),
    }


def apart(one, other):
    """Largest difference of two series, as a share of the first's values."""
    return float(((one - other).abs() / one.abs()).max())


def estimated(model, kind, processes, way):
    """What recipes/planning.py says that a process needs; every row has 32 and 16 tokens."""
    engine = next(iter(WAYS[way]), "")
    return planning.memory(model, ROWS // processes, 32, 16, "fp32", processes=processes, sharded=engine)


def compare(folder, kind, counts=(2, 3), ways=tuple(WAYS)):
    """A row for each way and number of processes, the first for one process alone."""
    model, tokenizer = make(kind)
    for part in (model, tokenizer):
        part.save_pretrained(folder / "model")
    for split, count in (("train", ROWS * STEPS), ("test", 12)):
        rows = [row for row in records(split, 40 * count, most=24) if 20 <= len(row["document"].split()) <= 22][:count]
        for row in rows:
            row["summary"] = " ".join(row["document"].removesuffix(".").split()[:8])
        write_jsonl(folder / f"{split}.jsonl", rows)
    weights = 4 * model.num_parameters()
    if "LoRA" in kind:
        model = lora.wrap(model, RecipeSettings(**ADAPTER), seed=1)
    alone, found = run(folder, kind, 1, "DDP"), []
    for processes, way in ((1, "DDP"), *((count, way) for way in ways for count in counts)):
        other = alone if processes == 1 else run(folder, kind, processes, way)
        found.append({
            "model": kind, "way": way if processes > 1 else "", "processes": processes,
            "losses": apart(alone["loss"], other["loss"]), "norms": apart(alone["grad_norm"], other["grad_norm"]),
            "weights": max(float((one - other["weights"][name]).abs().max()) for name, one in alone["weights"].items()),
            "texts": sum(a == b for a, b in zip(alone["texts"], other["texts"], strict=True)),
            "scores": max(abs(value - other["scores"][name]) for name, value in alone["scores"].items()),
            "seconds": other["seconds"], "lengths": other["lengths"],
            "measured": (other["most"] + weights) / 2**20,
            "estimated": estimated(model, kind, processes, way).peak / 2**20,
        })  # fmt: skip
    return found


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=MODELS, help="one of the models")
    options = parser.parse_args(argv)
    print("| model | processes | losses | norms | weights | texts | scores | s | MiB measured | estimated |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    with pytest.MonkeyPatch.context() as patch:
        parts_on_cpu.allow(patch)
        note_memory(patch)
        for kind in [options.only] if options.only else MODELS:
            with tempfile.TemporaryDirectory() as folder:
                for row in compare(Path(folder), kind):
                    figures = "{losses:.0e} | {norms:.0e} | {weights:.0e} | {texts} of 12 | {scores:.1f}".format(**row)
                    cost = "{seconds:.0f} | {measured:.0f} | {estimated:.0f}".format(**row)
                    print(f"| {row['model']} | {row['processes']} {row['way']} | {figures} | {cost} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
