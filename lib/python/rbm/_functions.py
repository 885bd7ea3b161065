# SPDX-License-Identifier: MIT
"""The functional level: what one does with a Machine."""
import dataclasses
import warnings

import numpy as np

from . import _core

_told = set()


def _warn_once(key, text):
    if key not in _told:
        _told.add(key)
        warnings.warn(text, RuntimeWarning, stacklevel=4)


def warn_of_slow_products():
    """Debian 12's OpenBLAS takes many CPUs for one of 2004, and only a variable set before Python starts helps."""
    core, better = _core.blas_facts()
    if better:
        _warn_once('blas', f'OpenBLAS takes this CPU for "{core}" and runs at a fraction of its speed; start Python '
                           f'with the environment variable OPENBLAS_CORETYPE={better}')


@dataclasses.dataclass(frozen=True)
class Estimate:
    """An estimate of log Z, or of a mean log-likelihood, with its interval.

    Attributes
    ----------
    value, low, high : float
        In nats; low and high are the interval of 3 sigma, or bounds.  All three are equal where exact.
    method : str
        How it was made.
    bounds : bool
        False when the chains do not mix and the interval is not to be believed.
    verdict : str
        What the estimate is worth, in words; empty where exact.
    warnings : tuple of str
        What is wrong and what to do; empty when nothing is.
    parts : dict
        {name: (value, low, high)} of the estimates that it was made from.
    samples : ndarray of shape (n_samples,) or None
        Of a log-likelihood: those of the rows, whose mean is `value`.
    """
    value: float
    low: float
    high: float
    method: str = 'exact'
    bounds: bool = True
    verdict: str = ''
    warnings: tuple = ()
    parts: dict = dataclasses.field(default_factory=dict)
    samples: np.ndarray | None = dataclasses.field(default=None, repr=False, compare=False)

    def __float__(self):
        return self.value


@dataclasses.dataclass(frozen=True)
class CheckResult:
    """One identity put to numbers: it holds when `difference` does not exceed `bound`."""
    name: str
    compared: str
    difference: float
    bound: float
    passed: bool


def train(machine, X, objective='pcd', *, epochs=20, batch_size=100, learning_rate=0.1, learning_rate_schedule='linear',
          optimizer='sgd', momentum=0.0, weight_decay=0.0, weight_decay_l1=0.0, centering=True, sample_weights=None,
          binarize='none', threshold=0.5, initialize=True, seed=0, on_epoch=None, progress=None, **settings):
    """Train a machine in place.

    Parameters
    ----------
    machine : Machine
        Changed in place, epoch by epoch.
    X : array-like or CSR matrix of shape (n_samples, n_visible)
        States of the visible units: 0 to 1 for Bernoulli, -1 to 1 for spin, any numbers for Gaussian units, one-hot
        columns or codes for Potts.  float32 in C order is not copied.
    objective : str, default='pcd'
        One of `objectives()`.
    epochs, batch_size : int
    learning_rate : float, default=0.1
    learning_rate_schedule : {'linear', 'constant', 'exponential'}, default='linear'
        linear: to 0 at the end; exponential: to a hundredth.
    optimizer : {'sgd', 'adam'}, default='sgd'
    momentum, weight_decay, weight_decay_l1 : float, default=0.0
    centering : bool, default=True
        Learn in centred coordinates.
    sample_weights : array-like of shape (n_samples,), default=None
    binarize : {'none', 'threshold', 'sample'}, default='none'
        What happens to grey values: nothing; 1 above `threshold`; a coin for each, thrown anew in each epoch.
    threshold : float, default=0.5
    initialize : bool, default=True
        Begin with small random weights and the data's means; False: at the machine's present parameters.
    seed : int, default=0
        The same seed gives the same machine for any number of threads.
    on_epoch : callable, default=None
        on_epoch(report) after each epoch, with a dict; training ends when it returns True.
    progress : callable, default=None
        progress(phase, done, total) in batches, on the caller's thread.
    **settings
        Of the objective, see `objectives()`.

    Returns
    -------
    list of dict
        The reports of all epochs.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, within 0.2 s; the machine then has the parameters of the last finished batch.
    DivergedError
        When a parameter is not finite; the machine then has those of the last finished epoch.
    """
    warn_of_slow_products()
    if initialize:
        _core.initialize(machine, X, seed, binarize, threshold)
    updates = {'batch_size': batch_size, 'learning_rate': learning_rate, 'optimizer': optimizer, 'momentum': momentum,
               'learning_rate_schedule': learning_rate_schedule, 'weight_decay': weight_decay,
               'weight_decay_l1': weight_decay_l1, 'centering': centering}
    training = _core.Training(machine, X, objective, updates, settings, seed, sample_weights, not initialize, binarize,
                              threshold)
    reports = []

    def keep(report):
        reports.append(report)
        return on_epoch is not None and on_epoch(report) is True

    training.run(epochs, keep, progress)
    return reports


def sample(machine, chains=64, *, steps=1000, sampler='gibbs', start=None, known=None, beta=1.0, means=False, seed=0,
           progress=None, **settings):
    """States that Markov chains of a machine have reached.

    Parameters
    ----------
    machine : Machine
    chains : int, default=64
        How many; with `start`, one for each of its rows.
    steps : int, default=1000
    sampler : str, default='gibbs'
        One of `samplers()`.
    start : array-like of shape (n_chains, n_visible), default=None
        Where chains begin; at noise when None.
    known : array-like of shape (1, n_visible), default=None
        Not 0 where units stay as they are in `start`.
    beta : float, default=1.0
        Inverse temperature.
    means : bool, default=False
        The means that the states were drawn from instead of the states.
    seed : int, default=0
    progress : callable, default=None
        progress(phase, done, total), on the caller's thread.
    **settings
        Of the sampler, see `samplers()`.

    Returns
    -------
    ndarray of shape (n_chains, n_visible), float32

    Warns
    -----
    RuntimeWarning
        With the sampler's own words, when its states cannot be trusted.
    """
    at_work = _core.Sampler(machine, sampler, chains=chains, steps=steps, start=start, known=known, beta=beta,
                            seed=seed, progress=progress, **settings)
    at_work.step(steps)
    for text in at_work.report()['warnings']:
        warnings.warn(text, RuntimeWarning, stacklevel=2)
    return at_work.means() if means else at_work.states()


def reconstruct(machine, X, mask=None, *, steps=100, seed=0, progress=None):
    """Rows seen through the hidden units, or with their unknown values filled in.

    Parameters
    ----------
    machine : Machine
    X : array-like of shape (n_samples, n_visible)
        What stands where `mask` is 0 is not read.
    mask : array-like of shape (n_samples, n_visible) or (n_visible,), default=None
        1 where a value is known, 0 where it is to be filled in.  None: E[v | E[h | v]].
    steps : int, default=100
        Sweeps of the chains that fill in.
    seed : int, default=0
    progress : callable, default=None

    Returns
    -------
    ndarray of shape (n_samples, n_visible), float32
        Means of what was filled in; known values as they are.
    """
    if mask is None:
        return machine.visible_mean(machine.hidden_mean(X))
    X = np.asarray(X)
    mask = np.atleast_2d(np.asarray(mask, dtype=np.float32))
    if mask.shape[-1] == X.shape[-1] and mask.shape[0] in (1, X.shape[0]):
        X = np.where(mask != 0, X, 0).astype(X.dtype, copy=False)  # NaN may stand where nothing is known
    return _core._fill_in(machine, X, mask, steps, seed, progress)


def log_partition(machine, X=None, method=None, *, beta=1.0, seed=0, progress=None, **settings):
    """log Z of a machine.

    Parameters
    ----------
    machine : Machine
    X : array-like of shape (n_samples, n_visible), default=None
        Data to begin annealing at, which helps where there are any.
    method : str, default=None
        One of `partition_methods()`; None: exact where one side has at most 2**25 states, else 'sandwich'.
    beta : float, default=1.0
        Inverse temperature.
    seed : int, default=0
    progress : callable, default=None
        progress(phase, done, total), on the caller's thread.
    **settings
        Of the method, such as chains and betas: see `partition_methods()`.

    Returns
    -------
    Estimate
    """
    value, low, high, how, bounds, verdict, warned, parts = _core._log_partition(machine, X, method or '', beta, seed,
                                                                                 progress, settings)
    return Estimate(value, low, high, how, bounds, verdict, tuple(warned), parts)


def log_likelihood(machine, X, partition=None, **arguments):
    """The mean log-likelihood of rows, log p(v) = -F(v) - log Z.

    Parameters
    ----------
    machine : Machine
    X : array-like or CSR matrix of shape (n_samples, n_visible)
    partition : Estimate, default=None
        log Z where it is known; None: `log_partition(machine, **arguments)`.

    Returns
    -------
    Estimate
        In nats; its interval is that of log Z, and `samples` has the value of each row.
    """
    if partition is None:
        partition = log_partition(machine, **arguments)
    negative = -machine.free_energy(X)
    mean = float(negative.mean())
    return dataclasses.replace(partition, value=mean - partition.value, low=mean - partition.high,
                               high=mean - partition.low, parts={}, samples=negative - partition.value)


def self_check(machine=None, *, seed=1, progress=None):
    """The mathematics put to numbers on this machine and this computer, as the program rbm-check does.

    Parameters
    ----------
    machine : Machine, default=None
        None: a small one of Bernoulli units.
    seed : int, default=1
    progress : callable, default=None

    Returns
    -------
    list of CheckResult
    """
    if machine is None:
        machine = _core.example_machine('bernoulli', 6, 'bernoulli', 4)
    return [CheckResult(*row) for row in _core._self_check(machine, seed, progress)]
