#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The page of rbm-dream in headless Chromium: its probabilities, energies and chains against the library's, its brush, and
that it asks the network for nothing."""
import itertools
import json
import sys

import numpy as np
from app_testing import AppTest, main, safetensors
from browser import CHROMIUM, CONTRAST, Browser

Q = 3
COLUMNS = {'bernoulli': 1, 'spin': 1, 'gaussian': 1, 'potts': Q}


def states(kind, sites):
    """All states [K, columns] of discrete units."""
    letters = {'bernoulli': [[0], [1]], 'spin': [[-1], [1]], 'potts': np.eye(Q).tolist()}[kind]
    return np.array([sum(row, []) for row in itertools.product(letters, repeat=sites)], dtype=float)


class DreamPage(AppTest):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()

    def save(self, name, visible, hidden, sites=(6, 5), seed=1, scale=1.0, **metadata):
        random = np.random.default_rng(seed)
        columns = [n * COLUMNS[kind] for n, kind in zip(sites, (visible, hidden))]
        tensors = {'weights': scale * random.normal(size=columns)}
        metadata = {key.replace('_', '.'): value for key, value in metadata.items()}
        for side, kind, n in zip(('visible', 'hidden'), (visible, hidden), columns):
            metadata[side + '.units'] = kind
            if kind == 'potts':
                metadata[side + '.states'] = Q
            for parameter in ('center', 'log_sigma') if kind == 'gaussian' else ('bias',):
                tensors[f'{side}.{parameter}'] = 0.5 * random.normal(size=n)
        self.path(name).write_bytes(safetensors(tensors, metadata))
        return tensors

    def page(self, *words, **options):
        self.ok('rbm-dream', *words, '--output', 'dream.html', '--force')
        self.browser.open(self.path('dream.html'), **options)

    def values(self, script):
        return np.array(self.browser.value(script), dtype=float)

    def clean(self):
        self.assertEqual(self.browser.faults, [])

    def test_probabilities_and_energies_are_those_of_the_library(self):
        random = np.random.default_rng(3)
        pairs = [(v, h) for v in ('bernoulli', 'spin', 'potts', 'gaussian') for h in ('bernoulli', 'spin', 'potts')]
        for seed, (visible, hidden) in enumerate(pairs + [('bernoulli', 'gaussian')]):
            with self.subTest(visible=visible, hidden=hidden):
                self.save('m.safetensors', visible, hidden, seed=seed)
                rows = random.normal(size=(20, 6)) if visible == 'gaussian' else random.permutation(states(visible, 6))[:20]
                self.save_array('v.npy', rows)
                self.ok('rbm-reconstruct', 'm.safetensors', 'v.npy', '--hidden', '--output', 'h.npy', '--force')
                self.ok('rbm-reconstruct', 'm.safetensors', 'v.npy', '--output', 'r.npy', '--force')
                scores = self.ok('rbm-score', 'm.safetensors', 'v.npy').decode().splitlines()[1:]
                self.page('m.safetensors', '--start', 'v.npy', '--chains', 20, still=True)
                found = self.browser.value('''chains.map((chain) => {
                    const h = machine.hiddenMeans(chain.visible, 1);
                    return {v: [...chain.visible], h: [...h], r: [...machine.visibleMeans(h, 1)],
                            f: machine.freeEnergy(chain.visible)};
                })''')
                for key, wanted in ('v', rows.astype(np.float32)), ('h', self.array('h.npy')), ('r', self.array('r.npy')):
                    np.testing.assert_allclose([one[key] for one in found], wanted, rtol=2e-6, atol=2e-6, err_msg=key)
                np.testing.assert_allclose([one['f'] for one in found], np.loadtxt(scores, delimiter=',', ndmin=2)[:, 0],
                                           rtol=2e-6, atol=2e-5)
                self.clean()

    def test_temperatures_scale_the_energy(self):
        for kind in 'bernoulli', 'spin', 'potts':
            tensors = self.save('m.safetensors', kind, 'bernoulli', seed=5)
            field = states('bernoulli', 5)[21] @ tensors['weights'].T + tensors['visible.bias']
            self.page('m.safetensors', '--beta', 0.5, still=True)
            found = self.values('[...machine.visibleMeans([1, 0, 1, 0, 1], beta)]')
            x = field / 2
            wanted = {'bernoulli': 1 / (1 + np.exp(-x)), 'spin': np.tanh(x),
                      'potts': (np.exp(x.reshape(-1, Q)) / np.exp(x.reshape(-1, Q)).sum(1, keepdims=True)).ravel()}[kind]
            np.testing.assert_allclose(found, wanted, rtol=1e-5)
            self.clean()

    def test_draws_follow_the_means(self):
        for kind in 'bernoulli', 'spin', 'potts', 'gaussian':
            with self.subTest(kind=kind):
                self.save('m.safetensors', kind, 'bernoulli')
                self.page('m.safetensors', still=True)
                count = 20000
                found = self.browser.value(f'''(() => {{
                    const bank = machine.visible, means = machine.visibleMeans([1, 1, 0, 1, 0], 1);
                    const state = new Float64Array(means.length), sum = state.slice(), squares = state.slice();
                    for (let n = 0; n < {count}; ++n) {{
                        bank.kind.draw(bank, means, 1, random, state);
                        state.forEach((x, i) => {{ sum[i] += x; squares[i] += x * x; }});
                    }}
                    return {{means: [...means], sum: [...sum], squares: [...squares],
                             sigma: bank.log_sigma ? [...bank.log_sigma].map(Math.exp) : null}};
                }})()''')
                mean, drawn = np.array(found['means']), np.array(found['sum']) / count
                variance = np.array(found['squares']) / count - drawn ** 2
                wanted = {'bernoulli': mean * (1 - mean), 'potts': mean * (1 - mean), 'spin': 1 - mean ** 2,
                          'gaussian': np.square(found['sigma']) if found['sigma'] else 0}[kind]
                self.assertLess(np.abs((drawn - mean) / np.sqrt(wanted / count + 1e-12)).max(), 5)
                np.testing.assert_allclose(variance, wanted, rtol=0.1, atol=0.01)
                self.clean()

    def test_chains_have_the_distribution_of_the_machine(self):
        tensors = self.save('m.safetensors', 'bernoulli', 'bernoulli', sites=(3, 2), seed=2)
        v, h = states('bernoulli', 3), states('bernoulli', 2)
        joint = np.exp((v @ tensors['visible.bias'])[:, None] + h @ tensors['hidden.bias'] + v @ tensors['weights'] @ h.T)
        run = '''(() => {
            const counts = new Array(8).fill(0), chain = chains[0];
            for (let n = 0; n < 100000; ++n) {
                chain.sweep(1, held);
                ++counts[4 * chain.visible[0] + 2 * chain.visible[1] + chain.visible[2]];
            }
            return counts;
        })()'''
        self.page('m.safetensors', still=True)
        wanted = joint.sum(1) / joint.sum()
        self.assertLess(np.abs(self.values(run) / 100000 - wanted).sum() / 2, 0.01)
        # The middle unit is held: the others follow the conditional distribution.
        self.browser.value('held.set(1, 1)')
        wanted = np.where(v[:, 1] == 1, joint.sum(1), 0)
        self.assertLess(np.abs(self.values(run) / 100000 - wanted / wanted.sum()).sum() / 2, 0.01)
        self.clean()

    def test_a_brush_holds_pixels_of_all_chains(self):
        self.save('m.safetensors', 'bernoulli', 'bernoulli', sites=(64, 5), scale=0.1, image_height=8, image_width=8)
        self.page('m.safetensors', still=True)
        box = self.browser.value('''(() => { const {left, top, width} = page('board').getBoundingClientRect();
                                             return {left, top, width}; })()''')
        pixel = box['width'] / 8

        def mouse(kind, x, y, **more):
            self.browser.call('Input.dispatchMouseEvent', type=kind, x=box['left'] + (x + 0.5) * pixel,
                              y=box['top'] + (y + 0.5) * pixel, button='left', clickCount=1, **more)
        mouse('mousePressed', 1, 2)
        mouse('mouseMoved', 4, 2, buttons=1)
        mouse('mouseReleased', 4, 2)
        width = 8
        self.assertEqual(self.browser.value('[...held].sort((a, b) => a[0] - b[0])'), [[2 * width + x, 1] for x in range(1, 5)])
        self.browser.value('for (let n = 0; n < 20; ++n) for (const chain of chains) chain.sweep(1, held)')
        self.assertTrue(self.browser.value(f'chains.every((chain) => [1, 2, 3, 4].every((x) => chain.visible[{2 * width} + x] === 1))'))
        self.browser.value("document.querySelectorAll('#brushes input')[3].click()")
        mouse('mousePressed', 1, 2)
        mouse('mouseReleased', 1, 2)
        self.assertEqual(self.browser.value('held.size'), 3)
        self.browser.value("page('release').click()")
        self.assertEqual(self.browser.value('held.size'), 0)
        self.browser.value("page('keep').click()")
        self.assertEqual(self.browser.value('held.size'), 4 * width)
        self.clean()

    def test_labels_are_named_and_held(self):
        random = np.random.default_rng(1)
        labels = random.integers(0, 3, 60)
        rows = (random.random((60, 16)) < 0.2 + 0.3 * labels[:, None]).astype(np.uint8)
        self.save_array('x.npy', rows)
        self.save_array('l.npy', 10 * labels)
        self.ok('rbm-train', 'x.npy', '--labels', 'l.npy', '--output', 'run', '--hidden', 4, '--epochs', 2, '--quiet')
        self.page('run/model.safetensors', '--label', 20, still=True)
        self.assertEqual(self.browser.value("document.querySelector('h1').textContent"), 'Dreams of run/model.safetensors')
        self.assertEqual(self.browser.value("[...document.querySelectorAll('#labels .choice')].map((one) => one.textContent)"),
                         ['any', '0', '10', '20'])
        self.assertEqual(self.browser.value('[...held]'), [[16, 0], [17, 0], [18, 1]])
        self.browser.value("document.querySelectorAll('#labels input')[1].click()")
        self.assertEqual(self.browser.value('[...held]'), [[16, 1], [17, 0], [18, 0]])
        self.assertEqual(self.browser.value('chains.map(labelOf)'), ['0'] * 18)
        self.browser.value("document.querySelectorAll('#labels input')[0].click()")
        self.assertEqual(self.browser.value('held.size'), 0)
        self.clean()

    def test_it_runs_stops_and_starts_anew_at_every_width(self):
        self.save('m.safetensors', 'bernoulli', 'spin')
        self.save('p.safetensors', 'potts', 'bernoulli')
        self.save('g.safetensors', 'gaussian', 'bernoulli')
        for name, (width, dark) in itertools.product('mpg', ((400, True), (1280, False))):
            with self.subTest(model=name, width=width):
                self.page(f'{name}.safetensors', '--chains', 6, width=width, dark=dark)
                self.browser.wait_for('sweeps > 5')
                self.browser.value("page('run').click()")
                self.assertEqual(self.browser.value("page('run').textContent"), 'Start')
                self.assertRegex(self.browser.value("page('status').textContent"), r'\d+ sweeps.*nats.*units held')
                self.browser.value("page('noise').click()")
                self.assertEqual(self.browser.value('sweeps'), 0)
                self.browser.value("page('temperature').value = 1; page('temperature').dispatchEvent(new Event('input'))")
                self.assertEqual(self.browser.value('[beta, page("temperature-shown").textContent]'), [0.5, 'T = 2.00'])
                self.assertEqual(self.browser.value('document.documentElement.scrollWidth'), width)
                looked = self.browser.value(CONTRAST)
                self.assertEqual(looked['faults'], [])
                self.assertGreater(looked['seen'], 20)
                self.clean()

    def test_without_scripts_it_says_so(self):
        self.save('m.safetensors', 'bernoulli', 'bernoulli')
        self.page('m.safetensors', scripts=False)
        self.clean()
        self.assertIn('<noscript><p>This page runs', self.path('dream.html').read_text())

    def test_words_of_a_model_cannot_leave_their_place(self):
        self.path('a"&<b>').mkdir()
        self.save('a"&<b>/x.safetensors', 'bernoulli', 'bernoulli')
        self.save_array('x.npy', np.eye(4, dtype=np.uint8))
        self.path('t.csv').write_text('a,b,c,kind\n' + '1,0,1,</script><script>alert(1)</script>\n0,1,1,two\n' * 4)
        self.ok('rbm-train', 't.csv', '--label-column', 'kind', '--output', 'run', '--hidden', 2, '--epochs', 1, '--quiet')
        self.page('run/model.safetensors', still=True)
        self.assertIn('</script><script>alert(1)</script>', self.browser.value('described.labels'))
        self.page('a"&<b>/x.safetensors', still=True)
        self.assertEqual(self.browser.value('document.title'), 'Dreams of a"&<b>/x.safetensors')
        self.clean()


if __name__ == '__main__':
    if CHROMIUM is None:
        print('skipped: there is no chromium')
        sys.exit(77)
    main()
