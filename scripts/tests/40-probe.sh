#!/bin/bash
# SPDX-License-Identifier: MIT
# The untouched drivers find a board that they can tell nothing wrong with.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

silent() {
	local text
	text=$(nouveau_complaints "$1")
	[ -z "$text" ] || { echo "$text"; return 1; }
}

# What a probe that went all the way has said.
complete() {
	local want
	for want in 'NVIDIA GP104' 'bios: version' 'fb: [0-9]+ MiB' 'using COPY for buffer copies' \
		'Initialized nouveau'; do
		grep -E 'nouveau' "$1" | grep -qE "$want" || { echo "no '$want'"; return 1; }
	done
}

# A program that opens the device, for nouveau makes FECS' golden context no sooner.
samples=$("$LAB" build samples 2>"$T/err") || { not_ok "the samples build" "$T/err"; exit 0; }

again='/lab/unload && [ ! -e /dev/dri/renderD128 ] && /lab/load && /lab/unload && /lab/load && [ -e /dev/dri/renderD128 ]'

for driver in stock upstream; do
	lab run --driver $driver --strict --share "$samples" --stats "$T/stats.json" -- \
		sh -c 'ls /dev/dri; ./svm-info'
	expect "$driver probes, and strictly nothing is unknown" 0
	check "$driver: a render node appears" grep -qx renderD128 "$T/out"
	check "$driver: the probe is complete" complete "$T/log/kernel.log"
	check "$driver: no nouveau error or warning in the kernel log" silent "$T/log/kernel.log"
	check "$driver: secure boot, FECS and the copy engine had work" bash -c '
		for u in pfalcon sec2 fecs pgraph pfifo; do grep -q "\"$u\":" "$1" || { echo "no access to $u"; exit 1; }; done' \
		sh "$T/stats.json"
	lab run --driver $driver --strict -- bash -c "$again"
	expect "$driver unloads and loads again, twice" 0
	check "$driver: and is silent about it" silent "$T/log/kernel.log"
done

lab run --driver stock --gpus 2 --vram 128 --gpcs 2 --tpcs 3 --strict --stats "$T/stats.json" -- ls /dev/dri
expect "two GPUs in one VM, of another size" 0
check "... have a render node each" grep -qx renderD129 "$T/out"
check "... and statistics each" grep -q '"gpu1"' "$T/stats.json"
check "... the driver sees the VRAM that was asked for" grep -q 'fb: 128 MiB' "$T/log/kernel.log"

lab run --driver upstream --trace no-such-unit -- true
expect "an emulator that does not start is told in one line" 125 'did not open its socket'

lab run --driver upstream --driver-args 'no_such=1 modeset=0' --timeout 90 -- true
expect "a driver that does not come up is told in one line" 122 'did not bring up a render node'
