# SPDX-License-Identifier: Apache-2.0
"""recipes/common/running/, disk.py and record.py: the folder of a run, and the truth about how it ended."""

import errno
import hashlib
import json
import os
from types import SimpleNamespace

import pytest
import torch
from helpers import contents, read_json, read_jsonl
from transformers import EarlyStoppingCallback, GenerationConfig, TrainerControl, TrainerState

from recipes import disk
from recipes.common import UserError, arguments, show
from recipes.common.running import checkpoints
from recipes.common.running import run as runs
from recipes.common.tasks import Task
from recipes.machines import processes


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runs, "_current", None)
    (tmp_path / "tell.py").write_text("print('a recipe')\n")
    return tmp_path


MONDAY = {"rows": "of monday"}
TABLES = SimpleNamespace(lengths={}, lost={}, notes=[])


class Split(dict):
    """As reading.Splits: what run.json tells of the data."""

    report = MONDAY


def make(*flags):
    columns = {"text": (None, ("text",)), "answer": (None, ("answer",))}
    task = Task(
        recipe=runs.Path("tell.py").resolve(),
        source="tell: {text}",
        target="{answer}",
        columns=columns,
        metrics=("rougeL",),
        defaults={},
        settings=arguments.RecipeSettings,
        score=None,
        trivial=None,
    )
    settings, args = arguments.parse(task, ["--bf16", "False", "--train_file", "x.jsonl", *flags])
    args.generation_config = GenerationConfig()
    return runs.Run(task, settings, args)


def is_done(run, data=MONDAY):
    splits = Split()
    splits.report = data
    return run.is_done(splits)


def started(*flags):
    run = make(*flags)
    is_done(run)
    run.start(TABLES)
    return run


def end(run, save_state=lambda: None, signatures=()):
    """As a recipe ends, with a model and a tokenizer that write nothing."""
    nothing = SimpleNamespace(save_pretrained=lambda folder: None, num_parameters=lambda only_trainable=False: 1)
    judge = SimpleNamespace(rows=[], baselines={}, signatures=dict(signatures))
    run.save(SimpleNamespace(save_state=save_state, model=nothing, processing_class=nothing, outline=None), judge)


def done(*flags):
    run = started(*flags)
    run.write(status="done")
    return run


# ---------------------------------------------------------------- run.json


def test_record(here):
    started("--seed", "7")
    record = read_json("outputs/tell/run.json")
    assert record["status"] == "running"
    assert record["recipe"] == {"name": "tell", "sha256": hashlib.sha256(b"print('a recipe')\n").hexdigest()}
    assert (record["source"], record["target"], record["data"]) == ("tell: {text}", "{answer}", MONDAY)
    assert (record["seed"], record["arguments"]["seed"], record["world_size"]) == (7, 7, 1)
    assert record["settings"]["max_source_length"] == 512
    assert record["versions"]["transformers"] == "5.23.0"
    assert record["command"]
    assert record["commit"] is None  # no git here
    assert (here / "outputs/tell/recipe.py").read_text() == "print('a recipe')\n"


def test_no_token_is_written_down(monkeypatch):
    """Others see run.json, the page and the card."""
    monkeypatch.setattr("sys.argv", ["tell.py", "--hub_token", "hf_a", "--hub-token=hf_b", "--seed", "1\n2"])
    command = started("--hub_token", "hf_c").record["command"]
    assert command[1:] == ["tell.py", "--hub_token", "<TOKEN>", "--hub-token=<TOKEN>", "--seed", "1\n2"]
    assert "hf_" not in runs.Path("outputs/tell/run.json").read_text(encoding="utf-8").replace("hf_auth", "")


def test_nothing_is_written_before_the_start(here):
    assert not is_done(make())
    assert contents(here) == ["tell.py"]


def test_laps_and_the_end():
    run = started()
    run.lap("baselines")
    run.save_metrics("train", {"train_loss": 1.0})
    saved = []
    end(run, save_state=lambda: saved.append(run.read("run.json")["status"]), signatures={"rouge": "x"})
    record = read_json("outputs/tell/run.json")
    assert saved == ["running"]  # "done" is the last thing that is written
    assert record["status"] == "done"
    assert list(record["seconds"]) == ["preparation", "baselines", "train"]
    assert all(seconds >= 0 for seconds in record["seconds"].values())
    assert record["signatures"] == {"rouge": "x"}
    assert record["peak_memory_gib"] > 0


def test_record_is_replaced_in_one_step(monkeypatch):
    """A scheduler that looks at any moment reads the old record or the new one, whole; a crash leaves the old one."""
    run = started()
    seen = []
    replace, sync = os.replace, os.fsync

    def look(source, target):
        seen.append((read_json("outputs/tell/run.json")["status"], read_json(source)["status"]))
        replace(source, target)

    monkeypatch.setattr(os, "replace", look)
    run.write(status="interrupted")
    assert seen == [("running", "interrupted")]
    assert read_json("outputs/tell/run.json")["status"] == "interrupted"

    def fail(_):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        run.write(status="done")
    assert read_json("outputs/tell/run.json")["status"] == "interrupted"
    monkeypatch.setattr(os, "fsync", sync)
    run.write(status="done")
    assert contents("outputs/tell") == [".lock", "recipe.py", "run.json"]


def test_only_the_first_process_writes(here, monkeypatch):
    run = make()
    run.is_main = False
    monkeypatch.setattr(processes, "from_first_process", lambda make: None)
    is_done(run)
    run.start(TABLES)
    run.write_json("a.json", {})
    run.save_metrics("eval", {"eval_loss": 1.0})
    run.write(status="done")
    assert contents(here) == ["tell.py"]


def test_other_results():
    run = started()
    run.save_metrics("train", {"train_loss": 1.0, "epoch": 2.0})
    run.save_metrics("eval", {"eval_loss": 2.0, "epoch": 3.0})
    assert run.read("train_results.json") == {"train_loss": 1.0, "epoch": 2.0}
    assert run.read("eval_results.json") == {"eval_loss": 2.0, "epoch": 3.0}
    assert run.read("all_results.json") == {"train_loss": 1.0, "eval_loss": 2.0, "epoch": 3.0}
    assert run.read("predict_results.json") is None


def test_trap_38_texts_with_line_breaks():
    """A joined text file would have had more lines than inputs."""
    texts = ["one\ntwo", "a\r\nb", "", "tab\there", 'say "hi" \\n', "Straße 東京", "\n"]
    rows = [{"id": str(n), "prediction": text} for n, text in enumerate(texts)]
    disk.write_lines("predictions.jsonl", rows)
    assert read_jsonl("predictions.jsonl") == rows


def test_trap_38_line_ends_that_only_unicode_knows(here):
    """Readers that split lines as Python's str.splitlines does end one at U+2028, U+2029 and U+0085, too."""
    rows = [{"id": "a", "prediction": "one\u2028two\u2029three\x85four"}]
    disk.write_lines("predictions.jsonl", rows)
    lines = (here / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == rows


# ---------------------------------------------------------------- again into the same folder


def test_a_new_folder():
    assert not is_done(make())
    assert not is_done(make("--output_dir", "new"))


def test_the_same_run_again():
    run = started()
    assert not is_done(make())
    run.write(status="failed")
    assert not is_done(make())
    run.write(status="done")
    assert is_done(make())


@pytest.mark.parametrize(
    "flags", [["--logging_first_step", "True"], ["--disable_tqdm", "True"], ["--log_level", "info"]]
)
def test_settings_that_do_not_matter(flags):
    done()
    assert is_done(make(*flags))


def test_an_old_run_in_the_default_folder_moves(capsys):
    """And the next one; nothing is lost, and it is said."""
    for seed, place in (("1", None), ("2", "outputs/tell.1"), ("3", "outputs/tell.2")):
        run = make("--seed", seed)
        assert not is_done(run)
        run.start(TABLES)
        said = capsys.readouterr().out
        assert place in said if place else said == " on x.jsonl\n"
    assert [read_json(f"outputs/{name}/run.json")["seed"] for name in ("tell.1", "tell.2", "tell")] == [1, 2, 3]
    assert contents("outputs/tell") == [".lock", "recipe.py", "run.json"]


@pytest.mark.parametrize("change", ["seed", "data", "recipe"])
def test_an_explicit_folder_with_another_run_is_refused(here, change):
    done("--output_dir", "mine")
    before, before_sha = contents(here), disk.sha256(here / "tell.py")
    data = {"rows": "of tuesday"} if change == "data" else MONDAY
    if change == "recipe":
        (here / "tell.py").write_text("print('edited')\n")
    with pytest.raises(UserError) as caught:
        is_done(make("--output_dir", "mine", *(["--seed", "8"] if change == "seed" else [])), data)
    said = caught.value.problems
    assert said[0] == "--output_dir mine: holds a run with other settings; name another folder or remove it"
    expected = {
        "seed": "seed: 42 there, 8 now",
        "data": "data.rows: 'of monday' there, 'of tuesday' now",
        "recipe": f"recipe.sha256: {before_sha!r} there, {disk.sha256(here / 'tell.py')!r} now",
    }
    assert said[1:] == [expected[change]]
    assert contents(here) == before


def test_a_start_that_comes_late_does_not_move_what_was_finished_meanwhile(here):
    """Both looked at the folder while it was empty; the first is done before the second takes it."""
    late, same = make("--output_dir", "mine", "--seed", "8"), make("--output_dir", "mine")
    assert not is_done(late) and not is_done(same)
    end(started("--output_dir", "mine"))
    before = contents(here)
    runs._release()
    with pytest.raises(UserError, match="--output_dir mine: holds a run with other settings"):
        late.start(TABLES)
    with pytest.raises(UserError, match="--output_dir mine: another start of this run has just finished it"):
        same.start(TABLES)
    runs._release()
    assert [name for name in contents(here) if ".lock" not in name] == [name for name in before if ".lock" not in name]


def test_a_folder_that_was_moved_under_a_run(here, capsys):
    """It ends, and writes nothing into the folder that another start has made in its place."""

    def main():
        run = started("--output_dir", "mine")
        os.rename("mine", "moved")
        os.mkdir("mine")
        (here / "mine/theirs").write_text("x")
        end(run)

    assert runs.command_line(main) == 1
    assert capsys.readouterr().err == "error: mine: was moved or removed while this was writing there\n"
    assert contents("mine") == ["theirs"]


def test_a_folder_that_cannot_be_moved_aside(here, monkeypatch):
    """Such as a mount point."""
    done("--seed", "1")

    def busy(*_):
        raise OSError(errno.EBUSY, "Device or resource busy", "outputs/tell")

    monkeypatch.setattr(runs.Path, "rename", busy)
    run = make("--seed", "2")
    assert not is_done(run)
    with pytest.raises(UserError, match="outputs/tell: Device or resource busy"):
        run.start(TABLES)


@pytest.mark.parametrize("damage", ["changed", "deleted"])
def test_a_done_run_is_checked_before_its_table_is_shown(here, damage):
    run = started()
    (here / "outputs/tell/model.safetensors").write_text("weights")
    (here / "outputs/tell/README.md").write_text("card")
    end(run)
    (here / "outputs/tell/README.md").write_text("my card")
    (here / "outputs/tell/notes").write_text("mine")
    assert is_done(make())
    if damage == "deleted":
        os.remove(here / "outputs/tell/model.safetensors")
    else:
        (here / "outputs/tell/model.safetensors").write_text("Weights")
    reason = "model.safetensors is " + ("missing" if damage == "deleted" else "not what was written")
    with pytest.raises(UserError, match=f"this run was done, and now {reason}; put it back, or move the folder away"):
        is_done(make())


def test_another_base_under_the_same_path(here):
    """Neither the table of the old one nor its checkpoint is taken for this one's."""
    (here / "base").mkdir()
    (here / "base/config.json").write_text('{"model_type": "t5"}')
    (here / "base/model.safetensors").write_text("weights")
    flags = ["--model_name_or_path", "base", "--output_dir", "mine"]
    run = started(*flags)
    assert not is_done(make(*flags))
    old = run.identity
    end(run)
    assert is_done(make(*flags))
    (here / "base/README.md").write_text("a card")
    assert is_done(make(*flags))
    (here / "base/model.safetensors").write_text("Weights")
    with pytest.raises(UserError, match="holds a run with other settings.*\n.*base.base: "):
        is_done(make(*flags))
    assert started(*flags[:2]).identity != old


def test_the_commit_of_a_base_from_the_hub(here, monkeypatch):
    """Before the first download nobody knows it: that is no change."""
    flags, known = ["--model_name_or_path", "some/model", "--output_dir", "mine"], {}
    monkeypatch.setattr(runs.models, "load_config", lambda *_: None)
    monkeypatch.setattr(runs.record, "model_commit", lambda name, revision: known.get(name))
    run = make(*flags)
    is_done(run)
    known["some/model"] = "abc"  # models.load has asked the Hub
    run.start(TABLES)
    end(run)
    assert read_json("mine/run.json")["base"] == {"some/model": "abc"}
    known.clear()
    assert is_done(make(*flags))
    known["some/model"] = "def"
    with pytest.raises(UserError, match="base.some/model: 'abc' there, 'def' now"):
        is_done(make(*flags))


RECORDS = ["[]", '"done"', "null", "7", "{}", '{"status": "done"}', "[" * 100_000, "{", "\0", '{"status": 7}']


@pytest.mark.parametrize("text", RECORDS)
def test_a_record_that_no_run_wrote(here, text):
    """An explicit folder is somebody's own then; a default one is moved aside."""
    for folder in ("mine", "outputs/tell"):
        os.makedirs(folder)
        (here / folder / "run.json").write_text(text)
    with pytest.raises(UserError, match="--output_dir mine: not empty and not a run of these recipes"):
        is_done(make("--output_dir", "mine"))
    started()
    assert (here / "outputs/tell.1/run.json").read_text() == text


def test_links_that_lie_in_the_folder_are_replaced_and_not_followed(here):
    started()
    for name in ("recipe.py", "run.json.tmp"):
        (here / name).write_text("precious")
        (here / "outputs/tell" / name).unlink(missing_ok=True)
        os.symlink(here / name, here / "outputs/tell" / name)
    started()
    assert [(here / name).read_text() for name in ("recipe.py", "run.json.tmp")] == ["precious"] * 2
    assert (here / "outputs/tell/recipe.py").read_text() == "print('a recipe')\n"


def test_an_explicit_folder_with_other_things_is_refused(here):
    (here / "mine").mkdir()
    assert not is_done(make("--output_dir", "mine"))
    (here / "mine/thesis.tex").write_text("x")
    with pytest.raises(UserError, match="--output_dir mine: not empty and not a run of these recipes"):
        is_done(make("--output_dir", "mine"))


def test_a_folder_that_cannot_be_written_to(here, monkeypatch):
    (here / "note").write_text("x")
    with pytest.raises(UserError, match="--output_dir note: note cannot be written to"):
        is_done(make("--output_dir", "note"))
    with pytest.raises(UserError, match="--output_dir note/a/b: .*/note cannot be written to"):
        is_done(make("--output_dir", "note/a/b"))
    monkeypatch.setattr("os.access", lambda path, mode: False)  # whoever runs as root may write anywhere
    with pytest.raises(UserError, match="--output_dir mine/a: .* cannot be written to"):
        is_done(make("--output_dir", "mine/a"))


def test_going_on_keeps_what_is_there(here):
    run = started()
    (here / "outputs/tell/checkpoint-3").mkdir()
    disk.write_json("outputs/tell/checkpoint-3/trainer_state.json", {})
    checkpoints.write_manifest(here / "outputs/tell/checkpoint-3", run.identity)
    run = make()
    assert not is_done(run)
    run.start(TABLES)
    assert run.checkpoint() == "outputs/tell/checkpoint-3"


# ---------------------------------------------------------------- checkpoints


def checkpoint(step, folder="outputs/tell", **parts):
    path = runs.Path(folder) / f"checkpoint-{step}"
    path.mkdir(parents=True)
    for name, text in {"model": "weights", "optimizer": "moments", **parts}.items():
        (path / name).write_text(text)
    return path


def test_trap_13_manifest_of_a_checkpoint():
    path = checkpoint(3)
    (path / "state").mkdir()
    (path / "state/rank_0").write_text("12")
    assert checkpoints.fault(path)
    checkpoints.write_manifest(path, "me")
    found = {"model": b"weights", "optimizer": b"moments", "state/rank_0": b"12"}
    hashes = {name: hashlib.sha256(text).hexdigest() for name, text in found.items()}
    assert read_json(path / "manifest.json") == {"run": "me", "files": hashes}
    assert not checkpoints.fault(path)
    checkpoints.write_manifest(path, "me")  # it never lists itself
    assert not checkpoints.fault(path)


@pytest.mark.parametrize("text", ["momen", "Moments", "", None])
def test_trap_13_damaged_checkpoints(text):
    """Cut, changed without a change of its size, emptied, deleted."""
    path = checkpoint(3)
    checkpoints.write_manifest(path, "me")
    (path / "optimizer").unlink()
    if text is not None:
        (path / "optimizer").write_text(text)
    damage = "missing" if text is None else "not what was written"
    assert checkpoints.fault(path, "me") == f"it is not whole: optimizer is {damage}"


MANIFESTS = [
    "",
    "{}",
    "[]",
    "[[]]",
    "7",
    '"files"',
    '{"files": []}',
    '{"files": {}}',
    '{"run": "me", "fi',
    "[" * 100_000,
]


@pytest.mark.parametrize("text", MANIFESTS)
def test_trap_13_a_manifest_that_is_none(text):
    path = checkpoint(3)
    (path / "manifest.json").write_text(text)
    assert checkpoints.fault(path, "me") == "it is not whole: it has no manifest.json, which is written last"
    assert checkpoints.newest_whole("outputs/tell", "me")[0] is None


@pytest.mark.parametrize("name", ["../../tell.py", "/dev/zero", "a\0b", "", "x" * 5000])
@pytest.mark.parametrize("value", [7, None, "7", [], {}])
def test_a_manifest_with_strange_entries(name, value):
    path = checkpoint(3)
    disk.write_json(path / "manifest.json", {"run": "me", "files": {name: value}})
    assert checkpoints.fault(path, "me").startswith("it is not whole: ")


def test_a_checkpoint_of_another_run_is_not_taken(here, capsys):
    """Whole, and of a higher step; the same run's under another name of the folder is."""
    run = started("--output_dir", "mine")
    other = started("--output_dir", "other", "--seed", "8")
    moved = started("--output_dir", "moved")
    assert run.identity == moved.identity != other.identity
    checkpoints.write_manifest(checkpoint(3, "mine"), moved.identity)
    checkpoints.write_manifest(checkpoint(9, "mine"), other.identity)
    assert run.checkpoint() == "mine/checkpoint-3"
    said = "checkpoint-9 is passed over: it belongs to a run with other settings, other data or another base model"
    assert said in capsys.readouterr().out


def test_what_is_not_this_runs_is_neither_deleted_nor_written_over(here):
    run = started()
    os.mkdir("elsewhere")
    disk.write_json("elsewhere/manifest.json", {"run": run.identity})
    for step in (0, 4, 12):
        checkpoint(step)  # somebody's own: no manifest of this run, no mark
    os.symlink(here / "elsewhere", "outputs/tell/checkpoint-2")
    disk.write_json(checkpoint(5) / disk.UNFINISHED, {})  # half of one that this run was killed in
    runs.Path("outputs/tell/.checkpoint-1").mkdir()  # half deleted
    state = TrainerState(global_step=3, is_world_process_zero=True)
    args = SimpleNamespace(output_dir="outputs/tell", save_strategy="epoch")
    checkpoints.Checkpoints(run).on_train_begin(args, state, TrainerControl(), model=torch.nn.Linear(1, 1))
    for step in (6, 9, 12):
        checkpoint(step)
        save(step, run=run)
    found = sorted(name for name in os.listdir("outputs/tell") if "checkpoint" in name)
    kept = ["checkpoint-0", "checkpoint-12.1", "checkpoint-2", "checkpoint-4.1"]
    assert found == sorted([*kept, "checkpoint-9", "checkpoint-12"])
    assert all((runs.Path("outputs/tell") / name / "model").exists() for name in kept if name != "checkpoint-2")
    assert (here / "elsewhere/manifest.json").exists()


def test_the_best_one_has_to_be_whole_too():
    for step, best in ((3, 3), (6, 3), (9, 9)):
        path = checkpoint(
            step, **{"trainer_state.json": json.dumps({"best_model_checkpoint": f"old/checkpoint-{best}"})}
        )
        checkpoints.write_manifest(path, "me")
    folder = runs.Path("outputs/tell")
    assert checkpoints.newest_whole(folder, "me") == (folder / "checkpoint-9", [])
    (folder / "checkpoint-9/model").write_text("x")
    assert checkpoints.newest_whole(folder, "me")[0] == folder / "checkpoint-6"
    (folder / "checkpoint-3/model").write_text("x")
    chosen, passed = checkpoints.newest_whole(folder, "me")
    assert chosen is None
    assert passed[1].startswith(
        "checkpoint-6 is passed over: its best one so far is checkpoint-3, and it is not whole: model"
    )


def test_files_get_the_mode_that_the_umask_gives(here):
    path = checkpoint(3)
    os.chmod(path / "model", 0o600)  # as safetensors writes
    os.chmod(path / "optimizer", 0o640)
    before = os.umask(0o027)
    try:
        checkpoints.write_manifest(path, "me")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert [(path / name).stat().st_mode & 0o777 for name in ("model", "optimizer")] == [0o640, 0o640]


def test_trap_13_the_newest_whole_one():
    run = started()
    assert run.checkpoint() is None
    for step in (2, 10, 9):
        checkpoints.write_manifest(checkpoint(step), run.identity)
    assert run.checkpoint() == "outputs/tell/checkpoint-10"
    (runs.Path("outputs/tell/checkpoint-10/model")).write_text("w")
    assert run.checkpoint() == "outputs/tell/checkpoint-9"


ME = SimpleNamespace(identity="me")


def save(step, best=None, run=ME):
    """What the Trainer does after it has written checkpoint-{step}."""
    state = TrainerState(global_step=step, best_model_checkpoint=best, is_world_process_zero=True)
    callback = checkpoints.Checkpoints(run)
    callback.on_save(SimpleNamespace(output_dir="outputs/tell"), state, TrainerControl())


def test_the_last_and_the_best_checkpoint_stay():
    for step in (3, 6, 9):
        checkpoint(step)
        save(step, best="outputs/tell/checkpoint-3")
        assert not checkpoints.fault(f"outputs/tell/checkpoint-{step}")
    assert sorted(os.listdir("outputs/tell")) == ["checkpoint-3", "checkpoint-9"]
    checkpoint(12)
    save(12, best="outputs/tell/checkpoint-12")  # should it be damaged later, there is one before
    assert sorted(os.listdir("outputs/tell")) == ["checkpoint-12", "checkpoint-9"]


def test_what_somebody_put_beside_the_checkpoints_stays():
    run = started()
    for name in ("checkpoint-best", "checkpoint-3-mine"):
        (runs.Path("outputs/tell") / name).mkdir()
    for step in (3, 6, 9):
        checkpoint(step)
        save(step, run=run)
    found = sorted(name for name in os.listdir("outputs/tell") if name.startswith("checkpoint"))
    assert found == ["checkpoint-3-mine", "checkpoint-6", "checkpoint-9", "checkpoint-best"]
    assert run.checkpoint() == "outputs/tell/checkpoint-9"


def test_without_a_best_one_the_last_two_stay():
    for step in (3, 6, 9):
        checkpoint(step)
        save(step)
    assert sorted(os.listdir("outputs/tell")) == ["checkpoint-6", "checkpoint-9"]


def test_early_stopping_where_there_is_something_to_stop_on():
    def stopping(patience, strategy="epoch"):
        run = make("--early_stopping_patience", str(patience), "--eval_strategy", strategy)
        chosen = run.callbacks()
        assert any(isinstance(callback, checkpoints.Checkpoints) for callback in chosen)
        return [callback.early_stopping_patience for callback in chosen if isinstance(callback, EarlyStoppingCallback)]

    assert stopping(2) == [2]
    assert stopping(0) == []  # the library would stop at the first evaluation
    assert stopping(0, "no") == []


def test_trap_36_room_for_checkpoints(here, monkeypatch):
    model = torch.nn.Linear(100, 10)  # 1,010 weights of 4 bytes, and 8 bytes of moments for each
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=3 * 12_120))
    checkpoints.check_room(here, model, 3)
    with pytest.raises(OSError, match="needed for checkpoints") as raised:
        checkpoints.check_room(here, model, 4)
    assert raised.value.errno == errno.ENOSPC
    model.weight.requires_grad = False  # 1,000 of them are frozen
    checkpoints.check_room(here, model, 8)
    with pytest.raises(OSError, match="needed"):
        checkpoints.check_room(here, model, 9)
    model.peft_config = {}  # what is frozen is not saved
    checkpoints.check_room(here, model, 303)


# ---------------------------------------------------------------- one run per folder


def test_two_runs_in_one_folder(here, capsys):
    run = started()
    with pytest.raises(UserError, match="another run is writing there"):
        disk.FolderLock(run.folder)
    runs._current = None  # as in another process
    with pytest.raises(UserError, match="another run is writing there"):
        started()
    run.lock.release()
    assert contents("outputs/tell") == ["recipe.py", "run.json"]


def test_what_is_shown_cannot_command_a_terminal(capsys):
    show("a\x1b[31mb\r\nc", "\u202eabc", "\ud83d", "\U0001f469\u200d\U0001f467 \u00e9", err=True)
    wanted = ["a\\x1b[31mb\\r\\nc", "\\u202eabc", "\\ud83d", "\U0001f469\u200d\U0001f467 \u00e9"]
    assert capsys.readouterr().err.split("\n")[:-1] == wanted
    assert UserError("no column 'a\nb\x1b[2J'").problems == ["no column 'a\\nb\\x1b[2J'"]


def test_a_local_rank_left_over_from_another_launcher_silences_nothing(capsys, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.delenv("WORLD_SIZE", raising=False)

    def main():
        raise UserError("no such file")

    assert runs.command_line(main) == 2
    assert capsys.readouterr().err == "error: no such file\n"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_trap_36_a_disk_that_is_full_outside_of_a_run(number, capsys):
    """As for predict and report.py: one sentence."""

    def main():
        raise OSError(number, os.strerror(number), "out.jsonl")

    assert runs.command_line(main) == 1
    assert capsys.readouterr().err.startswith(f"error: the disk of out.jsonl is full ({os.strerror(number)}); ")


# ---------------------------------------------------------------- exit codes


def fail_with(error):
    def main():
        started()
        raise error

    return runs.command_line(main)


def status():
    record = read_json("outputs/tell/run.json")
    return record["status"], record.get("reason")


def test_exit_codes(capsys):
    assert runs.command_line(lambda: None) == 0
    assert fail_with(UserError("no such file", "no such column")) == 2
    assert capsys.readouterr() == (" on x.jsonl\n", "error: no such file\nno such column\n")
    assert status() == ("running", None)


def test_a_process_of_several_leaves_their_group_before_it_ends(tmp_path):
    store = torch.distributed.FileStore(str(tmp_path / "store"), 1)
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        assert runs.command_line(lambda: None) == 0
        assert not torch.distributed.is_initialized()
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


def test_exit_code_of_an_interruption(capsys):
    assert fail_with(KeyboardInterrupt()) == 75
    assert "Traceback" not in capsys.readouterr().err
    assert status()[0] == "interrupted"


def test_trap_2_exit_code_of_a_divergence(capsys):
    assert fail_with(FloatingPointError("the loss is nan at step 3")) == 1
    assert capsys.readouterr().err == "error: the loss is nan at step 3\n"
    assert status() == ("failed", "the loss is nan at step 3")


def test_trap_36_exit_code_of_a_full_disk(capsys):
    assert fail_with(OSError(errno.ENOSPC, "2,000 MB needed for checkpoints, 1,000 MB free")) == 1
    assert capsys.readouterr().err.startswith(
        "error: the disk of outputs/tell is full (2,000 MB needed for checkpoints, 1,000 MB free); "
    )
    assert status()[0] == "failed"


def test_trap_36_a_library_that_does_not_name_the_full_disk(capsys, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1000))
    assert fail_with(RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed")) == 1
    assert "error: the disk of outputs/tell is full; " in capsys.readouterr().err


def test_exit_code_of_a_full_gpu(capsys):
    assert fail_with(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")) == 1
    assert "error: the GPU's memory is used up: halve --per_device_train_batch_size" in capsys.readouterr().err


def test_exit_code_of_anything_else(capsys):
    assert fail_with(ZeroDivisionError("division by zero")) == 1
    assert "Traceback" in capsys.readouterr().err
    assert status() == ("failed", "ZeroDivisionError: division by zero")


def test_the_reason_goes_when_the_run_succeeds():
    fail_with(ZeroDivisionError("division by zero"))
    run = started()
    end(run)
    assert status() == ("done", None)


def test_trap_35_a_checkpoint_that_another_machine_does_not_see(tmp_path, monkeypatch):
    """What the first process found is what all go by; one that cannot read it must not begin anew beside the others."""
    run = runs.Run.__new__(runs.Run)
    run.folder, run.is_main, run.identity = tmp_path, False, "me"
    monkeypatch.setattr(processes, "from_first_process", lambda make: (tmp_path / "checkpoint-8", []))
    with pytest.raises(UserError, match="checkpoint-8 is whole on the first machine, but .* does not see it"):
        run.checkpoint()
    monkeypatch.setattr(processes, "from_first_process", lambda make: (None, []))
    assert run.checkpoint() is None
