# SPDX-License-Identifier: MIT
"""The functional level, which needs NumPy alone."""
import copy
import itertools
import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
import rbm

RANDOM = np.random.default_rng(3)
BITS = (RANDOM.random((200, 12)) < 0.3).astype(np.float32)


def machine_of(visible=12, hidden=7):
    return rbm.example_machine('bernoulli', visible, 'bernoulli', hidden, seed=2)


def test_parameters_are_shared():
    machine = rbm.Machine(12, 7)
    weights = machine.weights
    assert weights.shape == (12, 7) and weights.dtype == np.float32 and not weights.any()
    assert machine.weights is weights and machine['weights'] is weights
    weights[:] = 0.25
    np.testing.assert_allclose(machine.hidden_mean(BITS), 1 / (1 + np.exp(-0.25 * BITS.sum(axis=1, keepdims=True)))
                               .repeat(7, axis=1), atol=1e-6)
    rbm.train(machine, BITS, epochs=1)
    assert machine.weights is weights and (weights != 0.25).any()
    machine.weights = np.ones((12, 7))
    assert (weights == 1).all()
    with pytest.raises(ValueError):
        machine.weights = np.ones((7, 12))
    with pytest.raises(KeyError, match='visible.center'):
        machine['visible.center']


def test_arrays_outlive_their_machine():
    weights = rbm.Machine(300, 200).weights
    weights += 1
    assert weights.sum() == 60_000


def test_energies():
    machine = machine_of()
    W, a, b = (machine[name].astype(np.float64) for name in ('weights', 'visible.bias', 'hidden.bias'))
    H = (RANDOM.random((200, 7)) < 0.5).astype(np.float32)
    np.testing.assert_allclose(machine.energy(BITS, H), -BITS @ a - H @ b - np.einsum('bi,ij,bj->b', BITS, W, H),
                               atol=1e-4)
    for beta in (1.0, 0.5):
        np.testing.assert_allclose(machine.free_energy(BITS, beta),
                                   -beta * BITS @ a - np.logaddexp(0, beta * (BITS @ W + b)).sum(axis=1), atol=1e-4)
    np.testing.assert_allclose(machine.visible_mean(H), 1 / (1 + np.exp(-H @ W.T - a)), atol=1e-5)
    gradient = machine.free_energy_gradient(BITS)
    np.testing.assert_allclose(gradient['visible.bias'], -BITS.sum(axis=0), atol=1e-3)
    np.testing.assert_allclose(gradient.weights, -BITS.T @ machine.hidden_mean(BITS), atol=1e-3)


def test_draws():
    machine, random = machine_of(), rbm.Random(5)
    again = pickle.loads(pickle.dumps(random))
    drawn = machine.sample_hidden(np.repeat(BITS[:1], 20_000, axis=0), random)
    np.testing.assert_allclose(drawn.mean(axis=0), machine.hidden_mean(BITS[:1])[0], atol=0.02)
    np.testing.assert_array_equal(drawn[:1], machine.sample_hidden(BITS[:1], again))
    np.testing.assert_array_equal(machine.sample_hidden(BITS, random), machine.sample_hidden(BITS, again))
    assert not np.array_equal(machine.sample_hidden(BITS, random), machine.sample_hidden(BITS, random))


@pytest.mark.parametrize('change', [
    lambda x: x.astype(np.float64), lambda x: x.astype(bool), lambda x: x.astype(np.int64), lambda x: x.tolist(),
    np.asfortranarray, lambda x: np.repeat(x, 2, axis=1)[:, ::2], lambda x: x.astype('>f4')])
@pytest.mark.filterwarnings('ignore::rbm.PrecisionWarning')
def test_any_array_will_do(change):
    np.testing.assert_array_equal(machine_of().free_energy(change(BITS)), machine_of().free_energy(BITS))


def test_sparse_matrices():
    sparse = pytest.importorskip('scipy.sparse')
    for kind in (sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix):
        np.testing.assert_array_equal(machine_of().hidden_mean(kind(BITS)), machine_of().hidden_mean(BITS))
    twice = sparse.csr_matrix((np.array([0.5, 0.5], np.float32), [3, 3], [0, 2]), shape=(1, 12))
    once = np.zeros((1, 12), np.float32)
    once[0, 3] = 1
    np.testing.assert_array_equal(machine_of().free_energy(twice), machine_of().free_energy(once))
    broken = sparse.csr_matrix(BITS)
    broken.indices[0] = 99
    with pytest.raises(ValueError):
        machine_of().free_energy(broken)


@pytest.mark.parametrize('bad, message', [
    (BITS[:, :5], '5 columns, expected 12'), (BITS[0], '1 dimensions, expected 2'), ([['a']], 'expected real numbers'),
    (BITS.astype(complex), 'expected real numbers')])
def test_bad_arrays(bad, message):
    with pytest.raises(ValueError, match=message):
        machine_of().free_energy(bad)


def test_float64_is_said_once():
    code = ('import numpy, rbm, warnings\n'
            'with warnings.catch_warnings(record=True) as said:\n'
            '    warnings.simplefilter("always")\n'
            '    for _ in range(3): rbm.Machine(2, 2).free_energy(numpy.zeros((1, 2)))\n'
            'print([str(one.category.__name__) for one in said])')
    found = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout
    assert found == "['PrecisionWarning']\n"


def test_no_copy_of_floats():
    code = ('import numpy, resource, rbm\n'
            'X = numpy.ones((1 << 20, 128), numpy.float32)\n'
            'machine = rbm.Machine(128, 1); machine.free_energy(X[:5000])\n'
            'before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n'
            'machine.free_energy(X)\n'
            'print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)')
    grown = int(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout)
    assert grown < 100 * 1024  # KiB; a copy is 512 MiB


def test_copies_are_their_own():
    machine = machine_of()
    for other in (machine.copy(), copy.copy(machine), copy.deepcopy(machine), pickle.loads(pickle.dumps(machine))):
        assert other == machine
        other.weights[0, 0] += 1
        assert other != machine


def test_train_reports_and_stops():
    machine, seen = rbm.Machine(12, 7), []
    reports = rbm.train(machine, BITS, epochs=50, batch_size=20, on_epoch=lambda report: report['epoch'] == 3,
                        progress=lambda *told: seen.append(told))
    assert [report['epoch'] for report in reports] == [1, 2, 3] and reports[-1]['updates'] == 30
    assert all(phase == 'training' and 0 < done <= total == 500 for phase, done, total in seen)


def test_train_is_reproducible_for_any_threads():
    found = []
    before = rbm.threads()
    for threads in (1, 2):
        rbm.set_threads(threads)
        machine = rbm.Machine(12, 7)
        rbm.train(machine, BITS, epochs=3, seed=4)
        found.append(machine)
    rbm.set_threads(before)
    assert found[0] == found[1]


@pytest.mark.parametrize('objective', sorted(set(rbm.objectives()) - {'exact', 'discriminative', 'hybrid'}))
def test_objectives(objective):
    units = 'gaussian' if objective in ('score-matching', 'denoising', 'sliced') else 'bernoulli'
    machine = rbm.Machine(12, 7, visible_units=units)
    rbm.train(machine, BITS, objective, epochs=2, batch_size=50, learning_rate=0.01)
    assert np.isfinite(machine.weights).all() and machine.weights.any()


def test_train_learns():
    X = np.repeat((RANDOM.random((4, 10)) < 0.5).astype(np.float32), 50, axis=0)
    machine = rbm.Machine(10, 8)
    rbm.train(machine, X, epochs=200, batch_size=20, learning_rate=0.1)
    assert rbm.log_likelihood(machine, X).value > -3  # nats; -1.4 at best, -6.9 for coins


@pytest.mark.parametrize('call, error, message', [
    (lambda m: rbm.train(m, BITS, 'cd', chains=3), ValueError, 'has no setting chains: it has steps and steps_schedule'),
    (lambda m: rbm.train(m, BITS, 'pcd', steps=0), ValueError, 'steps is 0, expected a whole number of at least 1'),
    (lambda m: rbm.train(m, BITS, 'nothing'), ValueError, "objective 'nothing': expected one of pcd, cd"),
    (lambda m: rbm.train(m, BITS, 'exact'), rbm.UnsupportedError, 'rbm-train'),
    (lambda m: rbm.train(m, 3 * BITS), rbm.DataError, 'found 3, expected a value in'),
    (lambda m: rbm.train(m, BITS, 'score-matching'), rbm.UnsupportedError, 'bernoulli'),
    (lambda m: rbm.train(m, BITS, optimizer='newton'), ValueError, 'expected one of sgd and adam'),
    (lambda m: rbm.train(m, BITS, learning_rate=1e9), rbm.DivergedError, ''),
    (lambda m: rbm.sample(m, 4, sampler='mala'), rbm.UnsupportedError, 'use metropolis'),
    (lambda m: rbm.sample(m, 4, known=np.ones((1, 12))), ValueError, 'there is no start'),
    (lambda m: rbm.log_partition(m, method='guess'), ValueError, 'expected one of exact'),
    (lambda m: rbm.load('/nowhere/at/all'), OSError, '/nowhere/at/all'),
    (lambda m: rbm.Machine(0, 3), ValueError, 'at least 1 of each'),
    (lambda m: rbm.Machine(3, 3, visible_units='potts'), ValueError, 'visible_states is 0'),
    (lambda m: rbm.Machine(3, 3, visible_states=2), ValueError, 'have no such number'),
    (lambda m: rbm.Machine(3, 3, visible_units='gaussian', hidden_units='gaussian'), rbm.UnsupportedError, 'lower bound'),
    (lambda m: rbm.set_threads(0), ValueError, '0')])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(machine_of())


@pytest.mark.parametrize('sampler', sorted(rbm.samplers()))
def test_samplers(sampler):
    continuous = sampler in ('langevin', 'mala', 'gibbs-langevin')
    machine = rbm.example_machine('gaussian' if continuous else 'bernoulli', 5, 'bernoulli', 3)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', RuntimeWarning)
        states = rbm.sample(machine, 9, steps=20, sampler=sampler)
    assert states.shape == (9, 5) and np.isfinite(states).all()
    assert continuous or set(np.unique(states)) <= {0, 1}


def test_sampler_draws_from_the_machine():
    machine = rbm.example_machine('bernoulli', 4, 'bernoulli', 3)
    states = rbm.sample(machine, 20_000, steps=30)
    all_states = np.array(list(itertools.product([0, 1], repeat=4)), np.float32)
    expected = np.exp(rbm.log_likelihood(machine, all_states).samples)
    found = np.bincount(states.astype(int) @ [8, 4, 2, 1], minlength=16) / 20_000
    np.testing.assert_allclose(found, expected, atol=0.015)


def test_held_units_stay():
    known = np.zeros((1, 12))
    known[0, :4] = 1
    states = rbm.sample(machine_of(), start=BITS[:30], known=known, steps=5)
    np.testing.assert_array_equal(states[:, :4], BITS[:30, :4])
    assert (states[:, 4:] != BITS[:30, 4:]).any()


def test_partition_methods_agree():
    machine = machine_of()
    exact = rbm.log_partition(machine)
    assert exact.method == 'exact' and exact.low == exact.high == float(exact)
    for method, settings in (('ais', {'betas': 500}), ('sandwich', {'betas': 500, 'steps': 200}),
                             ('reverse', {'betas': 500, 'steps': 200}), ('tempering', {'steps': 500})):
        found = rbm.log_partition(machine, BITS if method == 'ais' else None, method, **settings)
        assert found.low - 0.3 < exact.value < found.high + 0.3 and method in found.method and found.parts, method


def test_model_files(tmp_path):
    model = rbm.Model(machine_of())
    assert model.binarize == 'threshold' and model.log_partition is None
    model.log_partition = (1.5, 1.0, 2.0, 'ais')
    model.save(tmp_path / 'a.safetensors')
    with pytest.raises(FileExistsError):
        model.save(tmp_path / 'a.safetensors')
    again = rbm.load(os.fspath(tmp_path / 'a.safetensors'))
    assert again.machine == model.machine and again.log_partition == (1.5, 1.0, 2.0, 'ais')
    np.testing.assert_array_equal(again.prepare(np.array([[0.2, 0.7] * 6], np.float32)), [[0, 1] * 6])
    (tmp_path / 'broken').write_bytes(b'nonsense')
    with pytest.raises(rbm.DataError, match='broken'):
        rbm.load(tmp_path / 'broken')


def test_self_check():
    results = rbm.self_check()
    assert len(results) > 20 and all(result.passed for result in results)


def test_functional_level_needs_no_scikit_learn():
    code = ('import sys\nsys.modules["sklearn"] = sys.modules["scipy"] = None\nimport numpy, rbm\n'
            'machine = rbm.Machine(4, 3); rbm.train(machine, numpy.eye(4, dtype="f"), epochs=1)\n'
            'print(rbm.log_likelihood(machine, numpy.eye(4, dtype="f")).value < 0)\n'
            'try: rbm.BernoulliRBM\nexcept ImportError: print("scikit-learn")')
    found = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout
    assert found == 'True\nscikit-learn\n'
