# SPDX-License-Identifier: MIT
"""The type stubs and the docstrings say what there is: names, parameters and defaults, NumPy's sections, shapes."""
import ast
import inspect
import pathlib
import re
import sys

import rbm
from rbm import _core

faults = []
folder = pathlib.Path(rbm.__file__).parent
if not (folder / 'py.typed').is_file():
    faults.append('py.typed is missing')
tree = ast.parse((folder / '_core.pyi').read_text())


def stub_parameters(node):
    arguments = node.args
    return [a.arg for a in arguments.args + arguments.kwonlyargs if a.arg != 'self']


def real_parameters(function):
    """From the first line of pybind11's docstring."""
    line = (function.__doc__ or '').splitlines()[0]
    inner = line[line.index('(') + 1:line.rindex(')')]
    return [name for name in re.findall(r'(?:^|, )(\w+): ', inner) if name != 'self']


def compare(where, node, function):
    if stub_parameters(node) != real_parameters(function):
        faults.append(f'{where}: the stub has {stub_parameters(node)}, the module {real_parameters(function)}')


stubbed = set()
for node in tree.body:
    if isinstance(node, ast.FunctionDef):
        stubbed.add(node.name)
        compare(node.name, node, getattr(_core, node.name))
    elif isinstance(node, ast.ClassDef):
        stubbed.add(node.name)
        real = getattr(_core, node.name)
        members = set()
        for member in node.body:
            if isinstance(member, ast.FunctionDef):
                members.add(member.name)
                if not hasattr(real, member.name):
                    faults.append(f'{node.name}.{member.name} is not there')
                elif not member.decorator_list and not member.name.startswith('__'):
                    compare(f'{node.name}.{member.name}', member, getattr(real, member.name))
            elif isinstance(member, ast.AnnAssign):
                members.add(member.target.id)
        missing = {name for name in vars(real) if not name.startswith('_')} - members
        if missing and not issubclass(real, (Exception, Warning)):
            faults.append(f'{node.name}: the stub lacks {sorted(missing)}')
package_stub = (folder / '__init__.pyi').read_text()
for name in rbm.__all__:
    if f'{name} as {name}' not in package_stub:
        faults.append(f'__init__.pyi lacks {name}')
    if hasattr(_core, name) and name not in stubbed and name != '__version__':
        faults.append(f'_core.pyi lacks {name}')

# Docstrings: functions and estimators' methods describe each parameter, and arrays have shapes.
documented = [(name, getattr(rbm, name)) for name in ('train', 'sample', 'reconstruct', 'log_partition', 'log_likelihood',
                                                      'self_check')]
try:
    for name in ('BernoulliRBM', 'GaussianRBM', 'SpinRBM', 'PottsRBM'):
        kind = getattr(rbm, name)
        documented += [(name, kind)] + [(f'{name}.{method}', value) for method, value in inspect.getmembers(kind)
                                        if method in ('fit', 'partial_fit', 'transform', 'sample', 'reconstruct',
                                                      'free_energy', 'log_likelihood', 'score_samples', 'gibbs')]
except ImportError:
    print('scikit-learn is not installed: the estimators are left out')
for name, value in documented:
    text = inspect.getdoc(value) or ''
    if not text:
        faults.append(f'{name} has no docstring')
    for parameter in inspect.signature(value).parameters.values():
        if parameter.name in ('self', 'settings', 'arguments', 'y'):
            continue
        if not re.search(rf'^(\w+, )*{parameter.name}(, \w+)* : ', text, re.MULTILINE) and 'see the other' not in text:
            faults.append(f'{name}: the docstring lacks {parameter.name}')
        if parameter.name in ('X', 'visible') and 'shape (' not in text and 'see the other' not in text:
            faults.append(f'{name}: the docstring names no shape')
print('\n'.join(faults) or 'stubs and docstrings say what there is')
sys.exit(1 if faults else 0)
