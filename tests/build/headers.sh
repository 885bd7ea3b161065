#!/bin/sh
# SPDX-License-Identifier: MIT
# Every header that is installed compiles alone.
# usage: headers.sh SOURCE_FOLDER
set -eu
cd "$1/lib"
find rbm -name '*.h' ! -name '*-inl.h' | sort | xargs -P "$(nproc)" -I HEADER sh -euc '
    echo "#include <HEADER>" | g++ -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I. -x c++ -fsyntax-only - ||
        { echo "HEADER does not compile alone" >&2; exit 1; }'
