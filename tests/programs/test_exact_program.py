# SPDX-License-Identifier: MIT
"""rbm-train --algorithm exact: the best likelihoods there are, in a folder like any other."""
import json
import math
import os
import signal
import time

import numpy as np
from app_testing import AppTest, main

EXACT = '--algorithm', 'exact'
BOUND = -2.599301927099795  # minus the entropy of bars and stripes of 3 x 3


class Exact(AppTest):
    def setUp(self):
        super().setUp()
        self.ok('rbm-data', 'bars-and-stripes', '--size', 3, '--output', 'bars.npy')

    def results(self, folder):
        return {name: self.path(f'{folder}/{name}').read_bytes() for name in sorted(os.listdir(self.path(folder)))
                if name not in ('metrics.jsonl', 'report.html', '.lock')}

    def lines(self, folder):
        """Without times."""
        lines = [json.loads(line) for line in self.path(f'{folder}/metrics.jsonl').read_text().splitlines()]
        return [{key: value for key, value in line.items() if key != 'seconds'} for line in lines]

    def estimate(self, model, data):
        return json.loads(self.ok('rbm-estimate', model, data, '--json'))

    def test_folder(self):
        done = self.run_program('rbm-train', 'bars.npy', '--output', 'run', *EXACT, '--hidden', 4, '--restarts', 40, '--validation', 'bars.npy')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b'the best of 40 restarts: log-likelihood -3.119162 nats per sample', done.stderr)
        self.assertEqual(sorted(self.results('run')), ['checkpoint.safetensors', 'fantasies.png', 'filters.png', 'model.safetensors',
                                                       'reconstructions.png'])
        lines = self.lines('run')
        self.assertEqual(sorted({line['restart'] for line in lines}), list(range(1, 41)))
        first = [line for line in lines if line['restart'] == 1]
        self.assertEqual([line['iteration'] for line in first[:-1]], list(range(1, len(first))))
        likelihoods = [line['log_likelihood'] for line in first[:-1]]
        self.assertEqual(likelihoods, sorted(likelihoods))
        last = lines[-1]
        self.assertAlmostEqual(last['best_log_likelihood'], -3.119162, places=6)
        self.assertEqual(last['best_log_likelihood'], max(line['log_likelihood'] for line in lines if 'ended' in line))
        self.assertAlmostEqual(last['held_out_log_likelihood'], last['log_likelihood'], places=12)
        self.assertAlmostEqual(last['log_likelihood_bound'], BOUND, places=12)
        # The model knows its log Z, and the other programs agree with what was told.
        told = self.estimate('run/model.safetensors', 'bars.npy')
        self.assertAlmostEqual(told['log_likelihood'], last['best_log_likelihood'], places=9)
        self.assertAlmostEqual(told['log_partition'], last['log_partition'], places=9)
        scores = json.loads(self.ok('rbm-score', 'run/model.safetensors', 'bars.npy', '--json'))
        self.assertAlmostEqual(np.mean(scores['log_likelihood']), last['best_log_likelihood'], places=3)

    def test_bound(self):
        done = self.run_program('rbm-train', 'bars.npy', '--output', 'run', *EXACT, '--hidden', 9, '--restarts', 100, '--json')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b'no machine can do better, so the other restarts were left out', done.stderr)
        last = json.loads(done.stdout)
        self.assertLess(last['restart'], 100)
        self.assertLess(BOUND - last['best_log_likelihood'], 1e-6)
        self.assertLess(max(line['log_likelihood'] for line in self.lines('run')), BOUND + 1e-9)
        before = self.results('run')
        self.ok('rbm-train', '--output', 'run', '--resume')
        self.assertEqual(self.results('run'), before)

    def test_sample_weights_are_repeated_rows(self):
        rows, counts = np.unique(self.array('bars.npy').reshape(16, 9), axis=0, return_counts=True)
        self.save_array('rows.npy', rows.astype('<f4'))
        self.save_array('counts.npy', counts.astype('<f4'))
        self.assertEqual(sorted(counts), [1] * 12 + [2] * 2)
        self.ok('rbm-train', 'bars.npy', '--output', 'twice', *EXACT, '--hidden', 4, '--restarts', 4)
        self.ok('rbm-train', 'rows.npy', '--output', 'weighed', *EXACT, '--hidden', 4, '--restarts', 4, '--sample-weights', 'counts.npy')
        self.assertAlmostEqual(self.lines('twice')[-1]['log_likelihood_bound'], self.lines('weighed')[-1]['log_likelihood_bound'], 12)
        self.ok('rbm-train', 'rows.npy', '--output', 'even', *EXACT, '--hidden', 4, '--restarts', 4)
        self.assertAlmostEqual(self.lines('even')[-1]['log_likelihood_bound'], -math.log(14), 12)

    def test_threads_and_resuming(self):
        words = 'bars.npy', *EXACT, '--hidden', 4, '--seed', 3
        self.ok('rbm-train', *words, '--output', 'whole', '--restarts', 30, '--threads', 1)
        whole, lines = self.results('whole'), self.lines('whole')
        self.ok('rbm-train', *words, '--output', 'threads', '--restarts', 30, '--threads', 3)
        self.assertEqual((self.results('threads'), self.lines('threads')), (whole, lines))
        self.ok('rbm-train', *words, '--output', 'parts', '--restarts', 11)
        done = self.run_program('rbm-train', '--output', 'parts', '--resume')
        self.assertIn(b'parts is finished: 11 restarts; a larger --restarts goes on', done.stderr)
        self.ok('rbm-train', '--output', 'parts', '--resume', '--restarts', 30)
        self.assertEqual((self.results('parts'), self.lines('parts')), (whole, lines))
        self.assertIn(b'--restarts: found 5', self.run_program('rbm-train', '--output', 'parts', '--resume', '--restarts', 5).stderr)
        self.assertIn(b'--epochs: found "7"', self.run_program('rbm-train', '--output', 'parts', '--resume', '--epochs', 7).stderr)

    def test_signal(self):
        words = 'bars.npy', '--output', 'run', *EXACT, '--hidden', 4, '--restarts', 3000
        process = self.start_program('rbm-train', *words)
        with process:
            end = time.monotonic() + 60
            while not self.path('run/checkpoint.safetensors').exists() and process.poll() is None and time.monotonic() < end:
                time.sleep(0.001)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[1]
        self.assertIn(process.returncode, (0, 130), said)
        if process.returncode == 0:
            self.skipTest('too fast to be stopped')
        self.assertIn(b'go on with: rbm-train --output run --resume', said)
        done = [line['restart'] for line in self.lines('run') if 'ended' in line]
        self.assertEqual(done, list(range(1, len(done) + 1)))

    def test_gaussian(self):
        self.ok('rbm-data', 'laplace-sources', '--rows', 1000, '--output', 'sources.npy')
        self.ok('rbm-train', 'sources.npy', '--output', 'run', *EXACT, '--hidden', 4, '--restarts', 4, '--visible-units', 'gaussian')
        last = self.lines('run')[-1]
        self.assertGreater(last['best_log_likelihood'], -2.78)
        self.assertNotIn('log_likelihood_bound', last)
        told = self.estimate('run/model.safetensors', 'sources.npy')
        self.assertAlmostEqual(told['log_likelihood'], last['best_log_likelihood'], places=9)

    def test_refused(self):
        train = 'rbm-train', 'bars.npy', '--output', 'run'
        for option, value in (('steps', 2), ('chains', 7), ('batch-size', 5), ('learning-rate', 0.2), ('momentum', 0.5), ('optimizer', 'adam'),
                              ('centering', 'off'), ('weight-decay-l1', 0.1), ('gradient-norm-limit', 3), ('initial-weights', 1), ('initial-hidden-bias', -4)):
            self.fails(2, *train, *EXACT, f'--{option}', value, saying=(f'--{option}', 'no effect with --algorithm exact'))
        self.fails(2, *train, '--restarts', 3, saying=('--restarts', 'no effect'))
        self.fails(2, *train, *EXACT, '--binarize', 'sample', saying='rbm-data FILE --binarize sample')
        self.fails(2, *train, *EXACT, '--restarts', 0, saying='--restarts')
        self.ok(*train, *EXACT, '--learning-rate', 0.1, '--hidden', 2, '--restarts', 1)  # its default
        self.save_array('grey.npy', np.full((3, 4), 0.25, '<f4'))
        self.fails(3, 'rbm-train', 'grey.npy', '--output', 'new', *EXACT, '--binarize', 'none', saying='row 1, column 1: found 0.25')
        self.save_array('wide.npy', np.eye(40, dtype='<f4'))
        self.fails(2, 'rbm-train', 'wide.npy', '--output', 'new', *EXACT, '--hidden', 30, saying=('40 bernoulli visible', 'at most 25'))


if __name__ == '__main__':
    main()
