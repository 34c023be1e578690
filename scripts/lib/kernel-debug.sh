# SPDX-License-Identifier: MIT
# The debug kernel: the same Debian source as another kit's, built with lib/debug.config. As a kit it looks
# like Debian's, so that all else takes it as one more kernel.
# shellcheck shell=bash

LAB_DEBUG_CONFIG=$LAB_REPO/scripts/lib/debug.config

kernel_is_debug() { [[ $LAB_KERNEL == *-debug ]]; }

# What a kit of it is named after, beside the version: the recipe's number, and the config.
kernel_debug_key() { { echo 1; cat "$LAB_DEBUG_CONFIG"; } | hash_of; }

kernel_debug_make() {
	local pick ver name dir base=${LAB_KERNEL%-debug}
	kernel_path >/dev/null && return 0
	pick=$(LAB_KERNEL=$base kernel_pick) || die "the archive has no kernel $base with headers and source"
	read -r _ ver <<<"$pick"
	name=${ver%%-*}-lab-debug_${ver}_$(kernel_debug_key)
	dir=$LAB_CACHE/kernels/$name
	if [ ! -e "$dir/ready-2" ]; then
		need_space 7000
		step "debug kernel ${name%%_*}: building it (25 minutes or more)"
		# An interrupted build goes on where it was.
		mkdir -p "$dir.part"/{debs,src,fork} "$LAB_CACHE/ccache"
		[ -e "$dir.part/debs/downloaded" ] ||
			logged kernel-debug-download kernel_debug_download "$dir.part/debs" "$ver"
		root_ensure tools
		logged kernel-debug-build in_root "$(root_path tools)" --bind "$dir.part:/kit" \
			--ro "$LAB_DEBUG_CONFIG:/tmp/debug.config" \
			--ro "$LAB_REPO/scripts/lib/kernel-debug-build:/tmp/kernel-debug-build" \
			--bind "$dir.part/src:/usr/src" --bind "$dir.part/fork:/lab/fork" \
			--bind "$LAB_CACHE/ccache:/lab/ccache" --env CCACHE_DIR=/lab/ccache --env CCACHE_MAXSIZE=1G \
			--env CCACHE_DEPEND=1 --env DEBIAN_KERNEL_USE_CCACHE=1 \
			-- nice -n 10 /bin/bash /tmp/kernel-debug-build "$(kernel_series "$ver")" "${ver%%-*}" "$LAB_JOBS"
		: >"$dir.part/ready-2"
		rm -rf "$dir"
		mv -T "$dir.part" "$dir"
	fi
	rm -f "$LAB_CACHE/kernels/want-$LAB_KERNEL"-*.current
	echo "$name" >"$(kernel_current)"
}

kernel_debug_download() {
	local to=$1 ver=$2
	(cd "$to" && apt_ours apt-get download "linux-source-$(kernel_series "$ver")=$ver" && : >downloaded)
}
