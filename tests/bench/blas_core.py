# SPDX-License-Identifier: MIT
"""SGEMM as the programs run it, beside OPENBLAS_CORETYPE set by hand: within 10 % of the best core for this CPU, also
where OpenBLAS by itself takes the Prescott of 2004.  Arguments: bench_sgemm, core_shim."""
import json
import os
import re
import subprocess
import sys

PROGRAM, SHIM = sys.argv[1:]


def speed(**environment):
    """Median GFLOP/s of three runs, and the core."""
    clean = {k: v for k, v in os.environ.items() if k not in ('OPENBLAS_CORETYPE', 'LD_PRELOAD')}
    runs = [json.loads(subprocess.run([PROGRAM], env={**clean, **environment}, check=True, stdout=subprocess.PIPE).stdout)
            for _ in range(3)]
    return sorted(run['gflops'] for run in runs)[1], runs[0]['core']


def main():
    by_itself, chosen = speed()
    by_hand = {core: speed(OPENBLAS_CORETYPE=core)[0] for core in ('SkylakeX', 'Haswell', 'Prescott')
               if core != 'SkylakeX' or re.search(r'\bavx512vl\b', open('/proc/cpuinfo').read())}
    best = max(by_hand, key=by_hand.get)
    misled, rescued = speed(LD_PRELOAD=SHIM)
    print(json.dumps({'name': 'SGEMM through the programs\' path', 'gflops': by_itself, 'core': chosen,
                      'by_hand_gflops': by_hand, 'ratio': round(by_itself / by_hand[best], 3),
                      'ratio_when_openblas_takes_prescott': round(misled / by_hand[best], 3), 'core_then': rescued,
                      'target': 0.9}))


main()
