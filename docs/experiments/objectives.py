#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How much likelihood each objective of rbm-train loses against exact maximum likelihood, and in what time: the tables of
docs/training.md, for bits and spins on bars and stripes, for real numbers on two Laplace sources.

usage: objectives.py [FOLDER_OF_THE_PROGRAMS [TABLE]...]     build/apps unless given; all of bits, spins and reals

Every objective makes the same number of updates at a rate of its own, the one with the highest exact likelihood of the
training data, in the worst of three seeds that are not used again: of three rates of RATES at first, and further along
as long as the best is the first or last that was tried.  A rate at which another seed diverges is passed over.  Prints the tables, writes objectives.json beside this file, and
exits with 1 when an objective loses more than it should.  objectives_picture.py draws what is in that file."""
import json
import math
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

PROGRAMS = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else 'build/apps').resolve()
RESULTS = pathlib.Path(__file__).resolve().with_suffix('.json')
CHOICE, SEEDS = range(101, 104), range(1, 4)
RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100]
FIRST = slice(4, 7)
CHAINS = {'cd': ['cd'], 'cd, 10 steps': ['cd', '--steps', 10], 'pcd': ['pcd'], 'fpcd': ['fpcd'],
          'tempering': ['tempering', '--chains', 16]}
FLIPS = {'pseudo-likelihood': ['pseudo-likelihood'], 'ratio-matching': ['ratio-matching']}
BARS = {'data': ['bars.npy'], 'shape': ['--hidden', 9], 'common': ['--batch-size', 16, '--epochs', 20000, '--weight-decay-l1', 0]}
SPIN = ['--visible-units', 'spin', '--hidden-units', 'spin']
TABLES = [
    {'name': 'bits', 'title': 'Bars and stripes, 3 x 3, 9 hidden units', **BARS,
     'ways': {**CHAINS, **FLIPS, 'nce': ['nce'], 'nce, 100 noise samples': ['nce', '--noise-samples', 100]}},
    {'name': 'spins', 'title': 'The same as spins, with spin hidden units', **BARS, 'shape': BARS['shape'] + SPIN,
     'ways': {**CHAINS, **FLIPS, 'nce': ['nce']}},
    # Near W = 0 a Gaussian machine learns nothing: see exact_optima.py.  From such weights the first gradients are so long
    # that some seeds never recover from them without a limit; later ones are ten times shorter than that.
    {'name': 'reals', 'title': 'Two Laplace sources, 4 hidden units', 'data': ['train.npy', 'test.npy'],
     'shape': ['--hidden', 4, '--visible-units', 'gaussian', '--standardize', 'off'],
     'common': ['--initial-weights', 2, '--initial-hidden-bias', -4, '--batch-size', 1000, '--epochs', 100,
                '--gradient-norm-limit', 1],
     'ways': {'cd': ['cd'], 'pcd': ['pcd'], 'score-matching': ['score-matching'],
              'denoising, sigma 0.3': ['denoising'], 'denoising, sigma 0.1': ['denoising', '--noise-sigma', 0.1],
              'sliced': ['sliced'], 'nce': ['nce'], 'nce, 30 noise samples': ['nce', '--noise-samples', 30]}}]
LARGEST_LOSS = {'cd': 1, 'pcd': 0.5, 'fpcd': 0.5}
DIVERGED = 4


def run(folder, program, *words):
    """What it prints as JSON, None without --json; False when weights diverged."""
    done = subprocess.run([PROGRAMS / program, *map(str, words), '--quiet'], cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    if done.returncode == DIVERGED:
        return False
    if done.returncode:
        sys.exit(done.stderr.decode())
    return json.loads(done.stdout) if '--json' in words else None


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def likelihoods(folder, sets):
    found = [run(folder, 'rbm-estimate', 'run/model.safetensors', data, '--method', 'exact', '--json') for data in sets]
    return [one['log_likelihood'] for one in found]


def trained(folder, table, way, rate, seed):
    """Log-likelihoods of the table's sets and processor seconds; None when weights diverged."""
    start = processor_seconds()
    if run(folder, 'rbm-train', table['data'][0], '--output', 'run', '--force', '--threads', 1, *table['shape'], *table['common'],
           '--algorithm', *way, '--learning-rate', rate, '--seed', seed) is False:
        return None
    seconds = processor_seconds() - start
    return likelihoods(folder, table['data']), seconds


def tried_rates(folder, table, way):
    """The worst log-likelihood of the training data by rate, of those that did not diverge."""
    found, todo = {}, RATES[FIRST]
    while todo:
        for rate in todo:
            ends = [trained(folder, table, way, rate, seed) for seed in CHOICE]
            found[rate] = -math.inf if None in ends else min(values[0] for values, _ in ends)
        best = RATES.index(max(found, key=found.get))
        todo = [rate for rate in RATES[max(best - 1, 0):best + 2] if rate not in found]
    return {rate: value for rate, value in sorted(found.items()) if value > -math.inf}


def measured(folder, table, name, way):
    tried = tried_rates(folder, table, way)
    for rate in sorted(tried, key=tried.get, reverse=True):
        ends = [trained(folder, table, way, rate, seed) for seed in SEEDS]
        if None not in ends:
            break
    losses = [[best - value for best, value in zip(table['best'], found)] for found, _ in ends]
    return {'algorithm': name, 'options': ' '.join(map(str, way)), 'tried': {str(key): value for key, value in tried.items()},
            'rate': rate, 'losses': losses, 'seconds': statistics.median(seconds for _, seconds in ends)}


def measure(folder, table):
    run(folder, 'rbm-train', table['data'][0], '--output', 'run', '--force', *table['shape'], '--algorithm', 'exact', '--restarts', 20)
    table['best'] = likelihoods(folder, table['data'])
    print(f'\n{table["title"]}: exact maximum likelihood {", ".join(f"{value:.4f}" for value in table["best"])}\n')
    held_out = len(table['data']) > 1
    print('| `--algorithm` | rate | best | median | worst | ' + ('held out, of the best | ' if held_out else '') + 'seconds |')
    print('|---|---|---|---|---|---|' + '---|' * held_out, flush=True)
    lines = []
    for name, way in table['ways'].items():
        line = measured(folder, table, name, way)
        lines.append(line)
        of_training = [loss[0] for loss in line['losses']]
        shown = [min(of_training), statistics.median(of_training), max(of_training), *min(line['losses'])[1:]]
        print(f'| `{line["options"]}` | {line["rate"]} | ' + ' | '.join(f'{loss:.4f}' for loss in shown) +
              f' | {line["seconds"]:.1f} |', flush=True)
    return {'name': table['name'], 'title': table['title'], 'shape': ' '.join(map(str, table['shape'])),
            'common': ' '.join(map(str, table['common'])), 'best': table['best'], 'lines': lines}


def main(folder):
    run(folder, 'rbm-data', 'bars-and-stripes', '--size', 3, '--output', 'bars.npy')
    for name, seed in ('train.npy', 1), ('test.npy', 2):
        run(folder, 'rbm-data', 'laplace-sources', '--rows', 20000, '--seed', seed, '--output', name)
    wanted = sys.argv[2:] or [table['name'] for table in TABLES]
    known = json.loads(RESULTS.read_text('utf-8'))['tables'] if RESULTS.exists() else []
    found = {table['name']: table for table in known}
    found.update({table['name']: measure(folder, table) for table in TABLES if table['name'] in wanted})
    tables = [found[table['name']] for table in TABLES if table['name'] in found]
    RESULTS.write_text(json.dumps({'tables': tables}, indent=1) + '\n', 'utf-8')
    return all(statistics.median(loss[0] for loss in line['losses']) <= LARGEST_LOSS.get(line['algorithm'], 0.2)
               for table in tables for line in table['lines'])


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as name:
        sys.exit(0 if main(pathlib.Path(name)) else 1)
