#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that go wrong: the one that did gets the error, the next one works, on the same boot.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

samples=$("$LAB" build samples 2>"$T/err") || { not_ok "the samples build" "$T/err"; exit 0; }

lab run --driver upstream --strict --share "$samples" -- bash -c '
	timeout -s KILL 60 ./wild-pointer; echo "wild-pointer status $?"
	timeout -s KILL 60 ./vector-add-malloc'
expect "after a wild pointer the next process computes correctly" 0
check "the process with the wild pointer gets an error" bash -c '
	s=$(sed -n "s/^wild-pointer status //p" "$1"); [ -n "$s" ] && [ "$s" != 0 ] && [ "$s" != 137 ]' sh "$T/out"
address=$(sed -nE 's/^wild-pointer: following 0x([0-9a-f]+).*/\1/p' "$T/out")
check "the kernel log names its address" bash -c '[ -n "$1" ] && grep -iE "nouveau.*0*${1%???}" "$2"' sh \
	"$address" "$T/log/kernel.log"

lab run --driver upstream --strict --share "$samples" -- bash -c '
	./endless-loop >/tmp/loop & pid=$!
	for i in $(seq 300); do grep -q running /tmp/loop && break; sleep 0.2; done
	cat /tmp/loop
	sleep 2
	kill -0 $pid && echo "was running"
	kill -KILL $pid
	t=$EPOCHSECONDS
	while kill -0 $pid 2>/dev/null && [ $((EPOCHSECONDS - t)) -lt 60 ]; do sleep 0.1; done
	wait $pid 2>/dev/null
	echo "gone after $((EPOCHSECONDS - t)) s"
	timeout -s KILL 60 ./vector-add-malloc'
expect "after an endless loop was killed the next process computes correctly" 0
check "the endless loop was running" grep -qx 'was running' "$T/out"
check "it and its channel went away within 10 s" bash -c '
	s=$(sed -nE "s/^gone after ([0-9]+) s/\1/p" "$1"); echo "$s s"; [ -n "$s" ] && [ "$s" -le 10 ]' sh "$T/out"
