#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the tree with the address and undefined-behaviour sanitizers, and runs the plain suite and the commands of
# same_bytes.py in it.  Left out: the kernels on older instructions, and suites that repeat the same code for long draws.
# usage: sanitize.sh SOURCE_FOLDER
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# -O1 compiles sooner than -O2; -g1 is enough for the lines of a report.
meson setup "$scratch/build" "$1" -Doptimization=1 -Dcpp_args=-g1 -Db_sanitize=address,undefined -Db_lundef=false \
    -Dtests=enabled
export ASAN_OPTIONS=abort_on_error=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
# The consumers of suite packaging are not sanitized programs and cannot load a sanitized library.
meson test -C "$scratch/build" --print-errorlogs --timeout-multiplier 10 --no-suite packaging --no-suite instructions \
    --no-suite draws --no-suite reference
python=/usr/bin/python3
[ -x $python ] || python=python3
$python "$1/tests/build/same_bytes.py" record "$scratch/build/apps" "$scratch/record.json"
