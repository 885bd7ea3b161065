# SPDX-License-Identifier: MIT
"""What the estimators do beyond scikit-learn's: likelihoods, other units, filling in, files, stopping."""
import itertools
import os
import pathlib
import subprocess
import warnings

import numpy as np
import pytest
import rbm

pytest.importorskip('sklearn')
from scipy.sparse import csr_matrix  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402

BITS = (load_digits().data > 8).astype(np.float32)
RANDOM = np.random.default_rng(5)


def small(n_features=6):
    """Bits with a rule in them: the last is the parity of the first two."""
    X = (RANDOM.random((400, n_features)) < 0.4).astype(np.float32)
    X[:, -1] = (X[:, 0] + X[:, 1]) % 2
    return X


def test_likelihood_by_enumeration():
    machine = rbm.BernoulliRBM(n_components=5, n_iter=20, random_state=0).fit(small())
    states = np.array(list(itertools.product([0, 1], repeat=6)), np.float32)
    log_z = np.logaddexp.reduce(-machine.free_energy(states))
    found = machine.partition_function()
    assert found.method == 'exact' and found.low == found.value == found.high
    assert found.value == pytest.approx(log_z, abs=1e-5)
    assert np.exp(machine.log_likelihood(states).samples).sum() == pytest.approx(1, abs=1e-5)
    assert machine.score(states) == pytest.approx(-machine.free_energy(states).mean() - log_z, abs=1e-5)


def test_large_machines_are_annealed():
    machine = rbm.BernoulliRBM(n_components=32, n_iter=5, random_state=0).fit(BITS)
    found = machine.log_likelihood(BITS)
    assert found.low < found.value < found.high and 'ais' in found.method
    sandwich = machine.partition_function('sandwich', chains=20, betas=500, steps=200)
    assert sandwich.low - 0.5 < rbm.log_partition(machine.machine_, method='ais', betas=2000).value < sandwich.high + 0.5
    assert machine.log_partition_ is sandwich


def test_log_z_is_forgotten_when_learning():
    machine = rbm.BernoulliRBM(n_components=5, n_iter=2, random_state=0).fit(small())
    before = machine.score(small())
    machine.partial_fit(small())
    assert machine.log_partition_ is None and machine.score(small()) != before


def test_gaussian_densities():
    """Of one feature the density adds up to 1 in the units of the data."""
    X = np.concatenate([RANDOM.normal(-20, 3, 500), RANDOM.normal(30, 3, 500)])[:, np.newaxis].astype(np.float32)
    machine = rbm.GaussianRBM(n_components=3, n_iter=30, random_state=0).fit(X)
    grid = np.linspace(-100, 120, 4001, dtype=np.float32)[:, np.newaxis]
    density = np.exp(machine.log_likelihood(grid).samples)
    assert np.trapz(density, grid[:, 0]) == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(machine.score_samples(X) - machine.partition_function().value,
                               machine.log_likelihood(X).samples, atol=1e-4)


def test_gaussian_learns():
    """Two clouds in six dimensions."""
    X = (RANDOM.choice([-10, 10], (1000, 1)) + RANDOM.normal(size=(1000, 6))).astype(np.float32)
    machine = rbm.GaussianRBM(n_components=4, n_iter=20, random_state=0).fit(X)
    alone = -0.5 * np.log(2 * np.pi * np.e * X.var(axis=0)).sum()  # normal densities of independent features
    assert machine.score(X) > alone + 6


def test_gaussian_chains_come_in_the_units_of_the_data():
    X = RANDOM.normal([100, -5], [10, 0.1], (500, 2)).astype(np.float32)
    machine = rbm.GaussianRBM(n_components=2, random_state=0).fit(X)
    drawn = machine.sample(500, n_steps=50)
    np.testing.assert_allclose(drawn.mean(axis=0), X.mean(axis=0), atol=3)
    assert drawn[:, 0].std() == pytest.approx(10, rel=0.2) and drawn[:, 1].std() == pytest.approx(0.1, rel=0.2)
    np.testing.assert_allclose(machine.sigma_, X.std(axis=0), rtol=0.2)


def test_spin_and_bernoulli_agree():
    X = small()
    spin = rbm.SpinRBM(n_components=4, n_iter=30, random_state=0).fit(2 * X - 1)
    states = np.array(list(itertools.product([-1, 1], repeat=6)), np.float32)
    assert np.exp(spin.log_likelihood(states).samples).sum() == pytest.approx(1, abs=1e-5)
    assert spin.score(2 * X - 1) > rbm.SpinRBM(n_components=4, n_iter=0, random_state=0).fit(2 * X - 1).score(2 * X - 1)
    assert set(np.unique(spin.sample(20, n_steps=5))) <= {-1, 1}


def test_potts_codes():
    X = RANDOM.integers(0, 3, (600, 4))
    X[:, 1] = (X[:, 0] + 1) % 3
    machine = rbm.PottsRBM(n_components=6, n_iter=60, random_state=0).fit(X)
    states = np.array(list(itertools.product(range(3), repeat=4)))
    assert np.exp(machine.log_likelihood(states).samples).sum() == pytest.approx(1, abs=1e-5)
    assert machine.score(X) > -4 * np.log(3) + 0.5
    assert machine.components_.shape == (6, 12) and machine.sample(5, n_steps=10).shape == (5, 4)
    probabilities = machine.reconstruct(X[:50], [1, 0, 1, 1])
    np.testing.assert_allclose(probabilities.sum(axis=2), 1, atol=1e-5)
    assert (probabilities[:, 1].argmax(axis=1) == X[:50, 1]).mean() > 0.8
    with pytest.raises(ValueError, match=r'X\[0, 2\] is 7, expected one of the codes 0 to 2'):
        machine.transform([[0, 1, 7, 0]])


@pytest.mark.parametrize('kind', [rbm.BernoulliRBM, rbm.GaussianRBM, rbm.SpinRBM])
def test_filling_in(kind):
    X = small() if kind is not rbm.SpinRBM else 2 * small() - 1
    machine = kind(n_components=8, n_iter=30, random_state=0).fit(X)
    holes = X[:20].copy()
    holes[:, 3] = np.nan
    mask = np.array([1, 1, 1, 0, 1, 1])
    found = machine.reconstruct(holes, mask)
    np.testing.assert_allclose(found[:, mask == 1], X[:20][:, mask == 1], atol=1e-5)
    assert np.isfinite(found).all()
    assert machine.reconstruct(X[:20]).shape == (20, 6)
    with pytest.raises(ValueError):
        machine.reconstruct(holes)


@pytest.mark.parametrize('kind', [rbm.BernoulliRBM, rbm.GaussianRBM, rbm.SpinRBM, rbm.PottsRBM])
def test_files(kind, tmp_path):
    X = 2 * small() - 1 if kind is rbm.SpinRBM else small()
    machine = kind(n_components=4, n_iter=2, random_state=0).fit(X)
    machine.partition_function()
    path = tmp_path / 'model.safetensors'
    machine.save(path)
    with pytest.raises(FileExistsError):
        machine.save(path)
    machine.save(path, overwrite=True)
    again = kind.load(path)
    np.testing.assert_array_equal(again.transform(X), machine.transform(X))
    assert again.score(X) == pytest.approx(machine.score(X), abs=1e-6)
    other = rbm.GaussianRBM if kind is not rbm.GaussianRBM else rbm.SpinRBM
    with pytest.raises(ValueError, match='expected'):
        other.load(path)
    programs = os.environ.get('RBM_PROGRAMS')
    if programs and pathlib.Path(programs, 'rbm-score').exists():
        np.save(tmp_path / 'x.npy', X)
        out = subprocess.run([pathlib.Path(programs, 'rbm-score'), path, tmp_path / 'x.npy'], capture_output=True,
                             text=True, check=True).stdout.splitlines()
        assert out[0].startswith('free_energy,log_likelihood')
        theirs = [float(line.split(',')[1]) for line in out[1:]]
        np.testing.assert_allclose(theirs, machine.log_likelihood(X).samples, atol=1e-4)


def test_early_stopping_keeps_the_best():
    machine = rbm.BernoulliRBM(n_components=64, n_iter=100, random_state=0, early_stopping=True, n_iter_no_change=3)
    machine.fit(BITS[:300])
    assert machine.n_iter_ < 100 and len(machine.validation_scores_) == machine.n_iter_
    assert max(machine.validation_scores_[-3:]) <= max(machine.validation_scores_)
    rows = np.random.RandomState(0).permutation(300)[:30]
    assert machine.score_samples(BITS[rows]).mean() == pytest.approx(max(machine.validation_scores_), abs=1e-6)


def test_warm_start_goes_on():
    whole = rbm.BernoulliRBM(n_components=8, n_iter=4, random_state=np.random.RandomState(0)).fit(BITS)
    halves = rbm.BernoulliRBM(n_components=8, n_iter=2, random_state=np.random.RandomState(0), warm_start=True)
    np.testing.assert_array_equal(halves.fit(BITS).fit(BITS).components_, whole.components_)


def test_scores_do_not_depend_on_the_company():
    machine = rbm.BernoulliRBM(n_components=16, n_iter=2, random_state=0).fit(BITS)
    scores = machine.score_samples(BITS[:50])
    np.testing.assert_array_equal(scores[::-1], machine.score_samples(BITS[49::-1]))
    np.testing.assert_array_equal(scores[7], machine.score_samples(BITS[7:8])[0])
    assert not np.array_equal(scores, machine.set_params(random_state=1).score_samples(BITS[:50]))


def test_pseudo_likelihood_is_right_on_average():
    machine = rbm.BernoulliRBM(n_components=4, n_iter=20, random_state=0).fit(small()).machine_
    X = small()[:50]
    exact = np.zeros(50)
    for i in range(6):
        other = X.copy()
        other[:, i] = 1 - other[:, i]
        exact -= np.logaddexp(0, machine.free_energy(X) - machine.free_energy(other))
    drawn = np.mean([machine.pseudo_likelihood(X, seed) for seed in range(4000)], axis=0)
    np.testing.assert_allclose(drawn, exact, rtol=0.1)


def test_bad_values_are_said():
    with pytest.warns(UserWarning, match='X holds values from 0 to 255.*scale X'):
        rbm.BernoulliRBM(n_components=2, n_iter=1).fit(np.array([[0, 255], [255, 0]], np.float32))
    machine = rbm.BernoulliRBM(n_components=2, n_iter=1, random_state=0).fit(small())
    with pytest.warns(UserWarning, match='no probability'):
        machine.score(small() * 0.5)
    with pytest.raises(ValueError, match='NaN'):
        machine.fit(np.full((3, 3), np.nan))
    with pytest.raises(rbm.DivergedError):
        rbm.BernoulliRBM(n_components=4, learning_rate=1e6, random_state=0).fit(small())


def test_rounding_is_said_once():
    from rbm import _functions
    _functions._told.discard('rounding')
    with pytest.warns(rbm.PrecisionWarning, match='rounded'):
        rbm.BernoulliRBM(n_components=2, n_iter=1).fit(RANDOM.random((10, 3)))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        rbm.BernoulliRBM(n_components=2, n_iter=1).fit(RANDOM.random((10, 3)))
    _functions._told.discard('rounding')
    with warnings.catch_warnings():  # nothing is lost
        warnings.simplefilter('error', rbm.PrecisionWarning)
        rbm.BernoulliRBM(n_components=2, n_iter=1).fit(small().astype(np.float64))


def test_sparse_data_stay_sparse():
    """A CSR matrix that would need 40 GB as an array."""
    X = csr_matrix((np.ones(3, np.float32), ([0, 50_000, 99_999], [1, 40_000, 99_999])), shape=(100_000, 100_000))
    machine = rbm.BernoulliRBM(n_components=2, random_state=0)
    machine.components_ = np.zeros((2, 100_000), np.float32)
    assert machine.transform(X[:2000]).shape == (2000, 2)
    assert machine.machine_.free_energy(X).shape == (100_000,)
