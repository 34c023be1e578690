#!/bin/bash
# SPDX-License-Identifier: MIT
# Suspend to idle and to RAM (the board is reset, video memory is lost), and the driver brings all of it
# back. On the fork also with a program's memory in VRAM, which must come back byte for byte; upstream
# does not do that (scripts/bench/defects suspend).
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

DRIVER=${DRIVER:-fork}
share_samples vector-add-buffers vector-add-malloc
with=()
if [ "$DRIVER" = fork ]; then
	programs=$("$LAB" build tests 2>"$T/err") || { not_ok "the guest's test programs build" "$T/err"; exit 0; }
	cp "$programs/suspend" "$programs/channel" "$T/share/"
	with=(suspend 'channel suspend')
fi
in_guest suspend "${with[@]}"
# One CPU: the kernel gives another one ten seconds to come up again, which a busy host does not always do.
lab run --driver "$DRIVER" --smp 1 --strict --timeout 900 --stats "$T/stats.json" --share "$T/share" -- "${GUEST[@]}"
awk '/^@ / { program = substr($0, 3) ": " } /^@$/ { program = "" }
	/^(ok|not ok|skip) - / { sub(/ - /, " - " program); print }' "$T/out"
expect "the run ends well, strictly" 0
check "the machine slept" grep -q 'ACPI: PM: Waking up from system sleep state S3' "$T/log/kernel.log"
# One at power-on, and one for each sleep: channel sleeps twice.
is "the board was reset" "$(counter "$T/stats.json" resets)" -ge $((2 + ${#with[@]} * 3 / 2))
# The channel whose job did not end says so, once for each sleep.
no_other_complaint() { ! nouveau_complaints "$T/log/kernel.log" | grep -v 'errored - disabling channel'; }
check "no other error or warning of nouveau in the kernel log" no_other_complaint
