#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Spin and Potts units in all programs: numbers against NumPy's enumeration, data in every form, files and errors."""
import itertools
import json

import numpy as np
from app_testing import AppTest, main, safetensors

QUICK = ['--hidden', 4, '--epochs', 3, '--batch-size', 10, '--quiet']


def states(kind, sites, q=3):
    """All states [K, columns], as every program counts: the first site changes fastest."""
    letters = {'bernoulli': [[0], [1]], 'spin': [[-1], [1]], 'potts': np.eye(q).tolist()}[kind]
    return np.array([sum(reversed(row), []) for row in itertools.product(letters, repeat=sites)], dtype=float)


class UnitKinds(AppTest):
    def save(self, name, visible, hidden, seed, q=3, **metadata):
        """A random machine of 4 visible and 3 hidden sites: its free energies and log Z by enumeration."""
        random = np.random.default_rng(seed)
        v, h = states(visible, 4, q), states(hidden, 3, q)
        w, a, b = random.normal(size=(v.shape[1], h.shape[1])), random.normal(size=v.shape[1]), random.normal(size=h.shape[1])
        w, a, b = (x.astype(np.float32).astype(float) for x in (w, a, b))
        metadata = {key.replace('_', '.'): value for key, value in metadata.items()}
        metadata.update({'visible.units': visible, 'hidden.units': hidden})
        for side, kind in ('visible', visible), ('hidden', hidden):
            if kind == 'potts':
                metadata[side + '.states'] = q
        self.path(name).write_bytes(safetensors({'weights': w, 'visible.bias': a, 'hidden.bias': b}, metadata))
        minus = (v @ a)[:, None] + (h @ b)[None, :] + v @ w @ h.T
        largest = minus.max()
        return v, -np.log(np.exp(minus - largest).sum(1)) - largest, np.log(np.exp(minus - largest).sum()) + largest

    def scores(self, *words):
        return np.loadtxt(self.ok('rbm-score', *words).decode().splitlines(), delimiter=',', skiprows=1, ndmin=2)

    def test_scores_and_partitions_of_every_pair_are_those_of_enumeration(self):
        for seed, (visible, hidden) in enumerate(itertools.product(('bernoulli', 'spin', 'potts'), repeat=2)):
            with self.subTest(visible=visible, hidden=hidden):
                v, free_energy, log_partition = self.save('m.safetensors', visible, hidden, seed)
                self.save_array('v.npy', v)
                np.testing.assert_allclose(self.scores('m.safetensors', 'v.npy')[:, 0], free_energy, rtol=1e-5, atol=1e-5)
                found = json.loads(self.ok('rbm-estimate', 'm.safetensors', 'v.npy', '--method', 'exact', '--json', '--save'))
                self.assertAlmostEqual(found['log_partition'], log_partition, 6)
                self.assertAlmostEqual(found['log_likelihood'], (-free_energy).mean() - log_partition, 5)
                scores = self.scores('m.safetensors', 'v.npy')
                np.testing.assert_allclose(np.exp(scores[:, 1]).sum(), 1, rtol=1e-4)
                for words in (['--method', 'ais', '--base', 'uniform'], ['--method', 'sandwich', '--base', 'data'],
                              ['--method', 'tempering', '--base', 'data']):
                    if 'tempering' not in words:
                        words += ['--betas', 100]
                    found = json.loads(self.ok('rbm-estimate', 'm.safetensors', 'v.npy', *words, '--json', '--seed', 1))
                    self.assertLess(abs(found['log_partition'] - log_partition), 0.5, words)

    def test_spin_data_are_bits_or_signs(self):
        bits = np.random.default_rng(1).integers(0, 2, size=(40, 6))
        self.save_array('bits.npy', bits.astype(np.uint8))
        self.save_array('signs.npy', (2 * bits - 1).astype(np.int8))
        for data in 'bits', 'signs':
            self.ok('rbm-train', data + '.npy', '--output', data, '--visible-units', 'spin', '--hidden-units', 'spin', *QUICK)
        self.assertEqual(self.path('bits/model.safetensors').read_bytes(), self.path('signs/model.safetensors').read_bytes())
        found = json.loads(self.ok('rbm-inspect', 'bits/model.safetensors', '--json'))
        self.assertEqual((found['visible_units'], found['hidden_units'], found['binarize']), ('spin', 'spin', 'threshold'))
        self.assertTrue(found['energy'].endswith('; v_i is -1 or 1; h_j is -1 or 1'), found['energy'])
        self.ok('rbm-dream', 'bits/model.safetensors', '--output', 'd.npy', '--seed', 1)
        self.ok('rbm-dream', 'bits/model.safetensors', '--output', 't.npy', '--seed', 1, '--sampler', 'tempering', '--steps', 5)
        self.ok('rbm-dream', 'bits/model.safetensors', '--output', 'd.png', '--start', 'bits.npy', '--chains', 9, '--steps', 3)
        for name in 'd.npy', 't.npy':
            self.assertEqual(set(np.unique(self.array(name))), {-1, 1})
        dreams = self.array('d.npy')[0]
        self.save_array('d.npy', dreams)
        self.save_array('b.npy', (dreams + 1) / 2)
        np.testing.assert_array_equal(self.scores('bits/model.safetensors', 'd.npy'), self.scores('bits/model.safetensors', 'b.npy'))
        self.ok('rbm-reconstruct', 'bits/model.safetensors', 'bits.npy', '--output', 'r.npy')
        self.assertTrue(((self.array('r.npy') > -1) & (self.array('r.npy') < 1)).all())
        self.save_array('mask.npy', np.array([1, 1, 0, 1, 0, 0]))
        self.ok('rbm-reconstruct', 'bits/model.safetensors', 'bits.npy', '--output', 'f.npy', '--mask', 'mask.npy', '--states')
        np.testing.assert_array_equal(self.array('f.npy')[:, [0, 1, 3]], 2 * bits[:, [0, 1, 3]] - 1)
        self.assertEqual(set(np.unique(self.array('f.npy'))), {-1, 1})
        self.ok('rbm-reconstruct', 'bits/model.safetensors', 'bits.npy', '--output', 'f.png', '--mask', 'mask.npy')
        self.fails(3, 'rbm-score', 'bits/model.safetensors', '-', input=b'0,1,0,1,-2,0\n', saying='expected a value in [-1, 1]')

    def test_sampled_spins_and_greys(self):
        self.save_array('grey.npy', np.random.default_rng(2).random(size=(40, 6)))
        self.ok('rbm-train', 'grey.npy', '--output', 'run', '--visible-units', 'spin', '--binarize', 'sample', *QUICK)
        self.assertEqual(json.loads(self.ok('rbm-inspect', 'run/model.safetensors', '--json'))['binarize'], 'sample')
        self.save('m.safetensors', 'spin', 'bernoulli', 3, data_binarize='none')
        self.ok('rbm-estimate', 'm.safetensors', '--method', 'exact', '--save', '--quiet')
        scores = np.genfromtxt(
            self.ok('rbm-score', 'm.safetensors', '-', input=b'1,-1,1,1\n1,-1,0.5,1\n').decode().splitlines(), delimiter=',',
            skip_header=1)
        self.assertEqual(np.isnan(scores[:, 1]).tolist(), [False, True])
        self.fails(3, 'rbm-estimate', 'm.safetensors', '-', '--method', 'exact', input=b'1,-1,1,0\n',
                   saying='column 4: found 0, expected -1 or 1')

    def test_the_ising_ring_is_learned_up_to_its_entropy(self):
        said = json.loads(self.ok('rbm-data', 'ising-ring', '--size', 6, '--rows', 4000, '--seed', 1, '--output', 'ring.npy', '--json'))
        self.ok('rbm-train', 'ring.npy', '--output', 'run', '--visible-units', 'spin', '--hidden-units', 'spin', '--hidden', 6,
                '--algorithm', 'exact', '--restarts', 3, '--quiet')
        found = json.loads(self.ok('rbm-estimate', 'run/model.safetensors', 'ring.npy', '--method', 'exact', '--json'))
        # 4000 draws of 64 states: their own entropy is 63 / 8000 below that of the ring, and they scatter.
        self.assertLess(abs(found['log_likelihood'] - said['log_likelihood_bound']), 0.05)

    def test_every_algorithm_trains_every_pair_or_says_why_not(self):
        random = np.random.default_rng(4)
        self.save_array('bits.npy', random.integers(0, 2, size=(40, 4)).astype(np.uint8))
        self.save_array('reals.npy', random.normal(size=(40, 4)))
        scores, flips = ('score-matching', 'denoising', 'sliced'), ('pseudo-likelihood', 'ratio-matching')
        for visible, hidden in itertools.product(('bernoulli', 'gaussian', 'spin', 'potts'), ('bernoulli', 'spin', 'potts')):
            words = ['--hidden', 3, '--epochs', 2, '--visible-units', visible, '--hidden-units', hidden, '--quiet']
            words += ['--visible-states', 2] * (visible == 'potts') + ['--hidden-states', 3] * (hidden == 'potts')
            data = 'reals.npy' if visible == 'gaussian' else 'bits.npy'
            for algorithm in ('pcd', 'cd', 'fpcd', 'tempering', 'exact', 'nce', *scores, *flips):
                with self.subTest(algorithm=algorithm, visible=visible, hidden=hidden):
                    name = {'denoising': 'denoising score matching', 'sliced': 'sliced score matching'}.get(
                        algorithm, algorithm if algorithm == 'pseudo-likelihood' else algorithm.replace('-', ' '))
                    if algorithm in (flips if visible == 'gaussian' else scores):
                        self.fails(2, 'rbm-train', data, *words, '--algorithm', algorithm, '--output', 'none',
                                   saying=[name, f'{visible} visible units'])
                    elif algorithm in scores and hidden == 'potts':
                        self.fails(2, 'rbm-train', data, *words, '--algorithm', algorithm, '--output', 'none',
                                   saying=[name, 'potts hidden units'])
                    else:
                        self.ok('rbm-train', data, *words, '--algorithm', algorithm, '--output', 'run', '--force',
                                *(['--restarts', 1] if algorithm == 'exact' else ['--batch-size', 15]))
                        if algorithm in (*scores, *flips, 'nce'):
                            last = json.loads(self.path('run/metrics.jsonl').read_text('utf-8').splitlines()[-1])
                            self.assertTrue(np.isfinite(last['loss']))

    def test_potts_data_are_codes_or_one_hot(self):
        codes = np.random.default_rng(3).integers(0, 3, size=(60, 4))
        codes[:, 1] = codes[:, 0]
        one_hot = np.eye(3)[codes].reshape(60, 12)
        self.save_array('codes.npy', codes.astype(np.uint8))
        self.save_array('one-hot.npy', one_hot)
        units = ['--visible-units', 'potts', '--visible-states', 3, '--hidden-units', 'potts', '--hidden-states', 2, *QUICK]
        for data in 'codes', 'one-hot':
            self.ok('rbm-train', data + '.npy', '--output', data, '--validation', 'codes.npy', *units)
        self.assertEqual(self.path('codes/model.safetensors').read_bytes(), self.path('one-hot/model.safetensors').read_bytes())
        found = json.loads(self.ok('rbm-inspect', 'codes/model.safetensors', '--json'))
        self.assertEqual([found[key] for key in ('visible_units', 'visible_count', 'visible_states', 'hidden_units', 'hidden_count',
                                                 'hidden_states', 'binarize')], ['potts', 12, 3, 'potts', 8, 2, 'none'])
        text = self.ok('rbm-inspect', 'codes/model.safetensors').decode()
        for piece in '12 potts: 4 sites of 3 states', 'codes from 0 to 2', '; v_i one-hot by 3; h_j one-hot by 2':
            self.assertIn(piece, text)
        model = 'codes/model.safetensors'
        np.testing.assert_array_equal(self.scores(model, 'codes.npy'), self.scores(model, 'one-hot.npy'))
        for words in [], ['--sampler', 'tempering', '--steps', 5], ['--start', 'codes.npy', '--chains', 9, '--steps', 2]:
            self.ok('rbm-dream', model, '--output', 'd.npy', '--force', *words)
            dreams = self.array('d.npy')[0]
            self.assertEqual(set(np.unique(dreams)), {0, 1})
            self.assertTrue((dreams.reshape(-1, 4, 3).sum(2) == 1).all())
        self.save_array('d2.npy', dreams)
        self.assertEqual(self.scores(model, 'd2.npy').shape, (9, 1))
        self.ok('rbm-dream', model, '--output', 'd.png', '--steps', 3)
        self.ok('rbm-reconstruct', model, 'codes.npy', '--output', 'r.npy')
        np.testing.assert_allclose(self.array('r.npy').reshape(60, 4, 3).sum(2), 1, rtol=1e-5)
        self.ok('rbm-reconstruct', model, 'codes.npy', '--output', 'h.npy', '--hidden')
        np.testing.assert_allclose(self.array('h.npy').reshape(60, 4, 2).sum(2), 1, rtol=1e-5)

    def test_missing_values_are_summed_out_by_sites(self):
        for seed, (visible, hidden) in enumerate(itertools.product(('spin', 'potts'), repeat=2)):
            v, free_energy, log_partition = self.save('m.safetensors', visible, hidden, 20 + seed)
            q = 3 if visible == 'potts' else 1
            holes = v[:5].reshape(5, 4, q).copy()
            for row, missing in enumerate(([1], [0, 3], [], [0, 1, 2, 3], [2])):
                holes[row, missing] = np.nan
            holes = holes.reshape(5, 4 * q)
            expected = [-np.logaddexp.reduce(-free_energy[((v == row) | np.isnan(row)).all(1)]) for row in holes]
            self.save_array('holes.npy', holes)
            found = self.scores('m.safetensors', 'holes.npy', '--missing', 'nan')
            np.testing.assert_allclose(found, np.array(3 * [expected]).T, rtol=1e-5, atol=1e-5)
            self.ok('rbm-estimate', 'm.safetensors', '--method', 'exact', '--save')
            likelihood = self.scores('m.safetensors', 'holes.npy', '--missing', 'nan')[:, 3]
            np.testing.assert_allclose(likelihood, -np.array(expected) - log_partition, rtol=1e-4, atol=1e-4)
            self.ok('rbm-reconstruct', 'm.safetensors', 'holes.npy', '--missing', 'nan', '--states', '--output', 'f.npy', '--force')
            filled = self.array('f.npy')
            self.assertTrue((filled[~np.isnan(holes)] == holes[~np.isnan(holes)]).all())
            self.assertTrue(all((v == row).all(1).any() for row in filled))
            if visible == 'potts':
                codes = np.where(np.isnan(holes[:, ::3]), np.nan, holes.reshape(5, 4, 3).argmax(2))
                self.save_array('codes.npy', codes)
                np.testing.assert_array_equal(self.scores('m.safetensors', 'codes.npy', '--missing', 'nan')[:, :3], found)
                self.ok('rbm-reconstruct', 'm.safetensors', 'codes.npy', '--missing', 'nan', '--states', '--output', 'g.npy', '--force')
                np.testing.assert_array_equal(self.array('g.npy'), filled)
                holes[0, 4] = 0
                self.save_array('part.npy', holes)
                self.fails(3, 'rbm-score', 'm.safetensors', 'part.npy', '--missing', 'nan', saying='row 1, columns 4 to 6')
                self.fails(3, 'rbm-reconstruct', 'm.safetensors', 'part.npy', '--missing', 'nan', '--output', 'x.npy',
                           saying='a site of 3 states is either known or missing as a whole')

    def test_products_ratios_and_attributions(self):
        for seed, (visible, hidden) in enumerate(itertools.product(('spin', 'potts'), repeat=2)):
            v, first, first_z = self.save('a.safetensors', visible, hidden, 30 + seed)
            _, second, second_z = self.save('b.safetensors', visible, hidden, 40 + seed)
            self.save_array('v.npy', v)
            self.ok('rbm-data', 'compose', 'a.safetensors', 'b.safetensors', '--output', 'c.safetensors', '--force')
            np.testing.assert_allclose(self.scores('c.safetensors', 'v.npy')[:, 0], first + second, rtol=1e-4, atol=1e-4)
            ratio = self.scores('a.safetensors', 'v.npy', '--against', 'b.safetensors')[:, 2]
            np.testing.assert_allclose(ratio, second + second_z - first - first_z, rtol=1e-4, atol=1e-4)
            self.ok('rbm-score', 'a.safetensors', 'v.npy', '--attribution', 'blame.npy', '--force')
            q = 3 if visible == 'potts' else 1
            sites = v.reshape(-1, 4, q)
            for site in range(4):
                others = np.delete(sites, site, 1).reshape(len(v), -1)
                alike = (others[:, None] == others[None, :]).all(2)
                expected = np.array([np.logaddexp.reduce(-first[row]) for row in alike]) + first
                np.testing.assert_allclose(self.array('blame.npy')[:, site], expected, atol=1e-4)
            if visible == 'potts':
                self.fails(2, 'rbm-score', 'a.safetensors', 'v.npy', '--attribution', 'blame.png', '--force', saying='potts units')
            else:
                self.ok('rbm-score', 'a.safetensors', 'v.npy', '--attribution', 'blame.png', '--force')
        self.save('d.safetensors', 'potts', 'spin', 50)
        self.fails(2, 'rbm-data', 'compose', 'a.safetensors', 'd.safetensors', '--output', 'x.safetensors', saying='potts (3 states) and spin')
        self.save('e.safetensors', 'potts', 'potts', 51, q=2)
        self.fails(3, 'rbm-data', 'compose', 'a.safetensors', 'e.safetensors', '--output', 'x.safetensors', saying='8 potts (2 states)')
        self.fails(3, 'rbm-score', 'a.safetensors', 'v.npy', '--against', 'e.safetensors', saying='8 potts (2 states)')

    def test_training_with_missing_sites(self):
        """The second site is the first one's copy, and one of both is missing in half of the rows."""
        random = np.random.default_rng(7)
        for kind, q in ('spin', 2), ('potts', 3):
            values = np.repeat(random.integers(0, q, (500, 1)), 2, 1).astype(np.float32)
            values[random.random(500) < .25, 0] = np.nan
            values[(random.random(500) < .33) & ~np.isnan(values[:, 0]), 1] = np.nan
            self.save_array('holes.npy', values)
            units = ['--visible-units', kind] + (['--visible-states', q] if kind == 'potts' else [])
            self.fails(3, 'rbm-train', 'holes.npy', '--output', 'x', *units, saying='--missing nan')
            self.ok('rbm-train', 'holes.npy', '--output', 'run', '--missing', 'nan', '--validation', 'holes.npy', *units, '--force', '--quiet',
                    '--hidden', 8, '--epochs', 200, '--batch-size', 50, '--learning-rate', .1, '--initial-weights', .5)
            self.ok('rbm-estimate', 'run/model.safetensors', '--save', '--force')
            same = np.repeat(np.arange(q), 2).reshape(q, 2).astype(np.float32)
            self.save_array('same.npy', same)
            self.assertGreater(np.exp(self.scores('run/model.safetensors', 'same.npy')[:, 1]).sum(), .9)

    def test_potts_masks_hold_whole_sites(self):
        self.save('m.safetensors', 'potts', 'spin', 4)
        codes = np.array([[0, 1, 2, 1], [2, 2, 0, 0]], float)
        self.save_array('mask.npy', np.array([1, 0, 0, 1]))
        wide = np.eye(3)[codes.astype(int)].reshape(2, 12)
        holes, wide_holes = codes.copy(), wide.copy()
        holes[:, 1] = wide_holes[:, 3:6] = np.nan
        self.save_array('codes.npy', holes)
        self.save_array('wide.npy', wide_holes)
        self.save_array('wide-mask.npy', np.repeat([1, 0, 0, 1], 3))
        found = []
        for data, mask in ('codes', 'mask'), ('wide', 'wide-mask'):
            self.ok('rbm-reconstruct', 'm.safetensors', data + '.npy', '--mask', mask + '.npy', '--states', '--output', 'f.npy',
                    '--force', '--seed', 1)
            found.append(self.array('f.npy'))
            self.assertTrue((found[-1].reshape(2, 4, 3).sum(2) == 1).all())
            np.testing.assert_array_equal(found[-1][:, [0, 1, 2, 9, 10, 11]], wide[:, [0, 1, 2, 9, 10, 11]])
        np.testing.assert_array_equal(*found)
        self.save_array('wide-mask.npy', [1, 1, 0] + 9 * [1])
        self.fails(3, 'rbm-reconstruct', 'm.safetensors', 'wide.npy', '--mask', 'wide-mask.npy', '--output', 'x.npy',
                   saying='column 3: found 0, expected 1 as in column 1: a site of 3 states is either known or missing as a whole')

    def test_training_by_all_algorithms_resumes(self):
        self.save_array('codes.npy', np.random.default_rng(5).integers(0, 3, size=(30, 3)).astype(np.uint8))
        units = ['--visible-units', 'potts', '--visible-states', 3, '--hidden-units', 'spin', '--hidden', 3, '--batch-size', 10,
                 '--quiet', '--learning-rate-schedule', 'constant']
        for words in (['pcd'], ['cd'], ['fpcd'], ['tempering', '--rungs', 3], ['pcd', '--optimizer', 'adam', '--averaging', .5],
                      ['pcd', '--centering', 'off', '--sparsity-cost', .1]):
            words = ['--algorithm', *words, *units]
            self.ok('rbm-train', 'codes.npy', '--output', 'whole', '--epochs', 4, '--force', *words)
            self.ok('rbm-train', 'codes.npy', '--output', 'parts', '--epochs', 2, '--force', *words)
            self.ok('rbm-train', '--output', 'parts', '--resume', '--epochs', 4, '--quiet')
            self.assertEqual(self.path('whole/model.safetensors').read_bytes(), self.path('parts/model.safetensors').read_bytes())
            last = json.loads(self.path('whole/metrics.jsonl').read_text().splitlines()[-1])
            self.assertTrue(np.isfinite(last['pseudo_likelihood']))
            self.assertTrue(np.isfinite(last['log_likelihood']))

    def test_models_are_proved(self):
        self.save('m.safetensors', 'potts', 'spin', 6)
        self.save_array('codes.npy', np.array([[0, 1, 2, 1], [2, 2, 0, 0]]))
        self.ok('rbm-check', 'm.safetensors', 'codes.npy')

    def test_errors(self):
        self.save_array('codes.npy', np.array([[0, 1, 3, 1], [2, 2, 0, 0]]))
        potts = ['codes.npy', '--output', 'run', '--visible-units', 'potts']
        self.fails(2, 'rbm-train', *potts, saying='--visible-states is missing')
        self.fails(2, 'rbm-train', 'codes.npy', '--output', 'run', '--visible-states', 3, saying='has no effect with --visible-units bernoulli')
        self.fails(2, 'rbm-train', 'codes.npy', '--output', 'run', '--hidden-units', 'potts', saying='--hidden-states is missing')
        self.fails(2, 'rbm-train', *potts, '--visible-states', 4, '--threshold', .2, saying='has no effect with')
        self.fails(2, 'rbm-train', *potts, '--visible-states', 4, '--binarize', 'sample', saying='has no effect with')
        self.fails(2, 'rbm-train', *potts, '--visible-states', 4, '--minimum-sigma', .2, saying='has no effect with')
        self.fails(2, 'rbm-train', *potts, '--visible-states', 1)
        self.fails(3, 'rbm-train', *potts, '--visible-states', 3, saying=['row 1, column 3: found 3', 'expected a code from 0 to 2'])
        self.save('m.safetensors', 'potts', 'spin', 7)
        self.fails(3, 'rbm-score', 'm.safetensors', '-', input=b'0,1,2\n', saying='12 visible units: 4 sites of 3 states')
        self.fails(3, 'rbm-score', 'm.safetensors', '-', input=b'0,1,2,3,4,5,6,7,8,9,10,11\n', saying='columns 1 to 3: expected one 1')


if __name__ == '__main__':
    main()
