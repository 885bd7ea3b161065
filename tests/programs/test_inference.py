#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Missing values, likelihood ratios, products and anomalies, from end to end against enumeration in NumPy.

Usage: test_inference.py PROGRAM...   (score, data, reconstruct, train, estimate, inspect)"""
import json
import struct

import numpy as np

from app_testing import AppTest, main

STATES = np.array([[i >> k & 1 for k in range(7)] for i in range(128)], float)


def f32(values):
    return np.asarray(values, '<f4').astype(float)


def log_sum_exp(values):
    return np.logaddexp.reduce(values)


class Machine:
    def __init__(self, rng, hidden, visible=7):
        self.weights, self.a, self.b = (f32(rng.normal(size=size)) for size in ((visible, hidden), visible, hidden))

    def free_energy(self, v):
        return -v @ self.a - np.logaddexp(0, self.b + v @ self.weights).sum(1)

    def save(self, test, name, **metadata):
        test.save_model(name, self.weights, self.a, self.b, **metadata)


class Inference(AppTest):
    def setUp(self):
        super().setUp()
        self.rng = np.random.default_rng(17)
        self.first, self.second = Machine(self.rng, 4), Machine(self.rng, 3)
        self.first.save(self, 'a.safetensors')
        self.second.save(self, 'b.safetensors')
        self.bits = self.rng.integers(0, 2, (40, 7)).astype('<f4')
        self.save_array('bits.npy', self.bits)

    def scores(self, *words):
        lines = self.ok('rbm-score', *words).decode().splitlines()
        return dict(zip(lines[0].split(','), np.array([line.split(',') for line in lines[1:]], float).T))

    def test_missing_values_are_summed_out(self):
        holes = self.bits.copy()
        holes[self.rng.random(holes.shape) < 0.3] = np.nan
        holes[0], holes[1] = np.nan, self.bits[1]
        self.save_array('holes.npy', holes)
        self.fails(3, 'rbm-score', 'a.safetensors', 'holes.npy', saying=['row 1, column 1', '--missing nan'])
        free_energies = self.first.free_energy(STATES)
        expected = np.array([-log_sum_exp(-free_energies[((STATES == row) | np.isnan(row)).all(1)]) for row in holes])
        found = self.scores('a.safetensors', 'holes.npy', '--missing', 'nan')
        self.assertEqual(list(found), ['free_energy', 'free_energy_low', 'free_energy_high'])
        for column in found.values():
            np.testing.assert_allclose(column, expected, rtol=1e-5, atol=1e-5)
        for gap in 'nan', '':  # the same in a table
            text = '\n'.join(','.join(gap if np.isnan(value) else f'{value:g}' for value in row) for row in holes).encode()
            self.assertEqual(self.ok('rbm-score', 'a.safetensors', '-', '--missing', 'nan', input=text),
                             self.ok('rbm-score', 'a.safetensors', 'holes.npy', '--missing', 'nan'))
            self.fails(3, 'rbm-score', 'a.safetensors', '-', input=text, saying='standard input:1: column 1')
        self.ok('rbm-estimate', 'a.safetensors', '--save')
        found = self.scores('a.safetensors', 'holes.npy', '--missing', 'nan')
        np.testing.assert_allclose(found['log_likelihood'], -expected - log_sum_exp(-free_energies), atol=1e-5)
        self.assertAlmostEqual(found['log_likelihood'][0], 0, places=5)  # nothing is known: it is certain
        self.fails(2, 'rbm-score', 'a.safetensors', 'holes.npy', '--missing', 'nan', '--attribution', 'x.npy')

    def test_missing_real_values_are_densities_of_what_is_known(self):
        mean, scale = [3.0, -1.0], [2.0, 0.5]
        self.save_model('g.safetensors', self.rng.normal(size=(2, 3)), center=[0.1, 0.2], mean=mean, scale=scale)
        self.ok('rbm-estimate', 'g.safetensors', '--save')
        x = np.arange(-60, 60, 0.02)
        self.save_array('x.npy', np.stack([x, np.full_like(x, np.nan)], 1).astype('<f4'))
        found = self.scores('g.safetensors', 'x.npy', '--missing', 'nan')
        self.assertAlmostEqual(np.exp(found['log_likelihood']).sum() * 0.02, 1, places=4)

    def test_against_a_model(self):
        found = self.scores('a.safetensors', 'bits.npy', '--against', 'b.safetensors')
        f, g = (m.free_energy(STATES) for m in (self.first, self.second))
        here, there = (m.free_energy(self.bits.astype(float)) for m in (self.first, self.second))
        expected = (-here - log_sum_exp(-f)) - (-there - log_sum_exp(-g))
        for name in 'log_ratio', 'log_ratio_low', 'log_ratio_high':
            np.testing.assert_allclose(found[name], expected, atol=1e-4)
        np.testing.assert_allclose(found['against_free_energy'], there, atol=1e-4)
        wide = Machine(self.rng, 2, 8)
        wide.save(self, 'wide.safetensors')
        self.fails(3, 'rbm-score', 'a.safetensors', 'bits.npy', '--against', 'wide.safetensors', saying='8 bernoulli')
        self.second.save(self, 'low.safetensors', data_binarize='threshold', data_threshold=0.2)
        self.fails(3, 'rbm-score', 'a.safetensors', 'bits.npy', '--against', 'low.safetensors', saying='prepares')

    def test_against_a_large_model_by_annealing(self):
        """Machines of 30 x 30 units in blocks of 2 x 2: log Z is a sum that can be written down."""
        totals = []
        for name, seed in ('x.safetensors', 1), ('y.safetensors', 2):
            rng = np.random.default_rng(seed)
            weights, total = np.zeros((30, 30)), 0
            for block in range(0, 30, 2):
                part = f32(rng.normal(size=(2, 2)))
                weights[block:block + 2, block:block + 2] = part
                v = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
                total += log_sum_exp(np.logaddexp(0, v @ part).sum(1))
            self.save_model(name, weights)
            totals.append(total)
        self.save_array('one.npy', np.zeros((3, 30), '<f4'))
        told = json.loads(self.ok('rbm-score', 'x.safetensors', 'one.npy', '--against', 'y.safetensors', '--json',
                                  '--betas', 100))
        self.assertEqual(told['partition_ratio_method'], 'ais')
        exact = totals[0] - totals[1]
        self.assertLessEqual(told['partition_ratio_low'], exact)
        self.assertGreaterEqual(told['partition_ratio_high'], exact)
        self.assertLess(told['partition_ratio_high'] - told['partition_ratio_low'], 2)

    def test_against_a_model_that_learned_apart(self):
        """Blocks again, but strong ones: each machine says of the other's samples that they are impossible."""
        totals, names = [], ('x.safetensors', 'y.safetensors')
        for name, seed in zip(names, (1, 2)):
            rng = np.random.default_rng(seed)
            weights, total = np.zeros((60, 60)), 0
            for block in range(0, 60, 4):
                part = f32(rng.normal(scale=1.5, size=(4, 4)))
                weights[block:block + 4, block:block + 4] = part
                v = np.array([[i >> k & 1 for k in range(4)] for i in range(16)])
                total += log_sum_exp(np.logaddexp(0, v @ part).sum(1))
            self.save_model(name, weights)
            totals.append(total)
        self.save_array('one.npy', np.zeros((3, 60), '<f4'))
        told = json.loads(self.ok('rbm-score', *names[:1], 'one.npy', '--against', names[1], '--json', '--betas', 100))
        self.assertEqual(told['partition_ratio_method'], 'ais by a base')
        exact = totals[0] - totals[1]
        self.assertLessEqual(told['partition_ratio_low'], exact)
        self.assertGreaterEqual(told['partition_ratio_high'], exact)
        self.assertLess(told['partition_ratio_high'] - told['partition_ratio_low'], 6)

    def test_against_a_model_with_missing_values(self):
        """The ratio of the densities of what is known."""
        holes = self.bits[:6].copy()
        holes[[0, 1, 1, 2], [3, 0, 6, 5]] = np.nan
        holes[3] = np.nan
        self.save_array('holes.npy', holes)
        found = self.scores('a.safetensors', 'holes.npy', '--missing', 'nan', '--against', 'b.safetensors')
        logs = []
        for machine in self.first, self.second:
            energies = machine.free_energy(STATES)
            fits = [((STATES == row) | np.isnan(row)).all(1) for row in holes]
            logs.append(np.array([log_sum_exp(-energies[fit]) for fit in fits]) - log_sum_exp(-energies))
        for name in 'log_ratio', 'log_ratio_low', 'log_ratio_high':
            np.testing.assert_allclose(found[name], logs[0] - logs[1], atol=1e-4)
        np.testing.assert_allclose(found['log_ratio'][3], 0, atol=1e-4)
        for name in 'against_free_energy_low', 'against_free_energy_high':
            np.testing.assert_allclose(found[name], found['against_free_energy'], atol=1e-6)
        self.fails(2, 'rbm-score', 'a.safetensors', 'holes.npy', '--missing', 'nan', '--against', 'bits.npy', saying='--missing')

    def test_against_samples(self):
        other = self.rng.integers(0, 2, (25, 7)).astype('<f4')
        self.save_array('other.npy', other)
        told = json.loads(self.ok('rbm-score', 'a.safetensors', 'bits.npy', '--against', 'other.npy', '--json'))
        f, g = (self.first.free_energy(v.astype(float)) for v in (self.bits, other))
        self.assertAlmostEqual(told['difference'], f.mean() - g.mean(), places=4)
        self.assertAlmostEqual(told['standard_error'], np.sqrt(f.var(ddof=1) / 40 + g.var(ddof=1) / 25), places=4)

    def test_anomalies(self):
        free_energies = self.first.free_energy(self.bits.astype(float))
        threshold = np.quantile(free_energies, 0.9)
        self.assertEqual(self.ok('rbm-score', 'a.safetensors', 'bits.npy', '--calibrate', 0.9), b'')
        self.fails(1, 'rbm-score', 'a.safetensors', 'bits.npy', '--calibrate', 0.5, saying='--force')
        told = json.loads(self.ok('rbm-inspect', 'a.safetensors', '--json'))
        self.assertAlmostEqual(told['anomaly_free_energy'], threshold, places=4)
        found = self.scores('a.safetensors', 'bits.npy')
        self.assertEqual(list(found), ['free_energy', 'anomaly'])
        np.testing.assert_array_equal(found['anomaly'], found['free_energy'] > told['anomaly_free_energy'])
        self.assertEqual(found['anomaly'].sum(), 4)
        self.fails(2, 'rbm-score', 'a.safetensors', 'bits.npy', '--calibrate', 0.5, '--beta', 2, saying='--calibrate')

    def test_labels(self):
        free_energies = self.first.free_energy(self.bits.astype(float))
        labels = self.rng.integers(0, 3, 40)
        wanted = labels == 2
        pairs = free_energies[wanted][:, None] - free_energies[~wanted]
        area = (pairs > 0).mean() + (pairs == 0).mean() / 2
        self.save_array('labels.npy', labels)
        self.path('labels-ubyte').write_bytes(b'\0\0\x08\x01' + struct.pack('>I', 40) + labels.astype('u1').tobytes())
        self.path('labels.csv').write_text('label\n' + ''.join(f'{label}\n' for label in labels))
        for name in 'labels.npy', 'labels-ubyte', 'labels.csv':
            told = json.loads(self.ok('rbm-score', 'a.safetensors', 'bits.npy', '--json', '--labels', name,
                                      '--anomalous-label', 2))
            self.assertAlmostEqual(told['roc_auc'], area, places=3)
            self.assertEqual(told['anomalies'], wanted.sum())
            self.assertEqual(len(told['free_energy']), 40)
        self.fails(3, 'rbm-score', 'a.safetensors', 'bits.npy', '--labels', 'labels.npy', saying='--anomalous-label')
        self.fails(3, 'rbm-score', 'a.safetensors', 'bits.npy', '--labels', 'labels.npy', '--anomalous-label', 7,
                   saying='0 anomalies')
        self.save_array('short.npy', labels[:5])
        self.fails(3, 'rbm-score', 'a.safetensors', 'bits.npy', '--labels', 'short.npy', saying='5 labels')
        self.fails(2, 'rbm-score', 'a.safetensors', 'bits.npy', '--anomalous-label', 1, saying='--labels')

    def test_attribution(self):
        self.ok('rbm-score', 'a.safetensors', 'bits.npy', '--attribution', 'blame.npy')
        found, v = self.array('blame.npy'), self.bits.astype(float)
        self.assertEqual((found.shape, found.dtype), ((40, 7), np.float32))
        own = self.first.free_energy(v)
        for i in range(7):
            flipped = v.copy()
            flipped[:, i] = 1 - flipped[:, i]
            np.testing.assert_allclose(found[:, i], np.logaddexp(0, own - self.first.free_energy(flipped)), atol=1e-4)
        self.ok('rbm-score', 'a.safetensors', 'bits.npy', '--attribution', 'blame.png')
        self.png_size('blame.png')

    def test_compose(self):
        self.ok('rbm-data', 'compose', 'a.safetensors', 'b.safetensors', '--energy-weights', '0.5,2',
                '--output', 'both.safetensors')
        products = sum(beta * m.a for beta, m in ((0.5, self.first), (2, self.second)))
        expected = -STATES @ products
        for beta, m in (0.5, self.first), (2, self.second):
            expected -= np.logaddexp(0, beta * (m.b + STATES @ m.weights)).sum(1)
        self.save_array('states.npy', STATES.astype('<f4'))
        np.testing.assert_allclose(self.scores('both.safetensors', 'states.npy')['free_energy'], expected, atol=1e-4)
        log_z = json.loads(self.ok('rbm-estimate', 'both.safetensors', '--json'))['log_partition']
        self.assertAlmostEqual(log_z, log_sum_exp(-expected), places=4)
        fails = lambda code, saying, *words: self.fails(code, 'rbm-data', *words, '--output', 'c.safetensors', saying=saying)
        fails(2, 'no model', 'compose')
        fails(2, 'found 1 weights for 2 models', 'compose', 'a.safetensors', 'b.safetensors', '--energy-weights', '1')
        fails(2, 'above 0', 'compose', 'a.safetensors', '--energy-weights', '-1')
        fails(2, 'is for data', 'compose', 'a.safetensors', '--rows', '3')
        self.fails(2, 'rbm-data', 'compose', 'a.safetensors', '--output', 'c.npy', saying='.safetensors')
        self.fails(2, 'rbm-data', 'bits.npy', 'a.safetensors', '--output', 'c.npy', saying='no more than 1')

    def test_spread(self):
        """Means, spreads and states of clamped chains against p(unknown | known)."""
        mask = np.array([1, 0, 1, 0, 0, 1, 1], float)
        self.save_array('mask.npy', mask)
        self.save_array('two.npy', self.bits[:2])
        self.ok('rbm-reconstruct', 'a.safetensors', 'two.npy', '--mask', 'mask.npy', '--chains', 4000, '--steps', 30,
                '--output', 'mean.npy', '--spread', 'spread.npy')
        self.ok('rbm-reconstruct', 'a.safetensors', 'two.npy', '--mask', 'mask.npy', '--chains', 4000, '--steps', 30,
                '--output', 'states.npy', '--states')
        mean, spread, states = (self.array(f'{name}.npy') for name in ('mean', 'spread', 'states'))
        self.assertEqual((mean.shape, spread.shape, states.shape), ((2, 7), (2, 7), (2, 4000, 7)))
        holes = self.bits[:2].copy()
        holes[:, mask == 0] = np.nan
        self.save_array('holes.npy', holes)
        self.ok('rbm-reconstruct', 'a.safetensors', 'holes.npy', '--missing', 'nan', '--chains', 4000, '--steps', 30,
                '--output', 'again.npy')
        np.testing.assert_array_equal(self.array('again.npy'), mean)
        text = '\n'.join(','.join('' if np.isnan(value) else f'{value:g}' for value in row) for row in holes).encode()
        self.ok('rbm-reconstruct', 'a.safetensors', '-', '--missing', 'nan', '--chains', 4000, '--steps', 30, '--output', 'table.npy', input=text)
        np.testing.assert_array_equal(self.array('table.npy'), mean)
        self.fails(3, 'rbm-reconstruct', 'a.safetensors', '-', '--mask', 'mask.npy', '--output', 'x.npy',
                   input=b'nan,nan,nan,nan,nan,nan,nan\n', saying='column')
        for row in range(2):
            agree = (STATES[:, mask == 1] == self.bits[row, mask == 1]).all(1)
            logs = -self.first.free_energy(STATES[agree])
            exact = np.exp(logs - log_sum_exp(logs)) @ STATES[agree]
            error = 4.5 * np.sqrt(exact * (1 - exact) / 4000) + 1e-6
            self.assertTrue((abs(mean[row] - exact) < error).all())
            self.assertTrue((abs(states[row].mean(0) - exact) < error).all())
            self.assertTrue((abs(spread[row] - np.sqrt(exact * (1 - exact))) < 0.04).all())
            self.assertTrue((spread[row][mask == 1] == 0).all())
        self.fails(2, 'rbm-reconstruct', 'a.safetensors', 'two.npy', '--output', 'x.npy', '--spread', 'y.npy', saying='--spread')

    def test_training_with_missing_values(self):
        """Of every pair of equal bits one is missing half the time: the machine learns that they are equal."""
        bits = np.repeat(self.rng.integers(0, 2, (500, 2)), 2, 1).astype('<f4')
        holes = bits.copy()
        for row in range(500):
            if self.rng.random() < 0.5:
                holes[row, self.rng.integers(4)] = np.nan
        self.save_array('holes.npy', holes)
        self.fails(3, 'rbm-train', 'holes.npy', '--output', 'run', saying='--missing nan')
        words = ['holes.npy', '--missing', 'nan', '--initial-weights', 0.5, '--hidden', 8, '--epochs', 300, '--batch-size', 50, '--learning-rate', 0.3]
        self.ok('rbm-train', '--output', 'run', *words)
        self.ok('rbm-estimate', 'run/model.safetensors', '--save', '--force')
        self.save_array('equal.npy', np.array([[0, 0, 0, 0], [0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 1, 1]], '<f4'))
        likelihood = self.scores('run/model.safetensors', 'equal.npy')['log_likelihood']
        self.assertGreater(np.exp(likelihood).sum(), 0.9)
        # Ended early and resumed, it is the same run.
        words += ['--learning-rate-schedule', 'constant']
        words[words.index(300)] = 20
        self.ok('rbm-train', '--output', 'whole', *words)
        words[words.index(20)] = 10
        self.ok('rbm-train', '--output', 'half', *words)
        self.ok('rbm-train', '--output', 'half', '--resume', '--epochs', 20)
        self.assertEqual(self.path('half/model.safetensors').read_bytes(), self.path('whole/model.safetensors').read_bytes())
        self.fails(2, 'rbm-train', *words, '--output', 'exact', '--algorithm', 'exact')


if __name__ == '__main__':
    main()
