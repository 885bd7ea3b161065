#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sparse files: the same data in every format, trained to the same bytes as the data in full."""
import json
import struct
import unittest

import numpy as np
from app_testing import AppTest, main

try:
    import scipy.io
    import scipy.sparse
except ImportError:
    scipy = None


def words_of_documents(rows=90, columns=40, ones=True, seed=3):
    """Mostly zeros; the last column is empty in the first 60 rows, one column and one row are empty in all."""
    random = np.random.default_rng(seed)
    topics = random.random((4, columns)) < 0.25
    x = (topics[random.integers(4, size=rows)] & (random.random((rows, columns)) < 0.6)).astype(np.float32)
    if not ones:
        x *= random.integers(1, 9, x.shape) / 8
    x[7], x[:, 11], x[:60, -1] = 0, 0, 0
    x[0, 0], x[3, -2], x[-1, -1] = 1, 1, 1
    return x


def csr_arrays(x):
    """What scipy.sparse.save_npz writes, without SciPy."""
    rows, columns = np.nonzero(x)
    return {'indices': columns.astype(np.int32), 'indptr': np.concatenate([[0], np.cumsum((x != 0).sum(1))]).astype(np.int32),
            'format': np.array(b'csr'), 'shape': np.array(x.shape), 'data': x[rows, columns]}


def svmlight_text(x, first=1, labels=None):
    lines = []
    for r, row in enumerate(x):
        entries = ''.join(f' {c + first}:{row[c]:.9g}' for c in np.nonzero(row)[0])
        lines.append(f'{0 if labels is None else labels[r]}{entries}\n')
    return ''.join(lines)


def market_text(x):
    rows, columns = np.nonzero(x)
    lines = [f'{r + 1} {c + 1} {x[r, c]:.9g}\n' for r, c in zip(rows, columns)]
    return f'%%MatrixMarket matrix coordinate real general\n{x.shape[0]} {x.shape[1]} {len(rows)}\n' + ''.join(lines)


def tensors_in(raw):
    size, = struct.unpack('<Q', raw[:8])
    header = json.loads(raw[8:8 + size])
    return {name: np.frombuffer(raw[8 + size:][slice(*tensor['data_offsets'])], np.float32)
            for name, tensor in header.items() if name != '__metadata__'}


class Sparse(AppTest):
    def write(self, name, x):
        np.save(self.path(name + '.npy'), x)
        np.savez_compressed(self.path(name + '.npz'), **csr_arrays(x))
        self.path(name + '.svm').write_text(svmlight_text(x))
        self.path(name + '.mtx').write_text(market_text(x))
        return [name + ending for ending in ('.npz', '.svm', '.mtx')]

    def read(self, name, *words):
        """The data as they are read, and the summary."""
        summary = json.loads(self.ok('rbm-data', name, *words, '--output', 'read.npy', '--force', '--json'))
        return self.array('read.npy'), {key: value for key, value in summary.items() if key not in ('source', 'output')}

    def test_every_format_is_the_same_data(self):
        for ones in True, False:
            x = words_of_documents(ones=ones)
            names = self.write('x', x)
            full, facts = self.read('x.npy')
            np.testing.assert_array_equal(full, x)
            for name in names:
                for words in [], ['--skip', 20, '--take', 50], ['--divide', 2], ['--binarize', 'threshold'], ['--binarize', 'sample']:
                    np.testing.assert_array_equal(self.read(name, *words)[0], self.read('x.npy', *words)[0])
                    self.assertEqual(self.read(name, *words)[1], self.read('x.npy', *words)[1])
            self.path('zero.svm').write_text(svmlight_text(x, first=0))
            np.testing.assert_array_equal(self.read('zero.svm')[0], x)

    def test_archives_of_arrays(self):
        a, b = np.arange(12.).reshape(3, 4), np.eye(5)
        np.savez(self.path('one.npz'), a=a)
        np.testing.assert_array_equal(self.read('one.npz')[0], a)
        for save in np.savez, np.savez_compressed:
            save(self.path('two.npz'), a=a, b=b)
            self.fails(3, 'rbm-data', 'two.npz', '--output', '-', saying='two.npz:a')
            np.testing.assert_array_equal(self.read('two.npz:b')[0], b)
        self.fails(3, 'rbm-data', 'two.npz:c', '--output', '-', saying='found no array "c"')
        self.fails(1, 'rbm-data', 'none.npz:c', '--output', '-', saying='none.npz')
        self.ok('rbm-train', 'two.npz:b', '--hidden', 2, '--epochs', 1, '--output', 'run')

    @unittest.skipIf(scipy is None, 'needs python3-scipy')
    def test_what_scipy_writes_is_read(self):
        x = words_of_documents(ones=False)
        for kind in 'csr', 'csc', 'coo':
            for compressed in True, False:
                scipy.sparse.save_npz(self.path('s.npz'), scipy.sparse.csr_matrix(x).asformat(kind), compressed)
                np.testing.assert_array_equal(self.read('s.npz')[0], x)
        scipy.sparse.save_npz(self.path('s.npz'), scipy.sparse.bsr_matrix(x))
        self.fails(3, 'rbm-data', 's.npz', '--output', '-', saying='tocsr')
        scipy.sparse.save_npz(self.path('b.npz'), scipy.sparse.csr_matrix(x != 0))
        np.testing.assert_array_equal(self.read('b.npz')[0], x != 0)
        for matrix in scipy.sparse.csr_matrix(x), x:
            scipy.io.mmwrite(str(self.path('m.mtx')), matrix)
            np.testing.assert_allclose(self.read('m.mtx')[0], x, rtol=1e-6)

    @unittest.skipIf(scipy is None, 'needs python3-scipy')
    def test_scipy_reads_what_is_written(self):
        x = words_of_documents(ones=False)
        for name in self.write('x', x) + ['x.npy']:
            self.ok('rbm-data', name, '--output', 'w.npz', '--force')
            matrix = scipy.sparse.load_npz(self.path('w.npz'))
            self.assertEqual((matrix.format, matrix.dtype, matrix.shape, matrix.nnz), ('csr', np.float32, x.shape, (x != 0).sum()))
            self.assertTrue(matrix.has_canonical_format)
            np.testing.assert_array_equal(matrix.toarray(), x)

    def test_what_is_written_reads_back(self):
        for ones in True, False:
            x = words_of_documents(ones=ones)
            labels = np.arange(len(x)) % 3 - 1.5
            self.write('x', x)
            self.path('l.svm').write_text(svmlight_text(x, labels=labels))
            for name in 'w.npz', 'w.svm', 'w.svmlight', 'w.svm.gz':
                self.ok('rbm-data', 'x.npz', '--output', name, '--force')
                np.testing.assert_array_equal(self.read(name)[0], x)
            self.ok('rbm-data', 'l.svm', '--skip', 3, '--take', 80, '--output', 'w.svm', '--force')
            found = [float(line.split()[0]) for line in self.path('w.svm').read_text().splitlines()]
            self.assertEqual(found, list(labels[3:83]))
        np.save(self.path('gap.npy'), np.array([[1, np.nan]]))
        self.fails(3, 'rbm-data', 'gap.npy', '--missing', 'nan', '--output', 'g.npz', saying='sparse files know none')
        self.fails(2, 'rbm-data', 'x.npz', '--output', 'w.npz.gz', saying='.npz')

    def test_training_gives_the_same_bytes(self):
        words = ['--hidden', 6, '--epochs', 3, '--batch-size', 10, '--seed', 4]
        for ones, more in [(True, []), (False, []), (False, ['--binarize', 'sample']), (False, ['--binarize', 'none', '--algorithm', 'cd']),
                           (True, ['--visible-units', 'spin']), (True, ['--algorithm', 'nce']), (True, ['--track-likelihood', 1])]:
            x = words_of_documents(ones=ones)
            names = self.write('x', x)
            self.write('y', words_of_documents(30, ones=ones, seed=8))
            self.ok('rbm-train', 'x.npy', *words, *more, '--validation', 'y.npy', '--output', 'full', '--force')
            for name in names:
                self.ok('rbm-train', name, *words, *more, '--validation', 'y' + name[1:], '--output', 'sparse', '--force')
                for file in 'model.safetensors', 'reconstructions.png':
                    self.assertEqual(self.path('sparse/' + file).read_bytes(), self.path('full/' + file).read_bytes(), (name, more))
            self.assertEqual(*(self.ok('rbm-score', 'full/model.safetensors', name) for name in ('x.npy', 'x.npz')))

    def test_gaussian_training_agrees(self):
        self.write('x', words_of_documents(ones=False))
        for name in 'x.npy', 'x.npz':
            self.ok('rbm-train', name, '--visible-units', 'gaussian', '--hidden', 4, '--epochs', 2, '--output', name[2:])
        full, sparse = (tensors_in(self.path(name + '/model.safetensors').read_bytes()) for name in ('npy', 'npz'))
        self.assertEqual(set(full), set(sparse))
        for name in full:
            np.testing.assert_allclose(full[name], sparse[name], rtol=1e-4, atol=1e-5)

    def test_resume_knows_the_data(self):
        self.write('x', words_of_documents())
        self.write('y', words_of_documents(seed=9))
        words = ['--hidden', 4, '--epochs', 2, '--output', 'run']
        self.ok('rbm-train', 'x.npz', *words)
        self.ok('rbm-train', 'x.mtx', '--epochs', 3, '--output', 'run', '--resume')
        refused = self.run_program('rbm-train', 'y.npz', '--epochs', 4, '--output', 'run', '--resume')
        self.assertEqual(refused.returncode, 3)
        self.assertIn(b'y.npz: other data (fingerprint ', refused.stderr)

    def test_columns_that_a_file_does_not_mention_are_0(self):
        x = words_of_documents()
        self.write('x', x)
        self.ok('rbm-train', 'x.svm', '--hidden', 4, '--epochs', 1, '--output', 'run')
        part = x[:50]  # without the last column
        self.path('part.svm').write_text(svmlight_text(part))
        np.save(self.path('part.npy'), part)
        said = self.run_program('rbm-score', 'run/model.safetensors', 'part.svm', '--output', 's.csv')
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn(b"the last 1 of the model's columns do not occur", said.stderr)
        self.assertEqual(self.path('s.csv').read_bytes(), self.ok('rbm-score', 'run/model.safetensors', 'part.npy'))
        self.ok('rbm-train', 'x.svm', '--validation', 'part.svm', '--hidden', 4, '--epochs', 1, '--output', 'other')
        self.path('wide.svm').write_text('0 41:1\n')
        self.fails(3, 'rbm-score', 'run/model.safetensors', 'wide.svm', saying='41 columns, the model has 40')

    def test_labels_in_front_of_the_rows(self):
        x = words_of_documents()
        labels = np.where(x[:, :20].sum(1) > x[:, 20:].sum(1), 1, -1)
        self.path('x.svm').write_text(svmlight_text(x, labels=labels))
        self.path('part.svm').write_text(svmlight_text(x[:50], labels=labels[:50]))
        np.save(self.path('labels.npy'), (labels > 0).astype(np.int64))
        np.save(self.path('x.npy'), x)
        words = ['--hidden', 4, '--epochs', 2, '--output']
        self.ok('rbm-train', 'x.svm', '--labels', 'x.svm', '--validation', 'part.svm', '--validation-labels', 'part.svm', *words, 'a')
        np.save(self.path('part.npy'), x[:50])
        np.save(self.path('part-labels.npy'), (labels[:50] > 0).astype(np.int64))
        self.ok('rbm-train', 'x.npy', '--labels', 'labels.npy', '--validation', 'part.npy', '--validation-labels', 'part-labels.npy', *words, 'b')
        self.assertEqual(self.path('a/model.safetensors').read_bytes(), self.path('b/model.safetensors').read_bytes())
        self.ok('rbm-score', 'a/model.safetensors', 'part.svm', '--classify', '--labels', 'part.svm', '--output', 's.csv')

    def test_ratings(self):
        random = np.random.default_rng(5)
        stars = np.where(random.random((30, 50)) < 0.2, random.integers(1, 11, (30, 50)) / 2, 0)
        stars[:, 7], stars[3, :] = 4, 5
        lines = [f'{u * 10},{"film " + str(i)},{stars[u, i]},99\n' for u, i in zip(*np.nonzero(stars))]
        random.shuffle(lines)
        self.path('r.csv').write_text('userId,movieId,rating,timestamp\n' + ''.join(lines))
        columns = sorted({f'film {i}' for i in np.nonzero(stars)[1]})
        expected = stars[:, [int(name[5:]) for name in columns]]
        words = ['--triples', 'userId,movieId,rating']
        np.testing.assert_array_equal(self.read('r.csv', *words)[0], expected)
        self.ok('rbm-data', 'r.csv', *words, '--binarize', 'threshold', '--threshold', 3.5, '--output', 'r.npz')
        with np.load(self.path('r.npz')) as found:
            self.assertEqual(list(found['column_names']), columns)
            self.assertEqual(list(found['row_names']), [str(u * 10) for u in range(30)])
        np.testing.assert_array_equal(self.read('r.npz')[0], expected >= 4)
        self.ok('rbm-data', 'r.csv', *words, '--skip', 10, '--take', 5, '--output', 'part.npz')
        with np.load(self.path('part.npz')) as found:
            self.assertEqual(list(found['row_names']), [str(u * 10) for u in range(10, 15)])
        self.ok('rbm-train', 'r.npz', '--hidden', 3, '--epochs', 2, '--output', 'run')
        self.ok('rbm-dream', 'run/model.safetensors', '--chains', 2, '--output', 'd.npy')
        self.assertEqual(self.array('d.npy').shape, (1, 2, len(columns)))
        self.fails(3, 'rbm-data', 'r.csv', *words, '--binarize', 'threshold', '--output', 'e.npz', saying='expected a value in [0, 1]')
        self.fails(3, 'rbm-data', 'r.csv', '--triples', 'user,movieId', '--output', 'e.npz', saying='found no column "user"')
        self.fails(2, 'rbm-data', 'r.csv', '--triples', 'userId', '--output', 'e.npz', saying='expected two or three')
        self.fails(2, 'rbm-data', 'bars-and-stripes', '--triples', '1,2', '--output', 'e.npz', saying='is for files')
        seen = self.read('r.csv', '--triples', 'userId,movieId')[0]
        np.testing.assert_array_equal(seen, expected > 0)


if __name__ == '__main__':
    main()
