# SPDX-License-Identifier: MIT
"""What the estimators have in common: scikit-learn's conventions around a Machine."""
import os
import time
import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state, gen_even_slices
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from . import _core
from ._functions import _told, log_likelihood, log_partition, reconstruct, warn_of_slow_products

# Sums over so many units' states take less than a second.
_MOST_UNITS_SUMMED = 18


class BaseRBM(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Base of the estimators; not to be used itself."""

    _parameter_constraints = {
        'n_components': [Interval(Integral, 1, None, closed='left')],
        'learning_rate': [Interval(Real, 0, None, closed='neither')],
        'batch_size': [Interval(Integral, 1, None, closed='left')],
        'n_iter': [Interval(Integral, 0, None, closed='left')],
        'verbose': ['verbose'],
        'random_state': ['random_state'],
        'warm_start': ['boolean'],
        'early_stopping': ['boolean'],
        'validation_fraction': [Interval(Real, 0, 1, closed='neither')],
        'n_iter_no_change': [Interval(Integral, 1, None, closed='left')],
    }
    _units = None       # of the visible side
    _accept_sparse = 'csr'
    _centering = True   # of the gradient

    def __init__(self, n_components=256, *, learning_rate=0.1, batch_size=10, n_iter=10, verbose=0, random_state=None,
                 warm_start=False, early_stopping=False, validation_fraction=0.1, n_iter_no_change=5):
        self.n_components = n_components
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.verbose = verbose
        self.random_state = random_state
        self.warm_start = warm_start
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change

    # What the kinds of units differ in.
    def _new_machine(self, n_features):
        return _core.Machine(n_features, self.n_components, visible_units=self._units)

    def _begin(self, X, rng):
        """A machine and chains before they have learned; X are the data as they came."""
        self.machine_ = self._new_machine(X.shape[1])
        self.h_samples_ = np.zeros((self.batch_size, self.n_components), np.float32)
        states = self._states(X)
        _core.initialize(self.machine_, states if not self._lax else np.clip(states, *self._lax), _seed(rng))

    _lax = None  # the range of states outside of which data are taken all the same

    def _states(self, X):
        """The states that the machine sees of validated data: float32, dense or CSR."""
        return as_float32(X)

    def _data(self, states):
        """Visible states in the units of the data."""
        return states

    def _mask(self, mask):
        return mask

    def _rate(self, iteration):
        """Falls to 0 at the end."""
        return self.learning_rate * (1 - iteration / self.n_iter)

    def _order(self, n_samples, rng):
        return rng.permutation(n_samples).astype(np.uint32)

    # Parameters as scikit-learn names them; they are views of the machine's.
    @property
    def components_(self):
        return _of_fitted(self, 'components_').weights.T

    @components_.setter
    def components_(self, value):
        if np.shape(value) != (getattr(self, 'machine_', None) and self.machine_.weights.T.shape):
            self.machine_ = _core.Machine(np.shape(value)[1], np.shape(value)[0], visible_units=self._units)
            self.n_features_in_ = np.shape(value)[1]
        self.machine_.weights = np.transpose(value)

    @property
    def intercept_hidden_(self):
        return _of_fitted(self, 'intercept_hidden_')['hidden.bias']

    @intercept_hidden_.setter
    def intercept_hidden_(self, value):
        _of_fitted(self, 'intercept_hidden_')['hidden.bias'] = value

    @property
    def intercept_visible_(self):
        return _of_fitted(self, 'intercept_visible_')[self._location]

    @intercept_visible_.setter
    def intercept_visible_(self, value):
        _of_fitted(self, 'intercept_visible_')[self._location] = value

    _location = 'visible.bias'

    @property
    def _n_features_out(self):
        return self.machine_.n_hidden

    def fit(self, X, y=None):
        """Fit the machine to the data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        self._validate_params()
        warn_of_slow_products()
        going_on = self.warm_start and hasattr(self, 'machine_')
        X = self._checked(X, reset=not going_on)
        rng = check_random_state(self.random_state)
        held_out = None
        if self.early_stopping:
            rows = rng.permutation(X.shape[0])
            count = max(1, int(round(self.validation_fraction * X.shape[0])))
            if count >= X.shape[0]:
                raise ValueError(f'{type(self).__name__}: n_samples={X.shape[0]} leaves nothing to learn from beside '
                                 f'{count} held out for early stopping')
            held_out, X = X[rows[:count]], X[rows[count:]]
        if not going_on:
            self._begin(X, rng)
        self._learn(X, held_out, rng)
        return self

    def _learn(self, X, held_out, rng):
        states = self._states(X)
        n_samples = X.shape[0]
        n_batches = -(-n_samples // self.batch_size)
        starts = [part.start for part in gen_even_slices(n_batches * self.batch_size, n_batches, n_samples=n_samples)]
        updates = self._updates_on(states)
        best, since_best = None, 0
        self.validation_scores_ = []
        self.n_iter_ = 0
        self.log_partition_ = None
        begin = time.time()
        for iteration in range(self.n_iter):
            self._run(updates, states, self._order(n_samples, rng), starts, self._rate(iteration), rng)
            self.n_iter_ = iteration + 1
            if self.verbose:
                end = time.time()
                print(f'[{type(self).__name__}] Iteration {iteration + 1}, {self._quality_name} = '
                      f'{self._quality(X):.2f}, time = {end - begin:.2f}s')
                begin = end
            if held_out is None:
                continue
            self.validation_scores_.append(self._quality(held_out))
            if best is None or self.validation_scores_[-1] > best[0]:
                best, since_best = (self.validation_scores_[-1], self.machine_.copy()), 0
            else:
                since_best += 1
            if since_best >= self.n_iter_no_change:
                break
        if best is not None:
            for name, values in best[1].parameters.items():
                self.machine_[name] = values

    def _updates_on(self, states):
        """What updates remember from one call to the next, on the machine and chains as they are now."""
        kept = self.__dict__.get('_updates')
        if kept is None or kept[1] is not self.machine_ or kept[2] is not self.h_samples_:
            means = np.asarray(states.mean(axis=0), np.float64).ravel()
            kept = _core.Updates(self.machine_, self.h_samples_, self._centering, means), self.machine_, self.h_samples_
            self._updates = kept
        return kept[0]

    def _run(self, updates, states, order, starts, rate, rng):
        updates.run(states, order, starts, rate, None, _core.Random(_seed(rng)))

    def partial_fit(self, X, y=None):
        """One update on a batch.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        self._validate_params()
        first = not hasattr(self, 'machine_')
        X = self._checked(X, reset=first)
        if not hasattr(self, 'random_state_'):
            self.random_state_ = check_random_state(self.random_state)
        if first:
            warn_of_slow_products()
            self._begin(X, self.random_state_)
        if not hasattr(self, 'h_samples_'):
            self.h_samples_ = np.zeros((self.batch_size, self.machine_.n_hidden), np.float32)
        states = self._states(X)
        self.log_partition_ = None
        self._run(self._updates_on(states), states, np.arange(X.shape[0], dtype=np.uint32), [0], self.learning_rate,
                  self.random_state_)
        return self

    def transform(self, X):
        """The hidden units' means, p(h = 1 | v).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        check_is_fitted(self, 'machine_')
        return self._mean_hiddens(self._checked(X, reset=False))

    def _mean_hiddens(self, v):
        v, single = _two_dimensions(v)
        means = self.machine_.hidden_mean(self._states(v)).astype(_float_dtype(v), copy=False)
        return means[0] if single else means

    def free_energy(self, X):
        """F(v) = -log of the sum of exp(-E(v, h)) over h, in nats: low where the machine knows the sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,), float64
        """
        check_is_fitted(self, 'machine_')
        return self._free_energy(self._checked(X, reset=False))

    def _free_energy(self, v):
        v, single = _two_dimensions(v)
        energies = self.machine_.free_energy(self._states(v))
        return energies[0] if single else energies

    def gibbs(self, v):
        """One sweep of Gibbs sampling that starts at these rows.

        Parameters
        ----------
        v : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self, 'machine_')
        random = _core.Random(_seed(self._own_random_state()))
        hidden = self.machine_.sample_hidden(self._states(_two_dimensions(v)[0]), random)
        return self._data(self.machine_.sample_visible(hidden, random))

    def _own_random_state(self):
        if not hasattr(self, 'random_state_'):
            self.random_state_ = check_random_state(self.random_state)
        return self.random_state_

    def score_samples(self, X):
        """The log pseudo-likelihood of each sample, estimated from one of its units: a proxy of the likelihood.

        Which unit is taken follows from the sample and `random_state`, not from the other samples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats.
        """
        check_is_fitted(self, 'machine_')
        X = self._checked(X, reset=False)
        return self.machine_.pseudo_likelihood(self._states(X), _seed(check_random_state(self.random_state)))

    _quality_name = 'pseudo-likelihood'

    def _quality(self, X):
        """What verbose shows and early stopping watches: higher is better."""
        return float(self.score_samples(X).mean())

    def partition_function(self, method=None, **settings):
        """log Z of the machine; later calls of `log_likelihood` and `score` use it.

        Parameters
        ----------
        method : str, default=None
            One of `rbm.partition_methods()`.  None: exact where one side has at most 18 units of two states, else
            annealed importance sampling with 100 chains and 1000 betas.
        **settings
            Of the method, such as chains and betas.

        Returns
        -------
        rbm.Estimate
            In nats, with its interval of 3 sigma.
        """
        check_is_fitted(self, 'machine_')
        if method is None and not settings:
            if _units_to_sum(self.machine_) <= _MOST_UNITS_SUMMED:
                method = 'exact'
            else:
                method, settings = 'ais', {'chains': 100, 'betas': 1000}
        self.log_partition_ = log_partition(self.machine_, None, method,
                                            seed=_seed(check_random_state(self.random_state)), **settings)
        return self.log_partition_

    def log_likelihood(self, X):
        """The mean log-likelihood of samples, log p(x), with the interval that log Z leaves it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        rbm.Estimate
            In nats per sample; `samples` has the value of each sample.
        """
        check_is_fitted(self, 'machine_')
        states = self._states(self._checked(X, reset=False))
        self._warn_of_no_states(states)
        partition = self.__dict__.get('log_partition_') or self.partition_function()
        for text in partition.warnings:
            warnings.warn(text, RuntimeWarning, stacklevel=2)
        return log_likelihood(self.machine_, states, partition)

    def score(self, X, y=None):
        """The mean log-likelihood per sample in nats, for GridSearchCV and the like; see `log_likelihood`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        float
        """
        return self.log_likelihood(X).value

    def sample(self, n_samples=1, *, n_steps=1000, sampler='gibbs', **settings):
        """Samples that chains of the machine have reached from noise.

        Parameters
        ----------
        n_samples : int, default=1
        n_steps : int, default=1000
        sampler : str, default='gibbs'
            One of `rbm.samplers()`.
        **settings
            Of the sampler.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self, 'machine_')
        from ._functions import sample
        return self._data(sample(self.machine_, n_samples, steps=n_steps, sampler=sampler,
                                 seed=_seed(self._own_random_state()), **settings))

    def reconstruct(self, X, mask=None, *, n_steps=100):
        """Samples seen through the hidden units, or with unknown features filled in.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        mask : array-like of shape (n_samples, n_features) or (n_features,), default=None
            1 where a feature is known, 0 where it is to be filled in, where X may be NaN.  None: v -> h -> v.
        n_steps : int, default=100
            Sweeps of the chains that fill in.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Means, in the units of X.
        """
        check_is_fitted(self, 'machine_')
        if mask is not None:
            X = np.asarray(X)
            mask = np.broadcast_to(np.asarray(mask) != 0, X.shape)
            X = np.where(mask, X, 0)
        X = self._checked(X, reset=False)
        found = reconstruct(self.machine_, self._states(X), None if mask is None else self._mask(mask), steps=n_steps,
                            seed=_seed(self._own_random_state()))
        return self._means(found)

    def _means(self, means):
        return self._data(means)

    def save(self, path, *, overwrite=False):
        """Write a model file, which the programs and rbm.load() read.

        Parameters
        ----------
        path : str or path-like
        overwrite : bool, default=False
            Else FileExistsError when there is such a file.
        """
        check_is_fitted(self, 'machine_')
        model = _core.Model(self.machine_)
        self._tell_preparation(model)
        known = self.__dict__.get('log_partition_')
        if known is not None:
            model.log_partition = known.value, known.low, known.high, known.method
        model.save(os.fspath(path), overwrite=overwrite)

    def _tell_preparation(self, model):
        model.binarize = 'none'

    @classmethod
    def load(cls, path):
        """The estimator of a model file, as `save` or the program rbm-train writes it.

        Parameters
        ----------
        path : str or path-like

        Returns
        -------
        estimator
            Fitted; parameters of learning have their defaults.
        """
        model = _core.load(os.fspath(path))
        machine = model.machine
        if (machine.visible_units, machine.hidden_units) != (cls._units, 'bernoulli'):
            raise ValueError(f'{path}: {machine.visible_units} visible and {machine.hidden_units} hidden units, expected '
                             f'{cls._units} and bernoulli')
        found = cls(n_components=machine.n_hidden)
        found.machine_ = machine
        found.n_features_in_ = machine.n_visible
        if model.log_partition is not None:
            from ._functions import Estimate
            found.log_partition_ = Estimate(*model.log_partition)
        found._recall_preparation(model, path)
        return found

    def _recall_preparation(self, model, path):
        if model.binarize != 'none':
            warnings.warn(f'{path}: the machine has learned from data cut at {model.threshold:g}; {type(self).__name__} '
                          'takes X as it is, so cut it first', UserWarning, stacklevel=3)

    def _warn_of_no_states(self, states):
        """Grey values of discrete units."""

    def _checked(self, X, reset):
        arguments = {'accept_sparse': self._accept_sparse, 'reset': reset, 'dtype': (np.float64, np.float32)}
        if hasattr(self, '_validate_data'):
            return self._validate_data(X, **arguments)
        from sklearn.utils.validation import validate_data  # scikit-learn 1.6 and newer
        return validate_data(self, X, **arguments)

    def __getstate__(self):
        state = dict(super().__getstate__())
        state.pop('_updates', None)
        return state

    def _more_tags(self):
        return {'preserves_dtype': [np.float64, np.float32]}

    def __sklearn_tags__(self):
        """The same for scikit-learn 1.6 and newer."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = bool(self._accept_sparse)
        tags.transformer_tags.preserves_dtype = ['float64', 'float32']
        return tags


def _seed(rng):
    return int(rng.randint(2 ** 31 - 1))


def _of_fitted(estimator, name):
    if 'machine_' not in estimator.__dict__:
        raise AttributeError(f'{type(estimator).__name__} has no {name} before it is fitted; set components_ first')
    return estimator.machine_


def _two_dimensions(v):
    """Rows, and whether there was a single one without its dimension."""
    if hasattr(v, 'tocsr'):
        return v.tocsr(), False
    v = np.asarray(v)
    return (v.reshape(1, -1), True) if v.ndim == 1 else (v, False)


def _float_dtype(X):
    return X.dtype if X.dtype in (np.float32, np.float64) else np.float64


def _units_to_sum(machine):
    """Of the side that has fewer, in units of two states; infinitely many where neither can be summed."""
    sides = []
    for kind, columns, states in ((machine.visible_units, machine.n_visible, machine.visible_states),
                                  (machine.hidden_units, machine.n_hidden, machine.hidden_states)):
        if kind != 'gaussian':
            sides.append(columns if states == 0 else columns / states * np.log2(states))
    return min(sides, default=np.inf)


def as_float32(X):
    """The same values for the library, and a word, once in a process, where rounding changes them."""
    if X.dtype == np.float32:
        return X
    rounded = X.astype(np.float32)
    values, exact = (rounded.data, X.data) if hasattr(X, 'tocsr') else (rounded, X)
    if X.dtype == np.float64 and 'rounding' not in _told and not np.array_equal(values, exact):
        _told.add('rounding')
        warnings.warn('X is float64: rbm computes in float32, to which it has rounded a copy (said once)',
                      _core.PrecisionWarning, stacklevel=4)
    return rounded
