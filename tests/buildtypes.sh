#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles the tree with every Meson buildtype: neither Meson nor the compiler may warn.
# usage: buildtypes.sh SOURCE_FOLDER
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
faults=0
for buildtype in plain debug debugoptimized release minsize; do
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
