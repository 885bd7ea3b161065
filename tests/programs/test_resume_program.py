# SPDX-License-Identifier: MIT
"""rbm-train --resume: a run that was stopped in any way ends in the very bytes of one that was not."""
import itertools
import json
import os
import random
import shutil
import signal
import time

import numpy as np
from app_testing import DIGITS, AppTest, main

WAYS = {
    'pcd': [],
    'cd': ['--algorithm', 'cd', '--steps', 2],
    'gaussian': ['--visible-units', 'gaussian', '--learning-rate', 0.01],
    'adam': ['--optimizer', 'adam', '--learning-rate', 0.001],
    'momentum': ['--momentum', 0.9, '--momentum-ramp', 5, '--learning-rate-schedule', 'exponential', '--weight-decay', 1e-4],
    'sampled pixels': ['--binarize', 'sample', '--chains', 37, '--sparsity-target', 0.1, '--sparsity-cost', 0.1],
    'fpcd, averaged': ['--algorithm', 'fpcd', '--averaging', 0.3, '--steps', 3, '--steps-schedule', 'linear'],
    'tempering': ['--algorithm', 'tempering', '--rungs', 4, '--chains', 9, '--steps', 9],
    'trajectory': ['--algorithm', 'trajectory', '--swap-rate', 0.8, '--ladder-interval', 2, '--learning-rate', 0.3, '--averaging', 0.3],
    'nce': ['--algorithm', 'nce', '--noise-samples', 3],
    'denoising': ['--algorithm', 'denoising', '--visible-units', 'gaussian', '--learning-rate', 0.01],
    'ratio matching': ['--algorithm', 'ratio-matching', '--flips', 7],
    'best kept': ['--validation', 'grey.npy', '--stop-on', 'likelihood', '--track-likelihood', 3, '--averaging', 0.2, '--learning-rate', 2,
                  '--learning-rate-schedule', 'constant', '--patience', 1000],
    'best kept by default': ['--validation', 'grey.npy', '--learning-rate', 2, '--learning-rate-schedule', 'constant'],
    'rows held out': ['--hold-out', 0.3, '--sample-weights', 'weights.npy', '--algorithm', 'cd'],
    'sample weights': ['--sample-weights', 'weights.npy', '--centering', 'off', '--learning-rate-schedule', 'constant'],
}


class Resume(AppTest):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(11)
        self.save_array('grey.npy', rng.random((530, 40)).astype('<f4'))
        self.save_array('weights.npy', rng.random(530))
        self.random = random.Random(12)

    def train(self, folder, *words, epochs=24):
        return 'rbm-train', '--output', folder, *(['--resume'] if '--resume' in words else ['grey.npy', '--hidden', 30, '--epochs', epochs]), \
            *[word for word in words if word != '--resume']

    def results(self, folder):
        return {name: self.path(f'{folder}/{name}').read_bytes() for name in sorted(os.listdir(self.path(folder)))
                if name not in ('metrics.jsonl', 'report.html')}

    def lines(self, folder):
        """Without times."""
        lines = [json.loads(line) for line in self.path(f'{folder}/metrics.jsonl').read_text().splitlines()]
        return [{key: value for key, value in line.items() if key not in ('seconds', 'examples_per_second')} for line in lines]

    def stop(self, command, number, after):
        """Its exit code, having been sent the signal so many seconds after its run folder got a checkpoint."""
        process = self.start_program(*command)
        with process:
            checkpoint, end = self.path(command[2]) / 'checkpoint.safetensors', time.monotonic() + 60
            while not checkpoint.exists() and process.poll() is None and time.monotonic() < end:
                time.sleep(0.001)
            time.sleep(after)
            process.send_signal(number)
            said = process.communicate(timeout=60)
            self.assertEqual(said[0], b'')
            return process.returncode, said[1]

    def test_same_bytes(self):
        signals = itertools.cycle([signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
        for name, words in WAYS.items():
            with self.subTest(way=name):
                began = time.monotonic()
                self.ok(*self.train('whole', *words, '--force'))
                seconds = time.monotonic() - began
                expected, lines = self.results('whole'), self.lines('whole')
                self.assertEqual([line['epoch'] for line in lines], list(range(1, 25)))
                for number in itertools.islice(signals, 2):
                    shutil.rmtree(self.path('parts'), ignore_errors=True)
                    code, said = self.stop(self.train('parts', *words), number, self.random.uniform(0, 0.7 * seconds))
                    self.assertIn(code, (0, -9 if number == signal.SIGKILL else 128 + number), said)
                    if code > 0:
                        self.assertIn(b'--resume', said)
                    for _ in range(2):  # again, on the way
                        code, said = self.stop(self.train('parts', '--resume'), number, self.random.uniform(0, 0.3 * seconds))
                        self.assertIn(code, (0, -number, 128 + number), said)  # before the program was ready, too
                    self.ok(*self.train('parts', '--resume'))
                    self.assertEqual({key: value for key, value in self.results('parts').items() if key[0] != '.'}, expected)
                    self.assertEqual(self.lines('parts'), lines)

    def test_threads(self):
        for name, words in WAYS.items():
            results = []
            for threads in 1, 2, 3:
                self.ok(*self.train(f'{name}{threads}', *words, '--threads', threads, epochs=4))
                results.append(self.results(f'{name}{threads}'))
            with self.subTest(way=name):
                self.assertEqual(results[0], results[1])
                self.assertEqual(results[0], results[2])

    def test_threads_change_on_the_way(self):
        self.ok(*self.train('whole', epochs=300))
        code, said = self.stop(self.train('parts', '--threads', 1, epochs=300), signal.SIGINT, 0.02)
        self.assertIn(code, (0, 130), said)
        self.ok(*self.train('parts', '--resume', '--threads', 3))
        self.assertEqual(self.results('parts'), self.results('whole'))

    def test_options(self):
        words = '--learning-rate', 0.02, '--seed', 5
        self.ok(*self.train('runs/run', *words, epochs=3))
        before, lines = self.results('runs/run'), self.lines('runs/run')
        resume = 'rbm-train', '--output', 'runs/run', '--resume'
        stamps = {name: self.path(f'runs/run/{name}').stat().st_mtime_ns for name in os.listdir(self.path('runs/run'))}
        # Finished: left as it is.  Equal options, in any form, may be repeated.
        for words in ([], ['--epochs', 3], ['--seed', 5, '--hidden=30'], ['--learning-rate', '2e-2'], ['grey.npy'], ['--threads', 1],
                      ['--learning_rate=0.02'], ['--batch-size', 100, '--chains', 100, '--algorithm', 'pcd', '--centering', 'on', '--binarize', 'threshold']):
            done = self.run_program(*resume, *words)
            self.assertEqual((done.returncode, done.stdout), (0, b''), (words, done.stderr))
            self.assertIn(b'finished', done.stderr)
        self.assertEqual({name: self.path(f'runs/run/{name}').stat().st_mtime_ns for name in os.listdir(self.path('runs/run'))}, stamps)
        # Others may not.
        for words in (['--seed', 6], ['--hidden', 31], ['--learning-rate', 0.021], ['--batch-size', 50], ['--algorithm', 'cd'],
                      ['--visible-units', 'gaussian'], ['--momentum', 0.5], ['--binarize', 'sample'], ['--chains', 7],
                      ['--sample-weights', 'weights.npy'], ['--validation', 'grey.npy'], ['--epochs', 2], ['--centering', 'off']):
            self.fails(2, *resume, *words, saying=(words[0] + ':', 'found'))
        # More epochs go on, from the same place.
        done = self.run_program(*resume, '--epochs', 5)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b'going on after epoch 3', done.stderr)
        self.assertEqual(self.lines('runs/run')[:3], lines)
        self.assertEqual([line['epoch'] for line in self.lines('runs/run')], [1, 2, 3, 4, 5])
        self.assertNotEqual(self.results('runs/run'), before)
        self.fails(2, *resume, '--epochs', 4, saying='--epochs: found 4, expected at least 5')

    def test_other_data(self):
        self.ok(*self.train('runs/run', '--sample-weights', 'weights.npy', epochs=2))
        resume = 'rbm-train', '--output', 'runs/run', '--resume', '--epochs', 4
        good = self.array('grey.npy'), self.array('weights.npy')
        other = good[0].copy()
        other[500, 3] += 1e-3
        self.save_array('other.npy', other)
        self.fails(3, *resume, 'other.npy', saying=('other.npy: other data', 'grey.npy'))
        self.save_array('grey.npy', other)
        self.fails(3, *resume, saying='grey.npy: other data')
        self.save_array('grey.npy', good[0][::-1])
        self.fails(3, *resume, saying='other data')
        self.save_array('grey.npy', good[0])
        self.save_array('weights.npy', good[1][::-1])
        self.fails(3, *resume, saying='weights.npy: other weights')
        self.path('weights.npy').unlink()
        self.fails(1, *resume, saying='weights.npy')
        self.save_array('weights.npy', good[1])
        # The same data from elsewhere are the same.
        self.path('grey.npy').rename(self.path('moved.npy'))
        self.fails(1, *resume, saying='grey.npy')
        self.ok(*resume, 'moved.npy')

    def test_metrics(self):
        """Cut back to the checkpoint: lines of epochs to come, and half of a line, go."""
        code, _ = self.stop(self.train('runs/run', epochs=3000), signal.SIGINT, 0.05)
        self.assertEqual(code, 130)
        kept = self.lines('runs/run')
        with open(self.path('runs/run/metrics.jsonl'), 'a') as file:
            file.write('{"epoch": 77}\n{"epoch": 78, "upd')
        code, _ = self.stop(self.train('runs/run', '--resume'), signal.SIGINT, 0.3)
        self.assertEqual(code, 130)
        lines = self.lines('runs/run')
        self.assertEqual(lines[:len(kept)], kept)
        self.assertEqual([line['epoch'] for line in lines], list(range(1, len(lines) + 1)))

    def test_bad_folders(self):
        self.fails(1, 'rbm-train', '--output', 'gone', '--resume', saying='no such folder')
        self.path('runs/empty').mkdir(parents=True)
        self.fails(1, 'rbm-train', '--output', 'runs/empty', '--resume', saying='checkpoint.safetensors')
        self.assertEqual(os.listdir(self.path('runs/empty')), [])
        self.ok(*self.train('runs/run', epochs=2))
        checkpoint = self.path('runs/run/checkpoint.safetensors')
        whole = checkpoint.read_bytes()
        for content, word in ((whole[:-1], 'cut off'), (whole[:100], ''), (b'', 'too short'), (whole + b'\0', 'follow'),
                              (whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:], 'damaged'),
                              (whole.replace(b'option.hidden', b'option.hiddem'), '"hiddem"'),
                              (self.path('runs/run/model.safetensors').read_bytes(), 'velocity')):
            checkpoint.write_bytes(content)
            self.fails(3, 'rbm-train', '--output', 'runs/run', '--resume', '--epochs', 4, saying=('runs/run/checkpoint.safetensors', word))
        checkpoint.write_bytes(whole)
        self.ok('rbm-train', '--output', 'runs/run', '--resume', '--epochs', 4)

    def test_digits(self):
        """Data packed as bytes, in a folder given with a slash."""
        for folder in 'whole/', 'parts/':
            self.ok('rbm-train', DIGITS, '--output', folder, '--hidden', 10, '--epochs', 2, '--batch-size', 500)
        self.assertEqual(self.results('whole'), self.results('parts'))


if __name__ == '__main__':
    main()
