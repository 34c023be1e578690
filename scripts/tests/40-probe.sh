#!/bin/bash
# SPDX-License-Identifier: MIT
# The untouched drivers, Debian's own nouveau and the same source built with SVM, probe the board
# completely, unload, load again, and find nothing to complain about; the board meets nothing that it
# does not know. The graphics engine comes up when a process first asks for it: hence the sample.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

# said TEXT PATTERN TIMES: nouveau said so in the kernel log so often.
said() {
	local n
	n=$(grep -cE "nouveau 0000:01:00.0: $2" "$T/log/kernel.log")
	is "$1" "$n" -ge "$3"
}

nothing_unknown() { tr -d ' \n' <"$T/stats.json" | grep -F '"unknown":{}'; }

probe() {
	in_guest probe vector-add-buffers
	lab run --driver "$1" --strict --stats "$T/stats.json" --share "$T/share" \
		--driver-args 'debug=acr=debug,sec2=debug,fault=debug' -- "${GUEST[@]}"
	pass_on "$1: "
	expect "$1: the run ends well, strictly" 0
	said "$1: VBIOS read, on each load" 'bios: version 86\.04' 3
	said "$1: all VRAM found" 'drm: VRAM: 512 MiB' 3
	said "$1: buffers copied by the copy engine" 'drm: MM: using COPY for buffer copies' 3
	said "$1: ACR has its region" 'acr: WPR region is from' 1
	said "$1: SEC2 booted" 'sec2: .*booted' 1
	complains_not "$1: "
	check "$1: nothing that the board does not know" nothing_unknown
	is "$1: methods reached the compute class" "$(counter "$T/stats.json" gr_methods)" -gt 0
	is "$1: warps ran" "$(counter "$T/stats.json" warps)" -gt 0
}

share_samples vector-add-buffers
probe stock
probe upstream
said "upstream: it uses the replayable fault buffer" 'fault: buffer 0: [1-9][0-9]* entries' 1
