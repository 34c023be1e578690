# SPDX-License-Identifier: MIT
# Is /dev/kvm of use here? It may exist and be missing what a kernel needs, so a kernel is booted
# with it once per boot of the host; the answer is kept.
# shellcheck shell=bash

kvm_file() { printf '%s/tmp/kvm-%s\n' "$LAB_CACHE" "$(</proc/sys/kernel/random/boot_id)"; }

# kvm_accel: what QEMU's -accel gets.
kvm_accel() { cat "$(kvm_file)" 2>/dev/null || echo tcg; }

kvm_known() { [ ! -w /dev/kvm ] || [ -e "$(kvm_file)" ]; }

kvm_ensure() {
	kvm_known || with_lock kvm kvm_try
}

# The guest's init writes a line and powers off when it finds lab.hello on its command line.
kvm_try() {
	local out=$LAB_CACHE/log/kvm.log accel=tcg pid i
	kvm_known && return 0
	step "trying /dev/kvm"
	: >"$out"
	in_root "$(root_path tools)" --ro "$(kernel_path):/lab/kernel" --ro "$(initrd_path):/lab/initrd" -- \
		timeout 25 qemu-system-x86_64 -nodefaults -display none -no-reboot -serial stdio -machine q35 \
		-accel kvm -cpu host -m 512 -kernel /lab/kernel/vmlinuz -initrd /lab/initrd \
		-append "console=ttyS0 panic=-1 quiet lab.hello" >"$out" 2>&1 </dev/null &
	pid=$!
	for ((i = 0; i < 250; i++)); do
		kill -0 "$pid" 2>/dev/null || break
		! grep -q 'KVM internal error' "$out" || break
		sleep 0.1
	done
	kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	! grep -q 'lab: hello' "$out" || accel=kvm
	rm -f "$LAB_CACHE"/tmp/kvm-*
	echo "$accel" >"$(kvm_file)"
}
