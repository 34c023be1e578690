#!/bin/bash
# SPDX-License-Identifier: MIT
# Mistakes in command buffers, with nouveau's recovery from them: each costs its own channel and nothing
# else. Faults of host and of copy engines are fatal on Pascal, and nouveau says whose they are.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

# said NUMBER PATTERN: the kernel log has that many such messages of nouveau's.
said() {
	local n
	n=$(grep -cE "^<3>.*nouveau .*$2" "$T/log/kernel.log")
	echo "$n times: $2"
	[ "$n" = "$1" ]
}

# nouveau says this one at another level.
said_any() { [ "$(grep -cE "nouveau .*$2" "$T/log/kernel.log")" = "$1" ]; }

programs=$("$LAB" build tests 2>"$T/err") || { not_ok "the guest's test programs build" "$T/err"; exit 0; }
for driver in "${DRIVERS[@]}"; do
	lab run --driver "$driver" --strict --timeout 300 --stats "$T/stats.json" --share "$programs" -- ./channel-errors
	pass_on "$driver: "
	expect "$driver: the run ends well" 0
	check "$driver: nouveau names the words" said 2 'PBDMA[0-9]+: 00040000 \[PBENTRY\]'
	check "$driver: ... the methods" said 2 'PBDMA[0-9]+: 00200000 \[METHOD\]'
	check "$driver: ... the faults of host" said 4 'fault 0[01] .* at 0000007700000000 .*\[HUB/HOST\] reason 00 \[PDE\]'
	check "$driver: ... and of the copy engines" said 2 'fault 00 \[READ\] at 0000007700000000 .*\[HUB/(CE0|GR_CE)\]'
	check "$driver: ten channels were killed" said_any 10 'channel [0-9]+ killed!'
done
