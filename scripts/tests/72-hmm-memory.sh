#!/bin/bash
# SPDX-License-Identifier: MIT
# VRAM that is too small, and processes that go at any time: page tables when VRAM is full, a working
# set of four times VRAM, two processes with three quarters of it each, ten processes that are killed
# at random for two minutes (KILLED_S seconds), and a driver that is unbound while a process has its
# memory there.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

programs=$("$LAB" build tests 2>"$T/err") || { not_ok "the guest's test programs build" "$T/err"; exit 0; }
in_guest hmm 'memory tables 160' 'memory oversubscribe 512' 'memory share 96 20' \
	"memory killed ${KILLED_S:-120}" 'unload small unbind' 'unload huge unbind' 'unload small open'
lab run --driver "${DRIVER:-fork}" --vram 128 --mem 3072 --timeout 1700 --share "$programs" -- \
	env LIMIT=600 "${GUEST[@]}"
awk '/^@ / { program = substr($0, 3) ": " }
	/^(ok|not ok|skip) - / { sub(/ - /, " - " program); print }' "$T/out"
expect "the run ends well: no warning of the kernel" 0
