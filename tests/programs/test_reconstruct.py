#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rbm-reconstruct from end to end.  Usage: test_reconstruct.py PROGRAM..."""
import os
import threading

import numpy as np

from app_testing import DIGITS, AppTest, main

RNG = np.random.default_rng(4)
WEIGHTS, VISIBLE_BIAS, HIDDEN_BIAS = RNG.normal(0, 1, (12, 5)), RNG.normal(0, 1, 12), RNG.normal(0, 1, 5)
ROWS = (RNG.random((30, 12)) < 0.5).astype(np.float32)


def logistic(x):
    return 1 / (1 + np.exp(-x))


class Reconstruct(AppTest):
    def setUp(self):
        super().setUp()
        self.save_model('m.st', WEIGHTS, VISIBLE_BIAS, HIDDEN_BIAS, image_height=3, image_width=4)
        self.save_array('v.npy', ROWS)

    def result(self, *words):
        return self.array_in(self.ok('rbm-reconstruct', 'm.st', 'v.npy', '--output', '-', *words))

    def test_one_pass_is_through_means(self):
        hidden = logistic(HIDDEN_BIAS + ROWS @ WEIGHTS)
        means = logistic(VISIBLE_BIAS + hidden @ WEIGHTS.T)
        self.assertEqual(self.ok('rbm-reconstruct', 'm.st', 'v.npy', '--output', 'r.npy'), b'')
        result = self.array('r.npy')
        self.assertEqual(result.dtype, np.float32)
        np.testing.assert_allclose(result, means, atol=1e-5)
        self.assertTrue((self.result('--seed', 5) == result).all())
        features = self.result('--hidden')
        self.assertEqual(features.dtype, np.float32)
        np.testing.assert_allclose(features, hidden, atol=1e-5)

    def test_states_are_drawn_from_the_means(self):
        row = ROWS[:1]
        self.save_array('v.npy', np.repeat(row, 20000, 0))
        hidden = logistic(HIDDEN_BIAS + row @ WEIGHTS)[0]
        features = self.result('--hidden', '--states')
        self.assertLessEqual(set(np.unique(features)), {0, 1})
        self.assertLess((abs(features.mean(0) - hidden) / np.sqrt(hidden * (1 - hidden) / 20000)).max(), 4.5)
        # v -> h -> v, by enumeration of h.
        states = (np.arange(32)[:, None] >> np.arange(5)) & 1
        weight = np.prod(np.where(states == 1, hidden, 1 - hidden), 1)
        exact = weight @ logistic(VISIBLE_BIAS + states @ WEIGHTS.T)
        visible = self.result('--states')
        self.assertLessEqual(set(np.unique(visible)), {0, 1})
        self.assertLess((abs(visible.mean(0) - exact) / np.sqrt(exact * (1 - exact) / 20000)).max(), 4.5)
        self.assertFalse((visible == self.result('--states', '--seed', 2)).all())

    def test_steps(self):
        many = self.result('--steps', 3)
        self.assertEqual(many.shape, (30, 12))
        self.assertTrue(((many >= 0) & (many <= 1)).all())
        self.assertFalse((many == self.result('--steps', 3, '--seed', 2)).all())
        # Two sweeps of states are one, then one; the means follow the states of a step less.
        once = self.result('--steps', 1, '--states')
        hidden = logistic(HIDDEN_BIAS + once @ WEIGHTS)
        np.testing.assert_allclose(self.result('--steps', 2), logistic(VISIBLE_BIAS + hidden @ WEIGHTS.T), atol=1e-5)

    def test_a_mask_keeps_what_is_known(self):
        known = (RNG.random((30, 12)) < 0.5).astype(np.uint8)
        self.save_array('mask.npy', known)
        result = self.result('--mask', 'mask.npy')
        self.assertEqual((result.shape, result.dtype), ((30, 12), np.float32))
        self.assertTrue((result[known == 1] == ROWS[known == 1]).all())
        self.assertTrue(((result > 0) & (result < 1))[known == 0].all())
        states = self.result('--mask', 'mask.npy', '--states')
        self.assertTrue((states[known == 1] == ROWS[known == 1]).all())
        self.assertLessEqual(set(np.unique(states)), {0, 1})
        # What is hidden by the mask does not matter.
        self.save_array('v.npy', np.where(known == 1, ROWS, 1 - ROWS))
        self.assertTrue((self.result('--mask', 'mask.npy') == result).all())

    def test_holes_are_filled_from_the_conditional(self):
        known = np.array([1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1])
        row = ROWS[3]
        holes = np.tile(row, (8, 1))
        holes[:, known == 0] = (np.arange(8)[:, None] >> np.arange(3)) & 1
        log_p = holes @ VISIBLE_BIAS + np.log1p(np.exp(HIDDEN_BIAS + holes @ WEIGHTS)).sum(1)
        p = np.exp(log_p - log_p.max())
        exact = (p / p.sum()) @ holes[:, known == 0]
        self.save_array('v.npy', np.tile(row, (5000, 1)))
        self.save_array('mask.npy', known)
        for words in [], ['--states']:
            found = self.result('--mask', 'mask.npy', '--steps', 40, *words)[:, known == 0].mean(0)
            self.assertLess((abs(found - exact) / np.sqrt(exact * (1 - exact) / 5000)).max(), 4.5)

    def test_a_terminal_gets_no_bytes_of_arrays(self):
        code, shown, said = self.run_on_terminal('rbm-reconstruct', 'm.st', 'v.npy', '--output', '-')
        self.assertEqual((code, shown), (2, b''))
        self.assertIn('terminal', said)

    def test_what_is_unknown_may_be_nan(self):
        known = (RNG.random((30, 12)) < 0.5).astype(np.float32)
        self.save_array('mask.npy', known)
        expected = self.result('--mask', 'mask.npy')
        holes = np.where(known == 1, ROWS, np.nan)
        self.save_array('v.npy', holes)
        self.assertTrue((self.result('--mask', 'mask.npy') == expected).all())
        self.ok('rbm-reconstruct', 'm.st', 'v.npy', '--mask', 'mask.npy', '--output', 'r.png')
        row, column = np.argwhere(known == 1)[5]
        holes[row, column] = np.nan
        self.save_array('v.npy', holes)
        self.fails(3, 'rbm-reconstruct', 'm.st', 'v.npy', '--mask', 'mask.npy', '--output', 'r.npy',
                   saying=['v.npy', f'row {row + 1}, column {column + 1}:'])
        self.save_array('v.npy', np.full((30, 12), np.nan))
        self.fails(3, 'rbm-reconstruct', 'm.st', 'v.npy', '--output', 'r.npy', saying='row 1, column 1')
        # One mask for all, standardised units.
        self.save_model('g.st', WEIGHTS[:2], center=[0, 0], log_sigma=[0, 0], mean=[100, 200], scale=[1, 2])
        self.save_array('half.npy', np.array([1, 0], dtype=np.uint8))
        self.save_array('v.npy', np.array([[101, np.nan], [99, 200]]))
        found = self.array_in(self.ok('rbm-reconstruct', 'g.st', 'v.npy', '--mask', 'half.npy', '--output', '-'))
        self.assertEqual(found[:, 0].tolist(), [101, 99])
        self.assertTrue(np.isfinite(found).all())

    def test_forms_of_masks(self):
        known = (RNG.random(12) < 0.5).astype(int)
        self.save_array('flat.npy', known.astype(bool))
        expected = self.result('--mask', 'flat.npy')
        self.save_array('row.npy', known[None].astype(float))
        self.save_array('picture.npy', known.reshape(3, 4))
        self.save_array('each.npy', np.tile(known, (30, 1)))
        self.save_array('pictures.npy', np.tile(known.reshape(3, 4), (30, 1, 1)))
        self.save_png('picture.png', known.reshape(3, 4) * 255)
        self.save_png('ones.png', known.reshape(3, 4))
        for name in 'row.npy', 'picture.npy', 'each.npy', 'pictures.npy', 'picture.png', 'ones.png':
            self.assertTrue((self.result('--mask', name) == expected).all(), name)

    def test_bad_masks(self):
        masks = {'short.npy': np.ones(11), 'rows.npy': np.ones((29, 12)), 'two.npy': np.full(12, 2),
                 'half.npy': np.full((30, 12), 0.5), 'nan.npy': np.full(12, np.nan), 'turned.npy': np.ones((4, 3))}
        for name, values in masks.items():
            self.save_array(name, values)
        self.save_png('grey.png', np.full((3, 4), 128))
        self.save_png('turned.png', np.full((4, 3), 255))
        self.path('text.npy').write_text('1,0\n')
        for name in [*masks, 'grey.png', 'turned.png', 'text.npy']:
            self.fails(3, 'rbm-reconstruct', 'm.st', 'v.npy', '--mask', name, '--output', 'r.npy', saying=name)
        self.fails(1, 'rbm-reconstruct', 'm.st', 'v.npy', '--mask', 'none.npy', '--output', 'r.npy', saying='none.npy')

    def test_many_blocks_any_number_of_threads(self):
        self.save_array('v.npy', (RNG.random((2300, 12)) < 0.5).astype(np.uint8))
        self.save_array('mask.npy', (RNG.random((2300, 12)) < 0.5).astype(np.uint8))
        for words in [], ['--steps', 3], ['--mask', 'mask.npy', '--steps', 5], ['--hidden', '--states']:
            one = self.result('--threads', 1, *words)
            self.assertEqual(len(one), 2300)
            self.assertTrue((self.result('--threads', 3, *words) == one).all())
        # Blocks do not repeat each other's draws.
        self.save_array('v.npy', np.tile(ROWS[0], (2000, 1)))
        states = self.result('--states')
        self.assertFalse((states[:1000] == states[1000:]).all())

    def test_gaussian_machines(self):
        mean, scale = np.array([100., -5, 0, 7]), np.array([20., 0.1, 1, 3])
        weights, center, log_sigma = RNG.normal(0, 1, (4, 3)), RNG.normal(0, 1, 4), RNG.normal(0, 0.3, 4)
        self.save_model('m.st', weights, center=center, log_sigma=log_sigma, mean=mean, scale=scale)
        values = mean + scale * RNG.normal(0, 1, (25, 4))
        self.save_array('v.npy', values)
        prepared = (values - mean) / scale
        hidden = logistic(prepared / np.exp(2 * log_sigma) @ weights)
        np.testing.assert_allclose(self.result('--hidden'), hidden, atol=1e-4)
        np.testing.assert_allclose(self.result(), mean + scale * (center + hidden @ weights.T), rtol=1e-4, atol=1e-3)
        self.save_array('mask.npy', [1, 0, 1, 0])
        filled = self.result('--mask', 'mask.npy')
        self.assertTrue((filled[:, [0, 2]] == values.astype(np.float32)[:, [0, 2]]).all())  # to the bit
        self.assertLess(abs(filled[:, 1] + 5).max(), 0.1 * 10)
        self.ok('rbm-reconstruct', 'm.st', 'v.npy', '--mask', 'mask.npy', '--output', 'r.png')

    def test_grey_data_keep_their_own_values(self):
        grey = RNG.random((30, 12)).astype(np.float32)
        self.save_array('grey.npy', grey)
        self.save_array('v.npy', (grey > 0.5).astype(np.uint8))
        self.save_array('mask.npy', [1, 0] * 6)
        bits = self.result('--mask', 'mask.npy')
        filled = self.array_in(self.ok('rbm-reconstruct', 'm.st', 'grey.npy', '--mask', 'mask.npy', '--output', '-'))
        self.assertTrue((filled[:, ::2] == grey[:, ::2]).all())
        self.assertTrue((filled[:, 1::2] == bits[:, 1::2]).all())

    def test_pictures(self):
        self.ok('rbm-reconstruct', 'm.st', 'v.npy', '--output', 'r.png')
        pairs = self.png_grey('r.png')
        self.assertEqual(set(np.unique(pairs)) & {0, 255}, {0, 255})
        self.save_array('mask.npy', [0] * 6 + [1] * 6)
        self.ok('rbm-reconstruct', 'm.st', 'v.npy', '--mask', 'mask.npy', '--output', 'm.png')
        triples = self.png_grey('m.png')
        self.assertGreater((triples == 128).mean(), 0.1)  # a third of the tiles is half unknown
        self.assertGreater(triples.size, 1.3 * pairs.size)
        self.ok('rbm-reconstruct', 'm.st', 'v.npy', '--hidden', '--output', 'h.png')
        # 50 samples at most.
        self.save_model('m.st', RNG.normal(0, 1, (64, 5)))
        done = self.run_program('rbm-reconstruct', 'm.st', DIGITS, '--output', 'd.png')
        self.assertEqual(done.returncode, 0)
        self.assertIn(b'first 50 of 1797', done.stderr)
        np.save(self.path('v.npy'), np.zeros((50, 64)))
        done = self.run_program('rbm-reconstruct', 'm.st', 'v.npy', '--output', 'e.png')
        self.assertEqual((done.returncode, done.stderr), (0, b''))
        self.assertEqual(self.png_size('d.png'), self.png_size('e.png'))

    def test_samples_from_standard_input(self):
        raw = self.path('v.npy').read_bytes()
        piped = self.ok('rbm-reconstruct', 'm.st', '-', '--output', '-', input=raw)
        self.assertTrue((self.array_in(piped) == self.result()).all())

    def test_output(self):
        self.path('r.npy').write_text('mine')
        self.fails(1, 'rbm-reconstruct', 'm.st', 'v.npy', '--output', 'r.npy', saying=['r.npy', '--force'])
        self.ok('rbm-reconstruct', 'm.st', 'v.npy', '--output', 'r.npy', '--force')
        self.assertTrue((self.array('r.npy') == self.result()).all())
        os.mkfifo(self.path('pipe.npy'))
        taken = []
        reader = threading.Thread(target=lambda: taken.append(self.path('pipe.npy').read_bytes()), daemon=True)
        reader.start()
        self.ok('rbm-reconstruct', 'm.st', 'v.npy', '--output', 'pipe.npy', '--force')
        reader.join(30)
        self.assertEqual(taken, [self.path('r.npy').read_bytes()])

    def test_usage(self):
        self.save_array('mask.npy', np.ones(12))
        for words, saying in [
                ([], '--output'), (['--output', 'r.gif'], ['r.gif', '.npy', '.png']),
                (['--output', 'r.npy', '--steps', '0'], '--steps'), (['--output', 'r.npy', '--stats'], '--states'),
                (['--output', 'r.npy', '--beta', '2'], 'beta'),
                (['--output', 'r.npy', '--hidden', '--steps', '2'], ['--hidden', '--steps']),
                (['--output', 'r.npy', '--hidden', '--mask', 'mask.npy'], ['--hidden', '--mask']),
                (['--output', 'r.npy', '--binarize', 'none'], '--binarize')]:
            self.fails(2, 'rbm-reconstruct', 'm.st', 'v.npy', *words, saying=saying)
        self.fails(2, 'rbm-reconstruct', 'm.st', '--output', 'r.npy', saying='DATA')

    def test_bad_files(self):
        self.fails(1, 'rbm-reconstruct', 'none.st', 'v.npy', '--output', 'r.npy', saying='none.st')
        self.fails(1, 'rbm-reconstruct', 'm.st', 'none.npy', '--output', 'r.npy', saying='none.npy')
        self.path('bad.st').write_bytes(self.path('m.st').read_bytes()[:-1])
        self.fails(3, 'rbm-reconstruct', 'bad.st', 'v.npy', '--output', 'r.npy', saying='bad.st')
        self.save_array('wide.npy', np.zeros((30, 13)))
        self.fails(3, 'rbm-reconstruct', 'm.st', 'wide.npy', '--output', 'r.npy', saying=['13', '12'])
        self.save_array('odd.npy', np.full((30, 12), -1))
        self.fails(3, 'rbm-reconstruct', 'm.st', 'odd.npy', '--output', 'r.npy', saying='odd.npy')

    def test_interruption_leaves_nothing(self):
        for name in 'r.npy', '-':
            self.interrupt('rbm-reconstruct', 'm.st', 'v.npy', '--steps', 10**12, '--output', name)


if __name__ == '__main__':
    main()
