# SPDX-License-Identifier: MIT
"""What the tests of the programs share: programs, temporary folders, models and data written by NumPy.

A test file is a script:  test_dream.py PROGRAM...

    from app_testing import AppTest, main

    class Dream(AppTest):
        def test_shape(self):
            self.save_model('m.safetensors', weights=np.zeros((3, 2)))
            self.ok('rbm-dream', 'm.safetensors', '--output', 'd.npy')
            self.assertEqual(self.array('d.npy').shape, (1, 64, 3))

    if __name__ == '__main__':
        main()
"""
import io
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np

# Under nohup or in the background signals come ignored, and programs would leave it so.
for number in signal.SIGHUP, signal.SIGINT, signal.SIGTERM:
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)

DIGITS = pathlib.Path(__file__).resolve().parents[2] / 'datasets' / 'digits-images-idx3-ubyte.gz'
PROGRAMS = {}  # by name: rbm-dream


def main():
    """Takes the programs from the command line; what does not name a file goes to unittest."""
    words = sys.argv[1:]
    PROGRAMS.update({pathlib.Path(word).name: str(pathlib.Path(word).resolve()) for word in words if os.path.isfile(word)})
    unittest.main(argv=sys.argv[:1] + [word for word in words if not os.path.isfile(word)])


def safetensors(tensors, metadata=None):
    """The bytes of a safetensors file with these arrays, as float32."""
    header, data = {}, b''
    if metadata:
        header['__metadata__'] = {key: str(value) for key, value in metadata.items()}
    for name, values in tensors.items():
        raw = np.ascontiguousarray(values, dtype='<f4').tobytes()
        header[name] = {'dtype': 'F32', 'shape': list(np.shape(values)), 'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    return struct.pack('<Q', len(text)) + text + data


class AppTest(unittest.TestCase):
    """Each test works in an empty folder of its own, where its programs start too."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='rbm-test-'))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def path(self, name):
        return self.folder / name

    def files(self):
        return sorted(os.listdir(self.folder))

    # Running.  Words may be numbers and paths.
    def run_program(self, program, *words, input=b''):
        return subprocess.run([PROGRAMS[program], *map(str, words)], cwd=self.folder, input=input, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run_on_terminal(self, program, *words):
        """Exit code, what the terminal shows, and stderr."""
        terminal, end = os.openpty()
        try:
            done = subprocess.run([PROGRAMS[program], *map(str, words)], cwd=self.folder, stdin=subprocess.DEVNULL,
                                  stdout=end, stderr=subprocess.PIPE, timeout=120)
            os.set_blocking(terminal, False)
            try:
                shown = os.read(terminal, 1 << 16)
            except BlockingIOError:
                shown = b''
        finally:
            os.close(terminal)
            os.close(end)
        return done.returncode, shown, done.stderr.decode()

    def start_program(self, program, *words):
        return subprocess.Popen([PROGRAMS[program], *map(str, words)], cwd=self.folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ok(self, program, *words, **options):
        """Runs it, expects exit 0, and returns what it wrote to standard output."""
        done = self.run_program(program, *words, **options)
        self.assertEqual(done.returncode, 0, f'{program} {words}: {done.stderr.decode()}')
        return done.stdout

    def fails(self, code, program, *words, saying=(), **options):
        """Expects this exit code, no output, and a message with these pieces; no file may be left or changed."""
        before = {name: self.path(name).stat().st_mtime_ns for name in self.files()}
        done = self.run_program(program, *words, **options)
        text = done.stderr.decode()
        self.assertEqual((done.returncode, done.stdout), (code, b''), f'{program} {words}: {text}')
        self.assertTrue(text.startswith(program + ': '), text)
        for piece in [saying] if isinstance(saying, str) else saying:
            self.assertIn(piece, text)
        self.assertEqual({name: self.path(name).stat().st_mtime_ns for name in self.files()}, before, 'files changed')
        return text

    def interrupt(self, program, *words, after='thread'):
        """Sends SIGINT once standard error holds `after` (what --verbose tells first); expects exit 130, no output and
        no file."""
        before = self.files()
        process = self.start_program(program, *words, '--verbose')
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        os.set_blocking(process.stderr.fileno(), False)
        seen, end = b'', time.monotonic() + 60
        while after.encode() not in seen and time.monotonic() < end and process.poll() is None:
            seen += process.stderr.read() or b''
            time.sleep(0.01)
        self.assertIn(after.encode(), seen)
        self.assertIsNone(process.poll(), f'ended too early: {seen.decode()}')
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 130)
        self.assertEqual(process.stdout.read(), b'')
        self.assertEqual(self.files(), before)

    # Files.
    def save_model(self, name, weights, visible_bias=None, hidden_bias=None, center=None, log_sigma=None, mean=None,
                   scale=None, rates=None, **metadata):
        """A Bernoulli machine, or one with Gaussian visible units when `center` is given.  Metadata by name with _ for
        the dot: image_height=8."""
        weights = np.asarray(weights, dtype=float)
        visible, hidden = weights.shape
        tensors = {'weights': weights, 'hidden.bias': np.zeros(hidden) if hidden_bias is None else hidden_bias}
        if center is None:
            tensors['visible.bias'] = np.zeros(visible) if visible_bias is None else visible_bias
        else:
            tensors['visible.center'] = center
            tensors['visible.log_sigma'] = np.zeros(visible) if log_sigma is None else log_sigma
        if mean is not None:
            tensors['data.mean'], tensors['data.scale'] = mean, scale
        if rates is not None:
            tensors['data.rates'] = rates
        metadata = {re.sub('^(image|data)_', r'\1.', key): value for key, value in metadata.items()}
        metadata['visible.units'] = 'bernoulli' if center is None else 'gaussian'
        self.path(name).write_bytes(safetensors(tensors, metadata))

    def save_array(self, name, values):
        np.save(self.path(name), values, allow_pickle=False)

    def array(self, name):
        return np.load(self.path(name), allow_pickle=False)

    @staticmethod
    def array_in(raw):
        return np.load(io.BytesIO(raw), allow_pickle=False)

    def png_size(self, name):
        """(height, width)"""
        raw = self.path(name).read_bytes()
        self.assertEqual(raw[:8], b'\x89PNG\r\n\x1a\n')
        return struct.unpack('>II', raw[16:24])[::-1]

    def png_grey(self, name):
        """The values of a grey PNG [height, width], of any filter."""
        import zlib
        raw, at, data = self.path(name).read_bytes(), 8, b''
        height, width = self.png_size(name)
        self.assertEqual(raw[24:26], b'\x08\x00', 'not 8-bit grey')
        while at < len(raw):
            length, = struct.unpack('>I', raw[at:at + 4])
            if raw[at + 4:at + 8] == b'IDAT':
                data += raw[at + 8:at + 8 + length]
            at += 12 + length
        lines = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, width + 1)
        out = np.zeros((height, width), int)
        for y, line in enumerate(lines.astype(int)):
            above = out[y - 1] if y else np.zeros(width, int)
            for x in range(width):
                a, b, c = (out[y, x - 1] if x else 0), above[x], (above[x - 1] if x else 0)
                p = [abs(b - c), abs(a - c), abs(a + b - 2 * c)]
                guess = [0, a, b, (a + b) // 2, (a, b, c)[p.index(min(p))]][line[0]]
                out[y, x] = (line[x + 1] + guess) % 256
        return out.astype(np.uint8)

    def save_png(self, name, grey):
        """An 8-bit grey PNG of [height, width] values from 0 to 255."""
        import zlib
        grey = np.asarray(grey, np.uint8)

        def chunk(kind, body):
            return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))
        lines = b''.join(b'\x00' + row.tobytes() for row in grey)
        self.path(name).write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack(
            '>IIBBBBB', grey.shape[1], grey.shape[0], 8, 0, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(lines)) +
            chunk(b'IEND', b''))

    def gif_frames(self, name):
        """(frames, height, width) of a GIF, counted block by block."""
        raw = self.path(name).read_bytes()
        self.assertIn(raw[:6], (b'GIF87a', b'GIF89a'))
        width, height = struct.unpack('<HH', raw[6:10])
        at, frames = 13 + (3 << (raw[10] & 7) + 1 if raw[10] & 0x80 else 0), 0
        while raw[at:at + 1] != b'\x3b':
            if raw[at] == 0x21:
                at += 2
            else:
                self.assertEqual(raw[at], 0x2c)
                frames += 1
                at += 10 + (3 << (raw[at + 9] & 7) + 1 if raw[at + 9] & 0x80 else 0) + 1
            while raw[at]:
                at += 1 + raw[at]
            at += 1
        return frames, height, width
