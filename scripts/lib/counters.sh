# SPDX-License-Identifier: MIT
# Reading the emulator's counters (the JSON of --stats).
# shellcheck shell=bash

# counter FILE NAME...: the sum of these members; what is not there counts as 0.
counter() {
	local file=$1 names
	shift
	names=$(IFS='|'; echo "$*")
	awk -F'[":, ]+' -v names="^($names)\$" '$2 ~ names { n += $3 } END { printf "%d\n", n }' "$file"
}

# counter_between BEFORE AFTER NAME...
counter_between() {
	local before=$1 after=$2
	shift 2
	echo $(($(counter "$after" "$@") - $(counter "$before" "$@")))
}

# Faults that were served by a replay.
COUNTER_FAULTS=(faults_replayable_read faults_replayable_write faults_replayable_atomic faults_replayable_prefetch)
