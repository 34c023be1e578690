#!/bin/bash
# SPDX-License-Identifier: MIT
# Unit tests of the emulator and of libcompote: as they are used, with the address and undefined-behaviour
# sanitizers, and, of the library, with the thread sanitizer.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# run_tests PROJECT VARIANT
run_tests() {
	local project=$1 variant=$2 build=$1 dir name result
	[ "$variant" = normal ] || build=$project-$variant
	if ! dir=$("$LAB" build "$build" 2>"$T/err"); then
		not_ok "$project's unit tests ($variant) build" "$T/err"
		return
	fi
	"$LAB" tools --rw "$dir" -- meson test -C "$dir" --no-rebuild -t 3 >"$T/meson" 2>&1
	[ -s "$dir/meson-logs/testlog.json" ] || { not_ok "$project's unit tests ($variant): meson test" "$T/meson"; return; }
	while read -r name result; do
		case $result in
		OK) ok "$project: unit test $name ($variant)" ;;
		SKIP) skip "$project: unit test $name ($variant)" ;;
		*) not_ok "$project: unit test $name ($variant): $result" "$dir/meson-logs/testlog.txt" ;;
		esac
	done < <(sed -nE 's/^\{"name": "([^"]*)".*"result": "([A-Z]*)".*/\1 \2/p' "$dir/meson-logs/testlog.json" |
		sed -E 's/^(.* : )?//')
}

run_tests emulator normal
run_tests emulator asan
run_tests libcompote normal
run_tests libcompote asan
run_tests libcompote tsan

if dir=$("$LAB" build emulator-asan 2>"$T/err") && [ -x "$dir/tests/qemu-device" ]; then
	check "the vfio-user library serves a real QEMU and Linux (asan)" \
		"$LAB" tools -- "$REPO/emulator/tests/qemu/run" "$dir" /lab/kernel
fi

if "$LAB" tools --rw "$T" -- make -s -C "$REPO/drm-nouveau-hmm/tests/unit" BUILD="$T" check >"$T/policy" 2>&1; then
	ok "unit tests of the driver's policy (asan): $(grep -c ' OK ' "$T/policy")"
else
	not_ok "unit tests of the driver's policy" "$T/policy"
fi
