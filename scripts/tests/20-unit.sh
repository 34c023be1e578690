#!/bin/bash
# SPDX-License-Identifier: MIT
# The emulator's unit tests, as it is used and with the address and undefined-behaviour sanitizers.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run_variant() {
	local variant=$1 build dir name result
	build=emulator
	[ "$variant" = normal ] || build=emulator-$variant
	if ! dir=$("$LAB" build "$build" 2>"$T/err"); then
		not_ok "unit tests ($variant): the emulator builds" "$T/err"
		return
	fi
	"$LAB" tools --rw "$dir" -- meson test -C "$dir" --no-rebuild -t 3 >"$T/meson" 2>&1
	[ -s "$dir/meson-logs/testlog.json" ] || { not_ok "unit tests ($variant): meson test" "$T/meson"; return; }
	while read -r name result; do
		case $result in
		OK) ok "unit test $name ($variant)" ;;
		SKIP) skip "unit test $name ($variant)" ;;
		*) not_ok "unit test $name ($variant): $result" "$dir/meson-logs/testlog.txt" ;;
		esac
	done < <(sed -nE 's/^\{"name": "([^"]*)".*"result": "([A-Z]*)".*/\1 \2/p' "$dir/meson-logs/testlog.json" |
		sed -E 's/^(.* : )?//')
}

run_variant normal
run_variant asan

if dir=$("$LAB" build emulator-asan 2>"$T/err") && [ -x "$dir/tests/qemu-device" ]; then
	check "the vfio-user library serves a real QEMU and Linux (asan)" \
		"$LAB" tools -- "$REPO/emulator/tests/qemu/run" "$dir" /lab/kernel
fi

if "$LAB" tools --rw "$T" -- make -s -C "$REPO/drm-nouveau-hmm/tests/unit" BUILD="$T" check >"$T/policy" 2>&1; then
	ok "unit tests of the driver's policy (asan): $(grep -c ' OK ' "$T/policy")"
else
	not_ok "unit tests of the driver's policy" "$T/policy"
fi
