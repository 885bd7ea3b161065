# SPDX-License-Identifier: MIT
"""rbm-score: numbers against a re-computation in NumPy, formats, streams, order of rows, threads."""
import json
import os
import pathlib
import unittest

import numpy as np
from app_testing import AppTest, main


def softplus(x):
    return np.logaddexp(0, x)


def f32(values):
    return np.asarray(values, '<f4').astype(float)


def bernoulli_free_energy(v, weights, visible_bias, hidden_bias, beta=1.0):
    return -beta * v @ visible_bias - softplus(beta * (hidden_bias + v @ weights)).sum(1)


def gaussian_free_energy(v, weights, center, log_sigma, hidden_bias, beta=1.0):
    sigma = np.exp(log_sigma)
    squares = ((v - center)**2 / (2 * sigma**2)).sum(1)
    return beta * squares - softplus(beta * (hidden_bias + (v / sigma**2) @ weights)).sum(1)


class Score(AppTest):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(8)
        self.weights, self.a, self.b = f32(rng.normal(size=(7, 4))), f32(rng.normal(size=7)), f32(rng.normal(size=4))
        self.log_sigma = f32(0.3 * rng.normal(size=7))
        self.mean, self.scale = f32(10 * rng.normal(size=7)), f32(np.exp(rng.normal(size=7)))
        self.bits = rng.integers(0, 2, (30, 7)).astype('<f4')
        self.grey = rng.random((30, 7)).astype('<f4')
        self.real = (self.mean + self.scale * rng.normal(size=(30, 7))).astype('<f4')
        self.save_array('bits.npy', self.bits)
        self.save_array('grey.npy', self.grey)
        self.save_array('real.npy', self.real)
        self.save_model('m.safetensors', self.weights, self.a, self.b)
        self.save_model('g.safetensors', self.weights, center=self.a, log_sigma=self.log_sigma, hidden_bias=self.b,
                        mean=self.mean, scale=self.scale)

    def scores(self, *words, **options):
        """Columns by name, from CSV."""
        lines = self.ok('rbm-score', *words, **options).decode().splitlines()
        values = np.array([line.split(',') for line in lines[1:]], float)
        return dict(zip(lines[0].split(','), values.T))

    def assertClose(self, found, expected, tolerance=2e-6):
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * 10)

    def test_bernoulli(self):
        for beta in 1, 0.5, 2, 0, -1:
            found = self.scores('m.safetensors', 'bits.npy', '--beta', beta)
            self.assertEqual(list(found), ['free_energy'])
            self.assertClose(found['free_energy'], bernoulli_free_energy(self.bits, self.weights, self.a, self.b, beta))

    def test_gaussian(self):
        v = (self.real.astype(float) - self.mean) / self.scale
        for beta in 1, 0.5, 3:
            found = self.scores('g.safetensors', 'real.npy', '--beta', beta)
            expected = gaussian_free_energy(v, self.weights, self.a, self.log_sigma, self.b, beta)
            self.assertClose(found['free_energy'], expected, 1e-5)

    def test_log_partition_that_cannot_be(self):
        """Probabilities of distinct samples sum to at most 1: a log Z that says otherwise is told of."""
        everything = np.array([[i >> k & 1 for k in range(7)] for i in range(128)], float)
        energies = bernoulli_free_energy(everything, self.weights, self.a, self.b)
        exact = np.logaddexp.reduce(-energies)
        self.save_array('all.npy', np.vstack([everything, everything]))
        for value, high, saying in ((exact + 0.1, exact + 0.2, ''), (exact - 2, exact + 1, 'is too low: with it 128 distinct samples are e^2.00 times'),
                                    (exact - 2, exact - 1, 'cannot be right')):
            with self.subTest(value=value, high=high):
                self.save_model('known.safetensors', self.weights, self.a, self.b, log_partition=value, log_partition_low=value - 1,
                                log_partition_high=high, log_partition_method='ais')
                done = self.run_program('rbm-score', 'known.safetensors', 'all.npy')
                self.assertEqual(done.returncode, 0)
                self.assertEqual('log Z' in done.stderr.decode(), bool(saying), done.stderr)
                self.assertIn(saying, done.stderr.decode())
                found = np.array([line.split(',') for line in done.stdout.decode().splitlines()[1:]], float)
                self.assertClose(found[:128, 1], -energies - value, 1e-5)
        # A density may be above 1.
        self.save_model('g.safetensors', self.weights, center=self.a, log_sigma=self.log_sigma - 9, hidden_bias=self.b, mean=self.mean,
                        scale=self.scale, log_partition=-200)
        self.assertEqual(self.run_program('rbm-score', 'g.safetensors', 'real.npy').stderr, b'')

    def test_preparation(self):
        expected = bernoulli_free_energy((self.grey > 0.5).astype(float), self.weights, self.a, self.b)
        self.assertClose(self.scores('m.safetensors', 'grey.npy')['free_energy'], expected)
        self.save_model('none.safetensors', self.weights, self.a, self.b, data_binarize='none')
        expected = bernoulli_free_energy(self.grey.astype(float), self.weights, self.a, self.b)
        self.assertClose(self.scores('none.safetensors', 'grey.npy')['free_energy'], expected)
        self.save_model('low.safetensors', self.weights, self.a, self.b, data_binarize='threshold', data_threshold=0.25)
        expected = bernoulli_free_energy((self.grey > 0.25).astype(float), self.weights, self.a, self.b)
        self.assertClose(self.scores('low.safetensors', 'grey.npy')['free_energy'], expected)
        # Drawn once, from --seed: each score is one that some bits have, and another seed draws others.
        self.save_model('drawn.safetensors', self.weights, self.a, self.b, data_binarize='sample')
        states = np.array([[i >> k & 1 for k in range(7)] for i in range(128)], float)
        possible = bernoulli_free_energy(states, self.weights, self.a, self.b)
        first, again, other = (self.scores('drawn.safetensors', 'grey.npy', '--seed', seed)['free_energy'] for seed in (1, 1, 2))
        self.assertTrue((first == again).all() and (first != other).any())
        self.assertTrue((np.abs(first[:, None] - possible).min(1) < 1e-5).all())
        # Bits are drawn as themselves.
        self.assertClose(self.scores('drawn.safetensors', 'bits.npy')['free_energy'],
                         bernoulli_free_energy(self.bits, self.weights, self.a, self.b))

    def test_log_likelihood(self):
        self.save_array('mixed.npy', np.vstack([self.bits[:3], self.grey[:2]]))
        self.ok('rbm-estimate', 'm.safetensors', '--save')
        log_z = json.loads(self.ok('rbm-estimate', 'm.safetensors', '--json'))['log_partition']
        found = self.scores('m.safetensors', 'bits.npy')
        self.assertEqual(list(found), ['free_energy', 'log_likelihood'])
        np.testing.assert_array_equal(found['log_likelihood'], -found['free_energy'] - log_z)
        # At another temperature the log Z is another.
        done = self.run_program('rbm-score', 'm.safetensors', 'bits.npy', '--beta', 2)
        self.assertEqual(done.stdout.split()[0], b'free_energy')
        self.assertIn(b'beta 1', done.stderr)
        # Grey rows have no probability.
        self.save_model('none.safetensors', self.weights, self.a, self.b, data_binarize='none', log_partition=log_z)
        done = self.run_program('rbm-score', 'none.safetensors', 'mixed.npy')
        rows = [line.split(b',')[1] for line in done.stdout.split()[1:]]
        self.assertEqual([row == b'nan' for row in rows], [False] * 3 + [True] * 2)
        self.assertIn(b'2 of 5 rows are not binary', done.stderr)
        parsed = json.loads(self.ok('rbm-score', 'none.safetensors', 'mixed.npy', '--json'))
        self.assertEqual([value is None for value in parsed['log_likelihood']], [False] * 3 + [True] * 2)

    def test_log_likelihood_is_a_density(self):
        """In the units of the data: over a fine grid it adds up to 1."""
        weights = f32([[0.5, -0.3]])
        mean, scale = 7, 0.25
        self.save_model('one.safetensors', weights, center=[0.2], log_sigma=[-0.1], hidden_bias=[0.3, -0.2],
                        mean=[mean], scale=[scale])
        self.ok('rbm-estimate', 'one.safetensors', '--save')
        grid = np.linspace(mean - 12 * scale, mean + 12 * scale, 4001)
        self.save_array('grid.npy', grid.astype('<f4')[:, None])
        density = np.exp(self.scores('one.safetensors', 'grid.npy')['log_likelihood'])
        self.assertAlmostEqual(density.sum() * (grid[1] - grid[0]), 1, 4)

    def test_outputs(self):
        text = self.ok('rbm-score', 'm.safetensors', 'bits.npy')
        self.ok('rbm-score', 'm.safetensors', 'bits.npy', '--output', 's.csv')
        self.assertEqual(self.path('s.csv').read_bytes(), text)
        self.assertEqual(self.ok('rbm-score', 'm.safetensors', 'bits.npy', '--output', 's.npy'), b'')
        scores = self.array('s.npy')
        self.assertEqual((scores.shape, scores.dtype), ((30,), np.dtype('<f8')))
        # CSV and JSON hold every bit.
        np.testing.assert_array_equal(np.array(text.split()[1:], float), scores)
        np.testing.assert_array_equal(json.loads(self.ok('rbm-score', 'm.safetensors', 'bits.npy', '--json'))['free_energy'], scores)
        self.ok('rbm-estimate', 'm.safetensors', '--save')
        self.ok('rbm-score', 'm.safetensors', 'bits.npy', '--output', 'S2.NPY')
        self.assertEqual((self.array('S2.NPY').shape, self.array('S2.NPY').dtype), ((30, 2), np.dtype('<f8')))
        self.fails(1, 'rbm-score', 'm.safetensors', 'bits.npy', '--output', 's.npy', saying='use --force')
        self.save_array('row.npy', self.bits[:1])
        self.assertEqual(len(self.scores('m.safetensors', 'row.npy')['free_energy']), 1)

    def test_rows_are_independent(self):
        """Any order, any subset, any number of threads: the same bits."""
        rng = np.random.default_rng(9)
        rows = rng.integers(0, 2, (1300, 70)).astype('<f4')
        self.save_array('a.npy', rows)
        order = rng.permutation(len(rows))
        self.save_array('b.npy', rows[order])
        self.save_array('c.npy', rows[17:18])
        self.save_model('large.safetensors', rng.normal(size=(70, 45)))
        self.save_model('real.safetensors', rng.normal(size=(70, 45)), center=rng.normal(size=70))
        for model in 'large.safetensors', 'real.safetensors':
            for name, words in (('a', []), ('b', []), ('c', []), ('one', ['--threads', 1]), ('three', ['--threads', 3])):
                data = name if len(name) == 1 else 'a'
                self.ok('rbm-score', model, f'{data}.npy', '--output', f'{name}-scores.npy', '--force', *words)
            scores = self.array('a-scores.npy')
            self.assertTrue((scores[order] == self.array('b-scores.npy')).all())
            self.assertEqual(scores[17], self.array('c-scores.npy')[0])
            for name in 'one', 'three':
                self.assertEqual(self.path(f'{name}-scores.npy').read_bytes(), self.path('a-scores.npy').read_bytes())

    def test_extremes(self):
        """Large fields and temperatures overflow nothing that has a value."""
        steep = [f32(1e4 * part) for part in (self.weights, self.a, self.b)]
        self.save_model('steep.safetensors', *steep)
        found = self.scores('steep.safetensors', 'bits.npy')['free_energy']
        self.assertClose(found, bernoulli_free_energy(self.bits, *steep))
        for beta in 1e20, -1e20, 1e-30, 1e30:
            found = self.scores('m.safetensors', 'bits.npy', f'--beta={beta}')['free_energy']
            self.assertClose(found, bernoulli_free_energy(self.bits, self.weights, self.a, self.b, beta), 1e-5)
        self.fails(2, 'rbm-score', 'm.safetensors', 'bits.npy', '--beta', '1e39', saying=('--beta', 'largest float'))

    @unittest.skipUnless(os.environ.get('RBM_DATA'), 'RBM_DATA is not set')
    def test_golden(self):
        """The published machine of 784-500 units on the published test set: -86.338 nats."""
        data = pathlib.Path(os.environ['RBM_DATA'])
        model, images = data / 'golden/cd25_500.safetensors', data / 'mnist-binarized/test-images-idx3-ubyte.gz'
        if not model.exists() or not images.exists():
            self.skipTest('no golden model or images in RBM_DATA')
        scores = self.scores(model, images)['free_energy']
        self.assertEqual(len(scores), 10000)
        self.assertAlmostEqual(-scores.mean() - 451.28, -86.338, delta=0.01)


if __name__ == '__main__':
    main()
