#!/bin/bash
# SPDX-License-Identifier: MIT
# Two VMs at once, each with its own GPU: both wait until the other one is up, then compute.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

meet='touch "up-$1"
for ((i = 0; i < 1200 * ${LAB_SLOW:-1}; i++)); do
	[ -e "up-$2" ] && break
	sleep 0.1
done
[ -e "up-$2" ] || { echo "VM $2 did not come up" >&2; exit 1; }
for ((i = 0; i < 3; i++)); do
	./vector-add-malloc || exit
done
touch "done-$1"'

# start MINE OTHER
start() {
	"$LAB" run --log "$T/$1" --stats "$T/$1.json" --share "$T/share" -- \
		bash -c "$meet" meet "$1" "$2" >"$T/$1.out" 2>"$T/$1.err" </dev/null
}

share_samples vector-add-malloc
start one two & pids=($!)
start two one & pids+=($!)
for name in one two; do
	status=0
	wait "${pids[0]}" || status=$?
	pids=("${pids[@]:1}")
	if [ "$status" = 0 ] && [ "$(grep -c ': ok,' "$T/$name.out")" = 3 ]; then
		ok "two VMs at once: VM $name computes correctly"
	else
		not_ok "two VMs at once: VM $name computes correctly (status $status)" "$T/$name.out" "$T/$name.err"
	fi
	is "VM $name: its own GPU ran warps" "$(counter "$T/$name.json" warps)" -gt 0
done
