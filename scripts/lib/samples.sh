# SPDX-License-Identifier: MIT
# Programs for the guest (samples, benchmarks), compiled at the host's speed in the guest's root.
# shellcheck shell=bash

samples_dir() { printf '%s/samples\n' "$LAB_BUILD"; }

samples_ensure() {
	root_ensure guest
	meson_ensure libcompote
	mkdir -p "$LAB_BUILD/samples" || die "cannot write to $LAB_BUILD"
	with_lock "samples-$(basename "$LAB_BUILD")" samples_make
}

samples_make() {
	local root dir d lib
	root=$(root_path guest)
	dir=$(samples_dir)
	lib=$(meson_dir libcompote)
	[ -e "$dir/lab-root" ] || step "samples"
	# Another root may have other headers and libraries.
	[ "$(cat "$dir/lab-root" 2>/dev/null)" = "$root" ] || rm -rf "${dir:?}"/*
	for d in samples scripts/bench; do
		[ -e "$LAB_REPO/$d/Makefile" ] || continue
		# The library lies beside the programs, wherever they are copied to.
		logged "make-$(basename "$d")" in_root "$root" --ro "$LAB_REPO/$d" --ro "$LAB_REPO/samples" \
			--ro "$LAB_REPO/libcompote" --ro "$lib" --bind "$dir" -- \
			make -C "$LAB_REPO/$d" BUILD="$dir" -j"$LAB_JOBS" COMPOTE_CFLAGS="-I$LAB_REPO/libcompote/include" \
			COMPOTE_LIBS="-L$lib -lcompote '-Wl,-rpath,\$\$ORIGIN'"
	done
	cp -u "$lib/libcompote.so.0" "$dir/" || die "cannot write to $dir"
	printf '%s\n' "$root" >"$dir/lab-root"
}

# The names of the samples, or of the test programs (list-tests).
samples_list() { make -s --no-print-directory -C "$LAB_REPO/samples" "${1:-list}"; }

# The programs of scripts/tests/guest and of drm-nouveau-hmm/tests.
guest_tests_ensure() {
	root_ensure guest
	mkdir -p "$LAB_BUILD/guest-tests" || die "cannot write to $LAB_BUILD"
	with_lock "guest-tests-$(basename "$LAB_BUILD")" guest_tests_make
}

guest_tests_make() {
	local dir=$LAB_BUILD/guest-tests from=$LAB_REPO/scripts/tests/guest hmm=$LAB_REPO/drm-nouveau-hmm/tests
	logged guest-tests in_root "$(root_path guest)" --ro "$from" --bind "$dir" --cd "$dir" -- \
		sh -ec 'for f in "$1"/*.c; do
			p=$(basename "$f" .c)
			[ "$p" -nt "$f" ] || gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -o "$p" "$f"
		done' sh "$from"
	logged hmm-tests in_root "$(root_path guest)" --ro "$hmm" --ro "$LAB_REPO/uapi" --bind "$dir" -- \
		make -C "$hmm" BUILD="$dir" -j"$LAB_JOBS"
}
