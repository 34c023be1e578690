#!/bin/bash
# SPDX-License-Identifier: MIT
# OpenCL with unmodified Mesa, under upstream nouveau with SVM and under the fork: clinfo, clpeak and all
# samples, and the GPU's counters as the proof of how the data came to the kernels.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$TESTS/guest.sh"

# ended NAME: the program ended with status 0 in the guest.
ended() {
	local status
	status=$(cat "$T/share/$1.status" 2>/dev/null)
	if [ "$status" = 0 ]; then
		ok "$2"
	else
		not_ok "$2 (status ${status:-none})" "$T/share/$1.out" "$T/share/$1.err"
	fi
}

quiet() { [ ! -s "$T/share/$1.err" ] || { cat "$T/share/$1.err"; return 1; }; }
prints() { grep -E "$2" "$T/share/$1.out"; }

# number NAME TEXT: what the program printed behind "TEXT : ", without the fraction.
number() {
	local n
	n=$(sed -nE "s/^ *$2 *: *([0-9]+).*/\1/p" "$T/share/$1.out" | head -n 1)
	echo "${n:-0}"
}

# What the malloc ways touch at least, in pages of 4 KiB: from the default sizes of the samples.
declare -A pages=([vector-add-malloc]=192 [linked-list-malloc]=128 [histogram-malloc]=16
	[heat-malloc]=32 [matmul-malloc]=48)

# clinfo_and_samples DRIVER PROGRAM...: all in one VM.
clinfo_and_samples() {
	local driver=$1 before=svm-info sample faults copied
	shift
	rm -f "$T"/share/*.{status,out,err,png}
	in_guest opencl svm-info "$@"
	lab run --driver "$driver" --strict --stats "$T/stats.json" --share "$T/share" --timeout 1500 -- "${GUEST[@]}"
	expect "$driver: the run ends well, strictly" 0

	ended clinfo "$driver: clinfo ends well"
	check "$driver: clinfo: nothing on stderr" quiet clinfo
	check "$driver: clinfo: one device, a GPU of nouveau" prints clinfo 'Device Name +NV134'
	check "$driver: clinfo: to the last line" prints clinfo 'ICD loader Profile'
	check "$driver: clinfo: no call failed" bash -c '! grep -E "<.*(error|fail)|CL_(INVALID|OUT_OF)" "$1"' sh "$T/share/clinfo.out"
	check "$driver: clinfo: fine-grained system sharing" prints clinfo 'Fine-grained system sharing +Yes'
	ended svm-info "$driver: fine-grained system SVM is offered to programs"
	for sample in "${samples[@]}"; do
		ended "$sample" "$driver: $sample computes what the CPU computes"
		faults=$(counted "$before" "$sample" "${COUNTER_FAULTS[@]}")
		copied=$(counted "$before" "$sample" ce_bytes)
		case $sample in
		*-malloc)
			if [ "$driver" = upstream ]; then
				is "upstream: $sample: a replayable fault for each page" "$faults" -ge "${pages[$sample]:-1}"
			else
				is "fork: $sample: replayable faults, fewer than pages" "$faults" -gt 0
				is "fork: $sample: ... by far" "$faults" -lt $((${pages[$sample]:-4} / 2))
			fi
			is "$driver: $sample: replays" "$(counted "$before" "$sample" replays)" -gt 0
			is "$driver: $sample: no byte by the copy engine" "$copied" -eq 0
			is "$driver: $sample: nor by the 2D engine" "$(counted "$before" "$sample" twod_bytes)" -eq 0 ;;
		*-buffers)
			is "$driver: $sample: bytes by the copy engine" "$copied" -gt 0
			is "$driver: $sample: no replayable fault" "$faults" -eq 0 ;;
		migrate)
			# 65536 ints, to VRAM once.
			is "$driver: migrate: the copy engine brought the pages to VRAM" \
				"$(counted "$before" "$sample" ce_bytes_sys_to_vram)" -ge 262144
			is "$driver: migrate: and took them back" \
				"$(counted "$before" "$sample" ce_bytes_vram_to_sys)" -ge 262144 ;;
		esac
		is "$driver: $sample: warps ran" "$(counted "$before" "$sample" warps)" -gt 0
		before=$sample
	done
	check "$driver: heat drew a picture" bash -c '[ "$(head -c 4 "$1" | tail -c 3)" = PNG ]' sh "$T/share/heat-malloc.png"

	complains_not "$driver: "
	is "$driver: no fault was fatal" "$(counter "$T/stats.json" faults_fatal)" -eq 0
	is "$driver: no fault had to be cancelled" "$(counter "$T/stats.json" cancels_targeted cancels_global)" -eq 0
}

mapfile -t samples < <(make -s --no-print-directory -C "$REPO/samples" list)
share_samples svm-info "${samples[@]}"
for driver in "${DRIVERS[@]}"; do
	with=()
	[[ $driver = upstream || ${LAB_KERNEL:-} = *debug ]] || with=(clpeak)
	clinfo_and_samples "$driver" "${samples[@]}" "${with[@]}"
done

# Its 20000 launches take a minute or two here, four or five beside another VM, half an hour on the debug kernel.
[[ ${LAB_KERNEL:-} != *debug ]] || { skip "clpeak, on the debug kernel"; exit 0; }
ended clpeak "clpeak ends well"
check "clpeak: nothing on stderr" quiet clpeak
is "clpeak: kernel launch latency in us" "$(number clpeak 'Kernel launch latency')" -gt 0
for what in enqueueWriteBuffer enqueueReadBuffer 'memcpy from mapped ptr' 'memcpy to mapped ptr'; do
	check "clpeak: $what has a bandwidth" prints clpeak "^ *$what *: [0-9.]+"
done
check "clpeak: no call failed" bash -c '! grep -iE "error|failed|CL_" "$1"' sh "$T/share/clpeak.out"
