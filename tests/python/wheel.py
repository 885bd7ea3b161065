# SPDX-License-Identifier: MIT
"""Builds the wheel, without the network, and installs it into an empty virtual environment that sees Debian's NumPy only.

usage: wheel.py SOURCE_FOLDER
"""
import os
import pathlib
import subprocess
import sys
import tempfile

source = sys.argv[1]
try:
    import mesonpy  # noqa: F401
except ImportError:
    print('skipped: python3-mesonpy is not installed')
    sys.exit(77)
with tempfile.TemporaryDirectory() as scratch:
    environment = {name: value for name, value in os.environ.items() if name not in ('PYTHONPATH', 'LD_LIBRARY_PATH')}
    subprocess.run([sys.executable, '-m', 'pip', 'wheel', '--no-build-isolation', '--no-deps', '--no-index', '--quiet',
                    '--config-settings', f'builddir={scratch}/build', '--wheel-dir', scratch, source], check=True,
                   env=environment)
    [wheel] = pathlib.Path(scratch).glob('rbm-*.whl')
    print(wheel.name, wheel.stat().st_size >> 10, 'KiB')
    venv = pathlib.Path(scratch, 'venv')
    subprocess.run([sys.executable, '-m', 'venv', '--system-site-packages', venv], check=True, env=environment)
    python = venv / 'bin/python3'
    subprocess.run([python, '-m', 'pip', 'install', '--no-index', '--no-deps', '--quiet', wheel], check=True,
                   env=environment)
    code = ('import numpy, rbm, sys; assert rbm.__file__.startswith(sys.prefix), rbm.__file__\n'
            'machine = rbm.Machine(4, 3); rbm.train(machine, numpy.eye(4, dtype="f"), epochs=1)\n'
            'print("installed", rbm.__version__, float(rbm.log_partition(machine)))')
    subprocess.run([python, '-c', code], check=True, cwd=scratch, env=environment)
    files = subprocess.run([python, '-m', 'zipfile', '-l', wheel], check=True, capture_output=True, text=True).stdout
    for name in ('rbm/py.typed', 'rbm/__init__.pyi', 'rbm/_core.pyi'):
        if name not in files:
            sys.exit(f'the wheel lacks {name}:\n{files}')
    if 'rbm-train' in files or '.a ' in files:
        sys.exit(f'the wheel holds more than the package:\n{files}')
