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
	fork) [ -e "$(driver_fork_out)/nouveau.ko" ] && driver_fork_out ;;
	*) return 1 ;;
	esac
}

driver_ensure() {
	case $1 in
	stock | upstream | fork) ;;
	*) die "--driver: '$1' is none of fork, upstream, stock, none" ;;
	esac
	[ "$1" != stock ] || ! kernel_is_debug ||
		die "the debug kernel is built from source: it has no driver of Debian's; --driver upstream is this source's"
	# Only the fork's source can change below a module that is built.
	[ "$1" = fork ] || ! driver_path "$1" >/dev/null || return 0
	kernel_ensure
	initrd_ensure
	case $1 in
	upstream) with_lock driver-upstream driver_make_upstream ;;
	fork) with_lock "driver-fork-$(basename "$LAB_BUILD")" driver_make_fork ;;
	esac
}

# The fork that counts which of its lines run (scripts/igt-coverage).
LAB_COVERAGE=${LAB_COVERAGE:-}

# --patch: the fork with that on top. All such are built in one directory, so that only what the patch touches is
# compiled, and the module of each is kept.
LAB_PATCH=

# Per checkout, as each has its own.
driver_fork_dir() {
	printf '%s/fork-%s%s%s\n' "$LAB_BUILD" "${LAB_COVERAGE:+coverage-}" "${LAB_PATCH:+patched-}" "$(basename "$(kernel_path)")"
}

# Where the module is.
driver_fork_out() { printf '%s%s\n' "$(driver_fork_dir)" "${LAB_PATCH:+/$(basename "$LAB_PATCH" .patch)}"; }

# What the fork is made of: its files, the kernel and the compiler.
driver_fork_key() {
	{
		kernel_path
		root_path tools
		[ -z "$LAB_PATCH" ] || cat "$LAB_PATCH"
		cd "$LAB_REPO" && find drm-nouveau-hmm/{Makefile,tree,hmm,patches,coverage} uapi -type f -print0 | sort -z | xargs -0 sha256sum
	} | hash_of
}

# ccache: nine tenths of it are upstream's files, the same for each checkout.
driver_make_fork() {
	local abi dir out key
	root_ensure tools
	abi=$(kernel_abi)
	dir=$(driver_fork_dir)
	out=$(driver_fork_out)
	key=$(driver_fork_key)
	[ "$(cat "$out/key" 2>/dev/null)" != "$key" ] || return 0
	if [ -e "$dir/tree/nouveau.ko" ]; then
		step "the fork for $abi: what has changed"
	else
		step "the fork for $abi (some minutes)"
		need_space 600
	fi
	mkdir -p "$dir/tree" "$out" "$LAB_CACHE/ccache" || die "cannot write to $dir"
	if [ -n "$LAB_PATCH" ]; then
		logged "driver-patch-$(basename "$LAB_BUILD")" in_root "$(root_path tools)" --ro "$LAB_REPO" --ro "$LAB_PATCH" \
			--bind "$dir" -- "$LAB_REPO/scripts/lib/patched" "$LAB_REPO" "$LAB_PATCH" "$dir"
	fi
	logged "driver-fork-$(basename "$LAB_BUILD")" driver_fork_in_root "$abi" make -j"$LAB_JOBS" "$([ -z "$LAB_COVERAGE" ] && echo all || echo coverage)"
	# Renamed, so that a VM never gets half of one.
	cp "$dir/tree/nouveau.ko" "$out/nouveau.ko.part" && mv "$out/nouveau.ko.part" "$out/nouveau.ko" &&
		echo "$key" >"$out/key" || die "cannot write to $out"
}

# checkpatch, kernel-doc and sparse over the fork, their words on stdout; also of one that does not build.
driver_lint() {
	kernel_ensure
	mkdir -p "$(driver_fork_dir)/tree" "$LAB_CACHE/ccache" || die "cannot write to $LAB_CACHE"
	with_lock "driver-fork-$(basename "$LAB_BUILD")" run_child driver_fork_in_root "$(kernel_abi)" \
		make -sk -j"$LAB_JOBS" LINT=/lab/lint lint
}

# driver_fork_in_root ABI COMMAND...: in drm-nouveau-hmm, or what a patch has made of it, with what its Makefile wants
# to know.
driver_fork_in_root() {
	local kit patched=() abi=$1
	shift
	kit=$(kernel_path)
	[ -z "$LAB_PATCH" ] || patched=(--ro "$(driver_fork_dir)/drm-nouveau-hmm:$LAB_REPO/drm-nouveau-hmm")
	in_root "$(root_path tools)" --ro "$kit/src:/usr/src" --ro "$kit/nouveau:/lab/nouveau" \
		--ro "$kit/lint:/lab/lint" --ro "$LAB_REPO" "${patched[@]}" \
		--bind "$(driver_fork_dir)/tree:/lab/fork" --bind "$LAB_CACHE/ccache:/lab/ccache" \
		--env CCACHE_DIR=/lab/ccache --env CCACHE_MAXSIZE=1G --env CCACHE_DEPEND=1 --env DEBIAN_KERNEL_USE_CCACHE=1 \
		--env "KDIR=/usr/src/linux-headers-$abi" --env NOUVEAU_SRC=/lab/nouveau --env BUILD=/lab/fork \
		--cd "$LAB_REPO/drm-nouveau-hmm" -- "$@"
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
