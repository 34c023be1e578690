# SPDX-License-Identifier: MIT
# What the VM boots: the guest root as a read-only image, and an initrd of our own.
# shellcheck shell=bash

# Modules that the initrd loads before there is a root: disks, overlay, share, ports.
LAB_INITRD_MODULES=(virtio_pci virtio_blk erofs overlay 9p 9pnet_virtio virtio_console)

image_path() {
	local root
	root=$(root_path guest) || return 1
	[ -e "$root.erofs" ] || return 1
	printf '%s\n' "$root.erofs"
}

image_ensure() {
	image_path >/dev/null && return 0
	root_ensure guest
	root_ensure tools
	with_lock image image_make
}

# Uncompressed: the host's page cache makes reading cheap, unpacking under TCG is not.
image_make() {
	local root
	root=$(root_path guest)
	[ ! -e "$root.erofs" ] || return 0
	step "guest image"
	need_space 1500
	mkdir -p "$LAB_CACHE/tmp/image"
	logged guest-image in_root "$(root_path tools)" --ro "$root:/in" --bind "$LAB_CACHE/tmp/image:/out" \
		-- mkfs.erofs --quiet -T0 /out/image.part /in
	mv -T "$LAB_CACHE/tmp/image/image.part" "$root.erofs" || die "cannot write $root.erofs"
}

initrd_path() {
	local kit name
	kit=$(kernel_path) || return 1
	name=$kit/initrd-$(cat "$LAB_REPO"/scripts/guest/* "${BASH_SOURCE[0]}" "$LAB_REPO/scripts/lib/initrd" | hash_of)
	printf '%s\n' "$name"
	[ -e "$name" ]
}

initrd_ensure() {
	initrd_path >/dev/null && return 0
	kernel_ensure
	root_ensure tools
	with_lock initrd initrd_make
}

initrd_make() {
	local to
	to=$(initrd_path) && return 0
	step "initrd for $(kernel_abi)"
	logged initrd in_root "$(root_path tools)" --bind "$(kernel_path):/kit" --ro "$LAB_REPO/scripts:/tmp/scripts" \
		-- /bin/bash /tmp/scripts/lib/initrd "$(kernel_abi)" "${LAB_INITRD_MODULES[@]}"
	# A VM of another checkout may be about to boot a young one.
	find "$(dirname "$to")" -maxdepth 1 -name 'initrd-*' -mmin +1440 -delete
	mv -T "$(kernel_path)/initrd.part" "$to" || die "cannot write $to"
}
