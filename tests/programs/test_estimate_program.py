# SPDX-License-Identifier: MIT
"""rbm-estimate: exact log Z by brute force in NumPy, log-likelihoods, and what --save writes."""
import hashlib
import json

import numpy as np
from app_testing import AppTest, main, safetensors
from test_score_program import bernoulli_free_energy, f32, gaussian_free_energy


def states(units):
    return np.array([[i >> k & 1 for k in range(units)] for i in range(1 << units)], float)


def log_sum_exp(x):
    return x.max() + np.log(np.exp(x - x.max()).sum())


class Estimate(AppTest):
    def setUp(self):
        super().setUp()
        self.rng = np.random.default_rng(10)

    def machine(self, visible, hidden):
        return f32(self.rng.normal(size=(visible, hidden))), f32(self.rng.normal(size=visible)), f32(self.rng.normal(size=hidden))

    def estimate(self, *words):
        return json.loads(self.ok('rbm-estimate', *words, '--json'))

    def test_bernoulli(self):
        for visible, hidden in (1, 1), (1, 9), (9, 1), (5, 3), (3, 8), (10, 10):
            weights, a, b = self.machine(visible, hidden)
            self.save_model('m.safetensors', weights, a, b)
            for beta in 1, 0.3, 2, 0, -1:
                # From the definition: all pairs of states.
                v, h = states(visible), states(hidden)
                energy = -(v @ a)[:, None] - h @ b - v @ weights @ h.T
                expected = log_sum_exp((-beta * energy).ravel())
                found = self.estimate('m.safetensors', '--beta', beta)
                with self.subTest(visible=visible, hidden=hidden, beta=beta):
                    self.assertEqual(found['method'], 'exact')
                    self.assertAlmostEqual(found['log_partition'], expected, delta=1e-5 * max(1, abs(expected)))
                    self.assertEqual({found[key] for key in ('log_partition_low', 'log_partition_high')}, {found['log_partition']})
                    self.assertNotIn('log_likelihood', found)

    def test_gaussian(self):
        for visible, hidden in (1, 1), (2, 6), (6, 2):
            weights, center, b = self.machine(visible, hidden)
            log_sigma = f32(0.3 * self.rng.normal(size=visible))
            self.save_model('g.safetensors', weights, center=center, log_sigma=log_sigma, hidden_bias=b)
            for beta in 1, 0.5, 2:
                # Each hidden state leaves a Gaussian: integral of exp(-beta E) over v, by its closed form.
                h, sigma = states(hidden), np.exp(log_sigma)
                field = h @ weights.T
                terms = beta * (h @ b + ((center * field + field**2 / 2) / sigma**2).sum(1))
                expected = log_sum_exp(terms) + 0.5 * np.log(2 * np.pi * sigma**2 / beta).sum()
                self.assertAlmostEqual(self.estimate('g.safetensors', '--beta', beta)['log_partition'], expected,
                                       delta=1e-5 * max(1, abs(expected)))
                if visible == 1:  # and on a grid
                    v = np.linspace(-40, 40, 400001)[:, None]
                    grid = log_sum_exp(-gaussian_free_energy(v, weights, center, log_sigma, b, beta)) + np.log(80 / 400000)
                    self.assertAlmostEqual(expected, grid, 4)

    def test_log_likelihood(self):
        weights, a, b = self.machine(6, 4)
        self.save_model('m.safetensors', weights, a, b)
        rows = self.rng.integers(0, 2, (50, 6))
        self.save_array('d.npy', rows)
        everything = states(6)
        for beta in 1, 0.7:
            log_z = log_sum_exp(-bernoulli_free_energy(everything, weights, a, b, beta))
            expected = (-bernoulli_free_energy(rows, weights, a, b, beta)).mean() - log_z
            found = self.estimate('m.safetensors', 'd.npy', '--beta', beta)
            for key in 'log_likelihood', 'log_likelihood_low', 'log_likelihood_high':
                self.assertAlmostEqual(found[key], expected, 5)
        # All states with their probabilities: the mean of log p over them is at most -log of their number.
        self.save_array('all.npy', everything)
        self.assertLessEqual(self.estimate('m.safetensors', 'all.npy')['log_likelihood'], -6 * np.log(2))
        mean, scale = f32([5, -3]), f32([2, 0.1])
        weights, center, b = self.machine(2, 3)
        self.save_model('g.safetensors', weights, center=center, hidden_bias=b, mean=mean, scale=scale)
        real = (mean + scale * self.rng.normal(size=(40, 2))).astype('<f4')
        self.save_array('real.npy', real)
        log_z = self.estimate('g.safetensors')['log_partition']
        v = (real.astype(float) - mean) / scale
        expected = -gaussian_free_energy(v, weights, center, np.zeros(2), b).mean() - log_z - np.log(scale).sum()
        self.assertAlmostEqual(self.estimate('g.safetensors', 'real.npy')['log_likelihood'], expected, 4)
        # Grey rows have no likelihood.
        self.save_model('none.safetensors', *self.machine(6, 4), data_binarize='none')
        self.save_array('grey.npy', np.full((3, 6), 0.5))
        self.fails(3, 'rbm-estimate', 'none.safetensors', 'grey.npy', saying=('grey.npy: row 1, column 1', 'expected 0 or 1'))
        self.ok('rbm-estimate', 'none.safetensors', 'd.npy')

    def test_text(self):
        self.save_model('m.safetensors', *self.machine(6, 4))
        self.save_array('d.npy', states(6))
        text = self.ok('rbm-estimate', 'm.safetensors', 'd.npy').decode()
        found = self.estimate('m.safetensors', 'd.npy')
        self.assertIn(f"{found['log_partition']:.6f} nats", text)
        self.assertIn(f"{found['log_likelihood']:.6f} nats per sample, 64 samples, binarize threshold 0.5", text)

    def test_save(self):
        """--save adds log Z and changes nothing else, not even what it does not know."""
        weights, a, b = self.machine(6, 4)
        tensors = {'weights': weights, 'visible.bias': a, 'hidden.bias': b, 'my.own': np.arange(5)}
        self.path('m.safetensors').write_bytes(safetensors(tensors, {'author': 'Zoë'}))
        self.path('m.safetensors').chmod(0o640)
        found = self.estimate('m.safetensors', '--save')
        header, data = self.header('m.safetensors')
        metadata = header.pop('__metadata__')
        self.assertEqual(metadata['author'], 'Zoë')
        self.assertEqual(float(metadata['log_partition']), found['log_partition'])
        self.assertEqual(metadata['log_partition_low'], metadata['log_partition'])
        self.assertEqual(metadata['log_partition_high'], metadata['log_partition'])
        self.assertEqual(metadata['log_partition_method'], 'exact')
        self.assertEqual(set(header), set(tensors))
        for name, values in tensors.items():
            begin, end = header[name]['data_offsets']
            np.testing.assert_array_equal(np.frombuffer(data[begin:end], '<f4'), np.asarray(values, '<f4').ravel())
        self.assertEqual(self.path('m.safetensors').stat().st_mode & 0o777, 0o640)
        self.fails(1, 'rbm-estimate', 'm.safetensors', '--save', saying=('already has a log Z, by exact', '--force'))
        before = hashlib.sha256(self.path('m.safetensors').read_bytes()).hexdigest()
        self.ok('rbm-estimate', 'm.safetensors', '--save', '--force')
        self.assertEqual(hashlib.sha256(self.path('m.safetensors').read_bytes()).hexdigest(), before)
        self.fails(2, 'rbm-estimate', '-', '--save', input=self.path('m.safetensors').read_bytes(), saying='standard input')

    def header(self, name):
        raw = self.path(name).read_bytes()
        size = int.from_bytes(raw[:8], 'little')
        return json.loads(raw[8:8 + size]), raw[8 + size:]

    def test_saved_into_a_run(self):
        """A checkpoint stays one, and a run that goes on does not keep the log Z of its weights before."""
        self.save_array('d.npy', states(6))
        train = 'rbm-train', '--output', 'run', '--hidden', 4
        self.ok(*train, 'd.npy', '--epochs', 3)
        self.ok(*train[:3], '--resume', '--epochs', 6)
        expected = {name: self.path(f'run/{name}.safetensors').read_bytes() for name in ('model', 'checkpoint')}
        self.ok(*train, 'd.npy', '--epochs', 3, '--force')
        for name in expected:
            self.ok('rbm-estimate', f'run/{name}.safetensors', '--save')
            self.assertIn('log_partition', self.header(f'run/{name}.safetensors')[0]['__metadata__'])
        self.ok(*train[:3], '--resume', '--epochs', 6)
        for name, content in expected.items():
            self.assertEqual(self.path(f'run/{name}.safetensors').read_bytes(), content)

    def test_too_large(self):
        self.save_model('m.safetensors', np.zeros((26, 26)))
        self.fails(2, 'rbm-estimate', 'm.safetensors', '--method', 'exact', saying=('26', '25'))
        found = self.estimate('m.safetensors', '--betas', 50, '--steps', 20)  # without a word: sandwich
        self.assertEqual(found['method'], 'sandwich')
        self.assertAlmostEqual(found['log_partition'], 52 * np.log(2), 4)
        self.save_model('m.safetensors', np.zeros((30, 12)))
        self.assertAlmostEqual(self.estimate('m.safetensors')['log_partition'], 42 * np.log(2), 9)

    def test_methods_agree_with_the_exact_one(self):
        weights, a, b = self.machine(9, 7)
        rows = self.rng.integers(0, 2, (30, 9))
        self.save_array('d.npy', rows)
        center, log_sigma = f32(self.rng.normal(size=9)), f32(0.2 * self.rng.normal(size=9))
        mean, scale = f32(self.rng.normal(size=9)), f32(1 + self.rng.random(9))
        self.save_array('real.npy', (mean + scale * self.rng.normal(size=(30, 9))).astype('<f4'))
        self.save_model('m.safetensors', weights, a, b)
        self.save_model('g.safetensors', weights / 3, center=center, log_sigma=log_sigma, hidden_bias=b, mean=mean, scale=scale)
        few = {'ais': ['--betas', 300], 'reverse': ['--betas', 300, '--steps', 400],
               'sandwich': ['--betas', 300, '--steps', 400], 'tempering': ['--steps', 1000]}
        for model, data in ('m.safetensors', 'd.npy'), ('g.safetensors', 'real.npy'):
            for beta in 1, 0.6:
                exact = self.estimate(model, data, '--beta', beta)
                for method, words in few.items():
                    with self.subTest(model=model, method=method, beta=beta):
                        found = self.estimate(model, data, '--method', method, '--beta', beta, *words)
                        self.assertEqual(found['method'], method)
                        self.assertTrue(found['bounds'])
                        self.assertEqual((found['base'], found['samples']), ('data', 30))
                        for key, sign in ('log_partition', 1), ('log_likelihood', 1):
                            self.assertLess(found[key + '_low'], exact[key])
                            self.assertGreater(found[key + '_high'], exact[key])
                            self.assertAlmostEqual(found[key], exact[key], delta=0.3)
                        # The likelihood's ends are those of log Z, the other way round.
                        self.assertAlmostEqual(found['log_likelihood'] + found['log_partition'],
                                               found['log_likelihood_low'] + found['log_partition_high'], 6)

    def test_bases_and_schedules(self):
        weights, a, b = self.machine(9, 7)
        self.save_model('m.safetensors', weights, a, b, rates=np.full(9, 0.4))
        exact = self.estimate('m.safetensors')['log_partition']
        values = set()
        for base in 'data', 'model', 'uniform':
            for schedule in 'linear', 'salakhutdinov-murray', 'adaptive':
                found = self.estimate('m.safetensors', '--method', 'ais', '--base', base, '--schedule', schedule, '--betas', 400)
                self.assertEqual(found['base'], base)
                self.assertEqual(found['settings'], f'ais (100 chains, 400 betas, schedule {schedule}, base {base})')
                self.assertAlmostEqual(found['log_partition'], exact, delta=0.4)
                values.add(found['log_partition'])
        self.assertEqual(len(values), 9)
        # The model's own rates are the default, and without them its own bank.
        self.assertEqual(self.estimate('m.safetensors', '--method', 'ais', '--betas', 9)['base'], 'data')
        self.save_model('bare.safetensors', weights, a, b)
        self.assertEqual(self.estimate('bare.safetensors', '--method', 'ais', '--betas', 9)['base'], 'model')
        self.fails(2, 'rbm-estimate', 'bare.safetensors', '--method', 'ais', '--base', 'data', saying=('--base', 'DATA'))
        self.save_model('g.safetensors', weights, center=np.zeros(9), hidden_bias=b)
        self.fails(2, 'rbm-estimate', 'g.safetensors', '--method', 'ais', '--base', 'uniform', saying=('gaussian', 'uniform'))

    def test_options_without_effect(self):
        self.save_model('m.safetensors', *self.machine(6, 4))
        for method, option, value in (('exact', 'betas', 10), ('exact', 'chains', 10), ('exact', 'base', 'model'),
                                      ('ais', 'steps', 10), ('tempering', 'betas', 10), ('tempering', 'schedule', 'linear')):
            self.fails(2, 'rbm-estimate', 'm.safetensors', '--method', method, f'--{option}', value,
                       saying=(f'--{option}', f'no effect with --method {method}'))
        self.fails(2, 'rbm-estimate', 'm.safetensors', '--method', 'ais', '--chains', 1, saying='--chains')

    def test_warnings_and_verdicts(self):
        """Two modes, many more states in one: annealing in 3 steps from a uniform base sees little."""
        self.save_model('hard.safetensors', np.full((40, 3), 2.), np.full(40, -3.2), np.full(3, -34.))
        done = self.run_program('rbm-estimate', 'hard.safetensors', '--method', 'ais', '--base', 'uniform', '--betas', 3)
        self.assertEqual(done.returncode, 0)
        self.assertIn('warning: the log weights of AIS spread by', done.stderr.decode())
        self.assertIn('verdict         not to be trusted', done.stdout.decode())
        found = self.estimate('hard.safetensors', '--method', 'ais', '--base', 'uniform', '--betas', 3)
        self.assertEqual(len(found['warnings']), 1)
        self.assertGreater(found['forward']['spread'], 2)
        self.assertEqual(self.run_program('rbm-estimate', 'hard.safetensors', '--method', 'ais', '--base', 'uniform',
                                          '--betas', 3, '--quiet').stderr, b'')
        # A way back from the wrong mode alone: no bound.
        self.save_array('off.npy', np.zeros((50, 40)))
        found = self.estimate('hard.safetensors', 'off.npy', '--method', 'sandwich', '--base', 'uniform', '--betas', 300)
        self.assertFalse(found['bounds'])
        self.assertEqual(found['verdict'], 'chains do not mix: no bound is claimed')

    def test_samples_are_not_likelier_than_one(self):
        """One hidden unit holds all bits on, where no annealed chain gets; the data are there, and refute what chains agree on."""
        weights, a, b = np.full((40, 1), 8.), np.zeros(40), f32([40 * np.log(2) + 4 - 320])
        self.save_model('hard.safetensors', weights, a, b)
        distinct = 1 - np.vstack([np.zeros((1, 40)), np.eye(40)])
        self.save_array('on.npy', np.vstack([distinct, distinct[:5], distinct[:1]]))
        floor = log_sum_exp(-bernoulli_free_energy(distinct, weights, a, b))
        exact = self.estimate('hard.safetensors')['log_partition']
        self.assertLess(floor, exact)
        words = '--method', 'ais', '--base', 'uniform', '--betas', 50, '--chains', 20
        blind = self.estimate('hard.safetensors', *words)
        self.assertLess(blind['log_partition_high'], floor - 3)
        self.assertTrue(blind['verdict'].startswith('chains agree'))
        self.assertNotIn('log_partition_floor', blind)
        found = self.estimate('hard.safetensors', 'on.npy', *words)
        self.assertEqual(found['forward'], blind['forward'])
        for key in 'log_partition_floor', 'log_partition', 'log_partition_low', 'log_partition_high':
            self.assertAlmostEqual(found[key], floor, 3)
        self.assertEqual(found['distinct_states'], 41)
        self.assertFalse(found['bounds'])
        self.assertTrue(found['verdict'].startswith('log Z cannot be right: '))
        self.assertLess(found['log_likelihood_high'], 0)
        self.assertTrue(any('at least' in warning for warning in found['warnings']))
        text = self.ok('rbm-estimate', 'hard.safetensors', 'on.npy', *words).decode()
        self.assertRegex(text, rf'\nat least +{floor:.3f} +41 distinct samples\n')
        # Between the ends it cuts the lower one only: of a likelihood the upper one.
        found = self.estimate('hard.safetensors', 'on.npy', '--method', 'sandwich', '--betas', 200, '--steps', 400, '--chains', 8)
        self.assertGreaterEqual(found['log_partition_low'], found['log_partition_floor'])
        self.assertLessEqual(found['log_likelihood_high'], 0)
        # Densities have no such bound.
        self.save_model('g.safetensors', np.zeros((3, 1)), center=np.zeros(3), log_sigma=np.full(3, -5.), hidden_bias=b)
        self.save_array('real.npy', np.zeros((9, 3)))
        found = self.estimate('g.safetensors', 'real.npy', '--method', 'ais', '--betas', 20, '--base', 'model')
        self.assertNotIn('log_partition_floor', found)
        self.assertGreater(found['log_likelihood'], 0)

    def test_tables_line_up(self):
        self.save_model('m.safetensors', *self.machine(9, 7))
        self.save_array('d.npy', states(9))
        lines = self.ok('rbm-estimate', 'm.safetensors', 'd.npy', '--method', 'sandwich', '--betas', 50, '--steps', 50).decode().splitlines()
        self.assertRegex(lines.pop(11), r'^tempering: communication barrier \d+\.\d\d, which asks for \d+ rungs; ')
        self.assertEqual([line.split('  ')[0] for line in lines],
                         ['log Z', 'log-likelihood', 'verdict', '', 'log Z', 'forward', 'reverse, from tempering',
                          'reverse, from data', 'tempering', 'acceptance ratio', 'at least', '',
                          'sandwich (100 chains, 50 betas, schedule adaptive, base data)'])
        self.assertTrue(lines[10].endswith('  512 distinct samples'))
        column = lines[4].index('estimate') + len('estimate')
        for line in lines[4:10]:
            self.assertNotEqual(line[column - 1], ' ')
            self.assertEqual(line[column], ' ')

    def test_saved_estimate(self):
        """The interval, the method in full and the binarisation are kept, and rbm-score uses them."""
        self.save_model('m.safetensors', *self.machine(9, 7), data_binarize='threshold', data_threshold=0.25)
        found = self.estimate('m.safetensors', '--method', 'sandwich', '--betas', 50, '--steps', 50, '--save')
        metadata = self.header('m.safetensors')[0]['__metadata__']
        for end in '', '_low', '_high':
            self.assertEqual(float(metadata['log_partition' + end]), found['log_partition' + end])
        self.assertLess(float(metadata['log_partition_low']), float(metadata['log_partition_high']))
        self.assertEqual(metadata['log_partition_method'],
                         'sandwich (100 chains, 50 betas, schedule adaptive, base model; data: binarize threshold 0.25)')
        self.save_array('d.npy', states(9))
        self.assertIn(b'log_likelihood', self.ok('rbm-score', 'm.safetensors', 'd.npy'))

    def test_observables(self):
        weights, a, b = self.machine(6, 4)
        self.save_model('m.safetensors', weights, a, b)
        few = '--steps', 1000
        found = self.estimate('m.safetensors', '--observables', *few)
        self.assertEqual((found['ladders'], found['steps'], found['base']), (10, 1000, 'model'))
        rows = found['observables']
        np.testing.assert_allclose([row['beta'] for row in rows], np.arange(1, 11) / 10)
        v, h = states(6), states(4)
        energy = (-(v @ a)[:, None] - h @ b - v @ weights @ h.T)
        for row in rows:
            beta = row['beta']
            with self.subTest(beta=beta):
                log_z = log_sum_exp((-beta * energy).ravel())
                p = np.exp(-beta * energy - log_z)
                mean, square = (p * energy).sum(), (p * energy ** 2).sum()
                m, p_v = v.mean(1), p.sum(1)
                q = ((2 * v - 1) @ (2 * v - 1).T) / 6
                p_q = np.outer(p_v, p_v)
                exact = {'energy': mean, 'heat_capacity': beta ** 2 * (square - mean ** 2), 'entropy': -(p * np.log(p)).sum(),
                         'magnetisation': p_v @ m, 'susceptibility': 6 * beta * (p_v @ m ** 2 - (p_v @ m) ** 2),
                         'overlap': (p_q * q).sum(), 'overlap_variance': (p_q * q ** 2).sum() - (p_q * q).sum() ** 2}
                for name, value in exact.items():
                    self.assertLess(abs(row[name] - value) / row[name + '_standard_error'], 4.5, name)
                    self.assertGreater(row[name + '_standard_error'], 0)
                self.assertAlmostEqual(row['log_partition'], log_z, 4)
                self.assertAlmostEqual(row['free_energy'], -log_z / beta, 3)
                self.assertEqual(row['log_partition_method'], 'exact')
                shares = row['overlap_distribution']['shares']
                self.assertAlmostEqual(sum(shares), 1)
                self.assertAlmostEqual(shares[-1], p_q[q == 1].sum(), delta=0.03)
        # One beta's row is the same whichever others there are, and for any number of threads.
        one, = self.estimate('m.safetensors', '--observables', *few, '--beta', 0.3, '--threads', 3)['observables']
        self.assertEqual(one, rows[2])
        other, = self.estimate('m.safetensors', '--observables', *few, '--beta', 0.3, '--method', 'tempering')['observables']
        self.assertEqual((other['energy'], other['log_partition_method']), (one['energy'], 'tempering'))
        self.assertLess(abs(other['log_partition'] - one['log_partition']), 5 * other['log_partition_standard_error'])
        text = self.ok('rbm-estimate', 'm.safetensors', '--observables', *few, '--beta', '0.5,1').decode().splitlines()
        self.assertEqual(text[0].split()[:4], ['beta', 'energy', 'free', 'energy'])
        self.assertEqual([line.split()[0] for line in text[1:3]], ['0.5', '1'])
        self.assertEqual(len(text[0]), len(text[1]))
        self.assertAlmostEqual(float(text[2].split()[1].split('(')[0]), rows[9]['energy'], delta=0.1)
        # Replicas that are stuck are told of.
        self.save_model('hard.safetensors', np.full((40, 3), 2.), np.full(40, -3.2), np.full(3, -34.))
        done = self.run_program('rbm-estimate', 'hard.safetensors', '--observables', '--beta', 1, '--steps', 40,
                                '--chains', 4, '--base', 'uniform')
        self.assertEqual(done.returncode, 0)
        self.assertIn('warning: beta 1: ', done.stderr.decode())

    def test_observables_options(self):
        self.save_model('m.safetensors', *self.machine(6, 4))
        self.save_array('d.npy', states(6))
        for words, saying in ((['--observables', '--save'], '--save'), (['--observables', '--betas', 10], '--betas'),
                              (['--observables', '--method', 'ais'], '--method'), (['--relaxation', 10], 'DATA'),
                              (['d.npy', '--relaxation', 10, '--observables'], 'one of them'),
                              (['d.npy', '--relaxation', 10, '--steps', 10], '--steps'),
                              (['d.npy', '--relaxation', 10, '--method', 'exact'], '--method'),
                              (['d.npy', '--relaxation', 10, '--beta', '1,2'], '--beta'),
                              (['d.npy', '--relaxation', 10, '--chains', 65], ('64 rows', '--chains 64')),
                              (['d.npy', '--relaxation', 10, '--chains', 7], 'at least 8')):
            with self.subTest(words=words):
                self.fails(2, 'rbm-estimate', 'm.safetensors', *words, saying=saying)
        self.save_array('few.npy', states(6)[:7])
        self.fails(3, 'rbm-estimate', 'm.safetensors', 'few.npy', '--relaxation', 5, saying=('few.npy', '7 rows'))

    def test_relaxation(self):
        self.save_model('m.safetensors', np.zeros((6, 2)), np.full(6, 0.5), np.zeros(2))
        self.save_array('d.npy', np.ones((100, 6)))
        found = self.estimate('m.safetensors', 'd.npy', '--relaxation', 10)
        self.assertEqual(found['met'], 1)
        self.assertEqual([row['sweeps'] for row in found['relaxation']], [0, 1, 2, 3, 4, 6, 8, 10])
        first, last = found['relaxation'][0], found['relaxation'][-1]
        self.assertAlmostEqual(first['energy_from_data'], -3, 5)
        self.assertEqual((first['agrees'], last['agrees']), (False, True))
        exact = -3 / (1 + np.exp(-0.5))
        for side in 'data', 'noise':
            self.assertLess(abs(last[f'energy_from_{side}'] - exact), 4.5 * last[f'energy_from_{side}_standard_error'])
        text = self.ok('rbm-estimate', 'm.safetensors', 'd.npy', '--relaxation', 10).decode()
        self.assertIn('\nmet after 1 sweeps\n', text)
        # Two modes that Gibbs does not cross between.
        self.save_model('modes.safetensors', np.full((8, 2), 5.), np.full(8, -5.1), [-20, -20])
        self.save_array('on.npy', np.ones((100, 8)))
        done = self.run_program('rbm-estimate', 'modes.safetensors', 'on.npy', '--relaxation', 50)
        self.assertIn('have not met after 50 sweeps', done.stdout.decode())
        self.assertIn('warning: chains from noise have not met those from data after 50 sweeps', done.stderr.decode())
        self.assertIsNone(self.estimate('modes.safetensors', 'on.npy', '--relaxation', 50)['met'])

    def test_communication_barrier(self):
        self.save_model('m.safetensors', *self.machine(30, 30))
        found = self.estimate('m.safetensors', '--method', 'tempering', '--steps', 600)['tempering']
        refused = 1 - np.array(found['swap_rates'])
        self.assertAlmostEqual(found['communication_barrier'], refused.sum(), 6)
        self.assertEqual(found['rungs_wanted'], max(2, int(np.ceil(2 * refused.sum())) + 1))
        self.assertAlmostEqual(found['expected_round_trips_per_ladder'], 600 / (2 + 2 * (refused / (1 - refused)).sum()), 6)
        self.assertAlmostEqual(found['attainable_round_trips_per_ladder'], 600 / (2 + 2 * refused.sum()), 6)
        self.assertLess(found['round_trips_per_ladder'], 1.2 * found['expected_round_trips_per_ladder'])

    def test_seed_and_threads(self):
        self.save_model('m.safetensors', *self.machine(30, 30))
        words = 'm.safetensors', '--betas', 30, '--steps', 20
        one = self.ok('rbm-estimate', *words, '--threads', 1)
        self.assertEqual(self.ok('rbm-estimate', *words, '--threads', 3), one)
        self.assertNotEqual(self.ok('rbm-estimate', *words, '--seed', 5), one)
        self.interrupt('rbm-estimate', 'm.safetensors', '--betas', 10**7)

    def test_extremes(self):
        """Weights of 1e4 overflow nothing."""
        weights, a, b = (f32(1e4 * part) for part in self.machine(5, 4))
        self.save_model('m.safetensors', weights, a, b)
        expected = log_sum_exp(-bernoulli_free_energy(states(5), weights, a, b))
        self.assertAlmostEqual(self.estimate('m.safetensors')['log_partition'] / expected, 1, 6)


if __name__ == '__main__':
    main()
