#!/bin/bash
# SPDX-License-Identifier: MIT
# Every fuzz target, for a short while; `make fuzz` is for longer.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"$REPO/scripts/fuzz" "${FUZZ_S:-5}" >"$T/out" 2>"$T/err" || true
grep -q '^ok - ' "$T/out" || not_ok "the fuzz targets build and run" "$T/err"
sed -nE 's/^(ok|not ok) - /&fuzz target /p; /^#/p' "$T/out"
