# SPDX-License-Identifier: MIT
"""Families of sequences: FASTA in and out, their letters in the model, their weights."""
import gzip
import json
import math

import numpy as np
from app_testing import AppTest, main

PROTEIN = '-ACDEFGHIKLMNPQRSTVWY'


def family(rows, sites, seed):
    """Codes of a small Potts model: sites hold a letter of their own, and neighbours in pairs go together."""
    rng = np.random.default_rng(seed)
    own = rng.integers(1, 21, (2, sites))
    codes = np.empty((rows, sites), int)
    for pair in range(0, sites, 2):
        kind = rng.integers(0, 2, rows)  # both sites of a pair are of the same kind
        for site in (pair, pair + 1):
            codes[:, site] = own[kind, site]
    noise = rng.random(codes.shape) < 0.05
    codes[noise] = rng.integers(0, 21, noise.sum())
    return codes


def fasta(codes, letters=PROTEIN):
    return ''.join(f'>s{n} made\n{"".join(letters[c] for c in row)}\n' for n, row in enumerate(codes)).encode()


class Sequences(AppTest):
    def metadata(self, name):
        raw = self.path(name).read_bytes()
        return json.loads(raw[8:8 + int.from_bytes(raw[:8], 'little')])['__metadata__']

    def records(self, name):
        lines = self.path(name).read_text().splitlines()
        self.assertTrue(all(line.startswith('>') for line in lines[::2]))
        return [line[1:] for line in lines[::2]], lines[1::2]

    def train(self, data='family.fasta', output='run', *words):
        done = self.run_program('rbm-train', data, '--output', output, '--hidden', 16, *([] if '--epochs' in words else ['--epochs', 30]), *words)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stderr.decode()

    def test_from_file_to_dream(self):
        codes = family(400, 12, 1)
        self.path('family.fasta').write_bytes(fasta(codes))
        said = self.train('family.fasta', 'run', '--epochs', 400)
        self.assertIn('family.fasta: 400 sequences of 12 sites; protein, 21 letters: ' + PROTEIN, said)
        self.assertIn('family.fasta: one of 12 potts units for each site, with 21 states', said)
        metadata = self.metadata('run/model.safetensors')
        self.assertEqual((metadata['visible.units'], metadata['visible.states'], metadata['data.letters']), ('potts', '21', PROTEIN))
        self.assertEqual(json.loads(self.ok('rbm-inspect', 'run/model.safetensors', '--json'))['letters'], PROTEIN)
        self.ok('rbm-dream', 'run/model.safetensors', '--output', 'dreams.fasta', '--chains', 40, '--steps', 300, '--every', 200)
        titles, dreams = self.records('dreams.fasta')
        self.assertEqual(titles, [f'chain{c}_step{s}' for s in (200, 300) for c in range(1, 41)])
        self.assertTrue(all(len(text) == 12 and set(text) <= set(PROTEIN) for text in dreams))
        # Pairs of sites were learned: in most dreams both are of one kind.
        own = [{(a, b) for a, b in zip(*codes[:, pair:pair + 2].T) if ((codes[:, pair] == a) & (codes[:, pair + 1] == b)).mean() > 0.2}
               for pair in range(0, 12, 2)]
        good = np.mean([(PROTEIN.index(text[2 * p]), PROTEIN.index(text[2 * p + 1])) in own[p] for text in dreams for p in range(6)])
        self.assertGreater(good, 0.6)
        # The dreams are sequences again, and arrays hold the same.
        self.ok('rbm-score', 'run/model.safetensors', 'dreams.fasta')
        self.ok('rbm-reconstruct', 'run/model.safetensors', 'family.fasta', '--output', 'whole.fasta')
        self.ok('rbm-reconstruct', 'run/model.safetensors', 'family.fasta', '--output', 'whole.npy')
        titles, whole = self.records('whole.fasta')
        self.assertEqual(titles, [f'sequence{i + 1}' for i in range(400)])
        best = self.array('whole.npy').reshape(400, 12, 21).argmax(2)
        self.assertEqual(whole, [''.join(PROTEIN[c] for c in row) for row in best])
        self.fails(2, 'rbm-reconstruct', 'run/model.safetensors', 'family.fasta', '--hidden', '--output', 'h.fasta',
                   saying='features are no sequences')
        self.save_model('plain.safetensors', weights=np.zeros((12, 2)))
        self.save_array('bits.npy', np.zeros((3, 12)))
        self.fails(2, 'rbm-reconstruct', 'plain.safetensors', 'bits.npy', '--output', 'b.fasta', saying='have no letters')
        self.ok('rbm-dream', 'run/model.safetensors', '--output', 'dreams.npy', '--chains', 40, '--steps', 300, '--every', 200)
        sites = self.array('dreams.npy').reshape(-1, 12, 21).argmax(2)
        self.assertEqual([''.join(PROTEIN[c] for c in row) for row in sites], dreams)

    def test_forms_of_one_alignment(self):
        codes = family(60, 8, 2)
        self.path('family.fasta').write_bytes(fasta(codes))
        self.path('family.fasta.gz').write_bytes(gzip.compress(fasta(codes)))
        self.path('small.fa').write_bytes(fasta(codes).lower().replace(b'\n', b'\r\n'))
        text = fasta(codes).decode().split('\n')
        self.path('inserts.a3m').write_text('\n'.join(line if line.startswith('>') or n % 3 else line[:3] + 'acd' * (n % 2) + line[3:]
                                                      for n, line in enumerate(text)))
        self.save_array('codes.npy', codes.astype('u1'))
        self.save_array('one_hot.npy', np.eye(21)[codes].reshape(60, -1).astype('u1'))
        self.train()
        scores = [self.ok('rbm-score', 'run/model.safetensors', name)
                  for name in ('family.fasta', 'family.fasta.gz', 'small.fa', 'inserts.a3m', 'codes.npy', 'one_hot.npy')]
        self.assertEqual(len(set(scores)), 1)
        self.ok('rbm-data', 'family.fasta', '--output', 'converted.npy')
        self.assertTrue((self.array('converted.npy') == codes).all())
        self.ok('rbm-data', 'family.fasta', '--skip', 10, '--take', 5, '--output', 'some.fasta')
        self.assertEqual(self.records('some.fasta')[1], [''.join(PROTEIN[c] for c in row) for row in codes[10:15]])
        self.fails(3, 'rbm-data', 'codes.npy', '--output', 'x.fasta', saying='codes.npy: holds no sequences')

    def test_refusals(self):
        good = fasta(family(20, 6, 3))
        self.path('family.fasta').write_bytes(good)
        self.path('short.fasta').write_bytes(good + b'>last\nMK\n')
        self.path('unknown.fasta').write_bytes(good + b'>last\nMKXLVA\n')
        self.path('rna.fasta').write_bytes(b'>a\nACGU-A\n>b\nACGUUA\n')
        self.path('dna.fasta').write_bytes(b'>a\nACGT-A\n>b\nACGTTA\n')
        self.path('table.csv').write_text('0,1\n1,0\n')
        new = '--output', 'new', '--epochs', 1
        self.fails(3, 'rbm-train', 'short.fasta', *new, saying=("short.fasta:41: sequence 21 ('last')", 'found 2 letters, expected 6', 'aligned'))
        self.fails(3, 'rbm-train', 'unknown.fasta', *new, saying=("sequence 21 ('last'), site 3: found 'X'", PROTEIN, '--missing nan'))
        self.ok('rbm-train', 'unknown.fasta', '--output', 'holes', '--epochs', 1, '--missing', 'nan')
        self.fails(2, 'rbm-train', 'family.fasta', *new, '--visible-units', 'gaussian', saying=('--visible-units', '21 letters'))
        self.fails(2, 'rbm-train', 'family.fasta', *new, '--visible-units', 'potts', '--visible-states', 20, saying='--visible-states')
        self.fails(2, 'rbm-train', 'family.fasta', *new, '--binarize', 'sample', saying='--binarize')
        self.fails(2, 'rbm-train', 'family.fasta', *new, '--alphabet', 'AA', saying=('--alphabet', 'protein, dna, rna'))
        self.fails(3, 'rbm-train', 'family.fasta', *new, '--alphabet', 'dna', saying='expected one of the letters -ACGT')
        self.fails(2, 'rbm-train', 'table.csv', *new, '--alphabet', 'dna', saying=('--alphabet', 'table.csv is not FASTA'))
        self.ok('rbm-train', 'dna.fasta', '--output', 'dna', '--epochs', 1)
        self.assertEqual(self.metadata('dna/model.safetensors')['data.letters'], '-ACGT')
        self.fails(3, 'rbm-score', 'dna/model.safetensors', 'rna.fasta', saying='found U, expected one of the letters -ACGT')
        self.fails(3, 'rbm-score', 'dna/model.safetensors', 'family.fasta', saying='expected one of the letters -ACGT')
        self.save_model('bits.safetensors', np.zeros((6, 2)))
        self.fails(3, 'rbm-score', 'bits.safetensors', 'dna.fasta', saying='holds sequences of 5 letters')
        self.fails(2, 'rbm-dream', 'bits.safetensors', '--output', 'd.fasta', saying='knows no letters')
        self.fails(2, 'rbm-dream', 'dna/model.safetensors', '--output', 'd.fasta', '--means', saying='--means')

    def test_gaps_may_be_missing(self):
        codes = family(60, 6, 4)
        codes[3, 2] = 0
        self.path('family.fasta').write_bytes(fasta(codes))
        self.train('family.fasta', 'run', '--gaps', 'missing')
        model = 'run/model.safetensors'
        self.assertEqual(self.metadata(model)['data.letters'], PROTEIN[1:])
        self.fails(3, 'rbm-score', model, 'family.fasta', saying='--missing nan')
        scores = self.ok('rbm-score', model, 'family.fasta', '--missing', 'nan')
        self.assertEqual(len(scores.splitlines()), 61)
        self.ok('rbm-dream', model, '--output', 'd.fasta')
        self.assertNotIn('-', ''.join(self.records('d.fasta')[1]))
        self.ok('rbm-train', '--output', 'run', '--resume', '--epochs', 31)

    def test_sequence_weights(self):
        codes = family(300, 20, 5)
        self.path('family.fasta').write_bytes(fasta(codes))
        for share in (0.8, 0.55, 1):
            agree = (codes[:, None] == codes[None]).sum(2) >= math.ceil(share * 20 - 1e-9)
            done = self.run_program('rbm-data', 'family.fasta', '--sequence-weights', share, '--output', 'w.npy', '--force')
            self.assertEqual((done.returncode, done.stdout), (0, b''), done.stderr)
            self.assertEqual(self.array('w.npy').tolist(), (1 / agree.sum(1)).tolist())
            self.assertIn(f'effective number of sequences: {(1 / agree.sum(1)).sum():.2f} of 300'.encode(), done.stderr)
        self.ok('rbm-data', 'family.fasta', '--sequence-weights', 0.8, '--output', 'w.csv')
        self.ok('rbm-data', 'family.fasta', '--sequence-weights', 0.8, '--output', 'w.npy', '--force')
        self.assertEqual(np.loadtxt(self.path('w.csv'), skiprows=1).tolist(), self.array('w.npy').tolist())
        told = json.loads(self.ok('rbm-data', 'family.fasta', '--sequence-weights', 0.8, '--output', 'some.npy', '--take', 100, '--json'))
        self.assertEqual((told['rows'], told['columns'], told['identity']), (100, 20, 0.8))
        self.assertAlmostEqual(told['effective_rows'], self.array('some.npy').sum(), 12)
        for output in ('weighed', 'again'):
            self.train('family.fasta', output, '--sample-weights', 'w.npy' if output == 'weighed' else 'w.csv')
        self.assertEqual(self.path('weighed/model.safetensors').read_bytes(), self.path('again/model.safetensors').read_bytes())
        self.fails(2, 'rbm-data', 'family.fasta', '--sequence-weights', 0.8, '--output', 'x.png', saying='.npy or .csv')
        self.fails(2, 'rbm-data', 'family.fasta', '--sequence-weights', 1.5, '--output', 'x.npy', saying='--sequence-weights')
        self.fails(2, 'rbm-data', 'family.fasta', '--sequence-weights', 0.8, '--divide', 2, '--output', 'x.npy', saying='--divide')
        self.save_array('grey.npy', np.full((3, 4), 0.5))
        self.fails(3, 'rbm-data', 'grey.npy', '--sequence-weights', 0.8, '--output', 'x.npy', saying='row 1, column 1: found 0.5')

    def test_weights_are_repeated_sequences(self):
        """By exact training, where nothing is drawn: the optimum is the same."""
        exact = '--algorithm', 'exact', '--hidden', 2, '--restarts', 3, '--epochs', 200
        rows = [b'>a\nAC-\n', b'>b\nGTA\n', b'>c\nTTT\n']
        self.path('once.fasta').write_bytes(b''.join(rows))
        self.path('twice.fasta').write_bytes(rows[0] + b''.join(rows))
        self.save_array('w.npy', np.array([2.0, 1, 1]))
        self.ok('rbm-train', 'twice.fasta', '--output', 'twice', *exact)
        self.ok('rbm-train', 'once.fasta', '--output', 'weighed', *exact, '--sample-weights', 'w.npy')
        self.ok('rbm-train', 'once.fasta', '--output', 'even', *exact)
        best = {run: json.loads(self.path(f'{run}/metrics.jsonl').read_text().splitlines()[-1])['best_log_likelihood']
                for run in ('twice', 'weighed', 'even')}
        self.assertAlmostEqual(best['twice'], best['weighed'], 3)
        self.assertGreater(best['twice'], best['even'] + 0.03)

    def test_description(self):
        self.path('family.fasta').write_bytes(fasta(family(20, 6, 6)))
        told = json.loads(self.ok('rbm-data', 'family.fasta', '--describe', '--json'))
        self.assertEqual((told['format'], told['rows'], told['columns'], told['letters'], told['suggested_units']),
                         ('FASTA', 20, 6, PROTEIN, 'potts'))
        self.assertEqual(told['commands'], ['rbm-train family.fasta --output run', 'rbm-dream run/model.safetensors --output dreams.fasta'])
        self.save_array('spins.npy', np.array([[-1, 1], [1, 1]], 'i1'))
        self.save_array('halves.npy', np.array([[-.5, .5], [.5, .5]]))
        self.save_array('codes.npy', np.array([[0, 3], [1, 2]], 'i4'))
        self.save_array('hot.npy', np.eye(3)[[[0, 1], [2, 2]]].reshape(2, 6))
        self.save_array('grey.npy', np.array([[0, .25], [1, .75]]))
        self.save_array('bytes.npy', np.array([[0, 255], [1, 2]], 'u1'))
        self.save_array('any.npy', np.array([[-3.5, 1e6], [1, np.nan]], 'f4'))
        for name, units, options in (('spins', 'spin', ' --visible-units spin'), ('halves', 'spin', ' --visible-units spin'),
                                     ('codes', 'potts', ' --visible-units potts --visible-states 4'),
                                     ('hot', 'potts', ' --visible-units potts --visible-states 3'), ('grey', 'bernoulli', ''),
                                     ('bytes', 'bernoulli', ''), ('any', 'gaussian', ' --visible-units gaussian --missing nan')):
            told = json.loads(self.ok('rbm-data', f'{name}.npy', '--describe', '--json'))
            self.assertEqual(told['suggested_units'], units, name)
            changed = 'scaled.npy' if name in ('halves', 'bytes') else f'{name}.npy'
            self.assertIn(f'rbm-train {changed}{options} --output run', told['commands'], name)
        self.assertEqual((told['missing'], told['minimum'], told['maximum']), (1, -3.5, 1e6))
        self.assertFalse(told['visible_units']['bernoulli']['works'])
        text = self.ok('rbm-data', 'grey.npy', '--describe').decode()
        for piece in ('.npy', 'float64', '0 to 1', '2 values are neither 0 nor 1', 'rbm-train grey.npy --output run'):
            self.assertIn(piece, text)
        np.savez(self.path('all.npz'), x=np.eye(3), y=np.arange(3), names=np.array(['a', 'b']))
        told = json.loads(self.ok('rbm-data', 'all.npz', '--describe', '--json'))
        self.assertEqual(told['arrays'][:2], [{'name': 'x', 'shape': [3, 3], 'type': 'float64'},
                                              {'name': 'y', 'shape': [3], 'type': 'int64'}])
        self.assertEqual(told['commands'], ['rbm-data all.npz:x --describe'])
        text = self.ok('rbm-data', 'all.npz', '--describe').decode()
        self.assertIn('3 x 3 float64', text)
        self.path('words.svm').write_text('1 1:1 3:1\n-1 2:1\n')
        told = json.loads(self.ok('rbm-data', 'words.svm', '--describe', '--json'))
        self.assertIn('rbm-train words.svm --labels words.svm --output run-labels', told['commands'])
        self.fails(2, 'rbm-data', 'grey.npy', '--describe', '--divide', 2, saying='--divide')
        self.fails(2, 'rbm-data', 'grey.npy', '--describe', '--output', 'x.npy', saying='--output')
        self.fails(2, 'rbm-data', 'ising-ring', '--describe', saying='--describe')
        self.fails(2, 'rbm-data', 'grey.npy', saying='--output is missing')


if __name__ == '__main__':
    main()
