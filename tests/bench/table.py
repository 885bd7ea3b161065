#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the tables of docs/performance.md, and its pictures, from docs/performance.json (see measure.py).

usage: python3 tests/bench/table.py [--check]     --check: only tell whether the tables are those of the results

A table stands between the lines <!-- begin NAME --> and <!-- end NAME -->; the rest of the page is written by hand.
"""
import json
import pathlib
import re
import subprocess
import sys

from alternate import PYTHON, SOURCE

PAGE, RESULTS = SOURCE / 'docs' / 'performance.md', SOURCE / 'docs' / 'performance.json'
MISSING = 'Not measured yet: `python3 tests/bench/measure.py && python3 tests/bench/table.py`'


def table(head, rows):
    if not rows:
        return MISSING
    return '\n'.join('| ' + ' | '.join(cells) + ' |' for cells in [head, ['---'] * len(head), *rows])


def time_text(seconds):
    if seconds >= 0.9995:
        return f'{seconds:.2f} s'
    return f'{seconds * 1e3:.3g} ms' if seconds >= 0.9995e-3 else f'{seconds * 1e6:.3g} µs'


def ratio_text(ratio):
    return f'{ratio:.2f}' if ratio < 9.995 else f'{ratio:.1f}'


def row_of_target(line):
    """What was measured, the number, its target, whether it holds, and the times."""
    at_least = line.get('at_least', False) or 'by_hand_gflops' in line
    value = line.get('ratio', line.get('nanoseconds_per_element'))
    holds = value >= line['target'] if at_least else value <= line['target']
    unit = ' ns' if 'nanoseconds_per_element' in line else ''
    number, target = ratio_text(value) + unit, f'{"≥" if at_least else "≤"} {line["target"]:g}{unit}'
    if 'limit_seconds' in line:
        number, target = time_text(line['seconds']), f'≤ {time_text(line["limit_seconds"])}'
    if 'limit_megabytes' in line:
        number, target = f'{line["megabytes"]:.0f} MB', f'≤ {line["limit_megabytes"]} MB'
    if line['target'] == 0:
        target = ''
    shown = 'limit_seconds' not in line and 'seconds' in line
    times = [time_text(line['seconds']) if shown else '', time_text(line['floor_seconds'])
             if 'floor_seconds' in line else '']
    return [line['name'].replace('|', ' '), f'**{number}**', target, '' if not target else 'yes' if holds else 'no',
            *times]


def targets(lines):
    rows = []
    for line in lines:
        if line.get('target', 0) > 0 or 'CD-' in line.get('name', '') and line.get('target') == 0:
            rows.append(row_of_target(line))
        if 'ratio_when_openblas_takes_prescott' in line:
            rows.append(row_of_target({**line, 'name': line['name'] + ', where OpenBLAS takes the CPU for a Prescott',
                                       'ratio': line['ratio_when_openblas_takes_prescott']}))
    return table(['work', 'measured', 'target', 'holds', 'time', 'floor'], rows)


def kernels(lines):
    rows = [[line['name'], f'{line["nanoseconds_per_element"]:.2f} ns per element']
            for line in lines if 'nanoseconds_per_element' in line]
    rows += [[line['name'], f'{ratio_text(line["ratio"])} of its SGEMM'] for line in lines
             if line.get('target') == 0 and 'ratio' in line]
    return table(['kernel', 'measured'], rows)


def peers(lines):
    lines = [line for line in lines if 'peer' in line]
    library = any('slower_than_rbm_train' in line for line in lines)
    rows = []
    for line in lines:
        slower = [ratio_text(line[key]) if key in line else '' for key in
                  (['slower_than_rbm_train'] if library else []) + ['slower_than_library']]
        what = line['peer'] if line['work'] in ('training epoch', 'free energies') else f'{line["peer"]}, {line["work"]}'
        name = f'**{what}**' if line.get('ours') else what
        rows.append([name, line.get('setting', ''), line['core'], time_text(line['seconds']),
                     ratio_text(line['over_floor']), *slower])
    head = ['software', 'setting', 'core', 'time', 'over the floor']
    return table(head + (['slower than rbm-train'] if library else []) + ['slower than our library'], rows)


def scaling(lines):
    rows = [[line['sweep'], f'{line["x"]:g}', f'{line["nanoseconds"] / 1000:.3g}',
             f'{line["floor_nanoseconds"] / 1000:.3g}', ratio_text(line['ratio'])] for line in lines]
    return table(['what varies', 'value', 'µs per sample', 'floor, µs', 'ratio'], rows)


def pictures(lines, names):
    """The lines that show them, where there is something to show."""
    return '\n'.join(f'<img src="pictures/{name}.png" width="900" alt="{text}">' for name, text in names) if lines else ''


def machine(facts, lines, items):
    if not items:
        return MISSING
    dates, busiest = [item['date'] for item in items], max(item.get('others_load', 0) for item in items)
    versions = sorted({line['version'] for line in lines if 'version' in line})
    rows = [['CPU', f'{facts["cpu"]}, family {facts["family"]} model {facts["model"]}; {facts["threads"]} threads; '
             f'{facts["caches"]}; {facts["gigabytes"]} GB'],
            ['system', f'{facts["system"]}, Linux {facts["kernel"]}'],
            ['this software', '; '.join(facts['version']) + f'; commit {facts["commit"]}'],
            ['beside it', '; '.join(versions) or 'nothing'],
            ['measured', ' to '.join(sorted({min(dates), max(dates)}))],
            ['busy with other work', f'at most {busiest:g} threads before a benchmark']]
    return table(['', ''], rows)


def sections(record):
    """The text of each table by its name."""
    items = record['benchmarks']
    every = [line for item in items.values() for line in item['results']]

    def lines(name):
        return items.get(name, {}).get('results', [])

    return {'machine': machine(record['machine'], every, items.values()),
            'targets': targets(every), 'kernels': kernels(lines('kernels')),
            'peers-training': peers(lines('peers_training')), 'peers-scoring': peers(lines('peers_scoring')),
            'scaling': scaling(lines('scaling')),
            'peers-picture': pictures(lines('peers_training'), [
                ('peers', 'Bars: an epoch of rbm, scikit-learn and PyTorch over the floor')]),
            'scaling-pictures': pictures(lines('scaling'), [
                ('scaling', 'Microseconds per sample against units, batch, density of ones, chains and threads'),
                ('ratio', 'The same as ratios to the floor')])}


def fill(page, texts):
    for name, text in texts.items():
        begin, end = f'<!-- begin {name} -->', f'<!-- end {name} -->'
        page, count = re.subn(f'{re.escape(begin)}.*?{re.escape(end)}', lambda _: f'{begin}\n{text}\n{end}', page,
                              flags=re.DOTALL)
        if count != 1:
            sys.exit(f'{PAGE}: found {count} times {begin} ... {end}, expected it once')
    return page


def main():
    record = json.loads(RESULTS.read_text('utf-8')) if RESULTS.exists() else {'machine': {}, 'benchmarks': {}}
    old = PAGE.read_text('utf-8')
    new = fill(old, sections(record))
    if sys.argv[1:] == ['--check']:
        if new != old:
            sys.exit(f'{PAGE}: the tables are not those of {RESULTS}; run: python3 tests/bench/table.py')
        return
    PAGE.write_text(new, 'utf-8')
    if not RESULTS.exists():
        sys.exit(f'{RESULTS} is missing: first python3 tests/bench/measure.py')
    if subprocess.run([PYTHON, '-c', 'import matplotlib'], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        sys.exit('the tables are written; the pictures need python3-matplotlib')
    subprocess.run([PYTHON, SOURCE / 'tests' / 'bench' / 'plots.py'], check=True)


if __name__ == '__main__':
    main()
