# SPDX-License-Identifier: MIT
# What meson builds in the tools root: the emulated GPU and the library; ninja knows what changed.
# shellcheck shell=bash

# What a project's build sees of the checkout.
declare -A MESON_SOURCES=(
	[emulator]=emulator
	[libcompote]='libcompote emulator uapi'
)

# meson_dir PROJECT [VARIANT]: a build directory per checkout, tools root and variant (normal, asan, ...).
meson_dir() { printf '%s/%s-%s\n' "$LAB_BUILD" "$1" "${2:-normal}"; }

# meson_ensure PROJECT [VARIANT [TARGET...]]
meson_ensure() {
	local project=$1 variant=${2:-normal}
	root_ensure tools
	mkdir -p "$LAB_BUILD" || die "cannot write to $LAB_BUILD"
	with_lock "$project-$(basename "$LAB_BUILD")-$variant" meson_make "$project" "$variant" "${@:3}"
}

meson_setup_args() {
	case $1 in
	normal) ;;
	asan) echo "-Db_sanitize=address,undefined -Db_lundef=false" ;;
	tsan) echo "-Db_sanitize=thread -Db_lundef=false" ;;
	fuzz) echo "-Dfuzz=true -Dtests=disabled -Db_sanitize=address,undefined -Db_lundef=false" ;;
	esac
}

meson_make() {
	local project=$1 variant=$2 dir root
	dir=$(meson_dir "$project" "$variant")
	root=$(root_path tools)
	if [ "$(cat "$dir/lab-root" 2>/dev/null)" != "$root" ]; then
		step "$project ($variant): first build"
		rm -rf "$dir"
	fi
	mkdir -p "$dir"
	# shellcheck disable=SC2046 # words are wanted
	[ -e "$dir/build.ninja" ] || logged "$project-$variant-setup" meson_in_root "$project" "$variant" \
		meson setup $(meson_setup_args "$variant") "$dir" "$LAB_REPO/$project"
	logged "$project-$variant" meson_in_root "$project" "$variant" ninja -C "$dir" -j "$LAB_JOBS" "${@:3}"
	echo "$root" >"$dir/lab-root"
}

# At the paths they have on the host, so that messages name files that one can open.
meson_in_root() {
	local project=$1 variant=$2 with=() d
	for d in ${MESON_SOURCES[$project]}; do
		with+=(--ro "$LAB_REPO/$d")
	done
	[ "$variant" != fuzz ] || with+=(--env CC=clang)
	in_root "$(root_path tools)" "${with[@]}" --bind "$(meson_dir "$project" "$variant")" -- "${@:3}"
}
