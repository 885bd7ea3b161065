# SPDX-License-Identifier: MIT
"""Names and kinds of files: row I12 of the table of faults, and outputs that cannot be written."""
import os
import pathlib
import subprocess
import threading
import unittest

import numpy as np
from app_testing import PROGRAMS, main
from bad_input import BadInputTest, good_rows, packed, idx


class Paths(BadInputTest):
    def setUp(self):
        super().setUp()
        self.scores = self.ok('rbm-score', 'm.safetensors', 'good.npy')

    def raw(self, program, *words):
        """Like run_program, for words of any bytes."""
        return subprocess.run([os.fsencode(PROGRAMS[program]), *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60)

    def test_i12_names(self):
        content = self.path('good.npy').read_bytes()
        for name in (b'caf\xe9\xff.npy', b'with space.npy', b'new\nline.npy', b'-leading.npy', b'--threads', b'a' * 255,
                     b'\x1b[31mred', b'%s%n{}', b'\xf0\x9f\x98\x80'):
            with self.subTest(row='I12', name=name):
                pathlib.Path(os.fsdecode(os.fsencode(self.folder) + b'/' + name)).write_bytes(content)
                done = self.raw('rbm-score', b'--', b'm.safetensors', name)
                self.assertEqual((done.returncode, done.stdout), (0, self.scores), done.stderr)
                run = b'run' + name[:100]
                done = self.raw('rbm-train', b'--output=' + run, b'--epochs', b'2', b'-q', b'--', name)
                self.assertEqual((done.returncode, done.stderr), (0, b''))
                # The names are in the checkpoint, and found there again.
                done = self.raw('rbm-train', b'--output=' + run, b'--epochs', b'3', b'-q', b'--resume')
                self.assertEqual((done.returncode, done.stderr), (0, b''))
                done = self.raw('rbm-score', b'--output=' + name[:200] + b'.csv', b'--', b'm.safetensors', name)
                self.assertEqual(done.returncode, 0, done.stderr)
        # Control characters do not reach the terminal.
        done = self.raw('rbm-score', b'm.safetensors', b'\x1b[31mgone')
        self.assertEqual(done.returncode, 1)
        self.assertNotIn(b'\x1b', done.stderr)

    def test_i12_missing(self):
        for name, reason in (('gone.npy', 'No such file or directory'), ('gone/x.npy', 'No such file or directory'),
                             ('good.npy/x', 'Not a directory'), ('a' * 256, 'File name too long')):
            with self.subTest(row='I12', name=name):
                self.fails(1, 'rbm-score', 'm.safetensors', name, saying=(name, reason))
        self.fails(1, 'rbm-estimate', 'gone.safetensors', saying=('gone.safetensors', 'No such file or directory'))
        self.fails(1, 'rbm-train', 'gone.npy', '--output', 'run', saying=('gone.npy', 'No such file or directory'))
        self.fails(2, 'rbm-score', 'm.safetensors', '', saying='expected a name')

    def test_i12_folders(self):
        self.path('d').mkdir()
        self.fails(1, 'rbm-score', 'd', 'good.npy', saying=('d: ', 'director'))
        self.fails(3, 'rbm-score', 'm.safetensors', 'd', saying='no PNG files')
        self.path('d/loop').symlink_to('loop')
        self.fails(1, 'rbm-score', 'm.safetensors', 'd/loop', saying=('d/loop', 'symbolic links'))

    def test_i12_streams(self):
        content = self.path('good.npy').read_bytes()
        for name in '-', '/dev/stdin':
            self.assertEqual(self.ok('rbm-score', 'm.safetensors', name, input=content), self.scores)
            self.assertEqual(self.ok('rbm-score', 'm.safetensors', name, input=packed(idx(good_rows()))), self.scores)
        model = self.path('m.safetensors').read_bytes()
        self.assertEqual(self.ok('rbm-score', '-', 'good.npy', input=model), self.scores)
        self.fails(2, 'rbm-score', '-', '-', saying='standard input can be read only once')
        self.fails(3, 'rbm-score', 'm.safetensors', '-', saying=('standard input', 'empty'))
        os.mkfifo(self.path('pipe'))
        for _ in range(2):
            writer = threading.Thread(target=lambda: self.path('pipe').write_bytes(content))
            writer.start()
            self.assertEqual(self.ok('rbm-score', 'm.safetensors', 'pipe'), self.scores)
            writer.join()
        # Written too, and never replaced.
        read = []
        reader = threading.Thread(target=lambda: read.append(self.path('pipe.csv').read_bytes()))
        os.mkfifo(self.path('pipe.csv'))
        reader.start()
        self.ok('rbm-score', 'm.safetensors', 'good.npy', '--output', 'pipe.csv')
        reader.join()
        self.assertEqual(read, [self.scores])
        self.assertTrue(self.path('pipe.csv').is_fifo())

    def test_i12_devices(self):
        self.fails(3, 'rbm-score', 'm.safetensors', '/dev/null', saying='empty')
        self.fails(1, 'rbm-score', 'm.safetensors', '/proc/self/mem', saying=('/proc/self/mem', 'Input/output error'))
        self.fails(3, 'rbm-score', 'm.safetensors', '/proc/self/cmdline')

    @unittest.skipIf(os.geteuid() == 0, 'root may read everything')
    def test_i12_permissions(self):
        self.path('good.npy').chmod(0)
        self.fails(1, 'rbm-score', 'm.safetensors', 'good.npy', saying=('good.npy', 'Permission denied'))
        self.path('closed').mkdir(mode=0)
        self.fails(1, 'rbm-score', 'm.safetensors', 'closed', saying=('closed', 'Permission denied'))

    @unittest.skipIf(os.geteuid() != 0, 'only root can become nobody')
    def test_i12_permissions_of_nobody(self):
        for folder in self.folder, self.folder.parent:
            if not folder.stat().st_mode & 0o005:
                folder.chmod(0o755)
        self.path('good.npy').chmod(0)
        self.path('closed').mkdir(mode=0)
        program = [PROGRAMS['rbm-score'], 'm.safetensors']
        try:
            subprocess.run(program[:1] + ['--version'], user=65534, capture_output=True, check=True)
        except (PermissionError, subprocess.CalledProcessError):
            self.skipTest('nobody may not run the program where it lies')
        for name in 'good.npy', 'closed':
            done = subprocess.run(program + [name], cwd=self.folder, user=65534, capture_output=True)
            self.assertEqual((done.returncode, done.stdout), (1, b''), done.stderr)
            self.assertIn(f'{name}: cannot be opened: Permission denied', done.stderr.decode())
        self.path('good.npy').chmod(0o644)
        done = subprocess.run(program + ['good.npy', '--output', 's.csv'], cwd=self.folder, user=65534, capture_output=True)
        self.assertEqual((done.returncode, done.stdout), (1, b''), done.stderr)
        self.assertIn(b'Permission denied', done.stderr)
        done = subprocess.run([PROGRAMS['rbm-train'], 'good.npy', '--output', 'run'], cwd=self.folder, user=65534,
                              capture_output=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'run: cannot make the folder: Permission denied', done.stderr)


class Outputs(BadInputTest):
    """Said before any work, and nothing is left."""

    def test_names(self):
        score = 'rbm-score', 'm.safetensors', 'good.npy', '--output'
        self.fails(2, *score, 's.txt', saying=('s.txt', '.csv, .npy'))
        self.fails(2, *score, 's', saying='.csv, .npy')
        self.fails(1, *score, 'gone/s.csv', saying=('gone/s.csv', 'No such file'))
        self.path('d.csv').mkdir()
        self.fails(1, *score, 'd.csv', '--force', saying='is a directory')
        self.path('d.csv/link.csv').symlink_to('gone.csv')
        self.fails(1, *score, 'd.csv/link.csv', saying='symbolic link')
        self.put('there.csv', 'mine')
        self.fails(1, *score, 'there.csv', saying=('there.csv', 'use --force'))
        # Before the model is even looked at.
        self.fails(1, 'rbm-score', 'gone', 'gone', '--output', 'there.csv', saying='use --force')
        self.ok(*score, 'there.csv', '--force')
        self.path('there.csv').chmod(0o600)
        self.path('also.csv').symlink_to('there.csv')
        self.ok(*score, 'also.csv', '--force')
        self.assertTrue(self.path('also.csv').is_symlink())
        self.assertEqual(self.path('there.csv').stat().st_mode & 0o777, 0o600)

    def test_full_and_closed(self):
        for words in (['rbm-score', 'm.safetensors', 'good.npy'], ['rbm-estimate', 'm.safetensors'],
                      ['rbm-estimate', 'm.safetensors', '--json'], ['rbm-train', '--help']):
            command = [PROGRAMS[words[0]], *words[1:]]
            with self.subTest(words=words):
                with open('/dev/full', 'wb') as full:
                    done = subprocess.run(command, cwd=self.folder, stdout=full, stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 1)
                self.assertIn(b'No space left on device', done.stderr)
                done = subprocess.run(['sh', '-c', '"$@" >&-', 'sh', *command], cwd=self.folder, stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 1)
                self.assertIn(b'standard output', done.stderr)
                reading, writing = os.pipe()
                os.close(reading)
                done = subprocess.run(command, cwd=self.folder, stdout=writing, stderr=subprocess.PIPE)
                os.close(writing)
                self.assertEqual((done.returncode, done.stderr), (0, b''))
        for name in '/dev/full', '/dev/stdout':
            done = self.run_program('rbm-score', 'm.safetensors', 'good.npy', '--output', name)
            self.assertEqual(done.returncode, 2, name)  # the name's ending tells the format

    def test_streams_closed(self):
        command = [PROGRAMS['rbm-train'], 'good.npy', '--output', 'run', '--epochs', '2']
        done = subprocess.run(['sh', '-c', '"$@" <&- >&- 2>&-', 'sh', *command], cwd=self.folder)
        self.assertEqual(done.returncode, 0)
        self.ok('rbm-score', 'run/model.safetensors', 'good.npy')


if __name__ == '__main__':
    main()
