#!/bin/bash
# SPDX-License-Identifier: MIT
# GPU and CPU see the same memory, whatever the process does with it: every case of
# drm-nouveau-hmm/tests/mirror.c, with the memory in RAM and in VRAM.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

programs=$("$LAB" build tests 2>"$T/err") || { not_ok "the guest's test programs build" "$T/err"; exit 0; }
in_guest hmm mirror
lab run --driver "${DRIVER:-fork}" --strict --timeout 1200 --share "$programs" -- env LIMIT=1000 "${GUEST[@]}"
pass_on "mirror: "
expect "the run ends well: no warning of the kernel" 0
