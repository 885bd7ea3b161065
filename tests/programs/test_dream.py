#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rbm-dream from end to end.  Usage: test_dream.py PROGRAM..."""
import base64
import json
import os
import re
import threading

import numpy as np

from app_testing import AppTest, main

RNG = np.random.default_rng(3)
WEIGHTS = RNG.normal(0, 1, (12, 5))


class Dream(AppTest):
    def setUp(self):
        super().setUp()
        self.save_model('m.st', WEIGHTS, image_height=3, image_width=4)

    def dream(self, *words):
        return self.ok('rbm-dream', 'm.st', *words)

    def frames(self, *words):
        return self.array_in(self.dream('--output', '-', *words))

    def test_defaults(self):
        self.assertEqual(self.dream('--output', 'd.npy'), b'')
        dreams = self.array('d.npy')
        self.assertEqual((dreams.shape, dreams.dtype), ((1, 64, 12), np.float32))
        self.assertLessEqual(set(np.unique(dreams)), {0, 1})
        self.assertTrue((dreams == self.frames('--chains', 64, '--steps', 1000, '--seed', 1)).all())

    def test_frames_come_after_every_m_steps_and_after_the_last(self):
        for steps, every, frames in [(1, 1, 1), (10, 10, 1), (10, 11, 1), (10, 5, 2), (10, 4, 3), (10, 3, 4), (10, 1, 10)]:
            dreams = self.frames('--steps', steps, '--every', every, '--chains', 3)
            self.assertEqual(dreams.shape, (frames, 3, 12))
            # The same chains, seen at other times.
            whole = self.frames('--steps', steps, '--every', 1, '--chains', 3)
            times = [t for t in range(1, steps + 1) if t % every == 0 or t == steps]
            self.assertTrue((dreams == whole[[t - 1 for t in times]]).all(), (steps, every))
        self.assertEqual(self.frames('--steps', 10, '--chains', 2).shape, (1, 2, 12))

    def test_the_start_moves(self):
        # Hidden on holds all units on, hidden off holds them off.
        self.save_model('frozen.st', np.full((12, 1), 40), visible_bias=np.full(12, -20), hidden_bias=[-240])
        self.save_array('ones.npy', np.ones((64, 12)))
        words = 'frozen.st', '--output', '-', '--steps', 20
        self.assertTrue((self.array_in(self.ok('rbm-dream', *words, '--start', 'ones.npy')) == 1).all())
        self.assertTrue((self.array_in(self.ok('rbm-dream', *words)) == 0).all())
        # Chains start at the first rows, and after one step are nearer to them than those that started at noise.
        data = (RNG.random((50, 12)) < 0.5).astype(np.uint8)
        self.save_array('data.npy', data)
        words = '--chains', 40, '--steps', 1
        near, far = self.frames(*words, '--start', 'data.npy')[0], self.frames(*words)[0]
        self.assertFalse((near == data[:40]).all())
        self.assertGreater((near == data[:40]).mean(), (far == data[:40]).mean())

    def test_means_and_states(self):
        means = self.frames('--means', '--every', 100)
        self.assertTrue(((means >= 0) & (means <= 1)).all())
        self.assertGreater(len(np.unique(means)), 10)
        states = self.frames('--every', 100)
        # The means are those of the same chains at the same time: states are draws from them.
        self.assertLess(abs((states - means).mean()), 0.03)
        self.assertGreater(np.corrcoef(states.ravel(), means.ravel())[0, 1], 0.5)
        self.assertTrue((self.frames('--states', '--every', 100) == states).all())

    def test_statistics_are_the_machine_s(self):
        # Units whose weights are 0 are independent: on with probability logistic(beta bias).
        bias = np.linspace(-2, 2, 12)
        self.save_model('m.st', np.zeros((12, 3)), visible_bias=bias)
        for beta in (1, 0.3, 2.5):
            rates = self.frames('--chains', 20000, '--steps', 2, '--beta', beta)[0].mean(0)
            exact = 1 / (1 + np.exp(-beta * bias))
            self.assertLess((abs(rates - exact) / np.sqrt(exact * (1 - exact) / 20000)).max(), 4.5)

    def two_modes(self):
        """All on and all off, about as likely, and nothing in between."""
        self.save_model('modes.st', np.full((8, 2), 5.), visible_bias=np.full(8, -5.), hidden_bias=[-20, -20],
                        rates=np.full(8, 0.5))
        return 'modes.st', '--output', '-', '--chains', 400, '--start', 'off.npy', '--steps', 600

    def test_tempering_leaves_modes_that_gibbs_stays_in(self):
        self.save_array('off.npy', np.zeros((400, 8)))
        words = self.two_modes()
        gibbs = self.array_in(self.ok('rbm-dream', *words))[-1].mean()
        tempering = self.array_in(self.ok('rbm-dream', *words, '--sampler', 'tempering'))[-1].mean()
        self.assertLess(gibbs, 0.1)
        self.assertAlmostEqual(tempering, 0.5, delta=0.1)
        one = self.ok('rbm-dream', *words, '--sampler', 'tempering', '--threads', 1)
        self.assertEqual(one, self.ok('rbm-dream', *words, '--sampler', 'tempering', '--threads', 3))
        # At another temperature the machine is that of beta E.
        self.save_model('m.st', np.zeros((12, 3)), visible_bias=np.linspace(-2, 2, 12))
        rates = self.frames('--chains', 5000, '--steps', 3, '--beta', 2, '--sampler', 'tempering')[0].mean(0)
        exact = 1 / (1 + np.exp(-2 * np.linspace(-2, 2, 12)))
        self.assertLess((abs(rates - exact) / np.sqrt(exact * (1 - exact) / 5000)).max(), 4.5)
        means = self.frames('--chains', 2, '--steps', 3, '--sampler', 'tempering', '--means')
        np.testing.assert_allclose(means[0, 0], 1 / (1 + np.exp(-np.linspace(-2, 2, 12))), rtol=1e-5)

    def test_stuck_chains_are_told(self):
        self.save_array('half.npy', np.repeat([[0.] * 8, [1.] * 8], 200, axis=0))
        words = [word if word != 'off.npy' else 'half.npy' for word in self.two_modes()]
        self.save_model('modes.st', np.full((8, 2), 5.), visible_bias=np.full(8, -5.1), hidden_bias=[-20, -20],
                        rates=np.full(8, 0.5))
        stuck = self.run_program('rbm-dream', *words).stderr.decode()
        self.assertIn('warning: the chains are stuck', stuck)
        self.assertIn('the sampler tempering', stuck)
        self.assertNotIn('stuck', self.run_program('rbm-dream', *words, '--sampler', 'tempering').stderr.decode())
        told = self.run_program('rbm-dream', *words, '--sampler', 'tempering', '--verbose').stderr.decode()
        for piece in 'split R-hat', 'autocorrelation time', 'round trips', 'swap rates':
            self.assertIn(piece, told)

    def marginals(self, beta):
        """Of the visible units of m.st, by enumeration."""
        states = (np.arange(4096)[:, None] >> np.arange(12)) & 1
        logs = np.logaddexp(0, beta * states @ WEIGHTS).sum(1)
        weights = np.exp(logs - logs.max())
        return weights @ states / weights.sum()

    def test_samplers_of_discrete_units_have_the_machine_s_statistics(self):
        self.save_model('m.st', WEIGHTS)  # no biases
        for sampler, steps in [('metropolis', 40), ('gibbs-with-gradients', 15)]:
            for beta in (1, 0.4):
                words = '--sampler', sampler, '--chains', 4000, '--steps', steps, '--beta', beta
                rates, exact = self.frames(*words)[0].mean(0), self.marginals(beta)
                self.assertLess((abs(rates - exact) / np.sqrt(exact * (1 - exact) / 4000)).max(), 4.5, (sampler, beta))
            means = self.frames(*words, '--means')[0]
            self.assertGreater(len(np.unique(means)), 10)
            self.assertLess(abs(means.mean(0) - exact).max(), 0.05)
            words = '--sampler', sampler, '--output', '-', '--chains', 200, '--steps', 5
            self.assertEqual(self.dream(*words, '--threads', 1), self.dream(*words, '--threads', 3))

    def test_samplers_of_continuous_units_have_the_machine_s_statistics(self):
        sigma = np.array([1, 0.5, 2])
        self.save_model('m.st', np.zeros((3, 2)), center=[0, 1, -1], log_sigma=np.log(sigma))
        for sampler, steps, bias in [('metropolis', 200, 0), ('mala', 60, 0), ('gibbs-langevin', 20, 0), ('langevin', 120, .05)]:
            for beta in (1, 4):
                states = self.frames('--sampler', sampler, '--chains', 6000, '--steps', steps, '--beta', beta)[0]
                variance = sigma ** 2 / beta / (1 - bias / 2)
                np.testing.assert_allclose(states.var(0), variance, rtol=.06, err_msg=sampler)
                self.assertLess((abs(states.mean(0) - [0, 1, -1]) / np.sqrt(variance / 6000)).max(), 4.5)
        wide = self.frames('--sampler', 'langevin', '--chains', 10000, '--steps', 40, '--step-size', 1)[0]
        np.testing.assert_allclose(wide.var(0), sigma ** 2 * 2, rtol=.06)
        self.fails(4, 'rbm-dream', 'm.st', '--sampler', 'langevin', '--step-size', 1000, '--output', 'd.npy', saying='lower the step size')

    def test_acceptance_is_told_and_step_sizes_are_found(self):
        self.save_model('g.st', np.zeros((40, 2)), center=np.zeros(40), log_sigma=np.zeros(40))
        for sampler, wanted in [('metropolis', 23.4), ('mala', 57.4), ('gibbs-langevin', 57.4)]:
            told = self.run_program('rbm-dream', 'g.st', '--sampler', sampler, '--steps', 300, '--output', '-').stderr.decode()
            self.assertAlmostEqual(float(re.search(rf'{sampler}: (\S+) % of the proposals taken', told)[1]), wanted, delta=4)
            told = self.run_program('rbm-dream', 'g.st', '--sampler', sampler, '--steps', 50, '--output', '-',
                                    '--step-size', 0.01).stderr.decode()
            self.assertGreater(float(re.search(r'(\S+) % of the proposals taken, step size 0.01$', told, re.M)[1]), 80)
        told = self.run_program('rbm-dream', 'm.st', '--sampler', 'metropolis', '--steps', 50, '--output', '-').stderr.decode()
        self.assertRegex(told, r'metropolis: [0-9.]+ % of the proposals taken\n')
        told = self.run_program('rbm-dream', 'g.st', '--sampler', 'langevin', '--steps', 5, '--output', '-').stderr.decode()
        self.assertIn('langevin: no step is refused, step size 0.05\n', told)
        self.assertEqual(self.run_program('rbm-dream', 'm.st', '--sampler', 'metropolis', '--steps', 50, '--output', '-',
                                          '--quiet').stderr, b'')

    def told(self, model, *words):
        """The object of --json, and standard error."""
        done = self.run_program('rbm-dream', model, *words, '--output', 'told.npy', '--force', '--json')
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), done.stderr.decode()

    def test_one_object_tells_of_the_chains(self):
        found, _ = self.told('m.st', '--chains', 50, '--steps', 400, '--seed', 3, '--beta', 0.5)
        self.assertEqual(list(found), ['sampler', 'chains', 'steps', 'seed', 'beta', 'free_energy', 'free_energy_standard_error',
                                       'free_energy_autocorrelation_time', 'free_energy_effective_samples', 'autocorrelation_time', 'effective_samples', 'split_r_hat', 'warnings'])
        self.assertEqual([found[key] for key in ('sampler', 'chains', 'steps', 'seed', 'beta', 'warnings')],
                         ['gibbs', 50, 400, 3, 0.5, []])
        self.assertLess(found['split_r_hat'], 1.1)
        self.assertLessEqual(found['effective_samples'] * found['autocorrelation_time'], 50 * 200 * 1.001)
        self.assertAlmostEqual(found['free_energy_effective_samples'] * found['free_energy_autocorrelation_time'] / (50 * 200), 1, 6)
        self.assertLessEqual(found['free_energy_autocorrelation_time'], found['autocorrelation_time'])
        # E[F] by enumeration.
        states = (np.arange(4096)[:, None] >> np.arange(12)) & 1
        energy = -np.logaddexp(0, 0.5 * states @ WEIGHTS).sum(1)
        mean = energy @ np.exp(-energy) / np.exp(-energy).sum()
        self.assertLess(abs(found['free_energy'] - mean), 5 * found['free_energy_standard_error'])
        self.assertLess(found['free_energy_standard_error'], 0.05)
        self.assertEqual(list(self.told('m.st', '--steps', 39)[0]), ['sampler', 'chains', 'steps', 'seed', 'beta', 'warnings'])
        # The dreams are the same, whether or not they are told of; any number of threads tells the same.
        words = '--sampler', 'metropolis', '--steps', 60
        found, said = self.told('m.st', *words, '--threads', 1)
        self.assertTrue((self.array('told.npy') == self.frames(*words)).all())
        self.assertEqual(found, self.told('m.st', *words, '--threads', 3)[0])
        self.assertIn(f"metropolis: {100 * found['acceptance']:.1f} % of the proposals taken\n", said)
        self.assertNotIn('step_size', found)
        for name in 'a.png', 'a.gif':
            done = self.run_program('rbm-dream', 'm.st', *words, '--output', name, '--json')
            self.assertEqual(json.loads(done.stdout)['acceptance'], found['acceptance'])
        self.fails(2, 'rbm-dream', 'm.st', '--output', '-', '--json', saying=['--json', '--output'])

    def test_the_object_has_rates_and_step_sizes(self):
        found, said = self.told('m.st', '--sampler', 'tempering', '--steps', 50)
        self.assertEqual(len(found['swap_rates']), len(found['ladder']) - 1)
        self.assertEqual((found['ladder'][0], found['ladder'][-1]), (0, 1))
        self.assertEqual(found['lowest_swap_rate'], min(found['swap_rates']))
        self.assertTrue(all(0 < rate <= 1 for rate in found['swap_rates']))
        self.assertGreater(found['round_trips_per_ladder'], 0.5)
        refused = 1 - np.array(found['swap_rates'])
        self.assertAlmostEqual(found['communication_barrier'], refused.sum(), 6)
        self.assertAlmostEqual(found['expected_round_trips_per_ladder'], 50 / (2 + 2 * (refused / (1 - refused)).sum()), 6)
        self.assertLess(found['expected_round_trips_per_ladder'], found['attainable_round_trips_per_ladder'])
        self.assertIn(f"communication barrier {found['communication_barrier']:.2f}, which asks for {found['rungs_wanted']:.0f} rungs", said)
        self.assertIn(f"swap rates from {found['lowest_swap_rate']:.2f}", said)
        self.save_model('g.st', np.zeros((40, 2)), center=np.zeros(40), log_sigma=np.zeros(40))
        for sampler, wanted in [('metropolis', .234), ('mala', .574), ('gibbs-langevin', .574)]:
            found, said = self.told('g.st', '--sampler', sampler, '--steps', 300)
            self.assertEqual((found['acceptance_wanted'], found['step_size_sought']), (wanted, True))
            self.assertAlmostEqual(found['acceptance'], wanted, delta=.04)
            self.assertIn(f"step size {found['step_size']:.4g}, sought", said)
            self.assertNotIn('are taken', said)
            # Kept from the start, the step size that was found is taken as often.
            kept, _ = self.told('g.st', '--sampler', sampler, '--steps', 300, '--step-size', found['step_size'])
            self.assertEqual((kept['step_size'], kept['step_size_sought']), (found['step_size'], False))
            self.assertAlmostEqual(kept['acceptance'], found['acceptance'], delta=.04)
            self.assertNotIn('acceptance_wanted', kept)
        found, _ = self.told('g.st', '--sampler', 'langevin', '--steps', 5)
        self.assertEqual((found['step_size'], found['step_size_sought'], 'acceptance' in found), (0.05, False, False))
        found, said = self.told('m.st', '--sampler', 'annealing', '--modes', '--steps', 60)
        self.assertEqual((set(found['modes']), found['modes']['settled_chains'], 'split_r_hat' in found, found['warnings']),
                         ({'different', 'lowest_free_energy', 'highest_free_energy', 'settled_chains'}, 64, False, []))
        self.assertIn(f"at least {found['modes']['different']} different modes", said)
        self.assertLess(0, found['acceptance'])

    def test_rates_far_from_good_are_warned_of(self):
        self.save_model('g.st', np.zeros((40, 2)), center=np.zeros(40), log_sigma=np.zeros(40))
        found, said = self.told('g.st', '--sampler', 'mala', '--steps', 50, '--step-size', 1.9)
        self.assertLess(found['acceptance'], 0.05)
        low = [line for line in said.splitlines() if 'of the proposals are taken' in line]
        self.assertEqual(len(low), 1)
        for piece in 'warning: mala: ', 'fewer than 5 %', 'lower the step size':
            self.assertIn(piece, low[0])
        self.assertIn(low[0].split('warning: ')[1], found['warnings'])
        # Frozen: all units but on at a price of 20 nats.
        self.save_model('frozen.st', np.zeros((12, 2)), visible_bias=np.full(12, -20))
        found, said = self.told('frozen.st', '--sampler', 'metropolis', '--steps', 40)
        self.assertIn('take the sampler gibbs or tempering', said)
        self.assertNotIn('of the proposals are taken', self.told('frozen.st', '--sampler', 'metropolis', '--steps', 39)[1])
        self.assertNotIn('of the proposals are taken', self.told('frozen.st', '--sampler', 'annealing', '--steps', 40)[1])
        # From so far away, long steps are good ones at first.
        self.save_array('far.npy', np.full((64, 40), 100))
        words = 'g.st', '--sampler', 'metropolis', '--start', 'far.npy', '--steps'
        found, said = self.told(*words, 600)
        self.assertTrue(0.05 < found['acceptance'] < found['acceptance_wanted'] / 2, found)
        self.assertRegex(said, r'warning: metropolis: \S+ % of the proposals are taken, far from the 23.4 % .* more steps')
        self.assertNotIn('are taken', self.told(*words, 4000)[1])

    def test_samplers_refuse_what_they_cannot_do(self):
        self.save_model('g.st', np.zeros((3, 2)), center=np.zeros(3), log_sigma=np.zeros(3))
        for model, sampler in [('m.st', 'mala'), ('m.st', 'langevin'), ('m.st', 'gibbs-langevin'), ('g.st', 'gibbs-with-gradients')]:
            units = 'gaussian' if model == 'g.st' else 'bernoulli'
            self.fails(2, 'rbm-dream', model, '--sampler', sampler, '--output', 'd.npy', saying=[sampler, units])
        for model, sampler in [('m.st', 'gibbs'), ('m.st', 'tempering'), ('m.st', 'metropolis'), ('m.st', 'annealing'),
                               ('m.st', 'gibbs-with-gradients')]:
            self.fails(2, 'rbm-dream', model, '--sampler', sampler, '--step-size', 0.1, '--output', 'd.npy',
                       saying=['no step size' if sampler in ('metropolis', 'annealing') else '--step-size', sampler])

    def free_energy(self, states):
        return -np.logaddexp(0, states @ WEIGHTS).sum(-1)

    def test_modes_are_local_minima_and_annealing_finds_low_ones(self):
        self.save_model('m.st', WEIGHTS)
        lowest = {}
        for sampler in 'gibbs', 'tempering', 'annealing':
            done = self.run_program('rbm-dream', 'm.st', '--sampler', sampler, '--modes', '--steps', 60, '--every', 50,
                                    '--output', '-')
            self.assertEqual(done.returncode, 0)
            frames = self.array_in(done.stdout)
            self.assertEqual(frames.shape, (2, 64, 12))
            states = frames[-1].astype(float)
            own = self.free_energy(states)
            for i in range(12):
                flipped = states.copy()
                flipped[:, i] = 1 - flipped[:, i]
                self.assertTrue((self.free_energy(flipped) > own - 2e-4).all())
            self.assertIn('different modes', done.stderr.decode())
            lowest[sampler] = own.mean()
        self.assertLessEqual(lowest['annealing'], lowest['gibbs'])
        self.fails(2, 'rbm-dream', 'm.st', '--modes', '--means', '--output', 'd.npy', saying=['--modes', '--means'])
        words = '--sampler', 'annealing', '--modes', '--steps', 20, '--output', '-'
        self.assertEqual(self.dream(*words, '--threads', 1), self.dream(*words, '--threads', 3))
        # Two centers of a Gaussian machine: with the hidden unit off and on.
        self.save_model('m.st', np.full((2, 1), 6.), center=[0, 0], log_sigma=[0, 0], hidden_bias=[-36.], mean=[5, 5], scale=[2, 2])
        for sampler in 'gibbs', 'mala', 'annealing':
            states = self.frames('--modes', '--sampler', sampler, '--steps', 40)[0]
            np.testing.assert_allclose(np.minimum(abs(states - 5), abs(states - 17)), 0, atol=.02)

    def test_any_number_of_threads_and_only_the_seed(self):
        one = self.dream('--output', '-', '--threads', 1, '--chains', 300, '--steps', 20, '--every', 3)
        for threads in (2, 3, 7):
            self.assertEqual(one, self.dream('--output', '-', '--threads', threads, '--chains', 300, '--steps', 20,
                                             '--every', 3))
        self.assertNotEqual(one, self.dream('--output', '-', '--seed', 2, '--chains', 300, '--steps', 20, '--every', 3))
        for name in 'a.png', 'a.gif':
            written = []
            for threads in (1, 3):
                self.dream('--output', name, '--threads', threads, '--every', 100, '--force')
                written.append(self.path(name).read_bytes())
            self.assertEqual(*written)

    def test_gaussian_machines_dream_in_the_units_of_the_data(self):
        mean, scale = np.array([100., -5, 0]), np.array([20., 0.1, 1])
        self.save_model('m.st', np.zeros((3, 2)), center=[0, 1, -1], log_sigma=np.log([1, 0.5, 2]), mean=mean, scale=scale)
        means = self.frames('--means', '--chains', 4)
        np.testing.assert_allclose(means, np.broadcast_to(mean + scale * [0, 1, -1], means.shape), rtol=1e-6)
        states = self.frames('--chains', 20000, '--steps', 2, '--beta', 4)[0]
        np.testing.assert_allclose(states.std(0), scale * [1, 0.5, 2] / 2, rtol=0.04)
        # A start in the units of the data is where the chains are, seen by the machine.
        self.save_model('m.st', np.full((3, 1), 3), center=[0, 0, 0], hidden_bias=[-13.5], mean=mean, scale=scale)
        self.save_array('up.npy', np.tile(mean + 3 * scale, (50, 1)))
        near = self.frames('--start', 'up.npy', '--chains', 50, '--steps', 1, '--means')[0]
        np.testing.assert_allclose(near, np.tile(mean + 3 * scale, (50, 1)), rtol=1e-5)
        for name in 'g.png', 'g.gif':
            self.dream('--output', name, '--every', 500)
        self.assertGreater(np.ptp(self.png_grey('g.png')), 200)

    def test_pictures(self):
        self.dream('--output', 'one.png', '--chains', 6)
        self.dream('--output', 'strip.png', '--chains', 2, '--every', 200)
        height, width = self.png_size('strip.png')
        tile_height, tile_width = (height - 1) // 2, (width - 1) // 5
        self.assertEqual(((height - 1) % 2, (width - 1) % 5), (0, 0))
        self.assertAlmostEqual((tile_height - 1) / (tile_width - 1), 3 / 4)
        # Rows are chains, columns are frames.
        means = self.frames('--chains', 2, '--every', 200, '--means')
        grey, scale = self.png_grey('strip.png'), (tile_height - 1) // 3
        for chain in range(2):
            for frame in range(5):
                tile = grey[1 + chain * tile_height:, 1 + frame * tile_width:][:tile_height - 1:scale, :tile_width - 1:scale]
                self.assertLessEqual(abs(tile / 255 - means[frame, chain].reshape(3, 4)).max(), 0.51 / 255)
        self.dream('--output', 'states.png', '--chains', 4, '--states')
        self.assertLessEqual(len(np.unique(self.png_grey('states.png'))), 3)  # black, white, borders

    def test_films(self):
        self.dream('--output', 'f.gif', '--steps', 50, '--every', 5, '--chains', 9)
        frames, height, width = self.gif_frames('f.gif')
        self.assertEqual(frames, 10)
        self.assertGreater(min(height, width), 200)
        done = self.run_program('rbm-dream', 'm.st', '--output', 'still.gif', '--steps', 5)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b'--every', done.stderr)
        self.assertEqual(self.gif_frames('still.gif')[0], 1)

    def test_output_is_not_overwritten(self):
        self.path('d.npy').write_text('mine')
        self.fails(1, 'rbm-dream', 'm.st', '--output', 'd.npy', saying=['d.npy', '--force'])
        self.dream('--output', 'd.npy', '--force')
        self.assertEqual(self.array('d.npy').shape, (1, 64, 12))

    def test_a_fifo_is_written_to(self):
        os.mkfifo(self.path('pipe.npy'))
        taken = []
        reader = threading.Thread(target=lambda: taken.append(self.path('pipe.npy').read_bytes()), daemon=True)
        reader.start()
        self.dream('--output', 'pipe.npy', '--force')
        reader.join(30)
        self.assertEqual(taken, [self.dream('--output', '-')])

    def test_usage(self):
        for words, saying in [
                ([], '--output'), (['--output', 'd.txt'], ['d.txt', '.npy', '.png', '.gif']),
                (['--output', 'd.npy', '--chains', '0'], '--chains'), (['--output', 'd.npy', '--steps', '0'], '--steps'),
                (['--output', 'd.npy', '--every', '0'], '--every'), (['--output', 'd.npy', '--beta', '0'], '--beta'),
                (['--output', 'd.npy', '--beta', '-1'], '--beta'), (['--output', 'd.npy', '--beta', '1e-300'], '--beta'),
                (['--output', 'd.npy', '--sampler', 'magic'], 'gibbs'), (['--output', 'd.npy', '--evry', '3'], '--every'),
                (['--output', 'd.npy', '--means', '--states'], ['--means', '--states']),
                (['--output', 'd.png', '--every', '1', '--steps', '100000'], ['100000 frames', '16384']),
                (['--output', 'd.gif', '--chains', '1000000'], ['1000000 chains', '2048'])]:
            self.fails(2, 'rbm-dream', 'm.st', *words, saying=saying)

    def test_a_page_holds_the_machine(self):
        self.assertEqual(self.dream('--output', 'd.html'), b'')
        page = self.path('d.html').read_text()
        held = json.loads(re.search(r'<script id="machine" type="application/json">(.*?)</script>', page)[1])
        weights = np.frombuffer(base64.b64decode(held['weights']), '<f4').reshape(12, 5)
        np.testing.assert_array_equal(weights, WEIGHTS.astype(np.float32))
        self.assertEqual((held['chains'], held['beta'], held['seed'], held['show']), (18, 1, 1, 'means'))
        self.assertEqual(held['image'], {'height': 3, 'width': 4, 'planes': 1})
        self.assertNotRegex(page, r'(?:src|href)="(?!data:)|https?://|@import|url\(')
        told = json.loads(self.dream('--output', 'e.html', '--chains', 4, '--beta', 2, '--seed', 9, '--states', '--json'))
        self.assertEqual(told, {'sampler': 'gibbs', 'chains': 4, 'seed': 9, 'beta': 2, 'warnings': []})
        self.assertIn('"chains":4,"beta":2.0,"seed":9,"show":"states"', self.path('e.html').read_text())
        for words, saying in ([['--steps', 5], '--steps'], [['--every', 5], '--every'], [['--modes'], '--modes'],
                              [['--sampler', 'tempering'], '--sampler: found tempering']):
            self.fails(2, 'rbm-dream', 'm.st', '--output', 'f.html', *words, saying=saying)
        self.fails(1, 'rbm-dream', 'm.st', '--output', 'd.html', saying='d.html')
        self.save_model('huge.st', np.zeros((4096, 2049)))
        self.fails(2, 'rbm-dream', 'huge.st', '--output', 'f.html', saying=['8388608 weights', '8392704', '.png'])

    def test_bad_files(self):
        self.fails(1, 'rbm-dream', 'none.st', '--output', 'd.npy', saying='none.st')
        self.fails(1, 'rbm-dream', 'm.st', '--output', 'no/folder/d.npy', saying='no/folder')
        self.fails(1, 'rbm-dream', 'm.st', '--start', 'none.npy', '--output', 'd.npy', saying='none.npy')
        raw = bytearray(self.path('m.st').read_bytes())
        for bad in raw[:50], raw[:-1], b'', bytes(raw[:-4]) + b'\x00\x00\xc0\x7f':
            self.path('bad.st').write_bytes(bad)
            self.fails(3, 'rbm-dream', 'bad.st', '--output', 'd.npy', saying='bad.st')
        self.save_array('wide.npy', np.zeros((64, 13)))
        self.fails(3, 'rbm-dream', 'm.st', '--start', 'wide.npy', '--output', 'd.npy', saying=['13', '12'])
        self.save_array('few.npy', np.zeros((10, 12)))
        self.fails(2, 'rbm-dream', 'm.st', '--start', 'few.npy', '--output', 'd.npy', saying=['64', '10'])
        self.save_array('odd.npy', np.full((64, 12), 7))
        self.fails(3, 'rbm-dream', 'm.st', '--start', 'odd.npy', '--output', 'd.npy', saying='odd.npy')

    def test_data_are_prepared_as_the_model_says(self):
        self.save_model('m.st', WEIGHTS, data_binarize='threshold', data_threshold=0.25)
        self.save_array('grey.npy', np.full((64, 12), 0.3))
        self.save_array('bits.npy', np.ones((64, 12)))
        words = '--steps', 1, '--start'
        self.assertTrue((self.frames(*words, 'grey.npy') == self.frames(*words, 'bits.npy')).all())
        self.fails(2, 'rbm-dream', 'm.st', *words, 'grey.npy', '--threshold', 0.5, '--output', 'd.npy', saying='--threshold')
        self.save_array('zeros.npy', np.zeros((64, 12)))
        self.assertTrue((self.frames(*words, 'grey.npy', '--threshold', 0.5, '--force') ==
                         self.frames(*words, 'zeros.npy')).all())

    def test_too_much_memory_is_told_before_work(self):
        self.fails(1, 'rbm-dream', 'm.st', '--steps', 10**15, '--every', 1, '--output', 'd.npy', saying=['memory', 'frames'])
        self.fails(1, 'rbm-dream', 'm.st', '--steps', 2**64 - 1, '--every', 1, '--output', 'd.png', saying='memory')

    def test_a_terminal_gets_no_bytes_of_arrays(self):
        code, shown, said = self.run_on_terminal('rbm-dream', 'm.st', '--steps', 1, '--output', '-')
        self.assertEqual((code, shown), (2, b''))
        self.assertIn('terminal', said)
        self.assertEqual(self.run_on_terminal('rbm-dream', 'm.st', '--steps', 1, '--output', 'd.npy')[0], 0)

    def test_interruption_leaves_nothing(self):
        for name in 'd.npy', 'd.gif', '-':
            self.interrupt('rbm-dream', 'm.st', '--steps', 10**12, '--every', 10**11, '--output', name)


if __name__ == '__main__':
    main()
