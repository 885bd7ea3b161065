#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rbm-data: sets have the counts and bounds they claim, conversions lose nothing, changes do what they say."""
import gzip
import json
import math

import numpy as np
from app_testing import DIGITS, AppTest, main


def read_idx(raw):
    dimensions = raw[3]
    shape = np.frombuffer(raw[4:4 + 4 * dimensions], '>u4')
    return np.frombuffer(raw[4 + 4 * dimensions:], np.uint8).reshape(shape)


class Data(AppTest):
    def made(self, *words):
        """The array and the summary of a call."""
        summary = json.loads(self.ok('rbm-data', *words, '--output', 'made.npy', '--json', '--force'))
        self.assertEqual(set(summary), {
            'source', 'kind', 'output', 'rows', 'columns', 'image_channels', 'image_height', 'image_width', 'minimum', 'maximum', 'mean',
            'share_zero', 'share_one', 'constant_columns', 'log_likelihood_bound'})
        array = self.array('made.npy')
        self.assertEqual((array.dtype, len(array)), (np.float32, summary['rows']))
        return array.reshape(len(array), -1), summary

    def entropy_bound(self, rows):
        _, counts = np.unique(rows, axis=0, return_counts=True)
        p = counts / counts.sum()
        return float((p * np.log(p)).sum())

    def test_gaps_stay_gaps(self):
        self.path('gaps.csv').write_text('1,,0,1\n0,1,nan,0\n')
        for words, shape in (['--columns', 2], (4, 2)), (['--divide', 2], (2, 4)), (['--binarize', 'sample'], (2, 4)), ([], (2, 4)):
            found = json.loads(self.ok('rbm-data', 'gaps.csv', '--missing', 'nan', *words, '--output', 'g.npy', '--force', '--json'))
            values = self.array('g.npy')
            self.assertEqual((values.shape, np.isnan(values).sum()), (shape, 2))
            self.assertAlmostEqual(found['mean'], np.nanmean(values))
        self.path('one.csv').write_text('x\n1\n\n0\n')
        self.ok('rbm-data', 'one.csv', '--missing', 'nan', '--output', 'g.npy', '--force')
        np.testing.assert_array_equal(self.array('g.npy')[:, 0], [1, np.nan, 0])
        self.path('word.csv').write_text('1,nancy,0\n1,2,0\n')
        self.fails(3, 'rbm-data', 'word.csv', '--missing', 'nan', '--output', '-', saying='nancy')
        self.fails(3, 'rbm-data', 'gaps.csv', '--missing', 'nan', '--output', 'g.png', saying='a picture cannot show that')
        self.fails(2, 'rbm-data', 'bars-and-stripes', '--missing', 'nan', '--output', 'b.npy', saying='is for files')

    def test_enumerated_sets(self):
        for words, shape in [(('bars-and-stripes', '--size', 3), (16, 9)), (('shifter', '--size', 5), (96, 10)),
                             (('labelled-shifter', '--size', 4), (48, 11)),
                             (('shifting-bar', '--size', 9, '--bar', 2), (9, 9))]:
            rows, summary = self.made(*words)
            self.assertEqual(rows.shape, shape)
            self.assertEqual((summary['rows'], summary['columns'], summary['kind']), (*shape, 'set'))
            self.assertAlmostEqual(summary['log_likelihood_bound'], self.entropy_bound(rows), 12)
        self.assertEqual(self.made('bars-and-stripes')[0].shape, (32, 16))

    def test_drawn_sets(self):
        rows, summary = self.made('independent-bits', '--rows', 4000, '--size', 3)
        np.testing.assert_allclose(rows.mean(0), [.25, .5, .75], atol=.04)
        self.assertAlmostEqual(summary['log_likelihood_bound'], sum(
            p * math.log(p) + (1 - p) * math.log(1 - p) for p in (.25, .5, .75)), 12)
        rows, summary = self.made('laplace-sources', '--rows', 4000)
        np.testing.assert_allclose(rows.var(0), 1, atol=.15)
        self.assertAlmostEqual(summary['log_likelihood_bound'], -2 - math.log(2), 12)
        rows, _ = self.made('ising-ring', '--rows', 4000, '--size', 8, '--coupling', 3)
        self.assertGreater((rows == np.roll(rows, 1, 1)).mean(), .97)
        again, _ = self.made('ising-ring', '--rows', 4000, '--size', 8, '--coupling', 3)
        np.testing.assert_array_equal(rows, again)
        other, _ = self.made('ising-ring', '--rows', 4000, '--size', 8, '--coupling', 3, '--seed', 2)
        self.assertTrue((rows != other).any())

    def test_dreams_become_rows(self):
        dreams = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)  # [frames, chains, units]
        np.save(self.path('dreams.npy'), dreams)
        rows, summary = self.made('dreams.npy', '--columns', 4)
        np.testing.assert_array_equal(rows, dreams.reshape(6, 4))
        self.assertEqual((summary['rows'], summary['columns'], summary['image_width']), (6, 4, None))
        np.testing.assert_array_equal(self.made('dreams.npy', '--columns', 4, '--skip', 4)[0], dreams.reshape(6, 4)[4:])
        self.assertIn('cannot be cut into rows of 5', self.fails(3, 'rbm-data', 'dreams.npy', '--columns', 5, '--output', 'x.csv'))
        self.assertIn('--columns: is for files', self.fails(2, 'rbm-data', 'shifter', '--columns', 5, '--output', 'x.csv'))

    def test_round_trips(self):
        original = read_idx(gzip.decompress(DIGITS.read_bytes()))
        pictures = {'a.npy', 'b.idx', 'c-ubyte', 'd-ubyte.gz', 'e.idx.gz', 'f.npy.gz'}
        source = DIGITS
        for name in ['a.npy', 'b.idx', 'c-ubyte', 'd-ubyte.gz', 'e.idx.gz', 'f.npy.gz', 'g.csv', 'h.csv.gz', 'i.npy', 'j.idx']:
            self.ok('rbm-data', source, '--output', name)
            values = self.ok('rbm-data', name, '--output', '-')
            found = np.loadtxt(values.decode().splitlines(), delimiter=',', skiprows=1, dtype=np.float32)
            np.testing.assert_array_equal(np.rint(255 * found), original.reshape(-1, 64), name)
            source = name
            shape = json.loads(self.ok('rbm-data', name, '--output', 'x.npy', '--json', '--force'))['image_height']
            self.assertEqual(shape, 8 if name in pictures else None)
        np.testing.assert_array_equal(read_idx(self.path('b.idx').read_bytes()), original)
        self.assertEqual(gzip.decompress(self.path('d-ubyte.gz').read_bytes()), self.path('c-ubyte').read_bytes())
        np.testing.assert_array_equal(self.array('a.npy'), np.float32(original) / np.float32(255))

    def test_floats_survive(self):
        values = np.random.default_rng(2).normal(size=(50, 3)).astype(np.float32)
        self.save_array('x.npy', values)
        self.ok('rbm-data', 'x.npy', '--output', 'y.csv')
        self.ok('rbm-data', 'y.csv', '--output', 'z.npy')
        np.testing.assert_array_equal(self.array('z.npy'), values)
        self.ok('rbm-data', '-', '--output', 'w.npy', input=self.path('y.csv').read_bytes())
        np.testing.assert_array_equal(self.array('w.npy'), values)

    def test_pictures(self):
        self.ok('rbm-data', DIGITS, '--take', 12, '--output', 'sheet.png')
        grey = self.png_grey('sheet.png')
        self.assertGreater(len(np.unique(grey)), 10)
        self.ok('rbm-data', 'laplace-sources', '--rows', 10, '--output', 'fitted.png')
        self.png_size('fitted.png')

    def test_changes(self):
        self.save_array('x.npy', np.arange(30, dtype=float).reshape(10, 3))
        rows, summary = self.made('x.npy', '--skip', 2, '--take', 5)
        np.testing.assert_array_equal(rows, np.arange(6, 21).reshape(5, 3))
        self.assertEqual((summary['minimum'], summary['maximum'], summary['mean'], summary['kind']), (6, 20, 13, 'file'))
        rows, _ = self.made('x.npy', '--divide', 29, '--binarize', 'threshold', '--threshold', .25)
        np.testing.assert_array_equal(rows, np.arange(30).reshape(10, 3) > .25 * 29)
        self.save_array('grey.npy', np.full((200, 50), .3))
        rows, summary = self.made('grey.npy', '--binarize', 'sample')
        self.assertEqual(set(np.unique(rows)), {0, 1})
        self.assertAlmostEqual(rows.mean(), .3, delta=.02)
        self.assertAlmostEqual(summary['share_one'], float(rows.mean()), 6)
        other, _ = self.made('grey.npy', '--binarize', 'sample', '--seed', 2)
        self.assertTrue((rows != other).any())
        self.save_array('flat.npy', np.array([[1, 5, 0], [1, 6, 0]]))
        self.assertEqual(self.made('flat.npy')[1]['constant_columns'], [0, 2])
        self.assertIsNone(self.made('shifting-bar', '--take', 3)[1]['log_likelihood_bound'])

    def test_dequantized_values_stay_in_their_cell(self):
        steps = np.random.default_rng(3).integers(0, 16, (300, 20)) / 16
        self.save_array('steps.npy', steps)
        rows, _ = self.made('steps.npy', '--dequantize', 1 / 16)
        noise = (rows.astype(float) - steps) * 16
        self.assertGreaterEqual(noise.min(), 0)
        self.assertLessEqual(noise.max(), 1)
        self.assertAlmostEqual(noise.mean(), .5, delta=.02)
        self.assertAlmostEqual(noise.var(), 1 / 12, delta=.005)
        self.assertLess(abs(np.corrcoef(noise[:, 0], noise[:, 1])[0, 1]), .25)
        np.testing.assert_array_equal(rows, self.made('steps.npy', '--dequantize', 1 / 16)[0])
        self.assertTrue((rows != self.made('steps.npy', '--dequantize', 1 / 16, '--seed', 2)[0]).any())

    def test_a_set_and_a_file_of_one_name(self):
        self.path('shifter').write_text('1,2\n')
        done = self.run_program('rbm-data', 'shifter', '--output', '-')
        self.assertIn(b"'shifter' means the data set; write ./shifter for the file of that name", done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 769)
        self.assertEqual(self.ok('rbm-data', './shifter', '--output', '-'), b'v1,v2\n1,2\n')

    def test_exit_codes(self):
        self.path('bad.npy').write_bytes(b'\x93NUMPY\x01')
        self.save_array('wide.npy', np.array([[0, 300.0]]))
        self.save_array('third.npy', np.array([[0, 1 / 3 + .001]]))
        self.path('there.npy').write_text('kept')
        self.fails(1, 'rbm-data', 'shiftr', '--output', 'x.npy', saying='did you mean shifter?')
        self.fails(1, 'rbm-data', 'shifter', '--output', 'there.npy', saying='there.npy')
        self.fails(1, 'rbm-data', 'shifter', '--output', 'no/where.npy', saying='no')
        self.fails(2, 'rbm-data', 'shifter', saying='--output is missing')
        self.fails(2, 'rbm-data', 'shifter', '--output', 'x.txt', saying='.npy, .csv, ')
        self.fails(2, 'rbm-data', 'shifter', '--output', 'x.png.gz', saying='.png')
        self.fails(2, 'rbm-data', 'shifter', '--bar', 2, '--output', 'x.npy', saying='its options are: size')
        self.fails(2, 'rbm-data', 'shifter', '--size', 40, '--output', 'x.npy', saying='expected 2 to 16')
        self.fails(2, 'rbm-data', DIGITS, '--size', 4, '--output', 'x.npy', saying='is for data sets made by rbm-data')
        self.fails(2, 'rbm-data', 'shifter', '--output', '-', '--json', saying='--json')
        self.fails(3, 'rbm-data', 'bad.npy', '--output', 'x.npy', saying='bad.npy')
        self.fails(3, 'rbm-data', 'wide.npy', '--output', 'x.idx', saying='row 1, column 2: found 300')
        self.fails(3, 'rbm-data', 'wide.npy', '--binarize', 'threshold', '--output', 'x.npy', saying='300')
        self.fails(3, 'rbm-data', 'third.npy', '--output', 'x.idx', saying='multiple of 1/255')
        self.fails(3, 'rbm-data', DIGITS, '--skip', 5000, '--output', 'x.npy', saying='leaves none')
        self.fails(3, 'rbm-data', DIGITS, '--take', 5000, '--output', 'x.npy', saying='--take asks for 5000')


if __name__ == '__main__':
    main()
