#!/usr/bin/env bash
#SBATCH --job-name=loopgen
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=64
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
#
# Trains the denoiser of a pack on shards, on every GPU of every machine of the job:
#
#     SHARDS=/data/shards PACK=/data/mypack RUN=/data/runs/denoiser sbatch slurm.sh
#
# A job that is cut off is put back into the queue, and goes on from the last checkpoint; the next job may have another
# number of machines. Where shards are still to be cut, an array of jobs does it first, each its share:
#
#     sbatch --array=1-16 --wrap 'loopgen corpus shards CORPUS --out $SHARDS --share $SLURM_ARRAY_TASK_ID/16 --jobs 32'
set -eu
: "${SHARDS:?a folder of shards: loopgen corpus shards CORPUS --out SHARDS}"
: "${PACK:?the pack that is trained}" "${RUN:?a folder for checkpoints, which every machine sees}"
first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
exec srun --kill-on-bad-exit=1 torchrun \
    --nnodes "$SLURM_JOB_NUM_NODES" --nproc-per-node "${SLURM_GPUS_ON_NODE:-8}" --max-restarts 3 \
    --rdzv-backend c10d --rdzv-id "$SLURM_JOB_ID" --rdzv-endpoint "$first:29500" \
    -m -- engine train denoiser "$SHARDS" --pack "$PACK" --run "$RUN" \
    --minutes "${MINUTES:-1380}" --frames "${FRAMES:-16384}"
