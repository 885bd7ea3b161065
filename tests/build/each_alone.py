#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Has the compiler read every source file of a build folder by itself, as that build would compile it.

usage: each_alone.py BUILD_FOLDER        exit 1 when one does not compile
"""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys


def read(entry):
    words = shlex.split(entry["command"])
    for option in ("-o", "-MF", "-MQ"):
        at = words.index(option)
        del words[at:at + 2]
    words = [word for word in words if word not in ("-c", "-MD")] + ["-fsyntax-only"]
    done = subprocess.run(words, cwd=entry["directory"], capture_output=True, text=True)
    print(done.stdout + done.stderr, end="", flush=True)
    return done.returncode == 0


commands = json.loads((pathlib.Path(sys.argv[1]) / "compile_commands.json").read_text())
with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
    sys.exit(0 if all(list(pool.map(read, commands))) else 1)
