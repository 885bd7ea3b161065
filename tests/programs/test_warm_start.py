# SPDX-License-Identifier: MIT
"""rbm-train --from MODEL: a new run that begins where another model ended; and resuming with the wrong data."""
import json
import os

import numpy as np
from app_testing import AppTest, main, safetensors


class WarmStart(AppTest):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(21)
        kinds = rng.random((3, 24)) < 0.5
        for name in ('old', 'new'):
            noise = rng.random((300, 24)) < 0.05
            self.save_array(f'{name}.npy', (kinds[rng.integers(0, 3, 300)] ^ noise).astype('u1'))

    def model(self, name):
        raw = self.path(name).read_bytes()
        start = 8 + int.from_bytes(raw[:8], 'little')
        header = json.loads(raw[8:start])
        metadata = header.pop('__metadata__')
        return {key: np.frombuffer(raw[start:][slice(*entry['data_offsets'])], '<f4').reshape(entry['shape'])
                for key, entry in header.items() if entry['dtype'] == 'F32'}, metadata

    def lines(self, folder):
        return [json.loads(line) for line in self.path(f'{folder}/metrics.jsonl').read_text().splitlines()]

    def results(self, folder):
        return {name: self.path(f'{folder}/{name}').read_bytes() for name in sorted(os.listdir(self.path(folder))) if name not in ('metrics.jsonl', 'report.html')}

    def train(self, data, output, *words):
        done = self.run_program('rbm-train', data, '--output', output, *words)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stderr.decode()

    def test_goes_on_with_new_data(self):
        self.train('old.npy', 'first', '--hidden', 10, '--epochs', 400)
        said = self.train('new.npy', 'second', '--from', 'first/model.safetensors', '--epochs', 3)
        self.assertIn('from first/model.safetensors: its weights and biases, and --visible-units bernoulli --hidden 10', said)
        self.assertIn('--binarize threshold', said)
        old, new = self.lines('first')[-1], self.lines('second')[0]
        cold = self.lines('first')[0]
        # Where the first left off, not where it began; each epoch looks at other rows.
        error = np.hypot(new['pseudo_likelihood_error'], old['pseudo_likelihood_error'])
        self.assertGreater(new['pseudo_likelihood'], old['pseudo_likelihood'] - 1 - 3 * error)
        self.assertGreater(new['pseudo_likelihood'], cold['pseudo_likelihood'] + 3)
        _, metadata = self.model('second/checkpoint.safetensors')
        self.assertEqual((metadata['option.from'], metadata['option.hidden']), ('first/model.safetensors', '10'))
        # So small a step leaves the parameters as they were; the rates are those of the new data.
        self.train('new.npy', 'still', '--from', 'first/model.safetensors', '--epochs', 1, '--learning-rate', 1e-9)
        before, after = self.model('first/model.safetensors')[0], self.model('still/model.safetensors')[0]
        for name in ('weights', 'visible.bias', 'hidden.bias'):
            self.assertLess(np.abs(before[name] - after[name]).max(), 1e-5, name)
        self.assertLess(np.abs(after['data.rates'] - self.array('new.npy').mean(0)).max(), 1e-6)
        # A checkpoint is a model, too.
        self.train('new.npy', 'other', '--from', 'first/checkpoint.safetensors', '--epochs', 3)
        self.assertEqual(self.path('other/model.safetensors').read_bytes(), self.path('second/model.safetensors').read_bytes())

    def test_resumes_like_any_run(self):
        self.train('old.npy', 'first', '--hidden', 10, '--epochs', 5)
        words = '--from', 'first/model.safetensors', '--algorithm', 'pcd', '--seed', 4
        self.train('new.npy', 'whole', *words, '--epochs', 6, '--learning-rate-schedule', 'constant')
        self.train('new.npy', 'parts', *words, '--epochs', 2, '--learning-rate-schedule', 'constant')
        self.path('first/model.safetensors').unlink()  # no longer needed
        self.ok('rbm-train', '--output', 'parts', '--resume', '--epochs', 6)
        self.assertEqual(self.results('parts'), self.results('whole'))

    def test_preparation_is_the_models(self):
        rng = np.random.default_rng(5)
        self.save_array('cold.npy', 20 + 3 * rng.normal(size=(300, 4)))
        self.save_array('warm.npy', 25 + 3 * rng.normal(size=(300, 4)))
        self.train('cold.npy', 'first', '--visible-units', 'gaussian', '--hidden', 3, '--epochs', 3)
        self.train('warm.npy', 'second', '--from', 'first/model.safetensors', '--epochs', 3)
        first, second = self.model('first/model.safetensors')[0], self.model('second/model.safetensors')[0]
        for name in ('data.mean', 'data.scale'):
            self.assertEqual(first[name].tolist(), second[name].tolist())
        self.assertGreater(second['data.rates'].mean(), 1)
        # What was known of the old weights is not known of the new ones.
        raw, metadata = self.model('first/model.safetensors')
        del metadata['rbm.crc32']
        self.path('known.safetensors').write_bytes(safetensors(raw, metadata | {'log_partition': '1.5', 'anomaly.free_energy': '2'}))
        self.train('warm.npy', 'third', '--from', 'known.safetensors', '--epochs', 1)
        self.assertFalse({'log_partition', 'anomaly.free_energy'} & set(self.model('third/model.safetensors')[1]))

    def test_what_contradicts_is_refused(self):
        self.train('old.npy', 'first', '--hidden', 10, '--epochs', 1)
        new = 'rbm-train', 'new.npy', '--output', 'x', '--from', 'first/model.safetensors', '--epochs', 1
        for words in (['--hidden', 11], ['--visible-units', 'spin'], ['--hidden-units', 'spin'], ['--binarize', 'sample'], ['--threshold', 0.3]):
            self.fails(2, *new, *words, saying=(f'option {words[0]}: found {words[1]}, but first/model.safetensors (--from) has',))
        for words in (['--initial-weights', 0.1], ['--initial-hidden-bias', -1], ['--alphabet', 'dna'], ['--visible-states', 3]):
            self.fails(2, *new, *words, saying=(words[0], 'has no effect with'))
        self.fails(2, *new, '--algorithm', 'exact', saying='--from')
        self.train('new.npy', 'agree', '--from', 'first/model.safetensors', '--epochs', 1, '--hidden', 10, '--binarize', 'threshold')
        self.save_array('wide.npy', np.zeros((9, 25), 'u1'))
        self.fails(3, 'rbm-train', 'wide.npy', *new[2:], saying='wide.npy: data has 25 columns, the model has 24 visible units')
        self.fails(1, *new[:5], 'none.safetensors', saying='none.safetensors')
        self.fails(3, *new[:5], 'new.npy', saying='new.npy')
        self.save_array('labels.npy', np.arange(300) % 2)
        self.fails(2, *new, '--labels', 'labels.npy', saying=('--labels', 'no units for labels'))
        self.train('old.npy', 'labelled', '--labels', 'labels.npy', '--hidden', 10, '--epochs', 1)
        new = *new[:5], 'labelled/model.safetensors', *new[6:]
        self.fails(2, *new, saying=('--from', '2 labels', '--labels'))
        self.ok(*new, '--labels', 'labels.npy')
        self.save_model('tall.safetensors', np.zeros((24, 2)), image_height=6, image_width=4)
        self.save_array('broad.npy', np.zeros((9, 4, 6), 'u1'))
        self.fails(3, 'rbm-train', 'broad.npy', '--output', 'y', '--from', 'tall.safetensors', saying='height 4 and width 6')

    def test_a_finished_run_notices_other_data(self):
        self.train('old.npy', 'runs/run', '--hidden', 10, '--epochs', 2)
        before = self.results('runs/run')
        resume = 'rbm-train', '--output', 'runs/run', '--resume'
        text = self.fails(3, *resume, 'new.npy', saying=('new.npy: other data', 'old.npy', '--from runs/run/model.safetensors'))
        self.assertIn(self.model('runs/run/checkpoint.safetensors')[1]['option.data.fingerprint'], text)
        self.fails(3, *resume, '--epochs', 4, 'new.npy', saying=('new.npy: other data', 'old.npy'))
        self.assertEqual(self.results('runs/run'), before)
        self.ok(*resume, 'old.npy')
        self.path('old.npy').unlink()
        self.ok(*resume)  # nothing is to be done, so nothing is read
        self.assertEqual(self.results('runs/run'), before)


if __name__ == '__main__':
    main()
