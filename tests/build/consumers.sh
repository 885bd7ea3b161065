#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the built tree into a scratch folder, and builds and runs a stranger's program with each way of finding it.
# usage: consumers.sh SOURCE_FOLDER BUILD_FOLDER
set -eu
source=$1
build=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for tool in cmake ninja pkg-config; do
    command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done

installed="$scratch/installed"
meson install -C "$build" --no-rebuild --quiet --destdir "$installed"
config=$(find "$installed" -name rbm.pc)
[ -n "$config" ] || { echo "rbm.pc was not installed" >&2; exit 1; }
libdir=$(dirname "$(dirname "$config")")
include=$(dirname "$(dirname "$(find "$installed" -name rbm.h)")")

# The sysroot is what a packager uses to build against a tree that is not in its final place yet.
export PKG_CONFIG_PATH="$libdir/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$installed" LD_LIBRARY_PATH="$libdir"
for kind in meson cmake pkg-config; do
    mkdir "$scratch/$kind"
    cp "$source/tests/build/consumer/consumer.cpp" "$source/tests/build/consumer/$kind/"* "$scratch/$kind/"
done

# expect PROGRAM: it must run and say what it says in the source tree.
expect() {
    said=$("$1")
    [ "$said" = "16 samples, a likelihood below 1" ] || { echo "$1 printed: $said" >&2; exit 1; }
}

echo "== meson"
meson setup "$scratch/meson/build" "$scratch/meson"
meson compile -C "$scratch/meson/build"
expect "$scratch/meson/build/consumer"

echo "== cmake"
cmake -G Ninja -S "$scratch/cmake" -B "$scratch/cmake/build" -Drbm_DIR="$libdir/cmake/rbm"
cmake --build "$scratch/cmake/build"
expect "$scratch/cmake/build/consumer"
sed -i 's/find_package(rbm [0-9.]*/find_package(rbm 99/' "$scratch/cmake/CMakeLists.txt"
if cmake -G Ninja -S "$scratch/cmake" -B "$scratch/cmake/newer" -Drbm_DIR="$libdir/cmake/rbm" >/dev/null 2>&1; then
    echo "the CMake package claims to be version 99" >&2
    exit 1
fi

echo "== pkg-config"
(cd "$scratch/pkg-config" && sh build.sh)
expect "$scratch/pkg-config/consumer"

echo "== the installed headers need nothing that is not installed"
(cd "$include" && find rbm -name '*.h' | sort | sed 's/.*/#include <&>/') |
    g++ -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I"$include" -x c++ -fsyntax-only -

echo "== every installed program starts without LD_LIBRARY_PATH, from a folder it was not built for"
unset LD_LIBRARY_PATH
moved="$scratch/moved"
mv "$installed" "$moved"
for program in $(find "$moved" -path '*/bin/*' -type f | sort); do
    "$program" --version >/dev/null || { echo "$program does not start" >&2; exit 1; }
done
