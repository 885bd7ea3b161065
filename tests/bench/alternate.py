# SPDX-License-Identifier: MIT
"""What the benchmark scripts share: a clean environment, images, workers that are asked by turns, whole programs.

Only Python's own library, so that these scripts run everywhere and stay small in memory: a child's peak memory is
never less than that of the process it was forked from.
"""
import gzip
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77  # Meson's exit status of a benchmark that was skipped
# Debian's own Python has its python3-sklearn and python3-torch; another one earlier on PATH does not.
PYTHON = next(path for path in ('/usr/bin/python3', 'python3') if path == 'python3' or os.path.exists(path))


# The class of instructions that measure.py was told to use, on a CPU that may have better ones.
LIMIT = os.environ.get('RBM_BENCH_LIMIT', '')


def clean_environment(**changes):
    """The user's environment without what steers BLAS, threads or our programs, but within the limit; then `changes`."""
    steering = re.compile(r'^(OPENBLAS_|OMP_|GOMP_|MKL_|GOTO_|BLIS_|NVPL_|LD_|RBM_(STARTED|BACKEND|INSTRUCTIONS))')
    limit = {'RBM_INSTRUCTIONS': LIMIT, 'OPENBLAS_CORETYPE': 'Haswell'} if LIMIT == 'AVX2' else {}
    return {**{name: value for name, value in os.environ.items() if not steering.match(name)}, **limit, **changes}


def has_avx512():
    with open('/proc/cpuinfo', encoding='ascii') as file:
        return ' avx512f ' in file.read() and LIMIT != 'AVX2'


def target(avx512, avx2):
    """Of the class of instructions at hand."""
    return avx512 if has_avx512() else avx2


def report(name, **facts):
    print(json.dumps({'name': name, **facts}), flush=True)


def tidy(value):
    return float(f'{value:.4g}')


def undisturbed(values):
    """The lower quartile: what disturbs a shared computer only ever adds time."""
    return sorted(values)[len(values) // 4]


def median(values):
    return statistics.median(values)


def images(folder):
    """60,000 digits: MNIST where it is, else an IDX file of random bits of the same density, written into `folder`."""
    places = [pathlib.Path(os.environ[name]) for name in ('RBM_DATA',) if os.environ.get(name)] + [SOURCE / 'datasets']
    for place in places:
        path = place / 'mnist' / 'train-images-idx3-ubyte.gz'
        if path.exists():
            return str(path), 'MNIST'
    path = pathlib.Path(folder) / 'random-images-idx3-ubyte'
    dice = random.Random(1)
    table = bytes(255 if byte < 34 else 0 for byte in range(256))  # 13.3 % ones, as in MNIST
    with open(path, 'wb') as file:
        file.write(b'\0\0\x08\x03' + b''.join(n.to_bytes(4, 'big') for n in (60000, 28, 28)))
        for _ in range(60):
            file.write(dice.randbytes(784000).translate(table))
    return str(path), 'random bits'


def read_images(path):
    """For workers in Python: a NumPy array of 0 and 1, one row per image."""
    import numpy
    with (gzip.open if path.endswith('.gz') else open)(path, 'rb') as file:
        file.seek(16)
        return (numpy.frombuffer(file.read(), numpy.uint8).reshape(-1, 784) > 127).astype(numpy.uint8)


class Worker:
    """A process that answers each line with the seconds its work took; it says hello with a JSON line."""

    def __init__(self, command, **environment):
        self.errors = tempfile.TemporaryFile('w+')
        self.process = subprocess.Popen(command, env=clean_environment(**environment), text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        self.hello = json.loads(self.line())

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            status = self.process.wait()
            self.errors.seek(0)
            raise RuntimeError(f'{self.process.args} ended with {status}: {self.errors.read()[-2000:]}')
        return line

    def ask(self, request):
        print(request, file=self.process.stdin, flush=True)
        return float(self.line())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def run_program(command, **environment):
    """Wall seconds and peak megabytes of one run."""
    with tempfile.TemporaryFile('w+') as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, env=clean_environment(**environment), stdout=subprocess.DEVNULL,
                                   stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            raise RuntimeError(f'{command} ended with {process.returncode}: {errors.read()[-2000:]}')
    return seconds, usage.ru_maxrss / 1024


def train_program(program, path, folder, algorithm, steps, epochs):
    """`rbm-train` of 500 hidden units: seconds of an epoch after the first, all of its work included; peak megabytes."""
    _, megabytes = run_program([program, path, '--output', folder, '--force', '--hidden', '500', '--algorithm',
                                algorithm, '--steps', str(steps), '--epochs', str(epochs), '--quiet'])
    with open(f'{folder}/metrics.jsonl') as file:
        clock = [json.loads(line)['seconds'] for line in file]
    return median([later - earlier for earlier, later in zip(clock, clock[1:])]), megabytes
