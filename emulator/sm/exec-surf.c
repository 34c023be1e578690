// SPDX-License-Identifier: MIT
#include "exec.h"

bool V(lower_surf)(struct insn *i)
{
	return false;
}
