#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The code in docs/extending.md builds and works as it stands: it is put into a copy of the tree, which is built, and the
page's commands and the tests that it names are run there.

On the page
    ```cpp PATH     is a new file;
    ```diff PATH    changes a file: lines that begin with a blank or - stand there once, and those with + come in;
    ```sh run       are commands, with the programs on PATH and an empty folder to work in;
    <!-- tests: NAME ... -->    are suites of unit tests, and `allocations`.
A section's files and changes are LIMIT lines at most.

usage: extending.py SOURCE_FOLDER                  build and run
       extending.py SOURCE_FOLDER --check          only see that all changes find their place, and count lines
       extending.py SOURCE_FOLDER --copy FOLDER    make the copy
       extending.py SOURCE_FOLDER --run BUILD      run what the page says with the programs and tests of such a build
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

LIMIT = 80
PAGE = "docs/extending.md"
BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TESTS = re.compile(r"<!-- tests: (.*?)-->", re.DOTALL)


class Fault(Exception):
    pass


def sections(page):
    """(title, text) of each part that begins with ##."""
    parts = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2]))


def code(text):
    """(language, path, content) of the blocks that change the tree."""
    return [block for block in BLOCK.findall(text) if block[0] != "sh"]


def commands(text):
    return "".join(content for language, word, content in BLOCK.findall(text) if (language, word) == ("sh", "run"))


def suites(text):
    return [name for found in TESTS.findall(text) for name in found.split()]


def changed(text, path, diff):
    """The file's text with the change; where its old lines stand must be clear."""
    lines = [line or " " for line in diff.splitlines()]
    if any(line[0] not in " +-" for line in lines):
        raise Fault(f"{path}: a line of the change begins with none of blank, + and -")
    old = "".join(line[1:] + "\n" for line in lines if line[0] != "+")
    new = "".join(line[1:] + "\n" for line in lines if line[0] != "-")
    if not old or old == new:
        raise Fault(f"{path}: the change says not where, or nothing")
    places = ("\n" + text).count("\n" + old)
    if places != 1:
        raise Fault(f"{path}: the lines to change stand there {places} times:\n{old}")
    at = ("\n" + text).index("\n" + old)
    return text[:at] + new + text[at + len(old):]


def apply(root, language, path, content):
    file = root / path
    if language == "diff":
        if not file.is_file():
            raise Fault(f"{path}: is to be changed but is not there")
        file.write_text(changed(file.read_text(), path, content))
        return
    if file.exists():
        raise Fault(f"{path}: is to be a new file but is there")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def copy_tree(source, root):
    """The source without what is built or drawn in it; a bare computer has no git to ask."""
    made = shutil.ignore_patterns(".git", "build*", "run*", "__pycache__")
    for entry in source.iterdir():
        if entry.is_dir() and not made(source, [entry.name]):
            shutil.copytree(entry, root / entry.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif entry.is_file():
            shutil.copy(entry, root / entry.name)


def extend(source, root):
    """A copy of the tree with all that the page adds."""
    copy_tree(source, root)
    for title, text in sections((source / PAGE).read_text()):
        count = sum(len(content.splitlines()) for _, _, content in code(text))
        if count > LIMIT:
            raise Fault(f"{PAGE}: '{title}' has {count} lines of code, expected at most {LIMIT}")
        for language, path, content in code(text):
            apply(root, language, path, content)
        if count:
            print(f"{title}: {count} lines")


def do(command, **options):
    print("$", " ".join(command) if isinstance(command, list) else command, flush=True)
    done = subprocess.run(command, text=True, **options)
    if done.returncode != 0:
        raise Fault(f"exit status {done.returncode}\n{(done.stdout or '')[-4000:]}")


def build_parts(root, page, build):
    targets = {"tests/" + ("allocations" if name == "allocations" else "unit") for name in suites(page)}
    targets |= {"apps/" + program for program in re.findall(r"\brbm-\w+", commands(page))}
    do(["meson", "setup", build.as_posix(), root.as_posix(), "-Dtests=enabled"], stdout=subprocess.PIPE)
    do(["ninja", "-C", build.as_posix(), *sorted(targets)], stdout=subprocess.PIPE)


def run(page, build):
    path = f"{build / 'apps'}{os.pathsep}{os.environ['PATH']}"
    for number, (_, text) in enumerate(sections(page)):
        wanted = [name for name in suites(text) if name != "allocations"]
        if wanted:
            do([(build / "tests/unit").as_posix(), "--test-suite=" + ",".join(wanted)])
        if "allocations" in suites(text):
            do([(build / "tests/allocations").as_posix()])
        if commands(text):
            folder = build / f"extending-{number}"
            folder.mkdir()
            do(["sh", "-euc", commands(text)], cwd=folder, env={**os.environ, "PATH": path})


if __name__ == "__main__":
    tree = pathlib.Path(sys.argv[1]).resolve()
    page = (tree / PAGE).read_text()
    wish = sys.argv[2] if len(sys.argv) > 2 else ""
    try:
        if wish == "--copy":
            extend(tree, pathlib.Path(sys.argv[3]))
        elif wish == "--run":
            run(page, pathlib.Path(sys.argv[3]).resolve())
        else:
            with tempfile.TemporaryDirectory() as scratch:
                root = pathlib.Path(scratch)
                extend(tree, root)
                if wish != "--check":
                    build_parts(root, page, root / "build")
                    run(page, root / "build")
    except (Fault, subprocess.CalledProcessError) as fault:
        sys.exit(str(fault))
