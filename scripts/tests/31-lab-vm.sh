#!/bin/bash
# SPDX-License-Identifier: MIT
# What a VM passes on and what it leaves behind.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2016 # the guest's shell expands it
lab run --driver none --mem 1024 --smp 1 -- sh -c 'echo to-out; echo to-err >&2; uname -r; nproc; cat; exit 7'
expect "the command's status passes through" 7
check "its output comes out of stdout" grep -qx to-out "$T/out"
check "its errors come out of stderr" grep -qx to-err "$T/err"
check "the output is kept beside the kernel log" cmp "$T/out" "$T/log/output"
check "the kernel log is whole" grep -q 'lab: end of log' "$T/log/kernel.log"
check "--smp is obeyed" grep -qx 1 "$T/out"

mkdir "$T/share"
echo question >"$T/share/in"
lab run --driver none --share "$T/share" -- sh -c 'pwd; cat in; echo answer >/mnt/host/out'
expect "a shared directory is there" 0
check "the command reads and starts in it" bash -c 'printf "/mnt/host\nquestion\n" | cmp - "$1"' sh "$T/out"
check "the host sees what it wrote" grep -qx answer "$T/share/out"

lab run --driver none -- "it's" 'a b'
expect "a command that is not there is status 127, quotes and all" 127
lab run --driver none -- printf '%s|' 'a b' '' "it's" '$HOME' '\n'
check "arguments arrive as they were given" grep -qxF "a b||it's|\$HOME|\\n|" "$T/out"

lab run --driver none -- sh -c 'echo "<4>WARNING: CPU: 0 PID: 1 at mm/test.c:1 test" >/dev/kmsg'
expect "a warning in the kernel log fails the run" 123 "kernel log has a warning"
lab run --driver none -- sh -c 'echo c >/proc/sysrq-trigger'
check "a panic fails the run" [ "$RC" != 0 ]
check "... and its trace is in the kernel log" grep -q 'sysrq triggered crash' "$T/log/kernel.log"
lab run --driver none --mem 512 -- sh -c 'head -c 900M /dev/zero | tail >/dev/null'
check "a guest out of memory fails the run" [ "$RC" != 0 ]
check "... and is told so in one line" grep -q '^lab: error: the guest ran out of memory' "$T/err"

t=$EPOCHSECONDS
lab run --driver none --timeout 10 -- sleep 1000
expect "--timeout stops the VM" 124 "longer than 10 s"
check "... in time" [ $((EPOCHSECONDS - t)) -le $((20 * ${LAB_SLOW:-1})) ]

# family PID: it and all its descendants.
family() {
	local c
	echo "$1"
	for c in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		family "$c"
	done
}

# gone PID...: none of these is alive (a zombie is not: the machine's process 1 may be slow to reap).
gone() {
	local p
	for p in "$@"; do
		! grep -q '^State:.[^ZX]' "/proc/$p/status" 2>/dev/null || { cat "/proc/$p/cmdline"; return 1; }
	done
}

no_mounts() { ! grep -F drm-nouveau-hmm /proc/self/mounts; }
no_files() { ! ls -A "${XDG_CACHE_HOME:-$HOME/.cache}"/drm-nouveau-hmm/run/* 2>/dev/null; }

# start DIR COMMAND...: a VM in the background, with its process in PID.
start() {
	local log=$1
	shift
	"$LAB" run --driver none --log "$log" -- "$@" >"$log.out" 2>"$log.err" </dev/null &
	PID=$!
}

start "$T/b" sh -c 'sleep 12; echo alive'
other=$PID
for signal in KILL TERM; do
	start "$T/a" sleep 300
	sleep 3
	mapfile -t pids < <(family "$PID")
	check "a lab has a VM running (${#pids[@]} processes)" [ ${#pids[@]} -ge 5 ]
	kill -$signal "$PID"
	RC=0
	wait "$PID" 2>/dev/null || RC=$?
	sleep 1
	check "SIG$signal ends a lab and every process of it" gone "${pids[@]}"
	check "... leaving no mount" no_mounts
	check "... and no file" no_files
done
RC=0
wait "$other" || RC=$?
expect "a VM beside these went on" 0
check "... and finished" grep -qx alive "$T/b.out"
