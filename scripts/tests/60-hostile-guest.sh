#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest that writes garbage to every BAR can neither crash the emulator nor make it touch memory that
# is not its own or the guest's: the build with sanitizers says whether it did. A driver and programs
# that do no harm give it nothing to say either.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

no_report() {
	[ -e "$T/log/emulator-0.log" ] && ! grep -E 'Sanitizer|runtime error:|SUMMARY:' "$T/log/emulator-0.log"
}

seconds=30
programs=$("$LAB" build tests 2>"$T/err") || { not_ok "the guest's test programs build" "$T/err"; exit 0; }
share_samples vector-add-buffers vector-add-malloc matmul-malloc migrate
export LAB_EMULATOR=asan

# shellcheck disable=SC2016 # the guest expands it
lab run --driver none --gpus 1 --smp 1 --mem 1024 --timeout 300 --stats "$T/stats.json" --share "$programs" -- \
	bash -c './bar-garbage "$1" && od -An -tx2 -N2 /sys/bus/pci/devices/0000:01:00.0/config' sh $seconds
expect "the emulator outlives $seconds s of garbage in its BARs" 0
check "... and answers after it" grep -q '^ 10de$' "$T/out"
check "... the sanitizers have nothing to report" no_report
n=$(sed -n 's/^bar-garbage: \([0-9]*\) accesses$/\1/p' "$T/out")
is "... accesses made" "${n:-0}" -ge 10000
n=$(sed -n '/"mmio_writes"/,/}/s/.*"total": *\([0-9]*\).*/\1/p' "$T/stats.json" 2>/dev/null)
is "... writes to BAR0 that the board counted" "${n:-0}" -ge 1000
[ "$RC" = 0 ] || sed 's/^/#     /' "$T/log/emulator-0.log"

for driver in "${DRIVERS[@]}"; do
	lab run --driver "$driver" --timeout 300 --share "$T/share" -- \
		sh -c './vector-add-buffers && ./vector-add-malloc && ./matmul-malloc && ./migrate && /lab/unload'
	expect "$driver and four samples run on the emulator with sanitizers" 0
	check "$driver: the sanitizers have nothing to report" no_report
done
