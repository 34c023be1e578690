#!/bin/bash
# SPDX-License-Identifier: MIT
# The library's tools in the VM, each beside a process that runs kernels on memory in VRAM.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

if ! built=$("$LAB" build libcompote 2>"$T/err"); then
	not_ok "the tools build" "$T/err"
	exit 0
fi
mkdir -p "$T/share/tools"
cp "$built"/libcompote.so.0 "$REPO"/samples/native/{vector-add,replay}.sm61 "$T/share/"
for tool in info run top residency; do
	cp "$built/tools/compote-$tool" "$T/share/tools/"
done

in_guest tools
lab run --driver fork --vram 128 --timeout 300 --share "$T/share" -- "${GUEST[@]}"
pass_on ""
grep '^#' "$T/out"
expect "the run ends well" 0
