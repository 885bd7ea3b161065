# SPDX-License-Identifier: MIT
"""scikit-learn's BernoulliRBM (PCD-1) as a worker.  Arguments: images, float32 or float64 (what it makes of bytes)."""
import json
import sys
import time

import numpy
import sklearn
import threadpoolctl
from sklearn.neural_network import BernoulliRBM

from alternate import read_images

DATA = read_images(sys.argv[1]).astype(sys.argv[2])
machine = BernoulliRBM(n_components=500, batch_size=100, learning_rate=0.05, n_iter=1, random_state=1)
machine.fit(DATA[:2000])

WORK = {'train': lambda: machine.fit(DATA),
        'score': lambda: [machine._free_energy(DATA[first:first + 1000]) for first in range(0, len(DATA), 1000)],
        'score-public': lambda: machine.score_samples(DATA)}  # pseudo-likelihood of one pixel: two free energies

blas = [pool for pool in threadpoolctl.threadpool_info() if pool['user_api'] == 'blas']
print(json.dumps({'version': f'scikit-learn {sklearn.__version__}, numpy {numpy.__version__}',
                  'core': blas[0]['architecture'], 'blas_threads': blas[0]['num_threads'],
                  'flavour': blas[0]['threading_layer']}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    WORK[line.strip()]()
    print(time.perf_counter() - start, flush=True)
