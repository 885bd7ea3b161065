#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles each file by itself, with -Wshadow, and all files of a target as one: what a file fails to include, and names
# that two files use.  Neither Meson nor the compiler may warn.  Nothing is optimised or linked.
# usage: alone.sh SOURCE_FOLDER
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
log="$scratch/log"
python=/usr/bin/python3
[ -x $python ] || python=python3

quiet() {
    "$@" > "$log" 2>&1 || {
        tail -n 40 "$log"
        exit 1
    }
    ! grep -n -B 12 -e 'WARNING' -e 'warning:' "$log" || exit 1
}

quiet meson setup "$scratch/build" "$1" --buildtype debug -Dunity=off -Dwerror=false -Dtests=enabled
quiet $python "$1/tests/build/alone_and_together.py" "$scratch/build"
