# SPDX-License-Identifier: MIT
"""The same work in scikit-learn and in PyTorch on the CPU, beside ours and the SGEMM floor, by turns in one run.
784-500 units, batch 100, 60,000 binarised digits.  Arguments: training or scoring, bench_worker, rbm-train.

Each setting of a peer is a process of its own.  In each round the floor, our library and the peer work one after the
other; ratios are medians over rounds.  Settings:
  right core, N threads   OPENBLAS_CORETYPE is what our programs end up with
  as installed            no variable set
  mistaken core           OPENBLAS_CORETYPE=Prescott: what OpenBLAS 0.3.21 takes many recent CPUs for, emulated here
Exit status 77 when no peer is installed.
"""
import collections
import os
import subprocess
import sys
import tempfile
import time

from alternate import PYTHON, SKIPPED, SOURCE, Worker, images, median, report, target, tidy, train_program

WHAT, WORKER, TRAIN = sys.argv[1], os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
OPENMP = '/usr/lib/x86_64-linux-gnu/openblas-openmp'  # Debian's libopenblas0-openmp
ROUNDS = 3

Peer = collections.namedtuple('Peer', 'name module command ours requests targets openmp')
Setting = collections.namedtuple('Setting', 'name kind environment')
Target = collections.namedtuple('Target', 'right_core mistaken_core')  # times slower than rbm-train, at least
NO_TARGET = Target(0, 0)

PEERS = {
    'training': [
        Peer('scikit-learn float32, PCD-1', 'sklearn', ['peer_sklearn.py', 'float32'], 'pcd 1', ['train'],
             Target(target(5, 4), 9), False),
        Peer('scikit-learn float64, PCD-1', 'sklearn', ['peer_sklearn.py', 'float64'], 'pcd 1', ['train'], NO_TARGET,
             False),
        Peer('PyTorch, CD-1', 'torch', ['peer_torch.py'], 'cd 1', ['train'], Target(3.1, 12), True)],
    'scoring': [
        Peer('scikit-learn float32', 'sklearn', ['peer_sklearn.py', 'float32'], 'score', ['score', 'score-public'],
             NO_TARGET, False),
        Peer('scikit-learn float64', 'sklearn', ['peer_sklearn.py', 'float64'], 'score', ['score', 'score-public'],
             NO_TARGET, False),
        Peer('PyTorch', 'torch', ['peer_torch.py'], 'score', ['score'], NO_TARGET, True)]}
WORDS = {'train': 'training epoch', 'score': 'free energies', 'score-public': 'score_samples()'}


def installed(module):
    return subprocess.run([PYTHON, '-c', f'import {module}, numpy, threadpoolctl'], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def settings(peer, core):
    def threads(count):
        return {'OMP_NUM_THREADS': str(count), 'OPENBLAS_NUM_THREADS': str(count)}

    counts = sorted({1, len(os.sched_getaffinity(0))})
    for count in counts:
        yield Setting(f'right core, {count} thread{"s" * (count > 1)}', 'right core',
                      {'OPENBLAS_CORETYPE': core, **threads(count)})
    if peer.openmp and os.path.isdir(OPENMP) and counts[-1] > 1:
        yield Setting(f'right core, {counts[-1]} threads, OpenBLAS with OpenMP', 'right core',
                      {'OPENBLAS_CORETYPE': core, 'LD_LIBRARY_PATH': OPENMP, **threads(counts[-1])})
    yield Setting('as installed', 'as installed', {})
    yield Setting('mistaken core', 'mistaken core', {'OPENBLAS_CORETYPE': 'Prescott'})


def rounds(ours, floor, ask):
    """Medians: seconds of the peer, of our library, of the floor; peer over ours, peer over floor."""
    rows, start = [], time.perf_counter()

    def enough():
        spent = time.perf_counter() - start
        return len(rows) >= 7 or (len(rows) >= ROUNDS and spent > 5) or (len(rows) >= 2 and spent > 25)

    while not enough():
        below, us, peer = floor(), ours(), ask()
        rows.append((peer, us, below, peer / us, peer / below))
    return [median(column) for column in zip(*rows)]


class Ours:
    """Our library and the floor; for training also rbm-train, as multiples of the floor."""

    def __init__(self, worker, path, data):
        self.worker = worker
        self.facts = {'data': data, 'threads': worker.hello['threads'], 'core': worker.hello['core']}
        updates = worker.hello['rows'] // 100
        self.floor_request = f'floor 1 {updates}' if WHAT == 'training' else 'floor-score'
        self.program = {}  # by request: rbm-train's epoch over the floor
        if WHAT == 'training':
            for request in ('cd 1', 'pcd 1'):
                self.train(request, path)

    def floor(self):
        return self.worker.ask(self.floor_request)

    def library(self, request):
        return self.worker.ask(request)

    def train(self, request, path):
        algorithm, steps = request.split()
        for _ in range(3):  # hidden states as dense as those of a machine that has learned something
            self.library(request)
        rows = []
        for _ in range(ROUNDS):
            floor, library = self.floor(), self.library(request)
            with tempfile.TemporaryDirectory() as folder:
                program, _ = train_program(TRAIN, path, f'{folder}/run', algorithm, steps, 4)
            rows.append((library, program, floor, library / floor, program / floor))
        library, program, floor, library_ratio, program_ratio = (median(column) for column in zip(*rows))
        self.program[request] = program_ratio
        for name, seconds, ratio in (('library', library, library_ratio), ('rbm-train', program, program_ratio)):
            self.tell(f'{name}, {algorithm.upper()}-{steps}', seconds, floor, ratio)

    def tell(self, who, seconds, floor, ratio):
        report(f'{WHAT}: {who}', peer=who, work=WORDS['train' if WHAT == 'training' else 'score'], ours=True,
               seconds=tidy(seconds), floor_seconds=tidy(floor), over_floor=tidy(ratio), **self.facts)


def measure(peer, ours, path):
    best = {}
    for setting in settings(peer, ours.facts['core']):
        script = str(SOURCE / 'tests' / 'bench' / peer.command[0])
        with Worker([PYTHON, script, path, *peer.command[1:]], **setting.environment) as worker:
            for request in peer.requests:
                seconds, us, floor, slower, over_floor = rounds(lambda: ours.library(peer.ours), ours.floor,
                                                                lambda: worker.ask(request))
                than_program = over_floor / ours.program[peer.ours] if peer.ours in ours.program else None
                line = {'peer': peer.name, 'work': WORDS[request], 'setting': setting.name, 'seconds': tidy(seconds),
                        'our_seconds': tidy(us), 'floor_seconds': tidy(floor), 'over_floor': tidy(over_floor),
                        'slower_than_library': tidy(slower), **worker.hello}
                if than_program:
                    line['slower_than_rbm_train'] = tidy(than_program)
                report(f'{WHAT}: {peer.name}, {setting.name}', **line)
                right = setting.kind != 'mistaken core' and worker.hello['core'] == ours.facts['core']
                for kind in {setting.kind} | ({'right core'} if right else set()):
                    if request == peer.requests[0] and (kind not in best or over_floor < best[kind]['over_floor']):
                        best[kind] = line
    for kind, wanted in (('right core', peer.targets.right_core), ('mistaken core', peer.targets.mistaken_core)):
        if wanted and kind in best:
            line = best[kind]
            report(f'{peer.name}, {line["setting"]}: times slower than rbm-train', ratio=line['slower_than_rbm_train'],
                   target=wanted, at_least=True, seconds=line['seconds'], floor_seconds=line['floor_seconds'],
                   threads=ours.facts['threads'], core=line['core'])


def main():
    there = {module: installed(module) for module in ('sklearn', 'torch')}
    for module, found in there.items():
        if not found:
            print(f'peers: python3-{module} is not installed for {PYTHON}: left out', file=sys.stderr)
    if not any(there.values()):
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        path, data = images(folder)
        with Worker([WORKER, path]) as worker:
            ours = Ours(worker, path, data)
            if WHAT == 'scoring':
                seconds, _, floor, _, ratio = rounds(lambda: 1.0, ours.floor, lambda: ours.library('score'))
                ours.tell('library', seconds, floor, ratio)
            for peer in PEERS[WHAT]:
                if there[peer.module]:
                    measure(peer, ours, path)


main()
