#!/bin/bash
# SPDX-License-Identifier: MIT
# The igt tests: the fast list on the fork has no failure, and without a device each test is skipped.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

built=$("$LAB" build igt 2>"$T/err") || { not_ok "the igt tests build" "$T/err"; exit 0; }

mkdir -p "$T/share"
cp "$built"/nouveau_hmm_* "$T/share/"
# shellcheck disable=SC2016 # for the guest's shell
lab run --driver none --share "$T/share" -- sh -c 'for t in ./nouveau_hmm_*; do
		"$t" >/dev/null 2>&1
		echo "${t#./} $?"
	done'
while read -r test status; do
	check "$test without a device is skipped ($status)" [ "$status" = 77 ]
done <"$T/out"
expect "the run without a device ends well" 0

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
