#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Likelihoods on eight sets of the density-estimation literature: the tables of docs/likelihood.md.

usage: density.py [DATA [FOLDER]] [--programs build/apps] [--only SET]... [--defaults]     runs what has no result yet
       density.py --table | --check             writes the tables, or tells whether they are those of the results

DATA has SET-train, SET-valid and SET-test for each set (sh datasets/fetch-density.sh), as .csv, .csv.gz, .npy or .npy.gz;
without it, RBM_DATA/density or datasets/density.  The runs go into FOLDER (run-density).  Each set is trained with each of its
lines in density_settings.json, and with the defaults; the line that is best on the validation set is scored on the test
set, once.  Interrupted, the same command goes on where it was.  Results are kept in density.json beside this script:
delete a line there to have it run again.  --defaults stops after the runs with the defaults."""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from page_tables import with_tables

HERE = pathlib.Path(__file__).resolve().parent
RESULTS, PAGE = HERE / 'density.json', HERE.parent / 'likelihood.md'
SETS = json.loads((HERE / 'density_settings.json').read_text())
DEFAULTS = ''


def results():
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else []


def result_of(name, options, kind):
    return next((one for one in results() if (one['set'], one['options'], one['kind']) == (name, options, kind)), None)


def keep(result):
    lines = ',\n '.join(json.dumps(one) for one in [*results(), result])
    RESULTS.with_suffix('.part').write_text(f'[{lines}]\n')
    RESULTS.with_suffix('.part').replace(RESULTS)


def file_of(data, name, part):
    for ending in '.npy.gz', '.csv.gz', '.npy', '.csv':
        if (data / f'{name}-{part}{ending}').exists():
            return data / f'{name}-{part}{ending}'
    sys.exit(f'{data}: there is no {name}-{part}.csv; sh datasets/fetch-density.sh fetches it')


def train(programs, data, folder, name, options):
    """Trains, or goes on; keeps the held-out likelihood of the model that the run kept."""
    words = ['--resume'] if (folder / 'checkpoint.safetensors').exists() else \
        [file_of(data, name, 'train'), '--validation', file_of(data, name, 'valid'), *options.split()]
    began = time.monotonic()
    try:
        subprocess.run([programs / 'rbm-train', '--output', folder, *map(str, words)], check=True)
    finally:
        with folder.with_suffix('.times').open('a') as times:
            times.write(f'{time.monotonic() - began}\n')
    seconds = sum(map(float, folder.with_suffix('.times').open()))
    lines = [json.loads(line) for line in (folder / 'metrics.jsonl').open()]
    best = next((line for line in lines if line['epoch'] == lines[-1]['best_epoch']), None)
    if best is None:
        sys.exit(f'{folder}: nothing that was learned helped')
    value = best['held_out_log_likelihood']
    valid = [best.get('held_out_log_likelihood' + end, value) for end in ('_low', '', '_high')]
    keep({'set': name, 'kind': 'valid', 'options': options, 'seconds': round(seconds, 1), 'epoch': best['epoch'],
          'epochs': lines[-1]['epoch'], 'valid': [round(one, 4) for one in valid]})


def chosen(name):
    """The options that are best by the lower end on the validation set."""
    tried = [one for one in results() if (one['set'], one['kind']) == (name, 'valid')]
    return max(tried, key=lambda one: one['valid'][0])['options']


def test(programs, data, folder, name, options):
    estimate = SETS[name].get('estimate', '').split()
    words = [programs / 'rbm-estimate', folder / 'model.safetensors', file_of(data, name, 'test'), *estimate, '--json']
    found = json.loads(subprocess.run([*map(str, words)], stdout=subprocess.PIPE, check=True).stdout)
    value = found['log_likelihood']
    interval = [found.get('log_likelihood' + end, value) for end in ('_low', '', '_high')]
    keep({'set': name, 'kind': 'test', 'options': options, 'test': [round(one, 4) for one in interval],
          'estimate': ' '.join(estimate), 'verdict': found.get('verdict', ''), 'warnings': found.get('warnings', [])})


def interval(values):
    low, value, high = values
    return f'{value:.2f}' if high - low < 0.005 else f'{value:.2f} ({low:.2f} to {high:.2f})'


def tables():
    rows = ['| set | columns | rows | best published | the defaults | seconds | the chosen line | seconds |', '|---|---|---|---|---|---|---|---|']
    lines = ['| set | options beside `--validation` | valid |', '|---|---|---|']
    for name, about in SETS.items():
        cells = [name, str(about['columns']), f'{about["rows"]:,}', about['published']]
        plain, plain_test = result_of(name, DEFAULTS, 'valid'), result_of(name, DEFAULTS, 'test')
        tried = [one for one in results() if (one['set'], one['kind']) == (name, 'valid')]
        best = chosen(name) if tried else None
        best_test = result_of(name, best, 'test') if tried else None
        cells += [interval(plain_test['test']) if plain_test else 'not run', f'{plain["seconds"]:.0f}' if plain else '']
        cells += [interval(best_test['test']), f'{result_of(name, best, "valid")["seconds"]:.0f}'] \
            if best_test and best != DEFAULTS else ['not run' if not best_test else 'the defaults', '']
        rows.append('| ' + ' | '.join(cells) + ' |')
        for one in sorted(tried, key=lambda one: -one['valid'][0]):
            lines.append(f'| {name} | {"`" + one["options"] + "`" if one["options"] else "none"} | {interval(one["valid"])} |')
    return {'density': '\n'.join(rows), 'density-tried': '\n'.join(lines)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = pathlib.Path(os.environ['RBM_DATA']) / 'density' if 'RBM_DATA' in os.environ else HERE.parents[1] / 'datasets/density'
    parser.add_argument('data', nargs='?', type=pathlib.Path, default=default)
    parser.add_argument('folder', nargs='?', type=pathlib.Path, default=pathlib.Path('run-density'))
    parser.add_argument('--programs', type=pathlib.Path, default=HERE.parents[1] / 'build/apps')
    parser.add_argument('--only', action='append', choices=list(SETS))
    parser.add_argument('--defaults', action='store_true')
    parser.add_argument('--table', action='store_true')
    parser.add_argument('--check', action='store_true')
    given = parser.parse_args()
    if given.check and with_tables(PAGE, tables()) != PAGE.read_text():
        sys.exit(f'{PAGE}: the tables are not those of {RESULTS.name}; run {HERE.name}/density.py --table')
    if given.table:
        PAGE.write_text(with_tables(PAGE, tables()))
    if given.table or given.check:
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    programs = given.programs.resolve()
    for name in given.only or SETS:
        def folder(options):
            return given.folder / f'{name}{re.sub("[^0-9a-z.]+", "-", " " + options) if options else ""}'
        for options in [DEFAULTS] + ([] if given.defaults else SETS[name]['settings']):
            if not result_of(name, options, 'valid'):
                train(programs, given.data, folder(options), name, options)
        for options in {DEFAULTS} if given.defaults else {DEFAULTS: 0, chosen(name): 0}:
            if not result_of(name, options, 'test'):
                test(programs, given.data, folder(options), name, options)
    PAGE.write_text(with_tables(PAGE, tables()))


if __name__ == '__main__':
    main()
