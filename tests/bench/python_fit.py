# SPDX-License-Identifier: MIT
"""BernoulliRBM of the Python package beside scikit-learn's: fit, transform and score of the same data, and what one call
of the functional level costs.  Prints a table; needs scikit-learn and -Dpython=enabled.

usage: PYTHONPATH=BUILD/lib/python python_fit.py [IMAGES [ROWS]]

OPENBLAS_CORETYPE chooses the products' instructions for both, RBM_INSTRUCTIONS those of rbm's own kernels.  Both take turns
and the shortest times count, so that a busy computer slows both or neither.
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
        return read_images(sys.argv[1])[:rows], sys.argv[1]
    grey = numpy.random.default_rng(1).random((rows, 784), dtype=numpy.float32)
    return numpy.where(grey < 0.19, grey / numpy.float32(0.19), numpy.float32(0)), 'random values of the same density'


def best_of(*works):
    """The shortest time of each, in seconds, over rounds in which they take turns."""
    times = [float('inf')] * len(works)
    for _ in range(ROUNDS):
        for i, work in enumerate(works):
            start = time.perf_counter()
            work()
            times[i] = min(times[i], time.perf_counter() - start)
    return times


def call_cost(function, *arguments):
    def calls():
        for _ in range(2000):
            function(*arguments)
    return best_of(calls, calls)[0] / 2000 * 1e6


rows = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
grey, source = images(rows)
print(f'{len(grey)} x {grey.shape[1]} {source}; rbm {rbm.__version__} on {rbm.threads()} threads, scikit-learn '
      f'{sklearn.__version__}; OPENBLAS_CORETYPE={os.environ.get("OPENBLAS_CORETYPE", "")} '
      f'RBM_INSTRUCTIONS={os.environ.get("RBM_INSTRUCTIONS", "")}\n')
print('| 784-500 | scikit-learn, s | rbm, s | times faster |\n|---|---|---|---|')
for dtype in (numpy.float32, numpy.float64):
    for batch in (10, 100):
        X = grey.astype(dtype)
        theirs, ours = (kind(n_components=500, batch_size=batch, learning_rate=0.05, n_iter=1, random_state=1)
                        for kind in (BernoulliRBM, rbm.BernoulliRBM))
        slow, fast = best_of(lambda: theirs.fit(X), lambda: ours.fit(X))
        print(f'| fit, {X.dtype}, batches of {batch} | {slow:.3f} | {fast:.3f} | {slow / fast:.2f} |', flush=True)
    for name in ('transform', 'score_samples'):
        slow, fast = best_of(lambda: getattr(theirs, name)(X), lambda: getattr(ours, name)(X))
        print(f'| {name}, {X.dtype} | {slow:.3f} | {fast:.3f} | {slow / fast:.2f} |', flush=True)

tiny, row = rbm.Machine(4, 3), numpy.zeros((1, 4), numpy.float32)
print('\n| one call on one row of a 4-3 machine | us |\n|---|---|')
for name in ('free_energy', 'hidden_mean', 'pseudo_likelihood'):
    print(f'| Machine.{name} | {call_cost(getattr(tiny, name), row):.2f} |')
