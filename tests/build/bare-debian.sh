#!/bin/bash
# SPDX-License-Identifier: MIT
# Proves README's commands on a bare Debian 12: debootstraps one, clones the committed tree into it, runs them there.
# Needs root, debootstrap, git and the network.  Not part of the suite.
# usage: bash tests/build/bare-debian.sh SCRATCH_FOLDER [demo|tests|slow]...     demo and tests if none is named
# The folder must not exist; it is removed at the end.
set -eu
if [ $# -lt 1 ] || [ -e "$1" ]; then
    sed -n 's/^# //; 3,6p' "$0" >&2
    exit 2
fi
[ "$(id -u)" -eq 0 ] || { echo "bare-debian: needs root for debootstrap and chroot" >&2; exit 1; }
source=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
root=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- demo tests

clean_up() {
    for mount in dev/pts dev proc; do
        if mountpoint -q "$root/$mount"; then umount "$root/$mount"; fi
    done
    # Never delete through a mount that would not go.
    if grep -q " $root/" /proc/mounts; then
        echo "bare-debian: something is still mounted below $root; left as it is" >&2
    else
        rm -rf --one-file-system "$root"
    fi
}
trap clean_up EXIT

debootstrap --variant=minbase bookworm "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}"
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount --bind /dev/pts "$root/dev/pts"  # tests open terminals
git clone -q --no-hardlinks "$source" "$root/root/rbm"

inside() {
    chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 sh -c "cd /root/rbm && $1"
}
for what in "$@"; do
    case "$what" in
        demo) inside "sh apps/demo.sh && ls -l run-digits" ;;
        tests) inside "sh tests/run.sh" ;;
        slow) inside "sh tests/run.sh slow" ;;
        *) echo "bare-debian: there is no part '$what'" >&2; exit 2 ;;
    esac
done
echo "bare-debian: $* done"
