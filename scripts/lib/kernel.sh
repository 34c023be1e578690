# SPDX-License-Identifier: MIT
# The kernel kit: Debian's kernel, modules, headers and the nouveau source of one exact version,
# taken out of the packages and kept apart from the roots, so that --kernel is cheap.
#
#   kernels/ABI_VERSION/vmlinuz  modules.erofs  lib/modules/ABI/  src/  nouveau/  lint/
#
# A kit that an older lab has made lacks some of this: "ready" has a number.
# shellcheck shell=bash

LAB_KERNEL_DEFAULT=7.2
LAB_KERNEL=${LAB_KERNEL:-$LAB_KERNEL_DEFAULT}
[ "$LAB_KERNEL" != debug ] || LAB_KERNEL=$LAB_KERNEL_DEFAULT-debug

# kernel_current: the file that names the kit in use for the wanted version.
kernel_current() {
	printf '%s/kernels/want-%s%s.current\n' "$LAB_CACHE" "$LAB_KERNEL" \
		"$(! kernel_is_debug || echo "-$(kernel_debug_key)")"
}

# kernel_path: that kit, or nothing.
kernel_path() {
	local cur
	cur=$(kernel_current)
	[ -e "$cur" ] || return 1
	cur=$LAB_CACHE/kernels/$(<"$cur")
	[ -e "$cur/ready-2" ] || return 1
	printf '%s\n' "$cur"
}

# kernel_abi: what uname -r says in the guest.
kernel_abi() {
	local kit
	kit=$(basename "$(kernel_path)")
	printf '%s\n' "${kit%%_*}"
}

kernel_ensure() {
	kernel_path >/dev/null && return 0
	if kernel_is_debug; then
		with_lock "kernel-$LAB_KERNEL" kernel_debug_make
	else
		with_lock "kernel-$LAB_KERNEL" kernel_make
	fi
}

# The newest ABI below the wanted version of which the archive has all parts: prints ABI VERSION.
kernel_pick() {
	local abi ver names src
	names=$(apt_ours apt-cache pkgnames linux-)
	for abi in $(printf '%s\n' "$names" | sed -n "s/^linux-modules-\\(${LAB_KERNEL//./\\.}[.+].*-$LAB_ARCH\\)\$/\\1/p" |
		grep -vE -e '-(cloud|rt)-' | sort -rV); do
		[[ $'\n'$names$'\n' == *$'\n'"linux-headers-$abi"$'\n'* ]] || continue
		ver=$(apt_ours apt-cache show "linux-modules-$abi" | sed -n 's/^Version: //p' | sort -rV | sed -n 1p)
		src=$(apt_ours apt-cache madison "linux-source-$(kernel_series "$abi")")
		[[ $src == *"| $ver |"* ]] || continue
		printf '%s %s\n' "$abi" "$ver"
		return 0
	done
	return 1
}

kernel_series() { printf '%s\n' "$1" | cut -d. -f1,2; }

kernel_make() {
	local abi ver dir pick
	kernel_path >/dev/null && return 0
	pick=$(kernel_pick) ||
		die "the archive has no kernel $LAB_KERNEL with headers and source (--kernel takes 7.2, 7.3 or an exact version)"
	read -r abi ver <<<"$pick"
	dir=$LAB_CACHE/kernels/${abi}_$ver
	if [ ! -e "$dir/ready-2" ]; then
		need_space 2000
		step "kernel $abi: image, modules, headers and nouveau's source"
		rm -rf "$dir.part"
		mkdir -p "$dir.part/debs" "$dir.part/tree"
		logged kernel-download kernel_download "$dir.part/debs" "$abi" "$ver"
		root_ensure tools
		logged kernel-unpack in_root "$(root_path tools)" --bind "$dir.part:/kit" \
			--ro "$LAB_REPO/scripts/lib/kernel-unpack:/tmp/kernel-unpack" \
			-- /bin/bash /tmp/kernel-unpack "$abi" "$(kernel_series "$abi")"
		: >"$dir.part/ready-2"
		rm -rf "$dir"
		mv -T "$dir.part" "$dir"
	fi
	basename "$dir" >"$(kernel_current)"
}

kernel_download() {
	local to=$1 abi=$2 ver=$3 base binary=linux-binary-$2
	base=${abi%-"$LAB_ARCH"}
	apt_ours apt-cache show "$binary=$ver" >/dev/null 2>&1 || binary=linux-binary-unsigned-$abi
	(cd "$to" && apt_ours apt-get download "$binary=$ver" "linux-base-$abi=$ver" "linux-modules-$abi=$ver" \
		"linux-headers-$abi=$ver" "linux-headers-$base-common=$ver" "linux-kbuild-$base=$ver" \
		"linux-source-$(kernel_series "$abi")=$ver")
}
