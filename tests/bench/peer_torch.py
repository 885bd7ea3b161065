# SPDX-License-Identifier: MIT
"""CD-1 in PyTorch on the CPU, as people write it, as a worker.  Arguments: images."""
import json
import sys
import time

import threadpoolctl
import torch
import torch.nn.functional as F

from alternate import read_images

torch.manual_seed(1)
torch.set_grad_enabled(False)
DATA = torch.from_numpy(read_images(sys.argv[1])).float()
RATE, BATCH = 0.05, 100
W = 0.01 * torch.randn(500, 784)
a, b = torch.zeros(784), torch.zeros(500)


def train(data):
    for v0 in data.split(BATCH):
        p0 = torch.sigmoid(F.linear(v0, W, b))
        h0 = torch.bernoulli(p0)
        v1 = torch.bernoulli(torch.sigmoid(F.linear(h0, W.t(), a)))
        p1 = torch.sigmoid(F.linear(v1, W, b))
        W.add_(p0.t() @ v0 - p1.t() @ v1, alpha=RATE / BATCH)
        a.add_((v0 - v1).sum(0), alpha=RATE / BATCH)
        b.add_((p0 - p1).sum(0), alpha=RATE / BATCH)


def free_energy(v):
    return -(v @ a) - F.softplus(F.linear(v, W, b)).sum(1)


train(DATA[:2000])
WORK = {'train': lambda: train(DATA),
        'score': lambda: torch.cat([free_energy(block) for block in DATA.split(1000)])}

blas = [pool for pool in threadpoolctl.threadpool_info() if pool['user_api'] == 'blas']
print(json.dumps({'version': f'PyTorch {torch.__version__}', 'core': blas[0]['architecture'],
                  'blas_threads': blas[0]['num_threads'], 'own_threads': torch.get_num_threads(),
                  'flavour': blas[0]['threading_layer']}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    WORK[line.strip()]()
    print(time.perf_counter() - start, flush=True)
