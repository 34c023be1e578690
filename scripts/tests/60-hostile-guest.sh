#!/bin/bash
# SPDX-License-Identifier: MIT
# A guest that writes garbage to every BAR can neither crash the emulator nor make it read outside its
# own memory: the sanitizers say whether it did.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=30
programs=$("$LAB" build tests 2>"$T/err") || { not_ok "the guest's test programs build" "$T/err"; exit 0; }
export LAB_EMULATOR=asan
lab run --driver none --gpus 1 --share "$programs" --timeout 300 -- ./bar-garbage $seconds
expect "the emulator outlives $seconds s of garbage in its BARs (asan, ubsan)" 0
check "no sanitizer found anything" bash -c '! grep -nE "ERROR: AddressSanitizer|runtime error|LeakSanitizer" "$1"' sh \
	"$T/log/emulator-0.log"

lab run --driver upstream --gpus 1 --timeout 300 -- true
expect "upstream's probe gives the sanitizers nothing to say" 0
check "... and they said nothing" bash -c '! grep -nE "ERROR: AddressSanitizer|runtime error|LeakSanitizer" "$1"' sh \
	"$T/log/emulator-0.log"
