#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the documents show is what is there: the examples run, and the text holds them as they are."""
import json
import re
import shutil
import subprocess
import sys
import textwrap

import numpy as np
from app_testing import DIGITS, AppTest, main

ROOT = DIGITS.parents[1]
EXAMPLES = ROOT / 'docs' / 'examples'
sys.path.insert(0, str(EXAMPLES))
sys.dont_write_bytecode = True
from read_model import read_model  # noqa: E402
from write_model import write_model  # noqa: E402


def code(path):
    """The example without licence, as the documents show it."""
    return ''.join(line for line in path.read_text().splitlines(True) if 'SPDX' not in line)


class Examples(AppTest):
    def train(self, *options):
        self.ok('rbm-train', DIGITS, '--output', 'run', '--epochs', 3, '--quiet', *options)
        return read_model(self.path('run/model.safetensors'))

    def scores(self, model):
        return np.array(json.loads(self.ok('rbm-score', model, DIGITS, '--json'))['free_energy'])

    def digits(self, binarize):
        self.ok('rbm-data', DIGITS, '--binarize', binarize, '--output', 'digits.npy', '--force')
        return self.array('digits.npy').reshape(-1, 64).astype(float)

    def test_hello_trains_scores_and_dreams(self):
        self.path('datasets').symlink_to(DIGITS.parent)
        for _ in range(2):  # the second run replaces its files
            told = self.ok('hello').decode()
        gaps = re.findall(r'^epoch (\d+): free-energy gap [+-]\d+\.\d+ nats$', told, re.M)
        self.assertEqual(gaps, ['50', '100', '150', '200'])
        scores = [float(nats) for nats in re.findall(r'^F = (\S+) nats$', told, re.M)]
        np.testing.assert_allclose(scores, self.scores('digits.safetensors')[1500:1503], atol=.01)
        self.assertEqual(len(np.unique(self.png_grey('dream.png'))), 3)  # black, white and the border

    def test_embed_agrees_with_rbm_score(self):
        for options in [(), ('--visible-units', 'gaussian', '--force')]:
            self.train(*options)
            told = self.ok('embed', 'run/model.safetensors', DIGITS).split()
            np.testing.assert_allclose(np.array(told, float), self.scores('run/model.safetensors'), atol=1e-5)

    def test_energies_of_one_s_own_are_sampled(self):
        told = self.ok('energies').decode()
        x = np.linspace(-4, 4, 4001)
        means = re.search(r'(\d+) % taken, E\[x\^2\] = (\S+) at beta 1, (\S+) at beta 3', told)
        for beta, found in (1, means[2]), (3, means[3]):
            weight = np.exp(-beta * (x * x - 1) ** 2)
            self.assertAlmostEqual(float(found), (weight * x * x).sum() / weight.sum(), delta=.1)
        self.assertTrue(50 < int(means[1]) < 100)
        # Energy of a ring of n spins: -J (t + t^(n-1)) / (1 + t^n), t = tanh J.
        t, n = np.tanh(.8), 20
        energy = float(re.search(r'energy (\S+) per spin', told)[1])
        self.assertAlmostEqual(energy, -.8 * (t + t ** (n - 1)) / (1 + t ** n), delta=.03)
        self.assertIn('lowest energy found: -16.0\n', told)

    def test_control_tells_and_ends(self):
        self.train('--hidden', 8)
        self.assertRegex(self.ok('control', 'run/model.safetensors', 0).decode(), r'^out of time after 0 %\n$')
        found = re.match(r'log Z = (\S+) \+- (\S+) nats', self.ok('control', 'run/model.safetensors', 1000).decode())
        exact = json.loads(self.ok('rbm-estimate', 'run/model.safetensors', '--json'))['log_partition']
        self.assertLess(abs(float(found[1]) - exact), 4 * float(found[2]) + .01)

    def test_numpy_reads_models(self):
        tensors, metadata = self.train()
        self.assertEqual(metadata['visible.units'], 'bernoulli')
        v = self.digits('threshold')
        free = -v @ tensors['visible.bias'] - np.logaddexp(0, v @ tensors['weights'] + tensors['hidden.bias']).sum(1)
        np.testing.assert_allclose(free, self.scores('run/model.safetensors'), atol=1e-3)

        tensors, metadata = self.train('--visible-units', 'gaussian', '--force')
        self.assertEqual(metadata['visible.units'], 'gaussian')
        v = (self.digits('none') - tensors['data.mean']) / tensors['data.scale']
        precision = np.exp(-2. * tensors['visible.log_sigma'])
        field = (v * precision) @ tensors['weights'] + tensors['hidden.bias']
        free = (.5 * precision * (v - tensors['visible.center']) ** 2).sum(1) - np.logaddexp(0, field).sum(1)
        np.testing.assert_allclose(free, self.scores('run/model.safetensors'), atol=1e-3)

    def test_r_reads_models(self):
        if subprocess.run(['Rscript', '-e', 'library(jsonlite)'], capture_output=True).returncode if shutil.which('Rscript') else 1:
            self.skipTest('there is no Rscript with jsonlite')
        self.train()
        np.savetxt(self.path('ones.csv'), np.ones((1, 64)), delimiter=',')
        expected = float(self.ok('rbm-score', 'run/model.safetensors', 'ones.csv').split()[1])
        told = subprocess.run(['Rscript', EXAMPLES / 'read_model.R', self.path('run/model.safetensors')], capture_output=True,
                              check=True, text=True).stdout
        self.assertAlmostEqual(float(told.split()[1]), expected, 3)

    def test_numpy_reads_checkpoints(self):
        self.train()
        told = subprocess.run([sys.executable, str(EXAMPLES / 'read_model.py'), str(self.path('run/checkpoint.safetensors'))],
                              stdout=subprocess.PIPE, check=True, text=True).stdout
        for line in ['train.position uint64 (7,)', 'weights float32 (64, 128)', 'chains.hidden float32 (100, 128)',
                     'option.epochs = 3']:
            self.assertIn(line + '\n', told)

    def test_numpy_writes_models(self):
        random = np.random.default_rng(4)
        written = {'weights': random.normal(size=(64, 5)), 'visible.bias': random.normal(size=64),
                   'hidden.bias': random.normal(size=5)}
        write_model(self.path('m.safetensors'), written, {})
        tensors, metadata = read_model(self.path('m.safetensors'))
        self.assertEqual((set(tensors), metadata), (set(written), {}))
        for name, values in written.items():
            np.testing.assert_array_equal(tensors[name], np.float32(values))
        v = self.digits('threshold')
        free = -v @ written['visible.bias'] - np.logaddexp(0, v @ written['weights'] + written['hidden.bias']).sum(1)
        np.testing.assert_allclose(free, self.scores('m.safetensors'), atol=1e-3)

    def test_metrics_are_those_documented(self):
        self.train('--hidden', 8, '--validation', DIGITS)
        described = (ROOT / 'docs' / 'file-format.md').read_text()
        keys = json.loads(self.path('run/metrics.jsonl').read_text().splitlines()[-1])
        self.assertIn('held_out_log_likelihood', keys)
        for name in [*keys, *read_model(self.path('run/checkpoint.safetensors'))[0]]:
            whole = re.sub(r'^(velocity|average)[.].*', r'\1.*', name)
            self.assertIn(f'`{whole}`', described)

    def test_documents_hold_the_examples(self):
        for document, example in [('README.md', 'hello.cpp'), ('docs/sampling.md', 'energies.cpp'),
                                  ('docs/model.md', 'control.cpp'),
                                  ('docs/file-format.md', 'read_model.py'),
                                  ('docs/file-format.md', 'read_model.R'),
                                  ('docs/file-format.md', 'write_model.py')]:
            self.assertIn(code(EXAMPLES / example), (ROOT / document).read_text(), f'{document} has another {example}')
        body = re.search(r'argv\) {\n(.*)^}', code(EXAMPLES / 'embed.cpp'), re.M | re.S)[1]
        self.assertIn(textwrap.dedent(body), (ROOT / 'README.md').read_text(), 'README.md has another embed.cpp')

    def test_documents_name_files_that_are_there(self):
        for document in [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md')), ROOT / 'datasets' / 'README.md']:
            prose = re.sub(r'^```.*?^```$', '', document.read_text(), flags=re.M | re.S)
            for link in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)|src="([^"]+)"', prose):
                path = document.parent / (link[0] or link[1])
                self.assertTrue(path.exists(), f'{document.name} links to {path}')
            for word in re.findall(r'`((?:lib|apps|tests|docs|datasets)/[\w./-]+)`', prose):
                if 'NAME' not in word and not word.startswith('datasets/mnist'):  # that one is fetched
                    self.assertTrue((ROOT / word).exists(), f'{document.name} names {word}')


if __name__ == '__main__':
    main()
