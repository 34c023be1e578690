# SPDX-License-Identifier: MIT
# One VM: what to boot, its emulated GPUs, its output and its end. The part that runs inside the
# namespaces is scripts/lib/vm.
# shellcheck shell=bash

VM_DRIVER=fork
VM_DRIVER_ARGS=
VM_GPUS=
VM_VRAM=
VM_GPCS=
VM_TPCS=
VM_MEM=2048
VM_SMP=2
VM_SHARE=
VM_STATS=
VM_STRICT=
VM_INJECT=
VM_TRACE=
VM_TIMEOUT=600
VM_IOMMU=${LAB_IOMMU:-}
VM_LOG=
VM_SHELL=
# What every time-out is multiplied with, here and in the tests.
LAB_SLOW=${LAB_SLOW:-}
# Take the driver out at the end and look for leaks.
VM_LEAKS=${LAB_LEAKS:-}
# The build of the emulator: normal, or asan for tests.
VM_EMULATOR=${LAB_EMULATOR:-normal}

vm_prepare() {
	[ -n "$VM_GPUS" ] || { [ "$VM_DRIVER" = none ] && VM_GPUS=0 || VM_GPUS=1; }
	if kernel_is_debug; then
		: "${LAB_SLOW:=4}"
		# KASAN's shadow takes an eighth, what the others keep of each page and lock not much less.
		VM_MEM=$((VM_MEM + VM_MEM / 2 + 256))
	elif [ -n "$VM_LEAKS" ]; then
		die "LAB_LEAKS: only the debug kernel looks for leaks (--kernel debug)"
	fi
	VM_TIMEOUT=$((VM_TIMEOUT * ${LAB_SLOW:=1}))
	[ "$VM_DRIVER" = none ] || driver_ensure "$VM_DRIVER"
	[ "$VM_GPUS" = 0 ] || meson_ensure emulator "$VM_EMULATOR" gp104/vfio-user-gp104
}

# A directory per run for its logs; the oldest of more than 20 go.
vm_logdir() {
	local base=$LAB_REPO/build/lab dir
	if [ -n "$VM_LOG" ]; then
		mkdir -p "$VM_LOG" || die "cannot make the log directory $VM_LOG"
		(cd "$VM_LOG" && pwd -P)
		return
	fi
	mkdir -p "$base" 2>/dev/null || base=$LAB_CACHE/runs
	mkdir -p "$base" && dir=$(mktemp -d "$base/$(date +%m%d-%H%M%S)-XXXX") && chmod 755 "$dir" ||
		die "cannot make a log directory in $base"
	ln -sfn "$(basename "$dir")" "$base/last" 2>/dev/null || true
	find "$base" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn | sed '1,20d;s/^[^ ]* //' |
		xargs -r -d '\n' rm -rf
	printf '%s\n' "$dir"
}

# The part of the initrd that is this run's own: settings, the command, the driver.
vm_job() {
	local d=$1
	shift
	mkdir -p "$d/lab/modules"
	{
		printf 'LAB_DRIVER=%q\nLAB_DRIVER_ARGS=%q\nLAB_GPUS=%q\n' "$VM_DRIVER" "$VM_DRIVER_ARGS" "$VM_GPUS"
		printf 'LAB_SHARE=%q\nLAB_SHELL=%q\n' "$VM_SHARE" "$VM_SHELL"
		printf 'LAB_SLOW=%q\nLAB_LEAKS=%q\n' "$LAB_SLOW" "$VM_LEAKS"
		printf 'LAB_TERM=%q\nLAB_TTY=%q\n' "${TERM:-dumb}" "$(vm_tty)"
	} >"$d/lab/job"
	printf 'exec' >"$d/lab/command"
	printf ' %q' "$@" >>"$d/lab/command"
	[ "$VM_DRIVER" = none ] || driver_files "$VM_DRIVER" "$d/lab"
	! seed_path >/dev/null || cp -r "$(seed_path)" "$d/lab/mesa_shader_cache"
}

vm_tty() {
	[ -n "$VM_SHELL" ] && [ -t 0 ] || return 0
	stty size | { read -r r c; printf 'rows %s cols %s' "$r" "$c"; }
}

# vm_run COMMAND...: the whole life of one VM; the result is the status to exit with.
vm_run() {
	local job log rc=0 root emu=() tty=
	log=$(vm_logdir)
	job=$(mktemp -d "$LAB_CACHE/run/job.XXXXXX") || die "cannot write to $LAB_CACHE/run"
	LAB_CLEAN+=("$job")
	vm_job "$job" "$@"
	root=$(root_path tools)
	[ "$VM_GPUS" = 0 ] || emu=(--ro "$(meson_dir emulator "$VM_EMULATOR"):/lab/emulator")
	if [ -n "$VM_SHELL" ] && [ -t 0 ]; then
		tty=$(stty -g)
		LAB_TTY=$tty
		stty raw -echo
	fi
	local share=()
	[ -z "$VM_SHARE" ] || share=(--bind "$VM_SHARE:/lab/share")
	run_child in_root "$root" --ro "$LAB_REPO/scripts/lib/vm:/lab/vm" --ro "$job:/lab/job" --bind "$log:/lab/log" \
		--ro "$(kernel_path):/lab/kernel" --ro "$(image_path):/lab/root.erofs" \
		--ro "$(initrd_path):/lab/initrd" "${emu[@]}" "${share[@]}" \
		--env "VM_GPUS=$VM_GPUS" --env "VM_VRAM=$VM_VRAM" --env "VM_GPCS=$VM_GPCS" \
		--env "VM_TPCS=$VM_TPCS" --env "VM_MEM=$VM_MEM" --env "VM_SMP=$VM_SMP" \
		--env "VM_STRICT=$VM_STRICT" --env "VM_TRACE=$VM_TRACE" --env "VM_INJECT=$VM_INJECT" --env "VM_TIMEOUT=$VM_TIMEOUT" \
		--env "VM_IOMMU=$VM_IOMMU" --env "VM_LEAKS=$VM_LEAKS" --env "VM_ACCEL=$(kvm_accel)" --env "VM_SHELL=$VM_SHELL" --env "VM_SHARE=$VM_SHARE" \
		-- /bin/bash /lab/vm || rc=$?
	[ -z "$tty" ] || stty "$tty"
	LAB_TTY=
	if [ -n "$VM_STATS" ]; then
		vm_stats "$log" || true
	fi
	say "logs: $log"
	return "$rc"
}

# One GPU: its counters as they are. More: one object with a member per GPU.
vm_stats() {
	local log=$1 i
	if [ "$VM_GPUS" = 1 ]; then
		cp "$log/stats-0.json" "$VM_STATS" || warn "no statistics came from the emulator"
		return
	fi
	{
		echo '{'
		for ((i = 0; i < VM_GPUS; i++)); do
			printf '"gpu%d": ' "$i"
			cat "$log/stats-$i.json"
			[ $((i + 1)) -lt "$VM_GPUS" ] && echo ,
		done
		echo '}'
	} >"$VM_STATS"
}
