#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Do the programs still do what they did?  Many short commands, and what each of them left: exit code, files, output, messages.

usage: same_bytes.py record PROGRAMS RECORD.json     write down what the programs in the folder PROGRAMS do
       same_bytes.py compare PROGRAMS RECORD.json    tell where these programs do something else

For a change that must not change results: record with the programs from before it, compare with those from after it.
Exits with 1 where anything differs or a program crashes while it is recorded, and with 77 where nothing can be compared: a record holds for one compiler, BLAS core and
set of instructions, as --version tells them.
"""
import argparse
import difflib
import hashlib
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CANNOT_COMPARE = 77
PROMISED_EXITS = (0, 1, 2, 3, 4, 130, 143)  # another one is a signal or a sanitizer's
LONGEST_TEXT = 4096  # bytes of output that are kept, so that a difference can be shown

# NAME: COMMAND, longer ones indented on further lines.  They run in this order in one folder, and take up what those before them
# wrote and the files of write_inputs().  VARIABLE=VALUE may stand before the program, < FILE at the end.
COMMANDS = '''
# What every program says of itself.
help-check: rbm-check --help
help-data: rbm-data --help
help-dream: rbm-dream --help
help-estimate: rbm-estimate --help
help-inspect: rbm-inspect --help
help-reconstruct: rbm-reconstruct --help
help-score: rbm-score --help
help-train: rbm-train --help

# rbm-data: every set, every form, every change.
data-bars: rbm-data bars-and-stripes --size 3 --output bars.npy
data-shifter: rbm-data shifter --size 4 --output shifter.npy --json
data-labelled-shifter: rbm-data labelled-shifter --size 3 --output labelled.csv
data-shifting-bar: rbm-data shifting-bar --size 8 --bar 3 --output -
data-bits: rbm-data independent-bits --size 8 --rows 60 --seed 3 --output bits.idx
data-sources: rbm-data laplace-sources --rows 150 --seed 4 --output sources.npy
data-ring: rbm-data ising-ring --size 8 --rows 120 --coupling 0.7 --seed 5 --output ring.npy --json
data-ring-csv: rbm-data ising-ring --size 6 --rows 20 --seed 6 --output ring.csv.gz
data-digits: rbm-data digits.gz --take 150 --output digits.npy
data-digits-later: rbm-data digits.gz --skip 150 --take 80 --output later.npy
data-digits-picture: rbm-data digits.gz --take 12 --output sheet.png
data-digits-bits: rbm-data digits.gz --take 40 --binarize sample --seed 7 --output drawn-ubyte.gz --json
data-threshold: rbm-data grey.csv --binarize threshold --threshold 0.3 --output thresholded.npy.gz
data-divide: rbm-data codes.csv --divide 2 --output halves.csv
data-dequantize: rbm-data codes.csv --dequantize 1 --seed 8 --output smooth.npy
data-columns: rbm-data digits.npy --columns 16 --take 30 --output columns.idx.gz
data-pipe: rbm-data - --take 5 --output - < grey.csv
data-gaps: rbm-data gaps.csv --missing nan --output gaps.npy
data-labels: rbm-data digits.npy --labels labels.csv --output with-labels.npy
data-digit-labels: rbm-data digit-labels.gz --take 150 --output digit-labels.npy --verbose
data-mask: rbm-data mask.csv --output mask.npy --quiet
data-config: rbm-data bars-and-stripes --config settings.txt --output bars2.npy

# rbm-train: every algorithm.
train-pcd: rbm-train digits.npy --output pcd --hidden 12 --epochs 3 --batch-size 30 --seed 2 --no-progress
train-progress: rbm-train digits.npy --output progress --hidden 6 --epochs 2 --verbose
train-quiet: rbm-train digits.npy --output quiet --hidden 6 --epochs 2 --quiet --json
train-cd: rbm-train digits.npy --output cd --algorithm cd --steps 3 --steps-schedule linear --hidden 12 --epochs 3 --no-progress
train-fpcd: rbm-train digits.npy --output fpcd --algorithm fpcd --fast-rate 0.03 --fast-decay 0.9 --hidden 12 --epochs 3
  --batch-size 40 --no-progress
train-tempering: rbm-train digits.npy --output tempering --algorithm tempering --rungs 4 --chains 7 --steps 2 --hidden 12 --epochs 2
  --no-progress
train-trajectory: rbm-train digits.npy --output trajectory --algorithm trajectory --chains 20 --ladder-interval 2 --swap-rate 0.6
  --hidden 12 --epochs 6 --no-progress
train-exact: rbm-train bars.npy --output exact --algorithm exact --hidden 4 --restarts 3 --epochs 200 --no-progress
train-exact-gaussian: rbm-train sources.npy --output exact-gaussian --algorithm exact --visible-units gaussian --hidden 3
  --restarts 2 --epochs 100 --json --no-progress
train-score-matching: rbm-train sources.npy --output score-matching --algorithm score-matching --visible-units gaussian --hidden 6
  --epochs 4 --no-progress
train-denoising: rbm-train sources.npy --output denoising --algorithm denoising --noise-sigma 0.4 --visible-units gaussian
  --hidden 6 --epochs 4 --no-progress
train-sliced: rbm-train sources.npy --output sliced --algorithm sliced --slices 3 --visible-units gaussian --hidden 6 --epochs 4
  --no-progress
train-pseudo-likelihood: rbm-train digits.npy --output pseudo-likelihood --algorithm pseudo-likelihood --flips 9 --hidden 12
  --epochs 2 --no-progress
train-ratio-matching: rbm-train digits.npy --output ratio-matching --algorithm ratio-matching --hidden 12 --epochs 2 --no-progress
train-nce: rbm-train digits.npy --output nce --algorithm nce --noise-samples 3 --hidden 12 --epochs 3 --no-progress
train-discriminative: rbm-train digits.npy --labels digit-labels.npy --output discriminative --algorithm discriminative --hidden 12
  --epochs 4 --no-progress
train-hybrid: rbm-train digits.npy --labels digit-labels.npy --output hybrid --algorithm hybrid --generative-weight 0.1
  --hidden 12 --epochs 4 --no-progress
train-joint: rbm-train digits.npy --labels digit-labels.npy --output joint --hidden 12 --epochs 3 --no-progress
train-labels-watched: rbm-train grey.csv --labels classes.csv --validation grey.csv --validation-labels classes.csv
  --stop-on error --patience 2 --output watched --algorithm discriminative --hidden 8 --epochs 5 --json --no-progress

# rbm-train: every kind of unit.
train-gaussian: rbm-train real.csv --output gaussian --visible-units gaussian --initial-hidden-bias -2 --hidden 6 --epochs 4
  --no-progress
train-gaussian-raw: rbm-train real.csv --output gaussian-raw --visible-units gaussian --standardize off --minimum-sigma 0.2
  --log-sigma-rate 0.1 --learning-rate 0.01 --hidden-units spin --hidden 6 --epochs 4 --no-progress
train-gaussian-potts: rbm-train real.csv --output gaussian-potts --visible-units gaussian --hidden-units potts --hidden-states 3
  --hidden 4 --epochs 3 --no-progress
train-spin: rbm-train ring.npy --output spin --visible-units spin --hidden-units spin --hidden 6 --epochs 4 --no-progress
train-spin-bernoulli: rbm-train grey.csv --output spin-bernoulli --visible-units spin --binarize sample --hidden 6 --epochs 3
  --no-progress
train-potts: rbm-train codes.csv --output potts --visible-units potts --visible-states 3 --hidden 6 --epochs 4 --no-progress
train-potts-potts: rbm-train codes.csv --output potts-potts --visible-units potts --visible-states 3 --hidden-units potts
  --hidden-states 4 --hidden 3 --epochs 4 --algorithm pseudo-likelihood --no-progress
train-bernoulli-potts: rbm-train bits.idx --output bernoulli-potts --hidden-units potts --hidden-states 3 --hidden 4 --epochs 4
  --algorithm tempering --rungs 3 --chains 5 --no-progress

# rbm-train: how it learns, and what it watches.
train-momentum: rbm-train digits.npy --output momentum --momentum 0.8 --momentum-ramp 2 --weight-decay 0.001
  --learning-rate-schedule exponential --hidden 10 --epochs 3 --no-progress
train-adam: rbm-train digits.npy --output adam --optimizer adam --learning-rate 0.002 --weight-decay-l1 0.0001 --hidden 10
  --epochs 3 --no-progress
train-averaging: rbm-train digits.npy --output averaging --averaging 0.4 --gradient-norm-limit 0.5
  --learning-rate-schedule constant --hidden 10 --epochs 4 --no-progress
train-sparsity: rbm-train digits.npy --output sparsity --sparsity-target 0.1 --sparsity-cost 0.2 --offset-rate 0.05
  --initial-weights 0.05 --hidden 10 --epochs 3 --no-progress
train-uncentred: rbm-train digits.npy --output uncentred --centering off --hidden 10 --epochs 3 --chains 17 --no-progress
train-sampled: rbm-train grey.csv --output sampled --binarize sample --hidden 8 --epochs 3 --no-progress
train-grey: rbm-train grey.csv --output grey --binarize none --hidden 8 --epochs 3 --no-progress
train-threshold: rbm-train grey.csv --output threshold --threshold 0.7 --hidden 8 --epochs 3 --no-progress
train-weights: rbm-train grey.csv --output weights --sample-weights weights.csv --hidden 8 --epochs 3 --no-progress
train-missing: rbm-train gaps.csv --output missing --missing nan --missing-sweeps 3 --hidden 6 --epochs 3 --no-progress
train-missing-gaussian: rbm-train real-gaps.csv --output missing-gaussian --missing nan --visible-units gaussian --hidden 5
  --epochs 3 --no-progress
train-validation: rbm-train digits.npy --output validation --validation later.npy --track-likelihood 2 --hidden 30 --epochs 3
  --verbose --no-progress
train-sized: rbm-train digits.npy --output sized --no-progress
train-best: rbm-train digits.npy --output best-kept --validation later.npy --hidden 30 --epochs 20 --no-progress
train-held-out: rbm-train grey.csv --output held-out --hold-out 0.3 --hidden 8 --epochs 3 --no-progress
train-stop-likelihood: rbm-train digits.npy --output stop-likelihood --validation later.npy --stop-on likelihood --patience 2
  --learning-rate 1 --hidden 10 --epochs 12 --averaging 0.2 --no-progress
train-stop-gap: rbm-train digits.npy --output stop-gap --validation later.npy --stop-on gap --largest-gap 0.01 --patience 2
  --learning-rate 0.5 --hidden 10 --epochs 12 --no-progress
train-recipe-best: rbm-train digits.npy --output best --recipe best --hidden 8 --epochs 2 --no-progress
train-recipe-melchior: rbm-train digits.npy --output melchior --recipe melchior-2016 --hidden 8 --epochs 2 --no-progress
train-recipe-salakhutdinov: rbm-train digits.npy --output salakhutdinov --recipe salakhutdinov-murray-2008 --hidden 8 --epochs 2
  --no-progress
train-recipe-tieleman: rbm-train digits.npy --output tieleman --recipe tieleman-hinton-2009 --hidden 8 --epochs 2 --no-progress
train-again: rbm-train digits.npy --output pcd-again --hidden 5 --epochs 1 --no-progress
train-again-forced: rbm-train digits.npy --output pcd-again --hidden 7 --epochs 1 --force --no-progress
train-reference-backend: RBM_BACKEND=reference rbm-train digits.npy --output reference --hidden 12 --epochs 2 --no-progress
train-reference-spin: RBM_BACKEND=reference rbm-train ring.npy --output reference-spin --visible-units spin --hidden 6 --epochs 2
  --optimizer adam --learning-rate 0.01 --no-progress

# rbm-train: going on.
resume-pcd: rbm-train --output pcd --resume --epochs 5 --no-progress
resume-cd: rbm-train --output cd --resume --epochs 5 --no-progress
resume-fpcd: rbm-train --output fpcd --resume --epochs 5 --no-progress
resume-trajectory: rbm-train --output trajectory --resume --epochs 8 --no-progress
resume-tempering: rbm-train --output tempering --resume --epochs 4 --no-progress
resume-nce: rbm-train --output nce --resume --epochs 5 --no-progress
resume-adam: rbm-train --output adam --resume --epochs 5 --no-progress
resume-momentum: rbm-train --output momentum --resume --epochs 5 --no-progress
resume-averaging: rbm-train --output averaging --resume --epochs 6 --no-progress
resume-exact: rbm-train --output exact --resume --restarts 5 --no-progress
resume-hybrid: rbm-train --output hybrid --resume --epochs 5 --no-progress
resume-gaussian: rbm-train --output gaussian --resume --epochs 6 --no-progress
resume-potts: rbm-train --output potts-potts --resume --epochs 6 --no-progress
resume-missing: rbm-train --output missing --resume --epochs 5 --no-progress
resume-weights: rbm-train --output weights --resume --epochs 5 --no-progress
resume-validation: rbm-train --output validation --resume --epochs 4 --no-progress
resume-denoising: rbm-train --output denoising --resume --epochs 6 --no-progress
resume-finished: rbm-train --output sparsity --resume --json --no-progress

# rbm-estimate.
estimate-exact: rbm-estimate pcd/model.safetensors digits.npy --no-progress
estimate-json: rbm-estimate cd/model.safetensors later.npy --method exact --json --no-progress
estimate-ais: rbm-estimate pcd/model.safetensors digits.npy --method ais --chains 20 --betas 200 --no-progress
estimate-ais-uniform: rbm-estimate pcd/model.safetensors --method ais --base uniform --schedule linear --chains 20 --betas 100
  --json --no-progress
estimate-reverse: rbm-estimate fpcd/model.safetensors later.npy --method reverse --base model --chains 20 --betas 200 --steps 100
  --json --no-progress
estimate-sandwich: rbm-estimate fpcd/model.safetensors later.npy --method sandwich --schedule salakhutdinov-murray --chains 20
  --betas 200 --steps 100 --no-progress
estimate-tempering: rbm-estimate pcd/model.safetensors digits.npy --method tempering --chains 4 --steps 200 --json --no-progress
estimate-beta: rbm-estimate cd/model.safetensors --beta 0.7 --no-progress
estimate-gaussian: rbm-estimate gaussian/model.safetensors real.csv --method sandwich --chains 20 --betas 200 --steps 100
  --json --no-progress
estimate-spin: rbm-estimate spin/model.safetensors ring.npy --method ais --chains 20 --betas 200 --json --no-progress
estimate-potts: rbm-estimate potts-potts/model.safetensors codes.csv --method sandwich --chains 20 --betas 100 --steps 100
  --json --no-progress
estimate-missing: rbm-estimate missing/model.safetensors --json --no-progress
estimate-trajectory: rbm-estimate trajectory/model.safetensors digits.npy --method trajectory --chains 6 --steps 100 --json
  --no-progress
estimate-observables: rbm-estimate potts-potts/model.safetensors --observables --beta 0.5,1 --chains 4 --steps 100 --no-progress
estimate-observables-gaussian: rbm-estimate gaussian/model.safetensors --observables --chains 3 --steps 50 --json --no-progress
estimate-relaxation: rbm-estimate spin/model.safetensors ring.npy --relaxation 20 --no-progress
estimate-save: rbm-estimate tempering/model.safetensors --save --no-progress
estimate-save-ais: rbm-estimate nce/model.safetensors digits.npy --method ais --chains 20 --betas 100 --save --force --no-progress

# rbm-score.
score-plain: rbm-score pcd/model.safetensors later.npy --no-progress
score-likelihood: rbm-score tempering/model.safetensors digits.npy --output scores.csv --no-progress
score-npy: rbm-score spin/model.safetensors ring.npy --output scores.npy --no-progress
score-json: rbm-score potts/model.safetensors codes.csv --json --no-progress
score-pipe: rbm-score grey/model.safetensors - --beta 0.5 --no-progress < grey.csv
score-sampled: rbm-score sampled/model.safetensors grey.csv --seed 9 --no-progress
score-gaussian: rbm-score gaussian/model.safetensors real.csv --no-progress
score-against-model: rbm-score pcd/model.safetensors later.npy --against cd/model.safetensors --chains 20 --betas 100 --json
  --no-progress
score-against-data: rbm-score pcd/model.safetensors digits.npy --against later.npy --json --no-progress
score-missing: rbm-score missing/model.safetensors gaps.csv --missing nan --no-progress
score-missing-gaussian: rbm-score missing-gaussian/model.safetensors real-gaps.csv --missing nan --chains 20 --betas 50
  --no-progress
score-classify: rbm-score discriminative/model.safetensors digits.npy --classify --labels digit-labels.npy --output classes.npy
  --no-progress
score-classify-json: rbm-score hybrid/model.safetensors later.npy --classify --json --no-progress
score-anomalies: rbm-score threshold/model.safetensors grey.csv --labels odd.csv --output anomalies.csv --no-progress
score-anomalous-label: rbm-score threshold/model.safetensors grey.csv --labels classes.csv --anomalous-label 2 --json --no-progress
score-calibrate: rbm-score threshold/model.safetensors grey.csv --calibrate 0.9 --no-progress
score-calibrated: rbm-score threshold/model.safetensors grey.csv --no-progress
score-attribution: rbm-score pcd/model.safetensors later.npy --attribution attribution.npy --output attributed.npy --no-progress
score-attribution-picture: rbm-score cd/model.safetensors later.npy --attribution attribution.png --quiet
score-attribution-gaussian: rbm-score gaussian/model.safetensors real.csv --attribution blame.npy --quiet
score-attribution-potts: rbm-score potts/model.safetensors codes.csv --attribution blame-potts.npy --quiet

# rbm-reconstruct.
reconstruct-picture: rbm-reconstruct pcd/model.safetensors later.npy --output pairs.png --no-progress
reconstruct-steps: rbm-reconstruct pcd/model.safetensors later.npy --steps 5 --seed 3 --output steps.npy --no-progress
reconstruct-states: rbm-reconstruct spin/model.safetensors ring.npy --states --output states.npy --no-progress
reconstruct-hidden: rbm-reconstruct potts/model.safetensors codes.csv --hidden --output hidden.npy --no-progress
reconstruct-hidden-states: rbm-reconstruct gaussian/model.safetensors real.csv --hidden --states --output hidden-states.npy
  --no-progress
reconstruct-mask: rbm-reconstruct exact/model.safetensors bars.npy --mask mask.npy --steps 20 --output filled.npy --no-progress
reconstruct-mask-picture: rbm-reconstruct exact/model.safetensors bars.npy --mask mask.npy --steps 5 --output filled.png
  --no-progress
reconstruct-spread: rbm-reconstruct exact/model.safetensors bars.npy --mask mask.npy --steps 10 --chains 12 --spread spread.npy
  --output means.npy --no-progress
reconstruct-chains: rbm-reconstruct exact/model.safetensors bars.npy --mask mask.npy --steps 10 --chains 3 --states
  --output chains.npy --no-progress
reconstruct-missing: rbm-reconstruct missing-gaussian/model.safetensors real-gaps.csv --missing nan --steps 10 --output mended.npy
  --no-progress
reconstruct-pipe: rbm-reconstruct grey/model.safetensors - --output - --no-progress < grey.csv

# rbm-dream: every sampler.
dream-gibbs: rbm-dream pcd/model.safetensors --chains 9 --steps 30 --output gibbs.png --no-progress
dream-film: rbm-dream pcd/model.safetensors --chains 4 --steps 12 --every 3 --output film.gif --no-progress
dream-frames: rbm-dream cd/model.safetensors --chains 4 --steps 9 --every 3 --states --output frames.png --no-progress
dream-start: rbm-dream cd/model.safetensors --start later.npy --chains 10 --steps 3 --beta 0.8 --output start.npy --json
  --no-progress
dream-means: rbm-dream spin/model.safetensors --means --chains 8 --steps 20 --output - --no-progress
dream-gaussian: rbm-dream gaussian/model.safetensors --chains 8 --steps 20 --output dream-gaussian.npy --no-progress
dream-potts: rbm-dream potts/model.safetensors --chains 8 --steps 20 --every 5 --output dream-potts.npy --json --no-progress
dream-trajectory: rbm-dream trajectory --chains 6 --steps 10 --output trajectory.npy --json
dream-tempering: rbm-dream fpcd/model.safetensors --sampler tempering --chains 6 --steps 30 --output tempering.npy --json
  --no-progress
dream-metropolis: rbm-dream pcd/model.safetensors --sampler metropolis --chains 8 --steps 10 --output metropolis.npy --json
  --no-progress
dream-metropolis-gaussian: rbm-dream gaussian/model.safetensors --sampler metropolis --chains 8 --steps 30
  --output metropolis-gaussian.npy --json --no-progress
dream-gradients: rbm-dream pcd/model.safetensors --sampler gibbs-with-gradients --chains 8 --steps 10 --output gradients.npy --json
  --no-progress
dream-gradients-potts: rbm-dream potts/model.safetensors --sampler gibbs-with-gradients --chains 8 --steps 10
  --output gradients-potts.npy --json --no-progress
dream-langevin: rbm-dream gaussian/model.safetensors --sampler langevin --chains 8 --steps 30 --output langevin.npy --json
  --no-progress
dream-mala: rbm-dream gaussian/model.safetensors --sampler mala --chains 8 --steps 30 --output mala.npy --json --no-progress
dream-mala-step: rbm-dream gaussian/model.safetensors --sampler mala --step-size 0.3 --chains 8 --steps 30 --output mala-step.npy
  --no-progress
dream-gibbs-langevin: rbm-dream gaussian-raw/model.safetensors --sampler gibbs-langevin --chains 8 --steps 20
  --output gibbs-langevin.npy --json --no-progress
dream-annealing: rbm-dream pcd/model.safetensors --sampler annealing --modes --chains 8 --steps 20 --output modes.png --json
  --no-progress
dream-modes-gaussian: rbm-dream gaussian/model.safetensors --sampler annealing --modes --chains 8 --steps 20 --output modes.npy
  --json --no-progress
dream-label: rbm-dream joint/model.safetensors --label 3 --chains 8 --steps 30 --output label.npy --no-progress
dream-labels: rbm-dream hybrid/model.safetensors --chains 8 --steps 30 --output labels.png --no-progress

# rbm-data with models.
data-compose: rbm-data compose pcd/model.safetensors cd/model.safetensors --output both.safetensors --json
data-compose-weights: rbm-data compose pcd/model.safetensors fpcd/model.safetensors --energy-weights 0.5,2
  --output mixed.safetensors
data-model-labels: rbm-data digits.npy --labels digit-labels.npy --model joint/model.safetensors --output joint.npy
score-composed: rbm-score both.safetensors later.npy --no-progress
score-joint: rbm-score joint/model.safetensors joint.npy --beta 0.9 --no-progress

# rbm-inspect and rbm-check.
inspect-model: rbm-inspect pcd/model.safetensors
inspect-json: rbm-inspect cd/model.safetensors --json
inspect-checkpoint: rbm-inspect fpcd/checkpoint.safetensors
inspect-picture: rbm-inspect pcd/model.safetensors --picture filters.png
inspect-gaussian: rbm-inspect gaussian/model.safetensors --json
inspect-potts: rbm-inspect potts-potts/model.safetensors
inspect-labels: rbm-inspect joint/model.safetensors --json
inspect-saved: rbm-inspect tempering/model.safetensors
inspect-exact: rbm-inspect exact/checkpoint.safetensors --json
check-all: rbm-check --threads 1 --no-progress
check-model: rbm-check exact/model.safetensors bars.npy --threads 1 --no-progress
check-gaussian: rbm-check gaussian/model.safetensors real.csv --threads 1 --json --no-progress
check-potts: rbm-check potts-potts/model.safetensors codes.csv --threads 1 --json --no-progress

# What must fail: the command line.
fail-no-arguments: rbm-train
fail-no-output: rbm-train digits.npy
fail-unknown-option: rbm-train digits.npy --output x --hiden 5
fail-unknown-word: rbm-train digits.npy --output x --algorithm pdc
fail-number: rbm-train digits.npy --output x --hidden many
fail-range: rbm-train digits.npy --output x --averaging 1.5
fail-zero: rbm-train digits.npy --output x --batch-size 0
fail-config: rbm-train digits.npy --output x --config wrong.txt
fail-recipe: rbm-train digits.npy --output x --recipe worst
fail-stream: rbm-train digits.npy --output -
fail-no-model: rbm-score
fail-too-many: rbm-inspect a b c
fail-data-ending: rbm-data shifter --output x.txt
fail-data-option: rbm-data shifter --bar 2 --output x.npy
fail-data-columns: rbm-data shifter --columns 5 --output x.csv
fail-data-file-option: rbm-data grey.csv --size 4 --output x.npy
fail-data-kind: rbm-data shiftr --output x.npy
fail-compose-weights: rbm-data compose pcd/model.safetensors --energy-weights 1,2 --output x.safetensors
fail-estimate-method: rbm-estimate pcd/model.safetensors --method guess
fail-dream-both: rbm-dream pcd/model.safetensors --means --states --output x.npy
fail-dream-json: rbm-dream pcd/model.safetensors --json --output -
fail-score-calibrate: rbm-score pcd/model.safetensors digits.npy --calibrate 0.9 --beta 2
fail-score-beta: rbm-score pcd/model.safetensors digits.npy --beta 1e39
fail-reconstruct-hidden: rbm-reconstruct pcd/model.safetensors digits.npy --hidden --steps 3 --output x.npy

# What must fail: options without effect.
idle-fast-rate: rbm-train digits.npy --output x --fast-rate 0.1
idle-fast-decay: rbm-train digits.npy --output x --algorithm cd --fast-decay 0.5
idle-rungs: rbm-train digits.npy --output x --algorithm cd --rungs 5
idle-chains-cd: rbm-train digits.npy --output x --algorithm cd --chains 5
idle-chains-nce: rbm-train digits.npy --output x --algorithm nce --chains 5
idle-steps: rbm-train digits.npy --output x --algorithm ratio-matching --steps 5
idle-steps-schedule: rbm-train digits.npy --output x --steps-schedule linear
idle-noise-sigma: rbm-train digits.npy --output x --noise-sigma 0.5
idle-slices: rbm-train digits.npy --output x --slices 2
idle-flips: rbm-train digits.npy --output x --flips 2
idle-noise-samples: rbm-train digits.npy --output x --noise-samples 2
idle-generative-weight: rbm-train digits.npy --output x --generative-weight 1
idle-restarts: rbm-train digits.npy --output x --restarts 3
idle-exact-rate: rbm-train bars.npy --output x --algorithm exact --learning-rate 0.5
idle-momentum: rbm-train digits.npy --output x --optimizer adam --momentum 0.5
idle-offset-rate: rbm-train digits.npy --output x --centering off --offset-rate 0.5
idle-sparsity: rbm-train digits.npy --output x --sparsity-target 0.1
idle-patience: rbm-train digits.npy --output x --patience 3
idle-largest-gap: rbm-train digits.npy --output x --validation later.npy --stop-on likelihood --largest-gap 3
idle-missing-sweeps: rbm-train digits.npy --output x --missing-sweeps 3
idle-standardize: rbm-train digits.npy --output x --standardize off
idle-minimum-sigma: rbm-train digits.npy --output x --minimum-sigma 0.5
idle-log-sigma-rate: rbm-train digits.npy --output x --visible-units spin --log-sigma-rate 0.5
idle-binarize: rbm-train real.csv --output x --visible-units gaussian --binarize sample
idle-threshold: rbm-train grey.csv --output x --binarize sample --threshold 0.2
idle-visible-states: rbm-train codes.csv --output x --visible-states 3
idle-validation-labels: rbm-train digits.npy --output x --validation-labels digit-labels.npy
idle-data-model: rbm-data digits.npy --model pcd/model.safetensors --output x.npy
idle-estimate-betas: rbm-estimate pcd/model.safetensors --method exact --betas 10
idle-estimate-steps: rbm-estimate pcd/model.safetensors --method ais --steps 10
idle-observables-betas: rbm-estimate pcd/model.safetensors --observables --betas 10
idle-dream-step-size: rbm-dream gaussian/model.safetensors --sampler gibbs --step-size 0.1 --output x.npy
idle-dream-step-size-bits: rbm-dream pcd/model.safetensors --sampler metropolis --step-size 0.1 --output x.npy
idle-reconstruct-chains: rbm-reconstruct pcd/model.safetensors digits.npy --chains 3 --output x.npy
idle-score-label: rbm-score pcd/model.safetensors digits.npy --anomalous-label 3

# What must fail: what is missing, and pairs that do not go together.
pair-score-matching-bits: rbm-train digits.npy --output x --algorithm score-matching
pair-denoising-spin: rbm-train ring.npy --output x --algorithm denoising --visible-units spin
pair-sliced-potts: rbm-train codes.csv --output x --algorithm sliced --visible-units potts --visible-states 3
pair-pseudo-likelihood-gaussian: rbm-train real.csv --output x --algorithm pseudo-likelihood --visible-units gaussian
pair-ratio-matching-gaussian: rbm-train real.csv --output x --algorithm ratio-matching --visible-units gaussian
pair-exact-large: rbm-train digits.npy --output x --algorithm exact --hidden 30
pair-exact-missing: rbm-train gaps.csv --output x --algorithm exact --missing nan --hidden 3
pair-exact-sample: rbm-train grey.csv --output x --algorithm exact --binarize sample --hidden 3
pair-hybrid-missing: rbm-train gaps.csv --labels gap-labels.csv --output x --algorithm hybrid --missing nan
pair-potts-no-states: rbm-train codes.csv --output x --visible-units potts
pair-hidden-potts-no-states: rbm-train digits.npy --output x --hidden-units potts
pair-potts-labels: rbm-train codes.csv --labels classes.csv --output x --visible-units potts --visible-states 3
  --algorithm discriminative
pair-no-labels: rbm-train digits.npy --output x --algorithm discriminative
pair-labels-no-validation-labels: rbm-train digits.npy --labels digit-labels.npy --validation later.npy --output x
pair-stop-no-validation: rbm-train digits.npy --output x --stop-on likelihood
pair-stop-no-labels: rbm-train digits.npy --output x --validation later.npy --stop-on error
pair-langevin-bits: rbm-dream pcd/model.safetensors --sampler langevin --output x.npy
pair-mala-spin: rbm-dream spin/model.safetensors --sampler mala --output x.npy
pair-gradients-gaussian: rbm-dream gaussian/model.safetensors --sampler gibbs-with-gradients --output x.npy
pair-label-unknown: rbm-dream joint/model.safetensors --label 77 --output x.npy
pair-label-no-labels: rbm-dream pcd/model.safetensors --label 3 --output x.npy
pair-classify-no-labels: rbm-score pcd/model.safetensors digits.npy --classify
pair-beta-no-labels: rbm-score joint/model.safetensors digits.npy --beta 2
pair-attribution-picture-potts: rbm-score potts/model.safetensors codes.csv --attribution x.png
pair-compose-kinds: rbm-data compose pcd/model.safetensors gaussian/model.safetensors --output x.safetensors
pair-compose-hidden: rbm-data compose spin/model.safetensors reference-spin/model.safetensors --output x.safetensors
pair-exact-estimate-large: rbm-estimate validation/model.safetensors --method exact

# What must fail: files and values.
file-missing: rbm-train nowhere.npy --output x
file-no-folder: rbm-dream pcd/model.safetensors --output no/where/x.npy
file-no-checkpoint: rbm-train --output nowhere --resume
file-no-checkpoint-words: rbm-train --output pcd --resume --hidden 4
file-fewer-epochs: rbm-train --output pcd --resume --epochs 1
file-folder-exists: rbm-train digits.npy --output pcd --hidden 4
file-exists: rbm-data shifter --size 4 --output bars.npy
file-broken-model: rbm-inspect broken.safetensors
file-not-a-model: rbm-score digits.npy digits.npy
file-broken-picture: rbm-reconstruct exact/model.safetensors bars.npy --mask broken.png --output x.npy
file-word-in-table: rbm-train word.csv --output x
file-ragged: rbm-train ragged.csv --output x
file-gap: rbm-train gaps.csv --output x
file-wide: rbm-score pcd/model.safetensors grey.csv
file-too-large-value: rbm-train real.csv --output x --hidden 4
file-code-too-large: rbm-train codes.csv --output x --visible-units potts --visible-states 2
file-one-label: rbm-train bars.npy --labels bar-labels.csv --output x
file-labels-short: rbm-train digits.npy --labels classes.csv --output x
file-weights-short: rbm-train digits.npy --sample-weights weights.csv --output x
file-start-few: rbm-dream exact/model.safetensors --start bars.npy --chains 64 --output x.npy
file-skip-all: rbm-data grey.csv --skip 5000 --output x.npy
file-not-bytes: rbm-data grey.csv --output x.idx
file-threshold-differs: rbm-score threshold/model.safetensors grey.csv --threshold 0.2
file-threshold-forced: rbm-score threshold/model.safetensors grey.csv --threshold 0.2 --force --quiet

# What diverges.
diverge-train: rbm-train digits.npy --output diverged --hidden 5 --epochs 50 --learning-rate 1e6 --no-progress
diverge-resume: rbm-train --output diverged --resume --no-progress
diverge-score: rbm-score diverged/model.safetensors later.npy --no-progress
diverge-dream: rbm-dream gaussian/model.safetensors --sampler langevin --step-size 1000 --chains 8 --output x.npy --no-progress
'''


class Command:
    """One line of the table."""

    def __init__(self, name, line):
        line, _, self.input = (part.strip() for part in line.partition('<'))
        self.name, words = name, shlex.split(line)
        self.settings = {}
        while '=' in words[0]:
            variable, _, value = words.pop(0).partition('=')
            self.settings[variable] = value
        self.program, self.words = words[0], words[1:]

    def line(self):
        return shlex.join([*(f'{name}={value}' for name, value in self.settings.items()), self.program, *self.words])

    def makes(self):
        """The files and folders that it writes."""
        made = {word for option, word in zip(self.words, self.words[1:])
                if option in ('--output', '--spread', '--attribution', '--picture')}
        if {'--save', '--calibrate'} & set(self.words):
            made.add(self.words[0])  # writes into the model
        return made

    def takes(self):
        """What it may read: names of files, and the first folder of each."""
        return {part for word in [*self.words, self.input] for part in (word, word.split('/')[0])}


def commands():
    found = []
    joined = COMMANDS.replace('\n  ', ' ')
    for line in joined.splitlines():
        if line and not line.startswith('#'):
            name, _, command = line.partition(': ')
            found.append(Command(name, command))
    assert len({command.name for command in found}) == len(found), 'two commands of one name'
    return found


def with_those_before(every, wanted):
    """The wanted commands, and those whose files they take up."""
    chosen, needed = [], set()
    for command in reversed(every):
        made = {part for name in command.makes() for part in (name, name.split('/')[0])}
        if command.name in wanted or made & needed:
            chosen.append(command)
            needed |= command.takes() | made
    return chosen[::-1]


# What the commands read.
def write_table(path, rows, form='{:.3f}'):
    """Without a header; None is a gap."""
    text = '\n'.join(','.join('' if value is None else form.format(value) for value in row) for row in rows)
    path.write_text(text + '\n')


def with_gaps(rows, numbers):
    """A sixth of the values is not known."""
    return [[None if numbers.random() < 1 / 6 else value for value in row] for row in rows]


def write_inputs(folder, datasets):
    """Datasets under short names, since checkpoints hold the paths of their data, and small tables."""
    shutil.copyfile(datasets / 'digits-images-idx3-ubyte.gz', folder / 'digits.gz')
    shutil.copyfile(datasets / 'digits-labels-idx1-ubyte.gz', folder / 'digit-labels.gz')
    numbers = random.Random(1)
    classes = [row % 3 for row in range(120)]
    write_table(folder / 'grey.csv', [[0.5 * numbers.random() + 0.5 * (column % 3 == kind) for column in range(12)]
                                      for kind in classes])
    real = [[2 * kind + column * numbers.gauss(0, 1) for column in range(1, 6)] for kind in classes]
    write_table(folder / 'real.csv', real)
    write_table(folder / 'real-gaps.csv', with_gaps(real, numbers))
    write_table(folder / 'codes.csv', [[(kind + (numbers.random() < 0.3)) % 3 for _ in range(5)] for kind in classes], '{}')
    bits = [[int(numbers.random() < 0.2 + 0.3 * (column % 3)) for column in range(9)] for _ in range(60)]
    write_table(folder / 'gaps.csv', with_gaps(bits, numbers), '{}')
    write_table(folder / 'classes.csv', [[kind] for kind in classes], '{}')
    write_table(folder / 'gap-labels.csv', [[kind] for kind in classes[:60]], '{}')
    write_table(folder / 'odd.csv', [[int(kind == 2)] for kind in classes], '{}')
    write_table(folder / 'labels.csv', [[4 + row % 5] for row in range(150)], '{}')
    write_table(folder / 'bar-labels.csv', [[5]] * 16, '{}')
    write_table(folder / 'weights.csv', [[0.5 + numbers.random()] for _ in classes])
    write_table(folder / 'mask.csv', [[1, 1, 1, 1, 0, 0, 0, 1, 0]], '{}')
    (folder / 'settings.txt').write_text('# a comment\nsize = 2\njson = true\n')
    (folder / 'wrong.txt').write_text('hidden = 5\ncolour = red\n')
    (folder / 'word.csv').write_text('a,b,c\n1,0,1\n0,one,1\n')
    (folder / 'ragged.csv').write_text('1,0,1\n0,1\n')
    (folder / 'broken.safetensors').write_bytes(b'\x40\0\0\0\0\0\0\0{"weights":')
    (folder / 'broken.png').write_bytes(b'\x89PNG\r\n\x1a\nno picture')


# What they leave.
TIMES = re.compile(r'"(?:seconds|\w+_seconds|seconds_\w+|\w+_per_second)":[-+.\w]+,?')


def without_times(raw):
    return TIMES.sub('', raw.decode()).encode() if b'second' in raw else raw


def described(raw):
    """A digest, and short texts themselves."""
    found = {'sha256': hashlib.sha256(raw).hexdigest()}
    try:
        if len(raw) <= LONGEST_TEXT:
            found['text'] = raw.decode()
    except UnicodeDecodeError:
        pass
    return found


def normalised(text, folders):
    """Messages without what may differ between two runs: folders, rates, times and the number of threads."""
    for name, folder in folders.items():
        text = text.replace(str(folder), name)
    text = re.sub(r'[\d.]+(e[-+]?\d+)? (examples/s\b)', r'N \2', text)
    text = re.sub(r'\b\d+ threads?;', 'N threads;', text)
    return re.sub(r'\b[\d.]+( ?s| seconds| minutes| hours)\b', r'N\1', text)


def stamps(folder):
    """What tells that a file was written: one that is replaced has another inode."""
    found = {}
    for path in sorted(folder.rglob('*')):
        if path.is_file():
            status = path.stat()
            found[str(path.relative_to(folder))] = (status.st_ino, status.st_mtime_ns, status.st_size)
    return found


def environment(settings):
    kept = {name: value for name, value in os.environ.items() if not name.startswith('RBM_')}
    return {**kept, 'LC_ALL': 'C', **settings}


def run(command, programs, folder):
    """What the command did."""
    before = stamps(folder)
    with open(folder / command.input if command.input else os.devnull, 'rb') as source:
        done = subprocess.run([programs / command.program, *command.words], cwd=folder, env=environment(command.settings),
                              stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    after = stamps(folder)
    files = {name: described(read_file(folder / name)) for name in after if after[name] != before.get(name)}
    files.update({name: {'sha256': 'removed'} for name in before if name not in after})
    return {'command': command.line(), 'exit': done.returncode, 'files': files, 'stdout': described(without_times(done.stdout)),
            'stderr': normalised(done.stderr.decode(errors='backslashreplace'), {'SCRATCH': folder, 'PROGRAMS': programs})}


def read_file(path):
    raw = path.read_bytes()
    if path.name == 'report.html':  # times, versions and the folder's name
        return b''
    return without_times(raw) if path.name == 'metrics.jsonl' else raw


def run_all(chosen, programs, datasets):
    """By name, what each command did in one new folder."""
    with tempfile.TemporaryDirectory(prefix='rbm-same-bytes-') as name:
        folder = pathlib.Path(name).resolve()
        write_inputs(folder, datasets)
        return {command.name: run(command, programs, folder) for command in chosen}


def version_text(programs):
    done = subprocess.run([programs / 'rbm-train', '--version'], env=environment({}), stdout=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(f'{programs}/rbm-train --version: exit code {done.returncode}')
    return done.stdout.decode()


def that_matters(version):
    """Not the number of the version, nor how many threads there are: results do not depend on those."""
    return [line for line in version.splitlines()[1:] if line and not line.startswith('Threads:')]


# What differs.
def text_difference(what, before, now):
    lines = difflib.unified_diff(before.splitlines(), now.splitlines(), f'{what} recorded', f'{what} now', lineterm='', n=1)
    return [f'    {line}' for line in lines] or [f'    {what}: ends of lines differ']


def differences_of(what, before, now):
    """Of two descriptions, either of which may be None."""
    if before is None or now is None:
        return [f'  {what}: {"not written before" if before is None else "no longer written"}']
    if before['sha256'] == now['sha256']:
        return []
    if 'text' in before and 'text' in now:
        return [f'  {what}: other text', *text_difference(what, before['text'], now['text'])]
    return [f'  {what}: other bytes']


def differences(before, now):
    """Lines that tell what a command does otherwise."""
    found = []
    if before['command'] != now['command']:
        found.append(f'  the command itself is another than that recorded: {before["command"]}')
    if before['exit'] != now['exit']:
        found.append(f'  exit code: {before["exit"]} recorded, {now["exit"]} now')
    for name in sorted(before['files'].keys() | now['files'].keys()):
        found += differences_of(name, before['files'].get(name), now['files'].get(name))
    found += differences_of('stdout', before['stdout'], now['stdout'])
    if before['stderr'] != now['stderr']:
        found += ['  stderr: other text', *text_difference('stderr', before['stderr'], now['stderr'])]
    return found


def record(options, chosen, wanted):
    found = run_all(chosen, options.programs, options.datasets)
    content = {'version': version_text(options.programs),
               'commands': {name: result for name, result in found.items() if name in wanted}}
    options.record.write_text(json.dumps(content, indent=1) + '\n')
    crashed = [name for name in wanted if found[name]['exit'] not in PROMISED_EXITS]
    for name in crashed:
        print(f'{name}: {found[name]["command"]}\n  exit code {found[name]["exit"]}\n{found[name]["stderr"]}')
    print(f'{len(content["commands"])} commands recorded, {len(crashed)} crashed')
    return 1 if crashed else 0


def compare(options, chosen, wanted):
    known = json.loads(options.record.read_text())
    version = version_text(options.programs)
    if that_matters(known['version']) != that_matters(version):
        print('nothing to compare: the record is of another compiler, BLAS or CPU class')
        print('\n'.join(text_difference('--version', known['version'], version)))
        return CANNOT_COMPARE
    found = run_all(chosen, options.programs, options.datasets)
    differ = 0
    for name, now in found.items():
        if name not in wanted:
            continue
        before = known['commands'].get(name)
        told = ['  it is not in the record'] if before is None else differences(before, now)
        if told:
            differ += 1
            print('\n'.join([f'{name}: {now["command"]}', *told]))
    # Where all were asked for, the record may hold more.
    gone = [] if options.only else [name for name in known['commands'] if name not in found]
    for name in gone:
        print(f'{name}: is in the record only')
    print(f'{len(wanted) + len(gone)} commands, {differ + len(gone)} differ')
    return 1 if differ or gone else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('action', choices=['record', 'compare'])
    parser.add_argument('programs', type=lambda text: pathlib.Path(text).resolve(), help='folder of rbm-train and the others')
    parser.add_argument('record', type=pathlib.Path, help='file of the record')
    parser.add_argument('--only', metavar='WORD', default='', help='the commands with WORD in their names, and what those need')
    parser.add_argument('--datasets', type=pathlib.Path, default=ROOT / 'datasets', help='folder of the digits')
    options = parser.parse_args()
    every = commands()
    wanted = {command.name for command in every if options.only in command.name}
    if not wanted:
        parser.error(f'--only {options.only}: no command has that in its name')
    absent = sorted({command.program for command in every if not (options.programs / command.program).is_file()})
    if absent:
        parser.error(f'{options.programs}: lacks {" ".join(absent)}')
    return {'record': record, 'compare': compare}[options.action](options, with_those_before(every, wanted), wanted)


if __name__ == '__main__':
    sys.exit(main())
