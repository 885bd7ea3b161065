#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles the tree at -O0 and -O3, or as Meson's build types say: neither Meson nor the compiler may warn.  -O2 is the
# plain build, -O1 that of sanitize.sh.  At -O0 each file is compiled alone, with -Wshadow: that shows what a file fails to
# include.
# usage: buildtypes.sh SOURCE_FOLDER [BUILDTYPE...]     debug and release unless given; minsize is -Os
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
faults=0
source=$1
shift
[ $# -gt 0 ] || set -- debug release
for buildtype in "$@"; do
    log="$scratch/$buildtype.log"
    echo "== $buildtype"
    unity=on
    [ $buildtype != debug ] || unity=off
    if ! { meson setup "$scratch/$buildtype" "$source" --buildtype $buildtype -Dunity=$unity -Dtests=enabled -Dwerror=false &&
        ninja -C "$scratch/$buildtype"; } > "$log" 2>&1; then
        tail -n 40 "$log"
        faults=1
    elif grep -n -e 'WARNING' -e 'warning:' "$log"; then
        faults=1
    fi
    rm -rf "${scratch:?}/$buildtype"
done
exit $faults
