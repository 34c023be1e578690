#!/bin/bash
# SPDX-License-Identifier: MIT
# The untouched drivers, Debian's own nouveau and the same source built with SVM, and the fork probe the
# board completely, unload, load again, and find nothing to complain about; the board meets nothing that
# it does not know. nouveau starts the graphics engine when a program first asks for it: hence the sample.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

# said TEXT PATTERN TIMES: nouveau said so in the kernel log so often.
said() {
	local n
	n=$(grep -cE "nouveau 0000:01:00.0: $2" "$T/log/kernel.log")
	is "$1" "$n" -ge "$3"
}

had_work() {
	local unit bad=0
	for unit in pbus ptimer pfb pmmu prom ptop pfalcon sec2 fecs pgraph pfifo pbdma; do
		grep -q "\"$unit\":" "$T/stats.json" || { echo "no access to $unit"; bad=1; }
	done
	return $bad
}

nothing_unknown() { tr -d ' \n' <"$T/stats.json" | grep -F '"unknown":{}'; }

probe() {
	in_guest probe vector-add-buffers
	lab run --driver "$1" --strict --stats "$T/stats.json" --share "$T/share" \
		--driver-args 'debug=acr=debug,sec2=debug,fault=debug' -- "${GUEST[@]}"
	pass_on "$1: "
	expect "$1: the run ends well, strictly" 0
	said "$1: VBIOS read, on each load" 'bios: version 86\.04' 3
	said "$1: VRAM found" 'drm: VRAM: 512 MiB' 3
	said "$1: buffers copied by the copy engine" 'drm: MM: using COPY for buffer copies' 3
	said "$1: secure boot has its region" 'acr: WPR region is from' 1
	said "$1: SEC2 booted" 'sec2: .*booted' 1
	check "$1: every unit had work" had_work
	check "$1: nothing that the board does not know" nothing_unknown
	complains_not "$1: "
	is "$1: methods reached the graphics engine" "$(counter "$T/stats.json" gr_methods)" -gt 0
	is "$1: warps ran" "$(counter "$T/stats.json" warps)" -gt 0
}

share_samples vector-add-buffers
stock=stock
case ${LAB_KERNEL:-} in
*debug)
	skip "stock: Debian has not built its driver for the debug kernel"
	stock=fork ;;
*) probe stock ;;
esac
for driver in "${DRIVERS[@]}"; do
	probe "$driver"
	said "$driver: the replayable fault buffer is in use" 'fault: buffer 0: [1-9][0-9]* entries' 1
done

lab run --driver $stock --gpus 2 --vram 128 --gpcs 2 --tpcs 3 --strict --stats "$T/stats.json" -- ls /dev/dri
expect "two GPUs in one VM, of another size" 0
check "... have a render node each" grep -qx renderD129 "$T/out"
check "... and statistics each" grep -q '"gpu1"' "$T/stats.json"
check "... the driver sees the VRAM that was asked for" grep -q 'fb: 128 MiB' "$T/log/kernel.log"

lab run --trace no-such-unit -- true
expect "an emulator that does not start is told in one line" 125 'did not open its socket'

lab run --driver-args 'no_such=1 modeset=0' --timeout 90 -- true
expect "a driver that does not come up is told in one line" 122 'did not bring up a render node'
