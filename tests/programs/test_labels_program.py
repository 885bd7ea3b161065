# SPDX-License-Identifier: MIT
"""Labels from file to posterior: rbm-train --labels, rbm-score --classify, rbm-data --labels, against NumPy."""
import gzip
import json

import numpy as np
from app_testing import DIGITS, AppTest, main, safetensors

LABELS = DIGITS.parent / 'digits-labels-idx1-ubyte.gz'


def idx_labels(path):
    return np.frombuffer(gzip.open(path).read()[8:], np.uint8).astype(int)


class Labels(AppTest):
    def columns(self, *words):
        lines = self.ok('rbm-score', *words).decode().splitlines()
        values = np.array([line.split(',') for line in lines[1:]], float)
        return dict(zip(lines[0].split(','), values.T))

    def saved_machine(self, **metadata):
        rng = np.random.default_rng(3)
        self.weights, self.a, self.b = rng.normal(size=(7, 4)), rng.normal(size=7), rng.normal(size=4)
        self.save_model('m.safetensors', self.weights, self.a, self.b, labels='2,5,11', **metadata)
        self.bits = rng.integers(0, 2, (30, 4)).astype('<f4')
        self.save_array('bits.npy', self.bits)

    def free_energies(self, on=1, off=0):
        """F(x, c), [rows, labels]."""
        found = np.empty((len(self.bits), 3))
        for c in range(3):
            label = np.full((len(self.bits), 3), float(off))
            label[:, c] = on
            v = np.hstack([self.bits, label])
            found[:, c] = -v @ self.a - np.logaddexp(0, self.b + v @ self.weights).sum(1)
        return found

    def test_posteriors_are_those_of_free_energies(self):
        self.saved_machine()
        energies = self.free_energies()
        whole = -np.logaddexp.reduce(-energies, axis=1)
        posterior = np.exp(whole[:, None] - energies)
        found = self.columns('m.safetensors', 'bits.npy', '--classify')
        self.assertEqual(list(found), ['free_energy', 'label', 'probability_2', 'probability_5', 'probability_11'])
        np.testing.assert_allclose(found['free_energy'], whole, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(found['label'], np.array([2, 5, 11])[posterior.argmax(1)])
        for c, label in enumerate([2, 5, 11]):
            np.testing.assert_allclose(found[f'probability_{label}'], posterior[:, c], rtol=1e-5, atol=1e-6)
        # Without --classify the labels are summed out; with label columns they are not.
        summed = self.columns('m.safetensors', 'bits.npy')
        self.assertEqual(list(summed), ['free_energy'])
        np.testing.assert_array_equal(summed['free_energy'], found['free_energy'])
        truth = np.arange(30) % 3
        self.save_array('truth.npy', np.array([2, 5, 11])[truth])
        self.ok('rbm-data', 'bits.npy', '--labels', 'truth.npy', '--output', 'whole.npy')
        np.testing.assert_array_equal(self.array('whole.npy'), np.hstack([self.bits, np.eye(3)[truth]]))
        joint = self.columns('m.safetensors', 'whole.npy')['free_energy']
        np.testing.assert_allclose(joint, energies[np.arange(30), truth], rtol=1e-5, atol=1e-5)
        again = self.columns('m.safetensors', 'whole.npy', '--classify')
        np.testing.assert_array_equal(again['label'], found['label'])
        facts = json.loads(self.ok('rbm-score', 'm.safetensors', 'bits.npy', '--classify', '--labels', 'truth.npy', '--json'))
        wrong = int((posterior.argmax(1) != truth).sum())
        self.assertEqual(facts['wrong'], wrong)
        self.assertAlmostEqual(facts['error'], wrong / 30)
        self.assertAlmostEqual(facts['mean_log_probability'], np.log(posterior[np.arange(30), truth]).mean(), places=5)
        confusion = np.zeros((3, 3), int)
        np.add.at(confusion, (truth, posterior.argmax(1)), 1)
        self.assertEqual(facts['confusion'], confusion.tolist())

    def test_dreams_of_a_label_are_those_of_the_conditional(self):
        self.saved_machine()
        self.bits = np.array([[i >> k & 1 for k in range(4)] for i in range(16)], float)
        exact = np.exp(-self.free_energies()[:, 1])
        exact /= exact.sum()
        count = 20000
        self.ok('rbm-dream', 'm.safetensors', '--label', 5, '--chains', count, '--steps', 100, '--output', 'd.npy', '--quiet')
        dreams = self.array('d.npy')[0]
        np.testing.assert_array_equal(dreams[:, 4:], np.tile([0, 1, 0], (count, 1)))
        found = np.bincount((dreams[:, :4] @ [1, 2, 4, 8]).astype(int), minlength=16)
        chi_square = ((found - count * exact)**2 / (count * exact)).sum()
        self.assertLess(chi_square, 44.3)  # p = 1e-4 at 15 degrees of freedom

    def test_spins(self):
        self.saved_machine()
        self.save_spin_model('m.safetensors')
        self.bits = (2 * self.bits - 1).astype('<f4')
        self.save_array('spins.npy', self.bits)
        energies = self.free_energies(1, -1)
        found = self.columns('m.safetensors', 'spins.npy', '--classify')
        np.testing.assert_allclose(found['free_energy'], -np.logaddexp.reduce(-energies, axis=1), rtol=1e-5, atol=1e-5)

    def save_spin_model(self, name, labels='2,5,11'):
        self.path(name).write_bytes(
            safetensors({'weights': self.weights, 'visible.bias': self.a, 'hidden.bias': self.b},
                        {'visible.units': 'spin', 'data.binarize': 'none', 'labels': labels}))

    def test_rows_with_labels_are_in_the_form_of_the_model(self):
        self.saved_machine()
        self.save_spin_model('s.safetensors')
        self.bits = (2 * self.bits - 1).astype('<f4')
        self.save_array('spins.npy', self.bits)
        truth = np.arange(30) % 2  # the third label does not occur
        self.save_array('truth.npy', np.array([2, 5])[truth])
        self.ok('rbm-data', 'spins.npy', '--labels', 'truth.npy', '--model', 's.safetensors', '--output', 'whole.npy')
        whole = self.array('whole.npy')
        np.testing.assert_array_equal(whole[:, 4:], 2 * np.eye(3)[truth] - 1)
        joint = self.columns('s.safetensors', 'whole.npy')['free_energy']
        np.testing.assert_allclose(joint, self.free_energies(1, -1)[np.arange(30), truth], rtol=1e-5, atol=1e-5)
        # What is missing stays so, and a pipe is read once.
        gaps = ['1,,-1,1', '-1,1,1,nan'] * 15
        self.path('gaps.csv').write_text('\n'.join(gaps) + '\n')
        self.ok('rbm-data', 'gaps.csv', '--missing', 'nan', '--labels', 'truth.npy', '--model', 's.safetensors', '--output',
                'gaps.npy')
        gaps = self.array('gaps.npy')
        self.assertEqual([np.isnan(row).sum() for row in gaps], [1] * 30)
        self.assertEqual(len(self.columns('s.safetensors', 'gaps.npy', '--missing', 'nan')['free_energy']), 30)
        piped = self.ok('rbm-data', '/dev/stdin', '--output', '-', '--quiet', input=b'1,0\n0,1\n').decode().split()
        self.assertEqual(piped[1:], ['1,0', '0,1'])
        self.save_spin_model('other.safetensors', labels='0,1,2')
        self.fails(3, 'rbm-score', 's.safetensors', 'whole.npy', '--against', 'other.safetensors', saying='its labels differ from those of')
        self.fails(2, 'rbm-data', 'spins.npy', '--model', 's.safetensors', '--output', 'x.npy', saying='no effect without --labels')

    def test_a_mask_of_the_picture_serves_rows_with_labels(self):
        self.saved_machine(image_height=2, image_width=2)
        self.save_array('truth.npy', np.array([2, 5, 11])[np.arange(30) % 3])
        self.ok('rbm-data', 'bits.npy', '--labels', 'truth.npy', '--model', 'm.safetensors', '--output', 'whole.npy')
        self.save_array('mask.npy', np.array([[1., 1.], [0., 0.]]))
        self.ok('rbm-reconstruct', 'm.safetensors', 'whole.npy', '--mask', 'mask.npy', '--output', 'filled.npy')
        whole, filled = self.array('whole.npy'), self.array('filled.npy')
        known = [0, 1, 4, 5, 6]
        np.testing.assert_array_equal(filled[:, known], whole[:, known])
        self.assertFalse(np.array_equal(filled[:, 2:4], whole[:, 2:4]))

    def test_what_does_not_fit_is_refused(self):
        self.saved_machine()
        self.save_model('plain.safetensors', self.weights, self.a, self.b)
        self.save_array('other.npy', np.full(30, 7))
        self.save_array('alike.npy', np.full(30, 5))
        self.save_array('seven.npy', np.zeros((3, 7), '<f4'))
        self.fails(2, 'rbm-score', 'plain.safetensors', 'seven.npy', '--classify', saying='plain.safetensors has no labels')
        self.fails(3, 'rbm-score', 'm.safetensors', 'bits.npy',
                   '--classify', '--labels', 'other.npy', saying='label 1: found 7, which is not one of the model\'s 3 labels')
        self.fails(2, 'rbm-score', 'm.safetensors', 'bits.npy', '--beta', '2', saying='needs samples with labels, 7 columns')
        self.fails(2, 'rbm-score', 'm.safetensors', 'bits.npy', '--classify', '--calibrate', '0.9', saying='found with --calibrate')
        self.fails(2, 'rbm-dream', 'm.safetensors', '--label', 3, '--output', 'd.npy', saying='one of the model\'s labels, from 2 to 11')
        self.fails(2, 'rbm-dream', 'plain.safetensors', '--label', 3, '--output', 'd.npy', saying='a model trained with --labels')
        self.fails(3, 'rbm-estimate', 'm.safetensors', 'bits.npy', saying='the last 3 of them labels: add them with rbm-data --labels FILE --model')
        self.fails(3, 'rbm-train', 'bits.npy', '--labels', 'alike.npy', '--output', 'run', saying='found only the label 5')
        self.fails(2, 'rbm-train', 'bits.npy', '--algorithm', 'discriminative', '--output', 'run', saying='give --labels')
        self.fails(2, 'rbm-train', 'bits.npy', '--labels', 'alike.npy', '--validation', 'bits.npy',
                   '--output', 'run', saying='give --validation-labels')
        self.fails(2, 'rbm-train', 'bits.npy', '--validation', 'bits.npy', '--stop-on', 'error',
                   '--output', 'run', saying='share of wrong labels')
        self.fails(2, 'rbm-train', 'bits.npy', '--generative-weight', '1', '--output', 'run', saying='only with hybrid')
        self.path('dates.csv').write_text('\n'.join(str(20240100 + day) for day in range(30)) + '\n')
        self.fails(3, 'rbm-train', 'bits.npy', '--labels', 'dates.csv', '--output', 'run', saying='less than 16777216 in a table')
        self.save_array('rows.npy', np.arange(2000))
        self.save_array('many.npy', np.zeros((2000, 4), '<f4'))
        self.fails(3, 'rbm-train', 'many.npy', '--labels', 'rows.npy', '--output', 'run', saying='2000 different labels, expected at most')
        holes = self.bits.copy()
        holes[3, 1] = np.nan
        self.save_array('holes.npy', holes)
        self.save_array('halves.npy', np.arange(30) % 2)
        self.fails(2, 'rbm-train', 'holes.npy', '--missing', 'nan', '--labels', 'halves.npy', '--algorithm', 'hybrid', '--output',
                   'run', saying='needs whole samples')
        self.save_array('codes.npy', np.arange(30).reshape(30, 1) % 4)
        self.save_array('two.npy', np.arange(30) % 2)
        self.fails(2, 'rbm-train', 'codes.npy', '--labels', 'two.npy',
                   '--visible-units', 'potts', '--visible-states', '4', '--output', 'run', saying='labels: labels among potts (4 states) visible units')
        self.assertFalse((self.folder / 'run').exists())

    def nearest_mean_error(self):
        train, valid = (self.array(f'{name}.npy').reshape(-1, 64) for name in ('train', 'valid'))
        labels, right = (self.array(f'{name}-labels.npy')[:, 0] for name in ('train', 'valid'))
        means = np.array([train[labels == label].mean(0) for label in range(10)])
        return (((valid[:, None] - means)**2).sum(2).argmin(1) != right).mean()

    def test_digits_are_told_apart(self):
        labels = idx_labels(LABELS)
        for name, rows in ('train', ['--take', 1400]), ('valid', ['--skip', 1400]):
            self.ok('rbm-data', DIGITS, *rows, '--output', f'{name}.npy')
            self.ok('rbm-data', LABELS, *rows, '--output', f'{name}-labels.npy')
        np.testing.assert_array_equal(self.array('valid-labels.npy')[:, 0], labels[1400:])
        common = ['train.npy', '--labels', 'train-labels.npy', '--validation', 'valid.npy', '--validation-labels',
                  'valid-labels.npy', '--binarize', 'none', '--hidden', 64, '--batch-size', 20, '--learning-rate', 1,
                  '--initial-weights', 0.1, '--stop-on', 'error', '--quiet']
        for algorithm, epochs in ('discriminative', 15), ('hybrid', 15):
            self.ok('rbm-train', *common, '--algorithm', algorithm, '--epochs', epochs, '--output', algorithm)
            lines = [json.loads(line) for line in (self.folder / algorithm / 'metrics.jsonl').read_text().splitlines()]
            best = min(line['held_out_error'] for line in lines)
            self.assertLess(best, 0.8 * self.nearest_mean_error())
            found = json.loads(self.ok('rbm-score', f'{algorithm}/model.safetensors', 'valid.npy', '--classify', '--labels',
                                       'valid-labels.npy', '--json', '--quiet'))
            self.assertAlmostEqual(found['error'], best)  # the best epoch's model was kept
            for picture in 'filters', 'fantasies', 'reconstructions':
                self.assertTrue((self.folder / algorithm / f'{picture}.png').exists())
        facts = json.loads(self.ok('rbm-inspect', 'hybrid/model.safetensors', '--json'))
        self.assertEqual(facts['labels'], list(range(10)))
        self.assertEqual((facts['visible_count'], facts['image_height'], facts['image_width']), (74, 8, 8))
        # The joint machine of the same data, resumed: labels are its data like the rest.
        self.ok('rbm-train', *common[:3], '--epochs', 2, '--output', 'joint', '--quiet')
        self.ok('rbm-train', '--resume', '--output', 'joint', '--epochs', 4, '--quiet')
        lines = (self.folder / 'joint' / 'metrics.jsonl').read_text().splitlines()
        self.assertEqual(len(lines), 4)
        self.assertIn('error', json.loads(lines[-1]))
        self.save_array('train-labels.npy', 9 - self.array('train-labels.npy'))
        refused = self.run_program('rbm-train', '--resume', '--output', 'joint', '--epochs', 5)
        self.assertEqual(refused.returncode, 3)
        self.assertIn(b'other data (fingerprint ', refused.stderr)

    def test_standardised_columns_leave_labels_alone(self):
        rng = np.random.default_rng(5)
        labels = np.arange(200) % 2
        self.save_array('real.npy', (5 + 3 * labels[:, None] + rng.normal(size=(200, 3))).astype('<f4'))
        self.save_array('labels.npy', labels)
        self.ok('rbm-train', 'real.npy', '--labels', 'labels.npy', '--visible-units', 'gaussian', '--algorithm',
                'discriminative', '--hidden', 8, '--initial-weights', 0.3, '--epochs', 100, '--output', 'run', '--quiet')
        found = json.loads(self.ok('rbm-score', 'run/model.safetensors', 'real.npy', '--classify', '--labels', 'labels.npy',
                                   '--json', '--quiet'))
        self.assertLess(found['error'], 0.05)


if __name__ == '__main__':
    main()
