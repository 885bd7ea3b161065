# SPDX-License-Identifier: MIT
"""Trajectory tempering from training to dreams: log Z of each epoch against the exact one, and the ladder's uses."""
import json

from app_testing import DIGITS, AppTest, main


class Trajectory(AppTest):
    def train(self, folder, *words, seed=3):
        return self.ok('rbm-train', DIGITS, '--output', folder, '--algorithm', 'trajectory', '--hidden', 16, '--epochs', 30,
                       '--batch-size', 50, '--learning-rate', 0.3, '--seed', seed, *words)

    def metadata(self, name):
        raw = self.path(name).read_bytes()
        return json.loads(raw[8:8 + int.from_bytes(raw[:8], 'little')])['__metadata__']

    def exact(self, model):
        return json.loads(self.ok('rbm-estimate', model, DIGITS, '--method', 'exact', '--json'))

    def test_each_epoch_has_a_likelihood_whose_interval_holds(self):
        self.train('run')
        lines = [json.loads(line) for line in self.path('run/metrics.jsonl').read_text().splitlines()]
        self.assertEqual({line['log_partition_method'] for line in lines}, {'trajectory', 'exact'})  # the last, at least
        for line in lines:
            if line['log_partition_method'] == 'trajectory':
                self.assertLess(line['log_partition_low'], line['log_partition'])
                self.assertLess(line['log_likelihood_low'], line['log_likelihood'])
        self.assertGreater(lines[-1]['log_likelihood'], lines[0]['log_likelihood'])
        log_z = self.exact('run')['log_partition']
        kept = self.metadata('run/model.safetensors')
        self.assertEqual(kept['log_partition_method'], 'trajectory')
        low, high = float(kept['log_partition_low']), float(kept['log_partition_high'])
        self.assertLess(low, log_z)
        self.assertLess(log_z, high)
        self.assertLess(high - low, 2)
        again = json.loads(self.ok('rbm-estimate', 'run', DIGITS, '--method', 'trajectory', '--steps', 600, '--json'))
        self.assertLess(again['log_partition_low'], log_z)
        self.assertLess(log_z, again['log_partition_high'])
        self.assertLess(again['log_partition_high'] - again['log_partition_low'], 0.5)

    def test_averaged_weights_are_judged_too(self):
        self.train('averaged', '--averaging', 0.3)
        lines = [json.loads(line) for line in self.path('averaged/metrics.jsonl').read_text().splitlines()]
        before, last = lines[-2:]
        self.assertEqual([before['log_partition_method'], last['log_partition_method']], ['trajectory', 'exact'])
        # The rate falls to 0, so that the last two epochs hardly differ.
        self.assertLess(abs(before['log_likelihood'] - last['log_likelihood']), 0.5)

    def test_dreams_go_along_the_ladder_by_themselves(self):
        self.train('run')
        words = 'rbm-dream', 'run', '--chains', 20, '--steps', 40, '--output', 'dreams.npy', '--json', '--force'
        done = self.run_program(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('left a ladder', done.stderr.decode())
        report = json.loads(done.stdout)
        self.assertEqual(report['sampler'], 'trajectory')
        self.assertGreaterEqual(report['machines'], 3)
        self.assertEqual(json.loads(self.ok(*words, '--sampler', 'gibbs'))['sampler'], 'gibbs')
        self.assertEqual(self.ok('rbm-dream', 'run', '--output', '-', '--threads', 1),
                         self.ok('rbm-dream', 'run', '--output', '-', '--threads', 3))

    def test_what_needs_a_ladder_says_so(self):
        self.ok('rbm-train', DIGITS, '--output', 'pcd', '--hidden', 8, '--epochs', 1)
        for program, option in ('rbm-dream', 'sampler'), ('rbm-estimate', 'method'):
            words = ['--output', 'x.npy'] if program == 'rbm-dream' else []
            self.fails(2, program, 'pcd', *words, f'--{option}', 'trajectory',
                       saying=f'option --{option}: trajectory needs the ladder of a run, but pcd/ladder.safetensors is not there')
        train = 'rbm-train', DIGITS, '--output', 'more', '--algorithm', 'trajectory'
        self.fails(2, *train, '--from', 'pcd',
                   saying='option --from: --algorithm trajectory keeps a ladder from the first update on')
        self.fails(2, *train, '--track-likelihood', 2,
                   saying='option --track-likelihood: --algorithm trajectory knows the likelihood')

    def test_another_ladder_is_refused(self):
        self.train('run')
        self.train('other', seed=4)
        self.path('run/ladder.safetensors').write_bytes(self.path('other/ladder.safetensors').read_bytes())
        done = self.run_program('rbm-train', '--output', 'run', '--resume', '--epochs', 40)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn('its machines are not those of run/checkpoint.safetensors', done.stderr.decode())


if __name__ == '__main__':
    main()
