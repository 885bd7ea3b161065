# SPDX-License-Identifier: MIT
"""Runs the Python blocks of a document, one after the other, as a reader would type them.  A comment `# prints: TEXT`
behind a line says what its block prints; numbers may differ in their last digits.

usage: document.py DOCUMENT (in the folder of the repository)
"""
import contextlib
import io
import os
import pathlib
import re
import sys
import tempfile

text = pathlib.Path(sys.argv[1]).read_text()
blocks = re.findall(r'^```python\n(.*?)^```', text, re.MULTILINE | re.DOTALL)
if len(blocks) < 3:
    sys.exit(f'{sys.argv[1]}: {len(blocks)} Python blocks, expected more')
names = {'__name__': '__main__'}
root = os.getcwd()
with tempfile.TemporaryDirectory() as scratch:
    os.symlink(os.path.join(root, 'datasets'), os.path.join(scratch, 'datasets'))
    os.chdir(scratch)
    for number, block in enumerate(blocks, 1):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block, f'block {number}', 'exec'), names)
        expected = re.findall(r'# prints: (.*)', block)
        lines = [line for line in printed.getvalue().splitlines() if line]
        if len(expected) != len(lines):
            sys.exit(f'block {number} printed {lines}, the document says {expected}')
        for said, line in zip(expected, lines):
            numbers = [[float(x) for x in re.findall(r'-?\d+\.?\d*', each)] for each in (said, line)]
            words = [re.sub(r'-?\d+\.?\d*', '#', each) for each in (said, line)]
            near = len(numbers[0]) == len(numbers[1]) and all(
                abs(a - b) <= 0.05 * abs(a) + 0.02 for a, b in zip(*numbers))
            if words[0] != words[1] or not near:
                sys.exit(f'block {number} printed "{line}", the document says "{said}"')
    os.chdir(root)
print(f'{len(blocks)} blocks ran')
