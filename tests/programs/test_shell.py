#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What makes typing short: run folders as models, swapped arguments, completion, keys in a pipe, several betas."""
import csv
import json
import shutil
import subprocess

import numpy as np
from app_testing import AppTest, main


class Shell(AppTest):
    def setUp(self):
        super().setUp()
        self.weights = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
        self.save_model('m.safetensors', self.weights)
        self.bits = np.random.default_rng(2).integers(0, 2, size=(5, 4)).astype(np.float32)
        np.save(self.path('bits.npy'), self.bits)

    def free_energies(self, beta=1.0):
        return -np.log1p(np.exp(beta * self.bits @ self.weights)).sum(axis=1)

    def test_a_run_folder_stands_for_its_model(self):
        self.ok('rbm-train', 'bits.npy', '--output', 'run', '--epochs', '1', '--hidden', '3')
        for words in (['rbm-score', 'MODEL', 'bits.npy'], ['rbm-estimate', 'MODEL', '--json'], ['rbm-inspect', 'MODEL', '--json'],
                      ['rbm-score', 'm.safetensors', 'bits.npy', '--against', 'MODEL']):
            named = [self.ok(*(path if word == 'MODEL' else word for word in words)) for path in ('run', 'run/model.safetensors')]
            self.assertEqual(*named)
        message = self.fails(1, 'rbm-score', '.', 'bits.npy')
        self.assertIn('is a directory', message)

    def test_swapped_arguments_are_said(self):
        message = self.fails(2, 'rbm-score', 'bits.npy', 'm.safetensors')
        self.assertIn("MODEL is 'bits.npy', which is no model, but DATA 'm.safetensors' is one: swap them", message)
        self.fails(1, 'rbm-score', 'nothing.npy', 'm.safetensors')

    def test_a_key_goes_through_the_pipe(self):
        keys = ['a,b', '007', '', '18446744073709551616', 'a,b']
        with open(self.path('d.csv'), 'w') as file:
            csv.writer(file).writerows([['v1', 'v2', 'who', 'v3', 'v4']] + [
                [*map(int, row[:2]), key, *map(int, row[2:])] for row, key in zip(self.bits, keys)])
        for name in 'who', '3':
            rows = list(csv.reader(self.ok('rbm-score', 'm.safetensors', 'd.csv', '--key', name).decode().splitlines()))
            self.assertEqual([rows[0][0]] + [row[0] for row in rows[1:]], ['who'] + keys)
            np.testing.assert_allclose([float(row[1]) for row in rows[1:]], self.free_energies() - 0, rtol=1e-5)
        found = json.loads(self.ok('rbm-score', 'm.safetensors', 'd.csv', '--key', 'who', '--json', '--output', '-').splitlines()[0])
        self.assertEqual(found['who'], keys)
        self.assertIn("'nobody'", self.fails(3, 'rbm-score', 'm.safetensors', 'd.csv', '--key', 'nobody'))
        self.assertIn('is no table', self.fails(2, 'rbm-score', 'm.safetensors', 'bits.npy', '--key', '1'))
        self.fails(2, 'rbm-score', 'm.safetensors', 'd.csv', '--key', 'who', '--output', 's.npy')

    def test_a_key_without_a_header(self):
        with open(self.path('d.csv'), 'w') as file:
            for number, row in enumerate(self.bits):
                file.write(f'{10 + number},' + ','.join(str(int(value)) for value in row) + '\n')
        rows = list(csv.reader(self.ok('rbm-score', 'm.safetensors', 'd.csv', '--key', '1').decode().splitlines()))
        self.assertEqual([row[0] for row in rows[1:]], ['10', '11', '12', '13', '14'])
        np.testing.assert_allclose([float(row[1]) for row in rows[1:]], self.free_energies(), rtol=1e-5)

    def test_several_betas(self):
        rows = list(csv.reader(self.ok('rbm-score', 'm.safetensors', 'bits.npy', '--beta', '0.5,1,2').decode().splitlines()))
        self.assertEqual(rows[0], ['free_energy_beta_0.5', 'free_energy_beta_1', 'free_energy_beta_2'])
        for col, beta in enumerate((0.5, 1, 2)):
            one = self.ok('rbm-score', 'm.safetensors', 'bits.npy', '--beta', str(beta)).decode().splitlines()[1:]
            self.assertEqual([row[col] for row in rows[1:]], one)
        found = json.loads(self.ok('rbm-estimate', 'm.safetensors', 'bits.npy', '--beta', '0.5,2', '--json'))['betas']
        for beta, row in zip((0.5, 2), found):
            one = json.loads(self.ok('rbm-estimate', 'm.safetensors', 'bits.npy', '--beta', str(beta), '--json'))
            self.assertEqual(row, {'beta': beta, **one})
        table = self.ok('rbm-estimate', 'm.safetensors', 'bits.npy', '--beta', '0.5,2').decode().splitlines()
        self.assertEqual([line.split()[0] for line in table[:3]], ['beta', '0.5', '2'])
        self.assertIn('several values of --beta', self.fails(2, 'rbm-score', 'm.safetensors', 'bits.npy', '--beta', '1,2',
                                                             '--against', 'm.safetensors'))

    def test_completion(self):
        self.assertIn('#compdef rbm-score', self.ok('rbm-score', '--completion', 'zsh').decode())
        self.assertIn("complete -c rbm-score -l missing -x -a 'refuse nan'", self.ok('rbm-score', '--completion', 'fish').decode())
        self.fails(2, 'rbm-score', '--completion', 'sh')
        script = self.ok('rbm-score', '--completion', 'bash').decode()
        if not shutil.which('bash'):
            self.skipTest('there is no bash')

        def completed(*words):
            quoted = ' '.join(f"'{word}'" for word in words)
            run = f'{script}\nCOMP_WORDS=(rbm-score {quoted}); COMP_CWORD={len(words)}; _rbm_score 2>/dev/null; echo "${{COMPREPLY[*]}}"'
            return subprocess.run(['bash', '-c', run], capture_output=True, text=True, check=True).stdout.split()

        self.assertEqual(completed('m', 'd', '--mis'), ['--missing'])
        self.assertEqual(completed('--missing', ''), ['refuse', 'nan'])
        self.assertEqual(completed('--missing', '=', 'n'), ['nan'])
        self.assertEqual(completed('--chains', ''), [])
        for name, script in (('zsh', 'zsh'), ('fish', 'fish')):
            if shutil.which(name):
                subprocess.run([name, '-n', '/dev/stdin'], input=self.ok('rbm-score', '--completion', name), check=True)


if __name__ == '__main__':
    main()
