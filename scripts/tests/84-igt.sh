#!/bin/bash
# SPDX-License-Identifier: MIT
# The igt tests: the fast list passes on the fork, and without a device that they are for the programs behave as igt's do.
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

all_skip "with a nouveau without SVM" "" --driver stock
all_skip "with a GPU that is no Pascal" \
	'gcc -shared -fPIC -o /tmp/other-chip.so other-chip.c && export LD_PRELOAD=/tmp/other-chip.so;'

# Without a device: what a test says of itself needs none (0), subtests are skipped (77), and others than it has are an
# error of the one who asks (79).
# shellcheck disable=SC2016 # for the guest's shell
lab run --driver none --share "$T/share" -- sh -c 'for t in ./nouveau_hmm_*; do
		for options in --version --help --list-subtests --describe "--run-subtest none" --none ""; do
			$t $options >out 2>&1
			echo "${t#./} $? $options"
			[ "$options" != --describe ] || echo "${t#./} $(grep -c "NO DOCUMENTATION" out) undescribed"
		done
	done'
while read -r test status options; do
	case $options in
	undescribed)
		check "$test describes each subtest" [ "$status" = 0 ]
		continue ;;
	"") want=77 ;;
	--run-subtest* | --none) want=79 ;;
	*) want=0 ;;
	esac
	check "$test $options without a device ends with $want ($status)" [ "$status" = "$want" ]
done <"$T/out"
expect "the run without a device ends well" 0

RC=0 begin=$SECONDS
"$REPO/scripts/igt" --list fast >"$T/out" 2>"$T/err" || RC=$?
# Rows of the table that are good as a whole, then what is not, one by one, with the reason.
awk '/^not passed:/ { listed = 1 }
	!listed && /^nouveau_hmm_/ && !/fail|warn|crash|timeout|incomplete|abort|notrun/ {
		name = $1
		sub(/^[^ ]+ +/, "")
		sub(/ +$/, "")
		print "ok - igt: " name ": " $0
	}
	listed && /^  nouveau_hmm_/ { print ($2 == "skip" ? "skip" : "not ok") " - igt: " $1 ": " $2 }
	listed && /^      / { print "#" $0 }' "$T/out"
for test in $(sed -n 's/^igt@\([a-z_]*\).*/\1/p' "$REPO/igt-tests/lists/fast.testlist" | sort -u); do
	grep -q "^$test .* pass" "$T/out" || not_ok "igt: something of $test has passed" "$T/err"
done
expect "igt's fast list ($((SECONDS - begin)) s)" 0

"$REPO/scripts/igt" --report --junit >"$T/junit.xml" 2>"$T/err" || RC=$?
check "igt: the report for JUnit is XML" "$LAB" tools -- python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.stdin)' <"$T/junit.xml"
