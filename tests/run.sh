#!/bin/sh
# SPDX-License-Identifier: MIT
# Sets up with the packages that the tests need, builds, and runs one part of the suite: the plain tests (some minutes),
# or the slow ones, which build the tree in other ways.
# usage: sh tests/run.sh [slow]     last line: N passed, N failed, N skipped; exit 0 only when none failed
#
# RBM_DATA names the folder that holds mnist/, mnist-binarized/ and golden/; tests that need them skip without it.
set -eu
cd "$(dirname "$0")/.."
case "$*" in
    '') part=plain setup=tests suite= ;;
    slow) part=slow setup=slow suite='--suite slow --suite python' ;;
    *)
        echo "usage: sh tests/run.sh [slow]" >&2
        exit 2
        ;;
esac
sh apps/setup.sh $setup

if [ -z "${RBM_DATA:-}" ] && [ -d ../shared/data ]; then
    RBM_DATA=$(cd ../shared/data && pwd)
fi
export RBM_DATA="${RBM_DATA:-}"

rm -f build/meson-logs/$part*.json
# The summary tells what failed, and decides.
# shellcheck disable=SC2086 # none or two words
meson test -C build --logbase $part --print-errorlogs $suite || true

python=/usr/bin/python3
[ -x $python ] || python=python3
exec $python tests/build/summary.py build/meson-logs $part
