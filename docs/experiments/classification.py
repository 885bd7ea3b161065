#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How well machines of 500 hidden units, and one of 1500, label MNIST: the table of docs/inference.md, and dreams of each label.

usage: classification.py MNIST_FOLDER OUTPUT_FOLDER [FOLDER_OF_THE_PROGRAMS]     build/apps unless given

Learns from the first 50,000 training digits.  Epoch and options are chosen on the last 10,000; the test set is scored once
for the best of each kind, and for the joint density.  Runs that are there are not repeated.  Exits with 1 when the
discriminative machine's test error is above 1.95 %."""
import json
import pathlib
import subprocess
import sys

import numpy as np

MNIST, OUTPUT = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
PROGRAMS = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else 'build/apps').resolve()
COMMON = ['--validation', 'valid.npy', '--validation-labels', 'valid-labels.npy', '--stop-on', 'error']
CLASSIFIER = ['--binarize', 'none', '--batch-size', 20, '--learning-rate', 1, '--initial-weights', 0.03, '--epochs', 40,
              '--averaging', 0.1]
SPARSE = ['--sparsity-target', 0.1, '--sparsity-cost', 0.01]
WAYS = {
    'discriminative': {'plain': [], 'L2 penalty': ['--weight-decay', 0.0001], 'sparse': SPARSE},
    'hybrid': {'0.01': [], '0.03': ['--generative-weight', 0.03], '0.1': ['--generative-weight', 0.1],
               '0.03, sparse': ['--generative-weight', 0.03, *SPARSE]},
    'hybrid, 1500 units': {'0.1': ['--generative-weight', 0.1]},
    'pcd': {'joint': []},
}


def run(program, *words):
    done = subprocess.run([PROGRAMS / program, *map(str, words), '--quiet'], cwd=OUTPUT, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout) if '--json' in words else None


def prepare():
    for name, rows in ('train', ['--take', 50000]), ('valid', ['--skip', 50000]):
        if not (OUTPUT / f'{name}-labels.npy').exists():
            run('rbm-data', MNIST / 'train-images-idx3-ubyte.gz', *rows, '--output', f'{name}.npy', '--force')
            run('rbm-data', MNIST / 'train-labels-idx1-ubyte.gz', *rows, '--output', f'{name}-labels.npy')


def metrics(folder):
    return [json.loads(line) for line in (OUTPUT / folder / 'metrics.jsonl').read_text().splitlines()]


def learn(kind, name, options):
    folder = f'{kind} {name}'.replace(', ', '-').replace(' ', '-')
    hidden = 1500 if '1500' in kind else 500
    if not (OUTPUT / folder / 'finished').exists():
        how = CLASSIFIER if kind != 'pcd' else []
        run('rbm-train', 'train.npy', '--labels', 'train-labels.npy', '--output', folder, '--force', '--algorithm',
            kind.split(',')[0], '--hidden', hidden, *COMMON, *how, *options)
        (OUTPUT / folder / 'finished').touch()
    best = min(metrics(folder), key=lambda line: line['held_out_error'])
    print(f'| {kind} | {name} | {best["epoch"]} | {metrics(folder)[-1]["seconds"]:.0f} | {100 * best["held_out_error"]:.2f} | |', flush=True)
    return best['held_out_error'], f'{folder}/model.safetensors'


def dreams(model, picture):
    """Ten dreams of each label, one row per label."""
    rows = []
    for label in range(10):
        run('rbm-dream', model, '--label', label, '--chains', 10, '--steps', 5000, '--means', '--output', 'dreams.npy', '--force')
        rows.append(np.load(OUTPUT / 'dreams.npy')[0][:, :784])
    np.save(OUTPUT / 'dreams.npy', np.concatenate(rows).reshape(-1, 28, 28).astype('<f4'))
    run('rbm-data', 'dreams.npy', '--output', picture, '--force')


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    prepare()
    print('| --algorithm | options | best epoch | seconds | held-out error, % | test error, % |\n|---|---|---|---|---|---|')
    good = True
    for kind, ways in WAYS.items():
        held_out, model = min(learn(kind, name, options) for name, options in ways.items())
        found = run('rbm-score', model, MNIST / 't10k-images-idx3-ubyte.gz', '--classify', '--labels',
                    MNIST / 't10k-labels-idx1-ubyte.gz', '--json')
        print(f'| {kind} | the best, {model} | | | {100 * held_out:.2f} | {100 * found["error"]:.2f} |', flush=True)
        good = good and (kind != 'discriminative' or found['error'] <= 0.0195)
        if kind == 'pcd':
            dreams(model, 'dreams-by-label.png')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
