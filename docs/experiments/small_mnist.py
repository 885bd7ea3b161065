#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""784 visible and 16 hidden units on MNIST, where log Z is exact: the table of docs/training.md.

usage: small_mnist.py FOLDER_OF_MNIST [FOLDER_OF_THE_PROGRAMS] [choose]     build/apps unless given

The folder has train-images-idx3-ubyte.gz and t10k-images-idx3-ubyte.gz; pixels above 0.5 are 1.  With `choose` the
candidates for the last row are trained on the first 50,000 training images and scored on the other 10,000; without it
the test images are scored, once for each row and seed.  Exits with 1 when one of them is below the row's bar, or a
machine that is not centred is no worse than the centred one."""
import json
import pathlib
import subprocess
import sys
import tempfile

ALWAYS = ['--hidden', 16, '--batch-size', 100, '--weight-decay-l1', 0]
SLOW = ['--learning-rate', 0.01, '--learning-rate-schedule', 'constant', '--epochs', 50]
BEST = ['--learning-rate', 0.1, '--steps', 5, '--epochs', 100, '--averaging', 0.1]
ROWS = [('centred PCD-1, rate 0.01', SLOW, -143.5),
        ('not centred', [*SLOW, '--centering', 'off'], None),
        ('centred PCD-5, rate 0.1 to 0, 100 epochs, averaged weights', BEST, -139.5)]
SEEDS = 1, 2, 3
CANDIDATES = [['--learning-rate', 0.05, '--epochs', 50], ['--learning-rate', 0.1, '--epochs', 50],
              ['--learning-rate', 0.2, '--epochs', 50], ['--learning-rate', 0.1, '--epochs', 100],
              ['--learning-rate', 0.1, '--steps', 5, '--epochs', 50], ['--learning-rate', 0.2, '--steps', 5, '--epochs', 50],
              ['--learning-rate', 0.1, '--steps', 10, '--epochs', 50],
              ['--learning-rate', 0.05, '--steps', 5, '--epochs', 100], ['--recipe', 'best', '--epochs', 100], BEST]


def run(program, *words):
    command = [PROGRAMS / program, *map(str, words), '--quiet']
    done = subprocess.run(command, cwd=FOLDER, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout) if '--json' in words else None


def likelihood(model, images):
    result = run('rbm-estimate', f'run/{model}.safetensors', images, '--json')
    assert result['method'] == 'exact' and result['prepared'] == 'binarize threshold 0.5', result
    return result['log_likelihood']


def train(images, options):
    run('rbm-train', images, '--output', 'run', '--force', *ALWAYS, *options)


def choose():
    run('rbm-data', TRAIN, '--take', 50000, '--output', 'first-ubyte.gz')
    run('rbm-data', TRAIN, '--skip', 50000, '--output', 'last-ubyte.gz')
    print('| options | the other 10,000 |\n|---|---|')
    for options in CANDIDATES:
        train('first-ubyte.gz', options)
        ends = ', '.join(f'{name} {likelihood(model, "last-ubyte.gz"):.2f}' for name, model in (('last', 'checkpoint'), ('model', 'model')))
        print(f'| {" ".join(map(str, options))} | {ends} |', flush=True)


def table():
    print('| training | train, seeds 1 to 3 | test, seeds 1 to 3 |\n|---|---|---|')
    good, worst_centred = True, None
    for name, options, bar in ROWS:
        ends = []
        for seed in SEEDS:
            train(TRAIN, [*options, '--seed', seed])
            ends.append((likelihood('model', TRAIN), likelihood('model', TEST)))
        cells = [', '.join(f'{end[part]:.2f}' for end in ends) for part in (0, 1)]
        print(f'| {name} | {cells[0]} | {cells[1]} |', flush=True)
        tests = [end[1] for end in ends]
        worst_centred = worst_centred or min(tests)
        good = good and (min(tests) >= bar if bar else max(tests) < worst_centred)
    return good


if __name__ == '__main__':
    words = [word for word in sys.argv[1:] if word != 'choose']
    if not 1 <= len(words) <= 2:
        sys.exit(__doc__)
    TRAIN, TEST = (pathlib.Path(words[0]).resolve() / f'{part}-images-idx3-ubyte.gz' for part in ('train', 't10k'))
    PROGRAMS = pathlib.Path(words[1] if len(words) == 2 else 'build/apps').resolve()
    with tempfile.TemporaryDirectory() as temporary:
        FOLDER = pathlib.Path(temporary)
        sys.exit(choose() if 'choose' in sys.argv[1:] else 0 if table() else 1)
