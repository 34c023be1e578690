# SPDX-License-Identifier: MIT
# The igt tests (igt-tests/) and what runs them. The library they stand on, libigt, is in the guest's root.
# Debian's stable release has no igt_runner, so that one program comes from sid's package, unpacked: it
# runs with the libraries of the guest's root.
# shellcheck shell=bash

LAB_RUNNER_PACKAGE=igt-gpu-tools

igt_dir() { printf '%s/igt\n' "$LAB_BUILD"; }

runner_path() {
	local cur=$LAB_CACHE/igt/current
	[ -e "$cur" ] || return 1
	cur=$LAB_CACHE/igt/$(<"$cur")
	[ -e "$cur/igt_runner" ] || return 1
	printf '%s\n' "$cur"
}

runner_ensure() {
	runner_path >/dev/null || with_lock igt-runner runner_make
}

# An apt of its own, so that nothing else can come from sid. Sid's lists may be older than they want to be.
runner_apt_write() {
	local d=$1
	mkdir -p "$d"/{lists/partial,archives/partial,none}
	: >"$d/status"
	: >"$d/preferences"
	printf 'deb [signed-by=%s check-valid-until=no] %s sid main\n' "$LAB_KEYRING" "$LAB_MIRROR" >"$d/sources.list"
	sed "s|$LAB_CACHE/apt|$d|g" "$LAB_CACHE/apt/apt.conf" >"$d/apt.conf"
}

runner_make() {
	local d=$LAB_CACHE/igt deb name
	runner_path >/dev/null && return 0
	step "igt_runner"
	mirror_begin
	mkdir -p "$d"
	runner_apt_write "$d/apt"
	rm -rf "$d/part"
	mkdir "$d/part"
	logged igt-runner-lists env APT_CONFIG="$d/apt/apt.conf" apt-get update -q
	(cd "$d/part" && logged igt-runner env APT_CONFIG="$d/apt/apt.conf" apt-get download -q "$LAB_RUNNER_PACKAGE") || exit
	deb=$(cd "$d/part" && ls "$LAB_RUNNER_PACKAGE"_*.deb)
	name=${deb%.deb}
	rm -rf "${d:?}/$name"
	mkdir "$d/$name"
	dpkg-deb --fsys-tarfile "$d/part/$deb" | tar -x -C "$d/$name" --strip-components=3 \
		./usr/bin/igt_runner ./usr/bin/igt_results ./usr/bin/igt_resume || die "cannot unpack $deb"
	logged igt-runner-works in_root "$(root_path guest)" --ro "$d/$name" -- \
		sh -c '"$1" --version | grep "^IGT-Version"' sh "$d/$name/igt_runner"
	rm -rf "$d/part" "$d/apt"
	echo "$name" >"$d/current"
}

igt_ensure() {
	root_ensure guest
	root_ensure tools
	runner_ensure
	mkdir -p "$(igt_dir)" || die "cannot write to $LAB_BUILD"
	with_lock "igt-$(basename "$LAB_BUILD")" igt_make
}

igt_make() {
	local dir
	dir=$(igt_dir)
	[ -e "$dir/lab-root" ] || step "igt tests"
	[ "$(cat "$dir/lab-root" 2>/dev/null)" = "$(root_path guest)" ] || rm -rf "${dir:?}"/*
	logged igt-tests in_root "$(root_path guest)" --ro "$LAB_REPO/igt-tests" --ro "$LAB_REPO/uapi" --bind "$dir" -- \
		make -C "$LAB_REPO/igt-tests" BUILD="$dir" -j"$LAB_JOBS"
	logged igt-report in_root "$(root_path tools)" --ro "$LAB_REPO/igt-tests" --bind "$dir" -- \
		make -C "$LAB_REPO/igt-tests" BUILD="$dir" report
	cp -u "$(runner_path)"/igt_* "$dir/" || die "cannot write to $dir"
	root_path guest >"$dir/lab-root"
}
