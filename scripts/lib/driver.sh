# SPDX-License-Identifier: MIT
# The nouveau.ko of each --driver: stock (Debian's own), upstream (the same source, built with SVM),
# fork (this project's).
# shellcheck shell=bash

driver_path() {
	local kit
	kit=$(kernel_path) || return 1
	case $1 in
	stock) [ -e "$kit/stock/driver.order" ] && printf '%s\n' "$kit/stock" ;;
	upstream) [ -e "$kit/upstream/nouveau.ko" ] && printf '%s\n' "$kit/upstream" ;;
	*) return 1 ;;
	esac
}

driver_ensure() {
	case $1 in
	stock | upstream) ;;
	fork) die "--driver fork: the fork is not there yet; --driver upstream is the one to use" ;;
	*) die "--driver: '$1' is none of fork, upstream, stock, none" ;;
	esac
	driver_path "$1" >/dev/null && return 0
	kernel_ensure
	initrd_ensure
	[ "$1" != upstream ] || with_lock driver-upstream driver_make_upstream
}

# -g0: the debug info would be 240 of 250 MB and most of the time.
driver_make_upstream() {
	local kit abi
	driver_path upstream >/dev/null && return 0
	kit=$(kernel_path)
	abi=$(kernel_abi)
	step "upstream nouveau for $abi, with DRM_NOUVEAU_SVM (some minutes)"
	need_space 600
	root_ensure tools
	# An interrupted build goes on where it was.
	if [ ! -e "$kit/upstream.part/.copied" ]; then
		rm -rf "$kit/upstream.part"
		cp -a "$kit/nouveau" "$kit/upstream.part" && : >"$kit/upstream.part/.copied" ||
			die "cannot write $kit/upstream.part"
	fi
	logged driver-upstream in_root "$(root_path tools)" --ro "$kit/src:/usr/src" --bind "$kit/upstream.part:/lab/nouveau" -- \
		make -j"$LAB_JOBS" -C "/usr/src/linux-headers-$abi" M=/lab/nouveau \
		CONFIG_DRM_NOUVEAU=m CONFIG_DRM_NOUVEAU_SVM=y CONFIG_DEBUG_INFO_BTF_MODULES= \
		KCFLAGS="-DCONFIG_DRM_NOUVEAU_SVM=1 -g0" modules
	mkdir -p "$kit/upstream" && mv "$kit/upstream.part/nouveau.ko" "$kit/upstream/" ||
		die "cannot write $kit/upstream"
	rm -rf "$kit/upstream.part"
}

# driver_files DRIVER DIR: what the guest loads, below DIR/modules, and in which order.
driver_files() {
	local kit
	kit=$(kernel_path)
	cp "$kit"/stock/*.ko "$2/modules/"
	cp "$kit/stock/driver.order" "$2/driver.order"
	cp "$(driver_path "$1")/nouveau.ko" "$2/modules/nouveau.ko"
}
