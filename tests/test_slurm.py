# SPDX-License-Identifier: Apache-2.0
"""scripts/slurm.sh with stand-ins for Slurm's commands: what it starts, and when it queues itself again."""

import os
import subprocess
import sys
from unittest.mock import ANY

import pytest
from conftest import ROOT

# Stand-ins: print what they were asked, and let the "training" leave a run.json.
TRAINING = """#!/bin/bash
if [ "$1" != -m ]; then exec {python} "$@"; fi
echo "started $*"
mkdir -p "$FOLDER" && echo "{{\\"status\\": \\"$STATUS\\"}}" > "$FOLDER/run.json"
exit "$CODE"
"""
SCONTROL = """#!/bin/bash
if [ "$1" = show ]; then printf 'node-a\\nnode-b\\n'; else echo "scontrol $*"; fi
"""
SRUN = '#!/bin/bash\nexec "$@"\n'


def submit(tmp_path, status, code, *words, folder=None):
    """(exit code, lines printed) of the job."""
    for name, text in (("scontrol", SCONTROL), ("srun", SRUN), ("python", TRAINING.format(python=sys.executable))):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    named = words[words.index("--output_dir") + 1] if "--output_dir" in words else "outputs/summarize_t5"
    folder = folder or named
    slurm = {"SLURM_JOB_NODELIST": "node-[a-b]", "SLURM_NNODES": "2", "SLURM_GPUS_ON_NODE": "4", "SLURM_JOB_ID": "17"}
    told = {"STATUS": status, "CODE": str(code), "FOLDER": folder, "PYTHON": str(tmp_path / "python")}
    environment = {**os.environ, **slurm, **told, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["bash", ROOT / "scripts/slurm.sh", *words]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()


def test_starts_torchrun_on_both_machines(tmp_path):
    code, lines = submit(tmp_path, "done", 0, "recipes/summarize_t5.py", "--train_file", "my data.csv")
    assert code == 0
    assert lines[0] == (
        "started -m torch.distributed.run --nnodes=2 --nproc_per_node=4 --rdzv-backend=c10d "
        "--rdzv-endpoint=node-a:29500 --rdzv-id=17 --shutdown-timeout=600 recipes/summarize_t5.py "
        "--train_file my data.csv"
    )
    assert lines[1:] == ["outputs/summarize_t5 is done"]


@pytest.mark.parametrize(
    ("status", "left", "code", "queued"),
    [("interrupted", 1, 75, True), ("failed", 1, 1, False), ("done", 0, 0, False), ("running", 1, 1, False)],
)
def test_queues_itself_again_only_when_interrupted(tmp_path, status, left, code, queued):
    ended, lines = submit(tmp_path, status, left, "recipes/qa_t5.py", "--output_dir", "outputs/my answers")
    assert ended == code
    assert lines[1:] == [f"outputs/my answers is {status}"] + ["scontrol requeue 17"] * queued


def test_the_folder_is_found_in_either_form(tmp_path):
    words = ("recipes/qa_t5.py", "--output_dir=outputs/mine")
    _, lines = submit(tmp_path, "interrupted", 1, *words, folder="outputs/mine")
    assert lines[1] == "outputs/mine is interrupted"


def test_a_refused_job_does_not_queue_itself_for_ever(tmp_path):
    """The folder holds an interrupted run, and this job ends before it writes there: its settings are refused."""
    words = ("recipes/qa_t5.py", "--output_dir", "outputs/mine")
    assert submit(tmp_path, "interrupted", 1, *words)[0] == 75
    assert submit(tmp_path, "interrupted", 1, *words) == (1, [ANY, "outputs/mine/run.json is as it was before"])


def test_a_save_fits_between_the_signal_and_the_end():
    script = (ROOT / "scripts/slurm.sh").read_text()
    assert "#SBATCH --signal=TERM@900\n" in script
    assert "--shutdown-timeout=600" in script
