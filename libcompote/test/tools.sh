#!/bin/bash
# SPDX-License-Identifier: MIT
# tools.sh TOOLS HERE: the tools in the directory TOOLS as programs, with no device: options, and
# processes that are made up. HERE is this directory.
set -u

PATH=$1:$PATH
here=$2
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
failed=0

# ends STATUS COMMAND...: with its output in $T/out.
ends() {
	local want=$1 status=0
	shift
	"$@" >"$T/out" 2>&1 </dev/null || status=$?
	[ "$status" = "$want" ] || wrong "$*: status $status, not $want"
}

says() { grep -qE -- "$1" "$T/out" || wrong "no '$1'"; }

wrong() {
	echo "not ok - $1"
	sed 's/^/#   /' "$T/out"
	failed=1
}

# Each tool: help and version; an option that there is not.
for tool in compote-info compote-run compote-top compote-residency; do
	command -v $tool >/dev/null || { echo "skip - $tool was not built"; continue; }
	ends 0 $tool --help
	says "^Usage: $tool "
	# All options are on the manual page, and the other way round.
	for option in $(grep -oE -- '--[a-z]+' "$T/out" | sort -u); do
		grep -q -- "\\\\-\\\\-${option#--}" "$here/../man/$tool.1" || wrong "$tool.1 has no $option"
	done
	ends 0 $tool --version
	says "^$tool \(libcompote\) 0\.[0-9]+$"
	ends 2 $tool --wrong
	says "Try '$tool --help'"
done

# compote-info
ends 1 compote-info /dev/null /nowhere
says '^/dev/null$'
says 'Cannot be used'

# compote-run
add=$here/vector-add.sm61
ends 0 compote-run --list "$add"
says '^vector_add: 28 bytes of parameters, [0-9]+ registers'
ends 2 compote-run
ends 2 compote-run /nowhere
says 'No such file'
ends 2 compote-run --grid 0 "$add"
ends 2 compote-run --grid 1,2,3,4 "$add"
ends 2 compote-run --check 1=5 "$add" u32:1
says 'argument 1 is no array'
ends 2 compote-run --check 2=5 "$add" 'u32[1]'
ends 2 compote-run --check 1=x "$add" 'u32[1]'
ends 2 compote-run --check 1 "$add" 'u32[1]'
ends 2 compote-run --print 0 "$add" 'u32[1]'
ends 2 compote-run "$add" u32
says "argument 1, 'u32'"
printf '.kernel a\nEXIT\n.kernel b\nEXIT\n' >"$T/two.sm61"
ends 0 compote-run --list "$T/two.sm61"
ends 2 compote-run "$T/two.sm61"
says 'several kernels'
ends 2 compote-run --kernel c "$T/two.sm61"
says "no kernel 'c'"
ends 4 compote-run --kernel b --device /dev/null "$T/two.sm61"
printf '.kernel a\nFLY R0\n' >"$T/wrong.sm61"
ends 2 compote-run --list "$T/wrong.sm61"
says 'line 2'
printf '\177ELF and no more' >"$T/wrong.cubin"
ends 2 compote-run --list "$T/wrong.cubin"

# compote-top, on processes of our own making: 5 has a file twice and another one, 6 has one
# without a mirror, 7 has none.
process() {
	mkdir -p "$T/proc/$1"/{fd,fdinfo}
	echo "$2" >"$T/proc/$1/comm"
	started "$1" 1000
}

# started PID TICKS
started() { echo "$1 (a ) b) S 1 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 $2 1 1" >"$T/proc/$1/stat"; }

# open PID FD CLIENT KiB-OF-BUFFERS FAULTS
open() {
	ln -sf /dev/dri/renderD128 "$T/proc/$1/fd/$2"
	{
		printf 'pos:\t0\ndrm-driver:\tnouveau\ndrm-client-id:\t%s\ndrm-pdev:\t0000:01:00.0\n' "$3"
		printf 'drm-total-vram:\t%s KiB\ndrm-total-memory:\t0\n' $(($4 + (${5:-0} ? 4 : 0)))
		[ -z "${5:-}" ] || printf 'nouveau-hmm-mapped-vram:\t4 KiB\nnouveau-hmm-mapped-memory:\t8 KiB\nnouveau-hmm-faults:\t%s\nnouveau-hmm-cancels:\t1\n' "$5"
	} >"$T/proc/$1/fdinfo/$2"
}

process 5 worker
open 5 3 10 100 7
open 5 4 10 100 7
open 5 9 11 1000 20
process 6 display
open 6 3 12 50
process 7 other
ln -s /dev/null "$T/proc/7/fd/3"
mkdir -p "$T/dri/0000:01:00.0/hmm"
printf 'faults 30\nbatches 4\nvram-resident 4096\n' >"$T/dri/0000:01:00.0/hmm/counters"
top=(compote-top --proc "$T/proc" --debugfs "$T/dri" -n 1)

ends 0 "${top[@]}"
says '^0000:01:00.0: 4 KiB of processes in VRAM, 30 faults in 4 batches'
says '^1 process$'
says '^ +5 0000:01:00\.0 +- +27 +2 +- +- +8 +16 +1100  worker$'
ends 0 "${top[@]}" --all --sort pid
says '^2 processes$'
says '^ +6 .* 0 +0 +50  display$'
ends 0 "${top[@]}" --pid 6
says '^0 processes$'
# Rates: 50 more faults between two lists.
(sleep 0.5; open 5 3 10 100 57) &
ends 0 "${top[@]}" -n 2 -d 1
wait
says '^ +5 0000:01:00\.0 +(5[0-9]|[34][0-9])\.[0-9] +77 '
# Another process with that number has no rate yet.
(sleep 0.5; open 5 3 10 100 97; started 5 2000) &
ends 0 "${top[@]}" -n 2 -d 1
wait
says '^ +5 0000:01:00\.0 +- +117 '
ends 2 compote-top --rounds 0
ends 2 compote-top --delay x
ends 2 compote-top --sort colour
ends 2 compote-top now
ends 2 compote-top --proc /nowhere

# compote-residency, of a process that is a file: a page of each kind.
if command -v compote-residency >/dev/null; then
	process 8 mapped
	echo '1000-a000 rw-p 00000000 00:00 0  [heap]' >"$T/proc/8/maps"
	word() { printf '%016x\n' "$1" | sed -E 's/(..)(..)(..)(..)(..)(..)(..)(..)/\\x\8\\x\7\\x\6\\x\5\\x\4\\x\3\\x\2\\x\1/'; }
	{
		printf '\0\0\0\0\0\0\0\0'
		for w in 0 $((1 << 63 | 5)) $((1 << 63 | 1 << 61 | 5)) $((1 << 62 | 5 << 5 | 28)) \
			$((1 << 62 | 5 << 5 | 29)) $((1 << 62 | 5 << 5 | 30)) $((1 << 62 | 5 << 5 | 25)) \
			$((1 << 62 | 5 << 5)) $((1 << 62)); do
			# shellcheck disable=SC2059 # the word is the format
			printf "$(word "$w")"
		done
	} >"$T/proc/8/pagemap"
	ends 0 compote-residency --proc "$T/proc" --png "$T/map.png" 8
	says '^000000001000-00000000a000 rw-p \[heap\]$'
	says '^  000000000000   \.rfVVXms\?$'
	says '^all: none 1 RAM 1 file 1 VRAM 2 exclusive 1 moving 1 swap 1 hidden 1$'
	says 'only root is told'
	[ "$(head -c 4 "$T/map.png" | tail -c 3)" = PNG ] || wrong 'no picture'
	ends 0 compote-residency --proc "$T/proc" --summary 8 4000-6000
	says '^all: VRAM 2$'
	ends 0 compote-residency --proc "$T/proc" 8 4000+1
	says '^all: VRAM 1$'
	ends 1 compote-residency --proc "$T/proc" 8 10000-20000
	ends 1 compote-residency 999999999
	ends 2 compote-residency
	ends 2 compote-residency x
	ends 2 compote-residency self 5-5
	ends 2 compote-residency self 5
	ends 2 compote-residency --scale 17 self
	# A real one. Not itself: with the address sanitizer it has reserved terabytes, which kernels
	# before 6.7 let nobody skip.
	ends 0 compote-residency $$
	says '\[heap\]$'
fi

[ $failed = 0 ] && echo 'ok - all tools'
exit $failed
