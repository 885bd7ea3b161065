# SPDX-License-Identifier: MIT
"""Write the smallest model: a Bernoulli machine of random parameters.  usage: write_model.py MODEL VISIBLE HIDDEN"""
import json
import sys

import numpy as np


def write_model(path, tensors, metadata):
    """tensors: arrays by name, written as float32; metadata: texts by name."""
    header, data = {'__metadata__': metadata} if metadata else {}, b''
    for name, values in tensors.items():
        raw = np.asarray(values, '<f4').tobytes()
        header[name] = {'dtype': 'F32', 'shape': np.shape(values), 'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(len(text).to_bytes(8, 'little') + text + data)


if __name__ == '__main__':
    visible, hidden = int(sys.argv[2]), int(sys.argv[3])
    random = np.random.default_rng(1)
    write_model(sys.argv[1], {'weights': random.normal(size=(visible, hidden)), 'visible.bias': np.zeros(visible),
                              'hidden.bias': np.zeros(hidden)}, {'visible.units': 'bernoulli'})
