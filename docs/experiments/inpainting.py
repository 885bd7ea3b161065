#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Half-covered digits, filled in: the picture of docs/inference.md.

usage: inpainting.py MODEL IMAGES LABELS PICTURE.png [FOLDER_OF_THE_PROGRAMS]     build/apps unless given

One row per digit from 1 to 9: the digit, what the machine sees of it, six ends of clamped chains of 1000 sweeps, the mean of
100 chains, and how far they lie around it."""
import gzip
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np

MODEL, IMAGES, LABELS, PICTURE = (pathlib.Path(word).resolve() for word in sys.argv[1:5])
PROGRAM = pathlib.Path(sys.argv[5] if len(sys.argv) > 5 else 'build/apps').resolve() / 'rbm-reconstruct'
SCALE, GAP = 2, 4


def idx(path):
    raw = gzip.decompress(path.read_bytes())
    start = 4 + 4 * raw[3]
    return np.frombuffer(raw, np.uint8, offset=start).reshape(struct.unpack(f'>{raw[3]}I', raw[4:start]))


def filled(folder, *words):
    subprocess.run([PROGRAM, MODEL, 'digits.npy', '--mask', 'mask.npy', '--steps', '1000', '--output', 'out.npy', '--force',
                    '--quiet', *map(str, words)], cwd=folder, check=True)
    return np.load(folder / 'out.npy').reshape(-1, 28, 28)


def write_png(path, grey):
    def chunk(kind, body):
        return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))
    lines = b''.join(b'\0' + row.tobytes() for row in grey)
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', *grey.shape[::-1], 8, 0, 0, 0, 0)) +
                     chunk(b'IDAT', zlib.compress(lines, 9)) + chunk(b'IEND', b''))


def main():
    images, labels = idx(IMAGES), idx(LABELS)
    digits = np.stack([images[np.flatnonzero(labels == digit)[5]] for digit in range(1, 10)]).astype('<f4') / 255
    mask = np.ones((28, 28), '<f4')
    mask[:, 14:] = 0
    covered = np.where(mask == 1, digits, 0.5)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        np.save(folder / 'digits.npy', digits)
        np.save(folder / 'mask.npy', mask)
        ends = [filled(folder, '--seed', seed) for seed in range(1, 7)]
        mean = filled(folder, '--chains', 100, '--spread', 'spread.npy')
        spread = 2 * np.load(folder / 'spread.npy').reshape(-1, 28, 28)  # bits spread by 0.5 at most
    columns = [digits, covered, *ends, mean, spread]
    step = 28 * SCALE + GAP
    sheet = np.full((step * 9 + GAP, step * len(columns) + GAP), 60, np.uint8)
    for x, column in enumerate(columns):
        for y, tile in enumerate(column):
            grey = np.round(255 * np.clip(tile, 0, 1)).astype(np.uint8).repeat(SCALE, 0).repeat(SCALE, 1)
            sheet[GAP + y * step:y * step + step, GAP + x * step:x * step + step] = grey
    write_png(PICTURE, sheet)


if __name__ == '__main__':
    main()
