#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How much likelihood each objective of rbm-train loses against exact maximum likelihood, and in what time: the tables of
docs/training.md, for bits on bars and stripes, for real numbers on two Laplace sources.

usage: objectives.py [FOLDER_OF_THE_PROGRAMS]     build/apps unless given

Exits with 1 when an objective loses more than it should."""
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

PROGRAMS = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else 'build/apps').resolve()
SEEDS = range(1, 4)
# Full batches at a rate that falls to 0; the same number of updates for all.
BITS = ['--hidden', 9, '--batch-size', 16, '--epochs', 20000, '--learning-rate', 0.1]
ON_BITS = {'cd': [], 'cd, 10 steps': ['--algorithm', 'cd', '--steps', 10], 'pcd': [], 'tempering': ['--algorithm', 'tempering', '--chains', 16],
           'pseudo-likelihood': [], 'ratio-matching': ['--learning-rate', 1], 'nce': [],
           'nce, 100 noise samples': ['--algorithm', 'nce', '--noise-samples', 100]}
# Near W = 0 a Gaussian machine learns nothing: see exact_optima.py.
REALS = ['--hidden', 4, '--visible-units', 'gaussian', '--standardize', 'off', '--initial-weights', 2, '--initial-hidden-bias', -4,
         '--batch-size', 1000, '--epochs', 100, '--learning-rate', 0.3]
ON_REALS = {'cd': ['--learning-rate', 1], 'pcd': ['--learning-rate', 1], 'score-matching': [], 'denoising': [],
            'denoising, sigma 0.1': ['--algorithm', 'denoising', '--noise-sigma', 0.1, '--learning-rate', 1], 'sliced': [], 'nce': []}
LARGEST_LOSS = {'pseudo-likelihood': 0.5, 'ratio-matching': 1, 'nce': 0.5, 'score-matching': 0.02, 'sliced': 0.02}


def run(folder, program, *words):
    done = subprocess.run([PROGRAMS / program, *map(str, words), '--quiet'], cwd=folder, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout) if '--json' in words else None


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def likelihoods(folder, sets):
    return [run(folder, 'rbm-estimate', 'run/model.safetensors', data, '--method', 'exact', '--json') for data in sets]


def table(folder, title, common, ways, sets, restarts):
    shape = common[:common.index('--initial-weights')] if '--initial-weights' in common else common[:2]
    run(folder, 'rbm-train', sets[0], '--output', 'run', '--force', *shape, '--algorithm', 'exact', '--restarts', restarts)
    best = [one['log_likelihood'] for one in likelihoods(folder, sets)]
    print(f'\n{title}: exact maximum likelihood {", ".join(f"{value:.4f}" for value in best)}\n')
    print('| --algorithm | best | median | ' + ('held out, of the best | ' if len(sets) > 1 else '') + 'processor seconds |')
    print('|---|---|---|---|' + ('---|' if len(sets) > 1 else ''), flush=True)
    good = True
    for name, options in ways.items():
        ends, seconds = [], []
        for seed in SEEDS:
            start = processor_seconds()
            words = [*common, *(options if '--algorithm' in options else ['--algorithm', name, *options])]
            words = {words[i]: words[i + 1] for i in range(0, len(words), 2)}  # the last one counts
            run(folder, 'rbm-train', sets[0], '--output', 'run', '--force', '--seed', seed, *[w for pair in words.items() for w in pair])
            seconds.append(processor_seconds() - start)
            found = likelihoods(folder, sets)
            ends.append([limit - one['log_likelihood'] for limit, one in zip(best, found)])
        least = min(ends)
        losses = [least[0], statistics.median(end[0] for end in ends), *least[1:]]
        print(f'| {name} | ' + ' | '.join(f'{loss:.4f}' for loss in losses) + f' | {statistics.median(seconds):.1f} |', flush=True)
        good = good and least[0] <= LARGEST_LOSS.get(name, 10)
    return good


def main(folder):
    run(folder, 'rbm-data', 'bars-and-stripes', '--size', 3, '--output', 'bars.npy')
    for name, seed in ('train.npy', 1), ('test.npy', 2):
        run(folder, 'rbm-data', 'laplace-sources', '--rows', 20000, '--seed', seed, '--output', name)
    return all([table(folder, 'Bars and stripes, 3 x 3, 9 hidden units', BITS, ON_BITS, ['bars.npy'], 20),
                table(folder, 'Two Laplace sources, 4 hidden units', REALS, ON_REALS, ['train.npy', 'test.npy'], 20)])


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as name:
        sys.exit(0 if main(pathlib.Path(name)) else 1)
