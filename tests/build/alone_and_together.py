#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Has the compiler read every source file of a build folder without unity by itself, then all files of each target as
one: a unity build may put any two of them together, so no two may use one name in their anonymous namespaces.

usage: alone_and_together.py BUILD_FOLDER        exit 1 when something does not compile
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

# Highway includes such files anew for each class of instructions: they are never put together.
APART = "lib/libvectors.a.p"


def words_of(entry):
    words = shlex.split(entry["command"])
    for option in ("-o", "-MF", "-MQ"):
        at = words.index(option)
        del words[at:at + 2]
    return [word for word in words if word not in ("-c", "-MD")] + ["-fsyntax-only"]


def read(command):
    words, folder = command
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    print(done.stdout + done.stderr, end="", flush=True)
    return done.returncode == 0


def together(folder, target, entries):
    """The command that reads all files of a target as one."""
    whole = folder / (target.replace("/", "_") + ".cpp")
    whole.write_text("".join(f'#include "{(pathlib.Path(entry["directory"]) / entry["file"]).resolve()}"\n' for entry in entries))
    words = [str(whole) if word == entries[0]["file"] else word for word in words_of(entries[0]) if word != "-Wshadow"]
    return words + ["-Wno-subobject-linkage"], entries[0]["directory"]


build = pathlib.Path(sys.argv[1]).resolve()
commands = json.loads((build / "compile_commands.json").read_text())
targets = collections.defaultdict(list)
for one in commands:
    targets[one["output"].rsplit("/", 1)[0]].append(one)
todo = [together(build, target, entries) for target, entries in targets.items() if len(entries) > 1 and target != APART]
todo += [(words_of(one), one["directory"]) for one in commands]
with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
    sys.exit(0 if all(list(pool.map(read, todo))) else 1)
