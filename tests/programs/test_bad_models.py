# SPDX-License-Identifier: MIT
"""Model files that are cut, damaged, lying or of another kind: row I10 of the table of faults, and what the contract adds."""
import json
import struct
import zlib

import numpy as np
from app_testing import main
from bad_input import WIDE, BadInputTest

HIDDEN = 3
VECTORS = {'hidden.bias': HIDDEN, 'visible.bias': WIDE}


def parts():
    """(header, tensor bytes) of a good model."""
    header, data = {'__metadata__': {'rbm.format': '1', 'visible.units': 'bernoulli'}}, b''
    for name, shape in [('weights', [WIDE, HIDDEN])] + [(name, [n]) for name, n in VECTORS.items()]:
        raw = np.linspace(-1, 1, int(np.prod(shape))).astype('<f4').tobytes()
        header[name] = {'dtype': 'F32', 'shape': shape, 'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    return header, data


def joined(header, data, length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack('<Q', len(text) if length is None else length) + text + data


class BadModels(BadInputTest):
    def model_refused(self, content, *saying, code=3):
        self.put('bad.safetensors', content)
        with self.subTest(row='I10', saying=saying):
            self.fails(code, 'rbm-score', 'bad.safetensors', 'good.npy', saying=('bad.safetensors', *saying))
            self.fails(code, 'rbm-estimate', 'bad.safetensors', '--save', saying=('bad.safetensors', *saying))

    def changed(self, change, *saying):
        """A good model whose header and bytes went through change(header, data), which may give new bytes."""
        header, data = parts()
        data = change(header, data) or data
        self.model_refused(joined(header, data), *saying)

    def test_good(self):
        self.put('fine.safetensors', joined(*parts()))
        self.ok('rbm-score', 'fine.safetensors', 'good.npy')

    def test_i10_lengths(self):
        header, data = parts()
        whole = joined(header, data)
        self.model_refused(b'', '0 bytes, too short')
        self.model_refused(whole[:7], '7 bytes, too short')
        self.model_refused(whole[:8], 'is the file cut off?')
        self.model_refused(whole[:-1], 'cut off')
        self.model_refused(joined(header, data, 10**6), 'header of 1000000 bytes', 'cut off')
        self.model_refused(joined(header, data, 2**64 - 1), 'header of 18446744073709551615 bytes', 'at most')
        self.model_refused(joined(header, data, 0), 'header of 0 bytes')
        self.model_refused(joined(header, data, 100_000_001), 'header of 100000001 bytes', 'at most')
        self.model_refused(whole + b'\0', '1 bytes follow the last tensor')

    def test_i10_headers(self):
        text, data = json.dumps(parts()[0]).encode(), parts()[1]
        self.model_refused(joined(b'[' + text[1:], data), 'opening brace')
        self.model_refused(joined(b' ' + text, data), 'opening brace')
        self.model_refused(joined(text[:-1], data), 'not JSON at byte')
        self.model_refused(joined(text + b'{', data), 'not JSON at byte')
        self.model_refused(joined(text.replace(b'bernoulli', b'bern\xffulli'), data), 'not UTF-8 at byte')
        self.model_refused(joined(text[:-1] + b'\0}', data), 'NUL at byte')
        self.model_refused(joined(b'{"a":' + b'[' * 10**6 + b'}', data), 'expected an object')
        self.model_refused(joined(b'{"a":{"shape":' + b'[' * 10**6 + b'}', data), 'shape')
        twice = text.replace(b'"hidden.bias"', b'"visible.bias"')
        self.model_refused(joined(twice, data), '"visible.bias" appears twice')
        self.model_refused(joined(b'{}', b''), 'the tensor "weights" is missing')

    def test_i10_entries(self):
        def entry(key, value):
            def change(header, data):
                header['weights'][key] = value
            return change
        for number, word in ((1.5, 'fraction'), (-3, 'negative'), (1e30, 'exponent'), ('6', 'string'), (None, 'null'),
                             (True, 'true'), (2**64, 'beyond 64 bits')):
            self.changed(entry('shape', [number, HIDDEN]), 'tensor "weights"', word)
            self.changed(entry('data_offsets', [number, 72]), 'tensor "weights"', word)
        self.changed(entry('shape', [1] * 9), 'more than 8 dimensions')
        self.changed(entry('shape', 18), 'expected an array')
        self.changed(entry('shape', [2**33, 2**33]), 'more elements than 64 bits')
        self.changed(entry('shape', [2**62, 4]), 'more elements than 64 bits')  # wraps to 0
        self.changed(entry('shape', [WIDE, HIDDEN + 1]), 'takes 96 bytes', 'span 72')
        self.changed(entry('data_offsets', [0, 71]), 'span 71')
        self.changed(entry('data_offsets', [0, 10**9]), 'end at 1000000000', 'cut off')
        self.changed(entry('data_offsets', [72, 0]), 'run backwards')
        self.changed(entry('data_offsets', [0]), 'has 1 numbers, expected 2')
        self.changed(entry('data_offsets', [0, 72, 72]), 'more than 2 numbers')
        self.changed(entry('dtype', 'X32'), 'unknown dtype "X32"')
        self.changed(entry('dtype', 32), 'dtype')
        self.changed(entry('extra', 1), 'unknown key "extra"')
        self.changed(lambda header, data: header['weights'].pop('dtype') and None, 'the key dtype is missing')

    def test_i10_layout(self):
        def half(name):
            def change(header, data):
                header['weights'].update(dtype=name, shape=[WIDE, 2 * HIDDEN])
            return change
        for name in 'F16', 'BF16', 'I16':
            self.changed(half(name), f'dtype "{name}", expected F32')

        def overlap(header, data):
            header['hidden.bias']['data_offsets'] = [60, 72]
        self.changed(overlap, 'within the tensor before it')

        def hole(header, data):
            for name in VECTORS:
                header[name]['data_offsets'] = [n + 4 for n in header[name]['data_offsets']]
            return data + bytes(4)
        self.changed(hole, 'belong to no tensor')

        def empty(header, data):
            header['weights'].update(shape=[0, HIDDEN], data_offsets=[0, 0])
            for name in VECTORS:
                header[name]['data_offsets'] = [n - 72 for n in header[name]['data_offsets']]
            return data[72:]
        self.changed(empty, 'tensor weights')

        def scalar(header, data):
            header['weights'].update(shape=[], data_offsets=[0, 4])
            for name in VECTORS:
                header[name]['data_offsets'] = [n - 68 for n in header[name]['data_offsets']]
            return data[68:]
        self.changed(scalar, 'tensor weights')

    def test_i10_tensors(self):
        for name in 'weights', *VECTORS:
            def rename(header, data, name=name):
                header['other'] = header.pop(name)
            self.changed(rename, f'the tensor "{name}" is missing')
        for name, length in VECTORS.items():
            def reshape(header, data, name=name, length=length):
                header[name]['shape'] = [length, 1]
            self.changed(reshape, f'tensor "{name}"', f'shape [{length}, 1], expected [{length}]')

        def turned(header, data):
            header['weights']['shape'] = [HIDDEN, WIDE]
        self.changed(turned, 'tensor "visible.bias"', 'shape [6], expected [3]')
        for value in np.nan, np.inf, -np.inf:
            def poison(header, data, value=value):
                return data[:20] + struct.pack('<f', value) + data[24:]
            self.changed(poison, 'tensor weights, element 5', 'expected a finite number')

    def test_i10_metadata(self):
        def entry(key, value):
            def change(header, data):
                header['__metadata__'][key] = value
            return change
        self.changed(entry('rbm.format', '99'), "rbm.format is '99'", 'written by a newer version')
        self.changed(entry('rbm.crc32', '%08x' % (zlib.crc32(parts()[1]) ^ 1)), 'crc32', 'it was damaged')
        self.changed(entry('rbm.crc32', 'xyz'), '8 hexadecimal digits')
        for value in 1, None, ['a'], {'a': 'b'}, True:
            self.changed(entry('rbm.format', value), '__metadata__', 'expected a string')
        self.changed(lambda header, data: header.update(__metadata__=[]), '__metadata__')
        self.changed(entry('visible.units', 'spam'), 'visible.units', 'spam')
        self.changed(entry('hidden.units', 'gaussian'), 'hidden')
        self.changed(entry('data.binarize', 'maybe'), 'data.binarize', 'maybe')
        for value in 'nan', 'x', '', '0.5 ', '7', '-0.1':
            self.changed(entry('data.threshold', value), f"data.threshold is '{value}'", 'expected a number')
        for value in 'nan', 'inf', '1e999', 'twelve':
            self.changed(entry('log_partition', value), 'log_partition', f"'{value}'")
        for height in '4', '-1', '18446744073709551615', '9223372036854775808':
            self.changed(entry('image.height', height), 'image.height')

    def test_i10_nothing_is_allocated(self):
        """A header that promises terabytes costs no memory: the refusal comes first."""
        header, data = parts()
        header['weights'].update(shape=[2**30, 2**10], data_offsets=[0, 2**42])
        self.put('bad.safetensors', joined(header, data))
        code, memory = self.peak_memory('rbm-score', self.path('bad.safetensors'), self.path('good.npy'))
        self.assertEqual(code, 3)
        self.assertLess(memory, 200)

    def test_gaussian(self):
        self.save_model('g.safetensors', self.weights, center=np.zeros(WIDE), log_sigma=np.full(WIDE, 41.0))
        self.fails(3, 'rbm-score', 'g.safetensors', 'good.npy', saying=('g.safetensors', 'log_sigma', '41'))
        for scale in 0, -1, np.nan, np.inf:
            self.save_model('g.safetensors', self.weights, center=np.zeros(WIDE), mean=np.zeros(WIDE),
                            scale=[scale] + [1] * (WIDE - 1))
            self.fails(3, 'rbm-score', 'g.safetensors', 'good.npy', saying=('g.safetensors', 'data.scale, element 0'))

    def test_other_files(self):
        for content, word in ((b'\x93NUMPY\1\0v\0' + bytes(200), 'bad.safetensors'), (b'0,1,0\n' * 20, 'is it a model file?')):
            self.model_refused(content, word)


if __name__ == '__main__':
    main()
