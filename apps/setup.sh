#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the Debian packages that are missing, configures build/ and builds the programs.
# usage: sh apps/setup.sh [build|tests|slow]     tests, slow: with the packages of these tests; `meson test` builds what they run
set -eu
cd "$(dirname "$0")/.."
wish=${1:-build}

packages="g++ meson ninja-build pkg-config libopenblas-dev libboost-program-options-dev libboost-random-dev
    librandom123-dev libhwy-dev zlib1g-dev libpng-dev libcgif-dev nlohmann-json3-dev libfmt-dev libfast-float-dev"
options=
case "$wish" in
    build) ;;
    tests | slow)
        # HDF5 only here: with libcurl's and OpenSSL's headers it takes 40 MB, for files that few people have.
        packages="$packages doctest-dev cmake python3 python3-numpy libhdf5-dev python3-h5py"
        options=-Dtests=enabled
        [ "$wish" = tests ] || {
            packages="$packages clang-14 libclang-rt-14-dev libomp-14-dev pybind11-dev python3-dev python3-pytest python3-sklearn"
            options="$options -Dpython=enabled"
        }
        ;;
    *)
        echo "usage: sh apps/setup.sh [build|tests|slow]" >&2
        exit 2
        ;;
esac

installed() {
    dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    missing=
    for package in $packages; do
        installed "$package" || missing="$missing $package"
    done
    if [ -n "$missing" ]; then
        as_root=
        if [ "$(id -u)" -ne 0 ]; then
            command -v sudo >/dev/null || {
                echo "These packages are missing; as root, type: apt-get install$missing" >&2
                exit 1
            }
            as_root=sudo
        fi
        echo "Installing:$missing"
        # An outdated list may still do: let the installation decide.
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q ||
            echo "apt-get update failed; trying with the existing package lists" >&2
        # shellcheck disable=SC2086 # the names are words
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
    fi
else
    echo "This is not a Debian system. You need what these Debian packages provide:"
    # shellcheck disable=SC2086
    printf '  %s\n' $packages
fi

if [ -d build/meson-info ]; then
    # shellcheck disable=SC2086 # none or one option
    meson setup --reconfigure build $options || meson setup --wipe build $options
else
    # shellcheck disable=SC2086
    meson setup build $options
fi
[ "$wish" != build ] || meson compile -C build
