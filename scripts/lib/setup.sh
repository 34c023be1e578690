# SPDX-License-Identifier: MIT
# Set-up: finds what is missing, makes it, side by side where that is quicker.
# shellcheck shell=bash

# What is not there of what a VM needs, one word each; with "all", of what demo and check need.
setup_missing() {
	root_path tools >/dev/null || echo tools
	root_path guest >/dev/null || echo guest
	image_path >/dev/null || echo image
	kernel_path >/dev/null || echo kernel
	initrd_path >/dev/null || echo initrd
	kvm_known || echo kvm
	case $VM_DRIVER in
	upstream | fork) driver_path "$VM_DRIVER" >/dev/null || echo "$VM_DRIVER" ;;
	esac
	[ "${1:-}" = all ] || return 0
	[ -e "$(meson_dir emulator)/lab-root" ] || echo emulator
	[ -e "$(meson_dir libcompote)/lab-root" ] || echo libcompote
	[ -e "$(samples_dir)/lab-root" ] || echo samples
	seed_path >/dev/null || echo seed
}

# The tools root, the kernel and the driver on one side, the guest on the other.
setup_base() {
	local missing ended
	local -A running=()
	mapfile -t missing < <(setup_missing)
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$LAB_STEPS" -gt 0 ] || steps_begin "${#missing[@]}"
	host_needs
	case " ${missing[*]} " in
	*" tools "* | *" guest "*) need_space 5000; mirror_begin ;;
	*" kernel "*) mirror_begin ;;
	esac
	(trap - EXIT; root_ensure tools) &
	running[$!]=1
	# These need the tools root too, once they have fetched what is theirs.
	LAB_WAIT_QUIETLY=1
	(trap - EXIT; kernel_ensure; initrd_ensure; kvm_ensure
		case $VM_DRIVER in upstream | fork) driver_ensure "$VM_DRIVER" ;; esac) &
	running[$!]=1
	(trap - EXIT; root_ensure guest; image_ensure) &
	running[$!]=1
	LAB_WAIT_QUIETLY=
	# One that fails has said why; what the others would still do is of no use now.
	while [ ${#running[@]} -gt 0 ]; do
		wait -n -p ended "${!running[@]}" || exit "$LAB_ERR_LAB"
		unset "running[$ended]"
	done
}

setup_for_vm() {
	setup_base
	vm_prepare
}

setup_all() {
	local missing
	mapfile -t missing < <(setup_missing all)
	[ ${#missing[@]} = 0 ] || steps_begin "${#missing[@]}"
	setup_base
	meson_ensure emulator
	samples_ensure
	seed_ensure
	[ ${#missing[@]} = 0 ] || say "set-up done in $(elapsed)"
}

# Roots and kernels are named after their versions: those that have not changed are taken again.
setup_update() {
	rm -f "$LAB_CACHE"/roots/*.current "$LAB_CACHE"/kernels/*.current "$LAB_CACHE/apt/mirror"
	setup_all
}

build() {
	[ "$1" != fork ] || VM_DRIVER=fork
	setup_base
	case $1 in
	emulator | libcompote) meson_ensure "$1"; meson_dir "$1" ;;
	emulator-asan | emulator-fuzz | libcompote-asan | libcompote-tsan | libcompote-fuzz)
		meson_ensure "${1%-*}" "${1##*-}"; meson_dir "${1%-*}" "${1##*-}" ;;
	fork) driver_ensure fork; driver_path fork ;;
	samples) samples_ensure; samples_dir ;;
	igt) igt_ensure; igt_dir ;;
	tests) guest_tests_ensure; printf '%s/guest-tests\n' "$LAB_BUILD" ;;
	*) die "build: '$1' is none of emulator, libcompote (both also with -asan, -fuzz), libcompote-tsan, fork, samples, igt, tests" ;;
	esac
}

lint() {
	VM_DRIVER=none
	setup_base
	driver_lint
}

tools() {
	local binds=()
	while [ $# -gt 0 ]; do
		case $1 in
		--) shift; break ;;
		--rw) [ -d "${2:-}" ] || die "tools: --rw wants a directory"; binds+=(--bind "$2"); shift 2 ;;
		*) die "tools: unknown option $1" ;;
		esac
	done
	[ $# -gt 0 ] || die "tools: no command; give it after --"
	setup_base
	# What was built is at hand too, in place.
	mkdir -p "$LAB_BUILD"
	run_child in_root "$(root_path tools)" --ro "$LAB_REPO" --ro "$LAB_BUILD" "${binds[@]}" \
		--ro "$(kernel_path):/lab/kernel" --cd "$LAB_REPO" -- "$@"
}

clean() {
	case ${1:-} in
	"") clean_unused ;;
	--all) clean_all ;;
	*) die "clean: unknown option $1" ;;
	esac
}

clean_all() {
	host_unshare rm -rf --one-file-system "$LAB_CACHE"/{roots,kernels,build,ccache,tmp,apt,igt,log}
}

# Roots and kernels that no *.current names, and whatever an interrupted set-up left half made.
clean_unused() {
	local used d
	used=" $(cat "$LAB_CACHE"/{roots,kernels}/*.current 2>/dev/null | tr '\n' ' ') "
	for d in "$LAB_CACHE"/roots/*/ "$LAB_CACHE"/kernels/*/; do
		d=${d%/}
		[ -d "$d" ] || continue
		[[ $used == *" ${d##*/} "* ]] && continue
		say "removing $d"
		host_unshare rm -rf --one-file-system "$d" "$d.erofs" "$d.seed"
	done
}
