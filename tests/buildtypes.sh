#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles the tree at -O0, -O3 and -Os: neither Meson nor the compiler may warn.  -O2 is the plain build, and with
# debug information that of sanitize.sh.
# usage: buildtypes.sh SOURCE_FOLDER
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
faults=0
for buildtype in debug release minsize; do
    log="$scratch/$buildtype.log"
    echo "== $buildtype"
    if ! { meson setup "$scratch/$buildtype" "$1" --buildtype $buildtype -Dtests=enabled -Dwerror=false &&
        ninja -C "$scratch/$buildtype"; } > "$log" 2>&1; then
        tail -n 40 "$log"
        faults=1
    elif grep -n -e 'WARNING' -e 'warning:' "$log"; then
        faults=1
    fi
    rm -rf "${scratch:?}/$buildtype"
done
exit $faults
