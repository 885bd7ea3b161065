# SPDX-License-Identifier: MIT
"""Tables as people have them, from file to dream: pandas writes them where it is there, else the test writes their text."""
import csv
import io
import json
import unittest

import numpy as np

from app_testing import AppTest, main

try:
    import pandas
except ImportError:
    pandas = None

TRAIN = '--hidden', 8, '--epochs', 3, '--quiet'


class Tables(AppTest):
    def put(self, name, text):
        self.path(name).write_text(text)

    def table(self, name):
        return list(csv.reader(io.StringIO(self.path(name).read_text())))

    def told(self, program, *words):
        """What a program that ends well writes to standard error."""
        done = self.run_program(program, *words)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stderr.decode()

    def made(self, text, *words):
        """The array that rbm-data makes of the table, and its notes."""
        self.put('t.csv', text)
        notes = self.told('rbm-data', 't.csv', *words, '--output', 't.npy', '--force')
        return self.array('t.npy'), notes

    # Small inputs that people really have.
    def test_header_of_integers(self):
        values, notes = self.made('0,1\n1,1\n0,0\n')
        np.testing.assert_array_equal(values, [[1, 1], [0, 0]])
        self.assertIn('--header no', notes)
        self.assertEqual(len(self.made('0,1\n1,1\n0,0\n', '--header', 'no')[0]), 3)
        self.assertEqual(len(self.made('7,9\n1,1\n0,0\n', '--header', 'yes')[0]), 2)

    def test_words_for_missing_values(self):
        text = 'a,b\n1,2\nNA,3\n2,4\n'
        np.testing.assert_array_equal(self.made(text, '--missing', 'nan')[0], [[1, 2], [np.nan, 3], [2, 4]])
        self.put('n.csv', text)
        self.fails(3, 'rbm-data', 'n.csv', '--output', 'x.npy', saying=("n.csv:3: column 1 (a): found 'NA'", 'NULL', '--missing nan'))

    def test_trailing_commas(self):
        values, notes = self.made('1,0,\n0,1,\n')
        np.testing.assert_array_equal(values, [[1, 0], [0, 1]])
        self.assertIn('column 3 has no name and is empty: left out', notes)

    def test_decimal_commas(self):
        for text in '1,5\t2,5\n3,5\t4,5\n', '1,5;2,5\n3,5;4,5\n', '1,5 2,5\n3,5 4,5\n':
            self.put('c.tsv', text)
            self.fails(3, 'rbm-data', 'c.tsv', '--output', 'x.npy', saying=('decimal comma', '--decimal-comma'))
            np.testing.assert_array_equal(self.made(text, '--decimal-comma')[0], [[1.5, 2.5], [3.5, 4.5]])

    def test_small_spread(self):
        """Standardised in double: the score of a row is that of the row without the large part of its column."""
        rows = [(10000001, 1), (10000003, 2), (10000005, 1), (10000009, 3)]
        for name, offset in ('g', 0), ('near', 10000000):
            self.put(f'{name}.csv', ''.join(f'{a - offset},{b}\n' for a, b in rows))
            text = self.told('rbm-train', f'{name}.csv', '--visible-units', 'gaussian', '--hidden', 4, '--epochs', 5, '--output', name)
            self.assertNotIn('without spread', text)
            self.ok('rbm-score', f'{name}/model.safetensors', f'{name}.csv', '--output', f'{name}.npy')
        np.testing.assert_allclose(self.array('g.npy'), self.array('near.npy'), atol=1e-4)
        self.put('row.csv', '10000009,3\n')
        self.ok('rbm-score', 'g/model.safetensors', 'row.csv', '--output', 'row.npy')
        self.assertEqual(self.array('row.npy')[0], self.array('g.npy')[3])
        self.save_array('g8.npy', np.array(rows, float))
        self.ok('rbm-score', 'g/model.safetensors', 'g8.npy', '--output', 'again.npy')
        np.testing.assert_array_equal(self.array('again.npy'), self.array('g.npy'))
        self.ok('rbm-dream', 'g/model.safetensors', '--chains', 20, '--steps', 10, '--output', 'd.csv')
        large = np.array([float(row[0]) for row in self.table('d.csv')[1:]])
        self.assertLess(np.abs(large - 10000004.5).max(), 60)
        self.assertGreater(len(set(large % 1)), 5, 'the digits behind the point are lost')

    # Columns.
    def test_columns_are_found_by_name(self):
        random = np.random.default_rng(1)
        values = random.normal(size=(60, 3)) * [1, 5, 20] + [0, 10, -3]
        self.put('train.csv', 'id,age,height,score\n' + ''.join(f'{100 + i},{a},{b},{c}\n' for i, (a, b, c) in enumerate(values)))
        self.ok('rbm-train', 'train.csv', '--visible-units', 'gaussian', '--drop', 'id', '--output', 'run', *TRAIN)
        model = 'run/model.safetensors'
        facts = json.loads(self.ok('rbm-inspect', model, '--json'))
        self.assertEqual([column['name'] for column in facts['columns']], ['age', 'height', 'score'])
        self.ok('rbm-score', model, 'train.csv', '--drop', 'id', '--output', 'a.npy')
        self.put('swapped.csv', 'score,id,age,height\n' + ''.join(f'{c},{i},{a},{b}\n' for i, (a, b, c) in enumerate(values)))
        notes = self.told('rbm-score', model, 'swapped.csv', '--output', 'b.npy')
        self.assertIn('left out what the model does not know: id', notes)
        self.assertIn('order', notes)
        np.testing.assert_array_equal(self.array('a.npy'), self.array('b.npy'))
        self.put('lacking.csv', 'age,weight,score\n1,2,3\n')
        self.fails(3, 'rbm-score', model, 'lacking.csv', saying=('lacks 1 of the 3 columns', 'height'))
        self.fails(3, 'rbm-score', model, 'train.csv', '--keep', 'agee', saying=("no column 'agee'", 'age'))
        self.ok('rbm-reconstruct', model, 'swapped.csv', '--output', 'r.csv')
        self.assertEqual(self.table('r.csv')[0], ['age', 'height', 'score'])
        self.assertEqual(len(self.table('r.csv')), 61)
        self.ok('rbm-reconstruct', model, 'swapped.csv', '--hidden', '--output', 'h.csv')
        self.assertEqual(self.table('h.csv')[0], [f'h{j}' for j in range(1, 9)])

    def test_no_words_for_models_of_numbers(self):
        self.save_model('m.safetensors', np.zeros((2, 2)))
        self.put('w.csv', 'a,b\nx,1\ny,0\n')
        self.fails(3, 'rbm-score', 'm.safetensors', 'w.csv', saying=('a holds words', '--drop'))

    def test_labels_in_a_column(self):
        random = np.random.default_rng(2)
        bits = random.integers(0, 2, size=(80, 6))
        words = np.where(bits.sum(axis=1) > 3, 'many', 'few')
        text = 'p1,p2,p3,what,p4,p5,p6\n' + ''.join(
            ','.join(map(str, [*row[:3], word, *row[3:]])) + '\n' for row, word in zip(bits, words))
        self.put('l.csv', text)
        self.ok('rbm-train', 'l.csv', '--label-column', 'what', '--algorithm', 'discriminative', '--validation', 'l.csv',
                '--output', 'run', '--hidden', 8, '--epochs', 30, '--quiet')
        self.ok('rbm-score', 'run/model.safetensors', 'l.csv', '--classify', '--label-column', 'what', '--output', 's.csv')
        head, *rows = self.table('s.csv')
        self.assertIn('probability_many', head)
        found = [row[head.index('label')] for row in rows]
        self.assertLessEqual(set(found), {'few', 'many'})
        self.assertGreater(np.mean(np.array(found) == words), 0.9)
        self.ok('rbm-dream', 'run/model.safetensors', '--chains', 9, '--steps', 5, '--output', 'd.csv')
        head, *rows = self.table('d.csv')
        self.assertEqual(head, ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'what'])
        self.assertLessEqual({row[-1] for row in rows}, {'few', 'many'})
        self.put('words.txt', '\n'.join(words) + '\n')
        self.ok('rbm-score', 'run/model.safetensors', 'l.csv', '--classify', '--labels', 'words.txt', '--output', 't.csv')
        self.assertEqual(self.table('t.csv'), self.table('s.csv'))
        self.fails(3, 'rbm-train', 'l.csv', '--label-column', 'which', '--output', 'x', saying="no column 'which'")

    # Words.
    CATEGORIES = 'colour,size,alive\n' + 12 * ('red,small,True\nblue,large,False\ngreen,large,True\nred,middle,True\n'
                                               'blue,tiny,False\n')

    def test_categories_come_back_as_words(self):
        self.put('c.csv', self.CATEGORIES)
        notes = self.told('rbm-train', 'c.csv', '--visible-units', 'auto', '--output', 'run', '--hidden', 4, '--epochs', 20)
        self.assertIn('potts', notes)
        self.assertIn('sites of 4 states', notes)
        self.ok('rbm-dream', 'run/model.safetensors', '--chains', 200, '--steps', 20, '--output', 'd.csv')
        head, *rows = self.table('d.csv')
        self.assertEqual(head, ['colour', 'size', 'alive'])
        self.assertLessEqual({row[0] for row in rows}, {'red', 'blue', 'green'})
        self.assertLessEqual({row[2] for row in rows}, {'True', 'False'})
        # No dream is in a state that a column does not have.
        self.ok('rbm-dream', 'run/model.safetensors', '--chains', 500, '--steps', 20, '--output', 'd.npy')
        ones = self.array('d.npy').reshape(500, 3, 4).sum(axis=0)
        self.assertEqual((ones[0, 3], ones[2, 2], ones[2, 3]), (0, 0, 0))
        self.ok('rbm-score', 'run/model.safetensors', 'd.csv', '--output', 's.npy')
        self.assertEqual(len(self.array('s.npy')), 200)
        self.put('new.csv', 'alive,size,colour\nTrue,small,pink\n')
        self.fails(3, 'rbm-score', 'run/model.safetensors', 'new.csv', saying=("found 'pink'", 'blue, green, red'))
        self.put('gap.csv', 'alive,size,colour\nTrue,small,\nFalse,,blue\n')
        self.ok('rbm-reconstruct', 'run/model.safetensors', 'gap.csv', '--missing', 'nan', '--output', 'r.csv')
        head, *rows = self.table('r.csv')
        self.assertEqual((rows[0][1:], rows[1][0], rows[1][2]), (['small', 'True'], 'blue', 'False'))

    def test_states_without_a_word_count_nowhere(self):
        rows = [('red', 'yes'), ('green', 'no'), ('blue', 'yes'), ('red', 'no')] * 10
        self.put('d.csv', 'colour,ok\n' + ''.join(f'{a},{b}\n' for a, b in rows))
        self.ok('rbm-train', 'd.csv', '--visible-units', 'potts', '--hidden', 3, '--epochs', 3, '--output', 'run')
        model = 'run/model.safetensors'
        self.ok('rbm-dream', model, '--beta', 1e-6, '--steps', 2, '--chains', 200, '--output', 'd2.csv')
        seen = {tuple(row) for row in self.table('d2.csv')[1:]}
        self.assertEqual(seen, {(a, b) for a in ('red', 'green', 'blue') for b in ('yes', 'no')})
        parameters = json.loads(self.ok('rbm-inspect', model, '--json'))['parameters']['visible.bias']
        self.assertGreater(parameters['minimum'], -100)
        self.assertEqual(parameters['count'], 6)

    def test_auto_names_what_does_not_fit(self):
        self.put('mixed.csv', 'age,city\n' + ''.join(f'{i + 0.5},{"abc"[i % 3]}\n' for i in range(40)))
        self.fails(3, 'rbm-train', 'mixed.csv', '--visible-units', 'auto', '--output', 'run', saying=('city', 'age', '--drop'))
        self.fails(3, 'rbm-train', 'mixed.csv', '--output', 'run', saying=('city', 'bernoulli', '--drop'))
        self.assertIn('gaussian', self.told('rbm-train', 'mixed.csv', '--visible-units', 'auto', '--drop', 'city', '--output', 'run',
                                            '--hidden', 2, '--epochs', 1))
        self.put('names.csv', 'n,kind\n' + ''.join(f'name{i},{"ab"[i % 2]}\n' for i in range(40)))
        self.fails(3, 'rbm-train', 'names.csv', '--visible-units', 'auto', '--output', 'run2', saying=('n holds text', '--drop'))

    # What people download and export.
    def test_kaggle(self):
        random = np.random.default_rng(3)
        pixels = random.integers(0, 256, size=(60, 16))
        self.put('train.csv', 'label,' + ','.join(f'pixel{i}' for i in range(16)) + '\n' +
                 ''.join(f'{i % 10},' + ','.join(map(str, row)) + '\n' for i, row in enumerate(pixels)))
        self.fails(3, 'rbm-train', 'train.csv', '--output', 'run', saying=('--label-column label', '--drop label'))
        told = json.loads(self.ok('rbm-data', 'train.csv', '--describe', '--json'))
        self.assertEqual((told['label_column'], told['columns'], told['names'][0], told['suggested_units'], told['image_height']),
                         ('label', 16, 'pixel0', 'bernoulli', 4))
        self.assertEqual(told['commands'][0], 'rbm-train train.csv --label-column label --output run')
        notes = self.told('rbm-train', 'train.csv', '--label-column', 'label', '--output', 'run', '--hidden', 8, '--epochs', 2)
        self.assertIn('divided by 255', notes)
        self.ok('rbm-dream', 'run/model.safetensors', '--chains', 4, '--steps', 5, '--output', 'dreams.png')
        self.put('test.csv', ','.join(f'pixel{i}' for i in range(16)) + '\n' + ''.join(','.join(map(str, row)) + '\n' for row in pixels))
        self.ok('rbm-score', 'run/model.safetensors', 'test.csv', '--classify', '--output', 's.csv')
        self.assertEqual(len(self.table('s.csv')), 61)

    @unittest.skipIf(pandas is None, 'needs pandas')
    def test_pandas(self):
        random = np.random.default_rng(4)
        frame = pandas.DataFrame({'colour': random.choice(['red', 'green', 'blue'], 50), 'ok': random.random(50) < 0.5,
                                  'size': pandas.Categorical(random.choice(['S', 'M', 'L', 'XL'], 50))})
        frame.to_csv(self.path('frame.csv'))
        notes = self.told('rbm-train', 'frame.csv', '--visible-units', 'auto', '--output', 'run', '--hidden', 4, '--epochs', 3)
        self.assertIn('an index, left out', notes)
        self.ok('rbm-dream', 'run/model.safetensors', '--chains', 30, '--steps', 5, '--output', 'd.csv')
        dreams = pandas.read_csv(self.path('d.csv'))
        self.assertEqual(list(dreams.columns), ['colour', 'ok', 'size'])
        self.assertEqual(dreams['ok'].dtype, bool)
        self.assertLessEqual(set(dreams['size']), {'S', 'M', 'L', 'XL'})
        frame.sample(frac=1, random_state=5).to_csv(self.path('shuffled.csv'))
        self.ok('rbm-score', 'run/model.safetensors', 'shuffled.csv', '--output', 's.npy')
        array = pandas.DataFrame(random.integers(0, 2, size=(9, 5)))
        for index in True, False:
            array.to_csv(self.path('array.csv'), index=index)
            self.ok('rbm-data', 'array.csv', '--output', 'array.npy', '--force')
            np.testing.assert_array_equal(self.array('array.npy'), array.to_numpy())
        gaps = pandas.DataFrame({'a': [1, None, 3], 'b': [None, 'x', 'y']})
        gaps.to_csv(self.path('gaps.csv'), index=False, na_rep='NULL')
        self.ok('rbm-data', 'gaps.csv', '--missing', 'nan', '--output', 'gaps.npy')
        np.testing.assert_array_equal(self.array('gaps.npy'), [[1, np.nan], [np.nan, 0], [3, 1]])
        for separator, decimal in (';', ','), ('\t', ','), ('\t', '.'):
            numbers = pandas.DataFrame(random.normal(size=(7, 3)), columns=['x', 'y', 'z'])
            numbers.to_csv(self.path('numbers.csv'), sep=separator, decimal=decimal, index=False)
            self.ok('rbm-data', 'numbers.csv', *(['--decimal-comma'] if decimal == ',' else []), '--output', 'n.npy', '--force')
            np.testing.assert_array_equal(self.array('n.npy'), numbers.to_numpy().astype(np.float32))

    def test_resume_and_composition(self):
        self.put('c.csv', self.CATEGORIES)
        words = '--visible-units', 'auto', '--hidden', 4
        self.ok('rbm-train', 'c.csv', *words, '--epochs', 6, '--output', 'whole', '--quiet')
        self.ok('rbm-train', 'c.csv', *words, '--epochs', 3, '--learning-rate-schedule', 'constant', '--output', 'a', '--quiet')
        self.ok('rbm-train', '--output', 'a', '--resume', '--epochs', 6, '--quiet')
        self.ok('rbm-train', 'c.csv', *words, '--epochs', 6, '--learning-rate-schedule', 'constant', '--output', 'b', '--quiet')
        self.assertEqual(self.path('a/model.safetensors').read_bytes(), self.path('b/model.safetensors').read_bytes())
        self.ok('rbm-data', 'compose', 'a/model.safetensors', 'whole/model.safetensors', '--output', 'ab.safetensors')
        facts = json.loads(self.ok('rbm-inspect', 'ab.safetensors', '--json'))
        self.assertEqual(facts['columns'][2], {'name': 'alive', 'words': ['False', 'True']})


if __name__ == '__main__':
    main()
