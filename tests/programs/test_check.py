#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rbm-check: all proofs hold here, a model or data that break them are named, and the exit code tells."""
import json
import os

import numpy as np
from app_testing import DIGITS, AppTest, main

# Threads that wait busily for each other would take most of the time where processors are few.
os.environ.setdefault('OMP_WAIT_POLICY', 'passive')


class Check(AppTest):
    def model(self, name='m.safetensors', size=1.0, visible=64, hidden=20, **more):
        random = np.random.default_rng(1)
        self.save_model(name, size * random.normal(size=(visible, hidden)) / 4, **more)

    def checked(self, *words, code=0):
        done = self.run_program('rbm-check', *words, '--json')
        self.assertEqual(done.returncode, code, done.stderr.decode())
        return json.loads(done.stdout)

    def test_without_a_model(self):
        found = self.checked()
        self.assertEqual(set(found), {'passed', 'failed', 'environment', 'checks'})
        self.assertEqual(set(found['environment']), {'blas', 'instructions', 'backend', 'threads'})
        self.assertEqual(set(found['checks'][0]),
                         {'subject', 'check', 'compared', 'worst_difference', 'bound', 'passed'})
        self.assertTrue(found['passed'] and found['failed'] == 0 and all(one['passed'] for one in found['checks']))
        self.assertGreaterEqual(len({one['subject'] for one in found['checks']}), 3)
        names = {one['check'] for one in found['checks']}
        self.assertLessEqual({'chain rule', 'free energy, summed', 'gradient of F(v), weights', 'score', 'log Z',
                              'probabilities', 'Gibbs, states', 'kernels, products', 'kernels, threads'}, names)
        tried = {}
        for one in found['checks']:
            sampler, _, what = one['check'].partition(', ')
            if what in ('states', 'transitions', 'residuals'):
                tried.setdefault('gaussian visible' in one['subject'], set()).add(sampler)
        self.assertEqual(tried, {
            False: {'Gibbs', 'Metropolis', 'annealing', 'Gibbs with gradients', 'tempering'},
            True: {'Gibbs', 'Metropolis', 'annealing', 'Langevin', 'MALA', 'Gibbs-Langevin', 'tempering'}})

    def test_the_table_lines_up(self):
        self.model()
        done = self.run_program('rbm-check', 'm.safetensors')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr.decode(), r'^rbm-check: all \d+ checks passed\n$')
        lines = done.stdout.decode().splitlines()
        table = lines[lines.index('m.safetensors') + 2:]
        self.assertGreater(len(table), 15)
        self.assertEqual({line.rfind('  ok') for line in table}, {len(table[0]) - 4})

    def test_quiet_is_silent_when_all_holds(self):
        self.model()
        done = self.run_program('rbm-check', 'm.safetensors', '--quiet')
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b'', b''))

    def test_models_and_data(self):
        self.model()
        found = self.checked('m.safetensors', DIGITS)
        self.assertEqual({one['subject'] for one in found['checks']}, {'m.safetensors', str(DIGITS)})
        self.model('g.safetensors', center=np.zeros(64), log_sigma=np.full(64, -1.5), mean=np.full(64, .3),
                   scale=np.full(64, .5))
        names = [one['check'] for one in self.checked('g.safetensors', DIGITS)['checks']]
        self.assertIn('score', names)
        self.assertIn('data, free energies', names)

    def test_the_same_for_any_number_of_threads(self):
        self.model()
        one = self.checked('m.safetensors', '--threads', 1, '--seed', 3)['checks']
        self.assertEqual(one, self.checked('m.safetensors', '--threads', 2, '--seed', 3)['checks'])
        self.assertNotEqual(one, self.checked('m.safetensors', '--seed', 4)['checks'])

    def test_numbers_that_overflow_fail(self):
        self.model('huge.safetensors', size=1e38)
        found = self.checked('huge.safetensors', code=1)
        self.assertFalse(found['passed'])
        self.assertIn('free energy, float', [one['check'] for one in found['checks'] if not one['passed']])
        done = self.run_program('rbm-check', 'huge.safetensors', '--quiet')
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r'^rbm-check: \d+ of \d+ checks FAILED')
        for line in done.stdout.decode().splitlines()[2:]:
            self.assertTrue(line.endswith('FAILED'), line)

    def test_data_that_overflow_fail(self):
        self.model('g.safetensors', visible=2, center=np.zeros(2))
        self.save_array('x.npy', np.array([[0, 1], [3e38, 3e38]]))
        failed = [one['check'] for one in self.checked('g.safetensors', 'x.npy', code=1)['checks'] if not one['passed']]
        self.assertIn('data, free energies', failed)

    def test_exit_codes(self):
        self.model()
        self.save_array('narrow.npy', np.zeros((3, 5)))
        self.path('bad.safetensors').write_bytes(b'\x08\0\0\0\0\0\0\0{"a": 1}')
        self.fails(1, 'rbm-check', 'missing.safetensors', saying='No such file')
        self.fails(1, 'rbm-check', 'm.safetensors', 'missing.npy', saying='No such file')
        self.fails(2, 'rbm-check', '--sead', 3, saying='did you mean --seed?')
        self.fails(2, 'rbm-check', 'm.safetensors', DIGITS, '--binarize', 'none', saying='--force')
        self.fails(3, 'rbm-check', 'bad.safetensors', saying='bad.safetensors')
        self.fails(3, 'rbm-check', 'm.safetensors', 'narrow.npy', saying='data has 5 columns, the model has 64')


if __name__ == '__main__':
    main()
