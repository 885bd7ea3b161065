#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Likelihoods of 784-500 machines on the fixed binarisation of MNIST: the tables of docs/likelihood.md.

usage: binarized_mnist.py DATA FOLDER [--programs build/apps] [--only NAME]...     runs what has no result yet
       binarized_mnist.py --table | --check           writes the tables, or tells whether they are those of the results

DATA has train-, valid- and test-images-idx3-ubyte.gz of the binarised MNIST; the machines go into FOLDER.  Interrupted, the
same command goes on where it was.  Results are added to binarized_mnist.json beside this script: delete a line there to
have it run again.  Recipes are compared on the validation set; the test set is seen by those named in FINAL alone."""
import argparse
import json
import pathlib
import re
import resource
import subprocess
import sys
import time

from page_tables import with_tables

HERE = pathlib.Path(__file__).resolve().parent
RESULTS, PAGE = HERE / 'binarized_mnist.json', HERE.parent / 'likelihood.md'
RECIPES = json.loads((HERE / 'binarized_mnist_recipes.json').read_text())


def results():
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else []


def keep(result):
    lines = ',\n '.join(json.dumps(one) for one in [*results(), result])
    RESULTS.with_suffix('.part').write_text(f'[{lines}]\n')
    RESULTS.with_suffix('.part').replace(RESULTS)


def run_json(*words):
    return json.loads(subprocess.run([*map(str, words), '--json'], stdout=subprocess.PIPE, check=True).stdout)


def train(programs, data, folder, options, seed):
    """Trains, or goes on; returns the seconds that it took in all, and those of the processor."""
    start = [data / 'train-images-idx3-ubyte.gz', '--hidden', 500, '--seed', seed, *options]
    words = ['--resume'] if (folder / 'checkpoint.safetensors').exists() else start
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    try:
        subprocess.run([programs / 'rbm-train', '--output', folder, *map(str, words)], check=True)
    finally:
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = [time.monotonic() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime]
        with folder.with_suffix('.times').open('a') as times:
            times.write(json.dumps(spent) + '\n')
    return [sum(column) for column in zip(*map(json.loads, folder.with_suffix('.times').open()))]


def mean_free_energy(programs, model, data):
    table = subprocess.run([programs / 'rbm-score', model, data, '--quiet'], stdout=subprocess.PIPE, check=True, text=True)
    head, *rows = table.stdout.split()
    column = head.split(',').index('free_energy')
    return sum(float(row.split(',')[column]) for row in rows) / len(rows)


def measure(programs, data, name, seed, folder):
    recipe = RECIPES[name]
    seconds, processor_seconds = train(programs, data, folder, recipe['options'].split(), seed)
    model = folder / 'model.safetensors'
    seen = 'test' if recipe.get('final') else 'valid'
    estimate = run_json(programs / 'rbm-estimate', model, data / f'{seen}-images-idx3-ubyte.gz', *recipe.get('estimate', '').split())
    version = subprocess.run([programs / 'rbm-train', '--version'], stdout=subprocess.PIPE, check=True, text=True)
    result = {'recipe': name, 'seed': seed, 'version': version.stdout.splitlines()[0], 'options': recipe['options'],
              'seconds': round(seconds), 'processor_seconds': round(processor_seconds)}
    for key in ('log_partition', 'log_partition_low', 'log_partition_high', 'settings', 'verdict', 'warnings'):
        result[key] = estimate[key]
    for part in ('train', 'valid', *(['test'] if seen == 'test' else [])):
        energy = mean_free_energy(programs, model, data / f'{part}-images-idx3-ubyte.gz')
        result[part] = [round(-energy - estimate['log_partition' + end], 3) for end in ('_high', '', '_low')]
    keep(result)


def interval(values):
    low, value, high = values
    return f'{value:.2f} ({low:.2f} to {high:.2f})'


def estimated_by(settings):
    chains, betas = re.search(r'(\d+) chains, (\d+) betas', settings).groups()
    return f'`--chains {chains} --betas {betas}`'


def rows(final):
    for name, recipe in RECIPES.items():
        if bool(recipe.get('final')) != final:
            continue
        for result in (one for one in results() if one['recipe'] == name):
            cells = [name, str(result['seed']), estimated_by(result['settings']), f'{result["train"][1]:.2f}']
            if final:
                cells.insert(2, f'{result["processor_seconds"] / 60:.1f}')
                cells += [f'{result["valid"][1]:.2f}', interval(result['test'])]
            else:
                cells.append(interval(result['valid']))
            yield '| ' + ' | '.join(cells) + ' |'


def tables():
    final = '\n'.join(['| recipe | seed | processor minutes | log Z by | train | valid | test |', '|---|---|---|---|---|---|---|',
                       *rows(True)])
    compared = '\n'.join(['| recipe | seed | log Z by | train | valid |', '|---|---|---|---|---|', *rows(False)])
    options = '\n'.join(f'| {name} | `{recipe["options"]}` |' for name, recipe in RECIPES.items())
    return {'binarized-final': final, 'binarized-compared': compared,
            'binarized-recipes': '| recipe | options beside `--hidden 500` |\n|---|---|\n' + options}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data', nargs='?', type=pathlib.Path)
    parser.add_argument('folder', nargs='?', type=pathlib.Path)
    parser.add_argument('--programs', type=pathlib.Path, default=HERE.parent.parent / 'build/apps')
    parser.add_argument('--only', action='append', choices=list(RECIPES))
    parser.add_argument('--table', action='store_true')
    parser.add_argument('--check', action='store_true')
    given = parser.parse_args()
    if given.check and with_tables(PAGE, tables()) != PAGE.read_text():
        sys.exit(f'{PAGE}: the tables are not those of {RESULTS.name}; run {HERE.name}/binarized_mnist.py --table')
    if given.table:
        PAGE.write_text(with_tables(PAGE, tables()))
    if given.table or given.check:
        return
    if given.folder is None:
        parser.error('DATA and FOLDER are missing')
    for name in given.only or RECIPES:
        for seed in RECIPES[name]['seeds']:
            if any((one['recipe'], one['seed']) == (name, seed) for one in results()):
                continue
            folder = given.folder / f'{name}-{seed}'.replace(' ', '-')
            folder.parent.mkdir(parents=True, exist_ok=True)
            measure(given.programs.resolve(), given.data, name, seed, folder)
    if given.only is None:
        PAGE.write_text(with_tables(PAGE, tables()))


if __name__ == '__main__':
    main()
