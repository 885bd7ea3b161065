#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every rbm-dream --sampler on model files of every unit kind, against enumeration in NumPy: what runs has the machine's
distribution at each temperature, what cannot run says which sampler and which units.

Usage: test_dream_samplers.py PROGRAM...   (dream)"""
import itertools
import json

import numpy as np
from app_testing import AppTest, main, safetensors

LETTERS = {'bernoulli': [[0.], [1.]], 'spin': [[-1.], [1.]], 'potts': np.eye(3).tolist()}
FLIPPING, MOVING = ['gibbs-with-gradients'], ['langevin', 'mala', 'gibbs-langevin']
CHAINS = 3000


def states(kind, sites):
    return np.array([sum(row, []) for row in itertools.product(LETTERS[kind], repeat=sites)])


def log_sum_exp(values, axis):
    return np.logaddexp.reduce(values, axis=axis)


def critical_value(degrees):
    """Which chi-square exceeds in one case of 10,000 (Wilson & Hilferty)."""
    return degrees * (1 - 2 / (9 * degrees) + 3.72 * np.sqrt(2 / (9 * degrees))) ** 3


class Machine:
    """4 visible and 3 hidden sites with random parameters, of moderate size: chains shall mix in some ten sweeps."""

    def __init__(self, visible, hidden, seed=1):
        random = np.random.default_rng(seed)
        size = 0.4 if hidden == 'gaussian' else 0.7  # the energy of real hidden units is quadratic in the states

        def draw(*shape):
            return (size * random.normal(size=shape)).astype(np.float32).astype(float)
        self.visible, self.hidden = visible, hidden
        sizes = [sites * (3 if kind == 'potts' else 1) for kind, sites in ((visible, 4), (hidden, 3))]
        self.weights, self.a, self.b = draw(*sizes), draw(sizes[0]), draw(sizes[1])
        self.log_sigma = draw(sizes[0 if visible == 'gaussian' else 1])
        self.variance = np.exp(2 * self.log_sigma)

    def save(self, test, name):
        tensors, metadata = {'weights': self.weights}, {}
        for side, kind, location in ('visible', self.visible, self.a), ('hidden', self.hidden, self.b):
            metadata[side + '.units'] = kind
            tensors[side + ('.center' if kind == 'gaussian' else '.bias')] = location
            if kind == 'gaussian':
                tensors[side + '.log_sigma'] = self.log_sigma
            if kind == 'potts':
                metadata[side + '.states'] = 3
        test.path(name).write_bytes(safetensors(tensors, metadata))

    def free_energies(self, beta=1):
        """(all states of the visible side, beta F of each up to a constant)"""
        v = states(self.visible, 4)
        if self.hidden == 'gaussian':
            field = v @ self.weights / self.variance
            return v, -beta * (v @ self.a + (self.b * field + self.variance * field ** 2 / 2).sum(1))
        h = states(self.hidden, 3)
        return v, -log_sum_exp(beta * ((v @ self.a)[:, None] + h @ self.b + v @ self.weights @ h.T), 1)

    def mixture(self, beta):
        """Of Gaussian visible units: (weights [K], means [K, V], variances [V])."""
        h = states(self.hidden, 3)
        means = self.a + h @ self.weights.T
        logs = beta * (h @ self.b + ((means ** 2 - self.a ** 2) / (2 * self.variance)).sum(1))
        return np.exp(logs - log_sum_exp(logs, 0)), means, self.variance / beta


class DreamSamplers(AppTest):
    def dream(self, sampler, *words):
        """(states [C, V] at the end, the object of --json)"""
        told = self.ok('rbm-dream', 'm.st', '--sampler', sampler, '--chains', CHAINS, '--output', 'd.npy', '--force', '--json',
                       *words)
        told = json.loads(told)
        self.assertEqual((told['sampler'], told['chains']), (sampler, CHAINS))
        return self.array('d.npy')[-1].astype(float), told

    def check_sites(self, machine, found):
        """Nothing but letters."""
        self.assertEqual(found.shape, (CHAINS, machine.weights.shape[0]))
        letters = np.array(LETTERS[machine.visible])
        sites = found.reshape(CHAINS, 4, -1)
        self.assertTrue((sites[:, :, None] == letters).all(-1).any(-1).all())

    def check_histogram(self, machine, found, beta):
        v, energies = machine.free_energies(beta)
        expected = np.exp(-energies - log_sum_exp(-energies, 0)) * CHAINS
        counts = np.array([(found == row).all(1).sum() for row in v])
        self.assertEqual(counts.sum(), CHAINS)
        rare = expected < 10
        cells = [(counts[~rare], expected[~rare])] + ([([counts[rare].sum()], [expected[rare].sum()])] if rare.any() else [])
        statistic = sum(((np.array(n) - e) ** 2 / np.maximum(e, 1e-9)).sum() for n, e in cells)
        self.assertLess(statistic, critical_value((~rare).sum() - (0 if rare.any() else 1)))
        # The machine of another temperature is not the one that was asked for: the test can tell.
        v, energies = machine.free_energies(beta / 4)
        other = np.exp(-energies - log_sum_exp(-energies, 0)) * CHAINS
        self.assertGreater(((counts - other) ** 2 / other).sum(), critical_value(len(v) - 1))

    def test_discrete_units(self):
        for visible, hidden in [('bernoulli', 'bernoulli'), ('bernoulli', 'gaussian'), ('spin', 'spin'), ('spin', 'bernoulli'),
                                ('potts', 'potts'), ('potts', 'gaussian')]:
            machine = Machine(visible, hidden)
            machine.save(self, 'm.st')
            for sampler, steps in ('gibbs', 30), ('tempering', 10), ('metropolis', 30), ('gibbs-with-gradients', 15):
                for beta in (1, 0.6) if hidden == 'bernoulli' else (1,):
                    with self.subTest(visible=visible, hidden=hidden, sampler=sampler, beta=beta):
                        found, told = self.dream(sampler, '--steps', steps, '--beta', beta)
                        self.check_sites(machine, found)
                        self.check_histogram(machine, found, beta)
                        if sampler in ('metropolis', 'gibbs-with-gradients'):
                            self.assertTrue(0.1 < told['acceptance'] < 1, told)
                        else:
                            self.assertNotIn('acceptance', told)
                        self.assertNotIn('step_size', told)
            for sampler in MOVING:
                with self.subTest(visible=visible, hidden=hidden, sampler=sampler):
                    self.fails(2, 'rbm-dream', 'm.st', '--sampler', sampler, '--output', 'x.npy', saying=[sampler, visible])

    def test_what_a_start_leads_to(self):
        """One step from data: every sampler takes states of the data's form, and moves some of them, but not all."""
        for visible in 'bernoulli', 'spin', 'potts':
            machine = Machine(visible, 'bernoulli')
            machine.save(self, 'm.st')
            start = states(visible, 4)[np.arange(CHAINS) % len(states(visible, 4))]
            self.save_array('start.npy', start)
            for sampler in 'gibbs', 'tempering', 'metropolis', 'gibbs-with-gradients', 'annealing':
                with self.subTest(visible=visible, sampler=sampler):
                    found, _ = self.dream(sampler, '--steps', 1, '--start', 'start.npy')
                    self.check_sites(machine, found)
                    stayed = (found == start).all(1).mean()
                    self.assertTrue(0 < stayed < 0.9, stayed)

    def test_annealing_sinks_to_the_lowest_free_energy(self):
        for visible in 'bernoulli', 'spin', 'potts':
            for hidden in 'bernoulli', 'gaussian':
                with self.subTest(visible=visible, hidden=hidden):
                    machine = Machine(visible, hidden)
                    machine.save(self, 'm.st')
                    v, energies = machine.free_energies()
                    found, told = self.dream('annealing', '--steps', 200)
                    self.check_sites(machine, found)
                    self.assertTrue(0 < told['acceptance'] < 1)
                    # Cooled down to p^10: lower than p^5 is on average.
                    own = energies[(found[:, None] == v).all(2).argmax(1)]
                    self.assertLess(own.mean(), energies @ np.exp(-5 * energies - log_sum_exp(-5 * energies, 0)))
                    modes, told = self.dream('annealing', '--steps', 50, '--modes')
                    self.check_sites(machine, modes)
                    minima = {tuple(row) for row in np.unique(modes, axis=0)}
                    self.assertIn(tuple(v[energies.argmin()]), minima)
                    self.assertLessEqual(told['modes']['different'], len(minima))

    def check_moments(self, found, mixture):
        """Means and variances of units, and means of their products, in errors of the mean."""
        weights, means, variances = mixture
        exact = weights @ means
        spread = found - exact

        def close(values, expected):
            errors = values.std(0) / np.sqrt(CHAINS)
            self.assertLess((abs(values.mean(0) - expected) / errors).max(), 4.5)
        close(spread, 0)
        centred = means - exact
        close(spread ** 2, weights @ centred ** 2 + variances)
        for i, j in itertools.combinations(range(4), 2):
            close((spread[:, i] * spread[:, j])[:, None], weights @ (centred[:, i] * centred[:, j]))

    def test_continuous_units(self):
        for hidden in 'bernoulli', 'potts':
            machine = Machine('gaussian', hidden)
            machine.save(self, 'm.st')
            for sampler, steps in ('gibbs', 30), ('tempering', 10), ('metropolis', 200), ('mala', 80), ('gibbs-langevin', 30):
                for beta in (1, 0.6) if hidden == 'bernoulli' else (1,):
                    with self.subTest(hidden=hidden, sampler=sampler, beta=beta):
                        found, told = self.dream(sampler, '--steps', steps, '--beta', beta)
                        self.assertEqual(found.shape, (CHAINS, 4))
                        self.check_moments(found, machine.mixture(beta))
                        if sampler in ('gibbs', 'tempering'):
                            self.assertNotIn('step_size', told)
                        else:
                            self.assertAlmostEqual(told['acceptance'], told['acceptance_wanted'], delta=0.05)
            with self.subTest(hidden=hidden, sampler='langevin'):
                # Off by O(step size), which widens a unit by step / 4 of its variance: below the error here.
                found, told = self.dream('langevin', '--steps', 1000, '--step-size', 0.03)
                self.check_moments(found, machine.mixture(1))
                self.assertNotIn('acceptance', told)
                wide, _ = self.dream('langevin', '--steps', 100, '--step-size', 0.8)
                self.assertGreater(wide.var(0).sum(), 1.2 * found.var(0).sum())
            with self.subTest(hidden=hidden, sampler='annealing'):
                weights, means, variances = machine.mixture(1)
                found, told = self.dream('annealing', '--steps', 300, '--modes')
                self.assertEqual(told['modes']['settled_chains'], CHAINS)
                # A mode is a fixed point of v = E[center + W h | v].
                h = states(hidden, 3)
                logs = h @ machine.b + found / machine.variance @ machine.weights @ h.T
                given = np.exp(logs - log_sum_exp(logs, 1)[:, None])
                np.testing.assert_allclose(given @ means, found, atol=0.01)
            for sampler in FLIPPING:
                with self.subTest(hidden=hidden, sampler=sampler):
                    self.fails(2, 'rbm-dream', 'm.st', '--sampler', sampler, '--output', 'x.npy', saying=[sampler, 'gaussian'])


if __name__ == '__main__':
    main()
