# SPDX-License-Identifier: MIT
"""Draws docs/pictures/{scaling,ratio,peers}.png from docs/performance.json; needs Debian's python3-matplotlib.

usage: /usr/bin/python3 tests/bench/plots.py [RESULTS [FOLDER]]
"""
import json
import pathlib
import sys

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: E402

DOCS = pathlib.Path(__file__).resolve().parents[2] / 'docs'
# Line styles and markers tell the lines apart, colours only help.
OURS = {'color': '#0b4f8a', 'marker': 'o', 'linestyle': '-', 'linewidth': 1.8, 'markersize': 5, 'label': 'rbm'}
FLOOR = {'color': '#777777', 'marker': 's', 'linestyle': '--', 'linewidth': 1.3, 'markersize': 5,
         'markerfacecolor': 'white', 'label': 'the matrix products alone (SGEMM floor)'}
PANELS = [('visible', 'visible units', 'log'), ('hidden', 'hidden units', 'log'), ('batch', 'samples per batch', 'log'),
          ('density', 'share of ones in the data', 'linear'), ('chains', 'Gibbs chains', 'log'),
          ('threads', 'threads', 'linear')]
PLAIN = FuncFormatter(lambda value, _: f'{value:.10g}')

plt.rcParams.update({'font.size': 10, 'axes.spines.top': False, 'axes.spines.right': False, 'axes.grid': True,
                     'grid.color': '#e4e4e4', 'axes.axisbelow': True, 'savefig.dpi': 130})


def set_axis(axis, scale, values):
    axis.set_xscale(scale)
    if scale == 'log' or len(values) < 6:
        axis.set_xticks(values, [f'{value:.10g}' for value in values])
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.minorticks_off()
    if len(values) < 4:
        axis.set_xlim(values[0] - 0.4, values[-1] + 0.4)


def panels(lines, title, draw, unit_of):
    figure, axes = plt.subplots(2, 3, figsize=(10.5, 6.6))
    for axis, (sweep, label, scale) in zip(axes.flat, PANELS):
        points = [line for line in lines if line['sweep'] == sweep]
        if not points:
            axis.set_visible(False)
            continue
        x = [line['x'] for line in points]
        draw(axis, x, points)
        set_axis(axis, scale, x)
        axis.set_xlabel(label)
        axis.set_ylabel(unit_of(sweep))
    figure.suptitle(title, x=0.01, ha='left', fontsize=12)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc='upper right', ncol=2, frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 0.985))
    return figure


def draw_cost(axis, x, points):
    for style, key in ((FLOOR, 'floor_nanoseconds'), (OURS, 'nanoseconds')):
        axis.plot(x, [point[key] / 1000 for point in points], **style)
    highest = max(max(point['floor_nanoseconds'], point['nanoseconds']) for point in points) / 1000
    lowest = min(min(point['floor_nanoseconds'], point['nanoseconds']) for point in points) / 1000
    if highest > 5 * lowest:
        axis.set_yscale('log')
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if highest < 100 * lowest else (1,)))
        axis.yaxis.set_minor_formatter(NullFormatter())
    else:
        axis.set_ylim(0, 1.1 * highest)
    axis.yaxis.set_major_formatter(PLAIN)


def draw_ratio(axis, x, points):
    axis.axhline(1, **{**FLOOR, 'marker': ''})
    axis.plot(x, [point['ratio'] for point in points], **OURS)
    axis.set_ylim(0, max(1.2, 1.1 * max(point['ratio'] for point in points)))


def scaling(lines, machine, folder):
    where = f'{machine["cpu"]}, {machine["threads"]} threads'
    panels(lines, f'Cost of one sample ({where})', draw_cost,
           lambda sweep: 'µs per chain and sweep' if sweep == 'chains' else 'µs per sample of CD-1'
           ).savefig(folder / 'scaling.png')
    panels(lines, f'Time over the SGEMM floor ({where})', draw_ratio,
           lambda sweep: 'time of Gibbs sweeps / floor' if sweep == 'chains' else 'time of CD-1 / floor'
           ).savefig(folder / 'ratio.png')


def peer_bars(lines, machine, folder):
    """Epochs over the floor, CD-1 first: ours, then each peer at its best and on the mistaken core."""
    right = {line['core'] for line in lines if line.get('ours')}
    bars = []
    for algorithm in (' CD-1', ' PCD-1'):
        those = [line for line in lines if line['peer'].endswith(algorithm)]
        bars += [(('rbm ' if line['peer'].startswith('library') else '') + line['peer'], line, 'ours') for line in those
                 if line.get('ours')]
        for peer in dict.fromkeys(line['peer'] for line in those if 'setting' in line):
            runs = [line for line in those if line['peer'] == peer]
            best = min((line for line in runs if line['core'] in right), key=lambda line: line['over_floor'])
            bars.append((f'{peer}\n{best["setting"]}', best, 'best'))
            bars += [(f'{peer}\nwhere OpenBLAS takes the CPU for a Prescott', line, 'mistaken') for line in runs
                     if line['setting'] == 'mistaken core']
    looks = {'ours': {'color': '#0b4f8a'}, 'best': {'color': '#c9d8e6', 'edgecolor': '#555555'},
             'mistaken': {'color': 'white', 'edgecolor': '#555555', 'hatch': '////'}}
    figure, axis = plt.subplots(figsize=(10.5, 0.55 * len(bars) + 1.3))
    axis.axvline(1, color='#555555', linestyle='--', linewidth=1.2)
    axis.text(1, -0.75, ' 1: the matrix products alone (SGEMM floor)', color='#333333', va='bottom')
    for row, (_, line, kind) in enumerate(bars):
        axis.barh(row, line['over_floor'], height=0.68, **looks[kind])
        axis.annotate(f'{line["over_floor"]:.2f}  ({line["seconds"]:.2f} s)', (line['over_floor'], row), (5, 0),
                      textcoords='offset points', va='center',
                      bbox={'facecolor': 'white', 'edgecolor': 'none', 'pad': 1})
    axis.set_yticks(range(len(bars)), [name for name, _, _ in bars])
    axis.set_ylim(len(bars) - 0.4, -1.2)
    axis.set_xlim(0, 1.25 * max(line['over_floor'] for _, line, _ in bars))
    axis.grid(axis='y', visible=False)
    axis.set_xlabel('time of an epoch / SGEMM floor (60,000 digits, 784-500 units, batch 100); shorter is better')
    axis.set_title(f'One epoch of training ({machine["cpu"]}, {machine["threads"]} threads)', loc='left', fontsize=12)
    figure.tight_layout()
    figure.savefig(folder / 'peers.png')


def main():
    results = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS / 'performance.json'
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else DOCS / 'pictures'
    record = json.loads(results.read_text('utf-8'))

    def lines(name):
        return record['benchmarks'].get(name, {}).get('results', [])

    if lines('scaling'):
        scaling(lines('scaling'), record['machine'], folder)
    epochs = [line for line in lines('peers_training') if 'peer' in line]
    if epochs:
        peer_bars(epochs, record['machine'], folder)


main()
