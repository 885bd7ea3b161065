# SPDX-License-Identifier: MIT
"""Long calls let other threads run, tell progress on the caller's thread, end by Ctrl-C, and survive a fork.

A call ends within 0.2 s of its own processor time: a busy computer may take longer.
"""
import multiprocessing
import os
import signal
import threading
import time

import numpy as np
import pytest
import rbm

X = (np.random.default_rng(1).random((3000, 784)) < 0.15).astype(np.float32)

MANY = np.tile(X, (20, 1))


def machine_of():
    machine = rbm.Machine(784, 300)
    rbm.initialize(machine, X)
    return machine


LONG = {
    'train': lambda m: rbm.train(m, X, epochs=10_000),
    'train_tempering': lambda m: rbm.train(m, X, 'tempering', epochs=10_000, batch_size=50),
    'sample': lambda m: rbm.sample(m, 500, steps=10**7),
    'tempering': lambda m: rbm.sample(m, 5, steps=10**7, sampler='tempering'),
    'fill_in': lambda m: rbm.reconstruct(m, X, np.ones(784), steps=10**7),
    'ais': lambda m: rbm.log_partition(m, method='ais', betas=10**6),
    'sandwich': lambda m: rbm.log_partition(m, method='sandwich', betas=10**6),
    'exact': lambda m: rbm.log_partition(rbm.Machine(784, 25), method='exact'),
    'free_energy': lambda m: m.free_energy(MANY),
    'self_check': lambda m: [rbm.self_check(m) for _ in range(1000)],
}


@pytest.mark.parametrize('name', sorted(LONG))
def test_ctrl_c(name):
    machine = machine_of()
    sent = []

    def send():
        time.sleep(0.5)
        sent.append(time.process_time())
        os.kill(os.getpid(), signal.SIGINT)

    def work():
        while True:
            LONG[name](machine)

    before = rbm.threads()
    rbm.set_threads(1)  # so that processor time is the caller's
    sender = threading.Thread(target=send)
    sender.start()
    with pytest.raises(KeyboardInterrupt):
        work()
    ended = time.process_time()
    sender.join()
    rbm.set_threads(before)
    assert ended - sent[0] < 0.2
    assert np.isfinite(machine.weights).all() and np.isfinite(machine.free_energy(X[:10])).all()
    rbm.train(machine, X[:200], epochs=1)


def test_ctrl_c_in_fit():
    pytest.importorskip('sklearn')
    model = rbm.BernoulliRBM(n_components=100, n_iter=10_000, random_state=0)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X)
    assert model.transform(X[:5]).shape == (5, 100)
    state = model.machine_.copy()
    model.partial_fit(X[:10])
    assert model.machine_ != state
    np.random.RandomState(0).uniform()  # the generator's lock is free again


def test_errors_in_callbacks_come_out():
    class Mine(Exception):
        pass

    def fail(*_):
        raise Mine

    for call in (lambda: rbm.train(machine_of(), X, epochs=100, progress=fail),
                 lambda: rbm.train(machine_of(), X, epochs=100, on_epoch=fail),
                 lambda: rbm.log_partition(machine_of(), method='ais', betas=3000, progress=fail)):
        with pytest.raises(Mine):
            call()


def test_progress_is_told_on_the_callers_thread():
    seen = set()
    rbm.log_partition(machine_of(), method='ais', betas=300, chains=50,
                      progress=lambda phase, done, total: seen.add(threading.get_ident()))
    assert seen == {threading.get_ident()}


def test_other_threads_run():
    """A counter goes on while a call works; it would stand still if the call held Python's lock."""
    counted, done = [0], threading.Event()

    def count():
        while not done.is_set():
            counted[0] += 1
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    machine = machine_of()
    for call in (lambda: machine.free_energy(X), lambda: machine.hidden_mean(X), lambda: rbm.train(machine, X, epochs=1)):
        before = counted[0]
        for _ in range(200):
            call()
            if counted[0] > before + 5:
                break
        assert counted[0] > before + 5
    done.set()
    counter.join()


def _free_energies(queue):
    queue.put(machine_of().free_energy(X[:100]))


@pytest.mark.parametrize('method', ['fork', 'spawn'])
def test_children(method):
    expected = machine_of().free_energy(X[:100])  # threads are there before the fork
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=_free_energies, args=(queue,))
    child.start()
    np.testing.assert_array_equal(queue.get(timeout=120), expected)
    child.join(60)
    assert child.exitcode == 0


def test_threads_follow_the_workers_share():
    import subprocess
    import sys
    found = subprocess.run([sys.executable, '-c', 'import rbm; print(rbm.threads())'], check=True, text=True,
                           capture_output=True, env={**os.environ, 'OMP_NUM_THREADS': '1'}).stdout
    assert found == '1\n'


def test_several_callers_at_once():
    expected = machine_of().hidden_mean(X)
    found = [None] * 4

    def work(i):
        found[i] = machine_of().hidden_mean(X)

    callers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for one in found:
        np.testing.assert_array_equal(one, expected)
