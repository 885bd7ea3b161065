# SPDX-License-Identifier: MIT
"""Values and shapes of data: rows D1 to D7 of the table of faults, by number."""
import json

import numpy as np
from app_testing import main
from bad_input import SEEN, WIDE, BadInputTest, good_rows

TRAIN = 'rbm-train', 'd.npy', '--output', 'run', '--hidden', '3', '--epochs', '4'


class BadValues(BadInputTest):
    def trained(self, values, *words):
        """Trains on them, and returns what was said; the model is finite."""
        self.save_array('d.npy', np.asarray(values))
        done = self.run_program(*TRAIN, '--force', *words)
        self.assertEqual((done.returncode, done.stdout), (0, b''), done.stderr)
        for name in 'model', 'checkpoint':
            for tensor in self.tensors(f'run/{name}.safetensors').values():
                self.assertTrue(np.isfinite(tensor).all())
        for line in self.path('run/metrics.jsonl').read_text().splitlines():
            self.assertNotIn('null', line)
        return done.stderr.decode()

    def tensors(self, name):
        raw = self.path(name).read_bytes()
        size = int.from_bytes(raw[:8], 'little')
        header = json.loads(raw[8:8 + size])
        kinds = {'F32': '<f4', 'F64': '<f8', 'U64': '<u8'}
        return {key: np.frombuffer(raw[8 + size:][slice(*entry['data_offsets'])], kinds[entry['dtype']]).reshape(entry['shape'])
                for key, entry in header.items() if key != '__metadata__'}

    def test_d1_not_finite(self):
        rng = np.random.default_rng(4)
        for units in 'bernoulli', 'gaussian':
            for value in np.nan, np.inf, -np.inf:
                values = good_rows().astype('<f4')
                cells = sorted(rng.choice(values.size, 3, replace=False))
                values.ravel()[cells] = value
                self.save_array('d.npy', values)
                with self.subTest(row='D1', units=units, value=value):
                    saying = ('d.npy: row %d, column %d' % (cells[0] // WIDE + 1, cells[0] % WIDE + 1), f'found {value}', '3 such values')
                    self.fails(3, *TRAIN, '--visible-units', units, saying=saying)
                    self.save_array('t.npy', good_rows())
                    self.fails(3, 'rbm-train', 't.npy', *TRAIN[2:], '--visible-units', units, '--validation', 'd.npy', saying=saying)
                    if units == 'bernoulli':
                        self.fails(3, 'rbm-score', 'm.safetensors', 'd.npy', saying=saying)
                        self.fails(3, 'rbm-estimate', 'm.safetensors', 'd.npy', saying=saying)

    def test_d2_outside_of_0_to_1(self):
        for values, found in ((good_rows() * 255, 255), (good_rows() * 2.0, 2), (-1.0 * good_rows(), -1), (good_rows() * 1.001, 1.001)):
            self.save_array('d.npy', values)
            saying = 'd.npy: row ', ', column ', f'found {found}', 'expected a value in [0, 1]'
            with self.subTest(row='D2', found=found):
                for words in ((), ('--binarize', 'none'), ('--binarize', 'sample')):
                    self.fails(3, *TRAIN, *words, saying=(*saying, '--visible-units gaussian'))
                text = self.fails(3, 'rbm-score', 'm.safetensors', 'd.npy', saying=saying)
                self.assertNotIn('--visible-units', text)

    def test_d3_sizes(self):
        rows = good_rows()
        self.save_array('d.npy', rows[:0])
        self.fails(3, *TRAIN, saying='d.npy')
        self.put('d.npy', '')
        self.fails(3, *TRAIN, saying=('d.npy', 'is empty'))
        for units in 'bernoulli', 'gaussian':
            for some in rows[:1], rows[:, :1], rows[:1, :1], rows[:5], rows:
                for words in ((), ('--batch-size', 5), ('--batch-size', 1), ('--chains', 1), ('--algorithm', 'cd'),
                              ('--batch-size', 10**6, '--chains', 7)):
                    with self.subTest(row='D3', units=units, shape=some.shape, words=words):
                        self.trained(some, '--visible-units', units, *words)
        self.save_array('d.npy', rows)
        self.ok('rbm-train', 'd.npy', '--output', 'one', '--hidden', 1, '--epochs', 1, '--batch-size', 1, '--chains', 1)
        # Nothing wraps round.
        self.ok('rbm-train', 'd.npy', '--output', 'two', '--hidden', 1, '--batch-size', 2**64 - 1, '--chains', 2, '--epochs', 2)
        self.assertEqual(json.loads(self.path('two/metrics.jsonl').read_text().splitlines()[-1])['updates'], 2)

    def test_d4_columns_of_one_value(self):
        rows = good_rows()
        rows[:, 1], rows[:, 4] = 0, 1
        self.trained(rows)
        bias = self.tensors('run/model.safetensors')['visible.bias']
        self.assertTrue(-20 < bias[1] < 0 < bias[4] < 20, bias)

    def test_d5_gaussian_columns(self):
        normal = np.random.default_rng(5).normal(size=(40, 3)).astype('<f4')
        columns = [('constant', np.full(40, 2.5)), ('zero', np.zeros(40)), ('large', normal[:, 0] * 1e20),
                   ('huge', np.sign(normal[:, 0]) * 1e38), ('denormal', normal[:, 0] * 1e-42), ('small', normal[:, 0] * 1e-20),
                   ('offset', 1e8 + normal[:, 0])]
        for name, column in columns:
            values = np.column_stack([normal, column]).astype('<f4')
            with self.subTest(row='D5', column=name):
                said = self.trained(values, '--visible-units', 'gaussian')
                scale = self.tensors('run/model.safetensors')['data.scale']
                if name in ('constant', 'zero', 'denormal'):
                    self.assertIn('d.npy: 1 column without spread get scale 1: 4', said)
                    self.assertEqual(scale[3], 1)
                elif name != 'offset':  # floats there are 8 apart
                    self.assertAlmostEqual(scale[3] / values[:, 3].astype(float).std(), 1, 5)
                scores = self.ok('rbm-score', 'run/model.safetensors', 'd.npy').decode().split()[1:]
                self.assertTrue(np.isfinite(np.array(scores, float)).all())
        said = self.trained(np.full((20, 4), 7.0), '--visible-units', 'gaussian')
        self.assertIn('4 columns without spread get scale 1: 1, 2, 3, 4', said)

    def test_d6_shapes(self):
        self.save_array('d.npy', np.zeros((4, WIDE - 1)))
        saying = f'd.npy: data has {WIDE - 1} columns, the model has {WIDE} visible units'
        self.fails(3, 'rbm-score', 'm.safetensors', 'd.npy', saying=saying)
        self.fails(3, 'rbm-estimate', 'm.safetensors', 'd.npy', saying=saying)
        self.fails(3, 'rbm-train', 'good.npy', *TRAIN[2:], '--validation', 'd.npy', saying=saying)
        # Grey levels for a model of other units are no error: the model says how data are prepared.
        self.save_model('g.safetensors', self.weights, center=np.zeros(WIDE))
        self.save_array('d.npy', np.full((2, WIDE), 7.5))
        self.ok('rbm-score', 'g.safetensors', 'd.npy')
        self.fails(3, 'rbm-score', 'm.safetensors', 'd.npy', saying='expected a value in [0, 1]')
        for values, word in ((np.ones(SEEN - 1), f'found 1 x {SEEN - 1} sample weights'), (-np.ones(SEEN), 'found weight -1'),
                             (np.zeros(SEEN), 'all sample weights are 0'), (np.full(SEEN, np.nan), 'found weight nan'),
                             (np.full(SEEN, np.inf), 'found weight inf'), (np.ones((SEEN, 2)), f'found {SEEN} x 2')):
            self.save_array('w.npy', values)
            self.fails(3, 'rbm-train', 'good.npy', *TRAIN[2:], '--sample-weights', 'w.npy', saying=('w.npy', word))

    def test_d7_order(self):
        rows = np.random.default_rng(6).integers(0, 2, (700, WIDE)).astype('<f4')
        order = np.random.default_rng(7).permutation(len(rows))
        self.save_array('a.npy', rows)
        self.save_array('b.npy', rows[order])
        self.save_model('g.safetensors', self.weights, center=np.arange(WIDE))
        for model in 'm.safetensors', 'g.safetensors':
            for name in 'a', 'b':
                self.ok('rbm-score', model, f'{name}.npy', '--output', f'{name}-scores.npy', '--force')
            self.assertTrue((self.array('a-scores.npy')[order] == self.array('b-scores.npy')).all())


if __name__ == '__main__':
    main()
