#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reports in headless Chromium: nothing is fetched, nothing complains, all can be read, light and dark, narrow and wide."""
import sys

from app_testing import DIGITS, AppTest, main
from browser import CHROMIUM, CONTRAST, Browser

VIEWS = [(400, False), (400, True), (1280, False), (1280, True)]


class ReportPage(AppTest):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()

    def look_at(self, name, least_text, least_plots, least_pictures, scripts=True):
        for width, dark in VIEWS:
            with self.subTest(page=name, width=width, dark=dark):
                self.browser.open(self.path(name), width=width, dark=dark, scripts=scripts)
                self.assertEqual(self.browser.faults, [])
                looked = self.browser.value(CONTRAST)
                self.assertEqual(looked['faults'], [])
                self.assertGreater(looked['seen'], least_text)
                found = self.browser.value('''(() => ({
                    wide: document.documentElement.scrollWidth,
                    plots: document.querySelectorAll('svg[role=img][aria-label]').length,
                    pictures: [...document.images].filter((one) => one.naturalWidth > 0 && one.alt).length,
                    images: document.images.length,
                    heads: [...document.querySelectorAll('figure')].every((one) => one.querySelector('h3').textContent),
                    outside: [...document.querySelectorAll('svg text')].filter((text) => {
                        const box = text.getBoundingClientRect();
                        return box.left < 0 || box.right > innerWidth;
                    }).length,
                    order: [...document.querySelectorAll('h1, h2, h3')].map((one) => one.nodeName).join(''),
                    ground: getComputedStyle(document.body).backgroundColor,
                }))()''')
                self.assertEqual(found['wide'], width)
                self.assertGreaterEqual(found['plots'], least_plots)
                self.assertEqual(found['pictures'], found['images'])
                self.assertGreaterEqual(found['images'], least_pictures)
                self.assertTrue(found['heads'])
                self.assertEqual(found['outside'], 0)
                self.assertRegex(found['order'], '^H1(H2(H3)*)*$')
                self.assertEqual(sum(map(int, found['ground'][4:-1].split(','))) < 384, dark)

    def test_a_run(self):
        self.ok('rbm-train', DIGITS, '--output', 'run', '--validation', DIGITS, '--hidden', 12, '--epochs', 60, '--quiet',
                '--track-likelihood', 10)
        self.look_at('run/report.html', 200, 10, 15)

    def test_a_model_and_a_comparison(self):
        for run, rate in ('a', 0.05), ('b', 0.01):
            self.ok('rbm-train', DIGITS, '--output', run, '--hidden', 6, '--epochs', 5, '--quiet', '--learning-rate', rate)
        self.ok('rbm-inspect', 'a/model.safetensors', DIGITS, '--report', 'model.html')
        self.look_at('model.html', 80, 5, 2)
        self.ok('rbm-inspect', '--compare', 'a', 'b', '--report', 'both.html')
        self.look_at('both.html', 60, 3, 4)

    def test_names_stay_text(self):
        name = 'a<img src=x onerror=alert(1)>&"b'
        self.path(name).mkdir()
        self.ok('rbm-train', DIGITS, '--output', self.path(name) / 'run<i>', '--hidden', 3, '--epochs', 1, '--quiet')
        self.browser.open(self.path(name) / 'run<i>/report.html')
        self.assertEqual(self.browser.faults, [])
        self.assertEqual(self.browser.value('document.querySelector("h1").textContent'), 'run<i>')
        self.assertEqual(self.browser.value('document.querySelectorAll("img[src=x], i").length'), 0)
        self.assertIn(name, self.browser.value('document.querySelector("pre").textContent'))


if __name__ == '__main__':
    if CHROMIUM is None:
        print('skipped: there is no chromium')
        sys.exit(77)
    main()
