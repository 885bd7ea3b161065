#!/bin/sh
# SPDX-License-Identifier: MIT
# From a bare clone to dreamed digits: sets up, builds, trains on datasets/, scores, reconstructs, dreams.
# usage: sh apps/demo.sh     everything it writes lies in build/ and run-digits/; a second run starts over
set -eu
cd "$(dirname "$0")/.."
sh apps/setup.sh build

digits=datasets/digits-images-idx3-ubyte.gz
run="run-digits"
model=$run/model.safetensors

echo
echo "== Training 100 hidden units on 1797 handwritten digits of 8x8 pixels"
build/apps/rbm-train $digits --output $run --hidden 100 --steps 5 --epochs 1000 --learning-rate 0.05 --seed 1 --force
echo "== Scoring them: the lower the free energy, the more a picture looks like the training data"
build/apps/rbm-score $model $digits --output $run/scores.csv --force
head -n 4 $run/scores.csv
echo "== Reconstructing them"
build/apps/rbm-reconstruct $model $digits --output $run/reconstructions.png --force
echo "== Dreaming: 100 chains leave noise and wander for 2000 steps"
build/apps/rbm-dream $model --chains 100 --steps 2000 --seed 1 --output $run/dreams.png --force
build/apps/rbm-dream $model --chains 100 --steps 2000 --every 50 --seed 1 --output $run/dreams.gif --force

echo
echo "Look at:"
for picture in "$run"/*.png "$run"/*.gif; do
    if [ -f "$picture" ]; then echo "  $(pwd)/$picture"; fi
done
echo "The machine is $model; the scores are $run/scores.csv; the course of training is $run/metrics.jsonl."
