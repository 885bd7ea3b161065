# SPDX-License-Identifier: MIT
"""`meson install` puts the package where Python looks for it, and it looks for its library where that is put.

Into a scratch folder, from which it is then imported.

usage: installed.py BUILD_FOLDER
"""
import json
import pathlib
import subprocess
import sys
import tempfile

build = sys.argv[1]
plan = json.loads(subprocess.run(['meson', 'introspect', '--buildoptions', build], capture_output=True, text=True,
                                 check=True).stdout)
prefix = next(option['value'] for option in plan if option['name'] == 'prefix')
with tempfile.TemporaryDirectory() as scratch:
    subprocess.run(['meson', 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', scratch], check=True)
    [core] = pathlib.Path(scratch).rglob('rbm/_core*.so')
    folder = core.parent
    for name in ('__init__.py', '__init__.pyi', '_core.pyi', 'py.typed', '_functions.py', '_bernoulli.py'):
        if not (folder / name).is_file():
            sys.exit(f'{name} was not installed')
    place = '/' + str(folder.parent.relative_to(scratch))
    if prefix in ('/usr', '/usr/local') and place not in sys.path:
        sys.exit(f'{place} is none of the folders where Python looks: {sys.path}')
    dynamic = subprocess.run(['readelf', '-d', core], capture_output=True, text=True, check=True).stdout
    [library] = pathlib.Path(scratch).rglob('librbm.so.0')
    wanted = '/' + str(library.parent.relative_to(scratch))
    if wanted not in dynamic:
        sys.exit(f'{core.name} does not look for its library in {wanted}:\n{dynamic}')
    code = ('import numpy, rbm; machine = rbm.Machine(4, 3); rbm.train(machine, numpy.eye(4, dtype="f"), epochs=1); '
            'print("installed", rbm.__version__, rbm.__file__)')
    subprocess.run([sys.executable, '-c', code], check=True, cwd=scratch,
                   env={'PYTHONPATH': str(folder.parent), 'LD_LIBRARY_PATH': str(library.parent)})
