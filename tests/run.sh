#!/bin/sh
# SPDX-License-Identifier: MIT
# Sets up with the test packages, builds, and runs the whole suite: the plain tests, then the slow ones.
# usage: sh tests/run.sh     last line: N passed, N failed, N skipped; exit 0 only when none failed
#
# RBM_DATA names the folder that holds mnist/, mnist-binarized/ and golden/; tests that need them skip without it.
set -eu
cd "$(dirname "$0")/.."
sh apps/setup.sh tests

if [ -z "${RBM_DATA:-}" ] && [ -d ../shared/data ]; then
    RBM_DATA=$(cd ../shared/data && pwd)
fi
export RBM_DATA="${RBM_DATA:-}"

rm -f build/meson-logs/plain*.json build/meson-logs/slow*.json
# A failing part must not hide the others: the summary decides.
meson test -C build --no-rebuild --logbase plain --print-errorlogs || true
meson test -C build --no-rebuild --logbase slow --print-errorlogs --suite slow || true

python=/usr/bin/python3
[ -x $python ] || python=python3
exec $python tests/build/summary.py build/meson-logs plain slow
