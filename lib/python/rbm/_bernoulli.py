# SPDX-License-Identifier: MIT
"""BernoulliRBM: scikit-learn's estimator of that name, on the library."""
import warnings

import numpy as np

from . import _core
from ._estimator import BaseRBM, _two_dimensions, as_float32


class BernoulliRBM(BaseRBM):
    """Restricted Boltzmann machine of binary visible and hidden units.

    A drop-in replacement of scikit-learn's: the same parameters, the same attributes, and, given the same
    `random_state`, the same random numbers, so that both learn the same machine but for rounding.  It learns by
    persistent contrastive divergence, in float32 whatever the type of X.

    Parameters
    ----------
    n_components : int, default=256
        Number of hidden units.
    learning_rate : float, default=0.1
        The same for all iterations.
    batch_size : int, default=10
        Samples per update, and number of chains.
    n_iter : int, default=10
        Iterations over the data.
    verbose : int, default=0
        Not 0: prints the pseudo-likelihood after each iteration.
    random_state : int, RandomState instance or None, default=None
    warm_start : bool, default=False
        `fit` goes on with the machine and chains there are.
    early_stopping : bool, default=False
        Holds out a part of the data, stops when its pseudo-likelihood no longer rises, and keeps the best machine.
    validation_fraction : float, default=0.1
        That part.
    n_iter_no_change : int, default=5
        Iterations without a rise to stop after.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features), float32
        Weights, a view of `machine_.weights`.
    intercept_hidden_ : ndarray of shape (n_components,), float32
    intercept_visible_ : ndarray of shape (n_features,), float32
    h_samples_ : ndarray of shape (batch_size, n_components), float32
        Hidden states of the chains.
    machine_ : rbm.Machine
        All of these, for the functional level.
    log_partition_ : rbm.Estimate or None
        log Z where `partition_function` has been asked for it since the machine last learned.
    validation_scores_ : list of float
        With early stopping, of each iteration, in nats.
    n_iter_ : int
        Iterations that were made.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where X has such names.

    Examples
    --------
    >>> import numpy as np
    >>> from rbm import BernoulliRBM
    >>> X = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=np.float32)
    >>> machine = BernoulliRBM(n_components=2, random_state=0).fit(X)
    >>> machine.transform(X).shape
    (4, 2)
    """

    _units = 'bernoulli'
    _centering = False

    def _begin(self, X, rng):
        self._warn_of_range(X)
        self.machine_ = self._new_machine(X.shape[1])
        self.machine_.weights = rng.normal(0, 0.01, (self.n_components, X.shape[1])).T
        self.h_samples_ = np.zeros((self.batch_size, self.n_components), np.float32)

    def _rate(self, iteration):
        return self.learning_rate

    def _run(self, updates, states, order, starts, rate, rng):
        """Draws the numbers that scikit-learn would draw, where `rng` has NumPy's usual generator."""
        generator = rng._bit_generator
        if generator.state['bit_generator'] != 'MT19937':
            return super()._run(updates, states, order, starts, rate, rng)
        with generator.lock:
            state = generator.state
            twister = _core.MersenneTwister(**state['state'])
            try:
                updates.run(states, order, starts, rate, twister, _core.Random())
            finally:
                state['state']['key'], state['state']['pos'] = twister.state()
                generator.state = state

    def _order(self, n_samples, rng):
        return np.arange(n_samples, dtype=np.uint32)

    def _warn_of_range(self, X):
        if X.shape[0] and not (X.min() >= 0 and X.max() <= 1):
            warnings.warn(f'X holds values from {X.min():.3g} to {X.max():.3g}, but the units of a BernoulliRBM are 0 or '
                          '1: scale X to [0, 1], or take GaussianRBM', UserWarning, stacklevel=4)

    def _warn_of_no_states(self, states):
        values = states.data if hasattr(states, 'tocsr') else states
        if not np.all((values == 0) | (values == 1)):
            warnings.warn('X holds values other than 0 and 1: what stands for their log-likelihood is -F(v) - log Z, '
                          'which is no probability of theirs', UserWarning, stacklevel=3)

    def _sample_hiddens(self, v, rng):
        means = self._mean_hiddens(v)
        return rng.uniform(size=means.shape) < means

    def _sample_visibles(self, h, rng):
        means = self.machine_.visible_mean(as_float32(_two_dimensions(h)[0]))
        return rng.uniform(size=means.shape) < means

    def gibbs(self, v):
        """One sweep of Gibbs sampling that starts at these rows.

        Parameters
        ----------
        v : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features), bool
        """
        from sklearn.utils.validation import check_is_fitted
        check_is_fitted(self, 'machine_')
        rng = self._own_random_state()
        return self._sample_visibles(self._sample_hiddens(v, rng), rng)
