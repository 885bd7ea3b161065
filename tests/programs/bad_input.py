# SPDX-License-Identifier: MIT
"""What the tests of bad input share: well-formed files as bytes, to be damaged, and programs that must refuse them."""
import gzip
import os
import struct

import numpy as np
from app_testing import PROGRAMS, AppTest

SEEN = 12  # rows of the good data
WIDE = 6   # its columns


def good_rows():
    return np.random.default_rng(1).integers(0, 2, (SEEN, WIDE)).astype(np.uint8)


def idx(values, code=8, shape=None):
    """Of bits, as the grey levels 0 and 255."""
    values = np.asarray(values, np.uint8) * np.uint8(255)
    shape = values.shape if shape is None else shape
    return struct.pack('>BBBB', 0, 0, code, len(shape)) + b''.join(struct.pack('>I', n) for n in shape) + values.tobytes()


def npy(descr="'<f4'", fortran='False', shape='(12, 6)', payload=None, version=1, text=None):
    if text is None:
        text = "{'descr': %s, 'fortran_order': %s, 'shape': %s, }" % (descr, fortran, shape)
    text = text.encode() if isinstance(text, str) else text
    text += b' ' * (-(len(text) + (11 if version == 1 else 13)) % 64) + b'\n'
    payload = good_rows().astype('<f4').tobytes() if payload is None else payload
    return b'\x93NUMPY' + bytes([version, 0]) + struct.pack('<H' if version == 1 else '<I', len(text)) + text + payload


def packed(raw):
    return gzip.compress(raw, mtime=0)


class BadInputTest(AppTest):
    """Data goes through rbm-score, models through rbm-score and rbm-estimate; what they accept is scored."""

    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(2)
        self.weights = rng.normal(size=(WIDE, 3))
        self.save_model('m.safetensors', self.weights)
        self.save_array('good.npy', good_rows())
        self.expected = None

    def put(self, name, content):
        self.path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def peak_memory(self, program, *words):
        """(exit code, MiB at most)"""
        null = os.open(os.devnull, os.O_RDWR)
        process = os.posix_spawn(PROGRAMS[program], [program, *map(str, words)], os.environ,
                                 file_actions=[(os.POSIX_SPAWN_DUP2, null, number) for number in range(3)])
        os.close(null)
        _, status, usage = os.wait4(process, 0)
        return os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024

    def refuses(self, row, name, content, *saying, code=3):
        """The data is refused, with these words and the file's name."""
        with self.subTest(row=row, file=name, saying=saying):
            self.put(name, content)
            self.fails(code, 'rbm-score', 'm.safetensors', name, saying=(name, *saying))

    def accepts(self, row, name, content, *saying):
        """The data gives the scores of good_rows()."""
        with self.subTest(row=row, file=name):
            self.put(name, content)
            done = self.run_program('rbm-score', 'm.safetensors', name)
            self.assertEqual(done.returncode, 0, done.stderr)
            if self.expected is None:
                self.expected = self.ok('rbm-score', 'm.safetensors', 'good.npy')
            self.assertEqual(done.stdout, self.expected)
            for piece in saying:
                self.assertIn(piece, done.stderr.decode())
            if not saying:
                self.assertEqual(done.stderr, b'')
