# SPDX-License-Identifier: MIT
# For tests that use the GPU from inside a VM: what goes into the share, what comes back out of it.
# Sourced after lib.sh.
# shellcheck shell=bash

# Both have to pass what the emulator was made for: upstream is its specification. What the debug kernel
# says of upstream is not for these tests to mend (docs/lab.md).
DRIVERS=(upstream fork)
[[ ${LAB_KERNEL:-} != *debug ]] || DRIVERS=(fork)

# share_samples NAME...: $T/share with these programs in it.
share_samples() {
	local dir name
	mkdir -p "$T/share"
	if ! dir=$("$LAB" build samples 2>"$T/err"); then
		not_ok "the samples build" "$T/err"
		exit 0
	fi
	for name in libcompote.so.0 "$@"; do
		cp "$dir/$name" "$T/share/"
	done
}

# in_guest SCRIPT ARGUMENT...: what to give to lab after -- so that scripts/tests/guest/SCRIPT runs.
in_guest() {
	GUEST=(bash -c "$(<"$TESTS/guest/$1")" "$@")
}

# pass_on PREFIX: the results that a script in the guest printed are results of this test.
pass_on() {
	sed -nE "s/^(ok|not ok|skip) - /&$1/p" "$T/out"
}

# mark NAME: the file with the counters as they were at the guest's /lab/mark NAME.
mark() { printf '%s/log/stats-0-%s.json\n' "$T" "$1"; }

# counted BEFORE AFTER NAME...: how much these counters grew between two marks; -1 without the marks.
counted() {
	local before after
	before=$(mark "$1") after=$(mark "$2")
	shift 2
	[ -s "$before" ] && [ -s "$after" ] || { echo -1; return; }
	counter_between "$before" "$after" "$@"
}

# is TEXT NUMBER OP NUMBER: a comparison whose numbers are in the result's line.
is() {
	check "$1 ($2 $3 $4)" [ "$2" "$3" "$4" ]
}

no_complaint() { ! nouveau_complaints "$T/log/kernel.log"; }
complains_not() { check "$1no error or warning of nouveau in the kernel log" no_complaint; }
