#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rbm-inspect: tells what NumPy finds in the same file."""
import json

import numpy as np
from app_testing import AppTest, main

KEYS = {'file', 'kind', 'visible_units', 'visible_count', 'visible_states', 'hidden_units', 'hidden_count',
        'hidden_states', 'energy', 'binarize', 'threshold', 'standardised', 'image_channels', 'image_height', 'image_width', 'has_rates', 'labels', 'letters', 'log_partition', 'log_partition_low',
        'log_partition_high', 'log_partition_method', 'parameters', 'singular_values', 'effective_rank',
        'filter_norms', 'faint_hidden_units', 'duplicate_hidden_units', 'anomaly_free_energy', 'anomaly_quantile'}


class Inspect(AppTest):
    def facts(self, *words):
        return json.loads(self.ok('rbm-inspect', *words, '--json'))

    def test_what_is_in_a_model(self):
        weights = np.random.default_rng(1).normal(size=(12, 7)).astype(np.float32)
        weights[:, 3] *= 1e-4
        weights[:, 5] = 2 * weights[:, 1]
        self.save_model('m.safetensors', weights, visible_bias=np.linspace(-1, 2, 12), image_height=3, image_width=4,
                        data_binarize='sample', log_partition=12.5, log_partition_low=12.25, log_partition_high=12.75,
                        log_partition_method='ais')
        found = self.facts('m.safetensors')
        self.assertEqual(set(found), KEYS)
        np.testing.assert_allclose(found['singular_values'], np.linalg.svd(weights, compute_uv=False), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found['filter_norms'], np.linalg.norm(weights, axis=0), rtol=1e-5)
        self.assertEqual((found['faint_hidden_units'], found['duplicate_hidden_units']), ([3], [[1, 5]]))
        share = np.linalg.svd(weights, compute_uv=False)
        share = share[share > 1e-9] / share.sum()
        self.assertAlmostEqual(found['effective_rank'], float(np.exp(-(share * np.log(share)).sum())), 3)
        self.assertEqual([found[key] for key in ('visible_count', 'hidden_count', 'binarize', 'threshold', 'image_height',
                                                 'image_width', 'log_partition', 'log_partition_low',
                                                 'log_partition_high', 'log_partition_method')],
                         [12, 7, 'sample', None, 3, 4, 12.5, 12.25, 12.75, 'ais'])
        bias = found['parameters']['visible.bias']
        self.assertEqual((bias['count'], bias['minimum'], bias['maximum']), (12, -1, 2))
        self.assertAlmostEqual(found['parameters']['weights']['mean_magnitude'], float(np.abs(weights).mean()), 5)
        text = self.ok('rbm-inspect', 'm.safetensors').decode()
        for piece in ('E(v,h) = - sum_i a_i v_i - sum_j b_j h_j - sum_ij v_i W_ij h_j', 'height 3, width 4',
                      '12.5000 nats, from 12.2500 to 12.7500, method ais', '1: 3 (', '1 = 5'):
            self.assertIn(piece, text)

    def test_gaussian_units(self):
        self.save_model('g.safetensors', np.ones((3, 2)), center=[1, 2, 3], log_sigma=np.log([.5, 1, 2]), mean=np.zeros(3),
                        scale=[1, 2, 4])
        found = self.facts('g.safetensors')
        self.assertEqual((found['visible_units'], found['standardised'], found['binarize']), ('gaussian', True, 'none'))
        sigma = found['parameters']['visible.sigma']
        self.assertAlmostEqual(sigma['minimum'], .5, 5)
        self.assertAlmostEqual(sigma['maximum'], 2, 5)
        text = self.ok('rbm-inspect', 'g.safetensors').decode()
        self.assertIn('E(v,h) = sum_i (v_i - c_i)^2 / (2 sigma_i^2) - sum_j b_j h_j - sum_ij (v_i / sigma_i^2) W_ij h_j', text)
        self.assertIn('over its scale (1 to 4)', text)

    def test_flat_and_tiny_models(self):
        self.save_model('flat.safetensors', np.zeros((3, 2)))
        self.assertEqual(self.facts('flat.safetensors')['effective_rank'], 0)
        self.ok('rbm-inspect', 'flat.safetensors')
        self.save_model('tiny.safetensors', np.ones((1, 1)))
        self.assertIn('1.0 of 1', self.ok('rbm-inspect', 'tiny.safetensors').decode())

    def test_picture(self):
        self.save_model('m.safetensors', np.random.default_rng(1).normal(size=(12, 6)), image_height=3, image_width=4)
        self.ok('rbm-inspect', 'm.safetensors', '--picture', 'f.png')
        self.png_size('f.png')
        self.fails(1, 'rbm-inspect', 'm.safetensors', '--picture', 'f.png', saying='f.png')
        self.ok('rbm-inspect', 'm.safetensors', '--picture', 'f.png', '--force')
        self.assertEqual(self.ok('rbm-inspect', 'm.safetensors', '--picture', '-')[:4], b'\x89PNG')

    def test_standard_input(self):
        self.save_model('m.safetensors', np.ones((3, 2)))
        raw = self.path('m.safetensors').read_bytes()
        self.assertEqual(json.loads(self.ok('rbm-inspect', '-', '--json', input=raw))['hidden_count'], 2)

    def test_exit_codes(self):
        self.save_model('m.safetensors', np.ones((3, 2)))
        self.path('bad.safetensors').write_bytes(self.path('m.safetensors').read_bytes()[:-3])
        self.fails(1, 'rbm-inspect', 'missing.safetensors', saying='No such file')
        self.fails(2, 'rbm-inspect', saying='MODEL is missing')
        self.fails(2, 'rbm-inspect', 'm.safetensors', '--picture', 'f.jpg', saying='.png')
        self.fails(2, 'rbm-inspect', 'm.safetensors', '--picture', '-', '--json', saying='--picture')
        self.fails(3, 'rbm-inspect', 'bad.safetensors', saying='bad.safetensors')


if __name__ == '__main__':
    main()
