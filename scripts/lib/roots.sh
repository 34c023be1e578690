# SPDX-License-Identifier: MIT
# The two Debian roots: "tools" (compilers, QEMU, image tools) and "guest" (what the VM runs on).
# A root is a directory named after its recipe and the versions of all its packages; a file
# roots/KIND-RECIPE.current names the one in use.
# shellcheck shell=bash

LAB_TOOLS_PACKAGES=(
	gcc libc6-dev make patch
	clang llvm libclang-rt-19-dev
	meson ninja-build pkgconf python3-minimal
	libcmocka-dev libdrm-dev libjson-c-dev libmpfr-dev libpng-dev
	abigail-tools mandoc
	shellcheck sparse perl ccache
	qemu-system-x86
	erofs-utils busybox-static cpio xz-utils kmod bc libelf1t64 pahole
	flex bison libelf-dev
)

LAB_GUEST_PACKAGES=(
	mesa-opencl-icd ocl-icd-libopencl1 clinfo clpeak
	intel-gpu-tools libjansson4 liboping0 e2fsprogs
	firmware-nvidia-graphics
	gcc libc6-dev make pkgconf ocl-icd-opencl-dev opencl-c-headers libpng-dev
	mount kmod procps strace
)

root_packages() {
	case $1 in
	tools) printf '%s\n' "${LAB_TOOLS_PACKAGES[@]}" ;;
	guest) printf '%s\n' "${LAB_GUEST_PACKAGES[@]}" ;;
	esac
}

root_recipe() { { echo 1; echo "$LAB_SUITE"; root_packages "$1"; } | hash_of; }

# root_path KIND: the directory of a root that is ready, or nothing.
root_path() {
	local cur
	cur=$LAB_CACHE/roots/$1-$(root_recipe "$1").current
	[ -e "$cur" ] || return 1
	cur=$LAB_CACHE/roots/$(<"$cur")
	[ -e "$cur/etc/debian_version" ] || return 1
	printf '%s\n' "$cur"
}

root_ensure() {
	root_path "$1" >/dev/null || with_lock "root-$1" root_make "$1"
}

root_make() {
	local kind=$1 recipe name dir pkgs
	root_path "$kind" >/dev/null && return 0
	recipe=$(root_recipe "$kind")
	mapfile -t pkgs < <(root_packages "$kind")
	step "$kind root: Debian $LAB_SUITE with ${#pkgs[@]} packages and what they need"
	mirror_resolve "${pkgs[@]}" >"$LAB_CACHE/tmp/$kind.versions" ||
		die "$kind root: the archive lacks a package ($(apt_ours apt-get -s -qq install "${pkgs[@]}" 2>&1 | grep -m1 '^E:'))"
	name=$kind-$recipe-$(hash_of <"$LAB_CACHE/tmp/$kind.versions")
	dir=$LAB_CACHE/roots/$name
	if [ ! -e "$dir/etc/debian_version" ]; then
		need_space 2500
		# What an interrupted one has left.
		root_remove "$dir.part"
		root_remove "$LAB_CACHE/tmp/$kind-root"
		mkdir "$dir.part" "$LAB_CACHE/tmp/$kind-root"
		logged "$kind-root" root_bootstrap "$dir.part" "$LAB_CACHE/tmp/$kind-root" "${pkgs[@]}"
		rmdir "$LAB_CACHE/tmp/$kind-root"
		cp "$LAB_CACHE/tmp/$kind.versions" "$dir.part/lab-versions"
		mv -T "$dir.part" "$dir"
	fi
	echo "$name" >"$LAB_CACHE/roots/$kind-$recipe.current.part"
	mv "$LAB_CACHE/roots/$kind-$recipe.current.part" "$LAB_CACHE/roots/$kind-$recipe.current"
}

# Files in a root made by a normal user belong to ids that only its namespace may touch.
root_remove() {
	[ ! -e "$1" ] || host_unshare rm -rf --one-file-system "$1"
}

root_bootstrap() {
	local dir=$1 tmp=$2 mode=root run=(host_unshare)
	shift 2
	if [ "$(id -u)" != 0 ]; then
		mode=unshare
		run=()
	fi
	local pkgs
	pkgs=$(IFS=,; echo "$*")
	local proxies=() p
	while read -r p; do
		proxies+=("--aptopt=$p")
	done < <(grep -iE '^Acquire::[a-z]+::proxy' "$LAB_CACHE/apt/apt.conf" || true)
	mirror_sources "$LAB_MIRROR" |
	TMPDIR=$tmp "${run[@]}" mmdebstrap --mode="$mode" --variant=essential --format=tar \
		--architectures="$LAB_ARCH" --include="$pkgs" "${proxies[@]}" \
		--aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
		--dpkgopt='force-unsafe-io' \
		--setup-hook="mkdir -p \"\$1/etc/apt/preferences.d\" && printf 'Package: *\\nPin: release n=$LAB_SUITE-backports\\nPin-Priority: 500\\n' >\"\$1/etc/apt/preferences.d/lab\"" \
		"$LAB_SUITE" - - | host_unshare tar -x -C "$dir" --exclude='./dev/*'
}
