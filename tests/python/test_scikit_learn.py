# SPDX-License-Identifier: MIT
"""scikit-learn's own tests of its BernoulliRBM with only the import changed, and all of its checks of estimators."""
import inspect
import pathlib
import pickle

import numpy as np
import pytest
import rbm

sklearn = pytest.importorskip('sklearn')
from joblib import Parallel, delayed  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.neural_network import BernoulliRBM as Theirs  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

DIGITS, LABELS = load_digits(return_X_y=True)
GREY = (DIGITS / 16).astype(np.float32)
BITS = (DIGITS > 8).astype(np.float32)


def their_tests():
    """The test functions of scikit-learn's file, which see rbm's BernoulliRBM under its name."""
    path = pathlib.Path(sklearn.__file__).parent / 'neural_network/tests/test_rbm.py'
    if not path.is_file():
        return {}
    theirs = 'from sklearn.neural_network import BernoulliRBM'
    text = path.read_text()
    assert text.count(theirs) == 1
    names = {'__name__': 'their_tests'}
    exec(compile(text.replace(theirs, 'from rbm import BernoulliRBM'), str(path), 'exec'), names)
    assert names['BernoulliRBM'] is rbm.BernoulliRBM
    return {'test_their' + name[4:]: value for name, value in names.items() if name.startswith('test_')}


globals().update(their_tests())


def test_their_tests_are_found():
    assert 'test_their_fit_gibbs' in globals()


@parametrize_with_checks([rbm.BernoulliRBM(), rbm.GaussianRBM(), rbm.SpinRBM()])
@pytest.mark.filterwarnings('ignore:X holds values', 'ignore::rbm.PrecisionWarning')
def test_estimator(estimator, check):
    check(estimator)


def test_no_check_is_excused():
    for estimator in (rbm.BernoulliRBM(), rbm.GaussianRBM(), rbm.SpinRBM()):
        assert '_xfail_checks' not in estimator._more_tags()


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_learns_what_scikit_learn_learns(dtype):
    """The same random numbers and the same updates: the machines differ by rounding, and no draw comes out otherwise."""
    arguments = {'n_components': 20, 'batch_size': 7, 'n_iter': 3, 'random_state': 3, 'learning_rate': 0.05}
    ours, theirs = rbm.BernoulliRBM(**arguments), Theirs(**arguments)
    X = GREY[:200].astype(dtype)
    ours.fit(X), theirs.fit(X.astype(np.float64))
    np.testing.assert_allclose(ours.components_, theirs.components_, atol=1e-5)
    np.testing.assert_allclose(ours.intercept_visible_, theirs.intercept_visible_, atol=1e-5)
    np.testing.assert_array_equal(ours.h_samples_, theirs.h_samples_)
    np.testing.assert_allclose(ours._free_energy(X), theirs._free_energy(X), rtol=1e-5)
    np.testing.assert_array_equal(ours.gibbs(X), theirs.gibbs(X))
    assert ours.gibbs(X).dtype == theirs.gibbs(X).dtype


@pytest.mark.parametrize('words', [0, 1, 623])
def test_any_place_in_the_generator(words):
    """Words are drawn two by two, from wherever the generator stands; it then stands where scikit-learn leaves it."""
    ours, theirs = np.random.RandomState(4), np.random.RandomState(4)
    for rng in (ours, theirs):
        rng.randint(0, 2**32, size=words, dtype=np.uint32)
    arguments = {'n_components': 17, 'batch_size': 9, 'n_iter': 2}
    rbm.BernoulliRBM(random_state=ours, **arguments).fit(BITS[:90])
    Theirs(random_state=theirs, **arguments).fit(BITS[:90].astype(np.float64))
    assert ours.uniform() == theirs.uniform()


def test_other_generators_will_do():
    rng = np.random.RandomState(np.random.PCG64(3))
    machine = rbm.BernoulliRBM(n_components=8, random_state=rng).fit(BITS)
    assert np.isfinite(machine.components_).all()


def test_partial_fit_learns_the_same():
    ours, theirs = (kind(n_components=8, batch_size=20, random_state=1) for kind in (rbm.BernoulliRBM, Theirs))
    for batch in np.array_split(GREY, 20):
        assert ours.partial_fit(batch) is ours
        theirs.partial_fit(batch)
    np.testing.assert_allclose(ours.components_, theirs.components_, atol=1e-5)


def test_sparse_data_learn_the_same():
    dense, sparse = (rbm.BernoulliRBM(n_components=8, random_state=1).fit(X) for X in (BITS, csr_matrix(BITS)))
    np.testing.assert_array_equal(dense.components_, sparse.components_)
    np.testing.assert_array_equal(dense.score_samples(BITS), sparse.score_samples(csr_matrix(BITS)))


def test_grid_search_and_pipeline_and_clone():
    search = GridSearchCV(rbm.BernoulliRBM(n_components=8, n_iter=3, random_state=0),
                          {'learning_rate': [0.001, 0.1]}, cv=2).fit(BITS)
    assert search.best_params_ == {'learning_rate': 0.1}
    pipeline = make_pipeline(rbm.BernoulliRBM(n_components=64, n_iter=10, random_state=0),
                             LogisticRegression(C=100, max_iter=1000))
    pipeline.fit(GREY[:1200], LABELS[:1200])
    assert pipeline.score(GREY[1200:], LABELS[1200:]) > 0.8
    again = clone(pipeline).fit(GREY[:1200], LABELS[:1200])
    np.testing.assert_array_equal(pipeline[0].components_, again[0].components_)


def fitted(seed):
    return rbm.BernoulliRBM(n_components=16, n_iter=2, random_state=seed).fit(BITS).components_.copy()


@pytest.mark.parametrize('backend', ['loky', 'multiprocessing', 'threading'])
def test_joblib(backend):
    fitted(0)  # threads are there before the fork
    for seed, found in enumerate(Parallel(n_jobs=2, backend=backend)(delayed(fitted)(seed) for seed in range(4))):
        np.testing.assert_array_equal(found, fitted(seed))


def test_pickle_goes_on():
    machine = rbm.BernoulliRBM(n_components=8, random_state=1).partial_fit(BITS[:100])
    again = pickle.loads(pickle.dumps(machine))
    machine.partial_fit(BITS[100:200]), again.partial_fit(BITS[100:200])
    np.testing.assert_array_equal(machine.components_, again.components_)


def test_parameters_agree_with_scikit_learn():
    ours, theirs = (inspect.signature(kind.__init__).parameters for kind in (rbm.BernoulliRBM, Theirs))
    for name, parameter in theirs.items():
        assert ours[name].default == parameter.default, name


def test_attributes_may_be_set():
    fitted = rbm.BernoulliRBM(n_components=8, random_state=1).fit(BITS)
    by_hand = rbm.BernoulliRBM(n_components=8)
    by_hand.components_ = fitted.components_.astype(np.float64)
    by_hand.intercept_hidden_ = fitted.intercept_hidden_
    by_hand.intercept_visible_ = fitted.intercept_visible_
    np.testing.assert_array_equal(by_hand.transform(BITS), fitted.transform(BITS))


def test_newer_scikit_learn_is_told():
    class Tags:
        def __init__(self):
            self.input_tags = type('', (), {'sparse': False, 'two_d_array': True, 'categorical': False})()
            self.transformer_tags = type('', (), {'preserves_dtype': ['float64']})()

    class Base:
        def __sklearn_tags__(self):
            return Tags()

    tags = type('Newer', (rbm.BernoulliRBM.__mro__[1], Base), {'_more_tags': None})().__sklearn_tags__()
    assert tags.input_tags.sparse and tags.transformer_tags.preserves_dtype == ['float64', 'float32']
