#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The extractor of docs/extending.md takes what the page means, and refuses a change whose place is not clear."""
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import extending  # noqa: E402

PAGE = """# Page
```cpp before/any/section.h
not taken
```
## A kind
Some words.
```cpp new/one.h
int one();
```
```diff list.txt
 first
-second
+second, third
```
```diff list.txt
+zeroth
 first
```
```sh
not run
```
```sh run
rbm-check
```
<!-- tests: units machine
     allocations -->
"""
LIST = "first\nsecond\n"
REFUSED = {  # changes of "first\nsecond\nfirst\n"
    " first\n+more\n": "stand there 2 times",
    " third\n+more\n": "stand there 0 times",
    " sec\n+more\n": "stand there 0 times",
    "+more\n": "says not where",
    " second\n": "says not where",
    "second\n+more\n": "begins with none",
}

failures = []


def expect(what, found, wanted):
    if found != wanted:
        failures.append(f"{what}: found {found!r}, expected {wanted!r}")


[(title, text)] = extending.sections(PAGE)
expect("title", title, "A kind")
expect("paths", [path for _, path, _ in extending.code(text)], ["new/one.h", "list.txt", "list.txt"])
expect("commands", extending.commands(text), "rbm-check\n")
expect("suites", extending.suites(text), ["units", "machine", "allocations"])
with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(folder)
    (root / "list.txt").write_text(LIST)
    for block in extending.code(text):
        extending.apply(root, *block)
    expect("the list", (root / "list.txt").read_text(), "zeroth\nfirst\nsecond, third\n")
    expect("the file", (root / "new/one.h").read_text(), "int one();\n")
    for language, path, word in (("cpp", "list.txt", "is there"), ("diff", "gone.txt", "not there")):
        try:
            extending.apply(root, language, path, " x\n+y\n")
            failures.append(f"{language} {path} is taken")
        except extending.Fault as fault:
            if word not in str(fault):
                failures.append(f"{language} {path}: {fault}")
for change, word in REFUSED.items():
    try:
        failures.append(f"{change!r} is taken: {extending.changed(LIST + LIST[:6], 'list.txt', change)!r}")
    except extending.Fault as fault:
        if word not in str(fault):
            failures.append(f"{change!r}: {fault}")
print("\n".join(failures) or "changes find their place or are refused")
sys.exit(1 if failures else 0)
