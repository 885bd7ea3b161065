#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the library and the tests of threads and of callers at once with the thread sanitizer, and runs them.  Nothing is
# suppressed: of OpenBLAS, which is not compiled for it, the sanitizer sees nothing, and no OpenMP team ever runs.
# usage: thread_sanitizer.sh SOURCE_FOLDER
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Lines are enough for a report; -O2 and full debug information would take three times as long to compile.
meson setup "$scratch/build" "$1" --buildtype plain -Dcpp_args='-O1 -g1' -Db_sanitize=thread \
    -Db_lundef=false -Dtests=enabled
meson compile -C "$scratch/build" concurrent
# die_after_fork: one test starts threads in a forked child.
TSAN_OPTIONS=halt_on_error=1:die_after_fork=0 "$scratch/build/tests/concurrent"
