# SPDX-License-Identifier: MIT
"""rbm-train: what a run leaves behind, what it says, how it ends, and what it takes."""
import errno
import gzip
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

import numpy as np
from app_testing import DIGITS, PROGRAMS, main
from bad_input import BadInputTest
from test_score_program import bernoulli_free_energy

FILES = ['checkpoint.safetensors', 'fantasies.png', 'filters.png', 'history.safetensors', 'metrics.jsonl', 'model.safetensors',
         'reconstructions.png', 'report.html']
WITH_TIMES = 'metrics.jsonl', 'report.html'
QUICK = '--hidden', '5', '--epochs', '3'


class Train(BadInputTest):
    def digests(self, folder):
        return {name: hashlib.sha256(self.path(f'{folder}/{name}').read_bytes()).hexdigest()
                for name in os.listdir(self.path(folder)) if name not in WITH_TIMES}

    def metrics(self, folder):
        return [json.loads(line) for line in self.path(f'{folder}/metrics.jsonl').read_text().splitlines()]

    def header(self, name):
        raw = self.path(name).read_bytes()
        return json.loads(raw[8:8 + int.from_bytes(raw[:8], 'little')])

    def wait_for(self, name, process=None):
        end = time.monotonic() + 60
        while not self.path(name).exists() and time.monotonic() < end:
            self.assertTrue(process is None or process.poll() is None, 'ended too early')
            time.sleep(0.005)

    def test_folder(self):
        self.ok('rbm-train', DIGITS, '--output', 'new/run', '--hidden', 12, '--epochs', 3, '--validation', DIGITS)
        self.assertEqual(sorted(os.listdir(self.path('new/run'))), sorted(FILES + ['averaged.safetensors']))
        lines = self.metrics('new/run')
        self.assertEqual([line['epoch'] for line in lines], [1, 2, 3])
        self.assertEqual([line['updates'] for line in lines], [18, 36, 54])
        for key in ('learning_rate', 'seconds', 'examples_per_second', 'free_energy', 'reconstruction_error', 'pseudo_likelihood',
                    'free_energy_gap', 'gradient_norm', 'step_to_weights'):
            self.assertTrue(all(np.isfinite(line[key]) for line in lines), key)
        header = self.header('new/run/model.safetensors')
        metadata = header.pop('__metadata__')
        self.assertEqual(set(header), {'weights', 'visible.bias', 'hidden.bias', 'data.rates'})
        self.assertEqual((header['weights']['shape'], header['weights']['dtype']), ([64, 12], 'F32'))
        self.assertEqual({key: metadata[key] for key in metadata if key != 'rbm.crc32'},
                         {'rbm.format': '1', 'visible.units': 'bernoulli', 'hidden.units': 'bernoulli', 'data.binarize': 'threshold',
                          'data.threshold': '0.5', 'image.height': '8', 'image.width': '8'})
        self.assertLessEqual({'visible.offset', 'hidden.offset', 'chains.visible', 'train.position'},
                             set(self.header('new/run/checkpoint.safetensors')))
        self.assertEqual(len(self.ok('rbm-score', 'new/run/model.safetensors', DIGITS).split()), 1 + 1797)

    def test_gaussian_folder(self):
        self.ok('rbm-train', DIGITS, '--output', 'run', '--hidden', 12, '--epochs', 2, '--visible-units', 'gaussian')
        header = self.header('run/model.safetensors')
        self.assertEqual(header['__metadata__']['visible.units'], 'gaussian')
        self.assertEqual(set(header) - {'__metadata__', 'data.rates'},
                         {'weights', 'visible.center', 'visible.log_sigma', 'hidden.bias', 'data.mean', 'data.scale'})

    def test_folder_that_holds_something(self):
        self.path('run').mkdir()
        self.ok('rbm-train', 'good.npy', '--output', 'run', *QUICK)
        before = self.digests('run')
        self.fails(1, 'rbm-train', 'good.npy', '--output', 'run', *QUICK, '--seed', 2, saying=('run: the folder holds something', '--force', '--resume'))
        # Said before any work.
        self.fails(1, 'rbm-train', 'gone.npy', '--output', 'run', saying='holds something')
        self.assertEqual(self.digests('run'), before)
        # Bad data do not cost the run that --force would overwrite.
        done = self.run_program('rbm-train', 'm.safetensors', '--output', 'run', '--force')
        self.assertEqual((done.returncode, self.digests('run'), len(self.metrics('run'))), (3, before, 3))
        self.ok('rbm-train', 'good.npy', '--output', 'run', *QUICK, '--seed', 2, '--force')
        self.assertNotEqual(self.digests('run'), before)
        self.ok('rbm-train', 'good.npy', '--output', 'run', *QUICK, '--force')
        self.assertEqual(self.digests('run'), before)
        self.path('mine').mkdir()
        self.put('mine/notes', 'keep')
        self.fails(1, 'rbm-train', 'good.npy', '--output', 'mine', saying='holds something')
        self.fails(1, 'rbm-train', 'good.npy', '--output', 'good.npy', saying='is not a folder')
        self.fails(1, 'rbm-train', 'good.npy', '--output', 'good.npy', '--force', saying='is not a folder')
        self.fails(1, 'rbm-train', 'good.npy', '--output', 'good.npy/run', saying='good.npy/run')
        self.path('link').symlink_to('mine', target_is_directory=True)
        self.fails(1, 'rbm-train', 'good.npy', '--output', 'link', saying='holds something')
        # Failing leaves no folder behind, whose name the next try would find taken.
        self.fails(3, 'rbm-train', 'm.safetensors', '--output', 'deep/er/run')
        self.path('free').mkdir()
        self.path('through').symlink_to('free', target_is_directory=True)
        self.ok('rbm-train', 'good.npy', '--output', 'through', *QUICK)
        self.assertEqual(sorted(os.listdir(self.path('free'))), FILES)

    def test_config(self):
        self.put('c.ini', '# a run\nhidden = 5\nepochs = 3   # short\nlearning_rate = 0.02\noutput = from-file\nquiet = on\n')
        self.assertEqual(self.run_program('rbm-train', 'good.npy', '--config', 'c.ini').stderr, b'')
        self.ok('rbm-train', 'good.npy', '--output', 'typed', *QUICK, '--learning-rate', 0.02)
        self.assertEqual(self.digests('from-file'), self.digests('typed'))
        # The command line wins.
        self.ok('rbm-train', 'good.npy', '--config', 'c.ini', '--output', 'won', '--hidden', 6)
        self.assertEqual(self.header('won/model.safetensors')['weights']['shape'], [6, 6])
        self.ok('rbm-train', '--output', 'won', '--resume', '--config', 'c.ini', '--hidden', 6)

    def test_streams(self):
        done = self.run_program('rbm-train', 'good.npy', '--output', 'run', *QUICK, '-q')
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b'', b''))
        done = self.run_program('rbm-train', 'good.npy', '--output', 'json', *QUICK, '--json', '-q')
        self.assertEqual(json.loads(done.stdout), self.metrics('json')[-1])
        self.assertEqual(self.run_program('rbm-train', '--output', 'json', '--resume', '--json', '-q').stdout, done.stdout)
        done = self.run_program('rbm-train', 'good.npy', '--output', 'spoken', *QUICK)
        self.assertEqual(done.stdout, b'')
        self.assertEqual(sum(b'epoch' in line for line in done.stderr.splitlines()), 3, done.stderr)
        self.assertNotIn(b'\r', done.stderr)
        self.assertIn(b'OpenBLAS', self.run_program('rbm-train', 'good.npy', '--output', 'more', *QUICK, '-v').stderr)
        self.ok('rbm-train', '-', '--output', 'piped', *QUICK, input=self.path('good.npy').read_bytes())
        self.assertEqual(self.path('piped/model.safetensors').read_bytes(), self.path('run/model.safetensors').read_bytes())

    def test_signals(self):
        for number, code in (signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129):
            folder = f'run{code}'
            process = self.start_program('rbm-train', DIGITS, '--output', folder, '--hidden', 30, '--epochs', 100000)
            with process:
                self.wait_for(f'{folder}/checkpoint.safetensors', process)
                process.send_signal(number)
                said, heard = process.communicate(timeout=60)
                self.assertEqual((process.returncode, said), (code, b''), heard)
                self.assertIn(f'go on with: rbm-train --output {folder} --resume'.encode(), heard)
            self.assertEqual(sorted(os.listdir(self.path(folder))), FILES)

    def test_two_runs(self):
        process = self.start_program('rbm-train', DIGITS, '--output', 'run', '--hidden', 30, '--epochs', 100000)
        with process:
            self.wait_for('run/checkpoint.safetensors', process)
            for words in (['--resume'], [DIGITS, '--force']):
                done = self.run_program('rbm-train', '--output', 'run', *words)
                self.assertEqual((done.returncode, done.stdout), (1, b''))
                self.assertIn(f'another run is at work in this folder (process {process.pid})', done.stderr.decode())
            process.kill()
            process.communicate()
        # Its lock died with it.
        process = self.start_program('rbm-train', '--output', 'run', '--resume')
        with process:
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130)

    def test_divergence(self):
        done = self.run_program('rbm-train', 'good.npy', '--output', 'run', '--hidden', 5, '--epochs', 50, '--learning-rate', '1e6')
        self.assertEqual((done.returncode, done.stdout), (4, b''), done.stderr)
        self.assertRegex(done.stderr.decode(), r'update \d+: weights\[\d+\] is .*; lower the learning rate.*; the checkpoint of epoch \d+ is kept in run')
        self.ok('rbm-score', 'run/model.safetensors', 'good.npy')
        self.assertEqual(self.run_program('rbm-train', '--output', 'run', '--resume').returncode, 4)
        self.ok('rbm-score', 'run/model.safetensors', 'good.npy')

    def test_learns(self):
        """Longer is better, and no worse than independent pixels."""
        gains = []
        for epochs in 1, 60:
            self.ok('rbm-train', DIGITS, '--output', f'run{epochs}', '--hidden', 10, '--epochs', epochs)
            found = self.ok('rbm-estimate', f'run{epochs}/model.safetensors', DIGITS, '--json')
            gains.append(json.loads(found)['log_likelihood'])
            line = self.metrics(f'run{epochs}')[-1]
            self.assertAlmostEqual(line.get('log_likelihood', gains[-1]), gains[-1], delta=2)  # of some rows only
        self.assertGreater(gains[1], gains[0] + 3)
        raw = __import__('gzip').decompress(DIGITS.read_bytes())
        rates = (np.frombuffer(raw[16:], np.uint8).reshape(-1, 64) > 127.5).mean(0).clip(1e-9, 1 - 1e-9)
        self.assertGreater(gains[1], (rates * np.log(rates) + (1 - rates) * np.log(1 - rates)).sum() + 2)

    def run_of(self, folder, *words):
        """Metrics of a run on a small set, and what it said."""
        done = self.run_program('rbm-train', DIGITS, '--output', folder, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.metrics(folder), done.stderr.decode()

    def free_energies(self, folder, name='model'):
        return self.ok('rbm-score', f'{folder}/{name}.safetensors', DIGITS)

    def test_averaging(self):
        lines, _ = self.run_of('run', '--hidden', 12, '--epochs', 12, '--averaging', 0.3, '--learning-rate-schedule', 'constant')
        plain, _ = self.run_of('plain', '--hidden', 12, '--epochs', 12, '--learning-rate-schedule', 'constant')
        self.assertEqual(sorted(os.listdir(self.path('run'))), sorted(FILES + ['averaged.safetensors']))
        # The run itself is the same; its model and its numbers are those of the averaged machine.
        self.assertEqual(self.free_energies('run', 'checkpoint'), self.free_energies('plain'))
        self.assertNotEqual(self.free_energies('run'), self.free_energies('plain'))
        self.assertEqual(os.readlink(self.path('run/averaged.safetensors')), 'model.safetensors')
        self.assertNotEqual(lines[-1]['free_energy'], plain[-1]['free_energy'])
        # Another run in the same folder leaves nothing of it.
        self.ok('rbm-train', DIGITS, '--output', 'plain', *QUICK, '--averaging', 1, '--force')
        self.ok('rbm-train', DIGITS, '--output', 'plain', *QUICK, '--force')
        self.assertEqual(sorted(os.listdir(self.path('plain'))), FILES)
        mean = np.mean([float(line) for line in self.free_energies('run').split()[1:]])
        self.assertAlmostEqual(mean, lines[-1]['free_energy'], delta=1)  # of some rows only

    def test_likelihood_tracked(self):
        words = '--hidden', 40, '--epochs', 6, '--validation', DIGITS, '--track-likelihood', 2, '--stop-on', 'off'
        lines, said = self.run_of('run', *words)
        self.assertEqual([line['epoch'] for line in lines if 'log_partition' in line], [2, 4, 6])
        last = lines[-1]
        self.assertEqual(last['log_partition_method'], 'ais')
        self.assertGreater(last['log_partition_high'], last['log_partition_low'])
        for key in 'log_likelihood', 'held_out_log_likelihood':
            self.assertLess(last[f'{key}_low'], last[key])
            self.assertLess(last[key], last[f'{key}_high'])
            self.assertAlmostEqual(last[key] + last['log_partition'], -last['free_energy'], places=9)
            self.assertLess(last[f'{key}_high'], 0)
        self.assertLess(last['log_partition_floor'], last['log_partition'])
        self.assertRegex(said, r'held-out log-likelihood -\d+\.\d+ \(-\d\.\d+, \+\d\.\d+\) by AIS')
        found = json.loads(self.ok('rbm-estimate', 'run/model.safetensors', '--method', 'sandwich', '--json'))
        self.assertLess(abs(found['log_partition'] - last['log_partition']),
                        0.1 + last['log_partition_high'] - last['log_partition_low'])
        # Watching changes nothing.
        self.run_of('plain', *words[:4])
        self.assertEqual(self.free_energies('run'), self.free_energies('plain'))
        # A machine whose log Z is exact needs no estimate.
        lines, _ = self.run_of('small', '--hidden', 4, '--epochs', 6, '--track-likelihood', 1)
        self.assertEqual(lines[-1]['log_partition_method'], 'exact')
        self.assertNotIn('log_partition_low', lines[-1])

    def test_pseudo_likelihood_of_other_rows_each_time(self):
        """Weights that stay as they are: each epoch is an estimate of one number, off by what its error says."""
        words = '--hidden', 20, '--validation', DIGITS, '--learning-rate', 1e-9, '--learning-rate-schedule', 'constant'
        lines, said = self.run_of('run', *words, '--epochs', 40)
        raw, header = self.path('run/model.safetensors').read_bytes(), self.header('run/model.safetensors')
        data = raw[8 + int.from_bytes(raw[:8], 'little'):]
        weights, a, b = (np.frombuffer(data[slice(*header[name]['data_offsets'])], '<f4').astype(float).reshape(header[name]['shape'])
                         for name in ('weights', 'visible.bias', 'hidden.bias'))
        rows = (np.frombuffer(gzip.decompress(DIGITS.read_bytes())[16:], np.uint8).reshape(-1, 64) / 255 > 0.5).astype(float)
        energy = bernoulli_free_energy(rows, weights, a, b)
        exact = 0
        for unit in range(64):
            flipped = rows.copy()
            flipped[:, unit] = 1 - flipped[:, unit]
            exact -= np.logaddexp(0, energy - bernoulli_free_energy(flipped, weights, a, b)).mean()
        for key in 'pseudo_likelihood', 'held_out_pseudo_likelihood':
            values, errors = (np.array([line[name] for line in lines]) for name in (key, f'{key}_error'))
            self.assertEqual(len(set(values)), 40)
            self.assertLess(abs(values.mean() - exact), 4 * errors.mean() / 40**0.5)
            self.assertLess(values.std(), 1.5 * errors.mean())
            self.assertGreater(values.std(), errors.mean() / 2)
        self.assertRegex(said, r'pseudo-likelihood -\d+\.\d \+- \d+\.\d')
        # The same when the run was interrupted, and others from another seed.
        self.run_of('again', *words, '--epochs', 3)
        self.ok('rbm-train', '--output', 'again', '--resume', '--epochs', 5)
        for line, other in zip(self.metrics('again'), lines[:5]):
            self.assertEqual(line['pseudo_likelihood'], other['pseudo_likelihood'])
        other, _ = self.run_of('other', *words, '--epochs', 1, '--seed', 2)
        self.assertNotEqual(other[0]['pseudo_likelihood'], lines[0]['pseudo_likelihood'])

    def test_objectives_without_chains(self):
        """Their loss falls, and the likelihood that they do not look at rises."""
        self.ok('rbm-data', 'bars-and-stripes', '--size', 3, '--output', 'bars.npy')
        self.ok('rbm-data', 'laplace-sources', '--rows', 1000, '--output', 'sources.npy')
        bits = 'bars.npy', '--hidden', 9, '--epochs', 2000, '--batch-size', 16, '--learning-rate', 0.3
        reals = 'sources.npy', '--visible-units', 'gaussian', '--hidden', 4, '--epochs', 60, '--initial-weights', 2, '--initial-hidden-bias', -4
        for name, words in (('pseudo-likelihood', bits), ('ratio-matching', bits), ('nce', bits), ('nce', reals), ('score-matching', reals),
                            ('denoising', reals), ('sliced', reals)):
            with self.subTest(name, words=words):
                self.ok('rbm-train', *words, '--algorithm', name, '--output', 'run', '--force')
                lines = [json.loads(line) for line in self.path('run/metrics.jsonl').read_text().splitlines()]
                self.assertLess(lines[-1]['loss'], lines[0]['loss'])
                known = [line for line in lines if 'log_likelihood' in line]
                self.assertGreater(known[-1]['log_likelihood'], known[0]['log_likelihood'] + 0.005)
        # A kind that an objective cannot do is said before anything is written.
        self.fails(2, 'rbm-train', 'bars.npy', '--output', 'none', '--algorithm', 'sliced', saying='bernoulli visible units')
        self.fails(2, 'rbm-train', 'sources.npy', '--output', 'none', '--visible-units', 'gaussian', '--algorithm', 'ratio-matching',
                   saying='gaussian visible units')
        self.assertFalse(self.path('none').exists())

    def test_noise_contrast_knows_log_partition(self):
        self.ok('rbm-data', 'laplace-sources', '--rows', 5000, '--output', 'sources.npy')
        self.ok('rbm-train', 'sources.npy', '--output', 'run', '--visible-units', 'gaussian', '--hidden', 2, '--algorithm', 'nce', '--epochs', 30)
        learned = json.loads(self.ok('rbm-inspect', 'run/model.safetensors', '--json'))
        self.assertEqual(learned['log_partition_method'], 'nce')
        self.assertLess(learned['log_partition_low'], learned['log_partition_high'])
        exact = json.loads(self.ok('rbm-estimate', 'run/model.safetensors', '--method', 'exact', '--json'))
        self.assertAlmostEqual(learned['log_partition'], exact['log_partition'], delta=0.05)

    def test_stop_on_likelihood(self):
        """A rate that ruins the machine after a while: the best model is kept, the run ends early and says so."""
        words = '--hidden', 8, '--epochs', 200, '--validation', DIGITS, '--learning-rate', 1.5, '--learning-rate-schedule', 'constant', \
            '--algorithm', 'pcd', '--chains', 10
        lines, said = self.run_of('run', *words, '--stop-on', 'likelihood', '--patience', 4)
        scores = {line['epoch']: line['held_out_log_likelihood'] for line in lines if 'held_out_log_likelihood' in line}
        best = max(scores, key=scores.get)
        self.assertLess(len(lines), 200)
        self.assertEqual(lines[-1]['best_epoch'], best)
        self.assertGreaterEqual(lines[-1]['epoch'] - best, 4)
        self.assertTrue(all(line['epoch'] - line['best_epoch'] < 4 for line in lines[:-1] if line['epoch'] in scores))
        self.assertIn(f'stopped after epoch {len(lines)}, {len(lines) - best} without a better model; run/model.safetensors is '
                      f'that of epoch {best}, the best: held-out log-likelihood {scores[best]:.2f} nats', said)
        found = json.loads(self.ok('rbm-estimate', 'run/model.safetensors', DIGITS, '--json'))
        self.assertAlmostEqual(found['log_likelihood'], scores[best], delta=1e-3)  # scores are of all rows
        # It is finished, whatever --epochs says.
        done = self.run_program('rbm-train', '--output', 'run', '--resume', '--epochs', 300)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b'finished', done.stderr)

    def options(self, folder):
        metadata = self.header(f'{folder}/checkpoint.safetensors')['__metadata__']
        return {key[7:]: value for key, value in metadata.items() if key.startswith('option.')}

    def likelihood(self, folder, data):
        return json.loads(self.ok('rbm-estimate', f'{folder}/model.safetensors', data, '--json'))['log_likelihood']

    def test_best_is_kept(self):
        """With --validation alone: the run goes on to its end, and the model is the best on all those samples."""
        self.ok('rbm-data', DIGITS, '--take', 40, '--output', 'few.npy')
        self.ok('rbm-data', DIGITS, '--skip', 1000, '--output', 'others.npy')
        words = 'few.npy', '--hidden', 8, '--epochs', 400, '--validation', 'others.npy', '--learning-rate', 0.5, \
            '--learning-rate-schedule', 'constant'
        done = self.run_program('rbm-train', *words, '--output', 'run')
        self.assertEqual(done.returncode, 0, done.stderr)
        lines, said = self.metrics('run'), done.stderr.decode()
        scores = {line['epoch']: line['held_out_log_likelihood'] for line in lines if 'held_out_log_likelihood' in line}
        best = max(scores, key=scores.get)
        self.assertEqual(len(lines), 400)
        self.assertEqual(lines[-1]['best_epoch'], best)
        self.assertLess(best, 400)
        self.assertIn('the model is kept that makes the 797 held-out samples most likely; log Z is exact', said)
        self.assertIn(f'run/model.safetensors is that of epoch {best}, the best: held-out log-likelihood {scores[best]:.2f} nats', said)
        self.assertAlmostEqual(self.likelihood('run', 'others.npy'), scores[best], delta=1e-3)
        self.assertEqual(self.options('run')['stop-on'], 'best')
        # The last model is there for the asking, without what the choice brings.
        self.ok('rbm-train', *words, '--output', 'last', '--stop-on', 'off')
        self.assertEqual(self.options('last')['averaging'], '0')
        scores = [self.ok('rbm-score', f'last/{name}.safetensors', 'others.npy') for name in ('model', 'checkpoint')]
        self.assertEqual(*scores)

    def test_best_by_estimates(self):
        """Where log Z is not exact it is estimated, and the lower end of the interval decides."""
        lines, said = self.run_of('run', '--hidden', 40, '--epochs', 33, '--validation', DIGITS)
        known = [line for line in lines if 'held_out_log_likelihood' in line]
        self.assertEqual([line['epoch'] for line in known], [*range(3, 34, 3)])
        best = max(known, key=lambda line: line['held_out_log_likelihood_low'])
        self.assertEqual(lines[-1]['best_epoch'], best['epoch'])
        self.assertIn('estimated every 3 of 33 epochs by AIS with 100 chains and', said)
        self.assertIn(f"({best['held_out_log_likelihood_low']:.2f} to {best['held_out_log_likelihood_high']:.2f}, estimated by AIS)", said)
        self.assertAlmostEqual(self.likelihood('run', DIGITS), best['held_out_log_likelihood'], delta=0.5)

    def test_patience_is_for_what_is_worse(self):
        """Estimates whose intervals reach the best one's stop nothing."""
        words = '--hidden', 40, '--epochs', 12, '--validation', DIGITS, '--track-likelihood', 1, '--stop-on', 'likelihood', '--patience', 2
        lines, said = self.run_of('flat', *words, '--learning-rate', 1e-6)
        self.assertEqual(len(lines), 12)
        self.assertNotIn('stopped after', said)
        # Forty rows are learned by heart.
        self.ok('rbm-data', DIGITS, '--take', 40, '--output', 'few.npy')
        self.ok('rbm-data', DIGITS, '--skip', 1000, '--output', 'others.npy')
        done = self.run_program('rbm-train', 'few.npy', '--output', 'worse', '--hidden', 40, '--epochs', 600, '--learning-rate', 0.5,
                                '--learning-rate-schedule', 'constant', '--validation', 'others.npy', '--stop-on', 'likelihood',
                                '--track-likelihood', 20, '--patience', 40)
        lines = self.metrics('worse')
        self.assertLess(len(lines), 600)
        self.assertIn(f'stopped after epoch {len(lines)}, ', done.stderr.decode())
        best = next(line for line in lines if line['epoch'] == lines[-1]['best_epoch'])
        self.assertLess(lines[-1]['held_out_log_likelihood_high'], best['held_out_log_likelihood_low'])

    def independent_bits(self, train, test):
        rates = ((train.sum(0) + 0.5) / (len(train) + 1))
        return (test * np.log(rates) + (1 - test) * np.log(1 - rates)).sum(1).mean()

    def test_noise_is_not_learned_by_heart(self):
        """Few rows without structure, all options at their defaults: hardly worse than independent bits, which are the truth."""
        rng = np.random.default_rng(7)
        few, others = ((rng.random((rows, 30)) < 0.3).astype('u1') for rows in (150, 2000))
        for name, rows in ('few', few), ('others', others):
            self.save_array(f'{name}.npy', rows)
        independent = self.independent_bits(few.astype(float), others.astype(float))
        for folder, words in ('alone', ()), ('watched', ('--validation', 'others.npy')):
            self.ok('rbm-train', 'few.npy', '--output', folder, *words)
            self.assertGreater(self.likelihood(folder, 'others.npy'), independent - 0.5, folder)

    def test_sizes_follow_the_data(self):
        done = self.run_program('rbm-train', DIGITS, '--output', 'digits')
        self.assertEqual(done.returncode, 0)
        self.assertIn('180 of the 1797 rows are held out', done.stderr.decode())
        found = self.options('digits')
        self.assertEqual({name: found[name] for name in ('hidden', 'epochs', 'hold-out', 'stop-on', 'averaging')},
                         {'hidden': '128', 'epochs': '300', 'hold-out': '0.1', 'stop-on': 'best', 'averaging': '0.1'})
        self.assertEqual({name: found[name] for name in ('learning-rate', 'initial-weights', 'weight-decay-l1')},
                         {'learning-rate': '0.5', 'initial-weights': '0.3', 'weight-decay-l1': '0.0031'})
        self.assertEqual(self.metrics('digits')[0]['updates'], 17)  # 1617 rows
        # Few rows, the same columns: fewer units, a larger penalty unless updates are few; what is given is taken.
        self.ok('rbm-data', DIGITS, '--take', 90, '--output', 'few.npy')
        for words, expected in ((2,), ('22', '0')), ((1000,), ('22', '0.005')), ((2, '--hidden', 20, '--weight-decay-l1', 0.5), ('20', '0.5')), \
                ((1000, '--weight-decay', 0.1), ('22', '0')):
            self.ok('rbm-train', 'few.npy', '--output', 'few', '--epochs', *words, '--force')
            found = self.options('few')
            self.assertEqual((found['hidden'], found['weight-decay-l1']), expected)
            self.assertEqual((found['stop-on'], found.get('hold-out')), ('off', None))
        self.fails(2, 'rbm-train', 'few.npy', '--output', 'x', '--hold-out', 0.1, '--validation', 'few.npy', saying='--hold-out: has no effect')
        self.ok('rbm-train', 'few.npy', '--output', 'half', '--hold-out', 0.5, '--hidden', 4, '--epochs', 2)
        self.assertIn('best_epoch', self.metrics('half')[-1])

    def test_stop_on_gap(self):
        rng = np.random.default_rng(3)
        self.save_array('few.npy', (rng.random((40, 30)) < 0.5).astype('u1'))
        self.save_array('others.npy', (rng.random((200, 30)) < 0.5).astype('u1'))
        self.ok('rbm-train', 'few.npy', '--output', 'run', '--hidden', 20, '--epochs', 2000, '--batch-size', 40, '--validation', 'others.npy',
                '--stop-on', 'gap', '--largest-gap', 1.5, '--patience', 3)
        lines = self.metrics('run')
        self.assertLess(len(lines), 2000)
        best = lines[-1]['best_epoch']
        within = [line['epoch'] for line in lines if line['free_energy_gap'] <= 1.5]
        self.assertEqual(best, within[-1])
        self.assertEqual(lines[-1]['epoch'], best + 3)

    def test_search(self):
        self.ok('rbm-data', DIGITS, '--take', 300, '--output', 'some.npy')
        words = 'rbm-train', 'some.npy', '--output', 'run', '--hidden', 6, '--epochs', 40
        done = self.run_program(*words, '--search', 0.1)
        self.assertEqual(done.returncode, 2)  # the last model of so many epochs is not compared with anything
        done = self.run_program(*words, '--hold-out', 0.3, '--search', 0.1)
        self.assertEqual(done.returncode, 0, done.stderr)
        head, *trials = [json.loads(line) for line in self.path('run/search.jsonl').read_text().splitlines()]
        self.assertEqual(head['minutes'], 0.1)
        self.assertEqual((trials[0]['tried'], trials[0]['epochs']), ('', 40))
        self.assertGreater(len(trials), 1)
        self.assertTrue(all(trial['options']['hidden'] == '6' for trial in trials))  # what is given stays
        best = max((trial for trial in trials if 'low' in trial), key=lambda trial: trial['low'])
        self.assertIn(f"is the best of {len(trials)} trials, held out {best['held_out']:.3f}", done.stderr.decode())
        # The folder is the best run's.
        self.assertEqual({name: self.options('run')[name] for name in best['options']}, best['options'])
        self.assertEqual(self.metrics('run')[-1]['best_epoch'], best['best_epoch'])
        self.assertEqual(sorted(os.listdir(self.path('run'))), sorted(FILES + ['averaged.safetensors', 'search.jsonl']))
        self.ok('rbm-score', 'run', 'some.npy')
        # It goes on with what it knows.
        self.fails(2, 'rbm-train', '--output', 'run', '--resume', '--hidden', 6, saying='--hidden: a search goes on with')
        self.ok('rbm-train', '--output', 'run', '--resume', '--search', 0.2)
        again = [json.loads(line) for line in self.path('run/search.jsonl').read_text().splitlines()]
        self.assertEqual(again[1:1 + len(trials)], trials)

    def test_recipes(self):
        names = 'melchior-2016', 'salakhutdinov-murray-2008', 'tieleman-hinton-2009', 'best'
        for name in names:
            with self.subTest(recipe=name):
                self.run_of(f'run-{name}', '--recipe', name, '--epochs', 1, '--hidden', 6, '--quiet')
                _, said = self.run_of(f'again-{name}', '--recipe', name, '--epochs', 1, '--hidden', 6)
                head, expansion = said.splitlines()[:2]
                self.assertIn(f'recipe {name}: ', head)
                self.assertNotIn('--hidden', expansion)  # what was given wins
                self.assertIn('--learning-rate', expansion)
                # Its plain options do the same, and stand in the checkpoint.
                self.run_of(f'plain-{name}', *expansion.split(), '--epochs', 1, '--hidden', 6)
                self.assertEqual(self.free_energies(f'run-{name}'), self.free_energies(f'plain-{name}'))
                record = self.header(f'run-{name}/checkpoint.safetensors')['__metadata__']
                self.assertEqual(record['option.recipe'], name)
                pairs = expansion.split()
                for option, value in zip(pairs[::2], pairs[1::2]):
                    self.assertEqual(record[f'option.{option[2:]}'], value)
        self.put('c.ini', 'recipe = best\nepochs = 2\nhidden = 7\n')
        self.ok('rbm-train', DIGITS, '--config', 'c.ini', '--output', 'from-file')
        self.assertEqual(self.header('from-file/model.safetensors')['weights']['shape'], [64, 7])
        self.ok('rbm-train', '--output', 'from-file', '--resume', '--epochs', 3)

    def test_shapes_of_machines(self):
        for hidden, words in (1, ['--epochs', 1]), (3000, ['--epochs', 1]):
            self.ok('rbm-train', 'good.npy', '--output', f'run{hidden}', '--hidden', hidden, *words)
            self.assertEqual(sorted(os.listdir(self.path(f'run{hidden}'))), FILES)
        # More weights than a picture may have pixels (2^28): the pictures show a part.
        self.save_array('wide.npy', np.zeros((2, 3_000_000), np.uint8))
        self.ok('rbm-train', 'wide.npy', '--output', 'wide', '--hidden', 1, '--epochs', 1, '--batch-size', 2)
        self.assertEqual(sorted(os.listdir(self.path('wide'))), FILES)

    def mount(self, size):
        folder = self.path('small')
        folder.mkdir()
        if os.geteuid() != 0 or subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', folder], capture_output=True).returncode:
            self.skipTest('cannot mount a small file system')
        self.addCleanup(subprocess.run, ['umount', folder], check=True)
        return folder

    def test_disk_full(self):
        folder = self.mount('256k')
        run = 'rbm-train', 'good.npy', '--output', 'small/run', '--hidden', 40
        self.ok(*run, '--epochs', 2)
        before = self.digests('small/run')
        with open(folder / 'filler', 'wb') as file:
            for size in 65536, 4096, 64:
                try:
                    while True:
                        os.write(file.fileno(), bytes(size))
                except OSError as error:
                    self.assertEqual(error.errno, errno.ENOSPC)
        # Going on, starting anew, a new folder beside, and scores: each fails, and what is there stays.
        for words in (['rbm-train', '--output', 'small/run', '--resume', '--epochs', 4], [*run, '--epochs', 2, '--force', '--seed', 3],
                      ['rbm-score', 'm.safetensors', 'good.npy', '--output', 'small/s.csv'],
                      ['rbm-estimate', 'small/run/model.safetensors', '--save']):
            done = self.run_program(*words)
            self.assertEqual((done.returncode, done.stdout), (1, b''), (words, done.stderr))
            self.assertIn(b'No space left on device', done.stderr)
            found = self.digests('small/run')
            self.assertEqual({name: found[name] for name in before}, before)
            self.assertEqual(os.listdir(folder), ['filler', 'run'] if os.listdir(folder)[0] == 'filler' else ['run', 'filler'])
            self.assertLessEqual(set(found) - set(before), {'.lock'})
        (folder / 'filler').unlink()
        self.ok('rbm-train', '--output', 'small/run', '--resume', '--epochs', 4)

    @unittest.skipUnless(os.environ.get('RBM_DATA'), 'RBM_DATA is not set')
    def test_memory(self):
        """784-500 on MNIST within 200 MB."""
        images = pathlib.Path(os.environ['RBM_DATA']) / 'mnist/train-images-idx3-ubyte.gz'
        if not images.exists():
            self.skipTest('no mnist in RBM_DATA')
        if b'asan' in subprocess.run(['ldd', PROGRAMS['rbm-train']], capture_output=True).stdout:
            self.skipTest('sanitizers take memory of their own')
        code, memory = self.peak_memory('rbm-train', images, '--output', self.path('run'), '--hidden', 500, '--epochs', 1)
        self.assertEqual(code, 0)
        self.assertLess(memory, 200)


if __name__ == '__main__':
    main()
