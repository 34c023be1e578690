# SPDX-License-Identifier: MIT
# Messages, steps, locks and paths that every part of the lab shares. Sourced, never run.
# shellcheck shell=bash

# Statuses of our own, above those that commands commonly use and below 128 + signal.
readonly LAB_ERR_STRICT=121   # --strict met something unknown
readonly LAB_ERR_DRIVER=122   # the driver did not come up
readonly LAB_ERR_KLOG=123     # the kernel log has a splat
readonly LAB_ERR_TIMEOUT=124  # --timeout ran out
readonly LAB_ERR_LAB=125      # the lab itself failed

LAB_REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
LAB_CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/drm-nouveau-hmm
LAB_ARCH=amd64
LAB_SUITE=trixie
LAB_JOBS=$(nproc)
# What belongs to one checkout (built emulator, samples) is kept apart from what all share.
LAB_BUILD=$LAB_CACHE/build/$(basename "$LAB_REPO")-$(printf %s "$LAB_REPO" | sha256sum | cut -c1-8)
LAB_T0=$EPOCHSECONDS
LAB_STEP=0
LAB_STEPS=0

say() { printf 'lab: %s\n' "$*" >&2; }
warn() { printf 'lab: warning: %s\n' "$*" >&2; }

die() {
	printf 'lab: error: %s\n' "$*" >&2
	exit "$LAB_ERR_LAB"
}

elapsed() {
	local s=$((EPOCHSECONDS - LAB_T0))
	printf '%d:%02d' $((s / 60)) $((s % 60))
}

# The steps run partly side by side, so the number of the step is taken from a file under a lock.
steps_begin() {
	LAB_STEPS=$1
	LAB_STEP_FILE=$LAB_CACHE/run/steps.$$
	echo 0 >"$LAB_STEP_FILE"
}

steps_end() {
	[ -z "${LAB_STEP_FILE:-}" ] || rm -f "$LAB_STEP_FILE"
	LAB_STEPS=0
}

step() {
	local k=
	if [ "$LAB_STEPS" -gt 0 ]; then
		k=$( (flock 9; read -r k; echo $((k + 1)) >"$LAB_STEP_FILE"; echo $((k + 1))) \
			<"$LAB_STEP_FILE" 9<"$LAB_STEP_FILE")
		printf 'lab: [step %d of %d, %s] %s\n' "$k" "$LAB_STEPS" "$(elapsed)" "$*" >&2
	else
		printf 'lab: [%s] %s\n' "$(elapsed)" "$*" >&2
	fi
}

# logged NAME COMMAND...: run with the output in a log; on failure say the one line that matters.
logged() {
	local name=$1 log=$LAB_CACHE/log/$1.log rc=0
	shift
	mkdir -p "$LAB_CACHE/log"
	"$@" >"$log" 2>&1 </dev/null || rc=$?
	[ "$rc" = 0 ] && return 0
	if grep -q 'No space left on device' "$log"; then
		die "$name: the disk that holds $LAB_CACHE is full (see $log)"
	fi
	{
		printf 'lab: --- the last lines of %s\n' "$log"
		{ grep -nE '(^|[^a-z])(error|Error|E:|FAILED)' "$log" | head -n 15; tail -n 8 "$log"; } |
			sed 's/^/lab: | /'
	} >&2
	die "$name failed with status $rc (whole log: $log)"
}

# with_lock NAME COMMAND...: one holder at a time over all lab processes of this user.
with_lock() {
	local lock=$LAB_CACHE/lock/$1 fd rc=0
	shift
	exec {fd}>"$lock"
	if ! flock -n "$fd"; then
		[ -n "${LAB_WAIT_QUIETLY:-}" ] ||
			say "waiting for another lab process that is working on $(basename "$lock")"
		flock "$fd"
	fi
	"$@" || rc=$?
	exec {fd}>&-
	return "$rc"
}

need_space() {
	local free need=$1
	free=$(df -Pk "$LAB_CACHE" | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$free" -ge "$need" ] ||
		die "$LAB_CACHE needs $need MiB of free disk for this and has $free MiB (XDG_CACHE_HOME moves it)"
}

cache_begin() {
	mkdir -p "$LAB_CACHE"/{apt,lock,log,tmp,run,roots,kernels,build} 2>/dev/null ||
		die "cannot write to $LAB_CACHE (XDG_CACHE_HOME moves it)"
	[ -w "$LAB_CACHE/lock" ] || die "cannot write to $LAB_CACHE (XDG_CACHE_HOME moves it)"
	# What is of this run only goes with our namespace; where there is none and a lab was killed, later.
	[ "${LAB_INSIDE:-}" = 1 ] || find "$LAB_CACHE/run" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} +
	[ "${LAB_INSIDE:-}" != 1 ] || mount -t tmpfs -o mode=755 lab "$LAB_CACHE/run" ||
		die "cannot mount a tmpfs: this user lacks the right to mount"
}

hash_of() { sha256sum | cut -c1-12; }
