#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Gaussian machines on grey digits and grey MNIST, beside Gaussians: the table of docs/grey-images.md. Needs NumPy.

usage: grey_images.py [--programs build/apps] [--mnist FOLDER] [--work FOLDER] [--choose]

--mnist is the folder of MNIST's idx files, gzipped or not; without it the digits alone are done. --work keeps models and
estimates, and a second call goes on from there. --choose tries
all the options first, else the chosen ones are taken. Everything is a mean log density in nats per pixel: (level + u) / levels,
u uniform on [0, 1), so that a pixel is in [0, 1). All methods learn from the same rows, options are chosen on the
validation rows, and the test rows are scored once, at the end.

Exits with 1 when a seed of the chosen machine is not above the diagonal Gaussian by the lower end of its interval."""
import argparse
import gzip
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

import numpy as np

DIGITS = pathlib.Path(__file__).resolve().parents[2] / 'datasets/digits-images-idx3-ubyte.gz'
FLOOR = 0.1  # of sigma, in grey levels
SEEDS = (1, 2, 3)
# The machines to choose from, on the validation rows with seed 1; and one whose log Z is exact.
CANDIDATES = {'digits': ['--hidden 64', '--learning-rate 0.03', '--learning-rate 0.2', '--steps 5', '--weight-decay 0.0002',
                         '--steps 5 --weight-decay 0.0002'],
              'mnist': ['--learning-rate 0.02', '--learning-rate 0.005', '--hidden 128 --learning-rate 0.02']}
CHOSEN = {'digits': '--steps 5', 'mnist': ''}  # by --choose; '' are the defaults
EXACT = {'digits': '--hidden 20', 'mnist': '--hidden 25 --learning-rate 0.02'}
LEVELS = {'digits': 17, 'mnist': 256}


def images(path):
    raw = gzip.open(path).read() if path.suffix == '.gz' else path.read_bytes()
    return np.frombuffer(raw, np.uint8, offset=16).reshape(int.from_bytes(raw[4:8], 'big'), -1)


def levels(name, mnist):
    """Rows to learn from, to choose by and to test with, as whole grey levels."""
    if name == 'digits':  # bytes are 255 / 16 times the level, rounded
        rows = np.rint(images(DIGITS) * (16 / 255)).astype(np.uint8)
        return rows[:1200], rows[1200:1400], rows[1400:]
    train, test = (images(next(mnist.glob(kind + '-images*ubyte*'))) for kind in ('train', 't10k'))
    return train[:50000], train[50000:], test


def prepare(name, folder, mnist, random):
    sets = []
    for part, rows in zip(('train', 'validation', 'test'), levels(name, mnist)):
        values = np.minimum((rows + random.random(rows.shape)) / LEVELS[name], 1 - 2**-24).astype(np.float32)
        np.save(folder / f'{name}-{part}.npy', values)
        sets.append(values.astype(float))
    return sets


def density(rows, mean, variances, axes=None):
    apart = rows - mean if axes is None else (rows - mean) @ axes
    return float(np.mean(-0.5 * (np.log(2 * np.pi * variances) + apart**2 / variances)))


def gaussians(train, validation, test, floor):
    """(method, options, validation, test), of both the maximum of the likelihood with that floor."""
    mean, covariance = train.mean(0), np.cov(train.T, bias=True)
    own = np.maximum(np.diag(covariance), floor**2)
    best = None
    for target, towards in ('diagonal', np.diag(np.diag(covariance))), ('identity', np.eye(len(own)) * own.mean()):
        for share in 0, 1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 5e-3, 0.01, 0.02, 0.03, 0.05, 0.1:
            variances, axes = np.linalg.eigh((1 - share) * covariance + share * towards)
            found = density(validation, mean, np.maximum(variances, floor**2), axes)
            if best is None or found > best[0]:
                best = found, f'{share:g} of {target}', np.maximum(variances, floor**2), axes
    yield 'diagonal Gaussian', '', density(validation, mean, own), density(test, mean, own)
    yield 'full covariance, shrunk', best[1], best[0], density(test, mean, *best[2:])


class Machines:
    def __init__(self, programs, folder, name):
        self.programs, self.folder, self.name = programs, folder, name

    def run(self, program, *words):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        done = subprocess.run([self.programs / program, *map(str, words), '--threads', '1', '--quiet'], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return done, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before

    def scores(self, model, part):
        done, _ = self.run('rbm-score', model, f'{self.name}-{part}.npy')
        return np.array(done.stdout.split()[1:], float)

    def train(self, options, seed, floor):
        """A model and the seconds of one core that it took, or why there is none."""
        run = f'{self.name}-{options.replace(" ", "_")}-{"own" if floor is None else "grey"}-floor-{seed}'
        kept = self.folder / run / 'trained.json'
        if not kept.exists():
            done, seconds = self.run('rbm-train', f'{self.name}-train.npy', '--output', run, '--force', '--visible-units', 'gaussian',
                                     *(['--minimum-sigma', floor] if floor else []), '--seed', seed, *options.split())
            if done.returncode:
                return None, done.stderr.strip()
            kept.write_text(json.dumps({'seconds': seconds}))
        return self.folder / run / 'model.safetensors', json.loads(kept.read_text())['seconds']

    def estimate(self, model):
        """Log-likelihood of the validation rows, its interval, the verdict, and their mean free energy."""
        kept = model.with_name('estimate.json')
        if not kept.exists():
            done, _ = self.run('rbm-estimate', model, f'{self.name}-validation.npy', '--json')
            kept.write_text(json.dumps({**json.loads(done.stdout), 'free_energy': self.scores(model, 'validation').mean()}))
        found = json.loads(kept.read_text())
        found.setdefault('log_likelihood_low', found['log_likelihood'])
        found.setdefault('log_likelihood_high', found['log_likelihood'])
        trusted = found['method'] == 'exact' or (found.get('bounds') and not found.get('warnings'))
        return found, 'exact' if found['method'] == 'exact' else 'trusted' if trusted else 'not to be trusted'


def read_model(path):
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], 'little')
    header = json.loads(raw[8:start])
    return {name: np.frombuffer(raw[start:][slice(*about['data_offsets'])], '<f4').reshape(about['shape']).astype(float)
            for name, about in header.items() if name != '__metadata__'}


def check(machines, validation):
    """rbm-estimate's units, on 4 hidden units against the mixture of 16 Gaussians that the machine is."""
    model, _ = machines.train('--hidden 4 --epochs 20', 1, None)
    part = read_model(model)
    states = (np.arange(16)[:, None] >> np.arange(4)) & 1
    sigma = np.exp(part['visible.log_sigma'])
    shift = states @ part['weights'].T
    weight = states @ part['hidden.bias'] + ((part['visible.center'] * shift + shift**2 / 2) / sigma**2).sum(1)
    weight -= np.logaddexp.reduce(weight)
    means, scale = part['data.mean'] + part['data.scale'] * (part['visible.center'] + shift), part['data.scale'] * sigma
    each = np.array([[-0.5 * (np.log(2 * np.pi * scale**2) + ((row - mean) / scale)**2).sum() for mean in means] for row in validation])
    known = np.logaddexp.reduce(each + weight, axis=1).mean()
    found = machines.estimate(model)[0]['log_likelihood']
    print(f'16 Gaussians of a machine: {known:.5f} nats, rbm-estimate {found:.5f}\n', flush=True)
    return abs(known - found) < 1e-3


def choose(name, machines, pixels, floor):
    print(f'{name}: choice by validation, seed 1\n\n| options | validation | interval | verdict |\n|---|---|---|---|')
    chosen = None
    for options, least in [('', None), ('', floor), *((options, floor) for options in CANDIDATES[name])]:
        model, seconds = machines.train(options, 1, least)
        shown = (options or 'defaults') + ', their own floor' * (least is None)
        if model is None:
            print(f'| {shown} | diverges: {seconds} | | |', flush=True)
            continue
        found, trust = machines.estimate(model)
        low, middle, high = (found['log_likelihood' + end] / pixels for end in ('_low', '', '_high'))
        print(f'| {shown} | {middle:.4f} | {low:.4f} to {high:.4f} | {trust} |', flush=True)
        if least and (chosen is None or low > chosen[0]):  # by the lower end: an estimate that nothing bounds may not win
            chosen = low, options
    print(flush=True)
    return chosen[1]


def experiment(name, machines, choice, train, validation, test):
    pixels, floor = train.shape[1], FLOOR / LEVELS[name]
    good = check(machines, validation) if name == 'digits' else True
    rows = list(gaussians(train, validation, test, floor))
    chosen = CHOSEN[name]
    if choice:
        chosen = choose(name, machines, pixels, floor)
    print(f'| {name} | options | seed | validation | test | interval | log Z | seconds |\n|---|---|---|---|---|---|---|---|')
    for method, options, held_out, score in rows:
        print(f'| {method} | {options} | | {held_out:.4f} | {score:.4f} | | exact | |', flush=True)
    judged = 'machine, chosen' if chosen else 'machine, defaults'
    for method, options in [('machine, defaults', ''), ('machine, small', EXACT[name])] + [('machine, chosen', chosen)] * bool(chosen):
        for seed in SEEDS:
            model, seconds = machines.train(options, seed, floor)
            if model is None:
                print(f'| {method} | {options} | {seed} | diverges: {seconds} | | | | |', flush=True)
                good = good and method == 'machine, small'
                continue
            found, trust = machines.estimate(model)
            further = found['free_energy'] - machines.scores(model, 'test').mean()  # the same log Z
            low, middle, high = ((found['log_likelihood' + end] + further) / pixels for end in ('_low', '', '_high'))
            print(f'| {method} | {options} | {seed} | {found["log_likelihood"] / pixels:.4f} | {middle:.4f} | {low:.4f} to {high:.4f} | '
                  f'{trust} | {seconds or 0:.0f} |', flush=True)
            good = good and (method != judged or low > rows[0][3])
    print(flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description='Gaussian machines on grey images, beside Gaussians')
    for option, default in ('--programs', 'build/apps'), ('--mnist', None), ('--work', None):
        parser.add_argument(option, type=pathlib.Path, default=default)
    parser.add_argument('--choose', action='store_true')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder = (arguments.work or pathlib.Path(spare)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        random, results = np.random.default_rng(1), []
        for name in ['digits'] + ['mnist'] * bool(arguments.mnist):
            machines = Machines(arguments.programs.resolve(), folder, name)
            results.append(experiment(name, machines, arguments.choose, *prepare(name, folder, arguments.mnist, random)))
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
