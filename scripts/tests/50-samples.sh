#!/bin/bash
# SPDX-License-Identifier: MIT
# Every sample is right on the emulated GPU under upstream nouveau, and got its data in the way that
# it claims: the counters tell.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

samples=$("$LAB" build samples 2>"$T/err") || { not_ok "the samples build" "$T/err"; exit 0; }
mapfile -t names < <(make -s --no-print-directory -C "$REPO/samples" list)
lab run --driver upstream --strict --share "$samples" -- /lab/run-samples "${names[@]}"
expect "all samples run, and strictly nothing is unknown" 0

# used NAME COUNTER...: what they grew by while this sample ran.
used() {
	local name=$1 before=start n
	shift
	for n in "${names[@]}"; do
		[ "$n" != "$name" ] || break
		before=$n
	done
	counter_between "$T/log/stats-0-$before.json" "$T/log/stats-0-$name.json" "$@"
}

for name in "${names[@]}"; do
	line=$(grep "^$name " "$T/out")
	if [[ $line == "$name 0 "*": ok"* ]]; then
		ok "sample $name: ${line#*: ok, }"
	else
		not_ok "sample $name: ${line:-no result}"
		continue
	fi
	faults=$(used "$name" "${COUNTER_FAULTS[@]}")
	bytes=$(used "$name" ce_bytes)
	case $name in
	*-malloc)
		check "sample $name got its data by $faults replayable faults" [ "$faults" -gt 0 ]
		check "sample $name copied no buffer ($bytes bytes)" [ "$bytes" = 0 ] ;;
	*-buffers)
		check "sample $name needed no fault ($faults)" [ "$faults" = 0 ] ;;
	migrate)
		check "clEnqueueSVMMigrateMem copied pages to VRAM with the copy engine" \
			[ "$(used migrate ce_bytes_sys_to_vram)" -gt 0 ] ;;
	esac
	check "sample $name left no fault without an answer" [ "$(used "$name" faults_fatal cancels_targeted cancels_global)" = 0 ]
done
check "the heat sample drew a picture" bash -c '[ "$(head -c 4 "$1" | tail -c 3)" = PNG ]' sh "$samples/heat-malloc.png"
check "no nouveau error or warning in the kernel log" bash -c '[ -z "$1" ] || { echo "$1"; exit 1; }' sh \
	"$(nouveau_complaints "$T/log/kernel.log")"
