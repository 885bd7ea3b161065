#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws docs/pictures/objectives.png from objectives.json beside this file; needs Debian's python3-matplotlib.

usage: /usr/bin/python3 objectives_picture.py [RESULTS [PICTURE]]
"""
import json
import math
import pathlib
import statistics
import sys

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: E402
from matplotlib.transforms import Bbox  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
# Filled: without chains.  Markers tell the two apart, colours only help.
CHAINS = {'color': '#777777', 'marker': 's', 'markerfacecolor': 'white'}
WITHOUT = {'color': '#0b4f8a', 'marker': 'o'}
PANELS = {'bits': 'Bars and stripes, 3 x 3 bits, 9 hidden units', 'reals': 'Two Laplace sources, 4 hidden units'}
PLAIN = FuncFormatter(lambda value, _: f'{value:.10g}')
# Where a name may stand beside its point, in points: best first.
PLACES = [(8, 0, 'left', 'center'), (-8, 0, 'right', 'center'), (0, 11, 'center', 'bottom'), (0, -11, 'center', 'top'),
          (8, 9, 'left', 'bottom'), (8, -9, 'left', 'top'), (-8, 9, 'right', 'bottom'), (-8, -9, 'right', 'top')]

plt.rcParams.update({'font.size': 10, 'axes.spines.top': False, 'axes.spines.right': False, 'axes.grid': True,
                     'grid.color': '#e4e4e4', 'axes.axisbelow': True, 'savefig.dpi': 130})


def overlap(first, second):
    width = min(first.x1, second.x1) - max(first.x0, second.x0)
    height = min(first.y1, second.y1) - max(first.y0, second.y0)
    return max(width, 0) * max(height, 0)


def write_names(figure, axis, points):
    """Each name where it covers least of points and names, stays inside, and is nearest to its own point."""
    figure.canvas.draw()
    renderer, inside = figure.canvas.get_renderer(), axis.get_window_extent()
    pixel = figure.dpi / 72
    places = [axis.transData.transform((x, median)) for _, x, median, _, _ in points]
    taken = []
    for (_, x, _, low, high), (left, middle) in zip(points, places):
        (_, bottom), (_, top) = axis.transData.transform([(x, low), (x, high)])
        taken += [Bbox([[left - pixel, bottom], [left + pixel, top]]),
                  Bbox([[left - 4 * pixel, middle - 4 * pixel], [left + 4 * pixel, middle + 4 * pixel]])]
    choices = []  # of each name: the cost of a place apart from other names, its box, its text
    for (name, x, median, _, _), own in zip(points, places):
        choices.append([])
        for dx, dy, align, vertical in PLACES:
            text = axis.annotate(name, (x, median), (dx, dy), textcoords='offset points', ha=align, va=vertical, fontsize=9)
            box = text.get_window_extent(renderer)
            start = own[0] + dx * pixel, own[1] + dy * pixel
            nearer = sum(math.dist(start, other) < math.dist(start, own) + pixel for other in places) - 1
            outside = box.width * box.height - overlap(box, inside)
            cost = sum(overlap(box, other) for other in taken) + 4 * outside + 500 * nearer + len(choices[-1])
            choices[-1].append((cost, box, text))
    chosen = [0] * len(points)
    for _ in range(5):
        for k, mine in enumerate(choices):
            others = [choices[n][chosen[n]][1] for n in range(len(points)) if n != k]
            costs = [cost + sum(4 * overlap(box, other) for other in others) for cost, box, _ in mine]
            chosen[k] = costs.index(min(costs))
    for k, mine in enumerate(choices):
        for n, (_, _, text) in enumerate(mine):
            text.set_visible(n == chosen[k])


def panel(axis, table):
    points = []
    for line in table['lines']:
        losses = [max(loss[0], 1e-6) for loss in line['losses']]
        style = CHAINS if line['algorithm'].split(',')[0] in ('cd', 'pcd', 'fpcd', 'tempering') else WITHOUT
        axis.plot([line['seconds']] * 2, [min(losses), max(losses)], color=style['color'], linewidth=1.5)
        axis.plot(line['seconds'], statistics.median(losses), markersize=6, linestyle='', **style)
        points.append((line['algorithm'], line['seconds'], statistics.median(losses), min(losses), max(losses)))
    axis.set_xscale('log')
    axis.set_yscale('log')
    axis.set_xlim(min(point[1] for point in points) / 2.4, max(point[1] for point in points) * 1.6)
    lowest, highest = min(point[3] for point in points), max(point[4] for point in points)
    axis.set_ylim(lowest / 1.6, highest * 1.6)
    for each in axis.xaxis, axis.yaxis:
        each.set_major_formatter(PLAIN)
        each.set_minor_formatter(NullFormatter())
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if highest < 50 * lowest else (1,)))
    axis.set_xlabel('processor seconds of a run')
    axis.set_title(PANELS[table['name']], loc='left', fontsize=10)
    return points


def main():
    results = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / 'objectives.json'
    picture = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE.parent / 'pictures' / 'objectives.png'
    tables = [table for table in json.loads(results.read_text('utf-8'))['tables'] if table['name'] in PANELS]
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 5.2))
    handles = [plt.Line2D([], [], linestyle='', markersize=6, label=label, **style)
               for style, label in ((CHAINS, 'with chains'), (WITHOUT, 'without'))]
    figure.suptitle('Likelihood lost against exact maximum likelihood: median, best and worst of three seeds', x=0.01, ha='left',
                    fontsize=12)
    figure.legend(handles=handles, loc='upper right', ncol=2, frameon=False)
    axes[0].set_ylabel('nats lost per sample')
    points = [panel(axis, table) for axis, table in zip(axes, tables)]
    figure.tight_layout(rect=(0, 0, 1, 0.985), w_pad=2)
    for axis, some in zip(axes, points):
        write_names(figure, axis, some)
    figure.savefig(picture)


main()
