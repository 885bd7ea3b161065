# SPDX-License-Identifier: MIT
"""A page in headless Chromium, driven through its own protocol over two pipes: no driver, no network.

    with Browser() as browser:
        browser.open(path, width=1280, dark=True)
        browser.value('document.title')
        browser.faults     # what the console complained of, and every request but the one for the page
        browser.screenshot('page.png')
"""
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
PATIENCE = 120  # seconds, for anything

# What a page shows in a light and a dark theme must be readable: the ratio of WCAG 2.1, 1.4.3, for each element with
# text of its own, of its colour to the first opaque background below it.
CONTRAST = r'''(() => {
  const parse = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const ground = (node) => {
    for (; node instanceof Element; node = node.parentNode) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
  };
  const faults = [];
  let seen = 0;
  for (const node of document.querySelectorAll('body *')) {
    if (['SCRIPT', 'STYLE', 'NOSCRIPT', 'TITLE'].includes(node.nodeName.toUpperCase())) continue;
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
    const style = getComputedStyle(node), box = node.getBoundingClientRect();
    if (style.visibility === 'hidden' || box.width === 0) continue;
    const colour = parse(node.namespaceURI.endsWith('svg') ? style.fill : style.color);
    const reached = ratio(colour, ground(node));
    ++seen;
    if (reached < 4.5) faults.push(`${node.nodeName} "${node.textContent.trim().slice(0, 30)}" ${reached.toFixed(2)}`);
  }
  return {seen, faults};
})()'''


class Browser:
    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix='rbm-browser-')
        to_child, self.write_end = os.pipe()
        self.read_end, from_child = os.pipe()
        words = [CHROMIUM, '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
                 '--disable-extensions', '--disable-background-networking', '--disable-component-update', '--disable-sync',
                 '--hide-scrollbars', '--mute-audio', f'--user-data-dir={self.profile}', '--remote-debugging-pipe',
                 'about:blank']
        # The protocol's pipes are the descriptors 3 and 4.
        self.process = subprocess.Popen(['sh', '-c', f'exec "$@" 3<&{to_child} 4>&{from_child}', 'sh', *words],
                                        pass_fds=(to_child, from_child), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_child)
        os.close(from_child)
        self.number, self.bytes, self.session, self.events = 0, b'', None, []
        self.faults = []
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in 'Page', 'Runtime', 'Log', 'Network':
            self.call(domain + '.enable')
        return self

    def __exit__(self, *unused):
        os.close(self.write_end)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.read_end)
        shutil.rmtree(self.profile, True)

    def receive(self, end):
        """The next message of the browser."""
        while b'\0' not in self.bytes:
            if not select.select([self.read_end], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError('the browser does not answer')
            more = os.read(self.read_end, 1 << 20)
            if not more:
                raise EOFError('the browser went away')
            self.bytes += more
        one, self.bytes = self.bytes.split(b'\0', 1)
        message = json.loads(one)
        self.look(message)
        return message

    def look(self, message):
        method, parameters = message.get('method', ''), message.get('params', {})
        self.events.append(method)
        if method == 'Runtime.exceptionThrown':
            self.faults.append('exception: ' + json.dumps(parameters['exceptionDetails'])[:500])
        elif method == 'Runtime.consoleAPICalled':
            self.faults.append('console: ' + json.dumps(parameters['args'])[:500])
        elif method == 'Log.entryAdded':
            self.faults.append('log: ' + parameters['entry']['text'])
        elif method == 'Network.requestWillBeSent':
            address = parameters['request']['url']
            if address != self.address and not address.startswith('data:'):
                self.faults.append('request: ' + address)

    def call(self, method, **parameters):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': parameters}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b'\0')
        end = time.monotonic() + PATIENCE
        while True:
            answer = self.receive(end)
            if answer.get('id') == self.number:
                if 'error' in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer['result']

    address = 'about:blank'

    def open(self, path, width=1280, height=900, dark=False, scripts=True, still=False):
        """Loads the file; the window is so wide, and the reader likes it so."""
        features = [{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'},
                    {'name': 'prefers-reduced-motion', 'value': 'reduce' if still else 'no-preference'}]
        self.call('Emulation.setEmulatedMedia', features=features)
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call('Emulation.setScriptExecutionDisabled', value=not scripts)
        self.faults, self.events = [], []
        self.address = pathlib.Path(path).resolve().as_uri()
        self.call('Page.navigate', url=self.address)
        end = time.monotonic() + PATIENCE
        while 'Page.loadEventFired' not in self.events:
            self.receive(end)

    def value(self, script):
        """What a JavaScript expression is; promises are waited for."""
        answer = self.call('Runtime.evaluate', expression=script, returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in answer:
            raise RuntimeError(f"{script}: {json.dumps(answer['exceptionDetails'])[:800]}")
        return answer['result'].get('value')

    def wait_for(self, script):
        end = time.monotonic() + PATIENCE
        while not self.value(script):
            if time.monotonic() > end:
                raise TimeoutError(script)
            time.sleep(0.02)

    def screenshot(self, path, whole=True):
        picture = self.call('Page.captureScreenshot', captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(picture['data']))
