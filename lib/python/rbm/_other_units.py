# SPDX-License-Identifier: MIT
"""Estimators of machines whose visible units are not 0 or 1: GaussianRBM, SpinRBM, PottsRBM.

They learn by persistent contrastive divergence in centred coordinates, from batches in random order, with a learning
rate that falls to 0 at the end of `fit`.
"""
import dataclasses
import warnings
from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval

from . import _core
from ._estimator import BaseRBM, as_float32

_PARAMETERS = """
    Parameters
    ----------
    n_components : int, default=256
        Number of hidden units, which are 0 or 1.
    learning_rate : float, default={rate}
        Of the first iteration; it falls to 0 at the last.
    batch_size : int, default=10
        Samples per update, and number of chains.
    n_iter : int, default=10
        Iterations over the data.
    verbose : int, default=0
        Not 0: prints a number to watch after each iteration.
    random_state : int, RandomState instance or None, default=None
    warm_start : bool, default=False
        `fit` goes on with the machine and chains there are.
    early_stopping : bool, default=False
        Holds out a part of the data, stops when it is no longer described better, and keeps the best machine.
    validation_fraction : float, default=0.1
        That part.
    n_iter_no_change : int, default=5
        Iterations without improvement to stop after.{more}

    Attributes
    ----------
    components_ : ndarray of shape (n_components, {columns}), float32
        Weights, a view of `machine_.weights`.
    intercept_hidden_ : ndarray of shape (n_components,), float32
    intercept_visible_ : ndarray of shape ({columns},), float32
        {intercept}
    h_samples_ : ndarray of shape (batch_size, n_components), float32
        Hidden states of the chains.
    machine_ : rbm.Machine
        All of these, for the functional level.
    log_partition_ : rbm.Estimate or None
        log Z where `partition_function` has been asked for it since the machine last learned.
    n_features_in_ : int{attributes}
"""


def _documented(rate, columns='n_features', intercept='Biases.', more='', attributes=''):
    def add(cls):
        cls.__doc__ += _PARAMETERS.format(rate=rate, columns=columns, intercept=intercept, more=more,
                                          attributes=attributes)
        return cls
    return add


@_documented(0.02, intercept='Means at zero field, of standardised features.', more="""
    standardize : bool, default=True
        Give each feature mean 0 and standard deviation 1 before the machine sees it.""", attributes="""
    mean_, scale_ : ndarray of shape (n_features,), float32
        What standardising subtracts, and divides by.
    sigma_ : ndarray of shape (n_features,), float32
        Standard deviations of features given the hidden units, in the units of the data.""")
class GaussianRBM(BaseRBM):
    """Restricted Boltzmann machine of visible units that are any real numbers.

    v | h is normal with mean c + W h and a standard deviation of its own for each feature, which is learned.
    Likelihoods are densities in the units of the data.
    """

    _units = 'gaussian'
    _location = 'visible.center'
    _quality_name = 'reconstruction'
    _parameter_constraints = {**BaseRBM._parameter_constraints, 'standardize': ['boolean']}

    def __init__(self, n_components=256, *, learning_rate=0.02, batch_size=10, n_iter=10, verbose=0, random_state=None,
                 warm_start=False, early_stopping=False, validation_fraction=0.1, n_iter_no_change=5,
                 standardize=True):
        super().__init__(n_components, learning_rate=learning_rate, batch_size=batch_size, n_iter=n_iter,
                         verbose=verbose, random_state=random_state, warm_start=warm_start,
                         early_stopping=early_stopping, validation_fraction=validation_fraction,
                         n_iter_no_change=n_iter_no_change)
        self.standardize = standardize

    def _begin(self, X, rng):
        self.mean_, self.scale_ = np.zeros(X.shape[1], np.float32), np.ones(X.shape[1], np.float32)
        if self.standardize:
            dense = X.toarray() if hasattr(X, 'toarray') else X
            self.mean_ = dense.mean(axis=0, dtype=np.float64).astype(np.float32)
            spread = dense.std(axis=0, dtype=np.float64).astype(np.float32)
            self.scale_ = np.where(spread > 0, spread, np.float32(1))
        super()._begin(X, rng)

    def _states(self, X):
        if hasattr(X, 'toarray'):
            if not self.standardize:
                return as_float32(X)
            X = X.toarray()
        return as_float32(X) if not self.standardize else ((X - self.mean_) / self.scale_).astype(np.float32)

    def _data(self, states):
        return states * self.scale_ + self.mean_

    @property
    def sigma_(self):
        return np.exp(self.machine_['visible.log_sigma']) * self.scale_

    def score_samples(self, X):
        """-F(x): the log density of each sample up to the constant -log Z, which `log_likelihood` adds.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats.
        """
        return -self.free_energy(X) - np.log(self.scale_, dtype=np.float64).sum()

    def _quality(self, X):
        states = self._states(X)
        states = states.toarray() if hasattr(states, 'toarray') else states
        again = self.machine_.visible_mean(self.machine_.hidden_mean(states))
        return -float(np.square(states - again, dtype=np.float64).mean())

    def log_likelihood(self, X):
        found = super().log_likelihood(X)
        constant = float(np.log(self.scale_, dtype=np.float64).sum())
        return dataclasses.replace(found, value=found.value - constant, low=found.low - constant,
                                   high=found.high - constant, samples=found.samples - constant)
    log_likelihood.__doc__ = BaseRBM.log_likelihood.__doc__

    def _tell_preparation(self, model):
        model.binarize = 'none'
        if self.standardize:
            model.mean, model.scale = self.mean_, self.scale_

    def _recall_preparation(self, model, path):
        self.standardize = len(model.mean) > 0
        size = self.machine_.n_visible
        self.mean_ = np.asarray(model.mean if self.standardize else np.zeros(size), np.float32)
        self.scale_ = np.asarray(model.scale if self.standardize else np.ones(size), np.float32)


@_documented(0.1)
class SpinRBM(BaseRBM):
    """Restricted Boltzmann machine of visible units that are -1 or 1."""

    _units = 'spin'
    _accept_sparse = False  # 0 is no state
    _lax = (-1, 1)

    def _begin(self, X, rng):
        if X.shape[0] and not (X.min() >= -1 and X.max() <= 1):
            warnings.warn(f'X holds values from {X.min():.3g} to {X.max():.3g}, but the units of a SpinRBM are -1 or 1: '
                          'scale X, or take GaussianRBM', UserWarning, stacklevel=4)
        super()._begin(X, rng)

    def _warn_of_no_states(self, states):
        if not np.all(np.abs(states) == 1):
            warnings.warn('X holds values other than -1 and 1: what stands for their log-likelihood is -F(v) - log Z, '
                          'which is no probability of theirs', UserWarning, stacklevel=3)


@_documented(0.1, columns='n_features * n_states', more="""
    n_states : int, default=None
        States of a feature; None: one more than the largest code in the first data.""", attributes="""
    n_states_ : int""")
class PottsRBM(BaseRBM):
    """Restricted Boltzmann machine of features that are one of several states: codes 0, ..., n_states - 1.

    The machine sees each feature as `n_states` one-hot columns.
    """

    _units = 'potts'
    _parameter_constraints = {**BaseRBM._parameter_constraints,
                              'n_states': [None, Interval(Integral, 2, None, closed='left')]}

    def __init__(self, n_components=256, *, learning_rate=0.1, batch_size=10, n_iter=10, verbose=0, random_state=None,
                 warm_start=False, early_stopping=False, validation_fraction=0.1, n_iter_no_change=5, n_states=None):
        super().__init__(n_components, learning_rate=learning_rate, batch_size=batch_size, n_iter=n_iter,
                         verbose=verbose, random_state=random_state, warm_start=warm_start,
                         early_stopping=early_stopping, validation_fraction=validation_fraction,
                         n_iter_no_change=n_iter_no_change)
        self.n_states = n_states

    def _new_machine(self, n_features):
        return _core.Machine(n_features, self.n_components, visible_units='potts', visible_states=self.n_states_)

    def _begin(self, X, rng):
        self.n_states_ = self.n_states or max(2, int(X.max()) + 1)
        super()._begin(X, rng)

    def _states(self, X):
        X = X.toarray() if hasattr(X, 'toarray') else X
        wrong = ~((X >= 0) & (X < self.n_states_) & (X == np.floor(X)))
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise ValueError(f'X[{row}, {column}] is {X[row, column]:g}, expected one of the codes 0 to '
                             f'{self.n_states_ - 1} of a PottsRBM')
        one_hot = X[:, :, np.newaxis] == np.arange(self.n_states_)
        return one_hot.reshape(X.shape[0], -1).astype(np.float32)

    def _data(self, states):
        return states.reshape(states.shape[0], -1, self.n_states_).argmax(axis=2)

    def _mask(self, mask):
        return np.repeat(mask, self.n_states_, axis=1)

    def _means(self, means):
        return means.reshape(means.shape[0], -1, self.n_states_)

    def reconstruct(self, X, mask=None, *, n_steps=100):
        """Probabilities of the states, of shape (n_samples, n_features, n_states); see the other estimators."""
        return super().reconstruct(X, mask, n_steps=n_steps)

    def _recall_preparation(self, model, path):
        self.n_states = self.n_states_ = self.machine_.visible_states
        self.n_features_in_ = self.machine_.n_visible // self.n_states_

    def _more_tags(self):
        return {**super()._more_tags(), 'X_types': ['categorical']}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.categorical = True
        return tags
