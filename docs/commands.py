#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes docs/commands.md from the programs' own --help-all and help pages, or finds it out of date.

usage: commands.py BUILD_FOLDER [--check]
"""
import pathlib
import re
import subprocess
import sys

PROGRAMS = ['train', 'score', 'reconstruct', 'dream', 'estimate', 'inspect', 'data', 'check']
HEAD = '''<!-- Written by docs/commands.py from the programs' help pages: change those, then run it. -->
# Commands

Eight small programs. An option has the same name and meaning in all of them.

**Data.** Samples are rows. Programs read IDX, `.npy`, CSV (each also compressed with gzip) and folders of equally sized
PNGs; they recognise a format by its content, not by the name. `-` is standard input. Every program prepares data as the
model says: thresholded or sampled bits, or standardised values. An option that contradicts the model is refused unless
you add `--force`. Results are in the units of the data. Energies and log-likelihoods are in nats.

**Output.** Standard output carries only data; messages and progress go to standard error. If `--output` accepts `-`, that
is standard output. The ending of `--output` determines the format. Existing files are not replaced without `--force`; the
program refuses before it does any work. Files are written completely or not at all.

**Options.** `--hidden 500` and `--hidden=500` are the same. Names cannot be abbreviated. `--config FILE` reads lines
`NAME = VALUE`, with `#` before comments; the command line overrides them. On a terminal, progress is one line that is
updated; elsewhere it is one line per epoch. `--no-progress` turns it off.

**Same seed, same bytes.** See [developing.md](developing.md#what-is-promised).

| exit status | meaning |
|---|---|
| 0 | done; for `rbm-check`: all checks passed |
| 1 | a file or the computer failed, or output exists and `--force` is missing; for `rbm-check`: a check failed |
| 2 | the command line or the configuration is wrong, or the method does not work for this model |
| 3 | the data or the model cannot be used |
| 4 | training diverged: a parameter is not finite or a weight exceeds 1e5; the last good checkpoint is kept |
| 130 | stopped by SIGINT (Ctrl-C); a training run has written its checkpoint: continue with `--resume` |
| 143 | stopped by SIGTERM, likewise |
'''


def text(build):
    parts = [HEAD]
    for name in PROGRAMS:
        program = pathlib.Path(build, 'apps', f'rbm-{name}')
        told = output(program, '--help-all')
        parts.append(f'\n## rbm-{name}\n```\n{told.rstrip()}\n```\n')
        for option, words in pages(told):
            for word in words:
                parts.append(f'\n### {word}\n```\n{output(program, option, word).rstrip()}\n```\n')
    return ''.join(parts)


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def pages(told):
    """Options such as --help-method with the words that they have pages for, as --help-all lists them."""
    for heading in re.finditer(r'^.*\(more on each: (--help-\w+) NAME\):\n((?:  .*\n)+)', told, re.MULTILINE):
        yield heading[1], [line.split()[0] for line in heading[2].splitlines()]


if __name__ == '__main__':
    written = pathlib.Path(__file__).resolve().parent / 'commands.md'
    found = text(sys.argv[1])
    if sys.argv[2:] != ['--check']:
        written.write_text(found)
    elif not written.exists() or written.read_text() != found:
        sys.exit(f'{written} is out of date: run  python3 docs/commands.py {sys.argv[1]}')
