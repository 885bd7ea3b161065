#!/bin/sh
# SPDX-License-Identifier: MIT
# From a bare clone to dreamed digits: sets up, builds, trains on datasets/, scores, reconstructs, dreams.
# usage: sh apps/demo.sh     it writes into build/ and run-digits/ only; a second run starts over
set -eu
cd "$(dirname "$0")/.."
sh apps/setup.sh build

digits=datasets/digits-images-idx3-ubyte.gz
labels=datasets/digits-labels-idx1-ubyte.gz
run=run-digits
model=$run/model.safetensors
export LC_ALL=C # sort and awk must read decimal points
progress=
[ -t 2 ] || progress=--no-progress # a log needs no line per epoch
say() { printf '\n== %s\n' "$1"; }

say "Training 128 hidden units on 1797 handwritten digits of 8x8 grey pixels: about ten seconds"
build/apps/rbm-train $digits --output $run --binarize sample --force $progress

say "Scoring them: the lower the free energy, the more familiar a picture"
build/apps/rbm-score $model $digits --output $run/scores.csv --force
gzip -dc $labels | tail -c +9 | od -An -v -tu1 -w1 > $run/labels.txt
tail -n +2 $run/scores.csv | paste -d , - $run/labels.txt | awk -F , '
    function named(digit) { return (digit == 8 ? "an " : "a ") (digit + 0) }
    NR == 1 || $1 < low { low = $1; best = NR; best_digit = $2 }
    NR == 1 || $1 > high { high = $1; worst = NR; worst_digit = $2 }
    END { printf "the most familiar: sample %d, %s, at %.1f nats\n", best, named(best_digit), low
          printf "the strangest:     sample %d, %s, at %.1f nats\n", worst, named(worst_digit), high }'
# Rows of pixels sorted by their scores: the first and last 32 make a sheet of 8 rows.
build/apps/rbm-data $digits --output - 2>/dev/null | tail -n +2 > $run/pixels.csv
tail -n +2 $run/scores.csv | paste -d , - $run/pixels.csv | sort -t , -k 1,1g | cut -d , -f 2- > $run/sorted.csv
{ head -n 32 $run/sorted.csv; tail -n 32 $run/sorted.csv; } |
    build/apps/rbm-data - --output $run/familiar-and-strange.png --force --quiet
rm -f $run/labels.txt $run/pixels.csv $run/sorted.csv

say "Reconstructing them"
build/apps/rbm-reconstruct $model $digits --output $run/digits-and-reconstructions.png --force --quiet

say "Dreaming: 100 chains start from noise and make 1000 steps; 36 chains are filmed for 500"
build/apps/rbm-dream $model --chains 100 --output $run/dreams.png --force $progress
build/apps/rbm-dream $model --chains 36 --steps 500 --every 5 --output $run/dreams.gif --force $progress

build/apps/rbm-dream $model --output $run/dream.html --force --quiet

say "Done. Look at these pictures in $(pwd)/$run:"
cat <<END
  dreams.png                       what the machine believes digits look like
  dreams.gif                       how 36 chains leave noise and wander from digit to digit
  familiar-and-strange.png         top: the 32 digits it knows best; bottom: the 32 that surprise it most
  digits-and-reconstructions.png   digits and their reconstructions from the hidden units
  filters.png                      the weights of each hidden unit
  report.html                      a page that tells how it learned, for a browser
  dream.html                       a page on which it dreams: paint, and it fills in the rest
The machine is in $model, the scores are in $run/scores.csv,
and $run/metrics.jsonl has the course of training.
END
