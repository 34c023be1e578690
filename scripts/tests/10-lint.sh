#!/bin/bash
# SPDX-License-Identifier: MIT
# The files themselves: shell scripts are clean, every file says its licence, and none holds what
# belongs to one machine only.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

files() { git -C "$REPO" ls-files -co --exclude-standard -- "$@"; }

scripts() {
	files scripts .ci emulator samples drm-nouveau-hmm | while read -r f; do
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

check "shellcheck finds nothing in the shell scripts" lint_shell
check "every source file names its licence" lint_spdx
check "no file names an archive's host or a path of one machine" lint_machine
check "every script is executable" lint_modes
check "checkpatch, kernel-doc and sparse find nothing in the driver" "$LAB" lint
