# SPDX-License-Identifier: MIT
"""BernoulliRBM of the Python package beside scikit-learn's: fit, transform and score of the same binarised images, and
what one call of the functional level costs.  Prints a table; needs scikit-learn and -Dpython=enabled.

usage: PYTHONPATH=BUILD/lib/python python_fit.py [IMAGES [ROWS]]

OPENBLAS_CORETYPE chooses the products' instructions for both, RBM_INSTRUCTIONS those of rbm's own kernels.  Both take
turns, and the shortest times count.  The last column is the ratio of processor times, which says more where the computer
is busy with other work.
"""
import os
import sys
import time

import numpy
import rbm
import sklearn
from sklearn.neural_network import BernoulliRBM

from alternate import read_images

ROUNDS = 3


def images(rows):
    if len(sys.argv) > 1:
        grey = read_images(sys.argv[1])[:rows]
        return grey > grey.max() / 2, sys.argv[1]
    return numpy.random.default_rng(1).random((rows, 784)) < 0.13, 'random bits of the same density'


def best_of(*works):
    """The shortest time of each and its shortest processor time, in seconds, over rounds in which they take turns."""
    times = [(float('inf'), float('inf'))] * len(works)
    for _ in range(ROUNDS):
        for i, work in enumerate(works):
            wall, processor = time.perf_counter(), time.process_time()
            work()
            times[i] = (min(times[i][0], time.perf_counter() - wall),
                        min(times[i][1], time.process_time() - processor))
    return times


def show(name, slow, fast):
    print(f'| {name} | {slow[0]:.3f} | {fast[0]:.3f} | {slow[0] / fast[0]:.2f} | {slow[1] / fast[1]:.2f} |', flush=True)


def call_cost(function, *arguments):
    def calls():
        for _ in range(2000):
            function(*arguments)
    return best_of(calls)[0][0] / 2000 * 1e6


rows = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
bits, source = images(rows)
print(f'{len(bits)} x {bits.shape[1]} {source}; rbm {rbm.__version__} on {rbm.threads()} threads, scikit-learn '
      f'{sklearn.__version__}; OPENBLAS_CORETYPE={os.environ.get("OPENBLAS_CORETYPE", "")} '
      f'RBM_INSTRUCTIONS={os.environ.get("RBM_INSTRUCTIONS", "")}\n')
print('| 784-500 | scikit-learn, s | rbm, s | times faster | in processor time |\n|---|---|---|---|---|')
for dtype in (numpy.float32, numpy.float64):
    for batch in (10, 100):
        X = bits.astype(dtype)
        theirs, ours = (kind(n_components=500, batch_size=batch, learning_rate=0.05, n_iter=1, random_state=1)
                        for kind in (BernoulliRBM, rbm.BernoulliRBM))
        slow, fast = best_of(lambda: theirs.fit(X), lambda: ours.fit(X))
        show(f'fit, {X.dtype}, batches of {batch}', slow, fast)
    for name in ('transform', 'score_samples'):
        slow, fast = best_of(lambda: getattr(theirs, name)(X), lambda: getattr(ours, name)(X))
        show(f'{name}, {X.dtype}', slow, fast)

tiny, row = rbm.Machine(4, 3), numpy.zeros((1, 4), numpy.float32)
print('\n| one call on one row of a 4-3 machine | us |\n|---|---|')
for name in ('free_energy', 'hidden_mean', 'pseudo_likelihood'):
    print(f'| Machine.{name} | {call_cost(getattr(tiny, name), row):.2f} |')
