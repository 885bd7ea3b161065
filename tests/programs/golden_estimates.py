#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rbm-estimate on the machine of Salakhutdinov & Murray 2008, whose log Z they give as 451.28; and intervals on 1000 random
machines.  Skips without RBM_DATA.

usage: golden_estimates.py RBM-ESTIMATE UNIT-TESTS
"""
import json
import os
import pathlib
import subprocess
import sys

FOLDER = os.environ.get('RBM_DATA', '')


def estimate(*words):
    root = pathlib.Path(FOLDER)
    done = subprocess.run([sys.argv[1], root / 'golden/cd25_500.safetensors',
                           root / 'mnist-binarized/train-images-idx3-ubyte.gz', '--json', '--no-progress', *map(str, words)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    print(' '.join(map(str, words)), *(f"{found['log_partition' + end]:.3f}" for end in ('_low', '', '_high')), found['verdict'])
    return found, done.stderr.decode()


def main():
    coverage = subprocess.run([sys.argv[2], '--test-suite=ais', '--test-case=intervals of every method*'],
                              env={**os.environ, 'RBM_COVERAGE_MACHINES': '1000'})
    assert coverage.returncode == 0
    if not FOLDER:
        print('RBM_DATA names no folder: skipped')
        return 77
    found, _ = estimate('--method', 'ais')
    assert 450.8 <= found['log_partition'] <= 451.7 and not found['warnings']
    assert found['log_partition_low'] <= 451.28 <= found['log_partition_high']
    # 100 chains leave a standard error of 0.1: one of the two lies within 0.2 of the middle.
    longer = [estimate('--method', 'ais', '--betas', 14500, '--schedule', schedule)[0]
              for schedule in ('salakhutdinov-murray', 'adaptive')]
    assert any(451.0 <= one['log_partition'] <= 451.4 for one in longer)
    assert all(one['log_partition_low'] <= 451.28 <= one['log_partition_high'] for one in longer)
    found, _ = estimate('--method', 'sandwich')
    assert found['bounds'] and found['log_partition_low'] <= 451.28 <= found['log_partition_high']
    assert found['log_partition_high'] - found['log_partition_low'] <= 2
    found, _ = estimate('--method', 'tempering')
    assert found['log_partition_low'] <= 451.28 <= found['log_partition_high'] and not found['warnings']
    found, said = estimate('--method', 'ais', '--base', 'uniform')
    assert found['forward']['spread'] > 2 and 'warning: the log weights of AIS spread by' in said
    return 0


if __name__ == '__main__':
    sys.exit(main())
