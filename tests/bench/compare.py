#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the benchmarks of two build folders by turns and says which results moved by more than 5 %: before a merge.

usage: compare.py BEFORE AFTER [--rounds N] [--instructions AVX2|AVX3] [BENCHMARK]...

BENCHMARK is ais, kernels, sampling, training (the default: these four) or scaling.  Both builds need their programs:
ninja -C BUILD meson-benchmark-prereq.  Times are compared, not ratios to the floor, which is the same work in both: the
lower quartile over the rounds of each, in alternating order.  A result counts as moved where the quartiles differ by
more than 5 % and every time of the slower build is above the median of the other.  What waits for memory moves by more
than that between two runs of one build, so take more rounds before you believe it.  Exit status 1: something became
slower.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

from alternate import SOURCE, clean_environment, median, undisturbed

LARGEST = 0.05


def environment(instructions):
    more = {}
    if instructions:
        more = {'RBM_INSTRUCTIONS': instructions, 'OPENBLAS_CORETYPE': 'Haswell' if instructions == 'AVX2' else 'SkylakeX'}
    data = os.environ.get('RBM_DATA') or SOURCE.parent / 'shared' / 'data'
    return clean_environment(**more, **({'RBM_DATA': str(data)} if os.path.isdir(data) else {}))


def seconds_of(build, benchmark, steering):
    """What each line of one run took, by name."""
    program = build / 'tests' / 'bench' / f'bench_{benchmark}'
    done = subprocess.run([program], env=steering, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f'{program}: exit status {done.returncode}; ninja -C {build} meson-benchmark-prereq builds it')
    found = {}
    for line in map(json.loads, done.stdout.splitlines()):
        name = line.get('name') or f'{line["sweep"]} = {line["x"]}'
        found[name] = next(line[key] for key in ('seconds', 'nanoseconds', 'nanoseconds_per_element') if key in line)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('before', type=pathlib.Path, metavar='BEFORE')
    parser.add_argument('after', type=pathlib.Path, metavar='AFTER')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--instructions', choices=['AVX2', 'AVX3'])
    parser.add_argument('benchmarks', nargs='*', default=['ais', 'kernels', 'sampling', 'training'], metavar='BENCHMARK')
    wish = parser.parse_intermixed_args()
    steering = environment(wish.instructions)
    times = {}  # by name: those of each build
    for turn in range(wish.rounds):
        order = [(0, wish.before), (1, wish.after)]
        for which, build in order if turn % 2 == 0 else order[::-1]:
            for benchmark in wish.benchmarks:
                for name, seconds in seconds_of(build, benchmark, steering).items():
                    times.setdefault(name, ([], []))[which].append(seconds)
        print(f'round {turn + 1} of {wish.rounds}', file=sys.stderr, flush=True)
    slower = 0
    width = max(map(len, times))
    for name, (before, after) in times.items():
        if not before or not after:
            print(f'{name:{width}}  only in one of the builds')
            continue
        moved = undisturbed(after) / undisturbed(before) - 1
        slow, fast = (after, before) if moved > 0 else (before, after)
        sure = abs(moved) > LARGEST and min(slow) > median(fast)
        word = '' if not sure else 'slower' if moved > 0 else 'faster'
        slower += word == 'slower'
        print(f'{name:{width}}  {100 * moved:+6.1f} %  {word}'.rstrip())
    print(f'{slower} of {len(times)} slower by more than {100 * LARGEST:.0f} %')
    sys.exit(1 if slower else 0)


main()
