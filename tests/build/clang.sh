#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds everything with clang 14, warnings as errors, and runs the unit tests of that build.
# usage: clang.sh SOURCE_FOLDER
set -eu
command -v clang++-14 >/dev/null || { echo "skipped: clang++-14 is not installed"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
CXX=clang++-14 meson setup "$scratch/build" "$1" -Dtests=enabled -Dwerror=true
meson compile -C "$scratch/build"
meson test -C "$scratch/build" --no-rebuild --print-errorlogs --timeout-multiplier 3 --suite unit --no-suite reference
