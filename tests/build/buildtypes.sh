#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles the tree in ways that the plain build does not: neither Meson nor the compiler may warn.
#   alone    each file by itself, with -Wshadow, and all of a target as one: what a file fails to include, and names that
#            two files use.  Nothing is optimised or linked
#   release  library and programs at -O3.  -O1 is sanitize.sh's, -O2 the plain build's
# usage: buildtypes.sh SOURCE_FOLDER
set -eu
source=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python=/usr/bin/python3
[ -x $python ] || python=python3
faults=0

# checked NAME COMMAND...: runs it, and shows what it says when it fails or warns.
checked() {
    log="$scratch/$1.log"
    echo "== $1"
    shift
    if ! "$@" > "$log" 2>&1; then
        tail -n 40 "$log"
        faults=1
    elif grep -n -B 12 -e 'WARNING' -e 'warning:' "$log"; then
        faults=1
    fi
}

setup() { meson setup "$scratch/$1" "$source" -Dwerror=false "--buildtype=$1" "$2" "$3"; }

alone() { setup debug -Dunity=off -Dtests=enabled && $python "$source/tests/build/alone_and_together.py" "$scratch/debug"; }
release() { setup release -Dunity=on -Dtests=disabled && ninja -C "$scratch/release"; }

checked alone alone
checked release release
exit $faults
