#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds everything, and what docs/extending.md adds to it, with clang 14, warnings as errors, and the address and
# undefined-behaviour sanitizers.  Runs what that page says, the unit suites, the programs' suites of bad input, and the
# commands of same_bytes.py, which reach what the other suites of the programs reach.  Left out: the kernels on older
# instructions, and suites that repeat the same code for long draws.
# usage: sanitize.sh SOURCE_FOLDER
set -eu
command -v clang++-14 >/dev/null || { echo "skipped: clang++-14 is not installed"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python=/usr/bin/python3
[ -x $python ] || python=python3
mkdir "$scratch/tree"
$python "$1/tests/build/extending.py" "$1" --copy "$scratch/tree"
# -O1 compiles sooner than -O2; -g1 is enough for the lines of a report.
CXX=clang++-14 meson setup "$scratch/build" "$scratch/tree" -Doptimization=1 -Dcpp_args=-g1 -Db_sanitize=address,undefined \
    -Db_lundef=false -Dtests=enabled -Dwerror=true
meson compile -C "$scratch/build"
export ASAN_OPTIONS=abort_on_error=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
$python "$1/tests/build/extending.py" "$1" --run "$scratch/build"
meson test -C "$scratch/build" --no-rebuild --print-errorlogs --timeout-multiplier 10 --suite unit --suite bad_input \
    --no-suite instructions --no-suite draws --no-suite reference
$python "$1/tests/build/same_bytes.py" record "$scratch/build/apps" "$scratch/record.json"
