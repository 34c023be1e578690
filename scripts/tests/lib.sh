# SPDX-License-Identifier: MIT
# What the tests share. Sourced by each of them.
# shellcheck shell=bash

set -uo pipefail

TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
REPO=$(cd "$TESTS/../.." && pwd -P)
LAB=$REPO/scripts/lab
# shellcheck source=../lib/counters.sh
. "$REPO/scripts/lib/counters.sh"
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 143' TERM INT

ok() { printf 'ok - %s\n' "$*"; }
skip() { printf 'skip - %s\n' "$*"; }

# not_ok TEXT [FILE...]: with the ends of these files as the reason.
not_ok() {
	local f
	printf 'not ok - %s\n' "$1"
	shift
	for f in "$@"; do
		[ -s "$f" ] || continue
		printf '#   %s:\n' "${f##*/}"
		tail -n 12 "$f" | sed 's/^/#     /'
	done
}

# check TEXT COMMAND...: ok if the command succeeds.
check() {
	local text=$1
	shift
	if "$@" >"$T/check" 2>&1; then
		ok "$text"
	else
		not_ok "$text" "$T/check"
		return 1
	fi
}

# lab ARGUMENT...: scripts/lab with its output in $T/out and $T/err, its status in RC, its logs in $T/log.
lab() {
	RC=0
	rm -rf "$T/log"
	case $1 in
	run) set -- run --log "$T/log" "${@:2}" ;;
	esac
	"$LAB" "$@" >"$T/out" 2>"$T/err" </dev/null || RC=$?
}

# expect TEXT STATUS [ERROR]: the last lab ended so, and said just one line of error that matches.
expect() {
	local text=$1 status=$2 error=${3:-}
	if [ "$RC" != "$status" ]; then
		not_ok "$text (status $RC, not $status)" "$T/out" "$T/err"
	elif [ -n "$error" ] && [ "$(grep -c '^lab: error: ' "$T/err")" != 1 ]; then
		not_ok "$text (not one line of error)" "$T/err"
	elif [ -n "$error" ] && ! grep -qE "^lab: error: .*$error" "$T/err"; then
		not_ok "$text (no error like '$error')" "$T/err"
	else
		ok "$text"
	fi
}

# Kernel messages of the driver at level warning or worse.
nouveau_complaints() {
	grep -E '^<[0-4]>.*(nouveau|\[drm\])' "$1" |
		grep -vE 'loading out-of-tree module taints kernel|module verification failed'
}
