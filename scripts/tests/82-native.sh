#!/bin/bash
# SPDX-License-Identifier: MIT
# The samples that use libcompote, strictly: right results, no buffer object, no copy but those of a migration.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

# said NAME PATTERN: the program printed it.
said() { grep -E "$2" "$T/share/$1.out"; }

mapfile -t samples < <(make -s --no-print-directory -C "$REPO/samples" list-native)
share_samples "${samples[@]}"
lab run --driver fork --strict --vram 128 --timeout 400 --stats "$T/stats.json" --share "$T/share" -- \
	/lab/run-samples "${samples[@]}"
expect "the run ends well, strictly" 0
before=start
for sample in "${samples[@]}"; do
	check "$sample computes what the CPU computes" grep -E "^$sample 0 $sample: ok, " "$T/out"
	copied=$(counted "$before" "$sample" ce_bytes)
	if [ "$sample" = migrate-compote ]; then
		# 64 pages, best effort; once to VRAM and once back.
		check "$sample: pages went to VRAM" said "$sample" ' of 64 pages [1-9][0-9]* went to VRAM'
		is "$sample: the copy engine moved them there and back" "$copied" -ge 262144
	else
		check "$sample: no buffer object" said "$sample" ' 0 bytes of buffer objects$'
		is "$sample: replayable faults" "$(counted "$before" "$sample" "${COUNTER_FAULTS[@]}")" -gt 0
		is "$sample: no byte by the copy engine" "$copied" -eq 0
	fi
	is "$sample: warps ran" "$(counted "$before" "$sample" warps)" -gt 0
	before=$sample
done
check "heat drew a picture" bash -c '[ "$(head -c 4 "$1" | tail -c 3)" = PNG ]' sh "$T/share/heat-native.png"
check "replay says what a submit takes" said replay '^replay: [0-9.]+ us per submit'
complains_not ""
is "no fault was fatal" "$(counter "$T/stats.json" faults_fatal)" -eq 0
