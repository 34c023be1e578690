# SPDX-License-Identifier: MIT
# The emulated GPU, built in the tools root by meson; ninja knows what changed.
# shellcheck shell=bash

# emulator_dir [VARIANT]: a build directory per checkout, tools root and variant (normal, asan).
emulator_dir() {
	printf '%s/emulator-%s\n' "$LAB_BUILD" "${1:-normal}"
}

# emulator_ensure [VARIANT [TARGET...]]
emulator_ensure() {
	local variant=${1:-normal}
	[ $# = 0 ] || shift
	root_ensure tools
	mkdir -p "$LAB_BUILD" || die "cannot write to $LAB_BUILD"
	with_lock "emulator-$(basename "$LAB_BUILD")-$variant" emulator_make "$variant" "$@"
}

emulator_setup_args() {
	case $1 in
	normal) ;;
	asan) echo "-Db_sanitize=address,undefined -Db_lundef=false" ;;
	fuzz) echo "-Dfuzz=true -Dtests=disabled -Db_sanitize=address,undefined -Db_lundef=false" ;;
	esac
}

emulator_make() {
	local variant=$1 dir root
	shift
	dir=$(emulator_dir "$variant")
	root=$(root_path tools)
	if [ "$(cat "$dir/lab-root" 2>/dev/null)" != "$root" ]; then
		step "emulator ($variant): first build"
		rm -rf "$dir"
	fi
	mkdir -p "$dir"
	# shellcheck disable=SC2046 # words are wanted
	[ -e "$dir/build.ninja" ] || logged "emulator-$variant-setup" emulator_in_root "$variant" \
		meson setup $(emulator_setup_args "$variant") "$dir" "$LAB_REPO/emulator"
	logged "emulator-$variant" emulator_in_root "$variant" ninja -C "$dir" -j "$LAB_JOBS" "$@"
	echo "$root" >"$dir/lab-root"
}

# At the paths they have on the host, so that messages name files that one can open.
emulator_in_root() {
	local variant=$1 cc=()
	shift
	[ "$variant" != fuzz ] || cc=(--env CC=clang)
	in_root "$(root_path tools)" --ro "$LAB_REPO/emulator" --bind "$(emulator_dir "$variant")" "${cc[@]}" -- "$@"
}
