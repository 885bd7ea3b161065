# SPDX-License-Identifier: MIT
"""Command lines: rows O1 to O3 of the table of faults, by number.  Usage is exit 2; what does not fit is exit 1."""
import subprocess

import numpy as np
from app_testing import PROGRAMS, main
from bad_input import BadInputTest

TRAIN = 'rbm-train', 'good.npy', '--output', 'run'


class BadOptions(BadInputTest):
    def usage(self, row, words, *saying, program=TRAIN):
        with self.subTest(row=row, words=words):
            self.fails(2, *program, *words, saying=saying)

    def test_o1_values(self):
        whole = 'a whole number from 1'
        for name in 'epochs', 'hidden', 'batch-size', 'steps', 'chains', 'threads':
            for value in '-1', '0', '1e3', '1.0', ' 1', '1 ', '+1', '0x10', '1,000', 'one', '18446744073709551616', '-0', 'nan':
                for words in ([f'--{name}={value}'], [f'--{name}', value]):
                    self.usage('O1', words, f'--{name}: found "{value}", expected {whole}')
            self.usage('O1', [f'--{name}='], f'--{name}: found no value, expected {whole}')
            self.usage('O1', [f'--{name}'], f'--{name}: found no value, expected {whole}')
            self.usage('O1', [f'--{name}', '1', f'--{name}', '2'], f'--{name}: given twice')
            self.usage('O1', [f'--{name}', '--quiet'], f'--{name}: found no value')
        self.usage('O1', ['--threads', '99999'], '--threads: found "99999"', 'to ')
        self.usage('O1', ['--epochs', '4000000000'], '--epochs: found "4000000000"', 'to 1000000000')
        for value in '-1', '18446744073709551616', '1.5', 'x':
            self.usage('O1', [f'--seed={value}'], f'--seed: found "{value}", expected a whole number from 0 to 18446744073709551615')
        for name, values, expected in (
                ('learning-rate', ['nan', 'inf', '-0.1', '0', '0,1', '1e400', '1e-400', '.', '0.1x', '0x1p3', 'infinity'], 'a finite number above 0'),
                ('momentum', ['1', '1.1', '-0.1', 'nan'], 'a finite number of at least 0 and below 1'),
                ('weight-decay', ['-1', 'nan', '-1e-9'], 'a finite number of at least 0'),
                ('minimum-sigma', ['0', '-1'], 'a finite number above 0'),
                ('threshold', ['-0.1', '1.1', 'nan'], 'a number from 0 to 1'),
                ('sparsity-target', ['-0.1', '2'], 'a number from 0 to 1'),
                ('visible-units', ['Bernoulli', 'relu', 'gausian'], 'one of bernoulli, gaussian, spin, potts'),
                ('algorithm', ['pdc', 'PCD', 'cd1'], 'one of pcd, cd, fpcd, tempering'), ('centering', ['yes', '1', 'maybe'], 'one of on, off'),
                ('learning-rate-schedule', ['linaer', 'cosine'], 'one of linear, constant, exponential'),
                ('steps-schedule', ['exponential'], 'one of constant, linear'), ('recipe', ['beste'], 'one of melchior-2016'),
                ('stop-on', ['on'], 'one of off, likelihood, gap'), ('rungs', ['1', 'x'], 'a whole number from 2'),
                ('fast-rate', ['-1'], 'a finite number of at least 0'), ('fast-decay', ['1'], 'a finite number of at least 0 and below 1'),
                ('averaging', ['1.5', '-1'], 'a number from 0 to 1'), ('patience', ['0'], 'a whole number from 1'),
                ('largest-gap', ['-1'], 'a finite number of at least 0'), ('track-likelihood', ['-1'], 'a whole number from 0'),
                ('optimizer', ['sdg', 'rmsprop'], 'one of sgd, adam'), ('binarize', ['thresh', '0.5'], 'one of threshold, sample, none')):
            for value in values:
                self.usage('O1', [f'--{name}={value}'], f'--{name}: found "{value}", expected {expected}')
        self.usage('O1', ['--algorithm=pdc'], 'did you mean pcd?')
        for value in 'nan', 'inf', '1e400', 'hot', '':
            self.usage('O1', [f'--beta={value}'], '--beta: found', program=('rbm-score', 'm.safetensors', 'good.npy'))
        self.save_model('g.safetensors', self.weights, center=np.zeros(6))
        for value in '0', '-1':
            for program in (('rbm-score', 'g.safetensors', 'good.npy'), ('rbm-estimate', 'g.safetensors')):
                self.usage('O1', [f'--beta={value}'], 'beta', 'above 0', program=program)

    def test_without_effect(self):
        for words in (['--binarize=threshold', '--threshold=0.4', '--visible-units=gaussian'], ['--threshold=0.4', '--binarize=sample'],
                      ['--standardize=off'], ['--minimum-sigma=0.1'], ['--log-sigma-rate=0.5'], ['--chains=7', '--algorithm=cd'],
                      ['--momentum=0.5', '--optimizer=adam'], ['--offset-rate=0.5', '--centering=off'], ['--sparsity-target=0.1']):
            self.usage('idle', words, 'has no effect with', 'leave it out')
        for words in (['--noise-sigma=0.5'], ['--slices=2', '--algorithm=denoising'], ['--flips=3', '--algorithm=nce'], ['--noise-samples=3'],
                      ['--chains=7', '--algorithm=nce'], ['--steps=2', '--algorithm=pseudo-likelihood']):
            self.usage('idle', words, 'has no effect with', 'leave it out')
        for words in (['--rungs=4'], ['--fast-rate=0.1'], ['--fast-decay=0.5', '--algorithm=cd'], ['--steps-schedule=linear'], ['--patience=3'],
                      ['--largest-gap=3'], ['--largest-gap=3', '--stop-on=likelihood', '--validation=good.npy']):
            self.usage('idle', words, 'has no effect with', 'leave it out')

    def test_stopping_needs(self):
        self.usage('stop', ['--stop-on=gap'], '--stop-on: gap is measured on held-out data; give --validation')
        wide = ['wide.npy', '--output', 'run', '--hidden', 40, '--validation', 'wide.npy', '--stop-on', 'likelihood']
        self.save_array('wide.npy', np.eye(30, dtype='u1'))
        self.usage('stop', wide, 'is not known; estimate it with --track-likelihood', program=('rbm-train',))

    def test_o2_names(self):
        self.usage('O2', ['--leaning-rate', '1'], 'unknown option "--leaning-rate"', 'did you mean --learning-rate?')
        self.usage('O2', ['--epoch=3'], 'unknown option', 'did you mean --epochs?')
        self.usage('O2', ['--learning', '1'], 'unknown option')       # no abbreviation
        self.usage('O2', ['--weight-deca', '1'], 'unknown option')   # of two options
        self.usage('O2', ['-x'], 'unknown option "-x"')
        self.usage('O2', ['--resume=on'], '--resume: found a value, expected none')
        self.usage('O2', ['--=3'], 'expected --NAME=VALUE')
        self.usage('O2', ['more.npy'], 'found the argument "more.npy", expected no more than 1')
        self.usage('O2', ['good.npy'], 'found the argument "good.npy"')  # twice
        self.usage('O2', ['--quiet', '--verbose'], 'exclude each other')
        self.usage('O2', ['good.npy'], '--output is missing', program=('rbm-train',))
        self.usage('O2', ['--output', 'run'], 'DATA is missing', program=('rbm-train',))
        self.usage('O2', ['good.npy', '--output', ''], '--output: found', program=('rbm-train',))
        self.usage('O2', ['good.npy', '--output', '-'], '--output: found "-", expected a folder', program=('rbm-train',))
        self.usage('O2', [], 'MODEL is missing', program=('rbm-score',))
        self.usage('O2', ['m.safetensors'], 'DATA is missing', program=('rbm-score',))
        self.usage('O2', [], 'MODEL is missing', program=('rbm-estimate',))
        self.usage('O2', ['m.safetensors', '--method', 'guess'], '--method: found "guess", expected', 'exact', program=('rbm-estimate',))
        self.usage('O2', ['m.safetensors', '--save', '--beta', '2'], '--save', 'beta 1', program=('rbm-estimate',))

    def test_o2_config(self):
        config = [*TRAIN, '--epochs', '1', '--config', 'c.ini']
        for text, code, saying in (
                ('epochs = 3\nepoch = 2\n', 2, ('c.ini:2: unknown option "epoch"', 'did you mean --epochs?')),
                ('[train]\nepochs = 3\n', 2, ('c.ini:1: found the section',)), ('hidden = 0\n', 2, ('c.ini:1: --hidden: found "0"',)),
                ('hidden\n', 2, ('c.ini:1: found "hidden", expected NAME = VALUE',)), ('= 3\n', 2, ('c.ini:1:',)),
                ('hidden = 3\nhidden = 4\n', 2, ('c.ini:2: "hidden" is given twice, first in line 1',)),
                ('help = on\n', 2, ('c.ini:1: unknown option "help"',)), ('config = c.ini\n', 2, ('c.ini:1: unknown option',)),
                ('\x7fELF\0\1\2', 2, ('c.ini:1:',)), ('resume = perhaps\n', 2, ('c.ini:1: --resume: found "perhaps", expected on or off',)),
                ('a' * 2_000_000, 2, ('longer than 1 MiB',))):
            with self.subTest(row='O2', text=text[:40]):
                self.put('c.ini', text)
                self.fails(code, *config, saying=saying)
        self.path('folder').mkdir()
        self.fails(2, *config[:-1], 'folder', saying=('folder is a folder',))
        self.fails(1, *config[:-1], 'gone.ini', saying=('gone.ini', 'No such file'))

    def test_o2_binarize_differs(self):
        for program in (('rbm-score', 'm.safetensors', 'good.npy'), ('rbm-estimate', 'm.safetensors', 'good.npy')):
            self.usage('O2', ['--binarize', 'sample'], '--binarize: found "sample", but the model records "threshold"', '--force', program=program)
            self.usage('O2', ['--threshold', '0.25'], '--threshold: found "0.25", but the model records "0.5"', program=program)
            self.ok(*program, '--threshold', '0.25', '--force')
            self.ok(*program, '--threshold', '0.5', '--binarize', 'threshold')

    def test_o3_sizes(self):
        for words, machine in ((['--hidden', 10**9], '6 x 1000000000 units'), (['--hidden', 2**64 - 1], '6 x 18446744073709551615'),
                               (['--batch-size', 10**9], '1000000000 chains'), (['--chains', 10**12], '1000000000000 chains'),
                               (['--chains', 2**64 - 1], 'chains'), (['--hidden', 10**8, '--optimizer', 'adam', '--chains', 10**5], '100000 chains'),
                               (['--hidden', 10**12, '--algorithm', 'cd'], '1000000000000 units')):
            with self.subTest(row='O3', words=words):
                self.fails(1, *TRAIN, *words, saying=(machine, ' needs ', 'iB of memory, but the limit is '))
        code, memory = self.peak_memory('rbm-train', self.path('good.npy'), '--output', self.path('run'), '--hidden', 10**9)
        self.assertEqual(code, 1)
        self.assertLess(memory, 200)

    def test_o3_address_space(self):
        if b'asan' in subprocess.run(['ldd', PROGRAMS['rbm-train']], capture_output=True).stdout:
            self.skipTest('sanitizers need all of the address space')

        def limited(*words):
            return subprocess.run(['bash', '-c', 'ulimit -v 800000; "$@"', 'bash', PROGRAMS[words[0]], *map(str, words[1:])],
                                  cwd=self.folder, capture_output=True, timeout=60)
        done = limited(*TRAIN, '--threads', 1, '--hidden', 5_000_000, '--chains', 10)
        self.assertEqual((done.returncode, done.stdout), (1, b''), done.stderr)
        self.assertIn(b'limit is 625 MiB', done.stderr)
        self.assertNotIn('run', self.files())
        # What is not foreseen is caught.
        self.save_array('wide.npy', np.zeros((1, 2_000_000), np.uint8))
        done = limited('rbm-train', 'wide.npy', '--output', 'run', '--threads', 1, '--hidden', 16, '--chains', 1, '--epochs', 1)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        if done.returncode == 1:
            self.assertRegex(done.stderr, b'memory')
        # Files that lie about their size are seen through; large ones are refused before they are read.
        with open(self.path('large.csv'), 'wb') as file:
            file.truncate(10 << 30)
        done = limited('rbm-score', 'm.safetensors', 'large.csv')
        self.assertEqual((done.returncode, done.stdout), (1, b''), done.stderr)
        self.assertRegex(done.stderr, rb'large.csv: needs 10.0 GiB of memory, the limit is')


if __name__ == '__main__':
    main()
