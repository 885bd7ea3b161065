#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The reports of rbm-train and rbm-inspect: what they say, without a browser."""
import html
import json
import re
import signal
import time

import numpy as np
from app_testing import DIGITS, AppTest, main, safetensors


class Report(AppTest):
    def text(self, name):
        """What a reader sees of a page, without tags."""
        page = self.path(name).read_text()
        page = re.sub(r'<style>.*?</style>', '', page, flags=re.DOTALL)
        return html.unescape(re.sub(r'\s+', ' ', re.sub(r'<[^>]*>', ' ', page)))

    def train(self, folder, *words):
        self.ok('rbm-train', DIGITS, '--output', folder, '--hidden', 12, '--epochs', 12, '--quiet', *words)

    def test_a_run_is_told_in_words_and_numbers(self):
        self.train('run', '--validation', DIGITS, '--track-likelihood', 4)
        text = self.text('run/report.html')
        last = json.loads(self.path('run/metrics.jsonl').read_text().splitlines()[-1])
        for key, digits in ('log_likelihood', 3), ('held_out_log_likelihood', 3), ('free_energy', 3), ('reconstruction_error', 5):
            self.assertIn(f'{last[key]:.{digits}f}'.replace('-', '\u2212'), text)
        for piece in ('All 12 epochs are done', 'No sign of overfitting', 'hidden units', 'Log-likelihood', 'Free-energy gap',
                      'Filters', 'Dreams', 'Reconstructions', 'epoch 0', 'epoch 1 ', 'epoch 5', 'epoch 10', 'epoch 12',
                      'Activity of hidden units', 'Weights against epochs', 'Singular values', 'Free energies', 'held out',
                      'noise', 'Means of units', 'Covariances of units', 'rbm-train ', '--track-likelihood 4', 'learning-rate',
                      'data.fingerprint', 'OpenBLAS', 'E(v,h) = - sum_i a_i v_i'):
            self.assertIn(piece, text)
        page = self.path('run/report.html').read_text()
        self.assertNotRegex(page, r'<script|https?://|@import|url\(|http-equiv="refresh"')
        self.assertNotIn('epoch 0</th><td></td>', page)
        # A line of the 12 epochs has 12 places.
        gap = re.search(r'aria-label="Free-energy gap.*?</svg>', page, re.DOTALL)[0]
        self.assertEqual(len(re.search(r'class="l0" d="(.*?)"', gap)[1].split('L')), 12)

    def test_history_has_what_the_page_shows(self):
        self.train('run')
        raw = self.path('run/history.safetensors').read_bytes()
        size = int.from_bytes(raw[:8], 'little')
        header = json.loads(raw[8:8 + size])

        def tensor(name):
            one = header[name]
            first, end = one['data_offsets']
            kind = {'F32': '<f4', 'F64': '<f8', 'U64': '<u8'}[one['dtype']]
            return np.frombuffer(raw[8 + size:][first:end], kind).reshape(one['shape'])
        self.assertEqual(tensor('epochs').tolist(), [0, 1, 2, 5, 10])
        self.assertEqual(tensor('reconstructions').shape, (5, 10, 64))
        self.assertEqual(tensor('chains').shape, (5, 10, 64))
        self.assertEqual(tensor('weights.singular_values').shape, (5, 12))
        self.assertTrue((np.diff(tensor('weights.quantiles')) >= 0).all())
        errors = np.square(tensor('reconstructions') - tensor('samples')).mean((1, 2))
        self.assertLess(errors[-1], errors[0])

    def test_a_broken_history_is_told_and_left(self):
        self.train('run')
        self.path('run/history.safetensors').write_bytes(b'nonsense')
        done = self.run_program('rbm-train', '--output', 'run', '--resume', '--epochs', 20)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('history.safetensors', done.stderr.decode())
        self.assertIn('All 20 epochs', self.text('run/report.html'))

    def test_dead_saturated_faint_and_double_units_are_named(self):
        random = np.random.default_rng(1)
        weights = random.normal(0, 0.5, (16, 6))
        weights[:, 4] = 1e-5
        weights[:, 5] = weights[:, 0]
        bias = np.array([0, -30, 30, 0, 0, 0.])
        self.save_model('m.st', weights, hidden_bias=bias, image_height=4, image_width=4)
        self.save_array('x.npy', (random.random((50, 16)) < 0.5).astype(np.uint8))
        self.ok('rbm-inspect', 'm.st', 'x.npy', '--report', 'r.html')
        text = self.text('r.html')
        self.assertIn('1 of 6 hidden units are dead, on in less than 1 % of the samples: 1 (counted from 0)', text)
        self.assertIn('1 of 6 hidden units are saturated, off in less than 1 % of the samples: 2 (counted from 0)', text)
        self.assertIn('The weights of 1 hidden units are less than 1 % of the median: 4.', text)
        self.assertIn('1 pairs of hidden units have nearly the same weights, such as 0 and 5.', text)
        self.assertNotIn('How it learned', text)

    def test_chains_of_a_known_machine_have_its_means(self):
        rates = np.linspace(0.1, 0.9, 20)
        self.save_model('m.st', np.zeros((20, 3)), visible_bias=np.log(rates / (1 - rates)))
        exact = np.array([[i < 1000 * rate for rate in rates] for i in range(1000)])
        self.save_array('x.npy', exact.astype(np.uint8))
        self.ok('rbm-inspect', 'm.st', 'x.npy', '--report', 'r.html')
        text = self.text('r.html')
        away = float(re.search(r'means of the data to ([\d.]+)', text)[1])
        self.assertLess(away, 0.03)
        self.assertIn('hardly tells its data from noise', text)  # without weights it cannot

    def test_every_kind_of_units_and_data_has_a_report(self):
        random = np.random.default_rng(2)
        self.save_array('g.npy', random.normal(size=(60, 5)))
        self.save_array('p.npy', random.integers(0, 3, (60, 6)))
        self.save_array('b.npy', random.integers(0, 2, (60, 16)).astype(np.uint8))
        self.save_array('l.npy', random.integers(0, 2, 60))
        quick = ['--hidden', 4, '--epochs', 2, '--quiet']
        self.ok('rbm-train', 'g.npy', '--output', 'g', '--visible-units', 'gaussian', *quick)
        self.ok('rbm-train', 'p.npy', '--output', 'p', '--visible-units', 'potts', '--hidden-units', 'potts',
                '--hidden-states', 3, '--visible-states', 3, *quick)
        self.ok('rbm-train', 'b.npy', '--output', 's', '--visible-units', 'spin', '--hidden-units', 'spin', *quick)
        self.ok('rbm-train', 'b.npy', '--labels', 'l.npy', '--output', 'l', '--algorithm', 'discriminative', *quick)
        self.ok('rbm-train', 'b.npy', '--output', 'e', '--algorithm', 'exact', '--restarts', 3, '--hidden', 2, '--quiet')
        for run in 'gps':
            self.assertIn('All 2 epochs are done', self.text(f'{run}/report.html'))
        self.assertNotIn('What it sees', self.text('g/report.html'))  # five numbers are no picture
        self.assertIn('Wrong labels', self.text('l/report.html'))
        self.assertIn('All 3 restarts are done', self.text('e/report.html'))
        self.assertNotIn('history.safetensors', [path.name for path in self.path('e').iterdir()])

    def test_a_live_page_reads_itself_anew_until_the_end(self):
        process = self.start_program('rbm-train', DIGITS, '--output', 'run', '--hidden', 4, '--epochs', 1000000, '--live')
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        page, end = self.path('run/report.html'), time.monotonic() + 60
        while not page.exists() and time.monotonic() < end:
            time.sleep(0.02)
        text = page.read_text()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertIn('http-equiv="refresh"', text)
        self.assertRegex(text, 'At work: [0-9]+ of 1000000 epochs are done')
        self.assertNotIn('http-equiv="refresh"', page.read_text())
        self.assertIn('--resume goes on', self.text('run/report.html'))

    def test_runs_side_by_side(self):
        self.train('one', '--validation', DIGITS, '--track-likelihood', 6)
        self.train('two', '--validation', DIGITS, '--track-likelihood', 6, '--learning-rate', 0.001)
        self.assertEqual(self.ok('rbm-inspect', '--compare', 'one', 'two', '--report', 'both.html'), b'')
        text = self.text('both.html')
        last = [json.loads(self.path(f'{run}/metrics.jsonl').read_text().splitlines()[-1]) for run in ('one', 'two')]
        best = max(range(2), key=lambda r: last[r]['held_out_log_likelihood'])
        self.assertIn(f"{('one', 'two')[best]} has the highest held-out log-likelihood in the end", text)
        self.assertRegex(text, r'learning-rate \S+ 0\.001')
        self.assertNotIn('batch-size', text)  # the same in both
        self.assertIn('one and two', text)
        self.assertEqual(self.path('both.html').read_text().count('<img'), 4)
        self.path('three').mkdir()
        self.fails(1, 'rbm-inspect', '--compare', 'one', 'three', '--report', 'c.html', saying=['three', 'checkpoint.safetensors'])
        self.fails(2, 'rbm-inspect', '--compare', 'one', '--report', 'c.html', saying='found 1 run,')
        self.fails(2, 'rbm-inspect', '--compare', *['one'] * 7, '--report', 'c.html', saying='found 7 runs')
        self.fails(2, 'rbm-inspect', '--compare', 'one', 'two', saying='--report')
        self.fails(2, 'rbm-inspect', '--compare', 'one', 'two', '--report', 'c.html', '--json', saying='--json')

    def test_what_makes_no_report(self):
        self.save_model('m.st', np.zeros((4, 3)))
        self.save_array('x.npy', np.eye(4))
        self.save_array('y.npy', np.eye(5))
        self.fails(2, 'rbm-inspect', 'm.st', '--report', 'r.html', saying='needs DATA')
        self.fails(2, 'rbm-inspect', 'm.st', 'x.npy', saying='--report')
        self.fails(2, 'rbm-inspect', 'm.st', 'x.npy', 'z.npy', '--report', 'r.html', saying=['z.npy', '--compare'])
        self.fails(2, 'rbm-inspect', 'm.st', 'x.npy', '--report', 'r.pdf', saying='.html')
        self.fails(3, 'rbm-inspect', 'm.st', 'y.npy', '--report', 'r.html', saying='y.npy')
        self.ok('rbm-inspect', 'm.st', 'x.npy', '--report', 'r.html')
        self.fails(1, 'rbm-inspect', 'm.st', 'x.npy', '--report', 'r.html', saying='r.html')

    def test_a_page_of_a_large_machine_stays_small(self):
        random = np.random.default_rng(3)
        self.path('m.st').write_bytes(safetensors(
            {'weights': random.normal(0, 0.1, (784, 500)), 'visible.bias': np.zeros(784), 'hidden.bias': np.zeros(500)},
            {'image.height': 28, 'image.width': 28}))
        self.save_array('x.npy', random.integers(0, 2, (200, 784)).astype(np.uint8))
        self.ok('rbm-inspect', 'm.st', 'x.npy', '--report', 'r.html')
        self.assertLess(self.path('r.html').stat().st_size, 2_000_000)
        self.ok('rbm-train', 'x.npy', '--output', 'run', '--hidden', 500, '--epochs', 11, '--quiet')
        self.assertLess(self.path('run/report.html').stat().st_size, 3_000_000)


if __name__ == '__main__':
    main()
