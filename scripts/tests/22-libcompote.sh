#!/bin/bash
# SPDX-License-Identifier: MIT
# The library as others get it: installed, used from there, with the symbols of its headers and the ABI of
# its last release. That is the last tag libcompote-v*, or the commit ABI_BASE.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

root=$T/root/usr/local

# in_tools COMMAND...: with $T writable.
in_tools() { "$LAB" tools --rw "$T" -- "$@"; }

install_files() {
	local f
	in_tools make -s -C "$REPO" install BUILD="$T/build" DESTDIR="$T/root" PREFIX=/usr/local || return
	# meson has several names for the directory of libraries.
	lib=$(dirname "$(find "$root" -name libcompote.so)")
	for f in "$lib"/libcompote.{so,so.0,a} "$lib/pkgconfig/compote.pc" "$root/share/man/man7/compote.7" \
		"$root"/include/compote{,-program}.h; do
		[ -e "$f" ] || { echo "no $f"; return 1; }
	done
}

# link_with [-static]: the tutorial, by what pkg-config says.
link_with() {
	# shellcheck disable=SC2016 # for the shell in there
	in_tools env PKG_CONFIG_SYSROOT_DIR="$T/root" PKG_CONFIG_PATH="$lib/pkgconfig" sh -ec '
		flags=$(pkg-config --cflags --libs $2 compote)
		[ -z "$2" ] || flags=$(printf "%s" "$flags" | sed "s/-lcompote/-l:libcompote.a/")
		gcc -Wall -Wextra -Werror -o "$1/tutorial" samples/native/tutorial.c $flags
		[ -n "$2" ] || export LD_LIBRARY_PATH=$3
		! "$1/tutorial" 2>"$1/said"
		grep "^opening a GPU: no such GPU" "$1/said"' sh "$T" "$1" "$lib"
}

exports() {
	diff <(grep -ohE '\bcompote_[a-z0-9_]+\(' "$REPO"/libcompote/include/*.h | tr -d '(' | sort -u) \
		<(in_tools nm -D --defined-only --without-symbol-versions "$lib/libcompote.so.0" | awk '$2 == "T" { print $3 }')
}

# But for the compiler's own, what is constant once it is relocated (.data.rel.ro), and what the assembler's
# constructors fill in when it is loaded.
no_variables() {
	! in_tools objdump -t "$lib/libcompote.so.0" | grep -P ' O \.(data|bss)\t' | \
		grep -vE ' (__dso_handle|__TMC_END__|completed\.0|c_locale|first_row|last_row)$'
}

# What abidiff says of the release's shared library and this one's: functions may be added, and nothing else.
same_abi() {
	mkdir -p "$T/old"
	git -C "$REPO" archive "$1" libcompote emulator uapi | tar -x -C "$T/old" || return
	in_tools sh -c 'meson setup -Dtests=disabled "$1/old-build" "$1/old/libcompote" && ninja -C "$1/old-build" libcompote.so.0.1.0' \
		sh "$T" >"$T/old-log" 2>&1 || { tail -n 20 "$T/old-log"; return 1; }
	in_tools abidiff --no-added-syms --drop-private-types --headers-dir1 "$T/old/libcompote/include" --headers-dir2 "$root/include" \
		"$T/old-build/libcompote.so.0" "$lib/libcompote.so.0"
}

check "make install puts the library where DESTDIR says" install_files || exit 0
check "a program builds with the shared library, and says that there is no GPU here" link_with ""
check "... and with the static one" link_with --static
check "what the library exports is what its headers declare" exports
check "it has no variables" no_variables
base=${ABI_BASE:-$(git -C "$REPO" describe --match 'libcompote-v*' --abbrev=0 2>/dev/null)}
if [ -n "$base" ]; then
	check "its ABI is still that of $base" same_abi "$base"
else
	skip "no ABI tagged yet"
fi
