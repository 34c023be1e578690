#!/bin/bash
# SPDX-License-Identifier: MIT
# The fork has none of the defects of upstream's SVM that have a program to show them. (What upstream does
# with the same programs: scripts/bench/defects.)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"$REPO/scripts/bench/defects" --driver "${DRIVER:-fork}" --lines 2>"$T/err"
[ $? -le 1 ] || not_ok "scripts/bench/defects ended well" "$T/err"
