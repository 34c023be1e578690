#!/bin/bash
# SPDX-License-Identifier: MIT
# The files themselves: shell scripts are clean, every file says its licence, and none holds what
# belongs to one machine only.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

files() { git -C "$REPO" ls-files -co --exclude-standard -- "$@"; }

scripts() {
	files scripts .ci emulator libcompote samples drm-nouveau-hmm | while read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*) head -c 40 "$REPO/$f" 2>/dev/null | head -n 1 | grep -qE '^#!.*sh$' && echo "$f" ;;
		esac
	done
}

lint_shell() {
	local list
	mapfile -t list < <(scripts)
	"$LAB" tools -- shellcheck -x "${list[@]}"
}

lint_spdx() {
	local f bad=0
	while read -r f; do
		case $f in
		LICENSE | *.md | *.patch | *.png | *.json | *.txt | *.gitignore) continue ;;
		esac
		[ -s "$REPO/$f" ] || continue
		head -n 4 "$REPO/$f" | grep -q 'SPDX-License-Identifier: MIT' || { echo "$f"; bad=1; }
	done < <(files)
	return $bad
}

lint_machine() {
	! git -C "$REPO" grep -nIE 'deb\.debian\.o[r]g|security\.debian\.o[r]g|(^|[^.[:alnum:]_/])/(wor[k]|far[m])/' -- .
}

lint_modes() {
	local f bad=0
	while read -r f; do
		[ -f "$REPO/$f" ] || continue
		if [ "$(head -c 2 "$REPO/$f")" = '#!' ] && [ ! -x "$REPO/$f" ]; then
			echo "$f is not executable"
			bad=1
		fi
	done < <(files)
	return $bad
}

# What a program includes, in the oldest and the newest language that it may be written in.
lint_headers() {
	# shellcheck disable=SC2016 # for the shell in there
	"$LAB" tools -- sh -ec 'for h in libcompote/include/*.h; do
		for std in c99 c23 c++98 c++23; do
			clang -x "${std%%[0-9]*}" -std=$std -Wall -Wextra -Wpedantic -Wno-variadic-macros -Werror -fsyntax-only "$h"
		done
	done'
}

lint_manuals() {
	local list
	mapfile -t list < <(files 'libcompote/man/*')
	"$LAB" tools -- mandoc -Tlint -W warning "${list[@]}"
}

# Each function of the headers is in the synopsis of a manual page.
lint_documented() {
	local f bad=0
	while read -r f; do
		grep -qE "^\.B.*[ *]$f\(" "$REPO"/libcompote/man/*.3 || { echo "$f has no manual page"; bad=1; }
	done < <(grep -ohE '\bcompote_[a-z0-9_]+\(' "$REPO"/libcompote/include/*.h | tr -d '(' | sort -u)
	return $bad
}

# The tutorial's pieces of C are the program, but for empty lines.
lint_tutorial() {
	diff <(sed -n '/^```c$/,/^```$/{/^```/d;/./p}' "$REPO/docs/libcompote.md") \
		<(sed -n /./p "$REPO/samples/native/tutorial.c")
}

# Each says what is wrong and which subtest sees it, and is a change of the driver as it is.
lint_mutants() {
	local f bad=0
	for f in "$REPO"/igt-tests/mutants/*.patch; do
		sed '/^--- /,$d' "$f" | grep -qE '^Seen-by: nouveau_hmm_[a-z]+@' || { echo "$f: no Seen-by:"; bad=1; }
	done
	# shellcheck disable=SC2016 # for the shell in there
	"$LAB" tools -- sh -c 'bad=0
		for f in igt-tests/mutants/*.patch; do
			patch -s -p1 -F0 -N --dry-run <"$f" || { echo "$f does not apply"; bad=1; }
		done
		exit $bad' || bad=1
	return $bad
}

check "shellcheck finds nothing in the shell scripts" lint_shell
check "every source file names its licence" lint_spdx
check "no file names an archive's host or a path of one machine" lint_machine
check "every script is executable" lint_modes
check "every mutant of the igt tests applies" lint_mutants
check "the library's headers are clean C99, C23, C++98 and C++23" lint_headers
check "mandoc has no warning about the manual pages" lint_manuals
check "each function of the library has its manual page" lint_documented
check "the tutorial in docs/libcompote.md quotes samples/native/tutorial.c" lint_tutorial
check "checkpatch, kernel-doc and sparse find nothing in the driver" "$LAB" lint
