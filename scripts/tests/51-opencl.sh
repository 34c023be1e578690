#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that nobody here wrote: Debian's clinfo and clpeak.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

samples=$("$LAB" build samples 2>"$T/err") || { not_ok "the samples build" "$T/err"; exit 0; }
lab run --driver upstream --strict --share "$samples" -- bash -c '
	clinfo >/tmp/clinfo 2>&1; echo "clinfo status $?"; cat /tmp/clinfo; ./svm-info; echo "svm-info status $?"'
expect "clinfo and svm-info run, and strictly nothing is unknown" 0
check "clinfo ends well" grep -qx 'clinfo status 0' "$T/out"
check "clinfo names the device" grep -qE 'Device Name +NV134' "$T/out"
check "clinfo reports no error" bash -c '! grep -niE "error|failed|unavailable|not available" <(sed "/ICD loader/,\$d" "$1" | grep -viE "error.correction|NULL platform|no platform")' sh "$T/out"
check "the device has fine-grained system SVM" grep -qE 'Fine-grained system sharing +Yes' "$T/out"
check "... and svm-info says the same" bash -c 'grep -qiE "svm fine.*system.*: yes" "$1"' sh "$T/out"

lab run --driver upstream --strict --timeout 300 -- clpeak --kernel-latency --transfer-bandwidth
expect "clpeak runs, and strictly nothing is unknown" 0
check "clpeak measures the kernel latency" grep -qE 'Kernel launch latency : [0-9.]+ us' "$T/out"
check "clpeak measures the transfer bandwidth" grep -qE 'enqueueWriteBuffer +: [0-9.]+' "$T/out"
check "clpeak meets no error" bash -c '! grep -iE "error|failed|CL_" "$1"' sh "$T/out"
