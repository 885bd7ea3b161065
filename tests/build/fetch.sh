#!/bin/sh
# SPDX-License-Identifier: MIT
# fetch-mnist.sh refuses what is not MNIST and leaves nothing behind; what is MNIST it puts in place (needs RBM_DATA).
# usage: fetch.sh SOURCE_FOLDER
set -eu
fetch="$1/datasets/fetch-mnist.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() {
    echo "failed: $*" >&2
    exit 1
}

# refused EXIT_CODE WORDS ARGUMENTS...: it must say the words and leave no new file or folder
refused() {
    code=$1
    words=$2
    shift 2
    before=$(find "$scratch" | sort)
    status=0
    said=$(sh "$fetch" "$@" 2>&1) || status=$?
    [ "$status" -eq "$code" ] || fail "$*: exit $status, expected $code: $said"
    case "$said" in *"$words"*) ;; *) fail "$*: said '$said', expected '$words'" ;; esac
    [ "$(find "$scratch" | sort)" = "$before" ] || fail "$*: left something behind"
}

mkdir "$scratch/false" "$scratch/empty"
for name in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
    echo "no digit" | gzip >"$scratch/false/$name-ubyte.gz"
done
refused 2 "unknown argument" --form "$scratch"
refused 2 "needs a folder" --from
refused 1 "is not a folder" --from "$scratch/nowhere" --output "$scratch/out"
refused 1 "is missing" --from "$scratch/empty" --output "$scratch/out"
refused 1 "is not MNIST's file" --from "$scratch/false" --output "$scratch/out"
sh "$fetch" --help | grep -q -- --from || fail "--help does not name --from"

mnist="${RBM_DATA:-}/mnist"
if [ -z "${RBM_DATA:-}" ] || [ ! -d "$mnist" ]; then
    echo "skipped the good copy: RBM_DATA names no folder with mnist/ in it"
    exit 77
fi
sh "$fetch" --from "$mnist" --output "$scratch/out"
[ "$(find "$scratch/out" -type f | wc -l)" -eq 4 ] || fail "not four files"
cmp "$mnist/t10k-images-idx3-ubyte.gz" "$scratch/out/t10k-images-idx3-ubyte.gz"

# A second run keeps sound files, replaces a broken one, and needs none of the others.
mkdir "$scratch/one"
cp "$mnist/t10k-labels-idx1-ubyte.gz" "$scratch/one/"
head -c 1000 "$mnist/t10k-labels-idx1-ubyte.gz" >"$scratch/out/t10k-labels-idx1-ubyte.gz"
sh "$fetch" --from "$scratch/one" --output "$scratch/out"
cmp "$mnist/t10k-labels-idx1-ubyte.gz" "$scratch/out/t10k-labels-idx1-ubyte.gz"

# A source cut short or with bytes after its end is refused, and the earlier file stays.
rm "$scratch/out/t10k-labels-idx1-ubyte.gz"
head -c 4000 "$mnist/t10k-labels-idx1-ubyte.gz" >"$scratch/one/t10k-labels-idx1-ubyte.gz"
refused 1 "is not MNIST's file" --from "$scratch/one" --output "$scratch/out"
