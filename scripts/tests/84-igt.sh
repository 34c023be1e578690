#!/bin/bash
# SPDX-License-Identifier: MIT
# The igt tests: the fast list on the fork has no failure, and without a device that they are for each test is skipped.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

built=$("$LAB" build igt 2>"$T/err") || { not_ok "the igt tests build" "$T/err"; exit 0; }

mkdir -p "$T/share"
cp "$built"/nouveau_hmm_* "$T/share/"
cp "$TESTS/guest/igt/other-chip.c" "$T/share/"

# all_skip TEXT SHELL-COMMAND LAB-OPTION...: each test ends with igt's status for that, after COMMAND.
all_skip() {
	local text=$1 first=$2 test status
	shift 2
	lab run "$@" --share "$T/share" -- bash -c "$first"'
		for t in ./nouveau_hmm_*; do
			"$t" >/dev/null 2>&1
			echo "${t#./} $?"
		done'
	expect "the run $text ends well" 0
	while read -r test status; do
		check "$test $text is skipped ($status)" [ "$status" = 77 ]
	done <"$T/out"
}

all_skip "without a device" "" --driver none
all_skip "with a nouveau without SVM" "" --driver stock
all_skip "with a GPU that is no Pascal" \
	'gcc -shared -fPIC -o /tmp/other-chip.so other-chip.c && export LD_PRELOAD=/tmp/other-chip.so;'

RC=0
"$REPO/scripts/igt" --list fast --timeout 1500 >"$T/out" 2>"$T/err" || RC=$?
# The table's rows, then those that did not pass.
sed -nE 's/^(nouveau_hmm_[a-z]+) +(.*[^ ]) *$/\1: \2/p' "$T/out" | while read -r line; do
	case $line in
	*fail* | *crash* | *timeout* | *incomplete* | *abort* | *warn*) echo "not ok - igt: $line" ;;
	*) echo "ok - igt: $line" ;;
	esac
done
sed -nE '/^not passed:/,$ s/^ /#  /p' "$T/out"
expect "igt's fast list" 0
