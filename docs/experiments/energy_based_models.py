#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keeps docs/energy-based-models.md true: runs all its commands, in order, and compares what they print with the page.

usage: energy_based_models.py [FOLDER_OF_THE_PROGRAMS] [--write | --table] [--pictures]     build/apps unless given
  --write      put what was printed into the page, and what objectives.json says into its table of methods
  --table      do no more than the latter
  --pictures   draw docs/pictures/ebm-*.png too; needs Debian's python3-matplotlib

A block of commands is fenced as sh; a fence without a language behind it holds what they print. Words must be the same, and
numbers within 1 % of each other or of 1; `<!-- within R -->` above a fence gives it another tolerance. Captions rest on
measurements of this script, whose claims are checked. Exits with 1 when anything does not hold."""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / 'docs' / 'energy-based-models.md'
RESULTS = ROOT / 'docs' / 'experiments' / 'objectives.json'
PICTURES = ROOT / 'docs' / 'pictures'
sys.path.insert(0, str(ROOT / 'docs' / 'examples'))
sys.dont_write_bytecode = True
from read_model import read_model  # noqa: E402

BLOCK = re.compile(r'```sh\n(?P<code>.*?)^```\n(?:\n?(?:<!-- within (?P<within>\S+) -->\n)?```\n(?P<output>.*?)^```\n)?', re.M | re.S)
NUMBER = re.compile(r'(?<![\w.])[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w.]*\w)')
DRAWN = re.compile(r'^( +number )[.#]+$', re.M)  # which of two equal modes chains end in is chance
failures = []


def expect(holds, claim):
    if not holds:
        failures.append(claim)
        print(f'does not hold: {claim}', flush=True)


# What the page says and what the programs print.
def outputs_of(blocks, home):
    """What each block prints, standard error with it; all of them in one shell, that stops at the first that fails."""
    script = ''.join(f'{block["code"]}\nprintf "\\n%s\\n" @@@@\n' for block in blocks)
    done = subprocess.run(['bash', '-e', '-o', 'pipefail', '-c', script], cwd=home, env={**os.environ, 'LC_ALL': 'C'}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    parts = done.stdout.split('\n@@@@\n')
    if done.returncode != 0:
        sys.exit(f'{PAGE.name}: block {len(parts)} ends with {done.returncode}:\n{blocks[len(parts) - 1]["code"]}{parts[-1]}')
    return [part.rstrip('\n') + '\n' if part.strip() else '' for part in parts[:-1]]


def compare(shown, printed, tolerance, code):
    claim = f'block\n{code}shows\n{shown}but prints\n{printed}'
    words, spoken = (DRAWN.sub(r'\1picture', NUMBER.sub('number', text)).split() for text in (shown, printed))
    if words != spoken:
        return expect(False, claim)
    pairs = [[float(word.replace(',', '')) for word in pair] for pair in zip(NUMBER.findall(shown), NUMBER.findall(printed))]
    expect(all(abs(a - b) <= tolerance * max(1, abs(a)) for a, b in pairs), claim)


def run_page(home, write):
    page = PAGE.read_text()
    blocks = list(BLOCK.finditer(page))
    printed = outputs_of(blocks, home)
    for block, output in zip(blocks, printed):
        if block['output'] is None:
            expect(output == '', f'a block shows nothing but prints\n{block["code"]}{output}')
        elif not write:
            compare(block['output'], output, float(block['within'] or 0.01), block['code'])
    if write:
        for block, output in reversed(list(zip(blocks, printed))):
            if block['output'] is not None:
                page = page[:block.start('output')] + output + page[block.end('output'):]
        PAGE.write_text(page)


# The table of methods: likelihoods lost and seconds as objectives.py measured them.
def table_of_methods(write):
    if not RESULTS.exists():
        return
    measured = {}
    for table in json.loads(RESULTS.read_text())['tables']:
        for line in table['lines']:
            lost = statistics.median(losses[0] for losses in line['losses'])
            measured[table['name'], line['options']] = f'{lost:.4f}, {line["seconds"]:.1f}'
    page = PAGE.read_text()
    start = page.index('| `--algorithm` |')
    lines = page[start:page.index('\n\n', start)].split('\n')
    for i, line in enumerate(lines[2:], 2):
        words = [word.strip() for word in line[1:-1].split('|')]
        name = words[0].strip('`')
        words[5:] = [measured.get((kind, name), '') for kind in ('bits', 'reals')]
        lines[i] = '|' + '|'.join(f' {word} ' if word else ' ' for word in words) + '|'
        expect(write or lines[i] == line, f'the line of {name} is not that of {RESULTS.name}: --table writes it')
    if write:
        PAGE.write_text(page[:start] + '\n'.join(lines) + page[page.index('\n\n', start):])


# What the pictures show.
def run(folder, program, *words):
    done = subprocess.run([folder.parent / 'build/apps' / program, *map(str, words), '--quiet'], cwd=folder, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout) if '--json' in words else None


def annealing(folder, plt):
    """log Z of the machine of 20 hidden units, by estimates of ten chains from many seeds."""
    exact = run(folder, 'rbm-estimate', 'small/model.safetensors', '--json')['log_partition']
    ways = {'forward from the uniform base': ['ais', '--base', 'uniform'], "forward from the data's rates": ['ais'],
            "back from the machine's samples": ['reverse', '--steps', 300]}
    betas, seeds = [5, 10, 30, 100, 300, 1000, 3000], range(1, 21)

    def error(way, betas, seed):
        words = ['--method', *way, '--schedule', 'linear', '--chains', 10, '--betas', betas, '--seed', seed, '--json']
        return run(folder, 'rbm-estimate', 'small/model.safetensors', *words)['log_partition'] - exact
    off = {name: np.array([[error(way, b, seed) for seed in seeds] for b in betas]) for name, way in ways.items()}
    uniform, data, back = off.values()
    low = uniform.mean(1)
    expect(low[0] < -4 and low[0] < low[1] < low[2] < -0.2, 'short walks from the uniform base are nats too low')
    expect(data.mean(1)[0] > low[0] / 2, "a walk from the data's rates is less than half as far off")
    expect(back.mean(1)[0] > 0.3, 'a short way back is too high')
    expect(all(abs(values[-1]).max() < 0.5 for values in off.values()), '3000 betas are enough from everywhere')
    if plt is None:
        return
    figure, axes = plt.subplots(figsize=(6.4, 3.2))
    for shift, (name, values), colour in zip((0.93, 1, 1.07), off.items(), ('C3', 'C0', 'C2')):
        x = np.array(betas) * shift
        axes.plot(np.repeat(x, len(seeds)), values.ravel(), '.', color=colour, alpha=.45, markersize=5, markeredgewidth=0)
        axes.plot(x, values.mean(1), '-', color=colour, label=name)
    axes.axhline(0, color='black', linewidth=1)
    axes.annotate('exact', (3000, .3), ha='right')
    axes.set(xscale='log', xlabel='betas along the way', ylabel='estimate of log Z − log Z, nats', ylim=(-12, 5))
    axes.legend(frameon=False, loc='lower right')
    save(figure, 'annealing')


def modes(folder, plt):
    """No mode of the digits is a digit of the training set, though all are more likely than the mean."""
    run(folder, 'rbm-dream', 'digits/model.safetensors', '--sampler', 'annealing', '--modes', '--chains', 100, '--output', 'modes.npy')
    found = np.unique(np.load(folder / 'modes.npy')[0], axis=0)
    digits = np.load(folder / 'train.npy').reshape(-1, 64) > 0.5
    expect(not any((digits == mode.astype(bool)).all(1).any() for mode in found), 'no mode is among the digits')


def phases(folder, plt):
    """The exact likelihood of a machine of 4 hidden units while it learns bars and stripes, mean over seeds."""
    common = ['--hidden', 4, '--batch-size', 16, '--learning-rate-schedule', 'constant', '--initial-weights', 0.1,
              '--weight-decay-l1', 0, '--epochs', 20000]
    ways = {'CD-1': ['cd'], 'CD-10': ['cd', '--steps', 10], 'PCD-1': ['pcd'], 'tempering': ['tempering', '--chains', 16]}
    curves = {}
    for name, way in ways.items():
        runs = []
        for seed in range(1, 6):
            run(folder, 'rbm-train', 'bars.npy', '--output', 'curve', '--force', '--algorithm', *way, *common, '--seed', seed)
            lines = [json.loads(line) for line in (folder / 'curve/metrics.jsonl').open()]
            runs.append([(line['updates'], line['log_likelihood']) for line in lines if 'log_likelihood' in line])
        curves[name] = np.mean(runs, 0).T
    ends = {name: curve[1, -1] for name, curve in curves.items()}
    best = {name: curve[1].max() for name, curve in curves.items()}
    expect(ends['CD-1'] < best['CD-1'] - .1, "CD-1's likelihood falls again")
    expect(ends['PCD-1'] < best['PCD-1'] - .5, "PCD-1's likelihood falls apart")
    expect(best['tempering'] - ends['tempering'] < .1, 'tempering stays')
    expect(best['CD-1'] < best['CD-10'] < -3.119162, 'no trainer is above the exact maximum, and CD-10 is above CD-1')
    if plt is None:
        return
    figure, axes = plt.subplots(figsize=(6.4, 3.2))
    for (name, curve), colour in zip(curves.items(), ('C3', 'C1', 'C0', 'C2')):
        axes.plot(*curve, color=colour, label=name)
    axes.axhline(-3.119162, color='black', linewidth=1)
    axes.annotate('exact maximum', (320, -3.08))
    axes.set(xscale='log', xlim=(300, 20000), ylim=(-5.6, -2.9), xlabel='updates', ylabel='log-likelihood, nats per picture')
    axes.legend(frameon=False, loc='lower center', ncol=2)
    save(figure, 'phases')


def exact_square(model):
    """E[|v|^2] of a machine of Gaussian visible units, which is a mixture of 2^H Gaussians."""
    tensors, _ = read_model(model)
    w, b, c = (np.array(tensors[name], float) for name in ('weights', 'hidden.bias', 'visible.center'))
    variance = np.exp(2. * np.array(tensors['visible.log_sigma'], float))
    hidden = np.array(list(np.ndindex(*[2] * len(b))), float)
    field = hidden @ w.T
    log_weight = hidden @ b + ((c * field + field ** 2 / 2) / variance).sum(1)
    weight = np.exp(log_weight - log_weight.max())
    return float(weight @ ((c + field) ** 2 + variance).sum(1) / weight.sum())


def langevin(folder, plt):
    """E[|v|^2] of chains against their step size."""
    exact = exact_square(folder / 'sources/model.safetensors')
    steps, ends = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.2], {}
    for sampler in 'langevin', 'mala':
        ends[sampler] = []
        for size in steps:
            run(folder, 'rbm-dream', 'sources/model.safetensors', '--sampler', sampler, '--step-size', size, '--chains', 10000, '--steps', 300,
                '--output', 'chains.npy', '--force')
            ends[sampler].append((np.load(folder / 'chains.npy')[0].astype(float) ** 2).sum(1).mean() / exact)
    expect(abs(np.array(ends['mala']) - 1).max() < .04, 'MALA is right at every step size')
    expect(all(np.diff(ends['langevin']) > 0) and ends['langevin'][-1] > 1.5, 'unadjusted Langevin steps widen what they sample')
    if plt is None:
        return
    figure, axes = plt.subplots(figsize=(6.4, 2.8))
    line = np.linspace(0, 1.25, 100)
    axes.plot(line, 1 / (1 - line / 2), ':', color='C3', label='1 / (1 − η/2): one Gaussian')
    axes.plot(steps, ends['langevin'], 'o-', color='C3', label='langevin')
    axes.plot(steps, ends['mala'], 'o-', color='C0', label='mala')
    axes.axhline(1, color='black', linewidth=1)
    axes.set(xlabel='step size η', ylabel='E[|v|²] / exact', xlim=(0, 1.25), ylim=(.9, 2.6))
    axes.legend(frameon=False, loc='upper left')
    save(figure, 'langevin')


def densities(folder, plt):
    """log p over a grid, of the machines that learned the two Laplace sources."""
    side = np.linspace(-4.5, 4.5, 181, dtype=np.float32)
    np.save(folder / 'grid.npy', np.stack(np.meshgrid(side, side), -1).reshape(-1, 2))
    panels = {'maximum likelihood': 'sources', 'score matching': 'scores', 'denoising, σ = 0.3': 'blurred', 'noise contrast': 'noise'}
    maps = {}
    for name, model in panels.items():
        run(folder, 'rbm-score', f'{model}/model.safetensors', 'grid.npy', '--output', 'grid-scores.npy', '--force')
        maps[name] = np.load(folder / 'grid-scores.npy')[:, 1].reshape(len(side), -1)
        mass = np.exp(maps[name]).sum() * float(side[1] - side[0]) ** 2
        expect(abs(mass - 1) < .02, f'{name}: the density sums to {mass:.4f}, not to 1')
    rows = np.load(folder / 'sources.npy')
    gaussian = -.5 * np.log(np.linalg.det(2 * np.pi * np.e * np.cov(rows.T)))
    expect(abs(gaussian + 2.82) < .01, f'a Gaussian has {gaussian:.4f}, not -2.82')
    if plt is None:
        return
    rows = rows[:4000]
    figure, axes = plt.subplots(1, 5, figsize=(9.6, 2.15), sharex=True, sharey=True)
    axes[0].plot(*rows.T, ',', color='black', alpha=.5)
    axes[0].set(title='4000 of the rows', aspect='equal', xlim=(-4.5, 4.5), ylim=(-4.5, 4.5), xticks=(-4, 0, 4), yticks=(-4, 0, 4))
    for panel, (name, values) in zip(axes[1:], maps.items()):
        panel.contourf(side, side, values, levels=np.arange(-10, 0, 1), cmap='viridis', extend='min')
        panel.set(title=name, aspect='equal')
    for panel in axes:
        panel.title.set_fontsize(9)
    save(figure, 'densities')


def sheets(folder, plt):
    """Pictures that the page's commands left, side by side."""
    if plt is None:
        return

    def grey(name):
        picture = plt.imread(folder / name)
        return picture if picture.ndim == 2 else picture[..., 0]

    def beside(name, parts, gap):
        parts = [grey(part) for part in parts]
        white = np.ones((parts[0].shape[0], gap), parts[0].dtype)
        row = [white] * (2 * len(parts) - 1)
        row[::2] = parts
        save_grey(name, np.hstack(row))
    beside('temperature', ['dreams-0.3.png', 'dreams-1.png', 'dreams-2.png', 'modes.png'], 40)
    beside('product', ['rows.png', 'columns.png', 'both.png'], 30)
    save_grey('filled', grey('filled.png'))


def save(figure, name):
    for axes in figure.axes:
        axes.spines[['top', 'right']].set_visible(False)
    figure.savefig(PICTURES / f'ebm-{name}.png', dpi=120, bbox_inches='tight', pil_kwargs={'optimize': True})


def save_grey(name, picture):
    from PIL import Image  # comes with matplotlib
    Image.fromarray(np.round(255 * picture).astype(np.uint8)).save(PICTURES / f'ebm-{name}.png', optimize=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('programs', nargs='?', default=ROOT / 'build/apps', type=pathlib.Path)
    parser.add_argument('--write', action='store_true')
    parser.add_argument('--table', action='store_true')
    parser.add_argument('--pictures', action='store_true')
    options = parser.parse_args()
    plt = None
    table_of_methods(options.write or options.table)
    if options.table:
        return
    if options.pictures:
        import matplotlib
        matplotlib.use('Agg')
        import matplotlib.pyplot as plt
    with tempfile.TemporaryDirectory() as name:
        home = pathlib.Path(name)
        (home / 'build').mkdir()
        (home / 'build/apps').symlink_to(options.programs.resolve())
        (home / 'datasets').symlink_to(ROOT / 'datasets')
        run_page(home, options.write)
        for part in modes, annealing, phases, langevin, densities, sheets:
            part(home / 'run-story', plt)
    print(f'{PAGE.name}: {len(failures)} claims do not hold' if failures else f'{PAGE.name}: all of it holds')
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
