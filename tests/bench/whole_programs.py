# SPDX-License-Identifier: MIT
"""The programs as users run them: training, scoring, memory, start-up.  Arguments: bench_worker, rbm-train, rbm-score,
core_shim.

Ratios of training and scoring are to the SGEMM floor measured just before and after; the others are to their limits.
"""
import os
import sys
import tempfile

from alternate import Worker, images, report, run_program, target, tidy, train_program, undisturbed

WORKER, TRAIN, SCORE, SHIM = (os.path.abspath(path) for path in sys.argv[1:5])
BATCH = 100


def training(worker, path, folder, facts):
    peak = 0
    for algorithm, steps, wanted, epochs, rounds in (('cd', 1, target(0.60, 0.75), 5, 6), ('pcd', 1, target(0.60, 0.75), 5, 6),
                                                     ('cd', 10, target(0.60, 0.80), 3, 3)):
        updates = worker.hello['rows'] // BATCH
        part = updates if steps == 1 else updates // 4
        floors, epoch_seconds = [], []
        for _ in range(rounds):
            before = worker.ask(f'floor {steps} {part}')
            seconds, megabytes = train_program(TRAIN, path, f'{folder}/run', algorithm, steps, epochs)
            floor = (before + worker.ask(f'floor {steps} {part}')) / 2 * updates / part
            floors.append(floor)
            epoch_seconds.append(seconds)
            peak = max(peak, megabytes)
        taken, least = undisturbed(epoch_seconds), undisturbed(floors)
        report(f'rbm-train: {algorithm.upper()}-{steps} epoch 784-500 batch {BATCH}', ratio=tidy(taken / least),
               target=wanted, seconds=tidy(taken), floor_seconds=tidy(least), **facts)
    report('rbm-train: peak memory, 60,000 digits', ratio=tidy(peak / 110), target=1, megabytes=tidy(peak),
           limit_megabytes=110, **facts)


def scoring(worker, path, folder, facts):
    command = [SCORE, f'{folder}/run/model.safetensors', path, '--quiet']
    runs = []
    for _ in range(5):
        floor = worker.ask('floor-score')
        runs.append((*run_program(command), floor))
    seconds, megabytes, floor = (undisturbed(values) for values in zip(*runs))
    report('rbm-score: whole process, 60,000 digits', ratio=tidy(seconds / 1.0), target=1, seconds=tidy(seconds),
           limit_seconds=1.0, floor_seconds=tidy(floor), megabytes=tidy(megabytes), **facts)


def starting(facts):
    limit = 0.1
    for name, environment in (('rbm-train --version', {}),
                              ('rbm-train --version, started anew for the right core', {'LD_PRELOAD': SHIM})):
        seconds = undisturbed([run_program([TRAIN, '--version'], **environment)[0] for _ in range(21)])
        report(name, ratio=tidy(seconds / limit), target=1, seconds=tidy(seconds), limit_seconds=limit, **facts)


def main():
    with tempfile.TemporaryDirectory() as folder:
        path, data = images(folder)
        with Worker([WORKER, path]) as worker:
            facts = {'data': data, **{name: worker.hello[name] for name in ('threads', 'core', 'instructions')}}
            starting(facts)
            training(worker, path, folder, facts)
            scoring(worker, path, folder, facts)


main()
