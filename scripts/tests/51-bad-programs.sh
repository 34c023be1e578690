#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that go wrong on the GPU harm only themselves: a kernel that follows a wild pointer ends with
# an error and its address in the kernel log, one that loops for ever can be killed, and the next
# process computes correctly on the same boot.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

# The page of an address, as nouveau prints it in fault messages: 16 digits, page by page.
names_address() {
	local address
	address=$(cat "$T/share/wild-address")
	[ -n "$address" ] || return 1
	echo "looking for $address"
	grep -E "^<[0-4]>.*nouveau.*fault.*$(printf '%016x' "$address")" "$T/log/kernel.log"
}

share_samples vector-add-malloc wild-pointer endless-loop
in_guest bad-programs
for driver in "${DRIVERS[@]}"; do
	lab run --driver "$driver" --strict --timeout 400 --stats "$T/stats.json" --share "$T/share" -- "${GUEST[@]}"
	expect "$driver: the run ends well: no oops, no hung task" 0
	pass_on "$driver: "
	check "$driver: the kernel log names the address that the wild pointer had" names_address
	is "$driver: wild pointer: the fault was cancelled" \
		"$(counted before-wild after-wild cancels_targeted cancels_global)" -gt 0
	is "$driver: endless loop: instructions ran while it looped" \
		"$(counted looping still-looping thread_insns)" -gt 0
	is "$driver: endless loop: instructions that ran in the second after its end" \
		"$(counted killed after-kill thread_insns)" -eq 0
done
