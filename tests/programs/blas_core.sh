#!/bin/sh
# SPDX-License-Identifier: MIT
# A program whose OpenBLAS mistakes the CPU starts anew on the right core; one whose user has chosen obeys.
# Arguments: rbm-score, the shim.
set -eu
program=$1
shim=$2
unset OPENBLAS_CORETYPE RBM_STARTED_ANEW
grep -qw avx2 /proc/cpuinfo || { echo "this CPU has no AVX2: nothing to mistake"; exit 77; }

found=$(LD_PRELOAD=$shim "$program" --version)
echo "$found" | grep -q 'chosen by this program; OpenBLAS by itself took Prescott' || { echo "not started anew: $found"; exit 1; }
echo "$found" | grep -Eq 'core (SkylakeX|Haswell) ' || { echo "wrong core: $found"; exit 1; }

found=$(OPENBLAS_CORETYPE=Prescott "$program" --version)
echo "$found" | grep -q 'core Prescott .*chosen by OPENBLAS_CORETYPE; OPENBLAS_CORETYPE=.* would suit' || { echo "user not obeyed: $found"; exit 1; }

status=0
LD_PRELOAD=$shim "$program" --no-such-option 2>/dev/null || status=$?
[ "$status" -eq 2 ] || { echo "exit status lost when starting anew: $status"; exit 1; }
