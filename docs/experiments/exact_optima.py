#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The best log-likelihoods there are on small sets, by rbm-train --algorithm exact: the tables of docs/training.md.

usage: exact_optima.py [FOLDER_OF_THE_PROGRAMS]     build/apps unless given

Exits with 1 when a likelihood is not what it should be: bits within 1e-3 nats of the best that is known and never more
than 1e-9 above it; for the Laplace sources CD and PCD within 0.02 nats of the exact optimum."""
import json
import pathlib
import subprocess
import sys
import tempfile

PROGRAMS = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else 'build/apps').resolve()
BITS = [('bars-and-stripes', ['--size', 3], 4, -3.119162313), ('bars-and-stripes', ['--size', 3], 5, -2.599301928),
        ('bars-and-stripes', ['--size', 3], 9, -2.599301928), ('bars-and-stripes', ['--size', 4], 16, -3.379092505),
        ('shifting-bar', ['--size', 9, '--bar', 1], 4, -2.197224577)]
# Near W = 0 a Gaussian machine learns nothing, and from elsewhere it ends in a local maximum more often than not.
AWAY = ['--initial-weights', 2, '--initial-hidden-bias', -4, '--batch-size', 1000, '--learning-rate', 1, '--epochs', 200]
SOURCES = {'exact, best of 20 restarts': [['--algorithm', 'exact', '--restarts', 20]],
           'CD-1, best of 8 seeds': [['--algorithm', 'cd', '--seed', seed, *AWAY] for seed in range(1, 9)],
           'PCD-1, best of 8 seeds': [['--algorithm', 'pcd', '--seed', seed, *AWAY] for seed in range(1, 9)]}
COMMON = ['--hidden', 4, '--visible-units', 'gaussian', '--standardize', 'off']


def run(folder, program, *words):
    done = subprocess.run([PROGRAMS / program, *map(str, words), '--quiet'], cwd=folder, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout) if '--json' in words else None


def bits(folder):
    print('| set | hidden | best of 100 restarts | known | found by restart |\n|---|---|---|---|---|')
    good = True
    for name, options, hidden, known in BITS:
        run(folder, 'rbm-data', name, *options, '--output', 'set.npy', '--force')
        run(folder, 'rbm-train', 'set.npy', '--output', 'run', '--force', '--algorithm', 'exact', '--hidden', hidden, '--restarts', 100)
        ends = [line for line in map(json.loads, (folder / 'run/metrics.jsonl').open()) if 'ended' in line]
        best = run(folder, 'rbm-estimate', 'run/model.safetensors', 'set.npy', '--json')['log_likelihood']
        first = next(line['restart'] for line in ends if line['log_likelihood'] > best - 1e-3)
        print(f'| {name} {" ".join(map(str, options))} | {hidden} | {best:.9f} | {known:.6f} | {first} |', flush=True)
        good = good and known - 1e-3 <= best <= known + 1e-9
    return good


def sources(folder):
    for name, seed in ('train.npy', 1), ('test.npy', 2):
        run(folder, 'rbm-data', 'laplace-sources', '--rows', 20000, '--seed', seed, '--output', name, '--force')
    print('\n| trainer | train | test | within 0.02 |\n|---|---|---|---|')
    best, good = None, True
    for name, ways in SOURCES.items():
        ends = []
        for options in ways:
            run(folder, 'rbm-train', 'train.npy', '--output', 'run', '--force', *COMMON, *options)
            ends.append([run(folder, 'rbm-estimate', 'run/model.safetensors', data, '--json')['log_likelihood']
                         for data in ('train.npy', 'test.npy')])
        train, test = max(ends)
        best = train if best is None else best
        print(f'| {name} | {train:.4f} | {test:.4f} | {sum(end[0] > best - 0.02 for end in ends)} of {len(ends)} |', flush=True)
        good = good and best - 0.02 <= train <= best + 1e-6
    return good


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as name:
        results = [bits(pathlib.Path(name)), sources(pathlib.Path(name))]
    sys.exit(0 if all(results) else 1)
