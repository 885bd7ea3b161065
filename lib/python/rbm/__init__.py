# SPDX-License-Identifier: MIT
"""Restricted Boltzmann machines.

For users of scikit-learn: `BernoulliRBM`, `GaussianRBM`, `SpinRBM` and `PottsRBM` (these need scikit-learn).
For researchers: `Machine`, `train`, `Sampler`, `log_partition`, `self_check`; they need NumPy alone.
The guide is docs/python.md.
"""
import os as _os

from ._core import (DataError, DivergedError, Machine, Model, PrecisionWarning, Random, Sampler, UnsupportedError,
                    __version__, example_machine, initialize, load, objectives, partition_methods, samplers,
                    set_threads, threads)
from ._functions import (CheckResult, Estimate, log_likelihood, log_partition, reconstruct, sample, self_check,
                         train)

_ESTIMATORS = {'BernoulliRBM': '_bernoulli', 'GaussianRBM': '_other_units', 'PottsRBM': '_other_units',
               'SpinRBM': '_other_units'}

__all__ = ['CheckResult', 'DataError', 'DivergedError', 'Estimate', 'Machine', 'Model', 'PrecisionWarning', 'Random',
           'Sampler', 'UnsupportedError', '__version__', 'example_machine', 'initialize', 'load', 'log_likelihood',
           'log_partition', 'objectives', 'partition_methods', 'reconstruct', 'sample', 'samplers', 'self_check',
           'set_threads', 'threads', 'train', *_ESTIMATORS]

# joblib tells its workers so how many threads each of them may use.
if _os.environ.get('OMP_NUM_THREADS', '').isdecimal() and int(_os.environ['OMP_NUM_THREADS']) > 0:
    set_threads(min(int(_os.environ['OMP_NUM_THREADS']), threads()))


def __getattr__(name):
    """The estimators, which import scikit-learn, when they are asked for."""
    if name not in _ESTIMATORS:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    import importlib
    return getattr(importlib.import_module(f'.{_ESTIMATORS[name]}', __name__), name)


def __dir__():
    return sorted(__all__)
