#!/bin/bash
# SPDX-License-Identifier: MIT
# The ABI: its layout, each ioctl with right and with wrong arguments, what fdinfo, debugfs and the trace say, and
# how memory in VRAM is accounted.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

# -m32 needs no 32-bit libraries as long as nothing is linked.
layout() {
	"$LAB" tools -- sh -c 'cd "$1" && gcc "$2" -isystem "/usr/include/$(gcc -print-multiarch)" -std=c11 -Wall -Wextra \
		-Wpadded -Werror -fsyntax-only layout-test.c' sh "$REPO/uapi" "$1"
}

check "every field is where it was when it came (64-bit)" layout -m64
check "every field is where it was when it came (32-bit)" layout -m32

if ! dir=$("$LAB" build tests 2>"$T/err"); then
	not_ok "the tests build" "$T/err"
	exit 0
fi
mkdir -p "$T/share"
cp "$dir"/ioctl-* "$T/share/"

in_guest hmm-uapi
lab run --driver fork --mem 2048 --timeout 400 --share "$T/share" -- "${GUEST[@]}"
pass_on ""
expect "the run ends well" 0
complains_not ""

# A fault that cannot be served; and a process that the kernel has to kill, which the lab takes for a failure of the
# run.
in_guest hmm-uapi wrong
lab run --driver fork --mem 2048 --timeout 200 --share "$T/share" -- "${GUEST[@]}"
pass_on ""
check "the kernel killed it for its cgroup's limit" \
	grep -q 'Memory cgroup out of memory: Killed process [0-9]* (ioctl-account)' "$T/log/kernel.log"
# The lab calls the trace of the killed process an oops.
check "and has no other complaint" sh -c '! grep -E "WARNING:|BUG|Oops|INFO: task|leak" "$1"' sh "$T/log/kernel.log"
