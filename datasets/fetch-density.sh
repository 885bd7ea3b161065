#!/bin/sh
# SPDX-License-Identifier: MIT
# Fetches eight binary data sets of the density-estimation literature (train, valid, test) and checks them.
# usage: sh datasets/fetch-density.sh [--from FOLDER] [--output FOLDER]
#   --from FOLDER     copy SET.train.data and so on from a copy of their repository instead of downloading them
#   --output FOLDER   where to put them; default: datasets/density
# They come from https://github.com/UCLA-StarAI/Density-Estimation-Datasets and are no part of this repository.
# An existing file with the right checksum is kept.  On failure nothing new is left behind.
set -eu

source="https://raw.githubusercontent.com/UCLA-StarAI/Density-Estimation-Datasets/master/datasets"

# SHA-256 of the digits 0 and 1 of each file alone, whatever stands between them.
checksums="nltcs-train 7731dbf141ad315d69dab6595aae79137267417600849e6b892604cb4086ed76
nltcs-valid 3002558cbba0a04943e38fb2fb2a95fc93c708586970061c74a7be6b378027e6
nltcs-test e5dc50c83568e4d8b4e663dbd1946a9ab19453f4b7cf48464f7b8973ea9fdcf7
plants-train 1a18654d8b2bc83d6de103d75b28c8929eb045a1aff5ccd2adbeb86924192f4d
plants-valid 48c4288b1b60a5cb77bcc02a2c392172364f363ab0dd58c991ee26c3abbe09cd
plants-test 7291746b5b47cd49c5eb4c559003f5abb739351489711d335eb19791526f40bf
baudio-train a5254b05ee1c5aa02ebadf1ffe4a8b0830e8b50e72b65224a1828364460c6cc8
baudio-valid 8407245d8d539f4b3044e6a73163d13a32de4f7d9b514d80a4c99f1c1ee6f2e4
baudio-test 08fd9e72ec20b1e524e51cebed4a925b652fcb30b4a25c6ad965acc8d789978b
jester-train 16333e322f8f6012e6582b3a8ed1a872b0a7d4958e035e6655d6cce53e149eb9
jester-valid 4f8f9b458d12727fe812d0e4b43a6c042b6c247f8db72e42f2524420ec02e4ce
jester-test 659985b00fc5a52f2ab637f5a82ddee41bb0698f9d3c48e7c6ffd641427f9c6b
bnetflix-train 63709b2c2a5b75ed729d2a033d7dfe7ae478115049d5a3f7af0b09556244b0df
bnetflix-valid 744f0d46e5a3a090fdaebcb5cea42df6723f6a4f05c4e6171a2c0c30e73596dd
bnetflix-test 300aee11520ae4545cc049bd8ca5be1f1334d2ca62f791b2f77cef637b231aa6
accidents-train 2b1fde17d75df8b5bb9072f052207a79a3b07c4d45fa1ebb5099ebf3588cd311
accidents-valid d05c0f51ca5cf44a7e81ea794c5f0feebbee3635b256e6e843f22bdee96f5506
accidents-test 9ac8153942157f1547f5d8b5fb71ad6ea05603e956f3ee50ceef46a809d3e037
mushrooms-train efe1e3dce7057d32255a184f079c8b3082b8ed497d47f0a43893b71535381d57
mushrooms-valid 8487849960de7fdc78bb9e31a5278930679bf98a09499174f8c8a919627d8bca
mushrooms-test 0aae1f7fb3b61d9d73255830336950dd8dc8538b72ba1bff7a0c86f5d65435f3
dna-train b9c06bfbf01d5c6e0823e636cff1f39523905ef4091f0dfbd24d1768fee4ec44
dna-valid 8824b6bfe64926c821c71adb5fd72e749a18e2fd6018403cc9b94efcd41dc21b
dna-test 66ddb39588ed3c750b0e3c6d9ce5b841d31a5b80dc13b425b9f9c9afa28311c3"

usage() {
    sed -n 's/^# \{0,1\}//; 3,8p' "$0" >&"$1"
}
from=
output=$(dirname "$0")/density
while [ $# -gt 0 ]; do
    case "$1" in
        -h | --help) usage 1; exit 0 ;;
        --from | --output)
            [ $# -ge 2 ] || { echo "fetch-density: $1 needs a folder" >&2; exit 2; }
            if [ "$1" = --from ]; then from=$2; else output=$2; fi
            shift 2
            ;;
        *)
            echo "fetch-density: unknown argument $1" >&2
            usage 2
            exit 2
            ;;
    esac
done
if [ -n "$from" ] && [ ! -d "$from" ]; then
    echo "fetch-density: $from is not a folder" >&2
    exit 1
fi

# sound NAME FILE: FILE has the known bits and nothing else
sound() {
    [ -z "$(tr -d '01, \t\r\n' <"$2" | head -c 1)" ] || return 1
    echo "$checksums" | grep -qx "$1 $(tr -cd 01 <"$2" | sha256sum | cut -d ' ' -f 1)"
}

# fetch NAME SET PART FILE
fetch() {
    if [ -n "$from" ]; then
        found=$(find "$from" -name "$2.$3.data" | head -n 1)
        [ -n "$found" ] || { echo "fetch-density: $from has no $2.$3.data" >&2; return 1; }
        cp -- "$found" "$4"
    else
        found=$source/$2/$2.$3.data
        command -v curl >/dev/null || { echo "fetch-density: curl is not installed; or use --from FOLDER" >&2; return 1; }
        echo "$found"
        curl -fL --proto '=https' --connect-timeout 20 --retry 2 -sS -o "$4" "$found" ||
            { echo "fetch-density: no $found; use --from FOLDER" >&2; return 1; }
    fi
    sound "$1" "$4" || { echo "fetch-density: $found is not the file that is known (wrong checksum)" >&2; return 1; }
}

made=
[ -d "$output" ] || { mkdir -p -- "$output"; made=yes; }
done=
clean_up() {
    rm -f -- "$output"/*.part
    if [ -z "$done" ] && [ -n "$made" ]; then rmdir -- "$output" 2>/dev/null || true; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

names=$(echo "$checksums" | cut -d ' ' -f 1)
for name in $names; do
    if [ -f "$output/$name.csv" ] && sound "$name" "$output/$name.csv"; then continue; fi
    fetch "$name" "${name%-*}" "${name##*-}" "$output/$name.csv.part"
done
for name in $names; do
    [ ! -f "$output/$name.csv.part" ] || mv -f -- "$output/$name.csv.part" "$output/$name.csv"
done
done=yes
echo "the data sets are in $output"
