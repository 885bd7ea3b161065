# SPDX-License-Identifier: MIT
"""Read a model or a checkpoint with NumPy alone.  usage: read_model.py MODEL"""
import json
import pathlib
import sys

import numpy as np

DTYPES = {'F32': '<f4', 'F64': '<f8', 'I64': '<i8', 'U64': '<u8', 'U8': 'u1'}


def read_model(path):
    """The tensors by name, and the metadata."""
    raw = pathlib.Path(path).read_bytes()
    start = 8 + int.from_bytes(raw[:8], 'little')
    header = json.loads(raw[8:start])
    metadata = header.pop('__metadata__', {})
    return {name: np.frombuffer(raw[start:][slice(*entry['data_offsets'])], DTYPES[entry['dtype']]).reshape(entry['shape'])
            for name, entry in header.items()}, metadata


if __name__ == '__main__':
    tensors, metadata = read_model(sys.argv[1])
    for name, values in tensors.items():
        print(name, values.dtype, values.shape)
    for name, text in metadata.items():
        print(f'{name} = {text}')
