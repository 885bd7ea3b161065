#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How well the free energy tells a class of MNIST digits that training left out: the table of docs/inference.md.

usage: anomaly.py MNIST_FOLDER WORK_FOLDER [FOLDER_OF_THE_PROGRAMS]     build/apps unless given

For each digit a machine of 784-500 units learns the other nine, its threshold is set on what it learned, and the test
set is scored. Models that are in WORK_FOLDER already are used as they are. Exits with 1 when the mean of the ten areas
under the ROC curve is not what it was."""
import gzip
import json
import pathlib
import struct
import subprocess
import sys

import numpy as np

MNIST, WORK = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
PROGRAMS = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else 'build/apps').resolve()
TRAINING = ['--hidden', 500, '--epochs', 20, '--learning-rate', 0.05, '--threads', 1, '--weight-decay-l1', 0]
QUANTILE = 0.95


def idx(name):
    raw = gzip.decompress((MNIST / name).read_bytes())
    start = 4 + 4 * raw[3]
    return np.frombuffer(raw, np.uint8, offset=start).reshape(struct.unpack(f'>{raw[3]}I', raw[4:start]))


def run(program, *words):
    done = subprocess.run([PROGRAMS / program, *map(str, words), '--quiet'], stdout=subprocess.PIPE, check=True)
    return done.stdout


def model_without(digit):
    folder, data = WORK / f'without-{digit}', WORK / f'without-{digit}-ubyte'
    images = idx('train-images-idx3-ubyte.gz')[idx('train-labels-idx1-ubyte.gz') != digit]
    data.write_bytes(b'\x00\x00\x08\x03' + struct.pack('>3I', *images.shape) + images.tobytes())
    if not (folder / 'finished').exists():
        run('rbm-train', data, '--output', folder, '--force', *TRAINING)
        (folder / 'finished').touch()
    run('rbm-score', folder / 'model.safetensors', data, '--calibrate', QUANTILE, '--force')
    data.unlink()
    return folder / 'model.safetensors'


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    labels, areas = idx('t10k-labels-idx1-ubyte.gz'), []
    print('| left out | ROC AUC | average precision | its share of the test set | found above the threshold | others above it |')
    print('|---|---|---|---|---|---|')
    for digit in range(10):
        model = model_without(digit)
        told = json.loads(run('rbm-score', model, MNIST / 't10k-images-idx3-ubyte.gz', '--json',
                              '--labels', MNIST / 't10k-labels-idx1-ubyte.gz', '--anomalous-label', digit))
        flagged, left_out = np.array(told['anomaly']) == 1, labels == digit
        areas.append(told['roc_auc'])
        print(f"| {digit} | {told['roc_auc']:.3f} | {told['average_precision']:.3f} | {left_out.mean():.3f} "
              f'| {flagged[left_out].mean():.3f} | {flagged[~left_out].mean():.3f} |', flush=True)
    print(f'| mean | {np.mean(areas):.3f} | | | | |')
    return 0 if abs(np.mean(areas) - 0.730) < 0.03 else 1


if __name__ == '__main__':
    sys.exit(main())
