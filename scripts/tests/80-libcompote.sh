#!/bin/bash
# SPDX-License-Identifier: MIT
# libcompote on the driver: launches, copies, fences, migrations, cubins, threads, bad pointers, and the tutorial.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

# share VARIANT: what the guest needs of this build, as it lies in there.
share() {
	local variant=$1 build=libcompote dir to=$T/share/$1
	[ "$variant" = normal ] || build=libcompote-$variant
	dir=$("$LAB" build "$build" 2>"$T/err") || { not_ok "$build builds" "$T/err"; exit 0; }
	mkdir -p "$to/test"
	cp -L "$dir/libcompote.so.0" "$to/"
	find "$dir/test" -maxdepth 1 -name 'guest-*' -type f -exec cp {} "$to/test/" \;
	ln -sf libcompote.so.0 "$to/libcompote.so"
}

share normal
share asan
check "the tutorial compiles" "$LAB" tools --rw "$T" -- gcc -Wall -Wextra -Werror -Ilibcompote/include \
	-o "$T/share/normal/tutorial" samples/native/tutorial.c -L"$T/share/normal" -lcompote

in_guest libcompote
lab run --driver fork --strict --vram 128 --mem 3072 --timeout 900 --share "$T/share" -- "${GUEST[@]}"
pass_on ""
expect "the run ends well: no warning of the kernel, nothing unknown to the GPU" 0
check "the tutorial's numbers are right" grep -qx '1000 of 1000 numbers are right' "$T/out"
check "the kernel complains of the bad pointers and of the code that does not end only" \
	[ "$(nouveau_complaints "$T/log/kernel.log" | grep -vcE 'fifo:.*(fault 0[01] \[(READ|WRITE)\]|rc scheduled|errored - disabling channel|SCHED_ERROR 0a \[CTXSW_TIMEOUT\])')" = 0 ]

[[ " ${DRIVERS[*]} " == *" upstream "* ]] || exit 0
lab run --driver upstream --timeout 200 --share "$T/share" -- sh -c 'cd normal && ! test/guest-vecadd'
check "on upstream's driver there is a reason that it does not work" \
	grep -q '^# a device: the driver, the device or the engine cannot do that' "$T/out"
expect "the run on upstream's driver ends well" 0
