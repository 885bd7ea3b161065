#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the tables of docs/performance.md, and its pictures, from docs/performance.json (AVX-512) and
docs/performance-avx2.json (see measure.py).

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
RESULTS_AVX2 = SOURCE / 'docs' / 'performance-avx2.json'
CLASSES = ['AVX-512', 'AVX2']
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


def name_of(line):
    return line['name'].replace('|', ' ') if 'name' in line else f'CD-1, {line["x"]:g} {line["sweep"]} units'


def measured(line):
    """The number, its target, and whether it holds."""
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
    return [f'**{number}**', target, '' if not target else 'yes' if holds else 'no']


def with_targets(lines):
    """What belongs into the table, by name."""
    found = {}
    for line in lines:
        if line.get('target', 0) > 0 or 'CD-' in line.get('name', '') and line.get('target') == 0:
            found[name_of(line)] = line
        if 'ratio_when_openblas_takes_prescott' in line:
            found[name_of(line) + ', where OpenBLAS takes the CPU for a Prescott'] = {
                **line, 'ratio': line['ratio_when_openblas_takes_prescott']}
    return found


def side_by_side(of_classes, cells, width):
    """A row per name that any class has; `cells` makes those of a line."""
    names = list(dict.fromkeys(name for lines in of_classes for name in lines))
    return [[name, *(cell for lines in of_classes for cell in (cells(lines[name]) if name in lines else [''] * width))]
            for name in names]


def targets(of_classes):
    head = [word for one in CLASSES for word in (one, 'target', 'holds')]
    return table(['work', *head], side_by_side([with_targets(lines) for lines in of_classes], measured, 3))


def kernels(of_classes):
    def shown(line):
        return [f'{line["nanoseconds_per_element"]:.2f} ns per element' if 'nanoseconds_per_element' in line
                else f'{ratio_text(line["ratio"])} of its SGEMM']
    return table(['kernel', *CLASSES], side_by_side([{line['name']: line for line in lines} for lines in of_classes],
                                                    shown, 1))


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


def scaling(of_classes):
    def cells(line):
        return [f'{line["nanoseconds"] / 1000:.3g}', f'{line["floor_nanoseconds"] / 1000:.3g}', ratio_text(line['ratio'])]
    rows = side_by_side([{(line['sweep'], line['x']): line for line in lines} for lines in of_classes], cells, 3)
    head = [f'{one}: {word}' for one in CLASSES for word in ('µs per sample', 'floor, µs', 'ratio')]
    return table(['what varies', 'value', *head], [[name[0], f'{name[1]:g}', *rest] for name, *rest in rows])


def pictures(lines, names):
    """The lines that show them, where there is something to show."""
    return '\n'.join(f'<img src="pictures/{name}.png" width="900" alt="{text}">' for name, text in names) if lines else ''


def facts_of(record):
    """One column of the table of machines."""
    facts, items = record['machine'], record['benchmarks'].values()
    if not items:
        return [MISSING] * 6
    dates, busiest = [item['date'] for item in items], max(item.get('others_load', 0) for item in items)
    versions = sorted({line['version'] for item in items for line in item['results'] if 'version' in line})
    limit = '; limited to AVX2, OpenBLAS core Haswell' if facts.get('limit') == 'AVX2' else ''
    return [f'{facts["cpu"]}, family {facts["family"]} model {facts["model"]}; {facts["threads"]} threads; '
            f'{facts["caches"]}; {facts["gigabytes"]} GB{limit}',
            f'{facts["system"]}, Linux {facts["kernel"]}', '; '.join(facts['version']) + f'; commit {facts["commit"]}',
            '; '.join(versions) or 'nothing', ' to '.join(sorted({min(dates), max(dates)})),
            f'at most {busiest:g} threads before a benchmark']


def machine(records):
    names = ['CPU', 'system', 'this software', 'beside it', 'measured', 'busy with other work']
    return table(['', *CLASSES], [list(row) for row in zip(names, *map(facts_of, records))])


def sections(records):
    """The text of each table by its name."""
    def lines(name):
        return [record['benchmarks'].get(name, {}).get('results', []) for record in records]

    every = [[line for item in record['benchmarks'].values() for line in item['results']] for record in records]
    return {'machine': machine(records), 'targets': targets(every), 'kernels': kernels(lines('kernels')),
            'peers-training': peers(lines('peers_training')[0]), 'peers-scoring': peers(lines('peers_scoring')[0]),
            'scaling': scaling(lines('scaling')),
            'peers-picture': pictures(lines('peers_training')[0], [
                ('peers', 'Bars: an epoch of rbm, scikit-learn and PyTorch over the floor')]),
            'scaling-pictures': pictures(lines('scaling')[0], [
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
    records = [json.loads(path.read_text('utf-8')) if path.exists() else {'machine': {}, 'benchmarks': {}}
               for path in (RESULTS, RESULTS_AVX2)]
    old = PAGE.read_text('utf-8')
    new = fill(old, sections(records))
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
