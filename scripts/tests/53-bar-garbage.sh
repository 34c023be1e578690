#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest that writes garbage to every BAR neither crashes the emulator nor makes it touch memory that
# is not the guest's or its own: for 30 s, on the build with sanitizers, and after it the GPU answers.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

SECONDS_OF_GARBAGE=30

no_report() {
	[ -e "$T/log/emulator-0.log" ] && ! grep -E 'Sanitizer|runtime error:|SUMMARY:' "$T/log/emulator-0.log"
}

build() {
	mkdir -p "$T/share"
	"$LAB" tools --rw "$T/share" -- gcc -O2 -Wall -Wextra -Werror -o "$T/share/bar-garbage" \
		"$TESTS/guest/bar-garbage.c"
}

check "bar-garbage.c compiles" build || exit 0
export LAB_EMULATOR=asan
# shellcheck disable=SC2016 # the guest expands it
lab run --driver none --gpus 1 --smp 1 --mem 1024 --stats "$T/stats.json" --share "$T/share" -- \
	bash -c './bar-garbage "$1" && od -An -tx2 -N2 /sys/bus/pci/devices/0000:01:00.0/config' sh $SECONDS_OF_GARBAGE
expect "$SECONDS_OF_GARBAGE s of garbage in every BAR: the VM ends well" 0
check "the board answers after it" grep -q '^ 10de$' "$T/out"
check "no sanitizer has anything to report" no_report
n=$(sed -n 's/^bar-garbage: \([0-9]*\) accesses$/\1/p' "$T/out")
is "accesses made" "${n:-0}" -ge 10000
n=$(sed -n '/"mmio_writes"/,/}/s/.*"total": *\([0-9]*\).*/\1/p' "$T/stats.json" 2>/dev/null)
is "writes to BAR0 that the emulator counted" "${n:-0}" -gt 0
