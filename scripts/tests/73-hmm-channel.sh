#!/bin/bash
# SPDX-License-Identifier: MIT
# Channels whose commands are in the process's memory: what they can do, and what becomes of a job and of
# its channel when its memory does not stay as it is.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

programs=$("$LAB" build tests 2>"$T/err") || { not_ok "the guest's test programs build" "$T/err"; exit 0; }
cases=(copy fences full many changed gone broken endless passed aliases swapped)
in_guest hmm "${cases[@]/#/channel }"
lab run --driver "${DRIVER:-fork}" --vram 128 --mem 2048 --timeout 900 --share "$programs" -- \
	env LIMIT=$((200 * ${LAB_SLOW:-1})) "${GUEST[@]}"
awk '/^@ / { program = substr($0, 3) ": " }
	/^(ok|not ok|skip) - / { sub(/ - /, " - " program); print }' "$T/out"
expect "the run ends well: no warning of the kernel" 0

# Allocations that fail make nouveau's base complain too, which the lab takes for a failure of the run. Of what
# the kernel says then only memory errors count.
[[ ${LAB_KERNEL:-} = *debug ]] || { skip "channel nth: no fault injection in this kernel"; exit 0; }
in_guest hmm 'channel nth'
LAB_LEAKS='' lab run --driver fork --vram 128 --mem 2048 --timeout 300 --share "$programs" -- env LIMIT=800 "${GUEST[@]}"
pass_on "channel nth: "
check "KASAN and UBSAN find nothing meanwhile" bash -c '! grep -E "KASAN|UBSAN" "$1"' sh "$T/log/kernel.log"
