#!/bin/bash
# Fine-tune on several machines; when the time is nearly up, the run saves, and the job puts itself back into the queue.
#
#   sbatch scripts/slurm.sh recipes/summarize_t5.py --train_file mine.csv --output_dir outputs/mine
#
# The output folder has to be on a file system that all machines share. Change the lines below to your cluster.
#SBATCH --job-name=seq2seq
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
#SBATCH --time=12:00:00
#SBATCH --signal=TERM@900
#SBATCH --requeue
#SBATCH --open-mode=append

# SIGTERM comes 900 seconds before the end, to torchrun and not to this script. torchrun passes it on and waits
# --shutdown-timeout seconds for the step and the save: it has to be longer than one save, and shorter than the 900.
PYTHON=${PYTHON:-.venv/bin/python}
folder=outputs/$(basename "$1" .py)
previous=
for word in "$@"; do
    [ "$previous" = --output_dir ] && folder=$word
    case $word in --output_dir=*) folder=${word#*=} ;; esac
    previous=$word
done
before=$(cksum "$folder/run.json" 2>/dev/null)
first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
srun "$PYTHON" -m torch.distributed.run \
    --nnodes="$SLURM_NNODES" --nproc_per_node="${SLURM_GPUS_ON_NODE:-1}" \
    --rdzv-backend=c10d --rdzv-endpoint="$first:${PORT:-29500}" --rdzv-id="$SLURM_JOB_ID" \
    --shutdown-timeout=600 "$@"
code=$?

# torchrun turns every exit code into 1; run.json tells the truth, unless this job never came to write it: a job that is
# refused at once must not queue itself for ever because one before it was interrupted.
if [ "$(cksum "$folder/run.json" 2>/dev/null)" = "$before" ]; then
    echo "$folder/run.json is as it was before"
    exit "$code"
fi
status=$("$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))["status"])' "$folder/run.json")
echo "$folder is $status"
if [ "$status" = interrupted ]; then
    scontrol requeue "$SLURM_JOB_ID"
    exit 75
fi
exit "$code"
