#!/bin/bash
# SPDX-License-Identifier: MIT
# Bad command lines get one clear line, a status, and start nothing.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bad() {
	local text=$1 error=$2
	shift 2
	lab "$@"
	expect "$text" 125 "$error"
}

bad "an unknown verb is named" "unknown verb 'fly'" fly
bad "an unknown option is named" "unknown option --fly" run --fly -- true
bad "an option without its value is named" "--mem needs a value" run --mem
bad "a command before -- is refused" "unexpected 'true'" run true
bad "a run without a command is refused" "no command" run --driver none
bad "an unknown driver is refused" "'none-such' is none of" run --driver none-such -- true
bad "a number that is none is refused" "'many' is not a number" run --gpus many -- true
bad "VRAM of an odd size is refused" "not a multiple of 64" run --vram 200 -- true
bad "a share that is no directory is refused" "not a directory" run --share "$T/nowhere" -- true
bad "statistics into no directory are refused" "no directory" run --stats "$T/nowhere/s.json" -- true
bad "a kernel that is no version is refused" "not a version" run --kernel newest -- true
bad "a kernel that the archive lacks is refused" "no kernel 5.99" run --kernel 5.99 --driver none -- true
lab --help
expect "--help prints the options" 0
check "--help names every option" bash -c 'for o in driver gpus vram iommu mem smp share stats strict trace timeout kernel; do
	grep -q -- "--$o" "$1" || exit 1; done' sh "$T/out"
