#!/bin/sh
# SPDX-License-Identifier: MIT
# Fetches MNIST (60,000 + 10,000 handwritten digits of 28x28 grey pixels, Y. LeCun, C. Cortes, C. Burges) and checks it.
# usage: sh datasets/fetch-mnist.sh [--from FOLDER] [--output FOLDER]
#   --from FOLDER     copy the four .gz files from a folder instead of downloading them
#   --output FOLDER   where to put them; default: datasets/mnist
# An existing file with the right checksums is kept.  On failure nothing new is left behind.
set -eu

mirrors="https://ossci-datasets.s3.amazonaws.com/mnist
https://storage.googleapis.com/cvdf-datasets/mnist
https://raw.githubusercontent.com/fgnt/mnist/master"

# SHA-256 and MD5 of the unpacked files: mirrors pack the same bytes differently.
checksums="train-images-idx3-ubyte.gz ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db 6bbc9ace898e44ae57da46a324031adb
train-labels-idx1-ubyte.gz 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5 a25bea736e30d166cdddb491f175f624
t10k-images-idx3-ubyte.gz 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7 2646ac647ad5339dbf082846283269ea
t10k-labels-idx1-ubyte.gz ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2 27ae3e4e09519cfbb04c329615203637"
names=$(echo "$checksums" | cut -d ' ' -f 1)

usage() {
    sed -n 's/^# \{0,1\}//; 3,7p' "$0" >&"$1"
}
from=
output=$(dirname "$0")/mnist
while [ $# -gt 0 ]; do
    case "$1" in
        -h | --help) usage 1; exit 0 ;;
        --from | --output)
            [ $# -ge 2 ] || { echo "fetch-mnist: $1 needs a folder" >&2; exit 2; }
            if [ "$1" = --from ]; then from=$2; else output=$2; fi
            shift 2
            ;;
        *)
            echo "fetch-mnist: unknown argument $1" >&2
            usage 2
            exit 2
            ;;
    esac
done
if [ -n "$from" ] && [ ! -d "$from" ]; then
    echo "fetch-mnist: $from is not a folder" >&2
    exit 1
fi

# sound NAME FILE: FILE unpacks to the known bytes
sound() {
    wanted=$(echo "$checksums" | grep "^$1 ")
    # Of a download that is cut short only the beginning is unpacked: its sums cannot match.
    found="$1 $(gzip -dc <"$2" 2>/dev/null | sha256sum | cut -d ' ' -f 1) $(gzip -dc <"$2" 2>/dev/null | md5sum | cut -d ' ' -f 1)"
    [ "$found" = "$wanted" ] && gzip -t <"$2" 2>/dev/null
}

# fetch NAME FILE: from the folder, or from the first mirror that has it whole
fetch() {
    if [ -n "$from" ]; then
        [ -r "$from/$1" ] || { echo "fetch-mnist: $from/$1 is missing or cannot be read" >&2; return 1; }
        cp -- "$from/$1" "$2"
        sound "$1" "$2" || { echo "fetch-mnist: $from/$1 is not MNIST's file (wrong checksum)" >&2; return 1; }
        return 0
    fi
    command -v curl >/dev/null || { echo "fetch-mnist: curl is not installed; or use --from FOLDER" >&2; return 1; }
    for mirror in $mirrors; do
        echo "$mirror/$1"
        if curl -fL --proto '=https' --connect-timeout 20 --retry 2 -sS -o "$2" "$mirror/$1"; then
            if sound "$1" "$2"; then return 0; fi
            echo "fetch-mnist: $mirror/$1 is not MNIST's file (wrong checksum); trying the next mirror" >&2
        fi
    done
    echo "fetch-mnist: no mirror had $1; use --from FOLDER" >&2
    return 1
}

made=
[ -d "$output" ] || { mkdir -p -- "$output"; made=yes; }
done=
clean_up() {
    for name in $names; do rm -f -- "$output/$name.part"; done
    if [ -z "$done" ] && [ -n "$made" ]; then rmdir -- "$output" 2>/dev/null || true; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for name in $names; do
    if [ -f "$output/$name" ] && sound "$name" "$output/$name"; then continue; fi
    fetch "$name" "$output/$name.part"
done
# All are sound: now they get their names.
for name in $names; do
    [ ! -f "$output/$name.part" ] || mv -f -- "$output/$name.part" "$output/$name"
done
done=yes
echo "MNIST is in $output"
